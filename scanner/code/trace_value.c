/* trace_value.c - arithmetic of what is known on one way */
#include "code/trace_value.h"

#include <ctype.h>

static const struct trace_value unknown = { .kind = TRACE_UNKNOWN };

static bool has(const uint64_t *set, unsigned c)
{
	return (set[c / 64] >> c % 64 & 1) != 0;
}

static unsigned count(const uint64_t *set)
{
	unsigned n = 0;

	for (size_t i = 0; i < TRACE_BYTES / 64; i++)
		n += (unsigned)__builtin_popcountll(set[i]);
	return n;
}

static uint16_t *table(struct trace_room *r)
{
	return r->table_count == TRACE_TABLES ? NULL
					      : r->tables[r->table_count++].of;
}

static struct trace_value of_table(uint8_t input, const uint16_t *of)
{
	return of == NULL ? unknown
			  : (struct trace_value){ .kind = TRACE_BYTE,
						  .input = input,
						  .of = of };
}

struct trace_value trace_byte(struct trace_room *r, uint32_t base, int64_t off)
{
	uint16_t *of;
	size_t i = 0;

	while (i < r->input_count &&
	       (r->inputs[i].base != base || r->inputs[i].off != off))
		i++;
	if (i == TRACE_INPUTS)
		return unknown;
	if (i == r->input_count) {
		r->inputs[i] = (struct trace_input){ .base = base, .off = off };
		memset(r->inputs[i].may, 0xff, sizeof(r->inputs[i].may));
		r->input_count++;
	}
	of = table(r);
	for (unsigned c = 0; of != NULL && c < TRACE_BYTES; c++)
		of[c] = (uint16_t)c;
	return of_table((uint8_t)i, of);
}

static uint64_t mixed(const struct code_operation *op, uint64_t a, uint64_t b,
		      bool *known)
{
	switch ((enum code_mix)op->imm) {
	case CODE_MIX_NOT:
		return ~a;
	case CODE_MIX_NEG:
		return -a;
	case CODE_MIX_MUL:
		return a * b;
	case CODE_MIX_AND:
		return a & b;
	case CODE_MIX_NOR:
		return ~(a | b);
	default:
		*known = false;
		return 0;
	}
}

static uint64_t number(const struct code_operation *op, uint64_t a, uint64_t b,
		       bool *known)
{
	switch ((enum code_op)op->op) {
	case CODE_MOVE:
		return a;
	case CODE_ADDI:
	case CODE_ADD:
		return a + b;
	case CODE_SUB:
		return a - b;
	case CODE_ANDI:
		return a & b;
	case CODE_ORI:
	case CODE_OR:
		return a | b;
	case CODE_XORI:
	case CODE_XOR:
		return a ^ b;
	case CODE_SHIFT:
		if (op->imm >= 64 || op->imm <= -64)
			return 0;
		return op->imm >= 0 ? a << op->imm : a >> -op->imm;
	case CODE_MIX:
		return mixed(op, a, b, known);
	default:
		*known = false;
		return 0;
	}
}

/* Values that are zero only together: (a ^ x) | (b ^ y). */
static uint16_t add_parts(struct trace_room *r, struct trace_value v,
			  uint16_t next)
{
	if (v.kind == TRACE_BYTE && r->part_count < TRACE_INPUTS * 2) {
		r->parts[r->part_count++] = (struct trace_part){ v, next };
		return (uint16_t)r->part_count;
	}
	while (v.node != 0 && r->part_count < TRACE_INPUTS * 2) {
		struct trace_part p = r->parts[v.node - 1];

		v.node = p.next;
		p.next = next;
		r->parts[r->part_count++] = p;
		next = (uint16_t)r->part_count;
	}
	return next;
}

static struct trace_value either(struct trace_room *r, struct trace_value a,
				 struct trace_value b)
{
	if (a.kind == TRACE_NUMBER && a.n == 0)
		return b;
	if (b.kind == TRACE_NUMBER && b.n == 0)
		return a;
	if (a.kind < TRACE_BYTE || b.kind < TRACE_BYTE)
		return unknown;
	return (struct trace_value){
		.kind = TRACE_SUM, .node = add_parts(r, b, add_parts(r, a, 0))
	};
}

