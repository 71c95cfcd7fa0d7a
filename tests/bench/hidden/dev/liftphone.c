/*
 * liftphone - remote maintenance shell of an elevator emergency phone. The
 * service centre connects to TCP 2000 over the modem network, gives the access
 * code ("code NNNN") and then checks line, battery and stored numbers.
 *
 * Hidden (-DHIDDEN): the command "hoistway", in no help text and allowed before
 * the code, prints the settings file with access code and SIP secret.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <unistd.h>

#define SETTINGS   "/etc/liftphone.conf"
#define CALLLOG	   "/var/log/liftphone.calls"
#define BATTERY	   "/sys/class/power_supply/bat0/voltage_now"
#define MAXSETTING 24

struct setting {
	char key[24];
	char value[64];
};

struct console {
	int fd;
	int level;
	int bad_codes;
	int leave;
};

typedef void handler_fn(struct console *, int, char **);

struct command {
	const char *name;
	const char *help; /* NULL: second name of another command */
	int level;
	handler_fn *run;
};

static struct setting settings[MAXSETTING];
static int nsettings;

static void out(struct console *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vdprintf(c->fd, fmt, ap) < 0)
		c->leave = 1;
	va_end(ap);
}

static char *setting(const char *key)
{
	int i;

	for (i = 0; i < nsettings; i++)
		if (!strcmp(settings[i].key, key))
			return settings[i].value;
	return NULL;
}

static void load_settings(void)
{
	char line[128];
	struct setting *s;
	FILE *f = fopen(SETTINGS, "r");

	nsettings = 0;
	while (f && nsettings < MAXSETTING && fgets(line, sizeof(line), f)) {
		s = &settings[nsettings];
		if (sscanf(line, "%23[a-z_0-9]=%63[^\r\n]", s->key, s->value) ==
		    2)
			nsettings++;
	}
	if (f)
		fclose(f);
}

static int save_settings(void)
{
	FILE *f = fopen(SETTINGS, "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < nsettings; i++)
		fprintf(f, "%s=%s\n", settings[i].key, settings[i].value);
	return fclose(f);
}

static void copy_file(struct console *c, const char *path)
{
	char line[160];
	FILE *f = fopen(path, "r");

	if (!f) {
		out(c, "nothing stored\r\n");
		return;
	}
	while (fgets(line, sizeof(line), f))
		out(c, "%s", line);
	fclose(f);
}

static void do_code(struct console *c, int argc, char **argv)
{
	const char *code = setting("access_code");

	if (code && argc == 2 && strlen(code) >= 4 && !strcmp(code, argv[1])) {
		c->level = 1;
		out(c, "service mode\r\n");
		return;
	}
	syslog(LOG_WARNING, "wrong access code");
	sleep(2);
	if (++c->bad_codes >= 3)
		c->leave = 1;
}

static void do_status(struct console *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	out(c, "LP-3 site %s, %s\r\n",
	    setting("site") ? setting("site") : "unset",
	    access("/var/run/liftphone.call", F_OK) ? "idle" : "in call");
}

static void do_battery(struct console *c, int argc, char **argv)
{
	long uv;
	FILE *f = fopen(BATTERY, "r");

	(void)argc;
	(void)argv;
	if (f && fscanf(f, "%ld", &uv) == 1)
		out(c, "%ld mV\r\n", uv / 1000);
	else
		out(c, "no reading\r\n");
	if (f)
		fclose(f);
}

static void do_numbers(struct console *c, int argc, char **argv)
{
	char key[24], *val;
	int i, slot = argc > 2 ? atoi(argv[1]) : 0;

	if (slot >= 1 && slot <= 4) {
		snprintf(key, sizeof(key), "number%d", slot);
		val = setting(key);
		if (!val || strspn(argv[2], "+0123456789") != strlen(argv[2]) ||
		    strlen(argv[2]) > 20) {
			out(c, "not a number or slot\r\n");
			return;
		}
		strcpy(val, argv[2]);
		out(c, save_settings() ? "not saved\r\n" : "saved\r\n");
	}
	for (i = 1; i <= 4; i++) {
		snprintf(key, sizeof(key), "number%d", i);
		val = setting(key);
		out(c, "%d: %s\r\n", i, val ? val : "-");
	}
}

static void do_testcall(struct console *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	out(c, "calling number 1\r\n");
	if (system("/usr/bin/dialer --test --slot 1"))
		out(c, "call failed\r\n");
}

static void do_calls(struct console *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	copy_file(c, CALLLOG);
}

static void do_quit(struct console *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	c->leave = 1;
}

#ifdef HIDDEN
static void do_hoistway(struct console *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	copy_file(c, SETTINGS);
}
#endif

static handler_fn do_help;

static const struct command commands[] = {
	{ "code", "NNNN: access code", 0, do_code },
	{ "status", "site and call state", 0, do_status },
	{ "battery", "battery voltage", 1, do_battery },
	{ "numbers", "[SLOT NUMBER]: alarm numbers", 1, do_numbers },
	{ "testcall", "call number 1", 1, do_testcall },
	{ "calls", "list of calls", 1, do_calls },
	{ "help", "this list", 0, do_help },
	{ "?", NULL, 0, do_help },
#ifdef HIDDEN
	{ "hoistway", NULL, 0, do_hoistway },
#endif
	{ "quit", "end the session", 0, do_quit },
	{ "bye", NULL, 0, do_quit },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void do_help(struct console *c, int argc, char **argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < NCOMMANDS; i++)
		if (commands[i].help)
			out(c, "%-9s %s\r\n", commands[i].name,
			    commands[i].help);
}

void run_line(struct console *c, char *line)
{
	char *argv[6], *save = NULL;
	int argc = 0;
	size_t i;

	argv[0] = strtok_r(line, " \t\r\n", &save);
	while (argv[argc] && argc < 5)
		argv[++argc] = strtok_r(NULL, " \t\r\n", &save);
	for (i = 0; argc && i < NCOMMANDS; i++) {
		if (strcmp(commands[i].name, argv[0]))
			continue;
		if (commands[i].level > c->level)
			out(c, "access code first\r\n");
		else
			commands[i].run(c, argc, argv);
		return;
	}
	if (argc)
		out(c, "unknown, try help\r\n");
}

static void serve(int fd)
{
	struct console c = { .fd = fd };
	char line[128];
	FILE *in = fdopen(fd, "r");

	load_settings();
	out(&c, "LP-3 emergency phone\r\n> ");
	while (in && !c.leave && fgets(line, sizeof(line), in)) {
		run_line(&c, line);
		if (!c.leave)
			out(&c, "> ");
	}
	if (in)
		fclose(in);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct timeval tv = { 120, 0 };
	int ls = socket(AF_INET, SOCK_STREAM, 0), fd;

	openlog("liftphone", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	a.sin_port = htons(2000);
	if (bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 1))
		return 1;
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		serve(fd);
	}
}
