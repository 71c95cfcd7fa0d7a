/* trace.c - one way through a function, on which all compares are equal */
#include "code/trace.h"

#include "code/trace_value.h"

enum { STEPS = 3000, IDLE = 800 /* steps until something is compared */ };
enum { TRACES_MAX = 500, CELLS = 128, CALL_DEPTH = 1, LITERAL_MIN = 4 };
enum { NEAR = 16 /* blocks */ };
enum { VISITS = 80, OBJECTS = 0x40000000 /* of the trace's own */ };

/* A place that was written on the way. */
struct cell {
	uint32_t base;
	int64_t off;
	uint8_t size;
	struct trace_value v;
};

struct flags {
	struct trace_value a, b;
	uint8_t size;
	bool test, set;
};

struct trace {
	struct code_program *p;
	struct flow *w;
	const struct code_function *f;
	struct trace_room r;
	struct trace_value regs[CODE_REGS];
	struct flags flags[CODE_REGS];
	struct cell cells[CELLS];
	size_t cell_count;
	uint32_t objects; /* made so far */
	size_t steps;
	uint64_t call; /* whose text is wanted, or 0 */
	struct code_traced *out;
	bool found;
	size_t letters, letters_max; /* decided so far; after that it is over */
	bool narrowed;		     /* within the block at hand */
	bool guessed; /* a loop went on because nothing says how long it does */
	uint8_t *seen[CALL_DEPTH + 1]; /* of a function's blocks, by depth */
	size_t seen_cap[CALL_DEPTH + 1];
};

static struct trace_value address(uint32_t base, uint64_t n)
{
	return (struct trace_value){ .kind = TRACE_ADDRESS,
				     .base = base,
				     .n = n };
}

/* Something that nothing is known of, and that is told from all others. */
static struct trace_value object(struct trace *t)
{
	return address(OBJECTS + t->objects++, 0);
}

static struct trace_value of_id(struct trace *t, code_id id)
{
	const struct code_values *all = &t->p->values;
	const struct code_value *v = code_value_at(all, id);
	uint64_t n;

	if (id == 0)
		return object(t);
	if (v->kind == CODE_CONST)
		return trace_number(v->n);
	if (v->kind == CODE_STACK)
		return address(0, v->n);
	id = code_value_base(all, id, &n);
	return address(id, n);
}

static struct trace_value reg(const struct trace *t, uint8_t n)
{
	if (n == CODE_ZERO)
		return trace_number(0);
	if (n >= CODE_REGS)
		return trace_number(0);
	if (n == t->p->arch->gp && t->p->arch->self != CODE_NONE &&
	    t->p->gp != 0)
		return trace_number(t->p->gp);
	return t->regs[n];
}

/* Where a load or store goes: an offset in an object, or a number, whose base
 * is the largest there is. */
static bool place(struct trace *t, uint8_t base, uint8_t index, int64_t off,
		  uint32_t *to, int64_t *at)
{
	struct trace_value a = reg(t, base);
	const struct code_operation add = { .op = CODE_ADD };

	if (index != CODE_NONE)
		a = trace_apply(&t->r, &add, a, reg(t, index));
	if (a.kind != TRACE_NUMBER && a.kind != TRACE_ADDRESS)
		return false;
	*to = a.kind == TRACE_NUMBER ? UINT32_MAX : a.base;
	a.n += (uint64_t)off;
	*at = (int64_t)(a.kind == TRACE_NUMBER ? a.n & t->p->mask : a.n);
	return true;
}

static const struct cell *cell_at(const struct trace *t, uint32_t base,
				  int64_t at, uint8_t size)
{
	for (size_t i = t->cell_count; i-- > 0;)
		if (t->cells[i].base == base &&
		    at < t->cells[i].off + t->cells[i].size &&
		    t->cells[i].off < at + size)
			return &t->cells[i];
	return NULL;
}

