/* arm.c - 32-bit ARM, in A32 and in Thumb, lifted
 *
 * A table leads from capstone's instruction to what handles it. All that it
 * does not name makes unknown what it writes. An instruction is first lifted as
 * if it always ran; its condition is put on the operations afterwards.
 *
 * Source: ARM Architecture Reference Manual, ARMv7-A edition; Procedure Call
 * Standard for the ARM Architecture.
 */
#include <elf.h>

#include "code/arm.h"

uint8_t arm_core(int reg)
{
	if (reg >= ARM_REG_R0 && reg <= ARM_REG_R12)
		return (uint8_t)(ARM_R0 + (reg - ARM_REG_R0));
	if (reg == ARM_REG_SP)
		return ARM_SP;
	return reg == ARM_REG_LR ? ARM_LR : CODE_NONE;
}

bool arm_vector_of(int reg, struct arm_vector *v)
{
	if (reg >= ARM_REG_D0 && reg <= ARM_REG_D31)
		*v = (struct arm_vector){
			(uint8_t)(ARM_D0 + (reg - ARM_REG_D0)), 1, true
		};
	else if (reg >= ARM_REG_Q0 && reg <= ARM_REG_Q15)
		*v = (struct arm_vector){
			(uint8_t)(ARM_D0 + 2 * (reg - ARM_REG_Q0)), 2, true
		};
	else if (reg >= ARM_REG_S0 && reg <= ARM_REG_S31)
		*v = (struct arm_vector){
			(uint8_t)(ARM_D0 + (reg - ARM_REG_S0) / 2), 1, false
		};
	else
		return false;
	return true;
}

void arm_set(struct arm *x, uint8_t dst, int64_t imm)
{
	code_emit(x->out, CODE_SET, dst)->imm = imm;
}

void arm_emit(struct arm *x, enum code_op op, uint8_t dst, uint8_t a, uint8_t b)
{
	struct code_operation *o = code_emit(x->out, op, dst);

	o->a = a;
	o->b = b;
}

void arm_emit_imm(struct arm *x, enum code_op op, uint8_t dst, uint8_t a,
		  int64_t imm)
{
	struct code_operation *o = code_emit(x->out, op, dst);

	o->a = a;
	o->imm = imm;
}

void arm_compare(struct arm *x, uint8_t flags, uint8_t a, struct arm_value b)
{
	struct code_operation *o = code_emit(x->out, CODE_COMPARE, flags);

	o->a = a;
	o->b = b.reg;
	o->imm = b.imm;
	o->size = 4;
}

void arm_clobber(struct arm *x, int reg)
{
	struct arm_vector v;
	uint8_t core = arm_core(reg);

	if (core != CODE_NONE)
		code_emit(x->out, CODE_CLOBBER, core);
	else if (arm_vector_of(reg, &v))
		for (uint8_t i = 0; i < v.count; i++)
			code_emit(x->out, CODE_CLOBBER, (uint8_t)(v.first + i));
	else if (reg == ARM_REG_PC)
		arm_jump(x, ARM_UNKNOWN);
}

uint8_t arm_read(struct arm *x, const cs_arm_op *op, uint8_t tmp)
{
	if (op->type != ARM_OP_REG)
		return ARM_UNKNOWN;
	if (op->reg == ARM_REG_PC) {
		arm_set(x, tmp, x->pc);
		return tmp;
	}

	uint8_t reg = arm_core(op->reg);

	return reg == CODE_NONE ? ARM_UNKNOWN : reg;
}

/* A shift to the right by five is how a compiler ends "is it zero" after it
 * counted leading zeros, which arm_clz() already told as 0 or 1. */
void arm_shift(struct arm *x, uint8_t dst, uint8_t a, int type, unsigned by)
{
	if (type == ARM_SFT_LSL && by != 0)
		arm_emit_imm(x, CODE_SHIFT, dst, a, (int64_t)(by & 63));
	else if (type == ARM_SFT_LSR && by != 0 && by != 5)
		arm_emit_imm(x, CODE_SHIFT, dst, a, -(int64_t)(by & 63));
	else if (type == ARM_SFT_LSL || type == ARM_SFT_LSR)
		arm_emit(x, CODE_MOVE, dst, a, CODE_NONE);
	else
		arm_emit(x, CODE_MIX, dst, a, CODE_NONE);
}

