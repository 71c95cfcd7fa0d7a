/* arm_memory.c - 32-bit ARM: loads and stores of core registers */
#include "code/arm_place.h"

static void subtract(struct arm *x, uint8_t *index, uint8_t tmp)
{
	arm_emit(x, CODE_SUB, tmp, CODE_ZERO, *index);
	*index = tmp;
}

static void index_of(struct arm *x, const cs_arm_op *op, struct arm_place *p)
{
	p->index = arm_core((int)op->mem.index);
	if (p->index == CODE_NONE)
		p->index = ARM_UNKNOWN;
	if (op->shift.type != ARM_SFT_INVALID && op->shift.value != 0) {
		uint8_t a = p->index;

		p->index = ARM_TMP2;
		if (op->shift.type == ARM_SFT_LSL)
			arm_shift(x, p->index, a, ARM_SFT_LSL, op->shift.value);
		else
			arm_emit(x, CODE_MIX, p->index, a, CODE_NONE);
	}
	if (op->subtracted || op->mem.scale < 0)
		subtract(x, &p->index, ARM_TMP2);
}

struct arm_place arm_place(struct arm *x, const cs_arm_op *op)
{
	struct arm_place p = { .index = CODE_NONE, .off = op->mem.disp };

	if (op->mem.base == ARM_REG_PC) {
		p.base = CODE_NONE;
		p.off = (uint32_t)(arm_aligned_pc(x) + (uint32_t)op->mem.disp);
	} else
		p.base = arm_core((int)op->mem.base);
	if (p.base == CODE_NONE && op->mem.base != ARM_REG_PC)
		p.base = ARM_UNKNOWN;
	if (op->mem.index != ARM_REG_INVALID)
		index_of(x, op, &p);
	return p;
}

static bool is_post(const struct arm *x, uint8_t mem)
{
	return x->d->op_count > mem + 1;
}

/* [base, #n]!: the base moves before the access. */
void arm_before(struct arm *x, uint8_t mem, struct arm_place *p)
{
	if (!x->d->writeback || is_post(x, mem) || p->base == CODE_NONE)
		return;
	if (p->index != CODE_NONE)
		arm_emit(x, CODE_ADD, p->base, p->base, p->index);
	else
		arm_emit_imm(x, CODE_ADDI, p->base, p->base, p->off);
	p->index = CODE_NONE;
	p->off = 0;
}

/* [base], #n: and here behind it. */
void arm_behind(struct arm *x, uint8_t mem, const struct arm_place *p)
{
	const cs_arm_op *op = &x->d->operands[mem + 1];

	if (!is_post(x, mem) || p->base == CODE_NONE)
		return;
	struct arm_value v = arm_operand(x, op, ARM_TMP2);

	if (v.reg == CODE_NONE)
		arm_emit_imm(x, CODE_ADDI, p->base, p->base,
			     op->subtracted ? -(int64_t)op->imm : op->imm);
	else
		arm_emit(x, op->subtracted ? CODE_SUB : CODE_ADD, p->base,
			 p->base, v.reg);
}

void arm_get(struct arm *x, uint8_t dst, const struct arm_place *p, int64_t at,
	     int size)
{
	struct code_operation *o = code_emit(x->out, CODE_LOAD, dst);

	o->a = p->base;
	o->b = p->index;
	o->off = p->base == CODE_NONE ? (uint32_t)(p->off + at) : p->off + at;
	o->size = (uint8_t)size;
}

void arm_put(struct arm *x, uint8_t src, const struct arm_place *p, int64_t at,
	     int size)
{
	struct code_operation *o = code_emit(x->out, CODE_STORE, p->index);

	o->a = p->base;
	o->b = src;
	o->off = p->base == CODE_NONE ? (uint32_t)(p->off + at) : p->off + at;
	o->size = (uint8_t)size;
}

bool arm_load(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;

	if (x->d->op_count < 2 || op[0].type != ARM_OP_REG ||
	    op[1].type != ARM_OP_MEM)
		return false;

	struct arm_place p = arm_place(x, &op[1]);
	bool jumps = op[0].reg == ARM_REG_PC;
	uint8_t dst = jumps ? (uint8_t)CODE_TMP : arm_core(op[0].reg);

	if (dst == CODE_NONE)
		return false;
	arm_before(x, 1, &p);
	arm_get(x, dst, &p, 0, arg);
	arm_behind(x, 1, &p);
	if (jumps)
		arm_jump(x, CODE_TMP);
	if (jumps && p.base == ARM_SP)
		x->out->flow = CODE_RETURN;
	return true;
}

