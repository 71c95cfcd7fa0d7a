/* wrap.c - functions that only pass on to one that is known */
#include "code/guard.h"

#include "code/outcome.h"
#include "code/trace.h"

enum { ROUNDS = 3, SMALL = 300, SMALL_STATIC = 1500 };
enum { COMPARE_MAX = 256, ASKED_MAX = 3, LOOK_UP_MAX = 900 };
enum { TRACED_MAX = 24 /* blocks */ };

/* The argument of f that a value is, or -1. */
static int argument(const struct code_program *p, code_id id)
{
	const struct code_value *v = code_value_at(&p->values, id);

	return v->kind == CODE_ARG && v->n < CODE_ARGS ? (int)v->n : -1;
}

/* The argument of f that one call puts into a buffer whole: as its format, for
 * the "%s" that the format is, or copied. -1: none. */
static int put_by(const struct code_program *p, const struct code_call *c,
		  const struct code_known *k)
{
	if ((k->use & CODE_COPY) != 0)
		return argument(p, c->args[1]);
	if (k->arg >= CODE_ARGS)
		return -1;
	if (c->text[k->arg].len == 0)
		return argument(p, c->args[k->arg]);
	return k->arg + 1 < CODE_ARGS && code_is_whole(c->text[k->arg])
		       ? argument(p, c->args[k->arg + 1])
		       : -1;
}

/* The argument of f that fills the buffer of a call, or -1. */
static int filled(const struct code_program *p, const struct code_function *f,
		  code_id buffer)
{
	int found = -1;

	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];
		const struct code_known *k = code_call_known(p, c);

		if (k == NULL || (k->use & (CODE_FORMAT | CODE_COPY)) == 0 ||
		    buffer == 0 || c->args[0] != buffer)
			continue;
		int arg = put_by(p, c, k);

		/* More than one part makes it a part of the command only. */
		if (arg < 0 || (found >= 0 && found != arg))
			return -1;
		found = arg;
	}
	return found;
}

static const struct code_known *make(struct code_program *p, const char *name,
				     uint32_t use, int arg)
{
	struct code_known *k = fw_alloc(p->arena, 1, sizeof(*k));

	*k = (struct code_known){ name, use, (uint8_t)arg };
	return k;
}

/* Whether a call happens only behind a compare with a trigger: such a function
 * is no wrapper but what is looked for. */
static bool is_guarded(struct code_program *p, const struct code_function *f,
		       const struct code_call *c)
{
	struct code_compare *list;
	size_t n = code_compares(p, f, &list);

	for (size_t i = 0; i < n; i++)
		if (list[i].equal != CODE_NO_BLOCK &&
		    code_is_trigger(&list[i]) &&
		    code_guards(f, list[i].block, list[i].equal) &&
		    code_dominates(f, list[i].equal, c->block))
			return true;
	return false;
}

/* Gives a command that it gets to a shell. */
static const struct code_known *wraps_shell(struct code_program *p,
					    const struct code_function *f)
{
	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];
		const struct code_known *k = code_call_known(p, c);
		int arg;

		if (k == NULL || (k->use & CODE_SHELL) == 0)
			continue;
		arg = argument(p, c->args[k->arg < CODE_ARGS ? k->arg : 0]);
		if (arg < 0)
			arg = filled(p, f,
				     c->args[k->arg < CODE_ARGS ? k->arg : 0]);
		if (arg >= 0)
			return is_guarded(p, f, c)
				       ? NULL
				       : make(p, "a wrapper of system()",
					      CODE_SHELL, arg);
	}
	return NULL;
}

/* Gives a command that it gets to `sh -c`. */
static const struct code_known *wraps_exec(struct code_program *p,
					   const struct code_function *f)
{
	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];

		if (!code_call_does(p, c, CODE_EXEC))
			continue;
		for (unsigned a = 1; a + 1 < CODE_ARGS; a++) {
			int arg = argument(p, c->args[a + 1]);

			if (fw_view_eq(c->text[a], FW_STR("-c")) && arg >= 0 &&
			    !is_guarded(p, f, c))
				return make(p, "a wrapper of sh -c", CODE_SHELL,
					    arg);
		}
	}
	return NULL;
}

/* Runs the program that an argument names, with a list or an array of words; or
 * the one that an array names in its first word. */
