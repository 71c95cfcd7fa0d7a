/* sink.h - what strong things code does, and how strong
 *
 * A weight says how little innocent code looks like this; it depends on how a
 * command is built more than on its being there. system("/bin/sh") is worth
 * more than system() of a format, and that more than a constant command.
 */
#ifndef FW_CODE_SINK_H
#define FW_CODE_SINK_H

#include "code/function.h"

enum code_sink_kind {
	CODE_SINK_NONE,
	CODE_SINK_BIND_SHELL,	 /* listens, then a shell gets the connection */
	CODE_SINK_REVERSE_SHELL, /* connects out, then the same */
	CODE_SINK_SHELL,	 /* system("/bin/sh") */
	CODE_SINK_COMMAND,    /* all of a command comes from elsewhere: "%s" */
	CODE_SINK_DECODED,    /* the command is decoded at run time */
	CODE_SINK_EXEC_SHELL, /* execl("/bin/sh") */
	CODE_SINK_BUFFER,     /* a buffer that nothing visible fills */
	CODE_SINK_PARAMETER,  /* what the program finds by a name: system(get(x)) */
	CODE_SINK_VARIABLE,   /* a command that cannot be told */
	CODE_SINK_DAEMON,     /* starts telnetd, sshd, nc */
	CODE_SINK_ACCOUNT,    /* writes passwd, shadow, authorized_keys */
	CODE_SINK_BOOT,	      /* writes what runs at start: rc.local, crontab */
	CODE_SINK_UNPROTECT,  /* iptables -F, setenforce 0 */
	CODE_SINK_EVAL,	      /* runs text or code of elsewhere */
	CODE_SINK_EXEC_VARIABLE,
	CODE_SINK_FORMAT,   /* one part of the command comes from elsewhere */
	CODE_SINK_JOINED,   /* strcat of a constant and something */
	CODE_SINK_ROOT,	    /* setuid(0) */
	CODE_SINK_CONSTANT, /* a constant command */
	CODE_SINK_EXEC_CONSTANT,
	CODE_SINK_LISTEN,
	CODE_SINK_DELETE,
	CODE_SINKS
};

struct code_sink {
	float weight;	     /* 0: not there */
	uint64_t at;	     /* address of the call in the outermost function */
	uint64_t call;	     /* address of the call that does it */
	uint32_t function;   /* that holds that call */
	struct fw_view text; /* the command, program or file, or empty */
};

/* The strongest of each kind. */
struct code_sinks {
	struct code_sink of[CODE_SINKS];
};

/* What a call does itself or through functions it calls. */
void code_sinks_of_call(struct code_program *p, const struct code_function *f,
			const struct code_call *c, struct code_sinks *s);
/* All that a function does. */
const struct code_sinks *code_sinks_of(struct code_program *p, uint32_t start,
				       int depth);
/* What runs only behind the edge into block `to`. */
void code_sinks_behind(struct code_program *p, const struct code_function *f,
		       uint32_t to, struct code_sinks *s);
/* The strongest kind, CODE_SINK_NONE when all are 0. */
enum code_sink_kind code_sinks_best(const struct code_sinks *s);

/* Whether a format makes a command of nothing but one argument: "%s 2>&1". */
bool code_is_whole(struct fw_view format);

/* Whether bytes name a file whose change opens a device: of its accounts, or of
 * what runs when it starts. */
bool code_names_files(struct fw_view bytes);

/* "starts a shell", in plain words. */
const char *code_sink_words(enum code_sink_kind kind);

/* library.c: what a short function is by its shape, a compare of two buffers in
 * a loop of its own; or NULL. */
const struct code_known *code_compare_shape(const struct code_program *p,
					    const struct code_function *f);

/* library.c: a short function that says whether its first argument is, byte by
 * byte, what a table of its own makes with xor and the like; or NULL. */
const struct code_predicate *code_hash_shape(struct code_program *p,
					     const struct code_function *f);

/* Functions that give an argument on to a shell, a compare or an exec are known
 * as what they wrap from here on. Analyses what it must. */
void code_find_wrappers(struct code_program *p);
/* Functions that others take the address of (threads, handlers) count as reached
 * by them; the call graph knows only calls before that. Analyses all functions
 * of a small program, and else looks at those that were analysed. */
void code_follow_pointers(struct code_program *p);

#endif
