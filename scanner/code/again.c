/* again.c - a function, run once more from one of its edges
 *
 * At places where several ways meet, the first run knows only what all of them
 * agree on: "result = DENIED; if (...) result = GRANTED; return result" returns
 * something. From one edge alone it returns one thing.
 */
#include "code/flow.h"

/* Lifts it anew, and runs all of it to learn what holds before each block. */
static bool prepare(struct flow *w, const struct code_function *f)
{
	const struct code_start *s = &w->p->starts[f->start];
	struct code_state entry;

	w->again = (struct code_function){ .start = f->start };
	w->f = &w->again;
	w->start = s->address;
	w->end = s->end;
	w->thumb = s->thumb;
	if (!flow_build(w) || w->again.block_count != f->block_count)
		return false;
	/* Without the edges that the first run has taken away. */
	for (uint32_t i = 0; i < f->block_count; i++) {
		struct code_block *b = &w->again.blocks[i];

		if (b->start != f->blocks[i].start)
			return false;
		b->next[0] = f->blocks[i].next[0];
		b->next[1] = f->blocks[i].next[1];
		b->cond = f->blocks[i].cond;
	}
	w->prunes = false;
	code_state_entry(w->p, &entry, w->start);
	flow_propagate(w, 0, &entry);
	/* What only led over those edges has no state to begin with. */
	for (uint32_t i = 0; i < f->block_count; i++)
		w->again.blocks[i].reached = w->visits[i] != 0;
	return true;
}

static void swap_states(struct flow *w)
{
	struct flow_state *states = w->states;
	struct code_stack_slot *slots = w->slots;
	size_t states_cap = w->states_cap, slot_cap = w->slot_cap;

	w->states = w->whole_states;
	w->states_cap = w->whole_states_cap;
	w->slots = w->whole_slots;
	w->slot_cap = w->whole_slot_cap;
	w->whole_states = states;
	w->whole_states_cap = states_cap;
	w->whole_slots = slots;
	w->whole_slot_cap = slot_cap;
}

bool flow_again(struct code_program *p, const struct code_function *f)
{
	struct flow *w = p->flow;

	if (w == NULL)
		return false;
	if (w->again_of == f)
		return true;
	w->again_of = NULL;
	if (p->arena->used > p->memory_max || !prepare(w, f))
		return false;
	swap_states(w);
	w->again_of = f;
	return true;
}

/* The state behind block via, on its edge into block from. */
static bool enter(struct flow *w, uint32_t via, uint32_t from,
		  struct code_state *s)
{
	const struct code_block *b = &w->again.blocks[via];
	struct code_state other;

	if (!b->reached)
		return false;
	flow_load(s, &w->whole_states[via], w->whole_slots);
	bool split = flow_block(w, via, s, &other, false);

	if (!split && b->cond != CODE_ALWAYS) {
		other = *s;
		flow_refine(w, b, s, &other);
		split = true;
	}
	if (b->next[0] != from && b->next[1] == from && split)
		*s = other;
	return b->next[0] == from || b->next[1] == from;
}

/* What is returned by block b, entered with s. */
static code_id result_of(struct flow *w, uint32_t b, struct code_state *s)
{
	struct code_state other;

	flow_block(w, b, s, &other, false);
	return code_register(w->p, s, w->p->arch->result);
}

/* Where ways meet at the return itself, what each of them brings. */
static size_t by_way(struct flow *w, uint32_t b, code_id *results, size_t max)
{
	const struct code_function *g = &w->again;
	struct code_state s, other;
	size_t n = 0;

	for (uint32_t q = 0; q < g->block_count && n < max; q++) {
		const struct code_block *k = &g->blocks[q];

		if (w->visits[q] == 0 || q == b ||
		    (k->next[0] != b && k->next[1] != b))
			continue;
		flow_load(&s, &w->states[q], w->slots);
		bool split = flow_block(w, q, &s, &other, false);

		if (!split && k->cond != CODE_ALWAYS) {
			other = s;
			flow_refine(w, k, &s, &other);
			split = true;
		}
		results[n++] = result_of(
			w, b, k->next[0] != b && split ? &other : &s);
	}
	return n;
}

size_t flow_results(struct flow *w, uint32_t via, uint32_t from,
		    code_id *results, size_t max)
{
	const struct code_function *g = &w->again;
	struct code_state s;
	size_t n = 0;

	if (!code_spend(w->p, g->block_count * 4) || !enter(w, via, from, &s))
		return 0;
	w->f = &w->again;
	w->prunes = true;
	flow_propagate(w, from, &s);
	w->prunes = false;
	for (uint32_t b = 0; b < g->block_count && n < max; b++) {
		size_t ways = 1;

		if (w->visits[b] == 0 || !g->blocks[b].returns)
			continue;
		flow_load(&s, &w->states[b], w->slots);
		results[n] = result_of(w, b, &s);
		if (!code_value_is(&w->p->values, results[n], CODE_CONST))
			ways = by_way(w, b, results + n, max - n);
		n += ways > 0 ? ways : 1;
	}
	return n;
}