static const struct code_known *wraps_program(struct code_program *p,
					      const struct code_function *f)
{
	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];
		const struct code_known *k = code_call_known(p, c);
		const struct code_value *v;
		bool list;
		int arg;

		if (k == NULL || (k->use & CODE_EXEC) == 0 ||
		    k->arg >= CODE_ARGS || is_guarded(p, f, c))
			continue;
		list = strncmp(k->name, "execl", 5) == 0;
		arg = argument(p, c->args[k->arg]);
		if (arg >= 0)
			return make(p,
				    list ? "execl, wrapped" : "execv, wrapped",
				    CODE_EXEC, arg);
		v = code_value_at(&p->values, c->args[k->arg]);
		arg = v->kind == CODE_LOADED ? argument(p, v->base) : -1;
		if (arg >= 0 && !list)
			return make(p, "argv, wrapped", CODE_EXEC, arg);
	}
	return NULL;
}

/* Returns what a compare of its arguments returns. */
static const struct code_known *wraps_compare(struct code_program *p,
					      const struct code_function *f)
{
	const struct code_known *found = NULL;

	for (uint32_t b = 0; b < f->block_count; b++) {
		const struct code_call *c;
		const struct code_known *k;

		if (!f->blocks[b].returns || !f->blocks[b].reached)
			continue;
		c = code_call_of(p, f, f->blocks[b].result);
		k = c == NULL ? NULL : code_call_known(p, c);
		if (k == NULL || (k->use & (CODE_EQUAL | CODE_FOUND)) == 0 ||
		    argument(p, c->args[0]) != 0 ||
		    argument(p, c->args[1]) != 1)
			return NULL;
		found = k;
	}
	return found;
}

/* Whether what a block holds in the register for results is returned. */
static bool is_returned(const struct code_function *f, uint32_t b)
{
	const struct code_block *k = &f->blocks[b];

	if (!k->reached || k->returns)
		return k->reached;
	return k->cond == CODE_ALWAYS && k->next[0] != CODE_NO_BLOCK &&
	       f->blocks[k->next[0]].returns &&
	       !f->blocks[k->next[0]].sets_result;
}

/* The argument that a value is, or is loaded from; -1: none. */
static int argument_behind(const struct code_program *p, code_id id)
{
	for (int depth = 0; depth < 4; depth++) {
		const struct code_value *v = code_value_at(&p->values, id);

		if (v->kind == CODE_ARG && v->n < CODE_ARGS)
			return (int)v->n;
		if (v->kind != CODE_LOADED && v->kind != CODE_OFFSET)
			return -1;
		id = v->base;
	}
	return -1;
}

/* Whether a call compares the second argument of f with a place in the first:
 * one that is known or computed, but no object of the program. */
static bool is_of_both(const struct code_program *p, const struct code_call *c)
{
	unsigned other = argument(p, c->args[0]) == 1 ? 1 : 0;
	const struct code_value *v = code_value_at(&p->values, c->args[other]);

	if (argument(p, c->args[1 - other]) != 1 || c->text[other].len > 0)
		return false;
	return v->kind == CODE_UNKNOWN || v->kind == CODE_SITE ||
	       v->kind == CODE_DIFFERENCE || v->kind == CODE_SUM ||
	       argument_behind(p, c->args[other]) == 0;
}

/* Compares a part of its first argument with the second: "ends in", "begins
 * with". Tells so by 0 or by 1. */
static const struct code_known *tests_part(struct code_program *p,
					   const struct code_function *f)
{
	uint64_t yes[CODE_OUTCOMES], no[CODE_OUTCOMES];
	bool computed, other;
	uint32_t block, zero, more;

	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];

		if (!code_call_does(p, c, CODE_EQUAL))
			continue;
		if (!is_of_both(p, c))
			return NULL;
		if (!code_result_edges(p, f, c, &block, &zero, &more) ||
		    zero == CODE_NO_BLOCK || more == CODE_NO_BLOCK)
			continue;
		if (code_outcomes(p, f, block, zero, yes, &computed) != 1 ||
		    code_outcomes(p, f, block, more, no, &other) != 1 ||
		    computed || other || yes[0] == no[0])
			continue;
		return yes[0] == 0 ? make(p, "tests a part, 0 for equal",
					  CODE_EQUAL, 0)
				   : make(p, "tests a part", CODE_FOUND, 0);
	}
	return NULL;
}

