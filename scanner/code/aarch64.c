/* aarch64.c - 64-bit ARM, lifted
 *
 * A table leads from capstone's instruction to what handles it. All that it
 * does not name makes unknown what it writes.
 *
 * Source: Arm Architecture Reference Manual for A-profile; Procedure Call
 * Standard for the Arm 64-bit Architecture.
 */
#include <elf.h>

#include "code/aarch64.h"

static const struct {
	int first, last;
	uint8_t number, size;
} banks[] = {
	{ ARM64_REG_X0, ARM64_REG_X28, A64_X0, 8 },
	{ ARM64_REG_W0, ARM64_REG_W30, A64_X0, 4 },
	{ ARM64_REG_X29, ARM64_REG_X29, A64_X0 + 29, 8 },
	{ ARM64_REG_X30, ARM64_REG_X30, A64_X30, 8 },
	{ ARM64_REG_SP, ARM64_REG_SP, A64_SP, 8 },
	{ ARM64_REG_WSP, ARM64_REG_WSP, A64_SP, 4 },
	{ ARM64_REG_XZR, ARM64_REG_XZR, CODE_ZERO, 8 },
	{ ARM64_REG_WZR, ARM64_REG_WZR, CODE_ZERO, 4 },
	{ ARM64_REG_Q0, ARM64_REG_Q31, A64_V0, 16 },
	{ ARM64_REG_V0, ARM64_REG_V31, A64_V0, 16 },
	{ ARM64_REG_D0, ARM64_REG_D31, A64_V0, 8 },
	{ ARM64_REG_S0, ARM64_REG_S31, A64_V0, 4 },
	{ ARM64_REG_H0, ARM64_REG_H31, A64_V0, 2 },
	{ ARM64_REG_B0, ARM64_REG_B31, A64_V0, 1 },
};

struct a64_reg a64_reg(arm64_reg reg)
{
	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++)
		if ((int)reg >= banks[i].first && (int)reg <= banks[i].last)
			return (struct a64_reg){ (uint8_t)(banks[i].number +
							   ((int)reg -
							    banks[i].first)),
						 banks[i].size };
	return (struct a64_reg){ CODE_NONE, 8 };
}

int64_t a64_mask(int64_t imm, uint8_t size)
{
	return size <= 4 ? (int64_t)(uint32_t)imm : imm;
}

void a64_set(struct a64 *x, uint8_t dst, int64_t imm)
{
	code_emit(x->out, CODE_SET, dst)->imm = imm;
}

void a64_emit(struct a64 *x, enum code_op op, uint8_t dst, uint8_t a, uint8_t b)
{
	struct code_operation *o = code_emit(x->out, op, dst);

	o->a = a;
	o->b = b;
}

void a64_emit_imm(struct a64 *x, enum code_op op, uint8_t dst, uint8_t a,
		  int64_t imm)
{
	struct code_operation *o = code_emit(x->out, op, dst);

	o->a = a;
	o->imm = imm;
}

void a64_narrow(struct a64 *x, struct a64_reg dst)
{
	if (dst.size == 4 && dst.number != CODE_ZERO && !a64_is_vector(dst))
		a64_emit_imm(x, CODE_ANDI, dst.number, dst.number, 0xffffffff);
}

void a64_shift_right(struct a64 *x, struct a64_reg dst, uint8_t a, int64_t by)
{
	if (dst.size == 4) {
		a64_emit_imm(x, CODE_ANDI, A64_TMP2, a, 0xffffffff);
		a = A64_TMP2;
	}
	a64_emit_imm(x, CODE_SHIFT, dst.number, a, -by);
}

static void flags(struct a64 *x, enum code_op op, uint8_t dst, uint8_t a,
		  struct a64_value b, uint8_t size)
{
	struct code_operation *o = code_emit(x->out, op, dst);

	o->a = a;
	o->b = b.reg;
	o->imm = b.imm;
	o->size = size;
}

void a64_compare(struct a64 *x, uint8_t dst, uint8_t a, struct a64_value b,
		 uint8_t size)
{
	flags(x, CODE_COMPARE, dst, a, b, size);
}

void a64_test(struct a64 *x, uint8_t dst, uint8_t a, struct a64_value b,
	      uint8_t size)
{
	const struct a64_value zero = { CODE_NONE, 0 };

	if (a == b.reg)
		flags(x, CODE_COMPARE, dst, a, zero, size);
	else
		flags(x, CODE_TEST, dst, a, b, size);
}

