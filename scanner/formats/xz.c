/* xz.c - xz: one file in one or more streams
 *
 *	0   fd "7zXZ" 0, u8 0, u8 check, u32 CRC-32 of those two
 *	12  blocks, index, 12 bytes of footer
 *	    zeros up to a multiple of 4 before a further stream
 *
 * Source: The .xz File Format 1.1.0
 */
#include "formats/stream.h"

enum { XZ_FLAGS = 6, XZ_CHECK_MAX = 15, XZ_HEADER = 12 };

static bool xz_starts(struct fw_view v)
{
	struct fw_cursor c = fw_cursor_of(v);

	fw_seek(&c, XZ_FLAGS + 2);
	return fw_u32(&c) == fw_crc32(0, fw_view_sub(v, XZ_FLAGS, 2)) &&
	       fw_ok(&c) && fw_view_starts(v, FW_STR("\xfd"
						     "7zXZ\0\0")) &&
	       v.data[XZ_FLAGS + 1] <= XZ_CHECK_MAX;
}

static size_t xz_next(struct fw_view v, size_t pos)
{
	while (pos > 0 && pos < v.len && v.len - pos > XZ_HEADER &&
	       memcmp(v.data + pos, "\0\0\0", 4) == 0)
		pos += 4;
	return xz_starts(fw_view_sub(v, pos, XZ_HEADER)) ? pos : SIZE_MAX;
}

static uint64_t xz_probe(struct fw_cursor *c)
{
	return stream_extent(c, FW_XZ, xz_next);
}

static void xz_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "data");

	stream_unpack(c, out, FW_XZ, xz_next, &meta);
}

const struct fw_format fw_format_xz = {
	.name = "xz",
	.title = "xz compressed data",
	.class = FW_STREAM,
	.bits = 48 + 32 + 32, /* magic, CRCs of header and index */
	.magic = { { "\xfd"
		     "7zXZ",
		     6, 0 } },
	.probe = xz_probe,
	.unpack = xz_unpack,
};
