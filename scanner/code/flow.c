/* flow.c - a function's control flow: instructions, blocks, dominators
 *
 * Source for dominators: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance
 * Algorithm".
 */
#include "code/flow.h"

enum { INSNS_MAX = 40000, BYTES_MAX = 1 << 20, TABLE_MAX = 512 };
enum { BLOCKS_MAX = 16384, JUMPS_MAX = 1 << 16, STEPS_MAX = 1 << 23 };
enum { TAIL_MAX = 12, TEST_MAX = 4, WAYS_MAX = 4 };

static size_t index_of(const struct flow *w, uint64_t address)
{
	return (size_t)((address - w->start) / w->p->arch->step);
}

static bool inside(const struct flow *w, uint64_t address)
{
	return address >= w->start && address < w->end &&
	       (address - w->start) % w->p->arch->step == 0;
}

static void lead(struct flow *w, uint64_t address)
{
	if (!inside(w, address))
		return;
	w->leader[index_of(w, address)] = 1;
	w->work = fw_grow(w->p->arena, w->work, &w->work_cap, w->work_count + 1,
			  sizeof(*w->work));
	w->work[w->work_count++] = address;
}

static void keep_ops(struct flow *w, const struct code_insn *in)
{
	if (in->count == 0)
		return;
	w->ops = fw_grow(w->p->arena, w->ops, &w->op_cap,
			 w->op_count + in->count, sizeof(*w->ops));
	memcpy(w->ops + w->op_count, in->ops, in->count * sizeof(*w->ops));
	w->op_count += in->count;
}

/* ARM before version 5 calls through a register by mov lr, pc and a jump. */
static bool is_old_call(const struct flow *w, uint64_t address)
{
	uint64_t before;

	return w->p->elf.h.e_machine == EM_ARM && !w->thumb &&
	       code_read(w->p, address - 4, 4, &before) && before == 0xe1a0e00f;
}

/* One instruction with its delay slot; NULL where there is no code. */
static struct flow_insn *take(struct flow *w, uint64_t address)
{
	struct code_insn in, slot;

	if (w->insn_count == INSNS_MAX)
		w->p->gave_up = "a function is larger than what is analysed";
	if (w->insn_count == INSNS_MAX ||
	    !code_decode(w->p, address, w->thumb, &in))
		return NULL;
	w->insns = fw_grow(w->p->arena, w->insns, &w->insn_cap,
			   w->insn_count + 1, sizeof(*w->insns));
	struct flow_insn *n = &w->insns[w->insn_count++];

	*n = (struct flow_insn){ .address = address,
				 .target = in.target,
				 .first = (uint32_t)w->op_count,
				 .own = in.count,
				 .size = in.size,
				 .flow = in.flow,
				 .cond = in.cond,
				 .reg = in.reg,
				 .likely = in.likely,
				 .or_equal = in.or_equal };
	keep_ops(w, &in);
	if (in.flow == CODE_JUMP_REGISTER && is_old_call(w, address))
		n->flow = CODE_CALL_REGISTER;
	if (in.delay && code_decode(w->p, address + in.size, w->thumb, &slot)) {
		/* The branch has read its operands already. */
		n->slot = slot.count;
		n->size = (uint8_t)(in.size + slot.size);
		keep_ops(w, &slot);
	}
	w->at[index_of(w, address)] = (uint32_t)w->insn_count;
	return n;
}

static bool never_returns(struct flow *w, uint64_t target)
{
	uint32_t f = code_start_at(w->p, target), import;
	const struct code_known *k;

	if (f != CODE_NO_FUNCTION && w->p->starts[f].name.len > 0)
		k = w->p->starts[f].known;
	else {
		import = code_stub(w->p, target, 0);
		k = import == CODE_NO_IMPORT ? NULL
					     : w->p->imports[import].known;
	}
	return k != NULL && (k->use & CODE_NORETURN) != 0;
}

static void keep_gap(struct flow *w, const struct flow_insn *n)
{
	uint64_t to = flow_table_end(w, n);

	if (to == 0 || w->gap_count == FLOW_GAPS)
		return;
	w->gaps[w->gap_count++] = (struct flow_gap){ n->address + n->size, to };
}

