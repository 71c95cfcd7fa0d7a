/* ppc.c - PowerPC of 32 bits, System V ABI, both byte orders: instructions as
 * operations
 *
 * Every instruction is decoded from its word: the encoding is regular, and
 * libcapstone 4 tells some operands wrongly (signs of immediates, bcl 20,31).
 * Floating point and vectors are registers that lose their value.
 *
 * Source: Power ISA 2.07, Book I; System V ABI, PowerPC Processor Supplement.
 */
#include <elf.h>

#include "code/ppc.h"

void ppc_op(struct ppc *m, enum code_op op, uint8_t dst, uint8_t a, uint8_t b)
{
	struct code_operation *o = code_emit(m->out, op, dst);

	o->a = a;
	o->b = b;
}

void ppc_imm(struct ppc *m, enum code_op op, uint8_t dst, uint8_t a,
	     int64_t imm)
{
	struct code_operation *o = code_emit(m->out, op, dst);

	o->a = a;
	o->imm = imm;
}

void ppc_set(struct ppc *m, uint8_t dst, uint32_t n)
{
	code_emit(m->out, CODE_SET, dst)->imm = n;
}

void ppc_clobber(struct ppc *m, uint8_t dst)
{
	code_emit(m->out, CODE_CLOBBER, dst);
}

void ppc_compare(struct ppc *m, uint8_t flags, uint8_t a, uint8_t b,
		 int64_t imm)
{
	struct code_operation *o = code_emit(m->out, CODE_COMPARE, flags);

	o->a = a;
	o->b = b;
	o->imm = imm;
	o->size = 4;
}

void ppc_cset(struct ppc *m, uint8_t dst, enum code_cond cond, uint8_t flags)
{
	struct code_operation *o = code_emit(m->out, CODE_CSET, dst);

	o->a = flags;
	o->cond = (uint8_t)cond;
}

enum code_cond ppc_cond(uint32_t bit, bool sense)
{
	static const uint8_t set[] = { CODE_LESS, CODE_GREATER, CODE_EQ,
				       CODE_ODD };
	static const uint8_t clear[] = { CODE_GREATER, CODE_LESS, CODE_NE,
					 CODE_ODD };

	return sense ? set[bit & 3] : clear[bit & 3];
}

/* The condition of a branch: d is how, a the bit. CODE_ALWAYS: none. Branches
 * that count the counter register down depend on nothing that a compare said.
 */
static void condition(struct ppc *m)
{
	struct code_insn *out = m->out;

	if ((m->d & 4) == 0) {
		ppc_imm(m, CODE_ADDI, PPC_CTR, PPC_CTR, -1);
		ppc_clobber(m, PPC_OWN);
		out->cond = CODE_ODD;
		out->reg = PPC_OWN;
	} else if ((m->d & 16) == 0) {
		out->cond = (uint8_t)ppc_cond(m->a, (m->d & 8) != 0);
		out->or_equal = (m->d & 8) == 0;
		out->reg = (uint8_t)(CODE_FLAGS + m->a / 4);
	}
}

static void calls(struct ppc *m, uint64_t target)
{
	ppc_set(m, PPC_LR, (uint32_t)(m->at + 4));
	if (target == m->at + 4) {
		m->out->link_only = true;
		m->out->flow = CODE_NEXT;
	} else {
		m->out->flow = CODE_CALL;
		m->out->target = target;
	}
	m->out->cond = CODE_ALWAYS;
	m->out->reg = CODE_NONE;
}

/* b, bl, ba, bla */
static void branch(struct ppc *m)
{
	int32_t off = (int32_t)((m->w & 0x3fffffc) << 6) >> 6;
	uint64_t from = (m->w & 2) != 0 ? 0 : m->at;
	uint64_t target = (uint32_t)(from + (uint64_t)(int64_t)off);

	if ((m->w & 1) != 0) {
		calls(m, target);
		return;
	}
	m->out->flow = CODE_JUMP;
	m->out->target = target;
}

/* bc, bcl */
static void branch_if(struct ppc *m)
{
	int32_t off = (int16_t)(m->w & 0xfffc);
	uint64_t from = (m->w & 2) != 0 ? 0 : m->at;

	condition(m);
	m->out->target = (uint32_t)(from + (uint64_t)(int64_t)off);
	if ((m->w & 1) != 0) {
		uint64_t target = m->out->target;

		m->out->target = 0;
		calls(m, target);
	} else {
		m->out->flow =
			m->out->cond == CODE_ALWAYS ? CODE_JUMP : CODE_BRANCH;
	}
}

/* bclr, bcctr. A conditional jump through the counter leaves the function, like
 * a return. */
