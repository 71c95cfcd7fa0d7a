/* program.c - an ELF program as the loader would lay it out
 *
 * Source: System V ABI with its processor supplements (relocations, the GOT of
 * MIPS); GNU extensions as in binutils' include/elf.
 */
#include "code/program.h"

#include <stdlib.h>

#include "core/cursor.h"

/* Instructions a program may cost: some seconds of the slowest decoder. */
enum {
	BUDGET = 6000000,
	WORK = 150000000,
	VALUES_MAX = 1 << 20,
	RANGES_MAX = 64
};
/* Two jobs at a time stay within the memory of a whole scan. */
enum { MEMORY_MAX = 26 << 20 };
enum { IMPORTS_MAX = 1 << 16, SLOTS_MAX = 1 << 19 };

static bool set_arch(struct code_program *p, const char **why)
{
	const GElf_Ehdr *h = &p->elf.h;
	bool wide = h->e_ident[EI_CLASS] == ELFCLASS64;

	p->arch = code_arch_of(h->e_machine, wide);
	p->word = wide ? 8 : 4;
	p->mask = wide ? UINT64_MAX : UINT32_MAX;
	p->mode.big_endian = h->e_ident[EI_DATA] == ELFDATA2MSB;
	p->mode.wide = wide;
	p->dynamic_base = h->e_type == ET_DYN;
	if (p->arch == NULL)
		*why = "no decoder for this processor";
	else if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		*why = "no program that is loaded by itself";
	else
		return true;
	return false;
}

static void add_ranges(struct code_program *p)
{
	p->ranges = fw_alloc(p->arena, RANGES_MAX, sizeof(*p->ranges));
	for (size_t i = 0; i < p->elf.segment_count; i++) {
		const GElf_Phdr *s = &p->elf.segments[i];
		uint64_t len =
			s->p_filesz < s->p_memsz ? s->p_filesz : s->p_memsz;

		if (s->p_type != PT_LOAD || p->range_count == RANGES_MAX)
			continue;
		p->ranges[p->range_count++] = (struct code_range){
			.address = s->p_vaddr,
			.bytes = fw_view_sub(p->elf.bytes, s->p_offset, len),
			.size = s->p_memsz,
			.exec = (s->p_flags & PF_X) != 0,
			.write = (s->p_flags & PF_W) != 0,
		};
	}
}

static bool is_stubs(struct fw_view name)
{
	return fw_view_starts(name, FW_STR(".plt")) ||
	       fw_view_eq(name, FW_STR(".MIPS.stubs"));
}

static void add_text(struct code_program *p)
{
	p->text = fw_alloc(p->arena, RANGES_MAX, sizeof(*p->text));
	for (size_t i = 0; i < p->elf.section_count; i++) {
		const struct elf_section *s = &p->elf.sections[i];

		if (s->h.sh_type != SHT_PROGBITS || s->bytes.len == 0 ||
		    (s->h.sh_flags & SHF_EXECINSTR) == 0 ||
		    (s->h.sh_flags & SHF_ALLOC) == 0 || is_stubs(s->name) ||
		    p->text_count == RANGES_MAX || p->elf.sections_lie)
			continue;
		p->text[p->text_count++] =
			(struct code_range){ .address = s->h.sh_addr,
					     .bytes = s->bytes,
					     .size = s->h.sh_size,
					     .exec = true };
	}
	for (size_t i = 0; i < p->range_count && p->elf.section_count < 2; i++)
		if (p->ranges[i].exec)
			p->text[p->text_count++] = p->ranges[i];
}

const struct code_range *code_range_of(const struct code_program *p,
				       uint64_t address)
{
	for (size_t i = 0; i < p->range_count; i++)
		if (address >= p->ranges[i].address &&
		    address - p->ranges[i].address < p->ranges[i].size)
			return &p->ranges[i];
	return NULL;
}

struct fw_view code_bytes(const struct code_program *p, uint64_t address)
{
	const struct code_range *r = code_range_of(p, address);

	if (r == NULL)
		return (struct fw_view){ NULL, 0 };
	return fw_view_sub(r->bytes, address - r->address, r->bytes.len);
}

bool code_read(const struct code_program *p, uint64_t address, uint8_t size,
	       uint64_t *n)
{
	struct fw_view v = fw_view_sub(code_bytes(p, address), 0, size);

	*n = 0;
	if (v.len < size || size > 8)
		return false;
	for (size_t i = 0; i < size; i++)
		*n = *n << 8 | v.data[p->mode.big_endian ? i : size - 1 - i];
	return true;
}

bool code_is_writable(const struct code_program *p, uint64_t address)
{
	const struct code_range *r = code_range_of(p, address);

	return r != NULL && r->write;
}