/* Where the encoding does not rotate as little as it could (PLT stubs are so),
 * capstone gives the rotation as one more operand. */
static uint32_t rotated(const struct arm *x, const cs_arm_op *op)
{
	uint32_t n = (uint32_t)op->imm;
	const cs_arm_op *end = x->d->operands + x->d->op_count;
	unsigned by = op + 1 < end && op[1].type == ARM_OP_IMM
			      ? (unsigned)op[1].imm & 31
			      : 0;

	return by == 0 ? n : n >> by | n << (32 - by);
}

struct arm_value arm_operand(struct arm *x, const cs_arm_op *op, uint8_t tmp)
{
	if (op->type == ARM_OP_IMM)
		return (struct arm_value){ CODE_NONE, rotated(x, op) };

	uint8_t reg = arm_read(x, op, tmp);

	if (op->shift.type == ARM_SFT_INVALID)
		return (struct arm_value){ reg, 0 };
	/* Within an operand no compiler puts that idiom's shift. */
	if (op->shift.type == ARM_SFT_LSR && op->shift.value == 5)
		arm_emit_imm(x, CODE_SHIFT, tmp, reg, -5);
	else
		arm_shift(x, tmp, reg, (int)op->shift.type, op->shift.value);
	return (struct arm_value){ tmp, 0 };
}

void arm_jump(struct arm *x, uint8_t reg)
{
	x->out->flow = reg == ARM_LR ? CODE_RETURN : CODE_JUMP_REGISTER;
	x->out->reg = reg;
}

static const uint8_t conds[] = {
	[ARM_CC_INVALID] = CODE_ALWAYS, [ARM_CC_EQ] = CODE_EQ,
	[ARM_CC_NE] = CODE_NE,		[ARM_CC_HS] = CODE_GREATER,
	[ARM_CC_LO] = CODE_LESS,	[ARM_CC_MI] = CODE_LESS,
	[ARM_CC_PL] = CODE_GREATER,	[ARM_CC_VS] = CODE_ODD,
	[ARM_CC_VC] = CODE_ODD,		[ARM_CC_HI] = CODE_GREATER,
	[ARM_CC_LS] = CODE_LESS,	[ARM_CC_GE] = CODE_GREATER,
	[ARM_CC_LT] = CODE_LESS,	[ARM_CC_GT] = CODE_GREATER,
	[ARM_CC_LE] = CODE_LESS,	[ARM_CC_AL] = CODE_ALWAYS,
};

static bool branch(struct arm *x, int arg)
{
	uint8_t cond = conds[x->d->cc];

	(void)arg;
	if (x->d->operands[0].type != ARM_OP_IMM)
		return false;
	x->out->flow = cond == CODE_ALWAYS ? CODE_JUMP : CODE_BRANCH;
	x->out->target = (uint32_t)x->d->operands[0].imm;
	x->out->cond = cond;
	x->out->or_equal = x->d->cc == ARM_CC_LS || x->d->cc == ARM_CC_LE ||
			   x->d->cc == ARM_CC_GE || x->d->cc == ARM_CC_HS ||
			   x->d->cc == ARM_CC_PL;
	x->out->reg = CODE_FLAGS;
	return true;
}

/* bl, blx; arg 1: the immediate form goes to the other instruction set. */
static bool call(struct arm *x, int arg)
{
	const cs_arm_op *op = &x->d->operands[0];

	if (op->type == ARM_OP_IMM) {
		bool thumb = arg ? !x->thumb : x->thumb;

		x->out->flow = CODE_CALL;
		x->out->target = ((uint32_t)op->imm & ~1u) | thumb;
		return true;
	}
	x->out->reg = arm_read(x, op, CODE_TMP);
	x->out->flow = CODE_CALL_REGISTER;
	return true;
}

static bool exchange(struct arm *x, int arg)
{
	(void)arg;
	if (x->d->operands[0].reg == ARM_REG_PC) {
		arm_set(x, CODE_TMP, arm_aligned_pc(x)); /* on to A32 */
		arm_jump(x, CODE_TMP);
	} else
		arm_jump(x, arm_read(x, &x->d->operands[0], CODE_TMP));
	return true;
}

