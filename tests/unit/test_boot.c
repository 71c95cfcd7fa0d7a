/* test_boot.c - the analyzers that turn scripts, tables and programs into facts
 * about what is started
 */
#include <stdio.h>

#include "elf_build.h"

extern const struct fw_analyzer fw_analyzer_shell, fw_analyzer_boot_tables,
	fw_analyzer_boot_units, fw_analyzer_elf_starts, fw_analyzer_boot_env;

/* All facts as lines "key value", tabs as '|'. */
static const char *facts(struct fw_arena *a, const struct fw_analyzer *by,
			 const char *path, struct fw_view bytes)
{
	struct fw_mem m = { 0 };
	struct fw_meta meta = FW_META(.name = "x");
	struct fw_object obj = { .bytes = bytes,
				 .path = by->placed ? path : NULL,
				 .meta = by->placed ? &meta : NULL };
	struct fw_out *out = fw_mem_out(&m, bytes);
	char *text = fw_strdup(a, FW_STR(""));

	if (by->wants(&obj))
		by->inspect(&obj, out);
	for (size_t i = 0; i < m.fact_count; i++)
		text = fw_sprintf(a, "%s%s %s\n", text, m.facts[i].key,
				  m.facts[i].value);
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	for (char *p = text; *p != '\0'; p++)
		*p = *p == '\t' ? '|' : *p;
	return text;
}

struct row {
	const struct fw_analyzer *by;
	const char *path, *text, *want;
};

#define TABLES &fw_analyzer_boot_tables
#define UNITS  &fw_analyzer_boot_units
#define SHELL  &fw_analyzer_shell

