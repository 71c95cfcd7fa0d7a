/* test_words.c - words that many programs use, and those of a literal */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/data.h"
#include "core/literals.h"
#include "core/words.h"

static void takes_words_apart(void **state)
{
	static const struct {
		const char *text, *words; /* parted by blanks */
	} rows[] = {
		{ "getHTTPStatus_2", "get http status 2" },
		{ "  x-Trace/ID ", "x trace id" },
		{ "HTTP", "http" },
		{ "ABc", "a bc" },
		{ "Spindle8859end", "spindle 8859 end" },
		/* A version's letter is no part of the word. */
		{ "OCFSV2 TLSv1 v6", "ocfs 2 tls v 1 v 6" },
		{ "!?%", "" },
		{ "", "" },
		/* Nor is there a word of more than 32 letters. */
		{ "abcdefghijklmnopqrstuvwxyzabcdefg hi", "hi" },
		{ "abcdefghijklmnopqrstuvwxyzabcdef hi",
		  "abcdefghijklmnopqrstuvwxyzabcdef hi" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_view rest = fw_view_str(rows[i].text);
		char got[128] = "";
		struct fw_word w;

		for (size_t n = 0; fw_next_word(&rest, &w);)
			n += (size_t)snprintf(got + n, sizeof(got) - n,
					      "%s%.*s", n > 0 ? " " : "",
					      (int)w.len, w.text);
		assert_string_equal(got, rows[i].words);
		assert_int_equal(rest.len, 0);
	}
}

static void bytes_that_are_no_text(void **state)
{
	uint8_t all[256];
	struct fw_word w;
	size_t words = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	struct fw_view rest = fw_view_of(all, sizeof(all));

	while (fw_next_word(&rest, &w))
		words++;
	assert_int_equal(words, 3); /* digits, capitals, letters */
}

static void how_many_make_one_known(void **state)
{
	(void)state;
	assert_int_equal(fw_word_least(4, 8, 10000), 8);
	assert_int_equal(fw_word_least(12, 8, 10000), 8);
	assert_int_equal(fw_word_least(3, 8, 10000), 24);
	assert_int_equal(fw_word_least(2, 8, 10000), 1250);
	assert_int_equal(fw_word_least(2, 8, 10), 8);
}

static bool known(const char *text)
{
	struct fw_view rest = fw_view_str(text);
	struct fw_word w;

	assert_true(fw_next_word(&rest, &w));
	return fw_word_is_known(&w);
}

static void knows_what_others_use(void **state)
{
	static const char *const yes[] = {
		"password",
		"telnet",
		"firmware",
		"8859",
		/* Put together, or with an ending. */
		"dnsclient",
		"firstfrag",
		"snmptrapd",
		"nodelay",
	};
	static const char *const no[] = {
		"sommerfrische", "tramontana", "xqzvkj", "4471893", "qu",
	};
	struct fw_view rest = FW_STR("password");
	struct fw_word w;

	(void)state;
	assert_false(fw_words_are_loaded());
	assert_false(known("password"));
	assert_true(fw_data_load(ASSAY_SOURCE_DIR "/rules/data"));
	assert_true(fw_words_are_loaded());
	assert_true(fw_data("words").len <= 200 * 1024);
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(known(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(known(no[i]));
	assert_true(fw_next_word(&rest, &w) && fw_word_is_listed(&w));
	w.len = 0;
	assert_false(fw_word_is_known(&w));
	w.len = FW_WORD_MAX + 1;
	assert_false(fw_word_is_known(&w) || fw_word_is_listed(&w));
	fw_data_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_words_apart),
		cmocka_unit_test(bytes_that_are_no_text),
		cmocka_unit_test(how_many_make_one_known),
		cmocka_unit_test(knows_what_others_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
