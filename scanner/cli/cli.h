/* cli.h - the commands; argv[0] is the command's name, the exit status returned */
#ifndef FW_CLI_CLI_H
#define FW_CLI_CLI_H

/* Exit status: README, "Exit status". */
enum fw_exit { FW_EXIT_OK = 0, FW_EXIT_FOUND = 1, FW_EXIT_ERROR = 2, FW_EXIT_INCOMPLETE = 3 };

int fw_cmd_scan(int argc, char **argv);
int fw_cmd_extract(int argc, char **argv);
int fw_cmd_report(int argc, char **argv);
int fw_cmd_rules(int argc, char **argv);
int fw_cmd_functions(int argc, char **argv);
int fw_cmd_disasm(int argc, char **argv);
int fw_cmd_graph(int argc, char **argv);
int fw_cmd_explain(int argc, char **argv);
int fw_cmd_train(int argc, char **argv);
int fw_cmd_list(int argc, char **argv);

#endif
