/* keep.c - registers that a function leaves as they were
 *
 * Compilers know what their own functions write, and let a caller keep values
 * in other registers over a call that a stranger might change (gcc's -fipa-ra).
 */
#include "code/program.h"

enum { BYTES_MAX = 256 };

/* Marks what an instruction writes; false: it does what is not followed. */
static bool look_at(const struct code_insn *in, uint64_t begin, uint64_t end,
		    struct code_kept *written)
{
	bool inside = in->target >= begin && in->target < end;

	if (in->flow == CODE_CALL || in->flow == CODE_CALL_REGISTER ||
	    in->flow == CODE_JUMP_REGISTER ||
	    ((in->flow == CODE_JUMP || in->flow == CODE_BRANCH) && !inside))
		return false;
	for (uint8_t i = 0; i < in->count; i++) {
		const struct code_operation *op = &in->ops[i];

		if (op->op == CODE_SYSCALL)
			return false;
		if (op->op != CODE_STORE && op->dst < CODE_REGS)
			written->bits[op->dst / 64] |= UINT64_C(1)
						       << (op->dst % 64);
	}
	return true;
}

struct code_kept code_keeps(struct code_program *p, uint32_t function)
{
	struct code_start *s = &p->starts[function];
	struct code_kept written = { .known = true };
	struct code_insn in = { .flow = CODE_NEXT };
	uint64_t at = s->address & ~(uint64_t)s->thumb;

	if (s->kept.known)
		return s->kept;
	s->kept.known = true;
	if (s->end <= at || s->end - at > BYTES_MAX)
		return s->kept;
	for (uint64_t begin = at; at < s->end; at += in.size) {
		bool over = in.flow == CODE_RETURN || in.flow == CODE_JUMP;

		/* Constants behind the function's end may be no code; those
		 * that are take away, and add nothing. */
		if (!code_decode(p, at, s->thumb, &in) || in.size == 0) {
			if (over)
				break;
			return s->kept;
		}
		if (!look_at(&in, begin, s->end, &written))
			return s->kept;
	}
	for (size_t i = 0; i < 2; i++)
		s->kept.bits[i] = ~written.bits[i];
	return s->kept;
}
