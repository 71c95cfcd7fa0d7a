/* gzip.c - gzip: one file in one or more members
 *
 *	0   1f 8b 08 (deflate)
 *	3   u8 flags, u32 mtime, u8 extra flags, u8 operating system
 *	10  [u16 length and extra field] [name NUL] [comment NUL] [u16 CRC]
 *	    deflate data, u32 CRC-32 and u32 length of what it holds
 *
 * Source: RFC 1952
 */
#include "formats/stream.h"

enum {
	GZIP_HEADER_CRC = 2,
	GZIP_EXTRA = 4,
	GZIP_NAME = 8,
	GZIP_COMMENT = 16,
	GZIP_RESERVED = 0xe0,
	GZIP_SIZE = 10,
	GZIP_SYSTEM_MAX = 13,
	GZIP_SYSTEM_UNKNOWN = 255
};

struct gzip {
	uint8_t flags;
	uint32_t mtime;
	struct fw_view name, comment;
};

/* Up to a NUL, which is read too. */
static struct fw_view gzip_text(struct fw_cursor *c)
{
	size_t end = fw_view_find(c->v, FW_STR("\0"), c->pos);

	if (end == SIZE_MAX) {
		fw_fail(c, FW_TRUNCATED, "text in the header", 0);
		return (struct fw_view){ NULL, 0 };
	}
	struct fw_view text = fw_bytes(c, end - c->pos);

	fw_skip(c, 1);
	return text;
}

static size_t gzip_next(struct fw_view v, size_t pos)
{
	struct fw_view h = fw_view_sub(v, pos, GZIP_SIZE);

	if (h.len < GZIP_SIZE ||
	    !fw_view_starts(h, FW_STR("\x1f\x8b\x08")) ||
	    (h.data[3] & GZIP_RESERVED) != 0 ||
	    (h.data[8] != 0 && h.data[8] != 2 && h.data[8] != 4) ||
	    (h.data[9] > GZIP_SYSTEM_MAX && h.data[9] != GZIP_SYSTEM_UNKNOWN))
		return SIZE_MAX;
	return pos;
}

static void gzip_read(struct fw_cursor *c, struct gzip *g)
{
	*g = (struct gzip){ 0 };
	fw_skip(c, 3);
	g->flags = fw_u8(c);
	g->mtime = fw_u32(c);
	fw_skip(c, 2);
	if (g->flags & GZIP_EXTRA)
		fw_skip(c, fw_u16(c));
	if (fw_ok(c) && g->flags & GZIP_NAME)
		g->name = gzip_text(c);
	if (fw_ok(c) && g->flags & GZIP_COMMENT)
		g->comment = gzip_text(c);
}

static uint64_t gzip_probe(struct fw_cursor *c)
{
	return stream_extent(c, FW_GZIP, gzip_next);
}

static void gzip_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_arena *a = fw_out_arena(out);
	struct fw_cursor head = fw_cursor_of(c->v);
	struct gzip g;

	gzip_read(&head, &g);
	if (g.name.len > 0)
		fw_out_fact(out, "gzip.name", fw_strdup(a, g.name));
	if (g.comment.len > 0)
		fw_out_fact(out, "gzip.comment", fw_strdup(a, g.comment));
	if (g.mtime != 0)
		fw_out_factf(out, "gzip.mtime", "%u", g.mtime);

	struct fw_meta meta = FW_META(.name = stream_name(out, g.name),
				      .mtime = g.mtime);

	stream_unpack(c, out, FW_GZIP, gzip_next, &meta);
}

const struct fw_format fw_format_gzip = {
	.name = "gzip",
	.title = "gzip compressed data",
	.class = FW_STREAM,
	.bits = 24 + 8 + 64, /* magic, flags, CRC and length */
	.magic = { { "\x1f\x8b\x08", 3, 0 } },
	.probe = gzip_probe,
	.unpack = gzip_unpack,
};
