/* test_lift_aarch64.c - 64-bit ARM instructions as operations */
#include "lift_text.h"

struct row {
	const char *hex, *expected;
};

#include "lift_aarch64_rows.h"

static const char *name(unsigned reg)
{
	static char names[4][8];
	static unsigned turn;

	if (reg == 31)
		return "sp";
	if (reg >= 64)
		return "none";
	turn = (turn + 1) % 4;
	snprintf(names[turn], sizeof(names[0]), "%c%u", reg < 31 ? 'x' : 'v',
		 reg % 32);
	return names[turn];
}

static const struct code_mode plain = { .wide = true };

static void lifts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		lift_row(&code_aarch64, plain, name, rows[i].hex,
			 rows[i].expected);
}

static void random_words(void **state)
{
	(void)state;
	lift_random_words(&code_aarch64, plain, 200000);
}

static void sees(const char *hex, unsigned n, enum code_seen what, uint64_t at,
		 uint64_t value)
{
	uint8_t bytes[32];
	size_t len = lift_bytes(hex, bytes, sizeof(bytes));
	uint8_t *copy = test_malloc(len + 1);
	struct lift_seen s = { .count = 0 };

	memcpy(copy, bytes, len);
	code_aarch64.scan(fw_view_of(copy, len), 0x10000, plain, lift_see, &s);
	test_free(copy);
	assert_int_equal(s.count, n);
	if (n == 0)
		return;
	assert_int_equal(s.what[0], what);
	assert_int_equal(s.at[0], at);
	assert_int_equal(s.value[0], value);
}

static void scans(void **state)
{
	(void)state;
	/* nop; bl .+0x100; bl .-4 */
	sees("1f2003d540000094", 1, CODE_SEEN_CALL, 0x10004, 0x10104);
	sees("ffffff97", 1, CODE_SEEN_CALL, 0x10000, 0xfffc);
	/* b .+0x100 out of the code, b .+4, b .-4, b .+0x4000 */
	sees("40000014", 1, CODE_SEEN_JUMP, 0x10000, 0x10100);
	sees("010000141f2003d5", 0, CODE_SEEN_JUMP, 0, 0);
	sees("ffffff17", 1, CODE_SEEN_JUMP, 0x10000, 0xfffc);
	sees("00100014", 1, CODE_SEEN_JUMP, 0x10000, 0x14000);
	/* stp x29, x30, [sp, #-32]!; the same behind paciasp: one start */
	sees("fd7bbea9", 1, CODE_SEEN_START, 0x10000, 0);
	sees("3f2303d5fd7bbea9", 1, CODE_SEEN_START, 0x10000, 0);
	sees("5f2403d5", 1, CODE_SEEN_START, 0x10000, 0);
	/* sub sp, sp, #0x40; stp x29, x30, [sp, #0x30]; only the first */
	sees("ff0301d1fd7b03a9", 1, CODE_SEEN_START, 0x10000, 0);
	sees("ff0301d11f2003d5", 0, CODE_SEEN_START, 0, 0);
	sees("ff0301d1", 0, CODE_SEEN_START, 0, 0);
	/* ret; mov x0, x1; stp; a landing pad of two */
	sees("c0035fd6e00301aafd7bbea9", 1, CODE_SEEN_START, 0x10004, 0);
	sees("5f2403d53f2303d5", 1, CODE_SEEN_START, 0x10000, 0);
	/* adrp x16, .+0x20000; ldr x17, [x16, #0x18]; ldr without it */
	sees("10010090110e40f9", 1, CODE_SEEN_SLOT, 0x10004, 0x30018);
	sees("110e40f9", 0, CODE_SEEN_SLOT, 0, 0);
	/* cut and empty */
	sees("400000", 0, CODE_SEEN_CALL, 0, 0);
	sees("", 0, CODE_SEEN_CALL, 0, 0);
}

static void names_system_calls(void **state)
{
	(void)state;
	assert_string_equal(code_aarch64.syscall(221), "execve");
	assert_string_equal(code_aarch64.syscall(198), "socket");
	assert_null(code_aarch64.syscall(172));
	assert_null(code_aarch64.syscall(UINT64_MAX));
	assert_ptr_equal(code_arch_of(183, true), &code_aarch64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifts),
		cmocka_unit_test(random_words),
		cmocka_unit_test(scans),
		cmocka_unit_test(names_system_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
