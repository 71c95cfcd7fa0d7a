/* state.c - one operation at a time: constant propagation's inner part */
#include "code/state.h"

enum { FIELD_MAX = 4096 /* bytes of an object */ };

#define V(id) (&p->values.v[id])

uint8_t code_opposite(uint8_t cond)
{
	static const uint8_t other[] = {
		[CODE_ALWAYS] = CODE_ALWAYS, [CODE_EQ] = CODE_NE,
		[CODE_NE] = CODE_EQ,	     [CODE_LESS] = CODE_GREATER,
		[CODE_GREATER] = CODE_LESS,  [CODE_ODD] = CODE_ODD,
	};

	return cond <= CODE_ODD ? other[cond] : (uint8_t)CODE_ODD;
}

void code_state_entry(struct code_program *p, struct code_state *s,
		      uint64_t function)
{
	const struct code_arch *a = p->arch;
	unsigned n = 0;

	memset(s->regs, 0, sizeof(s->regs));
	s->count = 0;
	s->regs[a->sp] = code_value(&p->values, CODE_STACK, 0, 0, 0);
	for (; n < sizeof(a->args) && a->args[n] != CODE_NONE; n++)
		s->regs[a->args[n]] = code_value(&p->values, CODE_ARG, 0, 0, n);
	if (a->self != CODE_NONE)
		s->regs[a->self] = code_const(&p->values, function);
	for (int32_t i = 0; i < 6; i++)
		code_store(p, s,
			   code_value(&p->values, CODE_STACK, 0, 0,
				      (uint64_t)(int64_t)(a->stack_args +
							  i * p->word)),
			   p->word,
			   code_value(&p->values, CODE_ARG, 0, 0,
				      n + (unsigned)i));
}

code_id code_register(struct code_program *p, const struct code_state *s,
		      uint8_t reg)
{
	if (reg >= CODE_REGS)
		return 0;
	if (reg == CODE_ZERO)
		return code_const(&p->values, 0);
	/* MIPS: every function's gp is the program's, however it was made. */
	if (reg == p->arch->gp && p->arch->self != CODE_NONE && p->gp != 0)
		return code_const(&p->values, p->gp);
	return s->regs[reg];
}

/* What lies in the file may change where it can be written; a pointer into the
 * program is most often the one that is used all the same. */
static code_id load_file(struct code_program *p, code_id address, uint8_t size)
{
	uint64_t at = V(address)->n, n;
	const struct code_range *r = code_range_of(p, at);
	const struct code_slot *slot =
		size == p->word ? code_slot_at(p, at) : NULL;

	if (slot != NULL)
		return slot->import == CODE_NO_IMPORT
			       ? code_const(&p->values, slot->value)
			       : code_value(&p->values, CODE_IMPORT, 0, 0,
					    slot->import);
	if (r != NULL && size <= 8 && code_read(p, at, size, &n) &&
	    (!r->write ||
	     (size == p->word && n != 0 && code_range_of(p, n) != NULL)))
		return code_const(&p->values, n);
	return code_value(&p->values, CODE_LOADED, size, address, 0);
}

/* The first slot that ends behind off. */
static size_t slot_from(const struct code_state *s, int64_t off)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->stack[mid].off + s->stack[mid].size <= off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

code_id code_load(struct code_program *p, const struct code_state *s,
		  code_id address, uint8_t size, uint64_t at)
{
	const struct code_value *a = V(address);

	if (address == 0)
		return code_value(&p->values, CODE_SITE, size, 0, at);
	if (a->kind == CODE_CONST)
		return load_file(p, address, size);
	if (a->kind == CODE_STACK) {
		size_t i = slot_from(s, (int64_t)a->n);

		if (i < s->count && s->stack[i].off == (int64_t)a->n &&
		    s->stack[i].size == size)
			return s->stack[i].value;
		/* A register is saved whole and a part of it read back. */
		if (i < s->count && s->stack[i].off == (int64_t)a->n &&
		    size < s->stack[i].size && !p->mode.big_endian &&
		    V(s->stack[i].value)->kind != CODE_CONST)
			return s->stack[i].value;
	}
	return code_value(&p->values, CODE_LOADED, size, address, 0);
}

