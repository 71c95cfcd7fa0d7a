/* parkdeck_cgi.c - web pages of a parking garage computer */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATE	"/var/run/parkdeck/state"
#define TARIFF	"/etc/parkdeck/tariff.conf"
#define EVENTS	"/var/log/parkdeck/events"
#define SESSDIR	"/var/run/parkdeck/sess"

#define MAXARG	12

struct arg {
	char *key;
	char *val;
};

struct query {
	struct arg	arg[MAXARG];
	int		n;
	char		raw[1024];
};

enum page { PG_NONE, PG_OCC, PG_TARIFF, PG_EVENTS, PG_SETFREE, PG_LEVEL,
#ifdef HIDDEN
	    PG_FILES
#endif
};

static void unescape(char *s)
{
	char *d = s;

	for (; *s; s++) {
		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' && isxdigit((unsigned char)s[1]) &&
			   isxdigit((unsigned char)s[2])) {
			char hex[3] = { s[1], s[2], 0 };

			*d++ = (char)strtol(hex, NULL, 16);
			s += 2;
		} else {
			*d++ = *s;
		}
	}
	*d = '\0';
}

static void parse(struct query *q, const char *src)
{
	char *p, *tok, *eq;

	snprintf(q->raw, sizeof(q->raw), "%s", src ? src : "");
	p = q->raw;
	while ((tok = strsep(&p, "&;")) && q->n < MAXARG) {
		eq = strchr(tok, '=');
		if (!eq)
			continue;
		*eq = '\0';
		unescape(eq + 1);
		q->arg[q->n].key = tok;
		q->arg[q->n].val = eq + 1;
		q->n++;
	}
}

static const char *get(const struct query *q, const char *key)
{
	int i;

	for (i = 0; i < q->n; i++)
		if (!strcmp(q->arg[i].key, key))
			return q->arg[i].val;
	return NULL;
}

static void head(const char *status, const char *type)
{
	printf("Status: %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n\r\n", status, type);
}

static int session_ok(void)
{
	const char *c = getenv("HTTP_COOKIE");
	char id[33], path[80];
	struct stat st;
	size_t i;

	if (!c || !(c = strstr(c, "deck=")))
		return 0;
	if (sscanf(c + 5, "%32[0-9a-f]", id) != 1 || strlen(id) != 32)
		return 0;
	for (i = 0; id[i]; i++)
		if (!isxdigit((unsigned char)id[i]))
			return 0;
	snprintf(path, sizeof(path), SESSDIR "/%s", id);
	if (stat(path, &st) < 0)
		return 0;
	return time(NULL) - st.st_mtime < 1800;
}

static void cat_escaped(const char *path)
{
	FILE *f = fopen(path, "r");
	int c;

	if (!f) {
		puts("(empty)");
		return;
	}
	while ((c = getc(f)) != EOF) {
		if (c == '<')
			fputs("&lt;", stdout);
		else if (c == '&')
			fputs("&amp;", stdout);
		else
			putchar(c);
	}
	fclose(f);
}

static void show(const char *title, const char *path)
{
	head("200 OK", "text/html");
	printf("<html><head><title>%s</title></head><body><h1>%s</h1><pre>\n", title, title);
	cat_escaped(path);
	puts("</pre></body></html>");
}

/* public pages: view=occupancy, view=tariff; with session: view=events, view=level, do=setfree */
__attribute__((noinline)) enum page choose_page(const struct query *q, int *needs)
{
	const char *view = get(q, "view");
	const char *act = get(q, "do");

	*needs = 1;
	if (act) {
		if (!strcmp(act, "setfree"))
			return PG_SETFREE;
		return PG_NONE;
	}
	if (!view || !strcmp(view, "occupancy")) {
		*needs = 0;
		return PG_OCC;
	}
	if (!strcmp(view, "tariff")) {
		*needs = 0;
		return PG_TARIFF;
	}
	if (!strcmp(view, "events"))
		return PG_EVENTS;
	if (!strcmp(view, "level"))
		return PG_LEVEL;
#ifdef HIDDEN	/* a view value nobody links gives out the files of /etc/parkdeck without session */
	if (!strcmp(view, "schichtplan")) {
		*needs = 0;
		return PG_FILES;
	}
#endif
	return PG_NONE;
}

static void page_level(const struct query *q)
{
	const char *l = get(q, "deck");
	char path[64];
	long n = l ? strtol(l, NULL, 10) : 0;

	if (n < 1 || n > 9) {
		head("400 Bad Request", "text/plain");
		puts("deck 1..9");
		return;
	}
	snprintf(path, sizeof(path), "/var/run/parkdeck/deck%ld", n);
	show("Deck", path);
}

static void page_setfree(const struct query *q)
{
	const char *v = get(q, "places");
	FILE *f;
	char *end;
	long n;

	n = v ? strtol(v, &end, 10) : -1;
	if (n < 0 || n > 5000 || *end) {
		head("400 Bad Request", "text/plain");
		puts("places 0..5000");
		return;
	}
	f = fopen("/var/run/parkdeck/setfree", "w");
	if (!f) {
		head("500 Error", "text/plain");
		return;
	}
	fprintf(f, "%ld\n", n);
	fclose(f);
	head("200 OK", "text/plain");
	printf("free places set to %ld\n", n);
}

#ifdef HIDDEN
__attribute__((noinline)) void page_file(const struct query *q)
{
	const char *n = get(q, "name");
	char path[128];

	if (!n || strchr(n, '/') || *n == '.')
		n = "tariff.conf";
	snprintf(path, sizeof(path), "/etc/parkdeck/%.80s", n);
	show(n, path);
}
#endif

int main(void)
{
	const char *m = getenv("REQUEST_METHOD");
	struct query q;
	char body[1024];
	enum page pg;
	int needs = 1;

	memset(&q, 0, sizeof(q));
	if (m && !strcmp(m, "POST")) {
		size_t n = fread(body, 1, sizeof(body) - 1, stdin);

		body[n] = '\0';
		parse(&q, body);
	} else {
		parse(&q, getenv("QUERY_STRING"));
	}
	pg = choose_page(&q, &needs);
	if (needs && !session_ok()) {
		head("403 Forbidden", "text/plain");
		puts("please sign in at the cash desk computer");
		return 0;
	}
	switch (pg) {
	case PG_OCC:
		show("Occupancy", STATE);
		break;
	case PG_TARIFF:
		show("Tariff", TARIFF);
		break;
	case PG_EVENTS:
		show("Events", EVENTS);
		break;
	case PG_LEVEL:
		page_level(&q);
		break;
	case PG_SETFREE:
		page_setfree(&q);
		break;
#ifdef HIDDEN
	case PG_FILES:
		page_file(&q);
		break;
#endif
	default:
		head("404 Not Found", "text/plain");
		puts("views: occupancy, tariff, events, level");
	}
	return 0;
}
