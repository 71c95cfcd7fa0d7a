/* hidden_module.c - kernel modules that hook, hide or give privileges
 *
 * What a module takes from the kernel and the names that it looks up tell what
 * it can do. No driver needs the table of system calls; one that takes it and
 * makes it writable changes what every program sees. One sign alone is no
 * finding: it takes two that belong together.
 *
 * Source: Linux include/linux/module.h (struct module: state, then list),
 * ELF psABIs for the relocation types
 */
#include "code/elfread.h"
#include "core/strings.h"

enum {
	SIGN_TABLE = 1 << 0,	 /* the table of system calls */
	SIGN_LOOKUP = 1 << 1,	 /* addresses that are not exported */
	SIGN_UNPROTECT = 1 << 2, /* makes kernel code or tables writable */
	SIGN_LIST = 1 << 3,	 /* its own place in the list of modules */
	SIGN_UNLINK = 1 << 4,	 /* takes something out of /sys */
	SIGN_TARGET = 1 << 5,	 /* names what lists files or connections */
	SIGN_PROBE = 1 << 6,	 /* puts itself before other functions */
	SIGN_CRED = 1 << 7,	 /* sets the rights of the running program */
	SIGN_ROOT = 1 << 8,	 /* makes the rights of the kernel */
	SIGN_HELPER = 1 << 9,	 /* starts programs */
	SIGN_PACKET = 1 << 10,	 /* sees every packet */
	SIGN_SHELL = 1 << 11,
	SIGNS = 12,
	SYMBOLS_MAX = 1 << 18,
	RELOCS_MAX = 1 << 20
};

static const struct fw_kind module_hook = {
	.id = "hidden/kernel-hook",
	.title = "a kernel module changes or hides what the system shows",
	.explanation =
		"This part of the kernel takes hold of functions that every "
		"program relies on, such as those that list files or "
		"connections, or hides itself. Whoever controls it can make "
		"files, programs and connections invisible.",
	.ask_vendor = "What does this module change in the kernel, and why can "
		      "it not be done without?",
	.false_alarm = "A documented security or tracing product that watches "
		       "system calls.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 506, 912 },
};

static const struct fw_kind module_trigger = {
	.id = "hidden/kernel-trigger",
	.title = "a kernel module can open the device on a secret sign",
	.explanation =
		"This part of the kernel sees every packet or call, and can "
		"start programs or give a program all rights. Together that "
		"is how a back door in the kernel waits for its sign.",
	.ask_vendor = "On which packets or calls does this module act, and "
		      "what does it start?",
	.false_alarm = "A filter or network driver that starts a documented "
		       "helper program.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 506, 912 },
};

static const struct fw_kind *const kinds[] = { &module_hook, &module_trigger,
					       NULL };

struct sign_name {
	const char *name;
	uint32_t sign;
};

/* As a symbol that the module takes from the kernel. */
static const struct sign_name imports[] = {
	{ "sys_call_table", SIGN_TABLE },
	{ "ia32_sys_call_table", SIGN_TABLE },
	{ "compat_sys_call_table", SIGN_TABLE },
	{ "kallsyms_lookup_name", SIGN_LOOKUP },
	{ "kallsyms_on_each_symbol", SIGN_LOOKUP },
	{ "set_memory_rw", SIGN_UNPROTECT },
	{ "set_kernel_text_rw", SIGN_UNPROTECT },
	{ "native_write_cr0", SIGN_UNPROTECT },
	{ "mem_text_write_kernel_word", SIGN_UNPROTECT },
	{ "update_mapping_prot", SIGN_UNPROTECT },
	{ "kobject_del", SIGN_UNLINK },
	{ "register_kprobe", SIGN_PROBE },
	{ "register_kretprobe", SIGN_PROBE },
	{ "register_ftrace_function", SIGN_PROBE },
	{ "ftrace_set_filter_ip", SIGN_PROBE },
	{ "commit_creds", SIGN_CRED },
	{ "prepare_kernel_cred", SIGN_ROOT },
	{ "call_usermodehelper", SIGN_HELPER },
	{ "call_usermodehelper_exec", SIGN_HELPER },
	{ "nf_register_hook", SIGN_PACKET },
	{ "nf_register_hooks", SIGN_PACKET },
	{ "nf_register_net_hook", SIGN_PACKET },
	{ "nf_register_net_hooks", SIGN_PACKET },
};

