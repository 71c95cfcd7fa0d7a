/* test_hidden.c - the searches for hidden functions, on a program with some */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/data.h"
#include "core/memory.h"

extern const struct fw_analyzer fw_analyzer_hidden, fw_analyzer_hidden_auth,
	fw_analyzer_hidden_date, fw_analyzer_hidden_found,
	fw_analyzer_hidden_gate, fw_analyzer_hidden_guard,
	fw_analyzer_hidden_loop, fw_analyzer_hidden_received,
	fw_analyzer_hidden_secret, fw_analyzer_hidden_start,
	fw_analyzer_hidden_state, fw_analyzer_hidden_table;

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

/* All searches in the registry's order, then the correlator. */
static void search(const char *path, struct fw_mem *m, struct fw_mem *image)
{
	static const struct fw_analyzer *const all[] = {
		&fw_analyzer_hidden_guard,    &fw_analyzer_hidden_auth,
		&fw_analyzer_hidden_received, &fw_analyzer_hidden_gate,
		&fw_analyzer_hidden_date,     &fw_analyzer_hidden_state,
		&fw_analyzer_hidden_start,    &fw_analyzer_hidden_table,
		&fw_analyzer_hidden_secret,   &fw_analyzer_hidden_loop,
		&fw_analyzer_hidden_found,
	};
	struct fw_object_cache cache = { 0 };
	struct fw_view bytes = load(path, &m->arena);
	struct fw_object obj = { .bytes = bytes,
				 .format = "elf",
				 .cache = &cache };
	struct fw_out *o = fw_mem_out(m, bytes);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->wants(&obj))
			all[i]->inspect(&obj, o);
	const struct fw_place places[] = {
		{ .path = "image", .parent = UINT32_MAX, .content = 0 },
		{ .path = "image/bin/sample",
		  .parent = 0,
		  .content = 1,
		  .facts = m->facts,
		  .fact_count = m->fact_count },
	};
	struct fw_tree tree = { .places = places, .count = 2 };

	fw_analyzer_hidden.correlate(&tree, fw_mem_out(image, FW_STR("")));
}

/* The score of the candidate with this trigger; 0: none. */
static double score(const struct fw_mem *m, const char *trigger,
		    const char *signal)
{
	for (size_t i = 0; i < m->fact_count; i++)
		if (strcmp(m->facts[i].key, "hidden.candidate") == 0 &&
		    strstr(m->facts[i].value, trigger) != NULL &&
		    strstr(m->facts[i].value, signal) != NULL)
			return strtod(m->facts[i].value, NULL);
	return 0;
}

static size_t high(const struct fw_mem *image)
{
	size_t n = 0;

	for (size_t i = 0; i < image->finding_count; i++)
		n += image->findings[i].severity >= FW_HIGH;
	return n;
}

static void hidden_functions(void **state)
{
	struct fw_mem m = { 0 }, image = { 0 };

	(void)state;
	search(CODE_SAMPLES "hidden.stripped", &m, &image);
	assert_true(score(&m, "\"Qz81-open\"", "hidden_guard") > 7.5);
	assert_true(score(&m, "\"hjk-77-Lq\"", "hidden_guard") > 7.5);
	assert_true(score(&m, "\"w0rk-4-Me!\"", "hidden_auth") > 7);
	assert_true(score(&m, "\"/mnt/usb/.debug\"", "hidden_gate") > 5);
	assert_true(score(&m, "runs it as a command", "hidden_received") > 7.5);
	assert_true(score(&m, "\"xmore\"", "hidden_table") > 7.5);
	assert_true(high(&image) >= 5);
	fw_mem_free(&m);
	fw_mem_free(&image);
}

static void names_prove_nothing(void **state)
{
	struct fw_mem m = { 0 }, image = { 0 };

	(void)state;
	search(CODE_SAMPLE, &m, &image);
	assert_true(score(&m, "\"Ux5-quay7\"", "hidden_guard") > 7.5);
	fw_mem_free(&m);
	fw_mem_free(&image);
}

/* Doors of less obvious kinds; those of weak effect are listed, no more. */
static void doors(void **state)
{
	struct fw_mem m = { 0 }, image = { 0 };

	(void)state;
	search(CODE_SAMPLES "doors.stripped", &m, &image);
	assert_true(score(&m, "\"Vq4#mT8z\"", "hidden_secret") > 5);
	assert_true(score(&m, "\"m4x-survey\"", "hidden_auth") > 7);
	/* The number as it lies in memory, or as it is written. */
	assert_true(score(&m, "runs a command from a buffer",
			  "hidden_guard") > 7);
	assert_true(score(&m, "gives out what is secret", "") > 7);
	assert_true(score(&m, "accounts or keys: /etc/passwd", "") > 7);
	assert_true(score(&m, "\"/mnt/usb/.k7x\"", "hidden_gate") > 7);
	assert_true(score(&m, "unlocks what gives control", "hidden_state") >
		    5);
	assert_true(score(&m, "\"x9probe\"", "hidden_table") > 7);
	assert_true(score(&m, "\"lintel-jig04\"", "keeps whether") > 4);
	assert_true(score(&m, "\"*KZV=\"", "init.d/S98local") > 7);
	assert_true(score(&m, "\"b7-Marlin-x2\"", "hidden_secret") > 7);
	assert_true(high(&image) >= 6);
	fw_mem_free(&m);
	fw_mem_free(&image);
}

