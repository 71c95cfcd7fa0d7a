/* x86_vector.c - x86: moves and compares of eight and sixteen bytes in SSE
 *
 * Compilers copy strings and inline compares through vector registers. Lanes of
 * a machine word are values like any other. A compare of bytes is a ^ b, which
 * is 0 where all are equal; the mask made of it is 0xffff then, and only then.
 */
#include "code/x86.h"

/* Where the lanes of an operand come from. */
struct source {
	uint8_t lane; /* of a vector register, or CODE_NONE */
	uint8_t reg;  /* one of general use, or CODE_NONE */
	bool memory;
	struct x86_place place;
};

static struct source source_of(struct x86 *x, const cs_x86_op *op)
{
	struct source s = { x86_lane(x, op), CODE_NONE, false, { 0 } };

	if (op->type == X86_OP_MEM) {
		s.memory = true;
		s.place = x86_place(x, op);
	} else if (op->type == X86_OP_REG) {
		s.reg = x86_number(op->reg);
	}
	return s;
}

/* dst = lane i of s, of which there are bytes; 0 behind them. */
static void lane_into(struct x86 *x, uint8_t dst, const struct source *s,
		      unsigned i, unsigned bytes)
{
	unsigned at = i * x->word;

	if (at >= bytes) {
		x86_set(x, dst, 0);
	} else if (s->memory) {
		struct x86_place p = s->place;

		p.off += at;
		x86_load(
			x, dst, &p,
			(uint8_t)(bytes - at < x->word ? bytes - at : x->word));
	} else if (s->lane != CODE_NONE) {
		x86_copy(x, dst, (uint8_t)(s->lane + i), x->word);
	} else if (s->reg != CODE_NONE) {
		x86_copy(x, dst, s->reg, x->word);
	} else {
		x86_clobber(x, dst);
	}
	if (bytes == 4 && i == 0 && x->word == 8 && !s->memory)
		x86_op(x, CODE_ANDI, dst, dst,
		       (struct x86_value){ CODE_NONE, 0xffffffff }, x->word);
}

/* The register of lane i of s: its own, or tmp. */
static uint8_t lane_read(struct x86 *x, const struct source *s, unsigned i,
			 uint8_t tmp)
{
	if (s->lane != CODE_NONE)
		return (uint8_t)(s->lane + i);
	lane_into(x, tmp, s, i, X86_VECTOR);
	return tmp;
}

static void store_lanes(struct x86 *x, const cs_x86_op *to,
			const cs_x86_op *from, unsigned bytes)
{
	struct x86_place p = x86_place(x, to);
	struct source s = source_of(x, from);

	for (unsigned at = 0; at < bytes; at += x->word) {
		uint8_t n =
			(uint8_t)(bytes - at < x->word ? bytes - at : x->word);
		uint8_t reg = lane_read(x, &s, at / x->word, CODE_TMP);

		x86_store(x, &p, (struct x86_value){ reg, 0 }, n);
		p.off += n;
	}
	if (to->size > X86_VECTOR)
		x86_store_unknown(x, &p, (unsigned)to->size - X86_VECTOR);
}

/* movss and movsd between registers leave the rest as it was. */
static void merge_lanes(struct x86 *x, uint8_t dst, uint8_t from,
			unsigned bytes)
{
	if (bytes < x->word)
		x86_clobber(x, dst);
	for (unsigned i = 0; i < bytes / x->word; i++)
		x86_copy(x, (uint8_t)(dst + i), (uint8_t)(from + i), x->word);
}

static bool is_scalar(const struct x86 *x)
{
	return x->in->id == X86_INS_MOVSS || x->in->id == X86_INS_MOVSD;
}

/* arg: bytes that are moved, or 0: all. */
bool x86_vector_move(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0], *from = &x->d->operands[1];
	unsigned bytes = arg != 0 ? arg : X86_VECTOR;
	uint8_t dst = x86_lane(x, to);

	if (x->d->op_count != 2)
		return x86_unknown(x, 0);
	if (to->type == X86_OP_MEM) {
		store_lanes(x, to, from, bytes);
		return true;
	}

	struct source s = source_of(x, from);

	if (dst == CODE_NONE) {
		if (x86_number(to->reg) != CODE_NONE)
			lane_into(x, x86_number(to->reg), &s, 0, bytes);
	} else if (s.lane != CODE_NONE && is_scalar(x)) {
		merge_lanes(x, dst, s.lane, bytes);
	} else {
		for (uint8_t i = 0; i < x86_lanes(x); i++)
			lane_into(x, (uint8_t)(dst + i), &s, i, bytes);
	}
	return true;
}

/* The two sources of an operation: of the last two operands. */
static uint8_t sources(struct x86 *x, struct source *a, struct source *b)
{
	const cs_x86_op *ops = x->d->operands;
	uint8_t n = x->d->op_count, dst = x86_lane(x, &ops[0]);

	if (n < 2 || n > 3 || dst == CODE_NONE || ops[n - 1].type == X86_OP_IMM)
		return CODE_NONE;
	*a = source_of(x, &ops[n - 2]);
	*b = source_of(x, &ops[n - 1]);
	return dst;
}