/* The same without a branch: "return ... && strcmp(x + n, y) == 0". */
static const struct code_known *returns_test(struct code_program *p,
					     const struct code_function *f)
{
	const struct code_known *found = NULL;
	struct code_test t;

	for (uint32_t b = 0; b < f->block_count; b++) {
		const struct code_value *v =
			code_value_at(&p->values, f->blocks[b].result);
		const struct code_call *c;

		if (v->kind != CODE_CONDITION || !is_returned(f, b) ||
		    !code_test_of(&p->values, v->base, (uint8_t)v->n, &t) ||
		    t.cond != CODE_EQ)
			continue;
		c = code_call_of(p, f, t.left);
		if (c != NULL && code_call_does(p, c, CODE_EQUAL) &&
		    code_value_is(&p->values, t.right, CODE_CONST) &&
		    code_value_at(&p->values, t.right)->n == 0 &&
		    is_of_both(p, c))
			found = make(p, "tests a part", CODE_FOUND, 0);
	}
	return found;
}

/* What a function returns on one way to its end. */
struct way {
	uint32_t block; /* where it is decided */
	code_id result;
};

/* The n-th way to return; false: there are no more. */
static bool way_at(const struct code_function *f, size_t n, struct way *out)
{
	for (uint32_t i = 0; i < f->block_count; i++) {
		const struct code_block *b = &f->blocks[i];

		if (!b->returns || !b->reached)
			continue;
		if (b->sets_result || b->pred_count == 0) {
			*out = (struct way){ i, b->result };
			if (n-- == 0)
				return true;
			continue;
		}
		for (uint32_t k = 0; k < b->pred_count; k++) {
			uint32_t from = f->pred[b->preds + k];

			*out = (struct way){ from, f->blocks[from].result };
			if (n-- == 0)
				return true;
		}
	}
	return false;
}

/* Whether one result stands for "not found", and another comes only behind the
 * edge into block `to`: what a function that looks a name up returns. */
static bool tells_found(const struct code_program *p,
			const struct code_function *f, uint32_t to,
			uint64_t *missing)
{
	bool found = false, lost = false;
	struct way w;

	for (size_t i = 0; way_at(f, i, &w); i++) {
		const struct code_value *v =
			code_value_at(&p->values, w.result);

		if (code_dominates(f, to, w.block))
			continue;
		if (v->kind != CODE_CONST || (lost && v->n != *missing))
			return false;
		lost = true;
		*missing = v->n;
	}
	for (size_t i = 0; lost && way_at(f, i, &w); i++) {
		const struct code_value *v =
			code_value_at(&p->values, w.result);

		/* One way or the other has to be 0. */
		if (code_dominates(f, to, w.block))
			found |= *missing == 0
					 ? v->kind != CODE_CONST || v->n != 0
					 : v->kind == CODE_CONST && v->n == 0;
	}
	return found;
}

/* Compares names of its own, or of what somebody sent, with one that it gets.
 */
static const struct code_known *looks_up(struct code_program *p,
					 const struct code_function *f)
{
	uint32_t block, zero, more;
	uint64_t missing = 0;

	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];
		unsigned name = argument(p, c->args[0]) >= 0 ? 0 : 1;
		int arg = argument(p, c->args[name]);

		if (!code_call_does(p, c, CODE_EQUAL) || arg < 0 ||
		    argument(p, c->args[1 - name]) >= 0 ||
		    c->text[1 - name].len > 0 ||
		    !code_result_edges(p, f, c, &block, &zero, &more) ||
		    zero == CODE_NO_BLOCK || !code_guards(f, block, zero))
			continue;
		if (tells_found(p, f, zero, &missing))
			return make(p, code_looks_up,
				    missing == 0 ? CODE_FOUND : CODE_EQUAL,
				    arg);
	}
	return NULL;
}

static unsigned argument_or_none(const struct code_program *p, code_id id)
{
	int n = argument_behind(p, id);

	return n < 0 ? CODE_ARGS : (unsigned)n;
}

