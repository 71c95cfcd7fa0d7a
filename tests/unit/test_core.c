/* test_core.c - cursor, views, arena, text */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/format.h"
#include "core/text.h"

static void first_failure_sticks(void **state)
{
	struct fw_cursor c = fw_cursor_of(FW_STR("\x01\x02\x03"));

	(void)state;
	assert_int_equal(fw_u16(&c), 0x0201);
	assert_int_equal(fw_u32(&c), 0);
	assert_int_equal(c.err.code, FW_TRUNCATED);
	assert_int_equal(c.err.at, 2);
	assert_int_equal(fw_u8(&c), 0);
	assert_int_equal(c.pos, 2);
}

static void byte_order_is_the_cursors(void **state)
{
	struct fw_cursor c = fw_cursor_of(FW_STR("\x01\x02\x03\x04\x05\x06"));

	(void)state;
	c.big_endian = true;
	assert_int_equal(fw_u24(&c), 0x010203);
	assert_int_equal(fw_u16le(&c), 0x0504);
	assert_int_equal(fw_left(&c), 1);
}

static void ranges_do_not_wrap(void **state)
{
	struct fw_cursor c = fw_cursor_of(FW_STR("abcd"));

	(void)state;
	assert_null(fw_slice(&c, 2, UINT64_MAX).data);
	assert_int_equal(c.err.code, FW_TRUNCATED);
}

static void split_gives_the_last_empty_field(void **state)
{
	struct fw_view rest = FW_STR("a::"), f;
	size_t n = 0;

	(void)state;
	while (fw_split(&rest, ':', &f))
		n++;
	assert_int_equal(n, 3);
}

static void escaping_disarms(void **state)
{
	static const struct {
		struct fw_view raw;
		const char *want;
	} rows[] = {
		{ { (const uint8_t *)"a\x1b[31m", 6 }, "a\\x1b[31m" },
		{ { (const uint8_t *)"\xff\xc3\xa9", 3 }, "\\xff\xc3\xa9" },
		{ { (const uint8_t *)"\xe2\x80\xaex", 4 }, "\\u{202e}x" },
		{ { (const uint8_t *)"a\\n\n", 4 }, "a\\\\n\\n" },
		{ { (const uint8_t *)"\xc0\x80", 2 }, "\\xc0\\x80" },
	};
	struct fw_arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(fw_escape(&a, rows[i].raw), rows[i].want);
	assert_string_equal(fw_escape_name(&a, FW_STR("..")), "\\x2e\\x2e");
	assert_string_equal(fw_escape_name(&a, FW_STR("a/b")), "a\\x2fb");
	fw_arena_free(&a);
}

static void grow_keeps_what_was_there(void **state)
{
	struct fw_arena a = { 0 };
	size_t cap = 0;
	int *v = NULL;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		v = fw_grow(&a, v, &cap, (size_t)i + 1, sizeof(*v));
		v[i] = i;
	}
	for (int i = 0; i < 100000; i++)
		assert_int_equal(v[i], i);
	fw_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_failure_sticks),
		cmocka_unit_test(byte_order_is_the_cursors),
		cmocka_unit_test(ranges_do_not_wrap),
		cmocka_unit_test(split_gives_the_last_empty_field),
		cmocka_unit_test(escaping_disarms),
		cmocka_unit_test(grow_keeps_what_was_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
