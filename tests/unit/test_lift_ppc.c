/* test_lift_ppc.c - PowerPC: what instructions become, what raw code shows, and
 * that no word makes an operation that ir.h does not know */
#include "lift_words.h"

#include <elf.h>

#include "code/ppc.h"

static const struct row rows[] = {
#include "lift_ppc_rows.h"
};

static const char *reg(uint8_t n)
{
	static const char *const names[] = {
		"-",   "t1",  "t2",  "t3",  "cr0", "cr1", "cr2", "cr3",
		"cr4", "cr5", "cr6", "cr7", "r0",  "sp",  "r2",	 "r3",
		"r4",  "r5",  "r6",  "r7",  "r8",  "r9",  "r10", "r11",
		"r12", "r13", "r14", "r15", "r16", "r17", "r18", "r19",
		"r20", "r21", "r22", "r23", "r24", "r25", "r26", "r27",
		"r28", "r29", "r30", "r31", "lr",  "ctr"
	};

	if (n == CODE_NONE)
		return "-";
	if (n < sizeof(names) / sizeof(names[0]))
		return names[n];
	return n < PPC_OWN	   ? "fpr"
	       : n == PPC_OWN	   ? "own"
	       : n == PPC_CARRY_NE ? "cane"
				   : "caeq";
}

static void instructions(void **state)
{
	(void)state;
	assert_int_equal(lift_rows(&code_ppc, rows,
				   sizeof(rows) / sizeof(rows[0]), true),
			 0);
	assert_int_equal(lift_rows(&code_ppc, rows,
				   sizeof(rows) / sizeof(rows[0]), false),
			 0);
}

static void any_words(void **state)
{
	(void)state;
	lift_noise(&code_ppc);
}

static void raw_code(void **state)
{
	static const uint32_t words[] = {
		0x9421ffe0, /* 0: stwu r1,-32(r1) at the very start */
		0x480000fd, /* 4: bl 401100 */
		0x48000005, /* 8: bl .+4 tells the address only */
		0x41820010, /* 12: beq */
		0x9421ffe0, /* 16: a frame behind a branch is no start */
		0x4bffffed, /* 20: bl 401000 */
		0x4e800020, /* 24: blr */
		0x60000000, /* 28: nop */
		0x2c030000, /* 32: cmpwi r3,0 begins the next */
		0x7c0802a6, /* 36: mflr r0 */
		0x9421fff0, /* 40 */
		0x4bffffd4, /* 44: b 401000 */
		0x7c0802a6, /* 48: mflr r0 */
		0x9421fff0, /* 52 */
		0x48401003, /* 56: bla 401000 */
		0x94210010, /* 60: no frame */
		0x429f0005, /* 64: bcl 20,31 */
		0x41820008, /* 68: beq 40104c */
		0x4e800020, /* 72: blr */
		0x9421ffe0, /* 76: a frame that is made late is no start */
		0x4e800020, /* 80: blr */
		0x9421ffe0, /* 84 */
	};
	static const struct sight want[] = {
		{ CODE_SEEN_START, 0, 0 },
		{ CODE_SEEN_CALL, 4, 0x401100 },
		{ CODE_SEEN_CALL, 20, 0x401000 },
		{ CODE_SEEN_START, 32, 0 },
		{ CODE_SEEN_JUMP, 44, 0x401000 },
		{ CODE_SEEN_START, 48, 0 },
		{ CODE_SEEN_CALL, 56, 0x401000 },
		{ CODE_SEEN_START, 84, 0 },
	};

	(void)state;
	lift_scan(&code_ppc, words, sizeof(words) / 4, want,
		  sizeof(want) / sizeof(want[0]));
}

/* Calls of imports in position independent code: by r30 and the stub. */
static void import_stubs(void **state)
{
	static const uint32_t words[] = {
		0x00010000, /* 0: an offset */
		0x429f0005, /* 4: bcl 20,31,.+4 */
		0x7fc802a6, /* 8: mflr r30: 401008 */
		0x3fde0002, /* 12: addis r30,r30,2 */
		0x3bdeffe8, /* 16: addi r30,r30,-24: 420ff0 */
		0x48000029, /* 20: bl 60 */
		0x48000034, /* 24: b 76 */
		0x429f0005, /* 28: bcl 20,31,.+4 */
		0x7fc802a6, /* 32: mflr r30: 401020 */
		0x801effe0, /* 36: lwz r0,-32(r30) */
		0x7fc0f214, /* 40: add r30,r0,r30: 411020 */
		0x48000011, /* 44: bl 60 */
		0x48000031, /* 48: bl 96 is no stub */
		0x4e800020, /* 52: blr */
		0x60000000, /* 56 */
		0x817e8010, /* 60: lwz r11,-32752(r30) */
		0x7d6903a6, /* 64: mtctr r11 */
		0x4e800420, /* 68: bctr */
		0x60000000, /* 72 */
		0x3d7e0001, /* 76: addis r11,r30,1 */
		0x816bfffc, /* 80: lwz r11,-4(r11) */
		0x7d6903a6, /* 84: mtctr r11 */
		0x4e800420, /* 88: bctr */
		0x60000000, /* 92 */
		0x817e8010, /* 96: lwz r11,-32752(r30) */
	};
	static const struct sight want[] = {
		{ CODE_SEEN_SLOT, 20, 0x419000 },
		{ CODE_SEEN_SLOT, 24, 0x430fec },
		{ CODE_SEEN_SLOT, 44, 0x409030 },
		{ CODE_SEEN_CALL, 48, 0x401060 },
	};

	(void)state;
	lift_scan(&code_ppc, words, sizeof(words) / 4, want,
		  sizeof(want) / sizeof(want[0]));
}

static void system_calls(void **state)
{
	(void)state;
	assert_string_equal(code_ppc.syscall(11), "execve");
	assert_string_equal(code_ppc.syscall(326), "socket");
	assert_null(code_ppc.syscall(7));
	assert_null(code_ppc.syscall(UINT64_MAX));
}

static void conventions(void **state)
{
	static const uint8_t kept[] = { PPC_SP,		PPC_R2,
					PPC_R12 + 1,	PPC_R30,
					PPC_R30 + 1,	CODE_FLAGS + 2,
					CODE_FLAGS + 3, CODE_FLAGS + 4 };

	(void)state;
	assert_ptr_equal(code_arch_of(EM_PPC, false), &code_ppc);
	for (const uint8_t *c = code_ppc.clobbered; *c != CODE_NONE; c++) {
		assert_in_range(*c, CODE_FLAGS, CODE_REGS - 1);
		assert_null(memchr(kept, *c, sizeof(kept)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions), cmocka_unit_test(any_words),
		cmocka_unit_test(raw_code),	cmocka_unit_test(import_stubs),
		cmocka_unit_test(system_calls), cmocka_unit_test(conventions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