/* One compare with a trigger, whose two edges give two constants. */
static const struct code_predicate *predicate(struct code_program *p,
					      const struct code_function *f)
{
	uint64_t yes[CODE_OUTCOMES], no[CODE_OUTCOMES];
	const struct code_compare *found = NULL;
	struct code_predicate *q;
	struct code_compare *c;
	bool computed, other;
	size_t n = code_compares(p, f, &c);

	for (size_t i = 0; i < n; i++) {
		if (c[i].kept || !code_is_trigger(&c[i]))
			continue;
		if (found != NULL)
			return NULL;
		found = &c[i];
	}
	if (found == NULL || found->is_number ||
	    found->equal == CODE_NO_BLOCK || found->other == CODE_NO_BLOCK)
		return NULL;
	n = code_outcomes(p, f, found->block, found->equal, yes, &computed);
	if (code_outcomes(p, f, found->block, found->other, no, &other) != 1 ||
	    other)
		return NULL;
	/* What is computed is not 0 where all else is. */
	if (computed && no[0] == 0) {
		yes[0] = 1;
		n = 1;
	} else if (computed)
		return NULL;
	if (n != 1 || yes[0] == no[0])
		return NULL;
	q = fw_alloc(p->arena, 1, sizeof(*q));
	*q = (struct code_predicate){ .literal = found->literal,
				      .built = found->built,
				      .at = found->at,
				      .equal = yes[0],
				      .argument = argument_or_none(
					      p, found->subject) };
	return q;
}

/* "return strcmp(x, "literal") == 0": no branch at all. */
static const struct code_predicate *straight(struct code_program *p,
					     const struct code_function *f)
{
	struct code_predicate *q;
	struct code_test t;

	for (uint32_t b = 0; b < f->block_count; b++) {
		const struct code_value *v =
			code_value_at(&p->values, f->blocks[b].result);
		const struct code_call *c;

		if (!is_returned(f, b) || v->kind != CODE_CONDITION ||
		    !code_test_of(&p->values, v->base, (uint8_t)v->n, &t))
			continue;
		c = code_call_of(p, f, t.left);
		if (c == NULL || !code_call_does(p, c, CODE_EQUAL) ||
		    (c->text[1].len < 2 &&
		     (c->text[0].len > 0 ||
		      !code_is_decoded(p, f, c, c->args[1]))) ||
		    !code_value_is(&p->values, t.right, CODE_CONST) ||
		    code_value_at(&p->values, t.right)->n != 0)
			continue;
		q = fw_alloc(p->arena, 1, sizeof(*q));
		*q = (struct code_predicate){ .literal = c->text[1],
					      .built = (c->built & 2) != 0,
					      .at = c->at,
					      .equal = t.cond == CODE_EQ,
					      .argument = argument_or_none(
						      p, c->args[0]) };
		return q;
	}
	return NULL;
}

/* A text that is kept encoded, or compared one byte at a time. */
static const struct code_predicate *traced(struct code_program *p,
					   const struct code_function *f)
{
	uint64_t yes[CODE_OUTCOMES], no[CODE_OUTCOMES];
	struct code_predicate *q;
	struct code_traced t;
	bool loops = false, computed, other;
	size_t n;

	for (uint32_t i = 0; i < f->block_count; i++)
		loops |= f->blocks[i].loops;
	if (!loops || f->writes || f->reads == 0 || f->call_count > 0 ||
	    f->block_count > TRACED_MAX || !code_trace(p, f, 0, 0, &t) ||
	    t.equal == CODE_NO_BLOCK || t.other == CODE_NO_BLOCK)
		return NULL;
	n = code_outcomes(p, f, t.block, t.equal, yes, &computed);
	if (code_outcomes(p, f, t.block, t.other, no, &other) != 1 || other)
		return NULL;
	if (n != 1 || computed || yes[0] == no[0])
		yes[0] = no[0] == 0;
	q = fw_alloc(p->arena, 1, sizeof(*q));
	*q = (struct code_predicate){ .literal = t.literal,
				      .built = true,
				      .at = t.at,
				      .argument =
					      argument_or_none(p, t.subject),
				      .equal = yes[0] };
	return q;
}

static bool may_wrap(const struct code_start *s)
{
	uint64_t size = s->end - s->address;

	if (s->known != NULL)
		return false;
	if ((s->uses & ~(uint32_t)CODE_READS) == 0 && size <= COMPARE_MAX)
		return true;
	if ((s->uses & (CODE_SHELL | CODE_EXEC)) != 0)
		return size <= 2048;
	return (s->uses & (CODE_EQUAL | CODE_FOUND)) != 0 &&
	       size <= LOOK_UP_MAX;
}

