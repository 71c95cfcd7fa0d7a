/* hidden_right.c - a constant gives a right that else only a check gives
 *
 * Who may do what is kept in a field or a variable: admin, paired, logged in.
 * It is told by who sets it, what checks a password or compares with what the
 * owner has set, and by who asks for it, what else says "denied". Where a
 * constant sets it as well, that is a second key to the same door.
 */
#include "analyzers/hidden/hidden.h"
#include "code/outcome.h"

enum { PLACES_MAX = 4, LEVEL_MAX = 9 };
enum { STORED_MAX = 4 /* functions */ };
enum { RIGHTS_MAX = 512, COMPARES_MAX = 256, TEXTS_MAX = 160 };

/* How sure it is that a place holds a right, by what tells so. */
#define BY_AUTH	   3.0f
#define BY_COMPARE 1.5f
#define BY_DENIAL  2.5f
#define SURE	   3.5f

struct held {
	struct hidden_place at;
	bool any; /* any value but 0 gives it */
	uint64_t value;
	float sure;
};

struct hidden_rights {
	struct held v[RIGHTS_MAX];
	size_t count;
};

static void add(struct hidden_rights *r, const struct held *add)
{
	for (size_t i = 0; i < r->count; i++) {
		struct held *k = &r->v[i];

		if (k->at.global != add->at.global ||
		    k->at.place != add->at.place || k->any != add->any ||
		    k->value != add->value)
			continue;
		/* Two that say so make it surer. */
		k->sure = (k->sure > add->sure ? k->sure : add->sure) + 0.3f;
		return;
	}
	if (r->count < RIGHTS_MAX)
		r->v[r->count++] = *add;
}

static bool says_no(struct fw_view t)
{
	static const char *const words[] = {
		"denied", "Denied",    "DENIED",    "ogin",    "LOGIN",
		"logged", "ERR",       "not open",  "NO ",     "need ",
		"PIN",	  "not auth",  "uthoriz",   "AUTH",    "403",
		"401",	  "ermission", "not allow", "assword", "refused",
		"orbidd", "locked",    "LOCKED",    "rivileg", " first",
	};

	for (size_t i = 0;
	     t.len < TEXTS_MAX && i < sizeof(words) / sizeof(words[0]); i++)
		if (fw_view_find(t, fw_view_str(words[i]), 0) != SIZE_MAX)
			return true;
	return false;
}

/* Whether what runs only behind the edge into block `to` says no. */
static bool denies(const struct hidden_code *h, const struct code_function *f,
		   uint32_t to)
{
	for (size_t i = 0; i < f->call_count; i++)
		for (unsigned a = 0; a < CODE_ARGS; a++)
			if (f->calls[i].text[a].len > 0 &&
			    code_dominates(f, to, f->calls[i].block) &&
			    says_no(f->calls[i].text[a]))
				return true;
	for (uint32_t b = 0; b < f->block_count; b++) {
		const struct code_value *v =
			code_value_at(&h->p.values, f->blocks[b].result);

		if (f->blocks[b].reached && v->kind == CODE_CONST &&
		    code_dominates(f, to, b) && says_no(code_text(&h->p, v->n)))
			return true;
	}
	return false;
}

/* The same of what comes next, where others may come as well. */
static bool denies_at_once(const struct code_function *f, uint32_t to)
{
	for (int left = 2; left > 0 && to != CODE_NO_BLOCK; left--) {
		for (size_t i = 0; i < f->call_count; i++)
			for (unsigned a = 0; a < CODE_ARGS; a++)
				if (f->calls[i].block == to &&
				    f->calls[i].text[a].len > 0 &&
				    says_no(f->calls[i].text[a]))
					return true;
		if (f->blocks[to].cond != CODE_ALWAYS)
			return false;
		to = f->blocks[to].next[0];
	}
	return false;
}

/* Notes a place on the stack as what it is to those who are given the object.
 */
static void add_on_stack(const struct hidden_code *h,
			 const struct code_function *f, uint64_t at,
			 struct held *k, struct hidden_rights *r)
{
	size_t n = 0;

	k->at = (struct hidden_place){ .place = UINT64_MAX };
	for (int left = PLACES_MAX;
	     left > 0 && hidden_offset_on_stack(h, f, at, &n, &k->at); left--)
		add(r, k);
}

static void add_asked(const struct hidden_code *h,
		      const struct code_function *f, code_id subject,
		      struct held *k, struct hidden_rights *r)
{
	const struct code_value *v = code_value_at(&h->p.values, subject);

	k->at = (struct hidden_place){ .place = 0 };
	if (hidden_place_of(h, subject, &k->at))
		add(r, k);
	else if (v->kind == CODE_LOADED &&
		 code_value_is(&h->p.values, v->base, CODE_STACK))
		add_on_stack(h, f, code_value_at(&h->p.values, v->base)->n, k,
			     r);
}

/* The block that is entered where a number is too low; CODE_NO_BLOCK: it is no
 * such question. */
