/* zimage.c - Linux kernels that unpack themselves
 *
 * zimage (ARM), either byte order:
 *
 *	0x24  u32 0x016f2818
 *	0x28  u32 start, u32 end: addresses, or offsets
 *	      code, then the compressed kernel
 *
 * bzimage (x86), little endian:
 *
 *	0x1f1 u8 setup sectors (0: 4)
 *	0x1f4 u32 length of the rest, in 16 bytes
 *	0x1fe 0x55 0xaa
 *	0x202 "HdrS", u16 version
 *	0x20e u16 offset of the version's text, less 0x200
 *	0x248 u32 offset of the payload behind the setup, u32 its length
 *
 * mips_vmlinuz, either byte order: code without a header, which keeps the four
 * arguments of the boot loader (s0..s3 from a0..a3), clears memory from _edata
 * on, whose address is loaded next (lui, addiu), and unpacks a stream that lies
 * behind it. It is loaded to a multiple of 64 KiB, and ends at _edata.
 *
 * Source: Linux arch/arm/boot/compressed/head.S, arch/mips/boot/compressed/
 * {head.S,ld.script}, Documentation/arch/x86/boot.rst
 */
#include "formats/kernel.h"

enum {
	ZIMAGE_HEADER = 0x30,
	ZIMAGE_MAX = 64 << 20,
	BZIMAGE_PAYLOAD = 0x208,
	MIPS_SAVES = 16,      /* bytes of the four moves */
	MIPS_CODE = 64 << 10, /* the stream begins before */
};

static uint64_t zimage_probe(struct fw_cursor *c)
{
	uint32_t start, end;

	fw_seek(c, 0x24);
	c->big_endian = fw_u32be(c) == 0x016f2818;
	fw_seek(c, 0x24);
	fw_require(c, fw_u32(c) == 0x016f2818, "magic", 0);
	start = fw_u32(c);
	end = fw_u32(c);
	fw_require(c,
		   end > start && end - start > ZIMAGE_HEADER &&
			   end - start <= ZIMAGE_MAX,
		   "length", end);
	fw_slice(c, 0, (uint64_t)end - start);
	return (uint64_t)end - start;
}

static void zimage_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "kernel", .type = FW_REGION);
	size_t at = kernel_stream(c->v, ZIMAGE_HEADER);

	fw_seek(c, 0x24);
	fw_out_fact(out, "kernel.arch",
		    fw_u32be(c) == 0x016f2818 ? "armeb" : "arm");
	fw_require(c, at != SIZE_MAX, "compressed kernel", 0);
	if (at != SIZE_MAX)
		fw_out_child(out, &meta, fw_view_sub(c->v, at, SIZE_MAX));
}

struct bzimage {
	uint32_t setup, rest, version, text, payload, payload_len;
};

static void bzimage_read(struct fw_cursor *c, struct bzimage *b)
{
	uint8_t sectors;

	*b = (struct bzimage){ 0 };
	fw_seek(c, 0x1f1);
	sectors = fw_u8(c);
	b->setup = (sectors == 0 ? 5u : sectors + 1u) * 512u;
	fw_seek(c, 0x1f4);
	b->rest = fw_u32(c);
	fw_seek(c, 0x1fe);
	fw_require(c, fw_u16(c) == 0xaa55, "boot flag", 0);
	fw_seek(c, 0x202);
	fw_require(c, fw_u32(c) == 0x53726448, "magic", 0);
	b->version = fw_u16(c);
	fw_require(c, b->version >= 0x200 && b->version < 0x300, "version",
		   b->version);
	fw_seek(c, 0x20e);
	b->text = fw_u16(c);
	fw_require(c, b->rest > 0 && b->rest <= ZIMAGE_MAX / 16, "length",
		   b->rest);
	if (b->version < BZIMAGE_PAYLOAD)
		return;
	fw_seek(c, 0x248);
	b->payload = fw_u32(c);
	b->payload_len = fw_u32(c);
	fw_require(c,
		   b->payload <= 16 * b->rest &&
			   b->payload_len <= 16 * b->rest - b->payload,
		   "payload", b->payload);
}

static uint64_t bzimage_probe(struct fw_cursor *c)
{
	struct bzimage b;
	uint64_t len;

	bzimage_read(c, &b);
	if (!fw_ok(c))
		return 0;
	len = (uint64_t)b.setup + 16 * (uint64_t)b.rest;
	fw_slice(c, 0, len);
	return len;
}

static void bzimage_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "kernel", .type = FW_REGION);
	struct fw_view text, part;
	struct bzimage b;

	bzimage_read(c, &b);
	if (!fw_ok(c))
		return;
	fw_out_fact(out, "kernel.arch", "x86");
	text = fw_view_sub(c->v, b.text + 0x200u, 256);
	if (b.text != 0 && text.len > 0) {
		size_t n = strnlen((const char *)text.data, text.len);

		fw_out_factf(out, "kernel.banner", "%.*s", (int)n,
			     (const char *)text.data);
	}
	part = fw_view_sub(c->v, (size_t)b.setup + b.payload, b.payload_len);
	if (b.payload_len == 0) {
		size_t at = kernel_stream(c->v, b.setup);

		part = fw_view_sub(c->v, at, SIZE_MAX);
	}
	if (part.data != NULL)
		fw_out_child(out, &meta, part);
	fw_slice(c, 0, (uint64_t)b.setup + 16 * (uint64_t)b.rest);
}

