/* squashfs_block.c - blocks of a SquashFS, each decoded once
 *
 * A metadata block is a u16 (length; bit 15: stored as it is; 0 stands for
 * 32768) and, where versions 1 to 3 set CHECK_DATA, one marker byte, then up to
 * 8192 bytes decoded. Data and fragment blocks have their lengths in lists.
 */
#include "formats/squashfs.h"

enum {
	META_STORED = 0x8000,
	FLAG_CHECK_DATA = 1 << 2, /* versions 1 to 3 */
	NARROW_STORED = 1 << 15,  /* block list of version 1 */
	BLOCK_STORED = 1 << 24
};

void sq_note(struct fw_err *first, enum fw_code code, const char *what,
	     uint64_t at, uint64_t value)
{
	if (first->code == FW_OK)
		*first = (struct fw_err){ code, what, at, value };
}

/* Decodes to at most cap bytes; want is the exact length, 0 if unknown. */
size_t sq_decode(struct sq_fs *fs, struct fw_view in, size_t want, uint8_t *dst,
		 size_t cap, struct fw_err *err)
{
	struct sq_codec k = fs->codec;
	struct fw_err e = { 0 };

	if (k.framing == SQ_UNKNOWN && fs->guesses < SQ_GUESSES) {
		if (sq_codec_find(&fs->s, in, want, dst, cap, &k))
			fs->codec = k;
		else
			fs->guesses++;
	}
	if (k.framing == SQ_UNKNOWN)
		k = sq_codec_named(&fs->s);

	size_t n = sq_codec_run(&k, in, want, dst, cap, &e);

	if (e.code != FW_OK)
		sq_note(err, e.code, e.what, fw_view_at(fs->image, in),
			e.value);
	return n;
}

size_t sq_decode_data(struct sq_fs *fs, struct fw_view in, size_t want,
		      uint8_t *dst, size_t cap, struct fw_err *err)
{
	struct fw_ahead *a = fw_out_ahead(fs->out);
	size_t n = 0;

	if (a == NULL)
		return sq_decode(fs, in, want, dst, cap, err);
	/* The codec must be found out here, or its name would be lost. */
	if (fs->codec.framing == SQ_UNKNOWN)
		fw_ahead_leave(a);
	switch (fw_ahead_begin(a, fw_view_at(fs->image, in), dst, cap, &n)) {
	case FW_TURN_SKIP:
		return cap;
	case FW_TURN_TAKEN:
		return n;
	case FW_TURN_DECODE:
		break;
	}
	struct fw_err e = { 0 };

	n = sq_decode(fs, in, want, dst, cap, &e);
	fw_ahead_end(a, dst, n, e.code == FW_OK);
	sq_note(err, e.code, e.what, e.at, e.value);
	return n;
}

static bool meta_decode(struct sq_fs *fs, struct sq_block *b, uint64_t pos,
			struct fw_err *err)
{
	struct fw_cursor c = fw_cursor_of(fs->image);

	c.big_endian = fs->s.big_endian;
	fw_seek(&c, pos);

	uint32_t head = fw_u16(&c);
	uint32_t len = head & (META_STORED - 1);

	if (len == 0)
		len = META_STORED;
	if (fs->s.major < 4 && fs->s.flags & FLAG_CHECK_DATA)
		fw_skip(&c, 1);

	struct fw_view in = fw_bytes(&c, len);

	fw_require(&c, !(head & META_STORED) || len <= SQ_META_MAX,
		   "metadata length", len);
	if (!fw_ok(&c)) {
		sq_note(err, c.err.code, c.err.what, c.err.at, c.err.value);
		return false;
	}
	if (b->data == NULL)
		b->data = fw_alloc(fs->arena, SQ_META_MAX, 1);
	b->next = c.pos;
	if (head & META_STORED) {
		memcpy(b->data, in.data, in.len);
		b->len = in.len;
	} else {
		b->len = sq_decode(fs, in, 0, b->data, SQ_META_MAX, err);
	}
	b->pos = b->len > 0 ? pos : 0;
	return b->len > 0;
}

static const struct sq_block *meta_block(struct sq_fs *fs, uint64_t pos,
					 struct fw_err *err)
{
	/* Two places a set: neighbours must not push each other out. */
	size_t set = (size_t)((pos * 0x9e3779b97f4a7c15u) >> 55);
	struct sq_block *b = &fs->meta[2 * set];

