/* codec.c - one way to drive the decoders of five libraries
 *
 * Each is opened, stepped over input and output buffers, and closed. Whole
 * deflate blocks go to libdeflate first, which is faster; as it tells nothing
 * about a block that it cannot read, zlib then reads those again.
 */
#include <bzlib.h>
#include <libdeflate.h>
#include <limits.h>
#include <lz4.h>
#include <lzma.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "codec/codec.h"
#include "codec/lzo.h"
#include "core/out_impl.h"

enum {
	MEMORY_MAX = 256 << 20, /* of an LZMA decoder */
	WINDOW_LOG_MAX = 27,	/* the same for zstd */
	STEP_MAX = 1 << 30,	/* zlib and bzip2 count in 32 bits */
	PIECE = 32 << 10
};

enum status { MORE, END, BROKEN, NO_MEMORY, UNKNOWN };

struct decoder {
	enum fw_codec codec;
	union {
		z_stream z;
		lzma_stream l;
		bz_stream b;
		ZSTD_DStream *s;
	};
};

/* What is still to be read, and where to. */
struct buffers {
	const uint8_t *in;
	size_t in_left;
	uint8_t *out;
	size_t out_left;
};

static enum status of_lzma(lzma_ret ret)
{
	switch (ret) {
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return MORE;
	case LZMA_STREAM_END:
		return END;
	case LZMA_MEM_ERROR:
	case LZMA_MEMLIMIT_ERROR:
		return NO_MEMORY;
	default:
		return BROKEN;
	}
}

static enum status open_lzma(struct decoder *d)
{
	d->l = (lzma_stream)LZMA_STREAM_INIT;
	if (d->codec == FW_XZ)
		return of_lzma(lzma_stream_decoder(&d->l, MEMORY_MAX, 0));
	if (d->codec == FW_LZIP)
		return of_lzma(lzma_lzip_decoder(&d->l, MEMORY_MAX, 0));
	return of_lzma(lzma_alone_decoder(&d->l, MEMORY_MAX));
}

static enum status open_zstd(struct decoder *d)
{
	d->s = ZSTD_createDStream();
	if (d->s == NULL)
		return NO_MEMORY;
	ZSTD_DCtx_setParameter(d->s, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return MORE;
}

/* Anything but MORE needs no decoder_close(). */
static enum status decoder_open(struct decoder *d, enum fw_codec codec)
{
	*d = (struct decoder){ .codec = codec };
	switch (codec) {
	case FW_DEFLATE:
		return inflateInit2(&d->z, -MAX_WBITS) == Z_OK ? MORE
							       : NO_MEMORY;
	case FW_ZLIB:
		return inflateInit(&d->z) == Z_OK ? MORE : NO_MEMORY;
	case FW_GZIP:
		return inflateInit2(&d->z, 16 + MAX_WBITS) == Z_OK ? MORE
								   : NO_MEMORY;
	case FW_LZMA_ALONE:
	case FW_XZ:
	case FW_LZIP:
		return open_lzma(d);
	case FW_BZIP2:
		return BZ2_bzDecompressInit(&d->b, 0, 0) == BZ_OK ? MORE
								  : NO_MEMORY;
	case FW_ZSTD:
		return open_zstd(d);
	default:
		return UNKNOWN;
	}
}

static void decoder_close(struct decoder *d)
{
	switch (d->codec) {
	case FW_LZMA_ALONE:
	case FW_XZ:
	case FW_LZIP:
		lzma_end(&d->l);
		break;
	case FW_BZIP2:
		BZ2_bzDecompressEnd(&d->b);
		break;
	case FW_ZSTD:
		ZSTD_freeDStream(d->s);
		break;
	default:
		inflateEnd(&d->z);
	}
}

static unsigned step_of(size_t n)
{
	return n < STEP_MAX ? (unsigned)n : STEP_MAX;
}

static void advance(struct buffers *b, size_t in, size_t out)
{
	b->in += in;
	b->in_left -= in;
	b->out += out;
	b->out_left -= out;
}

static enum status step_zlib(z_stream *z, struct buffers *b)
{
	unsigned in = step_of(b->in_left), out = step_of(b->out_left);

	z->next_in = (z_const Bytef *)b->in;
	z->avail_in = in;
	z->next_out = b->out;
	z->avail_out = out;

	int ret = inflate(z, Z_NO_FLUSH);

	advance(b, in - z->avail_in, out - z->avail_out);
	if (ret == Z_STREAM_END)
		return END;
	if (ret == Z_MEM_ERROR)
		return NO_MEMORY;
	return ret == Z_OK || ret == Z_BUF_ERROR ? MORE : BROKEN;
}

static enum status step_bzip2(bz_stream *z, struct buffers *b)
{
	unsigned in = step_of(b->in_left), out = step_of(b->out_left);

