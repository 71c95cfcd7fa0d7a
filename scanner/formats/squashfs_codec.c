/* squashfs_codec.c - the compression of a SquashFS, found out from a block
 *
 * Version 4 names its compressor, but vendors wrote LZMA under the number of
 * gzip, and into versions 2 and 3, which know gzip alone. The framings of LZMA
 * seen in the wild:
 *
 *	alone     properties, u32 dictionary, u64 length (mksquashfs 4)
 *	props     properties, u32 dictionary (Atheros, TP-Link, Broadcom DSL)
 *	prefix    lc, lp, pb in a byte each, in some order, at the block's start
 *	          (Broadcom, DD-WRT); LZMA data at 3 or 4
 *	fixed     nothing, or bytes of no use; lc, lp, pb known to the kernel alone
 *
 * LZMA data starts with a zero byte, which rules most guesses out at once.
 *
 * Source: Linux fs/squashfs, squashfs-tools lzma_wrapper.c and the images of
 * vendors; framings were checked against such images.
 */
#include "codec/codec.h"
#include "formats/squashfs.h"

enum {
	LZMA_PROPS_MAX = 225,
	LZMA_ALONE_SIZE = 13,
	LZMA_PROPS_SIZE = 5,
	LZMA_TAIL = 8 /* of a block without end mark, that may stay unread */
};

/* Version 4's numbers. */
static const enum fw_codec numbered[] = {
	FW_STORED, FW_ZLIB, FW_LZMA_ALONE, FW_LZO1X,
	FW_XZ,	   FW_LZ4_BLOCK, FW_ZSTD,
};

static size_t run_raw(struct fw_view in, size_t skip, const uint8_t p[3],
		      size_t want, uint8_t *dst, size_t cap, struct fw_err *err)
{
	struct fw_view body = fw_view_sub(in, skip, SIZE_MAX);
	size_t used = 0;

	if (p[0] > 8 || p[1] > 4 || p[2] > 4 || p[0] + p[1] > 4 ||
	    body.len == 0 || body.data[0] != 0) {
		sq_note(err, FW_MALFORMED, "LZMA properties", 0, p[0]);
		return 0;
	}
	if (want > 0 && want < cap)
		cap = want;

	size_t n = fw_decode_lzma_raw(body, p[0], p[1], p[2], 1u << 20, dst,
				      cap, &used, err);

	/* No end mark and no length: a full buffer, or input that is used up,
	 * is the end. The encoder's last bytes may read as one symbol more. */
	if (n == cap || (want == 0 && n > 0 && body.len - used <= LZMA_TAIL))
		err->code = FW_OK;
	return n;
}

static size_t run_props(struct fw_view in, size_t want, uint8_t *dst,
			size_t cap, struct fw_err *err)
{
	if (in.len <= LZMA_PROPS_SIZE || in.data[0] >= LZMA_PROPS_MAX) {
		sq_note(err, FW_MALFORMED, "LZMA properties", 0, in.len);
		return 0;
	}
	const uint8_t p[3] = { (uint8_t)(in.data[0] % 9),
			       (uint8_t)(in.data[0] / 9 % 5),
			       (uint8_t)(in.data[0] / 45) };

	return run_raw(in, LZMA_PROPS_SIZE, p, want, dst, cap, err);
}

size_t sq_codec_run(const struct sq_codec *k, struct fw_view in, size_t want,
		    uint8_t *dst, size_t cap, struct fw_err *err)
{
	uint8_t p[3] = { k->lc, k->lp, k->pb };

	switch (k->framing) {
	case SQ_PLAIN:
		return fw_decode(k->codec, in, dst, cap, NULL, err);
	case SQ_LZMA_PROPS:
		return run_props(in, want, dst, cap, err);
	case SQ_LZMA_PREFIX:
		if (in.len < 4)
			break;
		p[0] = in.data[k->lc];
		p[1] = in.data[k->lp];
		p[2] = in.data[k->pb];
		return run_raw(in, k->skip, p, want, dst, cap, err);
	case SQ_LZMA_FIXED:
		return run_raw(in, k->skip, p, want, dst, cap, err);
	case SQ_UNKNOWN:
		break;
	}
	sq_note(err, FW_UNSUPPORTED, "compression", 0, 0);
	return 0;
}

