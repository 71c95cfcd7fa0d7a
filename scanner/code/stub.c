/* stub.c - which import a linkage stub jumps to
 *
 * Stubs (the PLT) are run and not matched: a few instructions that load a slot
 * and jump there, whatever they look like. What is found is kept.
 */
#include "code/state.h"

enum { STEPS = 6, FIRST_SLOTS = 256 };

struct code_stub {
	uint64_t address;
	uint64_t function; /* that a slot holds, where it is no import; or 0 */
	uint32_t import;
	bool used;
};

static struct code_stub *find(struct code_stub *t, size_t slots,
			      uint64_t address)
{
	size_t at = (size_t)((address * UINT64_C(0x9e3779b97f4a7c15)) >> 40) &
		    (slots - 1);

	while (t[at].used && t[at].address != address)
		at = (at + 1) & (slots - 1);
	return &t[at];
}

static void keep(struct code_program *p, uint64_t address, uint32_t import,
		 uint64_t function)
{
	if (p->stub_count * 2 >= p->stub_slots) {
		size_t n = p->stub_slots * 2;
		struct code_stub *t = fw_alloc(p->arena, n, sizeof(*t));

		for (size_t i = 0; i < p->stub_slots; i++)
			if (p->stubs[i].used)
				*find(t, n, p->stubs[i].address) = p->stubs[i];
		p->stubs = t;
		p->stub_slots = n;
	}
	struct code_stub *s = find(p->stubs, p->stub_slots, address);

	p->stub_count += !s->used;
	*s = (struct code_stub){ address, function, import, true };
}

/* Undefined functions with an address are called there. */
static void keep_symbols(struct code_program *p)
{
	struct elf_symbol s;

	p->stub_slots = FIRST_SLOTS;
	p->stubs = fw_alloc(p->arena, p->stub_slots, sizeof(*p->stubs));
	for (size_t i = 0; i < p->import_count; i++)
		if (elf_symbol_at(&p->elf.dynsym, i, &s) && !s.defined &&
		    s.value != 0 && s.type == STT_FUNC)
			keep(p,
			     p->elf.h.e_machine == EM_ARM
				     ? s.value & ~UINT64_C(1)
				     : s.value,
			     (uint32_t)i, 0);
}

/* Where a jump goes: to an import, or to *function. */
static uint32_t import_in(const struct code_program *p, code_id id,
			  uint64_t *function)
{
	const struct code_value *v = code_value_at(&p->values, id);

	if (v->kind == CODE_CONST)
		*function = v->n;
	return v->kind == CODE_IMPORT ? (uint32_t)v->n : CODE_NO_IMPORT;
}

static uint32_t run(struct code_program *p, uint64_t at, bool thumb,
		    uint64_t gp, uint64_t *function)
{
	struct code_state s;
	struct code_insn in;

	s.count = 0;
	memset(s.regs, 0, sizeof(s.regs));
	if (p->arch->gp != CODE_NONE && gp != 0)
		s.regs[p->arch->gp] = code_const(&p->values, gp);
	for (int i = 0; i < STEPS && code_decode(p, at, thumb, &in); i++) {
		for (size_t k = 0; k < in.count; k++)
			code_step(p, &s, &in.ops[k], at);
		if (in.flow == CODE_JUMP_REGISTER)
			return import_in(p, code_register(p, &s, in.reg),
					 function);
		if (in.flow != CODE_NEXT)
			break;
		at += in.size;
	}
	return CODE_NO_IMPORT;
}

uint32_t code_stub(struct code_program *p, uint64_t address, uint64_t gp)
{
	static const uint8_t to_arm[] = { 0x78, 0x47 }; /* bx pc */
	struct fw_view v;
	bool arm = p->elf.h.e_machine == EM_ARM;
	bool thumb = arm && (address & 1) != 0;
	uint64_t at = arm ? address & ~UINT64_C(1) : address;
	uint64_t function = 0;
	uint32_t import;

	if (p->stubs == NULL)
		keep_symbols(p);
	struct code_stub *s = find(p->stubs, p->stub_slots, at);
	/* While starts are gathered they are in no order yet. */
	uint32_t start = p->growing == NULL ? code_start_at(p, at)
					    : CODE_NO_FUNCTION;

	if (s->used)
		return s->import;
	if (start != CODE_NO_FUNCTION && p->starts[start].plain)
		return CODE_NO_IMPORT;
	/* PowerPC's older form: the loader writes code into the slot itself. */
	if (p->elf.h.e_machine == EM_PPC) {
		const struct code_slot *slot = code_slot_at(p, at);

		if (slot != NULL && slot->import != CODE_NO_IMPORT) {
			keep(p, at, slot->import, 0);
			return slot->import;
		}
	}
	v = code_bytes(p, at);
	if (thumb && fw_view_starts(v, fw_view_of(to_arm, 2)))
		import = run(p, at + 4, false, 0, &function);
	else if (gp == 0 && p->elf.h.e_machine == EM_386)
		import = run(p, at, false, p->gp, &function);
	else
		import = run(p, at, thumb, gp, &function);
	if (import != CODE_NO_IMPORT || function != 0)
		keep(p, at, import, function);
	/* PowerPC: a stub may need the caller's register, known later. */
	else if (start != CODE_NO_FUNCTION && p->elf.h.e_machine != EM_PPC)
		p->starts[start].plain = true;
	return import;
}

uint32_t code_stub_function(struct code_program *p, uint64_t address)
{
	if (p->elf.h.e_machine == EM_ARM)
		address &= ~UINT64_C(1);
	code_stub(p, address, 0);
	const struct code_stub *s = find(p->stubs, p->stub_slots, address);

	return s->used && s->function != 0 ? code_start_at(p, s->function)
					   : CODE_NO_FUNCTION;
}
