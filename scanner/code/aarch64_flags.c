/* aarch64_flags.c - AArch64: compares, and what is chosen by them */
#include "code/aarch64.h"

bool a64_cmp(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t size = a64_reg(op[0].reg).size;

	(void)arg;
	a64_compare(x, CODE_FLAGS, a64_read(&op[0]),
		    a64_operand(x, &op[1], A64_TMP2, size), size);
	return true;
}

static struct a64_value negated(struct a64 *x, struct a64_value b, uint8_t size)
{
	if (b.reg == CODE_NONE) {
		b.imm = a64_mask((int64_t)(UINT64_C(0) - (uint64_t)b.imm),
				 size);
		return b;
	}
	a64_emit(x, CODE_SUB, A64_TMP2, CODE_ZERO, b.reg);
	a64_narrow(x, (struct a64_reg){ A64_TMP2, size });
	return (struct a64_value){ A64_TMP2, 0 };
}

bool a64_cmn(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t size = a64_reg(op[0].reg).size;
	struct a64_value b = a64_operand(x, &op[1], A64_TMP2, size);

	(void)arg;
	a64_compare(x, CODE_FLAGS, a64_read(&op[0]), negated(x, b, size), size);
	return true;
}

bool a64_tst(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t size = a64_reg(op[0].reg).size;

	(void)arg;
	a64_test(x, CODE_FLAGS, a64_read(&op[0]),
		 a64_operand(x, &op[1], A64_TMP2, size), size);
	return true;
}

/* A compare that runs on a condition of the flags so far; else they become a
 * given number. Where that number does not say "equal", equal afterwards means
 * that this compare ran and found it: "and equal too" of a compare in several
 * parts, which is told as the last of them. Where it does say so (an "or"),
 * equal means nothing of this compare. */
bool a64_ccmp(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	const int64_t equal = 4;

	if (x->d->op_count != 3 || op[0].type != ARM64_OP_REG)
		return false;
	if (op[2].type == ARM64_OP_IMM && (op[2].imm & equal) != 0 &&
	    a64_cond(x->d->cc) != CODE_ALWAYS) {
		code_emit(x->out, CODE_CLOBBER, CODE_FLAGS);
		return true;
	}
	uint8_t size = a64_reg(op[0].reg).size;
	struct a64_value b = a64_operand(x, &op[1], A64_TMP2, size);

	a64_compare(x, CODE_FLAGS, a64_read(&op[0]),
		    arg ? negated(x, b, size) : b, size);
	return true;
}

bool a64_ccmn(struct a64 *x, int arg)
{
	(void)arg;
	return a64_ccmp(x, 1);
}

/* arg 1: csetm, which is 0 or -1. */
bool a64_cset(struct a64 *x, int arg)
{
	struct a64_reg dst = a64_reg(x->d->operands[0].reg);

	if (dst.number == CODE_NONE)
		return false;
	struct code_operation *o = code_emit(x->out, CODE_CSET, dst.number);

	o->a = CODE_FLAGS;
	o->cond = a64_cond(x->d->cc);
	if (arg) {
		a64_emit(x, CODE_SUB, dst.number, CODE_ZERO, dst.number);
		a64_narrow(x, dst);
	}
	return true;
}

/* reg changed by op as csinc, csinv, csneg do; in tmp where there is a change.
 */
static struct a64_value changed(struct a64 *x, uint8_t reg, int op,
				uint8_t size)
{
	struct a64_reg tmp = { A64_TMP2, size };

	if (reg == CODE_ZERO)
		return (struct a64_value){ CODE_NONE,
					   op == CODE_ADDI ? 1
					   : op == CODE_XORI
						   ? a64_mask(-1, size)
						   : 0 };
	if (op == CODE_MOVE)
		return (struct a64_value){ reg, 0 };
	if (op == CODE_ADDI)
		a64_emit_imm(x, CODE_ADDI, A64_TMP2, reg, 1);
	else if (op == CODE_XORI)
		a64_emit_imm(x, CODE_XORI, A64_TMP2, reg, a64_mask(-1, size));
	else
		a64_emit(x, CODE_SUB, A64_TMP2, CODE_ZERO, reg);
	if (op != CODE_XORI)
		a64_narrow(x, tmp);
	return (struct a64_value){ A64_TMP2, 0 };
}

static void choose(struct a64 *x, uint8_t dst, uint8_t cond, struct a64_value v)
{
	struct code_operation *o = code_emit(x->out, CODE_CMOV, dst);

	o->a = CODE_FLAGS;
	o->b = v.reg;
	o->imm = v.imm;
	o->cond = cond;
}

/* dst = cond ? yes : no. */
static void select_of(struct a64 *x, uint8_t dst, uint8_t cond,
		      struct a64_value yes, struct a64_value no)
{
	if (cond == CODE_ALWAYS)
		no = yes;
	if (yes.reg == dst && cond != CODE_ALWAYS) {
		choose(x, dst, a64_inverse(cond), no);
		return;
	}
	if (no.reg == CODE_NONE)
		a64_set(x, dst, no.imm);
	else if (no.reg != dst)
		a64_emit(x, CODE_MOVE, dst, no.reg, CODE_NONE);
	if (cond != CODE_ALWAYS)
		choose(x, dst, cond, yes);
}

/* csel, csinc, csinv, csneg; arg: what is done to the second. */
bool a64_select(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);

	if (x->d->op_count != 3 || dst.number == CODE_NONE)
		return false;
	select_of(x, dst.number, a64_cond(x->d->cc),
		  changed(x, a64_read(&op[1]), CODE_MOVE, dst.size),
		  changed(x, a64_read(&op[2]), arg, dst.size));
	return true;
}

/* cinc, cinv, cneg: changed where the condition holds, else as it is. */
bool a64_increment(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);

	if (x->d->op_count != 2 || dst.number == CODE_NONE)
		return false;

	struct a64_value plain = { a64_read(&op[1]), 0 };

	select_of(x, dst.number, a64_cond(x->d->cc),
		  changed(x, plain.reg, arg, dst.size), plain);
	return true;
}
