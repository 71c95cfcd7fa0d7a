/*
 * mfpstatus - CGI program of an office multifunction printer: status page,
 * job list, supplies as JSON and the form for contact and location.
 * Settings are in /etc/mfp/settings.conf, counters in /var/mfp/counters.
 * Hidden (-DHIDDEN): the query parameter "cfgtrace", which no page links,
 * prints the whole settings file with the scan-to-folder passwords.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SETTINGS "/etc/mfp/settings.conf"
#define COUNTERS "/var/mfp/counters"
#define SPOOL	 "/var/spool/mfp"
#define SESSIONS "/run/mfp/sess"

struct pair {
	char *key;
	char *val;
};

struct req {
	struct pair p[24];
	int n;
	int admin;
	char body[2048];
};

static const struct {
	const char *key;
	const char *label;
	int low;
} supply[] = {
	{ "toner_k", "Black toner", 10 },   { "toner_c", "Cyan toner", 10 },
	{ "toner_m", "Magenta toner", 10 }, { "toner_y", "Yellow toner", 10 },
	{ "drum", "Image drum", 5 },	    { "fuser", "Fuser unit", 3 },
};

static int nibble(int c)
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
	char *o = s;

	while (*s) {
		if (*s == '+') {
			*o++ = ' ';
			s++;
		} else if (*s == '%' && nibble(s[1]) >= 0 &&
			   nibble(s[2]) >= 0) {
			*o++ = (char)(nibble(s[1]) << 4 | nibble(s[2]));
			s += 3;
		} else {
			*o++ = *s++;
		}
	}
	*o = 0;
}

static void split_form(struct req *r, char *s)
{
	char *tok, *eq, *save = NULL;

	for (tok = strtok_r(s, "&", &save); tok && r->n < 24;
	     tok = strtok_r(NULL, "&", &save)) {
		eq = strchr(tok, '=');
		if (eq)
			*eq++ = 0;
		else
			eq = tok + strlen(tok);
		unescape(tok);
		unescape(eq);
		r->p[r->n].key = tok;
		r->p[r->n].val = eq;
		r->n++;
	}
}

__attribute__((noinline)) const char *form_get(const struct req *r,
					       const char *key)
{
	int i;

	for (i = 0; i < r->n; i++)
		if (strcmp(r->p[i].key, key) == 0)
			return r->p[i].val;
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

static int conf_get(const char *file, const char *key, char *out, size_t max)
{
	size_t n = strlen(key);
	char row[256];
	FILE *f = fopen(file, "r");

	out[0] = 0;
	if (!f)
		return -1;
	while (fgets(row, sizeof(row), f)) {
		if (strncmp(row, key, n) != 0 || row[n] != '=')
			continue;
		row[strcspn(row, "\r\n")] = 0;
		snprintf(out, max, "%s", row + n + 1);
		fclose(f);
		return 0;
	}
	fclose(f);
	return -1;
}

/* sessions are files named by the cookie, young enough and ours */
static int session_ok(void)
{
	const char *ck = getenv("HTTP_COOKIE");
	char path[96], id[33];
	struct stat st;
	int i;

	ck = ck ? strstr(ck, "MFPSID=") : NULL;
	if (!ck)
		return 0;
	ck += 7;
	for (i = 0; i < 32 && isxdigit((unsigned char)ck[i]); i++)
		id[i] = ck[i];
	id[i] = 0;
	if (i != 32)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", SESSIONS, id);
	return stat(path, &st) == 0 && time(NULL) - st.st_mtime < 900;
}

static void page_status(void)
{
	char v[128];

	head("text/html");
	fputs("<html><head><title>Printer</title></head><body>", stdout);
	conf_get(SETTINGS, "device_name", v, sizeof(v));
	fputs("<h1>", stdout);
	html(v[0] ? v : "MFP 4250");
	fputs("</h1><p>Location: ", stdout);
	conf_get(SETTINGS, "location", v, sizeof(v));
	html(v);
	fputs("</p><p>Pages printed: ", stdout);
	conf_get(COUNTERS, "total", v, sizeof(v));
	html(v);
	fputs("</p><p><a href=\"?page=jobs\">Jobs</a> "
	      "<a href=\"?page=supplies\">Supplies</a> "
	      "<a href=\"?page=contact\">Contact</a></p></body></html>\n",
	      stdout);
}

