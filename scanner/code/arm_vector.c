/* arm_vector.c - 32-bit ARM: what goes through vector registers
 *
 * Constants are copied through d registers, which are tracked whole. s
 * registers are halves of them: what goes through one is not kept.
 */
#include "code/arm_place.h"

static uint8_t source(const struct arm_vector *v, uint8_t i)
{
	return v->whole ? (uint8_t)(v->first + i) : (uint8_t)ARM_UNKNOWN;
}

static void get(struct arm *x, const struct arm_vector *v,
		const struct arm_place *p, int64_t at)
{
	for (uint8_t i = 0; i < v->count; i++)
		if (v->whole)
			arm_get(x, (uint8_t)(v->first + i), p, at + 8 * i, 8);
		else
			code_emit(x->out, CODE_CLOBBER, v->first);
}

static void put(struct arm *x, const struct arm_vector *v,
		const struct arm_place *p, int64_t at)
{
	for (uint8_t i = 0; i < v->count; i++)
		arm_put(x, source(v, i), p, at + 8 * i, v->whole ? 8 : 4);
}

bool arm_vload(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	struct arm_vector v;

	(void)arg;
	if (op[1].type != ARM_OP_MEM || !arm_vector_of(op[0].reg, &v))
		return false;

	struct arm_place p = arm_place(x, &op[1]);

	get(x, &v, &p, 0);
	return true;
}

bool arm_vstore(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	struct arm_vector v;

	(void)arg;
	if (op[1].type != ARM_OP_MEM || !arm_vector_of(op[0].reg, &v))
		return false;

	struct arm_place p = arm_place(x, &op[1]);

	put(x, &v, &p, 0);
	return true;
}

/* What the registers from operand first on take, or 0 where one is none. */
static int64_t list_bytes(const struct arm *x, uint8_t first)
{
	int64_t n = 0;

	for (uint8_t i = first; i < x->d->op_count; i++) {
		struct arm_vector v;

		if (x->d->operands[i].type != ARM_OP_REG ||
		    !arm_vector_of(x->d->operands[i].reg, &v))
			return 0;
		n += v.whole ? 8 * v.count : 4;
	}
	return n;
}

static void list(struct arm *x, uint8_t first, const struct arm_place *p,
		 bool stores)
{
	int64_t at = 0;

	for (uint8_t i = first; i < x->d->op_count; i++) {
		struct arm_vector v;

		if (!arm_vector_of(x->d->operands[i].reg, &v))
			continue;
		if (stores)
			put(x, &v, p, at);
		else
			get(x, &v, p, at);
		at += v.whole ? 8 * v.count : 4;
	}
}

/* More than what an instruction can be told as: only the base is. */
static bool is_long(const struct arm *x)
{
	return x->d->op_count > CODE_OPS - 4;
}

/* vldm, vstm (arg 1). */
bool arm_vmultiple(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	int64_t bytes = list_bytes(x, 1);
	bool down = x->in->id == ARM_INS_VLDMDB || x->in->id == ARM_INS_VSTMDB;
	struct arm_place p = { arm_core(op[0].reg), CODE_NONE,
			       down ? -bytes : 0 };

	if (bytes == 0 || p.base == CODE_NONE || is_long(x))
		return false;
	list(x, 1, &p, arg != 0);
	if (x->d->writeback)
		arm_emit_imm(x, CODE_ADDI, p.base, p.base,
			     down ? -bytes : bytes);
	return true;
}

bool arm_vpush(struct arm *x, int arg)
{
	const struct arm_place p = { ARM_SP, CODE_NONE, 0 };

	(void)arg;
	arm_emit_imm(x, CODE_ADDI, ARM_SP, ARM_SP, -list_bytes(x, 0));
	if (!is_long(x))
		list(x, 0, &p, true);
	return true;
}

bool arm_vpop(struct arm *x, int arg)
{
	const struct arm_place p = { ARM_SP, CODE_NONE, 0 };

	(void)arg;
	if (!is_long(x))
		list(x, 0, &p, false);
	arm_emit_imm(x, CODE_ADDI, ARM_SP, ARM_SP, list_bytes(x, 0));
	return true;
}

/* One lane, or one element to all of them: the encoding tells. */
static bool is_lane(const struct arm *x)
{
	return (x->word >> 23 & 1) != 0;
}

static int64_t struct_bytes(const struct arm *x, uint8_t mem, int elements)
{
	return is_lane(x) ? elements * (int64_t)x->d->vector_size / 8
			  : 8 * (int64_t)mem;
}

