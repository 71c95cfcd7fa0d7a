/* web_pages.c - what pages and scripts link to, and what guards them
 *
 * Facts for the correlator "web":
 *	web.page   html, asp, php, lua: the object is a page, not a mere script
 *	web.link   the last part of an address that stands in it
 *	web.form   the address that a form is sent to, and its offset
 *	web.guard  an include or a function that checks the login
 *	web.config an address that the settings of a web server hand to a
 *program web.input  yes: it reads what the visitor sends
 */
#include "analyzers/web/webtext.h"

enum {
	LINKS_MAX = 400,
	FORMS_MAX = 32,
	GUARDS_MAX = 16,
	HEAD = 8192,
	TEXT_MAX = 4 << 20, /* longer is no page that somebody wrote */
};

struct page {
	struct fw_view text;
	struct fw_out *out;
	struct web_set links, forms, guards;
};

static bool pages_wants(const struct fw_object *obj)
{
	return obj->format == NULL && obj->bytes.len >= 16 &&
	       obj->bytes.len <= TEXT_MAX && fw_is_text(obj->bytes);
}

static const char *page_kind(struct fw_view text)
{
	static const struct {
		const char *mark, *kind;
	} marks[] = {
		{ "<?php", "php" },    { "<%@", "asp" },
		{ "<%", "asp" },       { "<!doctype html", "html" },
		{ "<html", "html" },   { "<head", "html" },
		{ "<body", "html" },   { "<form", "html" },
		{ "<script", "html" }, { "<frameset", "html" },
	};
	struct fw_view head = fw_view_sub(text, 0, HEAD);

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (web_has(head, marks[i].mark))
			return marks[i].kind;
	return NULL;
}

/* Once per name, up to a number that no page of a person's hand has. */
static bool is_new(struct page *p, struct web_set *s, struct fw_view name,
		   size_t max, const char *cut)
{
	if (web_set_find(s, name) != NULL || s->n > max)
		return false;
	web_set_add(s, name);
	if (s->n <= max)
		return true;
	fw_out_fact(p->out, cut, "cut");
	return false;
}

static void on_link(void *ctx, struct fw_view target, bool form)
{
	struct page *p = ctx;
	struct fw_view base = web_base(target);

	if (base.len > WEB_NAME_MAX)
		return;
	if (form && is_new(p, &p->forms, target, FORMS_MAX, "web.forms"))
		fw_out_factf(p->out, "web.form", "%.*s @0x%zx", FW_FMT(target),
			     (size_t)fw_view_at(p->text, target));
	if (is_new(p, &p->links, base, LINKS_MAX, "web.links"))
		fw_out_factf(p->out, "web.link", "%.*s", FW_FMT(base));
}

/* --- what guards a page --- */

static bool is_guard_word(struct fw_view name)
{
	static const char *const words[] = {
		"auth",	      "login",	     "session",	   "logon", "checkuser",
		"check_user", "verify_user", "permission", NULL
	};

	for (size_t i = 0; words[i] != NULL; i++)
		if (web_has(name, words[i]))
			return true;
	return false;
}

/* The name that an include has after it: "auth.php" of include("../auth.php").
 */
static struct fw_view included(struct fw_view text, size_t at)
{
	size_t end;

	while (at < text.len && (text.data[at] == ' ' || text.data[at] == '(' ||
				 text.data[at] == '=' || text.data[at] == '"' ||
				 text.data[at] == '\''))
		at++;
	for (end = at; end < text.len && end - at < WEB_TARGET_MAX; end++) {
		uint8_t c = text.data[end];

		if (c == '"' || c == '\'' || c == ')' || c == '>' || c < 0x20)
			break;
	}
	return web_base(fw_trim(fw_view_sub(text, at, end - at)));
}