	z->next_in = (char *)b->in;
	z->avail_in = in;
	z->next_out = (char *)b->out;
	z->avail_out = out;

	int ret = BZ2_bzDecompress(z);

	advance(b, in - z->avail_in, out - z->avail_out);
	if (ret == BZ_STREAM_END)
		return END;
	if (ret == BZ_MEM_ERROR)
		return NO_MEMORY;
	return ret == BZ_OK ? MORE : BROKEN;
}

static enum status step_lzma(lzma_stream *l, struct buffers *b)
{
	l->next_in = b->in;
	l->avail_in = b->in_left;
	l->next_out = b->out;
	l->avail_out = b->out_left;

	lzma_ret ret = lzma_code(l, LZMA_RUN);

	advance(b, b->in_left - l->avail_in, b->out_left - l->avail_out);
	return of_lzma(ret);
}

static enum status step_zstd(ZSTD_DStream *s, struct buffers *b)
{
	ZSTD_inBuffer in = { b->in, b->in_left, 0 };
	ZSTD_outBuffer out = { b->out, b->out_left, 0 };
	size_t ret = ZSTD_decompressStream(s, &out, &in);

	advance(b, in.pos, out.pos);
	if (ZSTD_isError(ret))
		return BROKEN;
	return ret == 0 ? END : MORE;
}

/* MORE: the output is full. */
static enum status decoder_step(struct decoder *d, struct buffers *b)
{
	switch (d->codec) {
	case FW_LZMA_ALONE:
	case FW_XZ:
	case FW_LZIP:
		return step_lzma(&d->l, b);
	case FW_BZIP2:
		return step_bzip2(&d->b, b);
	case FW_ZSTD:
		return step_zstd(d->s, b);
	default:
		return step_zlib(&d->z, b);
	}
}

/* Steps until the output is full (MORE), or the stream ends, or no more can be
 * read: BROKEN, or TRUNCATED in *cut. */
static enum status decoder_fill(struct decoder *d, struct buffers *b, bool *cut)
{
	enum status st = MORE;

	*cut = false;
	while (st == MORE && b->out_left > 0) {
		size_t in = b->in_left, out = b->out_left;

		st = decoder_step(d, b);
		if (st == MORE && b->in_left == in && b->out_left == out) {
			*cut = in == 0;
			return BROKEN;
		}
	}
	return st;
}

static struct fw_err why(enum status st, bool cut, uint64_t at)
{
	struct fw_err err = { .at = at, .what = "compressed data" };

	switch (st) {
	case END:
		return (struct fw_err){ 0 };
	case MORE:
		err.code = FW_LIMIT;
		err.what = "decoded length";
		break;
	case BROKEN:
		err.code = cut ? FW_TRUNCATED : FW_MALFORMED;
		break;
	case NO_MEMORY:
		err.code = FW_LIMIT;
		err.what = "memory of the decoder";
		break;
	case UNKNOWN:
		err.code = FW_UNSUPPORTED;
		err.what = "compression";
		break;
	}
	return err;
}

/* The whole stream to dst. A full dst may still lack the stream's last word,
 * so that one byte more tells a full block from one that is too long. */
static size_t by_steps(enum fw_codec codec, struct fw_view in, uint8_t *dst,
		       size_t cap, size_t *used, struct fw_err *err)
{
	struct decoder d;
	struct buffers b = { in.data, in.len, dst, cap };
	uint8_t spare;
	bool cut = false;
	enum status st = decoder_open(&d, codec);

	if (st != MORE) {
		*err = why(st, false, 0);
		return 0;
	}
	st = decoder_fill(&d, &b, &cut);

	size_t n = cap - b.out_left;

	if (st == MORE) {
		b.out = &spare;
		b.out_left = 1;
		st = decoder_fill(&d, &b, &cut);
		if (b.out_left == 0)
			st = MORE;
	}
	decoder_close(&d);
	*used = in.len - b.in_left;
	*err = why(st, cut, *used);
	return n;
}

/* SIZE_MAX unless the block is right and fits. */
static size_t by_libdeflate(enum fw_codec codec, struct fw_view in,
			    uint8_t *dst, size_t cap, size_t *used)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	enum libdeflate_result ret;
	size_t n = 0;

	if (d == NULL)
		return SIZE_MAX;
	if (codec == FW_DEFLATE)
		ret = libdeflate_deflate_decompress_ex(d, in.data, in.len, dst,
						       cap, used, &n);
	else if (codec == FW_ZLIB)
		ret = libdeflate_zlib_decompress_ex(d, in.data, in.len, dst,
						    cap, used, &n);
	else
		ret = libdeflate_gzip_decompress_ex(d, in.data, in.len, dst,
						    cap, used, &n);
	libdeflate_free_decompressor(d);
	return ret == LIBDEFLATE_SUCCESS ? n : SIZE_MAX;
}

