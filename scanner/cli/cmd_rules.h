/* cmd_rules.h - assay rules check|test|compile */
#ifndef FW_CLI_CMD_RULES_H
#define FW_CLI_CMD_RULES_H

/* argv[0] is "rules". Prints to standard output, complaints to standard error;
 * returns the exit status: 0 all well, 1 a rule is at fault, 2 the call is. */
int fw_cmd_rules(int argc, char **argv);

#endif
