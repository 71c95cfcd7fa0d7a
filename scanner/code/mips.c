/* mips.c - MIPS32 up to release 5, o32, both byte orders: instructions as
 * operations
 *
 * Every instruction is decoded from its word: the encoding is regular, and
 * libcapstone gives the listing only. MIPS16e and microMIPS are not read.
 *
 * Source: MIPS Architecture For Programmers, Volume II-A: The MIPS32
 * Instruction Set, revision 5.04; System V ABI, MIPS Processor Supplement.
 */
#include <elf.h>

#include "code/mips.h"

struct mips {
	uint32_t w;
	uint64_t at;
	bool big_endian;
	uint8_t rs, rt, rd;
	struct code_insn *out;
};

static void op3(struct mips *m, enum code_op op, uint8_t dst, uint8_t a,
		uint8_t b)
{
	struct code_operation *o = code_emit(m->out, op, dst);

	o->a = a;
	o->b = b;
}

static void op_imm(struct mips *m, enum code_op op, uint8_t dst, uint8_t a,
		   int64_t imm)
{
	struct code_operation *o = code_emit(m->out, op, dst);

	o->a = a;
	o->imm = imm;
}

static void set(struct mips *m, uint8_t dst, uint32_t n)
{
	code_emit(m->out, CODE_SET, dst)->imm = n;
}

/* Writes to $0 are dropped here, so that nobody has to look for them. */
static void move(struct mips *m, uint8_t dst, uint8_t a)
{
	if (a == CODE_ZERO)
		set(m, dst, 0);
	else
		op3(m, CODE_MOVE, dst, a, CODE_NONE);
}

static void mix(struct mips *m, uint8_t dst, uint8_t a, uint8_t b)
{
	op3(m, CODE_MIX, dst, a, b);
}

static void mix_by(struct mips *m, enum code_mix how, uint8_t dst, uint8_t a,
		   uint8_t b)
{
	mix(m, dst, a, b);
	m->out->ops[m->out->count - 1].imm = how;
}

static void clobber(struct mips *m, uint8_t dst)
{
	code_emit(m->out, CODE_CLOBBER, dst);
}

static void compare(struct mips *m, uint8_t a, uint8_t b, int64_t imm)
{
	struct code_operation *o = code_emit(m->out, CODE_COMPARE, CODE_FLAGS);

	o->a = a;
	o->b = b == CODE_ZERO ? (uint8_t)CODE_NONE : b;
	o->imm = imm;
	o->size = 4;
}

static void cset(struct mips *m, uint8_t dst, enum code_cond cond)
{
	struct code_operation *o = code_emit(m->out, CODE_CSET, dst);

	o->a = CODE_FLAGS;
	o->cond = (uint8_t)cond;
}

static void load(struct mips *m, uint8_t dst, uint8_t index, int64_t off,
		 uint8_t size)
{
	struct code_operation *o = code_emit(m->out, CODE_LOAD, dst);

	o->a = m->rs;
	o->b = index;
	o->off = off;
	o->size = size;
}

static void store(struct mips *m, uint8_t from, uint8_t index, int64_t off,
		  uint8_t size)
{
	struct code_operation *o = code_emit(m->out, CODE_STORE, index);

	o->a = m->rs;
	o->b = from;
	o->off = off;
	o->size = size;
}

/* slt and its kin; also "is zero" and "is not zero", which use them. */
static void less(struct mips *m, uint8_t dst, uint8_t a, uint8_t b)
{
	if (a == CODE_ZERO) {
		compare(m, b, CODE_NONE, 0);
		cset(m, dst, (m->w & 63) == 0x2b ? CODE_NE : CODE_GREATER);
	} else {
		compare(m, a, b, 0);
		cset(m, dst, CODE_LESS);
	}
}

static void move_if(struct mips *m, enum code_cond cond)
{
	struct code_operation *o;

	compare(m, m->rt, CODE_NONE, 0);
	o = code_emit(m->out, CODE_CMOV, m->rd);
	o->a = CODE_FLAGS;
	o->b = m->rs;
	o->cond = (uint8_t)cond;
}

