/* bzip2.c - bzip2: one file in one or more streams
 *
 *	0   "BZh", '1'..'9': block's size in 100 kB
 *	4   first block, or the end of an empty stream: 48 bits of pi, or of
 *	    its root, and a CRC
 *
 * Source: bzip2 1.0.8, decompress.c
 */
#include "formats/stream.h"

#define BZIP2_BLOCK "1AY&SY"
#define BZIP2_EMPTY "\x17\x72\x45\x38\x50\x90"

enum { BZIP2_HEADER = 4 };

static size_t bzip2_next(struct fw_view v, size_t pos)
{
	struct fw_view h = fw_view_sub(v, pos, SIZE_MAX);
	struct fw_view inner = fw_view_sub(h, BZIP2_HEADER, SIZE_MAX);

	if (!fw_view_starts(h, FW_STR("BZh")) ||
	    (!fw_view_starts(inner, FW_STR(BZIP2_BLOCK)) &&
	     !fw_view_starts(inner, FW_STR(BZIP2_EMPTY))) ||
	    h.data[3] < '1' || h.data[3] > '9')
		return SIZE_MAX;
	return pos;
}

static uint64_t bzip2_probe(struct fw_cursor *c)
{
	return stream_extent(c, FW_BZIP2, bzip2_next);
}

static void bzip2_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "data");

	stream_unpack(c, out, FW_BZIP2, bzip2_next, &meta);
}

const struct fw_format fw_format_bzip2 = {
	.name = "bzip2",
	.title = "bzip2 compressed data",
	.class = FW_STREAM,
	.bits = 28 + 48 + 32, /* magic, first block, CRC */
	.magic = { { BZIP2_BLOCK, 6, BZIP2_HEADER },
		   { BZIP2_EMPTY, 6, BZIP2_HEADER } },
	.probe = bzip2_probe,
	.unpack = bzip2_unpack,
};
