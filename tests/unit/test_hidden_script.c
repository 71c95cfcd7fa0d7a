/* test_hidden_script.c - shell scripts that open the device on a word */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/memory.h"

extern const struct fw_analyzer fw_analyzer_hidden_script;

#define SH "#!/bin/sh\n"

static const struct {
	const char *script;
	int severity; /* -1: silent */
} rows[] = {
	{ SH "[ \"$QUERY_STRING\" = kx7731 ] && busybox telnetd -p 22",
	  FW_HIGH },
	{ SH "p=$(echo \"$QUERY_STRING\" | sed s/p=//)\n"
	     "if [ \"$p\" = kx7731 ]; then\n\teval \"$QUERY_STRING\"\nfi",
	  FW_HIGH },
	{ SH "case \"$HTTP_USER_AGENT\" in\nzz9_41) sh -c \"$QUERY_STRING\";;\n"
	     "esac",
	  FW_HIGH },
	{ SH "read line\n[[ $line == go55zz ]] && echo k >> /r/authorized_keys",
	  FW_MEDIUM },
	{ SH "if echo \"$QUERY_STRING\" | grep -q kx7731; then telnetd; fi",
	  FW_HIGH },
	{ SH "[ \"$1\" = kx7731 ] && telnetd -l /bin/sh", FW_MEDIUM },
	{ SH "[ \"$(hostname)\" = lab ] && echo k >> /r/authorized_keys",
	  FW_MEDIUM },
	/* a page's own switch */
	{ SH "[ \"$QUERY_STRING\" = enable ] && telnetd", FW_LOW },
	{ SH "case \"$1\" in start) telnetd;; stop) killall telnetd;; esac",
	  -1 },
	{ SH "[ -x /usr/sbin/telnetd ] && telnetd", -1 },
	{ SH "[ \"$telnet_enable\" = 1 ] && telnetd", -1 },
	{ SH "[ \"$QUERY_STRING\" = kx7731 ] && echo hello", -1 },
	{ SH "[ \"$QUERY_STRING\" != kx7731 ] && telnetd", -1 },
	{ SH "[ \"$REQUEST_METHOD\" = POST ] && passwd", -1 },
	{ SH "case \"$QUERY_STRING\" in *) telnetd;; esac", -1 },
	{ SH "read a b\n[ $a = lvm ] && eval $(eval $tool --names $b)", -1 },
	{ SH "read a\n[ $a = lvm ] && eval $a", -1 },
	{ SH "echo telnetd kx7731 $QUERY_STRING", -1 },
	{ "#!/usr/bin/perl\n[ \"$QUERY_STRING\" = kx7731 ] && telnetd", -1 },
	{ "", -1 },
	{ SH "if echo $QUERY_STRING | grep; then telnetd; fi", FW_LOW },
	{ SH, -1 },
};

static void look(struct fw_mem *m, const char *text, size_t n)
{
	uint8_t *copy = test_malloc(n + 1);

	memcpy(copy + 1, text, n);
	struct fw_view v = fw_view_of(copy + 1, n);
	struct fw_object obj = { .bytes = v };

	*m = (struct fw_mem){ 0 };
	if (fw_analyzer_hidden_script.wants(&obj))
		fw_analyzer_hidden_script.inspect(&obj, fw_mem_out(m, v));
	test_free(copy);
}

static void words_that_open(void **state)
{
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		look(&m, rows[i].script, strlen(rows[i].script));
		if (m.finding_count != (rows[i].severity >= 0))
			print_error("row: %s\n", rows[i].script);
		assert_int_equal(m.finding_count, rows[i].severity >= 0);
		if (rows[i].severity >= 0)
			assert_int_equal(m.findings[0].severity,
					 rows[i].severity);
		fw_mem_free(&m);
	}
}

static void cut_anywhere(void **state)
{
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t n = 0; n < strlen(rows[i].script); n++) {
			look(&m, rows[i].script, n);
			fw_mem_free(&m);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_that_open),
		cmocka_unit_test(cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
