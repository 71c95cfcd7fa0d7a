/* webtext.c - addresses and words of web interfaces */
#include "analyzers/web/webtext.h"

size_t web_find(struct fw_view v, const char *needle, size_t from)
{
	size_t n = strlen(needle);

	for (size_t i = from; n <= v.len && i <= v.len - n; i++) {
		size_t k = 0;

		while (k < n && web_lower(v.data[i + k]) == (uint8_t)needle[k])
			k++;
		if (k == n)
			return i;
	}
	return SIZE_MAX;
}

/* --- words --- */

/* The letters of a name alone, in lower case: SysCmd, sys_cmd and sys-cmd are
 * one word. */
static struct fw_view squash(struct fw_view name, uint8_t room[WEB_NAME_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < name.len && n < WEB_NAME_MAX; i++) {
		uint8_t c = web_lower(name.data[i]);

		if (c >= 'a' && c <= 'z')
			room[n++] = c;
	}
	return fw_view_of(room, n);
}

static bool has_any(struct fw_view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (web_has(v, *words))
			return true;
	return false;
}

enum web_danger web_danger(struct fw_view name)
{
	static const char *const shell[] = {
		"telnet",      "webshell",	"cmdshell",    "syscmd",
		"systemcmd",   "systemcommand", "shellcmd",    "runcmd",
		"execcmd",     "runcommand",	"execcommand", "shellcommand",
		"remoteshell", "rootshell",	"getshell",    "openshell",
		NULL
	};
	static const char *const debug[] = { "debug",	     "backdoor",
					     "engineermode", "mfgtest",
					     "hiddenpage",   NULL };
	/* A way back to the settings of the factory is an ordinary function. */
	static const char *const reset[] = { "reset", "restore", "default",
					     "recover", NULL };
	static const char *const settings[] = { "config", "cfg", "setting",
						"log",	  "all", NULL };
	uint8_t room[WEB_NAME_MAX];
	struct fw_view word = squash(name, room);

	if (has_any(word, shell) || fw_view_eq(word, FW_STR("shell")) ||
	    web_has(name, "shell.") || web_has(name, "_shell"))
		return WEB_SHELL;
	if (has_any(word, debug))
		return WEB_DEBUG;
	if (web_has(word, "factory") && !has_any(word, reset))
		return WEB_DEBUG;
	if (web_has(word, "erase") && !has_any(word, settings))
		return WEB_DEBUG;
	return WEB_PLAIN;
}

bool web_only_reads(struct fw_view name)
{
	static const char *const heads[] = { "get",  "is",     "read", "query",
					     "show", "status", NULL };
	uint8_t room[WEB_NAME_MAX];
	struct fw_view word = squash(name, room);

	for (size_t i = 0; heads[i] != NULL; i++)
		if (fw_view_starts(word, fw_view_str(heads[i])))
			return true;
	return false;
}

/* --- addresses --- */

static bool is_path_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == '_' || c == '.' || c == '/' ||
	       c == '-' || c == '~';
}

struct fw_view web_base(struct fw_view target)
{
	size_t from = 0, end = 0;

	for (; end < target.len; end++) {
		uint8_t c = target.data[end];

		if (c == '?' || c == '#')
			break;
		if (c == '/')
			from = end + 1;
	}
	return fw_view_sub(target, from, end - from);
}

static bool has_page_suffix(struct fw_view base)
{
	static const char *const suffixes[] = {
		"htm",	"html", "shtml", "xhtml", "cgi", "fcgi", "asp",
		"aspx", "php",	"php3",	 "php5",  "lua", "lp",	 "gch",
		"jsp",	"xgi",	"haml",	 "sh",	  "pl",	 NULL
	};
	size_t dot = base.len;

	while (dot > 0 && base.data[dot - 1] != '.')
		dot--;
	if (dot < 2) /* no dot, or nothing before it */
		return false;
	struct fw_view suffix = fw_view_sub(base, dot, SIZE_MAX);

	for (size_t i = 0; suffixes[i] != NULL; i++)
		if (suffix.len == strlen(suffixes[i]) &&
		    web_has(suffix, suffixes[i]))
			return true;
	return false;
}

