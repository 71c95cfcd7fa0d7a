/* lzip.c - lzip: one file in one or more members
 *
 *	0   "LZIP", u8 version 0 or 1, u8 dictionary: 2^(low 5 bits), less
 *	    as many sixteenths as the high 3 bits say
 *	6   LZMA data with end mark
 *	    u32 CRC-32, u64 length of what it holds, u64 length of the member
 *	    (version 1)
 *
 * Source: lzip manual, File format
 */
#include "formats/stream.h"

enum { LZIP_HEADER = 6, LZIP_DICT_MIN = 12, LZIP_DICT_MAX = 29 };

static size_t lzip_next(struct fw_view v, size_t pos)
{
	struct fw_view h = fw_view_sub(v, pos, LZIP_HEADER + 1);

	if (h.len <= LZIP_HEADER || !fw_view_starts(h, FW_STR("LZIP")) ||
	    h.data[4] > 1 || (h.data[5] & 31) < LZIP_DICT_MIN ||
	    (h.data[5] & 31) > LZIP_DICT_MAX || h.data[LZIP_HEADER] != 0)
		return SIZE_MAX;
	return pos;
}

static uint64_t lzip_probe(struct fw_cursor *c)
{
	return stream_extent(c, FW_LZIP, lzip_next);
}

static void lzip_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "data");

	stream_unpack(c, out, FW_LZIP, lzip_next, &meta);
}

const struct fw_format fw_format_lzip = {
	.name = "lzip",
	.title = "lzip compressed data",
	.gaps = "dictionaries above 256 MiB",
	.class = FW_STREAM,
	.bits = 32 + 8 + 32 + 64, /* magic, version, CRC, length */
	.magic = { { "LZIP", 4, 0 } },
	.probe = lzip_probe,
	.unpack = lzip_unpack,
};
