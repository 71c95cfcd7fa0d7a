/*
 * pvstat - CGI program of a photovoltaic inverter's data logger.
 * Shows power, strings and the event list from the files the logger
 * daemon writes, as HTML or JSON; settings only with a session cookie.
 * Hidden (-DHIDDEN): the query parameter "fieldkit" prints the logger's
 * settings files with Wi-Fi key and portal password, without a session.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DATA_DIR "/var/logger"
#define SESS_DIR "/tmp/sess"
#define MAXQ	 16
#define STRINGS	 4

struct pair {
	char *k;
	char *v;
};

struct sample {
	double ac_w, day_kwh, total_kwh, grid_v, temp_c;
	double dc_v[STRINGS], dc_a[STRINGS];
	int status;
};

static struct pair query[MAXQ];
static int nquery;

static int hexval(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static void unescape(char *s)
{
	char *d = s;

	for (; *s; s++) {
		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' && hexval(s[1]) >= 0 &&
			   hexval(s[2]) >= 0) {
			*d++ = hexval(s[1]) << 4 | hexval(s[2]);
			s += 2;
		} else {
			*d++ = *s;
		}
	}
	*d = 0;
}

static void split_query(char *q)
{
	char *tok, *save = NULL, *eq;

	for (tok = strtok_r(q, "&;", &save); tok && nquery < MAXQ;
	     tok = strtok_r(NULL, "&;", &save)) {
		eq = strchr(tok, '=');
		if (eq)
			*eq++ = 0;
		else
			eq = tok + strlen(tok);
		unescape(tok);
		unescape(eq);
		query[nquery].k = tok;
		query[nquery].v = eq;
		nquery++;
	}
}

static const char *arg(const char *k)
{
	int i;

	for (i = 0; i < nquery; i++)
		if (!strcasecmp(query[i].k, k))
			return query[i].v;
	return NULL;
}

static void header(const char *type, int code)
{
	if (code != 200)
		printf("Status: %d\r\n", code);
	printf("Content-Type: %s\r\nCache-Control: no-store\r\n\r\n", type);
}

static void html(const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '<':
			fputs("&lt;", stdout);
			break;
		case '>':
			fputs("&gt;", stdout);
			break;
		case '&':
			fputs("&amp;", stdout);
			break;
		case '"':
			fputs("&quot;", stdout);
			break;
		default:
			putchar(*s);
		}
	}
}

/* now.txt: lines "name value" or "name.N value" */
static int load_sample(struct sample *s)
{
	char key[24];
	double v;
	int i;
	FILE *f = fopen(DATA_DIR "/now.txt", "r");

	memset(s, 0, sizeof(*s));
	if (!f)
		return -1;
	while (fscanf(f, "%23s %lf", key, &v) == 2) {
		if (!strcmp(key, "pac"))
			s->ac_w = v;
		else if (!strcmp(key, "eday"))
			s->day_kwh = v;
		else if (!strcmp(key, "etot"))
			s->total_kwh = v;
		else if (!strcmp(key, "uac"))
			s->grid_v = v;
		else if (!strcmp(key, "temp"))
			s->temp_c = v;
		else if (!strcmp(key, "status"))
			s->status = (int)v;
		else if (sscanf(key, "udc.%d", &i) == 1 && i >= 0 &&
			 i < STRINGS)
			s->dc_v[i] = v;
		else if (sscanf(key, "idc.%d", &i) == 1 && i >= 0 &&
			 i < STRINGS)
			s->dc_a[i] = v;
	}
	fclose(f);
	return 0;
}

static const char *status_text(int st)
{
	switch (st) {
	case 0:
		return "waiting for sun";
	case 1:
		return "checking grid";
	case 2:
		return "feeding in";
	case 3:
		return "derated";
	case 0x10:
		return "isolation fault";
	case 0x11:
		return "grid fault";
	}
	return "unknown";
}

static int session_ok(void)
{
	const char *c = getenv("HTTP_COOKIE");
	char path[64], id[33];
	struct stat st;
	int i;

	if (!c || !(c = strstr(c, "sid=")))
		return 0;
	for (c += 4, i = 0; i < 32 && isxdigit((unsigned char)c[i]); i++)
		id[i] = c[i];
	if (i != 32)
		return 0;
	id[32] = 0;
	snprintf(path, sizeof(path), SESS_DIR "/%s", id);
	if (stat(path, &st))
		return 0;
	return time(NULL) - st.st_mtime < 900;
}

