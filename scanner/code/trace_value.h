/* trace_value.h - what a register or a byte of memory holds on one way */
#ifndef FW_CODE_TRACE_VALUE_H
#define FW_CODE_TRACE_VALUE_H

#include "code/flow.h"

enum { TRACE_BYTES = 256, TRACE_TABLES = 384, TRACE_INPUTS = 80 };

enum trace_kind {
	TRACE_UNKNOWN,
	TRACE_NUMBER,  /* n */
	TRACE_ADDRESS, /* n bytes into the object base */
	TRACE_BYTE,    /* made of one byte of input: of[] for each it can be */
	TRACE_SUM      /* zero only if all of some such are: node */
};

struct trace_value {
	uint8_t kind;
	uint8_t input; /* of trace.inputs */
	uint16_t node; /* first of the sum's parts + 1 */
	uint32_t base; /* a code_id, or of the trace's own */
	uint64_t n;
	const uint16_t *of;
};

/* A byte that is not the program's own, and what it may still be. */
struct trace_input {
	uint32_t base;
	int64_t off;
	uint64_t may[TRACE_BYTES / 64];
	uint8_t letter; /* what it was compared with, in either case; or 0 */
};

struct trace_part {
	struct trace_value v; /* a TRACE_BYTE */
	uint16_t next;	      /* + 1 */
};

struct trace_table {
	uint16_t of[TRACE_BYTES];
};

/* Room that all values of a trace share. */
struct trace_room {
	struct trace_table *tables; /* TRACE_TABLES of them */
	size_t table_count;
	struct trace_part parts[TRACE_INPUTS * 2];
	size_t part_count;
	struct trace_input inputs[TRACE_INPUTS];
	size_t input_count;
	uint64_t mask; /* of a register's bits */
};

static inline struct trace_value trace_number(uint64_t n)
{
	return (struct trace_value){ .kind = TRACE_NUMBER, .n = n };
}

/* The byte at an offset of an object as it comes from outside. */
struct trace_value trace_byte(struct trace_room *r, uint32_t base, int64_t off);

/* op applied to two values, b the operation's immediate where it has one;
 * unknown where that cannot be told. */
struct trace_value trace_apply(struct trace_room *r,
			       const struct code_operation *op,
			       struct trace_value a, struct trace_value b);

/* Which of the values that an input may be make a condition true. */
struct trace_choice {
	int known; /* 1: it holds, 0: it does not; -1: the input decides; -2: it
		      cannot be told */
	uint8_t input, letter;
	uint64_t yes[TRACE_BYTES / 64], no[TRACE_BYTES / 64];
	unsigned yes_count, no_count;
	uint16_t node; /* of a sum: holds if all parts are 0; else 0 */
};

/* a against b (test: a & b against 0), size in bytes. */
struct trace_choice trace_decide(struct trace_room *r, enum code_cond cond,
				 bool or_equal, bool test, uint8_t size,
				 struct trace_value a, struct trace_value b);

/* Where a condition holds a, else b; unknown where that cannot be told. */
struct trace_value trace_select(struct trace_room *r,
				const struct trace_choice *c,
				struct trace_value a, struct trace_value b);

/* Narrows what inputs may be to what makes a choice come out as it should. */
void trace_take(struct trace_room *r, const struct trace_choice *c, bool yes);

/* The one byte that an input may be, of a letter's two cases the one that it
 * was compared with; -1: more or none. */
int trace_only(const struct trace_input *in);

#endif
