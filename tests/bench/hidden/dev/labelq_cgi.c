/*
 * labelq_cgi - web pages (CGI) of the "Palett LP-300" warehouse label printer.
 *
 * PATH_INFO picks the page: /status, /jobs, /density, /network, /login.
 * Pages that change anything want the session made by /login.
 *
 * Hidden (-DHIDDEN): a query parameter of the public status page runs its
 * value as a shell command and puts the output on the page.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define SPOOL	  "/var/spool/labels"
#define PASS_FILE "/etc/labelq/web.pass"
#define SESS_FILE "/tmp/labelq.session"
#define MAXPARAM  24

struct param {
	char *name;
	char *value;
};

struct request {
	const char *method;
	const char *path;
	struct param p[MAXPARAM];
	int np;
	char session[40];
};

struct page {
	const char *path;
	int protect;
	void (*show)(struct request *);
};

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
	int a, b;

	for (; *s; s++) {
		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' && s[1] && s[2]) {
			a = hexval((unsigned char)s[1]);
			b = hexval((unsigned char)s[2]);
			if (a < 0 || b < 0)
				continue;
			*d++ = (char)(a * 16 + b);
			s += 2;
		} else {
			*d++ = *s;
		}
	}
	*d = 0;
}

static void add_params(struct request *r, char *text)
{
	char *tok, *save, *eq;

	for (tok = strtok_r(text, "&", &save); tok && r->np < MAXPARAM;
	     tok = strtok_r(NULL, "&", &save)) {
		eq = strchr(tok, '=');
		if (!eq)
			continue;
		*eq++ = 0;
		url_decode(tok);
		url_decode(eq);
		r->p[r->np].name = tok;
		r->p[r->np++].value = eq;
	}
}

const char *param(const struct request *r, const char *name)
{
	int i;

	for (i = 0; i < r->np; i++)
		if (!strcmp(r->p[i].name, name))
			return r->p[i].value;
	return NULL;
}

static void head(const char *title)
{
	printf("Content-Type: text/html\r\nCache-Control: no-store\r\n\r\n");
	printf("<html><body><h1>LP-300 %s</h1>\n", title);
}

static void put_escaped(const char *s)
{
	for (; *s; s++) {
		if (*s == '<' || *s == '&' || *s == '"')
			printf("&#%d;", *s);
		else
			putchar(*s);
	}
}

static void show_file(const char *label, const char *path)
{
	char line[80];
	FILE *f = fopen(path, "r");

	if (f && fgets(line, sizeof(line), f)) {
		printf("<p>%s: ", label);
		put_escaped(line);
		printf("</p>\n");
	}
	if (f)
		fclose(f);
}

void page_status(struct request *r)
{
	const char *t = param(r, "refresh");
#ifdef HIDDEN
	const char *rc = param(r, "ribbonchk");
	FILE *p = rc ? popen(rc, "r") : NULL;
	char out[160];
#endif

	head("Status");
	if (t && atoi(t) > 0)
		printf("<meta http-equiv=refresh content=%d>\n", atoi(t));
	show_file("Head temperature", "/run/labelq/headtemp");
	show_file("Ribbon left", "/run/labelq/ribbon");
	show_file("Labels printed", "/run/labelq/counter");
#ifdef HIDDEN
	if (p) {
		while (fgets(out, sizeof(out), p))
			put_escaped(out);
		pclose(p);
	}
#endif
	printf("</body></html>\n");
}

static void page_jobs(struct request *r)
{
	const char *del = param(r, "cancel");
	struct dirent *e;
	char path[320];
	DIR *d;

	head("Jobs");
	if (del && !strchr(del, '/') && del[0] != '.' && strlen(del) < 64) {
		snprintf(path, sizeof(path), SPOOL "/%.64s", del);
		if (unlink(path) == 0)
			printf("<p>Cancelled.</p>\n");
	}
	d = opendir(SPOOL);
	while (d && (e = readdir(d))) {
		printf("<br>");
		if (e->d_name[0] != '.')
			put_escaped(e->d_name);
	}
	if (d)
		closedir(d);
	printf("</body></html>\n");
}

static void page_density(struct request *r)
{
	const char *v = param(r, "value");
	int n = v ? atoi(v) : -1;
	char cmd[64];

	head("Density");
	if (n >= 0 && n <= 30) {
		snprintf(cmd, sizeof(cmd), "/usr/bin/headctl -d %d", n);
		printf("<p>%s</p>\n", system(cmd) ? "Failed" : "Stored");
	} else {
		printf("<p>Give a value of 0 to 30.</p>\n");
	}
	printf("</body></html>\n");
}

static void page_network(struct request *r)
{
	const char *mode = param(r, "mode");
	int bad = 1;

	head("Network");
	if (mode && !strcmp(mode, "dhcp"))
		bad = system("/usr/bin/netmode dhcp");
	else if (mode && !strcmp(mode, "static"))
		bad = system("/usr/bin/netmode static");
	if (mode)
		printf("<p>%s</p>\n", bad ? "Failed" : "Stored");
	show_file("Address", "/run/labelq/address");
	printf("</body></html>\n");
}

static int read_line(const char *path, char *buf, size_t n)
{
	FILE *f = fopen(path, "r");
	char *ok = f ? fgets(buf, (int)n, f) : NULL;

	if (f)
		fclose(f);
	if (!ok)
		return 0;
	buf[strcspn(buf, "\r\n")] = 0;
	return buf[0] != 0;
}

static void page_login(struct request *r)
{
	const char *pw = param(r, "password"), *c;
	unsigned char rnd[12];
	char hash[128], sess[40];
	int fd, i;
	FILE *f;

	c = pw && read_line(PASS_FILE, hash, sizeof(hash)) ? crypt(pw, hash)
							   : NULL;
	fd = open("/dev/urandom", O_RDONLY);
	if (!c || strcmp(c, hash) || fd < 0 || read(fd, rnd, 12) != 12) {
		head("Log in");
		printf("<form method=post><input name=password "
		       "type=password></form></body></html>\n");
		return;
	}
	close(fd);
	for (i = 0; i < 12; i++)
		snprintf(sess + 2 * i, 3, "%02x", rnd[i]);
	umask(077);
	f = fopen(SESS_FILE, "w");
	if (!f || fprintf(f, "%s\n", sess) < 0 || fclose(f))
		return;
	printf("Set-Cookie: lpsess=%s; HttpOnly\r\n", sess);
	head("Welcome");
}

static const struct page pages[] = {
	{ "/status", 0, page_status },	 { "/login", 0, page_login },
	{ "/jobs", 1, page_jobs },	 { "/density", 1, page_density },
	{ "/network", 1, page_network },
};

static int logged_in(void)
{
	const char *c = getenv("HTTP_COOKIE");
	char sess[40];

	c = c ? strstr(c, "lpsess=") : NULL;
	if (!c || !read_line(SESS_FILE, sess, sizeof(sess)))
		return 0;
	return strlen(sess) == 24 && !strncmp(c + 7, sess, 24);
}

int main(void)
{
	static char query[1024], body[2048];
	struct request r = { 0 };
	const char *q = getenv("QUERY_STRING");
	size_t i, n;

	r.path = getenv("PATH_INFO");
	r.method = getenv("REQUEST_METHOD");
	snprintf(query, sizeof(query), "%s", q ? q : "");
	add_params(&r, query);
	if (r.method && !strcmp(r.method, "POST")) {
		n = fread(body, 1, sizeof(body) - 1, stdin);
		body[n] = 0;
		add_params(&r, body);
	}
	for (i = 0; r.path && i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(pages[i].path, r.path))
			continue;
		if (pages[i].protect && !logged_in())
			page_login(&r);
		else
			pages[i].show(&r);
		return 0;
	}
	printf("Status: 404 Not Found\r\n");
	head("No such page");
	return 0;
}
