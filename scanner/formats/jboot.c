/* jboot.c - JBOOT: images of D-Link devices with AMIT's boot loader; little
 * endian
 *
 *	jboot_arm   ARM update header, 80 bytes, in front of what goes to flash
 *	jboot_stag  16 bytes in front of a kernel's SCH2 header and the kernel
 *	jboot_sch2  40 bytes in front of a kernel; a root file system, which
 *	            need not follow at once, is named and summed in it
 *
 * The sum of JBOOT is that of the Internet protocol, over 16-bit words, but a
 * last odd byte counts as if 0xff stood behind it. Headers store its
 *complement, for data both ways are in use.
 *
 * Source: OpenWrt firmware-utils mkdlinkfw.c, Linux patch mtdsplit_jimage.c
 * (layout)
 */
#include "formats/integrity.h"

enum {
	JBOOT_ARM_ID = 0x4842,
	JBOOT_ARM_SUM_AT = 14,
	JBOOT_STAG_ID = 4,
	JBOOT_STAG_FACTORY = 0xff,
	JBOOT_STAG_SUM_AT = 12,
	JBOOT_SCH2_CRC_AT = 32,
	JBOOT_COMPRESSIONS = 4,
};

/* clang-format off */
#define JBOOT_ARM_HEADER(U, B)                                           \
	B(12,  rom_id,     "sort of device: \"DLK...\", \"LVA...\"")     \
	U(u16, derange,    "key of a scrambled header, 0")              \
	U(u16, sum,        "of the data")                               \
	B(10,  zeros_a,    "")                                          \
	U(u8,  one,        "1")                                         \
	U(u8,  zero,       "0")                                         \
	U(u32, time,       "(seconds since 1970 - 0x35016f00) / 4")     \
	U(u32, erase,      "place in flash to erase from")              \
	U(u32, erase_len,  "bytes to erase")                            \
	U(u32, place,      "place in flash of the data")                \
	U(u32, len,        "bytes of data")                             \
	B(16,  zeros_b,    "")                                          \
	U(u16, id,         "0x4842")                                    \
	U(u16, version,    "2")                                         \
	U(u16, zeros_c,    "")                                          \
	U(u8,  section,    "")                                          \
	U(u8,  info,       "")                                          \
	U(u32, info_at,    "")                                          \
	U(u16, family,     "")                                          \
	U(u16, head_sum,   "complement of the sum of the 78 bytes above")
FW_RECORD(jboot_arm_header, JBOOT_ARM_HEADER)

#define JBOOT_STAG_HEADER(U, B)                                          \
	U(u8,  mark,       "0xff in factory images, else the id")       \
	U(u8,  id,         "4")                                         \
	U(u16, magic,      "0x2b24")                                    \
	U(u32, time,       "")                                          \
	U(u32, len,        "bytes behind this header")                  \
	U(u16, sum,        "of these")                                  \
	U(u16, head_sum,   "complement of the sum, the mark as the id")
FW_RECORD(jboot_stag_header, JBOOT_STAG_HEADER)

#define JBOOT_SCH2_HEADER(U, B)                                          \
	U(u16, magic,      "0x2124")                                    \
	U(u8,  compressed, "0 not, 1 jz, 2 gzip, 3 lzma")               \
	U(u8,  version,    "2")                                         \
	U(u32, entry,      "")                                          \
	U(u32, len,        "bytes of the kernel")                       \
	U(u32, crc,        "CRC-32 of the kernel")                      \
	U(u32, load,       "")                                          \
	U(u32, root,       "place in flash of the root file system")    \
	U(u32, root_len,   "")                                          \
	U(u32, root_crc,   "")                                          \
	U(u32, head_crc,   "CRC-32 of this header, itself as zero")     \
	U(u16, head_len,   "40")                                        \
	U(u16, command_len, "of a kernel's command line, 0")
FW_RECORD(jboot_sch2_header, JBOOT_SCH2_HEADER)
/* clang-format on */

static bool jboot_zeros(const uint8_t *p, size_t n)
{
	while (n > 0 && *p == 0) {
		p++;
		n--;
	}
	return n == 0;
}

/* first replaces the first byte. */
static uint32_t jboot_sum(struct fw_view v, int first)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < v.len; i += 2) {
		uint32_t low =
			i == 0 && first >= 0 ? (uint32_t)first : v.data[i];

		sum += low | (uint32_t)(i + 1 < v.len ? v.data[i + 1] : 0xff)
				     << 8;
	}
	return (uint32_t)(sum % 0xffff);
}

