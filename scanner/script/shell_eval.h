/* shell_eval.h - what a shell script would run, and under which conditions
 *
 * Walks the tree as the shell would, each branch once, and keeps the variables
 * that the script itself sets. Values and arguments are given in a text form of
 * which the unknown parts show what they depend on:
 *
 *	${name}		a variable that the script does not set
 *	$(cat /file)	the output of a command
 *	\x		x itself, where x is one of space $ \ ; " ( ); \t is a
 *			tab and \n a newline
 *	""		an empty word
 *
 * so that words can be joined by single spaces and divided again, and a '$'
 * without a backslash always starts an unknown part.
 */
#ifndef FW_SCRIPT_SHELL_EVAL_H
#define FW_SCRIPT_SHELL_EVAL_H

#include "script/shell.h"

enum {
	FW_SH_CONDS_MAX = 32,
	FW_SH_ARGS_MAX = 64,
	FW_SH_TEXT_MAX = 1024 /* of one word */
};

/*
 * A condition under which a command runs, in words:
 *	exists PATH	set WORD	eq WORD WORD	test WORDS
 *	runs COMMAND	case WORD PATTERN|...	any ...	(one of several)
 *	all ...		never ...
 * negated: runs when it is not so.
 */
struct fw_sh_cond {
	const char *text;
	bool negated;
};

struct fw_sh_target {
	enum fw_sh_redir_kind kind;
	const char *text;
	struct fw_view body;
};

struct fw_sh_command {
	uint32_t line;
	uint64_t off;
	uint32_t argc; /* 0: assignments or redirections alone */
	const char *const *argv;
	bool background, piped; /* piped: reads what the command before says */
	const char *function;	/* in whose body it stands, or NULL */
	const char *entry;	/* the function that nobody in the script
				   calls and through which it runs, or NULL */
	const struct fw_sh_cond *conds;
	uint32_t cond_count;
	const struct fw_sh_target *redirs;
	uint32_t redir_count;
	const char *name, *value; /* argc 0: an assignment */
};

/* Calls visit for every simple command and every assignment. What visit gets is
 * gone when it returns. Cost is bounded by a multiple of the script's size. */
void fw_sh_eval(struct fw_arena *a, const struct fw_sh *s,
		void (*visit)(void *ctx, const struct fw_sh_command *c),
		void *ctx);

/* Whether a text form has no unknown part. */
bool fw_sh_known(const char *text);

/* The plain bytes of a text form; unknown parts stay as they are. */
char *fw_sh_plain(struct fw_arena *a, const char *text);

#endif
