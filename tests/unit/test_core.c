/* test_core.c - cursor, views, arena, text */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/format.h"
#include "core/data.h"
#include "core/memory.h"
#include "core/similarity.h"
#include "core/strings.h"
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

static void strings_are_found_once(void **state)
{
	static const char text[] = "\1abc\1defg\0hi there\xff\x80last";
	struct fw_mem m = { 0 };
	struct fw_object_cache cache = { 0 };
	struct fw_object obj = { .bytes = fw_view_of(text, sizeof(text) - 1),
				 .cache = &cache };
	struct fw_out *out = fw_mem_out(&m, obj.bytes);
	const struct fw_strings *s = fw_object_strings(&obj, out);

	(void)state;
	assert_int_equal(s->n, 3);
	assert_true(fw_view_eq(fw_string_view(&obj, &s->v[0]), FW_STR("defg")));
	assert_true(s->v[0].ended);
	assert_int_equal(s->v[1].off, 10);
	assert_true(fw_view_eq(fw_string_view(&obj, &s->v[2]), FW_STR("last")));
	assert_false(s->v[2].ended);
	assert_ptr_equal(fw_object_strings(&obj, out), s);
	fw_mem_free(&m);
}

/* Digits at which two digests are equal. */
static size_t alike(const char *a, const char *b)
{
	size_t n = 0;

	for (size_t i = 0; a[i] != '\0' && b[i] != '\0'; i++)
		n += a[i] == b[i];
	return n;
}

static void like_bytes_have_like_digests(void **state)
{
	char one[FW_TLSH_SIZE], near[FW_TLSH_SIZE], far[FW_TLSH_SIZE];
	uint8_t text[4096];
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 20);
	assert_true(fw_tlsh(text, sizeof(text), one));
	memcpy(text + 100, "changed", 7);
	assert_true(fw_tlsh(text, sizeof(text), near));
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * i >> 5);
	assert_true(fw_tlsh(text, sizeof(text), far));
	assert_true(alike(one, near) > strlen(one) * 3 / 4);
	assert_true(alike(one, far) < strlen(one) / 2);
	assert_false(fw_tlsh(text, 10, one));
	memset(text, 0, sizeof(text));
	assert_false(fw_tlsh(text, sizeof(text), one));
}

static void rows_skip_comments(void **state)
{
	struct fw_view rest = FW_STR("# name\tversion\na\tb\r\n\nc");
	struct fw_view f[FW_DATA_FIELDS];

	(void)state;
	assert_true(fw_data_row(&rest, f));
	assert_true(fw_view_eq(f[1], FW_STR("b")));
	assert_int_equal(f[2].len, 0);
	assert_true(fw_data_row(&rest, f));
	assert_true(fw_view_eq(f[0], FW_STR("c")));
	assert_false(fw_data_row(&rest, f));
}

static void secrets_are_masked(void **state)
{
	struct fw_mem m = { 0 };
	struct fw_out *out = fw_mem_out(&m, fw_view_of("", 0));

	(void)state;
	assert_string_equal(fw_out_secret(out, FW_STR("geheim")),
			    "****** (6 characters)");
	assert_string_equal(fw_out_secret(out, FW_STR("longer-secret")),
			    "lo****** (13 characters)");
	fw_mem_free(&m);
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
		cmocka_unit_test(strings_are_found_once),
		cmocka_unit_test(like_bytes_have_like_digests),
		cmocka_unit_test(rows_skip_comments),
		cmocka_unit_test(secrets_are_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
