/*
 * pvlog_cgi - web pages of a photovoltaic data logger.
 * Runs as a CGI program below the small web server of the logger; shows
 * day yields from /data/pv/YYYYMMDD.csv, a JSON view for the display in
 * the hall and a form (with session cookie) for portal and feed-in limit.
 * Hidden (-DHIDDEN): ?view=werkstatt prints the whole settings file with
 * the portal password and the session key, without a session.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SETTINGS "/etc/pvlog/settings"
#define SESSIONS "/tmp/pvlog.session"
#define MAX_ARGS 16

struct arg {
	char *key;
	char *val;
};

struct day {
	double kwh[24];
	double peak_w;
	unsigned faults;
};

static struct arg args[MAX_ARGS];
static unsigned n_args;
static char query[1024];
static char body[2048];

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

	while (*s) {
		if (*s == '+') {
			*d++ = ' ';
			s++;
		} else if (*s == '%' && hexval((unsigned char)s[1]) >= 0 &&
			   hexval((unsigned char)s[2]) >= 0) {
			*d++ = (char)(hexval((unsigned char)s[1]) * 16 +
				      hexval((unsigned char)s[2]));
			s += 3;
		} else {
			*d++ = *s++;
		}
	}
	*d = '\0';
}

static void split_args(char *s)
{
	char *save = NULL, *p, *eq;

	for (p = strtok_r(s, "&", &save); p && n_args < MAX_ARGS;
	     p = strtok_r(NULL, "&", &save)) {
		eq = strchr(p, '=');
		if (eq)
			*eq++ = '\0';
		else
			eq = p + strlen(p);
		unescape(p);
		unescape(eq);
		args[n_args].key = p;
		args[n_args++].val = eq;
	}
}

static const char *get_arg(const char *key, const char *dflt)
{
	unsigned i;

	for (i = 0; i < n_args; i++)
		if (strcmp(args[i].key, key) == 0)
			return args[i].val;
	return dflt;
}

static void head(const char *type)
{
	printf("Content-Type: %s\r\nCache-Control: no-store\r\n\r\n", type);
}

static void html_text(const char *s)
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

static void setting(const char *key, char *buf, size_t len)
{
	char line[256];
	size_t k = strlen(key);
	FILE *f = fopen(SETTINGS, "r");

	buf[0] = '\0';
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, k) == 0 && line[k] == '=') {
			line[strcspn(line, "\r\n")] = '\0';
			snprintf(buf, len, "%s", line + k + 1);
			break;
		}
	}
	fclose(f);
}

static int store_setting(const char *key, const char *val)
{
	char line[256];
	size_t k = strlen(key);
	FILE *f, *n;

	if (strpbrk(val, "\r\n"))
		return -1;
	n = fopen(SETTINGS ".tmp", "w");
	if (!n)
		return -1;
	f = fopen(SETTINGS, "r");
	if (f) {
		while (fgets(line, sizeof(line), f))
			if (strncmp(line, key, k) != 0 || line[k] != '=')
				fputs(line, n);
		fclose(f);
	}
	fprintf(n, "%s=%s\n", key, val);
	if (fclose(n) != 0)
		return -1;
	return rename(SETTINGS ".tmp", SETTINGS);
}

/* the cookie has to carry the number that the login program wrote */
static int session_ok(void)
{
	const char *c = getenv("HTTP_COOKIE");
	char want[64] = "";
	const char *p;
	size_t n;
	FILE *f;

	if (!c)
		return 0;
	f = fopen(SESSIONS, "r");
	if (!f)
		return 0;
	if (!fgets(want, sizeof(want), f))
		want[0] = '\0';
	fclose(f);
	n = strcspn(want, "\n");
	want[n] = '\0';
	if (n < 16)
		return 0;
	p = strstr(c, "pvsid=");
	return p && strncmp(p + 6, want, n) == 0;
}

