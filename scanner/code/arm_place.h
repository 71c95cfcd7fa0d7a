/* arm_place.h - 32-bit ARM: where in memory */
#ifndef FW_CODE_ARM_PLACE_H
#define FW_CODE_ARM_PLACE_H

#include "code/arm.h"

/* base + index + off, each register CODE_NONE where there is none. */
struct arm_place {
	uint8_t base, index;
	int64_t off;
};

/* Where a memory operand lies, before any move of its base. Uses ARM_TMP2. */
struct arm_place arm_place(struct arm *x, const cs_arm_op *op);
/* What the instruction does to the base before the access, and behind it; mem:
 * the memory operand's number. */
void arm_before(struct arm *x, uint8_t mem, struct arm_place *p);
void arm_behind(struct arm *x, uint8_t mem, const struct arm_place *p);

/* dst = size bytes at p + at, and the other way. */
void arm_get(struct arm *x, uint8_t dst, const struct arm_place *p, int64_t at,
	     int size);
void arm_put(struct arm *x, uint8_t src, const struct arm_place *p, int64_t at,
	     int size);

#endif
