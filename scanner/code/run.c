/* run.c - constant propagation over a function's blocks
 *
 * Each block is visited a few times with what all its predecessors agree on;
 * a last pass in order writes down calls, branches and results.
 */
#include "code/flow.h"

#include <stdlib.h>

enum { VISITS = 3, VISITS_LARGE = 2, LARGE = 400, BUILT_MAX = 64 };
enum { SLOTS_MAX = 1 << 18 }; /* of all blocks of a function */
enum { BYTES_MAX = 512, BUILT_MIN = 4, MARKS_MAX = 256, LEVEL_MAX = 9 };
enum { CHOICES_MAX = 512 };

static void copy_state(struct code_state *to, const struct code_state *from)
{
	memcpy(to->regs, from->regs, sizeof(to->regs));
	to->count = from->count;
	memcpy(to->stack, from->stack, from->count * sizeof(to->stack[0]));
}

/* Of the stack what there is room for: the rest counts as unknown. */
static void keep_state(struct flow *w, struct flow_state *to,
		       const struct code_state *from)
{
	size_t n = from->count;

	if (n > SLOTS_MAX - w->slot_count)
		n = SLOTS_MAX - w->slot_count;
	memcpy(to->regs, from->regs, sizeof(to->regs));
	to->slot = (uint32_t)w->slot_count;
	to->count = (uint32_t)n;
	if (n == 0)
		return;
	w->slots = fw_grow(w->p->arena, w->slots, &w->slot_cap,
			   w->slot_count + n, sizeof(*w->slots));
	memcpy(w->slots + w->slot_count, from->stack, n * sizeof(*w->slots));
	w->slot_count += n;
}

void flow_load(struct code_state *to, const struct flow_state *from,
	       const struct code_stack_slot *slots)
{
	memcpy(to->regs, from->regs, sizeof(to->regs));
	to->count = from->count;
	if (from->count > 0)
		memcpy(to->stack, slots + from->slot,
		       from->count * sizeof(*slots));
}

static void keep_pointer(struct flow *w, code_id id)
{
	const struct code_value *v = code_value_at(&w->p->values, id);
	struct code_function *f = w->f;

	if (v->kind != CODE_CONST || v->n < 0x100 ||
	    (f->pointer_count > 0 &&
	     f->pointers[f->pointer_count - 1] == v->n) ||
	    code_range_of(w->p, v->n) == NULL)
		return;
	f->pointers = fw_grow(w->p->arena, f->pointers, &f->pointer_cap,
			      f->pointer_count + 1, sizeof(*f->pointers));
	f->pointers[f->pointer_count++] = v->n;
}

/* Text that is put together on the stack, in whatever order. */
static void keep_bytes(struct flow *w, const struct code_state *s,
		       const struct code_operation *op)
{
	const struct code_values *t = &w->p->values;
	const struct code_value *a =
		code_value_at(t, code_register(w->p, s, op->a));
	uint64_t n = (uint64_t)op->imm;

	if (op->b != CODE_NONE) {
		const struct code_value *v =
			code_value_at(t, code_register(w->p, s, op->b));

		if (v->kind != CODE_CONST)
			return;
		n = v->n;
	}
	if (a->kind != CODE_STACK || op->dst != CODE_NONE || op->size > 8)
		return;
	for (uint8_t i = 0; i < op->size; i++) {
		uint8_t at =
			w->p->mode.big_endian ? (uint8_t)(op->size - 1 - i) : i;
		uint8_t c = (uint8_t)(n >> at * 8);

		if (c < 32 || c > 126 || w->byte_count == BYTES_MAX)
			break;
		w->bytes = fw_grow(w->p->arena, w->bytes, &w->byte_cap,
				   w->byte_count + 1, sizeof(*w->bytes));
		w->bytes[w->byte_count++] = (struct flow_byte){
			(int32_t)(int64_t)(a->n + (uint64_t)op->off) + i,
			(char)c
		};
	}
}

static int byte_order(const void *a, const void *b)
{
	const struct flow_byte *x = a, *y = b;

	return (x->off > y->off) - (x->off < y->off);
}

