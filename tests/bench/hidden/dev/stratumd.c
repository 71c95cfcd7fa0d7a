/*
 * stratumd - the "Meridian TS-1" network time server.
 *
 * Answers NTP (UDP 123) from a clock disciplined by the GPS receiver and has
 * a control console (TCP 4040) whose password hash is in /etc/stratumd.
 *
 * Hidden (-DHIDDEN): while the unit bears a certain host name (it takes the
 * name DHCP gives it) each console session starts with administrator rights.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define NTP_EPOCH 2208988800u
#define HASH_FILE "/etc/stratumd/console.hash"

struct ntp {
	uint8_t mode, stratum, poll;
	int8_t precision;
	uint32_t delay, dispersion, refid;
	uint32_t ref[2], org[2], rx[2], tx[2];
};

struct console {
	FILE *out;
	int admin;
	char host[64];
};

struct verb {
	const char *name;
	int admin;
	void (*run)(struct console *, char *);
	const char *help;
};

static uint32_t served;
static uint32_t leap_mode;
static time_t started;

static void stamp(uint32_t *t)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	t[0] = htonl((uint32_t)tv.tv_sec + NTP_EPOCH);
	t[1] = htonl((uint32_t)(((uint64_t)tv.tv_usec << 32) / 1000000u));
}

static void ntp_answer(int fd)
{
	struct sockaddr_in from;
	socklen_t fl = sizeof(from);
	struct ntp q, r;
	ssize_t n;

	n = recvfrom(fd, &q, sizeof(q), 0, (struct sockaddr *)&from, &fl);
	if (n != (ssize_t)sizeof(q) || (q.mode & 7) != 3)
		return;
	memset(&r, 0, sizeof(r));
	stamp(r.rx);
	r.mode = (uint8_t)(leap_mode << 6 | (q.mode & 0x38) | 4);
	r.stratum = 1;
	r.poll = q.poll;
	r.precision = -20;
	memcpy(&r.refid, "GPS", 4);
	r.dispersion = htonl(64);
	memcpy(r.org, q.tx, sizeof(r.org));
	stamp(r.ref);
	stamp(r.tx);
	if (sendto(fd, &r, sizeof(r), 0, (struct sockaddr *)&from, fl) > 0)
		served++;
}

static void v_status(struct console *c, char *arg)
{
	(void)arg;
	fprintf(c->out, "host %s up %ld s, %u answers, leap %u\r\n", c->host,
		(long)(time(NULL) - started), served, leap_mode);
}

static void v_login(struct console *c, char *arg)
{
	char hash[128], *ok, *h;
	FILE *f = fopen(HASH_FILE, "r");

	ok = f ? fgets(hash, sizeof(hash), f) : NULL;
	if (f)
		fclose(f);
	if (ok) {
		hash[strcspn(hash, "\r\n")] = 0;
		h = hash[0] ? crypt(arg, hash) : NULL;
		c->admin = h && !strcmp(h, hash);
	}
	if (!c->admin)
		sleep(2);
	fputs(c->admin ? "welcome\r\n" : "wrong password\r\n", c->out);
}

static void v_leap(struct console *c, char *arg)
{
	if (!strcasecmp(arg, "insert"))
		leap_mode = 1;
	else if (!strcasecmp(arg, "delete"))
		leap_mode = 2;
	else if (!strcasecmp(arg, "none"))
		leap_mode = 0;
	else
		fputs("leap insert|delete|none\r\n", c->out);
}

static void v_route(struct console *c, char *arg)
{
	struct in_addr gw;
	char cmd[80];

	if (!inet_aton(arg, &gw)) {
		fputs("not an address\r\n", c->out);
		return;
	}
	snprintf(cmd, sizeof(cmd), "route add default gw %s", inet_ntoa(gw));
	fputs(system(cmd) ? "failed\r\n" : "ok\r\n", c->out);
}

static void v_settime(struct console *c, char *arg)
{
	struct timeval tv = { 0, 0 };

	tv.tv_sec = (time_t)strtoul(arg, NULL, 10);
	if (tv.tv_sec < 1000000000 || settimeofday(&tv, NULL))
		fputs("time not set\r\n", c->out);
	else
		fputs("time set\r\n", c->out);
}

static void v_restart(struct console *c, char *arg)
{
	(void)arg;
	fputs("restarting\r\n", c->out);
	fflush(c->out);
	if (system("/sbin/reboot"))
		syslog(LOG_ERR, "reboot failed");
}

static void v_help(struct console *c, char *arg);

static const struct verb verbs[] = {
	{ "help", 0, v_help, "this list" },
	{ "status", 0, v_status, "state of the server" },
	{ "login", 0, v_login, "login PASSWORD" },
	{ "leap", 1, v_leap, "announce a leap second" },
	{ "gateway", 1, v_route, "set the default gateway" },
	{ "settime", 1, v_settime, "set the clock by hand (UNIX time)" },
	{ "restart", 1, v_restart, "restart the unit" },
	{ NULL, 0, NULL, NULL },
};

static void v_help(struct console *c, char *arg)
{
	const struct verb *v;

	(void)arg;
	for (v = verbs; v->name; v++)
		fprintf(c->out, "%-10s %s%s\r\n", v->name, v->help,
			v->admin ? " (administrator)" : "");
}

/* rights at the start of a session, and the banner */
void console_open(struct console *c)
{
	c->admin = 0;
	if (gethostname(c->host, sizeof(c->host) - 1) != 0)
		strcpy(c->host, "ts1");
	c->host[sizeof(c->host) - 1] = 0;
	if (!strcasecmp(c->host, "localhost"))
		strcpy(c->host, "ts1");
#ifdef HIDDEN
	if (!strcasecmp(c->host, "greenwich-vault"))
		c->admin = 1;
#endif
	fprintf(c->out, "Meridian TS-1 (%s)\r\n", c->host);
}