bool web_is_target(struct fw_view path)
{
	static const char *const folders[] = { "cgi-bin/", "goform/", "boafrm/",
					       "boaform/", "hnap1/",  NULL };
	struct fw_view base = web_base(path);

	if (base.len == 0 || path.len > WEB_TARGET_MAX)
		return false;
	return has_page_suffix(base) || has_any(path, folders);
}

static bool is_quote(uint8_t c)
{
	return c == '"' || c == '\'' || c == '\\';
}

/* What stands after name= at from; empty if it is no address. */
static struct fw_view attribute_value(struct fw_view text, size_t from)
{
	size_t end;

	while (from < text.len &&
	       (text.data[from] == ' ' || is_quote(text.data[from])))
		from++;
	for (end = from; end < text.len && end - from < WEB_TARGET_MAX &&
			 is_path_char(text.data[end]);)
		end++;
	struct fw_view v = fw_view_sub(text, from, end - from);

	/* "javascript:", "http:" and "mailto:" are no addresses on the device
	 */
	if (end < text.len && text.data[end] == ':')
		v.len = 0;
	return v;
}

static bool ends_with_word(struct fw_view text, size_t end, const char *word)
{
	size_t n = strlen(word);

	return end >= n && web_has(fw_view_sub(text, end - n, n), word) &&
	       (end == n || !is_path_char(text.data[end - n - 1]));
}

/* At a '=': the attributes that hold addresses. */
static void attribute(struct fw_view text, size_t at, web_link_fn *fn,
		      void *ctx)
{
	size_t end = at;

	while (end > 0 && text.data[end - 1] == ' ' && at - end < 8)
		end--;
	bool form = ends_with_word(text, end, "action");

	if (!form && !ends_with_word(text, end, "href") &&
	    !ends_with_word(text, end, "src"))
		return;
	struct fw_view v = attribute_value(text, at + 1);

	if (web_base(v).len > 0)
		fn(ctx, v, form);
}

void web_links(struct fw_view text, web_link_fn *fn, void *ctx)
{
	for (size_t i = 0; i < text.len;) {
		size_t from = i;

		while (i < text.len && is_path_char(text.data[i]))
			i++;
		struct fw_view run = fw_view_sub(text, from, i - from);

		if (run.len > 4 && web_is_target(run))
			fn(ctx, run, false);
		if (i < text.len && text.data[i] == '=')
			attribute(text, i, fn, ctx);
		if (i < text.len)
			i++;
	}
}

const char *web_next(const struct fw_place *p, const char *key, size_t *i)
{
	while (*i < p->fact_count) {
		const struct fw_fact *f = &p->facts[(*i)++];

		if (strcmp(f->key, key) == 0)
			return f->value;
	}
	return NULL;
}

/* --- sets --- */

static size_t hash_of(struct fw_view name)
{
	uint64_t h = 1469598103934665603U; /* FNV-1a */

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ web_lower(name.data[i])) * 1099511628211U;
	return (size_t)(h ^ (h >> 32));
}

static bool same_name(struct fw_view a, struct fw_view b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (web_lower(a.data[i]) != web_lower(b.data[i]))
			return false;
	return true;
}

/* cap is a power of two and never full, so that the search ends. */
static struct web_name *slot_of(const struct web_set *s, struct fw_view name)
{
	size_t i = hash_of(name) & (s->cap - 1);

	while (s->slots[i].name.data != NULL &&
	       !same_name(s->slots[i].name, name))
		i = (i + 1) & (s->cap - 1);
	return &s->slots[i];
}

static void set_grow(struct web_set *s)
{
	struct web_set old = *s;

	s->cap = old.cap == 0 ? 64 : old.cap * 2;
	s->slots = fw_alloc(s->arena, s->cap, sizeof(*s->slots));
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].name.data != NULL)
			*slot_of(s, old.slots[i].name) = old.slots[i];
}

struct web_name *web_set_add(struct web_set *s, struct fw_view name)
{
	if (s->n * 2 >= s->cap)
		set_grow(s);
	struct web_name *slot = slot_of(s, name);

	if (slot->name.data == NULL) {
		slot->name = name.data == NULL ? FW_STR("") : name;
		s->n++;
	}
	return slot;
}

const struct web_name *web_set_find(const struct web_set *s,
				    struct fw_view name)
{
	const struct web_name *slot;

	if (s->cap == 0)
		return NULL;
	slot = slot_of(s, name);
	return slot->name.data == NULL ? NULL : slot;
}