/* As a text in its data: what it looks up by name. */
static const struct sign_name texts[] = {
	{ "sys_call_table", SIGN_TABLE },
	{ "ia32_sys_call_table", SIGN_TABLE },
	{ "compat_sys_call_table", SIGN_TABLE },
	{ "kallsyms_lookup_name", SIGN_LOOKUP },
	{ "set_memory_rw", SIGN_UNPROTECT },
	{ "update_mapping_prot", SIGN_UNPROTECT },
	{ "commit_creds", SIGN_CRED },
	{ "prepare_kernel_cred", SIGN_ROOT },
	{ "sys_getdents", SIGN_TARGET },
	{ "sys_getdents64", SIGN_TARGET },
	{ "sys_kill", SIGN_TARGET },
	{ "filldir", SIGN_TARGET },
	{ "filldir64", SIGN_TARGET },
	{ "tcp4_seq_show", SIGN_TARGET },
	{ "tcp6_seq_show", SIGN_TARGET },
	{ "udp4_seq_show", SIGN_TARGET },
	{ "udp6_seq_show", SIGN_TARGET },
	{ "packet_rcv", SIGN_TARGET },
	{ "tpacket_rcv", SIGN_TARGET },
	{ "/bin/sh", SIGN_SHELL },
	{ "/bin/bash", SIGN_SHELL },
};

static const char *const words[SIGNS] = {
	"takes the table of system calls",
	"looks up what the kernel does not export",
	"makes protected kernel memory writable",
	"reaches into the list of loaded modules at itself",
	"removes entries of /sys",
	"names functions that list files, programs or connections",
	"puts itself before other kernel functions",
	"sets the rights of the running program",
	"makes the kernel's own rights",
	"starts programs",
	"sees every packet",
	"names a shell",
};

struct module_signs {
	uint32_t mask;
	uint64_t at[SIGNS];	 /* offset, or FW_NO_OFFSET */
	const char *text[SIGNS]; /* what stands there */
};

static void note(struct module_signs *m, uint32_t sign, uint64_t at,
		 const char *text)
{
	for (unsigned i = 0; i < SIGNS; i++)
		if (sign == 1U << i && (m->mask & sign) == 0) {
			m->at[i] = at;
			m->text[i] = text;
		}
	m->mask |= sign;
}

static const struct sign_name *named(struct fw_view name,
				     const struct sign_name *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fw_view_eq(name, fw_view_str(v[i].name)))
			return &v[i];
	return NULL;
}

#define NAMED(name, list) named(name, list, sizeof(list) / sizeof((list)[0]))

/* Also finds the symbol that stands for the module itself; 0: none. */
static size_t look_at_symbols(const struct elf_file *f, struct module_signs *m)
{
	struct elf_symbol s;
	size_t self = 0;

	for (size_t i = 0; i < f->symtab.count && i < SYMBOLS_MAX; i++) {
		if (!elf_symbol_at(&f->symtab, i, &s))
			continue;
		if (s.defined) {
			if (fw_view_eq(s.name, FW_STR("__this_module")))
				self = i;
			continue;
		}
		const struct sign_name *n = NAMED(s.name, imports);

		if (n != NULL)
			note(m, n->sign, fw_view_at(f->bytes, s.name), n->name);
	}
	return self;
}

