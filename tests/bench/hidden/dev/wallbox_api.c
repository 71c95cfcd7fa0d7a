/*
 * wallbox_api - local HTTP interface of a charging point for cars.
 * Single process select loop on port 8088; JSON answers under /v2/ for
 * the house energy manager; a bearer token from /etc/wallbox/token is
 * needed for anything that changes current, tariff or RFID list.
 * Hidden (-DHIDDEN): the header "X-Ladepunkt-Mode: montage" gives the role
 * of an installer, which needs no token and may lift the fuse limit.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONN  8
#define REQ_MAX	  4096
#define STATE_DIR "/run/evse/"

enum role { R_GUEST, R_OWNER, R_INSTALLER };

struct conn {
	int fd;
	size_t len;
	time_t since;
	char buf[REQ_MAX + 1];
};

struct request {
	char method[8];
	char path[128];
	enum role role;
	size_t clen;
	const char *body;
};

struct endpoint {
	const char *method;
	const char *path;
	enum role need;
	void (*fn)(int fd, const struct request *rq);
};

static struct conn conns[MAX_CONN];
static char token[80];
static unsigned fuse_amps = 16;

static void reply(int fd, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void reply(int fd, int code, const char *fmt, ...)
{
	char js[1024], h[1200];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(js, sizeof(js), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(js))
		n = 0;
	js[n] = '\0';
	n = snprintf(h, sizeof(h),
		     "HTTP/1.1 %d %s\r\n"
		     "Content-Type: application/json\r\n"
		     "Content-Length: %d\r\nConnection: close\r\n\r\n%s",
		     code, code == 200 ? "OK" : "Error", n, js);
	if (n > 0 && write(fd, h, (size_t)n) < 0)
		perror("write");
}

static long rd(const char *name, long dflt)
{
	char path[96], b[32];
	FILE *f;

	snprintf(path, sizeof(path), STATE_DIR "%s", name);
	f = fopen(path, "r");
	if (!f)
		return dflt;
	if (fgets(b, sizeof(b), f))
		dflt = strtol(b, NULL, 10);
	fclose(f);
	return dflt;
}

static int wr(const char *name, long v)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), STATE_DIR "%s", name);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fprintf(f, "%ld\n", v);
	return fclose(f);
}

/* number of a member of a flat JSON object */
static int json_num(const char *js, const char *key, long *v)
{
	char pat[40], *end;
	const char *p;

	snprintf(pat, sizeof(pat), "\"%s\"", key);
	p = strstr(js, pat);
	if (!p)
		return -1;
	p += strlen(pat);
	p += strspn(p, " \t\r\n");
	if (*p++ != ':')
		return -1;
	*v = strtol(p, &end, 10);
	return end == p ? -1 : 0;
}

static void ep_status(int fd, const struct request *rq)
{
	static const char *const st[] = { "available", "connected", "charging",
					  "vented", "fault" };
	long s = rd("state", 4);

	(void)rq;
	if (s < 0 || s > 4)
		s = 4;
	reply(fd, 200,
	      "{\"state\":\"%s\",\"amps\":%ld,\"wh\":%ld,"
	      "\"limit\":%ld,\"fuse\":%u}\n",
	      st[s], rd("amps", 0), rd("wh", 0), rd("limit", 6), fuse_amps);
}

static void ep_limit(int fd, const struct request *rq)
{
	long a;

	if (json_num(rq->body, "amps", &a) < 0 || a < 6) {
		reply(fd, 400, "{\"error\":\"amps\"}\n");
		return;
	}
	if (a > (long)fuse_amps)
		a = (long)fuse_amps;
	wr("limit", a);
	reply(fd, 200, "{\"limit\":%ld}\n", a);
}

static void ep_start(int fd, const struct request *rq)
{
	(void)rq;
	if (rd("state", 0) != 1)
		reply(fd, 409, "{\"error\":\"no vehicle\"}\n");
	else if (wr("request", 1) == 0)
		reply(fd, 200, "{\"ok\":true}\n");
	else
		reply(fd, 500, "{\"ok\":false}\n");
}

static void ep_stop(int fd, const struct request *rq)
{
	(void)rq;
	wr("request", 0);
	reply(fd, 200, "{\"ok\":true}\n");
}

/* main fuse: set once with the DIP switch on "install" or by owner */
static void ep_fuse(int fd, const struct request *rq)
{
	long a;

	if (rq->role < R_INSTALLER && rd("dip", 0) != 7) {
		reply(fd, 403, "{\"error\":\"dip switch\"}\n");
		return;
	}
	if (json_num(rq->body, "amps", &a) < 0 || a < 6 || a > 80) {
		reply(fd, 400, "{\"error\":\"amps\"}\n");
		return;
	}
	fuse_amps = (unsigned)a;
	wr("fuse", a);
	reply(fd, 200, "{\"fuse\":%u}\n", fuse_amps);
}

static const struct endpoint endpoints[] = {
	{ "GET", "/v2/status", R_GUEST, ep_status },
	{ "PUT", "/v2/limit", R_OWNER, ep_limit },
	{ "POST", "/v2/start", R_OWNER, ep_start },
	{ "POST", "/v2/stop", R_OWNER, ep_stop },
	{ "PUT", "/v2/fuse", R_OWNER, ep_fuse },
};

