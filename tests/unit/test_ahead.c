/* test_ahead.c - blocks that a second process decodes */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/ahead.h"

enum { BLOCKS = 500, BLOCK = 128 * 1024 };

/* What the helper does wrong. */
enum fault {
	NOTHING,
	DIES,	    /* in the middle of a block */
	STRAYS,	    /* passes other blocks */
	FAILS,	    /* decodes none of them */
	LIES,	    /* says that more was decoded than there is room */
	NEVER_LIVES /* was not started */
};

static size_t length_of(uint64_t k)
{
	return (size_t)(k * 977 % BLOCK) + 1;
}

static void decode(uint64_t k, uint8_t *dst)
{
	memset(dst, (int)(k * 31 % 251), length_of(k));
}

_Noreturn static void help(struct fw_ahead *a, enum fault fault)
{
	uint8_t *dst = malloc(BLOCK);
	size_t n = 0;

	fw_ahead_join(a, true);
	fw_ahead_open(a, BLOCK);
	for (uint64_t k = 0; k < BLOCKS && dst != NULL; k++) {
		uint64_t key = fault == STRAYS && k > 50 ? k + 7 : k;

		if (fw_ahead_begin(a, key, dst, BLOCK, &n) != FW_TURN_DECODE)
			continue;
		if (fault == DIES && k > 50)
			_exit(1);
		decode(k, dst);
		fw_ahead_end(a, dst,
			     fault == LIES ? (size_t)BLOCK + 1 : length_of(k),
			     fault != FAILS);
	}
	_exit(0);
}

/* Every block is what it must be; returns how many the helper decoded. */
static unsigned run_job(struct fw_ahead *a)
{
	uint8_t *dst = malloc(BLOCK), *want = malloc(BLOCK);
	unsigned taken = 0;

	assert_non_null(dst);
	assert_non_null(want);
	for (uint64_t k = 0; k < BLOCKS; k++) {
		size_t n = 0;
		enum fw_turn turn = fw_ahead_begin(a, k, dst, BLOCK, &n);

		assert_int_not_equal(turn, FW_TURN_SKIP);
		if (turn == FW_TURN_DECODE) {
			n = length_of(k);
			decode(k, dst);
			fw_ahead_end(a, dst, n, true);
		} else {
			taken++;
		}
		decode(k, want);
		assert_int_equal(n, length_of(k));
		assert_memory_equal(dst, want, n);
		if (k % 16 == 0)
			usleep(200); /* lets the helper get ahead */
	}
	free(dst);
	free(want);
	return taken;
}

static unsigned run_with(enum fault fault)
{
	struct fw_ahead *a = fw_ahead_new();
	int pid = 0;

	assert_non_null(a);
	if (fault != NEVER_LIVES) {
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			help(a, fault);
	}
	fw_ahead_join(a, false);
	fw_ahead_open(a, BLOCK);
	unsigned taken = run_job(a);

	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	fw_ahead_free(a);
	return taken;
}

static void helper_decodes(void **state)
{
	(void)state;
	assert_true(run_with(NOTHING) > 0);
}

static void job_does_not_depend_on_it(void **state)
{
	static const enum fault faults[] = { DIES, STRAYS, NEVER_LIVES };

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		assert_true(run_with(faults[i]) < BLOCKS);
	assert_int_equal(run_with(FAILS), 0);
	assert_int_equal(run_with(LIES), 0);
}

static void large_blocks_are_not_shared(void **state)
{
	struct fw_ahead *a = fw_ahead_new();
	uint8_t byte = 0;
	size_t n = 0;

	(void)state;
	assert_non_null(a);
	fw_ahead_join(a, true);
	fw_ahead_open(a, SIZE_MAX / 2);
	assert_int_equal(fw_ahead_begin(a, 1, &byte, 1, &n), FW_TURN_SKIP);
	fw_ahead_open(a, 0);
	assert_int_equal(fw_ahead_begin(a, 1, &byte, 1, &n), FW_TURN_SKIP);
	fw_ahead_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(helper_decodes),
		cmocka_unit_test(job_does_not_depend_on_it),
		cmocka_unit_test(large_blocks_are_not_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
