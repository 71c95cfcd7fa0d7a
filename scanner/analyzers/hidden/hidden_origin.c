/* hidden_origin.c - where a value that is compared comes from
 *
 * Within its function from the calls that made it or filled its buffer. Where
 * it is what the caller gives, from what the callers give.
 */
#include "analyzers/hidden/hidden.h"

#include <stdlib.h>

enum { OBJECT_MAX = 4096 /* bytes of one on the stack */ };
enum { BUFFER_MAX = 4096, CLOCK_MAX = 64 };
enum { CALLERS_MAX = 4, LEVELS_MAX = 2 };
enum { RESULT = 0xff, PARTS_MAX = 4 };

/* Who takes something apart or copies it: what comes out is what went in. */
static const struct {
	const char *name;
	uint8_t out; /* the first argument that gets it; RESULT: none does */
	uint8_t in;
} parts[] = {
	{ "sscanf", 2, 0 },	   { "strtok", RESULT, 0 },
	{ "strtok_r", RESULT, 0 }, { "strsep", RESULT, 0 },
	{ "strdup", RESULT, 0 },   { "strndup", RESULT, 0 },
	{ "strtol", RESULT, 0 },   { "strtoul", RESULT, 0 },
	{ "strtoll", RESULT, 0 },  { "strtoull", RESULT, 0 },
	{ "atoi", RESULT, 0 },	   { "atol", RESULT, 0 },
	{ "memcpy", 0, 1 },	   { "memmove", 0, 1 },
	{ "strcpy", 0, 1 },	   { "strncpy", 0, 1 },
	{ "strlcpy", 0, 1 },	   { "snprintf", 0, 3 },
	{ "sprintf", 0, 2 },	   { "snprintf_chk", 0, 5 },
	{ "sprintf_chk", 0, 4 },   { "memcpy_chk", 0, 1 },
	{ "strcpy_chk", 0, 1 },	   { "strncpy_chk", 0, 1 },
};

/* What a call that does this gives. */
static const char *of_use(uint32_t use, bool *outside)
{
	*outside = true;
	if ((use & CODE_ENV) != 0)
		return "an environment variable";
	if ((use & CODE_RECEIVE) != 0)
		return "what is received";
	*outside = false;
	if ((use & CODE_CLOCK) != 0)
		return HIDDEN_TIME;
	if ((use & CODE_HOST) != 0)
		return HIDDEN_HOST;
	if ((use & CODE_FILE) != 0)
		return "a file's state";
	return NULL;
}

/* What one of the program's own functions receives itself, it may put into the
 * buffer that it gets. */
static uint32_t uses_of(const struct hidden_code *h, const struct code_call *c)
{
	return c->function == CODE_NO_FUNCTION
		       ? 0
		       : h->p.starts[c->function].reach & CODE_RECEIVE;
}

/* Whether a call reads from what was opened by a file's name. */
static bool is_of_file(const struct hidden_code *h,
		       const struct code_function *f, const struct code_call *c)
{
	for (unsigned i = 0; i < 4; i++) {
		const struct code_call *s = code_call_of(&h->p, f, c->args[i]);

		if (s != NULL && code_call_does(&h->p, s, CODE_FILE))
			return true;
	}
	return false;
}

/* Which of them a call calls; sizeof(parts) / sizeof(parts[0]): none. */
static size_t part_of(const struct hidden_code *h, const struct code_call *c)
{
	struct fw_view name = code_bare_name(code_call_name(&h->p, c));
	size_t i = 0;

	while (i < sizeof(parts) / sizeof(parts[0]) &&
	       !fw_view_eq(name, fw_view_str(parts[i].name)))
		i++;
	return i;
}

/* What such a call was given; strtok(NULL, ...) goes on with what an earlier
 * one was. 0: it cannot be told. */
static code_id given_to(const struct hidden_code *h,
			const struct code_function *f,
			const struct code_call *c, size_t part)
{
	code_id in = c->args[parts[part].in];
	const struct code_value *v = code_value_at(&h->p.values, in);

	if (v->kind != CODE_CONST || v->n != 0)
		return in;
	for (const struct code_call *k = code_calls_before(f, c); k < c; k++) {
		v = code_value_at(&h->p.values, k->args[parts[part].in]);
		if (part_of(h, k) == part &&
		    (v->kind != CODE_CONST || v->n != 0))
			return k->args[parts[part].in];
	}
	return 0;
}

/* What was put into a buffer, or a result, out of something else; 0: none. */
static code_id made_of(const struct hidden_code *h,
		       const struct code_function *f, code_id id)
{
	const size_t none = sizeof(parts) / sizeof(parts[0]);
	const struct code_call *r = code_call_of(&h->p, f, id);
	size_t part = r == NULL ? none : part_of(h, r);

	if (part < none)
		return parts[part].out == RESULT ? given_to(h, f, r, part) : 0;
	for (size_t i = 0; r == NULL && i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];
		bool gets = false;

		for (unsigned a = 0; a < CODE_ARGS; a++)
			gets |= c->args[a] == id;
		if (!gets || (part = part_of(h, c)) == none ||
		    parts[part].out == RESULT)
			continue;
		if (parts[part].out == 0 ? c->args[0] == id : c->args[0] != id)
			return given_to(h, f, c, part);
	}
	return 0;
}

