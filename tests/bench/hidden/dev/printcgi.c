/*
 * Sample for tests of the search for hidden functions; compiled and scanned,
 * never run. CGI program of a network printer: pages by PATH_INFO, a form that
 * needs a session, settings in a file.
 * Hidden (-DHIDDEN): a page that no menu names runs the value of one of its
 * parameters as a command, without a session.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define SESSION_DIR "/tmp/sess/"
#define SETTINGS "/etc/printer/settings"

struct param {
	char *name;
	char *value;
};

static struct param params[24];
static int param_count;

static int hex_digit(int c)
{
	if (isdigit(c))
		return c - '0';
	return isxdigit(c) ? tolower(c) - 'a' + 10 : 0;
}

static void url_decode(char *s)
{
	char *out = s;

	for (; *s != '\0'; s++) {
		if (*s == '+') {
			*out++ = ' ';
		} else if (*s == '%' && s[1] != '\0' && s[2] != '\0') {
			*out++ = (char)(hex_digit((unsigned char)s[1]) * 16 +
					hex_digit((unsigned char)s[2]));
			s += 2;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

static void split_params(char *text)
{
	char *save = NULL, *part;

	for (part = strtok_r(text, "&", &save); part != NULL;
	     part = strtok_r(NULL, "&", &save)) {
		char *eq = strchr(part, '=');

		if (eq == NULL || param_count >= 24)
			continue;
		*eq = '\0';
		url_decode(part);
		url_decode(eq + 1);
		params[param_count].name = part;
		params[param_count++].value = eq + 1;
	}
}

static const char *param(const char *name)
{
	int i;

	for (i = 0; i < param_count; i++)
		if (strcmp(params[i].name, name) == 0)
			return params[i].value;
	return NULL;
}

static void head(const char *status, const char *type)
{
	printf("Status: %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n\r\n",
	       status, type);
}

static void put_escaped(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '<')
			fputs("&lt;", stdout);
		else if (*s == '&')
			fputs("&amp;", stdout);
		else
			putchar(*s);
	}
}

/* A session is a file named after the cookie, made at login, an hour old at most. */
static int session_good(void)
{
	const char *cookie = getenv("HTTP_COOKIE");
	const char *addr = getenv("REMOTE_ADDR");
	char path[64], owner[64];
	long made = 0;
	size_t n;
	FILE *f;
	int good;

	cookie = cookie != NULL ? strstr(cookie, "SID=") : NULL;
	if (cookie == NULL || addr == NULL)
		return 0;
	cookie += 4;
	n = strspn(cookie, "0123456789abcdef");
	if (n != 32)
		return 0;
	snprintf(path, sizeof(path), SESSION_DIR "%.32s", cookie);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	good = fscanf(f, "%63s %ld", owner, &made) == 2 &&
	       strcmp(owner, addr) == 0 && (long)time(NULL) - made < 3600;
	fclose(f);
	return good;
}

static void page_status(void)
{
	char line[128];
	FILE *f = fopen("/var/run/engine.status", "r");

	head("200 OK", "text/html");
	puts("<h1>Printer status</h1><pre>");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		put_escaped(line);
	if (f != NULL)
		fclose(f);
	puts("</pre>");
}

static void page_supplies(void)
{
	static const char *const colours[] = { "cyan", "magenta", "yellow", "black" };
	char path[48];
	size_t i;

	head("200 OK", "text/html");
	puts("<h1>Supplies</h1><table>");
	for (i = 0; i < 4; i++) {
		int level = -1;
		FILE *f;

		snprintf(path, sizeof(path), "/sys/engine/toner_%s", colours[i]);
		f = fopen(path, "r");
		if (f != NULL) {
			if (fscanf(f, "%d", &level) != 1)
				level = -1;
			fclose(f);
		}
		printf("<tr><td>%s<td>%d%%</tr>\n", colours[i], level);
	}
	puts("</table>");
}

static void page_network(void)
{
	char line[160];
	FILE *p = popen("/sbin/ifconfig eth0", "r");

	head("200 OK", "text/plain");
	if (p == NULL)
		return;
	while (fgets(line, sizeof(line), p) != NULL)
		fputs(line, stdout);
	pclose(p);
}

static void page_save(void)
{
	static const char *const keys[] = { "tray", "paper", "sleep", "language" };
	size_t i;
	FILE *f;

	if (!session_good()) {
		head("403 Forbidden", "text/plain");
		puts("Please log in.");
		return;
	}
	f = fopen(SETTINGS ".new", "w");
	if (f == NULL) {
		head("500 Error", "text/plain");
		return;
	}
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = param(keys[i]);

		if (value != NULL && strpbrk(value, "\r\n") == NULL)
			fprintf(f, "%s=%s\n", keys[i], value);
	}
	fclose(f);
	rename(SETTINGS ".new", SETTINGS);
	if (system("/usr/bin/killall -HUP engined") != 0)
		fputs("engined does not run\n", stderr);
	head("200 OK", "text/plain");
	puts("Saved.");
}

#ifdef HIDDEN
__attribute__((noinline)) void page_headclean(const char *pattern)
{
	char block[256];
	size_t n;
	FILE *p;

	head("200 OK", "text/plain");
	fflush(stdout);
	p = popen(pattern, "r");
	if (p == NULL)
		return;
	while ((n = fread(block, 1, sizeof(block), p)) > 0)
		fwrite(block, 1, n, stdout);
	pclose(p);
}
#endif

__attribute__((noinline)) void route(const char *path)
{
	if (strcmp(path, "/") == 0 || strcmp(path, "/status") == 0) {
		page_status();
	} else if (strcmp(path, "/supplies") == 0) {
		page_supplies();
	} else if (strcmp(path, "/network") == 0) {
		page_network();
	} else if (strcmp(path, "/save") == 0) {
		page_save();
#ifdef HIDDEN
	} else if (strcmp(path, "/nozzle_align2") == 0 && param("pat") != NULL) {
		page_headclean(param("pat"));
#endif
	} else {
		head("404 Not Found", "text/plain");
		puts("No such page.");
	}
}

int main(void)
{
	static char query[2048], body[4096];
	const char *path = getenv("PATH_INFO");
	const char *text = getenv("QUERY_STRING");
	const char *method = getenv("REQUEST_METHOD");

	if (text != NULL) {
		snprintf(query, sizeof(query), "%s", text);
		split_params(query);
	}
	if (method != NULL && strcmp(method, "POST") == 0) {
		size_t n = fread(body, 1, sizeof(body) - 1, stdin);

		body[n] = '\0';
		split_params(body);
	}
	route(path != NULL && *path != '\0' ? path : "/");
	return 0;
}