static void join_bytes(struct flow *w)
{
	size_t best = 0, length = 0, n = w->byte_count;

	if (n < BUILT_MIN)
		return;
	qsort(w->bytes, n, sizeof(*w->bytes), byte_order);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1;
		     k < n && w->bytes[k].off == w->bytes[k - 1].off + 1; k++)
			;
		if (k - i > length) {
			best = i;
			length = k - i;
		}
	}
	if (length < BUILT_MIN)
		return;
	char *text = fw_alloc(w->p->arena, length + 1, 1);

	for (size_t i = 0; i < length; i++)
		text[i] = w->bytes[best + i].byte;
	w->f->built = fw_view_of(text, length);
}

/* The bits that are set in something, by value; 0: it is no such value. */
static uint64_t bits_of(const struct code_values *t, code_id value)
{
	const struct code_value *v = code_value_at(t, value);

	if (v->kind != CODE_EITHER)
		return 0;
	const struct code_value *a = code_value_at(t, v->base);
	const struct code_value *b = code_value_at(t, (code_id)v->n);

	if (a->kind == CODE_CONST && b->kind == CODE_LOADED)
		return a->n;
	return b->kind == CODE_CONST && a->kind == CODE_LOADED ? b->n : 0;
}

/* What a call or a compare has said, as it is or added to what is there
 * ("yes |= strcmp(...) == 0"); 0: it is no such value. */
static code_id verdict_of(const struct code_values *t, code_id value)
{
	const struct code_value *v = code_value_at(t, value);
	code_id part[2] = { value, value };

	if (v->kind == CODE_EITHER) {
		part[0] = v->base;
		part[1] = (code_id)v->n;
		if (!code_value_is(t, part[0], CODE_LOADED) &&
		    !code_value_is(t, part[1], CODE_LOADED))
			return 0;
	}
	for (int i = 0; i < 2; i++)
		if (code_value_is(t, part[i], CODE_RESULT) ||
		    code_value_is(t, part[i], CODE_CONDITION))
			return part[i];
	return 0;
}

/* What is remembered for later: a flag, a level, a mode. */
static void keep_mark(struct flow *w, const struct code_state *s,
		      const struct code_operation *op, uint32_t block)
{
	const struct code_values *t = &w->p->values;
	code_id value = op->b == CODE_NONE ? 0 : code_register(w->p, s, op->b);
	uint64_t n = (uint64_t)op->imm, off = 0, bits = bits_of(t, value);
	code_id base =
		op->a == CODE_NONE
			? 0
			: code_value_base(t, code_register(w->p, s, op->a),
					  &off);
	const struct code_value *b = code_value_at(t, base);

	code_id verdict = bits == 0 ? verdict_of(t, value) : 0;
	bool stack = b->kind == CODE_STACK;

	if (op->b != CODE_NONE && bits == 0 && verdict == 0 &&
	    !code_value_is(t, value, CODE_CONST))
		return;
	if (op->b != CODE_NONE && verdict == 0)
		n = bits != 0 ? bits : code_value_at(t, value)->n;
	off += (uint64_t)op->off;
	/* Most of what is kept on the stack is of no other function's
	 * business. */
	if (stack && !code_value_is(t, verdict, CODE_CONDITION) &&
	    (verdict != 0 || n == 0 || n > LEVEL_MAX))
		return;
	if (op->dst != CODE_NONE ||
	    w->f->mark_count >= (stack ? MARKS_MAX / 2 : MARKS_MAX))
		return;
	w->f->marks = fw_grow(w->p->arena, w->f->marks, &w->f->mark_cap,
			      w->f->mark_count + 1, sizeof(*w->f->marks));
	w->f->marks[w->f->mark_count++] = (struct code_mark){
		.block = block,
		.of = stack ? CODE_OF_STACK
		      : b->kind == CODE_CONST || op->a == CODE_NONE
			      ? CODE_OF_GLOBAL
		      : base == 0 ? CODE_OF_LOST
				  : CODE_OF_OBJECT,
		.place = b->kind == CODE_CONST || stack ? b->n + off : off,
		.value = verdict != 0 ? 0 : n,
		.bits = bits != 0,
		.from = verdict
	};
}

/* A condition that no branch is made of: "yes = strcmp(...) == 0", and on ARM
 * what is done only if it holds. */
