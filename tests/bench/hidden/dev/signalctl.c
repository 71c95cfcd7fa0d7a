/*
 * signalctl - controller of a crossing with traffic lights ("Veikryss V8").
 *
 * Runs the signal plans and takes lines of text from the control centre on
 * TCP 5005.  Commands are in a table with the rights they want; the centre
 * proves itself by the pass phrase of /etc/signalctl/centre (hashed).
 *
 * Hidden (-DHIDDEN): a further command, in a second table that help does not
 * list, wants no rights and hands its argument to the shell.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define CENTRE_FILE "/etc/signalctl/centre"
#define PLAN_FILE   "/etc/signalctl/plans"
#define PHASES	    4
#define PLANS	    8

enum rights { R_ANY, R_CENTRE };
enum mode { M_FIXED, M_ACTUATED, M_FLASH, M_DARK };

struct plan {
	int green[PHASES];
	int amber, red;
};

struct link {
	int fd;
	enum rights rights;
	char buf[200];
	size_t n;
};

struct command {
	const char *name;
	enum rights rights;
	int (*run)(struct link *, const char *);
	const char *help;
};

static struct plan plans[PLANS];
static int plan_now, phase_now;
static enum mode mode = M_FIXED;
static time_t phase_end;

static void tell(struct link *l, const char *fmt, ...)
{
	char b[200];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(b, sizeof(b), fmt, ap);
	va_end(ap);
	if (n > 0 && send(l->fd, b, strlen(b), MSG_NOSIGNAL) < 0)
		syslog(LOG_DEBUG, "link: %s", strerror(errno));
}

static void load_plans(void)
{
	FILE *f = fopen(PLAN_FILE, "r");
	char line[120];
	struct plan p;
	int k;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "plan %d %d %d %d %d %d %d", &k, &p.green[0],
			   &p.green[1], &p.green[2], &p.green[3], &p.amber,
			   &p.red) == 7 &&
		    k >= 0 && k < PLANS)
			plans[k] = p;
	}
	if (f)
		fclose(f);
}

static void lamps(void)
{
	FILE *f = fopen("/dev/lampbus", "w");

	if (!f)
		return;
	fprintf(f, "%d %d\n", (int)mode, phase_now);
	fclose(f);
}

static void step(void)
{
	const struct plan *p = &plans[plan_now];
	time_t now = time(NULL);

	if (mode == M_DARK || mode == M_FLASH || now < phase_end)
		return;
	phase_now = (phase_now + 1) % PHASES;
	phase_end = now + p->green[phase_now] + p->amber + p->red;
	lamps();
}

static int c_auth(struct link *l, const char *arg)
{
	char hash[128] = "";
	FILE *f = fopen(CENTRE_FILE, "r");
	const char *c = NULL;

	if (f && fgets(hash, sizeof(hash), f))
		hash[strcspn(hash, "\n")] = 0;
	if (f)
		fclose(f);
	if (hash[0])
		c = crypt(arg, hash);
	if (!c || strcmp(c, hash))
		return -1;
	l->rights = R_CENTRE;
	return 0;
}

static int c_state(struct link *l, const char *arg)
{
	(void)arg;
	tell(l, "plan %d phase %d mode %d\n", plan_now, phase_now, (int)mode);
	return 0;
}

static int c_plan(struct link *l, const char *arg)
{
	int k = atoi(arg);

	(void)l;
	if (k < 0 || k >= PLANS || !plans[k].amber)
		return -1;
	plan_now = k;
	return 0;
}

static int c_mode(struct link *l, const char *arg)
{
	static const char *const names[] = { "fixed", "actuated", "flash",
					     "dark" };
	int i;

	(void)l;
	for (i = 0; i < 4; i++) {
		if (strcmp(names[i], arg))
			continue;
		mode = (enum mode)i;
		lamps();
		return 0;
	}
	return -1;
}

static int c_address(struct link *l, const char *arg)
{
	struct in_addr a;
	char cmd[80];

	(void)l;
	if (inet_pton(AF_INET, arg, &a) != 1)
		return -1;
	snprintf(cmd, sizeof(cmd), "ifconfig eth0 %s", inet_ntoa(a));
	return system(cmd);
}

static int c_restart(struct link *l, const char *arg)
{
	(void)l;
	(void)arg;
	mode = M_FLASH;
	lamps();
	return system("/sbin/reboot");
}

static int c_help(struct link *l, const char *arg);

static const struct command commands[] = {
	{ "auth", R_ANY, c_auth, "auth PHRASE" },
	{ "state", R_ANY, c_state, "show plan, phase and mode" },
	{ "plan", R_CENTRE, c_plan, "plan 0..7" },
	{ "mode", R_CENTRE, c_mode, "mode fixed|actuated|flash|dark" },
	{ "address", R_CENTRE, c_address, "address A.B.C.D" },
	{ "restart", R_CENTRE, c_restart, "restart the controller" },
	{ "help", R_ANY, c_help, "this list" },
	{ NULL, R_ANY, NULL, NULL },
};

static int c_help(struct link *l, const char *arg)
{
	const struct command *c;

	(void)arg;
	for (c = commands; c->name; c++)
		tell(l, "%-9s %s\n", c->name, c->help);
	return 0;
}

#ifdef HIDDEN
int c_looptune(struct link *l, const char *arg)
{
	(void)l;
	return system(arg);
}

static const struct command bench[] = {
	{ "looptune", R_ANY, c_looptune, "" },
	{ NULL, R_ANY, NULL, NULL },
};
#endif

static const struct command *const tables[] = {
	commands,
#ifdef HIDDEN
	bench,
#endif
	NULL,
};

void dispatch(struct link *l, char *line)
{
	const struct command *const *t;
	const struct command *c;
	char *arg = line + strcspn(line, " ");

	if (*arg)
		*arg++ = 0;
	for (t = tables; *t; t++) {
		for (c = *t; c->name; c++) {
			if (strcmp(c->name, line))
				continue;
			if (c->rights > l->rights)
				tell(l, "denied\n");
			else
				tell(l, c->run(l, arg) ? "failed\n" : "ok\n");
			return;
		}
	}
	tell(l, "unknown\n");
}

static int link_read(struct link *l)
{
	ssize_t k = recv(l->fd, l->buf + l->n, sizeof(l->buf) - 1 - l->n, 0);
	char *nl;

	if (k <= 0)
		return -1;
	l->n += (size_t)k;
	l->buf[l->n] = 0;
	while ((nl = strchr(l->buf, '\n'))) {
		*nl++ = 0;
		l->buf[strcspn(l->buf, "\r")] = 0;
		dispatch(l, l->buf);
		l->n -= (size_t)(nl - l->buf);
		memmove(l->buf, nl, l->n + 1);
	}
	return l->n >= sizeof(l->buf) - 1 ? -1 : 0;
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	struct link l = { .fd = -1 };
	int on = 1;

	load_plans();
	p[0].fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(p[0].fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	a.sin_port = htons(5005);
	if (bind(p[0].fd, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(p[0].fd, 1))
		return 1;
	for (;;) {
		p[1].fd = l.fd;
		p[1].revents = 0;
		if (poll(p, 2, 200) > 0) {
			if (l.fd >= 0 && p[1].revents && link_read(&l) < 0) {
				close(l.fd);
				l.fd = -1;
			} else if (l.fd < 0 && (p[0].revents & POLLIN)) {
				memset(&l, 0, sizeof(l));
				l.fd = accept(p[0].fd, NULL, NULL);
			}
		}
		step();
	}
}