static bool zero_branch(struct arm *x, int arg)
{
	const struct arm_value zero = { CODE_NONE, 0 };

	arm_compare(x, ARM_FLAGS2, arm_read(x, &x->d->operands[0], CODE_TMP),
		    zero);
	x->out->flow = CODE_BRANCH;
	x->out->cond = (uint8_t)arg;
	x->out->reg = ARM_FLAGS2;
	x->out->target = (uint32_t)x->d->operands[1].imm;
	return true;
}

/* The old ABI has the number in the instruction, from 0x900000. */
static bool supervisor(struct arm *x, int arg)
{
	int64_t number = x->d->operands[0].imm & 0xffffff;

	(void)arg;
	if (!x->thumb && number >= 0x900000) {
		arm_emit(x, CODE_MOVE, CODE_TMP, ARM_R7, CODE_NONE);
		arm_set(x, ARM_R7, number - 0x900000);
		code_emit(x->out, CODE_SYSCALL, CODE_NONE);
		arm_emit(x, CODE_MOVE, ARM_R7, CODE_TMP, CODE_NONE);
	} else
		code_emit(x->out, CODE_SYSCALL, CODE_NONE);
	return true;
}

static bool stop(struct arm *x, int arg)
{
	(void)arg;
	x->out->flow = CODE_STOP;
	return true;
}

static bool nothing(struct arm *x, int arg)
{
	(void)x;
	(void)arg;
	return true;
}

/* What capstone tells of operands that are written has gaps: an operand of
 * which it tells nothing counts as written, and so does the first one. */
static bool unknown(struct arm *x, int arg)
{
	(void)arg;
	x->out->count = 0;
	x->out->flow = CODE_NEXT;
	for (uint8_t i = 0; i < x->d->op_count; i++) {
		const cs_arm_op *op = &x->d->operands[i];

		if (op->type == ARM_OP_REG &&
		    (i == 0 || op->access == 0 || (op->access & CS_AC_WRITE)))
			arm_clobber(x, op->reg);
		if (op->type == ARM_OP_MEM && x->d->writeback)
			arm_clobber(x, (int)op->mem.base);
	}
	if (x->d->update_flags)
		code_emit(x->out, CODE_CLOBBER, CODE_FLAGS);
	return true;
}

/* mrc, mrrc: capstone tells of the registers as if they were read. */
static bool coprocessor(struct arm *x, int arg)
{
	(void)arg;
	for (uint8_t i = 0; i < x->d->op_count; i++)
		if (x->d->operands[i].type == ARM_OP_REG)
			arm_clobber(x, x->d->operands[i].reg);
	code_emit(x->out, CODE_CLOBBER, CODE_FLAGS);
	return true;
}

struct row {
	arm_handler *handler;
	int arg;
};

