/* aarch64_data.c - AArch64: moves, arithmetic and compares */
#include "code/aarch64.h"

static const struct a64_value zero = { CODE_NONE, 0 };

struct three {
	struct a64_reg dst;
	uint8_t a;
	struct a64_value b;
};

/* dst = a op b of core registers. */
static bool read_three(struct a64 *x, struct three *t)
{
	const cs_arm64_op *op = x->d->operands;

	if (x->d->op_count != 3 || op[0].type != ARM64_OP_REG ||
	    op[1].type != ARM64_OP_REG)
		return false;
	t->dst = a64_reg(op[0].reg);
	if (t->dst.number == CODE_NONE || a64_is_vector(t->dst))
		return false;
	/* only the flags are wanted: bics xzr, .. */
	if (t->dst.number == CODE_ZERO && x->d->update_flags)
		t->dst.number = A64_TMP3;
	t->a = a64_read(&op[1]);
	t->b = a64_operand(x, &op[2], A64_TMP2, t->dst.size);
	return true;
}

static bool whole(const cs_arm64_op *op)
{
	return op->type == ARM64_OP_REG && op->vector_index == -1;
}

bool a64_mov(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;

	(void)arg;
	if (x->d->op_count != 2 || !whole(&op[0]) || !whole(&op[1]))
		return false;

	struct a64_reg dst = a64_reg(op[0].reg);
	uint8_t src = a64_read(&op[1]);

	if (dst.number == CODE_NONE)
		return false;
	if (src == CODE_ZERO)
		a64_set(x, dst.number, 0);
	else {
		a64_emit(x, CODE_MOVE, dst.number, src, CODE_NONE);
		a64_narrow(x, dst);
	}
	return true;
}

bool a64_movz(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);
	int64_t n = a64_operand(x, &op[1], A64_TMP2, dst.size).imm;

	if (dst.number == CODE_NONE || op[1].type != ARM64_OP_IMM)
		return false;
	a64_set(x, dst.number, a64_mask(arg ? ~n : n, dst.size));
	return true;
}

bool a64_movn(struct a64 *x, int arg)
{
	(void)arg;
	return a64_movz(x, 1);
}

bool a64_movk(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t dst = a64_reg(op[0].reg).number;

	(void)arg;
	if (dst == CODE_NONE || op[1].type != ARM64_OP_IMM)
		return false;
	struct code_operation *o = code_emit(x->out, CODE_INSERT, dst);

	o->imm = op[1].imm & 0xffff;
	o->off = op[1].shift.type == ARM64_SFT_LSL ? op[1].shift.value & 63 : 0;
	return true;
}

bool a64_address(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t dst = a64_reg(op[0].reg).number;

	(void)arg;
	if (dst == CODE_NONE || op[1].type != ARM64_OP_IMM)
		return false;
	a64_set(x, dst, op[1].imm);
	return true;
}

static int64_t negative(int64_t n)
{
	return (int64_t)(UINT64_C(0) - (uint64_t)n);
}

/* a + b is 0 exactly where a is -b. */
bool a64_add(struct a64 *x, int arg)
{
	struct three t;
	bool sets = x->d->update_flags;

	(void)arg;
	if (!read_three(x, &t))
		return false;
	if (sets && t.b.reg == CODE_NONE) {
		int64_t n = a64_mask(negative(t.b.imm), t.dst.size);

		a64_compare(x, CODE_FLAGS, t.a,
			    (struct a64_value){ CODE_NONE, n }, t.dst.size);
	}
	if (t.b.reg == CODE_NONE && t.b.imm == 0)
		a64_emit(x, CODE_MOVE, t.dst.number, t.a, CODE_NONE);
	else if (t.b.reg == CODE_NONE)
		a64_emit_imm(x, CODE_ADDI, t.dst.number, t.a, t.b.imm);
	else
		a64_emit(x, CODE_ADD, t.dst.number, t.a, t.b.reg);
	a64_narrow(x, t.dst);
	if (sets && t.b.reg != CODE_NONE)
		a64_compare(x, CODE_FLAGS, t.dst.number, zero, t.dst.size);
	return true;
}

bool a64_sub(struct a64 *x, int arg)
{
	struct three t;

	(void)arg;
	if (!read_three(x, &t))
		return false;
	if (x->d->update_flags)
		a64_compare(x, CODE_FLAGS, t.a, t.b, t.dst.size);
	if (t.b.reg == CODE_NONE)
		a64_emit_imm(x, CODE_ADDI, t.dst.number, t.a,
			     negative(t.b.imm));
	else if (t.a == t.b.reg)
		a64_set(x, t.dst.number, 0);
	else
		a64_emit(x, CODE_SUB, t.dst.number, t.a, t.b.reg);
	a64_narrow(x, t.dst);
	return true;
}