/* arg: CODE_XOR, CODE_OR, CODE_MIX; CODE_SUB is a mix, and 0 of itself. */
bool x86_vector_op(struct x86 *x, uint8_t arg)
{
	struct source a, b;
	uint8_t dst = sources(x, &a, &b);

	if (dst == CODE_NONE)
		return x86_unknown(x, 0);
	for (uint8_t i = 0; i < x86_lanes(x); i++) {
		uint8_t d = (uint8_t)(dst + i);
		uint8_t l = lane_read(x, &a, i, CODE_TMP);
		uint8_t r = lane_read(x, &b, i, X86_TMP2);

		if (l == r && (arg == CODE_XOR || arg == CODE_SUB))
			x86_set(x, d, 0);
		else
			x86_op(x, arg == CODE_SUB ? CODE_MIX : arg, d, l,
			       (struct x86_value){ r, 0 }, x->word);
	}
	return true;
}

/* pcmpeqb: arg CODE_XOR; other widths: CODE_MIX. A register that is compared
 * with itself becomes all ones. */
bool x86_vector_equal(struct x86 *x, uint8_t arg)
{
	struct source a, b;
	uint8_t dst = sources(x, &a, &b);

	if (dst == CODE_NONE || a.lane != b.lane)
		return x86_vector_op(x, arg);
	for (uint8_t i = 0; i < x86_lanes(x); i++)
		x86_set(x, (uint8_t)(dst + i), x86_mask(-1, x->word));
	return true;
}

/* CODE_TMP = all lanes, or-ed. */
static bool any_lane(struct x86 *x, const cs_x86_op *op)
{
	uint8_t lane = x86_lane(x, op), sum = lane;

	if (lane == CODE_NONE || op->size != X86_VECTOR)
		return false;
	for (uint8_t i = 1; i < x86_lanes(x); i++) {
		x86_op(x, CODE_OR, CODE_TMP, sum,
		       (struct x86_value){ (uint8_t)(lane + i), 0 }, x->word);
		sum = CODE_TMP;
	}
	return true;
}

/* pmovmskb */
bool x86_vector_mask(struct x86 *x, uint8_t arg)
{
	uint8_t dst = x86_number(x->d->operands[0].reg);

	(void)arg;
	if (!any_lane(x, &x->d->operands[1]))
		return x86_unknown(x, 0);
	x86_op(x, CODE_XORI, dst, CODE_TMP,
	       (struct x86_value){ CODE_NONE, 0xffff }, x->word);
	return true;
}

/* ptest; of two registers only the flags' loss is told. */
bool x86_vector_test(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *ops = x->d->operands;

	(void)arg;
	if (x86_same(&ops[0], &ops[1]) && any_lane(x, &ops[0]))
		x86_compare(x, CODE_FLAGS, CODE_TMP,
			    (struct x86_value){ CODE_NONE, 0 }, x->word);
	else
		x86_clobber(x, CODE_FLAGS);
	return true;
}

/* movhps [m], xmm: half a register, from its lane. */
static bool store_half(struct x86 *x, uint8_t lane)
{
	struct x86_place p = x86_place(x, &x->d->operands[0]);

	for (uint8_t at = 0; at < X86_VECTOR / 2; at += x->word) {
		x86_store(x, &p, (struct x86_value){ lane++, 0 }, x->word);
		p.off += x->word;
	}
	return true;
}

/* A half of dst = a half of the last operand. arg: 1 dst's high half, 2 the
 * source's, of which memory has one. The other half stays: three operands are
 * told only where the second one is dst. */
bool x86_vector_half(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *ops = x->d->operands;
	uint8_t n = x->d->op_count, half = (uint8_t)(x86_lanes(x) / 2);
	uint8_t dst = x86_lane(x, &ops[0]);
	uint8_t high = (uint8_t)((arg & 1) * half);

	if (n == 2 && ops[0].type == X86_OP_MEM &&
	    x86_lane(x, &ops[1]) != CODE_NONE)
		return store_half(x, (uint8_t)(x86_lane(x, &ops[1]) + high));
	if (dst == CODE_NONE || n < 2 ||
	    (n == 3 && !x86_same(&ops[0], &ops[1])))
		return x86_unknown(x, 0);

	struct source s = source_of(x, &ops[n - 1]);
	uint8_t from = s.memory || (arg & 2) == 0 ? 0 : half;

	for (uint8_t i = 0; i < half; i++)
		lane_into(x, (uint8_t)(dst + high + i), &s, from + i,
			  X86_VECTOR);
	return true;
}