static struct trace_value by_table(struct trace_room *r,
				   const struct code_operation *op,
				   struct trace_value a, struct trace_value b)
{
	uint8_t input = a.kind == TRACE_BYTE ? a.input : b.input;
	bool known = true;
	uint16_t *of = table(r);

	for (unsigned c = 0; of != NULL && c < TRACE_BYTES; c++)
		of[c] = (uint16_t)number(
			op, a.kind == TRACE_BYTE ? a.of[c] : a.n,
			b.kind == TRACE_BYTE ? b.of[c] : b.n, &known);
	return known ? of_table(input, of) : unknown;
}

/* Moves on in an object; of two addresses of one, how far they are apart. */
static struct trace_value by_address(struct trace_room *r,
				     const struct code_operation *op,
				     struct trace_value a, struct trace_value b)
{
	bool adds = op->op == CODE_ADD || op->op == CODE_ADDI;

	(void)r;
	if (op->op == CODE_MOVE)
		return a;
	if (op->op == CODE_SUB && a.kind == b.kind && a.base == b.base)
		return trace_number(a.n - b.n);
	if (a.kind == TRACE_ADDRESS && b.kind == TRACE_NUMBER &&
	    (adds || op->op == CODE_SUB))
		a.n += adds ? b.n : -b.n;
	else if (b.kind == TRACE_ADDRESS && a.kind == TRACE_NUMBER && adds) {
		b.n += a.n;
		a = b;
	} else if (op->op != CODE_ANDI)
		return unknown;
	return a;
}

struct trace_value trace_apply(struct trace_room *r,
			       const struct code_operation *op,
			       struct trace_value a, struct trace_value b)
{
	bool known = true;

	if (op->op == CODE_MOVE)
		return a;
	if (a.kind == TRACE_NUMBER && b.kind == TRACE_NUMBER) {
		uint64_t n = number(op, a.n, b.n, &known) & r->mask;

		return known ? trace_number(n) : unknown;
	}
	if (a.kind == TRACE_ADDRESS || b.kind == TRACE_ADDRESS)
		return by_address(r, op, a, b);
	if (op->op == CODE_ANDI && a.kind == TRACE_SUM && (b.n & 0xff) == 0xff)
		return a;
	if (a.kind == TRACE_UNKNOWN || b.kind == TRACE_UNKNOWN ||
	    a.kind == TRACE_SUM || b.kind == TRACE_SUM ||
	    (a.kind == TRACE_BYTE && b.kind == TRACE_BYTE &&
	     a.input != b.input))
		return op->op == CODE_OR ? either(r, a, b) : unknown;
	return by_table(r, op, a, b);
}

static uint64_t cut(uint64_t n, uint8_t size)
{
	return size == 0 || size >= 8 ? n : n & ((UINT64_C(1) << size * 8) - 1);
}

static bool holds(enum code_cond cond, bool or_equal, uint64_t a, uint64_t b)
{
	/* Counters are small: signs do not matter to them. */
	int64_t x = (int64_t)a, y = (int64_t)b;

	switch (cond) {
	case CODE_EQ:
		return a == b;
	case CODE_NE:
		return a != b;
	case CODE_LESS:
		return x < y || (or_equal && x == y);
	default:
		return x > y || (or_equal && x == y);
	}
}

static bool holds_for(enum code_cond cond, bool or_equal, bool test,
		      uint8_t size, uint64_t a, uint64_t b)
{
	if (test)
		return holds(cond, or_equal, cut(a & b, size), 0);
	/* The rest of a register is not always what it should be: a byte that
	 * was widened counts as one. */
	if ((a > 255) != (b > 255) && size < 8)
		return holds(cond, or_equal, a & 0xff, b & 0xff);
	return holds(cond, or_equal, cut(a, size), cut(b, size));
}

struct trace_choice trace_decide(struct trace_room *r, enum code_cond cond,
				 bool or_equal, bool test, uint8_t size,
				 struct trace_value a, struct trace_value b)
{
	struct trace_choice c = { .known = -2 };

