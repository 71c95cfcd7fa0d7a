/* compare.h - where a function compares something with a constant
 *
 * Calls of strcmp() and its like, and what compilers make of them in place:
 * compares of single bytes and words, which are joined to the literal that was
 * written in the source.
 */
#ifndef FW_CODE_COMPARE_H
#define FW_CODE_COMPARE_H

#include "code/function.h"

enum { CODE_LITERAL_MAX = 64 };

enum code_compare_kind {
	CODE_COMPARE_CALL,    /* strcmp(x, "literal") == 0 */
	CODE_COMPARE_SEARCH,  /* strstr(x, "literal") != NULL */
	CODE_COMPARE_INLINE,  /* bytes of memory, compared in place */
	CODE_COMPARE_NUMBER,  /* a number: a word of memory, an argument, a
				 result */
	CODE_COMPARE_DECODED, /* with a buffer that is decoded at run time */
	CODE_COMPARE_ORDER    /* a number, by less or greater */
};

struct code_compare {
	enum code_compare_kind kind;
	uint32_t block; /* whose branch decides */
	uint32_t equal,
		other; /* the blocks entered; CODE_NO_BLOCK: elsewhere */
	uint64_t at;   /* address of the compare, or of the call */
	struct fw_view literal; /* what it is compared with; may be empty */
	bool built;  /* the literal is put together or decoded in the code */
	bool linked; /* a part of a literal that begins at another compare */
	bool kept; /* no branch decides, what comes out is kept: equal and other
		      are CODE_NO_BLOCK */
	bool is_number;
	uint64_t number;
	uint8_t size;		      /* bytes of the number */
	uint8_t links; /* further compares that the literal is spread over */
	code_id subject;	      /* what is compared */
	const struct code_call *call; /* strcmp and its like, or NULL */
};

/* Whether a buffer is filled before call c with what only this code knows the
 * content of: by a function that decodes, or a loop that does. */
bool code_is_decoded(struct code_program *p, const struct code_function *f,
		     const struct code_call *c, code_id buffer);

/* All of a function's compares in order of blocks, in the program's arena. */
size_t code_compares(struct code_program *p, const struct code_function *f,
		     struct code_compare **list);

#endif
