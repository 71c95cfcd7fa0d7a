/* test_capability.c - programs that can do what their role does not need */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "analyzers/hidden/capabilities.h"
#include "tree_build.h"

extern const struct fw_analyzer fw_analyzer_capabilities,
	fw_analyzer_hidden_found, fw_analyzer_odd_capability;

/* The last search closes the program. */
static void look(const struct fw_object *obj, struct fw_mem *m)
{
	struct fw_out *o = fw_mem_out(m, obj->bytes);

	if (!fw_analyzer_capabilities.wants(obj))
		return;
	fw_analyzer_capabilities.inspect(obj, o);
	fw_analyzer_hidden_found.inspect(obj, o);
}

static void words(void **state)
{
	(void)state;
	assert_int_equal(hidden_can_read(""), 0);
	assert_int_equal(hidden_can_read("listens"), HIDDEN_LISTENS);
	assert_int_equal(hidden_can_read("connects executes traces"),
			 HIDDEN_CONNECTS | HIDDEN_EXECUTES | HIDDEN_TRACES);
	assert_int_equal(hidden_can_read("listen, flies  raw-sockets"),
			 HIDDEN_RAW);
}

static struct fw_view load(const char *path, struct fw_arena *a)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p;
	long n;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	rewind(f);
	p = fw_alloc(a, (size_t)n, 1);
	assert_int_equal(fread(p, 1, (size_t)n, f), n);
	fclose(f);
	return fw_view_of(p, (size_t)n);
}

/* Both samples run a shell; only one has more. */
static void of_programs(void **state)
{
	static const struct {
		const char *path;
		uint32_t can, cannot;
	} rows[] = {
		{ CODE_SAMPLES "clean.stripped", HIDDEN_EXECUTES,
		  HIDDEN_LISTENS | HIDDEN_RAW | HIDDEN_TRACES | HIDDEN_FLASH |
			  HIDDEN_ACCOUNTS },
		{ CODE_SAMPLES "hidden.stripped", HIDDEN_EXECUTES,
		  HIDDEN_LISTENS | HIDDEN_RAW | HIDDEN_TRACES | HIDDEN_FLASH },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_mem m = { 0 };
		struct fw_object_cache cache = { 0 };
		struct fw_object obj = { .bytes = load(rows[i].path, &m.arena),
					 .format = "elf",
					 .cache = &cache };

		look(&obj, &m);
		const char *fact = fw_mem_fact(&m, "code.capabilities");

		assert_non_null(fact);
		assert_int_equal(hidden_can_read(fact) & rows[i].can,
				 rows[i].can);
		assert_int_equal(hidden_can_read(fact) & rows[i].cannot, 0);
		fw_mem_free(&m);
	}
}

static void hostile(void **state)
{
	struct fw_mem m = { 0 };
	struct fw_view all = load(CODE_SAMPLES "clean.stripped", &m.arena);

	(void)state;
	for (size_t len = 0; len < all.len; len += all.len / 50 + 1) {
		struct fw_object_cache cache = { 0 };
		struct fw_object obj = { .bytes = fw_view_sub(all, 0, len),
					 .format = "elf",
					 .cache = &cache };

		look(&obj, &m);
	}
	fw_mem_free(&m);
}

struct file {
	const char *name, *can;
	bool is_static;
};

static void add(struct built *b, uint32_t folder, const struct file *f)
{
	uint32_t i = built_add(b, folder, f->name, FW_FILE);

	built_fact(b, i, "elf.machine", "MIPS");
	if (!f->is_static)
		built_fact(b, i, "elf.needed", "libc.so.0");
	if (f->can[0] != '\0')
		built_fact(b, i, "code.capabilities", f->can);
}

static const struct row {
	struct file file[2];
	unsigned others;
	const char *says; /* NULL: nothing */
	enum fw_severity severity;
} rows[] = {
	{ { { "date", "listens connects executes", false } },
	  0,
	  "simple tool, but waits",
	  FW_MEDIUM },
	{ { { "cat", "connects", false } },
	  0,
	  "simple tool, but connects",
	  FW_LOW },
	{ { { "libfoo.so.1", "listens executes", false } },
	  20,
	  "it alone of all libraries",
	  FW_LOW },
	{ { { "netd", "connects traces", false } },
	  20,
	  "it alone of all programs",
	  FW_LOW },
	/* Roles that explain it. */
	{ { { "find", "executes", false } }, 20, NULL, 0 },
	{ { { "telnetd", "listens executes", false } }, 20, NULL, 0 },
	{ { { "libc.so.6", "listens executes changes-accounts", false } },
	  20,
	  NULL,
	  0 },
	{ { { "gdbserver", "listens traces", false } }, 20, NULL, 0 },
	{ { { "libdbus-1.so.3", "listens executes", false } }, 20, NULL, 0 },
	/* What a static program carries it need not use. */
	{ { { "date", "listens executes", true } }, 20, NULL, 0 },
	/* Two that do so are a habit. */
	{ { { "liba.so", "listens executes", false },
	    { "libb.so", "listens executes", false } },
	  20,
	  NULL,
	  0 },
	/* Too few to compare with. */
	{ { { "libfoo.so.1", "listens executes", false } }, 3, NULL, 0 },
	/* Half of it is not odd. */
	{ { { "libfoo.so.1", "listens connects", false } }, 20, NULL, 0 },
};

static void check(const struct row *r)
{
	struct built *b = calloc(1, sizeof(*b));
	struct fw_mem m = { 0 };
	uint32_t bin, etc;

	built_system(b, &bin, &etc);
	for (size_t k = 0; k < 2; k++)
		if (r->file[k].name != NULL)
			add(b, bin, &r->file[k]);
	for (unsigned k = 0; k < r->others; k++)
		add(b, bin,
		    &(struct file){ .name = fw_sprintf(&b->arena, "prog%u", k),
				    .can = k % 2 == 0 ? "executes" : "" });
	fw_analyzer_odd_capability.correlate(&b->tree,
					     fw_mem_out(&m, FW_STR("")));
	assert_int_equal(m.finding_count, r->says != NULL);
	if (r->says != NULL) {
		assert_non_null(strstr(m.findings[0].text, r->says));
		assert_int_equal(m.findings[0].severity, r->severity);
	}
	fw_mem_free(&m);
	built_free(b);
}

static void roles(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(of_programs),
		cmocka_unit_test(hostile),
		cmocka_unit_test(roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