static void keep_choice(struct flow *w, const struct code_state *s,
			const struct code_operation *op, uint64_t at,
			uint32_t block)
{
	struct code_function *f = w->f;
	bool own = op->op == CODE_CSET || op->op == CODE_CMOV;
	code_id flags = code_register(w->p, s, own ? op->a : CODE_FLAGS);
	struct code_choice *last =
		f->choice_count > 0 ? &f->choices[f->choice_count - 1] : NULL;

	if (last != NULL && last->flags == flags && last->block == block &&
	    last->cond == op->cond)
		last->leads |= op->op == CODE_COMPARE;
	if ((op->cond != CODE_EQ && op->cond != CODE_NE) || flags == 0 ||
	    f->choice_count == CHOICES_MAX ||
	    (last != NULL && last->flags == flags))
		return;
	f->choices = fw_grow(w->p->arena, f->choices, &f->choice_cap,
			     f->choice_count + 1, sizeof(*f->choices));
	f->choices[f->choice_count++] = (struct code_choice){
		.block = block, .at = at, .flags = flags, .cond = op->cond
	};
}

/* What block-wide is known of a register: 1: a byte of memory, 2: one that was
 * turned into another. */
static void follow_byte(struct flow *w, const struct code_operation *op)
{
	uint8_t *of = w->byte_of, from = 0;
	/* To lower case, from a digit to its number, and back. */
	uint64_t n = op->imm < 0 ? -(uint64_t)op->imm : (uint64_t)op->imm;
	bool plain = n == 32 || n == 48 || n == 55 || n == 87 || n == 97 ||
		     n == 65 || n <= 1 || n > 255;

	if (op->dst >= CODE_REGS || op->op == CODE_STORE)
		return;
	if (op->a < CODE_REGS)
		from = of[op->a];
	if (op->op == CODE_LOAD)
		of[op->dst] = op->size == 1;
	else if (op->op == CODE_MOVE)
		of[op->dst] = from;
	else if (op->op == CODE_ANDI)
		of[op->dst] = op->imm == 0xff ? from : 0;
	else if (op->op == CODE_ADDI || op->op == CODE_XORI)
		of[op->dst] = from != 0 && !plain ? 2 : from;
	else if (op->op == CODE_SUB || op->op == CODE_XOR)
		of[op->dst] = from != 0 || (op->b < CODE_REGS && of[op->b] != 0)
				      ? 2
				      : 0;
	else
		of[op->dst] = 0;
}

/* A constant word, out of the program's data, that was turned into another. */
static bool is_word_turned(const struct flow *w, const struct code_value *v)
{
	if (v->kind != CODE_XORED && v->kind != CODE_DIFFERENCE)
		return false;
	v = code_value_at(&w->p->values, v->base);
	return v->kind == CODE_LOADED &&
	       code_value_is(&w->p->values, v->base, CODE_CONST);
}

/* A byte that is stored after it was turned into another: text that is decoded
 * (or encoded) at run time. */
static void look_for_decoding(struct flow *w, const struct code_state *s,
			      const struct code_operation *op,
			      struct code_block *b)
{
	if (op->op == CODE_XOR || op->op == CODE_XORI || op->op == CODE_MIX)
		b->mixes = true;
	if (op->op == CODE_STORE) {
		keep_bytes(w, s, op);
		keep_mark(w, s, op, (uint32_t)(b - w->f->blocks));
	}
	if (op->op != CODE_STORE || op->b == CODE_NONE)
		return;
	const struct code_value *v =
		code_value_at(&w->p->values, code_register(w->p, s, op->b));

	if (op->size != 1 && !(op->size >= 4 && is_word_turned(w, v)))
		return;
	if (v->kind == CODE_XORED || v->kind == CODE_MIXED ||
	    v->kind == CODE_DIFFERENCE ||
	    (v->kind == CODE_OFFSET &&
	     code_value_is(&w->p->values, v->base, CODE_LOADED)) ||
	    (v->kind != CODE_CONST && w->byte_of[op->b] == 2) ||
	    ((v->kind == CODE_UNKNOWN || v->kind == CODE_EITHER) && b->mixes)) {
		w->f->xors = true;
		w->f->xor_at = b->start;
	}
}

static void take_arguments(struct flow *w, const struct code_state *s,
			   struct code_call *c)
{
	struct code_program *p = w->p;
	char built[BUILT_MAX];

