/* cmd_rules.h - assay rules check|test|compile|bench */
#ifndef FW_CLI_CMD_RULES_H
#define FW_CLI_CMD_RULES_H

#include "rules/ruleset.h"

/* argv[0] is "rules". Prints to standard output, complaints to standard error;
 * returns the exit status: 0 all well, 1 a rule is at fault, 2 the call is. */
int fw_cmd_rules(int argc, char **argv);

struct fw_bench_args {
	const char *const *data; /* files and folders; none: made ones */
	size_t data_count;
	size_t top;	  /* rules to print */
	size_t max_looks; /* a MB; more is a fault. 0: any number */
};

/* Prints what the rules cost. Status as above. */
int fw_rules_bench(struct fw_ruleset *rs, const struct fw_bench_args *args);

#endif
