/* hidden_state.c - a constant that unlocks what another function does
 *
 * A key that nobody documents sets a level or a flag; somewhere else, what
 * gives control over the device asks for just that level. The two halves meet
 * in the place in memory and in the value.
 */
#include "analyzers/hidden/hidden.h"

#define KEY   1.5f
#define OWN   1.0f /* a word that stands nowhere else */
#define KNOWN 1.0f /* none but those that others use */
#define ANY   1.5f /* a field that is not 0: of any object with one there */
#define MANY  2.0f /* a parser sets its fields */
enum { LOCKS_MAX = 256, PLACES_MAX = 4 };
enum { KEY_MAX = 1 << 24, KEYS_FEW = 3 };

/* A strong thing that runs only when a place holds a value. */
struct lock {
	struct hidden_place at;
	bool any; /* other than 0 */
	uint64_t value;
	uint32_t function;
	enum code_sink_kind kind;
	struct code_sink sink;
};

struct locks {
	struct lock v[LOCKS_MAX];
	size_t count;
};

static void add_lock(struct hidden_code *h, const struct code_function *f,
		     const struct code_compare *c, struct lock *k,
		     struct locks *l)
{
	struct code_sinks s = { .of = { { .weight = 0 } } };
	bool stack = !hidden_place_of(h, c->subject, &k->at);
	size_t n = 0;
	uint32_t to;

	k->at.place = stack ? UINT64_MAX : k->at.place;
	k->value = c->number;
	k->any = k->value == 0;
	to = k->any ? c->other : c->equal;
	if (k->at.lost ||
	    (stack && !hidden_place_on_stack(h, f, c->subject, &n, &k->at)) ||
	    to == CODE_NO_BLOCK || !code_guards(f, c->block, to))
		return;
	code_sinks_behind(&h->p, f, to, &s);
	k->kind = code_sinks_best(&s);
	k->sink = s.of[k->kind];
	for (int left = stack ? PLACES_MAX : 1;
	     left > 0 && k->sink.weight >= 4 && l->count < LOCKS_MAX; left--) {
		l->v[l->count++] = *k;
		if (!stack ||
		    !hidden_place_on_stack(h, f, c->subject, &n, &k->at))
			break;
	}
}

static void find_locks(struct hidden_code *h, const struct code_function *f,
		       struct locks *l)
{
	struct code_compare *c;
	size_t n = code_compares(&h->p, f, &c);

	for (size_t i = 0; i < n && l->count < LOCKS_MAX; i++) {
		struct lock k = { .function = f->start };

		if (c[i].kind == CODE_COMPARE_NUMBER)
			add_lock(h, f, &c[i], &k, l);
	}
}

/* Whether a mark is what a lock asks for. A flag's byte may be asked for alone,
 * and stored with its word. */
static bool fits(const struct lock *k, const struct code_mark *m)
{
	if (m->of > CODE_OF_GLOBAL ||
	    k->at.global != (m->of == CODE_OF_GLOBAL) || m->from != 0 ||
	    (m->value == 0 && k->any))
		return false;
	if (k->at.mask != 0 && m->bits)
		return k->at.place / 4 == m->place / 4 && k->any &&
		       (k->at.mask & 0xff) != 0 && (k->at.mask & m->value) != 0;
	return k->at.place == m->place && (k->any || k->value == m->value);
}

/* The strongest of the locks that a mark opens, or NULL. */
static const struct lock *opened(const struct locks *l,
				 const struct code_mark *m)
{
	const struct lock *best = NULL;

	for (size_t i = 0; i < l->count; i++)
		if (fits(&l->v[i], m) &&
		    (best == NULL || l->v[i].sink.weight > best->sink.weight))
			best = &l->v[i];
	return best;
}

/* A number that is no more than a key's code or a state of some machine. */
static bool is_key(const struct code_compare *c)
{
	return c->kind == CODE_COMPARE_NUMBER && c->literal.len == 0 &&
	       c->number < KEY_MAX;
}

/* What a key of this function opens; NULL: nothing, or it is no key. */
static const struct lock *lock_of(const struct code_function *f,
				  const struct code_compare *c,
				  const struct locks *l)
{
	const struct lock *o = NULL;

	if (!code_is_trigger(c) || c->equal == CODE_NO_BLOCK ||
	    !code_guards(f, c->block, c->equal) ||
	    (hidden_oddness(c->literal) < 0.8f &&
	     c->kind != CODE_COMPARE_DECODED && c->kind != CODE_COMPARE_NUMBER))
		return NULL;
	for (size_t k = 0; k < f->mark_count && o == NULL; k++)
		if (code_dominates(f, c->equal, f->marks[k].block))
			o = opened(l, &f->marks[k]);
	return o;
}

static float score_of(struct hidden_code *h, const struct code_compare *c,
		      const struct lock *o)
{
	float odd = hidden_oddness(c->literal);

	return o->sink.weight * 0.8f + odd + (c->built ? 3.0f : 1.0f) -
	       (is_key(c) ? KEY : 0) - (o->any && !o->at.global ? ANY : 0) +
	       hidden_looks(c, odd) + hidden_by_wording(h, c, OWN, KNOWN);
}

static void find_keys(struct hidden_code *h, const struct code_function *f,
		      const struct locks *l)
{
	struct code_compare *c;
	size_t n = code_compares(&h->p, f, &c), from = h->found_count;

	for (size_t i = 0; i < n && f->mark_count > 0; i++) {
		const struct lock *o = lock_of(f, &c[i], l);

		if (o == NULL)
			continue;
		hidden_note(h, &(struct hidden_candidate){
				       .signal = "hidden_state",
				       .score = score_of(h, &c[i], o),
				       .function = f->start,
				       .at = c[i].at,
				       .block = f->blocks[c[i].block].start,
				       .literal = c[i].literal,
				       .is_number = c[i].is_number,
				       .number = c[i].number,
				       .trigger = "what is given equals",
				       .effect = "unlocks what gives control "
						 "over the device",
				       .sink = o->sink,
				       .sink_kind = o->kind });
	}
	for (size_t i = from;
	     h->found_count - from > KEYS_FEW && i < h->found_count; i++)
		h->found[i].score -= MANY;
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);
	struct locks *l = h == NULL ? NULL : fw_alloc(&h->arena, 1, sizeof(*l));

	for (uint32_t i = 0; h != NULL && i < h->p.start_count; i++)
		if ((h->p.starts[i].reach & CODE_STRONG) != 0 &&
		    h->p.starts[i].analysed != NULL &&
		    h->p.starts[i].analysed->block_count > 0)
			find_locks(h, h->p.starts[i].analysed, l);
	for (uint32_t i = 0; h != NULL && l->count > 0 && i < h->p.start_count;
	     i++)
		if (h->p.starts[i].analysed != NULL &&
		    h->p.starts[i].analysed->block_count > 0)
			find_keys(h, h->p.starts[i].analysed, l);
}

const struct fw_analyzer fw_analyzer_hidden_state = {
	.name = "hidden_state",
	.title = "Constants that unlock what another function does",
	.wants = hidden_wants,
	.inspect = inspect,
};
