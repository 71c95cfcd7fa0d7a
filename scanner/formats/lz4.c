/* lz4.c - LZ4: frames, and the legacy form that kernels use
 *
 * Frame:	u32 0x184d2204, descriptor, blocks, checksums; liblz4 reads it.
 *		Skippable frames (u32 0x184d2a50..5f, u32 length) lie between.
 * Legacy:	u32 0x184c2102, then blocks: u32 stored length, LZ4 data of 8 MiB
 *		decoded; a shorter one is the last
 *
 * Legacy has no checksums and no end: the blocks' structure is walked, and the
 * end is the short block, or where no block can begin.
 *
 * Source: LZ4 Frame Format 1.6.3, Linux lib/decompress_unlz4.c
 */
#include <lz4.h>
#include <lz4frame.h>

#include "formats/stream.h"

enum {
	LZ4_LEGACY_BLOCK = 8 << 20,
	LZ4_LEAST = 64, /* legacy, decoded: less proves nothing */
	LZ4_PIECE = 32 << 10,
	LZ4_SKIP_HEAD = 8,
	LZ4_TOKEN_MAX = 15,
	LZ4_MATCH_MIN = 4
};

static const uint32_t lz4_frame = 0x184d2204, lz4_legacy = 0x184c2102,
		      lz4_skip = 0x184d2a50;
static const uint64_t lz4_max = 1ULL << 30;

/* Moves over skippable frames and tells the magic behind them; 0: neither. */
static uint32_t lz4_magic(struct fw_cursor *c)
{
	while (fw_left(c) >= LZ4_SKIP_HEAD) {
		struct fw_cursor look = *c;
		uint32_t magic = fw_u32le(&look);

		if (magic == lz4_frame || magic == lz4_legacy)
			return magic;
		if ((magic & 0xfffffff0) != lz4_skip)
			break;
		fw_skip(&look, fw_u32le(&look));
		*c = look;
	}
	return 0;
}

/* Decodes one frame to out, or to nowhere when it is NULL. */
static void lz4_frame_read(struct fw_cursor *c, struct fw_out *out)
{
	LZ4F_dctx *d = NULL;
	uint8_t piece[LZ4_PIECE];
	uint64_t total = 0;
	size_t hint = 1;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&d, LZ4F_VERSION))) {
		fw_fail(c, FW_LIMIT, "memory of the decoder", 0);
		return;
	}
	while (fw_ok(c) && hint != 0 && (out == NULL || fw_out_ok(out))) {
		size_t in = fw_left(c), n = sizeof(piece);

		hint = LZ4F_decompress(d, piece, &n, c->v.data + c->pos, &in,
				       NULL);
		if (LZ4F_isError(hint)) {
			fw_fail(c, FW_MALFORMED, "LZ4 frame", 0);
			break;
		}
		if (out != NULL)
			fw_out_write(out, fw_view_of(piece, n));
		fw_skip(c, in);
		total += n;
		if (hint != 0 && in == 0 && n == 0)
			fw_fail(c, FW_TRUNCATED, "LZ4 frame", 0);
		if (out == NULL && total > lz4_max)
			fw_fail(c, FW_LIMIT, "decoded length", total);
	}
	LZ4F_freeDecompressionContext(d);
}

static size_t lz4_length(struct fw_cursor *c, size_t nibble)
{
	uint8_t more = 255;

	while (nibble >= LZ4_TOKEN_MAX && more == 255 && fw_ok(c)) {
		more = fw_u8(c);
		nibble += more;
	}
	return nibble;
}

/* Decoded length of a block, which is only walked; 0 where it is not sound. */
static size_t lz4_walk(struct fw_view block)
{
	struct fw_cursor c = fw_cursor_of(block);
	size_t n = 0;

	while (fw_ok(&c) && n <= LZ4_LEGACY_BLOCK) {
		unsigned token = fw_u8(&c);
		size_t run = lz4_length(&c, token >> 4);

		fw_skip(&c, run);
		n += run;
		if (fw_left(&c) == 0)
			return fw_ok(&c) && (token & LZ4_TOKEN_MAX) == 0 ? n :
									   0;
		unsigned dist = fw_u16le(&c);

		fw_require(&c, dist > 0 && dist <= n, "distance", dist);
		n += lz4_length(&c, token & LZ4_TOKEN_MAX) + LZ4_MATCH_MIN;
	}
	return 0;
}