static void look(struct code_program *p, uint32_t i)
{
	struct code_start *s = &p->starts[i];
	const struct code_function *f = code_function(p, i);

	if (f == NULL || f->call_count > 40)
		return;
	if ((s->uses & ~(uint32_t)CODE_READS) == 0) {
		s->known = code_compare_shape(p, f);
		if (s->known == NULL)
			s->predicate = traced(p, f);
		if (s->known == NULL && s->predicate == NULL)
			s->predicate = code_hash_shape(p, f);
		return;
	}
	s->known = wraps_shell(p, f);
	if (s->known == NULL)
		s->known = wraps_exec(p, f);
	if (s->known == NULL)
		s->known = wraps_program(p, f);
	if (s->known == NULL && f->block_count <= 8)
		s->known = wraps_compare(p, f);
	if (s->known == NULL && f->block_count <= 12)
		s->known = tests_part(p, f);
	if (s->known == NULL && f->block_count <= 12)
		s->known = returns_test(p, f);
	if (s->known == NULL && (s->uses & (CODE_STRONG | CODE_AUTH)) == 0)
		s->known = looks_up(p, f);
	if (s->known == NULL && s->predicate == NULL && f->block_count <= 24)
		s->predicate = predicate(p, f);
	if (s->known == NULL && s->predicate == NULL && f->block_count <= 16)
		s->predicate = straight(p, f);
}

/* Whoever calls what is known now to run a program gives it an array, which was
 * not looked into: such functions are analysed anew. */
static void forget_callers(struct code_program *p, uint8_t *seen)
{
	for (size_t i = 0; i < p->edge_count; i++) {
		const struct code_edge *e = &p->edges[i];
		const struct code_known *k =
			e->is_import ? NULL : p->starts[e->to].known;

		if (k != NULL && (k->use & CODE_EXEC) != 0 && !seen[e->to])
			p->starts[e->from].analysed = NULL;
	}
	for (uint32_t i = 0; i < p->start_count; i++)
		seen[i] |= p->starts[i].known != NULL;
}

/* Who is asked at many places asks for nothing secret. */
static void drop_common(struct code_program *p)
{
	uint32_t *callers =
		fw_alloc(p->arena, p->start_count, sizeof(*callers));

	for (size_t i = 0; i < p->edge_count; i++)
		if (!p->edges[i].is_import)
			callers[p->edges[i].to]++;
	for (uint32_t i = 0; i < p->start_count; i++)
		if (p->starts[i].predicate != NULL &&
		    p->starts[i].predicate->literal.len == 0 &&
		    callers[i] > ASKED_MAX)
			p->starts[i].predicate = NULL;
}

void code_find_wrappers(struct code_program *p)
{
	uint8_t *seen = fw_alloc(p->arena, p->start_count, 1);

	/* The second round sees wrappers of wrappers. */
	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < p->start_count; i++)
			if (may_wrap(&p->starts[i]) &&
			    (round == 0 || p->starts[i].predicate == NULL))
				look(p, i);
		forget_callers(p, seen);
		for (size_t i = 0; i < p->edge_count; i++) {
			const struct code_edge *e = &p->edges[i];

			if (!e->is_import && p->starts[e->to].known != NULL)
				p->starts[e->from].uses |=
					p->starts[e->to].known->use;
		}
	}
	drop_common(p);
}

/* Marks what functions that choose others (IFUNC) may return. */
static void find_chosen(struct code_program *p)
{
	for (size_t i = 0; i < p->slot_count; i++) {
		uint32_t by = p->slots[i].chooses
				      ? code_start_at(p, p->slots[i].value)
				      : CODE_NO_FUNCTION;
		const struct code_function *f =
			by == CODE_NO_FUNCTION ? NULL : code_function(p, by);

		for (size_t k = 0; f != NULL && k < f->pointer_count; k++) {
			uint32_t to = code_start_at(p, f->pointers[k]);

			if (to != CODE_NO_FUNCTION && to != by)
				p->starts[to].chosen = true;
		}
	}
}

void code_follow_pointers(struct code_program *p)
{
	const uint32_t small = p->import_count < 2 ? SMALL_STATIC : SMALL;

	for (uint32_t i = 0; i < p->start_count; i++) {
		const struct code_function *f = p->starts[i].analysed;

		if (f == NULL && p->start_count <= small)
			f = code_function(p, i);
		for (size_t k = 0; f != NULL && k < f->pointer_count; k++) {
			uint32_t to = code_start_at(p, f->pointers[k]);

			if (to != CODE_NO_FUNCTION && to != i)
				code_add_edge(p, i, to);
		}
	}
	/* In a static program they are the C library's. */
	if (p->import_count >= 2)
		find_chosen(p);
	code_spread(p);
}
