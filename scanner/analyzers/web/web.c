/* web.c - handlers and pages that nothing links to
 *
 * Joins the facts web.* over an image: what its web servers answer to against
 * what its pages, menus and scripts link to. An address counts as linked when
 * any page, script or program other than itself names it. Where an image holds
 * too few pages to judge by, silence is kept or confidence lowered.
 */
#include "analyzers/hidden/hidden_routes.h"
#include "analyzers/web/web_join.h"

enum {
	PAGES_MIN = WEB_PAGES_MIN,
	LINKED_SHARE = 60, /* per cent of pages that something links to */
	PLAIN_SHARE = 80,  /* the same, to speak of harmless ones */
	EVIDENCE_MAX = 20,
	GUARD_PAGES = 4,  /* neighbours with the same login check */
	GUARD_SHARE = 75, /* per cent of them */
};

static const struct fw_kind handler = {
	.id = "hidden/web-handler",
	.title =
		"the web server has functions for debugging that no page shows",
	.explanation =
		"The web server answers to addresses whose names speak of "
		"telnet, a command line, debugging or the factory. No "
		"page and no menu of the device leads there, so the "
		"owner cannot know of them; others who read the "
		"firmware can.",
	.ask_vendor =
		"What do these addresses do, who may call them, is a login "
		"needed, and can they be removed?",
	.false_alarm =
		"They are called by the vendor's app only, after a login, "
		"or the name means something harmless.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 489 },
};

static const struct fw_kind unlinked_handler = {
	.id = "hidden/unlinked-handler",
	.title = "the web server answers to addresses that no page uses",
	.explanation =
		"These functions of the web server are not reached from "
		"any page in the image. They may serve an app or be left "
		"over; left-over functions are seldom tested and often "
		"lack a login check.",
	.ask_vendor = "What uses these addresses, and is a login needed for "
		      "each?",
	.false_alarm =
		"An app on a phone or a program on a computer uses them, "
		"or a page puts the address together while it runs.",
	.severity = FW_LOW,
	.confidence = FW_UNSURE,
	.cwe = { 912 },
};

static const struct fw_kind debug_page = {
	.id = "hidden/debug-page",
	.title = "hidden web page for debugging or for the factory",
	.explanation =
		"No page and no menu links to this page, and it leads to, "
		"or is named after, a function for debugging, for the "
		"factory or for a command line. Who knows the address "
		"can use it.",
	.ask_vendor = "What is this page for, what does the function behind it "
		      "do, and in which version is it gone?",
	.false_alarm = "A page of the support staff that is in the manual, or "
		       "one whose address is put together while it runs.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 489 },
};

static const struct fw_kind unlinked_page = {
	.id = "hidden/unlinked-page",
	.title = "web pages that no other page links to",
	.explanation =
		"Nearly all pages of the device are linked to each other; "
		"these are not. They are left over, or meant for those "
		"who know the address.",
	.ask_vendor = "What are these pages for, and can they be removed?",
	.false_alarm = "The address is put together while a page runs, or the "
		       "server sends the page by itself.",
	.severity = FW_LOW,
	.confidence = FW_UNSURE,
	.cwe = { 912 },
};

static const struct fw_kind no_login = {
	.id = "weakness/page-without-login",
	.title = "pages lack the login check that their neighbours have",
	.explanation = "Nearly all pages in this folder check first that the "
		       "visitor is logged in. These do not, and they read what "
		       "the visitor sends.",
	.ask_vendor = "Can these pages be used without a login, and is that "
		      "meant?",
	.false_alarm = "They are parts of other pages, or meant for everybody.",
	.severity = FW_MEDIUM,
	.confidence = FW_UNSURE,
	.cwe = { 306, 862 },
};

static const struct fw_kind *const kinds[] = { &handler,    &unlinked_handler,
					       &debug_page, &unlinked_page,
					       &no_login,   NULL };

/* Evidence of one finding, at most so many places. */
struct places {
	struct fw_evidence v[EVIDENCE_MAX];
	size_t n, all;
	enum fw_severity worst;
};

/* The first of the worst stands in front. */
static void note(struct fw_out *out, struct places *p, enum fw_severity s,
		 const char *path, const char *what)
{
	struct fw_evidence e = {
		.offset = FW_NO_OFFSET,
		.text = what == NULL ? path : fw_text(out, "%s: %s", path, what)
	};

	if (p->all++ == 0 || s > p->worst) {
		if (p->n > 0 && p->n < EVIDENCE_MAX)
			p->v[p->n++] = p->v[0];
		p->v[0] = e;
		p->n = p->n == 0 ? 1 : p->n;
		p->worst = s;
	} else if (p->n < EVIDENCE_MAX) {
		p->v[p->n++] = e;
	}
}

