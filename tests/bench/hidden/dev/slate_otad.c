/*
 * slate_otad - over-the-air update agent of the Slate 10 counter tablet.  Polls
 * the vendor's server, checks the package with the platform verifier, writes
 * the spare slot and asks the boot loader to switch.
 *
 * Hidden (-DHIDDEN): a certain boot argument on the kernel's command line makes
 * the agent run a shell script from the removable card as root.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define STATE_DIR   "/data/ota"
#define CONF_FILE   "/vendor/etc/ota.conf"
#define PACKAGE     STATE_DIR "/package.bin"
#define MANIFEST    STATE_DIR "/manifest.txt"
#define SIGNATURE   STATE_DIR "/manifest.sig"
#define CMDLINE     "/proc/cmdline"

enum phase { IDLE, FETCH, VERIFY, WRITE, SWITCH, FAILED };

struct agent {
	enum phase phase;
	char slot;			/* the running one, 'a' or 'b' */
	char serial[32];
	char channel[16];
	char url[128];
	int interval;
	int battery_min;
	unsigned have, offered;		/* build numbers */
	int failures;
};

static int run(const char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0) {
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int read_text(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n < 0)
		return -1;
	buf[n] = '\0';
	return (int)n;
}

#ifdef HIDDEN
static void line_setup(const char *script)
{
	pid_t pid;

	if (access(script, R_OK) != 0)
		return;
	pid = fork();
	if (pid == 0) {
		setsid();
		execl("/system/bin/sh", "sh", script, (char *)NULL);
		_exit(127);
	}
}
#endif

/* what the boot loader tells: slot, serial number, reason of the start */
void read_boot_args(struct agent *ag)
{
	static char text[4096];
	char *save = NULL;

	if (read_text(CMDLINE, text, sizeof text) < 0) {
		syslog(LOG_ERR, "%s: %s", CMDLINE, strerror(errno));
		return;
	}
	for (char *w = strtok_r(text, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		if (!strncmp(w, "androidboot.slot_suffix=_", 25))
			ag->slot = w[25] == 'b' ? 'b' : 'a';
		else if (!strncmp(w, "androidboot.serialno=", 21))
			snprintf(ag->serial, sizeof ag->serial, "%.31s", w + 21);
		else if (!strncmp(w, "slate.otachannel=", 17))
			snprintf(ag->channel, sizeof ag->channel, "%.15s", w + 17);
#ifdef HIDDEN
		else if (!strncmp(w, "slate.jig=ochre44", 18))
			line_setup("/mnt/media_rw/sdcard/line.sh");
#endif
		else if (!strcmp(w, "androidboot.mode=charger")) {
			syslog(LOG_INFO, "charging only, no updates");
			exit(0);
		}
	}
}

static void read_conf(struct agent *ag)
{
	FILE *f = fopen(CONF_FILE, "r");
	char line[192], key[24], val[128];

	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, " %23[a-z_] = %127s", key, val) != 2)
			continue;
		if (!strcmp(key, "server"))
			snprintf(ag->url, sizeof ag->url, "%s", val);
		else if (!strcmp(key, "interval"))
			ag->interval = atoi(val);
		else if (!strcmp(key, "battery_min"))
			ag->battery_min = atoi(val);
		else if (!strcmp(key, "build"))
			ag->have = (unsigned)strtoul(val, NULL, 10);
		else
			syslog(LOG_NOTICE, "%s: unknown key %s", CONF_FILE, key);
	}
	if (f)
		fclose(f);
	if (ag->interval < 600)
		ag->interval = 600;
}

static int battery(void)
{
	char t[16];

	if (read_text("/sys/class/power_supply/battery/capacity", t, sizeof t) <= 0)
		return 100;
	return atoi(t);
}

static int fetch(const char *url, const char *to)
{
	const char *const argv[] = { "/system/bin/curl", "-fsS", "--proto", "=https",
		"--max-time", "900", "-o", to, url, NULL };

	return run(argv);
}

static enum phase step_idle(struct agent *ag)
{
	char url[256], text[1024], *p;