/* One byte that was stored as a part of something larger, or alone. */
static struct trace_value part_of(const struct trace *t, const struct cell *c,
				  int64_t at, uint8_t size)
{
	unsigned from = (unsigned)(at - c->off);

	if (c->off == at && c->size == size)
		return c->v;
	if (c->v.kind != TRACE_NUMBER || at < c->off || c->size > 8 ||
	    at + size > c->off + c->size)
		return (struct trace_value){ .kind = TRACE_UNKNOWN };
	if (t->p->mode.big_endian)
		from = (unsigned)(c->size - size) - from;
	return trace_number(
		c->v.n >> from * 8 &
		(size >= 8 ? UINT64_MAX : (UINT64_C(1) << size * 8) - 1));
}

static struct trace_value load_file(struct trace *t, uint64_t at, uint8_t size)
{
	const struct code_slot *s =
		size == t->p->word ? code_slot_at(t->p, at) : NULL;
	uint64_t n;

	if (s != NULL && s->import == CODE_NO_IMPORT)
		return trace_number(s->value);
	if (size <= 8 && code_read(t->p, at, size, &n))
		return trace_number(n);
	return object(t);
}

/* What of the stack was known where the trace begins was put into cells. */
static struct trace_value load_one(struct trace *t, uint32_t base, int64_t at,
				   uint8_t size)
{
	const struct cell *c = cell_at(t, base, at, size);
	code_id id;

	if (c != NULL)
		return part_of(t, c, at, size);
	if (base == UINT32_MAX)
		return load_file(t, (uint64_t)at, size);
	if (size == 1)
		return trace_byte(&t->r, base, at);
	if (base >= OBJECTS || base == 0)
		return object(t);
	/* A pointer in an object leads to the same place each time. */
	id = code_value_add(&t->p->values, base, (uint64_t)at, t->p->mask);
	id = id == 0 ? 0 : code_value(&t->p->values, CODE_LOADED, size, id, 0);
	return id == 0 ? object(t) : address(id, 0);
}

static struct trace_value load(struct trace *t, uint32_t base, int64_t at,
			       uint8_t size)
{
	const struct cell *c = cell_at(t, base, at, size);
	uint64_t n = 0;

	if (c == NULL || (c->off == at && c->size == size) || size == 1 ||
	    size > 8)
		return load_one(t, base, at, size);
	for (uint8_t i = 0; i < size; i++) {
		struct trace_value v = load_one(t, base, at + i, 1);
		unsigned by = t->p->mode.big_endian ? size - 1u - i : i;

		if (v.kind != TRACE_NUMBER)
			return (struct trace_value){ .kind = TRACE_UNKNOWN };
		n |= (v.n & 0xff) << by * 8;
	}
	return trace_number(n);
}

static void store(struct trace *t, uint32_t base, int64_t at, uint8_t size,
		  struct trace_value v)
{
	size_t n = 0;

	/* What is covered is gone. */
	for (size_t i = 0; i < t->cell_count; i++)
		if (t->cells[i].base != base || t->cells[i].off < at ||
		    t->cells[i].off + t->cells[i].size > at + size)
			t->cells[n++] = t->cells[i];
	t->cell_count = n;
	if (n < CELLS)
		t->cells[t->cell_count++] = (struct cell){ base, at, size, v };
	else
		t->steps = STEPS;
}

static void set(struct trace *t, uint8_t n, struct trace_value v)
{
	if (n < CODE_REGS && n != CODE_ZERO)
		t->regs[n] = v;
}

static struct trace_choice decide(struct trace *t, uint8_t flags, uint8_t cond)
{
	const struct flags *k = flags < CODE_REGS ? &t->flags[flags] : NULL;

	if (k == NULL || !k->set)
		return (struct trace_choice){ .known = -2 };
	return trace_decide(&t->r, (enum code_cond)cond, false, k->test,
			    k->size, k->a, k->b);
}

/* A condition as 0 or 1; of an input byte, for each that it can be. */
static struct trace_value truth(struct trace *t,
				const struct code_operation *op)
{
	struct trace_choice c = decide(t, op->a, op->cond);

	/* Kept as what decides it: not 0 unless all is equal. */
	if (c.known == -1 && c.node != 0 && op->cond == CODE_NE)
		return t->flags[op->a].a;
	return trace_select(&t->r, &c, trace_number(1), trace_number(0));
}

