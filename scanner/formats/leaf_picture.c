/* leaf_picture.c - pictures, walked to their last byte
 *
 * Nothing is decoded: a picture is named, and what stands behind its end is no
 * part of it. PNG, GIF and JPEG are walked through and count anywhere; BMP and
 * ICO have no end of their own but their lengths, and count as whole files.
 *
 * Source: W3C PNG (3rd edition) 5, CompuServe GIF89a, ITU-T T.81 annex B,
 * Microsoft BITMAPFILEHEADER and ICONDIR
 */
#include "core/format.h"

enum {
	PNG_HEAD = 8,
	PNG_CRC = 4,
	GIF_EXTENSION = 0x21,
	GIF_IMAGE = 0x2c,
	GIF_END = 0x3b,
	JPEG_SOI = 0xd8,
	JPEG_EOI = 0xd9,
	JPEG_SOS = 0xda,
	BMP_HEAD = 14,
	ICO_ENTRY = 16,
	ICO_MAX = 256,
};

static bool png_type(struct fw_view t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((t.data[i] | 0x20) < 'a' || (t.data[i] | 0x20) > 'z')
			return false;
	return t.len == 4;
}

static uint64_t png_probe(struct fw_cursor *c)
{
	bool last = false;

	c->big_endian = true;
	fw_require(
		c,
		fw_view_eq(fw_bytes(c, PNG_HEAD), FW_STR("\x89PNG\r\n\x1a\n")),
		"magic", 0);
	for (unsigned n = 0; fw_ok(c) && !last; n++) {
		uint32_t len = fw_u32(c);
		uint64_t at = c->pos;
		struct fw_view type = fw_bytes(c, 4);

		fw_require(c, png_type(type), "type of chunk", n);
		if (n == 0)
			fw_require(c,
				   fw_view_eq(type, FW_STR("IHDR")) &&
					   len == 13,
				   "first chunk", len);
		fw_skip(c, len);
		if (!fw_ok(c))
			break;
		struct fw_view summed = fw_slice(c, at, 4 + (uint64_t)len);

		fw_require(c, fw_u32(c) == fw_crc32(0, summed), "checksum", n);
		last = fw_view_eq(type, FW_STR("IEND"));
	}
	return c->pos;
}

/* Blocks of up to 255 bytes, ended by one of none. */
static void gif_blocks(struct fw_cursor *c)
{
	uint8_t n;

	do {
		n = fw_u8(c);
		fw_skip(c, n);
	} while (n > 0 && fw_ok(c));
}

static void gif_colors(struct fw_cursor *c, uint8_t flags)
{
	if ((flags & 0x80) != 0)
		fw_skip(c, UINT64_C(3) << ((flags & 7) + 1));
}

static void gif_image(struct fw_cursor *c)
{
	uint8_t bits, flags;

	fw_skip(c, 8);
	flags = fw_u8(c);
	gif_colors(c, flags);
	bits = fw_u8(c);
	fw_require(c, bits >= 1 && bits <= 11, "bits of a code", bits);
	gif_blocks(c);
}

/* Some encoders leave the end mark out: then the file ends with a block. */
static uint64_t gif_probe(struct fw_cursor *c)
{
	unsigned images = 0;
	uint16_t width, height;
	struct fw_view magic = fw_bytes(c, 6);

	fw_require(c,
		   fw_view_eq(magic, FW_STR("GIF87a")) ||
			   fw_view_eq(magic, FW_STR("GIF89a")),
		   "magic", 0);
	width = fw_u16(c);
	height = fw_u16(c);
	fw_require(c, width > 0 && height > 0, "size", width);
	uint8_t flags = fw_u8(c);

	fw_skip(c, 2);
	gif_colors(c, flags);
	while (fw_left(c) > 0) {
		uint8_t what = fw_u8(c);

		if (what == GIF_END)
			break;
		if (what == GIF_IMAGE) {
			gif_image(c);
			images++;
		} else if (what == GIF_EXTENSION) {
			fw_skip(c, 1);
			gif_blocks(c);
		} else {
			fw_require(c, false, "block", what);
		}
	}
	fw_require(c, images > 0, "images", images);
	return c->pos;
}

/* Moves to the next marker of coded data, which follows SOS. */
static void jpeg_scan(struct fw_cursor *c)
{
	while (fw_left(c) >= 2) {
		const uint8_t *p = c->v.data + c->pos;
		const uint8_t *ff = memchr(p, 0xff, fw_left(c) - 1);

		if (ff == NULL)
			break;
		fw_skip(c, (uint64_t)(ff - p));
		if (ff[1] != 0 && (ff[1] < 0xd0 || ff[1] > 0xd7) &&
		    ff[1] != 0xff)
			return;
		fw_skip(c, ff[1] == 0xff ? 1 : 2);
	}
	fw_fail(c, FW_TRUNCATED, "end of the coded data", c->pos);
}

static bool jpeg_is_frame(uint8_t m)
{
	return m >= 0xc0 && m <= 0xcf && m != 0xc4 && m != 0xc8 && m != 0xcc;
}