static void branch_register(struct ppc *m, uint8_t to)
{
	struct code_insn *out = m->out;

	condition(m);
	if ((m->w & 1) != 0) {
		if (to == PPC_LR) {
			ppc_op(m, CODE_MOVE, CODE_TMP, PPC_LR, CODE_NONE);
			to = CODE_TMP;
		}
		ppc_set(m, PPC_LR, (uint32_t)(m->at + 4));
		out->flow = CODE_CALL_REGISTER;
		out->cond = CODE_ALWAYS;
		out->reg = to;
	} else if (out->cond != CODE_ALWAYS) {
		out->flow = CODE_RETURN_IF;
	} else if (to == PPC_LR) {
		out->flow = CODE_RETURN;
	} else {
		out->flow = CODE_JUMP_REGISTER;
		out->reg = to;
	}
}

/* Opcode 19: branches to registers, condition register logic. */
static bool condition_register(struct ppc *m)
{
	uint32_t extended = m->w >> 1 & 0x3ff;

	switch (extended) {
	case 16:
		branch_register(m, PPC_LR);
		return true;
	case 528:
		branch_register(m, PPC_CTR);
		return true;
	case 0: /* mcrf */
		ppc_op(m, CODE_MOVE, (uint8_t)(CODE_FLAGS + m->d / 4),
		       (uint8_t)(CODE_FLAGS + m->a / 4), CODE_NONE);
		return true;
	case 150: /* isync */
		return true;
	case 18: /* rfid, rfi, rfci, rfdi, rfmci */
	case 50:
	case 51:
	case 39:
	case 38:
		m->out->flow = CODE_STOP;
		return true;
	default: /* crand and so on set bit d */
		if ((extended & 31) != 1)
			return false;
		ppc_clobber(m, (uint8_t)(CODE_FLAGS + m->d / 4));
		return true;
	}
}

/* isel d,a,b,bit. One of the sources may be d. */
static void choose(struct ppc *m)
{
	uint32_t bit = m->w >> 6 & 31;
	uint8_t d = ppc_gpr(m->d), a = ppc_gpr(m->a), b = ppc_gpr(m->b);
	bool takes_a = m->a == 0 || d != a;
	struct code_operation *o;

	if (takes_a && d != b)
		ppc_op(m, CODE_MOVE, d, b, CODE_NONE);
	o = code_emit(m->out, CODE_CMOV, d);
	o->a = (uint8_t)(CODE_FLAGS + bit / 4);
	o->cond = (uint8_t)ppc_cond(bit, takes_a);
	if (!takes_a)
		o->b = b;
	else if (m->a != 0)
		o->b = a;
}

static uint8_t special_register(const struct ppc *m)
{
	uint32_t n = (m->w >> 16 & 31) | (m->w >> 6 & 0x3e0);

	return n == 8 ? PPC_LR : n == 9 ? PPC_CTR : CODE_NONE;
}

/* mfspr, mtspr, mfcr, mtcrf, mcrxr and what reads the system's registers */
static bool moves(struct ppc *m, uint32_t extended)
{
	uint8_t d = ppc_gpr(m->d), special = special_register(m);

	switch (extended) {
	case 339:
		if (special != CODE_NONE)
			ppc_op(m, CODE_MOVE, d, special, CODE_NONE);
		else
			ppc_clobber(m, d);
		return true;
	case 467:
		if (special != CODE_NONE)
			ppc_op(m, CODE_MOVE, special, d, CODE_NONE);
		return true;
	case 144:
		for (uint8_t i = 0; i < 8; i++)
			if ((m->w >> (19 - i) & 1) != 0)
				ppc_clobber(m, (uint8_t)(CODE_FLAGS + i));
		return true;
	case 512:
		ppc_clobber(m, (uint8_t)(CODE_FLAGS + m->d / 4));
		return true;
	case 19: /* mfcr, mfmsr, mftb, mfdcr, mfsr, mfsrin */
	case 83:
	case 371:
	case 323:
	case 595:
	case 659:
		ppc_clobber(m, d);
		return true;
	default:
		return false;
	}
}

/* Caches, barriers, the system's registers: nothing that matters here. */
static bool is_quiet(uint32_t extended)
{
	static const uint16_t quiet[] = { 22,  54,  86,	 246, 278, 470, 1014,
					  982, 758, 598, 854, 146, 210, 242,
					  306, 370, 566, 978, 451, 131, 163,
					  262, 62,  498, 1010 };

	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (quiet[i] == extended)
			return true;
	return false;
}

/* Opcode 31: by the extended opcode. */
static void extended_31(struct ppc *m)
{
	uint32_t extended = m->w >> 1 & 0x3ff;

	if (extended == 0 || extended == 32) { /* cmpw, cmplw */
		ppc_compare(m, (uint8_t)(CODE_FLAGS + m->d / 4), ppc_gpr(m->a),
			    ppc_gpr(m->b), 0);
	} else if ((extended & 31) == 15) {
		choose(m);
	} else if (extended == 4) { /* tw */
		if (m->d == 31)
			m->out->flow = CODE_STOP;
	} else if (!ppc_logic(m, extended) && !ppc_arithmetic(m, extended) &&
		   !ppc_indexed(m, extended) && !moves(m, extended) &&
		   !is_quiet(extended)) {
		/* unknown: it may write either, but never the stack pointer */
		if (ppc_gpr(m->d) != PPC_SP)
			ppc_clobber(m, ppc_gpr(m->d));
		if (ppc_gpr(m->a) != PPC_SP)
			ppc_clobber(m, ppc_gpr(m->a));
		if ((m->w & 1) != 0)
			ppc_clobber(m, CODE_FLAGS);
	}
}