void code_store(struct code_program *p, struct code_state *s, code_id address,
		uint8_t size, code_id value)
{
	const struct code_value *a = V(address);
	int64_t off = (int64_t)a->n;

	if (a->kind != CODE_STACK || off > INT32_MAX / 2 || off < INT32_MIN / 2)
		return;
	size_t from = slot_from(s, off), to = from;

	while (to < s->count && s->stack[to].off < off + size)
		to++;
	bool keep = value != 0 && (s->count - (to - from) < CODE_STACK_SLOTS);

	memmove(&s->stack[from + keep], &s->stack[to],
		(s->count - to) * sizeof(s->stack[0]));
	s->count = s->count - (to - from) + keep;
	if (keep)
		s->stack[from] = (struct code_stack_slot){ .off = (int32_t)off,
							   .size = size,
							   .value = value };
}

void code_forget(struct code_program *p, struct code_state *s, code_id buffer)
{
	const struct code_value *a = V(buffer);
	int64_t off = (int64_t)a->n;

	if (a->kind != CODE_STACK)
		return;
	size_t from = slot_from(s, off), to = from;

	/* What a buffer was filled with ends where its known bytes end. */
	while (to < s->count && s->stack[to].off <= off &&
	       (V(s->stack[to].value)->kind == CODE_CONST ||
		V(s->stack[to].value)->kind == CODE_LOADED)) {
		off = s->stack[to].off + s->stack[to].size;
		to++;
	}
	memmove(&s->stack[from], &s->stack[to],
		(s->count - to) * sizeof(s->stack[0]));
	s->count -= to - from;
}

void code_after_call(struct code_program *p, struct code_state *s, uint64_t at,
		     const struct code_kept *kept)
{
	for (const uint8_t *r = p->arch->clobbered; *r != CODE_NONE; r++)
		if (kept == NULL || (kept->bits[*r / 64] >> (*r % 64) & 1) == 0)
			s->regs[*r] = 0;
	memset(&s->regs[CODE_TMP], 0,
	       (CODE_FIRST - CODE_TMP) * sizeof(s->regs[0]));
	s->regs[p->arch->result] =
		code_value(&p->values, CODE_RESULT, 0, 0, at);
}

bool code_meet(code_id regs[CODE_REGS], struct code_stack_slot *stack,
	       uint32_t *count, const struct code_state *b)
{
	bool changed = false;
	uint32_t kept = 0;
	size_t j = 0;

	for (size_t i = 0; i < CODE_REGS; i++)
		if (regs[i] != b->regs[i] && regs[i] != 0) {
			regs[i] = 0;
			changed = true;
		}
	for (size_t i = 0; i < *count; i++) {
		while (j < b->count && b->stack[j].off < stack[i].off)
			j++;
		if (j < b->count && b->stack[j].off == stack[i].off &&
		    b->stack[j].size == stack[i].size &&
		    b->stack[j].value == stack[i].value)
			stack[kept++] = stack[i];
		else
			changed = true;
	}
	*count = kept;
	return changed;
}

static code_id sub(struct code_program *p, code_id a, code_id b)
{
	uint64_t x, y;

	if (a == 0 || b == 0)
		return 0;
	if (V(b)->kind == CODE_CONST)
		return code_value_add(&p->values, a, -V(b)->n, p->mask);
	code_id base = code_value_base(&p->values, a, &x);

	if (base == code_value_base(&p->values, b, &y))
		return code_const(&p->values, (x - y) & p->mask);
	return code_value(&p->values, CODE_DIFFERENCE, 0, a, b);
}