/* Follows one instruction; false where the straight line ends. */
static bool follow(struct flow *w, const struct flow_insn *n)
{
	uint64_t behind = n->address + n->size;

	switch ((enum code_flow)n->flow) {
	case CODE_BRANCH:
		lead(w, n->target);
		lead(w, behind);
		return false;
	case CODE_RETURN_IF:
		lead(w, behind);
		return false;
	case CODE_JUMP:
		lead(w, n->target);
		return false;
	case CODE_JUMP_REGISTER:
		w->f->indirect = true;
		keep_gap(w, n);
		if (n->cond != CODE_ALWAYS)
			lead(w, behind);
		return false;
	case CODE_CALL:
		return !never_returns(w, n->target);
	case CODE_RETURN:
	case CODE_STOP:
		return false;
	default:
		return true;
	}
}

static void explore(struct flow *w)
{
	while (w->work_count > 0) {
		uint64_t at = w->work[--w->work_count];

		while (inside(w, at) && w->at[index_of(w, at)] == 0) {
			const struct flow_insn *n = take(w, at);

			if (n == NULL || !follow(w, n))
				break;
			at = n->address + n->size;
		}
	}
}

/* Behind what only fills up to the next aligned address, and behind tables. */
static uint64_t behind_padding(const struct flow *w, uint64_t at)
{
	struct code_insn in;

	for (size_t i = 0; i < w->gap_count; i++)
		if (at >= w->gaps[i].from && at < w->gaps[i].to)
			return w->gaps[i].to;

	while (at < w->end && w->at[index_of(w, at)] == 0 &&
	       code_decode(w->p, at, w->thumb, &in) && in.flow == CODE_NEXT &&
	       in.count == 0 && in.size > 0)
		at += in.size;
	return at;
}

/* A jump that could not be followed may go to all that nothing else reaches. */
static void explore_rest(struct flow *w)
{
	struct code_function *f = w->f;
	uint64_t at = w->start;
	size_t cap = 0;

	while (at < w->end && f->block_count < TABLE_MAX) {
		uint32_t n = w->at[index_of(w, at)];

		if (n != 0) {
			at += w->insns[n - 1].size;
			continue;
		}
		uint64_t next = behind_padding(w, at);

		if (next != at) {
			at = next;
			continue;
		}
		size_t before = w->insn_count;

		lead(w, at);
		explore(w);
		n = w->at[index_of(w, at)];
		if (w->insn_count == before || n == 0) {
			at += w->p->arch->step;
			continue;
		}
		f->more = fw_grow(w->p->arena, f->more, &cap,
				  f->block_count + 1, sizeof(*f->more));
		f->more[f->block_count++] = (uint32_t)index_of(w, at);
	}
}

static uint32_t block_at(const struct flow *w, uint64_t address)
{
	if (!inside(w, address))
		return CODE_NO_BLOCK;
	uint32_t b = w->block[index_of(w, address)];

	return b == 0 ? CODE_NO_BLOCK : b - 1;
}

/* Cuts the instructions in order of address into blocks. */
static void cut(struct flow *w, size_t steps)
{
	struct code_function *f = w->f;
	struct code_block *b = NULL;
	uint64_t expect = 0;
	uint32_t n = 0;

	for (size_t i = 0; i < steps; i++) {
		if (w->at[i] == 0)
			continue;
		const struct flow_insn *in = &w->insns[w->at[i] - 1];

		if (b == NULL || w->leader[i] || in->address != expect) {
			b = &w->blocks[f->block_count];
			*b = (struct code_block){ .start = in->address,
						  .next = { CODE_NO_BLOCK,
							    CODE_NO_BLOCK } };
			w->first[f->block_count] = n;
			w->count[f->block_count] = 0;
			w->block[i] = ++f->block_count;
		}
		w->order[n++] = w->at[i] - 1;
		w->count[f->block_count - 1]++;
		expect = b->end = in->address + in->size;
		if (in->flow != CODE_NEXT && in->flow != CODE_CALL &&
		    in->flow != CODE_CALL_REGISTER)
			b = NULL;
		else if (in->flow == CODE_CALL && never_returns(w, in->target))
			b = NULL;
	}
}

