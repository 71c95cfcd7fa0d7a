/*
 * A sample for tests; compiled and scanned, never run.
 * Command line of a desk phone: a table of names and handlers with help.
 * With HIDDEN: an entry without help text runs its arguments.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct state {
	char number[24];
	char proxy[64];
	int ringing, volume, done;
};

struct command {
	const char *name;
	int (*fn)(struct state *s, char *args);
	const char *help;
};

static int call(const char *prog, const char *a, const char *b)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execlp(prog, prog, a, b, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status;
}

static int do_dial(struct state *s, char *args)
{
	char *p;

	for (p = args; *p; p++)
		if (!isdigit((unsigned char)*p) && *p != '+' && *p != '*')
			return -1;
	snprintf(s->number, sizeof s->number, "%s", args);
	s->ringing = 1;
	return call("sipdial", s->number, s->proxy);
}

static int do_hangup(struct state *s, char *args)
{
	(void)args;
	s->ringing = 0;
	return call("sipdial", "--bye", s->proxy);
}

static int do_volume(struct state *s, char *args)
{
	long v = strtol(args, NULL, 10);

	if (strcmp(args, "up") == 0)
		v = s->volume + 1;
	else if (strcmp(args, "down") == 0)
		v = s->volume - 1;
	if (v < 0 || v > 9)
		return -1;
	s->volume = (int)v;
	return 0;
}

static int do_proxy(struct state *s, char *args)
{
	if (strchr(args, ' ') || !strchr(args, '.'))
		return -1;
	snprintf(s->proxy, sizeof s->proxy, "%s", args);
	return 0;
}

static int do_net(struct state *s, char *args)
{
	(void)s;
	if (strcmp(args, "restart") == 0)
		return system("ifdown eth0; ifup eth0");
	return system("ifconfig eth0");
}

#ifdef HIDDEN
static int do_tone(struct state *s, char *args)
{
	(void)s;
	return call("/bin/sh", "-c", args);
}
#endif

static int do_quit(struct state *s, char *args)
{
	(void)args;
	s->done = 1;
	return 0;
}

static int do_help(struct state *s, char *args);

static const struct command commands[] = {
	{ "dial", do_dial, "dial NUMBER      start a call" },
	{ "hangup", do_hangup, "hangup           end the call" },
	{ "volume", do_volume, "volume N|up|down loudness" },
	{ "proxy", do_proxy, "proxy HOST       SIP server" },
	{ "net", do_net, "net [restart]    network state" },
#ifdef HIDDEN
	{ "dtmfx", do_tone, NULL },
#endif
	{ "quit", do_quit, "quit             leave" },
	{ "help", do_help, "help             this list" },
};

static int do_help(struct state *s, char *args)
{
	size_t i;

	(void)s;
	(void)args;
	for (i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (commands[i].help)
			puts(commands[i].help);
	return 0;
}

__attribute__((noinline)) int dispatch(struct state *s, const char *name,
				       char *args)
{
	size_t i;

	for (i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].fn(s, args);
	puts("unknown command, try help");
	return -1;
}

static void one_line(struct state *s, char *line)
{
	char *args = line;

	line[strcspn(line, "\r\n")] = 0;
	while (*args && !isspace((unsigned char)*args))
		args++;
	if (*args)
		*args++ = 0;
	while (isspace((unsigned char)*args))
		args++;
	if (line[0] && dispatch(s, line, args) != 0)
		puts("failed");
}

int main(int argc, char **argv)
{
	struct state s = { "", "sip.example.net", 0, 5, 0 };
	char line[200];

	if (argc > 2 && strcmp(argv[1], "-p") == 0)
		snprintf(s.proxy, sizeof s.proxy, "%s", argv[2]);
	while (!s.done) {
		fputs("phone> ", stdout);
		fflush(stdout);
		if (!fgets(line, sizeof line, stdin))
			break;
		one_line(&s, line);
	}
	return 0;
}
