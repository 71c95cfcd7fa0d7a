/* ppc.h - what the files of the PowerPC lifter share */
#ifndef FW_CODE_PPC_H
#define FW_CODE_PPC_H

#include "code/arch.h"

/* Register n of the processor is PPC_R0 + n; condition field n is CODE_FLAGS +
 * n. */
enum {
	PPC_R0 = CODE_FIRST,
	PPC_SP,
	PPC_R2,
	PPC_R3,
	PPC_R4,
	PPC_R12 = PPC_R0 + 12,
	PPC_R30 = PPC_R0 + 30,
	PPC_LR = PPC_R0 + 32,
	PPC_CTR,
	PPC_FPR,		/* 32 of them, of vectors as well */
	PPC_OWN = PPC_FPR + 32, /* flags of what sets no condition field */
	/* The carry, by what set it: "is not 0" and "is 0" are made of it. */
	PPC_CARRY_NE,
	PPC_CARRY_EQ
};

struct ppc {
	uint32_t w;
	uint64_t at;
	uint32_t d, a, b; /* the word's register fields; d is also the source */
	struct code_insn *out;
};

static inline uint8_t ppc_gpr(uint32_t field)
{
	return (uint8_t)(PPC_R0 + (field & 31));
}

static inline uint8_t ppc_fpr(uint32_t field)
{
	return (uint8_t)(PPC_FPR + (field & 31));
}

static inline int32_t ppc_simm(uint32_t w)
{
	return (int16_t)(w & 0xffff);
}

/* Operations, as in ir.h. */
void ppc_op(struct ppc *m, enum code_op op, uint8_t dst, uint8_t a, uint8_t b);
void ppc_imm(struct ppc *m, enum code_op op, uint8_t dst, uint8_t a,
	     int64_t imm);
void ppc_set(struct ppc *m, uint8_t dst, uint32_t n);
void ppc_clobber(struct ppc *m, uint8_t dst);
void ppc_compare(struct ppc *m, uint8_t flags, uint8_t a, uint8_t b,
		 int64_t imm);
void ppc_cset(struct ppc *m, uint8_t dst, enum code_cond cond, uint8_t flags);

/* Bit of the condition register, as a condition of field bit / 4. */
enum code_cond ppc_cond(uint32_t bit, bool sense);

/* Instructions by group; false for what is of another group. */
bool ppc_memory(struct ppc *m, uint32_t opcode);
bool ppc_indexed(struct ppc *m, uint32_t extended);
bool ppc_integer(struct ppc *m, uint32_t opcode);
bool ppc_arithmetic(struct ppc *m, uint32_t extended);
bool ppc_logic(struct ppc *m, uint32_t extended);

/* A code_arch's scan and syscall. */
void ppc_scan(struct fw_view code, uint64_t address, struct code_mode mode,
	      code_see *see, void *ctx);
const char *ppc_syscall(uint64_t number);

#endif
