/* devtree.c - walking a flattened device tree in one pass
 *
 * Source: Devicetree Specification 0.4, chapter 5
 */
#include "formats/devtree.h"

/* clang-format off */
#define DEVTREE_HEADER(U, B)                                            \
	U(u32, magic,         "0xd00dfeed")                             \
	U(u32, totalsize,     "bytes")                                  \
	U(u32, structs_at,    "offset of the structure block")          \
	U(u32, strings_at,    "offset of the strings")                  \
	U(u32, reserved_at,   "offset of the memory reservations")      \
	U(u32, version,       "16 or 17")                               \
	U(u32, compatible,    "oldest version it can be read as")       \
	U(u32, cpu,           "boot CPU")                               \
	U(u32, strings_len,   "bytes")                                  \
	U(u32, structs_len,   "bytes; since version 17")
FW_RECORD(devtree_header, DEVTREE_HEADER)
/* clang-format on */

enum { TOKEN_NODE = 1, TOKEN_LEAVE, TOKEN_PROP, TOKEN_NOP, TOKEN_END = 9 };

void devtree_open(struct fw_cursor *c, struct devtree *t)
{
	struct devtree_header h;

	*t = (struct devtree){ 0 };
	c->big_endian = true;
	devtree_header_read(c, &h);
	fw_require(c, h.magic == 0xd00dfeed, "magic", h.magic);
	fw_require(c, h.version >= 16 && h.version <= 64, "version", h.version);
	fw_require(c, h.compatible <= 17, "compatible version", h.compatible);
	fw_require(c, h.totalsize >= devtree_header_SIZE, "length",
		   h.totalsize);
	fw_require(c, h.structs_at <= h.totalsize && h.structs_at % 4 == 0,
		   "structure offset", h.structs_at);
	fw_require(c, h.strings_at <= h.totalsize, "strings offset",
		   h.strings_at);
	if (!fw_ok(c))
		return;
	if (h.version < 17)
		h.structs_len = h.totalsize - h.structs_at;
	fw_require(c, h.structs_len <= h.totalsize - h.structs_at,
		   "structure length", h.structs_len);
	fw_require(c, h.strings_len <= h.totalsize - h.strings_at,
		   "strings length", h.strings_len);
	t->len = h.totalsize;
	t->structure = fw_slice(c, h.structs_at, h.structs_len);
	t->strings = fw_slice(c, h.strings_at, h.strings_len);
	fw_slice(c, 0, h.totalsize);
}

struct devtree_walk devtree_begin(const struct devtree *t)
{
	struct devtree_walk w = { .c = fw_cursor_of(t->structure), .t = t };

	w.c.big_endian = true;
	return w;
}

/* Text up to a NUL that must come soon. */
static struct fw_view devtree_text(struct devtree_walk *w, struct fw_view from)
{
	struct fw_view v = fw_view_sub(from, 0, DEVTREE_NAME);
	const uint8_t *nul = v.len ? memchr(v.data, 0, v.len) : NULL;

	fw_require(&w->c, nul != NULL, "name", 0);
	return nul != NULL ? fw_view_of(v.data, (size_t)(nul - v.data)) :
			     (struct fw_view){ NULL, 0 };
}

static void devtree_node(struct devtree_walk *w)
{
	struct fw_view name =
		devtree_text(w, fw_view_sub(w->c.v, w->c.pos, SIZE_MAX));

	fw_skip(&w->c, name.len + 1);
	fw_align(&w->c, 4);
	fw_require(&w->c, w->depth < DEVTREE_DEPTH, "depth", w->depth);
	if (fw_ok(&w->c))
		w->path[w->depth++] = name;
}

static void devtree_prop(struct devtree_walk *w)
{
	uint32_t len = fw_u32(&w->c);
	uint32_t at = fw_u32(&w->c);

	fw_require(&w->c, w->depth > 0, "property outside of a node", at);
	w->value = fw_bytes(&w->c, len);
	fw_align(&w->c, 4);
	w->name = devtree_text(w, fw_view_sub(w->t->strings, at, SIZE_MAX));
}

enum devtree_event devtree_next(struct devtree_walk *w)
{
	enum devtree_event event = DEVTREE_END;

	if (w->done) { /* the node that ended last is left now */
		w->depth--;
		w->done = false;
	}
	while (fw_ok(&w->c) && event == DEVTREE_END) {
		uint32_t token = fw_u32(&w->c);

		if (token == TOKEN_NODE) {
			devtree_node(w);
			event = DEVTREE_NODE;
		} else if (token == TOKEN_PROP) {
			devtree_prop(w);
			event = DEVTREE_PROP;
		} else if (token == TOKEN_LEAVE) {
			fw_require(&w->c, w->depth > 0, "node end", token);
			w->done = fw_ok(&w->c);
			event = DEVTREE_LEAVE;
		} else if (token == TOKEN_END) {
			fw_require(&w->c, w->depth == 0, "tree end", w->depth);
			break;
		} else {
			fw_require(&w->c, token == TOKEN_NOP, "token", token);
		}
	}
	return fw_ok(&w->c) ? event : DEVTREE_END;
}

bool devtree_at(const struct devtree_walk *w, unsigned depth, unsigned n,
		struct fw_view name)
{
	return w->depth == depth && n < depth && fw_view_eq(w->path[n], name);
}

uint64_t devtree_number(struct fw_view value)
{
	struct fw_cursor c = fw_cursor_of(value);

	if (value.len == 4)
		return fw_u32be(&c);
	return value.len == 8 ? fw_u64be(&c) : 0;
}
