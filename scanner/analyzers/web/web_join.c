/* web_join.c - the pages and links of an image, joined by name */
#include "analyzers/web/web_join.h"

static const uint32_t MANY = UINT32_MAX;
enum { ROUTES_LINKED = 3 /* so the pages belong to this server */ };

struct fw_view web_fact_name(const char *value)
{
	struct fw_view v = fw_view_str(value);
	size_t at = fw_view_find(v, FW_STR(" @0x"), 0);

	return at == SIZE_MAX ? v : fw_view_sub(v, 0, at);
}

bool web_is_generic(struct fw_view name)
{
	static const char *const words[] = {
		"index",  "login",   "logout", "error",	 "help",   "default",
		"main",	  "home",    "menu",   "banner", "top.",   "left.",
		"right.", "frame",   "title",  "header", "footer", "denied",
		"404",	  "401",     "403",    "500",	 "blank",  "empty",
		"about",  "license", "readme", "wait",	 "reboot", "logon",
		"result", "welcome", NULL
	};

	for (size_t i = 0; words[i] != NULL; i++)
		if (web_has(name, words[i]))
			return true;
	return false;
}

bool web_is_document(const char *path)
{
	static const char *const folders[] = {
		"*/share/doc/*",  "*/share/man/*", "*/doc/*",  "*/docs/*",
		"*/help/*",	  "*/examples/*",  "*/test/*", "*/tests/*",
		"*/share/info/*", "*/jquery/*",	   NULL
	};

	for (size_t i = 0; folders[i] != NULL; i++)
		if (fw_path_matches(path, folders[i]))
			return true;
	return false;
}

bool web_is_page(const struct fw_place *p)
{
	return fw_place_fact(p, "web.page", 0) != NULL &&
	       web_is_target(fw_view_str(fw_basename(p->path))) &&
	       !web_is_document(p->path);
}

bool web_is_cgi_file(const struct fw_place *p)
{
	struct fw_view path = fw_view_str(p->path);

	return p->meta != NULL && p->meta->type == FW_FILE &&
	       (fw_view_ends(path, FW_STR(".cgi")) ||
		fw_path_matches(p->path, "*/cgi-bin/*")) &&
	       !web_is_document(p->path) && p->size > 0;
}

static void add_links(struct web_image *w, const struct fw_place *p)
{
	for (size_t i = 0; i < p->fact_count; i++) {
		const char *value = p->facts[i].value;

		if (strcmp(p->facts[i].key, "web.route") == 0)
			web_set_add(&w->routes, web_base(web_fact_name(value)));
		if (strcmp(p->facts[i].key, "web.link") != 0)
			continue;
		struct web_name *n = web_set_add(&w->links, fw_view_str(value));
		uint32_t who = p->content == UINT32_MAX ? MANY : p->content + 1;

		if (n->value == 0)
			n->value = who;
		else if (n->value != who)
			n->value = MANY;
	}
}

bool web_is_linked(const struct web_image *w, struct fw_view name,
		   const struct fw_place *self)
{
	const struct web_name *n = web_set_find(&w->links, web_base(name));

	return n != NULL && n->value != 0 &&
	       (n->value == MANY || n->value != self->content + 1);
}

bool web_serves_pages(const struct web_image *w, const struct fw_place *p)
{
	size_t linked = 0;
	const char *v;

	if (w->pages < WEB_PAGES_MIN)
		return false;
	for (size_t i = 0; (v = web_next(p, "web.route", &i)) != NULL;)
		linked += web_is_linked(w, web_fact_name(v), p);
	return linked >= ROUTES_LINKED;
}

bool web_neighbours(const char *value, struct web_neighbours *n)
{
	n->where = fw_view_str(value);
	return fw_split(&n->where, ' ', &n->name) &&
	       fw_split(&n->where, ' ', &n->before) &&
	       fw_split(&n->where, ' ', &n->after) && n->where.data != NULL;
}

bool web_is_left_out(const struct web_image *w, const struct web_neighbours *n,
		     const struct fw_place *self)
{
	return !web_is_linked(w, n->name, self) &&
	       (web_is_linked(w, n->before, self) ||
		web_is_linked(w, n->after, self));
}

bool web_is_known(const struct web_image *w, struct fw_view name,
		  const struct fw_place *self)
{
	return web_is_linked(w, name, self) ||
	       web_set_find(&w->routes, web_base(name)) != NULL;
}

const struct fw_place *web_page_of(const struct web_image *w,
				   struct fw_view name)
{
	const struct web_name *n = web_set_find(&w->page_names, name);

	return n == NULL ? NULL : &w->tree->places[n->value - 1];
}

bool web_is_first(const struct web_image *w, uint32_t i)
{
	uint32_t content = w->tree->places[i].content;

	return content == UINT32_MAX || w->first[content] == i + 1;
}

/* The contents of an image are numbered all over the scan. */
static uint32_t content_end(const struct fw_tree *t, uint32_t root,
			    uint32_t end)
{
	uint32_t n = 0;

	for (uint32_t i = root; i < end; i++)
		if (t->places[i].content != UINT32_MAX &&
		    t->places[i].content >= n)
			n = t->places[i].content + 1;
	return n;
}

static void count_pages(struct web_image *w)
{
	for (uint32_t i = w->root; i < w->end; i++) {
		const struct fw_place *p = &w->tree->places[i];

		if (!web_is_first(w, i) || !web_is_page(p))
			continue;
		struct fw_view name = fw_view_str(fw_basename(p->path));

		web_set_add(&w->page_names, name)->value = i + 1;
		w->pages++;
		w->known_pages += web_is_known(w, name, p);
	}
}

void web_join(const struct fw_tree *tree, uint32_t root, struct web_image *w,
	      struct fw_arena *a)
{
	uint32_t end = root + 1;

	while (end < tree->count && tree->places[end].parent != UINT32_MAX)
		end++;
	*w = (struct web_image){ .tree = tree,
				 .root = root,
				 .end = end,
				 .links = { .arena = a },
				 .routes = { .arena = a },
				 .page_names = { .arena = a } };
	w->first = fw_alloc(a, content_end(tree, root, end), sizeof(*w->first));
	for (uint32_t i = root; i < end; i++) {
		uint32_t content = tree->places[i].content;

		if (content != UINT32_MAX && w->first[content] == 0)
			w->first[content] = i + 1;
		if (web_is_first(w, i))
			add_links(w, &tree->places[i]);
	}
	count_pages(w);
}