static void vstruct_move(struct arm *x, uint8_t mem, int64_t bytes,
			 const struct arm_place *p)
{
	const cs_arm_op *op = &x->d->operands[mem];

	if (x->d->op_count > mem + 1)
		arm_emit(x, CODE_ADD, p->base, p->base,
			 arm_read(x, op + 1, ARM_TMP2));
	else if (x->d->writeback)
		arm_emit_imm(x, CODE_ADDI, p->base, p->base, bytes);
}

/* vld1 to vld4: arg 1 to 4; vst1 to vst4: -1 to -4. Only what goes through in
 * order is kept. What capstone gives as displacement is an alignment. */
bool arm_vstruct(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t mem = 0;
	int elements = arg < 0 ? -arg : arg;
	bool kept = elements == 1 && !is_lane(x);

	while (mem < x->d->op_count && op[mem].type == ARM_OP_REG)
		mem++;
	if (mem == 0 || mem == x->d->op_count || op[mem].type != ARM_OP_MEM ||
	    mem > 4)
		return false;

	struct arm_place p = { arm_core((int)op[mem].mem.base), CODE_NONE, 0 };
	int64_t bytes = struct_bytes(x, mem, elements);

	if (p.base == CODE_NONE)
		return false;
	for (uint8_t i = 0; i < mem; i++) {
		struct arm_vector v;

		if (!arm_vector_of(op[i].reg, &v))
			return false;
		if (!kept)
			v.whole = false;
		if (arg > 0 && kept)
			get(x, &v, &p, 8 * i);
		else if (arg > 0)
			arm_clobber(x, op[i].reg);
		else if (kept)
			put(x, &v, &p, 8 * i);
	}
	for (int64_t at = 0; arg < 0 && !kept && at < bytes; at += 8)
		arm_put(x, ARM_UNKNOWN, &p, at,
			(int)(bytes - at < 8 ? bytes - at : 8));
	vstruct_move(x, mem, bytes, &p);
	return true;
}

/* The immediate of vmov as it fills 64 bits. False where it is not known: of
 * 64 bits capstone keeps only 32. */
static bool filled(const struct arm *x, uint64_t imm, uint64_t *out)
{
	switch (x->d->vector_data) {
	case ARM_VECTORDATA_I8:
		*out = (imm & 0xff) * UINT64_C(0x0101010101010101);
		return true;
	case ARM_VECTORDATA_I16:
		*out = (imm & 0xffff) * UINT64_C(0x0001000100010001);
		return true;
	case ARM_VECTORDATA_I32:
		*out = (imm & 0xffffffff) * UINT64_C(0x0000000100000001);
		return true;
	default:
		return false;
	}
}

static void vcopy(struct arm *x, const struct arm_vector *to,
		  const struct arm_vector *from)
{
	for (uint8_t i = 0; i < to->count; i++)
		if (to->whole && from->whole && from->count == to->count)
			arm_emit(x, CODE_MOVE, (uint8_t)(to->first + i),
				 (uint8_t)(from->first + i), CODE_NONE);
		else
			code_emit(x->out, CODE_CLOBBER,
				  (uint8_t)(to->first + i));
}

bool arm_vmov(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	struct arm_vector to, from;
	uint64_t n;

	(void)arg;
	if (x->d->op_count != 2 || op[0].type != ARM_OP_REG ||
	    !arm_vector_of(op[0].reg, &to) || !to.whole ||
	    x->d->vector_size != 0)
		return false;
	if (op[1].type == ARM_OP_IMM && filled(x, (uint32_t)op[1].imm, &n)) {
		for (uint8_t i = 0; i < to.count; i++)
			arm_set(x, (uint8_t)(to.first + i), (int64_t)n);
		return true;
	}
	if (op[1].type != ARM_OP_REG || !arm_vector_of(op[1].reg, &from))
		return false;
	vcopy(x, &to, &from);
	return true;
}

/* vorr (arg 1) of a register with itself copies it, veor makes it 0. */
bool arm_vsame(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	struct arm_vector to, from;

	if (x->d->op_count != 3 || op[1].type != ARM_OP_REG ||
	    op[2].type != ARM_OP_REG || op[1].reg != op[2].reg ||
	    !arm_vector_of(op[0].reg, &to) || !arm_vector_of(op[1].reg, &from))
		return false;
	if (arg) {
		vcopy(x, &to, &from);
		return true;
	}
	for (uint8_t i = 0; i < to.count; i++)
		arm_set(x, (uint8_t)(to.first + i), 0);
	return true;
}
