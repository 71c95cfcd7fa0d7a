/*
 * phoneprov.cgi - provisioning pages of the Talveo T4x desk phone, run by the
 * phone's web server. Routes are taken from PATH_INFO; changing pages need the
 * session cookie that login.cgi has put into /var/run/phone/session.
 *
 * Hidden (-DHIDDEN): the path /rtplab/x41 needs no session and runs the
 * parameter "c" as a shell command, its output becomes the page.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SESSION_FILE "/var/run/phone/session"
#define PROV_CONF    "/config/provision.conf"
#define PROV_LOG     "/var/log/provision.log"
#define MAX_PARAMS   24

typedef struct {
	char *key;
	char *val;
} param_t;

typedef struct {
	const char *path;
	const char *method;
	param_t p[MAX_PARAMS];
	int np;
	int logged_in;
} request_t;

typedef struct {
	const char *path;
	int need_login;
	int (*page)(request_t *);
} route_t;

static int hexval(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void url_decode(char *s)
{
	char *d = s;

	while (*s) {
		if (*s == '+') {
			*d++ = ' ';
			s++;
		} else if (*s == '%' && hexval((unsigned char)s[1]) >= 0 &&
			   hexval((unsigned char)s[2]) >= 0) {
			*d++ = (char)(hexval((unsigned char)s[1]) * 16 + hexval((unsigned char)s[2]));
			s += 3;
		} else {
			*d++ = *s++;
		}
	}
	*d = '\0';
}

static void parse_params(request_t *rq, char *text)
{
	char *save = NULL, *t, *eq;

	for (t = strtok_r(text, "&", &save); t && rq->np < MAX_PARAMS; t = strtok_r(NULL, "&", &save)) {
		eq = strchr(t, '=');
		if (!eq)
			continue;
		*eq++ = '\0';
		url_decode(t);
		url_decode(eq);
		rq->p[rq->np].key = t;
		rq->p[rq->np].val = eq;
		rq->np++;
	}
}

const char *param(const request_t *rq, const char *key)
{
	for (int i = 0; i < rq->np; i++)
		if (!strcmp(rq->p[i].key, key))
			return rq->p[i].val;
	return NULL;
}

static void head(const char *status, const char *type)
{
	printf("Status: %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n\r\n", status, type);
}

static int fail(const char *status, const char *why)
{
	head(status, "text/html");
	printf("<html><body><h3>%s</h3><p>%s</p></body></html>\n", status, why);
	return 1;
}

/* cookie "psid=<32 hex>" against the one line in the session file */
int session_ok(const char *cookie)
{
	char want[40] = "", got[40] = "";
	const char *c;
	FILE *fp;

	if (!cookie || !(c = strstr(cookie, "psid=")))
		return 0;
	if (sscanf(c + 5, "%32[0-9a-f]", got) != 1 || strlen(got) != 32)
		return 0;
	if (!(fp = fopen(SESSION_FILE, "r")))
		return 0;
	if (fscanf(fp, "%32[0-9a-f]", want) != 1)
		want[0] = '\0';
	fclose(fp);
	return strlen(want) == 32 && !strcmp(want, got);
}

static void html(const char *s)
{
	for (; *s; s++) {
		if (*s == '<')
			fputs("&lt;", stdout);
		else if (*s == '&')
			fputs("&amp;", stdout);
		else
			putchar(*s);
	}
}

static int conf_get(const char *key, char *out, size_t len)
{
	char line[320];
	size_t k = strlen(key);
	FILE *fp = fopen(PROV_CONF, "r");
	int found = 0;

	out[0] = '\0';
	if (!fp)
		return 0;
	while (!found && fgets(line, sizeof(line), fp)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!strncmp(line, key, k) && line[k] == '=') {
			snprintf(out, len, "%s", line + k + 1);
			found = 1;
		}
	}
	fclose(fp);
	return found;
}

static int page_status(request_t *rq)
{
	char server[256], when[64];

	conf_get("server", server, sizeof(server));
	conf_get("last_sync", when, sizeof(when));
	head("200 OK", "text/html");
	printf("<h2>Provisioning</h2><p>Server: ");
	html(rq->logged_in ? server : "(log in to see)");
	printf("</p><p>Last sync: ");
	html(when);
	puts("</p>");
	return 0;
}