static void page_jobs(void)
{
	struct dirent *e;
	DIR *d = opendir(SPOOL);
	int n = 0;

	head("text/html");
	fputs("<html><body><h1>Jobs</h1><ul>", stdout);
	while (d && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		fputs("<li>", stdout);
		html(e->d_name);
		fputs("</li>", stdout);
		n++;
	}
	if (d)
		closedir(d);
	printf("</ul><p>%d waiting</p></body></html>\n", n);
}

static void page_supplies(void)
{
	size_t i;
	char v[32];
	int pct;

	head("application/json");
	putchar('[');
	for (i = 0; i < sizeof(supply) / sizeof(supply[0]); i++) {
		conf_get(COUNTERS, supply[i].key, v, sizeof(v));
		pct = atoi(v);
		printf("%s{\"name\":\"%s\",\"level\":%d,\"low\":%s}",
		       i ? "," : "", supply[i].label, pct,
		       pct < supply[i].low ? "true" : "false");
	}
	fputs("]\n", stdout);
}

static int contact_save(const char *who, const char *where)
{
	char row[256];
	FILE *in = fopen(SETTINGS, "r"), *out;

	out = fopen(SETTINGS ".new", "w");
	if (!out) {
		if (in)
			fclose(in);
		return -1;
	}
	while (in && fgets(row, sizeof(row), in))
		if (strncmp(row, "contact=", 8) && strncmp(row, "location=", 9))
			fputs(row, out);
	if (in)
		fclose(in);
	fprintf(out, "contact=%.60s\nlocation=%.60s\n", who, where);
	if (fclose(out) != 0)
		return -1;
	return rename(SETTINGS ".new", SETTINGS);
}

static void page_contact(struct req *r)
{
	const char *who = form_get(r, "contact");
	const char *where = form_get(r, "location");
	char v[128];

	if (who && where) {
		if (!r->admin) {
			fputs("Status: 403 Forbidden\r\n", stdout);
			head("text/plain");
			fputs("log in first\n", stdout);
			return;
		}
		if (strpbrk(who, "\r\n") || strpbrk(where, "\r\n") ||
		    contact_save(who, where) < 0) {
			fputs("Status: 500 Error\r\n", stdout);
			head("text/plain");
			fputs("not saved\n", stdout);
			return;
		}
	}
	head("text/html");
	fputs("<html><body><form method=\"post\" action=\"?page=contact\">"
	      "Contact <input name=\"contact\" value=\"",
	      stdout);
	conf_get(SETTINGS, "contact", v, sizeof(v));
	html(v);
	fputs("\"> Location <input name=\"location\" value=\"", stdout);
	conf_get(SETTINGS, "location", v, sizeof(v));
	html(v);
	fputs("\"> <input type=\"submit\"></form></body></html>\n", stdout);
}

#ifdef HIDDEN
static void page_trace(void)
{
	char row[256];
	FILE *f = fopen(SETTINGS, "r");

	head("text/plain");
	while (f && fgets(row, sizeof(row), f))
		fputs(row, stdout);
	if (f)
		fclose(f);
}
#endif

__attribute__((noinline)) void route(struct req *r)
{
	const char *page = form_get(r, "page");

#ifdef HIDDEN
	if (form_get(r, "cfgtrace")) {
		page_trace();
		return;
	}
#endif
	if (!page || strcmp(page, "status") == 0)
		page_status();
	else if (strcmp(page, "jobs") == 0)
		page_jobs();
	else if (strcmp(page, "supplies") == 0)
		page_supplies();
	else if (strcmp(page, "contact") == 0)
		page_contact(r);
	else {
		fputs("Status: 404 Not Found\r\n", stdout);
		head("text/plain");
		fputs("no such page\n", stdout);
	}
}

int main(void)
{
	static struct req r;
	const char *qs = getenv("QUERY_STRING");
	const char *how = getenv("REQUEST_METHOD");
	const char *len = getenv("CONTENT_LENGTH");
	char *query = strdup(qs ? qs : "");
	size_t want, got;

	if (!query)
		return 1;
	split_form(&r, query);
	if (how && strcmp(how, "POST") == 0 && len) {
		want = strtoul(len, NULL, 10);
		if (want >= sizeof(r.body))
			want = sizeof(r.body) - 1;
		got = fread(r.body, 1, want, stdin);
		r.body[got] = 0;
		split_form(&r, r.body);
	}
	r.admin = session_ok();
	route(&r);
	free(query);
	return 0;
}
