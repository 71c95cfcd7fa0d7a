/* carve.c - finding images inside bytes, every byte accounted for
 *
 * A bitmap over the first two bytes of all magics is looked up at every offset;
 * a set bit leads to a short list of magics, a full match to the format's
 * probe. Origins are visited in ascending order of the magic's place, so a
 * format whose magic lies deep inside (tar, ext, ISO 9660) is met late; its
 * origin may then lie before extents that are already taken, which it replaces
 * if it covers them.
 */
#include <stdlib.h>

#include "engine/carve.h"

enum {
	PAIRS = 65536,
	CARVE_BITS = 32,
	STRONG_BITS = 64,
	CUT_ALIGN = 16,
	PADDING_PAGE = 4096,
	PADDING_EDGE = 64,
	WASTE_RATIO = 8,
	WASTE_LEAST = 1 << 20,
	SEEN_TIMES = 64
};
/* A magic's probes may read the input so many times over, and this much. */
static const uint64_t SEEN_MIN = UINT64_C(256) << 20;

struct pattern {
	const struct fw_format *format;
	const struct fw_magic *magic;
	uint16_t next; /* 1-based index of the next with the same pair, 0: end */
	uint64_t seen; /* bytes its probes have read of this input */
};

static uint16_t first_of[PAIRS];
static struct pattern *patterns;
static size_t pattern_count;