/* The next legacy block, if one can begin here; c stays where not. */
static bool lz4_block(struct fw_cursor *c, struct fw_view *block)
{
	struct fw_cursor look = *c;
	uint32_t len = fw_u32le(&look);

	if (!fw_ok(&look) || len == 0 ||
	    len > LZ4_COMPRESSBOUND(LZ4_LEGACY_BLOCK))
		return false;
	*block = fw_bytes(&look, len);
	if (!fw_ok(&look))
		fw_fail(c, FW_TRUNCATED, "LZ4 block", len);
	else
		*c = look;
	return fw_ok(c);
}

static void lz4_legacy_walk(struct fw_cursor *c)
{
	struct fw_view block;
	size_t n = LZ4_LEGACY_BLOCK;
	uint64_t total = 0;

	fw_skip(c, 4);
	while (n == LZ4_LEGACY_BLOCK) {
		struct fw_cursor before = *c;

		if (!lz4_block(c, &block))
			break;
		n = lz4_walk(block);
		if (n == 0 || n > LZ4_LEGACY_BLOCK) {
			/* after a full block anything may follow */
			*c = before;
			break;
		}
		total += n;
	}
	fw_require(c, total >= LZ4_LEAST, "decoded length", total);
}

/* What a block that is cut or damaged holds up to there is kept. */
static void lz4_legacy_read(struct fw_cursor *c, struct fw_out *out)
{
	size_t cap = c->v.len < LZ4_LEGACY_BLOCK / 255 ? c->v.len * 255 :
							 LZ4_LEGACY_BLOCK;
	uint8_t *dst = fw_alloc(fw_out_arena(out), cap, 1);
	struct fw_view block;
	size_t n = LZ4_LEGACY_BLOCK;
	bool any = false;

	fw_skip(c, 4);
	while (n == LZ4_LEGACY_BLOCK && fw_out_ok(out) && fw_left(c) > 4) {
		size_t at = c->pos + 4;
		struct fw_err err;

		if (lz4_block(c, &block)) {
			n = fw_decode(FW_LZ4_BLOCK, block, dst, cap, NULL,
				      &err);
			if (err.code != FW_OK)
				fw_fail_at(c, err.code, err.what, at, 0);
		} else if (!fw_ok(c)) {
			block = fw_view_sub(c->v, at, SIZE_MAX);
			int k = LZ4_decompress_safe_partial(
				(const char *)block.data, (char *)dst,
				(int)block.len, (int)cap, (int)cap);

			n = k > 0 ? (size_t)k : 0;
		} else {
			break;
		}
		fw_out_write(out, fw_view_of(dst, n));
		any = true;
	}
	if (!any)
		fw_fail(c, FW_TRUNCATED, "LZ4 block", 0);
}

static uint64_t lz4_probe(struct fw_cursor *c)
{
	uint64_t end = 0;
	uint32_t magic = lz4_magic(c);

	fw_require(c, magic != 0, "magic", 0);
	while (magic != 0 && fw_ok(c)) {
		struct fw_cursor one = *c;

		if (magic == lz4_frame)
			lz4_frame_read(&one, NULL);
		else
			lz4_legacy_walk(&one);
		if (!fw_ok(&one) && end > 0)
			break; /* a whole one before it stands for itself */
		*c = one;
		end = c->pos;
		magic = fw_ok(c) ? lz4_magic(&one) : 0;
		if (magic != 0)
			*c = one;
	}
	return end;
}

static void lz4_unpack(struct fw_cursor *c, struct fw_out *out)
{
	uint32_t magic = lz4_magic(c);
	struct fw_meta meta = FW_META(.name = "data");

	fw_require(c, magic != 0, "magic", 0);
	if (!fw_ok(c))
		return;
	fw_out_open(out, &meta);
	while (magic != 0 && fw_ok(c) && fw_out_ok(out)) {
		if (magic == lz4_frame)
			lz4_frame_read(c, out);
		else
			lz4_legacy_read(c, out);
		magic = fw_ok(c) ? lz4_magic(c) : 0;
	}
	fw_out_damaged(out, &c->err);
}

const struct fw_format fw_format_lz4 = {
	.name = "lz4",
	.title = "LZ4 compressed data",
	.gaps = "frames that need a dictionary",
	.class = FW_STREAM,
	.bits = 32 + 8, /* magic; header's checksum, or the walk */
	.magic = { { "\x04\x22\x4d\x18", 4, 0 }, { "\x02\x21\x4c\x18", 4, 0 } },
	.probe = lz4_probe,
	.unpack = lz4_unpack,
};
