/* ppc_integer.c - PowerPC: arithmetic, logic, rotates
 *
 * Source: as in ppc.c.
 */
#include "code/ppc.h"

/* Record forms compare their result with 0. */
static void record(struct ppc *m, uint8_t result)
{
	if ((m->w & 1) != 0)
		ppc_compare(m, CODE_FLAGS, result, CODE_NONE, 0);
}

static void lose_carry(struct ppc *m)
{
	ppc_clobber(m, PPC_CARRY_NE);
	ppc_clobber(m, PPC_CARRY_EQ);
}

static void move(struct ppc *m, uint8_t dst, uint8_t a)
{
	if (dst != a)
		ppc_op(m, CODE_MOVE, dst, a, CODE_NONE);
}

/* addic d,s,-1 carries if s is not 0; subfe d,d,s then is that carry. */
static void add_carrying(struct ppc *m, bool recorded)
{
	uint8_t d = ppc_gpr(m->d), a = ppc_gpr(m->a);

	lose_carry(m);
	if (ppc_simm(m->w) == -1)
		ppc_compare(m, PPC_CARRY_NE, a, CODE_NONE, 0);
	ppc_imm(m, CODE_ADDI, d, a, ppc_simm(m->w));
	if (recorded)
		ppc_compare(m, CODE_FLAGS, d, CODE_NONE, 0);
}

/* subfic d,s,0 carries if s is 0; adde d,d,s then is that carry. */
static void subtract_from(struct ppc *m)
{
	uint8_t d = ppc_gpr(m->d), a = ppc_gpr(m->a);
	int32_t n = ppc_simm(m->w);

	lose_carry(m);
	if (n == 0) {
		ppc_compare(m, PPC_CARRY_EQ, a, CODE_NONE, 0);
		ppc_op(m, CODE_MIX, d, a, CODE_NONE);
	} else {
		ppc_set(m, CODE_TMP, (uint32_t)n);
		ppc_op(m, CODE_SUB, d, CODE_TMP, a);
	}
}

static void add_immediate(struct ppc *m, uint32_t n)
{
	uint8_t d = ppc_gpr(m->d), a = ppc_gpr(m->a);

	if (m->a == 0)
		ppc_set(m, d, n);
	else if (n == 0)
		move(m, d, a);
	else
		ppc_imm(m, CODE_ADDI, d, a, (int32_t)n);
}

static void logic_immediate(struct ppc *m, enum code_op op, uint32_t n)
{
	uint8_t d = ppc_gpr(m->a), s = ppc_gpr(m->d);

	if (n == 0 && op != CODE_ANDI)
		move(m, d, s);
	else
		ppc_imm(m, op, d, s, n);
	if (op == CODE_ANDI)
		ppc_compare(m, CODE_FLAGS, d, CODE_NONE, 0);
}

static uint32_t mask_of(uint32_t first, uint32_t last)
{
	uint32_t from = UINT32_MAX >> first, to = UINT32_MAX << (31 - last);

	return first <= last ? from & to : from | to;
}

/* rlwinm: shifts, bit fields and masks. cntlzw sets its result to "is zero",
 * where the processor counts 32; the shift right by 5 that makes a truth value
 * of the count is a move then. */
static void rotate_mask(struct ppc *m)
{
	uint8_t d = ppc_gpr(m->a), s = ppc_gpr(m->d);
	uint32_t left = m->b, first = m->w >> 6 & 31, last = m->w >> 1 & 31;
	uint32_t mask = mask_of(first, last), low = (1u << left) - 1;

	if (left == 27 && first == 5 && last == 31) {
		move(m, d, s);
	} else if (left == 0) {
		if (mask == UINT32_MAX)
			move(m, d, s);
		else
			ppc_imm(m, CODE_ANDI, d, s, mask);
	} else if ((mask & low) == 0) {
		ppc_imm(m, CODE_SHIFT, d, s, left);
		if (mask != ~low)
			ppc_imm(m, CODE_ANDI, d, d, mask);
	} else if ((mask & ~low) == 0) {
		ppc_imm(m, CODE_SHIFT, d, s, (int64_t)left - 32);
		if (mask != low)
			ppc_imm(m, CODE_ANDI, d, d, mask);
	} else {
		ppc_op(m, CODE_MIX, d, s, CODE_NONE);
	}
	record(m, d);
}