static void add(struct mips *m)
{
	if (m->rt == CODE_ZERO)
		move(m, m->rd, m->rs);
	else if (m->rs == CODE_ZERO)
		move(m, m->rd, m->rt);
	else
		op3(m, CODE_ADD, m->rd, m->rs, m->rt);
}

static void subtract(struct mips *m)
{
	if (m->rt == CODE_ZERO)
		move(m, m->rd, m->rs);
	else if (m->rs == m->rt)
		set(m, m->rd, 0);
	else if (m->rs == CODE_ZERO)
		mix_by(m, CODE_MIX_NEG, m->rd, m->rt, CODE_NONE);
	else
		op3(m, CODE_SUB, m->rd, m->rs, m->rt);
}

static void nor(struct mips *m)
{
	if (m->rs == CODE_ZERO && m->rt == CODE_ZERO)
		set(m, m->rd, UINT32_MAX);
	else if (m->rt == CODE_ZERO || m->rs == m->rt)
		op_imm(m, CODE_XORI, m->rd, m->rs, UINT32_MAX);
	else if (m->rs == CODE_ZERO)
		op_imm(m, CODE_XORI, m->rd, m->rt, UINT32_MAX);
	else
		mix_by(m, CODE_MIX_NOR, m->rd, m->rs, m->rt);
}

/* and, or, xor by registers */
static void logic(struct mips *m, uint32_t function)
{
	bool zero = m->rs == CODE_ZERO || m->rt == CODE_ZERO;
	uint8_t other = m->rs == CODE_ZERO ? m->rt : m->rs;

	if (function == 0x24) {
		if (zero)
			set(m, m->rd, 0);
		else if (m->rs == m->rt)
			move(m, m->rd, m->rs);
		else
			mix_by(m, CODE_MIX_AND, m->rd, m->rs, m->rt);
	} else if (function == 0x26 && m->rs == m->rt) {
		set(m, m->rd, 0);
	} else if (zero || m->rs == m->rt) {
		move(m, m->rd, other);
	} else {
		op3(m, function == 0x25 ? CODE_OR : CODE_XOR, m->rd, m->rs,
		    m->rt);
	}
}

static void shift(struct mips *m, uint32_t function)
{
	int64_t by = m->w >> 6 & 31;

	if (by == 0)
		move(m, m->rd, m->rt);
	else if (function == 0)
		op_imm(m, CODE_SHIFT, m->rd, m->rt, by);
	else if (function == 2 && (m->w >> 21 & 1) == 0)
		op_imm(m, CODE_SHIFT, m->rd, m->rt, -by);
	else /* sra keeps the sign, rotr */
		mix(m, m->rd, m->rt, CODE_NONE);
}

static void jump_register(struct mips *m)
{
	struct code_insn *out = m->out;
	bool call = (m->w & 63) == 9 && m->rd != CODE_ZERO;

	out->delay = true;
	if (!call && m->rs == MIPS_RA) {
		out->flow = CODE_RETURN;
		return;
	}
	move(m, MIPS_TARGET, m->rs);
	out->reg = MIPS_TARGET;
	out->flow = call ? CODE_CALL_REGISTER : CODE_JUMP_REGISTER;
	if (call)
		set(m, m->rd, (uint32_t)(m->at + 8));
}

static void call_kernel(struct mips *m)
{
	op3(m, CODE_SYSCALL, MIPS_V0, MIPS_V0, CODE_NONE);
	clobber(m, MIPS_V1);
	clobber(m, MIPS_A3); /* whether it failed */
}

