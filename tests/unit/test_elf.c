/* test_elf.c - ELF: its extent, and what it says about itself */
#include "elf_build.h"

extern const struct fw_format fw_format_elf;
extern const struct fw_analyzer fw_analyzer_elf_facts;

static const struct elf_plan program = {
	.type = ET_EXEC,
	.machine = EM_MIPS,
	.stack = PF_R | PF_W | PF_X,
	.interp = true,
	.needed = "libc.so.0",
	.imports = { "strcpy", "system" },
	.comment = "GCC: (GNU) 4.3.3",
};

static struct elf_plan variant(struct elf_plan p, unsigned i)
{
	p.wide = (i & 1) != 0;
	p.big = (i & 2) != 0;
	return p;
}

/* An exact copy on the heap, so that a sanitizer sees a read behind it. */
static uint64_t probed(const uint8_t *b, size_t n, enum fw_code *code)
{
	uint8_t *copy = test_malloc(n + 1);

	memcpy(copy + 1, b, n); /* and at an odd address */
	struct fw_cursor c = fw_cursor_of(fw_view_of(copy + 1, n));
	uint64_t len = fw_format_elf.probe(&c);

	*code = c.err.code;
	test_free(copy);
	return *code == FW_OK ? len : 0;
}

static void look(struct fw_mem *m, const uint8_t *b, size_t n)
{
	uint8_t *copy = test_malloc(n + 1);

	memcpy(copy + 1, b, n);
	struct fw_view v = fw_view_of(copy + 1, n);
	struct fw_object obj = { .bytes = v };

	*m = (struct fw_mem){ 0 };
	if (fw_analyzer_elf_facts.wants(&obj))
		fw_analyzer_elf_facts.inspect(&obj, fw_mem_out(m, v));
	test_free(copy);
}

static void expect(const struct fw_mem *m, const char *key, const char *value)
{
	const char *is = fw_mem_fact(m, key);

	if (value == NULL)
		assert_null(is);
	else if (is == NULL)
		fail_msg("%s is missing", key);
	else
		assert_string_equal(is, value);
}

static void extent_is_exact(void **state)
{
	static struct elf_bytes w;
	enum fw_code code;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct elf_plan p = variant(program, i);

		p.no_sections = (i & 4) != 0;
		elf_build(&w, &p);
		size_t n = w.n;

		assert_int_equal(probed(w.b, n, &code), n);
		elf_raw(&w, "stale", 5);
		assert_int_equal(probed(w.b, w.n, &code), n);
		for (size_t cut = 0; cut < n; cut++) {
			assert_int_equal(probed(w.b, cut, &code), 0);
			assert_int_equal(code, FW_TRUNCATED);
		}
	}
}

static void signed_module(void **state)
{
	static const char line[] = "~Module signature appended~\n";
	static struct elf_bytes w;
	enum fw_code code;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct elf_plan p = variant(program, i);

		p.type = ET_REL;
		elf_build(&w, &p);
		size_t n = w.n;

		elf_raw(&w, "signature", 9);
		elf_raw(&w, "\0\0\2\0\0\0\0\0\0\0\0\x09", 12);
		elf_raw(&w, line, sizeof(line) - 1);
		assert_int_equal(probed(w.b, w.n, &code), w.n);
		w.b[n + 20] = 8; /* not as long as it says */
		assert_int_equal(probed(w.b, w.n, &code), n);
	}
}

static void facts_of_a_program(void **state)
{
	static struct elf_bytes w;
	struct fw_mem m;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct elf_plan p = variant(program, i);

		p.no_sections = (i & 4) != 0;
		elf_build(&w, &p);
		look(&m, w.b, w.n);
		expect(&m, "elf.class", p.wide ? "64" : "32");
		expect(&m, "elf.data", p.big ? "big" : "little");
		expect(&m, "elf.machine", "mips");
		expect(&m, "elf.abi", p.wide ? "n64" : "o32");
		expect(&m, "elf.type", "exec");
		expect(&m, "elf.interp", "/lib/ld-uClibc.so.0");
		expect(&m, "elf.needed", "libc.so.0");
		expect(&m, "elf.soname", NULL);
		expect(&m, "elf.comment",
		       p.no_sections ? NULL : "GCC: (GNU) 4.3.3");
		expect(&m, "elf.stripped", p.no_sections ? "yes" : "no");
		expect(&m, "elf.static", "no");
		expect(&m, "elf.imports", "2");
		expect(&m, "elf.exports", "1");
		expect(&m, "harden.nx", "no");
		expect(&m, "harden.relro", "none");
		expect(&m, "harden.pie", "no");
		expect(&m, "harden.canary", "no");
		expect(&m, "harden.fortify", "no");
		expect(&m, "harden.rwx", NULL);
		fw_mem_free(&m);
	}
}

static void hardened(void **state)
{
	static struct elf_bytes w;
	struct elf_plan p = program;
	struct fw_mem m;

	(void)state;
	p.type = ET_DYN;
	p.pie = p.relro = p.now = p.no_symtab = p.rwx = true;
	p.stack = PF_R | PF_W;
	p.imports[0] = "__stack_chk_fail";
	p.imports[1] = "__strcpy_chk";
	elf_build(&w, &p);
	look(&m, w.b, w.n);
	expect(&m, "harden.nx", "yes");
	expect(&m, "harden.relro", "full");
	expect(&m, "harden.pie", "yes");
	expect(&m, "harden.canary", "yes");
	expect(&m, "harden.fortify", "yes");
	expect(&m, "harden.rwx", "yes");
	expect(&m, "elf.stripped", "yes");
	fw_mem_free(&m);

	/* A library that can be run is no position-independent program. */
	p.pie = p.now = false;
	p.soname = "libc.so.0";
	p.stack = -1;
	elf_build(&w, &p);
	look(&m, w.b, w.n);
	expect(&m, "harden.pie", NULL);
	expect(&m, "harden.relro", "partial");
	expect(&m, "harden.nx", "unset");
	expect(&m, "elf.soname", "libc.so.0");
	fw_mem_free(&m);
}

/* Cut and mutated files: no crash, no hang, and the same answer twice. */
static void hostile(void **state)
{
	static struct elf_bytes w, x;
	uint32_t seed = 12345;
	enum fw_code code;
	struct fw_mem m;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct elf_plan p = variant(program, i);

		p.no_sections = (i & 4) != 0;
		elf_build(&w, &p);
		for (size_t cut = 0; cut < w.n; cut += 3) {
			look(&m, w.b, cut);
			fw_mem_free(&m);
		}
		for (unsigned round = 0; round < 400; round++) {
			x = w;
			for (unsigned k = 0; k <= round % 4; k++) {
				seed = seed * 1664525 + 1013904223;
				size_t at = (seed >> 8) % w.n;

				if ((round & 4) != 0)
					at %= 256; /* headers */
				x.b[at] = (uint8_t)(seed >> 24);
			}
			uint64_t len = probed(x.b, x.n, &code);

			assert_true(len <= x.n);
			if (len > 0)
				assert_int_equal(probed(x.b, len, &code), len);
			look(&m, x.b, x.n);
			fw_mem_free(&m);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extent_is_exact),
		cmocka_unit_test(signed_module),
		cmocka_unit_test(facts_of_a_program),
		cmocka_unit_test(hardened),
		cmocka_unit_test(hostile),
	};

	fw_hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
