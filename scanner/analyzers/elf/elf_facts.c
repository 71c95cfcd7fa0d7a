/* elf_facts.c - what an ELF file says about itself */
#include "analyzers/elf/elf_facts.h"

enum { NEEDED_MAX = 256, COMMENTS_MAX = 16, PACKER_HEAD = 512 };

static const char *machine(uint16_t m)
{
	static const struct {
		uint16_t id;
		const char *name;
	} known[] = {
		{ EM_MIPS, "mips" },	     { EM_ARM, "arm" },
		{ EM_AARCH64, "aarch64" },   { EM_386, "i386" },
		{ EM_X86_64, "x86_64" },     { EM_PPC, "ppc" },
		{ EM_PPC64, "ppc64" },	     { EM_RISCV, "riscv" },
		{ EM_SPARC, "sparc" },	     { EM_SPARCV9, "sparc64" },
		{ EM_SH, "sh" },	     { EM_68K, "m68k" },
		{ EM_ARC, "arc" },	     { EM_ARC_COMPACT, "arc" },
		{ 195, "arc" },  { EM_XTENSA, "xtensa" },
		{ EM_MICROBLAZE, "microblaze" }, { EM_ALTERA_NIOS2, "nios2" },
		{ EM_OPENRISC, "openrisc" }, { EM_S390, "s390" },
		{ EM_PARISC, "parisc" },     { EM_IA_64, "ia64" },
		{ EM_LOONGARCH, "loongarch" }, { EM_BLACKFIN, "blackfin" },
		{ EM_AVR, "avr" },	     { EM_MSP430, "msp430" },
		{ EM_BPF, "bpf" },	     { EM_CSKY, "csky" },
		{ EM_QDSP6, "hexagon" },     { EM_TILEGX, "tilegx" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].id == m)
			return known[i].name;
	return NULL;
}

static const char *abi(const struct elf_file *f)
{
	uint64_t flags = f->h.e_flags;

	if (f->h.e_machine == EM_MIPS) {
		if (f->h.e_ident[EI_CLASS] == ELFCLASS64)
			return "n64";
		return (flags & EF_MIPS_ABI2) != 0 ? "n32" : "o32";
	}
	if (f->h.e_machine == EM_ARM && (flags & EF_ARM_EABIMASK) != 0) {
		if ((flags & EF_ARM_ABI_FLOAT_HARD) != 0)
			return "eabi hard-float";
		return (flags & EF_ARM_ABI_FLOAT_SOFT) != 0 ?
			       "eabi soft-float" :
			       "eabi";
	}
	switch (f->h.e_ident[EI_OSABI]) {
	case ELFOSABI_SYSV:
		return "sysv";
	case ELFOSABI_GNU:
		return "gnu";
	case ELFOSABI_FREEBSD:
		return "freebsd";
	case ELFOSABI_ARM:
		return "arm";
	default:
		return "other";
	}
}

static const char *type(uint16_t t)
{
	static const char *const names[] = { "none", "rel", "exec", "dyn",
					     "core" };

	return t < sizeof(names) / sizeof(names[0]) ? names[t] : "other";
}

static void text_fact(struct fw_out *out, const char *key, struct fw_view v)
{
	if (v.len > 0)
		fw_out_factf(out, key, "%.*s", FW_FMT(v));
}

static void emit_header(const struct elf_file *f, struct fw_out *out)
{
	const char *name = machine(f->h.e_machine);
	const GElf_Phdr *interp = elf_segment(f, PT_INTERP);

	fw_out_fact(out, "elf.class",
		    f->h.e_ident[EI_CLASS] == ELFCLASS64 ? "64" : "32");
	fw_out_fact(out, "elf.data",
		    f->h.e_ident[EI_DATA] == ELFDATA2MSB ? "big" : "little");
	if (name != NULL)
		fw_out_fact(out, "elf.machine", name);
	else
		fw_out_factf(out, "elf.machine", "%u", f->h.e_machine);
	fw_out_fact(out, "elf.abi", abi(f));
	fw_out_fact(out, "elf.type", type(f->h.e_type));
	if (interp != NULL)
		text_fact(out, "elf.interp",
			  elf_string(fw_view_sub(f->bytes, interp->p_offset,
						 interp->p_filesz),
				     0));
}

static void emit_dynamic(const struct elf_file *f, struct fw_out *out)
{
	size_t needed = 0;

	text_fact(out, "elf.soname", elf_dyn_text(f, DT_SONAME));
	for (size_t i = 0; i < f->dyn_count && needed < NEEDED_MAX; i++) {
		if (f->dyn[i].d_tag != DT_NEEDED)
			continue;
		text_fact(out, "elf.needed",
			  elf_string(f->dynstr, f->dyn[i].d_un.d_val));
		needed++;
	}
	text_fact(out, "elf.rpath", elf_dyn_text(f, DT_RPATH));
	text_fact(out, "elf.runpath", elf_dyn_text(f, DT_RUNPATH));
}

