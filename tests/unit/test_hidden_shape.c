/* test_hidden_shape.c - how literals and numbers look */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "analyzers/hidden/hidden.h"

static float look(const char *text, enum code_compare_kind kind)
{
	const struct code_compare c = { .kind = kind,
					.literal = fw_view_str(text) };

	return hidden_looks(&c, 1);
}

static void marks(void **state)
{
	static const uint64_t yes[] = { 0x314d4143, 0x6d736702, 0xc0dedbad,
					0xdead000a, 0xbab1e,	0x26011999,
					0x19890721 },
			      no[] = { 0x9d27e4b3, 0x2f9ad36b,
				       0x16150804, 0x668fb270ed981bb2 };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(hidden_is_mark(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(hidden_is_mark(no[i]));
}

static void given_out(void **state)
{
	static const char *const yes[] = { "stowsid=",
					   "HWaddr ",
					   "org.bluez.Agent1",
					   "yescrypt-ROMhash",
					   "ghijklm",
					   "/proc/cmdline" },
				 *const no[] = { "Kesselhaus 7b", "harvest-91",
						 "lane=4x2", "plumbline" };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(hidden_is_given_out(fw_view_str(yes[i])));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(hidden_is_given_out(fw_view_str(no[i])));
}

static void looks(void **state)
{
	const float plain = look("plumbline", CODE_COMPARE_CALL);

	(void)state;
	/* A name and its value count when they are compared as one. */
	assert_true(look("lane=4x2", CODE_COMPARE_CALL) > plain);
	assert_true(look("lane=4x2", CODE_COMPARE_SEARCH) <=
		    look("lane-4x2", CODE_COMPARE_SEARCH));
	assert_true(look("plumbline=", CODE_COMPARE_CALL) < plain);
	assert_true(look("Not_Conn_", CODE_COMPARE_CALL) < plain);
	/* What texts have to look like is no text; with a word in it, it is. */
	assert_true(look("^T-00[0-9][1-9]$", CODE_COMPARE_CALL) < plain);
	assert_true(look("^T-00[0-9][1-9]$", CODE_COMPARE_CALL) <
		    look("^weitblick[ -]?7$", CODE_COMPARE_CALL));
	assert_true(look("$plumblin", CODE_COMPARE_CALL) <
		    look("#plumblin", CODE_COMPARE_CALL));
	assert_true(look("$2b$", CODE_COMPARE_CALL) < plain - 2);
	assert_true(look("", CODE_COMPARE_CALL) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks),
		cmocka_unit_test(given_out),
		cmocka_unit_test(looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