/* Whether k decodes the block wholly: to want bytes, where that is known. */
static bool fits(const struct sq_codec *k, struct fw_view in, size_t want,
		 uint8_t *dst, size_t cap)
{
	struct fw_err err = { 0 };
	size_t n = sq_codec_run(k, in, want, dst, cap, &err);

	return err.code == FW_OK && n > 0 && (want == 0 || n == want);
}

static bool find_plain(enum fw_codec codec, struct fw_view in, size_t want,
		       uint8_t *dst, size_t cap, struct sq_codec *k)
{
	*k = (struct sq_codec){ .framing = SQ_PLAIN, .codec = codec };
	return fits(k, in, want, dst, cap);
}

static bool find_prefix(struct fw_view in, size_t want, uint8_t *dst,
			size_t cap, struct sq_codec *k)
{
	static const uint8_t orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 },
					      { 1, 0, 2 }, { 2, 0, 1 },
					      { 1, 2, 0 }, { 2, 1, 0 } };

	for (unsigned i = 0; i < 12; i++) {
		const uint8_t *o = orders[i / 2];

		*k = (struct sq_codec){ .framing = SQ_LZMA_PREFIX,
					.lc = o[0],
					.lp = o[1],
					.pb = o[2],
					.skip = (uint8_t)(3 + i % 2) };
		if (fits(k, in, want, dst, cap))
			return true;
	}
	return false;
}

static bool find_fixed(struct fw_view in, size_t want, uint8_t *dst, size_t cap,
		       struct sq_codec *k)
{
	static const uint8_t skips[] = { 0, 1, 3, 4, 5, 8, 9, 13 };

	for (size_t s = 0; s < sizeof(skips); s++) {
		if (skips[s] >= in.len || in.data[skips[s]] != 0)
			continue;
		/* pb fastest from its usual value 2, lc from its usual 3 */
		for (unsigned i = 0; i < 5 * 5 * 5; i++) {
			*k = (struct sq_codec){
				.framing = SQ_LZMA_FIXED,
				.lc = (uint8_t)((i / 25 + 3) % 5),
				.lp = (uint8_t)(i / 5 % 5),
				.pb = (uint8_t)((i + 2) % 5),
				.skip = skips[s],
			};
			if (fits(k, in, want, dst, cap))
				return true;
		}
	}
	return false;
}

/* What the superblock says. */
struct sq_codec sq_codec_named(const struct sq_super *s)
{
	struct sq_codec k = { .framing = SQ_PLAIN, .codec = FW_ZLIB };

	if (s->major == 4 && s->compressor > 0 &&
	    s->compressor < sizeof(numbered) / sizeof(numbered[0]))
		k.codec = numbered[s->compressor];
	return k;
}

/* The codec that the block's first bytes name, or FW_STORED. */
static enum fw_codec signed_codec(struct fw_view in)
{
	if (fw_view_starts(in, FW_STR("\xfd" "7zXZ")))
		return FW_XZ;
	if (fw_view_starts(in, FW_STR("\x28\xb5\x2f\xfd")))
		return FW_ZSTD;
	if (in.len > 2 && (in.data[0] & 0x8f) == 8 &&
	    (in.data[0] * 256 + in.data[1]) % 31 == 0)
		return FW_ZLIB;
	return FW_STORED;
}

bool sq_codec_find(const struct sq_super *s, struct fw_view in, size_t want,
		   uint8_t *dst, size_t cap, struct sq_codec *found)
{
	struct sq_codec named = sq_codec_named(s);
	enum fw_codec looks = signed_codec(in);

	if (find_plain(named.codec, in, want, dst, cap, found) ||
	    (looks != FW_STORED &&
	     find_plain(looks, in, want, dst, cap, found)))
		return true;
	*found = (struct sq_codec){ 0 };
	if (looks == named.codec)
		return false; /* broken, not strange */
	if (in.len > LZMA_ALONE_SIZE && in.data[LZMA_ALONE_SIZE] == 0 &&
	    find_plain(FW_LZMA_ALONE, in, want, dst, cap, found))
		return true;
	*found = (struct sq_codec){ .framing = SQ_LZMA_PROPS };
	if (fits(found, in, want, dst, cap) ||
	    find_prefix(in, want, dst, cap, found) ||
	    find_fixed(in, want, dst, cap, found) ||
	    find_plain(FW_LZO1X, in, want, dst, cap, found))
		return true;
	*found = (struct sq_codec){ 0 };
	return false;
}
