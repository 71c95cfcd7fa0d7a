/* arm_data.c - 32-bit ARM: moves, arithmetic and compares */
#include "code/arm.h"

/* dst = a op b, in two forms: "add r0, r1, r2" and "add r0, r2". */
struct three {
	uint8_t dst, a;
	struct arm_value b;
	bool jumps;    /* dst is pc: done in CODE_TMP, then a jump */
	bool relative; /* a is pc and b a constant: all is b */
};

static bool read_three(struct arm *x, struct three *t)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t n = x->d->op_count;

	/* a constant and by how much it is rotated are one */
	if (n > 2 && op[n - 1].type == ARM_OP_IMM &&
	    op[n - 2].type == ARM_OP_IMM)
		n--;
	if (n < 2 || n > 3 || op[0].type != ARM_OP_REG)
		return false;

	const cs_arm_op *a = &op[n - 2], *b = &op[n - 1];

	if (a->type != ARM_OP_REG || a->shift.type != ARM_SFT_INVALID)
		return false;
	t->jumps = op[0].reg == ARM_REG_PC;
	t->dst = t->jumps ? (uint8_t)CODE_TMP : arm_core(op[0].reg);
	t->relative = a->reg == ARM_REG_PC && b->type == ARM_OP_IMM;
	t->b = arm_operand(x, b, ARM_TMP2);
	t->a = t->relative ? ARM_UNKNOWN : arm_read(x, a, ARM_TMP3);
	return t->dst != CODE_NONE;
}

/* A result in pc with flags returns from an exception. */
static void finish(struct arm *x, const struct three *t)
{
	if (t->jumps && x->d->update_flags)
		x->out->flow = CODE_RETURN;
	else if (t->jumps)
		arm_jump(x, t->dst);
}

static const struct arm_value zero = { CODE_NONE, 0 };

static bool flags(const struct arm *x, const struct three *t)
{
	return x->d->update_flags && !t->jumps;
}

static int64_t word(int64_t n)
{
	return (int64_t)(uint32_t)n;
}

static int64_t signed_word(int64_t n)
{
	return (int32_t)(uint32_t)n;
}

/* a + b is 0 exactly where a is -b. */
bool arm_add(struct arm *x, int arg)
{
	struct three t;

	(void)arg;
	if (!read_three(x, &t))
		return false;
	if (flags(x, &t) && t.b.reg == CODE_NONE && !t.relative)
		arm_compare(x, CODE_FLAGS, t.a,
			    (struct arm_value){ CODE_NONE, word(-t.b.imm) });
	if (t.relative)
		arm_set(x, t.dst, word((int64_t)arm_aligned_pc(x) + t.b.imm));
	else if (t.b.reg == CODE_NONE)
		arm_emit_imm(x, CODE_ADDI, t.dst, t.a, signed_word(t.b.imm));
	else
		arm_emit(x, CODE_ADD, t.dst, t.a, t.b.reg);
	if (flags(x, &t) && t.b.reg != CODE_NONE)
		arm_compare(x, CODE_FLAGS, t.dst, zero);
	finish(x, &t);
	return true;
}

bool arm_sub(struct arm *x, int arg)
{
	struct three t;

	(void)arg;
	if (!read_three(x, &t))
		return false;
	if (flags(x, &t))
		arm_compare(x, CODE_FLAGS, t.a, t.b);
	if (t.relative)
		arm_set(x, t.dst, word((int64_t)arm_aligned_pc(x) - t.b.imm));
	else if (t.b.reg == CODE_NONE)
		arm_emit_imm(x, CODE_ADDI, t.dst, t.a, signed_word(-t.b.imm));
	else if (t.a == t.b.reg)
		arm_set(x, t.dst, 0);
	else
		arm_emit(x, CODE_SUB, t.dst, t.a, t.b.reg);
	finish(x, &t);
	return true;
}

/* b - a. Which side is greater is lost in the flags; equal is equal. */
bool arm_rsb(struct arm *x, int arg)
{
	struct three t;

	(void)arg;
	if (!read_three(x, &t) || t.relative)
		return false;
	if (flags(x, &t))
		arm_compare(x, CODE_FLAGS, t.a, t.b);
	if (t.b.reg == CODE_NONE && t.b.imm != 0) {
		arm_set(x, ARM_TMP2, t.b.imm);
		t.b.reg = ARM_TMP2;
	}
	arm_emit(x, CODE_SUB, t.dst,
		 t.b.reg == CODE_NONE ? (uint8_t)CODE_ZERO : t.b.reg, t.a);
	finish(x, &t);
	return true;
}

