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
 * Source: Linux arch/arm/boot/compressed/head.S, Documentation/arch/x86/boot.rst
 */
#include "formats/kernel.h"

enum { ZIMAGE_HEADER = 0x30, ZIMAGE_MAX = 64 << 20, BZIMAGE_PAYLOAD = 0x208 };

static uint64_t zimage_probe(struct fw_cursor *c)
{
	uint32_t start, end;

	fw_seek(c, 0x24);
	c->big_endian = fw_u32be(c) == 0x016f2818;
	fw_seek(c, 0x24);
	fw_require(c, fw_u32(c) == 0x016f2818, "magic", 0);
	start = fw_u32(c);
	end = fw_u32(c);
	fw_require(c, end > start && end - start > ZIMAGE_HEADER &&
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
	fw_require(c, b->payload <= 16 * b->rest &&
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
