/* guard.c - what runs only when a compare was equal */
#include "code/guard.h"

enum { OR_MAX = 6, LIKE_MAX = 256 };

/* Whether block `to` is entered only over equal edges of compares ("a" or "b"
 * leads there); counts them. equal_of: by block, where its equal edge leads. */
static bool entered_by_equal(const struct code_function *f, uint32_t to,
			     const uint32_t *equal_of, uint32_t *count)
{
	const struct code_block *b = &f->blocks[to];

	*count = 0;
	for (uint32_t i = 0; i < b->pred_count; i++) {
		uint32_t from = f->pred[b->preds + i];

		if (f->blocks[from].in == 0 || code_dominates(f, to, from))
			continue;
		if (equal_of[from] != to || ++*count > OR_MAX)
			return false;
	}
	return b->in != 0 && *count > 0;
}

static void look(struct code_program *p, const struct code_function *f,
		 const uint32_t *equal_of, struct code_guard *g)
{
	const struct code_compare *c = g->compare;
	struct code_sinks s = { .of = { { .weight = 0 } } };
	uint32_t count = 0;

	if (c->equal == CODE_NO_BLOCK || c->equal == c->other)
		return;
	/* Of a chain of compares the last one's edge counts. */
	if (!entered_by_equal(f, c->equal, equal_of, &count))
		return;
	g->guards = true;
	g->or_count = count - 1;
	code_sinks_behind(p, f, c->equal, &s);
	g->best = code_sinks_best(&s);
	g->sink = s.of[g->best];
}

/* Where the equal edge of each block's compare leads; CODE_NO_BLOCK: nowhere
 * that counts. */
static uint32_t *equal_edges(struct code_program *p,
			     const struct code_function *f,
			     const struct code_compare *c, size_t n)
{
	uint32_t *to = p->edge_room =
		fw_grow(p->arena, p->edge_room, &p->edge_room_cap,
			f->block_count, sizeof(*to));

	for (uint32_t b = 0; b < f->block_count; b++)
		to[b] = CODE_NO_BLOCK;
	for (size_t i = 0; i < n; i++) {
		const struct code_block *b = &f->blocks[c[i].block];

		if (c[i].kind != CODE_COMPARE_ORDER &&
		    (b->next[0] == c[i].equal || b->next[1] == c[i].equal))
			to[c[i].block] = c[i].equal;
		/* The last link of a chain enters what all of it guards. */
		if (c[i].kind == CODE_COMPARE_INLINE &&
		    c[i].equal != CODE_NO_BLOCK &&
		    f->blocks[c[i].equal].pred_count == 1)
			to[f->pred[f->blocks[c[i].equal].preds]] = c[i].equal;
	}
	return to;
}

/* What files and packets of known formats begin with, in either order of bytes:
 * ELF, pcap (two), U-Boot, squashfs, JFFS2, zip (three), PNG, RIFF, DHCP, gzip,
 * Mach-O (two), cpio, a device tree, zstd; cramfs, UBI, UBIFS, TRX, LZ4, an
 * Android sparse image, JPEG (two), GIF, Ogg, Java classes, pcapng, STUN. And
 * numbers of well-known algorithms: 1970 as NTP counts it, polynomials of
 * CRC-32 (two) and CRC-32C, FNV-1a (two), the golden ratio, and
 * 32 times that (TEA). */
static const uint32_t marks[] = {
	0x7f454c46, 0xa1b2c3d4, 0xa1b23c4d, 0x27051956, 0x73717368, 0x19852003,
	0x04034b50, 0x02014b50, 0x06054b50, 0x89504e47, 0x46464952, 0x63825363,
	0x00088b1f, 0xfeedface, 0xfeedfacf, 0x30373037, 0xd00dfeed, 0xfd2fb528,
	0x28cd3d45, 0x55424923, 0x06101831, 0x48445230, 0x184d2204, 0xed26ff3a,
	0xffd8ffe0, 0xffd8ffe1, 0x47494638, 0x4f676753, 0xcafebabe, 0x0a0d0d0a,
	0x2112a442, 0x83aa7e80, 0xedb88320, 0x04c11db7, 0x82f63b78, 0x811c9dc5,
	0x01000193, 0x9e3779b9, 0xc6ef3720, 0x14159bc3, 0x28aaeef9, 0x114315af,
};

/* Letters and ends of lines, as a number: a part of a protocol's text. */
static bool is_line_end(uint64_t n)
{
	bool end = false;

	for (int i = 0; i < 4; i++, n >>= 8) {
		uint8_t c = (uint8_t)n;

		end |= c == '\n' || c == '\r';
		if (c != '\n' && c != '\r' && c != 0 && (c < 32 || c > 126))
			return false;
	}
	return end;
}

/* The sum of a text of 64 bits: each half looks chosen, and they differ. */
static bool is_wide(uint64_t n)
{
	uint32_t halves[2] = { (uint32_t)(n >> 32), (uint32_t)n };

	for (int i = 0; i < 2; i++)
		if (halves[i] <= 0xffff || (halves[i] & 0xffff) == 0 ||
		    halves[i] > UINT32_MAX - 0x10000 ||
		    (halves[i] & (halves[i] + 1)) == 0)
			return false;
	return halves[0] != halves[1] && __builtin_popcountll(n) > 16 &&
	       __builtin_popcountll(n) < 48;
}

