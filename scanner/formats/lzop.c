/* lzop.c - lzop: one file in blocks of LZO1X, big endian
 *
 *	0   89 "LZO" 0 0d 0a 1a 0a
 *	9   u16 version, u16 library's; from version 0x940 u16 needed version
 *	    u8 method; from 0x940 u8 level; u32 flags; [u32 filter]
 *	    u32 mode, u32 mtime; from 0x940 u32 high half of mtime
 *	    u8 length and name, u32 checksum of all from the version on
 *	    [u32 length, extra field, u32 checksum]
 *	    blocks: u32 decoded length (0 ends the file), u32 stored length,
 *	    up to two checksums of the decoded, up to two of the stored bytes
 *	    (those only where the lengths differ), the bytes
 *
 * Source: lzop 1.04, and the header that the Linux kernel's unlzo expects
 */
#include <zlib.h>

#include "formats/stream.h"

#define LZOP_MAGIC "\x89LZO\0\r\n\x1a\n"

enum {
	LZOP_START = 9, /* of what the header's checksum covers */
	LZOP_NEWER = 0x940,
	LZOP_METHODS = 3, /* all LZO1X */
	LZOP_ADLER_DECODED = 1,
	LZOP_ADLER_STORED = 2,
	LZOP_EXTRA = 0x40,
	LZOP_CRC_DECODED = 0x100,
	LZOP_CRC_STORED = 0x200,
	LZOP_FILTER = 0x800,
	LZOP_HEADER_CRC = 0x1000,
	LZOP_BLOCK_MAX = 64 << 20,
	LZOP_RATIO = 256 /* more than LZO1X can reach */
};

struct lzop {
	uint32_t flags, mode, mtime;
	struct fw_view name;
};

struct lzop_block {
	uint32_t decoded, stored;
	uint32_t adler, crc; /* of the decoded bytes */
	struct fw_view bytes;
};

static uint32_t lzop_adler(struct fw_view v)
{
	return (uint32_t)adler32_z(1, v.data, v.len);
}

static void lzop_check(struct fw_cursor *c, bool crc, struct fw_view v,
		       uint32_t want)
{
	if (fw_ok(c))
		fw_require(c, (crc ? fw_crc32(0, v) : lzop_adler(v)) == want,
			   "checksum", want);
}

static void lzop_read(struct fw_cursor *c, struct lzop *h)
{
	c->big_endian = true;
	*h = (struct lzop){ 0 };
	fw_require(c, fw_view_starts(c->v, FW_STR(LZOP_MAGIC)), "magic", 0);
	fw_skip(c, LZOP_START);

	bool newer = fw_u16(c) >= LZOP_NEWER;

	fw_skip(c, newer ? 4 : 2);
	uint8_t method = fw_u8(c);

	fw_require(c, method > 0 && method <= LZOP_METHODS, "method", method);
	fw_skip(c, newer ? 1 : 0);
	h->flags = fw_u32(c);
	fw_skip(c, h->flags & LZOP_FILTER ? 4 : 0);
	h->mode = fw_u32(c);
	h->mtime = fw_u32(c);
	fw_skip(c, newer ? 4 : 0);
	h->name = fw_bytes(c, fw_u8(c));

	struct fw_view summed = fw_slice(c, LZOP_START, c->pos - LZOP_START);

	lzop_check(c, h->flags & LZOP_HEADER_CRC, summed, fw_u32(c));
	if (fw_ok(c) && h->flags & LZOP_EXTRA) {
		fw_skip(c, fw_u32(c));
		fw_skip(c, 4);
	}
}

/* False at the end of the file, and where c failed. */
static bool lzop_block_read(struct fw_cursor *c, uint32_t flags,
			    struct lzop_block *b)
{
	uint32_t adler = 0, crc = 0;

	*b = (struct lzop_block){ .decoded = fw_u32(c) };
	if (!fw_ok(c) || b->decoded == 0)
		return false;
	b->stored = fw_u32(c);
	fw_require(c, b->decoded <= LZOP_BLOCK_MAX, "decoded length",
		   b->decoded);
	fw_require(c, b->stored > 0 && b->stored <= b->decoded,
		   "stored length", b->stored);
	fw_require(c, b->decoded / LZOP_RATIO <= b->stored, "decoded length",
		   b->decoded);
	b->adler = flags & LZOP_ADLER_DECODED ? fw_u32(c) : 0;
	b->crc = flags & LZOP_CRC_DECODED ? fw_u32(c) : 0;