static void step(struct trace *t, const struct code_operation *op)
{
	struct trace_value b = op->b == CODE_NONE
				       ? trace_number((uint64_t)op->imm)
				       : reg(t, op->b);
	struct trace_choice c;
	uint32_t base;
	int64_t at;

	switch ((enum code_op)op->op) {
	case CODE_SET:
		set(t, op->dst, trace_number((uint64_t)op->imm));
		break;
	case CODE_LOAD:
		if (op->a == CODE_NONE)
			set(t, op->dst, load(t, UINT32_MAX, op->off, op->size));
		else if (place(t, op->a, op->b, op->off, &base, &at))
			set(t, op->dst, load(t, base, at, op->size));
		else
			set(t, op->dst, object(t));
		break;
	case CODE_STORE:
		if (op->a == CODE_NONE)
			store(t, UINT32_MAX, op->off, op->size, b);
		else if (place(t, op->a, op->dst, op->off, &base, &at))
			store(t, base, at, op->size, b);
		break;
	case CODE_COMPARE:
	case CODE_TEST:
		t->flags[op->dst] = (struct flags){ .a = reg(t, op->a),
						    .b = b,
						    .size = op->size,
						    .test = op->op == CODE_TEST,
						    .set = true };
		break;
	case CODE_CSET:
		set(t, op->dst, truth(t, op));
		break;
	case CODE_CLOBBER:
		if (op->dst >= CODE_FLAGS && op->dst < CODE_FIRST)
			t->flags[op->dst].set = false;
		set(t, op->dst, object(t));
		break;
	case CODE_CMOV:
		c = decide(t, op->a, op->cond);
		set(t, op->dst, trace_select(&t->r, &c, b, reg(t, op->dst)));
		break;
	case CODE_INSERT:
	case CODE_SYSCALL:
		set(t, op->dst, object(t));
		break;
	case CODE_MIX:
		if (op->b == CODE_NONE)
			b = trace_number((uint64_t)op->off);
		set(t, op->dst, trace_apply(&t->r, op, reg(t, op->a), b));
		break;
	default:
		set(t, op->dst, trace_apply(&t->r, op, reg(t, op->a), b));
		break;
	}
}

/* On ARM what is done only under a condition. */
static void step_if(struct trace *t, const struct code_operation *op)
{
	struct trace_choice c = { .known = -2 };

	if (op->cond == CODE_ALWAYS || op->op == CODE_CSET ||
	    op->op == CODE_CMOV) {
		step(t, op);
		return;
	}
	c = decide(t, CODE_FLAGS, op->cond);
	/* "cmp; ldrbeq; cmpeq": on when it was right. */
	if (c.known == -1 &&
	    (op->cond == CODE_EQ ? c.yes_count : c.no_count) <= 2 &&
	    (op->cond == CODE_EQ || op->cond == CODE_NE)) {
		trace_take(&t->r, &c, op->cond == CODE_EQ);
		t->narrowed = true;
		if (op->cond == CODE_NE)
			return;
		c.known = 1;
	}
	if (c.known == 0 || (c.known < 0 && op->op == CODE_STORE))
		return;
	struct trace_value old = reg(t, op->dst);

	step(t, op);
	if (c.known < 0 && op->dst < CODE_REGS)
		set(t, op->dst, trace_select(&t->r, &c, reg(t, op->dst), old));
}

/* A text that was made on the way, at an address; 0: none. */
static size_t made_text(struct trace *t, struct trace_value a, char *to,
			size_t max)
{
	uint32_t base = a.kind == TRACE_NUMBER ? UINT32_MAX : a.base;
	size_t n = 0;

	if (a.kind != TRACE_NUMBER && a.kind != TRACE_ADDRESS)
		return 0;
	for (; n < max; n++) {
		const struct cell *c = cell_at(t, base, (int64_t)(a.n + n), 1);
		struct trace_value v;

		if (c == NULL)
			break;
		v = part_of(t, c, (int64_t)(a.n + n), 1);
		if (v.kind != TRACE_NUMBER)
			return 0;
		if ((v.n & 0xff) < 32 || (v.n & 0xff) > 126)
			break;
		to[n] = (char)v.n;
	}
	return n;
}