static unsigned pair_at(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

void fw_carve_init(const struct fw_format *const *formats, size_t format_count)
{
	if (patterns != NULL)
		return;
	patterns = calloc(format_count * FW_MAGICS + 1, sizeof(*patterns));
	if (patterns == NULL)
		abort();
	for (size_t i = 0; i < format_count; i++) {
		for (size_t k = 0; k < FW_MAGICS; k++) {
			const struct fw_magic *m = &formats[i]->magic[k];

			if (m->len < 2)
				break;
			unsigned pair = pair_at((const uint8_t *)m->bytes);
			struct pattern *p = &patterns[pattern_count++];

			*p = (struct pattern){ formats[i], m, first_of[pair],
					       0 };
			first_of[pair] = (uint16_t)pattern_count;
		}
	}
}

struct carver {
	struct fw_view v;
	struct fw_arena *arena;
	struct fw_extent *taken; /* ascending, without overlap */
	size_t n, cap;
	struct fw_cut *cut;	/* the first image that is cut short */
	struct fw_cut readable; /* the last one that unpacks in part */
	uint64_t wasted;     /* bytes that leaves' probes walked for nothing */
	struct fw_cut limit; /* where a magic's probes were given up */
};

/* Whether off lies inside of an image that was found whole. */
static bool is_taken(const struct carver *k, uint64_t off)
{
	size_t i = k->n;

	while (i > 0 && k->taken[i - 1].off > off)
		i--;
	return i > 0 && off < k->taken[i - 1].off + k->taken[i - 1].len;
}

/* A header that is right but promises more than there is, or more than a probe
 * may look at. Inside of something a short magic or an odd place makes that a
 * chance hit. */
static void note_cut(struct carver *k, uint64_t off, const struct fw_format *f,
		     const struct fw_err *err)
{
	struct fw_cut cut = { f, off, *err };
	bool magic = f->magic[0].len >= 4 || (off == 0 && f->magic[0].len > 0);
	bool partly = f->class == FW_STREAM || f->class == FW_ARCHIVE ||
		      f->class == FW_FILESYSTEM;

	if (!magic || f->bits < CARVE_BITS || off % CUT_ALIGN != 0 ||
	    f->class == FW_LEAF || f->class == FW_TABLE)
		return;
	if (off == 0 && k->cut->format == NULL)
		*k->cut = cut;
	/* What lies in a whole image is its content, and read as such. */
	if (partly && k->readable.format == NULL && !is_taken(k, off))
		k->readable = cut;
}

/* Leaves are walked to their end, and heads of them can be sown so that each
 * walk is long and fails at last. Then the rest is a gap: nothing is lost but
 * the name. */
static bool in_vain(const struct carver *k, const struct fw_format *f)
{
	return f->class == FW_LEAF &&
	       k->wasted / WASTE_RATIO > k->v.len + WASTE_LEAST;
}

/* Length of an image of f at off, or 0. *seen grows by what was read. */
static uint64_t probe_at(struct carver *k, uint64_t off,
			 const struct fw_format *f, uint64_t *seen)
{
	struct fw_cursor c =
		fw_cursor_of(fw_view_sub(k->v, (size_t)off, SIZE_MAX));
	uint64_t len = f->probe(&c);

	*seen += c.seen;
	if (c.err.code == FW_TRUNCATED || c.err.code == FW_LIMIT)
		note_cut(k, off, f, &c.err);
	if (!fw_ok(&c) && f->class == FW_LEAF)
		k->wasted += c.pos;
	return fw_ok(&c) && len <= k->v.len - off ? len : 0;
}

static bool better(const struct fw_extent *a, const struct fw_extent *b)
{
	if (a->len != b->len)
		return a->len > b->len;
	return a->format->bits > b->format->bits;
}

/* Takes x unless something taken must stay; drops what x replaces. */
static void take(struct carver *k, struct fw_extent x)
{
	uint64_t end = x.off + x.len;
	size_t first = k->n;

	while (first > 0 &&
	       k->taken[first - 1].off + k->taken[first - 1].len > x.off)
		first--;
	for (size_t i = first; i < k->n; i++) {
		const struct fw_extent *t = &k->taken[i];
		bool covered = x.off <= t->off && end >= t->off + t->len;
		bool weaker = t->format->bits < STRONG_BITS &&
			      x.format->bits > t->format->bits &&
			      end > t->off + t->len;

		if (!covered && !weaker)
			return;
		if (x.off == t->off && x.len == t->len && !better(&x, t))
			return;
	}
	k->n = first;
	if (k->readable.format != NULL && k->readable.off < end)
		k->readable.format = NULL; /* something stands there or later */
	k->taken = fw_grow(k->arena, k->taken, &k->cap, k->n + 1,
			   sizeof(*k->taken));
	k->taken[k->n++] = x;
}

/* Whether take() would refuse any image of f at off: it starts inside of one
 * that is verified as well or better. Each member's header in an archive is the
 * start of an archive of what follows; probing all of them is quadratic. */
static bool inside_better(const struct carver *k, uint64_t off,
			  const struct fw_format *f)
{
	size_t i = k->n;

	while (i > 0 && k->taken[i - 1].off >= off)
		i--;
	if (i == 0)
		return false;
	const struct fw_extent *t = &k->taken[i - 1];

	return off < t->off + t->len &&
	       (t->format->bits >= STRONG_BITS || t->format->bits >= f->bits);
}

/* Whether the probes of a magic have read what they may: hits that each lead to
 * long and vain reading are made by somebody who wants the scan to stop. */
static bool used_up(struct carver *k, uint64_t off, const struct pattern *p)
{
	if (p->seen / SEEN_TIMES < k->v.len + SEEN_MIN / SEEN_TIMES)
		return false;
	if (k->limit.format == NULL)
		k->limit = (struct fw_cut){
			p->format,
			off,
			{ FW_LIMIT, "more starts of it than are followed", 0,
			  0 }
		};
	return true;
}

static void try_hit(struct carver *k, size_t pos, struct pattern *p)
{
	const struct fw_magic *m = p->magic;

	if (pos < m->offset || m->len > k->v.len - pos ||
	    memcmp(k->v.data + pos, m->bytes, m->len) != 0)
		return;

	struct fw_extent x = { .off = pos - m->offset, .format = p->format };

	if ((p->format->bits < CARVE_BITS && x.off != 0) ||
	    in_vain(k, p->format))
		return;
	if (inside_better(k, x.off, p->format) || used_up(k, x.off, p))
		return;
	x.len = probe_at(k, x.off, p->format, &p->seen);
	if (x.len > 0)
		take(k, x);
}

/* Where the scan goes on after pos: behind a well verified extent. */
static size_t next_pos(const struct carver *k, size_t pos)
{
	if (k->n > 0) {
		const struct fw_extent *t = &k->taken[k->n - 1];

		if (t->format->bits >= STRONG_BITS && t->off + t->len > pos + 1)
			return (size_t)(t->off + t->len);
	}
	return pos + 1;
}

/* Formats without a magic, or with a deep one, at offset 0. */
static void try_start(struct carver *k, const struct fw_format *const *formats,
		      size_t n)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < n; i++) {
		struct fw_extent x = { .format = formats[i] };
		const struct fw_magic *m = &formats[i]->magic[0];
		bool hit = m->len == 0;

		for (size_t j = 0; j < FW_MAGICS && m[j].len > 0 && !hit; j++)
			hit = m[j].offset <= k->v.len &&
			      m[j].len <= k->v.len - m[j].offset &&
			      !memcmp(k->v.data + m[j].offset, m[j].bytes,
				      m[j].len);
		if (!hit)
			continue;
		x.len = probe_at(k, 0, formats[i], &seen);
		if (x.len > 0)
			take(k, x);
	}
}