/* clang-format off */
#define ON(id, handler, arg) [ARM_INS_##id] = { handler, arg },
static const struct row rows[ARM_INS_ENDING] = {
	ON(B, branch, 0) ON(BL, call, 0) ON(BLX, call, 1)
	ON(BX, exchange, 0) ON(BXJ, exchange, 0)
	ON(CBZ, zero_branch, CODE_EQ) ON(CBNZ, zero_branch, CODE_NE)
	ON(TBB, arm_table, 1) ON(TBH, arm_table, 2)
	ON(SVC, supervisor, 0) ON(BKPT, stop, 0) ON(UDF, stop, 0)
	ON(TRAP, stop, 0) ON(HLT, stop, 0)
	ON(NOP, nothing, 0) ON(IT, nothing, 0) ON(DMB, nothing, 0)
	ON(DSB, nothing, 0) ON(ISB, nothing, 0) ON(PLD, nothing, 0)
	ON(PLDW, nothing, 0) ON(PLI, nothing, 0) ON(HINT, nothing, 0)
	ON(YIELD, nothing, 0) ON(MCR, nothing, 0) ON(MCRR, nothing, 0)
	ON(MSR, nothing, 0) ON(CPS, nothing, 0) ON(CLREX, nothing, 0)
	ON(VMSR, nothing, 0)
	ON(MRC, coprocessor, 0) ON(MRC2, coprocessor, 0)
	ON(MRRC, coprocessor, 0) ON(MRRC2, coprocessor, 0)

	ON(ADD, arm_add, 0) ON(ADDW, arm_add, 0) ON(SUB, arm_sub, 0)
	ON(SUBW, arm_sub, 0) ON(RSB, arm_rsb, 0) ON(MOV, arm_mov, 0)
	ON(MOVW, arm_mov, 0) ON(MVN, arm_mvn, 0)
	ON(MOVT, arm_movt, 0) ON(ADR, arm_adr, 0)
	ON(AND, arm_logic, CODE_ANDI) ON(BIC, arm_logic, CODE_CLOBBER)
	ON(ORR, arm_logic, CODE_ORI) ON(ORN, arm_logic, CODE_OR)
	ON(EOR, arm_logic, CODE_XORI)
	ON(LSL, arm_shifts, ARM_SFT_LSL) ON(LSR, arm_shifts, ARM_SFT_LSR)
	ON(ASR, arm_shifts, ARM_SFT_ASR) ON(ROR, arm_shifts, ARM_SFT_ROR)
	ON(RRX, arm_shifts, ARM_SFT_RRX)
	ON(CMP, arm_cmp, 0) ON(CMN, arm_cmn, 0) ON(TST, arm_tst, 0)
	ON(TEQ, arm_teq, 0) ON(UXTB, arm_extend, 0xff)
	ON(UXTH, arm_extend, 0xffff) ON(SXTB, arm_extend, 0)
	ON(SXTH, arm_extend, 0) ON(UBFX, arm_ubfx, 0) ON(SBFX, arm_sbfx, 0)
	ON(BFC, arm_bfc, 0) ON(BFI, arm_bfi, 0) ON(CLZ, arm_clz, 0)
	ON(MUL, arm_mul, 0) ON(MLA, arm_mul, 0) ON(MLS, arm_mul, 1)
	ON(REV, arm_mix, 0) ON(REV16, arm_mix, 0) ON(REVSH, arm_mix, 0)
	ON(RBIT, arm_mix, 0) ON(SDIV, arm_mix, 0) ON(UDIV, arm_mix, 0)
	ON(UXTAB, arm_mix, 0) ON(UXTAH, arm_mix, 0) ON(SXTAB, arm_mix, 0)
	ON(SXTAH, arm_mix, 0) ON(SMULBB, arm_mix, 0) ON(SMLABB, arm_mix, 0)
	ON(ADC, arm_carry, 0) ON(SBC, arm_carry, 0) ON(RSC, arm_carry, 0)

	ON(LDR, arm_load, 4) ON(LDRT, arm_load, 4) ON(LDRB, arm_load, 1)
	ON(LDRBT, arm_load, 1) ON(LDRSB, arm_load, 1) ON(LDRSBT, arm_load, 1)
	ON(LDRH, arm_load, 2) ON(LDRHT, arm_load, 2) ON(LDRSH, arm_load, 2)
	ON(LDRSHT, arm_load, 2) ON(LDREX, arm_load, 4) ON(LDREXB, arm_load, 1)
	ON(LDREXH, arm_load, 2) ON(LDA, arm_load, 4) ON(LDAB, arm_load, 1)
	ON(LDAH, arm_load, 2) ON(LDAEX, arm_load, 4) ON(LDAEXB, arm_load, 1)
	ON(LDAEXH, arm_load, 2) ON(LDRD, arm_load_two, 0)
	ON(LDREXD, arm_load_two, 0) ON(LDAEXD, arm_load_two, 0)
	ON(STR, arm_store, 4) ON(STRT, arm_store, 4) ON(STRB, arm_store, 1)
	ON(STRBT, arm_store, 1) ON(STRH, arm_store, 2) ON(STRHT, arm_store, 2)
	ON(STL, arm_store, 4) ON(STLB, arm_store, 1) ON(STLH, arm_store, 2)
	ON(STRD, arm_store_two, 0) ON(STREX, arm_exclusive, 4)
	ON(STREXB, arm_exclusive, 1) ON(STREXH, arm_exclusive, 2)
	ON(STREXD, arm_exclusive, 8) ON(STLEX, arm_exclusive, 4)
	ON(STLEXB, arm_exclusive, 1) ON(STLEXH, arm_exclusive, 2)
	ON(STLEXD, arm_exclusive, 8) ON(SWP, arm_swap, 4) ON(SWPB, arm_swap, 1)
	ON(LDM, arm_multiple, 0) ON(LDMIB, arm_multiple, 0)
	ON(LDMDA, arm_multiple, 0) ON(LDMDB, arm_multiple, 0)
	ON(STM, arm_multiple, 1) ON(STMIB, arm_multiple, 1)
	ON(STMDA, arm_multiple, 1) ON(STMDB, arm_multiple, 1)
	ON(PUSH, arm_push, 0) ON(POP, arm_pop, 0)

	ON(VLDR, arm_vload, 0) ON(VSTR, arm_vstore, 0)
	ON(VLDMIA, arm_vmultiple, 0) ON(VLDMDB, arm_vmultiple, 0)
	ON(VSTMIA, arm_vmultiple, 1) ON(VSTMDB, arm_vmultiple, 1)
	ON(VPUSH, arm_vpush, 0) ON(VPOP, arm_vpop, 0)
	ON(VLD1, arm_vstruct, 1) ON(VLD2, arm_vstruct, 2)
	ON(VLD3, arm_vstruct, 3) ON(VLD4, arm_vstruct, 4)
	ON(VST1, arm_vstruct, -1) ON(VST2, arm_vstruct, -2)
	ON(VST3, arm_vstruct, -3) ON(VST4, arm_vstruct, -4)
	ON(VMOV, arm_vmov, 0) ON(VORR, arm_vsame, 1) ON(VEOR, arm_vsame, 0)
};
#undef ON
/* clang-format on */