/* Readers that tell where a stream ends. */
extern const struct fw_format fw_format_bzip2, fw_format_gzip, fw_format_lz4,
	fw_format_lzma, fw_format_lzop, fw_format_xz, fw_format_zstd;

/* Bytes of the stream that v begins with, or 0. */
static uint64_t mips_stream(struct fw_view v)
{
	static const struct fw_format *const readers[] = {
		&fw_format_gzip,  &fw_format_lzma, &fw_format_xz,
		&fw_format_bzip2, &fw_format_lz4,  &fw_format_lzop,
		&fw_format_zstd
	};

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		struct fw_cursor c = fw_cursor_of(v);
		uint64_t n = readers[i]->probe(&c);

		if (fw_ok(&c) && n > 0)
			return n;
	}
	return 0;
}

/* Whether w loads the upper half of an address (lui a0). */
static bool mips_lui(uint32_t w)
{
	return w >> 16 == 0x3c04;
}

/* The last 16 bits of _edata: the signed half that is added to the upper. */
static uint16_t mips_edata(struct fw_cursor *c)
{
	fw_seek(c, MIPS_SAVES);
	for (unsigned i = 0; i < 8 && fw_ok(c); i++) {
		uint32_t w = fw_u32(c);

		if (i == 0)
			fw_require(c, mips_lui(w), "address of _edata", w);
		else if (w >> 16 == 0x2484) /* addiu a0, a0, low */
			return (uint16_t)w;
	}
	fw_require(c, false, "address of _edata", 0);
	return 0;
}

static uint64_t mips_read(struct fw_cursor *c, struct fw_view *stream)
{
	uint64_t end;
	uint16_t low;
	size_t at;

	c->big_endian = c->v.len > 3 && c->v.data[3] >= 0x21;
	low = mips_edata(c);
	if (!fw_ok(c))
		return 0;
	at = kernel_stream(fw_view_sub(c->v, 0, MIPS_CODE), MIPS_SAVES);
	fw_require(c, at < MIPS_CODE, "compressed kernel", at);
	if (!fw_ok(c))
		return 0;
	*stream = fw_view_sub(c->v, at, SIZE_MAX);
	stream->len = mips_stream(*stream);
	fw_require(c, stream->len > 0, "compressed kernel", at);
	end = at + stream->len;
	end += (uint16_t)(low - end);
	/* Data behind the stream may be zeros that were not written out. */
	return end < c->v.len ? end : c->v.len;
}

static uint64_t mips_probe(struct fw_cursor *c)
{
	struct fw_view stream;

	return mips_read(c, &stream);
}

static void mips_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "kernel", .type = FW_REGION);
	struct fw_view stream;

	mips_read(c, &stream);
	if (!fw_ok(c))
		return;
	fw_out_fact(out, "kernel.arch", c->big_endian ? "mips" : "mipsel");
	fw_out_child(out, &meta, stream);
}

const struct fw_format fw_format_zimage = {
	.name = "zimage",
	.title = "Linux zImage for ARM",
	.class = FW_BOOT,
	.bits = 48,
	.magic = { { "\x18\x28\x6f\x01", 4, 0x24 },
		   { "\x01\x6f\x28\x18", 4, 0x24 } },
	.probe = zimage_probe,
	.unpack = zimage_unpack,
};

const struct fw_format fw_format_bzimage = {
	.name = "bzimage",
	.title = "Linux bzImage for x86",
	.class = FW_BOOT,
	.bits = 56,
	.magic = { { "HdrS", 4, 0x202 } },
	.probe = bzimage_probe,
	.unpack = bzimage_unpack,
};

/* move s0, a0 and so on, as "or" or as "addu" with register 0. */
const struct fw_format fw_format_mips_vmlinuz = {
	.name = "mips_vmlinuz",
	.title = "Linux vmlinuz for MIPS",
	.gaps = "64-bit kernels, streams that are cut",
	.class = FW_BOOT,
	.bits = 128 + 16,
	.magic = { { "\x00\x80\x80\x25\x00\xa0\x88\x25"
		     "\x00\xc0\x90\x25\x00\xe0\x98\x25",
		     16, 0 },
		   { "\x00\x80\x80\x21\x00\xa0\x88\x21"
		     "\x00\xc0\x90\x21\x00\xe0\x98\x21",
		     16, 0 },
		   { "\x25\x80\x80\x00\x25\x88\xa0\x00"
		     "\x25\x90\xc0\x00\x25\x98\xe0\x00",
		     16, 0 },
		   { "\x21\x80\x80\x00\x21\x88\xa0\x00"
		     "\x21\x90\xc0\x00\x21\x98\xe0\x00",
		     16, 0 } },
	.probe = mips_probe,
	.unpack = mips_unpack,
};