bool a64_neg(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);

	(void)arg;
	if (x->d->op_count != 2 || dst.number == CODE_NONE ||
	    a64_is_vector(dst))
		return false;

	uint8_t b = a64_operand(x, &op[1], A64_TMP2, dst.size).reg;

	if (x->d->update_flags)
		a64_compare(x, CODE_FLAGS, b, zero, dst.size);
	a64_emit(x, CODE_SUB, dst.number, CODE_ZERO, b);
	a64_narrow(x, dst);
	return true;
}

static void logic_imm(struct a64 *x, const struct three *t, int op)
{
	enum code_op with = op == CODE_CLOBBER ? CODE_ANDI
			    : op == CODE_OR    ? CODE_ORI
			    : op == CODE_XOR   ? CODE_XORI
					       : (enum code_op)op;
	bool inverts = with != (enum code_op)op;
	int64_t imm = a64_mask(inverts ? ~t->b.imm : t->b.imm, t->dst.size);

	if (t->a == CODE_ZERO && with != CODE_ANDI)
		a64_set(x, t->dst.number, imm);
	/* The stack pointer is rounded down; what is addressed through it
	 * afterwards lies at the right offsets among themselves. */
	else if (t->dst.number == A64_SP && with == CODE_ANDI)
		a64_emit(x, CODE_MOVE, A64_SP, t->a, CODE_NONE);
	else {
		a64_emit_imm(x, with, t->dst.number, t->a, imm);
		if (with != CODE_ANDI)
			a64_narrow(x, t->dst);
	}
}

static void logic_reg(struct a64 *x, const struct three *t, int op)
{
	bool same = t->a == t->b.reg;

	if (same && (op == CODE_ANDI || op == CODE_ORI))
		a64_emit(x, CODE_MOVE, t->dst.number, t->a, CODE_NONE);
	else if (same && (op == CODE_XORI || op == CODE_CLOBBER))
		a64_set(x, t->dst.number, 0);
	else if (op == CODE_ORI)
		a64_emit(x, CODE_OR, t->dst.number, t->a, t->b.reg);
	else if (op == CODE_XORI)
		a64_emit(x, CODE_XOR, t->dst.number, t->a, t->b.reg);
	else {
		a64_emit(x, CODE_MIX, t->dst.number, t->a, t->b.reg);
		if (op == CODE_ANDI)
			x->out->ops[x->out->count - 1].imm = CODE_MIX_AND;
	}
	if (op == CODE_ORI || op == CODE_XORI)
		a64_narrow(x, t->dst);
}

/* A vector xor of one with itself is how one is made 0. */
static bool vector_logic(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);

	if (x->d->op_count != 3 || !a64_is_vector(dst) || !whole(&op[1]) ||
	    !whole(&op[2]) || op[1].reg != op[2].reg || arg != CODE_XORI)
		return false;
	a64_set(x, dst.number, 0);
	return true;
}

/* arg: CODE_ANDI, CODE_ORI, CODE_XORI; with b inverted bic is CODE_CLOBBER, orn
 * CODE_OR, eon CODE_XOR. */
bool a64_logic(struct a64 *x, int arg)
{
	struct three t;

	if (!read_three(x, &t))
		return vector_logic(x, arg);
	if (x->d->update_flags && arg == CODE_ANDI)
		a64_test(x, CODE_FLAGS, t.a, t.b, t.dst.size);
	if (t.b.reg == CODE_NONE)
		logic_imm(x, &t, arg);
	else
		logic_reg(x, &t, arg);
	if (x->d->update_flags && arg != CODE_ANDI)
		a64_compare(x, CODE_FLAGS, t.dst.number, zero, t.dst.size);
	return true;
}

bool a64_mvn(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);

	(void)arg;
	if (x->d->op_count != 2 || dst.number == CODE_NONE ||
	    a64_is_vector(dst))
		return false;

	uint8_t b = a64_operand(x, &op[1], A64_TMP2, dst.size).reg;

	a64_emit_imm(x, CODE_XORI, dst.number, b, a64_mask(-1, dst.size));
	a64_narrow(x, dst);
	return true;
}

bool a64_shifts(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);

	if (x->d->op_count != 3 || dst.number == CODE_NONE ||
	    a64_is_vector(dst))
		return false;

	uint8_t a = a64_read(&op[1]);
	int64_t by = op[2].imm & 63;

	if (op[2].type != ARM64_OP_IMM)
		a64_emit(x, CODE_MIX, dst.number, a, a64_read(&op[2]));
	else if (arg == ARM64_SFT_LSL)
		a64_emit_imm(x, CODE_SHIFT, dst.number, a, by);
	else if (arg == ARM64_SFT_LSR)
		a64_shift_right(x, dst, a, by);
	else
		a64_emit(x, CODE_MIX, dst.number, a, CODE_NONE);
	if (arg == ARM64_SFT_LSL)
		a64_narrow(x, dst);
	return true;
}