/* A number that somebody chose: no count, size, flag, mask or error. */
static bool is_magic(uint64_t n)
{
	uint64_t low = n & UINT32_MAX;

	if (n > UINT32_MAX)
		return is_wide(n);
	if (n <= 0xffff || (low & 0xffff) == 0 || low > UINT32_MAX - 0x10000 ||
	    is_line_end(n))
		return false;
	/* The largest numbers with a sign. */
	if (low >= INT32_MAX - 16 && low <= (uint64_t)INT32_MAX + 16)
		return false;
	/* An error of Kerberos (com_err's table "krb5"). */
	if (low >> 8 == 0x96c73a)
		return false;
	/* Two small numbers side by side are a code of some table. */
	if (n >> 16 < 0x200 && (n & 0xffff) < 0x200)
		return false;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (n == marks[i] || __builtin_bswap32(marks[i]) == n)
			return false;
	return (n & (n + 1)) != 0 && (n & (n - 1)) != 0;
}

/* A number of 16 bits that is neither small nor round, out of 16 bits of memory
 * or out of a call (ntohs). */
static bool is_port(const struct code_compare *c)
{
	return c->size == 2 && c->number > 1024 && c->number < 0xfff0 &&
	       (c->number & 0xff) != 0 && (c->number & (c->number - 1)) != 0 &&
	       (c->number & (c->number + 1)) != 0;
}

bool code_is_trigger(const struct code_compare *c)
{
	switch (c->kind) {
	case CODE_COMPARE_CALL:
	case CODE_COMPARE_SEARCH:
	case CODE_COMPARE_INLINE:
		return c->literal.len >= 2;
	case CODE_COMPARE_NUMBER:
		return !c->linked && (c->literal.len >= 3 ||
				      is_magic(c->number) || is_port(c));
	case CODE_COMPARE_DECODED:
		return true;
	default:
		return false;
	}
}

static bool is_strong(const struct code_guard *g)
{
	return g->best != CODE_SINK_NONE && code_is_trigger(g->compare);
}

/* Whether two guards are two words for something, and not two conditions of one
 * thing: what they guard lies apart. */
static bool is_other(const struct code_function *f, const struct code_guard *a,
		     const struct code_guard *b)
{
	uint32_t x = a->compare->equal, y = b->compare->equal;

	return a->sink.call != b->sink.call ||
	       (x != y && !code_dominates(f, x, y) && !code_dominates(f, y, x));
}

/* How many other compares guard what is as strong: a command interpreter has
 * many of them. */
static void count_like(const struct code_function *f, struct code_guard *g,
		       size_t n)
{
	size_t strong = 0, i, k;

	for (i = 0; i < n; i++)
		strong += is_strong(&g[i]);
	for (i = 0; i < n; i++) {
		if (!is_strong(&g[i]))
			continue;
		if (strong > LIKE_MAX) {
			g[i].like = LIKE_MAX;
			continue;
		}
		for (k = 0; k < n; k++)
			g[i].like += is_strong(&g[k]) &&
				     is_other(f, &g[i], &g[k]) &&
				     g[k].sink.weight >= g[i].sink.weight;
	}
}

/* Where the equal edges of two compares meet (the first turn of a loop that was
 * made apart, "a" or "b" with something done for each): what is behind that
 * place is guarded by both. open: by block, entered by equal edges alone. */
static void look_further(struct code_program *p, const struct code_function *f,
			 const uint32_t *equal_of, const uint8_t *open,
			 struct code_guard *g)
{
	uint32_t from = g->compare->equal, to = f->blocks[from].next[0];
	struct code_sinks s = { .of = { { .weight = 0 } } };

	/* Back to where a loop begins is no way further. */
	if (f->blocks[from].cond != CODE_ALWAYS || to == CODE_NO_BLOCK ||
	    code_dominates(f, to, from) || f->blocks[to].in == 0 ||
	    f->blocks[to].pred_count < 2)
		return;
	for (uint32_t i = 0; i < f->blocks[to].pred_count; i++) {
		uint32_t q = f->pred[f->blocks[to].preds + i];

		if (f->blocks[q].in != 0 && !code_dominates(f, to, q) &&
		    equal_of[q] != to && !open[q])
			return;
	}
	code_sinks_behind(p, f, to, &s);
	g->best = code_sinks_best(&s);
	g->sink = s.of[g->best];
}

size_t code_guards_of(struct code_program *p, const struct code_function *f,
		      struct code_guard **list)
{
	struct code_compare *c;
	size_t n = code_compares(p, f, &c);
	uint32_t *equal_of = equal_edges(p, f, c, n);
	struct code_guard *g = p->guard_room =
		fw_grow(p->arena, p->guard_room, &p->guard_cap, n, sizeof(*g));

	for (size_t i = 0; i < n; i++) {
		g[i] = (struct code_guard){ .compare = &c[i] };
		look(p, f, equal_of, &g[i]);
	}
	uint8_t *open = p->open_room = fw_grow(p->arena, p->open_room,
					       &p->open_cap, f->block_count, 1);

	memset(open, 0, f->block_count);
	for (size_t i = 0; i < n; i++)
		if (g[i].guards)
			open[c[i].equal] = 1;
	for (size_t i = 0; i < n; i++)
		if (g[i].guards && g[i].best == CODE_SINK_NONE &&
		    code_is_trigger(&c[i]))
			look_further(p, f, equal_of, open, &g[i]);
	count_like(f, g, n);
	*list = g;
	return n;
}
