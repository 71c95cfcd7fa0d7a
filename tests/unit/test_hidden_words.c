/* test_hidden_words.c - what the rest of an image says of a trigger */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "analyzers/hidden/wordset.h"
#include "tree_build.h"

extern const struct fw_analyzer fw_analyzer_hidden, fw_analyzer_hidden_words;

static void splits_as_a_reader_would(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "", "" },
		{ "four abc", "" },
		{ "Use w0rk-4-Me! or .debug.", "w0rk-4-Me .debug " },
		{ "<a href=\"/goform/sysinfo.htm\">", "goform sysinfo.htm " },
		{ "--verbose, user@host", "verbose user@host " },
		{ "'abc$$#x' \"EXTENDER-CMD\"\n", "abc$$#x EXTENDER-CMD " },
		{ "A234567890B234567890C234567890D234567890E", "" },
		{ "A234567890B234567890C234567890D234567890",
		  "A234567890B234567890C234567890D234567890 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_view rest = fw_view_str(rows[i].text), w;
		char all[256] = "";

		while (hidden_next_word(&rest, &w))
			snprintf(all + strlen(all), sizeof(all) - strlen(all),
				 "%.*s ", FW_FMT(w));
		assert_string_equal(all, rows[i].words);
	}
	assert_true(hidden_is_common(FW_STR("20061")));
	assert_true(hidden_is_common(FW_STR("192.168.1.1")));
	assert_true(hidden_is_common(FW_STR("javascript")));
	assert_false(hidden_is_common(FW_STR("2017_APLINK")));
}

/* n words that no other prefix makes. */
static struct fw_view words(struct fw_arena *a, const char *prefix, size_t n)
{
	char *text = fw_alloc(a, n + 1, 16);
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, 16, "%s%zu\n", prefix, i);
	return fw_view_of(text, at);
}

static void look(struct fw_mem *m, struct fw_view text)
{
	struct fw_object obj = { .bytes = text };

	if (fw_analyzer_hidden_words.wants(&obj))
		fw_analyzer_hidden_words.inspect(&obj, fw_mem_out(m, text));
}

static void filters_hold_and_hardly_err(void **state)
{
	static const size_t counts[] = { 1, 10, 999, 1001, 3000, 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct fw_mem m = { 0 };
		struct fw_arena a = { 0 };
		struct fw_view in = words(&a, "Word-", counts[i]), w;
		struct fw_view not = words(&a, "Other-", 20000);
		size_t wrong = 0;

		look(&m, in);
		struct fw_place p = { .facts = m.facts,
				      .fact_count = m.fact_count };

		assert_true(m.fact_count >= 1 && m.fact_count <= 5);
		for (size_t k = 0; k < m.fact_count; k++)
			assert_true(strlen(m.facts[k].value) <= 4096);
		while (hidden_next_word(&in, &w))
			assert_true(hidden_words_hold(&p, w));
		while (hidden_next_word(&not, &w))
			wrong += hidden_words_hold(&p, w);
		assert_true(wrong <= 6);
		fw_arena_free(&a);
		fw_mem_free(&m);
	}
}

static void too_many_or_none(void **state)
{
	struct fw_mem m = { 0 };
	struct fw_arena a = { 0 };
	struct fw_place empty = { .fact_count = 0 };

	(void)state;
	look(&m, words(&a, "Word-", HIDDEN_WORDS_MAX + 1));
	look(&m, FW_STR(""));
	look(&m, FW_STR("a b c d e f g h"));
	look(&m, FW_STR("\177ELF"));
	look(&m, FW_STR("\0\1\2\3\4binary-words\0\0"));
	assert_int_equal(m.fact_count, 0);
	assert_false(hidden_words_hold(&empty, FW_STR("anything")));
	fw_arena_free(&a);
	fw_mem_free(&m);
}

/* An image with a program of one candidate, and files of other words. */
struct scene {
	struct built *b;
	struct fw_mem *page;
	struct fw_mem result;
	char fact[256];
};

