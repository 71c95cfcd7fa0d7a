/* flow_table.c - tables of jumps that stand in the middle of ARM code
 *
 * Elsewhere they lie with the constants. A table ends, at the latest, where the
 * first of the places begins that it leads to.
 *
 * Source: ARM Architecture Reference Manual, ARMv7-A edition, A8.8.236 (TBB,
 * TBH); the other forms as gcc and clang write them.
 */
#include "code/flow.h"

enum { ENTRIES_MAX = 1024 };

/* Where a table begins, how its entries are written, and from where they
 * count. */
struct table {
	uint64_t at, base;
	uint8_t size, scale; /* of an entry, in bytes; of its value */
};

static bool table_of(const struct flow *w, const struct flow_insn *n,
		     struct table *t)
{
	uint64_t i, next = n->address + 4;

	if (!code_read(w->p, n->address, 4, &i))
		return false;
	/* tbb [pc, rm], tbh [pc, rm, lsl #1]: two halves, the first one first
	 */
	if (w->thumb) {
		bool half = (i >> 16 & 0x10) != 0;

		*t = (struct table){ next, next, half ? 2 : 1, 2 };
		return (i & 0xffe0ffff) == 0xf000e8df;
	}
	/* add pc, rn, rm, where rn is the next address */
	if ((i & 0xfff0fff0) == 0xe080f000)
		*t = (struct table){ next, next, 4, 1 };
	/* ldrls pc, [pc, rm, lsl #2] */
	else if ((i & 0xfffffff0) == 0x979ff100)
		*t = (struct table){ next + 4, 0, 4, 1 };
	else
		return false;
	return true;
}

uint64_t flow_table_end(const struct flow *w, const struct flow_insn *n)
{
	struct table t;
	uint64_t end = w->end, at, entry;

	if (w->p->elf.h.e_machine != EM_ARM || w->p->mode.big_endian ||
	    !table_of(w, n, &t))
		return 0;
	at = t.at;
	for (int i = 0; i < ENTRIES_MAX && at + t.size <= end; i++) {
		if (!code_read(w->p, at, t.size, &entry))
			break;
		uint64_t to = (t.base + entry * t.scale) & w->p->mask;

		if (to < w->start || to >= w->end ||
		    to % w->p->arch->step != 0 || (to >= t.at && to < at))
			break;
		at += t.size;
		if (to >= at && to < end)
			end = to;
	}
	/* One place more is no table. */
	return at - t.at < 2U * t.size ? 0 : (at + 1) & ~UINT64_C(1);
}
