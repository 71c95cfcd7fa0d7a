/* known.h - what the functions of C libraries and of vendors' ones do
 *
 * Only what the search for hidden functions asks: who compares, who runs
 * commands, who receives, who checks passwords.
 */
#ifndef FW_CODE_KNOWN_H
#define FW_CODE_KNOWN_H

#include "core/view.h"

enum code_use {
	CODE_EQUAL = 1 << 0,   /* result 0: arguments 0 and 1 are equal */
	CODE_FOUND = 1 << 1,   /* result not 0: argument 1 is (in) argument 0 */
	CODE_SHELL = 1 << 2,   /* gives argument `arg` to a shell */
	CODE_EXEC = 1 << 3,    /* runs the program that argument 0 names */
	CODE_FORMAT = 1 << 4,  /* writes format `arg` to argument 0 */
	CODE_COPY = 1 << 5,    /* copies argument 1 to argument 0; `arg` 1: its
				  result is argument 0 */
	CODE_RECEIVE = 1 << 6, /* argument `arg` gets bytes from outside */
	CODE_AUTH = 1 << 7,    /* checks or looks up a password */
	CODE_LISTEN = 1 << 8,
	CODE_ACCEPT = 1 << 9,
	CODE_CONNECT = 1 << 10,
	CODE_DUP = 1 << 11,    /* dup2, dup3 */
	CODE_SETUID = 1 << 12, /* sets the user to the last of its arguments */
	CODE_EVAL =
		1 << 13, /* runs argument `arg` as a program's text or code */
	CODE_NORETURN = 1 << 14,
	CODE_ENV = 1 << 15,   /* result: a value of the environment */
	CODE_CLOCK = 1 << 16, /* result or arguments: the time */
	CODE_HOST = 1 << 17,  /* the host's name or address */
	CODE_FILE = 1 << 18,  /* opens or looks at the file argument `arg` */
	CODE_FORK = 1 << 19,
	CODE_SOCKET = 1 << 20,
	CODE_DELETE = 1 << 21,	 /* removes the file argument 0 */
	CODE_WRITE = 1 << 22,	 /* writes bytes out */
	CODE_MEMORY = 1 << 23,	 /* changes rights of memory, maps code */
	CODE_TRACE = 1 << 24,	 /* ptrace, process_vm_writev */
	CODE_CASELESS = 1 << 25, /* with CODE_EQUAL: case does not matter */
	CODE_LENGTH = 1 << 26,	 /* with CODE_EQUAL: argument 2 is a length */
	CODE_BYTES = 1 << 27, /* with CODE_EQUAL: zeros are bytes as others */
	CODE_STREAM =
		1 << 29, /* result: a stream over the descriptor argument 0 */
	CODE_LOAD_CODE = 1 << 28, /* dlopen, init_module */
	CODE_READS = 1 << 30 /* changes nothing that its arguments point to;
				`arg` 1: its result is a place in argument 0 */
};

/* What leaves nothing to be asked when somebody outside reaches it. */
#define CODE_STRONG                                                            \
	((uint32_t)(CODE_SHELL | CODE_EXEC | CODE_EVAL | CODE_SETUID))

struct code_known {
	const char *name;
	uint32_t use;
	uint8_t arg; /* see above */
};

/* The name of a program's own function that finds something by the name which
 * argument `arg` is: with CODE_FOUND it tells so by a result other than 0, with
 * CODE_EQUAL by 0. */
extern const char code_looks_up[];

/* By a symbol's name, with or without the marks that C libraries put around it
 * ("__isoc99_sscanf", "strcmp@GLIBC_2.4"); NULL where nothing is known. */
const struct code_known *code_known(struct fw_view name);

/* The name without those marks: a part of it. */
struct fw_view code_bare_name(struct fw_view name);

#endif
