/* x86.h - what the parts of the x86 lifter share
 *
 * Registers: the sixteen of general use, then the vector registers in lanes of
 * a machine word (two to an xmm register on x86-64, four on i386), so that
 * strings which are moved sixteen bytes at a time stay constants of a word.
 * The upper halves of ymm and zmm, xmm16 and above, mm and x87 are not kept.
 *
 * Writing al or ax is writing the register, as ir.h has it; writing ah makes it
 * unknown. Arithmetic and CODE_MOVE tell in size how many bytes of the result
 * are meant: of 4 on x86-64 the upper half is 0. Who does not look at it errs
 * only where 32 bits overflow.
 */
#ifndef FW_CODE_X86_H
#define FW_CODE_X86_H

#include "code/arch.h"

enum {
	X86_TMP2 = CODE_TMP + 1,
	X86_INDEX = CODE_TMP + 2, /* a scaled index; lives with its address */
	X86_OWN = CODE_FLAGS + 1, /* flags that only one instruction sees */
	X86_AX = CODE_FIRST,
	X86_CX,
	X86_DX,
	X86_BX,
	X86_SP,
	X86_BP,
	X86_SI,
	X86_DI,
	X86_R8,
	X86_R9,
	X86_R10,
	X86_R11,
	X86_R15 = X86_R8 + 7,
	X86_LANES, /* 32 lanes of xmm0 to xmm15, or xmm0 to xmm7 */
	X86_LANES_END = X86_LANES + 32,
	X86_VECTOR = 16 /* bytes of a vector register that are kept */
};

struct x86 {
	const cs_insn *in;
	const cs_x86 *d;
	struct code_insn *out;
	bool wide;
	uint8_t word; /* bytes of a machine word */
};

/* An address: base + index + off. Unknown behind fs and gs. */
struct x86_place {
	bool known;
	uint8_t base, index;
	int64_t off;
};

/* A register, or imm where reg is CODE_NONE. */
struct x86_value {
	uint8_t reg;
	int64_t imm;
};

/* v cut to size bytes, without and with its sign. */
int64_t x86_mask(int64_t v, uint8_t size);
int64_t x86_signed(int64_t v, uint8_t size);

/* The register's number; CODE_NONE for one that is not kept, or a vector. */
uint8_t x86_number(unsigned reg);
bool x86_is_high(const cs_x86_op *op);		       /* ah, bh, ch, dh */
bool x86_same(const cs_x86_op *a, const cs_x86_op *b); /* the same register */
bool x86_has_prefix(const struct x86 *x, uint8_t prefix);

/* First lane of a vector register that is kept, or CODE_NONE. */
uint8_t x86_lane(const struct x86 *x, const cs_x86_op *op);
uint8_t x86_lanes(const struct x86 *x); /* lanes of one register */

/* Emits what computes a scaled index; the place holds while X86_INDEX does. */
struct x86_place x86_place(struct x86 *x, const cs_x86_op *op);
void x86_load(struct x86 *x, uint8_t dst, const struct x86_place *p,
	      uint8_t size);
void x86_store(struct x86 *x, const struct x86_place *p, struct x86_value v,
	       uint8_t size);
/* size bytes at p become unknown, word by word. Uses CODE_TMP. */
void x86_store_unknown(struct x86 *x, const struct x86_place *p, unsigned size);

/* The operand's value: its register or immediate, or loaded into tmp. */
struct x86_value x86_read(struct x86 *x, const cs_x86_op *op, uint8_t tmp);
/* dst = the operand. */
void x86_read_into(struct x86 *x, uint8_t dst, const cs_x86_op *op);
/* Ends a change of op that was made in the register x86_read() gave. */
void x86_write_back(struct x86 *x, const cs_x86_op *op, uint8_t reg);

/* dst = a op b, b and imm as the operation has them. */
struct code_operation *x86_op(struct x86 *x, enum code_op op, uint8_t dst,
			      uint8_t a, struct x86_value b, uint8_t size);
void x86_set(struct x86 *x, uint8_t dst, int64_t imm);
void x86_copy(struct x86 *x, uint8_t dst, uint8_t a, uint8_t size);
void x86_addi(struct x86 *x, uint8_t dst, uint8_t a, int64_t imm, uint8_t size);
void x86_clobber(struct x86 *x, uint8_t reg);
void x86_compare(struct x86 *x, uint8_t flags, uint8_t a, struct x86_value b,
		 uint8_t size);
/* Flags of a result: compared with 0. Of a stack pointer: unknown. */
void x86_result(struct x86 *x, uint8_t reg, uint8_t size);

/* What handles instructions of one kind; arg is the table's. False: not code
 * that a compiler makes. */
typedef bool x86_handler(struct x86 *x, uint8_t arg);

/* Any instruction: what it writes is unknown. */
x86_handler x86_unknown, x86_nothing;

/* x86_integer.c */
x86_handler x86_mov, x86_lea, x86_add, x86_sub, x86_carry, x86_bits, x86_step;
x86_handler x86_negate, x86_mix, x86_mix_own, x86_mul, x86_div, x86_movbe;
x86_handler x86_widen, x86_double, x86_compares, x86_test, x86_setcc, x86_cmov;
x86_handler x86_xchg, x86_cmpxchg, x86_bit, x86_shift;

/* x86_flow.c */
x86_handler x86_call, x86_jump, x86_branch, x86_branch_cx, x86_loop, x86_return;
x86_handler x86_push, x86_pop, x86_push_all, x86_pop_all, x86_push_flags;
x86_handler x86_pop_flags, x86_leave, x86_enter, x86_interrupt, x86_kernel;
x86_handler x86_stop, x86_not_code;
x86_handler x86_movs, x86_stos, x86_lods, x86_cmps, x86_scas;

/* x86_vector.c; the first takes bytes, or 0 for all of the operand. */
x86_handler x86_vector_move, x86_vector_op, x86_vector_equal, x86_vector_mask;
x86_handler x86_vector_test, x86_vector_half, x86_vector_high;
x86_handler x86_vector_insert, x86_vector_extract, x86_vector_down;
x86_handler x86_vector_quads;

/* x86_scan.c */
void x86_scan(struct fw_view code, uint64_t address, struct code_mode mode,
	      code_see *see, void *ctx);
const char *x86_syscall_64(uint64_t number);
const char *x86_syscall_32(uint64_t number);

#endif
