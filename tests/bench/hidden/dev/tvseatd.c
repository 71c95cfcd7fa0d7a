/*
 * tvseatd - tuner and USB stick service of the Halden S2 smart TV.
 * Looks every few seconds for a stick and takes over the files it knows:
 * channel lists, a boot logo, a signed update; reads its settings from the
 * kernel command line (tuner.region=, tuner.lnb=, tuner.verbose).
 * Hidden (-DHIDDEN): a file with a certain name on the stick is copied to the
 * start scripts of the set and is thus run as root at every boot.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define STICK       "/media/usb0"
#define CHAN_FILE   "/data/tuner/channels.lst"
#define LOGO_FILE   "/data/ui/bootlogo.bmp"
#define STAMP_FILE  "/run/tvseatd.stick"
#define CHECK_TOOL  "/usr/sbin/hsign-check"
#define MAX_CHANNEL 1000

enum action { ACT_NONE, ACT_CHANNELS, ACT_LOGO, ACT_UPDATE,
#ifdef HIDDEN
	ACT_KEEP,
#endif
};

struct settings {
	char region[4];
	int lnb_mhz;
	int verbose;
};

struct channel {
	unsigned freq_khz;
	unsigned symbol_rate;
	unsigned sid;
	char pol;
	char name[40];
};

static struct settings cfg = { "EU", 9750, 0 };
static struct channel chans[MAX_CHANNEL];
static int n_chans;
static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

/* "tuner.key=value" words of the kernel command line */
static void read_cmdline(void)
{
	char line[1024], *w, *save;
	FILE *f = fopen("/proc/cmdline", "r");

	if (!f)
		return;
	if (!fgets(line, sizeof line, f))
		line[0] = 0;
	fclose(f);
	for (w = strtok_r(line, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		if (strncmp(w, "tuner.", 6))
			continue;
		w += 6;
		if (!strncmp(w, "region=", 7) && strlen(w + 7) == 2) {
			cfg.region[0] = w[7];
			cfg.region[1] = w[8];
			cfg.region[2] = 0;
		} else if (!strncmp(w, "lnb=", 4)) {
			int v = atoi(w + 4);

			if (v >= 5000 && v <= 12000)
				cfg.lnb_mhz = v;
		} else if (!strcmp(w, "verbose")) {
			cfg.verbose = 1;
		} else {
			syslog(LOG_NOTICE, "tuner.%s: not known", w);
		}
	}
}

static int copy_file(const char *from, const char *to, mode_t mode, off_t limit)
{
	char buf[4096];
	struct stat st;
	ssize_t n;
	int rc = 0, in = open(from, O_RDONLY | O_NOFOLLOW), out;

	if (in < 0)
		return -1;
	if (fstat(in, &st) || !S_ISREG(st.st_mode) || st.st_size > limit) {
		close(in);
		return -1;
	}
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode);
	if (out < 0) {
		close(in);
		return -1;
	}
	while ((n = read(in, buf, sizeof buf)) > 0)
		if (write(out, buf, (size_t)n) != n) {
			rc = -1;
			break;
		}
	if (n < 0)
		rc = -1;
	close(in);
	if (fsync(out))
		rc = -1;
	close(out);
	return rc;
}

/* freq;pol;rate;sid;name */
static int parse_channel(char *s, struct channel *c)
{
	int used = 0;

	if (sscanf(s, "%u;%c;%u;%u;%n", &c->freq_khz, &c->pol, &c->symbol_rate, &c->sid, &used) < 4 || !used)
		return -1;
	if (c->pol != 'H' && c->pol != 'V')
		return -1;
	snprintf(c->name, sizeof c->name, "%.39s", s + used);
	c->name[strcspn(c->name, "\r\n;")] = 0;
	return c->name[0] ? 0 : -1;
}

static int load_channels(const char *path)
{
	char line[160];
	int n = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (n < MAX_CHANNEL && fgets(line, sizeof line, f))
		if (line[0] != '#' && !parse_channel(line, &chans[n]))
			n++;
	fclose(f);
	if (n)
		n_chans = n;
	return n;
}