/* The build id among the notes, or an empty view. */
static struct fw_view build_id(const struct elf_file *f, struct fw_view notes)
{
	struct fw_cursor c = fw_cursor_of(notes);

	c.big_endian = f->h.e_ident[EI_DATA] == ELFDATA2MSB;
	while (fw_left(&c) >= 12) {
		uint32_t name_len = fw_u32(&c);
		uint32_t len = fw_u32(&c);
		uint32_t kind = fw_u32(&c);
		struct fw_view name = fw_bytes(&c, name_len);

		fw_align(&c, 4);
		struct fw_view id = fw_bytes(&c, len);

		if (fw_ok(&c) && kind == NT_GNU_BUILD_ID && len <= 64 &&
		    fw_view_eq(name, FW_STR("GNU\0")))
			return id;
		if (fw_left(&c) > 0)
			fw_align(&c, 4);
	}
	return (struct fw_view){ NULL, 0 };
}

static void emit_build_id(const struct elf_file *f, struct fw_out *out)
{
	const struct elf_section *s = elf_section(f, ".note.gnu.build-id");
	struct fw_view id = { NULL, 0 };
	char hex[2 * 64 + 1];
	size_t seen = 0;

	if (s != NULL)
		id = build_id(f, s->bytes);
	for (size_t i = 0; i < f->segment_count && id.len == 0; i++) {
		const GElf_Phdr *p = &f->segments[i];

		if (p->p_type == PT_NOTE && seen++ < 8)
			id = build_id(f, fw_view_sub(f->bytes, p->p_offset,
						     p->p_filesz));
	}
	if (id.len == 0)
		return;
	fw_hex(id.data, id.len, hex);
	fw_out_fact(out, "elf.build_id", hex);
}

static void emit_comments(const struct elf_file *f, struct fw_out *out)
{
	const struct elf_section *s = elf_section(f, ".comment");
	struct fw_view rest, field, seen[COMMENTS_MAX];
	size_t n = 0;

	if (s == NULL)
		return;
	rest = s->bytes;
	while (n < COMMENTS_MAX && fw_split(&rest, '\0', &field)) {
		bool again = field.len == 0;

		for (size_t i = 0; i < n && !again; i++)
			again = fw_view_eq(seen[i], field);
		if (again)
			continue;
		seen[n++] = field;
		text_fact(out, "elf.comment", field);
	}
}

/* Packed with UPX: its mark stands near the start, and the list of sections is
 * gone. */
static bool is_packed(const struct elf_file *f)
{
	struct fw_view head = fw_view_sub(f->bytes, 0, PACKER_HEAD);

	return f->section_count == 0 && f->dynsym.count == 0 &&
	       fw_view_find(head, FW_STR("UPX!"), 0) != SIZE_MAX;
}

static bool has_debug(const struct elf_file *f)
{
	for (size_t i = 0; i < f->section_count; i++) {
		struct fw_view n = f->sections[i].name;

		if (f->sections[i].bytes.len > 0 &&
		    (fw_view_eq(n, FW_STR(".debug_info")) ||
		     fw_view_eq(n, FW_STR(".zdebug_info")) ||
		     fw_view_eq(n, FW_STR(".stab"))))
			return true;
	}
	return false;
}

static void elf_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct elf_file f;
	struct elf_census n;

	if (!elf_open(&f, obj->bytes, fw_out_arena(out)))
		return;
	bool linked = f.h.e_type == ET_EXEC || f.h.e_type == ET_DYN;

	elf_count_symbols(&f, &n);
	emit_header(&f, out);
	emit_dynamic(&f, out);
	emit_build_id(&f, out);
	emit_comments(&f, out);
	fw_out_fact(out, "elf.stripped", f.symtab.count == 0 ? "yes" : "no");
	if (linked)
		fw_out_fact(out, "elf.static",
			    elf_segment(&f, PT_INTERP) == NULL &&
					    elf_dyn(&f, DT_NEEDED) == NULL &&
					    elf_dyn(&f, DT_SONAME) == NULL ?
				    "yes" :
				    "no");
	fw_out_fact(out, "elf.debug", has_debug(&f) ? "yes" : "no");
	fw_out_factf(out, "elf.imports", "%zu", n.imports);
	fw_out_factf(out, "elf.exports", "%zu", n.exports);
	if (is_packed(&f))
		fw_out_fact(out, "elf.packed", "upx");
	elf_emit_hardening(&f, &n, out);
	elf_close(&f);
}

const struct fw_analyzer fw_analyzer_elf_facts = {
	.name = "elf_facts",
	.title = "what programs and libraries say about themselves",
	.wants = elf_is,
	.inspect = elf_inspect,
};