/* A compare that runs on a condition which holds whenever the compare before it
 * found both sides equal: when it did not run, "equal" is not left behind. So
 * "equal" after it says that this one found it, and the one before it too where
 * its condition was that. After the other conditions "equal" may come from
 * either. */
static bool equal_means_ran(arm_cc cc)
{
	return cc == ARM_CC_EQ || cc == ARM_CC_HS || cc == ARM_CC_GE ||
	       cc == ARM_CC_LS || cc == ARM_CC_LE;
}

static void condition_one(struct arm *x, struct code_operation *o, bool alone)
{
	uint8_t cond = conds[x->d->cc];
	bool tests = o->op == CODE_COMPARE || o->op == CODE_TEST;

	if (o->op == CODE_STORE) {
		o->b = ARM_UNKNOWN; /* the old value or the new one */
		o->cond = cond;
		return;
	}
	if (o->dst < CODE_FLAGS || o->dst >= CODE_REGS ||
	    o->op == CODE_SYSCALL ||
	    (tests && x->d->cc != ARM_CC_EQ && equal_means_ran(x->d->cc)))
		return;
	if (tests && x->d->cc == ARM_CC_EQ) {
		o->cond = CODE_EQ;
		return;
	}
	/* The same holds of the byte that such a compare asks for. */
	if (o->op == CODE_LOAD && o->size == 1 && x->d->cc == ARM_CC_EQ) {
		o->cond = CODE_EQ;
		return;
	}
	if (alone && o->op == CODE_SET)
		*o = (struct code_operation){ .op = CODE_CMOV,
					      .dst = o->dst,
					      .a = CODE_FLAGS,
					      .b = CODE_NONE,
					      .cond = cond,
					      .imm = o->imm };
	else if (alone && o->op == CODE_MOVE)
		*o = (struct code_operation){ .op = CODE_CMOV,
					      .dst = o->dst,
					      .a = CODE_FLAGS,
					      .b = o->a,
					      .cond = cond };
	else
		*o = (struct code_operation){ .op = CODE_CLOBBER,
					      .dst = o->dst,
					      .a = CODE_NONE,
					      .b = CODE_NONE,
					      .cond = cond };
}

/* Puts the instruction's condition on what was lifted. */
static void condition(struct arm *x)
{
	struct code_insn *out = x->out;
	uint8_t kept = 0;
	bool alone = out->count == 1;

	if (out->flow == CODE_BRANCH)
		return;
	if (out->flow == CODE_STOP)
		out->flow = CODE_NEXT;
	if (out->flow == CODE_RETURN) {
		/* Who goes on did not run it. */
		out->flow = CODE_RETURN_IF;
		out->count = 0;
	}
	if (out->flow == CODE_RETURN_IF || out->flow == CODE_JUMP_REGISTER)
		out->cond = conds[x->d->cc];
	if (out->flow == CODE_RETURN_IF)
		out->reg = CODE_FLAGS;
	for (uint8_t i = 0; i < out->count; i++) {
		struct code_operation o = out->ops[i];

		/* A stack that is taken down on the way out stays for those
		 * who stay. */
		if (o.op != CODE_STORE && o.dst == ARM_SP)
			continue;
		condition_one(x, &o, alone);
		out->ops[kept++] = o;
	}
	out->count = kept;
}

