/* test_lift_arm.c - 32-bit ARM instructions as operations */
#include "lift_text.h"

struct row {
	bool thumb;
	const char *hex, *expected;
};

#include "lift_arm_rows.h"

static const char *name(unsigned reg)
{
	static const char *const core[] = { "r0",  "r1", "r2",	"r3",
					    "r4",  "r5", "r6",	"r7",
					    "r8",  "r9", "r10", "r11",
					    "r12", "sp", "lr",	"none" };
	static char vector[4][8];
	static unsigned turn;

	if (reg < 16)
		return core[reg];
	turn = (turn + 1) % 4;
	snprintf(vector[turn], sizeof(vector[0]), "d%u", (reg - 16) % 32);
	return vector[turn];
}

static void lifts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct code_mode mode = { .thumb = rows[i].thumb };

		lift_row(&code_arm, mode, name, rows[i].hex, rows[i].expected);
	}
}

static void lifts_big_endian(void **state)
{
	struct code_mode mode = { .big_endian = true };

	(void)state;
	lift_row(&code_arm, mode, name, "e3a00005", "r0=0x5");
	lift_row(&code_arm, mode, name, "e0b10002", "r0=?; f=?"); /* adcs */
	lift_row(&code_arm, mode, name, "e0a10002", "r0=?");	  /* adc */
}

static bool is_code(const char *hex)
{
	uint8_t bytes[4];
	const uint8_t *at = bytes;
	size_t left = lift_bytes(hex, bytes, sizeof(bytes));
	uint64_t address = 0;
	struct code_mode mode = { .thumb = false };
	struct code_insn out;
	csh decoder;

	assert_true(code_decoder_open(&code_arm, mode, &decoder));
	cs_insn *in = cs_malloc(decoder);

	assert_true(cs_disasm_iter(decoder, &at, &left, &address, in));
	bool is = code_arm.lift(in, mode, &out);

	cs_free(in, 1);
	cs_close(&decoder);
	return is;
}

static void tells_what_is_no_code(void **state)
{
	(void)state;
	assert_false(is_code("00000000")); /* andeq r0, r0, r0 */
	assert_false(is_code("000201f1")); /* setend be */
	assert_true(is_code("0000a0e1"));
}

static void random_words(void **state)
{
	const struct code_mode arm = { .thumb = false };
	const struct code_mode thumb = { .thumb = true };

	(void)state;
	lift_random_words(&code_arm, arm, 200000);
	lift_random_words(&code_arm, thumb, 200000);
}

static void sees(const char *hex, bool thumb, unsigned n, enum code_seen what,
		 uint64_t at, uint64_t value)
{
	uint8_t bytes[32];
	size_t len = lift_bytes(hex, bytes, sizeof(bytes));
	uint8_t *copy = test_malloc(len + 1);
	struct lift_seen s = { .count = 0 };
	const struct code_mode mode = { .thumb = thumb };

	memcpy(copy, bytes, len);
	code_arm.scan(fw_view_of(copy, len), 0x10000, mode, lift_see, &s);
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
	/* nop; bl .+0x100; blne; blx .+0x102 */
	sees("00f020e33e0000eb", false, 1, CODE_SEEN_CALL, 0x10004, 0x10104);
	sees("3e00001b", false, 1, CODE_SEEN_CALL, 0x10000, 0x10100);
	sees("3e0000fb", false, 1, CODE_SEEN_CALL, 0x10000, 0x10103);
	sees("feffffeb", false, 1, CODE_SEEN_CALL, 0x10000, 0x10000);
	/* b .+0x100 out of the code, b .+4, b .-8, b .+0x4000, beq .+0x4000 */
	sees("3e0000ea", false, 1, CODE_SEEN_JUMP, 0x10000, 0x10100);
	sees("ffffffea00f020e3", false, 0, CODE_SEEN_JUMP, 0, 0);
	sees("fcffffea", false, 1, CODE_SEEN_JUMP, 0x10000, 0xfff8);
	sees("fe0f00ea", false, 1, CODE_SEEN_JUMP, 0x10000, 0x14000);
	sees("fe0f000a", false, 0, CODE_SEEN_JUMP, 0, 0);
	/* push {r4, lr}; str lr, [sp, #-4]!; push {r4, r5}; mov ip, sp; push */
	sees("10402de9", false, 1, CODE_SEEN_START, 0x10000, 0);
	sees("04e02de5", false, 1, CODE_SEEN_START, 0x10000, 0);
	sees("30002de9", false, 0, CODE_SEEN_START, 0, 0);
	sees("0dc0a0e100d82de9", false, 1, CODE_SEEN_START, 0x10000, 0);
	/* bx lr; mov r3, r0; push {r4, lr}; the same behind a constant */
	sees("1eff2fe10030a0e110402de9", false, 1, CODE_SEEN_START, 0x10004, 0);
	sees("341201000030a0e110402de9", false, 1, CODE_SEEN_START, 0x10004, 0);
	/* cut and empty */
	sees("3e0000", false, 0, CODE_SEEN_CALL, 0, 0);
	sees("", false, 0, CODE_SEEN_CALL, 0, 0);
	/* nop; bl .+0x100; blx .+0x100; a half of bl */
	sees("00bf00f07ef8", true, 1, CODE_SEEN_CALL, 0x10002, 0x10103);
	sees("00f07ee8", true, 1, CODE_SEEN_CALL, 0x10000, 0x10100);
	sees("fff7feff", true, 1, CODE_SEEN_CALL, 0x10000, 0x10001);
	sees("00f0", true, 0, CODE_SEEN_CALL, 0, 0);
	/* b.w .+0x2000, b.w .+0x100, b .+4, b .+0x20, and b .-4 behind a push
	 */
	sees("01f0febf", true, 1, CODE_SEEN_JUMP, 0x10000, 0x12001);
	sees("00f07eb8", true, 1, CODE_SEEN_JUMP, 0x10000, 0x10101);
	sees("00e000bf00bf", true, 0, CODE_SEEN_JUMP, 0, 0);
	sees("0ee0", true, 1, CODE_SEEN_JUMP, 0x10000, 0x10021);
	sees("00bf10b5fce7", true, 2, CODE_SEEN_START, 0x10002, 0);
	/* push {r4, lr}; push.w {r4, r8, lr}; str lr, [sp, #-4]!; push {r4} */
	sees("10b5", true, 1, CODE_SEEN_START, 0x10000, 0);
	sees("2de91041", true, 1, CODE_SEEN_START, 0x10000, 0);
	sees("4df804ed", true, 1, CODE_SEEN_START, 0x10000, 0);
	sees("10b4", true, 0, CODE_SEEN_START, 0, 0);
	/* bx lr; mov r3, r0; push; pop.w {r4, pc}; movw r0, #1; push */
	sees("70470346"
	     "10b5",
	     true, 1, CODE_SEEN_START, 0x10002, 0);
	sees("bde8108040f20100"
	     "10b5",
	     true, 1, CODE_SEEN_START, 0x10004, 0);
}

static void names_system_calls(void **state)
{
	(void)state;
	assert_string_equal(code_arm.syscall(11), "execve");
	assert_string_equal(code_arm.syscall(281), "socket");
	assert_null(code_arm.syscall(20));
	assert_null(code_arm.syscall(UINT64_MAX));
	assert_ptr_equal(code_arch_of(40, false), &code_arm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifts),
		cmocka_unit_test(lifts_big_endian),
		cmocka_unit_test(tells_what_is_no_code),
		cmocka_unit_test(random_words),
		cmocka_unit_test(scans),
		cmocka_unit_test(names_system_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