static const struct row rows[] = {
	/* tables */
	{ TABLES, "/etc/inittab",
	  "# no\n::sysinit:/etc/rcS a\nttyS0::askfirst:-/bin/sh\n"
	  "l0:0:wait:/etc/rc 0\n1:2345:respawn:/sbin/getty tty1\nbad\n",
	  "boot.starts 2|sysinit|/etc/rcS a||inittab|root\n"
	  "boot.starts 3|askfirst ttyS0|/bin/sh||inittab|root\n"
	  "boot.starts 5|respawn 1|/sbin/getty tty1||inittab|root\n" },
	{ TABLES, "/x/inittab", "::sysinit:/etc/rcS\n", "" },
	{ TABLES, "/etc/inetd.conf",
	  "telnet stream tcp nowait root /usr/sbin/tcpd in.telnetd -a\n"
	  "time stream tcp nowait root internal\n#ftp stream tcp nowait root "
	  "x\n"
	  "ftp stream tcp nowait.50 user /bin/busybox ftpd -w\n",
	  "boot.starts 1|telnet/tcp|in.telnetd -a||inetd|root\n"
	  "boot.starts 4|ftp/tcp|/bin/busybox ftpd -w||inetd|user\n" },
	{ TABLES, "/etc/crontab",
	  "SHELL=/bin/sh\n*/5 * * * * root test -x /a && /a\n@reboot root /b\n",
	  "boot.starts 2|*/5 * * * *|test -x /a||cron|root\n"
	  "boot.starts 2|*/5 * * * *|/a|exists /a|cron|root\n"
	  "boot.starts 3|@reboot|/b||cron|root\n" },
	{ TABLES, "/etc/crontabs/root", "0 3 * * 1 /bin/c\nfoo\n",
	  "boot.starts 1|0 3 * * 1|/bin/c||cron|root\n" },
	{ TABLES, "/etc/mdev.conf",
	  "sd[a-z] root:disk 660 =disks/ *(/etc/hot.sh)\nnull 0:0 666\n"
	  "mmc 0:0 660 @/in.sh $MDEV\n",
	  "boot.starts 1|changed sd[a-z]|/etc/hot.sh||mdev|root\n"
	  "boot.starts 3|added mmc|/in.sh ${MDEV}||mdev|root\n" },
	{ TABLES, "/lib/udev/rules.d/9.rules",
	  "KERNEL==\"sd*\", RUN+=\"/bin/u %k\", RUN{builtin}+=\"kmod\"\n",
	  "boot.starts 1|KERNEL==\"sd*\"|/bin/u %k||udev|root\n" },
	/* units */
	{ UNITS, "/lib/systemd/system/a.service",
	  "[Unit]\nConditionPathExists=/x\n[Service]\nExecStart=-/bin/a -d\n"
	  "User=web\n[Install]\nWantedBy=multi-user.target\n",
	  "unit.if ConditionPathExists /x\n"
	  "boot.starts 4|unit|/bin/a -d||systemd|web\n"
	  "unit.wanted multi-user.target\n" },
	{ UNITS, "/etc/xinetd.d/t",
	  "service telnet\n{\n user = nobody\n server = /bin/t\n"
	  " server_args = -h\n disable = no\n}\nservice x\n{\n server = /y\n"
	  " disable = yes\n}\n",
	  "boot.starts 1|telnet/tcp|/bin/t -h||xinetd|nobody\n" },
	{ UNITS, "/init.rc",
	  "on boot\n  setprop a 1\n  mkdir /x\nservice adbd /sbin/adbd --x\n"
	  "  user shell\n  disabled\nservice b /bin/b\n",
	  "boot.starts 2|on boot|setprop a 1||android|root\n"
	  "boot.starts 4|service adbd disabled|/sbin/adbd --x||android|shell\n"
	  "boot.starts 7|service b|/bin/b||android|root\n" },
	/* scripts */
	{ SHELL, "",
	  "#!/bin/sh\nP=/bin/p\necho x\n. /etc/v\n$P -d &\n"
	  "echo y > /etc/z\necho z >/dev/null\n",
	  "shell.script whole\nshell.sets P=/bin/p\n"
	  "shell.sources 4|-|/etc/v|\nshell.runs 5|&|/bin/p -d|\n"
	  "shell.writes 6|-|/etc/z||echo y\n" },
	{ SHELL, "", "#!/bin/sh /etc/rc.common\nstart() {\n\t/bin/a\n}\n",
	  "shell.script whole\nshell.wrapper /etc/rc.common\n"
	  "shell.runs 3|entry=start|/bin/a|\n" },
	{ SHELL, "", "mkdir /tmp/x\ncp /a /b\n/bin/appd &\n",
	  "shell.runs 2|-|cp /a /b|\nshell.runs 3|&|/bin/appd|\n" },
	{ SHELL, "", "wr_value.7\n", "_text.line wr_value.7\n" },
	{ SHELL, "", "s=`md5sum /tmp/f`\n[ $s = 1 ] && exit\n",
	  "shell.runs 1|-|$(md5sum\\ /tmp/f)|\n" },
	/* texts that are no scripts */
	{ SHELL, "", "#!/usr/bin/perl\nsystem(\"x\");\n", "" },
	{ SHELL, "", "root:x:0:0::/root:/bin/sh\nbin:x:1:1::/:/bin/sh\n", "" },
	{ SHELL, "", "<html>\n<body onload=x()>\n</html>\n", "" },
	{ SHELL, "", "int main(void) { return 0; }\nvoid f();\n", "" },
	{ SHELL, "", "/bin/sh\n/bin/ash\n/bin/bash\n", "" },
	{ SHELL, "", "proc /proc proc defaults 0 0\n/dev/x / ext4 ro 0 1\n",
	  "" },
	{ SHELL, "", "password=hunter2\nssid=home\n", "" },
};

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_arena a = { 0 };

		assert_string_equal(facts(&a, rows[i].by, rows[i].path,
					  fw_view_str(rows[i].text)),
				    rows[i].want);
		fw_arena_free(&a);
	}
}

/* Cut anywhere, and with any byte wrong, they say what they can and end. */
static void damaged_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_view v = fw_view_str(rows[i].text);

		for (size_t n = 0; n < 2 * v.len; n++) {
			struct fw_arena a = { 0 };
			uint8_t *copy = fw_alloc(&a, v.len, 1);

			memcpy(copy, v.data, v.len);
			copy[n % v.len] ^= n < v.len ? 0 : (uint8_t)(n | 0x80);
			facts(&a, rows[i].by, rows[i].path,
			      fw_view_of(copy, n < v.len ? n : v.len));
			fw_arena_free(&a);
		}
	}
}

static const char *program(struct fw_arena *a, const char *import,
			   struct fw_view text)
{
	struct elf_plan p = { .type = ET_DYN,
			      .machine = EM_MIPS,
			      .stack = 6,
			      .big = true,
			      .imports = { import, "accept" } };
	static struct elf_bytes w;