	_Static_assert(SQ_META_SLOTS == 2 * (1 << 9), "9 bits choose a set");
	if (pos != 0 && b[0].pos != pos && b[1].pos == pos)
		b++;
	else if (b[0].pos != pos && b[0].age > b[1].age)
		b++;
	b->age = ++fs->clock;
	if (pos != 0 && b->pos == pos)
		return b;
	return meta_decode(fs, b, pos, err) ? b : NULL;
}

bool sq_meta_read(struct sq_fs *fs, struct sq_meta *m, void *dst, size_t n)
{
	uint8_t *to = dst;

	while (n > 0 && m->err.code == FW_OK) {
		const struct sq_block *b = meta_block(fs, m->pos, &m->err);

		if (b == NULL)
			break;
		if (m->off >= b->len) {
			/* Only full blocks go on in the next one. */
			if (m->off > b->len) {
				sq_note(&m->err, FW_MALFORMED,
					"offset in metadata", m->pos, m->off);
				break;
			}
			m->pos = b->next;
			m->off = 0;
			continue;
		}
		size_t part = b->len - m->off < n ? b->len - m->off : n;

		memcpy(to, b->data + m->off, part);
		to += part;
		n -= part;
		m->off += part;
	}
	if (n > 0)
		memset(to, 0, n);
	return m->err.code == FW_OK;
}

struct fw_cursor sq_meta_cursor(struct sq_fs *fs, struct sq_meta *m,
				uint8_t *buf, size_t n)
{
	sq_meta_read(fs, m, buf, n);

	struct fw_cursor c = fw_cursor_of(fw_view_of(buf, n));

	c.big_endian = fs->s.big_endian;
	if (m->err.code != FW_OK)
		c.err = m->err;
	return c;
}

uint32_t sq_block_len(const struct sq_fs *fs, uint32_t entry, bool *packed)
{
	if (fs->s.major == 1) {
		uint32_t len = entry & (NARROW_STORED - 1);

		*packed = !(entry & NARROW_STORED);
		return len == 0 && entry != 0 ? NARROW_STORED : len;
	}
	*packed = !(entry & BLOCK_STORED);
	return entry & (BLOCK_STORED - 1);
}

static struct sq_block *oldest(struct sq_fs *fs, uint64_t pos)
{
	struct sq_block *pick = &fs->fragments[0];

	for (unsigned i = 0; i < fs->fragment_slots; i++) {
		struct sq_block *b = &fs->fragments[i];

		if (b->data != NULL && b->pos == pos)
			return b;
		if (b->age < pick->age)
			pick = b;
	}
	pick->pos = 0;
	pick->len = 0;
	return pick;
}

const struct sq_block *sq_fragment(struct sq_fs *fs, uint64_t pos,
				   uint32_t size, struct fw_err *err)
{
	struct fw_cursor c = fw_cursor_of(fs->image);
	struct sq_block *b = oldest(fs, pos);
	bool packed;
	uint32_t len = sq_block_len(fs, size, &packed);

	b->age = ++fs->clock;
	if (b->data != NULL && b->pos == pos && b->len > 0)
		return b;

	struct fw_view in = fw_slice(&c, pos, len);

	fw_require(&c, pos > 0 && (packed || len <= fs->s.block_size),
		   "fragment length", len);
	if (!fw_ok(&c)) {
		sq_note(err, c.err.code, c.err.what, pos, len);
		return NULL;
	}
	if (b->data == NULL)
		b->data = fw_alloc(fs->arena, fs->s.block_size, 1);
	if (packed) {
		b->len = sq_decode_data(fs, in, 0, b->data, fs->s.block_size,
					err);
	} else {
		memcpy(b->data, in.data, in.len);
		b->len = in.len;
	}
	b->pos = b->len > 0 ? pos : 0;
	return b->len > 0 ? b : NULL;
}

const char *sq_codec_name(const struct sq_fs *fs)
{
	switch (fs->codec.framing) {
	case SQ_UNKNOWN:
		return "none";
	case SQ_PLAIN:
		break;
	case SQ_LZMA_PROPS:
		return "lzma (header without length)";
	case SQ_LZMA_PREFIX:
		return "lzma (properties in single bytes)";
	case SQ_LZMA_FIXED:
		return "lzma (no header)";
	}
	switch (fs->codec.codec) {
	case FW_ZLIB:
		return "gzip";
	case FW_LZMA_ALONE:
		return "lzma";
	case FW_LZO1X:
		return "lzo";
	case FW_XZ:
		return "xz";
	case FW_LZ4_BLOCK:
		return "lz4";
	case FW_ZSTD:
		return "zstd";
	default:
		return "other";
	}
}
