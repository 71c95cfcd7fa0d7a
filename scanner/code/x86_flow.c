/* x86_flow.c - x86: calls, jumps, the stack, system calls and string operations
 *
 * A call does not show the return address that it pushes: before and behind a
 * call instruction the stack pointer is the same. ret n shows what it takes off
 * besides the return address.
 */
#include "code/x86.h"

/* Flow to an operand: a place in the code, or what a register holds. */
static bool flow_to(struct x86 *x, enum code_flow direct,
		    enum code_flow indirect)
{
	const cs_x86_op *to = &x->d->operands[0];

	if (x->d->op_count != 1)
		return false;
	if (to->type == X86_OP_IMM) {
		x->out->flow = (uint8_t)direct;
		x->out->target = (uint64_t)x86_mask(to->imm, x->word);
		return to->size == x->word;
	}
	x->out->flow = (uint8_t)indirect;
	x->out->reg = x86_read(x, to, CODE_TMP).reg;
	return to->size == x->word;
}

static void push(struct x86 *x, struct x86_value v, uint8_t size)
{
	struct x86_place top = { true, X86_SP, CODE_NONE, 0 };

	x86_addi(x, X86_SP, X86_SP, -size, x->word);
	x86_store(x, &top, v, size);
}

static void pop(struct x86 *x, uint8_t dst, uint8_t size)
{
	struct x86_place top = { true, X86_SP, CODE_NONE, 0 };

	x86_load(x, dst, &top, size);
	if (dst != X86_SP)
		x86_addi(x, X86_SP, X86_SP, size, x->word);
}

/* glibc for i386 calls the kernel through a pointer in the thread's block:
 * call gs:[0x10]. */
static bool calls_kernel(const struct x86 *x)
{
	const cs_x86_op *to = &x->d->operands[0];

	return !x->wide && to->type == X86_OP_MEM &&
	       to->mem.segment == X86_REG_GS && to->mem.disp == 0x10 &&
	       to->mem.base == X86_REG_INVALID;
}

bool x86_call(struct x86 *x, uint8_t arg)
{
	uint64_t next = x->in->address + x->in->size;

	(void)arg;
	if (calls_kernel(x))
		return x86_kernel(x, 0);
	if (!flow_to(x, CODE_CALL, CODE_CALL_REGISTER))
		return false;
	if (x->out->flow == CODE_CALL && x->out->target == next) {
		x->out->flow = CODE_NEXT;
		x->out->link_only = true;
		push(x, (struct x86_value){ CODE_NONE, (int64_t)next },
		     x->word);
	}
	return true;
}

bool x86_jump(struct x86 *x, uint8_t arg)
{
	(void)arg;
	return flow_to(x, CODE_JUMP, CODE_JUMP_REGISTER);
}

/* arg: enum code_cond */
bool x86_branch(struct x86 *x, uint8_t arg)
{
	bool ok = flow_to(x, CODE_BRANCH, CODE_STOP);

	x->out->cond = arg;
	x->out->or_equal = x->in->id == X86_INS_JBE ||
			   x->in->id == X86_INS_JLE ||
			   x->in->id == X86_INS_JAE ||
			   x->in->id == X86_INS_JGE || x->in->id == X86_INS_JNS;
	x->out->reg = CODE_FLAGS;
	return ok;
}

bool x86_branch_cx(struct x86 *x, uint8_t arg)
{
	(void)arg;
	x86_compare(x, X86_OWN, X86_CX, (struct x86_value){ CODE_NONE, 0 },
		    x->word);

	bool ok = x86_branch(x, CODE_EQ);

	x->out->reg = X86_OWN;
	return ok;
}

/* arg: enum code_cond; loopne and loope look at more than the counter. */
bool x86_loop(struct x86 *x, uint8_t arg)
{
	x86_addi(x, X86_CX, X86_CX, -1, x->word);
	x86_branch_cx(x, 0);
	x->out->cond = arg;
	return true;
}

