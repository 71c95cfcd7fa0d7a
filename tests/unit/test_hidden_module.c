/* test_hidden_module.c - kernel modules that hook, hide, or wait for a sign */
#include "elf_build.h"

extern const struct fw_analyzer fw_analyzer_hidden_module;

enum { SECTIONS = 8, NAMES_MAX = 8 };

/* What the module takes from the kernel, the texts in its data, and the field
 * of its own struct module that its code reaches. */
struct module_plan {
	const char *imports[NAMES_MAX], *texts[NAMES_MAX];
	int field; /* of __this_module; -1: no relocation */
	const char *kind;
	int severity; /* -1: silent; -2: so, and has no .modinfo */
};

static struct elf_part part(struct elf_bytes *w, const void *p, size_t n)
{
	elf_pad(w, 8);
	return (struct elf_part){ elf_raw(w, p, n), n };
}

static void section(struct elf_bytes *w, uint32_t name, uint32_t type,
		    uint64_t flags, struct elf_part at, uint32_t link,
		    uint64_t step)
{
	elf_put(w, 4, name);
	elf_put(w, 4, type);
	elf_word(w, flags);
	elf_word(w, 0);
	elf_word(w, at.at);
	elf_word(w, at.len);
	elf_put(w, 4, link);
	elf_put(w, 4, 1); /* of relocations: .text */
	elf_word(w, 1);
	elf_word(w, step);
}

static struct elf_part symbols(struct elf_bytes *w, const struct module_plan *p,
			       struct elf_strings *s)
{
	elf_pad(w, 8);
	size_t at = w->n;

	elf_sym(w, 0, 0, 0, 0, 0);
	elf_sym(w, elf_name(s, "__this_module"), STT_OBJECT, 1, 0, 64);
	for (size_t i = 0; i < NAMES_MAX && p->imports[i] != NULL; i++)
		elf_sym(w, elf_name(s, p->imports[i]), STB_GLOBAL << 4, 0, 0,
			0);
	return (struct elf_part){ at, w->n - at };
}

static struct elf_part relocation(struct elf_bytes *w, int field)
{
	elf_pad(w, 8);
	size_t at = w->n;

	if (field < 0)
		return (struct elf_part){ at, 0 };
	elf_word(w, 4); /* offset in .text */
	if (w->wide) {
		elf_word(w, (uint64_t)1 << 32 | R_X86_64_32S);
		elf_word(w, (uint64_t)field);
	} else {
		elf_word(w, 1 << 8 | R_ARM_ABS32);
	}
	return (struct elf_part){ at, w->n - at };
}

static void module_build(struct elf_bytes *w, const struct module_plan *p,
			 bool wide, bool big)
{
	static const char info[] = "license=GPL\0name=sample";
	struct elf_strings s = { .n = 1 };
	struct elf_part parts[SECTIONS] = { { 0 } };

	*w = (struct elf_bytes){ .wide = wide,
				 .big = big,
				 .n = wide ? 64 : 52 };
	elf_pad(w, 8);
	parts[1].at = w->n;
	elf_put(w, 4, 0);
	elf_put(w, 4, p->field > 0 ? (uint64_t)p->field : 0);
	elf_put(w, 8, 0);
	parts[1].len = 16;
	parts[2].at = w->n;
	for (size_t i = 0; i < NAMES_MAX && p->texts[i] != NULL; i++)
		elf_raw(w, p->texts[i], strlen(p->texts[i]) + 1);
	parts[2].len = w->n - parts[2].at;
	parts[3] = part(w, info, p->severity == -2 ? 0 : sizeof(info));
	parts[4] = symbols(w, p, &s);
	parts[6] = relocation(w, p->field);
	uint32_t names[3] = { elf_name(&s, ".text"), elf_name(&s, ".rodata"),
			      elf_name(&s, ".modinfo") };
	uint32_t other[4] = { elf_name(&s, ".symtab"), elf_name(&s, ".strtab"),
			      elf_name(&s, ".rel.text"), 0 };

	parts[5] = part(w, s.b, s.n);
	elf_pad(w, 8);
	size_t table = w->n, end;

	section(w, 0, SHT_NULL, 0, parts[0], 0, 0);
	section(w, names[0], SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, parts[1],
		0, 0);
	section(w, names[1], SHT_PROGBITS, SHF_ALLOC, parts[2], 0, 0);
	section(w, names[2], SHT_PROGBITS, SHF_ALLOC, parts[3], 0, 0);
	section(w, other[0], SHT_SYMTAB, 0, parts[4], 5, wide ? 24 : 16);
	section(w, other[1], SHT_STRTAB, 0, parts[5], 0, 0);
	section(w, other[2], wide ? SHT_RELA : SHT_REL, 0, parts[6], 4,
		wide ? 24 : 8);
	end = w->n;
	w->n = 0;
	elf_raw(w, ELFMAG, SELFMAG);
	elf_put(w, 1, wide ? ELFCLASS64 : ELFCLASS32);
	elf_put(w, 1, big ? ELFDATA2MSB : ELFDATA2LSB);
	elf_put(w, 1, EV_CURRENT);
	elf_put(w, 8, 0);
	elf_put(w, 1, 0);
	elf_put(w, 2, ET_REL);
	elf_put(w, 2, wide ? EM_X86_64 : EM_ARM);
	elf_put(w, 4, EV_CURRENT);
	elf_word(w, 0);
	elf_word(w, 0);
	elf_word(w, table);
	elf_put(w, 4, 0);
	elf_put(w, 2, wide ? 64 : 52);
	elf_put(w, 2, 0);
	elf_put(w, 2, 0);
	elf_put(w, 2, wide ? 64 : 40);
	elf_put(w, 2, 7);
	elf_put(w, 2, 5);
	w->n = end;
}

