/* test_lift_mips.c - MIPS32: what instructions become, what raw code shows, and
 * that no word makes an operation that ir.h does not know */
#include "lift_words.h"

#include <elf.h>

#include "code/mips.h"

static const struct row rows[] = {
#include "lift_mips_rows.h"
};

static const char *reg(uint8_t n)
{
	static const char *const names[] = {
		"0",  "t1", "t2", "t3", "f",  "fcc", "6",  "7",	 "8",  "9",
		"10", "11", "?",  "at", "v0", "v1",  "a0", "a1", "a2", "a3",
		"t0", "t1", "t2", "t3", "t4", "t5",  "t6", "t7", "s0", "s1",
		"s2", "s3", "s4", "s5", "s6", "s7",  "t8", "t9", "k0", "k1",
		"gp", "sp", "fp", "ra", "hi", "lo",  "to"
	};

	if (n == CODE_NONE)
		return "-";
	return n < sizeof(names) / sizeof(names[0]) ? names[n] : "fpr";
}

static void instructions(void **state)
{
	(void)state;
	assert_int_equal(lift_rows(&code_mips, rows,
				   sizeof(rows) / sizeof(rows[0]), true),
			 0);
	assert_int_equal(lift_rows(&code_mips, rows,
				   sizeof(rows) / sizeof(rows[0]), false),
			 0);
}

static void any_words(void **state)
{
	(void)state;
	lift_noise(&code_mips);
}

static void raw_code(void **state)
{
	static const uint32_t words[] = {
		0x27bdffe0, /* 0: addiu sp,sp,-32 at the very start */
		0x0c100440, /* 4: jal 401100 */
		0x00000000, /* 8: nop */
		0x8f828018, /* 12: lw v0,-32744(gp) */
		0x04110001, /* 16: bal .+8 tells the address only */
		0x00000000, /* 20 */
		0x0411fff9, /* 24: bal 401000 */
		0x27bdfff0, /* 28: in a delay slot */
		0x14400003, /* 32: bnez v0 */
		0x00000000, /* 36 */
		0x27bdfff0, /* 40: a frame behind a branch is no start */
		0x03e00008, /* 44: jr ra */
		0x27bd0020, /* 48: addiu sp,sp,32 */
		0x3c1c0002, /* 52: lui gp behind it */
		0x10000002, /* 56: b 401044 */
		0x00000000, /* 60 */
		0x00000000, /* 64 */
		0x27bdffe0, /* 68: behind padding */
		0x24020001, /* 72: li v0,1 */
		0x3c1c0002, /* 76: lui gp, addiu gp, addu gp,gp,t9 */
		0x279c8090, /* 80 */
		0x0399e021, /* 84 */
		0x08100400, /* 88: j 401000 */
		0x00000000, /* 92 */
		0x10800004, /* 96: beqz a0 goes to 116 */
		0x00000000, /* 100 */
		0x03e00008, /* 104: jr ra */
		0x00000000, /* 108 */
		0x00000000, /* 112 */
		0x27bdffe0, /* 116: a frame that is made late is no start */
		0x1000fff9, /* 120: b 401060 */
		0x00000000, /* 124 */
		0x27bdffe0, /* 128 */
	};
	static const struct sight want[] = {
		{ CODE_SEEN_START, 0, 0 },
		{ CODE_SEEN_CALL, 4, 0x401100 },
		{ CODE_SEEN_GP, 12, (uint64_t)-32744 },
		{ CODE_SEEN_CALL, 24, 0x401000 },
		{ CODE_SEEN_START, 52, 0 },
		{ CODE_SEEN_JUMP, 56, 0x401044 },
		{ CODE_SEEN_START, 68, 0 },
		{ CODE_SEEN_START, 76, 0 },
		{ CODE_SEEN_JUMP, 88, 0x401000 },
		{ CODE_SEEN_JUMP, 120, 0x401060 },
		{ CODE_SEEN_START, 128, 0 },
	};

	(void)state;
	lift_scan(&code_mips, words, sizeof(words) / 4, want,
		  sizeof(want) / sizeof(want[0]));
}

static void system_calls(void **state)
{
	(void)state;
	assert_string_equal(code_mips.syscall(4011), "execve");
	assert_string_equal(code_mips.syscall(4183), "socket");
	assert_null(code_mips.syscall(11));
	assert_null(code_mips.syscall(UINT64_MAX));
}

static void conventions(void **state)
{
	static const uint8_t kept[] = { MIPS_GP, MIPS_SP, MIPS_FP, MIPS_T7 + 1,
					MIPS_T8 - 1 };

	(void)state;
	assert_ptr_equal(code_arch_of(EM_MIPS, false), &code_mips);
	for (const uint8_t *c = code_mips.clobbered; *c != CODE_NONE; c++) {
		assert_in_range(*c, CODE_FLAGS, CODE_REGS - 1);
		assert_null(memchr(kept, *c, sizeof(kept)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions), cmocka_unit_test(any_words),
		cmocka_unit_test(raw_code),	cmocka_unit_test(system_calls),
		cmocka_unit_test(conventions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
