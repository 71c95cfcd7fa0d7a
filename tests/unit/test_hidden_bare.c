/* test_hidden_bare.c - built-in logins of firmware that is one program */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/memory.h"

extern const struct fw_analyzer fw_analyzer_hidden_bare;

#define Z "\0\0\1\2"

static const struct {
	struct fw_view bytes;
	size_t count;
} rows[] = {
	{ FW_STR(Z "VxWorks 5.5" Z "Login: \0" Z "admin\0\0\0kx77_31\0"), 1 },
	{ FW_STR(Z "eCos" Z "Password:\0" Z "enter backdoor mode\0"), 1 },
	{ FW_STR(Z "Login: \0" Z "admin\0\0\0kx77_31\0"), 0 },
	{ FW_STR(Z "VxWorks 5.5" Z "admin\0\0\0kx77_31\0"), 0 },
	{ FW_STR(Z "VxWorks 5.5" Z "Login: \0" Z "admin\0\0\0password is %s\0"),
	  0 },
	{ FW_STR(Z "VxWorks 5.5" Z "Login: \0" Z "other\0\0\0kx77_31\0"), 0 },
	{ FW_STR(Z "Linux version 3.10" Z "VxWorks" Z "Login: \0" Z
		   "admin\0\0\0kx77_31\0"),
	  0 },
	{ FW_STR(Z "U-Boot 2023.01" Z "Password:\0" Z "bootcmd\0"), 0 },
	{ FW_STR(""), 0 },
};

static void logins(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = rows[i].bytes.len + 5000;
		uint8_t *b = test_calloc(n, 1);
		struct fw_mem m = { 0 };

		memcpy(b, rows[i].bytes.data, rows[i].bytes.len);
		struct fw_object_cache cache = { 0 };
		struct fw_object obj = { .bytes = fw_view_of(b, n),
					 .cache = &cache };

		assert_true(fw_analyzer_hidden_bare.wants(&obj));
		fw_analyzer_hidden_bare.inspect(&obj,
						fw_mem_out(&m, obj.bytes));
		assert_int_equal(m.finding_count, rows[i].count);
		if (rows[i].count > 0)
			assert_int_equal(m.findings[0].severity, FW_LOW);
		fw_mem_free(&m);
		test_free(b);
	}
}

static void other_files(void **state)
{
	static uint8_t elf[5000] = "\177ELF", small[16], text[5000];
	struct fw_object o[] = { { .bytes = fw_view_of(elf, sizeof(elf)) },
				 { .bytes = fw_view_of(small, sizeof(small)) },
				 { .bytes = fw_view_of(text, sizeof(text)) } };

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < sizeof(o) / sizeof(o[0]); i++)
		assert_false(fw_analyzer_hidden_bare.wants(&o[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logins),
		cmocka_unit_test(other_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
