/* jffs2_data.c - the bytes of JFFS2 files
 *
 * A file is put together from the pieces of all its inode nodes in the order of
 * their versions: later ones lie over earlier ones. The buffer holds what nodes
 * wrote and no holes, so that its size is bounded by the nodes.
 */
#include <stdlib.h>

#include "codec/codec.h"
#include "formats/jffs2.h"

enum {
	COMPR_NONE = 0,
	COMPR_RTIME = 2,
	COMPR_COPY = 4,
	COMPR_ZLIB = 6,
	COMPR_LZO = 7,
	COMPR_LZMA = 8,
	LZMA_DICT = 0x2000,
	ZERO_FACTOR = 64, /* how often holes may blank the same bytes */
};

/* Each byte of input stands for itself, then repeats what followed its last
 * occurrence. */
static size_t rtime(struct fw_view in, uint8_t *dst, size_t cap)
{
	uint32_t last[256] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i + 1 < in.len && n < cap; i += 2) {
		uint8_t value = in.data[i];
		size_t repeat = in.data[i + 1];
		size_t from = last[value];

		dst[n++] = value;
		last[value] = (uint32_t)n;
		while (repeat-- > 0 && n < cap)
			dst[n++] = dst[from++];
	}
	return n;
}

static size_t decode(const struct jffs2_node *n, uint8_t *dst, size_t cap,
		     struct fw_err *err)
{
	switch (n->i.compr) {
	case COMPR_NONE:
	case COMPR_COPY:
		if (n->body.len < cap)
			cap = n->body.len;
		memcpy(dst, n->body.data, cap);
		return cap;
	case COMPR_RTIME:
		return rtime(n->body, dst, cap);
	case COMPR_ZLIB:
		return fw_decode(FW_ZLIB, n->body, dst, cap, NULL, err);
	case COMPR_LZO:
		return fw_decode(FW_LZO1X, n->body, dst, cap, NULL, err);
	case COMPR_LZMA:
		return fw_decode_lzma_raw(n->body, 0, 0, 0, LZMA_DICT, dst, cap,
					  NULL, err);
	default:
		*err = (struct fw_err){ FW_UNSUPPORTED, "compression", n->off,
					n->i.compr };
		return 0;
	}
}

void jffs2_decode(const struct jffs2_node *n, uint8_t *dst, struct fw_err *err)
{
	size_t len = 0;

	*err = (struct fw_err){ FW_OK, NULL, 0, 0 };
	if (jffs2_crc(n->body) != n->i.dcrc)
		*err = (struct fw_err){ FW_MALFORMED, "data checksum", n->off,
					n->i.dcrc };
	else if (n->body.len > 0)
		len = decode(n, dst, n->i.dsize, err);
	if (len == n->i.dsize)
		*err = (struct fw_err){ FW_OK, NULL, 0, 0 };
	else if (err->code == FW_OK)
		*err = (struct fw_err){ FW_MALFORMED, "piece length", n->off,
					n->i.dsize };
	else
		err->at = n->off;
}

