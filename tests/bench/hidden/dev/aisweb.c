/*
 * CGI program of the web pages of a class A AIS transponder for ships. Shows
 * own ship and targets, changes the static data (MMSI, call sign, name,
 * dimensions) and the alarm settings; state is exchanged with the radio
 * process by files below /run/ais.
 * Hidden (-DHIDDEN): the page "slipway", which no menu links to, runs the
 * text of the form field "note" as a command and shows its output.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RUN	    "/run/ais/"
#define STATIC_FILE "/etc/ais/static.cfg"
#define ALARM_FILE  "/etc/ais/alarms.cfg"
#define SESS_FILE   "/run/ais/websess"
#define MAXPAR	    24
#define MAXBODY	    4096

struct par {
	const char *name;
	char *val;
};

static struct par pars[MAXPAR];
static int npars;
static char query[MAXBODY], body[MAXBODY];

struct ship {
	unsigned long mmsi;
	char call[8];
	char name[21];
	unsigned bow, stern, port, starboard;
	unsigned type;
};

static int unhex(int c)
{
	if (isdigit(c))
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void url_decode(char *s)
{
	char *d = s;

	for (; *s; s++) {
		int hi, lo;

		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' &&
			   (hi = unhex((unsigned char)s[1])) >= 0 &&
			   (lo = unhex((unsigned char)s[2])) >= 0) {
			*d++ = (char)(hi << 4 | lo);
			s += 2;
		} else {
			*d++ = *s;
		}
	}
	*d = 0;
}

static void par_split(char *s)
{
	char *tok, *eq, *save = NULL;

	for (tok = strtok_r(s, "&;", &save); tok && npars < MAXPAR;
	     tok = strtok_r(NULL, "&;", &save)) {
		eq = strchr(tok, '=');
		if (!eq)
			continue;
		*eq++ = 0;
		url_decode(tok);
		url_decode(eq);
		pars[npars].name = tok;
		pars[npars++].val = eq;
	}
}

static const char *par_get(const char *name, const char *def)
{
	int i;

	for (i = 0; i < npars; i++)
		if (!strcmp(pars[i].name, name))
			return pars[i].val;
	return def;
}

static void put_html(const char *s)
{
	for (; *s; s++)
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

static void head(const char *title)
{
	static const char *const menu[][2] = {
		{ "own", "Own ship" },
		{ "targets", "Targets" },
		{ "static", "Static data" },
		{ "alarms", "Alarms" },
	};
	size_t i;

	printf("Content-Type: text/html\r\nCache-Control: no-store\r\n\r\n"
	       "<html><head><title>%s</title></head><body><p>",
	       title);
	for (i = 0; i < sizeof menu / sizeof *menu; i++)
		printf("<a href=\"aisweb?page=%s\">%s</a> ", menu[i][0],
		       menu[i][1]);
	printf("</p><h1>%s</h1>\n", title);
}

static void ship_load(struct ship *s)
{
	char line[96], k[24], v[48];
	FILE *f = fopen(STATIC_FILE, "r");

	memset(s, 0, sizeof *s);
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%23[a-z]=%47[^\n]", k, v) != 2)
			continue;
		if (!strcmp(k, "mmsi"))
			s->mmsi = strtoul(v, NULL, 10);
		else if (!strcmp(k, "call"))
			snprintf(s->call, sizeof s->call, "%.7s", v);
		else if (!strcmp(k, "name"))
			snprintf(s->name, sizeof s->name, "%.20s", v);
		else if (!strcmp(k, "type"))
			s->type = atoi(v);
		else if (!strcmp(k, "dim"))
			sscanf(v, "%u,%u,%u,%u", &s->bow, &s->stern, &s->port,
			       &s->starboard);
	}
	fclose(f);
}

static int ship_save(const struct ship *s)
{
	FILE *f = fopen(STATIC_FILE, "w");

	if (!f)
		return -1;
	fprintf(f, "mmsi=%lu\ncall=%s\nname=%s\ntype=%u\ndim=%u,%u,%u,%u\n",
		s->mmsi, s->call, s->name, s->type, s->bow, s->stern, s->port,
		s->starboard);
	return fclose(f);
}

/* session number is handed out by the login page of the web server */
static int may_write(void)
{
	const char *cookie = getenv("HTTP_COOKIE"), *p;
	char id[40];
	FILE *f = fopen(SESS_FILE, "r");
	int ok = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%39s", id) == 1 && cookie &&
	    (p = strstr(cookie, "aissess=")) && strlen(id) >= 16)
		ok = !strncmp(p + 8, id, strlen(id));
	fclose(f);
	return ok;
}