bool code_in_text(const struct code_program *p, uint64_t address)
{
	for (size_t i = 0; i < p->text_count; i++)
		if (address >= p->text[i].address &&
		    address - p->text[i].address < p->text[i].bytes.len)
			return true;
	return false;
}

static bool is_printable(uint8_t c)
{
	return (c >= 32 && c < 127) || c == '\t' || c == '\n' || c == '\r' ||
	       c == 27;
}

struct fw_view code_text(const struct code_program *p, uint64_t address)
{
	struct fw_view v = fw_view_sub(code_bytes(p, address), 0, 512);

	for (size_t i = 0; address >= 0x100 && i < v.len; i++) {
		if (v.data[i] == 0 && i > 0)
			return fw_view_sub(v, 0, i);
		if (!is_printable(v.data[i]))
			break;
	}
	return (struct fw_view){ NULL, 0 };
}

static int slot_order(const void *a, const void *b)
{
	const struct code_slot *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (x->import > y->import) - (x->import < y->import);
}

const struct code_slot *code_slot_at(const struct code_program *p,
				     uint64_t address)
{
	size_t low = 0, high = p->slot_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->slots[mid].address < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->slot_count && p->slots[low].address == address
		       ? &p->slots[low]
		       : NULL;
}

void *code_grow(struct fw_arena *a, void *items, size_t *cap, size_t want,
		size_t size)
{
	struct fw_arena old = *a;
	size_t had = *cap;

	if (want <= had)
		return items;
	*a = (struct fw_arena){ .on_full = old.on_full, .ctx = old.ctx };
	*cap = 0;
	void *fresh = fw_grow(a, NULL, cap, want, size);

	if (had > 0)
		memcpy(fresh, items, had * size);
	fw_arena_free(&old);
	return fresh;
}

static void add_slot(struct code_program *p, uint64_t address, uint32_t import,
		     uint64_t value)
{
	if (p->slot_count == SLOTS_MAX) {
		p->gave_up = "it has more relocations than are read";
		return;
	}
	p->slots = code_grow(&p->slot_arena, p->slots, &p->slot_cap,
			     p->slot_count + 1, sizeof(*p->slots));
	p->slots[p->slot_count++] = (struct code_slot){
		.address = address, .import = import, .value = value & p->mask
	};
}

static void add_imports(struct code_program *p)
{
	size_t n = p->elf.dynsym.count;
	struct elf_symbol s;

	p->import_count = n < IMPORTS_MAX ? n : IMPORTS_MAX;
	p->imports = fw_alloc(p->arena, p->import_count, sizeof(*p->imports));
	for (size_t i = 0; i < p->import_count; i++) {
		if (!elf_symbol_at(&p->elf.dynsym, i, &s) || s.name.len == 0)
			continue;
		p->imports[i].name = s.name;
		p->imports[i].known = code_known(s.name);
	}
}

/* A relocation that copies an object's first content is no pointer. */
static bool copies(uint16_t machine, uint32_t type)
{
	return (machine == EM_X86_64 && type == R_X86_64_COPY) ||
	       (machine == EM_386 && type == R_386_COPY) ||
	       (machine == EM_ARM && type == R_ARM_COPY) ||
	       (machine == EM_AARCH64 && type == R_AARCH64_COPY) ||
	       (machine == EM_MIPS && type == R_MIPS_COPY) ||
	       (machine == EM_PPC && type == R_PPC_COPY);
}

/* A relocation whose addend is called for what to put there. */
static bool chooses(uint16_t machine, uint32_t type)
{
	return (machine == EM_X86_64 && type == R_X86_64_IRELATIVE) ||
	       (machine == EM_386 && type == R_386_IRELATIVE) ||
	       (machine == EM_ARM && type == R_ARM_IRELATIVE) ||
	       (machine == EM_AARCH64 && type == R_AARCH64_IRELATIVE) ||
	       (machine == EM_PPC && type == R_PPC_IRELATIVE);
}

static void add_relocation(struct code_program *p, uint64_t at, uint32_t symbol,
			   uint32_t type, bool has_addend, uint64_t addend)
{
	struct elf_symbol s = { .name = { NULL, 0 } };

	if (copies(p->elf.h.e_machine, type))
		return;
	if (!has_addend)
		code_read(p, at, p->word, &addend);
	if (symbol != 0 && elf_symbol_at(&p->elf.dynsym, symbol, &s)) {
		if (s.defined && s.value != 0) {
			if (p->elf.h.e_machine == EM_MIPS || !has_addend)
				addend = 0;
			add_slot(p, at, CODE_NO_IMPORT, s.value + addend);
		} else if (symbol < p->import_count)
			add_slot(p, at, symbol, 0);
		return;
	}
	size_t before = p->slot_count;

	add_slot(p, at, CODE_NO_IMPORT, addend);
	if (p->slot_count > before)
		p->slots[before].chooses = chooses(p->elf.h.e_machine, type);
}