/* What changes the flow of control, or the multiplier's registers. */
static bool special_other(struct mips *m, uint32_t function)
{
	switch (function) {
	case 0x08: /* jr */
	case 0x09: /* jalr */
		jump_register(m);
		return true;
	case 0x0c:
		call_kernel(m);
		return true;
	case 0x0d: /* break */
		m->out->flow = CODE_STOP;
		return true;
	case 0x0f: /* sync */
		return true;
	case 0x10:
		move(m, m->rd, MIPS_HI);
		return true;
	case 0x11:
		move(m, MIPS_HI, m->rs);
		return true;
	case 0x12:
		move(m, m->rd, MIPS_LO);
		return true;
	case 0x13:
		move(m, MIPS_LO, m->rs);
		return true;
	case 0x18: /* mult, multu, div, divu */
	case 0x19:
	case 0x1a:
	case 0x1b:
		mix(m, MIPS_LO, m->rs, m->rt);
		mix(m, MIPS_HI, m->rs, m->rt);
		return true;
	case 0x34: /* teq */
		if (m->rs == m->rt)
			m->out->flow = CODE_STOP;
		return true;
	default: /* the other traps */
		return function >= 0x30 && function <= 0x36;
	}
}

static bool special(struct mips *m)
{
	uint32_t function = m->w & 63;

	switch (function) {
	case 0x00: /* sll, srl, sra */
	case 0x02:
	case 0x03:
		shift(m, function);
		return true;
	case 0x01: /* movf, movt */
		clobber(m, m->rd);
		return true;
	case 0x04: /* sllv, srlv, srav */
	case 0x06:
	case 0x07:
		mix(m, m->rd, m->rt, m->rs);
		return true;
	case 0x0a:
		move_if(m, CODE_EQ);
		return true;
	case 0x0b:
		move_if(m, CODE_NE);
		return true;
	case 0x20:
	case 0x21:
		add(m);
		return true;
	case 0x22:
	case 0x23:
		subtract(m);
		return true;
	case 0x24: /* and, or, xor */
	case 0x25:
	case 0x26:
		logic(m, function);
		return true;
	case 0x27:
		nor(m);
		return true;
	case 0x2a:
	case 0x2b:
		less(m, m->rd, m->rs, m->rt);
		return true;
	default:
		return special_other(m, function);
	}
}

static uint64_t near(const struct mips *m)
{
	return (uint32_t)(m->at + 4 + (uint64_t)(mips_simm(m->w) * 4));
}

static void branch(struct mips *m, enum code_cond cond, bool likely)
{
	struct code_insn *out = m->out;

	out->flow = CODE_BRANCH;
	out->cond = (uint8_t)cond;
	out->reg = CODE_FLAGS;
	out->target = near(m);
	out->delay = true;
	out->likely = likely;
}

static void jump(struct mips *m, uint64_t target)
{
	m->out->flow = CODE_JUMP;
	m->out->target = target;
	m->out->delay = true;
}

/* bal; bal .+8 tells position independent code where it is. */
static void call(struct mips *m, uint64_t target)
{
	struct code_insn *out = m->out;

	set(m, MIPS_RA, (uint32_t)(m->at + 8));
	if (target == m->at + 8) {
		out->link_only = true;
		return;
	}
	out->flow = CODE_CALL;
	out->target = target;
	out->delay = true;
}

/* beq, bne, blez, bgtz, and with bit 4 their likely forms */
static void branches(struct mips *m, uint32_t opcode)
{
	static const uint8_t conds[] = { CODE_EQ, CODE_NE, CODE_LESS,
					 CODE_GREATER };
	enum code_cond cond = conds[opcode & 3];

	if ((m->rs == m->rt && cond == CODE_EQ) ||
	    (m->rs == CODE_ZERO && (opcode & 3) == 2)) {
		jump(m, near(m));
		return;
	}
	if (m->rs == CODE_ZERO)
		compare(m, m->rt, CODE_NONE, 0);
	else
		compare(m, m->rs, cond <= CODE_NE ? m->rt : (uint8_t)CODE_NONE,
			0);
	branch(m, cond, (opcode & 0x10) != 0);
	m->out->or_equal = cond == CODE_LESS;
}

