/* strings.h - the printable runs of an object, found once
 *
 * Several analyzers read the text inside programs. The first that asks pays for
 * the search, the others get its result.
 */
#ifndef FW_CORE_STRINGS_H
#define FW_CORE_STRINGS_H

#include "core/analyzer.h"

enum { FW_STRING_MIN = 4, FW_STRINGS_MAX = 1 << 20 };

struct fw_string {
	size_t off;   /* bytes from the object's start */
	uint32_t len; /* bytes, cut at 64 KiB */
	bool ended;   /* a zero byte follows, as behind a string in C */
};

struct fw_strings {
	const struct fw_string *v;
	size_t n; /* in order of off; no more than FW_STRINGS_MAX */
};

/* Runs of at least FW_STRING_MIN printable ASCII bytes, tabs and line ends
 * included. Lives as long as the work on the object. Linear in its bytes. */
const struct fw_strings *fw_object_strings(const struct fw_object *obj,
					   struct fw_out *o);

static inline struct fw_view fw_string_view(const struct fw_object *obj,
					    const struct fw_string *s)
{
	return fw_view_sub(obj->bytes, s->off, s->len);
}

#endif
