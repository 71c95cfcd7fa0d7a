/* x86_integer.c - x86: moves, arithmetic and compares of whole numbers */
#include "code/x86.h"

static const struct x86_value ZERO = { CODE_NONE, 0 };

static struct x86_value constant(int64_t imm)
{
	return (struct x86_value){ CODE_NONE, imm };
}

/* mov, movzx, movsx, movsxd, movabs: signs do not matter. */
bool x86_mov(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0], *from = &x->d->operands[1];

	(void)arg;
	if (to->type == X86_OP_MEM) {
		struct x86_value v = x86_read(x, from, X86_TMP2);
		struct x86_place p = x86_place(x, to);

		x86_store(x, &p, v, to->size);
		return true;
	}

	uint8_t dst = x86_number(to->reg);

	if (x86_is_high(to))
		x86_clobber(x, dst);
	else if (dst != CODE_NONE)
		x86_read_into(x, dst, from);
	return true;
}

bool x86_lea(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	struct x86_place p = x86_place(x, &x->d->operands[1]);
	uint8_t dst = x86_number(to->reg), size = to->size;

	(void)arg;
	if (!p.known)
		x86_clobber(x, dst);
	else if (p.base == CODE_NONE)
		x86_set(x, dst, x86_mask(p.off, size));
	else if (p.index == CODE_NONE && p.off == 0)
		x86_copy(x, dst, p.base, size);
	else if (p.index == CODE_NONE)
		x86_addi(x, dst, p.base, p.off, size);
	else
		x86_op(x, CODE_ADD, dst, p.base,
		       (struct x86_value){ p.index, 0 }, size);
	if (p.known && p.index != CODE_NONE && p.off != 0)
		x86_addi(x, dst, dst, p.off, size);
	return true;
}

bool x86_add(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	struct x86_value b = x86_read(x, &x->d->operands[1], X86_TMP2);
	uint8_t a = x86_read(x, to, CODE_TMP).reg;

	(void)arg;
	if (b.reg == CODE_NONE)
		x86_addi(x, a, a, x86_signed(b.imm, to->size), to->size);
	else
		x86_op(x, CODE_ADD, a, a, b, to->size);
	x86_result(x, a, to->size);
	x86_write_back(x, to, a);
	return true;
}

bool x86_sub(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	struct x86_value b = x86_read(x, &x->d->operands[1], X86_TMP2);
	uint8_t a = x86_read(x, to, CODE_TMP).reg;

	(void)arg;
	if (a == X86_SP)
		x86_clobber(x, CODE_FLAGS);
	else
		x86_compare(x, CODE_FLAGS, a, b, to->size);
	if (a == b.reg)
		x86_set(x, a, 0);
	else if (b.reg == CODE_NONE)
		x86_addi(x, a, a, -x86_signed(b.imm, to->size), to->size);
	else
		x86_op(x, CODE_SUB, a, a, b, to->size);
	x86_write_back(x, to, a);
	return true;
}

/* dst = a mixed with b; of an immediate nothing is kept. */
static void mix(struct x86 *x, uint8_t dst, uint8_t a, struct x86_value b)
{
	code_emit(x->out, CODE_MIX, dst)->a = a;
	x->out->ops[x->out->count - 1].b = b.reg;
}

/* adc, sbb: the carry is not kept. sbb of a register with itself is all of
 * what it is made of. */
bool x86_carry(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0], *from = &x->d->operands[1];
	struct x86_value b = x86_read(x, from, X86_TMP2);
	uint8_t a = x86_read(x, to, CODE_TMP).reg;

	(void)arg;
	if (x86_same(to, from))
		x86_clobber(x, a);
	else
		mix(x, a, a, b);
	x86_clobber(x, CODE_FLAGS);
	x86_write_back(x, to, a);
	return true;
}

static bool is_alignment(int64_t imm, uint8_t size)
{
	int64_t low = x86_mask(~imm, size);

	return low < 4096 && (low & (low + 1)) == 0;
}

/* The stack pointer is rounded down where a function needs more than the ABI's
 * alignment. It stays as it was here: what is addressed through it afterwards
 * lies below, and the offsets among themselves are right. */
static void bits_and(struct x86 *x, uint8_t a, int64_t imm, uint8_t size)
{
	int64_t all = x86_mask(-1, size);

	if (imm == 0)
		x86_set(x, a, 0);
	else if (imm != all && !(a == X86_SP && is_alignment(imm, size)))
		x86_op(x, CODE_ANDI, a, a,
		       constant(size < 4 ? imm | ~all : imm), size);
}

static void bits_constant(struct x86 *x, uint8_t op, uint8_t a, int64_t imm,
			  uint8_t size)
{
	if (op == CODE_ANDI)
		bits_and(x, a, imm, size);
	else if (op == CODE_OR && imm == x86_mask(-1, size))
		x86_set(x, a, imm);
	else if (imm != 0)
		x86_op(x, op == CODE_OR ? CODE_ORI : CODE_XORI, a, a,
		       constant(imm), size);
}

