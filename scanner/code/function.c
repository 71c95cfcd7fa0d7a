/* function.c - one function, analysed once */
#include "code/flow.h"

#include <stdlib.h>

struct place {
	uint64_t at;
	uint32_t call;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->call > y->call) - (x->call < y->call);
}

/* Calls by address; of those in copies of a block the first is found first. */
static void sort_calls(struct code_program *p, struct code_function *f)
{
	struct fw_arena temporary = { .on_full = p->arena->on_full,
				      .ctx = p->arena->ctx };
	size_t n = f->call_count;
	struct place *v = fw_alloc(&temporary, n, sizeof(*v));

	f->by_address = fw_alloc(p->arena, n, sizeof(*f->by_address));
	for (size_t i = 0; i < n; i++)
		v[i] = (struct place){ f->calls[i].at, (uint32_t)i };
	if (n > 1)
		qsort(v, n, sizeof(*v), by_place);
	for (size_t i = 0; i < n; i++)
		f->by_address[i] = v[i].call;
	fw_arena_free(&temporary);
}

struct code_function *code_function(struct code_program *p, uint32_t start)
{
	struct code_start *s = &p->starts[start];

	if (s->analysed != NULL)
		return s->analysed->block_count > 0 ? s->analysed : NULL;
	if (!code_spend(p, 1))
		return NULL;
	if (p->arena->used > p->memory_max) {
		p->gave_up = "its code needs more memory than there is for it";
		return NULL;
	}
	if (p->flow == NULL)
		p->flow = fw_alloc(p->arena, 1, sizeof(*p->flow));
	struct flow *w = p->flow;

	s->analysed = fw_alloc(p->arena, 1, sizeof(*s->analysed));
	s->analysed->start = start;
	w->p = p;
	w->f = s->analysed;
	w->again_of = NULL;
	w->start = s->address;
	w->end = s->end;
	w->thumb = s->thumb;
	if (!flow_build(w)) {
		s->analysed->block_count = 0;
		return NULL;
	}
	flow_run(w);
	if (!flow_dominate(p, s->analysed)) {
		s->analysed->block_count = 0;
		return NULL;
	}
	sort_calls(p, s->analysed);
	return s->analysed;
}

const struct code_known *code_call_known(const struct code_program *p,
					 const struct code_call *c)
{
	if (c->system != NULL)
		return c->system;
	if (c->import != CODE_NO_IMPORT)
		return p->imports[c->import].known;
	return c->function == CODE_NO_FUNCTION ? NULL
					       : p->starts[c->function].known;
}

bool code_call_does(const struct code_program *p, const struct code_call *c,
		    uint32_t use)
{
	const struct code_known *k = code_call_known(p, c);

	return k != NULL && (k->use & use) != 0;
}

struct fw_view code_call_name(const struct code_program *p,
			      const struct code_call *c)
{
	if (c->system != NULL)
		return fw_view_str(c->system->name);
	if (c->import != CODE_NO_IMPORT)
		return p->imports[c->import].name;
	if (c->function != CODE_NO_FUNCTION)
		return p->starts[c->function].name;
	return (struct fw_view){ NULL, 0 };
}

bool code_is_fixed(const struct code_program *p, const struct code_call *c,
		   unsigned n)
{
	const struct code_value *v = code_value_at(&p->values, c->args[n]);

	return c->text[n].len > 0 &&
	       !(v->kind == CODE_CONST && code_is_writable(p, v->n));
}

const struct code_call *code_call_of(const struct code_program *p,
				     const struct code_function *f, code_id id)
{
	const struct code_value *v = code_value_at(&p->values, id);

	if (v->kind != CODE_RESULT)
		return NULL;
	size_t low = 0, high = f->call_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (f->calls[f->by_address[mid]].at < v->n)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == f->call_count || f->calls[f->by_address[low]].at != v->n)
		return NULL;
	return &f->calls[f->by_address[low]];
}
