/* value.h - what a register or a place in memory may hold
 *
 * Values are numbers into one table per program; equal values have equal
 * numbers, so comparing and merging two states compares numbers. Number 0 is
 * what nothing is known of. A full table gives 0 for everything new.
 */
#ifndef FW_CODE_VALUE_H
#define FW_CODE_VALUE_H

#include "core/arena.h"

typedef uint32_t code_id;

enum code_value_kind {
	CODE_UNKNOWN,
	CODE_CONST,	 /* n */
	CODE_STACK,	 /* address n bytes from sp on entry, signed */
	CODE_ARG,	 /* the n-th argument, as it came */
	CODE_RESULT,	 /* of the call at address n */
	CODE_SITE,	 /* made by the instruction at address n, somehow;
			    base: if not 0, loaded from this offset of an object
			    that is not known */
	CODE_LOADED,	 /* size bytes of memory at the address base */
	CODE_OFFSET,	 /* base + n */
	CODE_XORED,	 /* base ^ n */
	CODE_EITHER,	 /* base | value n: zero only when both are */
	CODE_DIFFERENCE, /* base - value n: zero only when they are equal */
	CODE_MASKED,	 /* base & n */
	CODE_COMPARED,	 /* flags: base against value n; size in bytes */
	CODE_TESTED,	 /* flags: base & value n against 0 */
	CODE_CONDITION,	 /* cond n of the flags base, as 0 or 1 */
	CODE_SUM,	 /* base + value n */
	CODE_IMPORT,	 /* address of the n-th import */
	CODE_MIXED	 /* base after something that cannot be told */
};

struct code_value {
	uint8_t kind, size;
	code_id base;
	uint64_t n;
};

struct code_values {
	struct fw_arena *arena;
	struct code_value *v;
	size_t count, cap, max;
	code_id *slots; /* hash table of numbers; 0 is free */
	size_t slot_count;
};

/* max: values at most; those of a program's largest function fit in a million.
 */
void code_values_init(struct code_values *t, struct fw_arena *a, size_t max);
code_id code_value(struct code_values *t, enum code_value_kind kind,
		   uint8_t size, code_id base, uint64_t n);
static inline const struct code_value *
code_value_at(const struct code_values *t, code_id id)
{
	return &t->v[id];
}
static inline bool code_value_is(const struct code_values *t, code_id id,
				 enum code_value_kind kind)
{
	return t->v[id].kind == kind;
}
static inline code_id code_const(struct code_values *t, uint64_t n)
{
	return code_value(t, CODE_CONST, 0, 0, n);
}
/* id + n, in the simplest form; mask: of a register's bits. */
code_id code_value_add(struct code_values *t, code_id id, uint64_t n,
		       uint64_t mask);
/* What id is an offset from, and by how much (0 where it is none). */
code_id code_value_base(const struct code_values *t, code_id id, uint64_t *n);

#endif
