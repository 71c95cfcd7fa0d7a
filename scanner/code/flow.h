/* flow.h - a function's instructions and blocks while it is analysed */
#ifndef FW_CODE_FLOW_H
#define FW_CODE_FLOW_H

#include "code/function.h"

struct flow_insn {
	uint64_t address, target;
	uint32_t first;	   /* of its operations in flow.ops */
	uint8_t own, slot; /* operations: its own, then its delay slot's */
	uint8_t size;	   /* bytes, with the slot's */
	uint8_t flow, cond, reg;
	bool likely, or_equal;
};

/* A printable byte that is stored to the stack, off bytes from entry. */
struct flow_byte {
	int32_t off;
	char byte;
};

/* What holds where a block begins: its part of flow.slots is as large as it was
 * when the block was first entered, since it only shrinks. */
struct flow_state {
	code_id regs[CODE_REGS];
	uint32_t slot, count;
};

/* Addresses where no code is. */
struct flow_gap {
	uint64_t from, to;
};

enum { FLOW_GAPS = 16 };

/* The function at hand. The arrays are used again for the next one. */
struct flow {
	struct code_program *p;
	struct code_function *f;
	uint64_t start, end;
	bool thumb;
	struct flow_insn *insns;
	size_t insn_count, insn_cap;
	struct code_operation *ops;
	size_t op_count, op_cap;
	/* By step from start: */
	uint32_t *at;	 /* instruction + 1; 0: none */
	uint32_t *block; /* block that starts there + 1; 0: none */
	uint8_t *leader; /* a block starts there */
	size_t at_cap, block_cap, leader_cap;
	uint64_t *work;
	size_t work_count, work_cap;
	struct flow_gap gaps[FLOW_GAPS]; /* tables between the code */
	size_t gap_count;
	uint32_t *order;	 /* instructions by address */
	uint32_t *first, *count; /* of order, by block */
	struct code_block *blocks;
	size_t order_cap, first_cap, count_cap, blocks_cap;
	struct flow_byte *bytes; /* constants stored to the stack */
	size_t byte_count, byte_cap;
	/* For run.c, by block: */
	struct flow_state *states;
	uint8_t *visits, *dirty;
	size_t states_cap, visits_cap, dirty_cap;
	struct code_stack_slot *slots;
	size_t slot_count, slot_cap;
	uint8_t byte_of[CODE_REGS]; /* see follow_byte() */
	bool prunes; /* edges that cannot be taken are not */
	/* again.c: the function that is run from one edge once more, its blocks
	 * without what was found in them, and what holds before each. */
	const struct code_function *again_of; /* or NULL */
	struct code_function again;
	struct code_block *again_blocks;
	size_t again_cap;
	struct flow_state *whole_states;
	struct code_stack_slot *whole_slots;
	size_t whole_states_cap, whole_slot_cap;
};

/* Decodes what the function's entry reaches and cuts it into blocks. */
bool flow_build(struct flow *w);
/* The end of a table of jumps that stands behind jump n; 0: none does. */
uint64_t flow_table_end(const struct flow *w, const struct flow_insn *n);
/* Numbers the dominator tree; lists predecessors. False where that takes too
 * long. */
bool flow_dominate(struct code_program *p, struct code_function *f);
/* run.c: constant propagation; fills calls, flags, results. */
void flow_run(struct flow *w);
/* run.c, for again.c: propagation alone, from one block with a state; what holds
 * before a block, from an array's slots; a block's operations. */
void flow_propagate(struct flow *w, uint32_t from, const struct code_state *s);
void flow_load(struct code_state *to, const struct flow_state *from,
	       const struct code_stack_slot *slots);
bool flow_block(struct flow *w, uint32_t n, struct code_state *s,
		struct code_state *other, bool record);
/* Splits what holds behind a block over its two edges. */
void flow_refine(struct flow *w, const struct code_block *b,
		 struct code_state *taken, struct code_state *other);
/* again.c: makes a function ready for flow_result(); false: it cannot be. */
bool flow_again(struct code_program *p, const struct code_function *f);
/* What the function of flow_again() returns after it went from block via to
 * block from, at most max results (0: not known); how many, 0 where it does not
 * return or cannot be run. */
size_t flow_results(struct flow *w, uint32_t via, uint32_t from,
		    code_id *results, size_t max);

#endif
