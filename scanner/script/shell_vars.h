/* shell_vars.h - variables and expansion, shared by the evaluator's files */
#ifndef FW_SCRIPT_SHELL_VARS_H
#define FW_SCRIPT_SHELL_VARS_H

#include "script/shell_eval.h"

enum { SH_BUCKETS = 256, SH_SUBST_DEPTH = 3 };

struct sh_var {
	struct sh_var *next;
	struct fw_view name;
	const char *value; /* text form; NULL: set, but to what is not known */
};

struct sh_undo {
	struct sh_var *var;
	const char *was;
	bool fresh; /* was not set before */
};

/* Text that grows up to a limit and is cut there. */
struct sh_text {
	char *s;
	size_t n, cap, max;
};

struct sh_env {
	struct fw_arena *arena;
	struct sh_var *bucket[SH_BUCKETS];
	struct sh_undo *log;
	size_t log_count, log_cap;
	const char *const *args; /* $1...; NULL: not known */
	uint32_t arg_count;
	unsigned depth; /* command substitutions in one another */
};

void sh_put(struct sh_text *t, const char *s, size_t n);
void sh_puts(struct sh_text *t, const char *s);

struct sh_var *sh_var(struct sh_env *e, struct fw_view name, bool make);
void sh_set(struct sh_env *e, struct fw_view name, const char *value);
/* At the end of a branch: what it changed is not known any more. */
void sh_forget(struct sh_env *e, size_t mark);
/* At the end of a subshell: as before. */
void sh_restore(struct sh_env *e, size_t mark);

/* A word in text form, appended. False when a '$' in it is unknown. */
void sh_expand(struct sh_env *e, const struct fw_sh *s, struct fw_sh_word w,
	       size_t skip, struct sh_text *out);

/* The condition that a test command states; text goes to the arena. */
struct fw_sh_cond sh_test(struct fw_arena *a, const char *const *argv,
			  uint32_t argc);

#endif