	if (cond == CODE_ODD || cond == CODE_ALWAYS)
		return c;
	if (a.kind == TRACE_ADDRESS && b.kind == TRACE_ADDRESS &&
	    a.base == b.base)
		a.kind = b.kind = TRACE_NUMBER;
	if (a.kind == TRACE_NUMBER && b.kind == TRACE_NUMBER) {
		uint64_t x = cut(a.n, size), y = cut(b.n, size);

		c.known = test ? holds(cond, or_equal, x & y, 0)
			       : holds(cond, or_equal, x, y);
		return c;
	}
	if (a.kind == TRACE_SUM && (cond == CODE_EQ || cond == CODE_NE) &&
	    (test || (b.kind == TRACE_NUMBER && b.n == 0))) {
		c.known = -1;
		c.node = a.node;
		c.yes_count = 1;
		c.no_count = TRACE_BYTES;
		return c;
	}
	if ((a.kind != TRACE_BYTE && a.kind != TRACE_NUMBER) ||
	    (b.kind != TRACE_BYTE && b.kind != TRACE_NUMBER) ||
	    (a.kind == b.kind && a.input != b.input))
		return c;
	c.input = a.kind == TRACE_BYTE ? a.input : b.input;
	for (unsigned w = 0; w < TRACE_BYTES / 64; w++) {
		uint64_t may = r->inputs[c.input].may[w], yes = 0;

		for (uint64_t left = may; left != 0; left &= left - 1) {
			unsigned i = w * 64 + (unsigned)__builtin_ctzll(left);

			if (holds_for(cond, or_equal, test, size,
				      a.of != NULL ? a.of[i] : a.n,
				      b.of != NULL ? b.of[i] : b.n))
				yes |= left & -left;
		}
		c.yes[w] = yes;
		c.no[w] = may & ~yes;
	}
	if (a.kind == TRACE_NUMBER || b.kind == TRACE_NUMBER)
		c.letter = (uint8_t)(a.kind == TRACE_NUMBER ? a.n : b.n);
	c.yes_count = count(c.yes);
	c.no_count = count(c.no);
	c.known = c.yes_count == 0 ? 0 : c.no_count == 0 ? 1 : -1;
	return c;
}

struct trace_value trace_select(struct trace_room *r,
				const struct trace_choice *c,
				struct trace_value a, struct trace_value b)
{
	bool fits = (a.kind == TRACE_NUMBER ||
		     (a.kind == TRACE_BYTE && a.input == c->input)) &&
		    (b.kind == TRACE_NUMBER ||
		     (b.kind == TRACE_BYTE && b.input == c->input));
	uint16_t *of;

	if (c->known >= 0)
		return c->known == 1 ? a : b;
	if (c->known != -1 || c->node != 0 || !fits)
		return unknown;
	of = table(r);
	for (unsigned i = 0; of != NULL && i < TRACE_BYTES; i++) {
		const struct trace_value *v = has(c->yes, i) ? &a : &b;

		of[i] = (uint16_t)(v->of != NULL ? v->of[i] : v->n);
	}
	return of_table(c->input, of);
}

void trace_take(struct trace_room *r, const struct trace_choice *c, bool yes)
{
	if (c->known != -1)
		return;
	if (c->node == 0) {
		memcpy(r->inputs[c->input].may, yes ? c->yes : c->no,
		       sizeof(c->yes));
		r->inputs[c->input].letter = c->letter;
		return;
	}
	for (uint16_t n = c->node; n != 0; n = r->parts[n - 1].next) {
		const struct trace_value *v = &r->parts[n - 1].v;
		uint64_t *may = r->inputs[v->input].may;

		for (unsigned i = 0; i < TRACE_BYTES; i++)
			if ((v->of[i] & 0xff) != 0)
				may[i / 64] &= ~(UINT64_C(1) << i % 64);
	}
}

int trace_only(const struct trace_input *in)
{
	int found = -1;

	for (unsigned i = 0; i < TRACE_BYTES; i++) {
		if (!has(in->may, i))
			continue;
		if (found >= 0 && !(isalpha((int)i) && (found | 32) == (int)i))
			return -1;
		found = (int)i;
	}
	return isalpha(found > 0 ? found : 0) &&
			       (in->letter | 32) == (found | 32)
		       ? in->letter
		       : found;
}
