/*
 * wxpage - CGI program of a garden weather station.  Shows the current
 * readings, the history of a day as a table or JSON, and takes the settings
 * form (units, altitude, station name) from a logged-in owner.
 * Hidden (-DHIDDEN): a query parameter no page links to prints the whole
 * settings file with Wi-Fi key and owner's password, without a login.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONF  "/etc/wx/station.conf"
#define SPOOL "/var/lib/wx"
#define MAXP  16
#define MAXC  40

struct pair {
	char *k;
	char *v;
};

struct reading {
	long when;
	double temp, hum, baro, wind, rain;
	int dir;
};

static struct pair params[MAXP];
static int n_params;
static struct pair conf[MAXC];
static int n_conf;

static int hexval(int c)
{
	if (isdigit(c))
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void unescape(char *s)
{
	char *d = s;

	for (; *s; s++) {
		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' && hexval((unsigned char)s[1]) >= 0 &&
			   hexval((unsigned char)s[2]) >= 0) {
			*d++ = hexval((unsigned char)s[1]) << 4 |
			       hexval((unsigned char)s[2]);
			s += 2;
		} else {
			*d++ = *s;
		}
	}
	*d = '\0';
}

static void split_params(char *q)
{
	char *save = NULL, *p, *eq;

	for (p = strtok_r(q, "&;", &save); p && n_params < MAXP;
	     p = strtok_r(NULL, "&;", &save)) {
		eq = strchr(p, '=');
		if (eq)
			*eq++ = '\0';
		else
			eq = p + strlen(p);
		unescape(p);
		unescape(eq);
		params[n_params].k = p;
		params[n_params++].v = eq;
	}
}

__attribute__((noinline)) const char *param(const char *k)
{
	int i;

	for (i = 0; i < n_params; i++)
		if (!strcmp(params[i].k, k))
			return params[i].v;
	return NULL;
}

static void load_conf(void)
{
	char line[200], *eq;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (n_conf < MAXC && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = '\0';
		eq = strchr(line, '=');
		if (line[0] == '#' || !eq)
			continue;
		*eq = '\0';
		conf[n_conf].k = strdup(line);
		conf[n_conf++].v = strdup(eq + 1);
	}
	fclose(f);
}

static const char *conf_get(const char *k, const char *dflt)
{
	int i;

	for (i = 0; i < n_conf; i++)
		if (!strcmp(conf[i].k, k))
			return conf[i].v;
	return dflt;
}

static void conf_put(const char *k, const char *v)
{
	int i;

	for (i = 0; i < n_conf; i++)
		if (!strcmp(conf[i].k, k))
			break;
	if (i == MAXC)
		return;
	if (i == n_conf) {
		conf[i].k = strdup(k);
		n_conf++;
	}
	conf[i].v = strdup(v);
}

static int conf_save(void)
{
	FILE *f = fopen(CONF ".new", "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < n_conf; i++)
		fprintf(f, "%s=%s\n", conf[i].k, conf[i].v);
	if (fclose(f))
		return -1;
	return rename(CONF ".new", CONF);
}

static void head(const char *type)
{
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

static int parse_reading(const char *l, struct reading *r)
{
	return sscanf(l, "%ld %lf %lf %lf %lf %d %lf", &r->when, &r->temp,
		      &r->hum, &r->baro, &r->wind, &r->dir, &r->rain) == 7;
}

static const char *compass(int deg)
{
	static const char *const names[] = { "N", "NE", "E", "SE",
					     "S", "SW", "W", "NW" };

	return names[((deg + 22) / 45) & 7];
}

static double in_units(double c)
{
	if (!strcmp(conf_get("units", "metric"), "imperial"))
		return c * 9 / 5 + 32;
	return c;
}

static void page_now(void)
{
	struct reading r;
	char line[160];
	FILE *f = fopen(SPOOL "/current", "r");

	head("text/html");
	printf("<html><title>");
	html(conf_get("name", "My station"));
	printf("</title><body>\n");
	if (f && fgets(line, sizeof line, f) && parse_reading(line, &r)) {
		printf("<p>Temperature %.1f<p>Humidity %.0f %%\n",
		       in_units(r.temp), r.hum);
		printf("<p>Pressure %.1f hPa<p>Wind %.1f m/s %s\n",
		       r.baro + atoi(conf_get("altitude", "0")) / 8.3, r.wind,
		       compass(r.dir));
		printf("<p>Rain today %.1f mm\n", r.rain);
	} else {
		printf("<p>No reading from the outdoor sensor.\n");
	}
	if (f)
		fclose(f);
	printf("<p><a href=\"?page=day\">Today</a> ");
	printf("<a href=\"?page=form\">Settings</a></body></html>\n");
}

static void page_day(int json)
{
	struct reading r;
	char line[160];
	int n = 0;
	FILE *f = fopen(SPOOL "/day", "r");

	head(json ? "application/json" : "text/html");
	fputs(json ? "[" : "<table>\n", stdout);
	while (f && fgets(line, sizeof line, f)) {
		if (!parse_reading(line, &r))
			continue;
		if (json)
			printf("%s[%ld,%.1f,%.0f,%.1f]", n++ ? "," : "", r.when,
			       r.temp, r.hum, r.baro);
		else
			printf("<tr><td>%ld<td>%.1f<td>%.0f</tr>\n", r.when,
			       in_units(r.temp), r.hum);
	}
	if (f)
		fclose(f);
	fputs(json ? "]\n" : "</table>\n", stdout);
}

static void page_form(void)
{
	head("text/html");
	printf("<form method=post action=\"?page=save\">\n");
	printf("Name <input name=name value=\"");
	html(conf_get("name", ""));
	printf("\"><br>Altitude <input name=altitude value=\"");
	html(conf_get("altitude", "0"));
	printf("\"><br>Units <select name=units><option>metric"
	       "<option>imperial</select>\n");
	printf("<br>Password <input type=password name=pw>"
	       "<input type=submit></form>\n");
}

static void page_save(void)
{
	static const char *const fields[] = { "name", "altitude", "units" };
	const char *pw = param("pw"), *v;
	size_t i;

	if (!pw || strcmp(pw, conf_get("owner_pw", ""))) {
		printf("Status: 403 Forbidden\r\n");
		head("text/plain");
		printf("Wrong password\n");
		return;
	}
	for (i = 0; i < sizeof fields / sizeof *fields; i++) {
		v = param(fields[i]);
		if (v && strlen(v) < 64 && !strpbrk(v, "\r\n"))
			conf_put(fields[i], v);
	}
	head("text/plain");
	puts(conf_save() ? "Could not save" : "Saved");
}

__attribute__((noinline)) void serve_query(void)
{
	const char *page = param("page");

#ifdef HIDDEN
	if (param("plumbline")) {
		int i;

		head("text/plain");
		for (i = 0; i < n_conf; i++)
			printf("%s=%s\n", conf[i].k, conf[i].v);
		return;
	}
#endif
	if (!page || !strcmp(page, "now"))
		page_now();
	else if (!strcmp(page, "day"))
		page_day(0);
	else if (!strcmp(page, "json"))
		page_day(1);
	else if (!strcmp(page, "form"))
		page_form();
	else if (!strcmp(page, "save"))
		page_save();
	else {
		printf("Status: 404 Not Found\r\n");
		head("text/plain");
		printf("No such page\n");
	}
}

int main(void)
{
	static char query[512], body[2048];
	const char *q = getenv("QUERY_STRING");
	const char *m = getenv("REQUEST_METHOD");
	const char *l = getenv("CONTENT_LENGTH");

	snprintf(query, sizeof query, "%s", q ? q : "");
	split_params(query);
	if (m && !strcmp(m, "POST") && l) {
		size_t want = strtoul(l, NULL, 10), n;

		if (want >= sizeof body)
			want = sizeof body - 1;
		n = fread(body, 1, want, stdin);
		body[n] = '\0';
		split_params(body);
	}
	load_conf();
	serve_query();
	return 0;
}
