/* cmd_scan.c - assay scan */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/scan_args.h"
#include "cli/setup.h"
#include "report/report.h"

enum { REPORTS_MAX = 16, ARG_FAIL_ON = 500, ARG_REPRODUCIBLE, ARG_REVEAL };

struct wanted {
	const struct fw_report_writer *writer;
	const char *file; /* NULL: standard output */
};

struct scan_cmd {
	struct scan_args args;
	struct fw_report_options show;
	struct wanted reports[REPORTS_MAX];
	size_t report_count;
};

static const char usage[] =
	"usage: assay scan [OPTION]... IMAGE...\n"
	"Unpacks firmware images, inspects what is in them and says what was\n"
	"hidden. IMAGE is a file, a folder of partition dumps, a device, or -.\n"
	"\n"
	"  -f, --format NAME[=FILE] report to write: text (default), json; can\n"
	"                          be repeated\n"
	"  -v, --verbose           everything, not one screen\n"
	"      --fail-on SEVERITY  exit 1 from this on (default: high)\n"
	"      --reproducible      the same bytes for the same input\n"
	"      --reveal            do not mask the owner's secrets\n";

static const char example[] =
	"\nExample: assay scan -f text -f json=report.json router.bin\n"
	"Exit status: 0 nothing at --fail-on, 1 something, 2 error, 3 incomplete\n";

static bool add_report(struct scan_cmd *s, const char *arg)
{
	const char *eq = strchr(arg, '=');
	size_t len = eq ? (size_t)(eq - arg) : strlen(arg);

	for (size_t i = 0; i < fw_report_writer_count; i++) {
		const struct fw_report_writer *w = fw_report_writers[i];

		if (strlen(w->name) == len && !memcmp(w->name, arg, len) &&
		    s->report_count < REPORTS_MAX) {
			s->reports[s->report_count++] =
				(struct wanted){ w, eq ? eq + 1 : NULL };
			return true;
		}
	}
	fprintf(stderr, "assay: no report is called %.*s\n", (int)len, arg);
	return false;
}

static bool take_severity(struct scan_cmd *s, const char *name)
{
	for (int i = FW_INFO; i <= FW_CRITICAL; i++) {
		if (!strcmp(fw_severity_name((enum fw_severity)i), name)) {
			s->args.opt.fail_on = (enum fw_severity)i;
			return true;
		}
	}
	fprintf(stderr, "assay: %s is no severity\n", name);
	return false;
}

static bool take(struct scan_cmd *s, int c, const char *value)
{
	bool bad = false;

	switch (c) {
	case 'f':
		return add_report(s, value);
	case 'v':
		s->show.verbose = true;
		return true;
	case ARG_FAIL_ON:
		return take_severity(s, value);
	case ARG_REPRODUCIBLE:
		s->show.reproducible = true;
		return true;
	case ARG_REVEAL:
		s->args.opt.reveal = true;
		return true;
	default:
		return scan_args_take(&s->args, c, value, &bad) && !bad;
	}
}

static bool write_one(const struct scan_cmd *s, const struct wanted *w,
		      const struct fw_result *r)
{
	struct fw_report_options show = s->show;
	FILE *to = stdout;

	if (w->file != NULL && strcmp(w->file, "-") != 0)
		to = fopen(w->file, "we");
	if (to == NULL) {
		fprintf(stderr, "assay: %s: %s\n", w->file, strerror(errno));
		return false;
	}
	show.color = isatty(fileno(to)) && getenv("NO_COLOR") == NULL;
	bool ok = w->writer->write(r, &show, to);

	ok = (to == stdout ? fflush(to) : fclose(to)) == 0 && ok;
	if (!ok)
		fprintf(stderr, "assay: %s: %s\n",
			w->file ? w->file : "standard output",
			strerror(errno));
	return ok;
}

static int status_of(const struct fw_result *r)
{
	if (r->verdict == FW_FAIL)
		return FW_EXIT_FOUND;
	return r->incomplete ? FW_EXIT_INCOMPLETE : FW_EXIT_OK;
}

static int parse(struct scan_cmd *s, int argc, char **argv)
{
	static const struct option own[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "fail-on", required_argument, NULL, ARG_FAIL_ON },
		{ "reproducible", no_argument, NULL, ARG_REPRODUCIBLE },
		{ "reveal", no_argument, NULL, ARG_REVEAL },
		{ "help", no_argument, NULL, 'h' },
	};
	const size_t n = sizeof(own) / sizeof(own[0]);
	struct option *all = calloc(n + scan_args_count + 1, sizeof(*all));
	int c, status = -1;

	if (all == NULL)
		return FW_EXIT_ERROR;
	memcpy(all, own, sizeof(own));
	memcpy(all + n, scan_args_options, scan_args_count * sizeof(*all));
	while (status < 0 &&
	       (c = getopt_long(argc, argv, "f:j:qvh", all, NULL)) != -1) {
		if (c == 'h') {
			printf("%s%s%s", usage, scan_args_help, example);
			status = FW_EXIT_OK;
		} else if (c == '?' || !take(s, c, optarg)) {
			status = FW_EXIT_ERROR;
		}
	}
	free(all);
	if (status < 0 && optind == argc) {
		fprintf(stderr, "assay: scan what? See assay scan --help\n");
		status = FW_EXIT_ERROR;
	}
	return status;
}

int fw_cmd_scan(int argc, char **argv)
{
	struct scan_cmd s = { .args.opt.fail_on = FW_HIGH };
	int status = parse(&s, argc, argv);

	if (status >= 0)
		return status;
	if (s.report_count == 0)
		add_report(&s, "text");
	s.args.opt.images = (const char *const *)argv + optind;
	s.args.opt.image_count = (size_t)(argc - optind);
	struct fw_result *r = scan_args_run(&s.args);

	if (r == NULL) {
		fw_setup_free(&s.args.matcher);
		return FW_EXIT_ERROR;
	}
	status = status_of(r);
	for (size_t i = 0; i < s.report_count; i++)
		if (!write_one(&s, &s.reports[i], r))
			status = FW_EXIT_ERROR;
	fw_scan_free(r);
	fw_setup_free(&s.args.matcher);
	return status;
}
