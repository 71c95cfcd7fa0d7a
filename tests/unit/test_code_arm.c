/* test_code_arm.c - what only ARM code has: chains of conditional compares,
 * tables of jumps between the code; and registers that stay over a call
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../code_build.h"
#include "code/compare.h"

/* "Ab7q", byte by byte in one block. */
static const uint32_t chain[] = {
	0xe92d4010, /* push {r4, lr} */
	0xe5d01000, /* ldrb r1, [r0] */
	0xe3510041, /* cmp r1, #'A' */
	0x05d01001, /* ldrbeq r1, [r0, #1] */
	0x03510062, /* cmpeq r1, #'b' */
	0x05d01002, /* ldrbeq r1, [r0, #2] */
	0x03510037, /* cmpeq r1, #'7' */
	0x05d01003, /* ldrbeq r1, [r0, #3] */
	0x03510071, /* cmpeq r1, #'q' */
	0x1a000001, /* bne to the last but one */
	0xe3a00001, /* mov r0, #1 */
	0xe8bd8010, /* pop {r4, pc} */
	0xe3a00000, /* mov r0, #0 */
	0xe8bd8010,
};

/* A table of two entries, whose words read as code would lead into the case. */
static const uint32_t table[] = {
	0xe92d4010, /* push {r4, lr} */
	0xe3500001, /* cmp r0, #1 */
	0x8a000008, /* bhi to the end */
	0xe28f2004, /* add r2, pc, #4: the next word but two */
	0xe7921100, /* ldr r1, [r2, r0, lsl #2] */
	0xe082f001, /* add pc, r2, r1 */
	8,	    16,		0xe3a00001, /* the first case: mov r0, #1 */
	0xe8bd8010,			    /* pop {r4, pc} */
	0xe3a00002,			    /* the second: mov r0, #2 */
	0xe8bd8010, 0xe8bd8010,
};

static const uint32_t leaf[] = {
	0xe3a03000, /* mov r3, #0 */
	0xe12fff1e, /* bx lr */
};

enum {
	CHAIN = CODE_TEXT,
	TABLE = CHAIN + sizeof(chain),
	LEAF = TABLE + sizeof(table),
	END = LEAF + sizeof(leaf)
};

static size_t words(uint8_t *to, const uint32_t *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < 4; k++)
			to[4 * i + k] = (uint8_t)(w[i] >> 8 * k);
	return 4 * n;
}

/* Opens a program of the three; its functions are named by pointers. */
static void look(struct code_program *p, struct fw_arena *a)
{
	static const uint32_t pointers[] = { CHAIN, TABLE, LEAF };
	uint8_t text[END - CODE_TEXT], data[sizeof(pointers)];
	struct code_plan plan = { .machine = EM_ARM };
	size_t n = 0;
	const char *why;

	n += words(text + n, chain, sizeof(chain) / 4);
	n += words(text + n, table, sizeof(table) / 4);
	n += words(text + n, leaf, sizeof(leaf) / 4);
	plan.text = fw_view_of(text, n);
	plan.data = fw_view_of(data, words(data, pointers, 3));
	assert_true(code_open(p, code_build(&plan, a), a, &why));
	code_find_starts(p);
}

static const struct code_function *function_at(struct code_program *p,
					       uint64_t address)
{
	uint32_t i = code_start_at(p, address);

	assert_int_not_equal(i, CODE_NO_FUNCTION);
	const struct code_function *f = code_function(p, i);

	assert_non_null(f);
	return f;
}

static void conditional_compares_are_one_literal(void **state)
{
	struct fw_arena a = { 0 };
	struct code_program p;
	struct code_compare *c;
	bool found = false;

	(void)state;
	look(&p, &a);
	size_t n = code_compares(&p, function_at(&p, CHAIN), &c);

	for (size_t i = 0; i < n; i++)
		if (fw_view_eq(c[i].literal, FW_STR("Ab7q"))) {
			found = true;
			assert_int_equal(c[i].kind, CODE_COMPARE_INLINE);
			assert_int_equal(c[i].links, 3);
		}
	assert_true(found);
	code_close(&p);
	fw_arena_free(&a);
}

static void tables_are_no_code(void **state)
{
	struct fw_arena a = { 0 };
	struct code_program p;
	bool first = false, second = false;

	(void)state;
	look(&p, &a);
	const struct code_function *f = function_at(&p, TABLE);

	for (uint32_t i = 0; i < f->block_count; i++) {
		const struct code_block *b = &f->blocks[i];

		assert_true(b->end <= TABLE + 24 || b->start >= TABLE + 32);
		first |= b->start == TABLE + 32 && b->reached;
		second |= b->start == TABLE + 40 && b->reached;
	}
	assert_true(first && second);
	code_close(&p);
	fw_arena_free(&a);
}

static bool stays(const struct code_kept *k, uint8_t reg)
{
	return (k->bits[reg / 64] >> (reg % 64) & 1) != 0;
}

static void what_is_not_written_stays(void **state)
{
	struct fw_arena a = { 0 };
	struct code_program p;

	(void)state;
	look(&p, &a);
	struct code_kept k = code_keeps(&p, code_start_at(&p, LEAF));

	assert_true(stays(&k, p.arch->args[1]));
	assert_false(stays(&k, p.arch->args[3]));
	k = code_keeps(&p, code_start_at(&p, CHAIN));
	assert_false(stays(&k, p.arch->args[1]));
	/* A jump through a register may lead anywhere. */
	k = code_keeps(&p, code_start_at(&p, TABLE));
	assert_false(stays(&k, p.arch->args[3]));
	code_close(&p);
	fw_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditional_compares_are_one_literal),
		cmocka_unit_test(tables_are_no_code),
		cmocka_unit_test(what_is_not_written_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
