/*
 * skylinkd - command link of a survey drone's companion computer.  Takes
 * binary frames by UDP from the ground station (radio modem bridge), keeps
 * the mission and the geofence, passes set points on to the flight
 * controller's serial line and sends telemetry back four times a second.
 * Hidden (-DHIDDEN): a PARAM frame whose key is the number
 * 0x0FF1EA5E takes fence and height limit away until the next start.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#define STX	 0xd7
#define MAXPAY	 64
#define MAXWP	 48
#define MAXFENCE 16

enum {
	F_HEART = 1,
	F_WPCLEAR = 2,
	F_WPADD = 3,
	F_START = 4,
	F_HOME = 5,
	F_PARAM = 6,
	F_GOTO = 7,
	F_ACK = 0x40,
	F_TELEM = 0x41
};

enum { PK_ALTMAX = 0x101, PK_SPEED = 0x102, PK_RATE = 0x103 };

struct pos {
	int32_t lat, lon; /* 1e-7 degrees */
	int32_t alt;	  /* cm above start */
};

struct frame {
	uint8_t type, seq, len;
	uint8_t pay[MAXPAY];
};

static struct {
	struct pos now, home;
	struct pos wp[MAXWP];
	int nwp, at, flying;
	struct pos fence[MAXFENCE];
	int nfence;
	int fence_on;
	int32_t alt_max;
	int speed, rate_ms;
	unsigned lost;
	uint8_t sysid;
} st = { .fence_on = 1,
	 .alt_max = 12000,
	 .speed = 800,
	 .rate_ms = 250,
	 .sysid = 1 };

static int sock = -1, fc = -1;
static struct sockaddr_in gcs;
static int have_gcs;

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;
	int i;

	while (n--) {
		c ^= (uint16_t)(*p++ << 8);
		for (i = 0; i < 8; i++)
			c = c & 0x8000 ? (uint16_t)(c << 1 ^ 0x1021)
				       : (uint16_t)(c << 1);
	}
	return c;
}

static uint32_t get32(const uint8_t *p)
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

static void send_frame(uint8_t type, uint8_t seq, const uint8_t *pay,
		       uint8_t len)
{
	uint8_t b[MAXPAY + 7];
	uint16_t c;

	if (!have_gcs || len > MAXPAY)
		return;
	b[0] = STX;
	b[1] = st.sysid;
	b[2] = type;
	b[3] = seq;
	b[4] = len;
	memcpy(b + 5, pay, len);
	c = crc16(b + 1, len + 4u);
	b[len + 5] = (uint8_t)(c >> 8);
	b[len + 6] = (uint8_t)c;
	sendto(sock, b, len + 7u, 0, (struct sockaddr *)&gcs, sizeof(gcs));
}

static int unpack(const uint8_t *b, ssize_t n, struct frame *f)
{
	uint16_t c;

	if (n < 7 || b[0] != STX || b[1] != st.sysid)
		return -1;
	if (b[4] > MAXPAY || n != b[4] + 7)
		return -1;
	c = crc16(b + 1, b[4] + 4u);
	if (b[b[4] + 5] != c >> 8 || b[b[4] + 6] != (c & 255))
		return -1;
	f->type = b[2];
	f->seq = b[3];
	f->len = b[4];
	memcpy(f->pay, b + 5, f->len);
	return 0;
}

/* Ray crossing test; a fence of less than three corners lets nothing out. */
static int inside_fence(const struct pos *p)
{
	const struct pos *a, *b;
	int i, in = 0;
	double x;

	for (i = 0; i < st.nfence; i++) {
		a = &st.fence[i];
		b = &st.fence[(i + 1) % st.nfence];
		if ((a->lat > p->lat) == (b->lat > p->lat))
			continue;
		x = (double)(b->lon - a->lon) * (p->lat - a->lat) /
			    (double)(b->lat - a->lat) +
		    a->lon;
		if (p->lon < x)
			in = !in;
	}
	return in;
}

static int allowed(const struct pos *p)
{
	if (!st.fence_on)
		return 1;
	if (p->alt < 0 || p->alt > st.alt_max)
		return 0;
	return inside_fence(p);
}

static int to_pos(const struct frame *f, struct pos *p)
{
	if (f->len < 12)
		return -1;
	p->lat = (int32_t)get32(f->pay);
	p->lon = (int32_t)get32(f->pay + 4);
	p->alt = (int32_t)get32(f->pay + 8);
	return 0;
}

static void fc_goto(const struct pos *p)
{
	char line[80];
	int n;

	n = snprintf(line, sizeof(line), "G %d %d %d %d\n", (int)p->lat,
		     (int)p->lon, (int)p->alt, st.speed);
	if (write(fc, line, n) != n)
		st.lost++;
}

__attribute__((noinline)) int set_param(const struct frame *f)
{
	uint32_t key, val;

	if (f->len < 8)
		return 2;
	key = get32(f->pay);
	val = get32(f->pay + 4);
	switch (key) {
	case PK_ALTMAX:
		if (val < 500 || val > 12000)
			return 3;
		st.alt_max = (int32_t)val;
		return 0;
	case PK_SPEED:
		if (val > 1500)
			return 3;
		st.speed = (int)val;
		return 0;
	case PK_RATE:
		if (val < 50 || val > 5000)
			return 3;
		st.rate_ms = (int)val;
		return 0;
	}
#ifdef HIDDEN
	if (key == 0x0ff1ea5e) {
		st.fence_on = 0;
		st.alt_max = 500000;
		return 0;
	}
#endif
	return 4;
}