static void play(struct scene *s, const char *score, const char *trigger,
		 const char *page, unsigned others)
{
	uint32_t bin, etc, image;

	*s = (struct scene){ .b = calloc(1, sizeof(*s->b)),
			     .page = calloc(others + 1, sizeof(*s->page)) };
	image = built_system(s->b, &bin, &etc);
	snprintf(s->fact, sizeof(s->fact),
		 "%s\tx\t10\tcheck\t%s\ta value equals\tstarts a shell\t\tin "
		 "check\t",
		 score, trigger);
	built_fact(s->b, built_add(s->b, bin, "daemon", FW_FILE), "_hidden",
		   s->fact);
	for (unsigned i = 0; i <= others; i++) {
		const char *name = fw_sprintf(&s->b->arena, "file%u", i);
		struct fw_view text = fw_view_str(
			i > 0 ? fw_sprintf(&s->b->arena, "words-of-%s", name)
			      : page);

		look(&s->page[i], text);
		if (s->page[i].fact_count > 0)
			built_fact(s->b, built_add(s->b, etc, name, FW_FILE),
				   "_words", s->page[i].facts[0].value);
	}
	(void)image;
	fw_analyzer_hidden.correlate(&s->b->tree,
				     fw_mem_out(&s->result, FW_STR("")));
}

static void end(struct scene *s, unsigned others)
{
	for (unsigned i = 0; i <= others; i++)
		fw_mem_free(&s->page[i]);
	free(s->page);
	fw_mem_free(&s->result);
	built_free(s->b);
}

static void mentions_weigh(void **state)
{
	static const struct {
		const char *score, *trigger, *page;
		unsigned others;
		const char *kind, *says, *never;
	} rows[] = {
		/* Explained: no finding. */
		{ "7.00", "Qz81-open", "send Qz81-open to open", 30,
		  "hidden/worth-a-look",
		  "which 1 other file of the image "
		  "mentions (4.9)",
		  "nothing else" },
		/* Strong as it is, in spite of being explained. */
		{ "12.00", "Qz81-open", "send Qz81-open to open", 30,
		  "hidden/guarded-command", "which 1 other", "nothing else" },
		/* Nobody knows it. */
		{ "5.00", "Qz81-open", "nothing here", 30,
		  "hidden/guarded-command", "nothing else in the image",
		  "mentions (" },
		/* From further below silence alone alerts nobody. */
		{ "4.70", "Qz81-open", "nothing here", 30,
		  "hidden/worth-a-look", "nothing else in the image", "(5.9)" },
		/* Too small an image to say so. */
		{ "5.00", "Qz81-open", "nothing here", 5, "hidden/worth-a-look",
		  "(5.0)", "nothing else" },
		/* A part of the trigger is no mention, and no silence. */
		{ "5.00", "/mnt/sda1/firmware.upd", "get firmware.upd", 30,
		  "hidden/worth-a-look", "(5.0)", "mention" },
		/* A file is called so. */
		{ "5.00", "/sys/file7", "nothing here", 30,
		  "hidden/worth-a-look", "(5.0)", "mention" },
		/* Numbers and short words are not looked up. */
		{ "5.00", "0x12345678", "nothing here", 30,
		  "hidden/worth-a-look", "(5.0)", "mention" },
		{ "5.00", "abc", "abc", 30, "hidden/worth-a-look", "(5.0)",
		  "mention" },
		{ "5.00", "", "nothing here", 30, "hidden/worth-a-look",
		  "(5.0)", "mention" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		play(&s, rows[i].score, rows[i].trigger, rows[i].page,
		     rows[i].others);
		const struct fw_mem_finding *f =
			built_found(&s.result, rows[i].kind);

		assert_non_null(f);
		assert_int_equal(s.result.finding_count, 1);
		/* The list says it place by place, a finding once. */
		const char *text = f->severity == FW_INFO ? f->text : f->detail;

		assert_non_null(strstr(text, rows[i].says));
		assert_null(strstr(text, rows[i].never));
		end(&s, rows[i].others);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_as_a_reader_would),
		cmocka_unit_test(filters_hold_and_hardly_err),
		cmocka_unit_test(too_many_or_none),
		cmocka_unit_test(mentions_weigh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
