/* x86.c - x86-64 and i386, lifted
 *
 * A table leads from capstone's instruction to what handles it. All that it
 * does not name makes unknown what it writes: the operands that are written,
 * and what capstone says is written besides.
 *
 * Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume
 * 2; System V ABI for x86-64 and i386.
 */
#include <elf.h>

#include "code/x86.h"

struct row {
	x86_handler *handler;
	uint8_t arg;
};

/* Both the instruction of strings and that of numbers in vectors. */
static bool movsd(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *ops = x->d->operands;

	(void)arg;
	if (ops[0].type == X86_OP_MEM && ops[1].type == X86_OP_MEM)
		return x86_movs(x, 4);
	return x86_vector_move(x, 8);
}

static bool cmpsd(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *ops = x->d->operands;

	(void)arg;
	if (ops[0].type == X86_OP_MEM && ops[1].type == X86_OP_MEM)
		return x86_cmps(x, 4);
	return x86_unknown(x, 0);
}

bool x86_nothing(struct x86 *x, uint8_t arg)
{
	(void)x;
	(void)arg;
	return true;
}

/* clang-format off */
#define ON(id, handler, arg) [X86_INS_##id] = { handler, arg },
#define CONDITION(cc, cond)                                                    \
	ON(J##cc, x86_branch, cond) ON(SET##cc, x86_setcc, cond)               \
	ON(CMOV##cc, x86_cmov, cond)
#define EITHER(id, handler, arg) ON(id, handler, arg) ON(V##id, handler, arg)
#define STRING(id, handler)                                                    \
	ON(id##B, handler, 1) ON(id##W, handler, 2) ON(id##Q, handler, 8)

static const struct row rows[X86_INS_ENDING] = {
	CONDITION(E, CODE_EQ) CONDITION(NE, CODE_NE)
	CONDITION(B, CODE_LESS) CONDITION(BE, CODE_LESS)
	CONDITION(L, CODE_LESS) CONDITION(LE, CODE_LESS)
	CONDITION(S, CODE_LESS)
	CONDITION(A, CODE_GREATER) CONDITION(AE, CODE_GREATER)
	CONDITION(G, CODE_GREATER) CONDITION(GE, CODE_GREATER)
	CONDITION(NS, CODE_GREATER)
	CONDITION(O, CODE_ODD) CONDITION(NO, CODE_ODD)
	CONDITION(P, CODE_ODD) CONDITION(NP, CODE_ODD)
	ON(JCXZ, x86_branch_cx, 0) ON(JECXZ, x86_branch_cx, 0)
	ON(JRCXZ, x86_branch_cx, 0) ON(LOOP, x86_loop, CODE_NE)
	ON(LOOPE, x86_loop, CODE_ODD) ON(LOOPNE, x86_loop, CODE_ODD)

	ON(MOV, x86_mov, 0) ON(MOVABS, x86_mov, 0) ON(MOVZX, x86_mov, 0)
	ON(MOVSX, x86_mov, 0) ON(MOVSXD, x86_mov, 0) ON(MOVNTI, x86_mov, 0)
	ON(LEA, x86_lea, 0) ON(ADD, x86_add, 0) ON(SUB, x86_sub, 0)
	ON(ADC, x86_carry, 0) ON(SBB, x86_carry, 0)
	ON(AND, x86_bits, CODE_ANDI) ON(OR, x86_bits, CODE_OR)
	ON(XOR, x86_bits, CODE_XOR) ON(INC, x86_step, 1) ON(DEC, x86_step, 0)
	ON(NEG, x86_negate, 1) ON(NOT, x86_negate, 0) ON(BSWAP, x86_negate, 0)
	ON(CMP, x86_compares, 0) ON(TEST, x86_test, 0)
	ON(SHL, x86_shift, 0) ON(SAL, x86_shift, 0) ON(SHR, x86_shift, 1)
	ON(SAR, x86_shift, 2) ON(ROL, x86_mix_own, 0) ON(ROR, x86_mix_own, 0)
	ON(RCL, x86_mix_own, 0) ON(RCR, x86_mix_own, 0)
	ON(SHLD, x86_mix_own, 0) ON(SHRD, x86_mix_own, 0)
	ON(IMUL, x86_mul, 0) ON(MUL, x86_mul, 0)
	ON(DIV, x86_div, 0) ON(IDIV, x86_div, 0) ON(MOVBE, x86_movbe, 0)
	ON(CBW, x86_widen, 1) ON(CWDE, x86_widen, 2) ON(CDQE, x86_widen, 4)
	ON(CWD, x86_double, 0) ON(CDQ, x86_double, 0) ON(CQO, x86_double, 0)
	ON(BSF, x86_mix, 0) ON(BSR, x86_mix, 0) ON(TZCNT, x86_mix, 0)
	ON(LZCNT, x86_mix, 0) ON(POPCNT, x86_mix, 0) ON(ANDN, x86_mix, 0)
	ON(BLSI, x86_mix, 0) ON(BLSR, x86_mix, 0) ON(BLSMSK, x86_mix, 0)
	ON(BEXTR, x86_mix, 0) ON(BZHI, x86_mix, 0) ON(SHLX, x86_mix, 1)
	ON(SHRX, x86_mix, 1) ON(SARX, x86_mix, 1) ON(RORX, x86_mix, 1)
	ON(PDEP, x86_mix, 1) ON(PEXT, x86_mix, 1)
	ON(XCHG, x86_xchg, 0) ON(XADD, x86_xchg, CODE_ADD)
	ON(CMPXCHG, x86_cmpxchg, 0) ON(BT, x86_bit, CODE_TEST)
	ON(BTS, x86_bit, CODE_ORI) ON(BTR, x86_bit, CODE_ANDI)
	ON(BTC, x86_bit, CODE_XORI)

	ON(CALL, x86_call, 0) ON(JMP, x86_jump, 0) ON(RET, x86_return, 0)
	ON(IRET, x86_return, 0) ON(IRETD, x86_return, 0)
	ON(IRETQ, x86_return, 0) ON(SYSRET, x86_return, 0)
	ON(SYSEXIT, x86_return, 0) ON(LEAVE, x86_leave, 0)
	ON(ENTER, x86_enter, 0) ON(PUSH, x86_push, 0) ON(POP, x86_pop, 0)
	ON(PUSHAL, x86_push_all, 0) ON(POPAL, x86_pop_all, 0)
	ON(PUSHF, x86_push_flags, 0) ON(PUSHFD, x86_push_flags, 0)
	ON(PUSHFQ, x86_push_flags, 0) ON(POPF, x86_pop_flags, 0)
	ON(POPFD, x86_pop_flags, 0) ON(POPFQ, x86_pop_flags, 0)
	ON(SYSCALL, x86_kernel, 1) ON(SYSENTER, x86_kernel, 0)
	ON(INT, x86_interrupt, 0) ON(INT3, x86_stop, 0) ON(HLT, x86_stop, 0)
	ON(UD0, x86_stop, 0) ON(UD2, x86_stop, 0) ON(UD2B, x86_stop, 0)
	STRING(MOVS, x86_movs) STRING(STOS, x86_stos) ON(STOSD, x86_stos, 4)
	STRING(LODS, x86_lods) ON(LODSD, x86_lods, 4)
	STRING(CMPS, x86_cmps) STRING(SCAS, x86_scas) ON(SCASD, x86_scas, 4)
	ON(MOVSD, movsd, 0) ON(CMPSD, cmpsd, 0)

	ON(NOP, x86_nothing, 0) ON(ENDBR32, x86_nothing, 0)
	ON(ENDBR64, x86_nothing, 0) ON(PAUSE, x86_nothing, 0)
	ON(PREFETCH, x86_nothing, 0) ON(PREFETCHNTA, x86_nothing, 0)
	ON(PREFETCHT0, x86_nothing, 0) ON(PREFETCHT1, x86_nothing, 0)
	ON(PREFETCHT2, x86_nothing, 0) ON(PREFETCHW, x86_nothing, 0)
	ON(LFENCE, x86_nothing, 0) ON(MFENCE, x86_nothing, 0)
	ON(SFENCE, x86_nothing, 0) ON(WAIT, x86_nothing, 0)
	ON(FLD, x86_nothing, 0) ON(FILD, x86_nothing, 0)
	ON(LDMXCSR, x86_nothing, 0) ON(FLDCW, x86_nothing, 0)

	EITHER(MOVAPS, x86_vector_move, 0) EITHER(MOVAPD, x86_vector_move, 0)
	EITHER(MOVUPS, x86_vector_move, 0) EITHER(MOVUPD, x86_vector_move, 0)
	EITHER(MOVDQU, x86_vector_move, 0) EITHER(MOVDQA, x86_vector_move, 0)
	EITHER(LDDQU, x86_vector_move, 0) EITHER(MOVNTDQ, x86_vector_move, 0)
	EITHER(MOVNTDQA, x86_vector_move, 0) EITHER(MOVNTPS, x86_vector_move, 0)
	EITHER(MOVNTPD, x86_vector_move, 0) EITHER(MOVQ, x86_vector_move, 8)
	EITHER(MOVD, x86_vector_move, 4) EITHER(MOVSS, x86_vector_move, 4)
	ON(VMOVSD, x86_vector_move, 8)
	EITHER(PXOR, x86_vector_op, CODE_XOR) EITHER(POR, x86_vector_op, CODE_OR)
	EITHER(XORPS, x86_vector_op, CODE_XOR) EITHER(ORPS, x86_vector_op, CODE_OR)
	EITHER(XORPD, x86_vector_op, CODE_XOR) EITHER(ORPD, x86_vector_op, CODE_OR)
	EITHER(PAND, x86_vector_op, CODE_MIX) EITHER(PANDN, x86_vector_op, CODE_MIX)
	EITHER(ANDPS, x86_vector_op, CODE_MIX) EITHER(ANDPD, x86_vector_op, CODE_MIX)
	EITHER(PADDB, x86_vector_op, CODE_MIX) EITHER(PADDW, x86_vector_op, CODE_MIX)
	EITHER(PADDD, x86_vector_op, CODE_MIX) EITHER(PADDQ, x86_vector_op, CODE_MIX)
	EITHER(PSUBB, x86_vector_op, CODE_SUB) EITHER(PSUBW, x86_vector_op, CODE_SUB)
	EITHER(PSUBD, x86_vector_op, CODE_SUB) EITHER(PSUBQ, x86_vector_op, CODE_SUB)
	EITHER(PUNPCKLBW, x86_vector_op, CODE_MIX)
	EITHER(PUNPCKLWD, x86_vector_op, CODE_MIX)
	EITHER(PUNPCKLDQ, x86_vector_op, CODE_MIX)
	EITHER(PCMPEQB, x86_vector_equal, CODE_XOR)
	EITHER(PCMPEQW, x86_vector_equal, CODE_MIX)
	EITHER(PCMPEQD, x86_vector_equal, CODE_MIX)
	EITHER(PCMPEQQ, x86_vector_equal, CODE_MIX)
	EITHER(PMOVMSKB, x86_vector_mask, 0) EITHER(PTEST, x86_vector_test, 0)
	EITHER(MOVHPS, x86_vector_half, 1) EITHER(MOVHPD, x86_vector_half, 1)
	EITHER(MOVLPS, x86_vector_half, 0) EITHER(MOVLPD, x86_vector_half, 0)
	EITHER(MOVLHPS, x86_vector_half, 1) EITHER(MOVHLPS, x86_vector_half, 2)
	EITHER(PUNPCKLQDQ, x86_vector_half, 1) EITHER(UNPCKLPD, x86_vector_half, 1)
	EITHER(PUNPCKHQDQ, x86_vector_high, 0) EITHER(UNPCKHPD, x86_vector_high, 0)
	EITHER(PSHUFD, x86_vector_quads, 0) EITHER(PSRLDQ, x86_vector_down, 0)
	EITHER(PINSRD, x86_vector_insert, 4) EITHER(PINSRQ, x86_vector_insert, 8)
	EITHER(PEXTRD, x86_vector_extract, 4) EITHER(PEXTRQ, x86_vector_extract, 8)

	ON(AAA, x86_not_code, 0) ON(AAD, x86_not_code, 0)
	ON(AAM, x86_not_code, 0) ON(AAS, x86_not_code, 0)
	ON(DAA, x86_not_code, 0) ON(DAS, x86_not_code, 0)
	ON(ARPL, x86_not_code, 0) ON(BOUND, x86_not_code, 0)
	ON(INTO, x86_not_code, 0) ON(INT1, x86_not_code, 0)
	ON(LDS, x86_not_code, 0) ON(LES, x86_not_code, 0)
	ON(LFS, x86_not_code, 0) ON(LGS, x86_not_code, 0)
	ON(LSS, x86_not_code, 0) ON(SALC, x86_not_code, 0)
	ON(LJMP, x86_not_code, 0) ON(LCALL, x86_not_code, 0)
	ON(RETF, x86_not_code, 0) ON(RETFQ, x86_not_code, 0)
	ON(XLATB, x86_not_code, 0) ON(VZEROALL, x86_not_code, 0)
	ON(PUSHAW, x86_not_code, 0) ON(POPAW, x86_not_code, 0)
};
/* clang-format on */

static void unknown_register(struct x86 *x, const cs_x86_op *op)
{
	uint8_t lane = x86_lane(x, op);

	if (x86_number(op->reg) != CODE_NONE)
		x86_clobber(x, x86_number(op->reg));
	for (uint8_t i = 0; lane != CODE_NONE && i < x86_lanes(x); i++)
		x86_clobber(x, (uint8_t)(lane + i));
}

/* capstone 4 does not know of every operand that it is written: the first one
 * is taken to be. */
bool x86_unknown(struct x86 *x, uint8_t arg)
{
	const cs_detail *detail = x->in->detail;

	(void)arg;
	for (uint8_t i = 0; i < x->d->op_count; i++) {
		const cs_x86_op *op = &x->d->operands[i];

		if (i > 0 && (op->access & CS_AC_WRITE) == 0)
			continue;
		if (op->type == X86_OP_REG) {
			unknown_register(x, op);
		} else if (op->type == X86_OP_MEM) {
			struct x86_place p = x86_place(x, op);

			x86_store_unknown(x, &p, op->size);
		}
	}
	for (uint8_t i = 0; i < detail->regs_write_count; i++) {
		cs_x86_op op = { .type = X86_OP_REG,
				 .reg = (x86_reg)detail->regs_write[i] };

		unknown_register(x, &op);
	}
	return true;
}

static bool lift(const cs_insn *in, struct code_mode mode,
		 struct code_insn *out)
{
	struct x86 x = { in, &in->detail->x86, out, mode.wide,
			 mode.wide ? 8 : 4 };
	struct row row = { x86_unknown, 0 };

	out->address = in->address;
	out->size = (uint8_t)in->size;
	out->flow = CODE_NEXT;
	out->cond = CODE_ALWAYS;
	out->reg = CODE_NONE;
	out->link_only = out->delay = out->likely = false;
	out->target = 0;
	out->count = 0;
	if (in->id < X86_INS_ENDING && rows[in->id].handler != NULL)
		row = rows[in->id];
	return row.handler(&x, row.arg);
}

#define LANES_8(n)                                                             \
	(n), (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6, (n) + 7
#define ALL_LANES                                                              \
	LANES_8(X86_LANES), LANES_8(X86_LANES + 8), LANES_8(X86_LANES + 16),   \
		LANES_8(X86_LANES + 24)

static const uint8_t clobbered_64[] = {
	X86_AX,	 X86_CX,  X86_DX,     X86_SI,  X86_DI,	  X86_R8,   X86_R9,
	X86_R10, X86_R11, CODE_FLAGS, X86_OWN, ALL_LANES, CODE_NONE
};

static const uint8_t clobbered_32[] = { X86_AX,	    X86_CX,  X86_DX,
					CODE_FLAGS, X86_OWN, ALL_LANES,
					CODE_NONE };

const struct code_arch code_x86_64 = {
	.name = "x86-64",
	.machine = EM_X86_64,
	.wide = true,
	.step = 1,
	.cs_arch = CS_ARCH_X86,
	.cs_mode = CS_MODE_64,
	.sp = X86_SP,
	.result = X86_AX,
	.result_high = X86_DX,
	.gp = CODE_NONE,
	.self = CODE_NONE,
	.args = { X86_DI, X86_SI, X86_DX, X86_CX, X86_R8, X86_R9, CODE_NONE,
		  CODE_NONE },
	.stack_args = 8,
	.call_args = 0,
	.clobbered = clobbered_64,
	.syscall_number = X86_AX,
	.lift = lift,
	.scan = x86_scan,
	.syscall = x86_syscall_64,
};

const struct code_arch code_i386 = {
	.name = "i386",
	.machine = EM_386,
	.wide = false,
	.step = 1,
	.cs_arch = CS_ARCH_X86,
	.cs_mode = CS_MODE_32,
	.sp = X86_SP,
	.result = X86_AX,
	.result_high = X86_DX,
	.gp = X86_BX,
	.self = CODE_NONE,
	.args = { CODE_NONE, CODE_NONE, CODE_NONE, CODE_NONE, CODE_NONE,
		  CODE_NONE, CODE_NONE, CODE_NONE },
	.stack_args = 4,
	.call_args = 0,
	.clobbered = clobbered_32,
	.syscall_number = X86_AX,
	.lift = lift,
	.scan = x86_scan,
	.syscall = x86_syscall_32,
};