	for (unsigned i = 0; i < CODE_ARGS; i++) {
		c->args[i] = code_argument(p, s, i, c->tail);
		const struct code_value *v =
			code_value_at(&p->values, c->args[i]);

		if (v->kind == CODE_CONST) {
			c->text[i] = code_text(p, v->n);
			keep_pointer(w, c->args[i]);
		} else if (v->kind == CODE_STACK) {
			size_t n = code_stack_text(p, s, (int64_t)v->n, built,
						   sizeof(built));

			if (n == 0)
				continue;
			c->text[i] = fw_view_of(
				fw_strdup(p->arena, fw_view_of(built, n)), n);
			c->built |= (uint8_t)(1u << i);
		}
	}
}

/* A word of an array. One that could be written to rarely is: what it holds at
 * first stands for it. */
static code_id word_of(struct code_program *p, const struct code_state *s,
		       code_id at, uint64_t site)
{
	const struct code_value *v = code_value_at(&p->values, at);
	const struct code_slot *slot =
		v->kind == CODE_CONST ? code_slot_at(p, v->n) : NULL;
	uint64_t n;

	if (slot != NULL && slot->import == CODE_NO_IMPORT)
		return code_const(&p->values, slot->value);
	if (v->kind == CODE_CONST && code_read(p, v->n, p->word, &n) && n != 0)
		return code_const(&p->values, n);
	return code_load(p, s, at, p->word, site);
}

/* execv() and its like take an array: its first words stand in for the call's
 * further arguments, as execl() would have them. */
static void spread_array(struct flow *w, const struct code_state *s,
			 struct code_call *c)
{
	struct code_program *p = w->p;
	const struct code_known *k = code_call_known(p, c);
	bool first = k != NULL && strcmp(k->name, "argv, wrapped") == 0;
	unsigned from = k == NULL ? 0 : k->arg + (first ? 0u : 1u);

	if (k == NULL || (k->use & CODE_EXEC) == 0 || from >= CODE_ARGS ||
	    strncmp(k->name, "execl", 5) == 0)
		return;
	/* posix_spawn(pid, path, actions, attributes, array, ...) */
	code_id array = c->args[strncmp(k->name, "posix", 5) == 0 ? 4 : from];

	for (unsigned i = from; i < CODE_ARGS; i++) {
		code_id at =
			code_value_add(&p->values, array,
				       (uint64_t)(i - from) * p->word, p->mask);

		c->args[i] = at == 0 ? 0 : word_of(p, s, at, c->at);
		c->built &= (uint8_t) ~(1u << i);
		const struct code_value *v =
			code_value_at(&p->values, c->args[i]);

		c->text[i] = v->kind == CODE_CONST
				     ? code_text(p, v->n)
				     : (struct fw_view){ NULL, 0 };
	}
}

/* Which arguments are read through, and whether anything is written: the shape
 * of a function. In every visit, since the first sees the clearest. */
static void look_at_memory(struct flow *w, const struct code_state *s,
			   const struct code_operation *op)
{
	const struct code_values *t = &w->p->values;
	code_id a = op->a == CODE_NONE ? 0 : code_register(w->p, s, op->a);
	uint64_t n;

	a = code_value_base(t, a, &n);
	const struct code_value *v = code_value_at(t, a);

	if (op->op == CODE_STORE && v->kind != CODE_STACK)
		w->f->writes = true;
	else if (op->op == CODE_LOAD && v->kind == CODE_ARG && v->n < 8)
		w->f->reads |= (uint8_t)(1u << v->n);
}

static void system_call(struct flow *w, const struct code_state *s, uint64_t at,
			uint32_t block, uint8_t number)
{
	const struct code_value *v =
		code_value_at(&w->p->values, code_register(w->p, s, number));
	const char *name =
		v->kind == CODE_CONST ? w->p->arch->syscall(v->n) : NULL;
	struct code_call c = { .at = at,
			       .block = block,
			       .import = CODE_NO_IMPORT,
			       .function = CODE_NO_FUNCTION };
	struct code_function *f = w->f;

	c.system = name == NULL ? NULL : code_known(fw_view_str(name));
	if (c.system == NULL)
		return;
	take_arguments(w, s, &c);
	spread_array(w, s, &c);
	f->calls = fw_grow(w->p->arena, f->calls, &f->call_cap,
			   f->call_count + 1, sizeof(c));
	f->calls[f->call_count++] = c;
}

