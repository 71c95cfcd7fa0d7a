/* library.c - the C library inside a static program, by the shape of functions
 *
 * System call wrappers by their number, compares by what they read and do not
 * write, system() by the words that it needs. Nothing is said of functions that
 * have names.
 */
#include "code/sink.h"

enum {
	WRAPPER_MAX = 160,
	COMPARE_MAX = 3000,
	SHELL_MAX = 2048,
	SHELL_TEXTS = 8,
	SLOTS_MAX = 256,
	WORD_MIN = 3,
	WORD_MAX = 40,
	NEVER = 0xff,
	START_DEPTH = 3,
	START_SIZE = 512,
	LIBRARY_MIN = 64 << 10
};

static const struct code_known compare_shape = { "a compare of two texts",
						 CODE_EQUAL, 0 };
static const struct code_known test_shape = { "a test of two texts", CODE_FOUND,
					      0 };
static const struct code_known late_compare = { code_looks_up, CODE_EQUAL, 2 };
static const struct code_known late_test = { code_looks_up, CODE_FOUND, 2 };
static const struct code_known shell_shape = { "a function like system()",
					       CODE_SHELL, 0 };
static const struct code_known auth_shape = { "a look into /etc/shadow",
					      CODE_AUTH, 0 };

/* The one system call that a small function makes. */
static const struct code_known *wrapper(const struct code_function *f)
{
	const struct code_known *k = NULL;

	for (size_t i = 0; i < f->call_count; i++) {
		if (f->calls[i].system == NULL)
			continue;
		if (k != NULL && k != f->calls[i].system)
			return NULL;
		k = f->calls[i].system;
	}
	return k;
}

/* Whether a function calls nobody but those that measure or turn letters. */
static bool only_looks(const struct code_program *p,
		       const struct code_function *f)
{
	static const char *const names[] = {
		"strlen",  "strnlen",		"tolower",
		"toupper", "ctype_tolower_loc", "ctype_toupper_loc"
	};

	for (size_t i = 0; i < f->call_count; i++) {
		struct fw_view name =
			code_bare_name(code_call_name(p, &f->calls[i]));
		size_t k = 0;

		while (k < sizeof(names) / sizeof(names[0]) &&
		       !fw_view_eq(name, fw_view_str(names[k])))
			k++;
		if (k == sizeof(names) / sizeof(names[0]))
			return false;
	}
	return true;
}

/* Reads what both arguments point to, writes nothing, calls nobody who does
 * more, and returns no pointer into them (which is a search). *truth: it
 * returns 1 or 0. */
static bool is_compare(const struct code_program *p,
		       const struct code_function *f, bool *truth)
{
	bool returns = false;
	uint64_t n;

	*truth = true;
	if (__builtin_popcount(f->reads & 7) != 2 || f->writes ||
	    f->block_count < 3 || !only_looks(p, f))
		return false;
	for (uint32_t i = 0; i < f->block_count; i++) {
		code_id base =
			code_value_base(&p->values, f->blocks[i].result, &n);
		const struct code_value *v =
			code_value_at(&p->values, f->blocks[i].result);

		if (!f->blocks[i].returns || !f->blocks[i].reached)
			continue;
		returns = true;
		*truth = *truth &&
			 ((v->kind == CODE_CONST && v->n <= 1) ||
			  (v->kind == CODE_CONDITION && v->n == CODE_EQ));
		if (code_value_is(&p->values, base, CODE_ARG))
			return false;
	}
	return returns;
}

const struct code_known *code_compare_shape(const struct code_program *p,
					    const struct code_function *f)
{
	bool loops = false, truth;

	for (uint32_t i = 0; i < f->block_count; i++)
		loops |= f->blocks[i].loops;
	if (!loops || !is_compare(p, f, &truth))
		return NULL;
	if ((f->reads & 3) == 3)
		return truth ? &test_shape : &compare_shape;
	/* Of an object and its length with a text. */
	return truth ? &late_test : &late_compare;
}

/* 1: a value is the truth of something; 0: it is 0 or 1; -1: neither. */
static int truth_of(const struct code_program *p, code_id id)
{
	const struct code_value *v = code_value_at(&p->values, id);

	if (v->kind == CODE_CONDITION)
		return 1;
	return v->kind == CODE_CONST && v->n <= 1 ? 0 : -1;
}

