/* blocks.c - decompressing the blocks of read-only file systems */
#include <limits.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "formats/blocks.h"

enum { LZMA_MEMORY = 64 << 20 };

static void note(struct fw_err *err, enum fw_code code, const char *what)
{
	*err = (struct fw_err){ .code = code, .what = what };
}

/* Drives a decoder that was set up; frees it. */
static size_t run_lzma(lzma_stream *s, struct fw_view in, uint8_t *dst,
		       size_t cap, size_t *used, struct fw_err *err)
{
	lzma_ret ret = LZMA_OK;

	s->next_in = in.data;
	s->avail_in = in.len;
	s->next_out = dst;
	s->avail_out = cap;
	while (ret == LZMA_OK && s->avail_out > 0)
		ret = lzma_code(s, LZMA_FINISH);

	size_t n = cap - s->avail_out;

	*used = in.len - s->avail_in;
	lzma_end(s);
	if (ret == LZMA_OK)
		note(err, FW_LIMIT, "block's length");
	else if (ret == LZMA_BUF_ERROR)
		note(err, FW_TRUNCATED, "compressed block");
	else if (ret != LZMA_STREAM_END)
		note(err, FW_MALFORMED, "compressed block");
	return n;
}

size_t fw_block_lzma_raw(struct fw_view in, unsigned lc, unsigned lp,
			 unsigned pb, uint32_t dict, uint8_t *dst, size_t cap,
			 size_t *used, struct fw_err *err)
{
	lzma_options_lzma o = {
		.dict_size = dict, .lc = lc, .lp = lp, .pb = pb
	};
	lzma_filter filters[] = { { LZMA_FILTER_LZMA1, &o },
				  { LZMA_VLI_UNKNOWN, NULL } };
	lzma_stream s = LZMA_STREAM_INIT;

	*used = 0;
	if (lzma_raw_decoder(&s, filters) != LZMA_OK) {
		note(err, FW_UNSUPPORTED, "LZMA properties");
		return 0;
	}
	return run_lzma(&s, in, dst, cap, used, err);
}

/* A stream that fills dst to the last byte has still to say that it ends: the
 * byte more tells a full block from one that is too long. */
static size_t decode_lzma(bool xz, struct fw_view in, uint8_t *dst, size_t cap,
			  struct fw_err *err)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret ret = xz ? lzma_stream_decoder(&s, LZMA_MEMORY, 0) :
			    lzma_alone_decoder(&s, LZMA_MEMORY);
	size_t used;

	if (ret != LZMA_OK) {
		note(err, FW_LIMIT, "memory of the decoder");
		return 0;
	}
	size_t n = run_lzma(&s, in, dst, cap, &used, err);

	if (n == cap && err->code == FW_LIMIT && used <= in.len)
		err->code = FW_OK;
	return n;
}

static size_t decode_zlib(struct fw_view in, uint8_t *dst, size_t cap,
			  struct fw_err *err)
{
	z_stream s = { .next_in = (z_const Bytef *)in.data,
		       .avail_in = (uInt)in.len,
		       .next_out = dst,
		       .avail_out = (uInt)cap };

	if (inflateInit(&s) != Z_OK) {
		note(err, FW_LIMIT, "memory of the decoder");
		return 0;
	}
	int ret = inflate(&s, Z_FINISH);
	size_t n = cap - s.avail_out;

	inflateEnd(&s);
	if (ret == Z_DATA_ERROR || ret == Z_NEED_DICT)
		note(err, FW_MALFORMED, "compressed block");
	else if (ret != Z_STREAM_END)
		note(err, n == cap ? FW_LIMIT : FW_TRUNCATED,
		     "compressed block");
	return n;
}

static size_t decode_lz4(struct fw_view in, uint8_t *dst, size_t cap,
			 struct fw_err *err)
{
	int n = LZ4_decompress_safe((const char *)in.data, (char *)dst,
				    (int)in.len, (int)cap);

	if (n < 0)
		note(err, FW_MALFORMED, "compressed block");
	return n < 0 ? 0 : (size_t)n;
}

static size_t decode_zstd(struct fw_view in, uint8_t *dst, size_t cap,
			  struct fw_err *err)
{
	size_t n = ZSTD_decompress(dst, cap, in.data, in.len);

	if (ZSTD_isError(n))
		note(err, FW_MALFORMED, "compressed block");
	return ZSTD_isError(n) ? 0 : n;
}

size_t fw_block_decode(enum fw_codec codec, struct fw_view in, uint8_t *dst,
		       size_t cap, struct fw_err *err)
{
	if (in.len > INT_MAX || cap > INT_MAX) {
		note(err, FW_LIMIT, "block's length");
		return 0;
	}
	switch (codec) {
	case FW_ZLIB:
		return decode_zlib(in, dst, cap, err);
	case FW_LZMA_ALONE:
	case FW_XZ:
		return decode_lzma(codec == FW_XZ, in, dst, cap, err);
	case FW_LZO1X:
		return fw_block_lzo(in, dst, cap, err);
	case FW_LZ4_BLOCK:
		return decode_lz4(in, dst, cap, err);
	case FW_ZSTD:
		return decode_zstd(in, dst, cap, err);
	default:
		note(err, FW_UNSUPPORTED, "compression");
		return 0;
	}
}
