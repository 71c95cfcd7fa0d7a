/* ir.h - machine code as a dozen simple operations
 *
 * A lifter turns one decoded instruction into what it does to registers, to
 * memory and to the flow of control. Only what constant propagation and the
 * reading of compares need is told; everything else clobbers its destination.
 * An instruction that a lifter does not know must clobber what it writes:
 * a missing operation is a gap, a wrong one is a lie.
 */
#ifndef FW_CODE_IR_H
#define FW_CODE_IR_H

#include "core/view.h"

/* Registers are small numbers that each lifter gives out. A part of a register
 * (al, w0) is the register. These are the same on every processor: */
enum {
	CODE_NONE = 255, /* no register */
	CODE_ZERO = 0,	 /* always 0; writes are ignored */
	CODE_TMP = 1,	 /* three that live within one instruction */
	CODE_FLAGS = 4,	 /* 4 to 11: flags; PowerPC's cr0 to cr7, others use 4 */
	CODE_FIRST = 12, /* the processor's own */
	CODE_REGS = 96
};

enum code_op {
	CODE_SET,    /* dst = imm */
	CODE_MOVE,   /* dst = a; also extensions of a byte or half to a word */
	CODE_ADDI,   /* dst = a + imm */
	CODE_ADD,    /* dst = a + b */
	CODE_SUB,    /* dst = a - b */
	CODE_ANDI,   /* dst = a & imm */
	CODE_ORI,    /* dst = a | imm */
	CODE_OR,     /* dst = a | b */
	CODE_XORI,   /* dst = a ^ imm */
	CODE_XOR,    /* dst = a ^ b; a == b is CODE_SET 0 */
	CODE_SHIFT,  /* dst = a << imm; imm < 0: a >> -imm, unsigned */
	CODE_INSERT, /* dst = dst with the bits [off, off + 16) = imm */
	CODE_MIX, /* dst = something made of a (and b): not, neg, mul, rotate,
		     shifts by registers, byte swaps; imm says what where it
		     is an enum code_mix */
	CODE_CLOBBER, /* dst = unknown */
	CODE_LOAD,  /* dst = size bytes at a + off (a == CODE_NONE: at off); b:
		       an index register whose value is added, or CODE_NONE */
	CODE_STORE, /* size bytes at a + off = b, or imm where b is CODE_NONE;
		       dst: an index register as in CODE_LOAD's b, or CODE_NONE
		     */
	CODE_COMPARE, /* flags dst = a compared with b, or imm where b is
			 CODE_NONE; size in bytes */
	CODE_TEST,    /* flags dst = (a & imm or b) compared with 0; a == b is
			 CODE_COMPARE a with 0 */
	CODE_CSET,    /* dst = cond of flags a, as 0 or 1 */
	CODE_CMOV,    /* dst = cond of flags a ? b : dst; b CODE_NONE: imm */
	CODE_SYSCALL  /* the kernel is called */
};

/* What a CODE_MIX does, where a lifter tells it. The second value is b or, where
 * that is CODE_NONE, off. */
enum code_mix {
	CODE_MIX_ANY,
	CODE_MIX_NOT,
	CODE_MIX_NEG,
	CODE_MIX_MUL,
	CODE_MIX_AND,
	CODE_MIX_NOR
};

/* What a flag says of the compare before it. Signs do not matter here. */
enum code_cond {
	CODE_ALWAYS,
	CODE_EQ,
	CODE_NE,
	CODE_LESS,    /* lt, le, below, minus, ... */
	CODE_GREATER, /* ge, gt, above, plus, ... */
	CODE_ODD      /* overflow, parity, and what no compare means */
};

enum code_flow {
	CODE_NEXT,	    /* goes on behind it */
	CODE_BRANCH,	    /* to target if cond of flags reg, else on */
	CODE_JUMP,	    /* to target */
	CODE_JUMP_REGISTER, /* to what reg holds: a jump table, a tail call */
	CODE_CALL,	    /* target is called */
	CODE_CALL_REGISTER, /* what reg holds is called; a call through memory loads
			       into CODE_TMP first */
	CODE_RETURN,
	CODE_RETURN_IF, /* if cond of flags reg, else on */
	CODE_STOP	/* traps: nothing comes behind it */
};

struct code_operation {
	uint8_t op, dst, a, b;
	uint8_t cond; /* CODE_CSET, CODE_CMOV; of another one: it is done only
			 if it holds, and what it leaves behind is unknown */
	uint8_t size; /* bytes, of memory or compare */
	int64_t imm, off;
};

enum { CODE_OPS = 24 }; /* a push of 16 registers and the pointer's change */

struct code_insn {
	uint64_t address;
	uint8_t size; /* bytes */
	uint8_t flow; /* enum code_flow */
	uint8_t cond; /* enum code_cond */
	uint8_t reg;  /* of flags, or that holds the target */
	bool link_only; /* a call of the next instruction, to learn the address
			   (bcl 20,31; call $+5): flow is CODE_NEXT */
	bool delay;	/* the next instruction runs before the flow changes */
	bool or_equal;	/* of CODE_LESS and CODE_GREATER: or equal */
	bool likely;	/* the delay slot runs only if the branch is taken */
	uint64_t target;
	uint8_t count;
	struct code_operation ops[CODE_OPS];
};

#endif