void a64_clobber(struct a64 *x, arm64_reg reg)
{
	uint8_t number = a64_reg(reg).number;

	if (number != CODE_NONE && number != CODE_ZERO)
		code_emit(x->out, CODE_CLOBBER, number);
}

uint8_t a64_read(const cs_arm64_op *op)
{
	if (op->type != ARM64_OP_REG)
		return A64_UNKNOWN;

	uint8_t number = a64_reg(op->reg).number;

	return number == CODE_NONE ? A64_UNKNOWN : number;
}

static void shifted(struct a64 *x, const cs_arm64_op *op, uint8_t tmp,
		    uint8_t a, uint8_t size)
{
	int64_t by = op->shift.value & 63;

	if (op->shift.type == ARM64_SFT_LSL) {
		a64_emit_imm(x, CODE_SHIFT, tmp, a, by);
		a64_narrow(x, (struct a64_reg){ tmp, size });
	} else if (op->shift.type == ARM64_SFT_LSR)
		a64_shift_right(x, (struct a64_reg){ tmp, size }, a, by);
	else
		a64_emit(x, CODE_MIX, tmp, a, CODE_NONE);
}

struct a64_value a64_operand(struct a64 *x, const cs_arm64_op *op, uint8_t tmp,
			     uint8_t size)
{
	if (op->type == ARM64_OP_IMM) {
		uint64_t n = (uint64_t)op->imm;

		if (op->shift.type == ARM64_SFT_LSL)
			n <<= op->shift.value & 63;
		return (struct a64_value){ CODE_NONE,
					   a64_mask((int64_t)n, size) };
	}

	uint8_t reg = a64_read(op);
	int64_t keeps = op->ext == ARM64_EXT_UXTB   ? 0xff
			: op->ext == ARM64_EXT_UXTH ? 0xffff
						    : 0xffffffff;

	if (op->ext == ARM64_EXT_UXTB || op->ext == ARM64_EXT_UXTH ||
	    (op->ext == ARM64_EXT_UXTW && size == 8)) {
		a64_emit_imm(x, CODE_ANDI, tmp, reg, keeps);
		reg = tmp;
	}
	if (op->shift.type == ARM64_SFT_INVALID || op->shift.value == 0)
		return (struct a64_value){ reg, 0 };
	shifted(x, op, tmp, reg, size);
	return (struct a64_value){ tmp, 0 };
}

uint8_t a64_cond(arm64_cc cc)
{
	static const uint8_t conds[] = {
		[ARM64_CC_INVALID] = CODE_ALWAYS, [ARM64_CC_EQ] = CODE_EQ,
		[ARM64_CC_NE] = CODE_NE,	  [ARM64_CC_HS] = CODE_GREATER,
		[ARM64_CC_LO] = CODE_LESS,	  [ARM64_CC_MI] = CODE_LESS,
		[ARM64_CC_PL] = CODE_GREATER,	  [ARM64_CC_VS] = CODE_ODD,
		[ARM64_CC_VC] = CODE_ODD,	  [ARM64_CC_HI] = CODE_GREATER,
		[ARM64_CC_LS] = CODE_LESS,	  [ARM64_CC_GE] = CODE_GREATER,
		[ARM64_CC_LT] = CODE_LESS,	  [ARM64_CC_GT] = CODE_GREATER,
		[ARM64_CC_LE] = CODE_LESS,	  [ARM64_CC_AL] = CODE_ALWAYS,
		[ARM64_CC_NV] = CODE_ALWAYS,
	};

	return (size_t)cc < sizeof(conds) ? conds[cc] : (uint8_t)CODE_ODD;
}

uint8_t a64_inverse(uint8_t cond)
{
	switch (cond) {
	case CODE_EQ:
		return CODE_NE;
	case CODE_NE:
		return CODE_EQ;
	case CODE_LESS:
		return CODE_GREATER;
	case CODE_GREATER:
		return CODE_LESS;
	default:
		return CODE_ODD;
	}
}