static bool keep(struct trace *t, const char *s, size_t n)
{
	size_t kinds = 0;

	/* One letter over and over is a loop that skips it. */
	for (size_t i = 0; i < n; i++)
		kinds += memchr(s, s[i], i) == NULL;
	if (n < LITERAL_MIN || n > CODE_LITERAL_MAX || kinds < LITERAL_MIN - 1)
		return false;
	t->out->literal =
		fw_view_of(fw_strdup(t->p->arena, fw_view_of(s, n)), n);
	return true;
}

static bool run(struct trace *t, uint32_t from, int depth);

/* A function of the program's own that writes to what it is given is followed,
 * on the same values; what it returns is its result. */
static void follow_call(struct trace *t, uint32_t callee, int depth)
{
	const struct code_function *own = t->f;
	const struct code_function *f;
	struct trace_value sp = reg(t, t->p->arch->sp), pushed = sp;

	if (depth == 0)
		return;
	f = code_function(t->p, callee);
	if (f != NULL && f->block_count > 0 && f->xors && flow_again(t->p, f)) {
		t->f = f;
		/* A call pushes where it returns to on x86. */
		pushed.n -= (uint64_t)(t->p->arch->stack_args -
				       t->p->arch->call_args);
		set(t, t->p->arch->sp, pushed);
		run(t, 0, depth - 1);
		t->f = own;
		set(t, t->p->arch->sp, sp);
	}
	/* Whatever was looked at used the same room. */
	if (!flow_again(t->p, own))
		t->steps = STEPS;
}

static void call(struct trace *t, const struct flow_insn *in, int depth)
{
	const struct code_arch *a = t->p->arch;
	const struct code_call *c = NULL;
	char text[CODE_LITERAL_MAX];

	for (size_t i = 0; i < t->f->call_count && c == NULL; i++)
		if (t->f->calls[i].at == in->address)
			c = &t->f->calls[i];
	if (c != NULL && c->at == t->call)
		for (unsigned i = 0; i < 2 && !t->found; i++) {
			struct trace_value v =
				a->args[i] == CODE_NONE || a->stack_args == 4
					? load(t, 0,
					       (int64_t)reg(t, a->sp).n +
						       (int64_t)(i *
								 t->p->word),
					       t->p->word)
					: reg(t, a->args[i]);

			t->out->at = c->at;
			t->found = keep(t, text,
					made_text(t, v, text, sizeof(text)));
		}
	if (c != NULL && c->function != CODE_NO_FUNCTION)
		follow_call(t, c->function, depth);
	for (const uint8_t *r = a->clobbered; *r != CODE_NONE; r++)
		set(t, *r, object(t));
	memset(&t->flags[CODE_FLAGS], 0, sizeof(t->flags[0]) * 8);
	set(t, a->result, object(t));
}

/* The edge that does not leave the loop that block `at` is in, as far as that
 * can be seen; of a length that is not known there may always be more. */
static int stays(const struct code_function *f, uint32_t at,
		 const struct code_block *b)
{
	for (int edge = 0; edge < 2; edge++) {
		uint32_t to = b->next[edge];

		if (to == CODE_NO_BLOCK || to >= f->block_count)
			continue;
		if (f->blocks[to].in != 0 && code_dominates(f, to, at))
			return edge;
		for (uint32_t q = at; q < f->block_count && q < at + NEAR; q++)
			for (int e = 0; e < 2; e++) {
				uint32_t back = f->blocks[q].next[e];

				if (f->blocks[q].in != 0 &&
				    back < f->block_count &&
				    code_dominates(f, to, q) &&
				    code_dominates(f, back, at))
					return edge;
			}
	}
	return -1;
}

/* Behind a compare with what is not known: on in a loop as long as there are
 * letters to come, then out of it; a length is what it should be. */
static int unknown_edge(struct trace *t, uint32_t at,
			const struct code_block *b)
{
	int edge = stays(t->f, at, b);

	if (edge >= 0) {
		t->guessed = true;
		return t->letters >= t->letters_max ? 1 - edge : edge;
	}
	return b->cond == CODE_EQ ? 0 : 1;
}

/* The edge to take behind a block: 0 taken, 1 else, -1 neither. *narrows: an
 * input had a say. */
