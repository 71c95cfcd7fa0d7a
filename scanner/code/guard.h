/* guard.h - what runs only when a compare was equal */
#ifndef FW_CODE_GUARD_H
#define FW_CODE_GUARD_H

#include "code/compare.h"
#include "code/sink.h"

/* A function's compares with what each of them guards. */
struct code_guard {
	const struct code_compare *compare;
	bool guards; /* its equal edge alone leads there, or with or_count */
	uint32_t or_count; /* other compares that lead to the same place */
	enum code_sink_kind best; /* behind the equal edge */
	struct code_sink sink;	  /* the best one */
	uint32_t like; /* other compares that guard as strong a sink */
};

/* Whether a compare can be a trigger: text, or a number that somebody chose (a
 * flag, a count, a null pointer is none). */
bool code_is_trigger(const struct code_compare *c);

/* All compares of a function as guards; *list stays until the next call. */
size_t code_guards_of(struct code_program *p, const struct code_function *f,
		      struct code_guard **list);

#endif