static void logic_imm(struct arm *x, const struct three *t, int op)
{
	int64_t imm = t->b.imm;

	if (op == CODE_CLOBBER) { /* bic */
		imm = word(~imm);
		op = CODE_ANDI;
	} else if (op == CODE_OR) { /* orn */
		imm = word(~imm);
		op = CODE_ORI;
	}
	/* The stack pointer is rounded down; what is addressed through it
	 * afterwards lies at the right offsets among themselves. */
	if (t->dst == ARM_SP && t->a == ARM_SP && op == CODE_ANDI)
		return;
	arm_emit_imm(x, (enum code_op)op, t->dst, t->a, imm);
}

static void logic_reg(struct arm *x, const struct three *t, int op)
{
	bool same = t->a == t->b.reg;

	if (same && (op == CODE_ANDI || op == CODE_ORI))
		arm_emit(x, CODE_MOVE, t->dst, t->a, CODE_NONE);
	else if (same && (op == CODE_XORI || op == CODE_CLOBBER))
		arm_set(x, t->dst, 0);
	else if (op == CODE_ORI)
		arm_emit(x, CODE_OR, t->dst, t->a, t->b.reg);
	else if (op == CODE_XORI)
		arm_emit(x, CODE_XOR, t->dst, t->a, t->b.reg);
	else {
		arm_emit(x, CODE_MIX, t->dst, t->a, t->b.reg);
		if (op == CODE_ANDI)
			x->out->ops[x->out->count - 1].imm = CODE_MIX_AND;
	}
}

/* arg: CODE_ANDI, CODE_ORI, CODE_XORI; CODE_OR is orn, CODE_CLOBBER bic. */
bool arm_logic(struct arm *x, int arg)
{
	struct three t;

	if (!read_three(x, &t) || t.relative)
		return false;
	if (flags(x, &t) && arg == CODE_ANDI) {
		struct code_operation *o =
			code_emit(x->out, CODE_TEST, CODE_FLAGS);
		o->a = t.a;
		o->b = t.b.reg;
		o->imm = t.b.imm;
		o->size = 4;
	} else if (flags(x, &t) && arg == CODE_XORI)
		arm_compare(x, CODE_FLAGS, t.a, t.b);
	if (t.b.reg == CODE_NONE)
		logic_imm(x, &t, arg);
	else
		logic_reg(x, &t, arg);
	if (flags(x, &t) && arg != CODE_ANDI && arg != CODE_XORI)
		arm_compare(x, CODE_FLAGS, t.dst, zero);
	finish(x, &t);
	return true;
}

bool arm_mov(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;

	(void)arg;
	if (x->d->op_count < 2 || op[0].type != ARM_OP_REG)
		return false;

	struct three t = { .jumps = op[0].reg == ARM_REG_PC };
	struct arm_value v = arm_operand(x, &op[1], ARM_TMP2);

	t.dst = t.jumps ? (uint8_t)CODE_TMP : arm_core(op[0].reg);
	if (t.dst == CODE_NONE)
		return false;
	if (v.reg == CODE_NONE)
		arm_set(x, t.dst, v.imm);
	else if (t.jumps)
		t.dst = v.reg;
	else if (v.reg != t.dst)
		arm_emit(x, CODE_MOVE, t.dst, v.reg, CODE_NONE);
	if (flags(x, &t))
		arm_compare(x, CODE_FLAGS, t.dst, zero);
	finish(x, &t);
	return true;
}

bool arm_mvn(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;

	(void)arg;
	if (x->d->op_count < 2 || op[0].type != ARM_OP_REG)
		return false;

	uint8_t dst = arm_core(op[0].reg);
	struct arm_value v = arm_operand(x, &op[1], ARM_TMP2);

	if (dst == CODE_NONE)
		return false;
	if (v.reg == CODE_NONE)
		arm_set(x, dst, word(~v.imm));
	else
		arm_emit_imm(x, CODE_XORI, dst, v.reg, 0xffffffff);
	if (x->d->update_flags)
		arm_compare(x, CODE_FLAGS, dst, zero);
	return true;
}