/* System calls have a prefix for the machine since Linux 4.17. */
static struct fw_view without_prefix(struct fw_view v)
{
	static const char *const prefixes[] = { "__x64_", "__arm64_", "__ia32_",
						"__se_" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (fw_view_starts(v, fw_view_str(prefixes[i])))
			return fw_view_sub(v, strlen(prefixes[i]), SIZE_MAX);
	return v;
}

static void look_at_texts(const struct elf_file *f, struct module_signs *m)
{
	for (size_t i = 0; i < f->section_count; i++) {
		const struct elf_section *s = &f->sections[i];
		struct fw_view rest = s->bytes, text;

		if ((s->h.sh_flags & SHF_ALLOC) == 0 ||
		    (s->h.sh_flags & SHF_EXECINSTR) != 0 ||
		    s->h.sh_type != SHT_PROGBITS ||
		    fw_view_starts(s->name, FW_STR("__versions")))
			continue;
		while (fw_split(&rest, '\0', &text)) {
			const struct sign_name *n;

			if (text.len < 7 || text.len > 32)
				continue;
			n = NAMED(without_prefix(text), texts);
			if (n != NULL)
				note(m, n->sign, fw_view_at(f->bytes, text),
				     n->name);
		}
	}
}

/* The field of struct module that a relocation reaches, or 0. Only types that
 * have the whole offset in one place. */
static uint64_t field_of(const struct elf_file *f, uint32_t type,
			 int64_t addend)
{
	switch (f->h.e_machine) {
	case EM_X86_64:
		if (type == R_X86_64_PC32)
			addend += 4;
		break;
	case EM_386:
		if (type != R_386_32)
			return 0;
		break;
	case EM_ARM:
		if (type != R_ARM_ABS32)
			return 0;
		break;
	default:
		break;
	}
	return addend > 0 ? (uint64_t)addend : 0;
}

static int64_t addend_in_place(const struct elf_file *f,
			       const struct elf_section *code, uint64_t off)
{
	struct fw_cursor c = fw_cursor_of(fw_view_sub(code->bytes, off, 4));

	c.big_endian = f->h.e_ident[EI_DATA] == ELFDATA2MSB;
	return (int32_t)fw_u32(&c);
}

/* Code that takes the address of its own list entry takes itself out of it:
 * the kernel alone has business there. */
static void look_at_relocations(const struct elf_file *f, size_t self,
				struct module_signs *m)
{
	uint64_t word = f->h.e_ident[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	size_t left = RELOCS_MAX;

	for (size_t i = 0; self != 0 && i < f->section_count; i++) {
		const struct elf_section *s = &f->sections[i], *code;
		Elf_Scn *scn = elf_getscn(f->elf, i);
		Elf_Data *d = scn != NULL ? elf_getdata(scn, NULL) : NULL;
		GElf_Rela r;
		GElf_Rel l;

		if ((s->h.sh_type != SHT_RELA && s->h.sh_type != SHT_REL) ||
		    d == NULL || s->h.sh_info >= f->section_count)
			continue;
		code = &f->sections[s->h.sh_info];
		if ((code->h.sh_flags & SHF_EXECINSTR) == 0)
			continue;
		for (int k = 0; left > 0; k++, left--) {
			if (s->h.sh_type == SHT_RELA) {
				if (gelf_getrela(d, k, &r) == NULL)
					break;
			} else if (gelf_getrel(d, k, &l) == NULL) {
				break;
			} else {
				r.r_info = l.r_info;
				r.r_offset = l.r_offset;
				r.r_addend =
					addend_in_place(f, code, l.r_offset);
			}
			if (GELF_R_SYM(r.r_info) != self)
				continue;
			uint64_t field = field_of(
				f, (uint32_t)GELF_R_TYPE(r.r_info), r.r_addend);

			if (field == word || field == 2 * word)
				note(m, SIGN_LIST,
				     code->h.sh_offset + r.r_offset,
				     "__this_module.list");
		}
	}
}

static bool all(const struct module_signs *m, uint32_t signs)
{
	return (m->mask & signs) == signs;
}

static bool any(const struct module_signs *m, uint32_t signs)
{
	return (m->mask & signs) != 0;
}

static bool hooks(const struct module_signs *m)
{
	return (all(m, SIGN_TABLE) &&
		any(m, SIGN_LOOKUP | SIGN_UNPROTECT | SIGN_LIST | SIGN_CRED |
			       SIGN_TARGET)) ||
	       (all(m, SIGN_TARGET) &&
		any(m, SIGN_PROBE | SIGN_LOOKUP | SIGN_LIST)) ||
	       (all(m, SIGN_LIST) &&
		any(m, SIGN_UNLINK | SIGN_CRED | SIGN_PACKET));
}

static bool waits(const struct module_signs *m)
{
	return (all(m, SIGN_CRED | SIGN_ROOT) &&
		any(m, SIGN_PACKET | SIGN_PROBE | SIGN_LIST | SIGN_TABLE)) ||
	       all(m, SIGN_PACKET | SIGN_HELPER);
}

static void say(const struct module_signs *m, const struct fw_kind *k,
		enum fw_severity severity, struct fw_out *out)
{
	struct fw_evidence e[SIGNS] = { 0 };
	struct fw_claim c = FW_CLAIM(k);
	const char *detail = "the module";
	size_t n = 0;

	for (unsigned i = 0; i < SIGNS; i++) {
		if ((m->mask & 1U << i) == 0)
			continue;
		e[n].offset = m->at[i];
		e[n].text = m->text[i];
		detail = fw_text(out, "%s%s %s", detail, n > 0 ? "," : "",
				 words[i]);
		n++;
	}
	c.severity = severity;
	if (severity < k->severity)
		c.confidence = FW_UNSURE;
	c.detail = detail;
	c.evidence = e;
	c.evidence_count = n;
	fw_out_claim(out, &c);
}

static void inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct module_signs m = { 0 };
	struct elf_file f;

	if (!elf_open(&f, obj->bytes, fw_out_arena(out)))
		return;
	const struct elf_section *s = elf_section(&f, ".modinfo");

	if (f.h.e_type == ET_REL && s != NULL && s->bytes.len > 0) {
		look_at_relocations(&f, look_at_symbols(&f, &m), &m);
		look_at_texts(&f, &m);
	}
	elf_close(&f);
	for (unsigned i = 0; i < SIGNS; i++)
		if ((m.mask & 1U << i) != 0)
			fw_out_fact(out, "module.sign", words[i]);
	/* A helper without a shell is how drivers load settings. */
	bool sure = any(&m, SIGN_SHELL | SIGN_CRED);

	if (hooks(&m))
		say(&m, &module_hook, FW_HIGH, out);
	else if (waits(&m))
		say(&m, &module_trigger, sure ? FW_HIGH : FW_LOW, out);
	else if (any(&m, SIGN_TABLE))
		say(&m, &module_hook, FW_LOW, out);
}

const struct fw_analyzer fw_analyzer_hidden_module = {
	.name = "hidden_module",
	.title = "Kernel modules that hook, hide or give privileges",
	.kinds = kinds,
	.wants = elf_is,
	.inspect = inspect,
};
