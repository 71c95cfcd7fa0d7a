/* rtk.c - Realtek CVIMG: parts of images for the RTL8186, 8196 and 8198
 *
 *	0   "cs6c" "cr6c" kernel, "r6cr" "cs6r" root file system, "w6cg" "w6cp"
 *	    pages; RTL8196B: "cs6b" "cr6b", "r6br", "w6bp"; before it:
 *	    "csys" "csro" kernel
 *	4   u32 be load address, u32 be place in flash, u32 be length of data
 *	16  data, which ends in a checksum: its 16-bit big endian words (pages:
 *	    its bytes) sum up to 0
 *
 * rtk0, little endian: another one, of devices with more flash memory
 *
 *	0   "RTK0", u32 length of the data, u32 checksum, u32
 *	16  u32 length of the header, less 4; at 28 a sort of 4 letters
 *
 * Source: Realtek SDK, cvimg and its loader; binwalk (layout of rtk0)
 */
#include "formats/integrity.h"

enum {
	RTK_HEADER = 16,
	RTK_FLASH = 64 << 20,
	RTK0_LEAST = 32,
	RTK0_MOST = 4096,
};

static uint64_t rtk_read(struct fw_cursor *c, struct fw_view *data)
{
	uint32_t place, len;

	c->big_endian = true;
	fw_seek(c, 8);
	place = fw_u32(c);
	len = fw_u32(c);
	fw_require(c, place < RTK_FLASH, "place in flash", place);
	fw_require(c, len >= 4 && len <= RTK_FLASH, "length", len);
	*data = fw_bytes(c, len);
	return (uint64_t)RTK_HEADER + len;
}

static bool rtk_sum(struct fw_view v, bool bytes)
{
	uint32_t sum = 0;

	if (bytes) {
		for (size_t i = 0; i < v.len; i++)
			sum += v.data[i];
		return (sum & 0xff) == 0;
	}
	for (size_t i = 0; i + 1 < v.len; i += 2)
		sum += (uint32_t)v.data[i] << 8 | v.data[i + 1];
	return (sum & 0xffff) == 0;
}

static uint64_t rtk_probe(struct fw_cursor *c)
{
	struct fw_view data;
	uint64_t len = rtk_read(c, &data);
	struct fw_cursor load = fw_cursor_of(fw_view_sub(c->v, 4, 4));
	uint32_t at = fw_u32be(&load);

	/* MIPS: kernels load to KSEG0 or KSEG1, other parts give no address. */
	fw_require(c, at == 0 || at >> 30 == 2 || at < RTK_FLASH,
		   "load address", at);
	return len;
}

static void rtk_unpack(struct fw_cursor *c, struct fw_out *out)
{
	bool pages = fw_view_starts(c->v, FW_STR("w6"));
	bool root = fw_view_starts(c->v, FW_STR("r6")) ||
		    fw_view_starts(c->v, FW_STR("cs6r"));
	struct fw_meta meta = FW_META(.name = pages  ? "pages"
					      : root ? "rootfs"
						     : "kernel",
				      .type = FW_REGION);
	struct fw_view data;
	struct fw_cursor load = fw_cursor_of(fw_view_sub(c->v, 4, 4));

	rtk_read(c, &data);
	if (!fw_ok(c))
		return;
	fw_out_factf(out, "rtk.load", "0x%08x", fw_u32be(&load));
	fw_out_child(out, &meta, data);
	integrity_emit(out, "checksum.sum", "data", rtk_sum(data, pages), 0);
}

const struct fw_format fw_format_rtk = {
	.name = "rtk",
	.title = "Realtek CVIMG firmware image",
	.class = FW_CONTAINER,
	.bits = 40,
	.magic = { { "cs6c", 4, 0 },
		   { "cr6c", 4, 0 },
		   { "cs6r", 4, 0 },
		   { "r6cr", 4, 0 },
		   { "w6cg", 4, 0 },
		   { "w6cp", 4, 0 },
		   { "cs6b", 4, 0 },
		   { "cr6b", 4, 0 },
		   { "r6br", 4, 0 },
		   { "w6bp", 4, 0 },
		   { "csys", 4, 0 },
		   { "csro", 4, 0 } },
	.probe = rtk_probe,
	.unpack = rtk_unpack,
	.kinds = integrity_kinds,
};

/* What its checksum sums is not public: it is a fact, and not compared. */
static uint64_t rtk0_read(struct fw_cursor *c, uint32_t *head, uint32_t *sum)
{
	uint32_t len;

	fw_require(c, fw_view_eq(fw_bytes(c, 4), FW_STR("RTK0")), "magic", 0);
	len = fw_u32le(c);
	*sum = fw_u32le(c);
	fw_skip(c, 4);
	*head = fw_u32le(c);
	fw_require(c, *head <= RTK0_MOST && *head + 4 >= RTK0_LEAST,
		   "length of the header", *head);
	*head += 4;
	fw_require(c, len > 0 && len <= 8u * RTK_FLASH, "length", len);
	return (uint64_t)*head + len;
}

static uint64_t rtk0_probe(struct fw_cursor *c)
{
	uint32_t head, sum;
	uint64_t len = rtk0_read(c, &head, &sum);

	fw_slice(c, 0, len);
	return len;
}

static void rtk0_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "data", .type = FW_REGION);
	uint32_t head, sum;
	uint64_t len = rtk0_read(c, &head, &sum);
	struct fw_view data;

	if (!fw_ok(c))
		return;
	data = fw_view_sub(c->v, head, len - head);
	fw_out_factf(out, "rtk0.checksum", "0x%08x", sum);
	if (data.len > 0)
		fw_out_child(out, &meta, data);
	fw_slice(c, 0, len);
}

const struct fw_format fw_format_rtk0 = {
	.name = "rtk0",
	.title = "Realtek RTK0 firmware image",
	.gaps = "its checksum, which nobody has described",
	.class = FW_CONTAINER,
	.bits = 32 + 20, /* magic, and the length of the header */
	.magic = { { "RTK0", 4, 0 } },
	.probe = rtk0_probe,
	.unpack = rtk0_unpack,
};
