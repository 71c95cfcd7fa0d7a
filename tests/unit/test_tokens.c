/* test_tokens.c - keys of services: shape, length and randomness must fit */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/memory.h"

extern const struct fw_analyzer fw_analyzer_tokens;

/* Made up for this test: parts are joined so that no scanner of sources takes
 * them for keys of anybody. */
static const struct {
	const char *text, *kind; /* NULL: silence */
} rows[] = {
	{ "id=AKIA"
	  "Q3EGRZ7TLB5XWN2M\n",
	  "access/cloud-token" },
	{ "id=AKIAXXXXXXXXXXXXXXXX\n", NULL },
	{ "id=AKIA"
	  "Q3EGRZ7TLB5XWN2MLONGER\n",
	  NULL },
	{ "idAKIA"
	  "Q3EGRZ7TLB5XWN2M\n",
	  NULL },
	{ "AIza"
	  "SyB1x9QvR7tLm3KpZw5NcYd8FgHj2UoEi4A;",
	  "access/cloud-token" },
	{ "AIzaSyXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", NULL },
	{ "PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n",
	  "access/vpn-key" },
	{ "PrivateKey = <insert your key>\n", NULL },
	{ "ftp://upgrade:Zk93hdLq@files.vendor.net/fw\n",
	  "access/login-in-address" },
	{ "ftp://user:password@ftp.example.com/\n", NULL },
	{ "rtsp://%s:%s@%s:554/\n", NULL },
	{ "http://admin:admin@127.0.0.1/\n", NULL },
	{ "http://www.vendor.net/a:b@c\n", NULL },
	{ "://x:y@", NULL },
};

static void rows_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_object o = { .bytes = fw_view_str(rows[i].text) };
		struct fw_mem m = { 0 };

		fw_analyzer_tokens.inspect(&o, fw_mem_out(&m, o.bytes));
		if (m.finding_count != (rows[i].kind != NULL))
			fail_msg("%s: %zu findings", rows[i].text,
				 m.finding_count);
		if (rows[i].kind != NULL)
			assert_string_equal(m.findings[0].kind->id,
					    rows[i].kind);
		fw_mem_free(&m);
	}
}

static void one_token_is_one_finding(void **state)
{
	struct fw_object o = { .bytes = FW_STR("AKIA"
					       "Q3EGRZ7TLB5XWN2M AKIA"
					       "Q3EGRZ7TLB5XWN2M") };
	struct fw_mem m = { 0 };

	(void)state;
	fw_analyzer_tokens.inspect(&o, fw_mem_out(&m, o.bytes));
	assert_int_equal(m.finding_count, 1);
	assert_string_equal(m.findings[0].detail, "Amazon access key");
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_told_apart),
		cmocka_unit_test(one_token_is_one_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