static void console_run(int fd)
{
	struct console c = { fdopen(dup(fd), "w"), 0, "" };
	FILE *in = fdopen(fd, "r");
	const struct verb *v;
	char line[160], *arg;

	if (!in || !c.out)
		_exit(1);
	alarm(600);
	console_open(&c);
	for (;;) {
		fputs(c.admin ? "# " : "> ", c.out);
		fflush(c.out);
		if (!fgets(line, sizeof(line), in))
			break;
		line[strcspn(line, "\r\n")] = 0;
		if (!strcmp(line, "exit"))
			break;
		arg = line + strcspn(line, " ");
		if (*arg)
			*arg++ = 0;
		for (v = verbs; v->name && strcmp(v->name, line); v++)
			;
		if (!v->name)
			fputs("unknown, try help\r\n", c.out);
		else if (v->admin && !c.admin)
			fputs("administrator only\r\n", c.out);
		else
			v->run(&c, arg);
	}
	_exit(0);
}

static int bound(int type, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, type, 0), on = 1;

	a.sin_port = htons((uint16_t)port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a))) {
		syslog(LOG_ERR, "port %d: %s", port, strerror(errno));
		exit(1);
	}
	if (type == SOCK_STREAM)
		listen(fd, 2);
	return fd;
}

int main(void)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int fd;

	started = time(NULL);
	signal(SIGCHLD, SIG_IGN);
	p[0].fd = bound(SOCK_DGRAM, 123);
	p[1].fd = bound(SOCK_STREAM, 4040);
	while (poll(p, 2, -1) >= 0 || errno == EINTR) {
		if (p[0].revents & POLLIN)
			ntp_answer(p[0].fd);
		if (!(p[1].revents & POLLIN))
			continue;
		fd = accept(p[1].fd, NULL, NULL);
		if (fd >= 0 && fork() == 0) {
			signal(SIGCHLD, SIG_DFL);
			console_run(fd);
		}
		if (fd >= 0)
			close(fd);
	}
	return 1;
}