static void connect(struct flow *w, uint32_t table_count)
{
	struct code_function *f = w->f;
	uint32_t jumps = 0;

	for (uint32_t i = 0; i < f->block_count; i++) {
		struct code_block *b = &w->blocks[i];
		uint32_t last = w->first[i] + w->count[i] - 1;
		const struct flow_insn *in = &w->insns[w->order[last]];

		switch ((enum code_flow)in->flow) {
		case CODE_BRANCH:
			b->cond = in->cond;
			b->next[0] = block_at(w, in->target);
			b->next[1] = block_at(w, b->end);
			break;
		case CODE_JUMP:
			b->next[0] = block_at(w, in->target);
			break;
		case CODE_JUMP_REGISTER:
			if (jumps + table_count <= JUMPS_MAX)
				b->more_count = table_count;
			else
				w->p->gave_up = "a function has more jump "
						"tables than are followed";
			jumps += b->more_count;
			if (in->cond != CODE_ALWAYS)
				b->next[0] = block_at(w, b->end);
			break;
		case CODE_RETURN_IF:
			b->cond = code_opposite(in->cond);
			b->next[0] = block_at(w, b->end);
			b->returns = true;
			break;
		case CODE_RETURN:
			b->returns = true;
			break;
		case CODE_STOP:
			break;
		default:
			if (in->flow != CODE_CALL ||
			    !never_returns(w, in->target))
				b->next[0] = block_at(w, b->end);
			break;
		}
		for (size_t k = 0; k < 2; k++)
			b->loops |= b->next[k] <= i;
	}
}

static bool ends(const struct code_block *b)
{
	return b->next[0] == CODE_NO_BLOCK && b->next[1] == CODE_NO_BLOCK &&
	       b->more_count == 0;
}

static bool is_tail(const struct flow *w, uint32_t n)
{
	const struct code_block *b = &w->blocks[n];
	bool is = b->returns || ends(b);

	if (b->loops || w->count[n] > TAIL_MAX)
		return false;
	/* A test of a variable that each way has set. */
	if (b->cond != CODE_ALWAYS)
		return w->count[n] <= TEST_MAX && !b->returns;
	for (uint32_t i = 0; !is && i < w->count[n]; i++) {
		uint8_t flow = w->insns[w->order[w->first[n] + i]].flow;

		is = flow == CODE_CALL || flow == CODE_CALL_REGISTER;
	}
	return is;
}

/* Compilers let several ways share one call or return whose argument each of
 * them has set. A copy for each way keeps apart what each of them does. */
static void split_tails(struct flow *w)
{
	struct code_function *f = w->f;
	uint32_t count = f->block_count;
	uint32_t room = count + (uint32_t)w->insn_count / 2;

	if (room > BLOCKS_MAX)
		room = BLOCKS_MAX;
	uint32_t *users = fw_alloc(w->p->arena, count, sizeof(*users));

	for (uint32_t i = 0; i < count; i++)
		for (size_t k = 0; k < 2; k++) {
			uint32_t to = w->blocks[i].next[k];

			/* A jump back may loop, but not into what ends. */
			if (to != CODE_NO_BLOCK)
				users[to] += to > i || ends(&w->blocks[to])
						     ? 1
						     : WAYS_MAX;
		}
	for (uint32_t i = 0; i < count; i++)
		for (size_t k = 0; k < 2; k++) {
			uint32_t to = w->blocks[i].next[k], n = f->block_count;

			if (to >= count || users[to] < 2 ||
			    users[to] > WAYS_MAX || n >= room ||
			    !is_tail(w, to))
				continue;
			w->blocks[n] = w->blocks[to];
			w->first[n] = w->first[to];
			w->count[n] = w->count[to];
			w->blocks[i].next[k] = n;
			f->block_count++;
			users[to]--;
		}
}

/* Room for n elements that are zero. */
static void *clear(struct flow *w, void *v, size_t *cap, size_t n, size_t size)
{
	v = fw_grow(w->p->arena, v, cap, n, size);
	return memset(v, 0, n * size);
}