static uint32_t encoding(const cs_insn *in, struct code_mode mode)
{
	const uint8_t *b = in->bytes;
	unsigned hi = mode.big_endian ? 0 : 1, lo = 1 - hi;

	if (mode.thumb)
		return (uint32_t)b[hi] << 24 | (uint32_t)b[lo] << 16 |
		       (in->size == 4 ? (uint32_t)b[2 + hi] << 8 | b[2 + lo]
				      : 0);
	if (mode.big_endian)
		return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
		       (uint32_t)b[2] << 8 | b[3];
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[1] << 8 | b[0];
}

/* Instructions that no compiler emits: what is decoded is no code. */
static bool is_odd(const struct arm *x)
{
	switch (x->in->id) {
	case ARM_INS_CDP2:
	case ARM_INS_LDC2:
	case ARM_INS_LDC2L:
	case ARM_INS_STC2:
	case ARM_INS_STC2L:
	case ARM_INS_SETEND:
	case ARM_INS_RFEDA:
	case ARM_INS_RFEDB:
	case ARM_INS_RFEIB:
	case ARM_INS_SRSDA:
	case ARM_INS_SRSDB:
	case ARM_INS_SRSIA:
	case ARM_INS_SRSIB:
		return true;
	default:
		/* andeq r0, r0, r0; registers of another mode */
		return (!x->thumb && x->word == 0) || x->d->usermode;
	}
}

static bool lift(const cs_insn *in, struct code_mode mode,
		 struct code_insn *out)
{
	out->address = in->address;
	out->size = (uint8_t)in->size;
	out->flow = CODE_NEXT;
	out->cond = CODE_ALWAYS;
	out->reg = CODE_NONE;
	out->link_only = out->delay = out->likely = false;
	out->target = 0;
	out->count = 0;
	if (in->detail == NULL || in->id >= ARM_INS_ENDING)
		return false;

	struct arm x = { .in = in,
			 .d = &in->detail->arm,
			 .out = out,
			 .word = encoding(in, mode),
			 .pc = (uint32_t)in->address + (mode.thumb ? 4 : 8),
			 .thumb = mode.thumb };
	const struct row *r = &rows[in->id];

	if (is_odd(&x) || (size_t)x.d->cc >= sizeof(conds))
		return false;
	if (r->handler == NULL || !r->handler(&x, r->arg))
		unknown(&x, 0);
	if (conds[x.d->cc] != CODE_ALWAYS && in->id != ARM_INS_IT)
		condition(&x);
	return true;
}

static const uint8_t clobbered[] = { ARM_R0,	 ARM_R0 + 1, ARM_R0 + 2,
				     ARM_R0 + 3, ARM_R12,    ARM_LR,
				     CODE_NONE };

/* Thumb, where r7 points to the frame: glibc's __libc_do_syscall()
 * (push {r7, lr}; mov r7, ip; svc 0). */
static const uint8_t thumb_kernel_call[] = { 0x80, 0xb5, 0x67,
					     0x46, 0x00, 0xdf };

const struct code_arch code_arm = {
	.name = "arm",
	.machine = EM_ARM,
	.step = 2,
	.cs_arch = CS_ARCH_ARM,
	.cs_mode = CS_MODE_ARM,
	.sp = ARM_SP,
	.result = ARM_R0,
	.result_high = ARM_R0 + 1,
	.gp = CODE_NONE,
	.self = CODE_NONE,
	.args = { ARM_R0, ARM_R0 + 1, ARM_R0 + 2, ARM_R0 + 3, CODE_NONE },
	.stack_args = 0,
	.call_args = 0,
	.clobbered = clobbered,
	.syscall_number = ARM_R7,
	.kernel_call = { thumb_kernel_call, sizeof(thumb_kernel_call) },
	.passed_number = ARM_R12,
	.lift = lift,
	.scan = arm_scan,
	.syscall = arm_syscall,
};