/* arg: CODE_ANDI, CODE_OR, CODE_XOR. */
bool x86_bits(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0], *from = &x->d->operands[1];
	struct x86_value b = x86_read(x, from, X86_TMP2);
	uint8_t a = x86_read(x, to, CODE_TMP).reg;

	if (b.reg == CODE_NONE)
		bits_constant(x, arg, a, b.imm, to->size);
	else if (x86_same(to, from) && arg == CODE_XOR)
		x86_set(x, a, 0);
	else if (!x86_same(to, from) && arg == CODE_ANDI) {
		mix(x, a, a, b);
		x->out->ops[x->out->count - 1].imm = CODE_MIX_AND;
	} else if (!x86_same(to, from))
		x86_op(x, arg, a, a, b, to->size);
	x86_result(x, a, to->size);
	x86_write_back(x, to, a);
	return true;
}

/* inc: arg 1, dec: arg 0. */
bool x86_step(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	uint8_t a = x86_read(x, to, CODE_TMP).reg;

	x86_addi(x, a, a, arg ? 1 : -1, to->size);
	x86_result(x, a, to->size);
	x86_write_back(x, to, a);
	return true;
}

/* neg: arg 1; not: arg 0, leaves the flags. bswap: as not. */
bool x86_negate(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	uint8_t a = x86_read(x, to, CODE_TMP).reg;

	if (arg)
		x86_result(x, a, to->size);
	mix(x, a, a, ZERO);
	x->out->ops[x->out->count - 1].imm = arg ? CODE_MIX_NEG
					     : x->in->id == X86_INS_NOT
						     ? CODE_MIX_NOT
						     : CODE_MIX_ANY;
	x86_write_back(x, to, a);
	return true;
}

/* The first operand from those behind it: bsf, popcnt; arg 1: shlx, pdep, which
 * leave the flags. */
bool x86_mix(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *ops = x->d->operands;

	if (x->d->op_count < 2 || ops[0].type != X86_OP_REG)
		return x86_unknown(x, 0);

	uint8_t a = x86_read(x, &ops[1], CODE_TMP).reg;
	struct x86_value b = ZERO;

	if (x->d->op_count > 2)
		b = x86_read(x, &ops[2], X86_TMP2);
	mix(x, x86_number(ops[0].reg), a, b);
	if (arg == 0)
		x86_clobber(x, CODE_FLAGS);
	return true;
}

/* The first operand from itself and the second: rotates, shld. */
bool x86_mix_own(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	struct x86_value b = ZERO;

	(void)arg;
	if (x->d->op_count > 1)
		b = x86_read(x, &x->d->operands[1], X86_TMP2);

	uint8_t a = x86_read(x, to, CODE_TMP).reg;

	mix(x, a, a, b);
	x86_clobber(x, CODE_FLAGS);
	x86_write_back(x, to, a);
	return true;
}

static bool mul_wide(struct x86 *x, const cs_x86_op *by)
{
	struct x86_value b = x86_read(x, by, CODE_TMP);

	if (by->size > 1)
		mix(x, X86_DX, X86_AX, b);
	mix(x, X86_AX, X86_AX, b);
	x86_clobber(x, CODE_FLAGS);
	return true;
}

bool x86_mul(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *ops = x->d->operands;
	struct code_operation *o;
	struct x86_value a, b;
	uint8_t n = x->d->op_count;

	(void)arg;
	if (n == 1)
		return mul_wide(x, &ops[0]);
	if (ops[0].type != X86_OP_REG)
		return x86_unknown(x, 0);
	a = x86_read(x, &ops[n - 2], CODE_TMP);
	b = x86_read(x, &ops[n - 1], X86_TMP2);
	mix(x, x86_number(ops[0].reg), a.reg, b);
	o = &x->out->ops[x->out->count - 1];
	o->imm = CODE_MIX_MUL;
	o->off = b.imm;
	x86_clobber(x, CODE_FLAGS);
	return true;
}

bool x86_div(struct x86 *x, uint8_t arg)
{
	(void)arg;
	return mul_wide(x, &x->d->operands[0]);
}

bool x86_movbe(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	uint8_t a = x86_read(x, &x->d->operands[1], X86_TMP2).reg;
	uint8_t dst = to->type == X86_OP_REG ? x86_number(to->reg) : CODE_TMP;

	(void)arg;
	mix(x, dst, a, ZERO);
	x86_write_back(x, to, dst);
	return true;
}

/* cbw, cwde, cdqe: arg bytes become more */
bool x86_widen(struct x86 *x, uint8_t arg)
{
	x86_copy(x, X86_AX, X86_AX, arg);
	return true;
}

/* cwd, cdq, cqo */
bool x86_double(struct x86 *x, uint8_t arg)
{
	(void)arg;
	mix(x, X86_DX, X86_AX, ZERO);
	return true;
}

bool x86_compares(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	struct x86_value b = x86_read(x, &x->d->operands[1], X86_TMP2);
	uint8_t a = x86_read(x, to, CODE_TMP).reg;

	(void)arg;
	x86_compare(x, CODE_FLAGS, a, b, to->size);
	return true;
}