static bool branch(struct a64 *x, int arg)
{
	uint8_t cond = a64_cond(x->d->cc);

	(void)arg;
	if (x->d->operands[0].type != ARM64_OP_IMM)
		return false;
	x->out->flow = cond == CODE_ALWAYS ? CODE_JUMP : CODE_BRANCH;
	x->out->target = (uint64_t)x->d->operands[0].imm;
	x->out->cond = cond;
	x->out->or_equal = x->d->cc == ARM64_CC_LS || x->d->cc == ARM64_CC_LE ||
			   x->d->cc == ARM64_CC_GE || x->d->cc == ARM64_CC_HS ||
			   x->d->cc == ARM64_CC_PL;
	x->out->reg = CODE_FLAGS;
	return true;
}

/* cbz, cbnz: of flags of their own, since the processor's stay. */
static bool zero_branch(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	const struct a64_value zero = { CODE_NONE, 0 };

	a64_compare(x, A64_FLAGS2, a64_read(&op[0]), zero,
		    a64_reg(op[0].reg).size);
	x->out->flow = CODE_BRANCH;
	x->out->cond = (uint8_t)arg;
	x->out->reg = A64_FLAGS2;
	x->out->target = (uint64_t)op[1].imm;
	return true;
}

static bool bit_branch(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint64_t bit = UINT64_C(1) << (op[1].imm & 63);
	const struct a64_value v = { CODE_NONE, (int64_t)bit };

	a64_test(x, A64_FLAGS2, a64_read(&op[0]), v, op[1].imm < 32 ? 4 : 8);
	x->out->flow = CODE_BRANCH;
	x->out->cond = (uint8_t)arg;
	x->out->reg = A64_FLAGS2;
	x->out->target = (uint64_t)op[2].imm;
	return true;
}

static bool call(struct a64 *x, int arg)
{
	(void)arg;
	x->out->flow = CODE_CALL;
	x->out->target = (uint64_t)x->d->operands[0].imm;
	return true;
}

/* arg: the flow. */
static bool through_register(struct a64 *x, int arg)
{
	x->out->flow = (uint8_t)arg;
	x->out->reg = a64_read(&x->d->operands[0]);
	return true;
}

/* arg: ret, eret, or what traps. */
static bool ends(struct a64 *x, int arg)
{
	x->out->flow = (uint8_t)arg;
	return true;
}

static bool supervisor(struct a64 *x, int arg)
{
	(void)arg;
	code_emit(x->out, CODE_SYSCALL, CODE_NONE);
	return true;
}

static bool nothing(struct a64 *x, int arg)
{
	(void)x;
	(void)arg;
	return true;
}

/* What capstone tells of operands that are written has gaps: an operand of
 * which it tells nothing counts as written, and so does the first one. */
static bool unknown(struct a64 *x, int arg)
{
	(void)arg;
	x->out->count = 0;
	x->out->flow = CODE_NEXT;
	for (uint8_t i = 0; i < x->d->op_count; i++) {
		const cs_arm64_op *op = &x->d->operands[i];

		if (op->type == ARM64_OP_REG &&
		    (i == 0 || op->access == 0 || (op->access & CS_AC_WRITE)))
			a64_clobber(x, op->reg);
		if (op->type == ARM64_OP_MEM && x->d->writeback)
			a64_clobber(x, op->mem.base);
	}
	if (x->d->update_flags)
		code_emit(x->out, CODE_CLOBBER, CODE_FLAGS);
	return true;
}

struct row {
	a64_handler *handler;
	int arg;
};

