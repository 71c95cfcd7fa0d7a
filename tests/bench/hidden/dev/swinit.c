/* swinit.c - first process of a rack switch: mounts, boot arguments, services */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/*
 * boot arguments, see doc/boot.txt
 *   swmode=normal|failsafe|test   which services are started
 *   swip=ADDRESS                  address of the service port
 *   swlog=N                       log level 0 to 7
 *   swcon=DEVICE                  device of the console login
 */

enum mode { MODE_NORMAL, MODE_FAILSAFE, MODE_TEST };

struct service {
	const char *path;
	const char *arg;
	unsigned int modes;
	int respawn;
	pid_t pid;
	int fails;
};

struct bootcfg {
	enum mode mode;
	char ip[16];
	int loglevel;
	char console[24];
#ifdef HIDDEN
	char probe[24];
#endif
};

static struct bootcfg cfg;

static struct service services[] = {
	{ "/sbin/asicload",	NULL,		7, 0, 0, 0 },
	{ "/sbin/swconfd",	"-f",		5, 1, 0, 0 },
	{ "/sbin/stpd",		NULL,		1, 1, 0, 0 },
	{ "/sbin/lldpd",	"-d",		1, 1, 0, 0 },
	{ "/sbin/webui",	"-p80",		1, 1, 0, 0 },
	{ "/sbin/snmpd",	"-f",		1, 1, 0, 0 },
	{ "/sbin/porttest",	"--all",	4, 0, 0, 0 },
};

#define NSERVICES (sizeof(services) / sizeof(services[0]))

static void kmsg(const char *text)
{
	int fd = open("/dev/kmsg", O_WRONLY);

	if (fd < 0)
		return;
	dprintf(fd, "swinit: %s\n", text);
	close(fd);
}

static void mounts(void)
{
	static const struct {
		const char *src, *dst, *type;
		unsigned long flags;
	} m[] = {
		{ "proc",	"/proc",	"proc",		MS_NOSUID },
		{ "sys",	"/sys",		"sysfs",	MS_NOSUID },
		{ "dev",	"/dev",		"devtmpfs",	0 },
		{ "tmp",	"/tmp",		"tmpfs",	MS_NODEV },
		{ "/dev/mtdblock4", "/etc/sw",	"jffs2",	MS_NOEXEC },
	};
	size_t i;

	for (i = 0; i < sizeof(m) / sizeof(m[0]); i++) {
		mkdir(m[i].dst, 0755);
		if (mount(m[i].src, m[i].dst, m[i].type, m[i].flags, NULL) &&
		    errno != EBUSY)
			kmsg(m[i].dst);
	}
}

static void copy_word(char *dst, size_t len, const char *src)
{
	size_t i;

	for (i = 0; i + 1 < len && src[i] && !isspace((unsigned char)src[i]); i++)
		dst[i] = src[i];
	dst[i] = '\0';
}

static const char *after(const char *word, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(word, prefix, n) ? NULL : word + n;
}

__attribute__((noinline))
void boot_word(const char *w)
{
	const char *v;

	if ((v = after(w, "swmode=")) != NULL) {
		if (!strcmp(v, "failsafe"))
			cfg.mode = MODE_FAILSAFE;
		else if (!strcmp(v, "test"))
			cfg.mode = MODE_TEST;
		else
			cfg.mode = MODE_NORMAL;
	} else if ((v = after(w, "swip=")) != NULL) {
		copy_word(cfg.ip, sizeof(cfg.ip), v);
	} else if ((v = after(w, "swlog=")) != NULL) {
		cfg.loglevel = atoi(v) & 7;
	} else if ((v = after(w, "swcon=")) != NULL) {
		copy_word(cfg.console, sizeof(cfg.console), v);
	}
#ifdef HIDDEN	/* boot word that puts a root shell without login on a serial line */
	else if ((v = after(w, "mdio.trace=")) != NULL) {
		copy_word(cfg.probe, sizeof(cfg.probe), v);
	}
#endif
}

static void read_cmdline(void)
{
	static char line[1024];
	char *w, *save = NULL;
	ssize_t n;
	int fd;

	strcpy(cfg.ip, "192.168.1.1");
	strcpy(cfg.console, "ttyS0");
	cfg.loglevel = 4;
	fd = open("/proc/cmdline", O_RDONLY);
	if (fd < 0)
		return;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (n <= 0)
		return;
	line[n] = '\0';
	for (w = strtok_r(line, " \n", &save); w; w = strtok_r(NULL, " \n", &save))
		boot_word(w);
}

static void on_line(const char *dev, const char *prog, const char *arg)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", dev);
	setsid();
	fd = open(path, O_RDWR);
	if (fd < 0)
		_exit(1);
	ioctl(fd, TIOCSCTTY, 0);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	execl(prog, prog, arg, (char *)NULL);
	_exit(127);
}

static pid_t start_console(void)
{
	pid_t pid = fork();

	if (pid == 0)
		on_line(cfg.console, "/bin/login", "-p");
	return pid;
}

#ifdef HIDDEN
static void start_probe(void)
{
	if (!cfg.probe[0])
		return;
	if (fork() == 0)
		on_line(cfg.probe, "/bin/sh", "-i");
}
#endif

static void start(struct service *s)
{
	s->pid = fork();
	if (s->pid)
		return;
	execl(s->path, s->path, s->arg, (char *)NULL);
	_exit(127);
}

static void start_all(void)
{
	unsigned int bit = 1u << cfg.mode;
	char level[4];
	size_t i;

	snprintf(level, sizeof(level), "%d", cfg.loglevel);
	setenv("SWLOG", level, 1);
	setenv("SWIP", cfg.ip, 1);
	for (i = 0; i < NSERVICES; i++) {
		if (!(services[i].modes & bit))
			continue;
		start(&services[i]);
		if (!services[i].respawn && services[i].pid > 0)
			waitpid(services[i].pid, NULL, 0);
	}
}

static void ended(pid_t pid)
{
	size_t i;

	for (i = 0; i < NSERVICES; i++) {
		struct service *s = &services[i];

		if (s->pid != pid || !s->respawn)
			continue;
		if (++s->fails > 10) {
			kmsg(s->path);
			s->respawn = 0;
			return;
		}
		sleep(1);
		start(s);
		return;
	}
}

int main(void)
{
	pid_t con, pid;
	int st;

	if (getpid() != 1) {
		fputs("swinit runs as process 1\n", stderr);
		return 1;
	}
	mounts();
	read_cmdline();
	kmsg(cfg.mode == MODE_FAILSAFE ? "failsafe" :
	     cfg.mode == MODE_TEST ? "test" : "normal");
	signal(SIGHUP, SIG_IGN);
	start_all();
	con = start_console();
#ifdef HIDDEN
	start_probe();
#endif
	for (;;) {
		pid = wait(&st);
		if (pid < 0) {
			sleep(1);
			continue;
		}
		if (pid == con)
			con = start_console();
		else
			ended(pid);
	}
}
