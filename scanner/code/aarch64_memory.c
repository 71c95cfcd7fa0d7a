/* aarch64_memory.c - AArch64: loads and stores */
#include "code/aarch64.h"

/* base (CODE_NONE: none) + index (CODE_NONE: none) + off. */
struct place {
	uint8_t base, index;
	int64_t off;
};

static struct place place_of(struct a64 *x, const cs_arm64_op *op)
{
	struct place p = { a64_reg(op->mem.base).number, CODE_NONE,
			   op->mem.disp };

	if (p.base == CODE_NONE)
		p.base = A64_UNKNOWN;
	if (op->mem.index == ARM64_REG_INVALID)
		return p;
	p.index = a64_reg(op->mem.index).number;
	if (p.index == CODE_NONE)
		p.index = A64_UNKNOWN;
	if (op->ext == ARM64_EXT_UXTW) {
		a64_emit_imm(x, CODE_ANDI, A64_TMP2, p.index, 0xffffffff);
		p.index = A64_TMP2;
	}
	if (op->shift.type == ARM64_SFT_LSL && op->shift.value != 0) {
		a64_emit_imm(x, CODE_SHIFT, A64_TMP2, p.index,
			     op->shift.value & 63);
		p.index = A64_TMP2;
	}
	return p;
}

static bool is_post(const struct a64 *x, uint8_t mem)
{
	return x->d->op_count > mem + 1;
}

/* [base, #n]!: the base moves before the access. */
static void before(struct a64 *x, uint8_t mem, struct place *p)
{
	if (!x->d->writeback || is_post(x, mem))
		return;
	a64_emit_imm(x, CODE_ADDI, p->base, p->base, p->off);
	p->off = 0;
}

/* [base], #n or [base], x2: and here behind it. */
static void behind(struct a64 *x, uint8_t mem, const struct place *p)
{
	const cs_arm64_op *op = &x->d->operands[mem + 1];

	if (!is_post(x, mem))
		return;
	if (op->type == ARM64_OP_IMM)
		a64_emit_imm(x, CODE_ADDI, p->base, p->base, op->imm);
	else
		a64_emit(x, CODE_ADD, p->base, p->base, a64_read(op));
}

static void get(struct a64 *x, uint8_t dst, const struct place *p, int64_t at,
		uint8_t size)
{
	struct code_operation *o = code_emit(x->out, CODE_LOAD, dst);

	o->a = p->base;
	o->b = p->index;
	o->off = p->off + at;
	o->size = size;
}

static void put(struct a64 *x, uint8_t src, const struct place *p, int64_t at,
		uint8_t size)
{
	struct code_operation *o = code_emit(x->out, CODE_STORE, p->index);

	o->a = p->base;
	o->b = src;
	o->off = p->off + at;
	o->size = size;
}

/* arg: bytes, 0: as many as the register has. */
bool a64_load(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	struct a64_reg dst = a64_reg(op[0].reg);
	uint8_t size = arg ? (uint8_t)arg : dst.size;

	if (x->d->op_count < 2 || op[0].type != ARM64_OP_REG ||
	    dst.number == CODE_NONE)
		return false;
	if (op[1].type == ARM64_OP_IMM) {
		const struct place p = { CODE_NONE, CODE_NONE, op[1].imm };

		get(x, dst.number, &p, 0, size);
		return true;
	}
	if (op[1].type != ARM64_OP_MEM)
		return false;

	struct place p = place_of(x, &op[1]);

	before(x, 1, &p);
	get(x, dst.number, &p, 0, size);
	behind(x, 1, &p);
	return true;
}

bool a64_store(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;

	if (x->d->op_count < 2 || op[0].type != ARM64_OP_REG ||
	    op[1].type != ARM64_OP_MEM)
		return false;

	struct place p = place_of(x, &op[1]);

	before(x, 1, &p);
	put(x, a64_read(&op[0]), &p, 0,
	    arg ? (uint8_t)arg : a64_reg(op[0].reg).size);
	behind(x, 1, &p);
	return true;
}