static bool jboot_complement(uint16_t stored, uint32_t sum)
{
	return (uint16_t)~stored % 0xffff == sum;
}

static bool jboot_data_good(uint16_t stored, struct fw_view data)
{
	uint32_t sum = jboot_sum(data, -1);

	return stored % 0xffff == sum || jboot_complement(stored, sum);
}

static void jboot_arm_read(struct fw_cursor *c, struct jboot_arm_header *h)
{
	struct fw_view head = fw_slice(c, 0, jboot_arm_header_SIZE - 2);

	jboot_arm_header_read(c, h);
	fw_require(c, h->id == JBOOT_ARM_ID, "magic", h->id);
	fw_require(c, h->version == 2, "version", h->version);
	fw_require(c, h->one == 1 && h->zero == 0, "fixed bytes", h->one);
	fw_require(c,
		   jboot_zeros(h->zeros_a, 10) && jboot_zeros(h->zeros_b, 16) &&
			   h->zeros_c == 0,
		   "reserved", 0);
	if (fw_ok(c))
		fw_require(c,
			   jboot_complement(h->head_sum, jboot_sum(head, -1)),
			   "checksum of the header", h->head_sum);
	fw_require(c, h->len > 0, "length", h->len);
}

static uint64_t jboot_arm_probe(struct fw_cursor *c)
{
	struct jboot_arm_header h;

	jboot_arm_read(c, &h);
	fw_skip(c, h.len);
	return c->pos;
}

static void jboot_sch2_read(struct fw_cursor *c, struct jboot_sch2_header *h)
{
	struct fw_view head = fw_slice(c, 0, jboot_sch2_header_SIZE);
	uint32_t crc;

	jboot_sch2_header_read(c, h);
	fw_require(c, h->magic == 0x2124, "magic", h->magic);
	fw_require(c, h->version == 2, "version", h->version);
	fw_require(c, h->compressed < JBOOT_COMPRESSIONS, "compression",
		   h->compressed);
	fw_require(c, h->head_len == jboot_sch2_header_SIZE,
		   "length of the header", h->head_len);
	fw_require(c, h->len > 0, "length", h->len);
	if (!fw_ok(c))
		return;
	crc = fw_crc32(0, fw_view_sub(head, 0, JBOOT_SCH2_CRC_AT));
	crc = fw_crc32(crc, FW_STR("\0\0\0\0"));
	crc = fw_crc32(crc, fw_view_sub(head, JBOOT_SCH2_CRC_AT + 4, SIZE_MAX));
	fw_require(c, crc == h->head_crc, "checksum of the header", crc);
}

/* A kernel's header gives the root file system by its place in flash: here it
 * can be found and summed. */
static void jboot_root(const struct jboot_arm_header *arm, struct fw_view data,
		       struct fw_out *out)
{
	struct fw_cursor c = fw_cursor_of(
		fw_view_sub(data, jboot_stag_header_SIZE, SIZE_MAX));
	struct jboot_sch2_header h;
	struct fw_view root;

	jboot_sch2_read(&c, &h);
	if (!fw_ok(&c) || h.root < arm->place || h.root_len == 0)
		return;
	root = fw_view_sub(data, h.root - arm->place, h.root_len);
	if (root.len == h.root_len)
		integrity_emit(out, "checksum.rootfs", "root file system",
			       fw_crc32(0, root) == h.root_crc,
			       jboot_arm_header_SIZE + jboot_stag_header_SIZE +
				       28);
}

static void jboot_arm_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "data", .type = FW_REGION);
	struct jboot_arm_header h;
	struct fw_view data;

	jboot_arm_read(c, &h);
	if (!fw_ok(c))
		return;
	data = fw_view_sub(c->v, jboot_arm_header_SIZE, h.len);
	integrity_text_fact(out, "jboot.rom_id", h.rom_id, sizeof(h.rom_id));
	fw_out_factf(out, "jboot.family", "0x%04x", h.family);
	fw_out_factf(out, "jboot.place", "0x%08x", h.place);
	if (data.len > 0)
		fw_out_child(out, &meta, data);
	fw_skip(c, h.len);
	if (fw_ok(c))
		integrity_emit(out, "checksum.sum", "data",
			       jboot_data_good(h.sum, data), JBOOT_ARM_SUM_AT);
	jboot_root(&h, data, out);
}

