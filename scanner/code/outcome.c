/* outcome.c - what comes after an edge */
#include "code/outcome.h"

#include "code/flow.h"

/* Larger functions are not run again. */
enum { BLOCKS_MAX = 200, RESULTS_MAX = 16, CHECKED_MAX = 100 };
enum { JOINED_DEPTH = 3 };
enum { KEPT = 512 /* outcomes; a power of 2 */ };

/* What comes after an edge of a function. */
struct code_outcome {
	uint32_t function, via, from;
	bool is_set, computed;
	uint8_t n;
	uint64_t values[CODE_OUTCOMES];
};

void code_forward(struct code_program *p, const struct code_function *f,
		  uint32_t from, uint8_t *seen)
{
	uint32_t *work;
	size_t n = 0;

	if (from >= f->block_count)
		return;
	work = p->walk = fw_grow(p->arena, p->walk, &p->walk_cap,
				 f->block_count, sizeof(*work));
	seen[from] = 1;
	work[n++] = from;
	while (n > 0) {
		uint32_t b = work[--n];
		const struct code_block *k = &f->blocks[b];

		for (uint32_t i = 0; i < 2 + k->more_count; i++) {
			uint32_t to =
				i < 2 ? k->next[i] : f->more[k->more + i - 2];

			if (to == CODE_NO_BLOCK || seen[to] ||
			    code_dominates(f, to, b))
				continue;
			seen[to] = 1;
			work[n++] = to;
		}
	}
}

static bool add_value(const struct code_program *p, code_id id,
		      uint64_t values[CODE_OUTCOMES], size_t *n, bool *computed)
{
	const struct code_value *v = code_value_at(&p->values, id);

	if (id == 0)
		return false;
	if (v->kind != CODE_CONST) {
		*computed = true;
		return true;
	}
	for (size_t i = 0; i < *n; i++)
		if (values[i] == (v->n & UINT32_MAX))
			return true;
	if (*n < CODE_OUTCOMES)
		values[(*n)++] = v->n & UINT32_MAX;
	return true;
}

/* By what blocks that return hold, of those that may run. */
static size_t by_blocks(struct code_program *p, const struct code_function *f,
			uint32_t via, uint32_t from,
			uint64_t values[CODE_OUTCOMES], bool *computed)
{
	uint8_t *seen =
		fw_grow(p->arena, p->walked, &p->walked_cap, f->block_count, 1);
	size_t n = 0;

	p->walked = memset(seen, 0, f->block_count);
	*computed = false;
	code_forward(p, f, from, seen);
	for (uint32_t b = 0; b < f->block_count; b++) {
		const struct code_block *k = &f->blocks[b];

		if (!seen[b] || !k->returns)
			continue;
		if (add_value(p, k->result, values, &n, computed))
			continue;
		if (k->sets_result) {
			*computed = true;
			continue;
		}
		/* What is returned came with the edge into this block. */
		for (uint32_t i = 0; i < k->pred_count; i++) {
			uint32_t pred = f->pred[k->preds + i];

			if (seen[pred] || (b == from && pred == via))
				add_value(p, f->blocks[pred].result, values, &n,
					  computed);
		}
	}
	return n;
}

/* The block that an edge into `from` leaves: the last of a chain of compares
 * that begins at via. */
static uint32_t last_link(const struct code_function *f, uint32_t via,
			  uint32_t from)
{
	const struct code_block *b = &f->blocks[via], *to = &f->blocks[from];

	return b->next[0] != from && b->next[1] != from && to->pred_count == 1
		       ? f->pred[to->preds]
		       : via;
}

/* By a run of its own from the edge on; false: there was none. */
static bool by_run(struct code_program *p, const struct code_function *f,
		   uint32_t via, uint32_t from, uint64_t values[CODE_OUTCOMES],
		   size_t *n, bool *computed)
{
	code_id results[RESULTS_MAX];
	size_t count;

	*n = 0;
	*computed = false;
	if (from >= f->block_count || f->block_count > BLOCKS_MAX ||
	    !flow_again(p, f))
		return false;
	count = flow_results(p->flow, last_link(f, via, from), from, results,
			     RESULTS_MAX);
	for (size_t i = 0; i < count; i++)
		if (!add_value(p, results[i], values, n, computed))
			*computed = true;
	return count > 0;
}

/* Several searches ask for the same edges, and a run takes long. */
static struct code_outcome *kept(struct code_program *p, uint32_t function,
				 uint32_t via, uint32_t from)
{
	uint64_t h = ((uint64_t)function << 32 | from) * 0x9e3779b97f4a7c15U;

	if (p->outcomes == NULL)
		p->outcomes = fw_alloc(p->arena, KEPT, sizeof(*p->outcomes));
	h ^= via * UINT64_C(0xc2b2ae3d27d4eb4f);
	return &p->outcomes[h >> 40 & (KEPT - 1)];
}

size_t code_outcomes(struct code_program *p, const struct code_function *f,
		     uint32_t via, uint32_t from,
		     uint64_t values[CODE_OUTCOMES], bool *computed)
{
	struct code_outcome *k = kept(p, f->start, via, from);
	size_t n;

	if (k->is_set && k->function == f->start && k->via == via &&
	    k->from == from) {
		memcpy(values, k->values, sizeof(k->values));
		*computed = k->computed;
		return k->n;
	}
	if (!by_run(p, f, via, from, values, &n, computed))
		n = by_blocks(p, f, via, from, values, computed);
	*k = (struct code_outcome){ .function = f->start,
				    .via = via,
				    .from = from,
				    /* Until wrappers are known, results are
				     * not the last word. */
				    .is_set = p->settled,
				    .computed = *computed,
				    .n = (uint8_t)n };
	memcpy(k->values, values, n * sizeof(*values));
	return n;
}