static void claim(struct fw_out *out, const struct fw_kind *k,
		  const struct places *p, enum fw_confidence sure,
		  const char *detail)
{
	struct fw_claim c = FW_CLAIM(k);

	if (p->all == 0)
		return;
	c.severity = p->worst;
	c.confidence = sure;
	c.detail = detail;
	c.key = k->id;
	c.evidence = p->v;
	c.evidence_count = p->n;
	fw_out_claim(out, &c);
}

/* --- handlers --- */

/* What it takes to act on a name: a shell that can be opened is worst; without
 * pages to compare with, nobody can say that it is hidden. */
static enum fw_severity weigh(enum web_danger d, struct fw_view name,
			      bool judged)
{
	if (d == WEB_SHELL && !web_only_reads(name))
		return judged ? FW_CRITICAL : FW_HIGH;
	return judged ? FW_HIGH : FW_LOW;
}

struct handlers {
	struct places named, others;
	struct hidden_routes *hidden; /* these are findings of "hidden" */
	bool judged;
};

static void check_routes(const struct web_image *w, const struct fw_place *p,
			 struct handlers *h, struct fw_out *out)
{
	bool judged = web_serves_pages(w, p);
	const char *v;

	h->judged |= judged;
	for (size_t i = 0; (v = web_next(p, "web.route", &i)) != NULL;) {
		struct fw_view target = web_fact_name(v);
		struct fw_view name = web_base(target);
		enum web_danger d = web_danger(target);

		if (web_is_linked(w, name, p) ||
		    hidden_route_find(h->hidden, p, name) != NULL)
			continue;
		if (d != WEB_PLAIN)
			note(out, &h->named, weigh(d, name, judged), p->path,
			     v);
		else if (judged && web_page_of(w, name) == NULL &&
			 !web_is_generic(name))
			note(out, &h->others, FW_LOW, p->path, v);
	}
}

/* "NAME BEFORE AFTER @0x..": a handler's name if pages link to its neighbours.
 */
static void check_names(const struct web_image *w, const struct fw_place *p,
			struct handlers *h, struct fw_out *out)
{
	const char *v;

	for (size_t i = 0; (v = web_next(p, "web.name", &i)) != NULL;) {
		struct web_neighbours n;

		if (!web_neighbours(v, &n) || !web_is_left_out(w, &n, p) ||
		    hidden_route_find(h->hidden, p, n.name) != NULL)
			continue;
		h->judged = true;
		note(out, &h->named, weigh(web_danger(n.name), n.name, true),
		     p->path,
		     fw_text(out, "%.*s %.*s", FW_FMT(n.name),
			     FW_FMT(n.where)));
	}
}

/* A file that the web server runs is a handler by its name. */
static void check_program(const struct web_image *w, const struct fw_place *p,
			  struct handlers *h, struct fw_out *out)
{
	struct fw_view name = fw_view_str(fw_basename(p->path));
	enum web_danger d = web_danger(name);

	if (!web_is_cgi_file(p) || d == WEB_PLAIN || web_is_linked(w, name, p))
		return;
	bool judged = w->pages >= PAGES_MIN;

	h->judged |= judged;
	note(out, &h->named, weigh(d, name, judged), p->path, NULL);
}

/* What the settings of a web server hand to a program. */
static void check_settings(const struct web_image *w, const struct fw_place *p,
			   struct handlers *h, struct fw_out *out)
{
	bool judged = w->pages >= PAGES_MIN;
	const char *v;

	for (size_t i = 0; (v = web_next(p, "web.config", &i)) != NULL;) {
		struct fw_view target = web_fact_name(v);
		enum web_danger d = web_danger(target);

		if (d == WEB_PLAIN || web_is_document(p->path) ||
		    web_is_linked(w, web_base(target), p))
			continue;
		h->judged |= judged;
		note(out, &h->named, weigh(d, web_base(target), judged),
		     p->path, v);
	}
}

static void check_handlers(const struct web_image *w, struct fw_out *out)
{
	struct handlers *h = fw_alloc(fw_out_arena(out), 1, sizeof(*h));

	h->hidden = hidden_routes_of(w->tree, out);
	for (uint32_t i = w->root; i < w->end; i++) {
		const struct fw_place *p = &w->tree->places[i];

		if (!web_is_first(w, i))
			continue;
		check_program(w, p, h, out);
		check_settings(w, p, h, out);
		if (fw_place_fact(p, "web.server", 0) == NULL)
			continue;
		check_routes(w, p, h, out);
		check_names(w, p, h, out);
	}
	claim(out, &handler, &h->named, h->judged ? FW_LIKELY : FW_UNSURE,
	      fw_text(out, "%zu %s that %s", h->named.all,
		      h->named.all == 1 ? "address" : "addresses",
		      h->judged ? "nothing in the image links to"
				: "stand in a program; the image holds too few "
				  "pages to say whether one links there"));
	claim(out, &unlinked_handler, &h->others, FW_UNSURE,
	      fw_text(out, "%zu addresses that nothing in the image links to",
		      h->others.all));
}

/* --- pages --- */

/* The address that a form of the page is sent to, if its name says debug and no
 * other page has it; or NULL. */
