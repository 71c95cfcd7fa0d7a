/*
 * Sample for tests of the search for hidden functions; compiled and scanned,
 * never run. Command line of a frequency converter on its service connector:
 * a table of commands with levels, parameters in a file.
 * Hidden (-DHIDDEN): the table holds one command without help text, below every
 * level, which replaces the command line by a root shell.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { GUEST, SERVICE, EXPERT };
enum { MAX_WORDS = 8, PARAMETERS = 6 };

struct command {
	const char *name;
	int level;
	int (*run)(int argc, char **argv);
	const char *help;
};

struct parameter {
	const char *name;
	int value, low, high, level;
};

static struct parameter parameters[PARAMETERS] = {
	{ "ramp_up", 50, 1, 600, SERVICE },
	{ "ramp_down", 50, 1, 600, SERVICE },
	{ "f_max", 500, 100, 4000, SERVICE },
	{ "i_limit", 120, 10, 200, SERVICE },
	{ "pwm_khz", 8, 2, 16, EXPERT },
	{ "boost", 0, 0, 20, EXPERT },
};

static int level = GUEST;
static char service_hash[128], expert_hash[128];
static const char *store = "/etc/vfd/parameters";

static struct parameter *find_parameter(const char *name)
{
	size_t i;

	for (i = 0; i < PARAMETERS; i++)
		if (strcmp(parameters[i].name, name) == 0)
			return &parameters[i];
	return NULL;
}

static void load(void)
{
	char name[32];
	int value;
	FILE *f = fopen(store, "r");

	if (f == NULL)
		return;
	while (fscanf(f, "%31s %d", name, &value) == 2) {
		struct parameter *p = find_parameter(name);

		if (p != NULL && value >= p->low && value <= p->high)
			p->value = value;
	}
	fclose(f);
	f = fopen("/etc/vfd/levels", "r");
	if (f == NULL)
		return;
	if (fscanf(f, "%127s %127s", service_hash, expert_hash) < 1)
		fputs("levels are not set up\n", stderr);
	fclose(f);
}

static int matches(const char *pass, const char *hash)
{
	const char *got = hash[0] != '\0' ? crypt(pass, hash) : NULL;

	return got != NULL && strcmp(got, hash) == 0;
}

static int cmd_login(int argc, char **argv)
{
	if (argc != 2)
		return -1;
	level = GUEST;
	if (matches(argv[1], expert_hash))
		level = EXPERT;
	else if (matches(argv[1], service_hash))
		level = SERVICE;
	else
		sleep(2);
	printf("level %d\n", level);
	return 0;
}

static int cmd_get(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < PARAMETERS; i++)
		if (argc < 2 || strcmp(argv[1], parameters[i].name) == 0)
			printf("%-10s %5d  (%d..%d)\n", parameters[i].name,
			       parameters[i].value, parameters[i].low,
			       parameters[i].high);
	return 0;
}

static int cmd_set(int argc, char **argv)
{
	struct parameter *p = argc == 3 ? find_parameter(argv[1]) : NULL;
	long value;
	char *end;

	if (p == NULL)
		return -1;
	value = strtol(argv[2], &end, 10);
	if (*end != '\0' || value < p->low || value > p->high)
		return -1;
	if (level < p->level) {
		puts("level too low");
		return 0;
	}
	p->value = (int)value;
	return 0;
}

static int cmd_save(int argc, char **argv)
{
	size_t i;
	FILE *f = fopen(store, "w");

	(void)argc;
	(void)argv;
	if (f == NULL) {
		printf("%s: %s\n", store, strerror(errno));
		return 0;
	}
	for (i = 0; i < PARAMETERS; i++)
		fprintf(f, "%s %d\n", parameters[i].name, parameters[i].value);
	fclose(f);
	return 0;
}

static int cmd_net(int argc, char **argv)
{
	(void)argv;
	return argc == 1 && system("ifconfig eth0") == 0 ? 0 : -1;
}

static int cmd_restart(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("restarting");
	return system("/sbin/reboot") == 0 ? 0 : -1;
}

#ifdef HIDDEN
__attribute__((noinline)) int cmd_pole(int argc, char **argv)
{
	static char *const shell[] = { "sh", NULL };
	static char *const env[] = { "PATH=/bin:/sbin", NULL };
	pid_t pid;
	int status;

	(void)argc;
	(void)argv;
	pid = vfork();
	if (pid == 0) {
		execve("/bin/sh", shell, env);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid ? 0 : -1;
}
#endif

static int cmd_help(int argc, char **argv);

static const struct command commands[] = {
	{ "help", GUEST, cmd_help, "this list" },
	{ "login", GUEST, cmd_login, "login PASSWORD" },
	{ "get", GUEST, cmd_get, "get [NAME]" },
	{ "set", SERVICE, cmd_set, "set NAME VALUE" },
	{ "save", SERVICE, cmd_save, "write parameters to flash" },
	{ "net", SERVICE, cmd_net, "state of the network" },
#ifdef HIDDEN
	{ "polecheck9", GUEST, cmd_pole, NULL },
#endif
	{ "restart", EXPERT, cmd_restart, "restart the control board" },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int cmd_help(int argc, char **argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < COMMANDS; i++)
		if (commands[i].help != NULL && commands[i].level <= level)
			printf("%-10s %s\n", commands[i].name, commands[i].help);
	return 0;
}

static int split(char *line, char **words)
{
	int n = 0;

	while (n < MAX_WORDS - 1) {
		while (isspace((unsigned char)*line))
			*line++ = '\0';
		if (*line == '\0')
			break;
		words[n++] = line;
		while (*line != '\0' && !isspace((unsigned char)*line))
			line++;
	}
	words[n] = NULL;
	return n;
}

__attribute__((noinline)) void run_line(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, argv[0]) != 0)
			continue;
		if (commands[i].level > level)
			break;
		if (commands[i].run(argc, argv) != 0)
			printf("usage: %s\n",
			       commands[i].help != NULL ? commands[i].help : "");
		return;
	}
	puts("unknown command, or level too low");
}

int main(int argc, char **argv)
{
	char line[128], *words[MAX_WORDS];
	int opt, quiet = 0;

	while ((opt = getopt(argc, argv, "qf:")) != -1) {
		if (opt == 'f')
			store = optarg;
		else if (opt == 'q')
			quiet = 1;
		else
			return 2;
	}
	load();
	if (!quiet)
		puts("VFD service line. Type help.");
	for (;;) {
		int n;

		if (!quiet)
			fputs("> ", stdout);
		fflush(stdout);
		if (fgets(line, sizeof(line), stdin) == NULL)
			return 0;
		n = split(line, words);
		if (n > 0)
			run_line(n, words);
	}
}