bool x86_return(struct x86 *x, uint8_t arg)
{
	const cs_x86 *d = x->d;

	(void)arg;
	x->out->flow = CODE_RETURN;
	if (d->op_count == 1 && d->operands[0].type == X86_OP_IMM &&
	    d->operands[0].imm != 0)
		x86_addi(x, X86_SP, X86_SP, x86_mask(d->operands[0].imm, 2),
			 x->word);
	return true;
}

/* What one push or pop moves; capstone's size is wrong for push imm. */
static uint8_t stack_size(const struct x86 *x)
{
	return x86_has_prefix(x, X86_PREFIX_OPSIZE) ? 2 : x->word;
}

bool x86_push(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *from = &x->d->operands[0];
	struct x86_value v;

	(void)arg;
	if (from->type == X86_OP_IMM) {
		v = (struct x86_value){ CODE_NONE, from->imm };
	} else {
		v = x86_read(x, from, CODE_TMP);
		if (v.reg == X86_SP) {
			x86_copy(x, CODE_TMP, X86_SP, x->word);
			v.reg = CODE_TMP;
		}
	}
	push(x, v, stack_size(x));
	return true;
}

bool x86_pop(struct x86 *x, uint8_t arg)
{
	const cs_x86_op *to = &x->d->operands[0];
	uint8_t dst = CODE_TMP;

	(void)arg;
	if (to->type == X86_OP_REG && x86_number(to->reg) != CODE_NONE)
		dst = x86_number(to->reg);
	pop(x, dst, stack_size(x));
	x86_write_back(x, to, dst);
	return true;
}

static const uint8_t all[] = { X86_AX, X86_CX, X86_DX, X86_BX,
			       X86_SP, X86_BP, X86_SI, X86_DI };

/* pushal; pushaw is no code of this kind. */
bool x86_push_all(struct x86 *x, uint8_t arg)
{
	struct x86_place at = { true, X86_SP, CODE_NONE, -4 };

	(void)arg;
	for (size_t i = 0; i < sizeof(all); i++, at.off -= 4)
		x86_store(x, &at, (struct x86_value){ all[i], 0 }, 4);
	x86_addi(x, X86_SP, X86_SP, -32, 4);
	return true;
}

bool x86_pop_all(struct x86 *x, uint8_t arg)
{
	struct x86_place at = { true, X86_SP, CODE_NONE, 28 };

	(void)arg;
	for (size_t i = 0; i < sizeof(all); i++, at.off -= 4)
		if (all[i] != X86_SP)
			x86_load(x, all[i], &at, 4);
	x86_addi(x, X86_SP, X86_SP, 32, 4);
	return true;
}

bool x86_push_flags(struct x86 *x, uint8_t arg)
{
	(void)arg;
	x86_clobber(x, CODE_TMP);
	push(x, (struct x86_value){ CODE_TMP, 0 }, stack_size(x));
	return true;
}

bool x86_pop_flags(struct x86 *x, uint8_t arg)
{
	(void)arg;
	x86_clobber(x, CODE_FLAGS);
	pop(x, CODE_TMP, stack_size(x));
	return true;
}

bool x86_leave(struct x86 *x, uint8_t arg)
{
	(void)arg;
	x86_copy(x, X86_SP, X86_BP, x->word);
	pop(x, X86_BP, x->word);
	return true;
}

bool x86_enter(struct x86 *x, uint8_t arg)
{
	int64_t frame = x86_mask(x->d->operands[0].imm, 2);

	(void)arg;
	if (x->d->operands[1].imm != 0)
		return false;
	push(x, (struct x86_value){ X86_BP, 0 }, x->word);
	x86_copy(x, X86_BP, X86_SP, x->word);
	x86_addi(x, X86_SP, X86_SP, -frame, x->word);
	return true;
}

/* arg 1: syscall of x86-64, which also loses rcx and r11. */
bool x86_kernel(struct x86 *x, uint8_t arg)
{
	code_emit(x->out, CODE_SYSCALL, X86_AX)->a = X86_AX;
	if (arg && x->wide) {
		x86_clobber(x, X86_CX);
		x86_clobber(x, X86_R11);
	}
	return true;
}