bool arm_store(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;

	if (x->d->op_count < 2 || op[1].type != ARM_OP_MEM)
		return false;

	struct arm_place p = arm_place(x, &op[1]);
	uint8_t src = arm_read(x, &op[0], CODE_TMP);

	arm_before(x, 1, &p);
	arm_put(x, src, &p, 0, arg);
	arm_behind(x, 1, &p);
	return true;
}

bool arm_load_two(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;

	(void)arg;
	if (x->d->op_count < 3 || op[2].type != ARM_OP_MEM)
		return false;

	struct arm_place p = arm_place(x, &op[2]);
	uint8_t a = arm_core(op[0].reg), b = arm_core(op[1].reg);

	if (a == CODE_NONE || b == CODE_NONE)
		return false;
	arm_before(x, 2, &p);
	if (a == p.base) { /* the second word would be read through the first */
		arm_emit(x, CODE_MOVE, ARM_TMP3, p.base, CODE_NONE);
		p.base = ARM_TMP3;
	}
	if (a == p.index) {
		arm_emit(x, CODE_MOVE, ARM_TMP2, p.index, CODE_NONE);
		p.index = ARM_TMP2;
	}
	arm_get(x, a, &p, 0, 4);
	arm_get(x, b, &p, 4, 4);
	arm_behind(x, 2, &p);
	return true;
}

bool arm_store_two(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;

	(void)arg;
	if (x->d->op_count < 3 || op[2].type != ARM_OP_MEM)
		return false;

	struct arm_place p = arm_place(x, &op[2]);

	arm_before(x, 2, &p);
	arm_put(x, arm_read(x, &op[0], CODE_TMP), &p, 0, 4);
	arm_put(x, arm_read(x, &op[1], CODE_TMP), &p, 4, 4);
	arm_behind(x, 2, &p);
	return true;
}

/* strex and its kin: stored, and the first register says whether. */
bool arm_exclusive(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t mem = arg == 8 ? 3 : 2, status = arm_core(op[0].reg);

	if (x->d->op_count <= mem || op[mem].type != ARM_OP_MEM ||
	    status == CODE_NONE)
		return false;

	struct arm_place p = arm_place(x, &op[mem]);

	arm_put(x, arm_read(x, &op[1], CODE_TMP), &p, 0, arg == 8 ? 4 : arg);
	if (arg == 8)
		arm_put(x, arm_read(x, &op[2], CODE_TMP), &p, 4, 4);
	code_emit(x->out, CODE_CLOBBER, status);
	return true;
}

bool arm_swap(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	uint8_t dst = arm_core(op[0].reg);

	if (x->d->op_count < 3 || op[2].type != ARM_OP_MEM || dst == CODE_NONE)
		return false;

	struct arm_place p = arm_place(x, &op[2]);

	arm_get(x, CODE_TMP, &p, 0, arg);
	arm_put(x, arm_read(x, &op[1], ARM_TMP2), &p, 0, arg);
	arm_emit(x, CODE_MOVE, dst, CODE_TMP, CODE_NONE);
	return true;
}

static void load_list(struct arm *x, uint8_t first, const struct arm_place *at)
{
	const cs_arm_op *op = x->d->operands;
	struct arm_place p = *at;

	for (uint8_t i = first; i < x->d->op_count; i++)
		if (arm_core(op[i].reg) == p.base && p.base < ARM_UNKNOWN) {
			arm_emit(x, CODE_MOVE, CODE_TMP, p.base, CODE_NONE);
			p.base = CODE_TMP;
		}
	for (uint8_t i = first; i < x->d->op_count; i++) {
		uint8_t dst = arm_core(op[i].reg);

		if (dst != CODE_NONE)
			arm_get(x, dst, &p, 4 * (int64_t)(i - first), 4);
		else if (op[i].reg == ARM_REG_PC)
			x->out->flow = CODE_RETURN;
	}
}