bool x86_test(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0], *from = &x->d->operands[1];
	struct x86_value b = x86_read(x, from, X86_TMP2);
	uint8_t a = x86_read(x, to, CODE_TMP).reg;

	(void)arg;
	if (x86_same(to, from) ||
	    (b.reg == CODE_NONE && b.imm == x86_mask(-1, to->size)))
		x86_compare(x, CODE_FLAGS, a, ZERO, to->size);
	else
		x86_op(x, CODE_TEST, CODE_FLAGS, a, b, to->size);
	return true;
}

/* arg: enum code_cond */
bool x86_setcc(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	uint8_t dst = CODE_TMP;

	if (to->type == X86_OP_REG && !x86_is_high(to))
		dst = x86_number(to->reg);

	struct code_operation *o = code_emit(x->out, CODE_CSET, dst);

	o->a = CODE_FLAGS;
	o->cond = arg;
	x86_write_back(x, to, dst);
	return true;
}

bool x86_cmov(struct x86 *x, uint8_t arg)
{
	struct x86_value b = x86_read(x, &x->d->operands[1], CODE_TMP);
	struct code_operation *o =
		x86_op(x, CODE_CMOV, x86_number(x->d->operands[0].reg),
		       CODE_FLAGS, b, x->d->operands[0].size);

	o->cond = arg;
	return true;
}

static void xchg_set(struct x86 *x, const cs_x86_op *to, uint8_t reg)
{
	if (to->type == X86_OP_REG && !x86_is_high(to))
		x86_copy(x, x86_number(to->reg), reg, to->size);
	else
		x86_write_back(x, to, reg);
}

/* xchg; xadd: arg CODE_ADD. Memory is written first, for its address may use
 * the register; of one register twice the first operand's value stays. */
bool x86_xchg(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *a = &x->d->operands[0], *b = &x->d->operands[1];

	x86_read_into(x, CODE_TMP, a);
	x86_read_into(x, X86_TMP2, b);
	if (arg == CODE_ADD)
		x86_op(x, CODE_ADD, X86_TMP2, X86_TMP2,
		       (struct x86_value){ CODE_TMP, 0 }, a->size);
	if (a->type == X86_OP_MEM)
		xchg_set(x, a, X86_TMP2);
	xchg_set(x, b, CODE_TMP);
	if (a->type != X86_OP_MEM)
		xchg_set(x, a, X86_TMP2);
	if (arg == CODE_ADD)
		x86_clobber(x, CODE_FLAGS);
	return true;
}

/* The memory and the accumulator may or may not change. */
bool x86_cmpxchg(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	uint8_t a = x86_read(x, to, CODE_TMP).reg;

	(void)arg;
	x86_compare(x, CODE_FLAGS, X86_AX, (struct x86_value){ a, 0 },
		    to->size);
	x86_clobber(x, a);
	x86_write_back(x, to, a);
	x86_clobber(x, X86_AX);
	return true;
}

/* bt: arg CODE_TEST; bts, btr, btc: CODE_ORI, CODE_ANDI, CODE_XORI. */
bool x86_bit(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0], *from = &x->d->operands[1];

	if (arg != CODE_TEST) {
		struct x86_value b = x86_read(x, from, X86_TMP2);
		uint8_t a = x86_read(x, to, CODE_TMP).reg;
		uint64_t one = UINT64_C(1) << (b.imm & (8 * to->size - 1));

		if (b.reg == CODE_NONE)
			x86_op(x, arg, a, a,
			       constant((int64_t)(arg == CODE_ANDI ? ~one
								   : one)),
			       to->size);
		else
			mix(x, a, a, b);
		x86_write_back(x, to, a);
	}
	x86_clobber(x, CODE_FLAGS);
	return true;
}

/* Shifts a by a constant. What leaves a part of a register is cut off. */
static void shift(struct x86 *x, uint8_t arg, uint8_t a, int64_t by,
		  uint8_t size)
{
	struct x86_value all = constant(x86_mask(-1, size));

	if (arg == 0) {
		x86_op(x, CODE_SHIFT, a, a, constant(by), size);
		if (size < x->word)
			x86_op(x, CODE_ANDI, a, a, all, size);
		return;
	}
	if (size < x->word)
		x86_op(x, CODE_ANDI, a, a, all, size);
	x86_op(x, CODE_SHIFT, a, a, constant(-by), size);
}

/* shl: arg 0; shr: 1; sar: 2. */
bool x86_shift(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	struct x86_value b = { CODE_NONE, 1 };

	if (x->d->op_count > 1)
		b = x86_read(x, &x->d->operands[1], X86_TMP2);

	uint8_t a = x86_read(x, to, CODE_TMP).reg;
	int64_t by = b.imm & (to->size == 8 ? 63 : 31);

	if (b.reg == CODE_NONE && by == 0)
		return true;
	if (b.reg != CODE_NONE || arg == 2)
		mix(x, a, a, b);
	else
		shift(x, arg, a, by, to->size);
	x86_result(x, a, to->size);
	x86_write_back(x, to, a);
	return true;
}
