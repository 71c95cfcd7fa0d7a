/* x86_operand.c - registers and addresses of x86, and operations on them */
#include "code/x86.h"

/* 0 where a register is not kept. */
#define GROUP(n, low, high, r16, r32, r64)                                     \
	[X86_REG_##low] = (n), [X86_REG_##high] = (n), [X86_REG_##r16] = (n),  \
	[X86_REG_##r32] = (n), [X86_REG_##r64] = (n)
#define POINTER(n, low, r16, r32, r64)                                         \
	[X86_REG_##low] = (n), [X86_REG_##r16] = (n), [X86_REG_##r32] = (n),   \
	[X86_REG_##r64] = (n)
#define NEW(i) POINTER(X86_R8 + (i)-8, R##i##B, R##i##W, R##i##D, R##i)

static const uint8_t numbers[X86_REG_ENDING] = {
	GROUP(X86_AX, AL, AH, AX, EAX, RAX),
	GROUP(X86_CX, CL, CH, CX, ECX, RCX),
	GROUP(X86_DX, DL, DH, DX, EDX, RDX),
	GROUP(X86_BX, BL, BH, BX, EBX, RBX),
	POINTER(X86_SP, SPL, SP, ESP, RSP),
	POINTER(X86_BP, BPL, BP, EBP, RBP),
	POINTER(X86_SI, SIL, SI, ESI, RSI),
	POINTER(X86_DI, DIL, DI, EDI, RDI),
	NEW(8),
	NEW(9),
	NEW(10),
	NEW(11),
	NEW(12),
	NEW(13),
	NEW(14),
	NEW(15),
	[X86_REG_EFLAGS] = CODE_FLAGS,
};

int64_t x86_mask(int64_t v, uint8_t size)
{
	if (size >= 8)
		return v;
	return (int64_t)((uint64_t)v & ((UINT64_C(1) << 8 * size) - 1));
}

int64_t x86_signed(int64_t v, uint8_t size)
{
	switch (size) {
	case 1:
		return (int8_t)v;
	case 2:
		return (int16_t)v;
	case 4:
		return (int32_t)v;
	default:
		return v;
	}
}

uint8_t x86_number(unsigned reg)
{
	uint8_t n = reg < X86_REG_ENDING ? numbers[reg] : 0;

	return n == 0 ? CODE_NONE : n;
}

bool x86_is_high(const cs_x86_op *op)
{
	return op->type == X86_OP_REG &&
	       (op->reg == X86_REG_AH || op->reg == X86_REG_BH ||
		op->reg == X86_REG_CH || op->reg == X86_REG_DH);
}

bool x86_same(const cs_x86_op *a, const cs_x86_op *b)
{
	return a->type == X86_OP_REG && b->type == X86_OP_REG &&
	       a->reg == b->reg;
}

bool x86_has_prefix(const struct x86 *x, uint8_t prefix)
{
	return memchr(x->d->prefix, prefix, sizeof(x->d->prefix)) != NULL;
}

uint8_t x86_lanes(const struct x86 *x)
{
	return (uint8_t)(X86_VECTOR / x->word);
}

uint8_t x86_lane(const struct x86 *x, const cs_x86_op *op)
{
	static const unsigned first[] = { X86_REG_XMM0, X86_REG_YMM0,
					  X86_REG_ZMM0 };
	unsigned kept = x->wide ? 16 : 8;

	for (size_t i = 0; op->type == X86_OP_REG && i < 3; i++)
		if ((unsigned)op->reg - first[i] < kept)
			return (uint8_t)(X86_LANES +
					 ((unsigned)op->reg - first[i]) *
						 x86_lanes(x));
	return CODE_NONE;
}

static uint8_t place_index(struct x86 *x, const x86_op_mem *m)
{
	uint8_t reg = x86_number(m->index);
	int by = m->scale == 8 ? 3 : m->scale == 4 ? 2 : m->scale == 2;

	if (by == 0)
		return reg;
	x86_op(x, CODE_SHIFT, X86_INDEX, reg,
	       (struct x86_value){ CODE_NONE, by }, x->word);
	return X86_INDEX;
}

struct x86_place x86_place(struct x86 *x, const cs_x86_op *op)
{
	const x86_op_mem *m = &op->mem;
	struct x86_place p = { .known = m->segment != X86_REG_FS &&
					m->segment != X86_REG_GS &&
					x->d->addr_size != 2,
			       .base = CODE_NONE,
			       .index = CODE_NONE,
			       .off = m->disp };
	/* lea does not look at a segment, but nobody writes it with one */
	bool indexed = m->index != X86_REG_INVALID && m->index != X86_REG_RIZ &&
		       m->index != X86_REG_EIZ;

	if (m->base == X86_REG_RIP || m->base == X86_REG_EIP) {
		p.off += (int64_t)(x->in->address + x->in->size);
	} else if (m->base != X86_REG_INVALID) {
		p.base = x86_number(m->base);
		p.known &= p.base != CODE_NONE;
	}
	if (indexed)
		p.known &= x86_number(m->index) != CODE_NONE;
	if (indexed && p.known)
		p.index = place_index(x, m);
	if (p.base == CODE_NONE) {
		p.base = p.index;
		p.index = CODE_NONE;
	}
	if (p.base == CODE_NONE)
		p.off = x86_mask(p.off, x->word);
	return p;
}

void x86_load(struct x86 *x, uint8_t dst, const struct x86_place *p,
	      uint8_t size)
{
	if (!p->known || size > 8) {
		x86_clobber(x, dst);
		return;
	}

	struct code_operation *o = code_emit(x->out, CODE_LOAD, dst);

	o->a = p->base;
	o->b = p->index;
	o->off = p->off;
	o->size = size;
}

void x86_store(struct x86 *x, const struct x86_place *p, struct x86_value v,
	       uint8_t size)
{
	if (!p->known)
		return;

	struct code_operation *o = code_emit(x->out, CODE_STORE, p->index);

	o->a = p->base;
	o->b = v.reg;
	o->imm = v.reg == CODE_NONE ? x86_mask(v.imm, size) : 0;
	o->off = p->off;
	o->size = size;
}

void x86_store_unknown(struct x86 *x, const struct x86_place *p, unsigned size)
{
	struct x86_place at = *p;

	if (!p->known)
		return;
	x86_clobber(x, CODE_TMP);
	while (size > 0) {
		unsigned n = x->word;

		while (n > size)
			n /= 2;
		x86_store(x, &at, (struct x86_value){ CODE_TMP, 0 },
			  (uint8_t)n);
		at.off += n;
		size -= n;
	}
}

struct x86_value x86_read(struct x86 *x, const cs_x86_op *op, uint8_t tmp)
{
	if (op->type == X86_OP_IMM)
		return (struct x86_value){ CODE_NONE,
					   x86_mask(op->imm, op->size) };
	if (op->type == X86_OP_REG && !x86_is_high(op) &&
	    x86_number(op->reg) != CODE_NONE)
		return (struct x86_value){ x86_number(op->reg), 0 };
	x86_read_into(x, tmp, op);
	return (struct x86_value){ tmp, 0 };
}

void x86_read_into(struct x86 *x, uint8_t dst, const cs_x86_op *op)
{
	uint8_t reg = op->type == X86_OP_REG ? x86_number(op->reg) : CODE_NONE;

	if (op->type == X86_OP_MEM) {
		struct x86_place p = x86_place(x, op);

		x86_load(x, dst, &p, op->size);
	} else if (op->type == X86_OP_IMM) {
		x86_set(x, dst, x86_mask(op->imm, op->size));
	} else if (reg == CODE_NONE) {
		x86_clobber(x, dst);
	} else if (x86_is_high(op)) {
		x86_op(x, CODE_SHIFT, dst, reg,
		       (struct x86_value){ CODE_NONE, -8 }, x->word);
		x86_op(x, CODE_ANDI, dst, dst,
		       (struct x86_value){ CODE_NONE, 0xff }, x->word);
	} else {
		x86_copy(x, dst, reg, op->size);
	}
}

void x86_write_back(struct x86 *x, const cs_x86_op *op, uint8_t reg)
{
	if (op->type == X86_OP_MEM) {
		struct x86_place p = x86_place(x, op);

		x86_store(x, &p, (struct x86_value){ reg, 0 }, op->size);
	} else if (x86_is_high(op)) {
		x86_clobber(x, x86_number(op->reg));
	}
}

struct code_operation *x86_op(struct x86 *x, enum code_op op, uint8_t dst,
			      uint8_t a, struct x86_value b, uint8_t size)
{
	struct code_operation *o = code_emit(x->out, op, dst);

	o->a = a;
	o->b = b.reg;
	o->imm = b.imm;
	o->size = size;
	return o;
}

void x86_set(struct x86 *x, uint8_t dst, int64_t imm)
{
	code_emit(x->out, CODE_SET, dst)->imm = imm;
}

void x86_copy(struct x86 *x, uint8_t dst, uint8_t a, uint8_t size)
{
	struct code_operation *o = code_emit(x->out, CODE_MOVE, dst);

	o->a = a;
	o->size = size;
}

void x86_addi(struct x86 *x, uint8_t dst, uint8_t a, int64_t imm, uint8_t size)
{
	x86_op(x, CODE_ADDI, dst, a, (struct x86_value){ CODE_NONE, imm },
	       size);
}

void x86_clobber(struct x86 *x, uint8_t reg)
{
	code_emit(x->out, CODE_CLOBBER, reg);
}

void x86_compare(struct x86 *x, uint8_t flags, uint8_t a, struct x86_value b,
		 uint8_t size)
{
	x86_op(x, CODE_COMPARE, flags, a, b, size);
}

void x86_result(struct x86 *x, uint8_t reg, uint8_t size)
{
	if (reg == X86_SP)
		x86_clobber(x, CODE_FLAGS);
	else
		x86_compare(x, CODE_FLAGS, reg,
			    (struct x86_value){ CODE_NONE, 0 }, size);
}
