/* test_literals.c - the table of literals that many programs hold */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "analyzers/hidden/hidden.h"
#include "core/data.h"
#include "core/literals.h"

enum { HEAD = 66584, MANY = 20000 };

static uint32_t half(const char *text)
{
	return (uint32_t)(fw_literal_hash(fw_view_str(text)) >> 32);
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static struct fw_view table_of(size_t n, struct fw_arena *a)
{
	uint32_t *h = fw_alloc(a, n + 1, sizeof(*h));

	for (size_t i = 0; i < n; i++)
		h[i] = half(fw_sprintf(a, "literal-%zu", i));
	if (n > 1)
		qsort(h, n, sizeof(*h), by_value);
	return fw_literals_pack(h, n, 7, 3, a);
}

static bool holds(struct fw_view table, const char *text)
{
	return fw_literals_hold(table, fw_literal_hash(fw_view_str(text)));
}

static void holds_what_was_packed(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 255, MANY };
	struct fw_arena a = { 0 };
	size_t wrong = 0;

	(void)state;
	for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
		struct fw_view t = table_of(counts[k], &a);

		assert_int_equal(t.len, HEAD + 2 * counts[k]);
		assert_memory_equal(t.data, "ALIT\1\0\0\0", 8);
		assert_int_equal(t.data[12], 7);
		assert_int_equal(t.data[16], 3);
		for (size_t i = 0; i < counts[k]; i++)
			assert_true(holds(t, fw_sprintf(&a, "literal-%zu", i)));
		for (size_t i = 0; i < MANY; i++)
			wrong += holds(t, fw_sprintf(&a, "other-%zu", i));
	}
	assert_true(wrong <= 3);
	fw_arena_free(&a);
}

/* More of one beginning than a byte counts: the rest is dropped, not mixed up.
 */
static void crowded(void **state)
{
	struct fw_arena a = { 0 };
	uint32_t h[400];
	size_t held = 0;

	(void)state;
	for (uint32_t i = 0; i < 400; i++)
		h[i] = 0xab120000U + i * 3;
	struct fw_view t = fw_literals_pack(h, 400, 1, 1, &a);

	for (size_t i = 0; i < 400; i++)
		held += fw_literals_hold(t, (uint64_t)h[i] << 32);
	assert_int_equal(held, 255);
	assert_false(fw_literals_hold(t, 0xab120001ULL << 32));
	assert_false(fw_literals_hold(t, 0xab130000ULL << 32));
	fw_arena_free(&a);
}

static void no_table(void **state)
{
	struct fw_arena a = { 0 };
	struct fw_view t = table_of(100, &a);
	uint8_t *broken = fw_alloc(&a, t.len, 1);

	(void)state;
	assert_false(holds((struct fw_view){ NULL, 0 }, "literal-1"));
	for (size_t len = 0; len < t.len; len += 997)
		assert_false(holds(fw_view_sub(t, 0, len), "literal-1"));
	assert_false(holds(fw_view_sub(t, 0, t.len - 2), "literal-1"));
	/* Another version, and numbers that point outside. */
	memcpy(broken, t.data, t.len);
	broken[4] = 2;
	assert_false(holds(fw_view_of(broken, t.len), "literal-1"));
	memcpy(broken, t.data, t.len);
	memset(broken + 24, 0xff, 1024);
	for (size_t i = 0; i < 100; i++)
		assert_false(holds(fw_view_of(broken, t.len),
				   fw_sprintf(&a, "literal-%zu", i)));
	memcpy(broken, t.data, t.len);
	memset(broken + 1048, 0xff, 65536);
	for (size_t i = 0; i < 1000; i++)
		holds(fw_view_of(broken, t.len),
		      fw_sprintf(&a, "literal-%zu", i));
	fw_arena_free(&a);
}

static void what_counts(void **state)
{
	static const struct {
		const char *text;
		bool counts;
	} rows[] = {
		{ "EXTENDER-CMD", true },
		{ "/etc/passwd", true },
		{ "ustar", true },
		{ "four", false },
		{ "", false },
		{ "two words", false },
		{ "number=%d", false },
		{ "line\nline", false },
		{ "A234567890B234567890C234567890D234567890", true },
		{ "A234567890B234567890C234567890D234567890E", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(fw_literal_counts(fw_view_str(rows[i].text)),
				 rows[i].counts);
}

/* What many programs hold is not odd, whatever it looks like. */
static void oddness(void **state)
{
	static const struct {
		const char *text;
		bool common;
	} rows[] = {
		{ "GLIBC_2.4", true },	    { "__gmon_start__", true },
		{ "C.UTF-8", true },	    { "libc.so.6", true },
		{ "Qz81-open", false },	    { "w0rk-4-Me!", false },
		{ "hjk-77-Lq", false },	    { "xmlset_r00dk", false },
		{ "2wj9fsa2-pass", false }, { "!Mag1c.k3y", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_view v = fw_view_str(rows[i].text);

		assert_false(fw_literal_is_common(v));
		assert_true(hidden_oddness(v) > 0);
	}
	assert_true(fw_data_load(ASSAY_SOURCE_DIR "/rules/data"));
	assert_true(fw_data("literals").len > HEAD);
	assert_true(fw_data("literals").len <= 600 * 1024);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_view v = fw_view_str(rows[i].text);

		assert_int_equal(fw_literal_is_common(v), rows[i].common);
		assert_int_equal(hidden_oddness(v) > 0, !rows[i].common);
	}
	fw_data_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_what_was_packed),
		cmocka_unit_test(crowded),
		cmocka_unit_test(no_table),
		cmocka_unit_test(what_counts),
		cmocka_unit_test(oddness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