bool a64_load_two(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;

	if (x->d->op_count < 3 || op[0].type != ARM64_OP_REG ||
	    op[1].type != ARM64_OP_REG || op[2].type != ARM64_OP_MEM)
		return false;

	struct a64_reg a = a64_reg(op[0].reg), b = a64_reg(op[1].reg);
	uint8_t size = arg ? (uint8_t)arg : a.size;
	struct place p = place_of(x, &op[2]);

	if (a.number == CODE_NONE || b.number == CODE_NONE)
		return false;
	before(x, 2, &p);
	struct place from = p;

	if (a.number == p.base) { /* the second is read through the first */
		a64_emit(x, CODE_MOVE, CODE_TMP, p.base, CODE_NONE);
		from.base = CODE_TMP;
	}
	get(x, a.number, &from, 0, size);
	get(x, b.number, &from, size, size);
	behind(x, 2, &p);
	return true;
}

bool a64_store_two(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;

	(void)arg;
	if (x->d->op_count < 3 || op[0].type != ARM64_OP_REG ||
	    op[1].type != ARM64_OP_REG || op[2].type != ARM64_OP_MEM)
		return false;

	uint8_t size = a64_reg(op[0].reg).size;
	struct place p = place_of(x, &op[2]);

	before(x, 2, &p);
	put(x, a64_read(&op[0]), &p, 0, size);
	put(x, a64_read(&op[1]), &p, size, size);
	behind(x, 2, &p);
	return true;
}

/* stxr and its kin: stored, and the first register says whether. arg: bytes, 0:
 * as the register has, -1: two registers. */
bool a64_exclusive(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t mem = arg < 0 ? 3 : 2;

	if (x->d->op_count <= mem || op[mem].type != ARM64_OP_MEM ||
	    op[1].type != ARM64_OP_REG)
		return false;

	uint8_t size = arg > 0 ? (uint8_t)arg : a64_reg(op[1].reg).size;
	struct place p = place_of(x, &op[mem]);

	put(x, a64_read(&op[1]), &p, 0, size);
	if (arg < 0)
		put(x, a64_read(&op[2]), &p, size, size);
	a64_clobber(x, op[0].reg);
	return true;
}

static uint8_t arranged(arm64_vas vas)
{
	return vas == ARM64_VAS_8B || vas == ARM64_VAS_4H ||
			       vas == ARM64_VAS_2S || vas == ARM64_VAS_1D
		       ? 8
		       : 16;
}

/* The memory operand's number, behind one to four vector registers, or 0. */
static uint8_t vector_memory(const struct a64 *x)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t mem = 0;

	while (mem < x->d->op_count && op[mem].type == ARM64_OP_REG &&
	       a64_is_vector(a64_reg(op[mem].reg)))
		mem++;
	return mem > 4 || mem == x->d->op_count || op[mem].type != ARM64_OP_MEM
		       ? 0
		       : mem;
}

/* Moves through vectors whose bytes change places, or of one lane: where they
 * go becomes unknown. arg 1: a load. */
bool a64_vector_lanes(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t mem = vector_memory(x);

	if (mem == 0)
		return false;

	struct place p = place_of(x, &op[mem]);

	for (uint8_t i = 0; i < mem; i++)
		if (arg)
			a64_clobber(x, op[i].reg);
		else if (op[i].vector_index == -1)
			put(x, A64_UNKNOWN, &p, 16 * i, 16);
		else
			put(x, A64_UNKNOWN, &p, 8 * i, 8);
	behind(x, mem, &p);
	return true;
}

bool a64_vector_load(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t mem = vector_memory(x);

	(void)arg;
	if (mem == 0 || op[0].vector_index != -1)
		return a64_vector_lanes(x, 1);

	struct place p = place_of(x, &op[mem]);
	uint8_t size = arranged(op[0].vas);

	for (uint8_t i = 0; i < mem; i++)
		get(x, a64_reg(op[i].reg).number, &p, size * i, size);
	behind(x, mem, &p);
	return true;
}

bool a64_vector_store(struct a64 *x, int arg)
{
	const cs_arm64_op *op = x->d->operands;
	uint8_t mem = vector_memory(x);

	(void)arg;
	if (mem == 0 || op[0].vector_index != -1)
		return a64_vector_lanes(x, 0);

	struct place p = place_of(x, &op[mem]);
	uint8_t size = arranged(op[0].vas);

	for (uint8_t i = 0; i < mem; i++)
		put(x, a64_reg(op[i].reg).number, &p, size * i, size);
	behind(x, mem, &p);
	return true;
}
