/* xar.c - eXtensible archives
 *
 * Big endian: xar_header; a table of contents, XML packed with zlib; the heap.
 * The table says where in the heap things lie: <data> and <ea> have an <offset>
 * and a <length>, <checksum> and <signature> an <offset> and a <size>.
 *
 * Source: xar wiki "xarformat", include/xar.h.in
 */
#include <zlib.h>

#include "formats/archive.h"

/* clang-format off */
#define XAR_HEADER(U, B)                                                \
	B(4,   magic,    "\"xar!\"")                                    \
	U(u16, len,      "of this header, 28 or more")                  \
	U(u16, version,  "1")                                           \
	U(u64, toc_len,  "bytes of the packed table")                   \
	U(u64, toc_size, "bytes of it unpacked")                        \
	U(u32, sum,      "method: 0 none, 1 SHA-1, 2 MD5, 3 named")
FW_RECORD(xar_header, XAR_HEADER)
/* clang-format on */

enum { XAR_TOC_MAX = 64 << 20, XAR_TAG = 16, XAR_PIECE = 4096 };

/* Reads the table byte by byte: only numbers and ends of elements matter. */
struct xar_toc {
	char tag[XAR_TAG];
	unsigned tag_len;
	bool in_tag;
	uint64_t number, offset, length, size;
	uint64_t heap; /* the furthest end so far */
};

static void xar_end_tag(struct xar_toc *t)
{
	struct fw_view tag = fw_view_of(t->tag, t->tag_len);
	uint64_t len = 0;

	if (fw_view_eq(tag, FW_STR("/offset")))
		t->offset = t->number;
	else if (fw_view_eq(tag, FW_STR("/length")))
		t->length = t->number;
	else if (fw_view_eq(tag, FW_STR("/size")))
		t->size = t->number;
	else if (fw_view_eq(tag, FW_STR("/data")) ||
		 fw_view_eq(tag, FW_STR("/ea")))
		len = t->length;
	else if (fw_view_eq(tag, FW_STR("/checksum")) ||
		 fw_view_eq(tag, FW_STR("/signature")))
		len = t->size;
	if (len > 0 && t->offset <= UINT64_MAX / 2 && len <= UINT64_MAX / 2 &&
	    t->offset + len > t->heap)
		t->heap = t->offset + len;
	t->number = 0;
}

static void xar_byte(struct xar_toc *t, uint8_t b)
{
	if (b == '<') {
		t->in_tag = true;
		t->tag_len = 0;
	} else if (b == '>' && t->in_tag) {
		t->in_tag = false;
		xar_end_tag(t);
	} else if (t->in_tag && t->tag_len < XAR_TAG) {
		t->tag[t->tag_len++] = (char)b;
	} else if (!t->in_tag && b >= '0' && b <= '9' &&
		   t->number < UINT64_MAX / 16) {
		t->number = t->number * 10 + (b - '0');
	}
}

static void xar_read_toc(struct fw_cursor *c, struct fw_view packed,
			 uint64_t size, struct xar_toc *t)
{
	uint8_t piece[XAR_PIECE];
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)packed.data,
		       .avail_in = (uInt)packed.len };
	int r = inflateInit(&z);
	uint64_t got = 0;

	while (r == Z_OK && got <= size) {
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		r = inflate(&z, Z_NO_FLUSH);
		size_t n = sizeof(piece) - z.avail_out;

		for (size_t i = 0; i < n; i++)
			xar_byte(t, piece[i]);
		got += n;
	}
	inflateEnd(&z);
	fw_require(c, r == Z_STREAM_END && got == size, "table", got);
}

static uint64_t xar_probe(struct fw_cursor *c)
{
	struct xar_header h;
	struct xar_toc t = { 0 };

	c->big_endian = true;
	xar_header_read(c, &h);
	fw_require(c, h.version == 1, "version", h.version);
	fw_require(c, h.len >= xar_header_SIZE && h.len <= 4096,
		   "header's length", h.len);
	fw_require(c, h.toc_len > 0 && h.toc_len <= XAR_TOC_MAX,
		   "table's length", h.toc_len);
	fw_require(c, h.toc_size <= XAR_TOC_MAX, "table's size", h.toc_size);
	struct fw_view packed = fw_slice(c, h.len, h.toc_len);

	if (!fw_ok(c))
		return 0;
	xar_read_toc(c, packed, h.toc_size, &t);
	fw_seek(c, h.len + h.toc_len);
	fw_skip(c, t.heap);
	return c->pos;
}

static void xar_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static int (*const enable[])(
		struct archive *) = { archive_read_support_filter_none,
				      archive_read_support_format_xar, NULL };
	static const struct fw_archive how = { .enable = enable };

	fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_xar = {
	.name = "xar",
	.title = "xar archive",
	.gaps = "signatures are not checked",
	.class = FW_ARCHIVE,
	.bits = 32 + 32 + 32, /* magic, version, sum of the table */
	.magic = { { "xar!", 4, 0 } },
	.probe = xar_probe,
	.unpack = xar_unpack,
	.kinds = fw_archive_kinds,
};