/* Whether a function returns nothing but the truth of something. */
static bool tells_truth(const struct code_program *p,
			const struct code_function *f)
{
	bool computed = false;

	for (uint32_t i = 0; i < f->block_count; i++) {
		const struct code_block *b = &f->blocks[i];
		int truth = truth_of(p, b->result);

		if (!b->returns || !b->reached)
			continue;
		if (b->result != 0 || b->sets_result) {
			if (truth < 0)
				return false;
			computed |= truth > 0;
			continue;
		}
		/* It came over the edges into this block. */
		for (uint32_t k = 0; k < b->pred_count; k++) {
			truth = truth_of(
				p, f->blocks[f->pred[b->preds + k]].result);
			if (truth < 0)
				return false;
			computed |= truth > 0;
		}
	}
	return computed;
}

const struct code_predicate *code_hash_shape(struct code_program *p,
					     const struct code_function *f)
{
	bool table = false, mixes = false, loops = false;
	struct code_predicate *q;

	for (size_t i = 0; i < f->pointer_count; i++)
		table |= !code_in_text(p, f->pointers[i]) &&
			 code_text(p, f->pointers[i]).len == 0;
	for (uint32_t i = 0; i < f->block_count; i++) {
		mixes |= f->blocks[i].mixes;
		loops |= f->blocks[i].loops;
	}
	if (!table || !mixes || !loops || f->writes || (f->reads & 1) == 0 ||
	    !tells_truth(p, f))
		return NULL;
	q = fw_alloc(p->arena, 1, sizeof(*q));
	*q = (struct code_predicate){ .built = true,
				      .at = p->starts[f->start].address,
				      .equal = 1 };
	return q;
}

static bool points_to(const struct code_program *p,
		      const struct code_function *f, const char *text)
{
	for (size_t i = 0; i < f->pointer_count; i++)
		if (fw_view_eq(code_text(p, f->pointers[i]), fw_view_str(text)))
			return true;
	return false;
}

static const struct code_known *by_words(const struct code_program *p,
					 const struct code_function *f)
{
	size_t texts = 0;

	for (size_t i = 0; i < f->pointer_count; i++)
		texts += code_text(p, f->pointers[i]).len > 1;
	/* Nothing else is said in it. */
	if (texts <= SHELL_TEXTS && points_to(p, f, "/bin/sh") &&
	    points_to(p, f, "-c"))
		return &shell_shape;
	return points_to(p, f, "/etc/shadow") ? &auth_shape : NULL;
}

static void name(struct code_program *p, uint32_t i)
{
	struct code_start *s = &p->starts[i];
	uint64_t size = s->end - s->address;
	const struct code_function *f;
	bool truth;

	if (s->known != NULL || s->name.len > 0 || size > COMPARE_MAX ||
	    (f = code_function(p, i)) == NULL)
		return;
	if (size <= WRAPPER_MAX)
		s->known = wrapper(f);
	if (s->known == NULL && is_compare(p, f, &truth))
		s->known = &compare_shape;
	if (s->known == NULL && size <= SHELL_MAX)
		s->known = by_words(p, f);
}

/* The functions that the n-th slot's function may choose from, one by one. */
static const struct code_function *chooser(struct code_program *p, size_t slot)
{
	uint32_t s = p->slots[slot].import != CODE_NO_IMPORT
			     ? CODE_NO_FUNCTION
			     : code_start_at(p, p->slots[slot].value);

	return s == CODE_NO_FUNCTION ? NULL : code_function(p, s);
}

/* Nothing else points to what is chosen from. */
static void add_chosen(struct code_program *p)
{
	uint64_t *list = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < p->slot_count && i < SLOTS_MAX; i++) {
		const struct code_function *f = chooser(p, i);

		for (size_t k = 0; f != NULL && k < f->pointer_count; k++) {
			if (!code_in_text(p, f->pointers[k]))
				continue;
			list = fw_grow(p->arena, list, &cap, n + 1,
				       sizeof(*list));
			list[n++] = f->pointers[k];
		}
	}
	if (n > 0)
		code_add_starts(p, list, n);
}

/* A function that chooses by the CPU is what those are that it chooses from. */
static void name_choosers(struct code_program *p)
{
	for (size_t i = 0; i < p->slot_count && i < SLOTS_MAX; i++) {
		const struct code_function *f = chooser(p, i);

		for (size_t k = 0; f != NULL && k < f->pointer_count; k++) {
			struct code_start *s = &p->starts[f->start];
			uint32_t pick = code_start_at(p, f->pointers[k]);

			if (pick != CODE_NO_FUNCTION && s->known == NULL)
				s->known = p->starts[pick].known;
		}
	}
}