	bool packed = b->stored < b->decoded;

	if (packed && flags & LZOP_ADLER_STORED)
		adler = fw_u32(c);
	if (packed && flags & LZOP_CRC_STORED)
		crc = fw_u32(c);
	/* What is there of a cut block is still worth decoding. */
	b->bytes = fw_view_sub(c->v, c->pos, fw_ok(c) ? b->stored : 0);
	fw_skip(c, b->stored);
	if (packed && flags & LZOP_ADLER_STORED)
		lzop_check(c, false, b->bytes, adler);
	if (packed && flags & LZOP_CRC_STORED)
		lzop_check(c, true, b->bytes, crc);
	return b->bytes.len > 0;
}

static uint64_t lzop_probe(struct fw_cursor *c)
{
	struct lzop h;
	struct lzop_block b;

	lzop_read(c, &h);
	while (lzop_block_read(c, h.flags, &b) && fw_ok(c)) {
		if (b.stored < b.decoded)
			continue;
		if (h.flags & LZOP_ADLER_DECODED)
			lzop_check(c, false, b.bytes, b.adler);
		if (h.flags & LZOP_CRC_DECODED)
			lzop_check(c, true, b.bytes, b.crc);
	}
	return fw_ok(c) ? c->pos : 0;
}

static struct fw_view lzop_decode(const struct lzop_block *b, uint8_t *dst,
				  struct fw_err *err)
{
	if (b->stored == b->decoded)
		return b->bytes;

	size_t n = fw_decode(FW_LZO1X, b->bytes, dst, b->decoded, NULL, err);

	if (err->code == FW_OK && n != b->decoded)
		*err = (struct fw_err){ FW_MALFORMED, "decoded length", 0, n };
	return fw_view_of(dst, n);
}

static void lzop_blocks(struct fw_cursor *c, struct fw_out *out,
			uint32_t flags)
{
	struct fw_err err = { 0 };
	struct lzop_block b;
	uint8_t *dst = NULL;
	size_t cap = 0;

	while (err.code == FW_OK && fw_out_ok(out) &&
	       lzop_block_read(c, flags, &b)) {
		uint64_t at = fw_view_at(c->v, b.bytes);
		struct fw_cursor sums = fw_cursor_of(b.bytes);

		dst = fw_grow(fw_out_arena(out), dst, &cap, b.decoded, 1);
		struct fw_view got = lzop_decode(&b, dst, &err);

		if (flags & LZOP_ADLER_DECODED)
			lzop_check(&sums, false, got, b.adler);
		if (flags & LZOP_CRC_DECODED)
			lzop_check(&sums, true, got, b.crc);
		fw_out_write(out, got);
		if (err.code == FW_OK)
			err = sums.err;
		err.at += at;
	}
	if (err.code != FW_OK)
		fw_fail_at(c, err.code, err.what, err.at, err.value);
	fw_out_damaged(out, &c->err);
}

static void lzop_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct lzop h;

	lzop_read(c, &h);
	if (!fw_ok(c))
		return;
	if (h.name.len > 0)
		fw_out_fact(out, "lzop.name",
			    fw_strdup(fw_out_arena(out), h.name));

	struct fw_meta meta = FW_META(.name = stream_name(out, h.name),
				      .mtime = h.mtime);

	meta.mode = h.mode & 07777;
	fw_out_open(out, &meta);
	lzop_blocks(c, out, h.flags);
}

const struct fw_format fw_format_lzop = {
	.name = "lzop",
	.title = "lzop compressed data",
	.gaps = "several files in a row; filters",
	.class = FW_STREAM,
	.bits = 72 + 32, /* magic, header's checksum */
	.magic = { { LZOP_MAGIC, 9, 0 } },
	.probe = lzop_probe,
	.unpack = lzop_unpack,
};