bool ppc_integer(struct ppc *m, uint32_t opcode)
{
	uint32_t u = m->w & 0xffff;

	switch (opcode) {
	case 7: /* mulli */
		ppc_op(m, CODE_MIX, ppc_gpr(m->d), ppc_gpr(m->a), CODE_NONE);
		m->out->ops[m->out->count - 1].imm = CODE_MIX_MUL;
		m->out->ops[m->out->count - 1].off = ppc_simm(m->w);
		return true;
	case 8:
		subtract_from(m);
		return true;
	case 10: /* cmplwi, cmpwi */
	case 11:
		ppc_compare(m, (uint8_t)(CODE_FLAGS + (m->w >> 23 & 7)),
			    ppc_gpr(m->a), CODE_NONE,
			    opcode == 10 ? (int64_t)u : ppc_simm(m->w));
		return true;
	case 12:
	case 13:
		add_carrying(m, opcode == 13);
		return true;
	case 14:
		add_immediate(m, (uint32_t)ppc_simm(m->w));
		return true;
	case 15:
		add_immediate(m, u << 16);
		return true;
	case 20: /* rlwimi, rlwnm */
	case 23:
		ppc_op(m, CODE_MIX, ppc_gpr(m->a), ppc_gpr(m->d),
		       ppc_gpr(opcode == 20 ? m->a : m->b));
		record(m, ppc_gpr(m->a));
		return true;
	case 21:
		rotate_mask(m);
		return true;
	case 24: /* ori, oris, xori, xoris, andi., andis. */
	case 25:
		logic_immediate(m, CODE_ORI, opcode == 25 ? u << 16 : u);
		return true;
	case 26:
	case 27:
		logic_immediate(m, CODE_XORI, opcode == 27 ? u << 16 : u);
		return true;
	case 28:
	case 29:
		logic_immediate(m, CODE_ANDI, opcode == 29 ? u << 16 : u);
		return true;
	default:
		return false;
	}
}

/* Sums and differences that take the carry in. */
static void with_carry(struct ppc *m, uint32_t extended)
{
	uint8_t d = ppc_gpr(m->d), a = ppc_gpr(m->a), b = ppc_gpr(m->b);

	if (extended == 136 && a != b)
		ppc_cset(m, d, CODE_NE, PPC_CARRY_NE);
	else if (extended == 138)
		ppc_cset(m, d, CODE_EQ, PPC_CARRY_EQ);
	else
		ppc_clobber(m, d);
	lose_carry(m);
}

static void without_carry(struct ppc *m, uint32_t extended)
{
	uint8_t d = ppc_gpr(m->d), a = ppc_gpr(m->a), b = ppc_gpr(m->b);

	if (extended == 266 || extended == 10)
		ppc_op(m, CODE_ADD, d, a, b);
	else if (a == b)
		ppc_set(m, d, 0);
	else
		ppc_op(m, CODE_SUB, d, b, a);
	if (extended < 40)
		lose_carry(m);
}

/* Extended opcodes of nine bits under 31: the tenth asks for overflow. */
bool ppc_arithmetic(struct ppc *m, uint32_t extended)
{
	switch (extended & 0x1ff) {
	case 266: /* add, subf, addc, subfc */
	case 40:
	case 10:
	case 8:
		without_carry(m, extended & 0x1ff);
		break;
	case 136: /* subfe, adde, subfze, addze, subfme, addme */
	case 138:
	case 200:
	case 202:
	case 232:
	case 234:
		with_carry(m, extended & 0x1ff);
		break;
	case 104:
		ppc_op(m, CODE_MIX, ppc_gpr(m->d), ppc_gpr(m->a), CODE_NONE);
		m->out->ops[m->out->count - 1].imm = CODE_MIX_NEG;
		break;
	case 235: /* mullw, mulhw, mulhwu, divw, divwu */
	case 75:
	case 11:
	case 491:
	case 459:
		ppc_op(m, CODE_MIX, ppc_gpr(m->d), ppc_gpr(m->a),
		       ppc_gpr(m->b));
		break;
	default:
		return false;
	}
	record(m, ppc_gpr(m->d));
	return true;
}

/* The same register twice. */
static bool same(struct ppc *m, uint32_t extended, uint8_t d, uint8_t s)
{
	if (extended == 444 || extended == 28)
		move(m, d, s);
	else if (extended == 316 || extended == 60)
		ppc_set(m, d, 0);
	else if (extended == 124 || extended == 476)
		ppc_imm(m, CODE_XORI, d, s, UINT32_MAX);
	else
		return false;
	return true;
}

bool ppc_logic(struct ppc *m, uint32_t extended)
{
	uint8_t d = ppc_gpr(m->a), s = ppc_gpr(m->d), b = ppc_gpr(m->b);

	switch (extended) {
	case 26: /* cntlzw: see rotate_mask() */
		ppc_compare(m, PPC_OWN, s, CODE_NONE, 0);
		ppc_cset(m, d, CODE_EQ, PPC_OWN);
		break;
	case 922: /* extsh, extsb */
	case 954:
		move(m, d, s);
		break;
	case 792: /* sraw, srawi */
	case 824:
		ppc_op(m, CODE_MIX, d, s,
		       extended == 792 ? b : (uint8_t)CODE_NONE);
		lose_carry(m);
		break;
	case 28: /* and, or, xor; andc, orc, eqv, nor, nand; slw, srw */
	case 444:
	case 316:
	case 60:
	case 412:
	case 284:
	case 124:
	case 476:
	case 24:
	case 536:
		if (s == b && same(m, extended, d, s))
			break;
		ppc_op(m,
		       extended == 444	 ? CODE_OR
		       : extended == 316 ? CODE_XOR
					 : CODE_MIX,
		       d, s, b);
		if (extended == 28)
			m->out->ops[m->out->count - 1].imm = CODE_MIX_AND;
		break;
	default:
		return false;
	}
	record(m, d);
	return true;
}
