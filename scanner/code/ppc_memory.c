/* ppc_memory.c - PowerPC: loads and stores
 *
 * Source: as in ppc.c.
 */
#include "code/ppc.h"

/* What one does: update forms leave the address in the base register. */
enum {
	BYTE = 1,
	HALF = 2,
	WORD = 4,
	DOUBLE = 8,
	SIZE = 15,
	STORE = 16,
	UPDATE = 32,
	FLOAT = 64,
	OTHER = 128 /* the value is not the memory's: swapped, converted */
};

struct place {
	uint8_t base, index;
	int64_t off;
};

static void load(struct ppc *m, uint8_t dst, const struct place *p,
		 uint8_t size)
{
	struct code_operation *o = code_emit(m->out, CODE_LOAD, dst);

	o->a = p->base;
	o->b = p->index;
	o->off = p->off;
	o->size = size;
}

static void store(struct ppc *m, uint8_t from, const struct place *p,
		  uint8_t size)
{
	struct code_operation *o = code_emit(m->out, CODE_STORE, p->index);

	o->a = p->base;
	o->b = from;
	o->off = p->off;
	o->size = size;
}

static void update(struct ppc *m, const struct place *p)
{
	if (p->index != CODE_NONE)
		ppc_op(m, CODE_ADD, p->base, p->base, p->index);
	else
		ppc_imm(m, CODE_ADDI, p->base, p->base, p->off);
}

static void access(struct ppc *m, struct place p, uint8_t how)
{
	uint8_t reg = (how & FLOAT) != 0 ? ppc_fpr(m->d) : ppc_gpr(m->d);
	uint8_t size = how & SIZE;
	bool moves = (how & UPDATE) != 0 && m->a != 0;

	if ((how & STORE) != 0) {
		if ((how & OTHER) != 0) {
			ppc_op(m, CODE_MIX, CODE_TMP, reg, CODE_NONE);
			reg = CODE_TMP;
		}
		store(m, reg, &p, size); /* first: stwu r1 stores the old one */
		if (moves)
			update(m, &p);
		return;
	}
	if (moves) {
		update(m, &p);
		p = (struct place){ p.base, CODE_NONE, 0 };
	}
	load(m, reg, &p, size);
	if ((how & OTHER) != 0)
		ppc_op(m, CODE_MIX, reg, reg, CODE_NONE);
}

/* lmw, stmw: from d to r31 */
static bool multiple(struct ppc *m, struct place p, bool stores)
{
	if (32 - m->d > CODE_OPS)
		return false;
	for (uint32_t r = m->d; r < 32; r++, p.off += 4) {
		if (stores)
			store(m, ppc_gpr(r), &p, 4);
		else if (r != m->a)
			load(m, ppc_gpr(r), &p, 4);
	}
	return true;
}

bool ppc_memory(struct ppc *m, uint32_t opcode)
{
	static const uint8_t how[] = { WORD,
				       WORD | UPDATE,
				       BYTE,
				       BYTE | UPDATE,
				       WORD | STORE,
				       WORD | STORE | UPDATE,
				       BYTE | STORE,
				       BYTE | STORE | UPDATE,
				       HALF,
				       HALF | UPDATE,
				       HALF,
				       HALF | UPDATE,
				       HALF | STORE,
				       HALF | STORE | UPDATE,
				       0,
				       0,
				       WORD | FLOAT | OTHER,
				       WORD | FLOAT | OTHER | UPDATE,
				       DOUBLE | FLOAT,
				       DOUBLE | FLOAT | UPDATE,
				       WORD | FLOAT | OTHER | STORE,
				       WORD | FLOAT | OTHER | STORE | UPDATE,
				       DOUBLE | FLOAT | STORE,
				       DOUBLE | FLOAT | STORE | UPDATE };
	struct place p = { m->a == 0 ? (uint8_t)CODE_NONE : ppc_gpr(m->a),
			   CODE_NONE, ppc_simm(m->w) };

	if (opcode < 32 || opcode > 55)
		return false;
	if (opcode == 46 || opcode == 47)
		return multiple(m, p, opcode == 47);
	access(m, p, how[opcode - 32]);
	return true;
}

