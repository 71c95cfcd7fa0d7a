/* iso9660.c - CD images: ISO 9660 with Joliet and Rock Ridge
 *
 * Sectors of 2048 bytes; the primary volume descriptor in sector 16:
 *
 *	0    u8 1, "CD001", u8 1
 *	80   blocks of the volume: u32 little endian, the same big endian
 *	128  bytes of a block: u16 in both orders
 *	156  the root's directory record: u8 length 34
 *
 * Source: ECMA-119 4th edition, 8.4
 */
#include "formats/archive.h"

enum { ISO_PRIMARY = 16 * 2048, ISO_ROOT = 156, ISO_ROOT_LEN = 34 };

static uint64_t iso_probe(struct fw_cursor *c)
{
	struct fw_cursor d = fw_sub(c, ISO_PRIMARY, 2048);

	fw_require(&d, fw_view_eq(fw_bytes(&d, 7), FW_STR("\1CD001\1")),
		   "magic", 0);
	fw_seek(&d, 80);
	uint32_t blocks = fw_u32le(&d);
	uint32_t blocks_be = fw_u32be(&d);

	fw_require(&d, blocks == blocks_be && blocks > 16, "blocks", blocks);
	fw_seek(&d, 128);
	uint16_t size = fw_u16le(&d);
	uint16_t size_be = fw_u16be(&d);

	fw_require(&d, size == size_be, "block's size", size);
	fw_require(&d, size == 512 || size == 1024 || size == 2048,
		   "block's size", size);
	fw_seek(&d, ISO_ROOT);
	uint8_t root = fw_u8(&d);

	fw_require(&d, root == ISO_ROOT_LEN, "root", root);
	if (!fw_ok(&d)) {
		fw_fail_at(c, d.err.code, d.err.what, ISO_PRIMARY + d.err.at,
			   d.err.value);
		return 0;
	}
	uint64_t len = (uint64_t)blocks * size;

	(void)fw_slice(c, 0, len);
	return len;
}

static void iso_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static int (*const enable[])(struct archive *) = {
		archive_read_support_filter_none,
		archive_read_support_format_iso9660, NULL
	};
	static const struct fw_archive how = { .enable = enable };

	fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_iso9660 = {
	.name = "iso9660",
	.title = "ISO 9660 file system",
	.gaps = "boot images of El Torito are not listed; UDF",
	.class = FW_FILESYSTEM,
	.bits = 56 + 32 + 16, /* magic, numbers in both orders */
	.magic = { { "\1CD001\1", 7, ISO_PRIMARY } },
	.probe = iso_probe,
	.unpack = iso_unpack,
	.kinds = fw_archive_kinds,
};