/* arg: the bits that stay, or 0 for an extension by the sign. */
bool a64_extend(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t dst = a64_reg(op[0].reg).number;

	if (x->d->op_count != 2 || dst == CODE_NONE)
		return false;
	if (arg == 0)
		a64_emit(x, CODE_MOVE, dst, a64_read(&op[1]), CODE_NONE);
	else
		a64_emit_imm(x, CODE_ANDI, dst, a64_read(&op[1]), arg);
	return true;
}

static int64_t bits(int64_t count)
{
	return count >= 64 ? -1 : (int64_t)((UINT64_C(1) << (count & 63)) - 1);
}

bool a64_ubfx(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t dst = a64_reg(op[0].reg).number, a = a64_read(&op[1]);

	(void)arg;
	if (x->d->op_count != 4 || dst == CODE_NONE)
		return false;
	if (op[2].imm != 0) {
		a64_emit_imm(x, CODE_SHIFT, dst, a, -(op[2].imm & 63));
		a = dst;
	}
	a64_emit_imm(x, CODE_ANDI, dst, a, bits(op[3].imm));
	return true;
}

bool a64_ubfiz(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);

	(void)arg;
	if (x->d->op_count != 4 || dst.number == CODE_NONE)
		return false;
	a64_emit_imm(x, CODE_ANDI, dst.number, a64_read(&op[1]),
		     bits(op[3].imm));
	a64_emit_imm(x, CODE_SHIFT, dst.number, dst.number, op[2].imm & 63);
	a64_narrow(x, dst);
	return true;
}

/* arg 1: sbfiz, of which nothing is kept. */
bool a64_sbfx(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t dst = a64_reg(op[0].reg).number;

	if (x->d->op_count != 4 || dst == CODE_NONE)
		return false;
	bool extends = arg == 0 && op[2].imm == 0 &&
		       (op[3].imm == 8 || op[3].imm == 16 || op[3].imm == 32);

	a64_emit(x, extends ? CODE_MOVE : CODE_MIX, dst, a64_read(&op[1]),
		 CODE_NONE);
	return true;
}

bool a64_bfi(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t dst = a64_reg(op[0].reg).number;

	(void)arg;
	if (x->d->op_count != 4 || dst == CODE_NONE)
		return false;
	a64_emit(x, CODE_MIX, dst, dst, a64_read(&op[1]));
	return true;
}

/* The first operand from those behind it, of core registers. */
bool a64_mix(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);

	(void)arg;
	if (x->d->op_count < 2 || dst.number == CODE_NONE || a64_is_vector(dst))
		return false;
	a64_emit(x, CODE_MIX, dst.number, a64_read(&op[1]),
		 x->d->op_count > 2 ? a64_read(&op[2]) : (uint8_t)CODE_NONE);
	return true;
}

/* mul, madd, msub: the product of two, added to a third or taken from it. */
bool a64_mul(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);
	bool three = x->d->op_count > 3;
	uint8_t to = three ? (uint8_t)CODE_TMP : dst.number;

	if (x->d->op_count < 3 || dst.number == CODE_NONE || a64_is_vector(dst))
		return false;
	a64_emit(x, CODE_MIX, to, a64_read(&op[1]), a64_read(&op[2]));
	x->out->ops[x->out->count - 1].imm = CODE_MIX_MUL;
	if (three && arg == 0)
		a64_emit(x, CODE_ADD, dst.number, to, a64_read(&op[3]));
	else if (three)
		a64_emit(x, CODE_SUB, dst.number, a64_read(&op[3]), to);
	a64_narrow(x, dst);
	return true;
}

/* The immediate of movi as it fills the register. One of 16 bytes is kept only
 * where it is 0: an operation has no room for more than 8. */
bool a64_movi(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);
	uint64_t n = (uint64_t)op[1].imm;

	(void)arg;
	if (!a64_is_vector(dst) || op[1].type != ARM64_OP_IMM ||
	    (n != 0 && op[1].shift.type == ARM64_SFT_MSL))
		return false;
	if (op[1].shift.type == ARM64_SFT_LSL)
		n <<= op[1].shift.value & 63;
	if (op[0].vas == ARM64_VAS_8B)
		n = (n & 0xff) * UINT64_C(0x0101010101010101);
	else if (op[0].vas == ARM64_VAS_4H)
		n = (n & 0xffff) * UINT64_C(0x0001000100010001);
	else if (op[0].vas == ARM64_VAS_2S)
		n = (n & 0xffffffff) * UINT64_C(0x0000000100000001);
	else if (n != 0 && dst.size != 8)
		return false;
	a64_set(x, dst.number, (int64_t)n);
	return true;
}

bool a64_fmov(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;

	return op[1].type == ARM64_OP_REG && a64_mov(x, arg);
}