/* clang-format off */
#define ON(id, handler, arg) [ARM64_INS_##id] = { handler, arg },
static const struct row rows[ARM64_INS_ENDING] = {
	ON(B, branch, 0) ON(BL, call, 0)
	ON(BLR, through_register, CODE_CALL_REGISTER)
	ON(BR, through_register, CODE_JUMP_REGISTER)
	ON(RET, ends, CODE_RETURN) ON(ERET, ends, CODE_RETURN)
	ON(BRK, ends, CODE_STOP) ON(HLT, ends, CODE_STOP)
	ON(CBZ, zero_branch, CODE_EQ) ON(CBNZ, zero_branch, CODE_NE)
	ON(TBZ, bit_branch, CODE_EQ) ON(TBNZ, bit_branch, CODE_NE)
	ON(SVC, supervisor, 0)
	ON(NOP, nothing, 0) ON(HINT, nothing, 0) ON(PRFM, nothing, 0)
	ON(PRFUM, nothing, 0) ON(DMB, nothing, 0) ON(DSB, nothing, 0)
	ON(ISB, nothing, 0) ON(CLREX, nothing, 0) ON(MSR, nothing, 0)
	ON(DC, nothing, 0) ON(IC, nothing, 0) ON(TLBI, nothing, 0)
	ON(SYS, nothing, 0) ON(YIELD, nothing, 0)

	ON(MOV, a64_mov, 0) ON(MOVZ, a64_movz, 0) ON(MOVN, a64_movn, 0)
	ON(MOVK, a64_movk, 0) ON(ADR, a64_address, 0) ON(ADRP, a64_address, 0)
	ON(ADD, a64_add, 0) ON(SUB, a64_sub, 0) ON(NEG, a64_neg, 0)
	ON(NEGS, a64_neg, 0)
	ON(AND, a64_logic, CODE_ANDI) ON(BIC, a64_logic, CODE_CLOBBER)
	ON(ORR, a64_logic, CODE_ORI) ON(ORN, a64_logic, CODE_OR)
	ON(EOR, a64_logic, CODE_XORI) ON(EON, a64_logic, CODE_XOR)
	ON(MVN, a64_mvn, 0)
	ON(LSL, a64_shifts, ARM64_SFT_LSL) ON(LSR, a64_shifts, ARM64_SFT_LSR)
	ON(ASR, a64_shifts, ARM64_SFT_ASR) ON(ROR, a64_shifts, ARM64_SFT_ROR)
	ON(UXTB, a64_extend, 0xff) ON(UXTH, a64_extend, 0xffff)
	ON(SXTB, a64_extend, 0) ON(SXTH, a64_extend, 0) ON(SXTW, a64_extend, 0)
	ON(UXTW, a64_extend, 0)
	ON(UBFX, a64_ubfx, 0) ON(UBFIZ, a64_ubfiz, 0) ON(SBFX, a64_sbfx, 0)
	ON(SBFIZ, a64_sbfx, 1) ON(BFI, a64_bfi, 0) ON(BFXIL, a64_bfi, 0)
	ON(MUL, a64_mul, 0) ON(MADD, a64_mul, 0) ON(MSUB, a64_mul, 1)
	ON(MNEG, a64_mix, 0) ON(UMULL, a64_mix, 0) ON(SMULL, a64_mix, 0)
	ON(UMULH, a64_mix, 0) ON(SMULH, a64_mix, 0) ON(UMADDL, a64_mix, 0)
	ON(SMADDL, a64_mix, 0) ON(UDIV, a64_mix, 0) ON(SDIV, a64_mix, 0)
	ON(REV, a64_mix, 0) ON(REV16, a64_mix, 0) ON(REV32, a64_mix, 0)
	ON(RBIT, a64_mix, 0) ON(CLZ, a64_mix, 0) ON(CLS, a64_mix, 0)
	ON(EXTR, a64_mix, 0)
	ON(CMP, a64_cmp, 0) ON(CMN, a64_cmn, 0) ON(TST, a64_tst, 0)
	ON(CCMP, a64_ccmp, 0) ON(CCMN, a64_ccmn, 0)
	ON(CSET, a64_cset, 0) ON(CSETM, a64_cset, 1)
	ON(CSEL, a64_select, CODE_MOVE) ON(CSINC, a64_select, CODE_ADDI)
	ON(CSINV, a64_select, CODE_XORI) ON(CSNEG, a64_select, CODE_SUB)
	ON(CINC, a64_increment, CODE_ADDI) ON(CINV, a64_increment, CODE_XORI)
	ON(CNEG, a64_increment, CODE_SUB)
	ON(MOVI, a64_movi, 0) ON(FMOV, a64_fmov, 0)

	ON(LDR, a64_load, 0) ON(LDUR, a64_load, 0) ON(LDTR, a64_load, 0)
	ON(LDRB, a64_load, 1) ON(LDURB, a64_load, 1) ON(LDTRB, a64_load, 1)
	ON(LDRH, a64_load, 2) ON(LDURH, a64_load, 2) ON(LDTRH, a64_load, 2)
	ON(LDRSB, a64_load, 1) ON(LDURSB, a64_load, 1) ON(LDTRSB, a64_load, 1)
	ON(LDRSH, a64_load, 2) ON(LDURSH, a64_load, 2) ON(LDTRSH, a64_load, 2)
	ON(LDRSW, a64_load, 4) ON(LDURSW, a64_load, 4) ON(LDTRSW, a64_load, 4)
	ON(LDAR, a64_load, 0) ON(LDARB, a64_load, 1) ON(LDARH, a64_load, 2)
	ON(LDXR, a64_load, 0) ON(LDXRB, a64_load, 1) ON(LDXRH, a64_load, 2)
	ON(LDAXR, a64_load, 0) ON(LDAXRB, a64_load, 1) ON(LDAXRH, a64_load, 2)
	ON(LDP, a64_load_two, 0) ON(LDNP, a64_load_two, 0)
	ON(LDPSW, a64_load_two, 4) ON(LDXP, a64_load_two, 0)
	ON(LDAXP, a64_load_two, 0)
	ON(STR, a64_store, 0) ON(STUR, a64_store, 0) ON(STTR, a64_store, 0)
	ON(STRB, a64_store, 1) ON(STURB, a64_store, 1) ON(STTRB, a64_store, 1)
	ON(STRH, a64_store, 2) ON(STURH, a64_store, 2) ON(STTRH, a64_store, 2)
	ON(STLR, a64_store, 0) ON(STLRB, a64_store, 1) ON(STLRH, a64_store, 2)
	ON(STP, a64_store_two, 0) ON(STNP, a64_store_two, 0)
	ON(STXR, a64_exclusive, 0) ON(STLXR, a64_exclusive, 0)
	ON(STXRB, a64_exclusive, 1) ON(STLXRB, a64_exclusive, 1)
	ON(STXRH, a64_exclusive, 2) ON(STLXRH, a64_exclusive, 2)
	ON(STXP, a64_exclusive, -1) ON(STLXP, a64_exclusive, -1)
	ON(LD1, a64_vector_load, 0) ON(ST1, a64_vector_store, 0)
	ON(LD1R, a64_vector_lanes, 1) ON(LD2R, a64_vector_lanes, 1)
	ON(LD3R, a64_vector_lanes, 1) ON(LD4R, a64_vector_lanes, 1)
	ON(LD2, a64_vector_lanes, 1)
	ON(LD3, a64_vector_lanes, 1) ON(LD4, a64_vector_lanes, 1)
	ON(ST2, a64_vector_lanes, 0) ON(ST3, a64_vector_lanes, 0)
	ON(ST4, a64_vector_lanes, 0)
};
#undef ON
/* clang-format on */