static void make_room(struct flow *w, size_t steps)
{
	size_t n = w->insn_count;

	w->block = clear(w, w->block, &w->block_cap, steps, sizeof(*w->block));
	w->order = clear(w, w->order, &w->order_cap, n, sizeof(*w->order));
	n += n / 2 + 1; /* for copies */
	w->first = clear(w, w->first, &w->first_cap, n, sizeof(*w->first));
	w->count = clear(w, w->count, &w->count_cap, n, sizeof(*w->count));
	w->blocks = clear(w, w->blocks, &w->blocks_cap, n, sizeof(*w->blocks));
}

bool flow_build(struct flow *w)
{
	struct code_function *f = w->f;
	uint64_t len = w->end - w->start;
	uint32_t table_count = 0;

	if (len > BYTES_MAX)
		len = BYTES_MAX; /* between functions may lie data */
	w->end = w->start + len;
	w->insn_count = w->op_count = w->work_count = w->gap_count = 0;
	size_t steps = (size_t)(len / w->p->arch->step) + 1;

	w->at = clear(w, w->at, &w->at_cap, steps, sizeof(*w->at));
	w->leader = clear(w, w->leader, &w->leader_cap, steps, 1);
	lead(w, w->start);
	explore(w);
	if (f->indirect) {
		explore_rest(w);
		table_count = f->block_count;
		f->block_count = 0;
	}
	if (w->insn_count == 0 || w->at[0] == 0)
		return false;
	make_room(w, steps);
	cut(w, steps);
	if (f->block_count > BLOCKS_MAX) {
		w->p->gave_up = "a function is larger than what is analysed";
		return false;
	}
	for (uint32_t i = 0; i < table_count; i++)
		f->more[i] = w->block[f->more[i]] == 0
				     ? CODE_NO_BLOCK
				     : w->block[f->more[i]] - 1;
	connect(w, table_count);
	split_tails(w);
	if (f == &w->again)
		f->blocks = w->again_blocks =
			fw_grow(w->p->arena, w->again_blocks, &w->again_cap,
				f->block_count, sizeof(*f->blocks));
	else
		f->blocks = fw_alloc(w->p->arena, f->block_count,
				     sizeof(*f->blocks));
	memcpy(f->blocks, w->blocks, f->block_count * sizeof(*f->blocks));
	return true;
}

/* The n-th successor of a block; false at the end. */
static bool successor(const struct code_function *f, uint32_t b, uint32_t n,
		      uint32_t *to)
{
	const struct code_block *k = &f->blocks[b];

	if (n >= 2 + k->more_count)
		return false;
	*to = n < 2 ? k->next[n] : f->more[k->more + n - 2];
	return true;
}

static void list_preds(struct code_program *p, struct code_function *f)
{
	uint32_t total = 0, to;

	for (uint32_t b = 0; b < f->block_count; b++)
		for (uint32_t n = 0; successor(f, b, n, &to); n++)
			if (to != CODE_NO_BLOCK)
				f->blocks[to].pred_count++;
	for (uint32_t b = 0; b < f->block_count; b++) {
		f->blocks[b].preds = total;
		total += f->blocks[b].pred_count;
		f->blocks[b].pred_count = 0;
	}
	f->pred = fw_alloc(p->arena, total, sizeof(*f->pred));
	for (uint32_t b = 0; b < f->block_count; b++)
		for (uint32_t n = 0; successor(f, b, n, &to); n++)
			if (to != CODE_NO_BLOCK)
				f->pred[f->blocks[to].preds +
					f->blocks[to].pred_count++] = b;
}