/* On x86-64 the numbers of int 0x80 are those of i386: nothing is said. */
bool x86_interrupt(struct x86 *x, uint8_t arg)
{
	(void)arg;
	if (x->d->operands[0].imm != 0x80) {
		x->out->flow = CODE_STOP;
		return x->d->operands[0].imm == 3;
	}
	if (!x->wide)
		return x86_kernel(x, 0);
	x86_clobber(x, X86_AX);
	return true;
}

bool x86_stop(struct x86 *x, uint8_t arg)
{
	(void)arg;
	x->out->flow = CODE_STOP;
	return true;
}

bool x86_not_code(struct x86 *x, uint8_t arg)
{
	(void)x;
	(void)arg;
	return false;
}

/* The string operations move upwards: the ABIs keep the direction flag clear.
 * Repeated ones run an unknown number of times, at least once. */
static bool repeated(const struct x86 *x)
{
	return x86_has_prefix(x, X86_PREFIX_REP) ||
	       x86_has_prefix(x, X86_PREFIX_REPNE);
}

static void advance(struct x86 *x, uint8_t reg, uint8_t size)
{
	if (repeated(x))
		x86_clobber(x, reg);
	else
		x86_addi(x, reg, reg, size, x->word);
}

static struct x86_place string_at(uint8_t reg)
{
	return (struct x86_place){ true, reg, CODE_NONE, 0 };
}

/* Behind rep movs the copy is unknown: a part of it would be a lie. */
bool x86_movs(struct x86 *x, uint8_t size)
{
	struct x86_place from = string_at(X86_SI), to = string_at(X86_DI);

	if (repeated(x)) {
		x86_store_unknown(x, &to, size);
		x86_set(x, X86_CX, 0);
	} else {
		x86_load(x, CODE_TMP, &from, size);
		x86_store(x, &to, (struct x86_value){ CODE_TMP, 0 }, size);
	}
	advance(x, X86_SI, size);
	advance(x, X86_DI, size);
	return true;
}

bool x86_stos(struct x86 *x, uint8_t size)
{
	struct x86_place to = string_at(X86_DI);

	x86_store(x, &to, (struct x86_value){ X86_AX, 0 }, size);
	if (repeated(x))
		x86_set(x, X86_CX, 0);
	advance(x, X86_DI, size);
	return true;
}

bool x86_lods(struct x86 *x, uint8_t size)
{
	struct x86_place from = string_at(X86_SI);

	x86_load(x, X86_AX, &from, size);
	if (repeated(x))
		x86_clobber(x, X86_AX);
	advance(x, X86_SI, size);
	if (repeated(x))
		x86_set(x, X86_CX, 0);
	return true;
}

/* repe cmps is memcmp inlined by old compilers. Its first elements stand for
 * all: what they are equal to is a prefix of what all are equal to. */
bool x86_cmps(struct x86 *x, uint8_t size)
{
	struct x86_place a = string_at(X86_SI), b = string_at(X86_DI);

	x86_load(x, CODE_TMP, &a, size);
	x86_load(x, X86_TMP2, &b, size);
	x86_compare(x, CODE_FLAGS, CODE_TMP, (struct x86_value){ X86_TMP2, 0 },
		    size);
	advance(x, X86_SI, size);
	advance(x, X86_DI, size);
	if (repeated(x))
		x86_clobber(x, X86_CX);
	return true;
}

/* repne scasb is strlen. */
bool x86_scas(struct x86 *x, uint8_t size)
{
	struct x86_place at = string_at(X86_DI);

	x86_load(x, CODE_TMP, &at, size);
	if (repeated(x)) {
		x86_clobber(x, CODE_FLAGS);
		x86_clobber(x, X86_CX);
	} else {
		x86_compare(x, CODE_FLAGS, X86_AX,
			    (struct x86_value){ CODE_TMP, 0 }, size);
	}
	advance(x, X86_DI, size);
	return true;
}