static const char *debug_form(const struct web_image *w,
			      const struct fw_place *p)
{
	const char *v;

	for (size_t i = 0; (v = web_next(p, "web.form", &i)) != NULL;)
		if (web_danger(web_fact_name(v)) != WEB_PLAIN &&
		    !web_is_linked(w, web_base(web_fact_name(v)), p))
			return v;
	return NULL;
}

static void check_page(const struct web_image *w, const struct fw_place *p,
		       bool judged, struct places *debug, struct places *plain,
		       struct fw_out *out)
{
	struct fw_view name = fw_view_str(fw_basename(p->path));
	const char *form = debug_form(w, p);
	enum web_danger d = web_danger(name);

	if (web_is_known(w, name, p))
		return;
	if (form != NULL)
		note(out, debug, judged ? FW_HIGH : FW_MEDIUM, p->path,
		     fw_text(out, "sends to %s", form));
	else if (judged && d != WEB_PLAIN)
		note(out, debug, d == WEB_SHELL ? FW_HIGH : FW_MEDIUM, p->path,
		     NULL);
	else if (judged && !web_is_generic(name))
		note(out, plain, FW_LOW, p->path, NULL);
}

static void check_pages(const struct web_image *w, struct fw_out *out)
{
	struct places *debug = fw_alloc(fw_out_arena(out), 1, sizeof(*debug));
	struct places *plain = fw_alloc(fw_out_arena(out), 1, sizeof(*plain));
	bool judged = w->pages >= PAGES_MIN &&
		      w->known_pages * 100 >= w->pages * LINKED_SHARE;

	for (uint32_t i = w->root; i < w->end; i++)
		if (web_is_first(w, i) && web_is_page(&w->tree->places[i]))
			check_page(w, &w->tree->places[i], judged, debug, plain,
				   out);
	claim(out, &debug_page, debug, judged ? FW_LIKELY : FW_UNSURE,
	      fw_text(out, "%zu of %zu pages", debug->all, w->pages));
	if (w->known_pages * 100 < w->pages * PLAIN_SHARE)
		return;
	claim(out, &unlinked_page, plain, FW_UNSURE,
	      fw_text(out, "%zu of %zu pages", plain->all, w->pages));
}

/* --- login checks --- */

/* Pages of one kind in one folder; preorder keeps a folder's files together, so
 * that the parent's number names the group. */
struct group {
	size_t pages, guarded;
};

static bool is_guarded(const struct fw_place *p)
{
	return fw_place_fact(p, "web.guard", 0) != NULL;
}

static bool is_script_page(const struct fw_place *p)
{
	const char *kind = fw_place_fact(p, "web.page", 0);

	return kind != NULL && strcmp(kind, "html") != 0 && web_is_page(p);
}

static void check_guards(const struct web_image *w, struct fw_out *out)
{
	struct places *bare = fw_alloc(fw_out_arena(out), 1, sizeof(*bare));
	struct group *by =
		fw_alloc(fw_out_arena(out), w->end - w->root, sizeof(*by));

	for (uint32_t i = w->root + 1; i < w->end; i++) {
		const struct fw_place *p = &w->tree->places[i];

		if (p->parent < w->root || !is_script_page(p))
			continue;
		by[p->parent - w->root].pages++;
		by[p->parent - w->root].guarded += is_guarded(p);
	}
	for (uint32_t i = w->root + 1; i < w->end; i++) {
		const struct fw_place *p = &w->tree->places[i];

		if (p->parent < w->root || !is_script_page(p) || is_guarded(p))
			continue;
		const struct group *g = &by[p->parent - w->root];

		if (g->guarded >= GUARD_PAGES &&
		    g->guarded * 100 >= g->pages * GUARD_SHARE &&
		    fw_place_fact(p, "web.input", 0) != NULL &&
		    !web_is_generic(fw_view_str(fw_basename(p->path))))
			note(out, bare, FW_MEDIUM, p->path, NULL);
	}
	claim(out, &no_login, bare, FW_UNSURE,
	      fw_text(out, "%zu %s", bare->all,
		      bare->all == 1 ? "page" : "pages"));
}

static void web_correlate(const struct fw_tree *tree, struct fw_out *out)
{
	struct web_image w;

	for (uint32_t root = 0; root < tree->count && fw_out_ok(out);
	     root = w.end) {
		web_join(tree, root, &w, fw_out_arena(out));
		fw_out_at(out, root);
		if (w.pages > 0) {
			fw_out_factf(out, "web.pages", "%zu", w.pages);
			fw_out_factf(out, "web.pages.known", "%zu",
				     w.known_pages);
		}
		check_handlers(&w, out);
		check_pages(&w, out);
		check_guards(&w, out);
	}
}

const struct fw_analyzer fw_analyzer_web = {
	.name = "web",
	.title = "web pages and handlers that nothing links to",
	.kinds = kinds,
	.correlate = web_correlate,
};
