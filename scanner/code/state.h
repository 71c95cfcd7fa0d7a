/* state.h - registers and stack at one point of a function
 *
 * code_step() applies one operation. Memory outside of the stack is what the
 * file holds where nothing may write it, and a value of its own elsewhere.
 */
#ifndef FW_CODE_STATE_H
#define FW_CODE_STATE_H

#include "code/program.h"

enum { CODE_STACK_SLOTS = 160 };

struct code_stack_slot {
	int32_t off; /* bytes from sp on entry */
	uint8_t size;
	code_id value;
};

struct code_state {
	code_id regs[CODE_REGS];
	size_t count;
	struct code_stack_slot stack[CODE_STACK_SLOTS]; /* by off, apart */
};

/* What holds when a function is entered. */
void code_state_entry(struct code_program *p, struct code_state *s,
		      uint64_t function);
code_id code_register(struct code_program *p, const struct code_state *s,
		      uint8_t reg);
void code_step(struct code_program *p, struct code_state *s,
	       const struct code_operation *op, uint64_t at);
/* What size bytes at an address hold; 0 where nothing is known. */
code_id code_load(struct code_program *p, const struct code_state *s,
		  code_id address, uint8_t size, uint64_t at);
void code_store(struct code_program *p, struct code_state *s, code_id address,
		uint8_t size, code_id value);
/* A call of what may write to the buffers that it is given; its result is the
 * value of the call at address at. kept: registers that stay, or NULL. */
void code_after_call(struct code_program *p, struct code_state *s, uint64_t at,
		     const struct code_kept *kept);
void code_forget(struct code_program *p, struct code_state *s, code_id buffer);
/* Keeps in registers and stack slots what is equal in b; true if that took
 * something away. */
bool code_meet(code_id regs[CODE_REGS], struct code_stack_slot *stack,
	       uint32_t *count, const struct code_state *b);

/* Text that was put together on the stack at off bytes from entry: up to max
 * bytes of known content to a zero, or to where nothing is known. */
size_t code_stack_text(const struct code_program *p, const struct code_state *s,
		       int64_t off, char *to, size_t max);
/* The n-th argument of a call that is about to be made; 0: not known. */
code_id code_argument(struct code_program *p, const struct code_state *s,
		      unsigned n, bool tail);

/* cond of flags in the simplest form: through values that hold conditions. */
struct code_test {
	code_id left, right; /* left against right */
	uint8_t cond;	     /* enum code_cond */
	uint8_t size;
};
bool code_test_of(const struct code_values *t, code_id flags, uint8_t cond,
		  struct code_test *test);
/* EQ for NE and so on; CODE_ODD stays. */
uint8_t code_opposite(uint8_t cond);

#endif