static void step(struct flow *w, struct code_state *s, uint32_t first,
		 uint32_t count, uint64_t at, struct code_block *record)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct code_operation *op = &w->ops[first + i];

		if (op->op == CODE_LOAD || op->op == CODE_STORE)
			look_at_memory(w, s, op);
		if (op->op == CODE_SYSCALL && record != NULL)
			system_call(w, s, at, (uint32_t)(record - w->f->blocks),
				    w->p->arch->syscall_number);
		if (record != NULL) {
			record->bytes |= op->op == CODE_LOAD && op->size == 1;
			look_for_decoding(w, s, op, record);
			follow_byte(w, op);
		}
		if (record != NULL && op->cond != CODE_ALWAYS)
			keep_choice(w, s, op, at,
				    (uint32_t)(record - w->f->blocks));
		if (record != NULL && op->dst == w->p->arch->result &&
		    op->op != CODE_STORE)
			record->sets_result = true;
		code_step(w->p, s, op, at);
		if (record != NULL && op->dst < CODE_REGS &&
		    (op->op <= CODE_ADD || op->op == CODE_LOAD ||
		     op->op == CODE_OR || op->op == CODE_ORI ||
		     op->op == CODE_INSERT))
			keep_pointer(w, s->regs[op->dst]);
	}
}

/* i386: a function that only returns its return address. False if it is none.
 */
static bool is_thunk(struct flow *w, struct code_state *s,
		     const struct flow_insn *in)
{
	struct fw_view v = code_bytes(w->p, in->target);
	struct code_insn t;

	if (w->p->elf.h.e_machine != EM_386 || v.len < 4 || v.data[0] != 0x8b ||
	    v.data[2] != 0x24 || v.data[3] != 0xc3 ||
	    !code_decode(w->p, in->target, false, &t) || t.count != 1)
		return false;
	s->regs[t.ops[0].dst] =
		code_const(&w->p->values, in->address + in->size);
	return true;
}

static void resolve(struct flow *w, const struct code_state *s,
		    const struct flow_insn *in, struct code_call *c)
{
	struct code_program *p = w->p;
	uint64_t target = in->target, gp = 0;

	c->import = CODE_NO_IMPORT;
	c->function = CODE_NO_FUNCTION;
	/* A jump does not change from Thumb to ARM. */
	if (in->flow == CODE_JUMP && w->thumb)
		target |= 1;
	if (in->flow == CODE_CALL_REGISTER || in->flow == CODE_JUMP_REGISTER) {
		const struct code_value *v =
			code_value_at(&p->values, code_register(p, s, in->reg));

		if (v->kind == CODE_IMPORT)
			c->import = (uint32_t)v->n;
		if (v->kind != CODE_CONST)
			return;
		target = v->n;
	}
	c->function = code_start_at(p, target);
	if (c->function != CODE_NO_FUNCTION &&
	    p->starts[c->function].name.len > 0)
		return;
	if (p->arch->gp != CODE_NONE && p->arch->self == CODE_NONE) {
		const struct code_value *g =
			code_value_at(&p->values, s->regs[p->arch->gp]);

		gp = g->kind == CODE_CONST ? g->n : 0;
	}
	c->import = code_stub(p, target, gp);
	if (c->import != CODE_NO_IMPORT)
		c->function = CODE_NO_FUNCTION;
	else if (c->function == CODE_NO_FUNCTION)
		c->function = code_stub_function(p, target);
}

/* Whether a call may write to the buffers that it gets. */
static bool writes(const struct code_known *k)
{
	const uint32_t reads = CODE_EQUAL | CODE_FOUND | CODE_SHELL |
			       CODE_EXEC | CODE_FILE | CODE_DELETE | CODE_AUTH |
			       CODE_WRITE | CODE_ENV | CODE_READS;

	return k == NULL || (k->use & reads) == 0;
}

static bool returns_target(const struct code_known *k)
{
	return k != NULL && (k->use & CODE_COPY) != 0 && k->arg == 1;
}

/* Whether a call goes to the C library's function for system calls. */
static bool is_kernel_call(const struct code_program *p,
			   const struct code_call *c)
{
	struct fw_view code = p->arch->kernel_call;

	return code.len > 0 && c->function != CODE_NO_FUNCTION &&
	       fw_view_starts(code_bytes(p, p->starts[c->function].address &
						    ~UINT64_C(1)),
			      code);
}