static code_id xor_const(struct code_program *p, code_id a, uint64_t n)
{
	struct code_value v = *V(a);

	if (v.kind == CODE_CONST)
		return code_const(&p->values, (v.n ^ n) & p->mask);
	if (n == 0 || a == 0)
		return a;
	if (v.kind == CODE_CONDITION && n == 1)
		return code_value(&p->values, CODE_CONDITION, 0, v.base,
				  code_opposite((uint8_t)v.n));
	if (v.kind == CODE_XORED)
		return code_value(&p->values, CODE_XORED, 0, v.base, v.n ^ n);
	return code_value(&p->values, CODE_XORED, 0, a, n);
}

static code_id mask(struct code_program *p, code_id a, uint64_t n)
{
	struct code_value v = *V(a);

	if (v.kind == CODE_CONST)
		return code_const(&p->values, v.n & n);
	if (n == 0)
		return code_const(&p->values, 0);
	/* Narrowing keeps what is asked of it: is it equal, is it zero? */
	if ((n & 0xff) == 0xff && (n & (n + 1)) == 0)
		return a;
	if (v.kind == CODE_CONDITION && (n & 1) != 0)
		return a;
	return a == 0 ? 0 : code_value(&p->values, CODE_MASKED, 0, a, n);
}

static code_id either(struct code_program *p, code_id a, code_id b)
{
	struct code_value v = *V(a), w = *V(b);

	if (v.kind == CODE_CONST && v.n == 0)
		return b;
	if (w.kind == CODE_CONST && w.n == 0)
		return a;
	if (v.kind == CODE_CONST && w.kind == CODE_CONST)
		return code_const(&p->values, v.n | w.n);
	if (a == 0 || b == 0)
		return 0;
	return code_value(&p->values, CODE_EITHER, 0, a, b);
}

static code_id exclusive(struct code_program *p, code_id a, code_id b)
{
	if (V(b)->kind == CODE_CONST)
		return xor_const(p, a, V(b)->n);
	if (V(a)->kind == CODE_CONST)
		return xor_const(p, b, V(a)->n);
	if (a == 0 || b == 0)
		return 0;
	if (a == b)
		return code_const(&p->values, 0);
	return code_value(&p->values, CODE_DIFFERENCE, 0, a, b);
}

static code_id shift(struct code_program *p, code_id a, int64_t by)
{
	struct code_value v = *V(a);

	if (by == 0)
		return a;
	if (v.kind == CODE_CONST && by > -64 && by < 64)
		return code_const(&p->values,
				  (by > 0 ? v.n << by : v.n >> -by) & p->mask);
	return a == 0 ? 0 : code_value(&p->values, CODE_MIXED, 0, a, 0);
}

static code_id add(struct code_program *p, code_id a, code_id b, uint64_t at)
{
	if (V(b)->kind == CODE_CONST)
		return code_value_add(&p->values, a, V(b)->n, p->mask);
	if (V(a)->kind == CODE_CONST)
		return code_value_add(&p->values, b, V(a)->n, p->mask);
	return a == 0 || b == 0 ? code_value(&p->values, CODE_SITE, 0, 0, at)
				: code_value(&p->values, CODE_SUM, 0, a, b);
}

static code_id address_of(struct code_program *p, const struct code_state *s,
			  uint8_t base, uint8_t index, int64_t off)
{
	code_id a = base == CODE_NONE ? code_const(&p->values, 0)
				      : code_register(p, s, base);

	if (index != CODE_NONE) {
		code_id i = code_register(p, s, index);

		if (V(i)->kind == CODE_CONST)
			a = code_value_add(&p->values, a, V(i)->n, p->mask);
		else if (V(a)->kind == CODE_CONST)
			a = code_value_add(&p->values, i, V(a)->n, p->mask);
		else
			a = 0;
	}
	return code_value_add(&p->values, a, (uint64_t)off, p->mask);
}

