/* sevenzip.c - 7-Zip archives
 *
 * Little endian:
 *
 *	0   sevenzip_start
 *	32  packed members
 *	    the header proper, at 32 + next_at: packed, or not
 *
 * Source: 7-Zip DOC/7zFormat.txt
 */
#include "formats/archive.h"

/* clang-format off */
#define SEVENZIP_START(U, B)                                            \
	B(6,   magic,    "\"7z\" bc af 27 1c")                          \
	U(u16, version,  "0.2 to 0.4: major in the lower byte")         \
	U(u32, crc,      "CRC-32 of [12, 32)")                          \
	U(u64, next_at,  "of the header proper, from 32 on")            \
	U(u64, next_len, "bytes")                                       \
	U(u32, next_crc, "CRC-32 of it")
FW_RECORD(sevenzip_start, SEVENZIP_START)
/* clang-format on */

enum { SEVENZIP_SUMMED_FROM = 12 };

static uint64_t sevenzip_probe(struct fw_cursor *c)
{
	struct sevenzip_start h;

	sevenzip_start_read(c, &h);
	struct fw_view start =
		fw_slice(c, SEVENZIP_SUMMED_FROM,
			 sevenzip_start_SIZE - SEVENZIP_SUMMED_FROM);

	fw_require(c, (h.version & 0xff) == 0, "version", h.version);
	fw_require(c, fw_crc32(0, start) == h.crc, "start's checksum", h.crc);
	fw_require(c, h.next_len > 0, "header's length", 0);
	fw_skip(c, h.next_at);
	struct fw_view next = fw_bytes(c, h.next_len);

	if (!fw_ok(c))
		return 0;
	fw_require(c, fw_crc32(0, next) == h.next_crc, "header's checksum",
		   h.next_crc);
	return c->pos;
}

static void sevenzip_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static int (*const enable[])(
		struct archive *) = { archive_read_support_filter_none,
				      archive_read_support_format_7zip, NULL };
	static const struct fw_archive how = { .enable = enable };
	struct sevenzip_start h;

	/* Without the header at the end nothing can be read. */
	sevenzip_start_read(c, &h);
	fw_skip(c, h.next_at);
	fw_skip(c, h.next_len);
	if (fw_ok(c))
		fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_sevenzip = {
	.name = "sevenzip",
	.title = "7-Zip archive",
	.gaps = "archives in several parts; encrypted headers",
	.class = FW_ARCHIVE,
	.bits = 48 + 32 + 32, /* magic and sums */
	.magic = { { "7z\xbc\xaf\x27\x1c", 6, 0 } },
	.probe = sevenzip_probe,
	.unpack = sevenzip_unpack,
	.kinds = fw_archive_kinds,
};
