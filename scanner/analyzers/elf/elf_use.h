/* elf_use.h - what a program does, by the functions that it calls
 *
 * From the names in its symbol tables. A program without any (static and
 * stripped) has known == false; nothing is then said about it.
 */
#ifndef FW_ANALYZERS_ELF_USE_H
#define FW_ANALYZERS_ELF_USE_H

#include "code/elfread.h"

struct elf_use {
	bool known;
	bool listens;	/* accepts connections from others */
	bool connects;	/* opens connections itself */
	bool shell;	/* gives text to a shell: system, popen and wrappers */
	bool gets_env;	/* as CGI programs read their request */
	bool web_table; /* registers pages with a web server's library */
	bool verifies;	/* checks public-key signatures */
	bool p2p_sdk;	/* of a relay service that reaches behind routers */
	struct fw_view shell_name, p2p_name; /* which function told so */
};

void elf_use_read(const struct elf_file *f, struct elf_use *u);

#endif
