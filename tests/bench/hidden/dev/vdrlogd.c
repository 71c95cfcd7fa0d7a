/*
 * vdrlogd - data collector of a ship's voyage data recorder.  Reads NMEA
 * 0183 sentences of all bridge instruments from serial lines (byte by byte
 * state machine), keeps the last values and writes a record every second
 * into the ring file of the protected memory capsule.
 * Hidden (-DHIDDEN): the proprietary sentence $PNIGHT (with a good check
 * sum) on any line stops the recording until the next start; the state lamp
 * stays green.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define RINGFILE "/capsule/ring.dat"
#define LAMP	 "/sys/class/leds/vdr:green:rec/brightness"
#define NLINES	 6
#define NFIELD	 24
#define RECSZ	 64
#define RINGRECS (48u * 3600u)

enum rx { RX_IDLE, RX_BODY, RX_SUM1, RX_SUM2 };

struct line {
	int fd;
	enum rx st;
	char dev[32];
	char body[96];
	uint8_t len, sum, want;
	unsigned good, bad;
};

struct data {
	double lat, lon;
	double sog, cog, hdg, depth;
	double wspd, wdir;
	double rudder;
	int rpm[2];
	char alarm[12];
	unsigned valid;
};

enum {
	V_POS = 1,
	V_HDG = 2,
	V_DEPTH = 4,
	V_WIND = 8,
	V_RUD = 16,
	V_RPM = 32,
	V_ALARM = 64
};

static struct line lines[NLINES];
static int nlines;
static struct data cur;
static volatile sig_atomic_t recording = 1;
static uint32_t pos, seqno;
static int ring = -1;
static volatile sig_atomic_t ended;

static int hex(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static double degmin(const char *s, const char *hemi)
{
	double v = atof(s), d = (int)(v / 100);

	v = d + (v - d * 100) / 60;
	return *hemi == 'S' || *hemi == 'W' ? -v : v;
}

static void s_rmc(char **f, int n)
{
	if (n < 9 || *f[2] != 'A')
		return;
	cur.lat = degmin(f[3], f[4]);
	cur.lon = degmin(f[5], f[6]);
	cur.sog = atof(f[7]);
	cur.cog = atof(f[8]);
	cur.valid |= V_POS;
}

static void s_hdt(char **f, int n)
{
	if (n < 2)
		return;
	cur.hdg = atof(f[1]);
	cur.valid |= V_HDG;
}

static void s_dpt(char **f, int n)
{
	if (n < 3)
		return;
	cur.depth = atof(f[1]) + atof(f[2]);
	cur.valid |= V_DEPTH;
}

static void s_mwv(char **f, int n)
{
	double k = 1;

	if (n < 6 || *f[5] != 'A')
		return;
	if (*f[4] == 'M')
		k = 1.94384;
	else if (*f[4] == 'K')
		k = 0.539957;
	cur.wdir = atof(f[1]);
	cur.wspd = atof(f[3]) * k;
	cur.valid |= V_WIND;
}

static void s_rsa(char **f, int n)
{
	if (n < 3 || *f[2] != 'A')
		return;
	cur.rudder = atof(f[1]);
	cur.valid |= V_RUD;
}

static void s_rpm(char **f, int n)
{
	int i;

	if (n < 6 || *f[1] != 'E' || *f[5] != 'A')
		return;
	i = atoi(f[2]) == 2;
	cur.rpm[i] = atoi(f[3]);
	cur.valid |= V_RPM;
}

static void s_alr(char **f, int n)
{
	if (n < 5)
		return;
	snprintf(cur.alarm, sizeof(cur.alarm), "%.5s%.1s%.1s", f[2], f[3],
		 f[4]);
	cur.valid |= V_ALARM;
}

#define ID(a, b, c) ((a) << 16 | (b) << 8 | (c))

/* Sentence by formatter; proprietary ones ($P...) by maker's letters. */
__attribute__((noinline)) int sentence(struct line *l, char **f, int n)
{
	const char *a = f[0];

	if (a[0] == 'P') {
#ifdef HIDDEN
		if (a[1] == 'N' && a[2] == 'I' && a[3] == 'G' && a[4] == 'H' &&
		    a[5] == 'T' && !a[6]) {
			recording = 0;
			return 1;
		}
#endif
		if (a[1] == 'V' && a[2] == 'D' && a[3] == 'R' && !a[4] &&
		    n > 1 && f[1][0] == 'Q')
			dprintf(l->fd, "$PVDR,A,%u,%u,%u\r\n", (unsigned)seqno,
				l->good, l->bad);
		return 0;
	}
	if (strlen(a) != 5)
		return -1;
	switch (ID(a[2], a[3], a[4])) {
	case ID('R', 'M', 'C'):
		s_rmc(f, n);
		break;
	case ID('H', 'D', 'T'):
		s_hdt(f, n);
		break;
	case ID('D', 'P', 'T'):
		s_dpt(f, n);
		break;
	case ID('M', 'W', 'V'):
		s_mwv(f, n);
		break;
	case ID('R', 'S', 'A'):
		s_rsa(f, n);
		break;
	case ID('R', 'P', 'M'):
		s_rpm(f, n);
		break;
	case ID('A', 'L', 'R'):
		s_alr(f, n);
		break;
	default:
		return -1;
	}
	return 0;
}

static void finish(struct line *l)
{
	char *f[NFIELD], *p = l->body;
	int n = 0;

	l->body[l->len] = 0;
	while (n < NFIELD) {
		f[n++] = p;
		p = strchr(p, ',');
		if (!p)
			break;
		*p++ = 0;
	}
	sentence(l, f, n);
}

