/* test_hidden_web.c - pages and CGI programs that open the device on a word */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "analyzers/hidden/hidden_lex.h"
#include "core/memory.h"

extern const struct fw_analyzer fw_analyzer_hidden_web;

static const struct {
	const char *path, *text;
	int severity; /* -1: silent */
} rows[] = {
	/* PHP */
	{ "/www/a.php",
	  "<?php if ($_GET['k'] == 'kx7731') { system($_GET['c']); }",
	  FW_HIGH },
	{ "/www/a.php",
	  "<html>if (<?php\n$c = $_POST['c'];\nif (md5($_POST['k']) ===\n"
	  "'5f4dcc3b5aa765d61d8327deb882cf99') eval($c); ?>",
	  FW_HIGH },
	{ "/www/a.php",
	  "<?php function f() { if ($_SERVER['HTTP_X_A'] != 'kx7731') {\n"
	  "die('no'); }\n exec($_REQUEST['c']); }",
	  FW_HIGH },
	{ "/www/a.php",
	  "<?php if (strcmp($_POST['p'], 'kx7731') == 0)\n"
	  "$_SESSION['is_admin'] = 1;",
	  FW_HIGH },
	{ "/www/a.php",
	  "<?php if ($_GET['k'] == 'kx7731') exec('/usr/sbin/telnetd -l sh');",
	  FW_HIGH },
	{ "/www/a.php",
	  "<?php if ($_POST['do'] == 'run') { passthru($_POST['line']); }",
	  FW_MEDIUM },
	{ "/www/a.php", "<?php if ($_POST['do'] == 'on') exec('telnetd');",
	  FW_LOW },
	{ "/www/a.php", "<?php if ($_POST['do'] == 'on') exec('reboot');", -1 },
	{ "/www/a.php",
	  "<?php if ($_POST['k'] == 'kx7731') exec('ping ' . $_POST['h']);",
	  -1 },
	{ "/www/a.php",
	  "<?php if ($_POST['k'] == 'kx7731') $db->exec($_POST['h']);", -1 },
	{ "/www/a.php",
	  "<?php // if ($_GET['k'] == 'kx7731') { system($_GET['c']); }", -1 },
	{ "/www/a.php",
	  "<?php $s = \"if ($_GET['k'] == 'kx7731') system($_GET['c']);\";",
	  -1 },
	{ "/www/a.php", "<?php if ($mode == 'kx7731') { system($_GET['c']); }",
	  -1 },
	{ "/www/a.php",
	  "<?php if ($_GET['k'] == 'kx7731') { $a = 1; } system($_GET['c']);",
	  -1 },
	{ "/www/a.php",
	  "<?php if ($_POST['pw'] == $conf['pw']) $_SESSION['login'] = 1;",
	  -1 },
	{ "/www/a.php",
	  "<?php if ($_POST['do'] == 'login') $_SESSION['login'] = 1;", -1 },
	{ "/www/a.php",
	  "<?php $c = $_GET['c']; $c = 'ls';\nif ($_GET['k'] == 'kx7731')"
	  "system($c);",
	  -1 },
	{ "/www/a.php",
	  "<?php if ($_GET['k'] == 'kx7731') $o = `{$_GET['c']}`;", FW_HIGH },
	{ "/www/a.php",
	  "<?php switch ($_GET['k']) { case 'kx7731': system($_GET['c']); }",
	  FW_HIGH },
	{ "/www/a.php",
	  "<?php switch ($_GET['k']) { case 'kx7731': break;\n"
	  "case 'run': system($_GET['c']); }",
	  -1 },
	{ "/www/a.php", "<?php if ($_GET['k'] == 'kx7731') $o = `ls`;", -1 },
	/* Perl */
	{ "/cgi-bin/a.pl",
	  "my $c = $q->param('c');\nif ($c =~ /^[a-z\"]+$/) { print 1; }\n"
	  "if ($q->param('k') eq 'kx7731') { exec($c); }",
	  FW_HIGH },
	{ "/cgi-bin/a",
	  "#!/usr/bin/perl\nmy $c = param('c');\n"
	  "if (param('k') eq 'kx7731') { system($c); }",
	  FW_HIGH },
	{ "/cgi-bin/a.pl",
	  "=pod\nif (param('k') eq 'kx7731') { system(param('c')); }\n=cut\n",
	  -1 },
	{ "/cgi-bin/a.pl", "if ($ARGV[0] eq 'kx7731') { system($ARGV[1]); }",
	  -1 },
	/* Lua */
	{ "/usr/lib/lua/a.lua",
	  "local k = luci.http.formvalue(\"k\")\n"
	  "if k == \"kx7731\" then\n  for i = 1, 2 do x() end\n"
	  "  os.execute(luci.http.formvalue(\"c\"))\nend",
	  FW_HIGH },
	{ "/usr/lib/lua/a.lua",
	  "if luci.http.formvalue(\"k\") == \"kx7731\" then x() else\n"
	  "os.execute(luci.http.formvalue(\"c\")) end",
	  -1 },
	{ "/usr/lib/lua/a.lua",
	  "--[[ if luci.http.formvalue(\"k\") == \"kx7731\" then ]]\n"
	  "os.execute(luci.http.formvalue(\"c\"))",
	  -1 },
	/* Python */
	{ "/cgi-bin/a.py",
	  "k = form.getvalue('k')\nif k == 'kx7731':\n    x = 1\n"
	  "    os.system(form.getvalue('c'))\n",
	  FW_HIGH },
	{ "/cgi-bin/a.py",
	  "if form.getvalue('k') == 'kx7731':\n    x = 1\n"
	  "os.system(form.getvalue('c'))\n",
	  -1 },
	{ "/cgi-bin/a.py",
	  "'''\nif form.getvalue('k') == 'kx7731':\n  "
	  "os.system(form.getvalue('c'))'''\n",
	  -1 },
	{ "/a.php", "", -1 },
	{ "/a.php", "<?php if (", -1 },
	{ "/a.txt", "<?php if ($_GET['k'] == 'kx7731') system($_GET['c']);",
	  -1 },
};

