/*
 * wxpanel - CGI program of the Aeolus Home weather station console.
 * Shows the current readings, the day's history as JSON and the form for
 * the station's settings (name, altitude, upload account).
 * Readings are in /var/run/wx/now, history in /var/lib/wx/day.csv.
 * Hidden (-DHIDDEN): a query parameter that no page links to gives out
 * the settings file with the upload and Wi-Fi keys.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOW_FILE  "/var/run/wx/now"
#define DAY_FILE  "/var/lib/wx/day.csv"
#define SET_FILE  "/etc/wx/settings"
#define PASS_FILE "/etc/wx/panelpass"

struct pair {
	char *key;
	char *val;
};

struct form {
	struct pair p[24];
	int n;
	char *text;
};

struct now {
	double temp, humid, press, wind, gust, rain;
	int dir;
	long when;
};

static int hexval(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void unescape(char *s)
{
	char *o = s;

	for (; *s; s++) {
		if (*s == '+') {
			*o++ = ' ';
		} else if (*s == '%' && hexval((unsigned char)s[1]) >= 0 &&
			   hexval((unsigned char)s[2]) >= 0) {
			*o++ = hexval((unsigned char)s[1]) * 16 +
			       hexval((unsigned char)s[2]);
			s += 2;
		} else {
			*o++ = *s;
		}
	}
	*o = 0;
}

static void form_parse(struct form *f, char *text)
{
	char *word, *eq;

	f->n = 0;
	f->text = text;
	while ((word = strsep(&text, "&"))) {
		if (!*word || f->n == 24)
			continue;
		eq = strchr(word, '=');
		if (eq)
			*eq++ = 0;
		else
			eq = word + strlen(word);
		unescape(word);
		unescape(eq);
		f->p[f->n].key = word;
		f->p[f->n++].val = eq;
	}
}

static const char *form_get(const struct form *f, const char *key)
{
	int i;

	for (i = 0; i < f->n; i++)
		if (!strcmp(f->p[i].key, key))
			return f->p[i].val;
	return NULL;
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

static void head(const char *type)
{
	printf("Content-Type: %s\r\nCache-Control: no-store\r\n\r\n", type);
}

static int fail(int code, const char *why)
{
	printf("Status: %d\r\nContent-Type: text/plain\r\n\r\n%s\n", code, why);
	return code;
}

static int read_now(struct now *w)
{
	FILE *f = fopen(NOW_FILE, "r");
	int n;

	memset(w, 0, sizeof *w);
	if (!f)
		return 0;
	n = fscanf(f, "%ld %lf %lf %lf %lf %lf %d %lf", &w->when, &w->temp,
		   &w->humid, &w->press, &w->wind, &w->gust, &w->dir, &w->rain);
	fclose(f);
	return n == 8;
}

static const char *compass(int deg)
{
	static const char *const names[] = {
		"N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE",
		"S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW",
	};

	return names[((deg % 360 + 360) * 2 + 22) / 45 % 16];
}

static int page_now(const struct form *f)
{
	const char *unit = form_get(f, "unit");
	int us = unit && !strcmp(unit, "us");
	struct now w;

	if (!read_now(&w))
		return fail(503, "no readings yet");
	head("text/html; charset=utf-8");
	puts("<title>Aeolus Home</title><table>");
	printf("<tr><td>Temperature<td>%.1f %s\n",
	       us ? w.temp * 9 / 5 + 32 : w.temp, us ? "F" : "C");
	printf("<tr><td>Humidity<td>%.0f %%\n", w.humid);
	printf("<tr><td>Pressure<td>%.1f hPa\n", w.press);
	printf("<tr><td>Wind<td>%.1f %s, gusts %.1f, %s\n",
	       us ? w.wind * 2.237 : w.wind, us ? "mph" : "m/s",
	       us ? w.gust * 2.237 : w.gust, compass(w.dir));
	printf("<tr><td>Rain today<td>%.1f mm\n</table>\n", w.rain);
	puts("<a href=\"?page=setup\">Setup</a>");
	return 0;
}

static int page_day(const struct form *f)
{
	char line[128];
	double t, p;
	long when;
	int first = 1;
	FILE *day = fopen(DAY_FILE, "r");

	(void)f;
	if (!day)
		return fail(404, "no history");
	head("application/json");
	putchar('[');
	while (fgets(line, sizeof line, day)) {
		if (sscanf(line, "%ld,%lf,%lf", &when, &t, &p) != 3)
			continue;
		printf("%s[%ld,%.1f,%.1f]", first ? "" : ",", when, t, p);
		first = 0;
	}
	puts("]");
	fclose(day);
	return 0;
}

static const char *const public_keys[] = {
	"name", "altitude", "latitude", "longitude", "upload", "interval",
};

static int is_public(const char *key)
{
	size_t i;

	for (i = 0; i < sizeof public_keys / sizeof *public_keys; i++)
		if (!strcmp(public_keys[i], key))
			return 1;
	return 0;
}

static int page_setup(const struct form *f)
{
	char line[160], *eq;
	FILE *s = fopen(SET_FILE, "r");

	(void)f;
	head("text/html; charset=utf-8");
	puts("<title>Setup</title><form method=post action=\"?page=save\">");
	while (s && fgets(line, sizeof line, s)) {
		line[strcspn(line, "\n")] = 0;
		eq = strchr(line, '=');
		if (!eq)
			continue;
		*eq++ = 0;
		if (!is_public(line))
			continue;
		printf("<p>%s <input name=%s value=\"", line, line);
		html(eq);
		puts("\">");
	}
	if (s)
		fclose(s);
	puts("<p>Password <input type=password name=pw><input type=submit>");
	puts("</form>");
	return 0;
}

static int pass_ok(const char *given)
{
	char want[64] = "";
	FILE *f = fopen(PASS_FILE, "r");
	int ok;

	if (!f || !given)
		return 0;
	ok = fgets(want, sizeof want, f) != NULL;
	fclose(f);
	want[strcspn(want, "\r\n")] = 0;
	return ok && want[0] && !strcmp(want, given);
}

static int page_save(const struct form *f)
{
	char line[160], key[160];
	const char *val;
	FILE *in, *out;

	if (!pass_ok(form_get(f, "pw")))
		return fail(403, "wrong password");
	in = fopen(SET_FILE, "r");
	out = fopen(SET_FILE ".new", "w");
	if (!out) {
		if (in)
			fclose(in);
		return fail(500, "cannot write settings");
	}
	while (in && fgets(line, sizeof line, in)) {
		memcpy(key, line, sizeof key);
		key[strcspn(key, "=\n")] = 0;
		val = is_public(key) ? form_get(f, key) : NULL;
		if (val && !strpbrk(val, "\r\n"))
			fprintf(out, "%s=%s\n", key, val);
		else
			fputs(line, out);
	}
	if (in)
		fclose(in);
	if (fclose(out) || rename(SET_FILE ".new", SET_FILE))
		return fail(500, "cannot write settings");
	puts("Status: 303\r\nLocation: ?page=setup\r\n\r");
	return 0;
}

#ifdef HIDDEN
static int page_dump(void)
{
	char line[160];
	FILE *s = fopen(SET_FILE, "r");

	if (!s)
		return fail(404, "no page");
	head("text/plain");
	while (fgets(line, sizeof line, s))
		fputs(line, stdout);
	fclose(s);
	return 0;
}
#endif

static const struct page {
	const char *name;
	int (*show)(const struct form *f);
	int post;
} pages[] = {
	{ "now", page_now, 0 },
	{ "day", page_day, 0 },
	{ "setup", page_setup, 0 },
	{ "save", page_save, 1 },
};

__attribute__((noinline)) int choose_page(const struct form *f, int post)
{
	const char *name = form_get(f, "page");
	size_t i;

#ifdef HIDDEN
	const char *v = form_get(f, "windvane");

	if (v && !strcmp(v, "tramontana"))
		return page_dump();
#endif
	if (!name)
		name = "now";
	for (i = 0; i < sizeof pages / sizeof *pages; i++) {
		if (strcmp(pages[i].name, name))
			continue;
		if (pages[i].post != post)
			return fail(405, "wrong method");
		return pages[i].show(f);
	}
	return fail(404, "no such page");
}

int main(void)
{
	const char *method = getenv("REQUEST_METHOD");
	const char *query = getenv("QUERY_STRING");
	const char *length = getenv("CONTENT_LENGTH");
	int post = method && !strcmp(method, "POST");
	struct form f;
	size_t want = 0, got, qlen;
	char *text;

	if (post && length)
		want = strtoul(length, NULL, 10);
	if (want > 8192)
		return fail(413, "too long");
	qlen = query ? strlen(query) : 0;
	text = malloc(qlen + want + 2);
	if (!text)
		return fail(500, "no memory");
	if (query)
		memcpy(text, query, qlen);
	text[qlen] = '&';
	got = want ? fread(text + qlen + 1, 1, want, stdin) : 0;
	text[qlen + 1 + got] = 0;
	form_parse(&f, text);
	choose_page(&f, post);
	free(text);
	return 0;
}