static void call_kernel(struct ppc *m)
{
	ppc_op(m, CODE_SYSCALL, PPC_R3, PPC_R0, CODE_NONE);
	ppc_clobber(m, PPC_R0);
	for (uint8_t r = PPC_R4; r <= PPC_R12; r++)
		ppc_clobber(m, r);
	ppc_clobber(m, PPC_CTR);
	ppc_clobber(m, CODE_FLAGS); /* whether it failed */
}

/* Opcodes 59, 60, 63: results are in registers of floating point, but compares
 * set a condition field. */
static void floating(struct ppc *m, uint32_t opcode)
{
	uint32_t extended = m->w >> 1 & 0x3ff;

	if (opcode == 63 && (extended == 0 || extended == 32 || extended == 64))
		ppc_clobber(m, (uint8_t)(CODE_FLAGS + m->d / 4));
	else
		ppc_clobber(m, ppc_fpr(m->d));
	if (opcode != 60 && (m->w & 1) != 0)
		ppc_clobber(m, CODE_FLAGS + 1);
}

static bool decode(struct ppc *m)
{
	uint32_t opcode = m->w >> 26;

	switch (opcode) {
	case 3: /* twi */
		if (m->d == 31)
			m->out->flow = CODE_STOP;
		return true;
	case 4: /* vectors, or the integer vectors of e500 in r0 to r31 */
		ppc_clobber(m, ppc_fpr(m->d));
		if (ppc_gpr(m->d) != PPC_SP)
			ppc_clobber(m, ppc_gpr(m->d));
		ppc_clobber(m, CODE_FLAGS + 6);
		return true;
	case 16:
		branch_if(m);
		return true;
	case 17:
		call_kernel(m);
		return true;
	case 18:
		branch(m);
		return true;
	case 19:
		return condition_register(m);
	case 31:
		extended_31(m);
		return true;
	case 59:
	case 60:
	case 63:
		floating(m, opcode);
		return true;
	default:
		return ppc_integer(m, opcode) || ppc_memory(m, opcode);
	}
}

static bool lift(const cs_insn *in, struct code_mode mode,
		 struct code_insn *out)
{
	const uint8_t *p = in->bytes;
	struct ppc m = { .at = in->address, .out = out };

	*out = (struct code_insn){ .address = in->address,
				   .size = 4,
				   .flow = CODE_NEXT,
				   .reg = CODE_NONE };
	m.w = mode.big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
					(uint32_t)p[2] << 8 | p[3]
			      : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
					(uint32_t)p[1] << 8 | p[0];
	m.d = m.w >> 21 & 31;
	m.a = m.w >> 16 & 31;
	m.b = m.w >> 11 & 31;
	return decode(&m);
}

static const uint8_t clobbered[] = {
	PPC_R0,		PPC_R3,		PPC_R4,		PPC_R4 + 1,
	PPC_R4 + 2,	PPC_R4 + 3,	PPC_R4 + 4,	PPC_R4 + 5,
	PPC_R4 + 6,	PPC_R4 + 7,	PPC_R12,	PPC_LR,
	PPC_CTR,	CODE_FLAGS,	CODE_FLAGS + 1, CODE_FLAGS + 5,
	CODE_FLAGS + 6, CODE_FLAGS + 7, PPC_OWN,	PPC_CARRY_NE,
	PPC_CARRY_EQ,	PPC_FPR,	PPC_FPR + 1,	PPC_FPR + 2,
	PPC_FPR + 3,	PPC_FPR + 4,	PPC_FPR + 5,	PPC_FPR + 6,
	PPC_FPR + 7,	PPC_FPR + 8,	PPC_FPR + 9,	PPC_FPR + 10,
	PPC_FPR + 11,	PPC_FPR + 12,	PPC_FPR + 13,	CODE_NONE
};

const struct code_arch code_ppc = {
	.name = "ppc",
	.machine = EM_PPC,
	.step = 4,
	.cs_arch = CS_ARCH_PPC,
	.cs_mode = CS_MODE_32,
	.sp = PPC_SP,
	.result = PPC_R3,
	.result_high = PPC_R4,
	.gp = PPC_R30,
	.self = CODE_NONE,
	.args = { PPC_R3, PPC_R4, PPC_R4 + 1, PPC_R4 + 2, PPC_R4 + 3,
		  PPC_R4 + 4, PPC_R4 + 5, PPC_R4 + 6 },
	.stack_args = 8,
	.call_args = 8,
	.clobbered = clobbered,
	.syscall_number = PPC_R0,
	.by_word = true,
	.lift = lift,
	.scan = ppc_scan,
	.syscall = ppc_syscall,
};
