/* main.c - assay COMMAND [ARGUMENT]... */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/setup.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *says;
} commands[] = {
	{ "scan", fw_cmd_scan, "inspect images and report what was hidden" },
	{ "extract", fw_cmd_extract, "write what is in an image to disk" },
	{ "report", fw_cmd_report, "print a saved result in another way" },
	{ "rules", fw_cmd_rules, "check and test YARA rules" },
	{ "functions", fw_cmd_functions,
	  "list a program's functions and what they do" },
	{ "disasm", fw_cmd_disasm, "show a function's code, explained" },
	{ "graph", fw_cmd_graph, "draw how a function reaches what it does" },
	{ "explain", fw_cmd_explain, "say what a finding kind means" },
	{ "train", fw_cmd_train, "count what literals programs share" },
	{ "list", fw_cmd_list, "list formats, analyzers or finding kinds" },
};

static void usage(FILE *to)
{
	fputs("usage: assay COMMAND [ARGUMENT]...\n\nCommands:\n", to);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].says);
	fputs("\nassay COMMAND --help says more, with an example.\n", to);
}

/* A caller may have closed 0, 1 or 2; an image must not be opened there. */
static bool fill_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
	return fd >= 0;
}

int main(int argc, char **argv)
{
	if (!fill_standard())
		return FW_EXIT_ERROR;
	if (argc < 2) {
		usage(stderr);
		return FW_EXIT_ERROR;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return FW_EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("assay " ASSAY_VERSION);
		return FW_EXIT_OK;
	}
	fw_setup_kinds();
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "assay: no command is called %s\n", argv[1]);
	usage(stderr);
	return FW_EXIT_ERROR;
}