bool arm_movt(struct arm *x, int arg)
{
	uint8_t dst = arm_core(x->d->operands[0].reg);

	(void)arg;
	if (dst == CODE_NONE)
		return false;
	struct code_operation *o = code_emit(x->out, CODE_INSERT, dst);

	o->imm = x->d->operands[1].imm & 0xffff;
	o->off = 16;
	return true;
}

bool arm_adr(struct arm *x, int arg)
{
	uint8_t dst = arm_core(x->d->operands[0].reg);

	(void)arg;
	if (dst == CODE_NONE || x->d->operands[1].type != ARM_OP_IMM)
		return false;
	arm_set(x, dst,
		word((int64_t)arm_aligned_pc(x) + x->d->operands[1].imm));
	return true;
}

/* arg: the kind of shift. By how much is told in three ways: as the operand's
 * shift, as a third operand, or by the second of two registers. */
bool arm_shifts(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t n = x->d->op_count, dst = arm_core(op[0].reg);

	if (n < 2 || dst == CODE_NONE)
		return false;
	if (n == 2 && op[1].shift.type != ARM_SFT_INVALID)
		arm_shift(x, dst, arm_read(x, &op[1], CODE_TMP), arg,
			  op[1].shift.value);
	else if (n == 3 && op[2].type == ARM_OP_IMM)
		arm_shift(x, dst, arm_read(x, &op[1], CODE_TMP), arg,
			  (unsigned)op[2].imm);
	else if (n == 3)
		arm_emit(x, CODE_MIX, dst, arm_read(x, &op[1], CODE_TMP),
			 arm_read(x, &op[2], ARM_TMP2));
	else
		arm_emit(x, CODE_MIX, dst, arm_read(x, &op[1], CODE_TMP), dst);
	if (x->d->update_flags)
		arm_compare(x, CODE_FLAGS, dst, zero);
	return true;
}

bool arm_cmp(struct arm *x, int arg)
{
	struct arm_value b = arm_operand(x, &x->d->operands[1], ARM_TMP2);

	(void)arg;
	arm_compare(x, CODE_FLAGS, arm_read(x, &x->d->operands[0], CODE_TMP),
		    b);
	return true;
}

bool arm_cmn(struct arm *x, int arg)
{
	struct arm_value b = arm_operand(x, &x->d->operands[1], ARM_TMP2);

	(void)arg;
	if (b.reg == CODE_NONE)
		b.imm = word(-b.imm);
	else {
		arm_emit(x, CODE_SUB, ARM_TMP2, CODE_ZERO, b.reg);
		b.reg = ARM_TMP2;
	}
	arm_compare(x, CODE_FLAGS, arm_read(x, &x->d->operands[0], CODE_TMP),
		    b);
	return true;
}

bool arm_tst(struct arm *x, int arg)
{
	struct arm_value b = arm_operand(x, &x->d->operands[1], ARM_TMP2);
	uint8_t a = arm_read(x, &x->d->operands[0], CODE_TMP);

	(void)arg;
	if (a == b.reg) {
		arm_compare(x, CODE_FLAGS, a, zero);
		return true;
	}
	struct code_operation *o = code_emit(x->out, CODE_TEST, CODE_FLAGS);

	o->a = a;
	o->b = b.reg;
	o->imm = b.imm;
	o->size = 4;
	return true;
}

/* Of an exclusive or the flags only tell whether both are the same. */
bool arm_teq(struct arm *x, int arg)
{
	return arm_cmp(x, arg);
}

/* arg: the bits that stay, or 0 for an extension by the sign. */
bool arm_extend(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t n = x->d->op_count, dst = arm_core(op[0].reg);

	if (n < 2 || dst == CODE_NONE)
		return false;

	uint8_t a = arm_read(x, &op[n - 1], CODE_TMP);
	unsigned by = op[n - 1].shift.value;

	if (op[n - 1].shift.type != ARM_SFT_INVALID && by != 0) {
		if (arg == 0 || by + 8 > 32) {
			arm_emit(x, CODE_MIX, dst, a, CODE_NONE);
			return true;
		}
		arm_emit_imm(x, CODE_SHIFT, dst, a, -(int64_t)by);
		a = dst;
	}
	if (arg == 0)
		arm_emit(x, CODE_MOVE, dst, a, CODE_NONE);
	else
		arm_emit_imm(x, CODE_ANDI, dst, a, arg);
	return true;
}

static int64_t bits(int64_t count)
{
	return count >= 32 ? 0xffffffff : (INT64_C(1) << (count & 31)) - 1;
}

