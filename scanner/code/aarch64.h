/* aarch64.h - what the parts of the AArch64 lifter share */
#ifndef FW_CODE_AARCH64_H
#define FW_CODE_AARCH64_H

#include "code/arch.h"

/* x0 to x30 (w registers are they), sp, then the vector registers. */
enum {
	A64_X0 = CODE_FIRST,
	A64_X8 = A64_X0 + 8,
	A64_X30 = A64_X0 + 30,
	A64_SP = A64_X0 + 31,
	A64_V0 = A64_X0 + 32,
	/* nothing is ever written to it, so it is never known */
	A64_UNKNOWN = A64_V0 + 32,
	A64_TMP2 = CODE_TMP + 1,
	A64_TMP3 = CODE_TMP + 2,
	/* flags of instructions that leave the processor's as they are */
	A64_FLAGS2 = CODE_FLAGS + 1
};

struct a64 {
	const cs_insn *in;
	const cs_arm64 *d;
	struct code_insn *out;
};

/* A register and its width in bytes; number CODE_NONE: none that is kept. */
struct a64_reg {
	uint8_t number, size;
};

/* reg, or imm where reg is CODE_NONE. */
struct a64_value {
	uint8_t reg;
	int64_t imm;
};

/* Handles one instruction. False: it has a form that the handler does not know,
 * and what it writes becomes unknown. */
typedef bool a64_handler(struct a64 *x, int arg);

struct a64_reg a64_reg(arm64_reg reg);
static inline bool a64_is_vector(struct a64_reg r)
{
	return r.number >= A64_V0 && r.number < A64_UNKNOWN;
}

/* The operand's register, or A64_UNKNOWN. */
uint8_t a64_read(const cs_arm64_op *op);
/* The operand with its shift or extension, done in tmp; size: of the operation.
 */
struct a64_value a64_operand(struct a64 *x, const cs_arm64_op *op, uint8_t tmp,
			     uint8_t size);
/* imm in size bytes, unsigned. */
int64_t a64_mask(int64_t imm, uint8_t size);
uint8_t a64_cond(arm64_cc cc);
uint8_t a64_inverse(uint8_t cond);

void a64_set(struct a64 *x, uint8_t dst, int64_t imm);
void a64_emit(struct a64 *x, enum code_op op, uint8_t dst, uint8_t a,
	      uint8_t b);
void a64_emit_imm(struct a64 *x, enum code_op op, uint8_t dst, uint8_t a,
		  int64_t imm);
/* A result of 32 bits has the upper half 0. */
void a64_narrow(struct a64 *x, struct a64_reg dst);
/* dst = a >> by; of 32 bits what is in the upper half does not come down. */
void a64_shift_right(struct a64 *x, struct a64_reg dst, uint8_t a, int64_t by);
void a64_compare(struct a64 *x, uint8_t flags, uint8_t a, struct a64_value b,
		 uint8_t size);
void a64_test(struct a64 *x, uint8_t flags, uint8_t a, struct a64_value b,
	      uint8_t size);
void a64_clobber(struct a64 *x, arm64_reg reg);

a64_handler a64_mov, a64_movz, a64_movn, a64_movk, a64_address, a64_add,
	a64_sub, a64_neg, a64_logic, a64_mvn, a64_shifts, a64_extend, a64_ubfx,
	a64_ubfiz, a64_sbfx, a64_bfi, a64_mix, a64_mul, a64_cmp, a64_cmn,
	a64_tst, a64_ccmp, a64_ccmn, a64_cset, a64_select, a64_increment,
	a64_movi, a64_fmov;
a64_handler a64_load, a64_store, a64_load_two, a64_store_two, a64_exclusive,
	a64_vector_load, a64_vector_store, a64_vector_lanes;

void a64_scan(struct fw_view code, uint64_t address, struct code_mode mode,
	      code_see *see, void *ctx);
const char *a64_syscall(uint64_t number);

#endif