static void jboot_stag_read(struct fw_cursor *c, struct jboot_stag_header *h)
{
	struct fw_view head = fw_slice(c, 0, jboot_stag_header_SIZE - 2);

	jboot_stag_header_read(c, h);
	fw_require(c, h->magic == 0x2b24, "magic", h->magic);
	fw_require(c, h->id == JBOOT_STAG_ID, "id", h->id);
	fw_require(c, h->mark == h->id || h->mark == JBOOT_STAG_FACTORY, "mark",
		   h->mark);
	if (fw_ok(c))
		fw_require(
			c,
			jboot_complement(h->head_sum, jboot_sum(head, h->id)),
			"checksum of the header", h->head_sum);
	fw_require(c, h->len > 0, "length", h->len);
}

static uint64_t jboot_stag_probe(struct fw_cursor *c)
{
	struct jboot_stag_header h;

	jboot_stag_read(c, &h);
	fw_skip(c, h.len);
	return c->pos;
}

static void jboot_stag_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "data", .type = FW_REGION);
	struct jboot_stag_header h;
	struct fw_view data;

	jboot_stag_read(c, &h);
	if (!fw_ok(c))
		return;
	data = fw_view_sub(c->v, jboot_stag_header_SIZE, h.len);
	fw_out_fact(out, "jboot.kind",
		    h.mark == JBOOT_STAG_FACTORY ? "factory" : "upgrade");
	if (data.len > 0)
		fw_out_child(out, &meta, data);
	fw_skip(c, h.len);
	if (fw_ok(c))
		integrity_emit(out, "checksum.sum", "data",
			       jboot_data_good(h.sum, data), JBOOT_STAG_SUM_AT);
}

static uint64_t jboot_sch2_probe(struct fw_cursor *c)
{
	struct jboot_sch2_header h;

	jboot_sch2_read(c, &h);
	fw_skip(c, h.len);
	return c->pos;
}

static void jboot_sch2_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static const char *const names[JBOOT_COMPRESSIONS] = { "none", "jz",
							       "gzip", "lzma" };
	struct fw_meta meta = FW_META(.name = "kernel", .type = FW_REGION);
	struct jboot_sch2_header h;
	struct fw_view kernel;

	jboot_sch2_read(c, &h);
	if (!fw_ok(c))
		return;
	kernel = fw_view_sub(c->v, jboot_sch2_header_SIZE, h.len);
	fw_out_fact(out, "jboot.compression", names[h.compressed]);
	fw_out_factf(out, "jboot.load", "0x%08x", h.load);
	fw_out_factf(out, "jboot.entry", "0x%08x", h.entry);
	if (kernel.len > 0)
		fw_out_child(out, &meta, kernel);
	fw_skip(c, h.len);
	if (fw_ok(c))
		integrity_emit(out, "checksum.crc32", "kernel",
			       fw_crc32(0, kernel) == h.crc, 12);
}

const struct fw_format fw_format_jboot_arm = {
	.name = "jboot_arm",
	.title = "JBOOT update image",
	.gaps = "scrambled headers",
	.class = FW_CONTAINER,
	.bits = 128, /* reserved bytes, magic, version, sum of the header */
	.magic = { { "\x42\x48\x02\0\0\0", 6, 64 } },
	.probe = jboot_arm_probe,
	.unpack = jboot_arm_unpack,
	.kinds = integrity_kinds,
};

const struct fw_format fw_format_jboot_stag = {
	.name = "jboot_stag",
	.title = "JBOOT kernel tag",
	.class = FW_CONTAINER,
	.bits = 16 + 8 + 7 + 16,
	.magic = { { "\x04\x24\x2b", 3, 1 } },
	.probe = jboot_stag_probe,
	.unpack = jboot_stag_unpack,
	.kinds = integrity_kinds,
};

const struct fw_format fw_format_jboot_sch2 = {
	.name = "jboot_sch2",
	.title = "JBOOT kernel image",
	.gaps = "kernels packed with jz",
	.class = FW_BOOT,
	.bits = 16 + 8 + 6 + 16 + 32,
	.magic = { { "\x24\x21\0\x02", 4, 0 },
		   { "\x24\x21\x01\x02", 4, 0 },
		   { "\x24\x21\x02\x02", 4, 0 },
		   { "\x24\x21\x03\x02", 4, 0 } },
	.probe = jboot_sch2_probe,
	.unpack = jboot_sch2_unpack,
	.kinds = integrity_kinds,
};
