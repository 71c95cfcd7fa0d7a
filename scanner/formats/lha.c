/* lha.c - LHA (LHarc) archives
 *
 * Members, then a byte 0. Header, little endian:
 *
 *	0   u8 length, u8 sum of what follows (level 0 and 1), or u16 length
 *	2   method "-lh5-", u32 packed, u32 size, u32 time, u8 attribute
 *	20  u8 level
 *	level 0, 1: header is length + 2 bytes; further headers of level 1 count
 *	    as packed data; level 2: header is length bytes
 *
 * Source: LHa for UNIX header.doc.md
 */
#include "formats/archive.h"

enum { LHA_LEVEL = 20, LHA_MIN = 21 };

/* Moves behind a member. */
static void lha_member(struct fw_cursor *c)
{
	struct fw_view h = fw_slice(c, c->pos, LHA_MIN);

	if (!fw_ok(c))
		return;
	struct fw_cursor r = fw_cursor_of(h);
	uint16_t word = fw_u16(&r);
	struct fw_view method = fw_bytes(&r, 5);
	uint64_t packed = fw_u32(&r);
	uint8_t level = h.data[LHA_LEVEL];
	uint32_t len = level == 2 ? word : (word & 0xffu) + 2;

	fw_require(c,
		   method.data[0] == '-' && method.data[1] == 'l' &&
			   method.data[4] == '-',
		   "method", method.data[3]);
	fw_require(c, level <= 2, "level", level);
	fw_require(c, len > LHA_MIN, "header's length", len);
	struct fw_view header = fw_bytes(c, len);

	if (fw_ok(c) && level < 2) {
		uint8_t sum = 0;

		for (size_t i = 2; i < header.len; i++)
			sum = (uint8_t)(sum + header.data[i]);
		fw_require(c, sum == word >> 8, "header's sum", sum);
	}
	fw_skip(c, packed);
}

static uint64_t lha_probe(struct fw_cursor *c)
{
	do
		lha_member(c);
	while (fw_left(c) > 0 && c->v.data[c->pos] != 0);
	if (fw_left(c) > 0)
		fw_skip(c, 1);
	return c->pos;
}

static void lha_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static int (*const enable[])(
		struct archive *) = { archive_read_support_filter_none,
				      archive_read_support_format_lha, NULL };
	static const struct fw_archive how = { .enable = enable };

	fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_lha = {
	.name = "lha",
	.title = "LHA archive",
	.gaps = "level 3 headers; methods other than lh0 and lh4 to lh7",
	.class = FW_ARCHIVE,
	.bits = 40 + 3 + 5, /* method, level, length */
	.magic = { { "-lh0-", 5, 2 },
		   { "-lh1-", 5, 2 },
		   { "-lh4-", 5, 2 },
		   { "-lh5-", 5, 2 },
		   { "-lh6-", 5, 2 },
		   { "-lh7-", 5, 2 },
		   { "-lhd-", 5, 2 },
		   { "-lzs-", 5, 2 },
		   { "-lz5-", 5, 2 } },
	.probe = lha_probe,
	.unpack = lha_unpack,
	.kinds = fw_archive_kinds,
};