/* Whether a value is a call's result, or that and something else, which is 0
 * when both are: "stat() == 0 && size == 0" as compilers join it. */
static bool is_result(const struct code_program *p, code_id id,
		      const struct code_call *c, int depth)
{
	const struct code_value *v = code_value_at(&p->values, id);

	if (v->kind == CODE_EITHER)
		return depth > 0 && (is_result(p, v->base, c, depth - 1) ||
				     is_result(p, (code_id)v->n, c, depth - 1));
	return v->kind == CODE_RESULT && v->n == c->at;
}

bool code_result_edges(const struct code_program *p,
		       const struct code_function *f, const struct code_call *c,
		       uint32_t *block, uint32_t *zero, uint32_t *other)
{
	struct code_test t;

	for (uint32_t b = 0; b < f->block_count; b++) {
		const struct code_block *k = &f->blocks[b];

		if (!k->reached || k->cond == CODE_ALWAYS ||
		    !code_test_of(&p->values, k->flags, k->cond, &t))
			continue;
		const struct code_value *right =
			code_value_at(&p->values, t.right);

		if (!is_result(p, t.left, c, JOINED_DEPTH) ||
		    right->kind != CODE_CONST || right->n != 0 ||
		    (t.cond != CODE_EQ && t.cond != CODE_NE))
			continue;
		*block = b;
		*zero = k->next[t.cond == CODE_EQ ? 0 : 1];
		*other = k->next[t.cond == CODE_EQ ? 1 : 0];
		return true;
	}
	return false;
}

/* Whether a test asks if two things are equal of which neither is fixed. */
static bool is_of_two(const struct code_program *p,
		      const struct code_function *f, const struct code_test *t)
{
	const struct code_value *right = code_value_at(&p->values, t->right);
	const struct code_call *c = code_call_of(p, f, t->left);

	if (t->cond != CODE_EQ && t->cond != CODE_NE)
		return false;
	if (c != NULL && right->kind == CODE_CONST && right->n == 0)
		return code_call_does(p, c, CODE_EQUAL) &&
		       !code_is_fixed(p, c, 0) && !code_is_fixed(p, c, 1);
	return t->size >= 4 && right->kind != CODE_CONST &&
	       right->kind != CODE_STACK &&
	       !code_value_is(&p->values, t->left, CODE_CONST) &&
	       !code_value_is(&p->values, t->left, CODE_STACK);
}

/* Whether an edge leads to one result, and another one than yes. */
static bool refuses(struct code_program *p, const struct code_function *f,
		    uint32_t via, uint32_t from, uint64_t yes)
{
	uint64_t v[CODE_OUTCOMES];
	bool computed;

	return from != CODE_NO_BLOCK &&
	       code_outcomes(p, f, via, from, v, &computed) == 1 && !computed &&
	       v[0] != yes;
}

bool code_compares_two(const struct code_program *p,
		       const struct code_function *f)
{
	for (uint32_t b = 0; b < f->block_count; b++) {
		const struct code_block *k = &f->blocks[b];
		const struct code_value *v =
			code_value_at(&p->values, k->result);
		struct code_test t;

		if (!k->reached)
			continue;
		if (v->kind == CODE_CONDITION &&
		    code_test_of(&p->values, v->base, (uint8_t)v->n, &t) &&
		    is_of_two(p, f, &t))
			return true;
		if (k->cond != CODE_ALWAYS &&
		    code_test_of(&p->values, k->flags, k->cond, &t) &&
		    is_of_two(p, f, &t))
			return true;
	}
	return false;
}

bool code_has_check(struct code_program *p, const struct code_function *f,
		    const struct code_compare *c)
{
	uint64_t yes[CODE_OUTCOMES];
	struct code_test t;
	bool computed;

	if (c->equal == CODE_NO_BLOCK || f->block_count > CHECKED_MAX ||
	    code_outcomes(p, f, c->block, c->equal, yes, &computed) != 1 ||
	    computed)
		return false;
	for (uint32_t b = 0; b < f->block_count; b++) {
		const struct code_block *k = &f->blocks[b];
		const struct code_value *v =
			code_value_at(&p->values, k->result);

		if (!k->reached || b == c->block)
			continue;
		/* "return a == b" */
		if (yes[0] == 1 && v->kind == CODE_CONDITION &&
		    code_test_of(&p->values, v->base, (uint8_t)v->n, &t) &&
		    t.cond == CODE_EQ && is_of_two(p, f, &t))
			return true;
		if (k->cond == CODE_ALWAYS ||
		    !code_test_of(&p->values, k->flags, k->cond, &t) ||
		    !is_of_two(p, f, &t))
			continue;
		bool taken = t.cond == CODE_EQ;

		if (refuses(p, f, b, k->next[taken ? 1 : 0], yes[0]))
			return true;
	}
	return false;
}

bool code_has_verdict(struct code_program *p, const struct code_function *f,
		      const struct code_compare *c)
{
	uint64_t yes[CODE_OUTCOMES], no[CODE_OUTCOMES];
	bool computed, computed_no;
	size_t n, m;

	if (c->equal == CODE_NO_BLOCK || c->other == CODE_NO_BLOCK)
		return false;
	n = code_outcomes(p, f, c->block, c->equal, yes, &computed);
	if (n != 1 || computed)
		return false;
	m = code_outcomes(p, f, c->block, c->other, no, &computed_no);
	return m == 0 ? computed_no : m > 1 || no[0] != yes[0];
}