static code_id flags_of(struct code_program *p, const struct code_state *s,
			const struct code_operation *op)
{
	code_id a = code_register(p, s, op->a);
	code_id b = op->b == CODE_NONE ? code_const(&p->values,
						    (uint64_t)op->imm & p->mask)
				       : code_register(p, s, op->b);

	return code_value(&p->values,
			  op->op == CODE_TEST ? CODE_TESTED : CODE_COMPARED,
			  op->size, a, b);
}

static code_id result_of(struct code_program *p, const struct code_state *s,
			 const struct code_operation *op, uint64_t at)
{
	code_id a = code_register(p, s, op->a), b = code_register(p, s, op->b);
	uint64_t imm = (uint64_t)op->imm;

	switch ((enum code_op)op->op) {
	case CODE_SET:
		return code_const(&p->values, imm);
	case CODE_MOVE:
		return a;
	case CODE_ADDI:
		return code_value_add(&p->values, a, imm, p->mask);
	case CODE_ADD:
		return add(p, a, b, at);
	case CODE_SUB:
		return sub(p, a, b);
	case CODE_ANDI:
		return mask(p, a, imm & p->mask);
	case CODE_ORI:
		return either(p, a, code_const(&p->values, imm & p->mask));
	case CODE_OR:
		return either(p, a, b);
	case CODE_XORI:
		/* What compares a word by its halves begins with the upper one. */
		if (a == 0 && imm > 0xffff && (imm & 0xffff) == 0)
			a = code_value(&p->values, CODE_SITE, 0, 0, at);
		return xor_const(p, a, imm & p->mask);
	case CODE_XOR:
		return exclusive(p, a, b);
	case CODE_SHIFT:
		return shift(p, a, op->imm);
	case CODE_MIX:
		/* Of a product with a constant the other factor tells more. */
		if (op->b != CODE_NONE && b != 0 && V(a)->kind == CODE_CONST)
			a = b;
		return a == 0 ? 0 : code_value(&p->values, CODE_MIXED, 0, a, 0);
	case CODE_COMPARE:
	case CODE_TEST:
		return flags_of(p, s, op);
	case CODE_CSET:
		return a == 0 ? 0
			      : code_value(&p->values, CODE_CONDITION, 0, a,
					   op->cond);
	default:
		return 0;
	}
}

static code_id insert(struct code_program *p, code_id old,
		      const struct code_operation *op)
{
	uint64_t hole = UINT64_C(0xffff) << (op->off & 63);
	const struct code_value *v = V(old);

	if (v->kind != CODE_CONST)
		return 0;
	return code_const(&p->values,
			  ((v->n & ~hole) |
			   (((uint64_t)op->imm << (op->off & 63)) & hole)) &
				  p->mask);
}

void code_step(struct code_program *p, struct code_state *s,
	       const struct code_operation *op, uint64_t at)
{
	code_id v, address;

	switch ((enum code_op)op->op) {
	case CODE_LOAD:
		address = address_of(p, s, op->a, op->b, op->off);
		v = code_load(p, s, address, op->size, at);
		/* Of an object that is not known, the field is. */
		if (address == 0 && op->b == CODE_NONE && op->a != CODE_NONE &&
		    op->off > 0 && op->off < FIELD_MAX)
			v = code_value(&p->values, CODE_SITE, op->size,
				       (code_id)op->off, at);
		break;
	case CODE_STORE:
		address = address_of(p, s, op->a, op->dst, op->off);
		v = op->b == CODE_NONE
			    ? code_const(&p->values, (uint64_t)op->imm)
			    : code_register(p, s, op->b);
		code_store(p, s, address, op->size, v);
		return;
	case CODE_INSERT:
		v = insert(p, code_register(p, s, op->dst), op);
		break;
	case CODE_CMOV:
		v = code_value(&p->values, CODE_SITE, 0, 0, at);
		break;
	case CODE_SYSCALL:
		s->regs[p->arch->result] =
			code_value(&p->values, CODE_RESULT, 0, 0, at);
		return;
	default:
		v = result_of(p, s, op, at);
		break;
	}
	if (op->dst < CODE_REGS && op->dst != CODE_ZERO)
		s->regs[op->dst] = v;
}