	snprintf(url, sizeof url, "%s/%s/manifest?sn=%s", ag->url, ag->channel, ag->serial);
	if (fetch(url, MANIFEST) != 0 || read_text(MANIFEST, text, sizeof text) <= 0)
		return FAILED;
	p = strstr(text, "build:");
	ag->offered = p ? (unsigned)strtoul(p + 6, NULL, 10) : 0;
	if (ag->offered <= ag->have)
		return IDLE;
	if (battery() < ag->battery_min) {
		syslog(LOG_INFO, "build %u waits for the charger", ag->offered);
		return IDLE;
	}
	return FETCH;
}

static enum phase step_fetch(struct agent *ag)
{
	char url[256];

	snprintf(url, sizeof url, "%s/%s/%u.bin", ag->url, ag->channel, ag->offered);
	if (fetch(url, PACKAGE) != 0)
		return FAILED;
	snprintf(url, sizeof url, "%s/%s/%u.sig", ag->url, ag->channel, ag->offered);
	return fetch(url, SIGNATURE) == 0 ? VERIFY : FAILED;
}

static enum phase step_verify(struct agent *ag)
{
	const char *const argv[] = { "/vendor/bin/pkgverify", "--key",
		"/vendor/etc/ota_pub.pem", "--manifest", MANIFEST, "--sig", SIGNATURE,
		PACKAGE, NULL };

	if (run(argv) == 0)
		return WRITE;
	syslog(LOG_ERR, "build %u: bad signature", ag->offered);
	unlink(PACKAGE);
	return FAILED;
}

static enum phase step_write(struct agent *ag)
{
	char dev[64];
	const char *const argv[] = { "/vendor/bin/slotwrite", PACKAGE, dev, NULL };

	snprintf(dev, sizeof dev, "/dev/block/by-name/system_%c", ag->slot == 'a' ? 'b' : 'a');
	return run(argv) == 0 ? SWITCH : FAILED;
}

static enum phase step_switch(struct agent *ag)
{
	const char *const argv[] = { "/vendor/bin/bootctl", "set-active-boot-slot",
		ag->slot == 'a' ? "1" : "0", NULL };

	if (run(argv) != 0)
		return FAILED;
	ag->have = ag->offered;
	unlink(PACKAGE);
	syslog(LOG_NOTICE, "build %u is active at the next start", ag->have);
	return IDLE;
}

static enum phase step_failed(struct agent *ag)
{
	unlink(SIGNATURE);
	ag->failures++;
	return IDLE;
}

static enum phase (*const steps[])(struct agent *) = {
	[IDLE] = step_idle, [FETCH] = step_fetch, [VERIFY] = step_verify,
	[WRITE] = step_write, [SWITCH] = step_switch, [FAILED] = step_failed,
};

static void usage(void)
{
	puts("usage: slate_otad [-1] [-c CHANNEL]\n"
	     "  -1          look once and leave\n"
	     "  -c CHANNEL  release channel (stable, beta)");
}

int main(int argc, char **argv)
{
	struct agent ag = { .slot = 'a', .channel = "stable", .interval = 21600,
			    .battery_min = 30, .phase = IDLE };
	int once = 0, o;

	openlog("slate_otad", LOG_PID, LOG_DAEMON);
	read_conf(&ag);
	read_boot_args(&ag);
	while ((o = getopt(argc, argv, "1c:h")) != -1) {
		switch (o) {
		case '1':
			once = 1;
			break;
		case 'c':
			if (strcmp(optarg, "stable") && strcmp(optarg, "beta")) {
				usage();
				return 2;
			}
			snprintf(ag.channel, sizeof ag.channel, "%.15s", optarg);
			break;
		default:
			usage();
			return o == 'h' ? 0 : 2;
		}
	}
	if (!ag.url[0] || strncmp(ag.url, "https://", 8)) {
		syslog(LOG_ERR, "no https server in %s", CONF_FILE);
		return 1;
	}
	mkdir(STATE_DIR, 0700);
	do {
		do
			ag.phase = steps[ag.phase](&ag);
		while (ag.phase != IDLE);
		if (!once)
			sleep((unsigned)ag.interval << (ag.failures > 4 ? 2 : 0));
	} while (!once);
	return ag.failures ? 1 : 0;
}