static bool register_immediate(struct mips *m)
{
	uint32_t what = m->w >> 16 & 31;
	bool plus = (what & 1) != 0;

	switch (what) {
	case 0x00: /* bltz, bgez, bltzl, bgezl */
	case 0x01:
	case 0x02:
	case 0x03:
		if (m->rs == CODE_ZERO && plus) {
			jump(m, near(m));
			return true;
		}
		compare(m, m->rs, CODE_NONE, 0);
		branch(m, plus ? CODE_GREATER : CODE_LESS, (what & 2) != 0);
		m->out->or_equal = plus;
		return true;
	case 0x10: /* bltzal, bgezal, bltzall, bgezall */
	case 0x11:
	case 0x12:
	case 0x13:
		/* bltzal $0 never goes: the return address is wanted */
		call(m, m->rs == CODE_ZERO && !plus ? m->at + 8 : near(m));
		return true;
	case 0x1f: /* synci */
		return true;
	default: /* traps on immediates, bposge32 */
		return what >= 0x08 && what <= 0x0e && what != 0x0d;
	}
}

static bool immediate(struct mips *m, uint32_t opcode)
{
	uint32_t u = m->w & 0xffff;
	int32_t s = mips_simm(m->w);

	switch (opcode) {
	case 0x08:
	case 0x09:
		if (m->rs == CODE_ZERO)
			set(m, m->rt, (uint32_t)s);
		else if (s == 0)
			move(m, m->rt, m->rs);
		else
			op_imm(m, CODE_ADDI, m->rt, m->rs, s);
		return true;
	case 0x0a:
	case 0x0b: /* slti, sltiu */
		compare(m, m->rs, CODE_NONE, opcode == 0x0b && s == 1 ? 0 : s);
		cset(m, m->rt, opcode == 0x0b && s == 1 ? CODE_EQ : CODE_LESS);
		return true;
	case 0x0c:
		op_imm(m, CODE_ANDI, m->rt, m->rs, u);
		return true;
	case 0x0d:
		if (m->rs == CODE_ZERO)
			set(m, m->rt, u);
		else
			op_imm(m, CODE_ORI, m->rt, m->rs, u);
		return true;
	case 0x0e:
		op_imm(m, CODE_XORI, m->rt, m->rs, u);
		return true;
	default: /* lui */
		set(m, m->rt, u << 16);
		return true;
	}
}

/* lwl and lwr, swl and swr come in pairs that move one unaligned word. The one
 * with the lower address does all of it: left when bytes are in big endian
 * order, right otherwise. The other, whose address is three more, does nothing.
 */
static bool first_half(const struct mips *m, uint32_t opcode)
{
	return m->big_endian == ((opcode & 7) == 2);
}

static bool memory(struct mips *m, uint32_t opcode)
{
	static const uint8_t sizes[] = { 1, 2, 4, 4, 1, 2, 4, 4 };
	uint8_t fpr = (uint8_t)(MIPS_FPR + (m->w >> 16 & 31));
	int64_t off = mips_simm(m->w);

	switch (opcode) {
	case 0x22: /* lwl, lwr */
	case 0x26:
		if (first_half(m, opcode))
			load(m, m->rt, CODE_NONE, off, 4);
		return true;
	case 0x2a: /* swl, swr */
	case 0x2e:
		if (first_half(m, opcode))
			store(m, m->rt, CODE_NONE, off, 4);
		return true;
	case 0x30: /* ll */
		load(m, m->rt, CODE_NONE, off, 4);
		return true;
	case 0x38: /* sc tells whether it stored */
		store(m, m->rt, CODE_NONE, off, 4);
		clobber(m, m->rt);
		return true;
	case 0x31: /* lwc1, ldc1 */
	case 0x35:
		load(m, fpr, CODE_NONE, off, opcode == 0x31 ? 4 : 8);
		return true;
	case 0x39: /* swc1, sdc1 */
	case 0x3d:
		store(m, fpr, CODE_NONE, off, opcode == 0x39 ? 4 : 8);
		return true;
	case 0x2f: /* cache, pref */
	case 0x33:
		return true;
	default:
		break;
	}
	if (opcode >= 0x20 && opcode <= 0x25)
		load(m, m->rt, CODE_NONE, off, sizes[opcode & 7]);
	else if (opcode == 0x28 || opcode == 0x29 || opcode == 0x2b)
		store(m, m->rt, CODE_NONE, off, sizes[opcode & 7]);
	else
		return false;
	return true;
}

