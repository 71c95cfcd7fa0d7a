/* function.h - one function, analysed
 *
 * Blocks with what dominates them, calls with their arguments, branches with
 * what they compare, and values returned. Instructions themselves are not kept;
 * who shows them decodes them again.
 */
#ifndef FW_CODE_FUNCTION_H
#define FW_CODE_FUNCTION_H

#include "code/state.h"

enum { CODE_ARGS = 6, CODE_NO_BLOCK = 0xffffffff };

struct code_block {
	uint64_t start, end; /* addresses; equal: made for a delay slot */
	uint32_t next[2]; /* [0] taken if cond holds, [1] else; CODE_NO_BLOCK */
	uint8_t cond;	  /* CODE_ALWAYS: only next[0] */
	bool returns;
	bool reached;	  /* by constant propagation */
	bool loops;	  /* it jumps back */
	bool sets_result; /* it writes the register for results itself */
	bool mixes;	  /* xor, rotate and the like on bytes of memory */
	bool bytes;	  /* it loads single bytes */
	code_id flags;	  /* that cond is of, at the block's end */
	code_id result;	  /* in the register for results, at its end */
	uint32_t more;	  /* first of further successors (a jump table) */
	uint32_t more_count;
	uint32_t idom; /* the block that dominates it; the entry: itself */
	uint32_t in,
		out; /* a's subtree holds b: a.in <= b.in && b.out <= a.out */
	uint32_t preds, pred_count; /* in function.pred */
};

struct code_call {
	uint64_t at;
	uint32_t block;
	const struct code_known *system; /* a system call, made in place */
	uint32_t import;		 /* or CODE_NO_IMPORT */
	uint32_t function; /* index of a start, or CODE_NO_FUNCTION */
	bool tail;	   /* a jump that ends the function */
	uint8_t built;	   /* bit n: text[n] was put together on the stack */
	code_id args[CODE_ARGS];
	struct fw_view
		text[CODE_ARGS]; /* that an argument points to; or empty */
};

enum code_mark_of {
	CODE_OF_OBJECT, /* place is an offset in some object */
	CODE_OF_GLOBAL, /* ... an address */
	CODE_OF_STACK,	/* ... of the function's own stack, as CODE_STACK */
	CODE_OF_LOST	/* an offset in what may be an object */
};

/* A constant, or what a compare has said, that is stored in a field of an
 * object or in a global variable. */
struct code_mark {
	uint32_t block;
	uint8_t of; /* enum code_mark_of */
	uint64_t place;
	uint64_t value;
	bool bits; /* value is added to what is there */
	code_id from; /* no constant, but what a call or a compare gave; or 0 */
};

/* A value that is chosen by a condition, without a branch. */
struct code_choice {
	uint32_t block;
	uint64_t at;
	code_id flags;
	uint8_t cond; /* CODE_EQ or CODE_NE */
	bool leads;   /* on to a further compare, which is made only then */
};

struct code_function {
	uint32_t start;		   /* index into the program's starts */
	struct code_block *blocks; /* [0] is the entry; by address */
	uint32_t block_count;
	uint32_t *more, *pred;
	struct code_mark *marks; /* constants stored outside of the stack */
	size_t mark_count, mark_cap;
	struct code_choice *choices; /* by block, in order */
	size_t choice_count, choice_cap;
	struct code_call *calls; /* by block, in order */
	size_t call_count, call_cap;
	uint32_t *by_address; /* calls in order of address */
	uint64_t *pointers; /* constants that may be text or code */
	size_t pointer_count, pointer_cap;
	struct fw_view built; /* the longest text that constants stored to the
				 stack make, of four and more; or empty */
	struct code_compare
		*compares; /* compare.h; kept once wrappers are known */
	size_t compare_count;
	bool compared;
	bool indirect; /* has a jump that could not be followed */
	bool xors; /* changes bytes of memory in a loop by xor and the like */
	uint64_t xor_at; /* the last block that does */
	uint8_t reads;	 /* bit n: memory that argument n points to is read */
	bool writes;	 /* memory outside of the stack is written */
};

/* Analyses the function of a start, once; NULL when there is no code to see or
 * the budget is used up. */
struct code_function *code_function(struct code_program *p, uint32_t start);

/* What is known of whom a call calls, or NULL. */
const struct code_known *code_call_known(const struct code_program *p,
					 const struct code_call *c);
/* Whether it does one of these (enum code_use). */
bool code_call_does(const struct code_program *p, const struct code_call *c,
		    uint32_t use);
/* The name of whom it calls, or an empty view. */
struct fw_view code_call_name(const struct code_program *p,
			      const struct code_call *c);
/* Whether a call's n-th argument is a text that is the same in every unit; one
 * that can be written holds what the owner has set, whatever it holds at first.
 */
bool code_is_fixed(const struct code_program *p, const struct code_call *c,
		   unsigned n);
/* The call whose result is a value, or NULL. */
const struct code_call *code_call_of(const struct code_program *p,
				     const struct code_function *f, code_id id);

/* The first of the calls before c that say how its arguments came about: what
 * was done long before is done anew since. */
enum { CODE_LOOK_BACK = 256 };
static inline const struct code_call *
code_calls_before(const struct code_function *f, const struct code_call *c)
{
	return c - f->calls > CODE_LOOK_BACK ? c - CODE_LOOK_BACK : f->calls;
}

/* Whether block b runs only after the edge that enters block a. */
static inline bool code_dominates(const struct code_function *f, uint32_t a,
				  uint32_t b)
{
	return f->blocks[a].in <= f->blocks[b].in &&
	       f->blocks[b].out <= f->blocks[a].out;
}
/* Whether block `to` can only be entered over the branch of block `from`: then
 * all that `to` dominates is guarded by it. */
bool code_guards(const struct code_function *f, uint32_t from, uint32_t to);

#endif
