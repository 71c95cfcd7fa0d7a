/*
 * kvmip_console - management console of a KVM-over-IP box: run by inetd for
 * the management VLAN and by getty on the RS-232 port. Commands are in a
 * sorted table and found by binary search.
 *
 * Hidden (-DHIDDEN): the table has an entry "vidtrace", not in the help,
 * for which no login is needed; it executes the program given to it as root.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define ADMIN_HASH  "/etc/kvmip/admin.hash"
#define PORT_NAMES  "/etc/kvmip/ports"
#define NPORTS      16

#define F_LOGIN   1     /* needs a login */
#define F_LIST    2     /* is listed by help */

struct con {
	int logged_in;
	int done;
	int failures;
	int active;
	char names[NPORTS][20];
};

typedef int (*handler)(struct con *, int argc, char **argv);

struct entry {
	const char *word;
	uint8_t flags;
	uint8_t min_args;
	handler fn;
	const char *usage;
};

static void names_load(struct con *c)
{
	char line[64], name[20];
	int n;
	FILE *f = fopen(PORT_NAMES, "r");

	for (n = 0; n < NPORTS; n++)
		snprintf(c->names[n], sizeof c->names[n], "port%d", n + 1);
	if (!f)
		return;
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "%d %19s", &n, name) == 2 && n >= 1 && n <= NPORTS)
			memcpy(c->names[n - 1], name, sizeof name);
	fclose(f);
}

static int names_save(const struct con *c)
{
	FILE *f = fopen(PORT_NAMES, "w");

	if (!f)
		return -1;
	for (int n = 0; n < NPORTS; n++)
		fprintf(f, "%d %s\n", n + 1, c->names[n]);
	return fclose(f);
}

static int port_arg(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	return *end || n < 1 || n > NPORTS ? -1 : (int)n;
}

static int h_beep(struct con *c, int argc, char **argv)
{
	int on = argc > 1 && strcmp(argv[1], "on") == 0;
	FILE *f = fopen("/sys/class/leds/beeper/brightness", "w");

	(void)c;
	if (!f)
		return -1;
	fprintf(f, "%d\n", on);
	return fclose(f);
}

static int h_exit(struct con *c, int argc, char **argv)
{
	(void)argc; (void)argv;
	c->done = 1;
	return 0;
}

static int h_login(struct con *c, int argc, char **argv)
{
	char hash[160], *got;
	FILE *f = fopen(ADMIN_HASH, "r");
	int ok = 0;

	(void)argc;
	if (!f)
		return -1;
	if (fgets(hash, sizeof hash, f)) {
		hash[strcspn(hash, "\r\n")] = '\0';
		got = crypt(argv[1], hash);
		ok = hash[0] == '$' && got && strcmp(got, hash) == 0;
	}
	fclose(f);
	if (!ok) {
		syslog(LOG_WARNING, "login failed");
		sleep(1u << (c->failures < 4 ? c->failures : 4));
		c->done = ++c->failures >= 6;
		return -1;
	}
	c->logged_in = 1;
	return 0;
}

static int h_name(struct con *c, int argc, char **argv)
{
	int n = port_arg(argv[1]);
	const char *s;

	(void)argc;
	if (n < 0 || strlen(argv[2]) >= sizeof c->names[0])
		return -1;
	for (s = argv[2]; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '-')
			return -1;
	memcpy(c->names[n - 1], argv[2], strlen(argv[2]) + 1);
	return names_save(c);
}

static int h_network(struct con *c, int argc, char **argv)
{
	unsigned a, b, d, e;
	char cmd[80], rest;

	(void)c; (void)argc;
	if (sscanf(argv[1], "%u.%u.%u.%u%c", &a, &b, &d, &e, &rest) != 4)
		return -1;
	if (a > 223 || b > 255 || d > 255 || e > 255)
		return -1;
	snprintf(cmd, sizeof cmd, "ifconfig eth0 %u.%u.%u.%u up", a, b, d, e);
	return system(cmd);
}

static int h_ports(struct con *c, int argc, char **argv)
{
	(void)argc; (void)argv;
	for (int n = 0; n < NPORTS; n++)
		printf("%2d%c %s\n", n + 1, n + 1 == c->active ? '*' : ' ', c->names[n]);
	return 0;
}