static int overview(void)
{
	struct sample s;

	if (load_sample(&s)) {
		header("text/plain", 503);
		puts("no data from inverter");
		return 0;
	}
	header("text/html", 200);
	printf("<h1>Overview</h1><table>"
	       "<tr><td>Power<td>%.0f W<tr><td>Today<td>%.2f kWh"
	       "<tr><td>Total<td>%.1f kWh<tr><td>Grid<td>%.1f V"
	       "<tr><td>Status<td>%s</table>\n",
	       s.ac_w, s.day_kwh, s.total_kwh, s.grid_v, status_text(s.status));
	return 0;
}

static int strings_json(void)
{
	struct sample s;
	int i;

	load_sample(&s);
	header("application/json", 200);
	printf("{\"temp\":%.1f,\"strings\":[", s.temp_c);
	for (i = 0; i < STRINGS; i++)
		printf("%s{\"u\":%.1f,\"i\":%.2f,\"p\":%.0f}", i ? "," : "",
		       s.dc_v[i], s.dc_a[i], s.dc_v[i] * s.dc_a[i]);
	puts("]}");
	return 0;
}

static int events(void)
{
	char line[200];
	const char *n = arg("max");
	int max = n ? atoi(n) : 50;
	FILE *f = fopen(DATA_DIR "/events.log", "r");

	header("text/html", 200);
	puts("<h1>Events</h1><pre>");
	while (f && max-- > 0 && fgets(line, sizeof(line), f))
		html(line);
	puts("</pre>");
	if (f)
		fclose(f);
	return 0;
}

static int settings(void)
{
	const char *iv = arg("interval");
	FILE *f;
	int sec;

	if (!session_ok()) {
		printf("Status: 302\r\nLocation: /login.html\r\n\r\n");
		return 0;
	}
	sec = iv ? atoi(iv) : 0;
	if (sec >= 10 && sec <= 3600) {
		f = fopen(DATA_DIR "/interval", "w");
		if (f) {
			fprintf(f, "%d\n", sec);
			fclose(f);
		}
	}
	header("text/html", 200);
	printf("<h1>Settings</h1><form method=get>"
	       "<input type=hidden name=page value=settings>"
	       "Interval <input name=interval value=%d> s"
	       "<input type=submit></form>\n",
	       sec);
	return 0;
}

#ifdef HIDDEN
static void copy_out(const char *path)
{
	int c;
	FILE *f = fopen(path, "r");

	printf("# %s\n", path);
	if (!f)
		return;
	while ((c = getc(f)) != EOF)
		putchar(c);
	fclose(f);
}
#endif

__attribute__((noinline)) int route(void)
{
	const char *page = arg("page");

#ifdef HIDDEN
	if (arg("fieldkit")) {
		header("text/plain", 200);
		copy_out("/etc/logger/wlan.conf");
		copy_out("/etc/logger/portal.conf");
		copy_out("/etc/shadow");
		return 0;
	}
#endif
	if (!page || !*page || !strcmp(page, "overview"))
		return overview();
	if (!strcmp(page, "strings"))
		return strings_json();
	if (!strcmp(page, "events"))
		return events();
	if (!strcmp(page, "settings"))
		return settings();
	header("text/html", 404);
	fputs("<p>No page ", stdout);
	html(page);
	puts("</p>");
	return 0;
}

int main(void)
{
	const char *method = getenv("REQUEST_METHOD");
	const char *qs = getenv("QUERY_STRING");
	static char buf[1024];
	size_t n = 0;
	char *e;

	if (!method) {
		fputs("pvstat: to be called by the web server\n", stderr);
		return 2;
	}
	if (!strcmp(method, "POST")) {
		e = getenv("CONTENT_LENGTH");
		n = e ? strtoul(e, NULL, 10) : 0;
		if (n >= sizeof(buf)) {
			header("text/plain", 413);
			return 0;
		}
		n = fread(buf, 1, n, stdin);
		buf[n] = 0;
	} else if (qs) {
		snprintf(buf, sizeof(buf), "%s", qs);
	}
	split_query(buf);
	return route();
}