	w = (struct elf_bytes){ 0 };
	elf_build(&w, &p);
	elf_raw(&w, text.data, text.len);
	return facts(a, &fw_analyzer_elf_starts, NULL, fw_view_of(w.b, w.n));
}

static void programs(void **state)
{
	static const char text[] =
		"\0telnetd -p 99 -l /bin/login &\0killall telnetd\0telnetd\0"
		"telnetd could not be found\0/usr/sbin/appd -c /etc/a &\0"
		"Usage: telnetd -p PORT\0%s &\0a & b\0cd /x && httpd -p 81\0";
	struct fw_view v = fw_view_of(text, sizeof(text));
	struct fw_arena a = { 0 };
	const char *got = program(&a, "system", v);

	(void)state;
	assert_non_null(strstr(got, ",&|telnetd -p 99 -l /bin/login|\n"));
	assert_non_null(strstr(got, ",&|/usr/sbin/appd -c /etc/a|\n"));
	assert_non_null(strstr(got, "|httpd -p 81|runs cd /x\n"));
	assert_null(strstr(got, "killall"));
	assert_null(strstr(got, "found"));
	assert_null(strstr(got, "PORT"));
	assert_null(strstr(got, "%s"));
	/* A program that gives nothing to a shell only has a text. */
	assert_string_equal(program(&a, "printf", v), "");
	fw_arena_free(&a);
}

/* --- the boot loader --- */

static const struct {
	const char *text;
	size_t len;
	const char *want; /* kinds, in order */
} environments[] = {
#define ENV(t, w)                                                              \
	{                                                                      \
		t, sizeof(t), w                                                \
	}
	ENV("\1\2\3\4bootargs=console=ttyS0 init=/bin/sh\0bootdelay=0\0",
	    "access/boot-args-shell "),
	ENV("\1\2\3\4bootdelay=3\0bootcmd=bootm 0x1\0", "access/boot-prompt "),
	ENV("\1\2\3\4bootdelay=3\0bootstopkey=x\0", ""),
	/* a key that is not set; a text that names the variable */
	ENV("\1\2\3\4bootdelay=3\0bootstopkey=\0", "access/boot-prompt "),
	ENV("\1\2\3\4bootdelay=3\0bootstopkey\0", "access/boot-prompt "),
	ENV("\1\2\3\4bootcmd=tftpboot 0x8 u; bootm\0bootdelay=-2\0",
	    "integrity/boot-from-network "),
	ENV("\1\2\3\4bootargs=root=/dev/mtd2 init=/linuxrc\0bootcmd=sf read\0",
	    ""),
	/* no variable: part of a text, not ended, cut */
	ENV("\1\2\3\4setenv bootargs=init=/bin/sh\0", ""),
	{ "\1\2\3\4bootdelay=3", 15, "" },
	{ "", 0, "" },
};

static void boot_loaders(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(environments) / sizeof(environments[0]);
	     i++) {
		struct fw_mem m = { 0 };
		struct fw_object obj = {
			.bytes = fw_view_of(environments[i].text,
					    environments[i].len),
			.format = "uboot_env",
		};
		struct fw_out *out = fw_mem_out(&m, obj.bytes);
		const char *got = "";

		assert_true(fw_analyzer_boot_env.wants(&obj));
		fw_analyzer_boot_env.inspect(&obj, out);
		/* Twice the same in one image is one finding. */
		const struct fw_place places[] = {
			{ .path = "i", .parent = UINT32_MAX },
			{ .path = "i/a",
			  .facts = m.facts,
			  .fact_count = m.fact_count },
			{ .path = "i/b",
			  .facts = m.facts,
			  .fact_count = m.fact_count },
		};
		const struct fw_tree tree = { .places = places, .count = 3 };

		fw_analyzer_boot_env.correlate(&tree, out);
		for (size_t k = 0; k < m.finding_count; k++)
			got = fw_sprintf(&m.arena, "%s%s ", got,
					 m.findings[k].kind->id);
		assert_string_equal(got, environments[i].want);
		fw_mem_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(damaged_rows),
		cmocka_unit_test(programs),
		cmocka_unit_test(boot_loaders),
	};

	fw_hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
