/* hidden_routes.c - unlinked addresses whose handlers are candidates */
#include "analyzers/hidden/hidden_routes.h"

#include <stdlib.h>

#include "analyzers/web/web_join.h"
#include "core/listing.h"

/* Fields of "_hidden" (hidden_found.c): the score is the first. */
enum { TRIGGER = 4 };
#define LEAST 3.0f /* weaker candidates explain nothing */

static bool same(struct fw_view a, struct fw_view b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (web_lower(a.data[i]) != web_lower(b.data[i]))
			return false;
	return a.len > 0;
}

/* The last part of what a candidate waits for; empty where it is too weak. */
static struct fw_view trigger_of(const char *fact)
{
	struct fw_view rest = fw_view_str(fact), f = { NULL, 0 };

	if (strtof(fact, NULL) < LEAST)
		return f;
	for (size_t i = 0; i <= TRIGGER; i++)
		if (!fw_split(&rest, '\t', &f))
			return (struct fw_view){ NULL, 0 };
	return web_base(f);
}

/* The image's links, read when the first address asks for them. */
struct search {
	const struct fw_tree *tree;
	struct fw_arena *arena;
	struct hidden_routes *routes;
	uint32_t root;
	struct web_image *web; /* or NULL */
};

static const struct web_image *web_of(struct search *s)
{
	if (s->web == NULL) {
		s->web = fw_alloc(s->arena, 1, sizeof(*s->web));
		web_join(s->tree, s->root, s->web, s->arena);
	}
	return s->web;
}

/* Whether the server has this name as an address that no page knows, though
 * pages know others of its. */
static bool is_unlinked(struct search *s, const struct fw_place *p,
			struct fw_view name)
{
	const char *v;

	for (size_t i = 0; (v = web_next(p, "web.route", &i)) != NULL;)
		if (same(web_base(web_fact_name(v)), name))
			return web_serves_pages(web_of(s), p) &&
			       web_page_of(web_of(s), name) == NULL &&
			       !web_is_linked(web_of(s), name, p);
	for (size_t i = 0; (v = web_next(p, "web.name", &i)) != NULL;) {
		struct web_neighbours n;

		if (web_neighbours(v, &n) && same(n.name, name))
			return web_is_left_out(web_of(s), &n, p);
	}
	return false;
}

static void look(struct search *s, const struct fw_place *p)
{
	const char *fact;

	for (size_t k = 0; (fact = fw_place_fact(p, "_hidden", k)) != NULL;
	     k++) {
		struct fw_view name = trigger_of(fact);
		struct hidden_routes *r = s->routes;

		if (name.len == 0 || hidden_route_find(r, p, name) != NULL ||
		    !is_unlinked(s, p, name))
			continue;
		r->v = fw_grow(s->arena, r->v, &r->cap, r->n + 1,
			       sizeof(*r->v));
		r->v[r->n++] = (struct hidden_route){
			.content = p->content,
			.name = name,
			.says = web_danger(name) != WEB_PLAIN,
			.shell = web_danger(name) == WEB_SHELL &&
				 !web_only_reads(name),
		};
	}
}

struct hidden_routes *hidden_routes_of(const struct fw_tree *t,
				       struct fw_out *out)
{
	struct search s = { .tree = t, .arena = fw_out_arena(out) };

	if (t->cache != NULL && t->cache->routes != NULL)
		return t->cache->routes;
	s.routes = fw_alloc(s.arena, 1, sizeof(*s.routes));
	for (uint32_t i = 0; i < t->count; i++) {
		const struct fw_place *p = &t->places[i];

		if (p->parent == UINT32_MAX) {
			s.root = i;
			s.web = NULL;
		}
		if (p->content != UINT32_MAX)
			look(&s, p);
	}
	if (t->cache != NULL)
		t->cache->routes = s.routes;
	return s.routes;
}

struct hidden_route *hidden_route_find(struct hidden_routes *r,
				       const struct fw_place *p,
				       struct fw_view address)
{
	struct fw_view name = web_base(address);

	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].content == p->content && same(r->v[i].name, name))
			return &r->v[i];
	return NULL;
}
