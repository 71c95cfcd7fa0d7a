/* chk.c - Netgear CHK: kernel and root file system behind a board's name
 *
 * Layout, big endian:
 *
 *	0    chk_header
 *	40   the board's name, to header_len
 *	     kernel, then root file system
 *
 * The sums are two running 32-bit sums folded to 16 bits each.
 *
 * Source: OpenWrt firmware-utils mkchkimg.c (layout)
 */
#include "formats/integrity.h"

/* clang-format off */
#define CHK_HEADER(U, B)                                                \
	U(u32, magic,       "\"*#$^\"")                                 \
	U(u32, header_len,  "bytes, the board's name included")         \
	B(8, version,       "region, then numbers of the version")      \
	U(u32, kernel_sum,  "of the kernel")                            \
	U(u32, rootfs_sum,  "of the root file system")                  \
	U(u32, kernel_len,  "bytes")                                    \
	U(u32, rootfs_len,  "bytes")                                    \
	U(u32, image_sum,   "of both")                                  \
	U(u32, header_sum,  "of the header, this field taken as 0")
FW_RECORD(chk_header, CHK_HEADER)
/* clang-format on */

enum {
	CHK_LONGEST = 128,
	CHK_SUM_AT = 36,
	CHK_KERNEL_SUM_AT = 16,
	CHK_IMAGE_SUM_AT = 32
};

struct chk_sum {
	uint32_t low, high;
};

static void chk_add(struct chk_sum *s, struct fw_view v)
{
	for (size_t i = 0; i < v.len; i++) {
		s->low += v.data[i];
		s->high += s->low;
	}
}

static uint32_t chk_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum + (sum >> 16)) & 0xffff;
}

static uint32_t chk_value(struct fw_view v)
{
	struct chk_sum s = { 0, 0 };

	chk_add(&s, v);
	return chk_fold(s.high) << 16 | chk_fold(s.low);
}

static void chk_read(struct fw_cursor *c, struct chk_header *h)
{
	static const uint8_t zeros[4];
	struct chk_sum s = { 0, 0 };
	struct fw_view head;

	*h = (struct chk_header){ 0 };
	c->big_endian = true;
	chk_header_read(c, h);
	fw_require(c, h->header_len > chk_header_SIZE &&
			      h->header_len <= CHK_LONGEST,
		   "header length", h->header_len);
	fw_require(c, h->kernel_len > 0, "kernel length", 0);
	if (!fw_ok(c))
		return;
	head = fw_slice(c, 0, h->header_len);
	chk_add(&s, fw_view_sub(head, 0, CHK_SUM_AT));
	chk_add(&s, fw_view_of(zeros, sizeof(zeros)));
	chk_add(&s, fw_view_sub(head, chk_header_SIZE, SIZE_MAX));
	fw_require(c,
		   (chk_fold(s.high) << 16 | chk_fold(s.low)) == h->header_sum,
		   "header checksum", h->header_sum);
}

static uint64_t chk_len(const struct chk_header *h)
{
	return (uint64_t)h->header_len + h->kernel_len + h->rootfs_len;
}

static uint64_t chk_probe(struct fw_cursor *c)
{
	struct chk_header h;

	chk_read(c, &h);
	fw_slice(c, 0, chk_len(&h));
	return chk_len(&h);
}

static void chk_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta kernel = FW_META(.name = "kernel", .type = FW_REGION);
	struct fw_meta rootfs = FW_META(.name = "rootfs", .type = FW_REGION);
	struct chk_header h;
	struct fw_view part, image;

	chk_read(c, &h);
	if (!fw_ok(c))
		return;
	integrity_text_fact(out, "chk.board", c->v.data + chk_header_SIZE,
			    h.header_len - chk_header_SIZE);
	fw_out_factf(out, "chk.region", "%u", h.version[0]);
	fw_out_factf(out, "chk.version", "%u.%u.%u.%u_%u.%u.%u", h.version[1],
		     h.version[2], h.version[3], h.version[4], h.version[5],
		     h.version[6], h.version[7]);
	part = fw_view_sub(c->v, h.header_len, h.kernel_len);
	image = fw_view_sub(c->v, h.header_len,
			    (size_t)h.kernel_len + h.rootfs_len);
	if (part.data != NULL)
		fw_out_child(out, &kernel, part);
	integrity_emit(out, "checksum.kernel", "kernel",
		       chk_value(part) == h.kernel_sum, CHK_KERNEL_SUM_AT);
	part = fw_view_sub(c->v, (size_t)h.header_len + h.kernel_len,
			   h.rootfs_len);
	if (part.len > 0) {
		fw_out_child(out, &rootfs, part);
		integrity_emit(out, "checksum.rootfs", "root file system",
			       chk_value(part) == h.rootfs_sum,
			       CHK_KERNEL_SUM_AT + 4);
	}
	integrity_emit(out, "checksum.image", "image",
		       chk_value(image) == h.image_sum, CHK_IMAGE_SUM_AT);
	fw_slice(c, 0, chk_len(&h));
}

const struct fw_format fw_format_chk = {
	.name = "chk",
	.title = "Netgear CHK firmware image",
	.class = FW_CONTAINER,
	.bits = 32 + 32, /* magic and sum of the header */
	.magic = { { "*#$^\0\0\0", 7, 0 } },
	.probe = chk_probe,
	.unpack = chk_unpack,
	.kinds = integrity_kinds,
};