static int edge_of(struct trace *t, uint32_t at, const struct code_block *b,
		   const struct flow_insn *last, bool again, bool *narrows)
{
	const struct flags *k =
		last->reg < CODE_REGS ? &t->flags[last->reg] : NULL;
	struct trace_choice c = { .known = -2 };
	bool or_equal =
		b->cond == last->cond ? last->or_equal : !last->or_equal;
	bool yes;

	*narrows = false;
	if (b->cond == CODE_ALWAYS)
		return b->more_count == 0 ? 0 : -1;
	if (k != NULL && k->set)
		c = trace_decide(&t->r, (enum code_cond)b->cond, or_equal,
				 k->test, k->size, k->a, k->b);
	if (c.known >= 0)
		return c.known == 1 ? 0 : 1;
	if (c.known == -2)
		return unknown_edge(t, at, b);
	yes = c.yes_count <= c.no_count;
	/* The end of the text is no letter of it, as long as a loop looks. */
	const uint64_t *few = yes ? c.yes : c.no;

	if (c.node == 0 && few[0] == 1 &&
	    (yes ? c.yes_count : c.no_count) == 1 &&
	    (again || t->r.input_count < LITERAL_MIN ||
	     b->next[yes ? 0 : 1] == t->out->other))
		yes = !yes;
	trace_take(&t->r, &c, yes);
	*narrows = c.node != 0 || (yes ? c.yes_count : c.no_count) <= 2;
	return yes ? 0 : 1;
}

/* The input that stands at an offset of an object and can be but one printable
 * thing; or NULL. */
static const struct trace_input *letter_at(const struct trace *t,
					   const int *only, uint32_t base,
					   int64_t off, char *c)
{
	for (size_t i = 0; i < t->r.input_count; i++)
		if (only[i] > 31 && only[i] < 127 &&
		    t->r.inputs[i].base == base && t->r.inputs[i].off == off) {
			*c = (char)only[i];
			return &t->r.inputs[i];
		}
	return NULL;
}

/* The longest run of bytes of one object that can be but one thing each. */
static bool read_inputs(struct trace *t)
{
	char best[TRACE_INPUTS], s[TRACE_INPUTS], c;
	int only[TRACE_INPUTS];
	size_t length = 0;

	for (size_t i = 0; i < t->r.input_count; i++)
		only[i] = trace_only(&t->r.inputs[i]);
	for (size_t i = 0; i < t->r.input_count; i++) {
		const struct trace_input *first = &t->r.inputs[i];
		size_t n = 0;

		/* Where a run begins. */
		if (only[i] < 0 ||
		    letter_at(t, only, first->base, first->off - 1, &c) != NULL)
			continue;
		while (n < CODE_LITERAL_MAX &&
		       letter_at(t, only, first->base, first->off + (int64_t)n,
				 &s[n]) != NULL)
			n++;
		if (n <= length)
			continue;
		length = n;
		memcpy(best, s, n);
		t->out->subject =
			first->base == 0 || first->base >= OBJECTS
				? 0
				: code_value_add(&t->p->values, first->base,
						 (uint64_t)first->off,
						 t->p->mask);
	}
	return keep(t, best, length);
}

/* How often each block was entered: room that all traces of a program share. */
static uint8_t *clean_seen(struct trace *t, int depth, uint32_t count)
{
	t->seen[depth] = fw_grow(t->p->arena, t->seen[depth],
				 &t->seen_cap[depth], count, 1);
	return memset(t->seen[depth], 0, count);
}