bool arm_ubfx(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t dst = arm_core(op[0].reg);
	uint8_t a = arm_read(x, &op[1], CODE_TMP);

	(void)arg;
	if (dst == CODE_NONE || x->d->op_count != 4)
		return false;
	if (op[2].imm != 0) {
		arm_emit_imm(x, CODE_SHIFT, dst, a, -(int64_t)(op[2].imm & 31));
		a = dst;
	}
	arm_emit_imm(x, CODE_ANDI, dst, a, bits(op[3].imm));
	return true;
}

bool arm_sbfx(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t dst = arm_core(op[0].reg);
	uint8_t a = arm_read(x, &op[1], CODE_TMP);

	(void)arg;
	if (dst == CODE_NONE || x->d->op_count != 4)
		return false;
	bool extends = op[2].imm == 0 && (op[3].imm == 8 || op[3].imm == 16);

	arm_emit(x, extends ? CODE_MOVE : CODE_MIX, dst, a, CODE_NONE);
	return true;
}

bool arm_bfc(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t dst = arm_core(op[0].reg);

	(void)arg;
	if (dst == CODE_NONE || x->d->op_count != 3)
		return false;
	arm_emit_imm(x, CODE_ANDI, dst, dst,
		     word(~(bits(op[2].imm) << (op[1].imm & 31))));
	return true;
}

bool arm_bfi(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t dst = arm_core(op[0].reg);

	(void)arg;
	if (dst == CODE_NONE || x->d->op_count != 4)
		return false;
	arm_emit(x, CODE_MIX, dst, dst, arm_read(x, &op[1], CODE_TMP));
	return true;
}

/* Told as what compilers use it for, is it zero: the 32 leading zeros of a 0
 * become 1 by the shift to the right by five that follows. */
bool arm_clz(struct arm *x, int arg)
{
	uint8_t dst = arm_core(x->d->operands[0].reg);

	(void)arg;
	if (dst == CODE_NONE)
		return false;
	arm_compare(x, ARM_FLAGS2, arm_read(x, &x->d->operands[1], CODE_TMP),
		    zero);
	struct code_operation *o = code_emit(x->out, CODE_CSET, dst);

	o->a = ARM_FLAGS2;
	o->cond = CODE_EQ;
	return true;
}

/* The first operand from those behind it. */
bool arm_mix(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t n = x->d->op_count, dst = arm_core(op[0].reg);

	(void)arg;
	if (n < 2 || dst == CODE_NONE)
		return false;
	arm_emit(x, CODE_MIX, dst, arm_read(x, &op[1], CODE_TMP),
		 n > 2 ? arm_read(x, &op[2], ARM_TMP2) : CODE_NONE);
	if (x->d->update_flags)
		arm_compare(x, CODE_FLAGS, dst, zero);
	return true;
}

/* mul, mla, mls: the product of two, added to a third or taken from it. */
bool arm_mul(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t n = x->d->op_count, dst = arm_core(op[0].reg);
	bool three = n > 3;

	if (n < 3 || dst == CODE_NONE)
		return false;
	uint8_t c = three ? arm_read(x, &op[3], ARM_TMP3) : (uint8_t)CODE_NONE;
	uint8_t to = three ? (uint8_t)CODE_TMP : dst;

	arm_emit(x, CODE_MIX, to, arm_read(x, &op[1], CODE_TMP),
		 arm_read(x, &op[2], ARM_TMP2));
	x->out->ops[x->out->count - 1].imm = CODE_MIX_MUL;
	if (three && arg == 0)
		arm_emit(x, CODE_ADD, dst, to, c);
	else if (three)
		arm_emit(x, CODE_SUB, dst, c, to);
	if (x->d->update_flags)
		arm_compare(x, CODE_FLAGS, dst, zero);
	return true;
}

/* adc, sbc, rsc: the carry is not kept. Capstone says that all of them set
 * flags; the encoding knows. */
bool arm_carry(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t dst = arm_core(op[0].reg);
	bool sets = x->in->size == 2 ? x->d->update_flags
				     : (x->word >> 20 & 1) != 0;

	(void)arg;
	if (dst == CODE_NONE)
		return false;
	code_emit(x->out, CODE_CLOBBER, dst);
	if (sets)
		code_emit(x->out, CODE_CLOBBER, CODE_FLAGS);
	return true;
}