struct indexed {
	uint16_t extended;
	uint8_t how;
};

static const struct indexed by_register[] = {
	{ 20, WORD }, /* lwarx */
	{ 23, WORD },
	{ 55, WORD | UPDATE },
	{ 87, BYTE },
	{ 119, BYTE | UPDATE },
	{ 279, HALF },
	{ 311, HALF | UPDATE },
	{ 343, HALF },
	{ 375, HALF | UPDATE },
	{ 534, WORD | OTHER }, /* lwbrx, lhbrx */
	{ 790, HALF | OTHER },
	{ 150, WORD | STORE }, /* stwcx. */
	{ 151, WORD | STORE },
	{ 183, WORD | STORE | UPDATE },
	{ 215, BYTE | STORE },
	{ 247, BYTE | STORE | UPDATE },
	{ 407, HALF | STORE },
	{ 439, HALF | STORE | UPDATE },
	{ 662, WORD | STORE | OTHER }, /* stwbrx, sthbrx */
	{ 918, HALF | STORE | OTHER },
	{ 535, WORD | FLOAT | OTHER },
	{ 567, WORD | FLOAT | OTHER | UPDATE },
	{ 599, DOUBLE | FLOAT },
	{ 631, DOUBLE | FLOAT | UPDATE },
	{ 663, WORD | FLOAT | OTHER | STORE },
	{ 695, WORD | FLOAT | OTHER | STORE | UPDATE },
	{ 727, DOUBLE | FLOAT | STORE },
	{ 759, DOUBLE | FLOAT | STORE | UPDATE },
	{ 983, WORD | FLOAT | OTHER | STORE }, /* stfiwx */
	{ 135, BYTE | FLOAT | OTHER | STORE }, /* stvebx, stvehx, stvewx */
	{ 167, HALF | FLOAT | OTHER | STORE },
	{ 199, WORD | FLOAT | OTHER | STORE },
};

/* lswi, stswi: b bytes, 32 where it is 0, in registers from d on */
static void string(struct ppc *m, bool stores)
{
	struct place p = { m->a == 0 ? (uint8_t)CODE_NONE : ppc_gpr(m->a),
			   CODE_NONE, 0 };
	uint32_t words = ((m->b == 0 ? 32 : m->b) + 3) / 4;

	for (uint32_t i = 0; i < words; i++, p.off += 4) {
		if (stores)
			store(m, ppc_gpr(m->d + i), &p, 4);
		else
			load(m, ppc_gpr(m->d + i), &p, 4);
	}
}

static void vector_store(struct ppc *m, struct place p)
{
	ppc_clobber(m, CODE_TMP);
	store(m, CODE_TMP, &p, 8);
	p.off += 8;
	store(m, CODE_TMP, &p, 8);
}

bool ppc_indexed(struct ppc *m, uint32_t extended)
{
	struct place p = { ppc_gpr(m->a), ppc_gpr(m->b), 0 };

	if (m->a == 0)
		p = (struct place){ ppc_gpr(m->b), CODE_NONE, 0 };
	for (size_t i = 0; i < sizeof(by_register) / sizeof(by_register[0]);
	     i++)
		if (by_register[i].extended == extended) {
			access(m, p, by_register[i].how);
			if (extended == 150)
				ppc_clobber(m, CODE_FLAGS);
			return true;
		}
	switch (extended) {
	case 597:
	case 725:
		string(m, extended == 725);
		return true;
	case 231: /* stvx, stvxl; stxsdx, stxvd2x, stxvw4x */
	case 487:
	case 716:
	case 972:
	case 908:
		vector_store(m, p);
		return true;
	case 6: /* lvsl, lvsr; lvx and its kin; lxsdx, lxvd2x, ... */
	case 38:
	case 7:
	case 39:
	case 71:
	case 103:
	case 359:
	case 588:
	case 844:
	case 780:
	case 332:
		ppc_clobber(m, ppc_fpr(m->d));
		return true;
	default:
		return false;
	}
}
