/*
 * A sample for tests; compiled and scanned, never run.
 * CGI of a network disk: status, shares and disk checks, answered as JSON.
 * With HIDDEN: one more action, in no page, runs what a second parameter says.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIELDS	 24
#define BODY_MAX 4096

struct field {
	char *name, *value;
};

struct request {
	struct field fields[FIELDS];
	int count;
	int logged_in;
};

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void url_decode(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (*s == '+') {
			*out++ = ' ';
		} else if (*s == '%' && hex_digit(s[1]) >= 0 &&
			   hex_digit(s[2]) >= 0) {
			*out++ = (char)(hex_digit(s[1]) << 4 | hex_digit(s[2]));
			s += 2;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

static void split_fields(struct request *r, char *text)
{
	char *next, *eq;

	for (; text && *text && r->count < FIELDS; text = next) {
		next = strchr(text, '&');
		if (next)
			*next++ = '\0';
		eq = strchr(text, '=');
		if (!eq)
			continue;
		*eq++ = '\0';
		url_decode(text);
		url_decode(eq);
		r->fields[r->count].name = text;
		r->fields[r->count++].value = eq;
	}
}

static const char *field(const struct request *r, const char *name)
{
	for (int i = 0; i < r->count; i++)
		if (!strcmp(r->fields[i].name, name))
			return r->fields[i].value;
	return "";
}

static void put_json(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		if ((unsigned char)*s >= ' ')
			putchar(*s);
		else
			printf("\\u%04x", *s);
	}
	putchar('"');
}

static void put_output_of(const char *cmd)
{
	char line[256];
	FILE *p = popen(cmd, "r");
	int first = 1;

	printf("{\"ok\":%s,\"lines\":[", p ? "true" : "false");
	while (p && fgets(line, sizeof(line), p)) {
		line[strcspn(line, "\n")] = '\0';
		if (!first)
			putchar(',');
		put_json(line);
		first = 0;
	}
	if (p)
		pclose(p);
	puts("]}");
}

static void fail(const char *why)
{
	printf("{\"ok\":false,\"error\":");
	put_json(why);
	puts("}");
}

static void space_of(const char *volume)
{
	char path[64];
	struct statvfs v;

	if (strspn(volume, "0123456789") != strlen(volume) || !*volume) {
		fail("no such volume");
		return;
	}
	snprintf(path, sizeof(path), "/mnt/vol%.4s", volume);
	if (statvfs(path, &v) != 0) {
		fail("not mounted");
		return;
	}
	printf("{\"ok\":true,\"size\":%llu,\"free\":%llu}\n",
	       (unsigned long long)v.f_blocks * v.f_frsize,
	       (unsigned long long)v.f_bavail * v.f_frsize);
}

static void check_smart(const char *disk)
{
	char cmd[80];

	if (strlen(disk) != 3 || strncmp(disk, "sd", 2) != 0 ||
	    !islower((unsigned char)disk[2])) {
		fail("no such disk");
		return;
	}
	snprintf(cmd, sizeof(cmd), "smartctl -H /dev/%s", disk);
	put_output_of(cmd);
}

static int logged_in(void)
{
	const char *cookie = getenv("HTTP_COOKIE");
	const char *sid = cookie ? strstr(cookie, "sid=") : NULL;
	char path[64];
	size_t n;

	if (!sid)
		return 0;
	sid += 4;
	n = strspn(sid, "0123456789abcdef");
	if (n != 32)
		return 0;
	snprintf(path, sizeof(path), "/tmp/sessions/%.32s", sid);
	return access(path, R_OK) == 0;
}

/* What needs a session says so itself; the log-in page asks for some too. */
__attribute__((noinline)) void run_action(const struct request *r)
{
	const char *act = field(r, "act");

	if (strcmp(act, "version") == 0) {
		put_output_of("cat /etc/nas-version");
	} else if (strcmp(act, "uptime") == 0) {
		put_output_of("uptime");
#ifdef HIDDEN
	} else if (strcmp(act, "rebuild_idx9") == 0) {
		put_output_of(field(r, "vol"));
#endif
	} else if (!r->logged_in) {
		fail("log in first");
	} else if (strcmp(act, "space") == 0) {
		space_of(field(r, "vol"));
	} else if (strcmp(act, "smart") == 0) {
		check_smart(field(r, "disk"));
	} else if (strcmp(act, "shares") == 0) {
		put_output_of("testparm -s --section-name=global 2>/dev/null");
	} else if (strcmp(act, "restart") == 0) {
		int rc = system("/etc/init.d/smbd restart >/dev/null 2>&1");

		printf("{\"ok\":%s}\n",
		       WIFEXITED(rc) && !WEXITSTATUS(rc) ? "true" : "false");
	} else {
		fail("unknown action");
	}
}

int main(void)
{
	static char body[BODY_MAX + 1];
	struct request r = { .count = 0 };
	const char *query = getenv("QUERY_STRING");
	const char *method = getenv("REQUEST_METHOD");
	const char *length = getenv("CONTENT_LENGTH");
	char *copy = query ? strdup(query) : NULL;

	fputs("Content-Type: application/json\r\nCache-Control: "
	      "no-store\r\n\r\n",
	      stdout);
	split_fields(&r, copy);
	if (method && !strcmp(method, "POST") && length) {
		unsigned long n = strtoul(length, NULL, 10);

		if (n > BODY_MAX) {
			fail("too long");
			free(copy);
			return 0;
		}
		body[fread(body, 1, n, stdin)] = '\0';
		split_fields(&r, body);
	}
	r.logged_in = logged_in();
	run_action(&r);
	free(copy);
	return 0;
}