code_id code_argument(struct code_program *p, const struct code_state *s,
		      unsigned n, bool tail)
{
	const struct code_arch *a = p->arch;
	unsigned in_regs = 0;

	while (in_regs < sizeof(a->args) && a->args[in_regs] != CODE_NONE)
		in_regs++;
	if (n < in_regs)
		return code_register(p, s, a->args[n]);
	code_id sp = code_register(p, s, a->sp);

	if (V(sp)->kind != CODE_STACK)
		return 0;
	int32_t first = tail ? a->stack_args : a->call_args;
	code_id at = code_value_add(
		&p->values, sp,
		(uint64_t)(int64_t)(first + (int32_t)(n - in_regs) * p->word),
		p->mask);
	size_t i = slot_from(s, (int64_t)V(at)->n);

	return i < s->count && s->stack[i].off == (int64_t)V(at)->n
		       ? s->stack[i].value
		       : 0;
}

/* The i-th byte of what a slot of the stack holds. */
static bool slot_byte(const struct code_program *p,
		      const struct code_stack_slot *slot, unsigned i,
		      uint8_t *byte)
{
	const struct code_value *v = V(slot->value);
	uint64_t n;

	if (v->kind == CODE_CONST && slot->size <= 8) {
		unsigned at = p->mode.big_endian ? slot->size - 1u - i : i;

		*byte = (uint8_t)(v->n >> at * 8);
		return true;
	}
	if (v->kind != CODE_LOADED || V(v->base)->kind != CODE_CONST ||
	    i >= v->size || !code_read(p, V(v->base)->n + i, 1, &n))
		return false;
	*byte = (uint8_t)n;
	return true;
}

size_t code_stack_text(const struct code_program *p, const struct code_state *s,
		       int64_t off, char *to, size_t max)
{
	size_t n = 0;

	for (size_t i = slot_from(s, off); i < s->count && n < max; i++) {
		const struct code_stack_slot *slot = &s->stack[i];

		if (slot->off > off)
			break;
		for (; off < slot->off + slot->size && n < max; off++) {
			uint8_t c;

			if (!slot_byte(p, slot, (unsigned)(off - slot->off),
				       &c) ||
			    c == 0)
				return n;
			to[n++] = (char)c;
		}
	}
	return n;
}

bool code_test_of(const struct code_values *t, code_id flags, uint8_t cond,
		  struct code_test *test)
{
	for (int depth = 0; depth < 8; depth++) {
		const struct code_value *f = &t->v[flags];

		if (f->kind != CODE_COMPARED && f->kind != CODE_TESTED)
			return false;
		const struct code_value *left = &t->v[f->base];
		const struct code_value *right = &t->v[f->n];
		bool zero = right->kind == CODE_CONST && right->n == 0;
		bool one = right->kind == CODE_CONST && right->n == 1;

		/* 0 or 1 is greater than 0 when it is not 0. */
		if (left->kind == CODE_CONDITION && zero &&
		    cond == CODE_GREATER)
			cond = CODE_NE;
		else if (left->kind == CODE_CONDITION && zero &&
			 cond == CODE_LESS)
			cond = CODE_EQ;
		if (left->kind == CODE_CONDITION && (zero || one) &&
		    (cond == CODE_EQ || cond == CODE_NE)) {
			/* A bit that is tested for being set or not. */
			bool same = f->kind == CODE_TESTED
					    ? cond == CODE_NE
					    : (cond == CODE_EQ) == one;

			cond = same ? (uint8_t)left->n
				    : code_opposite((uint8_t)left->n);
			flags = left->base;
			continue;
		}
		*test = (struct code_test){ .left = f->base,
					    .right = (code_id)f->n,
					    .cond = cond,
					    .size = f->size };
		return f->kind == CODE_COMPARED;
	}
	return false;
}
