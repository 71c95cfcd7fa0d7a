/* binhdr.c - Broadcom BIN header in front of a TRX, as Linksys ships it
 *
 *	0   char board[4]
 *	4   u32 0; 3 bytes of date (year, month, day); 3 of version
 *	14  "U2ND"
 *	18  u8 chip; 13 bytes reserved; then "HDR0", u32 le length of the TRX
 *
 * Source: OpenWrt firmware-utils addpattern.c (layout)
 */
#include "core/format.h"

enum { BINHDR_HEADER = 32, BINHDR_TRX_LEAST = 28 };

static uint64_t binhdr_probe(struct fw_cursor *c)
{
	uint32_t len;

	fw_seek(c, 4);
	fw_require(c, fw_u32(c) == 0, "reserved", 0);
	fw_seek(c, 14);
	fw_require(c, fw_view_eq(fw_bytes(c, 4), FW_STR("U2ND")), "magic", 0);
	fw_seek(c, BINHDR_HEADER);
	fw_require(c, fw_view_eq(fw_bytes(c, 4), FW_STR("HDR0")), "TRX", 0);
	len = fw_u32(c);
	fw_require(c, len >= BINHDR_TRX_LEAST, "length of the TRX", len);
	fw_slice(c, BINHDR_HEADER, len);
	return (uint64_t)BINHDR_HEADER + len;
}

static void binhdr_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "firmware", .type = FW_REGION);
	struct fw_view head = fw_slice(c, 0, BINHDR_HEADER);

	if (!fw_ok(c))
		return;
	fw_out_factf(out, "binhdr.board", "%.4s", (const char *)head.data);
	fw_out_factf(out, "binhdr.date", "%u-%02u-%02u", 2000u + head.data[8],
		     head.data[9], head.data[10]);
	fw_out_factf(out, "binhdr.version", "%u.%u.%u", head.data[11],
		     head.data[12], head.data[13]);
	if (c->v.len > BINHDR_HEADER)
		fw_out_child(out, &meta,
			     fw_view_sub(c->v, BINHDR_HEADER, SIZE_MAX));
	binhdr_probe(c);
}

const struct fw_format fw_format_binhdr = {
	.name = "binhdr",
	.title = "Broadcom BIN header",
	.class = FW_CONTAINER,
	.bits = 96,
	.magic = { { "U2ND", 4, 14 } },
	.probe = binhdr_probe,
	.unpack = binhdr_unpack,
};