/* One table of relocations; entries without (8, 16) or with addend (12, 24). */
static void read_table(struct code_program *p, struct fw_view table,
		       bool has_addend)
{
	bool wide = p->mode.wide;
	size_t step = (size_t)p->word * (has_addend ? 3 : 2);

	/* No byte is in two tables: all together are no larger than the file.
	 */
	if (table.len > p->relocation_bytes) {
		p->gave_up = "its tables of relocations overlap";
		table.len = p->relocation_bytes;
	}
	p->relocation_bytes -= table.len;
	struct fw_cursor c = fw_cursor_of(table);

	c.big_endian = p->mode.big_endian;
	for (size_t n = c.v.len / step; n > 0 && fw_ok(&c); n--) {
		uint64_t where = wide ? fw_u64(&c) : fw_u32(&c);
		uint64_t info = wide ? fw_u64(&c) : fw_u32(&c);
		uint64_t addend = 0;

		if (has_addend)
			addend = wide ? fw_u64(&c)
				      : (uint64_t)(int32_t)fw_u32(&c);
		add_relocation(
			p, where, (uint32_t)(wide ? info >> 32 : info >> 8),
			(uint32_t)(wide ? info & UINT32_MAX : info & 255),
			has_addend, addend);
	}
}

static void add_table(struct code_program *p, int64_t tag, int64_t size_tag,
		      bool has_addend)
{
	const GElf_Dyn *at = elf_dyn(&p->elf, tag);
	const GElf_Dyn *size = elf_dyn(&p->elf, size_tag);

	if (at != NULL && size != NULL)
		read_table(p,
			   fw_view_sub(code_bytes(p, at->d_un.d_ptr), 0,
				       size->d_un.d_val),
			   has_addend);
}

/* A static program's own start-up code makes the few relocations that it has:
 * functions of the C library that are chosen by the CPU. */
static void add_static_tables(struct code_program *p)
{
	for (size_t i = 0; i < p->elf.section_count; i++) {
		const struct elf_section *s = &p->elf.sections[i];

		if ((s->h.sh_type == SHT_RELA || s->h.sh_type == SHT_REL) &&
		    (s->h.sh_flags & SHF_ALLOC) != 0)
			read_table(p, s->bytes, s->h.sh_type == SHT_RELA);
	}
}

static uint64_t dyn_value(const struct code_program *p, int64_t tag)
{
	const GElf_Dyn *d = elf_dyn(&p->elf, tag);

	return d == NULL ? 0 : d->d_un.d_val;
}

/* MIPS: entries of the GOT need no relocations. Local ones hold what they need
 * already; global ones follow the dynamic symbols from DT_MIPS_GOTSYM on. */
static void add_mips_got(struct code_program *p)
{
	uint64_t got = dyn_value(p, DT_PLTGOT);
	uint64_t local = dyn_value(p, DT_MIPS_LOCAL_GOTNO);
	uint64_t first = dyn_value(p, DT_MIPS_GOTSYM);
	struct elf_symbol s;
	uint64_t v;

	if (got == 0)
		return;
	p->gp = (got + 0x7ff0) & p->mask;
	for (uint64_t i = 2; i < local && i < SLOTS_MAX; i++) {
		if (!code_read(p, got + i * p->word, p->word, &v))
			break;
		add_slot(p, got + i * p->word, CODE_NO_IMPORT, v);
	}
	for (uint64_t i = first; i < p->import_count; i++) {
		uint64_t at = got + (local + i - first) * p->word;

		if (!elf_symbol_at(&p->elf.dynsym, i, &s))
			break;
		if (!s.defined)
			add_slot(p, at, (uint32_t)i, 0);
		else
			add_slot(p, at, CODE_NO_IMPORT, s.value);
	}
}

/* A static MIPS program says in its register information what gp will be. */
static uint64_t static_gp(const struct code_program *p)
{
	const GElf_Phdr *s = elf_segment(&p->elf, PT_MIPS_REGINFO);
	uint64_t gp;

	return s != NULL && code_read(p, s->p_vaddr + 20, 4, &gp) ? gp : 0;
}