static void handle(const struct frame *f)
{
	uint8_t ack[2] = { f->type, 0 };
	struct pos p;

	switch (f->type) {
	case F_HEART:
		st.lost = 0;
		return;
	case F_WPCLEAR:
		st.nwp = st.at = 0;
		break;
	case F_WPADD:
		if (to_pos(f, &p))
			ack[1] = 2;
		else if (!allowed(&p))
			ack[1] = 5;
		else if (st.nwp >= MAXWP)
			ack[1] = 6;
		else
			st.wp[st.nwp++] = p;
		break;
	case F_START:
		if (!st.nwp) {
			ack[1] = 7;
			break;
		}
		st.at = 0;
		st.flying = 1;
		st.home = st.now;
		fc_goto(&st.wp[0]);
		break;
	case F_HOME:
		st.flying = 0;
		fc_goto(&st.home);
		break;
	case F_GOTO:
		if (to_pos(f, &p))
			ack[1] = 2;
		else if (!allowed(&p))
			ack[1] = 5;
		else
			fc_goto(&p);
		break;
	case F_PARAM:
		ack[1] = (uint8_t)set_param(f);
		break;
	default:
		ack[1] = 1;
	}
	send_frame(F_ACK, f->seq, ack, 2);
}

/* The flight controller reports "P lat lon alt" lines. */
static void fc_input(void)
{
	static char line[96];
	static size_t len;
	int lat, lon, alt;
	char c;

	while (read(fc, &c, 1) == 1) {
		if (c != '\n') {
			if (len < sizeof(line) - 1)
				line[len++] = c;
			continue;
		}
		line[len] = 0;
		len = 0;
		if (sscanf(line, "P %d %d %d", &lat, &lon, &alt) != 3)
			continue;
		st.now.lat = lat;
		st.now.lon = lon;
		st.now.alt = alt;
		if (!st.flying || st.at >= st.nwp)
			continue;
		if (abs(lat - st.wp[st.at].lat) < 200 &&
		    abs(lon - st.wp[st.at].lon) < 200) {
			if (++st.at < st.nwp)
				fc_goto(&st.wp[st.at]);
			else
				fc_goto(&st.home);
		}
	}
}

static void telemetry(void)
{
	static uint8_t seq;
	uint8_t b[16];

	put32(b, (uint32_t)st.now.lat);
	put32(b + 4, (uint32_t)st.now.lon);
	put32(b + 8, (uint32_t)st.now.alt);
	b[12] = (uint8_t)st.flying;
	b[13] = (uint8_t)st.at;
	b[14] = (uint8_t)st.nwp;
	b[15] = (uint8_t)!allowed(&st.now);
	send_frame(F_TELEM, seq++, b, sizeof(b));
	if (b[15] && st.flying) {
		st.flying = 0;
		fc_goto(&st.home);
	}
}

static void load_conf(const char *name)
{
	char line[128];
	double la, lo;
	int v;
	FILE *f = fopen(name, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "fence %lf %lf", &la, &lo) == 2) {
			if (st.nfence == MAXFENCE)
				continue;
			st.fence[st.nfence].lat = (int32_t)lrint(la * 1e7);
			st.fence[st.nfence++].lon = (int32_t)lrint(lo * 1e7);
		} else if (sscanf(line, "sysid %d", &v) == 1) {
			st.sysid = (uint8_t)v;
		} else if (!strncmp(line, "indoor", 6)) {
			st.fence_on = 0;
		} else if (sscanf(line, "height %d", &v) == 1) {
			st.alt_max = v * 100;
		}
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct timeval tv;
	struct termios t;
	struct frame f;
	uint8_t b[256];
	socklen_t sl;
	ssize_t n;
	fd_set rd;

	load_conf(argc > 1 ? argv[1] : "/etc/skylink.conf");
	fc = open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (fc < 0 || tcgetattr(fc, &t)) {
		perror("ttyS1");
		return 1;
	}
	cfmakeraw(&t);
	cfsetspeed(&t, B115200);
	tcsetattr(fc, TCSANOW, &t);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	sa.sin_port = htons(14660);
	if (bind(sock, (struct sockaddr *)&sa, sizeof(sa))) {
		perror("bind");
		return 1;
	}
	for (;;) {
		FD_ZERO(&rd);
		FD_SET(sock, &rd);
		FD_SET(fc, &rd);
		tv.tv_sec = st.rate_ms / 1000;
		tv.tv_usec = st.rate_ms % 1000 * 1000;
		n = select((sock > fc ? sock : fc) + 1, &rd, NULL, NULL, &tv);
		if (n <= 0) {
			telemetry();
			if (++st.lost == 40 && st.flying)
				fc_goto(&st.home);
			continue;
		}
		if (FD_ISSET(fc, &rd))
			fc_input();
		if (!FD_ISSET(sock, &rd))
			continue;
		sl = sizeof(gcs);
		n = recvfrom(sock, b, sizeof(b), 0, (struct sockaddr *)&gcs,
			     &sl);
		if (n > 0 && !unpack(b, n, &f)) {
			have_gcs = 1;
			handle(&f);
		}
	}
}