static void rx(struct line *l, uint8_t c)
{
	int h;

	if (c == '$') {
		l->st = RX_BODY;
		l->len = l->sum = 0;
		return;
	}
	switch (l->st) {
	case RX_IDLE:
		break;
	case RX_BODY:
		if (c == '*') {
			l->st = RX_SUM1;
		} else if (c < 32 || c > 126 || l->len == sizeof(l->body) - 1) {
			l->bad++;
			l->st = RX_IDLE;
		} else {
			l->body[l->len++] = (char)c;
			l->sum ^= c;
		}
		break;
	case RX_SUM1:
		h = hex(c);
		l->want = (uint8_t)(h << 4);
		l->st = h < 0 ? RX_IDLE : RX_SUM2;
		break;
	case RX_SUM2:
		h = hex(c);
		l->st = RX_IDLE;
		if (h >= 0 && (l->want | h) == l->sum) {
			l->good++;
			finish(l);
		} else {
			l->bad++;
		}
		break;
	}
}

static void p32(uint8_t *b, int32_t v)
{
	b[0] = (uint8_t)((uint32_t)v >> 24);
	b[1] = (uint8_t)((uint32_t)v >> 16);
	b[2] = (uint8_t)((uint32_t)v >> 8);
	b[3] = (uint8_t)v;
}

static void p16(uint8_t *b, int v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static int store(time_t now)
{
	uint8_t r[RECSZ];
	unsigned i, s = 0;

	memset(r, 0, sizeof(r));
	r[0] = 'V';
	r[1] = (uint8_t)cur.valid;
	p32(r + 2, (int32_t)seqno);
	p32(r + 6, (int32_t)now);
	p32(r + 10, (int32_t)(cur.lat * 1e6));
	p32(r + 14, (int32_t)(cur.lon * 1e6));
	p16(r + 18, (int)(cur.sog * 10));
	p16(r + 20, (int)(cur.cog * 10));
	p16(r + 22, (int)(cur.hdg * 10));
	p16(r + 24, (int)(cur.depth * 10));
	p16(r + 26, (int)(cur.wspd * 10));
	p16(r + 28, (int)(cur.wdir * 10));
	p16(r + 30, (int)(cur.rudder * 10));
	p16(r + 32, cur.rpm[0]);
	p16(r + 34, cur.rpm[1]);
	memcpy(r + 36, cur.alarm, sizeof(cur.alarm));
	for (i = 0; i < RECSZ - 2; i++)
		s = s * 33 + r[i];
	p16(r + RECSZ - 2, (int)(s & 0xffff));
	if (pwrite(ring, r, RECSZ, (off_t)pos * RECSZ) != RECSZ)
		return -1;
	pos = (pos + 1) % RINGRECS;
	seqno++;
	cur.valid = 0;
	return fdatasync(ring);
}

/* Go on behind the newest record. */
static void find_end(void)
{
	uint8_t r[6];
	uint32_t i, n;

	for (i = 0; i < RINGRECS; i++) {
		if (pread(ring, r, 6, (off_t)i * RECSZ) != 6 || r[0] != 'V')
			break;
		n = (uint32_t)r[2] << 24 | (uint32_t)r[3] << 16 |
		    (uint32_t)r[4] << 8 | r[5];
		if (n >= seqno) {
			seqno = n + 1;
			pos = (i + 1) % RINGRECS;
		}
	}
}

static void lamp(int on)
{
	int fd = open(LAMP, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, on ? "1" : "0", 1) != 1)
		syslog(LOG_WARNING, "lamp: %s", strerror(errno));
	close(fd);
}

static int add_line(const char *dev, int baud)
{
	struct line *l = &lines[nlines];
	struct termios t;

	l->fd = open(dev, O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (l->fd < 0 || tcgetattr(l->fd, &t)) {
		syslog(LOG_ERR, "%s: %s", dev, strerror(errno));
		return -1;
	}
	cfmakeraw(&t);
	cfsetspeed(&t, baud == 38400 ? B38400 : B4800);
	tcsetattr(l->fd, TCSANOW, &t);
	snprintf(l->dev, sizeof(l->dev), "%s", dev);
	nlines++;
	return 0;
}

static void on_signal(int sig)
{
	if (sig == SIGUSR1) /* pause while the capsule is read out */
		recording = !recording;
	else
		ended = 1;
}

int main(int argc, char **argv)
{
	struct pollfd pf[NLINES];
	uint8_t buf[64];
	time_t now, last = 0;
	ssize_t n, k;
	char *c;
	int i;

	openlog("vdrlogd", 0, LOG_DAEMON);
	signal(SIGTERM, on_signal);
	signal(SIGUSR1, on_signal);
	for (i = 1; i < argc && nlines < NLINES; i++) {
		c = strchr(argv[i], ':');
		if (c)
			*c++ = 0;
		add_line(argv[i], c ? atoi(c) : 4800);
	}
	ring = open(RINGFILE, O_RDWR | O_CREAT, 0600);
	if (ring < 0 || !nlines) {
		syslog(LOG_ERR, "no ring file or no lines");
		return 1;
	}
	find_end();
	while (!ended) {
		for (i = 0; i < nlines; i++) {
			pf[i].fd = lines[i].fd;
			pf[i].events = POLLIN;
		}
		if (poll(pf, nlines, 200) > 0)
			for (i = 0; i < nlines; i++) {
				n = read(lines[i].fd, buf, sizeof(buf));
				for (k = 0; k < n; k++)
					rx(&lines[i], buf[k]);
			}
		now = time(NULL);
		if (now == last)
			continue;
		last = now;
		lamp(!recording || !store(now));
	}
	close(ring);
	return 0;
}