static void call(struct flow *w, struct code_state *s,
		 const struct flow_insn *in, uint32_t block, bool tail,
		 bool record)
{
	struct code_call c = { .at = in->address,
			       .block = block,
			       .tail = tail };
	struct code_function *f = w->f;

	if (in->flow == CODE_CALL && is_thunk(w, s, in))
		return;
	resolve(w, s, in, &c);
	if (tail && c.import == CODE_NO_IMPORT &&
	    c.function == CODE_NO_FUNCTION)
		return;
	if (record && is_kernel_call(w->p, &c)) {
		system_call(w, s, c.at, block, w->p->arch->passed_number);
	} else if (record) {
		take_arguments(w, s, &c);
		spread_array(w, s, &c);
		f->calls = fw_grow(w->p->arena, f->calls, &f->call_cap,
				   f->call_count + 1, sizeof(c));
		f->calls[f->call_count++] = c;
	}
	if (tail)
		return;
	if (writes(code_call_known(w->p, &c)))
		for (unsigned i = 0; i < CODE_ARGS; i++)
			code_forget(w->p, s, code_argument(w->p, s, i, false));
	code_id to = code_argument(w->p, s, 0, false);

	struct code_kept kept = { .known = false };

	if (c.function != CODE_NO_FUNCTION)
		kept = code_keeps(w->p, c.function);
	code_after_call(w->p, s, in->address, &kept);
	/* memcpy() and its like. */
	if (returns_target(code_call_known(w->p, &c)))
		s->regs[w->p->arch->result] = to;
}

static bool leaves(const struct flow *w, const struct flow_insn *in,
		   const struct code_block *b)
{
	return in->flow == CODE_JUMP_REGISTER ||
	       (in->flow == CODE_JUMP && b->next[0] == CODE_NO_BLOCK &&
		w->f->block_count > 0);
}

/* Runs a block's operations on s. *other gets the state of the edge that is not
 * taken where it differs (a delay slot that runs only when the branch is). */
bool flow_block(struct flow *w, uint32_t n, struct code_state *s,
		struct code_state *other, bool record)
{
	struct code_block *b = &w->f->blocks[n];
	bool split = false;

	b->flags = 0;
	memset(w->byte_of, 0, sizeof(w->byte_of));

	for (uint32_t i = 0; i < w->count[n]; i++) {
		const struct flow_insn *in =
			&w->insns[w->order[w->first[n] + i]];

		step(w, s, in->first, in->own, in->address, record ? b : NULL);
		if (in->flow == CODE_BRANCH || in->flow == CODE_RETURN_IF)
			b->flags = code_register(w->p, s, in->reg);
		if (in->likely && in->flow == CODE_BRANCH) {
			copy_state(other, s);
			split = true;
		}
		step(w, s, in->first + in->own, in->slot, in->address,
		     record ? b : NULL);
		if (in->flow == CODE_CALL || in->flow == CODE_CALL_REGISTER)
			call(w, s, in, n, false, record);
		else if (leaves(w, in, b))
			call(w, s, in, n, true, record);
	}
	if (record) {
		b->result = code_register(w->p, s, w->p->arch->result);
		b->reached = true;
	}
	return split;
}

static void *room(struct flow *w, void *v, size_t *cap, size_t size)
{
	return fw_grow(w->p->arena, v, cap, w->f->block_count, size);
}

static void flow_into(struct flow *w, uint32_t to, const struct code_state *s,
		      unsigned limit)
{
	if (to == CODE_NO_BLOCK)
		return;
	/* visits: 0 never entered, else how often it ran + 1 */
	struct flow_state *k = &w->states[to];

	if (w->visits[to] == 0) {
		keep_state(w, k, s);
		w->visits[to] = 1;
		w->dirty[to] = 1;
	} else if (code_meet(k->regs, w->slots + k->slot, &k->count, s) &&
		   w->visits[to] <= limit)
		w->dirty[to] = 1;
}

static void replace(struct code_state *s, code_id from, code_id to)
{
	for (size_t i = 0; i < CODE_REGS; i++)
		if (s->regs[i] == from)
			s->regs[i] = to;
	for (size_t i = 0; i < s->count; i++)
		if (s->stack[i].value == from)
			s->stack[i].value = to;
}

/* Behind the edge of a branch that is taken when a result is equal to a
 * constant, it is that constant. */
void flow_refine(struct flow *w, const struct code_block *b,
		 struct code_state *taken, struct code_state *other)
{
	struct code_test t;

