/* trace_compare.c - compares that show only when a function is followed */
#include "code/trace.h"

enum { LOOPS_MAX = 6, LOOP_MAX = 12 /* blocks */, BLOCKS_MAX = 300 };
enum { BYTES_MIN = 4 };
enum { UP_MAX = 6, CALLS_MAX = 4 };

/* The n-th block that leads into the loop which block b begins; CODE_NO_BLOCK:
 * there are no more, or it begins none. */
static uint32_t before_loop(const struct code_function *f, uint32_t b, size_t n)
{
	const struct code_block *k = &f->blocks[b];
	uint32_t found = CODE_NO_BLOCK;
	bool loops = false;

	for (uint32_t i = 0; i < k->pred_count; i++) {
		uint32_t q = f->pred[k->preds + i];

		if (!f->blocks[q].reached || f->blocks[q].in == 0)
			continue;
		if (code_dominates(f, b, q))
			loops = true;
		else if (n-- == 0)
			found = q;
	}
	return loops ? found : CODE_NO_BLOCK;
}

/* Whether a loop takes bytes and compares them, or changes them: those blocks
 * that its first one dominates, up to the last that leads back. */
static bool is_of_bytes(const struct code_function *f, uint32_t b)
{
	const struct code_block *k = &f->blocks[b];
	uint32_t last = b, ways = 0;
	bool bytes = false, mixes = false;

	for (uint32_t i = 0; i < k->pred_count; i++) {
		uint32_t q = f->pred[k->preds + i];

		if (code_dominates(f, b, q) && q > last)
			last = q;
	}
	if (last - b > LOOP_MAX)
		return false;
	for (uint32_t i = b; i <= last; i++) {
		if (!f->blocks[i].reached || !code_dominates(f, b, i))
			continue;
		ways += f->blocks[i].cond != CODE_ALWAYS;
		bytes |= f->blocks[i].bytes;
		mixes |= f->blocks[i].mixes;
	}
	return bytes && (ways > 1 || mixes);
}

/* Whether a block asks for a byte that it loads. */
static bool asks_byte(const struct code_function *f, uint32_t b)
{
	const struct code_block *k = &f->blocks[b];

	return k->reached && k->bytes && k->in != 0 &&
	       (k->cond == CODE_EQ || k->cond == CODE_NE);
}

/* The block that asks for the next byte when this one was right; between the
 * two there may be one that makes a capital of a letter. */
static uint32_t next_asked(const struct code_function *f, uint32_t b)
{
	const struct code_block *k = &f->blocks[b];
	uint32_t to = k->next[k->cond == CODE_EQ ? 0 : 1];

	if (to >= f->block_count || asks_byte(f, to))
		return to < f->block_count ? to : CODE_NO_BLOCK;
	for (int edge = 0; edge < 2; edge++) {
		uint32_t further = f->blocks[to].next[edge];

		if (further < f->block_count && asks_byte(f, further) &&
		    code_dominates(f, to, further))
			return further;
	}
	return CODE_NO_BLOCK;
}

/* Whether a block is the first of several that ask for a byte each, one behind
 * the other. */
static bool begins_chain(const struct code_function *f, uint32_t b)
{
	size_t n = 0;

	if (!asks_byte(f, b))
		return false;
	for (uint32_t q = 0; q < f->blocks[b].pred_count; q++) {
		uint32_t from = f->pred[f->blocks[b].preds + q];

		if (asks_byte(f, from) && next_asked(f, from) == b)
			return false;
	}
	for (uint32_t k = b; k != CODE_NO_BLOCK && n < BYTES_MIN; n++)
		k = next_asked(f, k);
	return n == BYTES_MIN;
}

/* Whether a block asks for several bytes without a branch. */
static bool asks_at_once(const struct code_function *f, uint32_t b)
{
	size_t n = 0;

	for (size_t i = 0; i < f->choice_count; i++)
		n += f->choices[i].block == b;
	return f->blocks[b].bytes && n + 1 >= BYTES_MIN;
}

/* Where to begin for what block b may be the first of; CODE_NO_BLOCK: nothing.
 */
static uint32_t start_at(const struct code_function *f, uint32_t b)
{
	if (!f->blocks[b].reached)
		return CODE_NO_BLOCK;
	if (begins_chain(f, b) || asks_at_once(f, b))
		return b;
	return is_of_bytes(f, b) ? before_loop(f, b, 0) : CODE_NO_BLOCK;
}

static bool is_there(const struct code_compare *list, size_t n,
		     const struct code_traced *t)
{
	for (size_t i = 0; i < n; i++)
		if (fw_view_eq(list[i].literal, t->literal) ||
		    (list[i].block == t->block && list[i].literal.len > 0))
			return true;
	return false;
}

static struct code_compare as_compare(const struct code_program *p,
				      const struct code_traced *t)
{
	bool plain = fw_view_find(p->elf.bytes, t->literal, 0) != SIZE_MAX;

	return (struct code_compare){
		.kind = plain ? CODE_COMPARE_INLINE : CODE_COMPARE_DECODED,
		.block = t->block,
		.equal = t->equal,
		.other = t->other,
		.at = t->at,
		.literal = t->literal,
		.built = !plain,
		.subject = t->subject,
	};
}

/* The text that a buffer holds when a call compares it, by following the
 * function from nearby and from its entry. */
static void read_decoded(struct code_program *p, const struct code_function *f,
			 struct code_compare *c)
{
	struct code_traced t;
	uint32_t from = c->call->block;

	for (int i = 0; i <= UP_MAX; i++) {
		if (i == UP_MAX)
			from = 0;
		if (code_trace(p, f, from, c->call->at, &t)) {
			c->literal = t.literal;
			return;
		}
		if (from == 0)
			return;
		/* What nothing is known to lead to has no dominator. */
		from = f->blocks[from].idom;
		if (from >= f->block_count)
			return;
	}
}

size_t code_add_traced(struct code_program *p, const struct code_function *f,
		       struct code_compare **list, size_t n)
{
	size_t left = LOOPS_MAX, calls = CALLS_MAX;
	struct code_traced t;

	for (size_t i = 0; i < n && calls > 0; i++) {
		struct code_compare *c = &(*list)[i];

		if (c->kind != CODE_COMPARE_DECODED || c->literal.len > 0 ||
		    c->call == NULL || c->call->block >= f->block_count)
			continue;
		calls--;
		read_decoded(p, f, c);
	}
	if (f->block_count > BLOCKS_MAX)
		return n;
	for (uint32_t b = 0; b < f->block_count && left > 0; b++) {
		uint32_t from = start_at(f, b);

		if (from == CODE_NO_BLOCK)
			continue;
		left--;
		if (!code_trace(p, f, from, 0, &t) ||
		    t.equal == CODE_NO_BLOCK || t.other == CODE_NO_BLOCK ||
		    is_there(*list, n, &t))
			continue;
		struct code_compare *more =
			fw_alloc(p->arena, n + 1, sizeof(*more));

		if (n > 0)
			memcpy(more, *list, n * sizeof(*more));
		more[n++] = as_compare(p, &t);
		*list = more;
	}
	return n;
}
