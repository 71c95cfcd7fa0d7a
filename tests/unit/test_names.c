/* test_names.c - content against what a name promises */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree_build.h"

extern const struct fw_analyzer fw_analyzer_names;

static const struct {
	const char *name, *format, *guess;
	uint64_t size;
	const char *kind; /* NULL: silence */
	enum fw_severity severity;
} rows[] = {
	{ "a.xml", NULL, "text", 900, NULL, 0 },
	{ "a.xml", NULL, "encrypted", 900, "opaque/encrypted-file", FW_MEDIUM },
	{ "a.xml", NULL, "encrypted", 90, NULL, 0 },
	{ "libx.so", "zip", NULL, 900, "opaque/name-mismatch", FW_LOW },
	{ "libx.so", "elf", NULL, 900, NULL, 0 },
	{ "libc.so", NULL, "text", 900, NULL, 0 }, /* a linker's script */
	{ "logo.gif", "elf", NULL, 900, "opaque/name-mismatch", FW_MEDIUM },
	{ "logo.gif", "png", NULL, 900, NULL, 0 },
	{ "logo.GIF", NULL, "text", 9000, "opaque/name-mismatch", FW_LOW },
	{ "menu.js", "gzip", NULL, 900, NULL, 0 },
	{ "boot.sh", "gzip", NULL, 900, "opaque/name-mismatch", FW_LOW },
	{ "boot", "gzip", NULL, 900, NULL, 0 },
	{ "a.conf", NULL, "data", 900, NULL, 0 },
	{ "a.conf", "elf", NULL, 0, NULL, 0 },
};

static void promises_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built *b = calloc(1, sizeof(*b));
		uint32_t image = built_add(b, UINT32_MAX, "img", FW_FILE);
		uint32_t at = built_add(b, image, rows[i].name, FW_FILE);
		struct fw_mem m;

		b->places[at].size = rows[i].size;
		b->places[at].format = rows[i].format;
		if (rows[i].guess != NULL)
			built_fact(b, at, "content.guess", rows[i].guess);
		built_run(b, &fw_analyzer_names, &m);
		if (m.finding_count != (rows[i].kind != NULL))
			fail_msg("row %zu, %s: %zu findings", i, rows[i].name,
				 m.finding_count);
		if (rows[i].kind != NULL) {
			assert_non_null(built_found(&m, rows[i].kind));
			assert_int_equal(m.findings[0].severity,
					 rows[i].severity);
		}
		fw_mem_free(&m);
		built_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(promises_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
