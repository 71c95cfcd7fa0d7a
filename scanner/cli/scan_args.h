/* scan_args.h - the options that scan and extract share */
#ifndef FW_CLI_SCAN_ARGS_H
#define FW_CLI_SCAN_ARGS_H

#include <getopt.h>

#include "engine/scan.h"

enum { SCAN_PATHS_MAX = 64 };

struct scan_args {
	struct fw_scan_options opt;
	struct fw_matcher matcher;
	const char *rules[SCAN_PATHS_MAX];
	size_t rules_count;
	bool no_rules, quiet;
};

/* Long options above this are handled by scan_args_take(). */
enum { SCAN_ARG_FIRST = 1000 };

extern const struct option scan_args_options[];
extern const size_t scan_args_count;
extern const char scan_args_help[];

/* False: not one of the shared options. *bad is set, and said, when its value is
 * wrong. */
bool scan_args_take(struct scan_args *a, int c, const char *value, bool *bad);

/* Loads rules and runs the scan; NULL when it could not start, which is said. */
struct fw_result *scan_args_run(struct scan_args *a);

#endif