static bool lift(const cs_insn *in, struct code_mode mode,
		 struct code_insn *out)
{
	(void)mode;
	out->address = in->address;
	out->size = (uint8_t)in->size;
	out->flow = CODE_NEXT;
	out->cond = CODE_ALWAYS;
	out->reg = CODE_NONE;
	out->link_only = out->delay = out->likely = false;
	out->target = 0;
	out->count = 0;
	if (in->detail == NULL || in->id >= ARM64_INS_ENDING)
		return false;

	struct a64 x = { .in = in, .d = &in->detail->arm64, .out = out };
	const struct row *r = &rows[in->id];

	if (r->handler == NULL || !r->handler(&x, r->arg))
		unknown(&x, 0);
	return true;
}

#define X(n) (A64_X0 + (n))
static const uint8_t clobbered[] = { X(0),     X(1),  X(2),  X(3),  X(4),
				     X(5),     X(6),  X(7),  X(8),  X(9),
				     X(10),    X(11), X(12), X(13), X(14),
				     X(15),    X(16), X(17), X(18), A64_X30,
				     CODE_NONE };

const struct code_arch code_aarch64 = {
	.name = "aarch64",
	.machine = EM_AARCH64,
	.wide = true,
	.step = 4,
	.cs_arch = CS_ARCH_ARM64,
	.cs_mode = CS_MODE_ARM,
	.sp = A64_SP,
	.result = A64_X0,
	.result_high = CODE_NONE,
	.gp = CODE_NONE,
	.self = CODE_NONE,
	.args = { X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7) },
	.stack_args = 0,
	.call_args = 0,
	.clobbered = clobbered,
	.syscall_number = A64_X8,
	.lift = lift,
	.scan = a64_scan,
	.syscall = a64_syscall,
};