/* sp: the register that holds the stack pointer as it was before the first
 * store. */
static void store_list(struct arm *x, uint8_t first, const struct arm_place *p,
		       uint8_t sp)
{
	for (uint8_t i = first; i < x->d->op_count; i++) {
		uint8_t src = arm_read(x, &x->d->operands[i], ARM_TMP2);

		arm_put(x, src == ARM_SP ? sp : src, p,
			4 * (int64_t)(i - first), 4);
	}
}

/* ldm, stm (arg 1), in the four directions. */
bool arm_multiple(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;
	unsigned id = x->in->id;
	int64_t bytes = 4 * ((int64_t)x->d->op_count - 1), from = 0;
	bool down = id == ARM_INS_LDMDA || id == ARM_INS_STMDA ||
		    id == ARM_INS_LDMDB || id == ARM_INS_STMDB;

	if (x->d->op_count < 2 || op[0].type != ARM_OP_REG)
		return false;
	if (id == ARM_INS_LDMIB || id == ARM_INS_STMIB)
		from = 4;
	else if (down)
		from = id == ARM_INS_LDMDA || id == ARM_INS_STMDA ? 4 - bytes
								  : -bytes;

	struct arm_place p = { arm_core(op[0].reg), CODE_NONE, from };
	bool moves = x->d->writeback && p.base != CODE_NONE;

	if (p.base == CODE_NONE)
		p.base = ARM_UNKNOWN;
	for (uint8_t i = 1; i < x->d->op_count && arg == 0; i++)
		moves = moves && op[i].reg != op[0].reg;
	if (arg)
		store_list(x, 1, &p, ARM_SP);
	else
		load_list(x, 1, &p);
	if (moves)
		arm_emit_imm(x, CODE_ADDI, p.base, p.base,
			     down ? -bytes : bytes);
	return true;
}

bool arm_push(struct arm *x, int arg)
{
	struct arm_place p = { ARM_SP, CODE_NONE, 0 };

	(void)arg;
	for (uint8_t i = 0; i < x->d->op_count; i++)
		if (x->d->operands[i].reg == ARM_REG_SP)
			arm_emit(x, CODE_MOVE, CODE_TMP, ARM_SP, CODE_NONE);
	arm_emit_imm(x, CODE_ADDI, ARM_SP, ARM_SP,
		     -4 * (int64_t)x->d->op_count);
	store_list(x, 0, &p, CODE_TMP);
	return true;
}

bool arm_pop(struct arm *x, int arg)
{
	struct arm_place p = { ARM_SP, CODE_NONE, 0 };
	bool moves = true;

	(void)arg;
	for (uint8_t i = 0; i < x->d->op_count; i++)
		moves = moves && x->d->operands[i].reg != ARM_REG_SP;
	load_list(x, 0, &p);
	if (moves)
		arm_emit_imm(x, CODE_ADDI, ARM_SP, ARM_SP,
			     4 * (int64_t)x->d->op_count);
	return true;
}

/* tbb, tbh: how far to go, in halfwords, from a table of bytes or halfwords. */
bool arm_table(struct arm *x, int arg)
{
	const cs_arm_op *op = x->d->operands;

	if (op[0].type != ARM_OP_MEM)
		return false;

	struct arm_place p = { CODE_NONE, arm_core((int)op[0].mem.index),
			       x->pc };

	if (op[0].mem.base != ARM_REG_PC)
		p = (struct arm_place){ arm_core((int)op[0].mem.base), p.index,
					0 };
	if (p.index == CODE_NONE)
		p.index = ARM_UNKNOWN;
	if (arg == 2) {
		arm_shift(x, ARM_TMP2, p.index, ARM_SFT_LSL, 1);
		p.index = ARM_TMP2;
	}
	arm_get(x, ARM_TMP2, &p, 0, arg);
	arm_shift(x, ARM_TMP2, ARM_TMP2, ARM_SFT_LSL, 1);
	arm_set(x, CODE_TMP, x->pc);
	arm_emit(x, CODE_ADD, CODE_TMP, CODE_TMP, ARM_TMP2);
	arm_jump(x, CODE_TMP);
	return true;
}