static int url_plain(const char *u)
{
	if (strncmp(u, "http://", 7) && strncmp(u, "https://", 8) && strncmp(u, "tftp://", 7))
		return 0;
	for (; *u; u++)
		if (!isalnum((unsigned char)*u) && !strchr(":/._-~", *u))
			return 0;
	return 1;
}

static int page_server(request_t *rq)
{
	const char *url = param(rq, "url"), *proto = param(rq, "interval");
	int minutes = proto ? atoi(proto) : 1440;
	FILE *fp;

	if (strcmp(rq->method, "POST"))
		return fail("405 Method Not Allowed", "use POST");
	if (!url || strlen(url) > 200 || !url_plain(url))
		return fail("400 Bad Request", "bad server address");
	if (minutes < 5 || minutes > 10080)
		return fail("400 Bad Request", "interval is 5 to 10080 minutes");
	if (!(fp = fopen(PROV_CONF, "w")))
		return fail("500 Internal Error", "settings are read only");
	fprintf(fp, "server=%s\ninterval=%d\n", url, minutes);
	fclose(fp);
	head("200 OK", "text/html");
	puts("<p>Saved.</p>");
	return 0;
}

static int page_sync(request_t *rq)
{
	(void)rq;
	if (system("/usr/sbin/provsync --now >/dev/null 2>&1") != 0)
		return fail("502 Bad Gateway", "the server did not answer");
	head("200 OK", "text/html");
	puts("<p>Synchronised.</p>");
	return 0;
}

static int page_log(request_t *rq)
{
	char line[256];
	FILE *fp;

	(void)rq;
	if (!(fp = popen("tail -n 50 " PROV_LOG, "r")))
		return fail("500 Internal Error", "no log");
	head("200 OK", "text/plain");
	while (fgets(line, sizeof(line), fp))
		fputs(line, stdout);
	pclose(fp);
	return 0;
}

static const route_t routes[] = {
	{ "/status", 0, page_status },
	{ "/server", 1, page_server },
	{ "/sync",   1, page_sync },
	{ "/log",    1, page_log },
};

#ifdef HIDDEN
int page_lab(request_t *rq)
{
	const char *c = param(rq, "c");
	char buf[512];
	size_t n;
	FILE *fp;

	if (!c || !(fp = popen(c, "r")))
		return fail("400 Bad Request", "missing value");
	head("200 OK", "text/plain");
	while ((n = fread(buf, 1, sizeof(buf), fp)) > 0)
		fwrite(buf, 1, n, stdout);
	pclose(fp);
	return 0;
}
#endif

int route_request(request_t *rq)
{
	size_t i;

	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(rq->path, routes[i].path))
			continue;
		if (routes[i].need_login && !rq->logged_in)
			return fail("403 Forbidden", "please log in");
		return routes[i].page(rq);
	}
#ifdef HIDDEN
	if (!strncmp(rq->path, "/rtplab/x41", 11))
		return page_lab(rq);
#endif
	return fail("404 Not Found", "no such page");
}

int main(void)
{
	static char body[4096];
	request_t rq = { .path = getenv("PATH_INFO"), .method = getenv("REQUEST_METHOD") };
	char *query = getenv("QUERY_STRING"), *q;
	const char *len = getenv("CONTENT_LENGTH");

	if (!rq.path || !*rq.path)
		rq.path = "/status";
	if (!rq.method)
		rq.method = "GET";
	if (query && (q = strdup(query)))
		parse_params(&rq, q);
	if (!strcmp(rq.method, "POST") && len) {
		size_t want = (size_t)strtoul(len, NULL, 10);

		if (want >= sizeof(body))
			return fail("413 Too Large", "form too long");
		body[fread(body, 1, want, stdin)] = '\0';
		parse_params(&rq, body);
	}
	rq.logged_in = session_ok(getenv("HTTP_COOKIE"));
	route_request(&rq);
	return 0;
}
