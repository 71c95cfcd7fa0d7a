/* arm.h - what the parts of the 32-bit ARM lifter share */
#ifndef FW_CODE_ARM_H
#define FW_CODE_ARM_H

#include "code/arch.h"

/* r0 to r15, then the vector registers d0 to d31; q and s registers are pairs
 * and halves of those. */
enum {
	ARM_R0 = CODE_FIRST,
	ARM_R7 = ARM_R0 + 7,
	ARM_R12 = ARM_R0 + 12,
	ARM_SP = ARM_R0 + 13,
	ARM_LR = ARM_R0 + 14,
	/* pc's number: nothing is ever written to it, so it is never known */
	ARM_UNKNOWN = ARM_R0 + 15,
	ARM_D0 = ARM_R0 + 16,
	ARM_TMP2 = CODE_TMP + 1,
	ARM_TMP3 = CODE_TMP + 2,
	/* flags of instructions that leave the processor's as they are */
	ARM_FLAGS2 = CODE_FLAGS + 1
};

struct arm {
	const cs_insn *in;
	const cs_arm *d;
	struct code_insn *out;
	uint32_t word; /* the encoding; of Thumb-2 the first half is on top */
	uint32_t pc;   /* as the instruction reads it */
	bool thumb;
};

/* reg, or imm where reg is CODE_NONE. */
struct arm_value {
	uint8_t reg;
	int64_t imm;
};

/* Consecutive d registers; whole: not only half of one. */
struct arm_vector {
	uint8_t first, count;
	bool whole;
};

/* Handles one instruction. False: it has a form that the handler does not know,
 * and what it writes becomes unknown. */
typedef bool arm_handler(struct arm *x, int arg);

static inline uint32_t arm_aligned_pc(const struct arm *x)
{
	return x->pc & ~3u;
}

/* The number of a core register, or CODE_NONE. */
uint8_t arm_core(int reg);
bool arm_vector_of(int reg, struct arm_vector *v);
/* The operand's register; of pc its value, in tmp. */
uint8_t arm_read(struct arm *x, const cs_arm_op *op, uint8_t tmp);
/* The operand with its shift, which is done in tmp. */
struct arm_value arm_operand(struct arm *x, const cs_arm_op *op, uint8_t tmp);

void arm_set(struct arm *x, uint8_t dst, int64_t imm);
/* dst = a op b, or op's form with an immediate: CODE_ADD and CODE_ADDI. */
void arm_emit(struct arm *x, enum code_op op, uint8_t dst, uint8_t a,
	      uint8_t b);
void arm_emit_imm(struct arm *x, enum code_op op, uint8_t dst, uint8_t a,
		  int64_t imm);
void arm_compare(struct arm *x, uint8_t flags, uint8_t a, struct arm_value b);
void arm_shift(struct arm *x, uint8_t dst, uint8_t a, int type, unsigned by);
/* Makes the register unknown, whichever it is. */
void arm_clobber(struct arm *x, int reg);
/* The program goes on where reg says. */
void arm_jump(struct arm *x, uint8_t reg);

arm_handler arm_add, arm_sub, arm_rsb, arm_logic, arm_mov, arm_mvn, arm_movt,
	arm_adr, arm_shifts, arm_cmp, arm_cmn, arm_tst, arm_teq, arm_extend,
	arm_ubfx, arm_sbfx, arm_bfc, arm_bfi, arm_clz, arm_mix, arm_mul,
	arm_carry;
arm_handler arm_load, arm_store, arm_load_two, arm_store_two, arm_exclusive,
	arm_swap, arm_multiple, arm_push, arm_pop, arm_table;
arm_handler arm_vload, arm_vstore, arm_vmultiple, arm_vpush, arm_vpop,
	arm_vstruct, arm_vmov, arm_vsame;

void arm_scan(struct fw_view code, uint64_t address, struct code_mode mode,
	      code_see *see, void *ctx);
const char *arm_syscall(uint64_t number);

#endif