/* The nearest function behind one that it calls; 0: none. */
static uint64_t called_next(struct code_program *p, uint32_t from)
{
	const struct code_function *f = code_function(p, from);
	uint64_t at = p->starts[from].address, next = 0, to;

	for (size_t i = 0; f != NULL && i < f->call_count; i++) {
		if (f->calls[i].function == CODE_NO_FUNCTION)
			continue;
		to = p->starts[f->calls[i].function].address;
		if (to > at && (next == 0 || to < next))
			next = to;
	}
	/* Start files in assembler load addresses as no compiler does. */
	for (size_t i = 0; next == 0 && i < p->edge_count; i++)
		if (p->edges[i].from == from && !p->edges[i].is_import &&
		    p->starts[p->edges[i].to].address > at)
			next = p->starts[p->edges[i].to].address;
	return next;
}

/* Linkers put what a static program is made of one after the other: the start
 * file, the program's own code, its libraries, and the C library at the end,
 * of which the start file calls the first function. 0: it cannot be told. */
static uint64_t library_of(struct code_program *p)
{
	uint64_t at = p->elf.h.e_entry & ~UINT64_C(1), next = 0, end = 0;

	for (uint32_t i = 0; i < p->start_count; i++)
		end = p->starts[i].end > end ? p->starts[i].end : end;
	/* Some start files go on in a function of their own. */
	for (int depth = 0; depth < START_DEPTH; depth++) {
		uint32_t from = code_start_at(p, at);

		next = from == CODE_NO_FUNCTION ? 0 : called_next(p, from);
		if (next == 0)
			return 0;
		if (next - at > START_SIZE)
			break;
		at = next;
	}
	return end > next && end - next > LIBRARY_MIN ? next : 0;
}

enum use { COMPARES, MAY_COMPARE, OTHER_USE };

/* Whether a call is how own code asks whether two texts are equal: one of them
 * is a word, and what comes out is a number that is tested, or kept. */
static enum use use_of(const struct code_program *p,
		       const struct code_function *f, const struct code_call *c)
{
	struct fw_view t = c->text[1].len > 0 ? c->text[1] : c->text[0];
	struct code_test test;

	if (t.len < WORD_MIN || t.len > WORD_MAX ||
	    (c->text[0].len > 0 && c->text[1].len > 0) ||
	    memchr(t.data, '%', t.len) != NULL ||
	    memchr(t.data, '/', t.len) != NULL)
		return OTHER_USE;
	for (uint32_t b = 0; b < f->block_count; b++) {
		const struct code_block *k = &f->blocks[b];
		const struct code_value *v;

		if (!k->reached || k->cond == CODE_ALWAYS ||
		    !code_test_of(&p->values, k->flags, k->cond, &test))
			continue;
		v = code_value_at(&p->values, test.left);
		if (v->kind == CODE_RESULT && v->n == c->at)
			return test.size == 4 && (test.cond == CODE_EQ ||
						  test.cond == CODE_NE)
				       ? COMPARES
				       : OTHER_USE;
	}
	return MAY_COMPARE;
}

/* What has no shape is told by its use: strcasecmp() of 64-bit programs, where
 * what a search returns is wider than what a compare does. */
static void name_by_use(struct code_program *p)
{
	uint8_t *asked = fw_alloc(p->arena, p->start_count, 1);

	for (uint32_t i = 0; i < p->start_count; i++) {
		const struct code_function *f =
			p->starts[i].address >= p->library
				? NULL
				: p->starts[i].analysed;

		for (size_t k = 0; f != NULL && k < f->call_count; k++) {
			uint32_t to = f->calls[k].function;

			if (to == CODE_NO_FUNCTION || asked[to] == NEVER ||
			    p->starts[to].known != NULL ||
			    !code_spend(p, f->block_count))
				continue;
			switch (use_of(p, f, &f->calls[k])) {
			case COMPARES:
				asked[to] = 1;
				break;
			case OTHER_USE:
				asked[to] = NEVER;
				break;
			default:
				break;
			}
		}
	}
	for (uint32_t i = 0; i < p->start_count; i++)
		if (asked[i] == 1 && p->starts[i].address >= p->library)
			p->starts[i].known = &compare_shape;
}

void code_find_library(struct code_program *p)
{
	add_chosen(p);
	for (uint32_t i = 0; i < p->start_count; i++)
		name(p, i);
	name_choosers(p);
	p->library = library_of(p);
	if (p->library != 0 && p->word == 8)
		name_by_use(p);
	for (uint32_t i = 0; i < p->start_count; i++) {
		const struct code_function *f = p->starts[i].analysed;

		for (size_t k = 0; f != NULL && k < f->call_count; k++) {
			const struct code_known *n =
				code_call_known(p, &f->calls[k]);

			if (n != NULL)
				p->starts[i].uses |= n->use;
		}
	}
	code_spread(p);
}