struct list {
	struct fw_extent *v;
	size_t n, cap;
};

static void add(struct carver *k, struct list *l, struct fw_extent x)
{
	if (x.len == 0)
		return;
	l->v = fw_grow(k->arena, l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = x;
}

/* Bytes from off up to end that equal the one at off. */
static uint64_t run_at(const struct carver *k, uint64_t off, uint64_t end)
{
	const uint8_t *p = k->v.data + off;
	uint64_t n = 1;

	while (n < end - off && p[n] == p[0])
		n++;
	return n;
}

static struct fw_extent gap(uint64_t from, uint64_t to)
{
	return (struct fw_extent){ .off = from, .len = to - from };
}

/* A gap, cut where padding begins and ends: a page of one byte anywhere, or
 * what fills the gap up from its start or to its end. */
static void add_gap(struct carver *k, struct list *l, uint64_t off,
		    uint64_t end)
{
	uint64_t from = off;

	for (uint64_t pos = off; pos < end;) {
		uint64_t run = run_at(k, pos, end);
		bool edge = pos == off || pos + run == end;

		if (run >= PADDING_PAGE || (edge && run >= PADDING_EDGE)) {
			add(k, l, gap(from, pos));
			add(k, l, gap(pos, pos + run));
			from = pos + run;
		}
		pos += run;
	}
	add(k, l, gap(from, end));
}

/* What was taken, with a gap wherever nothing was. */
static size_t with_gaps(struct carver *k, struct fw_extent **extents)
{
	struct list all = { 0 };
	uint64_t pos = 0;

	for (size_t i = 0; i < k->n; i++) {
		if (k->taken[i].off > pos)
			add_gap(k, &all, pos, k->taken[i].off);
		add(k, &all, k->taken[i]);
		pos = k->taken[i].off + k->taken[i].len;
	}
	if (pos < k->v.len)
		add_gap(k, &all, pos, k->v.len);
	*extents = all.v;
	return all.n;
}

size_t fw_carve(struct fw_view v, const struct fw_format *const *formats,
		size_t format_count, struct fw_arena *arena,
		struct fw_extent **extents, struct fw_cut *cut)
{
	struct carver k = { .v = v, .arena = arena, .cut = cut };

	*cut = (struct fw_cut){ 0 };
	for (size_t i = 0; i < pattern_count; i++)
		patterns[i].seen = 0;
	try_start(&k, formats, format_count);
	for (size_t pos = next_pos(&k, 0) - (k.n == 0); pos + 1 < v.len;
	     pos = next_pos(&k, pos)) {
		unsigned i = first_of[pair_at(v.data + pos)];

		for (; i != 0; i = patterns[i - 1].next)
			try_hit(&k, pos, &patterns[i - 1]);
	}
	if (k.readable.format != NULL && cut->format == NULL)
		*cut = k.readable;
	else if (k.n == 0 && k.readable.format == NULL)
		k.readable = *cut; /* nothing whole in it: the rest as it is */
	if (k.readable.format != NULL)
		take(&k,
		     (struct fw_extent){ k.readable.off, v.len - k.readable.off,
					 k.readable.format });
	if (cut->format == NULL)
		*cut = k.limit;
	return with_gaps(&k, extents);
}
