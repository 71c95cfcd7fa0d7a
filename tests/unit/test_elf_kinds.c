/* test_elf_kinds.c - modules, library folders and contradictory headers */
#include "elf_build.h"

extern const struct fw_analyzer fw_analyzer_elf_module, fw_analyzer_elf_paths,
	fw_analyzer_elf_sanity;

static const struct elf_plan program = {
	.type = ET_EXEC,
	.machine = EM_ARM,
	.stack = PF_R | PF_W,
	.interp = true,
	.needed = "libc.so.6",
};

static void look(struct fw_mem *m, const struct fw_analyzer *a,
		 const uint8_t *b, size_t n)
{
	uint8_t *copy = test_malloc(n + 1);

	memcpy(copy + 1, b, n);
	struct fw_view v = fw_view_of(copy + 1, n);
	struct fw_object obj = { .bytes = v };

	*m = (struct fw_mem){ 0 };
	if (a->wants(&obj))
		a->inspect(&obj, fw_mem_out(m, v));
	test_free(copy);
}

static void module_facts(void **state)
{
	static const char info[] = "license=GPL\0depends=\0name=evil\0"
				   "vermagic=3.10.14 MIPS32_R2\0name=second\0"
				   "no value\0";
	static struct elf_bytes w;
	struct fw_mem m;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct elf_plan p = program;

		p.type = ET_REL;
		p.wide = (i & 1) != 0;
		p.big = (i & 2) != 0;
		p.modinfo = info;
		p.modinfo_len = sizeof(info) - 1;
		elf_build(&w, &p);
		look(&m, &fw_analyzer_elf_module, w.b, w.n);
		assert_string_equal(fw_mem_fact(&m, "module.name"), "evil");
		assert_string_equal(fw_mem_fact(&m, "module.license"), "GPL");
		assert_string_equal(fw_mem_fact(&m, "module.vermagic"),
				    "3.10.14 MIPS32_R2");
		assert_null(fw_mem_fact(&m, "module.depends"));
		assert_string_equal(fw_mem_fact(&m, "module.signed"), "no");
		assert_int_equal(m.fact_count, 4);
		fw_mem_free(&m);
		elf_raw(&w, "~Module signature appended~\n", 28);
		look(&m, &fw_analyzer_elf_module, w.b, w.n);
		assert_string_equal(fw_mem_fact(&m, "module.signed"), "yes");
		fw_mem_free(&m);
	}
	elf_build(&w, &program);
	look(&m, &fw_analyzer_elf_module, w.b, w.n);
	assert_int_equal(m.fact_count, 0);
	fw_mem_free(&m);
}

static void library_folders(void **state)
{
	static const struct {
		const char *path;
		int severity; /* -1: none */
	} cases[] = {
		{ "/usr/lib:/lib", -1 },
		{ "$ORIGIN/../lib", -1 },
		{ "${ORIGIN}", -1 },
		{ "/opt/app/lib", -1 },
		{ "/tmpfiles/lib", -1 },
		{ "/tmp", FW_MEDIUM },
		{ "/usr/lib:/tmp/lib", FW_MEDIUM },
		{ "/var/tmp/x", FW_MEDIUM },
		{ "lib", FW_MEDIUM },
		{ "/usr/lib::/lib", FW_MEDIUM },
		{ "/home_backup/somebody/libnl/lib", FW_LOW },
		{ "/opt/x/staging_dir/target/lib", FW_LOW },
		{ "/mnt/slave/workspace/image/lib", FW_LOW },
		{ "/home/build/lib:/tmp", FW_MEDIUM },
	};
	static struct elf_bytes w;
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned new = 0; new < 2; new++) {
			struct elf_plan p = program;

			p.rpath = new ? "/tmp" : cases[i].path;
			p.runpath = new ? cases[i].path : NULL;
			elf_build(&w, &p);
			look(&m, &fw_analyzer_elf_paths, w.b, w.n);
			assert_int_equal(m.finding_count,
					 cases[i].severity >= 0);
			if (m.finding_count > 0)
				assert_int_equal(m.findings[0].severity,
						 cases[i].severity);
			fw_mem_free(&m);
		}
	}
}

static size_t complaints(const struct elf_bytes *w)
{
	struct fw_mem m;

	look(&m, &fw_analyzer_elf_sanity, w->b, w->n);
	size_t n = m.finding_count;

	fw_mem_free(&m);
	return n;
}

/* Overwrites a 32-bit little-endian field of a 32-bit program. */
static size_t complaints_with(const struct elf_bytes *w, size_t at, uint32_t v)
{
	static struct elf_bytes x;

	x = *w;
	x.n = at;
	elf_put(&x, 4, v);
	x.n = w->n;
	return complaints(&x);
}

static void contradictions(void **state)
{
	static struct elf_bytes w;
	struct elf_plan p = program;
	enum { LOAD = 52 };

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		p.wide = (i & 1) != 0;
		p.big = (i & 2) != 0;
		p.no_sections = (i & 4) != 0;
		p.type = (i & 8) != 0 ? ET_DYN : ET_EXEC;
		elf_build(&w, &p);
		assert_int_equal(complaints(&w), 0);
	}
	p = program;
	elf_build(&w, &p);
	assert_int_equal(complaints_with(&w, 24, 0x10), 1); /* entry */
	assert_int_equal(complaints_with(&w, 24, 0), 0);
	assert_int_equal(complaints_with(&w, 32, 0x7fffff00), 1); /* sections */
	assert_int_equal(complaints_with(&w, LOAD + 16, 0x7fffff00), 1);
	assert_int_equal(complaints_with(&w, LOAD + 20, 1), 1); /* in memory */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(module_facts),
		cmocka_unit_test(library_folders),
		cmocka_unit_test(contradictions),
	};

	fw_hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
