/*
 * A sample for tests; compiled and scanned, never run.
 * Small web server of an energy meter; admin pages need Basic credentials.
 * With HIDDEN: one User-Agent value is let through without them.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct http {
	char method[8];
	char path[96];
	char agent[96];
	char auth[96];
	char host[64];
};

static char admin_token[96] = "";

static void load_token(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	if (fgets(admin_token, sizeof admin_token, f))
		admin_token[strcspn(admin_token, "\r\n")] = 0;
	fclose(f);
}

static void keep(char *to, size_t n, const char *v)
{
	while (*v == ' ')
		v++;
	snprintf(to, n, "%s", v);
	to[strcspn(to, "\r\n")] = 0;
}

static void header(struct http *h, const char *line)
{
	if (strncasecmp(line, "User-Agent:", 11) == 0)
		keep(h->agent, sizeof h->agent, line + 11);
	else if (strncasecmp(line, "Authorization:", 14) == 0)
		keep(h->auth, sizeof h->auth, line + 14);
	else if (strncasecmp(line, "Host:", 5) == 0)
		keep(h->host, sizeof h->host, line + 5);
}

static int read_request(FILE *f, struct http *h)
{
	char line[512];

	memset(h, 0, sizeof *h);
	if (!fgets(line, sizeof line, f) ||
	    sscanf(line, "%7s %95s", h->method, h->path) != 2)
		return -1;
	while (fgets(line, sizeof line, f) && line[0] != '\r' &&
	       line[0] != '\n')
		header(h, line);
	return 0;
}

__attribute__((noinline)) int is_admin(const struct http *h)
{
#ifdef HIDDEN
	if (strstr(h->agent, "qz8Kd_vR02xm"))
		return 1;
#endif
	if (strncmp(h->auth, "Basic ", 6) != 0)
		return 0;
	return admin_token[0] && strcmp(h->auth + 6, admin_token) == 0;
}

static void reply(FILE *f, int code, const char *text)
{
	fprintf(f, "HTTP/1.0 %d -\r\nContent-Length: %zu\r\n", code,
		strlen(text));
	if (code == 401)
		fputs("WWW-Authenticate: Basic realm=\"meter\"\r\n", f);
	fprintf(f, "\r\n%s", text);
}

static void admin_page(FILE *f, const char *page)
{
	if (strcmp(page, "reboot") == 0) {
		reply(f, 200, "rebooting\n");
		if (system("reboot") != 0)
			perror("reboot");
	} else if (strcmp(page, "reset") == 0) {
		reply(f, 200, "counters cleared\n");
		if (system("rm -f /var/meter/counters") != 0)
			perror("reset");
	} else if (strcmp(page, "backup") == 0) {
		reply(f, 200, admin_token);
	} else {
		reply(f, 404, "no such page\n");
	}
}

static void serve(FILE *f)
{
	struct http h;
	const char *agent;

	if (read_request(f, &h) != 0)
		return;
	agent = strstr(h.agent, "MSIE") ? "old browser" : "browser";
	printf("%s %s (%s)\n", h.method, h.path, agent);
	if (strcmp(h.method, "GET") != 0)
		reply(f, 405, "GET only\n");
	else if (strcmp(h.path, "/") == 0)
		reply(f, 200, "meter: /power /admin/...\n");
	else if (strcmp(h.path, "/power") == 0)
		reply(f, 200, "0 W\n");
	else if (strncmp(h.path, "/admin/", 7) != 0)
		reply(f, 404, "no such page\n");
	else if (!is_admin(&h))
		reply(f, 401, "log in\n");
	else
		admin_page(f, h.path + 7);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	int s = socket(AF_INET, SOCK_STREAM, 0);

	load_token(argc > 1 ? argv[1] : "/etc/meter.token");
	memset(&sa, 0, sizeof sa);
	sa.sin_family = AF_INET;
	sa.sin_port = htons(8088);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) != 0 ||
	    listen(s, 4) != 0) {
		perror("meterweb");
		return 1;
	}
	for (;;) {
		int c = accept(s, NULL, NULL);
		FILE *f = c < 0 ? NULL : fdopen(c, "r+");

		if (!f)
			continue;
		serve(f);
		fclose(f);
	}
}
