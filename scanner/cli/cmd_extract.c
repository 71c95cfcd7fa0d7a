/* cmd_extract.c - assay extract */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/scan_args.h"
#include "cli/setup.h"
#include "engine/extract.h"

static const char usage[] =
	"usage: assay extract [OPTION]... IMAGE... -o DIR\n"
	"Writes what is in an image below DIR, which must be empty or not be\n"
	"there. No device nodes, no set-user-id bits, no links that lead\n"
	"outside; DIR/manifest.json keeps what the disk does not.\n"
	"\n"
	"  -o, --output DIR        where to write\n";

static const char example[] = "\nExample: assay extract router.bin -o router\n"
			      "Exit status: 0 all written, 2 error, 3 the "
			      "image could not be read or\n"
			      "written whole\n";

static int parse(struct scan_args *a, const char **dir, int argc, char **argv)
{
	static const struct option own[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
	};
	struct option *all = calloc(scan_args_count + 3, sizeof(*all));
	int c, status = -1;
	bool bad = false;

	if (all == NULL)
		return FW_EXIT_ERROR;
	memcpy(all, own, sizeof(own));
	memcpy(all + 2, scan_args_options, scan_args_count * sizeof(*all));
	while (status < 0 &&
	       (c = getopt_long(argc, argv, "o:j:qh", all, NULL)) != -1) {
		if (c == 'h') {
			printf("%s%s%s", usage, scan_args_help, example);
			status = FW_EXIT_OK;
		} else if (c == 'o') {
			*dir = optarg;
		} else if (c == '?' || !scan_args_take(a, c, optarg, &bad) ||
			   bad) {
			status = FW_EXIT_ERROR;
		}
	}
	free(all);
	if (status < 0 && (optind == argc || *dir == NULL)) {
		fprintf(stderr, "assay: extract needs an image and -o DIR; "
				"see assay extract --help\n");
		status = FW_EXIT_ERROR;
	}
	return status;
}

static void say(const struct fw_result *r, const struct fw_extract_report *rep,
		const char *dir, bool nothing)
{
	if (nothing)
		fprintf(stderr, "assay: nothing was written to %s\n", dir);
	else
		printf("%s: %" PRIu64 " files, %" PRIu64 " folders, %" PRIu64
		       " links, %" PRIu64 " bytes; %" PRIu64
		       " left out (see manifest.json)\n",
		       dir, rep->files, rep->folders, rep->links, rep->bytes,
		       rep->left_out);
	if (rep->errors > 0)
		fprintf(stderr, "assay: %" PRIu64 " objects not written: %s\n",
			rep->errors, rep->first);
	if (r->incomplete)
		fprintf(stderr, "assay: the image could not be read whole; "
				"assay scan says what is missing\n");
}

int fw_cmd_extract(int argc, char **argv)
{
	struct scan_args a = { .no_rules = true };
	struct fw_extract_report rep = { 0 };
	const char *dir = NULL;
	int status = parse(&a, &dir, argc, argv);

	if (status >= 0)
		return status;
	signal(SIGXFSZ, SIG_IGN);
	a.opt.images = (const char *const *)argv + optind;
	a.opt.image_count = (size_t)(argc - optind);
	a.opt.fail_on = FW_HIGH;
	struct fw_result *r = scan_args_run(&a);

	if (r == NULL) {
		fw_setup_free(&a.matcher);
		return FW_EXIT_ERROR;
	}
	bool ok = fw_extract(r, dir, &rep);
	bool nothing = !ok && rep.files + rep.folders == 0;

	say(r, &rep, dir, nothing);
	status = nothing		? FW_EXIT_ERROR
		 : !ok || r->incomplete ? FW_EXIT_INCOMPLETE
					: FW_EXIT_OK;
	fw_scan_free(r);
	fw_setup_free(&a.matcher);
	return status;
}
