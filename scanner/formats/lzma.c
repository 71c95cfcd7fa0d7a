/* lzma.c - LZMA alone: one stream behind 13 bytes
 *
 *	0   u8 (pb * 5 + lp) * 9 + lc
 *	1   u32 dictionary's size
 *	5   u64 decoded length, or all ones: an end mark ends the data
 *	13  LZMA data, the first byte 0
 *
 * There is no checksum. What tells the data from noise: distances stay inside
 * what was decoded, and the range coder ends with 0. Streams that are decoded to
 * less than 512 bytes are left, as noise may pass for a few.
 *
 * Source: LZMA SDK, lzma.txt; dictionaries as in images of vendors
 */
#include "formats/stream.h"

enum {
	LZMA_PROPS_MAX = 225,
	LZMA_HEADER = 13,
	LZMA_LEAST = 512,
	LZMA_RATIO = 8192,	 /* more than LZMA can reach */
	LZMA_DICT_STEP = 1 << 16 /* vendors write any multiple of it */
};

static size_t lzma_next(struct fw_view v, size_t pos)
{
	struct fw_cursor c = fw_cursor_of(v);
	uint8_t props = fw_u8(&c);
	uint32_t dict = fw_u32(&c);
	uint64_t len = fw_u64(&c);
	uint8_t first = fw_u8(&c);

	if (pos != 0 || !fw_ok(&c) || props >= LZMA_PROPS_MAX || dict == 0 ||
	    dict % LZMA_DICT_STEP != 0 || first != 0)
		return SIZE_MAX;
	if (len != UINT64_MAX &&
	    (len < LZMA_LEAST || len / LZMA_RATIO > v.len))
		return SIZE_MAX;
	return 0;
}

static uint64_t lzma_probe(struct fw_cursor *c)
{
	uint8_t start[LZMA_LEAST];
	struct fw_err err;

	fw_require(c, lzma_next(c->v, 0) == 0, "stream header", 0);
	if (!fw_ok(c))
		return 0;

	size_t n = fw_decode(FW_LZMA_ALONE, c->v, start, sizeof(start), NULL,
			     &err);

	if (n < sizeof(start) && err.code != FW_OK)
		fw_fail_at(c, err.code, err.what, err.at, err.value);
	fw_require(c, n == sizeof(start), "decoded length", n);
	return fw_ok(c) ? stream_extent(c, FW_LZMA_ALONE, lzma_next) : 0;
}

static void lzma_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "data");

	stream_unpack(c, out, FW_LZMA_ALONE, lzma_next, &meta);
}

/* Properties that encoders for firmware use: pb 2, small lc and lp. */
const struct fw_format fw_format_lzma = {
	.name = "lzma",
	.title = "LZMA compressed data",
	.gaps = "dictionaries above 256 MiB; pb other than 2",
	.class = FW_STREAM,
	.bits = 24 + 8 + 16, /* magic, first byte, end of the range coder */
	.magic = { { "\x5a\0\0", 3, 0 },
		   { "\x5b\0\0", 3, 0 },
		   { "\x5c\0\0", 3, 0 },
		   { "\x5d\0\0", 3, 0 },
		   { "\x5e\0\0", 3, 0 },
		   { "\x63\0\0", 3, 0 },
		   { "\x64\0\0", 3, 0 },
		   { "\x65\0\0", 3, 0 },
		   { "\x66\0\0", 3, 0 },
		   { "\x6c\0\0", 3, 0 },
		   { "\x6d\0\0", 3, 0 },
		   { "\x6e\0\0", 3, 0 } },
	.probe = lzma_probe,
	.unpack = lzma_unpack,
};