/* How far an address lies behind where a call writes; SIZE_MAX: not there. Of
 * an object of which nothing is known but where it begins: 0. */
static size_t distance(const struct hidden_code *h, code_id to, code_id at,
		       uint32_t use)
{
	const struct code_value *w = code_value_at(&h->p.values, to);
	const struct code_value *v = code_value_at(&h->p.values, at);
	size_t most = (use & CODE_CLOCK) != 0 ? CLOCK_MAX : BUFFER_MAX;

	if (to == 0)
		return SIZE_MAX;
	if (to == at)
		return 0;
	if (w->kind != v->kind ||
	    (v->kind != CODE_STACK && v->kind != CODE_CONST) || v->n < w->n ||
	    v->n - w->n >= most)
		return SIZE_MAX;
	return (size_t)(v->n - w->n);
}

/* The call that fills a buffer, and what such a call does: of several that
 * may, the one that writes nearest before it. NULL: none does. */
static const struct code_call *filled_by(struct hidden_code *h,
					 const struct code_function *f,
					 code_id buffer, uint32_t *use)
{
	const struct code_call *best = NULL;
	size_t nearest = SIZE_MAX;
	uint64_t at;

	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];
		const struct code_known *k = code_call_known(&h->p, c);
		uint32_t does = k != NULL ? k->use : uses_of(h, c);

		if ((does & (CODE_RECEIVE | CODE_HOST | CODE_CLOCK)) == 0)
			continue;
		for (unsigned a = 0; a < 3; a++) {
			code_id to =
				code_value_base(&h->p.values, c->args[a], &at);
			size_t d = distance(h, to, buffer, does);

			if (d >= nearest)
				continue;
			nearest = d;
			best = c;
			*use = does;
		}
	}
	return best;
}

/* A buffer that a call fills is what that call gives. */
static const char *of_buffer(struct hidden_code *h,
			     const struct code_function *f, code_id buffer,
			     bool *outside)
{
	uint64_t n;
	uint32_t use = 0;
	code_id base = code_value_base(&h->p.values, buffer, &n);
	const struct code_value *v = code_value_at(&h->p.values, base);
	const struct code_call *c;

	*outside = false;
	if (v->kind != CODE_STACK && v->kind != CODE_CONST &&
	    v->kind != CODE_LOADED && v->kind != CODE_RESULT)
		return NULL;
	c = filled_by(h, f, base, &use);
	if (c == NULL)
		return NULL;
	return (use & CODE_RECEIVE) != 0 && is_of_file(h, f, c)
		       ? HIDDEN_OF_FILE
		       : of_use(use, outside);
}

static int by_callee(const void *a, const void *b, void *edges)
{
	const struct code_edge *x =
		(const struct code_edge *)edges + *(const uint32_t *)a;
	const struct code_edge *y =
		(const struct code_edge *)edges + *(const uint32_t *)b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return (x->from > y->from) - (x->from < y->from);
}

static void list_callers(struct hidden_code *h)
{
	const struct code_program *p = &h->p;

	h->callers = fw_alloc(&h->arena, p->edge_count, sizeof(*h->callers));
	for (size_t i = 0; i < p->edge_count; i++)
		if (!p->edges[i].is_import)
			h->callers[h->caller_count++] = (uint32_t)i;
	if (h->caller_count > 1)
		qsort_r(h->callers, h->caller_count, sizeof(*h->callers),
			by_callee, p->edges);
}

