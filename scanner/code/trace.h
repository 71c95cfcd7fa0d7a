/* trace.h - a function, followed along the way on which all compares are equal
 *
 * Constant propagation knows what is always so; a text that is kept encoded, or
 * that is compared one byte at a time in a loop, shows only while the code
 * runs. Here it does: numbers are computed, and of a byte that comes from
 * outside it is known what all 256 that it can be lead to. At a compare the
 * rarer outcome is taken, as somebody who knows the text would bring it about.
 */
#ifndef FW_CODE_TRACE_H
#define FW_CODE_TRACE_H

#include "code/compare.h"

struct code_traced {
	struct fw_view
		literal; /* what was waited for, in the program's arena */
	uint64_t at;	 /* the first compare, or the call that compares */
	uint32_t block;	 /* whose edge leads out when all was right */
	uint32_t equal, other; /* the blocks entered then, and else */
	code_id subject;       /* address of the first byte; 0: not known */
};

/* Follows a function from block `from`, with what is known there. False: no
 * text of four bytes and more is waited for on the way, or the budget is used
 * up. call: an address of a call of strcmp() and its like whose text is wanted,
 * and nothing else; 0: bytes that are compared in place. */
bool code_trace(struct code_program *p, const struct code_function *f,
		uint32_t from, uint64_t call, struct code_traced *out);

/* Adds to a function's compares those that show only so, and the texts of those
 * with something decoded; how many there are then. */
size_t code_add_traced(struct code_program *p, const struct code_function *f,
		       struct code_compare **list, size_t n);

#endif
