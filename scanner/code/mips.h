/* mips.h - what the files of the MIPS lifter share */
#ifndef FW_CODE_MIPS_H
#define FW_CODE_MIPS_H

#include "code/arch.h"

/* Register n of the processor is MIPS_GPR + n, but 0 is CODE_ZERO. */
enum {
	MIPS_GPR = CODE_FIRST,
	MIPS_V0 = MIPS_GPR + 2,
	MIPS_V1,
	MIPS_A0,
	MIPS_A1,
	MIPS_A2,
	MIPS_A3,
	MIPS_T0,
	MIPS_T7 = MIPS_GPR + 15,
	MIPS_T8 = MIPS_GPR + 24,
	MIPS_T9,
	MIPS_GP = MIPS_GPR + 28,
	MIPS_SP,
	MIPS_FP,
	MIPS_RA,
	MIPS_HI,
	MIPS_LO,
	/* Where a jump through a register goes: read before the delay slot. */
	MIPS_TARGET,
	MIPS_FPR,		   /* 32 of them */
	MIPS_FCC = CODE_FLAGS + 1, /* what floating point compares set */
};

/* Fields of an instruction word. */
static inline uint8_t mips_gpr(uint32_t field)
{
	field &= 31;
	return field == 0 ? (uint8_t)CODE_ZERO : (uint8_t)(MIPS_GPR + field);
}

static inline int32_t mips_simm(uint32_t w)
{
	return (int16_t)(w & 0xffff);
}

/* A code_arch's scan and syscall. */
void mips_scan(struct fw_view code, uint64_t address, struct code_mode mode,
	       code_see *see, void *ctx);
const char *mips_syscall(uint64_t number);

#endif