static void find_guards(struct page *p)
{
	static const char *const calls[] = { "include_once",
					     "require_once",
					     "include file",
					     "include virtual",
					     "include",
					     "require",
					     NULL };

	for (size_t i = 0; calls[i] != NULL; i++) {
		size_t n = strlen(calls[i]), at = 0;

		while ((at = web_find(p->text, calls[i], at)) != SIZE_MAX) {
			at += n;
			struct fw_view name = included(p->text, at);

			if (name.len > 0 && name.len <= WEB_NAME_MAX &&
			    is_guard_word(name) &&
			    is_new(p, &p->guards, name, GUARDS_MAX,
				   "web.guards"))
				fw_out_factf(p->out, "web.guard", "%.*s",
					     FW_FMT(name));
		}
	}
}

static bool reads_input(struct fw_view text)
{
	static const char *const marks[] = {
		"$_get[",	"$_post[",	 "$_request[",
		"query_string", "request.form",	 "request.querystring",
		"formvalue(",	"getparameter(", NULL
	};

	for (size_t i = 0; marks[i] != NULL; i++)
		if (web_has(text, marks[i]))
			return true;
	return false;
}

/* --- settings of web servers --- */

/* The part of a line from the first '/' that begins an address, or empty. */
static struct fw_view address_in(struct fw_view line)
{
	size_t from = 0, end;

	while (from < line.len && line.data[from] != '/')
		from++;
	for (end = from; end < line.len && end - from < WEB_TARGET_MAX; end++)
		if (strchr(" \t\"'{;,)$\r", line.data[end]) != NULL)
			break;
	return fw_view_sub(line, from, end - from);
}

/* Source: nginx "location", lighttpd "alias.url" and "$HTTP["url"]", Boa and
 * Apache "Alias" and "ScriptAlias". */
static void read_settings(struct page *p)
{
	static const char *const words[] = { "location ",      "alias ",
					     "scriptalias ",   "alias.url",
					     "$http[\"url\"]", NULL };
	struct fw_view rest = p->text, line;

	while (fw_split(&rest, '\n', &line)) {
		bool route = false;

		line = fw_trim(line);
		for (size_t i = 0; words[i] != NULL && !route; i++)
			route = web_find(fw_view_sub(line, 0, strlen(words[i])),
					 words[i], 0) == 0;
		if (!route)
			continue;
		struct fw_view v = address_in(line);

		if (v.len > 1 &&
		    is_new(p, &p->forms, v, FORMS_MAX, "web.configs"))
			fw_out_factf(p->out, "web.config", "%.*s @0x%zx",
				     FW_FMT(v), (size_t)fw_view_at(p->text, v));
	}
}

/* A file of classes is read by pages and asked for by nobody. */
static bool is_library(struct fw_view text)
{
	static const char *const words[] = { "\nclass ",
					     "\nnamespace ",
					     "\nabstract class ",
					     "\nfinal class ",
					     "\ninterface ",
					     "\ntrait ",
					     NULL };

	for (size_t i = 0; words[i] != NULL; i++)
		if (web_has(text, words[i]))
			return true;
	return false;
}

static void pages_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct fw_arena *a = fw_out_arena(out);
	struct page p = { .text = obj->bytes,
			  .out = out,
			  .links = { .arena = a },
			  .forms = { .arena = a },
			  .guards = { .arena = a } };
	const char *kind = page_kind(obj->bytes);

	bool library = kind != NULL && strcmp(kind, "php") == 0 &&
		       is_library(obj->bytes);

	if (kind != NULL && !library)
		fw_out_fact(out, "web.page", kind);
	web_links(obj->bytes, on_link, &p);
	if (kind == NULL)
		read_settings(&p);
	if (kind == NULL || strcmp(kind, "html") == 0)
		return;
	find_guards(&p);
	if (reads_input(obj->bytes))
		fw_out_fact(out, "web.input", "yes");
}

const struct fw_analyzer fw_analyzer_web_pages = {
	.name = "web_pages",
	.title = "what web pages link to",
	.wants = pages_wants,
	.inspect = pages_inspect,
};
