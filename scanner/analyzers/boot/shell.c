/* shell.c - what shell scripts run, source and write
 *
 * A script is known by its first line, or, as many a script that another one
 * calls has none, by what is in it. Commands that start nothing and change
 * nothing that lasts are left out; see boot_facts.h for the form.
 */
#include <stdio.h>
#include <stdlib.h>

#include "analyzers/boot/boot_facts.h"

enum {
	FACTS_MAX = 240, /* of one script */
	SETS_MAX = 48,
	KNOWN_PERCENT = 60,
	LINE_MAX = 120
};

/* Sorted. They start no program of the image's and open nothing. */
static const char *const quiet[] = {
	":",	     "[",	 "[[",	     "alias",	 "awk",	     "basename",
	"brctl",     "break",	 "cat",	     "cd",	 "chgrp",    "chmod",
	"chown",     "clear",	 "command",  "continue", "cut",	     "date",
	"depmod",    "df",	 "dirname",  "dmesg",	 "du",	     "ebtables",
	"echo",	     "egrep",	 "expr",     "false",	 "fgrep",    "find",
	"free",	     "getopts",	 "grep",     "hash",	 "head",     "hwclock",
	"id",	     "ifconfig", "ifdown",   "ifup",	 "insmod",   "ip",
	"ip6tables", "iptables", "iwconfig", "iwpriv",	 "jobs",     "kill",
	"killall",   "killall5", "let",	     "ln",	 "logger",   "logname",
	"ls",	     "lsmod",	 "mkdir",    "mkfifo",	 "mknod",    "mktemp",
	"modprobe",  "nproc",	 "pgrep",    "pidof",	 "pkill",    "popd",
	"printf",    "ps",	 "pushd",    "pwd",	 "readlink", "realpath",
	"reboot",    "renice",	 "rm",	     "rmdir",	 "rmmod",    "route",
	"sed",	     "seq",	 "set",	     "setterm",	 "sleep",    "sort",
	"stat",	     "stty",	 "sync",     "sysctl",	 "tail",     "tee",
	"test",	     "times",	 "touch",    "tput",	 "tr",	     "trap",
	"true",	     "tty",	 "type",     "ulimit",	 "umask",    "umount",
	"unalias",   "uname",	 "uniq",     "uptime",	 "usleep",   "vconfig",
	"wait",	     "wc",	 "which",    "whoami",	 "xargs"
};

/* Sorted. Others that a text without a first line may begin its lines with and
 * still be a script. */
static const char *const common[] = { ".",
				      "busybox",
				      "cp",
				      "dd",
				      "eval",
				      "exec",
				      "exit",
				      "export",
				      "flash_eraseall",
				      "flashcp",
				      "ftpget",
				      "gunzip",
				      "gzip",
				      "halt",
				      "hostname",
				      "kill",
				      "local",
				      "mdev",
				      "mount",
				      "mtd",
				      "mv",
				      "nandwrite",
				      "nvram",
				      "read",
				      "return",
				      "sh",
				      "shift",
				      "source",
				      "start-stop-daemon",
				      "swapon",
				      "syslogd",
				      "tar",
				      "telnetd",
				      "tftp",
				      "udhcpc",
				      "unset",
				      "unzip",
				      "watchdog",
				      "wget" };

struct found {
	struct fw_out *out;
	bool emit; /* else only count */
	unsigned facts, sets;
	unsigned commands, known, paths; /* paths: and nothing else */
};

static int by_name(const void *key, const void *item)
{
	return strcmp(key, *(const char *const *)item);
}

static bool listed(const char *name, const char *const *list, size_t n)
{
	return bsearch(name, list, n, sizeof(*list), by_name) != NULL;
}

#define LISTED(name, list) listed(name, list, sizeof(list) / sizeof((list)[0]))

static const char *flags_of(struct fw_out *out, const struct fw_sh_command *c)
{
	const char *s =
		fw_text(out, "%s%s%s%s", c->background ? ",&" : "",
			c->piped ? ",|" : "", c->entry != NULL ? ",entry=" : "",
			c->entry != NULL ? c->entry : "");

	return *s == '\0' ? "-" : s + 1;
}

/* Settings that scripts share: where a program or file is, a number. Others may
 * be somebody's secrets and are no help. */
static void assignment(struct found *f, const struct fw_sh_command *c)
{
	static const char *const sums[] = { "md5",   "sha1",	"sha256",
					    "cksum", "openssl", "gpg",
					    "usign", "ucert" };
	bool number = c->value[0] >= '0' && c->value[0] <= '9' &&
		      strlen(c->value) <= 5;

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		if (strncmp(c->value, "$(", 2) != 0 ||
		    strstr(c->value, sums[i]) == NULL)
			continue;
		struct fw_sh_command run = *c;

		run.argv = &c->value;
		run.argc = 1;
		boot_emit(f->out, "shell.runs", &run, flags_of(f->out, c), NULL,
			  NULL);
		f->facts++;
		return;
	}
	if (c->cond_count == 0 && c->entry == NULL && fw_sh_known(c->value) &&
	    (c->value[0] == '/' || number) && f->sets++ < SETS_MAX)
		fw_out_factf(f->out, "shell.sets", "%s=%s", c->name, c->value);
}