static uint32_t refused(const struct code_compare *c, unsigned turn)
{
	if (c->kind == CODE_COMPARE_NUMBER)
		return turn == 0 && c->number == 0 ? c->equal : CODE_NO_BLOCK;
	/* "level < 2": on either side. */
	if (c->kind != CODE_COMPARE_ORDER || c->number > LEVEL_MAX)
		return CODE_NO_BLOCK;
	return turn == 0 ? c->equal : c->other;
}

/* Places that are asked for before something is done, and else it is denied. */
static void find_asked(struct hidden_code *h, const struct code_function *f,
		       struct hidden_rights *r)
{
	struct code_compare *c;
	size_t n = code_compares(&h->p, f, &c);

	for (size_t i = 0; i < n * 2 && n < COMPARES_MAX; i++) {
		struct held k = { .any = true, .sure = BY_DENIAL };
		uint32_t to = refused(&c[i / 2], i % 2);
		const struct code_value *v =
			code_value_at(&h->p.values, c[i / 2].subject);

		if (to == CODE_NO_BLOCK ||
		    !code_spend(&h->p, f->call_count / 4) ||
		    !(code_guards(f, c[i / 2].block, to)
			      ? denies(h, f, to)
			      : denies_at_once(f, to)))
			continue;
		/* "a || b": neither is set. */
		if (v->kind == CODE_EITHER) {
			add_asked(h, f, v->base, &k, r);
			add_asked(h, f, (code_id)v->n, &k, r);
		} else
			add_asked(h, f, c[i / 2].subject, &k, r);
	}
}

/* How sure it is that a call checks what somebody gives against what the owner
 * has set; 0: it does not. *zero: it says yes by 0. */
static float checks(struct hidden_code *h, const struct code_call *c,
		    bool *zero)
{
	const struct code_known *k = code_call_known(&h->p, c);

	*zero = false;
	if (k != NULL && (k->use & CODE_EQUAL) != 0 &&
	    !code_is_fixed(&h->p, c, 0) && !code_is_fixed(&h->p, c, 1)) {
		*zero = true;
		return BY_COMPARE;
	}
	if (k != NULL && (k->use & CODE_FOUND) != 0 &&
	    c->function != CODE_NO_FUNCTION && !code_is_fixed(&h->p, c, 0) &&
	    !code_is_fixed(&h->p, c, 1))
		return BY_COMPARE;
	if (k != NULL || c->function == CODE_NO_FUNCTION)
		return 0;
	return (h->p.starts[c->function].reach & CODE_AUTH) != 0 ? BY_AUTH : 0;
}

/* How sure it is that a value is the verdict of such a check. */
static float is_verdict(struct hidden_code *h, const struct code_function *f,
			code_id id)
{
	const struct code_value *v = code_value_at(&h->p.values, id);
	struct code_test t;
	bool zero;

	if (v->kind == CODE_CONDITION) {
		if (!code_test_of(&h->p.values, v->base, (uint8_t)v->n, &t) ||
		    code_value_at(&h->p.values, t.right)->kind != CODE_CONST)
			return 0;
		id = t.left;
	}
	const struct code_call *c = code_call_of(&h->p, f, id);
	const struct code_start *s;
	float sure = c == NULL ? 0 : checks(h, c, &zero);

	if (sure > 0 && (v->kind == CODE_CONDITION || !zero))
		return sure;
	if (c == NULL || c->function == CODE_NO_FUNCTION)
		return 0;
	s = &h->p.starts[c->function];
	return s->known == NULL && s->predicate == NULL &&
			       (s->uses & CODE_EQUAL) != 0
		       ? BY_COMPARE
		       : 0;
}

static struct held right_of(const struct code_mark *m, float sure)
{
	return (struct held){
		.at = { .global = m->of == CODE_OF_GLOBAL, .place = m->place },
		.any = m->from != 0 || m->bits,
		.value = m->from != 0 || m->bits ? 0 : m->value,
		.sure = sure,
	};
}

/* The block that is entered only once a call has checked something, and how
 * sure it is that it has; CODE_NO_BLOCK: it checks nothing. */
static uint32_t passed(struct hidden_code *h, const struct code_function *f,
		       const struct code_call *c, float *sure)
{
	uint32_t block, zero, other, to;
	bool at_zero;

	*sure = checks(h, c, &at_zero);
	if (*sure == 0 || !code_spend(&h->p, f->block_count / 8) ||
	    !code_result_edges(&h->p, f, c, &block, &zero, &other))
		return CODE_NO_BLOCK;
	to = at_zero ? zero : other;
	return to != CODE_NO_BLOCK && code_guards(f, block, to) ? to
								: CODE_NO_BLOCK;
}

