/* zlib.c - zlib: deflate data behind two bytes
 *
 *	0   u8 0x78: deflate, window of 32 KiB
 *	1   u8 level in bits 6 and 7; makes both bytes a multiple of 31
 *	2   deflate data
 *	    u32 Adler-32 of what it holds, big endian
 *
 * Two bytes are found everywhere. So the checksum has to hold, and streams of
 * less than 512 bytes, where chance and Adler-32's weakness count, are left.
 *
 * Source: RFC 1950, RFC 1951
 */
#include "formats/stream.h"

enum { ZLIB_LEAST = 512, ZLIB_STORED_HEAD = 7 };

/* The first block's head, which rules out half of the false hits at once. */
static size_t zlib_next(struct fw_view v, size_t pos)
{
	if (pos != 0 || v.len < ZLIB_STORED_HEAD || v.data[0] != 0x78 ||
	    (v.data[0] * 256 + v.data[1]) % 31 != 0 || (v.data[1] & 0x20) != 0)
		return SIZE_MAX;

	unsigned kind = v.data[2] >> 1 & 3;

	if (kind == 3 || (kind == 0 && ((v.data[3] ^ v.data[5]) != 0xff ||
					(v.data[4] ^ v.data[6]) != 0xff)))
		return SIZE_MAX;
	return 0;
}

static uint64_t zlib_probe(struct fw_cursor *c)
{
	uint8_t start[ZLIB_LEAST];
	struct fw_err err;

	fw_require(c, zlib_next(c->v, 0) == 0, "stream header", 0);
	if (!fw_ok(c))
		return 0;

	size_t n = fw_decode(FW_ZLIB, c->v, start, sizeof(start), NULL, &err);

	if (n < sizeof(start) && err.code != FW_OK)
		fw_fail_at(c, err.code, err.what, err.at, err.value);
	fw_require(c, n == sizeof(start), "decoded length", n);
	return fw_ok(c) ? stream_extent(c, FW_ZLIB, zlib_next) : 0;
}

static void zlib_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "data");

	stream_unpack(c, out, FW_ZLIB, zlib_next, &meta);
}

const struct fw_format fw_format_zlib = {
	.name = "zlib",
	.title = "zlib compressed data",
	.gaps = "windows of other than 32 KiB",
	.class = FW_STREAM,
	.bits = 32, /* Adler-32; the header's few are not worth counting */
	.magic = { { "\x78\x01", 2, 0 },
		   { "\x78\x5e", 2, 0 },
		   { "\x78\x9c", 2, 0 },
		   { "\x78\xda", 2, 0 } },
	.probe = zlib_probe,
	.unpack = zlib_unpack,
};