/* The first of the edges that lead to a function. */
static size_t first_caller(const struct hidden_code *h, uint32_t function)
{
	size_t low = 0, high = h->caller_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (h->p.edges[h->callers[mid]].to < function)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const char *origin(struct hidden_code *h, const struct code_function *f,
			  code_id subject, int level, bool *outside);

/* What one caller gives as the n-th argument. */
static const char *from_caller(struct hidden_code *h, uint32_t caller,
			       uint32_t function, unsigned n, int level,
			       bool *outside)
{
	const struct code_function *f = code_function(&h->p, caller);
	const char *words = NULL;

	for (size_t i = 0; f != NULL && i < f->call_count; i++) {
		const char *w;

		if (f->calls[i].function != function)
			continue;
		w = origin(h, f, f->calls[i].args[n], level, outside);
		if (*outside)
			return w;
		words = words == NULL ? w : words;
	}
	return words;
}

static const char *from_callers(struct hidden_code *h, uint32_t function,
				uint64_t n, int level, bool *outside)
{
	const char *words = NULL;
	size_t i, left = CALLERS_MAX;
	uint32_t last = CODE_NO_FUNCTION;

	*outside = false;
	if (level == LEVELS_MAX || n >= CODE_ARGS || !code_spend(&h->p, 16))
		return NULL;
	if (h->callers == NULL)
		list_callers(h);
	/* Called through a pointer only: it handles requests. */
	i = first_caller(h, function);
	if (level == 0 &&
	    (i == h->caller_count ||
	     h->p.edges[h->callers[i]].to != function) &&
	    !h->p.starts[function].exported && hidden_is_reached(h)) {
		*outside = true;
		return HIDDEN_BROUGHT;
	}
	for (i = first_caller(h, function);
	     left > 0 && i < h->caller_count &&
	     h->p.edges[h->callers[i]].to == function;
	     i++) {
		uint32_t from = h->p.edges[h->callers[i]].from;
		const char *w;

		if (from == last || from == function)
			continue;
		last = from;
		left--;
		w = from_caller(h, from, function, (unsigned)n, level + 1,
				outside);
		if (*outside)
			return w;
		words = words == NULL ? w : words;
	}
	return words;
}

static const char *origin(struct hidden_code *h, const struct code_function *f,
			  code_id subject, int level, bool *outside)
{
	int left = PARTS_MAX;

	for (int depth = 0; depth < 6; depth++) {
		const struct code_value *v =
			code_value_at(&h->p.values, subject);
		const struct code_call *c = code_call_of(&h->p, f, subject);
		const struct code_known *k =
			c == NULL ? NULL : code_call_known(&h->p, c);
		const char *words = NULL;

		*outside = false;
		if (k != NULL)
			words = of_use(k->use, outside);
		if (words == NULL)
			words = of_buffer(h, f, subject, outside);
		if (words != NULL)
			return words;

		code_id source = left > 0 ? made_of(h, f, subject) : 0;

		if (source != 0 && source != subject) {
			subject = source;
			depth = 0;
			left--;
			continue;
		}
		if (v->kind == CODE_RESULT) {
			if (k == NULL && c != NULL && is_of_file(h, f, c))
				return HIDDEN_OF_FILE;
			if (k == NULL || (k->use & CODE_READS) == 0 ||
			    k->arg != 1)
				return NULL;
			subject = c->args[0];
			continue;
		}
		if (v->kind == CODE_ARG) {
			words = from_callers(h, f->start, v->n, level, outside);
			return words != NULL ? words : "what the caller gives";
		}
		if (v->kind != CODE_LOADED && v->kind != CODE_OFFSET &&
		    v->kind != CODE_XORED && v->kind != CODE_MASKED &&
		    v->kind != CODE_MIXED)
			return NULL;
		subject = v->base;
	}
	return NULL;
}

const char *hidden_origin(struct hidden_code *h, const struct code_function *f,
			  code_id subject, bool *outside)
{
	return origin(h, f, subject, 0, outside);
}

bool hidden_place_of(const struct hidden_code *h, code_id subject,
		     struct hidden_place *to)
{
	const struct code_value *v = code_value_at(&h->p.values, subject);
	code_id base;

	if (v->kind == CODE_MASKED) {
		to->mask = v->n;
		v = code_value_at(&h->p.values, v->base);
	}
	to->lost = v->kind == CODE_SITE && v->base != 0;
	if (to->lost)
		to->place = v->base;
	if (v->kind != CODE_LOADED)
		return to->lost;
	base = code_value_base(&h->p.values, v->base, &to->place);
	const struct code_value *b = code_value_at(&h->p.values, base);

	to->global = b->kind == CODE_CONST;
	if (b->kind == CODE_CONST)
		to->place += b->n;
	return base != 0 && b->kind != CODE_STACK;
}

bool hidden_offset_on_stack(const struct hidden_code *h,
			    const struct code_function *f, uint64_t at,
			    size_t *n, struct hidden_place *to)
{
	for (; *n < f->call_count * CODE_ARGS; ++*n) {
		const struct code_call *c = &f->calls[*n / CODE_ARGS];
		const struct code_value *w =
			code_value_at(&h->p.values, c->args[*n % CODE_ARGS]);

		if (c->import != CODE_NO_IMPORT || w->kind != CODE_STACK ||
		    at - w->n >= OBJECT_MAX || to->place == at - w->n)
			continue;
		to->place = at - w->n;
		return true;
	}
	return false;
}

bool hidden_place_on_stack(const struct hidden_code *h,
			   const struct code_function *f, code_id subject,
			   size_t *n, struct hidden_place *to)
{
	const struct code_value *v = code_value_at(&h->p.values, subject);

	if (v->kind == CODE_MASKED) {
		to->mask = v->n;
		v = code_value_at(&h->p.values, v->base);
	}
	if (v->kind != CODE_LOADED)
		return false;
	v = code_value_at(&h->p.values, v->base);
	return v->kind == CODE_STACK &&
	       hidden_offset_on_stack(h, f, v->n, n, to);
}

bool hidden_is_from(const char *from, const char *what)
{
	return from != NULL && strcmp(from, what) == 0;
}

const char *hidden_trigger(struct hidden_code *h, const struct code_compare *c,
			   const char *from)
{
	if (c->kind == CODE_COMPARE_DECODED)
		return "a text equals one that the program keeps encoded";
	return fw_sprintf(&h->arena, "%s %s", from == NULL ? "a value" : from,
			  c->kind == CODE_COMPARE_SEARCH ? "contains"
							 : "equals");
}