/* Places that are set once a check has been passed, or to what it says. */
static void find_granted(struct hidden_code *h, const struct code_function *f,
			 struct hidden_rights *r)
{
	for (size_t i = 0; i < f->mark_count; i++) {
		float sure = f->marks[i].from == 0
				     ? 0
				     : is_verdict(h, f, f->marks[i].from);
		struct held k = right_of(&f->marks[i], sure);

		if (sure > 0)
			add(r, &k);
	}
	for (size_t i = 0; i < f->call_count && f->mark_count > 0; i++) {
		float sure;
		uint32_t to = passed(h, f, &f->calls[i], &sure);

		if (to == CODE_NO_BLOCK)
			continue;
		for (size_t k = 0; k < f->mark_count; k++) {
			struct held w = right_of(&f->marks[k], sure);

			if (f->marks[k].from != 0 || f->marks[k].value == 0 ||
			    !code_dominates(f, to, f->marks[k].block))
				continue;
			if (f->marks[k].of == CODE_OF_STACK)
				add_on_stack(h, f, f->marks[k].place, &w, r);
			else
				add(r, &w);
		}
	}
}

/* Whether a check was passed before a mark is set. */
static bool is_checked(struct hidden_code *h, const struct code_function *f,
		       const struct code_mark *m)
{
	for (size_t i = 0; i < f->call_count; i++) {
		float sure;
		uint32_t to = passed(h, f, &f->calls[i], &sure);

		if (to != CODE_NO_BLOCK && code_dominates(f, to, m->block))
			return true;
	}
	return false;
}

/* The surest right that a mark gives, or NULL. */
static const struct held *given_at(const struct hidden_rights *r,
				   const struct code_mark *m, uint64_t place)
{
	const struct held *best = NULL;

	for (size_t i = 0; i < r->count; i++) {
		const struct held *k = &r->v[i];

		if (k->at.global == (m->of == CODE_OF_GLOBAL) &&
		    k->at.place == place &&
		    (k->any || m->from != 0 || k->value == m->value) &&
		    (best == NULL || k->sure > best->sure))
			best = k;
	}
	return best;
}

static const struct held *given(const struct hidden_code *h,
				const struct code_function *f,
				const struct hidden_rights *r,
				const struct code_mark *m)
{
	struct hidden_place at = { .place = UINT64_MAX };
	const struct held *k = NULL;
	size_t n = 0;

	if (m->of != CODE_OF_STACK)
		return given_at(r, m, m->place);
	for (int left = PLACES_MAX;
	     k == NULL && left > 0 &&
	     hidden_offset_on_stack(h, f, m->place, &n, &at);
	     left--)
		k = given_at(r, m, at.place);
	return k;
}

/* Whether a compare decides what a mark is set to. */
static bool sets(struct hidden_code *h, const struct code_function *f,
		 const struct code_compare *c, const struct code_mark *m)
{
	const struct code_value *v = code_value_at(&h->p.values, m->from);
	struct code_test t;

	if (!c->kept)
		return m->from == 0 && m->value != 0 &&
		       c->equal != CODE_NO_BLOCK &&
		       code_guards(f, c->block, c->equal) &&
		       code_dominates(f, c->equal, m->block);
	return v->kind == CODE_CONDITION && c->call != NULL &&
	       code_test_of(&h->p.values, v->base, (uint8_t)v->n, &t) &&
	       code_call_of(&h->p, f, t.left) == c->call;
}

/* How many functions store a constant at such an offset: where many do, it is
 * not one field but as many as there are kinds of objects. */
static size_t stored_by(const struct hidden_code *h, const struct code_mark *m)
{
	size_t count = 0;

	for (uint32_t i = 0; i < h->p.start_count; i++) {
		const struct code_function *f = h->p.starts[i].analysed;

		for (size_t k = 0; f != NULL && k < f->mark_count; k++)
			if (f->marks[k].of == m->of &&
			    f->marks[k].place == m->place &&
			    f->marks[k].value != 0) {
				count++;
				break;
			}
	}
	return count;
}

static void gather(struct hidden_code *h)
{
	h->rights = fw_alloc(&h->arena, 1, sizeof(*h->rights));
	for (uint32_t i = 0; i < h->p.start_count; i++) {
		const struct code_function *f = h->p.starts[i].analysed;

		if (f == NULL || f->block_count == 0)
			continue;
		find_asked(h, f, h->rights);
		find_granted(h, f, h->rights);
	}
}

float hidden_right(struct hidden_code *h, const struct code_function *f,
		   const struct code_compare *c)
{
	float best = 0;

	if (h->rights == NULL)
		gather(h);
	for (size_t i = 0; i < f->mark_count && h->rights->count > 0; i++) {
		const struct code_mark *m = &f->marks[i];
		const struct held *k =
			sets(h, f, c, m) ? given(h, f, h->rights, m) : NULL;

		if (k == NULL || k->sure <= best || is_checked(h, f, m) ||
		    (m->of != CODE_OF_GLOBAL && stored_by(h, m) > STORED_MAX))
			continue;
		best = k->sure;
	}
	return best > SURE ? SURE : best;
}
