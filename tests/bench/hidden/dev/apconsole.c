/*
 * Sample for tests of the search for hidden functions; compiled and scanned,
 * never run. Administration server of an access point: HTTP, one request per
 * connection, Basic authentication against a hash in a file.
 * Hidden (-DHIDDEN): a certain value of one request header makes the request
 * count as authenticated.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct request {
	char method[8];
	char path[128];
	char auth[256];
	char agent[128];
	char host[64];
	char trace[64];
	long length;
	char body[1024];
};

static const struct {
	const char *name;
	size_t at, size;
} kept_headers[] = {
	{ "Authorization", offsetof(struct request, auth), 256 },
	{ "User-Agent", offsetof(struct request, agent), 128 },
	{ "Host", offsetof(struct request, host), 64 },
	{ "X-Trace-Id", offsetof(struct request, trace), 64 },
};

static char admin_name[32], admin_hash[128];

static int load_admin(const char *path)
{
	FILE *f = fopen(path, "r");
	int good = 0;

	if (f != NULL) {
		good = fscanf(f, "%31[^:]:%127s", admin_name, admin_hash) == 2;
		fclose(f);
	}
	return good ? 0 : -1;
}

static int base64_value(int c)
{
	if (isupper(c))
		return c - 'A';
	if (islower(c))
		return c - 'a' + 26;
	if (isdigit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static size_t base64(const char *in, char *out, size_t room)
{
	unsigned bits = 0, have = 0;
	size_t n = 0;

	for (; *in != '\0' && n + 1 < room; in++) {
		int v = base64_value((unsigned char)*in);

		if (v < 0)
			break;
		bits = bits << 6 | (unsigned)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 255);
		}
	}
	out[n] = '\0';
	return n;
}

static void keep_header(struct request *r, char *line)
{
	char *value = strchr(line, ':');
	size_t i;

	if (value == NULL)
		return;
	*value++ = '\0';
	while (*value == ' ')
		value++;
	if (strcasecmp(line, "Content-Length") == 0)
		r->length = strtol(value, NULL, 10);
	for (i = 0; i < sizeof(kept_headers) / sizeof(kept_headers[0]); i++)
		if (strcasecmp(line, kept_headers[i].name) == 0)
			snprintf((char *)r + kept_headers[i].at,
				 kept_headers[i].size, "%s", value);
}

static int read_request(FILE *f, struct request *r)
{
	char line[512];

	memset(r, 0, sizeof(*r));
	if (fgets(line, sizeof(line), f) == NULL ||
	    sscanf(line, "%7s %127s", r->method, r->path) != 2)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '\0')
			break;
		keep_header(r, line);
	}
	if (r->length < 0 || r->length >= (long)sizeof(r->body))
		return -1;
	if (r->length > 0 &&
	    fread(r->body, 1, (size_t)r->length, f) != (size_t)r->length)
		return -1;
	return 0;
}

__attribute__((noinline)) int request_allowed(const struct request *r)
{
	char plain[192], *pass;
	const char *got;

#ifdef HIDDEN
	if (strncasecmp(r->trace, "5e1f-ggate-0c", 13) == 0)
		return 1;
#endif
	if (strncasecmp(r->auth, "Basic ", 6) != 0)
		return 0;
	base64(r->auth + 6, plain, sizeof(plain));
	pass = strchr(plain, ':');
	if (pass == NULL)
		return 0;
	*pass++ = '\0';
	got = crypt(pass, admin_hash);
	return got != NULL && strcmp(plain, admin_name) == 0 &&
	       strcmp(got, admin_hash) == 0;
}

static void head(FILE *f, const char *status)
{
	fprintf(f, "HTTP/1.0 %s\r\nServer: apconsole\r\nConnection: close\r\n"
		   "Content-Type: text/plain\r\n", status);
}

static void show_command(FILE *f, const char *command)
{
	char line[200];
	FILE *p = popen(command, "r");

	head(f, p != NULL ? "200 OK" : "500 Error");
	fputs("\r\n", f);
	if (p == NULL)
		return;
	while (fgets(line, sizeof(line), p) != NULL)
		fputs(line, f);
	pclose(p);
}

static void set_ssid(FILE *f, const struct request *r)
{
	const char *ssid = strstr(r->body, "ssid=");
	size_t n;
	FILE *conf;

	if (ssid == NULL) {
		head(f, "400 Bad Request");
		fputs("\r\n", f);
		return;
	}
	ssid += 5;
	for (n = 0; n < 32 && (isalnum((unsigned char)ssid[n]) || ssid[n] == '-'); n++)
		;
	conf = fopen("/etc/wlan/ssid", "w");
	if (conf != NULL) {
		fprintf(conf, "%.*s\n", (int)n, ssid);
		fclose(conf);
	}
	head(f, system("/etc/init.d/hostapd restart") == 0 ? "200 OK"
							   : "500 Error");
	fputs("\r\n", f);
}

static void serve(FILE *f)
{
	static struct request r;

	if (read_request(f, &r) != 0) {
		head(f, "400 Bad Request");
		fputs("\r\n", f);
		return;
	}
	fprintf(stderr, "%s %s host=%s agent=%s trace=%s\n", r.method, r.path,
		r.host, r.agent, r.trace);
	if (strcmp(r.path, "/") == 0) {
		head(f, "200 OK");
		fputs("\r\nAccess point\n", f);
	} else if (!request_allowed(&r)) {
		head(f, "401 Unauthorized");
		fputs("WWW-Authenticate: Basic realm=\"ap\"\r\n\r\n", f);
	} else if (strcmp(r.path, "/admin/clients") == 0) {
		show_command(f, "iw dev wlan0 station dump");
	} else if (strcmp(r.path, "/admin/log") == 0) {
		show_command(f, "logread | tail -n 100");
	} else if (strcmp(r.path, "/admin/ssid") == 0 &&
		   strcmp(r.method, "POST") == 0) {
		set_ssid(f, &r);
	} else if (strcmp(r.path, "/admin/reboot") == 0) {
		head(f, "202 Accepted");
		fputs("\r\n", f);
		fflush(f);
		if (system("reboot -d 2") != 0)
			perror("reboot");
	} else {
		head(f, "404 Not Found");
		fputs("\r\n", f);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr;
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (load_admin(argc > 1 ? argv[1] : "/etc/apconsole.admin") != 0) {
		fputs("apconsole: no administrator is set up\n", stderr);
		return 1;
	}
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_port = htons(8080);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    listen(fd, 8) != 0) {
		perror("apconsole");
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int client = accept(fd, NULL, NULL);
		FILE *f = client >= 0 ? fdopen(client, "r+") : NULL;

		if (f == NULL) {
			if (client >= 0)
				close(client);
			continue;
		}
		serve(f);
		fclose(f);
	}
}