/* A file that stays, or that the kernel acts on. */
static bool lasting(const char *path)
{
	static const char *const acts[] = { "/proc/sys/kernel/hotplug",
					    "/sys/kernel/uevent_helper",
					    "/proc/sys/kernel/core_pattern",
					    "/proc/sys/kernel/modprobe" };
	static const char *const not [] = { "/dev/null",   "/dev/console",
					    "/dev/tty",	   "/dev/kmsg",
					    "/dev/stderr", "/dev/stdout",
					    "/proc/",	   "/sys/",
					    "/tmp/" };

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(path, acts[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		if (strncmp(path, not [i], strlen(not [i])) == 0)
			return false;
	return path[0] == '/';
}

static void writes(struct found *f, const struct fw_sh_command *c)
{
	for (uint32_t i = 0; i < c->redir_count; i++) {
		const struct fw_sh_target *r = &c->redirs[i];

		if ((r->kind != SH_OUT && r->kind != SH_APPEND) ||
		    !lasting(r->text) || f->facts >= FACTS_MAX)
			continue;
		const char *what = "";
		struct fw_sh_command to = *c;

		for (uint32_t k = 0; k < c->argc && k < 12; k++)
			what = fw_text(f->out, "%s%s%.80s", what,
				       k > 0 ? " " : "", c->argv[k]);
		to.argv = &r->text;
		to.argc = 1;
		boot_emit(f->out, "shell.writes", &to, flags_of(f->out, c),
			  what, NULL);
		f->facts++;
	}
}

static void count(struct found *f, const struct fw_sh_command *c)
{
	const char *name = c->argv[0];

	f->commands++;
	if (name[0] == '/' && strncmp(name, "/dev/", 5) != 0 &&
	    strncmp(name, "/proc/", 6) != 0) {
		f->known++;
		f->paths += c->argc == 1;
	} else if (LISTED(name, quiet) || LISTED(name, common)) {
		f->known++;
	}
}

static void visit(void *ctx, const struct fw_sh_command *c)
{
	struct found *f = ctx;

	if (!f->emit) {
		if (c->argc > 0)
			count(f, c);
		return;
	}
	if (c->argc == 0 && c->name != NULL) {
		assignment(f, c);
		return;
	}
	writes(f, c);
	if (c->argc == 0 || f->facts >= FACTS_MAX ||
	    LISTED(fw_basename(c->argv[0]), quiet))
		return;
	f->facts++;
	bool source = strcmp(c->argv[0], ".") == 0 ||
		      strcmp(c->argv[0], "source") == 0;
	struct fw_sh_command named = *c;

	if (source && c->argc > 1) {
		named.argv++;
		named.argc = 1;
	}
	boot_emit(f->out, source ? "shell.sources" : "shell.runs", &named,
		  flags_of(f->out, c), NULL, NULL);
}

/* "sh", "ash", "bash", "dash" as the interpreter; *more is what follows. */
static bool shebang(struct fw_view v, struct fw_view *more)
{
	static const char *const shells[] = { "sh",   "ash", "bash",
					      "dash", "ksh", "rc.common" };
	struct fw_view line, word;

	if (!fw_view_starts(v, FW_STR("#!")))
		return false;
	v = fw_view_sub(v, 2, 256);
	if (!fw_split(&v, '\n', &line))
		return false;
	line = fw_trim(line);
	*more = line;
	while (fw_split(more, ' ', &word)) {
		size_t base = word.len;

		while (base > 0 && word.data[base - 1] != '/')
			base--;
		word = fw_view_sub(word, base, SIZE_MAX);
		for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
			if (fw_view_eq(fw_trim(word), fw_view_str(shells[i])))
				return true;
		if (!fw_view_eq(word, FW_STR("env")) &&
		    !fw_view_eq(word, FW_STR("busybox")))
			return false;
	}
	return false;
}

static bool shell_wants(const struct fw_object *obj)
{
	struct fw_view more;

	if (obj->format != NULL || obj->bytes.len < 3)
		return false;
	if (fw_view_starts(obj->bytes, FW_STR("#!")))
		return shebang(obj->bytes, &more);
	return obj->bytes.len <= FW_SH_BYTES_MAX / 8 && fw_is_text(obj->bytes);
}

/* A text without a first line: do its commands look like commands? */
static bool plausible(struct fw_arena *a, const struct fw_sh *s)
{
	struct found f = { 0 };

	if (s->damaged)
		return false;
	fw_sh_eval(a, s, visit, &f);
	if (f.commands == 0)
		return true; /* settings alone */
	return f.known * 100 >= f.commands * KNOWN_PERCENT &&
	       (f.paths < f.known || f.commands < 3);
}

/* One short line: what $(cat file) gives. */
static void one_line(const struct fw_object *obj, struct fw_out *out)
{
	struct fw_view v = fw_trim(obj->bytes);

	if (v.len == 0 || v.len > LINE_MAX || obj->bytes.len > LINE_MAX + 2)
		return;
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] < 0x20 || v.data[i] > 0x7e || v.data[i] == ':')
			return; /* with a colon it is a table */
	fw_out_factf(out, "_text.line", "%.*s", FW_FMT(v));
}

static void shell_inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct fw_arena *a = fw_out_arena(out);
	struct fw_view more = { NULL, 0 };
	bool named = shebang(obj->bytes, &more);

	if (!named)
		one_line(obj, out);
	struct fw_sh s = fw_sh_parse(a, obj->bytes);

	if (!named && !plausible(a, &s))
		return;
	struct found f = { .out = out, .emit = true };

	if (named) {
		fw_out_fact(out, "shell.script",
			    s.damaged
				    ? fw_text(out, "damaged at line %u", s.line)
				    : "whole");
		more = fw_trim(more);
		if (more.data != NULL && more.len > 0)
			fw_out_factf(out, "shell.wrapper", "%.*s",
				     FW_FMT(more));
	}
	fw_sh_eval(a, &s, visit, &f);
}

const struct fw_analyzer fw_analyzer_shell = {
	.name = "shell",
	.title = "what shell scripts run, source and write",
	.kinds = NULL,
	.wants = shell_wants,
	.inspect = shell_inspect,
};