/* Half of dst = a half of s, each by its number; through tmp. */
static void halves(struct x86 *x, uint8_t dst, uint8_t lane, unsigned low,
		   unsigned high)
{
	uint8_t half = (uint8_t)(x86_lanes(x) / 2);

	for (uint8_t i = 0; i < half; i++) {
		x86_copy(x, CODE_TMP, (uint8_t)(lane + low * half + i),
			 x->word);
		x86_copy(x, X86_TMP2, (uint8_t)(lane + high * half + i),
			 x->word);
		x86_copy(x, (uint8_t)(dst + i), CODE_TMP, x->word);
		x86_copy(x, (uint8_t)(dst + half + i), X86_TMP2, x->word);
	}
}

/* punpckhqdq, unpckhpd */
bool x86_vector_high(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *ops = x->d->operands;
	uint8_t dst = x86_lane(x, &ops[0]), from = x86_lane(x, &ops[1]);
	uint8_t half = (uint8_t)(x86_lanes(x) / 2);

	(void)arg;
	if (x->d->op_count != 2 || dst == CODE_NONE || from == CODE_NONE)
		return x86_unknown(x, 0);
	for (uint8_t i = 0; i < half; i++) {
		x86_copy(x, (uint8_t)(dst + i), (uint8_t)(dst + half + i),
			 x->word);
		x86_copy(x, (uint8_t)(dst + half + i),
			 (uint8_t)(from + half + i), x->word);
	}
	return true;
}

/* pshufd; only where it moves halves. */
bool x86_vector_quads(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *ops = x->d->operands;
	uint8_t dst = x86_lane(x, &ops[0]), from = x86_lane(x, &ops[1]);
	unsigned low, high;

	(void)arg;
	if (x->d->op_count != 3 || dst == CODE_NONE || from == CODE_NONE)
		return x86_unknown(x, 0);
	low = (unsigned)ops[2].imm & 15;
	high = (unsigned)ops[2].imm >> 4 & 15;
	if ((low != 0x4 && low != 0xe) || (high != 0x4 && high != 0xe))
		return x86_unknown(x, 0);
	halves(x, dst, from, low == 0xe, high == 0xe);
	return true;
}

/* psrldq by whole lanes */
bool x86_vector_down(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *ops = x->d->operands;
	uint8_t n = x->d->op_count, lanes = x86_lanes(x);
	uint8_t dst = x86_lane(x, &ops[0]);
	unsigned by = (unsigned)ops[n - 1].imm & 0xff;

	(void)arg;
	if (n != 2 || dst == CODE_NONE || by % x->word != 0)
		return x86_unknown(x, 0);
	by /= x->word;
	for (uint8_t i = 0; i < lanes; i++)
		if (i + by < lanes)
			x86_copy(x, (uint8_t)(dst + i), (uint8_t)(dst + i + by),
				 x->word);
		else
			x86_set(x, (uint8_t)(dst + i), 0);
	return true;
}

/* The lane that part imm of bytes lies in, and whether it is its upper half. */
static uint8_t part_of(const struct x86 *x, uint8_t lane, int64_t imm,
		       uint8_t bytes, bool *upper)
{
	unsigned at = (unsigned)imm * bytes % X86_VECTOR;

	*upper = at % x->word != 0;
	return (uint8_t)(lane + at / x->word);
}

static void imm_op(struct x86 *x, enum code_op op, uint8_t reg, int64_t imm)
{
	x86_op(x, op, reg, reg, (struct x86_value){ CODE_NONE, imm }, x->word);
}

/* pinsrd, pinsrq: arg 4, 8 bytes */
bool x86_vector_insert(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *ops = x->d->operands;
	uint8_t dst = x86_lane(x, &ops[0]);
	bool upper;

	if (x->d->op_count != 3 || dst == CODE_NONE || arg > x->word)
		return x86_unknown(x, 0);
	dst = part_of(x, dst, ops[2].imm, arg, &upper);
	if (arg == x->word) {
		x86_read_into(x, dst, &ops[1]);
		return true;
	}
	x86_read_into(x, X86_TMP2, &ops[1]);
	imm_op(x, CODE_ANDI, X86_TMP2, 0xffffffff);
	if (upper)
		imm_op(x, CODE_SHIFT, X86_TMP2, 32);
	imm_op(x, CODE_ANDI, dst, upper ? 0xffffffff : ~INT64_C(0xffffffff));
	x86_op(x, CODE_OR, dst, dst, (struct x86_value){ X86_TMP2, 0 },
	       x->word);
	return true;
}

/* pextrd, pextrq: arg 4, 8 bytes */
bool x86_vector_extract(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *ops = x->d->operands;
	uint8_t from = x86_lane(x, &ops[1]), dst = CODE_TMP;
	bool upper;

	if (x->d->op_count != 3 || from == CODE_NONE || arg > x->word)
		return x86_unknown(x, 0);
	from = part_of(x, from, ops[2].imm, arg, &upper);
	if (ops[0].type == X86_OP_REG)
		dst = x86_number(ops[0].reg);
	x86_copy(x, dst, from, x->word);
	if (upper)
		imm_op(x, CODE_SHIFT, dst, -32);
	else if (arg < x->word)
		imm_op(x, CODE_ANDI, dst, 0xffffffff);
	x86_write_back(x, &ops[0], dst);
	return true;
}