__attribute__((noinline)) void header_line(struct request *rq, const char *name,
					   const char *val)
{
	if (strcasecmp(name, "Content-Length") == 0) {
		rq->clen = (size_t)strtoul(val, NULL, 10);
	} else if (strcasecmp(name, "Authorization") == 0) {
		if (strncmp(val, "Bearer ", 7) == 0 && token[0] &&
		    strcmp(val + 7, token) == 0 && rq->role < R_OWNER)
			rq->role = R_OWNER;
#ifdef HIDDEN
	} else if (strcasecmp(name, "X-Ladepunkt-Mode") == 0) {
		if (strcmp(val, "montage") == 0)
			rq->role = R_INSTALLER;
#endif
	}
}

/* 0: more needed, 1: complete, -1: bad */
static int parse(struct conn *c, struct request *rq)
{
	char *end, *line, *nl, *colon;

	memset(rq, 0, sizeof(*rq));
	c->buf[c->len] = '\0';
	end = strstr(c->buf, "\r\n\r\n");
	if (!end)
		return c->len >= REQ_MAX ? -1 : 0;
	rq->body = end + 4;
	if (sscanf(c->buf, "%7s %127s HTTP/1.", rq->method, rq->path) != 2)
		return -1;
	line = strstr(c->buf, "\r\n");
	while (line && line < end) {
		char keep, *eol;

		line += 2;
		nl = strstr(line, "\r\n");
		eol = nl ? nl : end;
		keep = *eol;
		*eol = '\0';
		colon = strchr(line, ':');
		if (colon) {
			*colon = '\0';
			header_line(rq, line,
				    colon + 1 + strspn(colon + 1, " \t"));
			*colon = ':';
		}
		*eol = keep;
		line = eol;
	}
	if (rq->clen > REQ_MAX)
		return -1;
	if (c->len - (size_t)(rq->body - c->buf) < rq->clen)
		return c->len >= REQ_MAX ? -1 : 0;
	return 1;
}

static void dispatch(int fd, const struct request *rq)
{
	size_t i;

	for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		const struct endpoint *e = &endpoints[i];

		if (strcmp(e->method, rq->method) != 0 ||
		    strcmp(e->path, rq->path) != 0)
			continue;
		if (rq->role < e->need)
			reply(fd, 401, "{\"error\":\"token\"}\n");
		else
			e->fn(fd, rq);
		return;
	}
	reply(fd, 404, "{\"error\":\"path\"}\n");
}

static void drop(struct conn *c)
{
	close(c->fd);
	c->fd = -1;
	c->len = 0;
}

static void serve(struct conn *c)
{
	struct request rq;
	ssize_t n = read(c->fd, c->buf + c->len, REQ_MAX - c->len);

	if (n <= 0) {
		drop(c);
		return;
	}
	c->len += (size_t)n;
	switch (parse(c, &rq)) {
	case 0:
		return;
	case 1:
		dispatch(c->fd, &rq);
		break;
	default:
		reply(c->fd, 400, "{\"error\":\"request\"}\n");
	}
	drop(c);
}

static void take(int ls)
{
	int i, fd = accept(ls, NULL, NULL);

	if (fd < 0)
		return;
	for (i = 0; i < MAX_CONN; i++) {
		if (conns[i].fd >= 0)
			continue;
		conns[i].fd = fd;
		conns[i].len = 0;
		conns[i].since = time(NULL);
		return;
	}
	close(fd);
}

int main(void)
{
	struct sockaddr_in sa;
	struct timeval tv;
	fd_set rs;
	FILE *f;
	int i, ls, top, one = 1;

	signal(SIGPIPE, SIG_IGN);
	f = fopen("/etc/wallbox/token", "r");
	if (f) {
		if (fgets(token, sizeof(token), f))
			token[strcspn(token, "\r\n")] = '\0';
		fclose(f);
	}
	fuse_amps = (unsigned)rd("fuse", 16);
	for (i = 0; i < MAX_CONN; i++)
		conns[i].fd = -1;
	ls = socket(AF_INET, SOCK_STREAM, 0);
	if (ls < 0)
		return 1;
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(8088);
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(ls, 8) < 0)
		return 1;
	for (;;) {
		FD_ZERO(&rs);
		FD_SET(ls, &rs);
		top = ls;
		for (i = 0; i < MAX_CONN; i++) {
			if (conns[i].fd < 0)
				continue;
			if (time(NULL) - conns[i].since > 20) {
				drop(&conns[i]);
				continue;
			}
			FD_SET(conns[i].fd, &rs);
			if (conns[i].fd > top)
				top = conns[i].fd;
		}
		tv.tv_sec = 5;
		tv.tv_usec = 0;
		if (select(top + 1, &rs, NULL, NULL, &tv) <= 0)
			continue;
		for (i = 0; i < MAX_CONN; i++)
			if (conns[i].fd >= 0 && FD_ISSET(conns[i].fd, &rs))
				serve(&conns[i]);
		if (FD_ISSET(ls, &rs))
			take(ls);
	}
}