/* Blocks in reverse postorder from the entry; rank[b] is b's place + 1. */
static uint32_t postorder(struct code_program *p, const struct code_function *f,
			  uint32_t *order, uint32_t *rank)
{
	uint32_t *stack = fw_alloc(p->arena, f->block_count, sizeof(*stack));
	uint32_t *turn = fw_alloc(p->arena, f->block_count, sizeof(*turn));
	uint8_t *seen = fw_alloc(p->arena, f->block_count, 1);
	uint32_t depth = 1, n = f->block_count, to;

	seen[0] = 1;
	while (depth > 0) {
		uint32_t b = stack[depth - 1];

		if (!successor(f, b, turn[b]++, &to)) {
			order[--n] = b;
			depth--;
		} else if (to != CODE_NO_BLOCK && !seen[to]) {
			seen[to] = 1;
			stack[depth++] = to;
		}
	}
	for (uint32_t i = n; i < f->block_count; i++)
		rank[order[i]] = i + 1;
	return n;
}

static uint32_t common(const struct code_function *f, const uint32_t *rank,
		       uint32_t a, uint32_t b, uint64_t *steps)
{
	while (a != b) {
		for (; rank[a] > rank[b]; ++*steps)
			a = f->blocks[a].idom;
		for (; rank[b] > rank[a]; ++*steps)
			b = f->blocks[b].idom;
	}
	return a;
}

/* Numbers of a walk over the dominator tree, by children's counts: order is
 * one in which parents come first. */
static void number_tree(struct code_program *p, struct code_function *f,
			const uint32_t *order, uint32_t first)
{
	uint32_t *size = fw_alloc(p->arena, f->block_count, sizeof(*size));
	uint32_t *used = fw_alloc(p->arena, f->block_count, sizeof(*used));

	for (uint32_t i = f->block_count; i-- > first;) {
		size[order[i]]++;
		if (order[i] != 0)
			size[f->blocks[order[i]].idom] += size[order[i]];
	}
	for (uint32_t i = first; i < f->block_count; i++) {
		struct code_block *b = &f->blocks[order[i]];

		if (order[i] != 0) {
			b->in = f->blocks[b->idom].in + 1 + used[b->idom];
			used[b->idom] += size[order[i]];
		} else
			b->in = 1;
		b->out = b->in + size[order[i]] - 1;
	}
}

bool flow_dominate(struct code_program *p, struct code_function *f)
{
	uint32_t *order = fw_alloc(p->arena, f->block_count, sizeof(*order));
	uint32_t *rank = fw_alloc(p->arena, f->block_count, sizeof(*rank));
	uint64_t steps = 0;
	bool changed = true;

	list_preds(p, f);
	uint32_t first = postorder(p, f, order, rank);

	for (uint32_t b = 0; b < f->block_count; b++)
		f->blocks[b].idom = CODE_NO_BLOCK;
	f->blocks[0].idom = 0;
	/* Few rounds: code of compilers is nearly always reducible. */
	for (int round = 0; changed && round < 16 && steps <= STEPS_MAX;
	     round++) {
		changed = false;
		for (uint32_t i = first; i < f->block_count; i++) {
			struct code_block *b = &f->blocks[order[i]];
			uint32_t best = CODE_NO_BLOCK;

			for (uint32_t k = 0; order[i] != 0 && k < b->pred_count;
			     k++) {
				uint32_t from = f->pred[b->preds + k];

				if (f->blocks[from].idom == CODE_NO_BLOCK)
					continue;
				best = best == CODE_NO_BLOCK
					       ? from
					       : common(f, rank, best, from,
							&steps);
			}
			if (steps > STEPS_MAX)
				break;
			if (order[i] != 0 && best != b->idom) {
				b->idom = best;
				changed = true;
			}
		}
	}
	if (!code_spend(p, steps / 4))
		return false;
	if (steps > STEPS_MAX) {
		p->gave_up = "a function is more tangled than what is analysed";
		return false;
	}
	number_tree(p, f, order, first);
	return true;
}

bool code_guards(const struct code_function *f, uint32_t from, uint32_t to)
{
	const struct code_block *b = &f->blocks[to];

	if (b->in == 0 || f->blocks[from].in == 0 ||
	    f->blocks[from].next[0] == f->blocks[from].next[1])
		return false;
	for (uint32_t i = 0; i < b->pred_count; i++) {
		uint32_t p = f->pred[b->preds + i];

		if (p != from && f->blocks[p].in != 0 &&
		    !code_dominates(f, to, p))
			return false;
	}
	return true;
}
