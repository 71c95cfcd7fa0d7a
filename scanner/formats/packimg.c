/* packimg.c - PackImg: a tag in front of a file system, between kernel and it
 *
 *	0   "--PaCkImGs--", 4 bytes 0
 *	16  u32 length, in the device's byte order
 *	20  12 bytes reserved, then the data
 *
 * Source: MTD maps of Ralink's SDK (struct packtag)
 */
#include "core/format.h"

enum { PACKIMG_HEADER = 32, PACKIMG_LEN_AT = 16 };

static uint64_t packimg_len(struct fw_cursor *c)
{
	uint32_t little, big, len;

	fw_seek(c, PACKIMG_LEN_AT);
	little = fw_u32le(c);
	fw_seek(c, PACKIMG_LEN_AT);
	big = fw_u32be(c);
	/* The order that gives the smaller one: lengths are far below 2^24. */
	len = little < big ? little : big;
	fw_require(c, len > 0, "length", len);
	fw_slice(c, PACKIMG_HEADER, len);
	return (uint64_t)PACKIMG_HEADER + len;
}

static void packimg_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "rootfs", .type = FW_REGION);
	struct fw_view data = fw_view_sub(c->v, PACKIMG_HEADER, SIZE_MAX);

	if (data.len > 0)
		fw_out_child(out, &meta, data);
	packimg_len(c);
}

const struct fw_format fw_format_packimg = {
	.name = "packimg",
	.title = "PackImg section",
	.class = FW_CONTAINER,
	.bits = 96,
	.magic = { { "--PaCkImGs--", 12, 0 } },
	.probe = packimg_len,
	.unpack = packimg_unpack,
};
