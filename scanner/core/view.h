/* view.h - borrowed bytes
 *
 * A view never owns and is never freed. Bytes of an image stay mapped until the
 * job that reads them ends; decoded bytes live in the job's arena.
 */
#ifndef FW_CORE_VIEW_H
#define FW_CORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(sizeof(size_t) == 8, "assay needs a 64-bit host");

/* data == NULL: no bytes at all, which is told from an empty run of bytes. */
struct fw_view {
	const uint8_t *data;
	size_t len;
};

/* A view of a string literal, without its final NUL. */
#define FW_STR(s) ((struct fw_view){ (const uint8_t *)("" s), sizeof(s) - 1 })

/* The two arguments that "%.*s" takes. Text from an image stays unsafe: only
 * the escaping printer of text.h may show it to a person. */
#define FW_FMT(v) (int)(v).len, (const char *)(v).data

static inline struct fw_view fw_view_of(const void *data, size_t len)
{
	return (struct fw_view){ (const uint8_t *)data, len };
}

static inline struct fw_view fw_view_str(const char *s)
{
	return fw_view_of(s, strlen(s));
}

static inline bool fw_view_eq(struct fw_view a, struct fw_view b)
{
	return a.len == b.len && (a.len == 0 || !memcmp(a.data, b.data, a.len));
}

static inline bool fw_view_starts(struct fw_view v, struct fw_view head)
{
	return v.len >= head.len &&
	       (head.len == 0 || !memcmp(v.data, head.data, head.len));
}

static inline bool fw_view_ends(struct fw_view v, struct fw_view tail)
{
	return v.len >= tail.len &&
	       (tail.len == 0 ||
		!memcmp(v.data + v.len - tail.len, tail.data, tail.len));
}

/* The part of v from off, at most len bytes; empty when off lies outside. */
static inline struct fw_view fw_view_sub(struct fw_view v, size_t off,
					 size_t len)
{
	if (v.data == NULL || off > v.len)
		return (struct fw_view){ NULL, 0 };
	if (len > v.len - off)
		len = v.len - off;
	return (struct fw_view){ v.data + off, len };
}

/* Offset of the first needle at or after from, or SIZE_MAX. Linear. */
size_t fw_view_find(struct fw_view v, struct fw_view needle, size_t from);

/* Offset of inner's first byte in outer; inner must lie inside outer. */
static inline uint64_t fw_view_at(struct fw_view outer, struct fw_view inner)
{
	return (uint64_t)(inner.data - outer.data);
}

/* Whether inner lies wholly inside outer. */
bool fw_view_inside(struct fw_view outer, struct fw_view inner);

/* Takes the next field up to sep off *rest into *field. False when *rest is
 * used up (data == NULL), which it is after its last field was taken. */
bool fw_split(struct fw_view *rest, uint8_t sep, struct fw_view *field);

/* v without white space at both ends. */
struct fw_view fw_trim(struct fw_view v);

#endif