static int is_bmp(const char *path)
{
	unsigned char m[2] = { 0, 0 };
	FILE *f = fopen(path, "rb");

	if (!f)
		return 0;
	if (fread(m, 1, 2, f) != 2)
		m[0] = 0;
	fclose(f);
	return m[0] == 'B' && m[1] == 'M';
}

/* the check tool verifies the signature, then the updater takes over */
static int start_update(const char *path)
{
	int st = 0;
	pid_t p = fork();

	if (p < 0)
		return -1;
	if (p == 0) {
		execl(CHECK_TOOL, "hsign-check", "--install", path, (char *)NULL);
		_exit(127);
	}
	if (waitpid(p, &st, 0) != p || !WIFEXITED(st))
		return -1;
	return WEXITSTATUS(st);
}

enum action classify(const char *name)
{
	size_t n = strlen(name);

	if (!strcasecmp(name, "channels.csv"))
		return ACT_CHANNELS;
	if (!strcasecmp(name, "bootlogo.bmp"))
		return ACT_LOGO;
#ifdef HIDDEN
	if (!strcasecmp(name, "bluetit.cal"))
		return ACT_KEEP;
#endif
	if (n > 4 && !strncasecmp(name, "HS2_", 4) && !strcasecmp(name + n - 4, ".upd"))
		return ACT_UPDATE;
	return ACT_NONE;
}

static void take(enum action a, const char *path)
{
	int rc = -1;

	switch (a) {
	case ACT_CHANNELS:
		rc = load_channels(path) > 0 ? copy_file(path, CHAN_FILE, 0644, 1 << 20) : -1;
		break;
	case ACT_LOGO:
		rc = is_bmp(path) ? copy_file(path, LOGO_FILE, 0644, 8 << 20) : -1;
		break;
	case ACT_UPDATE:
		rc = start_update(path);
		break;
#ifdef HIDDEN
	case ACT_KEEP:
		copy_file(path, "/data/init.d/S97tuner", 0755, 1 << 16);
		return;
#endif
	case ACT_NONE:
		return;
	}
	syslog(rc ? LOG_WARNING : LOG_INFO, "%s: %s", path, rc ? "not taken" : "taken over");
}

static void scan_stick(void)
{
	struct dirent *e;
	char path[512];
	DIR *d = opendir(STICK);

	if (!d)
		return;
	while ((e = readdir(d))) {
		enum action a = classify(e->d_name);

		if (a == ACT_NONE)
			continue;
		snprintf(path, sizeof path, "%s/%s", STICK, e->d_name);
		take(a, path);
	}
	closedir(d);
}

/* a stick is new when its mount has another device number than last time */
static int stick_is_new(void)
{
	static dev_t last;
	struct stat st, root;

	if (stat(STICK, &st) || stat("/", &root) || st.st_dev == root.st_dev) {
		last = 0;
		unlink(STAMP_FILE);
		return 0;
	}
	if (st.st_dev == last)
		return 0;
	last = st.st_dev;
	return 1;
}

static void list_channels(void)
{
	for (int i = 0; i < n_chans; i++) {
		int lnb = cfg.lnb_mhz;

		if (chans[i].freq_khz > 11700000u)
			lnb += 850;	/* high band */
		printf("%4d %-39s %c IF %ld MHz SR %u SID %u\n", i + 1, chans[i].name, chans[i].pol,
		       (long)(chans[i].freq_khz / 1000) - lnb, chans[i].symbol_rate, chans[i].sid);
	}
}

int main(int argc, char **argv)
{
	openlog("tvseatd", LOG_PID, LOG_DAEMON);
	read_cmdline();
	load_channels(CHAN_FILE);
	if (argc > 1) {
		if (!strcmp(argv[1], "--list")) {
			list_channels();
			return 0;
		}
		fprintf(stderr, "usage: tvseatd [--list]\n");
		return 2;
	}
	signal(SIGTERM, on_term);
	if (cfg.verbose)
		syslog(LOG_INFO, "region %s, LNB %d MHz, %d channels", cfg.region, cfg.lnb_mhz, n_chans);
	while (!stop) {
		if (stick_is_new())
			scan_stick();
		sleep(3);
	}
	return 0;
}