static void special2(struct mips *m)
{
	uint32_t function = m->w & 63;

	if (function == 0x02 || function == 0x20 || function == 0x21) {
		mix_by(m, function == 0x02 ? CODE_MIX_MUL : CODE_MIX_ANY, m->rd,
		       m->rs, /* mul, clz, clo */
		       function == 0x02 ? m->rt : (uint8_t)CODE_NONE);
	} else if (function <= 0x05) { /* madd, msub */
		clobber(m, MIPS_LO);
		clobber(m, MIPS_HI);
	} else {
		clobber(m, m->rd);
	}
}

/* ext: bits of rs; ins: into bits of rt */
static void bits(struct mips *m, uint32_t function)
{
	uint32_t low = m->w >> 6 & 31, high = m->w >> 11 & 31;

	if (function == 0) {
		uint32_t mask = high == 31 ? UINT32_MAX : (2u << high) - 1;

		if (low != 0)
			op_imm(m, CODE_SHIFT, m->rt, m->rs, -(int64_t)low);
		op_imm(m, CODE_ANDI, m->rt, low != 0 ? m->rt : m->rs, mask);
	} else if (m->rs == CODE_ZERO && high >= low) {
		uint32_t mask = (high == 31 ? UINT32_MAX : (2u << high) - 1) &
				~((1u << low) - 1);

		op_imm(m, CODE_ANDI, m->rt, m->rt, (uint32_t)~mask);
	} else {
		mix(m, m->rt, m->rt, m->rs);
	}
}

static void special3(struct mips *m)
{
	uint32_t function = m->w & 63, sub = m->w >> 6 & 31;

	if (function == 0x00 || function == 0x04) {
		bits(m, function);
	} else if (function == 0x20 && (sub == 0x10 || sub == 0x18)) {
		move(m, m->rd, m->rt); /* seb, seh */
	} else if (function == 0x20) {
		mix(m, m->rd, m->rt, CODE_NONE); /* wsbh */
	} else if (function == 0x0a) {
		load(m, m->rd, m->rt, 0, /* lwx, lhx, lbux */
		     sub == 0	? 4
		     : sub == 4 ? 2
				: 1);
	} else if (function == 0x3b) {
		clobber(m, m->rt); /* rdhwr, whose rd is no register */
	} else {		   /* application-specific extensions */
		clobber(m, m->rt);
		clobber(m, m->rd);
	}
}

/* Floating point, the system coprocessor. */
static void coprocessor(struct mips *m, uint32_t opcode)
{
	uint32_t format = m->w >> 21 & 31;

	if (opcode == 0x10 || opcode == 0x12) {
		if (format < 4 || format == 0x0b) /* moves from it, di, ei */
			clobber(m, m->rt);
	} else if (format < 4) {
		clobber(m, m->rt);
	} else if (format < 8) { /* moves to it */
		clobber(m, (uint8_t)(MIPS_FPR + (m->w >> 11 & 31)));
	} else if (format == 8) { /* bc1f, bc1t */
		branch(m, CODE_ODD, (m->w >> 17 & 1) != 0);
		m->out->reg = MIPS_FCC;
	} else if ((m->w & 0x30) == 0x30) {
		clobber(m, MIPS_FCC);
	} else {
		clobber(m, (uint8_t)(MIPS_FPR + (m->w >> 6 & 31)));
	}
}