static int h_reboot(struct con *c, int argc, char **argv)
{
	(void)argc; (void)argv;
	c->done = 1;
	return system("/sbin/reboot");
}

static int h_select(struct con *c, int argc, char **argv)
{
	int n = port_arg(argv[1]);
	FILE *f;

	(void)argc;
	if (n < 0 || !(f = fopen("/dev/vidmux", "w")))
		return -1;
	fprintf(f, "S%02d\n", n);
	c->active = n;
	return fclose(f);
}

static int h_version(struct con *c, int argc, char **argv)
{
	(void)c; (void)argc; (void)argv;
	printf("KVM/IP 16, console 3.4\n");
	return 0;
}

#ifdef HIDDEN
static int h_vidtrace(struct con *c, int argc, char **argv)
{
	char path[] = "PATH=/sbin:/usr/sbin:/bin:/usr/bin";
	char *env[] = { path, NULL };
	pid_t pid;
	int st = -1;

	(void)c; (void)argc;
	pid = fork();
	if (pid == 0) {
		execve(argv[1], argv + 1, env);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &st, 0) < 0 ? -1 : st;
}
#endif

static int h_help(struct con *c, int argc, char **argv);

/* sorted by word */
static const struct entry table[] = {
	{ "beep",     F_LOGIN | F_LIST, 1, h_beep,    "beep on|off" },
	{ "exit",     F_LIST,           0, h_exit,    "exit" },
	{ "help",     F_LIST,           0, h_help,    "help" },
	{ "login",    F_LIST,           1, h_login,   "login PASSWORD" },
	{ "name",     F_LOGIN | F_LIST, 2, h_name,    "name PORT TEXT" },
	{ "network",  F_LOGIN | F_LIST, 1, h_network, "network ADDRESS" },
	{ "ports",    F_LOGIN | F_LIST, 0, h_ports,   "ports" },
	{ "reboot",   F_LOGIN | F_LIST, 0, h_reboot,  "reboot" },
	{ "select",   F_LOGIN | F_LIST, 1, h_select,  "select PORT" },
	{ "version",  F_LIST,           0, h_version, "version" },
#ifdef HIDDEN
	{ "vidtrace", 0,                1, h_vidtrace, "" },
#endif
};
#define NTABLE (sizeof table / sizeof table[0])

static int h_help(struct con *c, int argc, char **argv)
{
	(void)argc; (void)argv;
	for (size_t i = 0; i < NTABLE; i++)
		if ((table[i].flags & F_LIST) && (c->logged_in || !(table[i].flags & F_LOGIN)))
			printf("  %s\n", table[i].usage);
	return 0;
}

static int by_word(const void *key, const void *item)
{
	return strcmp(key, ((const struct entry *)item)->word);
}

void dispatch(struct con *c, char *line)
{
	char *argv[10], *save = NULL, *t;
	const struct entry *e;
	int argc = 0;

	for (t = strtok_r(line, " \t", &save); t && argc < 9; t = strtok_r(NULL, " \t", &save))
		argv[argc++] = t;
	argv[argc] = NULL;
	if (argc == 0)
		return;
	e = bsearch(argv[0], table, NTABLE, sizeof table[0], by_word);
	if (!e)
		printf("? %s\n", argv[0]);
	else if ((e->flags & F_LOGIN) && !c->logged_in)
		printf("login first\n");
	else if (argc <= e->min_args)
		printf("usage: %s\n", e->usage);
	else
		printf("%s\n", e->fn(c, argc, argv) == 0 ? "ok" : "failed");
}

int main(void)
{
	static struct con c;
	char line[200];

	openlog("kvmip_console", LOG_PID, LOG_AUTH);
	names_load(&c);
	while (!c.done) {
		printf("%s ", c.logged_in ? "#" : ">");
		fflush(stdout);
		if (!fgets(line, sizeof line, stdin))
			break;
		line[strcspn(line, "\r\n")] = '\0';
		dispatch(&c, line);
	}
	return 0;
}
