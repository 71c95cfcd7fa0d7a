/* webtext.h - addresses and words of web interfaces
 *
 * What pages link to and what a web server answers to is compared by the last
 * part of the address, in lower case: pages give addresses relative to folders
 * that only the running server knows.
 */
#ifndef FW_ANALYZERS_WEBTEXT_H
#define FW_ANALYZERS_WEBTEXT_H

#include "core/analyzer.h"

enum { WEB_NAME_MAX = 96, WEB_TARGET_MAX = 200 };

/* What the name of a page or handler promises, from harmless on. */
enum web_danger {
	WEB_PLAIN,
	WEB_DEBUG, /* debug, factory, erase, back door */
	WEB_SHELL, /* telnet, shell, system command */
};

enum web_danger web_danger(struct fw_view name);

/* Whether a name only asks (get_..., is_...), so that it changes nothing. */
bool web_only_reads(struct fw_view name);

/* Whether it ends as pages and programs of web servers do (.htm, .cgi), or lies
 * in a folder that stands for programs (/cgi-bin/, /goform/). */
bool web_is_target(struct fw_view path);

/* The part after the last '/', without what follows '?' or '#'. */
struct fw_view web_base(struct fw_view target);

/* Calls fn for each address in a page, a script, or a piece of either; form:
 * it is what a form is sent to. Linear. */
typedef void web_link_fn(void *ctx, struct fw_view target, bool form);
void web_links(struct fw_view text, web_link_fn *fn, void *ctx);

/* Offset of needle in v from from on, case of letters ignored, or SIZE_MAX.
 * needle is in lower case. */
size_t web_find(struct fw_view v, const char *needle, size_t from);

static inline bool web_has(struct fw_view v, const char *needle)
{
	return web_find(v, needle, 0) != SIZE_MAX;
}

static inline uint8_t web_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* The next value of key at a place from fact *i on, or NULL; *i moves behind
 * it. */
const char *web_next(const struct fw_place *p, const char *key, size_t *i);

/* Names (case ignored) with a number each. Names are borrowed. */
struct web_set {
	struct fw_arena *arena;
	struct web_name {
		struct fw_view name;
		uint32_t value;
	} * slots;
	size_t n, cap;
};

/* The slot of a name, added with value 0 if it is new. */
struct web_name *web_set_add(struct web_set *s, struct fw_view name);
/* Or NULL where it is not in the set. */
const struct web_name *web_set_find(const struct web_set *s,
				    struct fw_view name);

#endif
