/* test_outliers.c - what is unlike its neighbours, and what only looks so */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree_build.h"

extern const struct fw_analyzer fw_analyzer_outliers;

static uint32_t program(struct built *b, uint32_t up, const char *name,
			const char *machine, const char *compiler,
			const char *canary)
{
	uint32_t i = built_add(b, up, name, FW_FILE);

	b->meta[i].mtime = 1500000000 + i;
	built_fact(b, i, "harden.nx", "yes");
	built_fact(b, i, "elf.machine", machine);
	built_fact(b, i, "elf.comment", compiler);
	built_fact(b, i, "harden.canary", canary);
	return i;
}

/* Twenty alike, then the odd one. */
static struct built *neighbours(uint32_t *bin, uint32_t *etc)
{
	static char names[20][8];
	struct built *b = calloc(1, sizeof(*b));

	built_system(b, bin, etc);
	for (int i = 0; i < 20; i++) {
		snprintf(names[i], sizeof(names[i]), "p%d", i);
		program(b, *bin, names[i], "mips", "GCC 4", "no");
	}
	return b;
}

static const struct {
	const char *name, *machine, *compiler, *canary, *kind;
} rows[] = {
	{ "odd", "mips", "GCC 4", "no", NULL },
	{ "odd", "arm", "GCC 4", "no", "integrity/other-processor" },
	{ "odd", "mips", "GCC 4", "yes", NULL }, /* one difference */
	{ "odd", "mips", "clang", "yes", "integrity/other-build" },
	{ "libc.so.0", "mips", "clang", "yes", NULL },
};

static void programs_are_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t bin, etc;
		struct built *b = neighbours(&bin, &etc);
		struct fw_mem m;

		program(b, bin, rows[i].name, rows[i].machine, rows[i].compiler,
			rows[i].canary);
		built_run(b, &fw_analyzer_outliers, &m);
		if (m.finding_count != (rows[i].kind != NULL))
			fail_msg("row %zu: %zu findings", i, m.finding_count);
		if (rows[i].kind != NULL)
			assert_non_null(built_found(&m, rows[i].kind));
		fw_mem_free(&m);
		built_free(b);
	}
}

static void a_second_batch_is_no_outlier(void **state)
{
	uint32_t bin, etc;
	struct built *b = neighbours(&bin, &etc);
	struct fw_mem m;

	(void)state;
	for (int i = 0; i < 2; i++)
		program(b, bin, i ? "q1" : "q2", "mips", "clang", "yes");
	built_run(b, &fw_analyzer_outliers, &m);
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	built_free(b);
}

static void newer_files_stand_out(void **state)
{
	const int64_t day = 86400;

	(void)state;
	for (int days = 1; days < 100; days += 98) {
		uint32_t bin, etc;
		struct built *b = neighbours(&bin, &etc);
		struct fw_mem m;

		for (int i = 0; i < 30; i++)
			b->meta[built_add(b, etc, "f", FW_FILE)].mtime =
				1500000000;
		uint32_t odd = built_add(b, etc, "new", FW_FILE);

		b->meta[odd].mtime = 1500000100 + days * day;
		built_run(b, &fw_analyzer_outliers, &m);
		assert_int_equal(m.finding_count, days == 99);
		fw_mem_free(&m);
		built_free(b);
	}
}

static void twins_are_named(void **state)
{
	uint32_t bin, etc;
	struct built *b = neighbours(&bin, &etc);
	uint32_t sbin = built_add(b, 0, "sbin", FW_DIR);
	struct fw_mem m;

	(void)state;
	program(b, sbin, "p3", "mips", "GCC 4", "no");
	built_run(b, &fw_analyzer_outliers, &m);
	assert_int_equal(m.finding_count, 1);
	assert_string_equal(m.findings[0].kind->id, "integrity/two-versions");
	fw_mem_free(&m);
	built_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_compared),
		cmocka_unit_test(a_second_batch_is_no_outlier),
		cmocka_unit_test(newer_files_stand_out),
		cmocka_unit_test(twins_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
