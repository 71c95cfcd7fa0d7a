/* outcome.h - what comes after an edge: blocks reached, values returned */
#ifndef FW_CODE_OUTCOME_H
#define FW_CODE_OUTCOME_H

#include "code/compare.h"

enum { CODE_OUTCOMES = 8 };

/* Marks in seen (a byte per block, zeroed by the caller) all that runs after
 * block `from` is entered, without going around a loop again. */
void code_forward(struct code_program *p, const struct code_function *f,
		  uint32_t from, uint8_t *seen);

/* Constants that the function may return after block `from` is entered from
 * block `via`; what is computed is not among them. *computed: something is. */
size_t code_outcomes(struct code_program *p, const struct code_function *f,
		     uint32_t via, uint32_t from,
		     uint64_t values[CODE_OUTCOMES], bool *computed);

/* Whether one result, and a fixed one, comes only when a compare is equal. */
bool code_has_verdict(struct code_program *p, const struct code_function *f,
		      const struct code_compare *c);

/* Whether a function compares two things neither of which is fixed: without
 * that, code_has_check() is false. */
bool code_compares_two(const struct code_program *p,
		       const struct code_function *f);

/* Whether a compare of two things neither of which is fixed, a check of what is
 * given against what is set, leads to the same one result as c does. */
bool code_has_check(struct code_program *p, const struct code_function *f,
		    const struct code_compare *c);

/* The branch that tests a call's result against 0: its block, and those entered
 * when it is 0 and when it is not. False where there is none. */
bool code_result_edges(const struct code_program *p,
		       const struct code_function *f, const struct code_call *c,
		       uint32_t *block, uint32_t *zero, uint32_t *other);

#endif