/* lwxc1, ldxc1, swxc1, sdxc1, madd.s and so on */
static void coprocessor_indexed(struct mips *m)
{
	uint32_t function = m->w & 63;

	if (function == 0x08 || function == 0x09 || function == 0x0d)
		store(m, (uint8_t)(MIPS_FPR + (m->w >> 11 & 31)), m->rt, 0,
		      function == 0x08 ? 4 : 8);
	else if (function != 0x0f)
		clobber(m, (uint8_t)(MIPS_FPR + (m->w >> 6 & 31)));
}

static bool decode(struct mips *m)
{
	uint32_t opcode = m->w >> 26;
	uint64_t far = ((m->at + 4) & 0xf0000000) | (m->w & 0x3ffffff) << 2;

	if (opcode >= 0x20)
		return memory(m, opcode);
	if (opcode >= 0x08 && opcode <= 0x0f)
		return immediate(m, opcode);
	if ((opcode & 0x2c) == 0x04) {
		branches(m, opcode);
		return true;
	}
	switch (opcode) {
	case 0x00:
		return special(m);
	case 0x01:
		return register_immediate(m);
	case 0x02:
		jump(m, far);
		return true;
	case 0x03:
		call(m, far);
		return true;
	case 0x10:
	case 0x11:
	case 0x12:
		coprocessor(m, opcode);
		return true;
	case 0x13:
		coprocessor_indexed(m);
		return true;
	case 0x1c:
		special2(m);
		return true;
	case 0x1f:
		special3(m);
		return true;
	default: /* jalx, 64-bit */
		return false;
	}
}

/* Operations that write $0 alone do nothing. */
static void drop_zero(struct code_insn *out)
{
	uint8_t n = 0;

	for (uint8_t i = 0; i < out->count; i++)
		if (out->ops[i].op == CODE_STORE ||
		    out->ops[i].dst != CODE_ZERO)
			out->ops[n++] = out->ops[i];
	out->count = n;
}

static bool lift(const cs_insn *in, struct code_mode mode,
		 struct code_insn *out)
{
	const uint8_t *p = in->bytes;
	struct mips m = { .at = in->address,
			  .big_endian = mode.big_endian,
			  .out = out };

	*out = (struct code_insn){ .address = in->address,
				   .size = 4,
				   .flow = CODE_NEXT,
				   .reg = CODE_NONE };
	m.w = mode.big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
					(uint32_t)p[2] << 8 | p[3]
			      : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
					(uint32_t)p[1] << 8 | p[0];
	m.rs = mips_gpr(m.w >> 21);
	m.rt = mips_gpr(m.w >> 16);
	m.rd = mips_gpr(m.w >> 11);
	if (!decode(&m))
		return false;
	drop_zero(out);
	return true;
}

static const uint8_t clobbered[] = {
	MIPS_V0,     MIPS_V1,	  MIPS_A0,     MIPS_A1,	    MIPS_A2,
	MIPS_A3,     MIPS_T0,	  MIPS_T0 + 1, MIPS_T0 + 2, MIPS_T0 + 3,
	MIPS_T0 + 4, MIPS_T0 + 5, MIPS_T0 + 6, MIPS_T7,	    MIPS_T8,
	MIPS_T9,     MIPS_RA,	  MIPS_HI,     MIPS_LO,	    MIPS_TARGET,
	CODE_FLAGS,  MIPS_FCC,	  CODE_NONE
};

const struct code_arch code_mips = {
	.name = "mips",
	.machine = EM_MIPS,
	.step = 4,
	.cs_arch = CS_ARCH_MIPS,
	.cs_mode = CS_MODE_MIPS32,
	.sp = MIPS_SP,
	.result = MIPS_V0,
	.result_high = MIPS_V1,
	.gp = MIPS_GP,
	.self = MIPS_T9,
	.args = { MIPS_A0, MIPS_A1, MIPS_A2, MIPS_A3, CODE_NONE, CODE_NONE,
		  CODE_NONE, CODE_NONE },
	.stack_args = 16,
	.call_args = 16,
	.clobbered = clobbered,
	.syscall_number = MIPS_V0,
	.by_word = true,
	.lift = lift,
	.scan = mips_scan,
	.syscall = mips_syscall,
};
