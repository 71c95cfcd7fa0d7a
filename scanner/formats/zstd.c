/* zstd.c - Zstandard: one file in one or more frames
 *
 *	0   u32 0xfd2fb528
 *	4   u8 descriptor; bit 3 is reserved
 *	    window, dictionary, length; blocks; [u32 XXH64]
 *
 * Skippable frames (u32 0x184d2a50..5f, u32 length) may lie before and between.
 *
 * Source: RFC 8878
 */
#include "formats/stream.h"

enum { ZSTD_RESERVED = 8, ZSTD_SKIP_HEAD = 8 };

/* Skippable frames are stepped over here; decoders know only the others. */
static size_t zstd_next(struct fw_view v, size_t pos)
{
	struct fw_cursor c = fw_cursor_of(v);

	fw_seek(&c, pos);
	while (fw_left(&c) >= ZSTD_SKIP_HEAD) {
		size_t at = c.pos;
		uint32_t magic = fw_u32(&c);

		if (magic == 0xfd2fb528)
			return (v.data[at + 4] & ZSTD_RESERVED) != 0 ? SIZE_MAX :
								      at;
		if ((magic & 0xfffffff0) != 0x184d2a50)
			break;
		fw_skip(&c, fw_u32(&c));
	}
	return SIZE_MAX;
}

static uint64_t zstd_probe(struct fw_cursor *c)
{
	return stream_extent(c, FW_ZSTD, zstd_next);
}

static void zstd_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "data");

	stream_unpack(c, out, FW_ZSTD, zstd_next, &meta);
}

const struct fw_format fw_format_zstd = {
	.name = "zstd",
	.title = "Zstandard compressed data",
	.gaps = "dictionaries; windows above 128 MiB",
	.class = FW_STREAM,
	.bits = 32 + 8, /* magic; frames need not have a checksum */
	.magic = { { "\x28\xb5\x2f\xfd", 4, 0 } },
	.probe = zstd_probe,
	.unpack = zstd_unpack,
};