static void add_slots(struct code_program *p)
{
	bool addends = dyn_value(p, DT_PLTREL) == DT_RELA;
	size_t kept = 0;

	p->relocation_bytes = p->elf.bytes.len;
	p->slot_arena = (struct fw_arena){ .on_full = p->arena->on_full,
					   .ctx = p->arena->ctx };
	if (p->elf.dyn_count == 0)
		add_static_tables(p);
	add_table(p, DT_RELA, DT_RELASZ, true);
	add_table(p, DT_REL, DT_RELSZ, false);
	add_table(p, DT_JMPREL, DT_PLTRELSZ, addends);
	if (p->elf.h.e_machine == EM_MIPS && p->elf.dyn_count == 0)
		p->gp = static_gp(p);
	else if (p->elf.h.e_machine == EM_MIPS)
		add_mips_got(p);
	else
		p->gp = dyn_value(p, DT_PLTGOT);
	if (p->slot_count > 1)
		qsort(p->slots, p->slot_count, sizeof(*p->slots), slot_order);
	/* Imports sort before values: the first of equals is kept. */
	for (size_t i = 0; i < p->slot_count; i++)
		if (kept == 0 ||
		    p->slots[kept - 1].address != p->slots[i].address)
			p->slots[kept++] = p->slots[i];
	struct code_slot *all = p->slots;

	p->slots = fw_alloc(p->arena, kept, sizeof(*all));
	if (kept > 0)
		memcpy(p->slots, all, kept * sizeof(*all));
	p->slot_count = p->slot_cap = kept;
	fw_arena_free(&p->slot_arena);
}

bool code_open(struct code_program *p, struct fw_view bytes,
	       struct fw_arena *arena, const char **why)
{
	*p = (struct code_program){ .arena = arena,
				    .budget = BUDGET,
				    .work = WORK,
				    .memory_max = MEMORY_MAX };
	*why = "no ELF that can be read";
	if (!elf_open(&p->elf, bytes, arena))
		return false;
	if (!set_arch(p, why)) {
		elf_close(&p->elf);
		return false;
	}
	add_ranges(p);
	add_text(p);
	add_imports(p);
	add_slots(p);
	code_values_init(&p->values, arena, VALUES_MAX);
	return true;
}

void code_close(struct code_program *p)
{
	for (size_t i = 0; i < 2; i++) {
		if (p->scratch[i] != NULL)
			cs_free(p->scratch[i], 1);
		if (p->decoders[i] != 0)
			cs_close(&p->decoders[i]);
	}
	elf_close(&p->elf);
}

static bool decoder(struct code_program *p, bool thumb)
{
	struct code_mode mode = p->mode;

	mode.thumb = thumb;
	if (p->scratch[thumb] != NULL)
		return true;
	if (p->decoders[thumb] != 0 ||
	    !code_decoder_open(p->arch, mode, &p->decoders[thumb])) {
		p->gave_up = "libcapstone has no decoder for it here";
		return false;
	}
	p->scratch[thumb] = cs_malloc(p->decoders[thumb]);
	return p->scratch[thumb] != NULL;
}

bool code_spend(struct code_program *p, uint64_t n)
{
	if (p->work <= n) {
		p->work = 0;
		p->gave_up = "its code is more tangled than what is analysed";
		return false;
	}
	p->work -= n;
	return true;
}

/* The decoder's own instruction at an address; NULL: none. For a processor
 * whose words the lifter reads itself only what it reads, unless text is asked
 * for. */
static const cs_insn *decoded(struct code_program *p, uint64_t address,
			      bool thumb, bool text)
{
	struct fw_view v = fw_view_sub(code_bytes(p, address), 0, 16);
	const uint8_t *at = v.data;
	size_t left = v.len;

	if (left == 0 || !decoder(p, thumb))
		return NULL;
	cs_insn *cs = p->scratch[thumb];

	if (p->arch->by_word && !text) {
		if (left < 4)
			return NULL;
		cs->address = address;
		cs->size = 4;
		memcpy(cs->bytes, at, 4);
		return cs;
	}
	return cs_disasm_iter(p->decoders[thumb], &at, &left, &address, cs)
		       ? cs
		       : NULL;
}

const cs_insn *code_disassemble(struct code_program *p, uint64_t address,
				bool thumb)
{
	return decoded(p, address, thumb, true);
}

bool code_decode(struct code_program *p, uint64_t address, bool thumb,
		 struct code_insn *in)
{
	struct code_mode mode = p->mode;
	const cs_insn *cs;

	if (p->budget == 0) {
		p->gave_up = "its code is larger than what is analysed";
		return false;
	}
	p->budget--;
	mode.thumb = thumb;
	*in = (struct code_insn){ .address = address, .reg = CODE_NONE };
	cs = decoded(p, address, thumb, false);
	if (cs == NULL)
		return false;
	in->size = (uint8_t)cs->size;
	return p->arch->lift(cs, mode, in);
}