static uint64_t jpeg_probe(struct fw_cursor *c)
{
	bool frame = false, scan = false;
	uint8_t marker;

	c->big_endian = true;
	fw_require(c, fw_u16(c) == (0xff00 | JPEG_SOI), "magic", 0);
	while (fw_ok(c)) {
		fw_require(c, fw_u8(c) == 0xff, "marker", c->pos);
		do {
			marker = fw_u8(c);
		} while (marker == 0xff && fw_ok(c));
		if (marker == JPEG_EOI)
			break;
		/* Restart marks are inside of coded data, a start is another
		 * picture's: behind a thumbnail that was cut, for one. */
		fw_require(c,
			   marker >= 0xc0 && (marker < 0xd0 || marker > 0xd8),
			   "marker", marker);
		frame = frame || jpeg_is_frame(marker);
		fw_require(c, frame || marker != JPEG_SOS, "frame", marker);
		uint16_t len = fw_u16(c);

		fw_require(c, len >= 2, "length of a segment", len);
		fw_skip(c, (uint64_t)len - 2);
		if (marker == JPEG_SOS && fw_ok(c)) {
			scan = true;
			jpeg_scan(c);
		}
	}
	fw_require(c, scan, "picture", 0);
	return c->pos;
}

static bool bmp_head(uint32_t n)
{
	return n == 12 || n == 40 || n == 52 || n == 56 || n == 64 ||
	       n == 108 || n == 124;
}

static uint64_t bmp_probe(struct fw_cursor *c)
{
	uint32_t len, reserved, pixels, head;
	uint16_t planes;

	fw_require(c, fw_u16(c) == 0x4d42, "magic", 0);
	len = fw_u32(c);
	reserved = fw_u32(c);
	pixels = fw_u32(c);
	head = fw_u32(c);
	fw_require(c, reserved == 0, "reserved", reserved);
	fw_require(c, bmp_head(head), "header", head);
	fw_skip(c, head == 12 ? 4 : 8);
	planes = fw_u16(c);
	fw_require(c, planes == 1, "planes", planes);
	fw_require(c, pixels >= BMP_HEAD + head, "pixels", pixels);
	/* Zero is what writers leave that do not know it. */
	if (len == 0)
		len = (uint32_t)c->v.len;
	fw_require(c, len > pixels, "length", len);
	fw_slice(c, 0, len);
	return len;
}

/* What an entry points to is a PNG, or a bitmap without its file header. */
static bool ico_picture(struct fw_view v)
{
	return fw_view_starts(v, FW_STR("\x89PNG")) ||
	       fw_view_starts(v, FW_STR("\x28\0\0\0"));
}

static uint64_t ico_probe(struct fw_cursor *c)
{
	uint16_t kind, count;
	uint64_t end = 0;

	fw_require(c, fw_u16(c) == 0, "magic", 0);
	kind = fw_u16(c);
	count = fw_u16(c);
	fw_require(c, kind == 1 || kind == 2, "kind", kind);
	fw_require(c, count > 0 && count <= ICO_MAX, "count", count);
	for (unsigned i = 0; i < count && fw_ok(c); i++) {
		fw_skip(c, 8);
		uint32_t len = fw_u32(c);
		uint32_t at = fw_u32(c);
		struct fw_view v = fw_slice(c, at, len);

		fw_require(c, at >= 6 + (uint64_t)count * ICO_ENTRY, "place",
			   at);
		fw_require(c, ico_picture(v), "picture", i);
		if ((uint64_t)at + len > end)
			end = (uint64_t)at + len;
	}
	return end;
}

const struct fw_format fw_format_png = {
	.name = "png",
	.title = "PNG picture",
	.class = FW_LEAF,
	.bits = 128, /* magic, and the checksum of each chunk */
	.magic = { { "\x89PNG\r\n\x1a\n", 8, 0 } },
	.probe = png_probe,
};

const struct fw_format fw_format_gif = {
	.name = "gif",
	.title = "GIF picture",
	.class = FW_LEAF,
	.bits = 64, /* magic, and each block up to the end mark */
	.magic = { { "GIF87a", 6, 0 }, { "GIF89a", 6, 0 } },
	.probe = gif_probe,
};

const struct fw_format fw_format_jpeg = {
	.name = "jpeg",
	.title = "JPEG picture",
	.class = FW_LEAF,
	.bits = 64, /* magic, and each segment up to the end mark */
	.magic = { { "\xff\xd8\xff", 3, 0 } },
	.probe = jpeg_probe,
};

const struct fw_format fw_format_bmp = {
	.name = "bmp",
	.title = "BMP picture",
	.class = FW_LEAF,
	.bits = 31, /* no checksum: whole files only */
	.magic = { { "BM", 2, 0 } },
	.probe = bmp_probe,
};

const struct fw_format fw_format_ico = {
	.name = "ico",
	.title = "icon or cursor",
	.class = FW_LEAF,
	.bits = 31,
	.probe = ico_probe,
};