/* The same, statically linked: what nothing but a pointer leads to is a function
 * by .eh_frame alone, and fopen() is known by what it calls. */
static void doors_of_static(void **state)
{
	struct fw_mem m = { 0 }, image = { 0 };

	(void)state;
	search(CODE_SAMPLES "static.stripped", &m, &image);
	assert_true(score(&m, "\"x9probe\"", "hidden_table") > 7);
	assert_true(score(&m, "accounts or keys: /etc/passwd", "") > 7);
	/* strcasecmp() is told by nothing but its use. */
	assert_true(score(&m, "\"m4x-survey\"", "") > 5);
	fw_mem_free(&m);
	fw_mem_free(&image);
}

/* What shows only when a function is followed: texts are told decoded. */
static void ways(void **state)
{
	struct fw_mem m = { 0 }, image = { 0 };

	(void)state;
	search(CODE_SAMPLES "ways.stripped", &m, &image);
	assert_true(score(&m, "\"larkspur9\"", "/etc/passwd") > 7);
	assert_true(score(&m, "\"mellitus-x4\"", "hidden_secret") > 5);
	assert_true(score(&m, "\"*QNDX=\"", "init.d/S99local") > 7);
	assert_true(score(&m, "\"hushnote\"", "runs a command from a buffer") >
		    7);
	assert_true(score(&m, "\"zephyr-rig7\"", "gives a right") > 6);
	assert_true(score(&m, "\"mossfield\"", "runs a command") > 7);
	/* A fixed program that gets a connection is no shell. */
	assert_true(score(&m, "\"\"", "gives it a shell") == 0);
	assert_true(high(&image) >= 4);
	fw_mem_free(&m);
	fw_mem_free(&image);
}

/* What only answers its host is read, too. */
static void plug_in(void **state)
{
	struct fw_mem m = { 0 }, image = { 0 };

	(void)state;
	search(CODE_SAMPLES "plug.stripped", &m, &image);
	assert_true(score(&m, "\"Kelterhaus 3b\"", "hidden_secret") > 0);
	assert_true(score(&m, "\"/.grindel_2217\"", "hidden_gate") > 0);
	assert_true(score(&m, "\"/media/usb/zapfhahn.lst\"", "hidden_gate") >
		    5);
	assert_true(score(&m, "\"Gerbera-4417\"", "hidden_secret") > 0);
	assert_true(score(&m, "\"Rundling-66x\"", "hidden_loop") > 1);
	assert_true(score(&m, "trigger=\"\"", "hidden_date") > 3);
	assert_true(score(&m, "signal=hidden_secret trigger=\"0x", "") > 3);
	fw_mem_free(&m);
	fw_mem_free(&image);
}

/* Three of its functions wait for their time, and three need not be told of. */
static void clocks(void **state)
{
	struct fw_mem m = { 0 }, image = { 0 };
	const char *functions[8] = { NULL };
	size_t found = 0;

	(void)state;
	search(CODE_SAMPLES "clock.stripped", &m, &image);
	for (size_t i = 0; i < m.fact_count; i++) {
		const char *value = m.facts[i].value, *f;
		size_t k = 0;

		if (strcmp(m.facts[i].key, "hidden.candidate") != 0 ||
		    strtod(value, NULL) <= 5)
			continue;
		assert_non_null(strstr(value, "hidden_date"));
		assert_non_null(f = strstr(value, "function="));
		while (k < found && strncmp(functions[k], f, 15) != 0)
			k++;
		assert_true(k < 8);
		if (k == found)
			functions[found++] = f;
	}
	assert_int_equal(found, 3);
	assert_true(high(&image) >= 3);
	fw_mem_free(&m);
	fw_mem_free(&image);
}

static void sealed(void **state)
{
	struct fw_mem m = { 0 }, image = { 0 };

	(void)state;
	search(CODE_SAMPLES "sealed.stripped", &m, &image);
	assert_int_equal(high(&image), 0);
	fw_mem_free(&m);
	fw_mem_free(&image);
}

static void innocent(void **state)
{
	struct fw_mem m = { 0 }, image = { 0 };

	(void)state;
	search(CODE_SAMPLES "clean.stripped", &m, &image);
	assert_int_equal(high(&image), 0);
	assert_true(score(&m, "\"status\"", "") < 2);
	assert_true(score(&m, "\"/etc/sample.conf\"", "") < 2);
	fw_mem_free(&m);
	fw_mem_free(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hidden_functions),
		cmocka_unit_test(names_prove_nothing),
		cmocka_unit_test(innocent),
		cmocka_unit_test(doors),
		cmocka_unit_test(doors_of_static),
		cmocka_unit_test(ways),
		cmocka_unit_test(sealed),
		cmocka_unit_test(plug_in),
		cmocka_unit_test(clocks),
	};

	/* As every scan has it: what words programs use, and literals. */
	return fw_data_load(ASSAY_SOURCE_DIR "/rules/data")
		       ? cmocka_run_group_tests(tests, NULL, NULL)
		       : 1;
}