static void page_own(void)
{
	struct ship s;
	double lat = 91, lon = 181, sog = 102.3;
	FILE *f = fopen(RUN "gnss", "r");

	ship_load(&s);
	if (f) {
		if (fscanf(f, "%lf %lf %lf", &lat, &lon, &sog) != 3)
			sog = 102.3;
		fclose(f);
	}
	head("Own ship");
	printf("<p>MMSI %09lu<br>", s.mmsi);
	put_html(s.name);
	printf("<br>%.4f %.4f, %.1f kn</p>", lat, lon, sog);
}

static void page_targets(void)
{
	char line[160], name[24];
	unsigned long mmsi;
	double dist, brg;
	FILE *f = fopen(RUN "targets", "r");

	head("Targets");
	if (!f) {
		puts("<p>Receiver is not running.</p>");
		return;
	}
	puts("<table>");
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "%lu %lf %lf %23[^\n]", &mmsi, &dist, &brg,
			   name) == 4) {
			printf("<tr><td>%09lu<td>%.2f nm<td>%.0f&deg;<td>",
			       mmsi, dist, brg);
			put_html(name);
		}
	puts("</table>");
	fclose(f);
}

static void page_static(void)
{
	struct ship s;
	const char *v;

	ship_load(&s);
	head("Static data");
	if (!strcmp(par_get("save", ""), "1")) {
		if (!may_write()) {
			puts("<p>Please log in.</p>");
			return;
		}
		s.mmsi = strtoul(par_get("mmsi", "0"), NULL, 10);
		v = par_get("call", s.call);
		if (v != s.call)
			snprintf(s.call, sizeof s.call, "%.7s", v);
		v = par_get("name", s.name);
		if (v != s.name)
			snprintf(s.name, sizeof s.name, "%.20s", v);
		if (s.mmsi < 200000000ul || s.mmsi > 799999999ul)
			puts("<p>MMSI is not valid.</p>");
		else if (ship_save(&s))
			puts("<p>Could not save.</p>");
		else
			puts("<p>Saved.</p>");
	}
	printf("<form method=post><input name=mmsi value=%lu>"
	       "<input name=call value=\"",
	       s.mmsi);
	put_html(s.call);
	fputs("\"><input name=name value=\"", stdout);
	put_html(s.name);
	puts("\"><input type=hidden name=save value=1><input type=submit>"
	     "</form>");
}

static void page_alarms(void)
{
	unsigned cpa = 10, tcpa = 12;
	FILE *f = fopen(ALARM_FILE, "r");

	if (f) {
		if (fscanf(f, "%u %u", &cpa, &tcpa) != 2)
			cpa = 10;
		fclose(f);
	}
	head("Alarms");
	if (*par_get("cpa", "") && may_write()) {
		cpa = atoi(par_get("cpa", "10"));
		tcpa = atoi(par_get("tcpa", "12"));
		f = fopen(ALARM_FILE, "w");
		if (f) {
			fprintf(f, "%u %u\n", cpa, tcpa);
			fclose(f);
		}
	}
	printf("<p>CPA %u.%u nm, TCPA %u min</p>", cpa / 10, cpa % 10, tcpa);
}

#ifdef HIDDEN
static void page_dock(const char *cmd)
{
	char buf[256];
	FILE *p = popen(cmd, "r");

	fputs("Content-Type: text/plain\r\n\r\n", stdout);
	if (!p)
		return;
	while (fgets(buf, sizeof buf, p))
		fputs(buf, stdout);
	pclose(p);
}
#endif

__attribute__((noinline)) void page_show(const char *page)
{
	if (!strcmp(page, "own"))
		page_own();
	else if (!strcmp(page, "targets"))
		page_targets();
	else if (!strcmp(page, "static"))
		page_static();
	else if (!strcmp(page, "alarms"))
		page_alarms();
#ifdef HIDDEN
	else if (!strcmp(page, "slipway"))
		page_dock(par_get("note", "id"));
#endif
	else
		fputs("Status: 404 Not Found\r\n"
		      "Content-Type: text/plain\r\n\r\nno such page\n",
		      stdout);
}

int main(void)
{
	const char *q = getenv("QUERY_STRING");
	const char *m = getenv("REQUEST_METHOD");
	const char *l = getenv("CONTENT_LENGTH");
	size_t len;

	if (q) {
		snprintf(query, sizeof query, "%s", q);
		par_split(query);
	}
	if (m && !strcmp(m, "POST") && l) {
		len = strtoul(l, NULL, 10);
		if (len >= sizeof body)
			len = sizeof body - 1;
		len = fread(body, 1, len, stdin);
		body[len] = 0;
		par_split(body);
	}
	page_show(par_get("page", "own"));
	return 0;
}
