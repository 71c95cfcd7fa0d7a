/* code_object.h - FILE, IMAGE!PATH and @ADDRESS: what the commands that show
 * machine code are asked about */
#ifndef FW_CLI_CODE_OBJECT_H
#define FW_CLI_CODE_OBJECT_H

#include "cli/code_view.h"

struct code_command {
	const char *name, *usage;
	bool wants_address;
	const char
		*flag[2]; /* long options of its own, without "--"; or NULL */
	/* In the sandbox: writes what was asked for. */
	enum fw_sealed_end (*show)(struct code_view *v, const bool flag[2],
				   FILE *to);
};

/* Parses, opens the object (of an image: without writing it to disk), runs
 * show() in a process of its own and returns the exit status. */
int code_command_run(const struct code_command *c, int argc, char **argv);

#endif