static size_t by_lz4(struct fw_view in, uint8_t *dst, size_t cap, size_t *used,
		     struct fw_err *err)
{
	if (in.len > INT_MAX || cap > INT_MAX) {
		*err = (struct fw_err){ FW_LIMIT, "block's length", 0, in.len };
		return 0;
	}
	int n = LZ4_decompress_safe((const char *)in.data, (char *)dst,
				    (int)in.len, (int)cap);

	if (n < 0) {
		*err = (struct fw_err){ FW_MALFORMED, "compressed data", 0, 0 };
		return 0;
	}
	*used = in.len;
	return (size_t)n;
}

static size_t by_copy(struct fw_view in, uint8_t *dst, size_t cap, size_t *used,
		      struct fw_err *err)
{
	size_t n = in.len < cap ? in.len : cap;

	if (in.len > cap)
		*err = (struct fw_err){ FW_LIMIT, "decoded length", cap,
					in.len };
	if (n > 0)
		memcpy(dst, in.data, n);
	*used = n;
	return n;
}

size_t fw_decode(enum fw_codec codec, struct fw_view in, uint8_t *dst,
		 size_t cap, size_t *used, struct fw_err *err)
{
	size_t taken = 0, n = SIZE_MAX;

	*err = (struct fw_err){ 0 };
	switch (codec) {
	case FW_STORED:
		n = by_copy(in, dst, cap, &taken, err);
		break;
	case FW_LZ4_BLOCK:
		n = by_lz4(in, dst, cap, &taken, err);
		break;
	case FW_LZO1X:
		n = fw_decode_lzo1x(in, dst, cap, &taken, err);
		break;
	case FW_DEFLATE:
	case FW_ZLIB:
	case FW_GZIP:
		n = by_libdeflate(codec, in, dst, cap, &taken);
		break;
	default:
		break;
	}
	if (n == SIZE_MAX)
		n = by_steps(codec, in, dst, cap, &taken, err);
	if (used != NULL)
		*used = taken;
	return n;
}

static struct fw_keep *keep;

void fw_decode_keep(struct fw_keep *k)
{
	keep = k;
}

static bool keep_piece(struct fw_keep *k, uint64_t pos, const uint8_t *p,
		       size_t n)
{
	if (pos > k->max || n > k->max - pos)
		return false;
	while (n > 0) {
		ssize_t done = pwrite(k->fd, p, n, (off_t)pos);

		if (done <= 0)
			return false;
		p += done;
		pos += (uint64_t)done;
		n -= (size_t)done;
	}
	return true;
}

/* Decodes in pieces; they go to out, unless it is NULL. */
static size_t in_pieces(enum fw_codec codec, struct fw_view in,
			struct fw_out *out, uint64_t max_out,
			struct fw_err *err)
{
	struct decoder d;
	struct buffers b = { .in = in.data, .in_left = in.len };
	uint8_t piece[PIECE];
	uint64_t total = 0;
	bool cut = false;
	bool kept = out == NULL && keep != NULL && !keep->done &&
		    keep->at == in.data;
	enum status st = decoder_open(&d, codec);

	if (st != MORE) {
		*err = why(st, false, 0);
		return 0;
	}
	while (st == MORE && total <= max_out &&
	       (out == NULL || fw_out_ok(out))) {
		b.out = piece;
		b.out_left = sizeof(piece);
		st = decoder_fill(&d, &b, &cut);
		kept = kept && keep_piece(keep, total, piece,
					  sizeof(piece) - b.out_left);
		total += sizeof(piece) - b.out_left;
		if (out != NULL)
			fw_out_write(
				out,
				fw_view_of(piece, sizeof(piece) - b.out_left));
	}
	decoder_close(&d);
	if (total > max_out)
		st = MORE;
	*err = why(st, cut, in.len - b.in_left);
	if (kept && err->code == FW_OK) {
		keep->done = true;
		keep->codec = codec;
		keep->taken = in.len - b.in_left;
		keep->len = total;
	}
	return in.len - b.in_left;
}

size_t fw_decode_to(enum fw_codec codec, struct fw_view in, struct fw_out *out,
		    struct fw_err *err)
{
	const struct fw_kept *k = out->kept;

	if (k != NULL && k->at == in.data && k->codec == codec &&
	    k->taken <= in.len) {
		*err = (struct fw_err){ 0 };
		fw_out_write(out, k->bytes);
		return (size_t)k->taken;
	}
	return in_pieces(codec, in, out, UINT64_MAX, err);
}

size_t fw_decode_extent(enum fw_codec codec, struct fw_view in,
			uint64_t max_out, struct fw_err *err)
{
	size_t n = in_pieces(codec, in, NULL, max_out, err);

	return err->code == FW_OK ? n : 0;
}