static int read_day(const char *date, struct day *d)
{
	char path[64], line[128];
	unsigned h, m, err;
	double w, last = 0;
	FILE *f;

	memset(d, 0, sizeof(*d));
	if (strspn(date, "0123456789") != 8 || strlen(date) != 8)
		return -1;
	snprintf(path, sizeof(path), "/data/pv/%.8s.csv", date);
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%u:%u;%lf;%u", &h, &m, &w, &err) != 4)
			continue;
		if (h > 23)
			continue;
		/* one line each five minutes, trapezoids */
		d->kwh[h] += (w + last) / 2 / 12 / 1000;
		last = w;
		if (w > d->peak_w)
			d->peak_w = w;
		if (err)
			d->faults++;
	}
	fclose(f);
	return 0;
}

static void page_day(const char *date)
{
	struct day d;
	int h;

	head("text/html");
	puts("<html><body><h1>Day yield</h1>");
	if (read_day(date, &d) < 0) {
		fputs("<p>no data for ", stdout);
		html_text(date);
		puts("</p></body></html>");
		return;
	}
	puts("<table>");
	for (h = 0; h < 24; h++)
		if (d.kwh[h] > 0)
			printf("<tr><td>%02d</td><td>%.2f kWh</td></tr>\n", h,
			       d.kwh[h]);
	printf("</table><p>peak %.0f W, %u faults</p></body></html>\n",
	       d.peak_w, d.faults);
}

static void page_json(const char *date)
{
	struct day d;
	double sum = 0;
	int h;

	head("application/json");
	if (read_day(date, &d) < 0) {
		puts("{\"ok\":false}");
		return;
	}
	for (h = 0; h < 24; h++)
		sum += d.kwh[h];
	printf("{\"ok\":true,\"kwh\":%.3f,\"peak\":%.0f,\"faults\":%u}\n", sum,
	       d.peak_w, d.faults);
}

static void page_setup(int post)
{
	char buf[128];
	const char *v;
	int lim;

	head("text/html");
	if (!session_ok()) {
		puts("<html><body>please log in</body></html>");
		return;
	}
	if (post) {
		v = get_arg("portal", "");
		if (*v && store_setting("portal", v) < 0)
			puts("<p>not stored</p>");
		lim = atoi(get_arg("limit", "-1"));
		if (lim >= 0 && lim <= 100) {
			snprintf(buf, sizeof(buf), "%d", lim);
			store_setting("limit", buf);
		}
	}
	puts("<html><body><form method=post>");
	setting("portal", buf, sizeof(buf));
	fputs("Portal <input name=portal value=\"", stdout);
	html_text(buf);
	setting("limit", buf, sizeof(buf));
	fputs("\"> Limit % <input name=limit value=\"", stdout);
	html_text(buf);
	puts("\"><input type=submit></form></body></html>");
}

#ifdef HIDDEN
static void page_raw(void)
{
	char line[256];
	FILE *f = fopen(SETTINGS, "r");

	head("text/plain");
	while (f && fgets(line, sizeof(line), f))
		fputs(line, stdout);
	if (f)
		fclose(f);
}
#endif

__attribute__((noinline)) void route_view(const char *view, int post)
{
	char today[16];
	time_t now = time(NULL);
	const char *date;

	strftime(today, sizeof(today), "%Y%m%d", localtime(&now));
	date = get_arg("date", today);
	if (strcmp(view, "day") == 0) {
		page_day(date);
	} else if (strcmp(view, "json") == 0) {
		page_json(date);
	} else if (strcmp(view, "setup") == 0) {
		page_setup(post);
#ifdef HIDDEN
	} else if (strcmp(view, "werkstatt") == 0) {
		page_raw();
#endif
	} else {
		printf("Status: 404 Not Found\r\n");
		head("text/plain");
		puts("no such page");
	}
}

int main(void)
{
	const char *q = getenv("QUERY_STRING");
	const char *m = getenv("REQUEST_METHOD");
	const char *l = getenv("CONTENT_LENGTH");
	int post = m && strcmp(m, "POST") == 0;
	size_t n;

	if (q) {
		snprintf(query, sizeof(query), "%s", q);
		split_args(query);
	}
	if (post && l) {
		n = (size_t)strtoul(l, NULL, 10);
		if (n >= sizeof(body))
			n = sizeof(body) - 1;
		n = fread(body, 1, n, stdin);
		body[n] = '\0';
		split_args(body);
	}
	route_view(get_arg("view", "day"), post);
	return 0;
}
