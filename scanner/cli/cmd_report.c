/* cmd_report.c - assay report: a saved result, printed by any writer */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/kinds.h"
#include "formats/formats.h"
#include "report/load.h"
#include "report/report.h"

static const char usage[] =
	"usage: assay report [OPTION]... SAVED.json\n"
	"Prints what assay scan -f json=SAVED.json has saved, without scanning\n"
	"again. SAVED.json may be - for standard input.\n"
	"\n"
	"  -f, --format NAME   report to print (default: text)\n"
	"  -o, --output FILE   where to (default: standard output)\n"
	"  -v, --verbose       everything, not one screen\n"
	"      --reproducible  leave out times\n"
	"  -h, --help\n"
	"\n"
	"Example: assay report -v report.json | less\n"
	"Exit status: 0 printed, 2 error\n";

enum { ARG_REPRODUCIBLE = 500 };

struct report_cmd {
	const struct fw_report_writer *writer;
	const char *output;
	struct fw_report_options show;
};

static int parse(struct report_cmd *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "output", required_argument, NULL, 'o' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "reproducible", no_argument, NULL, ARG_REPRODUCIBLE },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *format = "text";
	int o;

	while ((o = getopt_long(argc, argv, "f:o:vh", options, NULL)) != -1) {
		switch (o) {
		case 'f':
			format = optarg;
			break;
		case 'o':
			c->output = optarg;
			break;
		case 'v':
			c->show.verbose = true;
			break;
		case ARG_REPRODUCIBLE:
			c->show.reproducible = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return FW_EXIT_OK;
		default:
			return FW_EXIT_ERROR;
		}
	}
	c->writer = fw_report_named(format);
	if (c->writer == NULL)
		fprintf(stderr, "assay: no report is called %s\n", format);
	else if (argc - optind != 1)
		fputs(usage, stderr);
	else
		return -1;
	return FW_EXIT_ERROR;
}

static const struct fw_result *load(const char *path, struct fw_arena *a)
{
	static const struct fw_load_options opt = { fw_format_named,
						    fw_kind_named };
	bool standard = strcmp(path, "-") == 0;
	FILE *in = standard ? stdin : fopen(path, "re");
	const char *name = standard ? "standard input" : path;
	char err[256];

	if (in == NULL) {
		fprintf(stderr, "assay: %s: %s\n", name, strerror(errno));
		return NULL;
	}
	const struct fw_result *r =
		fw_result_load(in, a, &opt, err, sizeof(err));

	if (r == NULL)
		fprintf(stderr, "assay: %s: %s\n", name, err);
	if (!standard)
		fclose(in);
	return r;
}

static int print(struct report_cmd *c, const struct fw_result *r)
{
	bool standard = c->output == NULL || strcmp(c->output, "-") == 0;
	FILE *to = standard ? stdout : fopen(c->output, "we");
	bool ok = to != NULL;

	if (ok) {
		c->show.color = isatty(fileno(to)) &&
				getenv("NO_COLOR") == NULL;
		ok = c->writer->write(r, &c->show, to);
		if (!standard)
			ok = fclose(to) == 0 && ok;
	}
	if (!ok)
		fprintf(stderr, "assay: %s: %s\n",
			standard ? "standard output" : c->output,
			strerror(errno));
	return ok ? FW_EXIT_OK : FW_EXIT_ERROR;
}

int fw_cmd_report(int argc, char **argv)
{
	struct report_cmd c = { 0 };
	struct fw_arena a = { 0 };
	int status = parse(&c, argc, argv);

	if (status >= 0)
		return status;
	const struct fw_result *r = load(argv[optind], &a);

	status = r == NULL ? FW_EXIT_ERROR : print(&c, r);
	fw_arena_free(&a);
	return status;
}