static void look(struct fw_mem *m, const uint8_t *b, size_t n)
{
	uint8_t *copy = test_malloc(n + 1);

	memcpy(copy + 1, b, n);
	struct fw_view v = fw_view_of(copy + 1, n);
	struct fw_object obj = { .bytes = v };

	*m = (struct fw_mem){ 0 };
	if (fw_analyzer_hidden_module.wants(&obj))
		fw_analyzer_hidden_module.inspect(&obj, fw_mem_out(m, v));
	test_free(copy);
}

#define HOOK	"hidden/kernel-hook"
#define TRIGGER "hidden/kernel-trigger"
#define LIST	(-2) /* the field of this class' list */

static const struct module_plan rows[] = {
	/* the table of system calls, made writable */
	{ { "kallsyms_lookup_name" }, { "sys_call_table" }, -1, HOOK, FW_HIGH },
	{ { "sys_call_table", "set_memory_rw" }, { 0 }, -1, HOOK, FW_HIGH },
	{ { "register_kprobe" },
	  { "kallsyms_lookup_name", "__x64_sys_getdents64" },
	  -1,
	  HOOK,
	  FW_HIGH },
	{ { "register_ftrace_function" },
	  { "tcp4_seq_show" },
	  -1,
	  HOOK,
	  FW_HIGH },
	{ { "kobject_del" }, { 0 }, LIST, HOOK, FW_HIGH },
	{ { "commit_creds", "prepare_kernel_cred", "nf_register_net_hook" },
	  { 0 },
	  -1,
	  TRIGGER,
	  FW_HIGH },
	{ { "nf_register_hook", "call_usermodehelper" },
	  { "/bin/sh" },
	  -1,
	  TRIGGER,
	  FW_HIGH },
	/* one sign, or a driver that loads its settings by a program */
	{ { "sys_call_table" }, { 0 }, -1, HOOK, FW_LOW },
	{ { "nf_register_hook", "call_usermodehelper" },
	  { "/sbin/hotplug" },
	  -1,
	  TRIGGER,
	  FW_LOW },
	{ { "nf_register_hook" }, { 0 }, 0, NULL, -1 },
	{ { "kobject_del", "register_kprobe" }, { 0 }, 0, NULL, -1 },
	{ { "prepare_kernel_cred", "call_usermodehelper" },
	  { "/bin/sh" },
	  -1,
	  NULL,
	  -1 },
	{ { 0 }, { "tcp4_seq_show" }, -1, NULL, -1 },
	{ { 0 }, { 0 }, LIST, NULL, -1 },
	{ { "packet_rcv", "register_kprobe" }, { 0 }, -1, NULL, -1 },
	{ { "printk" }, { "my sys_call_table is" }, -1, NULL, -1 },
	{ { "kallsyms_lookup_name" }, { "sys_call_table" }, -1, NULL, -2 },
};

static void signs_that_belong_together(void **state)
{
	static struct elf_bytes w;
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < 4 * sizeof(rows) / sizeof(rows[0]); i++) {
		struct module_plan p = rows[i / 4];

		if (p.field == LIST)
			p.field = (i & 1) != 0 ? 8 : 4;
		module_build(&w, &p, (i & 1) != 0, (i & 2) != 0);
		look(&m, w.b, w.n);
		assert_int_equal(m.finding_count, p.severity >= 0);
		if (p.severity >= 0) {
			assert_string_equal(m.findings[0].kind->id, p.kind);
			assert_int_equal(m.findings[0].severity, p.severity);
		}
		fw_mem_free(&m);
	}
}

static void cut_anywhere(void **state)
{
	static struct elf_bytes w;
	struct module_plan p = rows[0];
	struct fw_mem m;

	(void)state;
	p.field = 8;
	module_build(&w, &p, true, false);
	for (size_t n = 0; n <= w.n; n++) {
		look(&m, w.b, n);
		fw_mem_free(&m);
	}
	for (size_t at = 0; at < w.n; at++) {
		uint8_t was = w.b[at];

		w.b[at] = 0xff;
		look(&m, w.b, w.n);
		fw_mem_free(&m);
		w.b[at] = was;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_that_belong_together),
		cmocka_unit_test(cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