/* Follows blocks from one on; true when it came to an end. */
static bool run(struct trace *t, uint32_t from, int depth)
{
	struct flow *w = t->w;
	uint32_t count = t->f->block_count, b = from, before = CODE_NO_BLOCK;
	uint8_t *seen = clean_seen(t, depth, count);
	bool decided = false, waits = false;

	while (b != CODE_NO_BLOCK && b < count && seen[b]++ < VISITS) {
		/* Copies: who follows a call prepares the function anew. */
		const struct code_block k = w->again.blocks[b];
		struct flow_insn in = { .reg = CODE_NONE };
		bool narrows;
		int edge;

		if (waits && seen[b] == 1 && depth == CALL_DEPTH) {
			t->out->block = before;
			t->out->equal = b;
			waits = false;
		}
		for (uint32_t i = 0; t->steps < STEPS && i < w->count[b]; i++) {
			in = w->insns[w->order[w->first[b] + i]];
			for (uint32_t n = 0; n < in.own + in.slot; n++)
				step_if(t, &w->ops[in.first + n]);
			t->steps++;
			if (in.flow == CODE_CALL ||
			    in.flow == CODE_CALL_REGISTER)
				call(t, &in, depth);
			if (t->found)
				return true;
		}
		if (t->steps >= STEPS || !code_spend(t->p, w->count[b]) ||
		    (t->steps > IDLE && !decided && t->call == 0))
			return false;
		if (k.returns && k.cond == CODE_ALWAYS)
			return true;
		edge = edge_of(t, b, &k, &in, seen[b] > 1, &narrows);
		narrows |= t->narrowed;
		t->narrowed = false;
		if (narrows && depth == CALL_DEPTH && edge >= 0) {
			if (!decided)
				t->out->at = k.end;
			if (t->out->other == CODE_NO_BLOCK)
				t->out->other = k.next[edge == 0 ? 1 : 0];
			decided = waits = true;
			t->letters++;
		}
		before = b;
		b = edge < 0 ? CODE_NO_BLOCK : k.next[edge];
	}
	return true;
}

static void enter(struct trace *t, uint32_t from)
{
	const struct flow *w = t->w;
	struct code_state s;

	flow_load(&s, &w->whole_states[from], w->whole_slots);
	for (size_t i = 0; i < CODE_REGS; i++)
		t->regs[i] = of_id(t, s.regs[i]);
	for (size_t i = 0; i < s.count && t->cell_count < CELLS / 2; i++)
		t->cells[t->cell_count++] =
			(struct cell){ 0, s.stack[i].off, s.stack[i].size,
				       of_id(t, s.stack[i].value) };
}

static void begin(struct trace *t, struct code_program *p,
		  const struct code_function *f, uint32_t from, uint64_t call,
		  struct code_traced *out)
{
	struct trace_table *tables = t->r.tables;
	uint8_t *seen[CALL_DEPTH + 1];
	size_t cap[CALL_DEPTH + 1];

	memcpy(seen, t->seen, sizeof(seen));
	memcpy(cap, t->seen_cap, sizeof(cap));
	*t = (struct trace){ .p = p,
			     .w = p->flow,
			     .f = f,
			     .call = call,
			     .out = out,
			     .r = { .tables = tables, .mask = p->mask } };
	memcpy(t->seen, seen, sizeof(seen));
	memcpy(t->seen_cap, cap, sizeof(cap));
	enter(t, from);
}

bool code_trace(struct code_program *p, const struct code_function *f,
		uint32_t from, uint64_t wanted, struct code_traced *out)
{
	struct trace *t = p->trace;

	*out = (struct code_traced){ .block = CODE_NO_BLOCK,
				     .equal = CODE_NO_BLOCK,
				     .other = CODE_NO_BLOCK };
	/* What is followed costs more than what is propagated: a program that
	 * hides a text does so in one place. */
	if (p->traces == TRACES_MAX || from >= f->block_count)
		return false;
	p->traces++;
	if (!flow_again(p, f) || !p->flow->again.blocks[from].reached)
		return false;
	if (t == NULL) {
		t = p->trace = fw_alloc(p->arena, 1, sizeof(*t));
		t->r.tables =
			fw_alloc(p->arena, TRACE_TABLES, sizeof(*t->r.tables));
	}
	begin(t, p, f, from, wanted, out);
	t->letters_max = SIZE_MAX;
	run(t, from, CALL_DEPTH);
	if (t->guessed && t->letters >= LITERAL_MIN && wanted == 0) {
		size_t letters = t->letters;

		*out = (struct code_traced){ .block = CODE_NO_BLOCK,
					     .equal = CODE_NO_BLOCK,
					     .other = CODE_NO_BLOCK };
		begin(t, p, f, from, wanted, out);
		t->letters_max = letters;
		run(t, from, CALL_DEPTH);
	}
	if (wanted != 0)
		return t->found;
	return out->at != 0 && read_inputs(t);
}
