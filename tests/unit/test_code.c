/* test_code.c - functions, calls, compares and guards of real programs */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "code/guard.h"
#include "code/listing.h"
#include "code/trace.h"

static struct fw_view load(const char *path, struct fw_arena *a)
{
	FILE *f = fopen(path, "rb");
	long n;
	uint8_t *p;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	rewind(f);
	p = fw_alloc(a, (size_t)n, 1);
	assert_int_equal(fread(p, 1, (size_t)n, f), n);
	fclose(f);
	return fw_view_of(p, (size_t)n);
}

static void look(struct code_program *p, struct fw_view bytes,
		 struct fw_arena *a)
{
	const char *why;

	assert_true(code_open(p, bytes, a, &why));
	code_find_starts(p);
	code_find_wrappers(p);
	code_spread(p);
}

/* The guard whose trigger is a literal, over all functions. */
static bool guard_of(struct code_program *p, const char *literal,
		     struct code_guard *found)
{
	for (uint32_t i = 0; i < p->start_count; i++) {
		const struct code_function *f = code_function(p, i);
		struct code_guard *g;
		size_t n = f == NULL ? 0 : code_guards_of(p, f, &g);

		for (size_t k = 0; k < n; k++)
			if (g[k].best != CODE_SINK_NONE &&
			    fw_view_eq(g[k].compare->literal,
				       fw_view_str(literal))) {
				*found = g[k];
				return true;
			}
	}
	return false;
}

static void check(const char *path)
{
	struct fw_arena a = { 0 };
	struct code_program p;
	struct code_guard g;

	look(&p, load(path, &a), &a);
	assert_true(guard_of(&p, "Qz81-open", &g));
	assert_int_equal(g.best, CODE_SINK_COMMAND);
	assert_true(g.guards);
	assert_true(guard_of(&p, "hjk-77-Lq", &g));
	assert_int_equal(g.best, CODE_SINK_EXEC_SHELL);
	assert_true(guard_of(&p, "uptime", &g));
	assert_int_equal(g.best, CODE_SINK_CONSTANT);
	assert_false(guard_of(&p, "status", &g));
	assert_null(p.gave_up);
	code_close(&p);
	fw_arena_free(&a);
}

static void guards(void **state)
{
	(void)state;
	check(CODE_SAMPLE);
}

static void guards_without_symbols(void **state)
{
	(void)state;
	check(CODE_SAMPLES "hidden.stripped");
}

/* Section headers are for linkers; a program runs without. */
static void guards_without_sections(void **state)
{
	struct fw_arena a = { 0 };
	struct code_program p;
	struct code_guard g;
	struct fw_view v = load(CODE_SAMPLES "hidden.stripped", &a);
	uint8_t *bytes = (uint8_t *)fw_strdup(&a, v);
	bool wide = bytes[EI_CLASS] == ELFCLASS64;

	(void)state;
	memset(bytes + (wide ? 40 : 32), 0, wide ? 8 : 4);
	memset(bytes + (wide ? 60 : 48), 0, 4);
	look(&p, fw_view_of(bytes, v.len), &a);
	assert_true(guard_of(&p, "Qz81-open", &g));
	assert_int_equal(g.best, CODE_SINK_COMMAND);
	code_close(&p);
	fw_arena_free(&a);
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Damaged programs end somehow, and in bounds. */
static void damage(void **state)
{
	struct fw_arena a = { 0 };
	struct fw_view v = load(CODE_SAMPLES "hidden.stripped", &a);
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 60; round++) {
		struct fw_arena b = { 0 };
		struct code_program p;
		const char *why;
		struct code_guard g;
		uint8_t *bytes = (uint8_t *)fw_strdup(&b, v);
		size_t len = round % 3 == 0 ? next(&seed) % v.len : v.len;

		for (int k = 0; k < 1 + round; k++)
			bytes[next(&seed) % (k % 2 ? v.len : 1024)] =
				(uint8_t)next(&seed);
		if (code_open(&p, fw_view_of(bytes, len), &b, &why)) {
			code_find_starts(&p);
			code_find_wrappers(&p);
			guard_of(&p, "no such literal", &g);
			code_close(&p);
		}
		fw_arena_free(&b);
	}
	fw_arena_free(&a);
}

static void listing(void **state)
{
	struct fw_arena a = { 0 };
	struct code_program p;
	struct code_guard g;

	(void)state;
	look(&p, load(CODE_SAMPLE, &a), &a);
	assert_true(guard_of(&p, "Qz81-open", &g));
	for (uint32_t i = 0; i < p.start_count; i++)
		if (strcmp(code_name(&p, i), "answer") == 0) {
			const struct code_function *f = code_function(&p, i);
			const char *text =
				code_listing(&p, f, p.starts[i].address,
					     p.starts[i].end, 200);

			assert_non_null(strstr(text, "Qz81-open"));
			assert_non_null(strstr(text, "strncmp"));
		}
	code_close(&p);
	fw_arena_free(&a);
}

/* What a function waits for is found by following it; from nowhere nothing is.
 */
static void follows(void **state)
{
	struct fw_arena a = { 0 };
	struct code_program p;
	struct code_traced t;
	bool found = false;

	(void)state;
	look(&p, load(CODE_SAMPLES "ways.stripped", &a), &a);
	for (uint32_t i = 0; i < p.start_count; i++) {
		const struct code_function *f = code_function(&p, i);

		if (f == NULL || f->block_count == 0)
			continue;
		assert_false(code_trace(&p, f, CODE_NO_BLOCK, 0, &t));
		assert_false(code_trace(&p, f, f->block_count, 0, &t));
		for (uint32_t b = 0; b < f->block_count && !found; b++)
			found = code_trace(&p, f, b, 0, &t) &&
				fw_view_eq(t.literal, FW_STR("larkspur9"));
	}
	assert_true(found);
	code_close(&p);
	fw_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guards),
		cmocka_unit_test(guards_without_symbols),
		cmocka_unit_test(guards_without_sections),
		cmocka_unit_test(damage),
		cmocka_unit_test(listing),
		cmocka_unit_test(follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
