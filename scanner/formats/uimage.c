/* uimage.c - U-Boot legacy image: one header, one image or several
 *
 * Layout, big endian:
 *
 *	0   uimage_header
 *	64  data; for types multi and script first u32 size[], ended by 0, then
 *	    the images, each but the last padded to a multiple of 4
 *
 * Source: U-Boot include/image.h, boot/image.c
 */
#include "formats/integrity.h"

/* clang-format off */
#define UIMAGE_HEADER(U, B)                                             \
	U(u32, magic, "0x27051956")                                     \
	U(u32, hcrc,  "CRC-32 of the header, this field taken as 0")    \
	U(u32, time,  "seconds since 1970")                             \
	U(u32, size,  "bytes of data")                                  \
	U(u32, load,  "load address")                                   \
	U(u32, entry, "entry point")                                    \
	U(u32, dcrc,  "CRC-32 of the data")                             \
	U(u8, os,     "operating system")                               \
	U(u8, arch,   "processor")                                      \
	U(u8, type,   "what it is")                                     \
	U(u8, comp,   "how the data is compressed")                     \
	B(32, name,   "NUL-padded")
FW_RECORD(uimage_header, UIMAGE_HEADER)
/* clang-format on */

enum {
	UIMAGE_MULTI = 4,
	UIMAGE_SCRIPT = 6,
	UIMAGE_HCRC_AT = 4,
	UIMAGE_DCRC_AT = 24
};

static const char *const uimage_os[] = {
	"invalid", "openbsd", "netbsd",	 "freebsd", "4_4bsd", "linux",
	"svr4",	   "esix",    "solaris", "irix",    "sco",    "dell",
	"ncr",	   "lynxos",  "vxworks", "psos",    "qnx",    "u-boot",
	"rtems",   "artos",   "unity",	 "integrity", "ose",  "plan9",
	"openrtos", "arm-trusted-firmware", "tee", "opensbi", "efi",
};

static const char *const uimage_arch[] = {
	"invalid", "alpha",  "arm",   "x86",	    "ia64",   "mips",
	"mips64",  "powerpc", "s390", "sh",	    "sparc",  "sparc64",
	"m68k",	   "nios",   "microblaze", "nios2", "blackfin", "avr32",
	"st200",   "sandbox", "nds32", "openrisc",  "arm64",  "arc",
	"x86_64",  "xtensa", "riscv",
};

static const char *const uimage_type[] = {
	"invalid", "standalone", "kernel",     "ramdisk",  "multi",
	"firmware", "script",	 "filesystem", "flatdt",   "kwbimage",
	"imximage", "ublimage",	 "omapimage",  "aisimage", "kernel_noload",
};

static const char *const uimage_comp[] = {
	"none", "gzip", "bzip2", "lzma", "lzo", "lz4", "zstd",
};

#define UIMAGE_NAME(table, i)                                                  \
	((i) < sizeof(table) / sizeof((table)[0]) ? (table)[i] : "unknown")

/* Reads the header and checks its sum. */
static void uimage_read(struct fw_cursor *c, struct uimage_header *h)
{
	static const uint8_t zeros[4];
	struct fw_view head = fw_slice(c, 0, uimage_header_SIZE);
	uint32_t crc;

	*h = (struct uimage_header){ 0 };
	if (!fw_ok(c))
		return;
	c->big_endian = true;
	uimage_header_read(c, h);
	fw_require(c, h->magic == 0x27051956, "magic", h->magic);
	crc = fw_crc32(0, fw_view_sub(head, 0, UIMAGE_HCRC_AT));
	crc = fw_crc32(crc, fw_view_of(zeros, sizeof(zeros)));
	crc = fw_crc32(crc, fw_view_sub(head, 8, SIZE_MAX));
	fw_require(c, crc == h->hcrc, "header checksum", crc);
}

static uint64_t uimage_probe(struct fw_cursor *c)
{
	struct uimage_header h;

	uimage_read(c, &h);
	fw_slice(c, uimage_header_SIZE, h.size);
	return (uint64_t)uimage_header_SIZE + h.size;
}

static void uimage_facts(const struct uimage_header *h, struct fw_out *out)
{
	integrity_text_fact(out, "uimage.name", h->name, sizeof(h->name));
	fw_out_fact(out, "uimage.os", UIMAGE_NAME(uimage_os, h->os));
	fw_out_fact(out, "uimage.arch", UIMAGE_NAME(uimage_arch, h->arch));
	fw_out_fact(out, "uimage.type", UIMAGE_NAME(uimage_type, h->type));
	fw_out_fact(out, "uimage.comp", UIMAGE_NAME(uimage_comp, h->comp));
	fw_out_factf(out, "uimage.load", "0x%08x", h->load);
	fw_out_factf(out, "uimage.entry", "0x%08x", h->entry);
	fw_out_factf(out, "uimage.time", "%u", h->time);
}

/* The images behind a table of sizes. */
static void uimage_parts(struct fw_cursor *c, struct fw_out *out)
{
	uint64_t table = c->pos, data;
	uint32_t n = 0, len;

	while (fw_u32(c) != 0 && fw_ok(c))
		n++;
	fw_require(c, n > 0, "image count", n);
	data = c->pos;
	for (uint32_t i = 0; i < n && fw_ok(c) && fw_out_ok(out); i++) {
		struct fw_meta meta = FW_META(.name = fw_text(out, "image%u", i),
					      .type = FW_REGION);

		fw_seek(c, table + 4 * (uint64_t)i);
		len = fw_u32(c);
		struct fw_view part = fw_slice(c, data, len);

		if (fw_ok(c))
			fw_out_child(out, &meta, part);
		data += ((uint64_t)len + 3) & ~(uint64_t)3;
	}
}

static void uimage_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct uimage_header h;
	struct fw_view data;

	uimage_read(c, &h);
	if (!fw_ok(c))
		return;
	uimage_facts(&h, out);
	data = fw_view_sub(c->v, uimage_header_SIZE, h.size);
	fw_out_fact(out, "checksum.header", "ok");
	integrity_emit(out, "checksum.data", "image data",
		       data.len == h.size && fw_crc32(0, data) == h.dcrc,
		       UIMAGE_DCRC_AT);
	if (h.type == UIMAGE_MULTI || h.type == UIMAGE_SCRIPT) {
		uimage_parts(c, out);
	} else {
		const char *name = UIMAGE_NAME(uimage_type, h.type);
		struct fw_meta meta = FW_META(.name = h.type == 0 ? "data" : name,
					      .type = FW_REGION,
					      .mtime = h.time);

		fw_out_child(out, &meta, data);
	}
	fw_slice(c, uimage_header_SIZE, h.size);
}

const struct fw_format fw_format_uimage = {
	.name = "uimage",
	.title = "U-Boot legacy image",
	.class = FW_BOOT,
	.bits = 32 + 32, /* magic and CRC of the header */
	.magic = { { "\x27\x05\x19\x56", 4, 0 } },
	.probe = uimage_probe,
	.unpack = uimage_unpack,
	.kinds = integrity_kinds,
};