static void look(struct fw_mem *m, const char *path, const char *text, size_t n)
{
	uint8_t *copy = test_malloc(n + 1);

	memcpy(copy + 1, text, n);
	struct fw_view v = fw_view_of(copy + 1, n);
	struct fw_object obj = { .path = path };

	*m = (struct fw_mem){ 0 };
	if (fw_analyzer_hidden_web.wants(&obj)) {
		obj.bytes = v;
		fw_analyzer_hidden_web.inspect(&obj, fw_mem_out(m, v));
	}
	test_free(copy);
}

static void words_that_open(void **state)
{
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		look(&m, rows[i].path, rows[i].text, strlen(rows[i].text));
		if (m.finding_count != (rows[i].severity >= 0))
			print_error("row: %s\n", rows[i].text);
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
		for (size_t n = 0; n < strlen(rows[i].text); n++) {
			look(&m, rows[i].path, rows[i].text, n);
			fw_mem_free(&m);
		}
}

/* One mebibyte of what would cost most: each is read in one pass. */
static void many_of_everything(void **state)
{
	static const char *const parts[] = { "if ($_GET['k'] == 'kx7731') {",
					     "((((",
					     "/*",
					     "<<<A\n",
					     "'\\",
					     "$a = $_GET['a'] ",
					     "if x then ",
					     "\nif x:\n " };
	static const char *const paths[] = { "/a.php", "/a.pl", "/a.lua",
					     "/a.py" };
	static char text[LEX_BYTES_MAX];
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < 4 * sizeof(parts) / sizeof(parts[0]); i++) {
		const char *part = parts[i / 4];
		size_t len = strlen(part), n = 0;

		memcpy(text, "<? ", 3);
		for (n = 3; n + len <= sizeof(text); n += len)
			memcpy(text + n, part, len);
		look(&m, paths[i % 4], text, n);
		fw_mem_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_that_open),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(many_of_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