	if (!code_test_of(&w->p->values, b->flags, b->cond, &t) ||
	    (t.cond != CODE_EQ && t.cond != CODE_NE) ||
	    !code_value_is(&w->p->values, t.right, CODE_CONST) ||
	    !code_value_is(&w->p->values, t.left, CODE_RESULT))
		return;
	replace(t.cond == CODE_EQ ? taken : other, t.left, t.right);
}

/* Of the two edges behind a compare whose both sides are known, the one that is
 * taken; -1: it cannot be told. */
static int decided(const struct flow *w, const struct code_block *b)
{
	struct code_test t;

	if (b->cond == CODE_ALWAYS || b->returns ||
	    !code_test_of(&w->p->values, b->flags, b->cond, &t) ||
	    (t.cond != CODE_EQ && t.cond != CODE_NE))
		return -1;
	const struct code_value *left = code_value_at(&w->p->values, t.left);
	const struct code_value *right = code_value_at(&w->p->values, t.right);

	if (left->kind != CODE_CONST || right->kind != CODE_CONST)
		return -1;
	return (left->n == right->n) == (t.cond == CODE_EQ) ? 0 : 1;
}

/* An edge that can never be taken is none: a copy of a test for one of its ways
 * decides it. */
static void prune(struct flow *w, struct code_block *b)
{
	int taken = decided(w, b);

	if (taken < 0)
		return;
	b->next[0] = b->next[taken];
	b->next[1] = CODE_NO_BLOCK;
	b->cond = CODE_ALWAYS;
}

static void propagate(struct flow *w, unsigned limit)
{
	struct code_function *f = w->f;
	struct code_state s, other;
	uint32_t i = 0;

	while (i < f->block_count) {
		const struct code_block *b = &f->blocks[i];
		uint32_t back = i + 1;

		if (!w->dirty[i]) {
			const uint8_t *next =
				memchr(w->dirty + i, 1, f->block_count - i);

			if (next == NULL)
				return;
			i = (uint32_t)(next - w->dirty);
			continue;
		}
		w->dirty[i] = 0;
		w->visits[i]++;
		flow_load(&s, &w->states[i], w->slots);
		bool split = flow_block(w, i, &s, &other, false);

		if (!split && b->cond != CODE_ALWAYS && !b->returns) {
			copy_state(&other, &s);
			flow_refine(w, b, &s, &other);
			split = true;
		}
		int taken = w->prunes ? decided(w, b) : -1;

		if (taken != 1)
			flow_into(w, b->next[0], &s, limit);
		if (taken != 0)
			flow_into(w, b->next[1], split ? &other : &s, limit);
		for (uint32_t k = 0; k < b->more_count; k++)
			flow_into(w, f->more[b->more + k], &s, limit);
		for (size_t k = 0; k < 2; k++)
			if (b->next[k] < back && w->dirty[b->next[k]])
				back = b->next[k];
		for (uint32_t k = 0; k < b->more_count; k++)
			if (f->more[b->more + k] < back &&
			    w->dirty[f->more[b->more + k]])
				back = f->more[b->more + k];
		i = back;
	}
}

void flow_propagate(struct flow *w, uint32_t from, const struct code_state *s)
{
	struct code_function *f = w->f;

	w->states = room(w, w->states, &w->states_cap, sizeof(*w->states));
	w->visits = room(w, w->visits, &w->visits_cap, 1);
	w->dirty = room(w, w->dirty, &w->dirty_cap, 1);
	memset(w->visits, 0, f->block_count);
	memset(w->dirty, 0, f->block_count);
	w->slot_count = 0;
	keep_state(w, &w->states[from], s);
	w->visits[from] = w->dirty[from] = 1;
	propagate(w, f->block_count > LARGE ? VISITS_LARGE : VISITS);
}

void flow_run(struct flow *w)
{
	struct code_function *f = w->f;
	struct code_state s, other;

	w->byte_count = 0;
	w->prunes = false;
	code_state_entry(w->p, &s, w->start);
	flow_propagate(w, 0, &s);
	for (uint32_t i = 0; i < f->block_count; i++) {
		if (w->visits[i] == 0)
			continue;
		flow_load(&s, &w->states[i], w->slots);
		flow_block(w, i, &s, &other, true);
		prune(w, &f->blocks[i]);
	}
	join_bytes(w);
}