static int run_order(const void *a, const void *b)
{
	const struct jffs2_run *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static bool is_hole(const struct jffs2_node *n)
{
	return n->i.compr == JFFS2_COMPR_ZERO;
}

/* A piece that can be laid into the file; isize is the file's end. */
static bool piece_read(const struct jffs2 *fs, size_t i, bool stale,
		       struct jffs2_node *n)
{
	const struct jffs2_piece *p = &fs->pieces[i];

	return (stale || !p->obsolete) &&
	       jffs2_node_at(fs->v, p->off, fs->big_endian, n);
}

/* Bytes of the piece inside the file. A code of n bytes cannot stand for more
 * than some thousand times n: what claims more is damage. */
static uint64_t piece_len(const struct jffs2_node *n, uint32_t isize)
{
	if (n->i.offset >= isize || n->i.dsize == 0)
		return 0;
	if (!is_hole(n) &&
	    (n->i.dsize > JFFS2_DATA_MAX || n->i.dsize / 4096 > n->body.len))
		return 0;
	return n->i.dsize < isize - n->i.offset ? n->i.dsize
						: isize - n->i.offset;
}

/* Sorts and joins the first n runs; gives them their places in the buffer. */
static size_t runs_join(struct jffs2 *fs, size_t n)
{
	struct jffs2_run *r = fs->runs;
	uint64_t at = 0;
	size_t k = 0;

	if (n == 0)
		return 0;
	qsort(r, n, sizeof(*r), run_order);
	for (size_t i = 1; i < n; i++) {
		if (r[i].start > r[k].end)
			r[++k] = r[i];
		else if (r[i].end > r[k].end)
			r[k].end = r[i].end;
	}
	for (size_t i = 0; i <= k; i++) {
		r[i].at = at;
		at += r[i].end - r[i].start;
	}
	return k + 1;
}

/* The first run that ends after off. */
static size_t run_at(const struct jffs2 *fs, size_t runs, uint64_t off)
{
	size_t lo = 0, hi = runs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (fs->runs[mid].end > off)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void lay_hole(struct jffs2 *fs, size_t runs, uint64_t from, uint64_t to,
		     uint64_t *budget)
{
	for (size_t i = run_at(fs, runs, from); i < runs && *budget > 0; i++) {
		const struct jffs2_run *r = &fs->runs[i];
		uint64_t a = from > r->start ? from : r->start;
		uint64_t b = to < r->end ? to : r->end;

		if (a >= b)
			return;
		memset(fs->buf + r->at + (a - r->start), 0, b - a);
		*budget -= *budget < b - a ? *budget : b - a;
	}
}

static void lay_data(struct jffs2 *fs, size_t runs, const struct jffs2_node *n,
		     uint64_t len, struct jffs2_content *c, uint8_t *scratch)
{
	const struct jffs2_run *r = &fs->runs[run_at(fs, runs, n->i.offset)];
	struct fw_err err;

	jffs2_decode(n, scratch, &err);
	if (err.code == FW_OK)
		memcpy(fs->buf + r->at + (n->i.offset - r->start), scratch,
		       len);
	else if (c->err.code == FW_OK)
		c->err = err;
}

/* Lays out the runs: what nodes write, without holes. Returns the bytes, and
 * in *covered whether runs and holes leave no byte of the file out. */
static uint64_t lay_out(struct jffs2 *fs, const struct jffs2_ino *ino,
			bool stale, struct jffs2_content *c, size_t *piece_max)
{
	struct jffs2_node n;
	size_t k = 0;

	fs->runs = fw_grow(fw_out_arena(fs->out), fs->runs, &fs->run_cap,
			   ino->count + 1, sizeof(*fs->runs));
	for (size_t i = 0; i < ino->count; i++) {
		if (!piece_read(fs, ino->first + i, stale, &n))
			continue;
		uint64_t len = piece_len(&n, c->top.isize);

		if (len > 0 && !is_hole(&n)) {
			fs->runs[k++] = (struct jffs2_run){
				n.i.offset, n.i.offset + len, 0
			};
			if (n.i.dsize > *piece_max)
				*piece_max = n.i.dsize;
		}
	}
	c->runs = runs_join(fs, k);
	if (c->runs == 0)
		return 0;
	const struct jffs2_run *last = &fs->runs[c->runs - 1];

	return last->at + (last->end - last->start);
}

void jffs2_content(struct jffs2 *fs, const struct jffs2_ino *ino, bool stale,
		   struct jffs2_content *c)
{
	struct jffs2_node n;
	size_t piece_max = 0;

	*c = (struct jffs2_content){ .any = false };
	for (size_t i = ino->count; i > 0 && !c->any; i--) {
		c->any = piece_read(fs, ino->first + i - 1, stale, &n);
		c->top = n.i;
	}
	if (!c->any)
		return;
	uint64_t size = lay_out(fs, ino, stale, c, &piece_max);
	uint64_t budget = ZERO_FACTOR * size;

	/* The last piece is decoded whole, even where the file ends in it. */
	fs->buf = fw_grow(fw_out_arena(fs->out), fs->buf, &fs->buf_cap,
			  size + piece_max + 1, 1);
	memset(fs->buf, 0, size);
	for (size_t i = 0; i < ino->count; i++) {
		if (!piece_read(fs, ino->first + i, stale, &n) ||
		    n.i.dsize == 0 || n.i.offset >= c->top.isize)
			continue;
		uint64_t len = piece_len(&n, c->top.isize);

		if (is_hole(&n))
			lay_hole(fs, c->runs, n.i.offset, n.i.offset + len,
				 &budget);
		else if (len > 0)
			lay_data(fs, c->runs, &n, len, c, fs->buf + size);
		else if (c->err.code == FW_OK)
			c->err = (struct fw_err){ FW_MALFORMED, "piece length",
						  n.off, n.i.dsize };
	}
	c->whole = c->err.code == FW_OK && c->runs <= 1 &&
		   size == c->top.isize;
}

void jffs2_content_write(struct jffs2 *fs, const struct jffs2_content *c)
{
	uint64_t pos = 0;

	for (size_t i = 0; i < c->runs && fw_out_ok(fs->out); i++) {
		const struct jffs2_run *r = &fs->runs[i];

		fw_out_zeros(fs->out, r->start - pos);
		fw_out_write(fs->out,
			     fw_view_of(fs->buf + r->at, r->end - r->start));
		pos = r->end;
	}
	fw_out_zeros(fs->out, c->top.isize - pos);
}

void jffs2_content_sha256(const struct jffs2 *fs, const struct jffs2_content *c,
			  uint8_t sum[FW_SHA256_SIZE])
{
	fw_sha256(fw_view_of(fs->buf, c->top.isize), sum);
}
