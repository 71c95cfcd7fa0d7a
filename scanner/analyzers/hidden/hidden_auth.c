/* hidden_auth.c - a constant that skips the real check of a login
 *
 * One branch on a constant goes past what all others have to pass: crypt(), a
 * look at the stored password, a callback that verifies. Strongest where the
 * same value is compared with the constant and given to the real check, and
 * where both lead to the same result.
 */
#include "analyzers/hidden/hidden.h"
#include "code/outcome.h"

#define BASE  1.0f
#define OWN   2.5f /* a word that stands nowhere else */
#define OWN_APART 0.5f /* ... where nothing speaks of logins */
#define KNOWN 1.0f /* none but those that others use */

enum { LARGE = 80, MEDIUM = 40, WORDS_MAX = 6 /* more are a list of words */ };
enum { FUNCTIONS_MAX = 2000, SIZE_MAX_ASKED = 8192, PEERS_SIZE = 2048 };

/* A call that may be the real check; how sure is in weight. */
struct check {
	const struct code_call *call;
	float weight;
	bool zero_is_success; /* its result, as strcmp()'s */
};

static bool has_word(struct fw_view t)
{
	static const char *const words[] = { "passw",  "Passw",	 "login",
					     "Login",  "auth",	 "Auth",
					     "shadow", "denied", "credential",
					     "Basic ", "401",	 "incorrect" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (fw_view_find(t, fw_view_str(words[i]), 0) != SIZE_MAX)
			return true;
	return false;
}

/* Texts or names near it speak of logins. */
static bool is_login(struct hidden_code *h, const struct code_function *f)
{
	const struct code_start *s = &h->p.starts[f->start];

	if ((s->uses & CODE_AUTH) != 0 || has_word(s->name) ||
	    (s->known != NULL && (s->known->use & CODE_AUTH) != 0))
		return true;
	for (size_t i = 0; i < f->pointer_count; i++)
		if (has_word(code_text(&h->p, f->pointers[i])))
			return true;
	return false;
}

static bool as_check(struct hidden_code *h, const struct code_call *c,
		     struct check *out)
{
	const struct code_known *k = code_call_known(&h->p, c);

	*out = (struct check){ .call = c };
	if (k != NULL && (k->use & CODE_AUTH) != 0)
		out->weight = 6;
	else if (k != NULL && (k->use & CODE_EQUAL) != 0 &&
		 !code_is_fixed(&h->p, c, 0) && !code_is_fixed(&h->p, c, 1)) {
		out->weight = 5;
		out->zero_is_success = true;
	} else if (k != NULL && c->function != CODE_NO_FUNCTION &&
		   (k->use & CODE_FOUND) != 0 && !code_is_fixed(&h->p, c, 0) &&
		   !code_is_fixed(&h->p, c, 1)) {
		/* A compare of the program's own, of whatever. */
		out->weight = 2;
	} else if (k == NULL && c->function != CODE_NO_FUNCTION &&
		   (h->p.starts[c->function].reach & CODE_AUTH) != 0)
		out->weight = 5;
	else if (k == NULL && c->function == CODE_NO_FUNCTION &&
		 c->import == CODE_NO_IMPORT)
		out->weight = 4; /* through a pointer */
	return out->weight > 0;
}

static bool takes(const struct code_call *c, code_id subject)
{
	for (unsigned i = 0; i < 4; i++)
		if (subject != 0 && c->args[i] == subject)
			return true;
	return false;
}

/* The same value is given to the check: to crypt(), nothing else has reason to
 * look at it. */
static float with_subject(const struct check *k, const struct code_compare *c,
			  float score)
{
	if (!takes(k->call, c->subject))
		return score - 1.5f;
	return k->weight >= 6 ? score + 2 : score;
}

/* Whether the constant's equal edge gives the result that the check's success
 * gives: 1 yes, 0 cannot be told, -1 no. */
static int same_result(struct hidden_code *h, const struct code_function *f,
		       const struct code_compare *c, const struct check *k)
{
	uint64_t a[CODE_OUTCOMES], b[CODE_OUTCOMES];
	bool computed_a, computed_b;
	uint32_t block, zero, other, success;
	size_t n = code_outcomes(&h->p, f, c->block, c->equal, a, &computed_a),
	       m;

	if (n == 0)
		return 0;
	if (!code_result_edges(&h->p, f, k->call, &block, &zero, &other)) {
		/* return strcmp(...) == 0; or it is compared further on. */
		return n == 1 && a[0] == 1 ? 1 : 0;
	}
	success = k->zero_is_success ? zero : other;
	m = success == CODE_NO_BLOCK
		    ? 0
		    : code_outcomes(&h->p, f, block, success, b, &computed_b);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			if (a[i] == b[j])
				return n == 1 || a[i] != 0 ? 1 : 0;
	return m == 0 || computed_b ? 0 : -1;
}

/* How much a compare looks like a way around a check; 0 where it does not. */
static float judge(struct hidden_code *h, const struct code_function *f,
		   const struct code_compare *c, const struct check *k,
		   const uint8_t *equal, const uint8_t *other)
{
	float score = k->weight;
	int same;

	if (!other[k->call->block] || equal[k->call->block] ||
	    k->call == c->call)
		return 0;
	same = same_result(h, f, c, k);
	if (same < 0)
		return 0;
	return same > 0 ? with_subject(k, c, score) + 0.5f
			: with_subject(k, c, score) * 0.7f;
}

/* A second chance: the check has failed already, and the constant leads to
 * where only its success leads. */
static float second_chance(struct hidden_code *h, const struct code_function *f,
			   const struct code_compare *c, const struct check *k,
			   const uint8_t *equal, const uint8_t *other)
{
	uint8_t *success = hidden_marks(h, f, 2);
	uint8_t *failure = hidden_marks(h, f, 3);
	uint32_t block, zero, more;

	if (!code_result_edges(&h->p, f, k->call, &block, &zero, &more) ||
	    k->call == c->call)
		return 0;
	code_forward(&h->p, f, k->zero_is_success ? zero : more, success);
	code_forward(&h->p, f, k->zero_is_success ? more : zero, failure);
	if (!failure[c->block] || success[c->block])
		return 0;
	for (uint32_t b = 0; b < f->block_count; b++)
		if (equal[b] && success[b] && !other[b])
			return with_subject(k, c, k->weight) + 1;
	return 0;
}

/* What a look-up of accounts has given is compared with marks of its own
 * ("*NP*", "$1$"): that is the stored side, which no caller chooses. */
static bool is_stored(const struct hidden_code *h,
		      const struct code_function *f, code_id subject)
{
	for (int depth = 0; depth < 6; depth++) {
		const struct code_value *v =
			code_value_at(&h->p.values, subject);
		const struct code_call *c = code_call_of(&h->p, f, subject);

		if (c != NULL)
			return code_call_does(&h->p, c, CODE_AUTH);
		if (v->kind != CODE_LOADED && v->kind != CODE_OFFSET)
			return false;
		subject = v->base;
	}
	return false;
}

/* Marks of the password field, as shadow(5) and NIS+ have them. */
static bool is_shadow_mark(struct fw_view t)
{
	if (t.len > 0 && t.len <= 4 && (t.data[0] == '*' || t.data[0] == '!'))
		return true;
	return hidden_is_scheme(t);
}

/* "!root", ",stdsql": a sign before a name. */
static bool is_mark(struct fw_view t)
{
	return t.len > 0 && memchr("!$*,#\\@", t.data[0], 7) != NULL;
}

/* In capitals, or open to what follows: a protocol's. */
static bool is_syntax(struct fw_view t)
{
	return !hidden_has_lower(t) || hidden_is_header(t) || hidden_is_open(t);
}

static size_t same_subject(const struct code_compare *c, size_t n, size_t at)
{
	size_t count = 0;

	for (size_t i = 0; i < n && n < 256; i++)
		count += i != at && c[i].subject == c[at].subject &&
			 c[i].literal.len > 0;
	return count;
}

static void note(struct hidden_code *h, const struct code_function *f,
		 const struct code_compare *c, float score)
{
	hidden_note(h, &(struct hidden_candidate){
			       .signal = "hidden_auth",
			       .score = score,
			       .function = f->start,
			       .at = c->at,
			       .block = f->blocks[c->block].start,
			       .literal = c->literal,
			       .is_number = c->is_number,
			       .number = c->number,
			       .trigger = c->kind == CODE_COMPARE_DECODED
						  ? "a text equals one that "
						    "the program keeps encoded"
						  : "what is given equals",
			       .effect = "lets somebody in without the check "
					 "that others must pass" });
}

/* The strongest of the checks that a compare goes around; 0: none. */
static float best_check(struct hidden_code *h, const struct code_function *f,
			const struct code_compare *c,
			const struct check *checks, size_t check_count)
{
	uint8_t *equal = hidden_marks(h, f, 0), *other = hidden_marks(h, f, 1);
	float best = 0;

	code_forward(&h->p, f, c->equal, equal);
	code_forward(&h->p, f, c->other, other);
	for (size_t k = 0; k < check_count; k++) {
		/* Some walks over the function for each pair. */
		if (!code_spend(&h->p, f->block_count / 2 + 1))
			break;
		float s = judge(h, f, c, &checks[k], equal, other);

		if (s == 0)
			s = second_chance(h, f, c, &checks[k], equal, other);
		best = s > best ? s : best;
	}
	return best;
}

static float weigh(struct hidden_code *h, const struct code_function *f,
		   const struct code_compare *c, size_t more, float score)
{
	const struct code_known *k =
		c->call == NULL ? NULL : code_call_known(&h->p, c->call);
	/* Bytes that are made and then compared are a checksum. */
	bool sum =
		c->literal.len == 0 && k != NULL && (k->use & CODE_BYTES) != 0;
	bool kept = (c->built || c->kind == CODE_COMPARE_DECODED) && !sum;

	float odd = hidden_how_odd(c);
	bool outside;
	const char *from = hidden_origin(h, f, c->subject, &outside);
	bool login = is_login(h, f);

	score += BASE + odd + (login ? 1.5f : -2.0f) + (kept ? 3.0f : 0) +
		 (outside ? 1.0f : 0);
	/* Who parses much asks many things; a login is short. */
	if (f->block_count > LARGE &&
	    (h->p.starts[f->start].uses & CODE_AUTH) == 0)
		score *= 0.6f;
	else if (f->block_count > MEDIUM)
		score *= 0.85f;
	/* The parsing of settings. */
	if (hidden_is_from(from, HIDDEN_OF_FILE))
		score *= 0.85f;
	if (more > 0)
		score *= more > 4 ? 0.4f : more > 1 ? 0.7f : 0.8f;
	/* A word of some language, which has more of them. */
	if (is_syntax(c->literal) || hidden_kin(h, c->literal) > 0)
		score *= 0.75f;
	if (hidden_is_ordinary(c->literal) || is_shadow_mark(c->literal) ||
	    is_stored(h, f, c->subject))
		score *= 0.4f;
	else if (!kept && odd < 0.3f)
		score *= 0.65f;
	if (!kept && is_mark(c->literal))
		score *= 0.8f;
	score += hidden_by_wording(h, c, login ? OWN : OWN_APART, KNOWN);
	/* It stands in for the function that everybody asks. */
	if (h->p.starts[f->start].exported &&
	    h->p.starts[f->start].known != NULL)
		score += 3;
	return score;
}

/* Whether a function stands beside one that checks passwords in a table. */
static bool has_sibling(const struct hidden_code *h, uint64_t address)
{
	for (size_t i = 0; i < h->p.slot_count; i++) {
		if ((h->p.slots[i].value & ~UINT64_C(1)) != address)
			continue;
		for (size_t k = i >= 3 ? i - 3 : 0; k < i + 4; k++) {
			uint32_t s =
				k < h->p.slot_count
					? code_start_at(&h->p,
							h->p.slots[k].value)
					: CODE_NO_FUNCTION;

			if (k != i && s != CODE_NO_FUNCTION &&
			    h->p.slots[k].import == CODE_NO_IMPORT &&
			    (h->p.starts[s].reach & CODE_AUTH) != 0)
				return true;
		}
	}
	return false;
}

/* Whether somebody who calls a function calls one that checks passwords, too.
 */
static bool has_peer(const struct hidden_code *h, uint32_t function)
{
	const struct code_program *p = &h->p;
	uint32_t from = CODE_NO_FUNCTION;
	bool calls = false, checks = false;

	for (size_t i = 0; i < p->edge_count; i++) {
		const struct code_edge *e = &p->edges[i];

		/* Edges of one caller stand together. */
		if (e->from != from) {
			calls = checks = false;
			from = e->from;
		}
		if (e->is_import)
			continue;
		if (e->to == function)
			calls = true;
		else if ((p->starts[e->to].uses & CODE_AUTH) != 0)
			checks = true;
		/* Who does much calls this and that. */
		if (calls && checks && from != function &&
		    p->starts[from].end - p->starts[from].address < PEERS_SIZE)
			return true;
	}
	return false;
}

/* A constant that may be a password of its own. */
static bool may_be_asked(const struct code_compare *c)
{
	return code_is_trigger(c) && !hidden_is_ordinary(c->literal) &&
	       !is_mark(c->literal) && !is_shadow_mark(c->literal) &&
	       hidden_oddness(c->literal) >= 0.3f;
}

/* A function that gives a verdict of its own on a constant, among those that
 * are asked whether a password is right. */
static void look_at_verdict(struct hidden_code *h,
			    const struct code_function *f,
			    const struct code_compare *c, size_t n)
{
	size_t verdicts = 0, some = 0;

	for (size_t i = 0; n < 64 && i < n; i++)
		some += may_be_asked(&c[i]);
	if (some == 0 || (!has_sibling(h, h->p.starts[f->start].address) &&
			  !has_peer(h, f->start)))
		return;
	/* Several of them tell kinds apart. */
	for (size_t i = 0; n < 64 && i < n; i++)
		verdicts += code_is_trigger(&c[i]) &&
			    code_has_verdict(&h->p, f, &c[i]);
	for (size_t i = 0; n < 64 && i < n && verdicts < 3; i++)
		if (may_be_asked(&c[i]) && code_has_verdict(&h->p, f, &c[i]))
			note(h, f, &c[i],
			     5 + 1.5f + hidden_oddness(c[i].literal));
}

static void look_at(struct hidden_code *h, const struct code_function *f)
{
	struct code_compare *c;
	size_t n = code_compares(&h->p, f, &c), check_count = 0, words = 0;
	struct check *checks =
		fw_alloc(&h->arena, f->call_count, sizeof(*checks));

	look_at_verdict(h, f, c, n);
	for (size_t i = 0; i < f->call_count; i++)
		check_count += as_check(h, &f->calls[i], &checks[check_count]);
	for (size_t i = 0; i < n; i++)
		words += code_is_trigger(&c[i]) && c[i].literal.len > 2;
	for (size_t i = 0; i < n && check_count > 0 && n < 512; i++) {
		float best;

		if (!code_is_trigger(&c[i]) || c[i].equal == CODE_NO_BLOCK ||
		    c[i].other == CODE_NO_BLOCK)
			continue;
		best = best_check(h, f, &c[i], checks, check_count);
		if (best > 0)
			note(h, f, &c[i],
			     weigh(h, f, &c[i], same_subject(c, n, i), best) *
				     (words > WORDS_MAX ? 0.6f : 1.0f));
	}
}

/* A login is told by whom it asks; where the program keeps passwords of its own
 * it is any function that compares. */
static bool is_asked(const struct code_start *s)
{
	if (s->known != NULL && (s->known->use & CODE_AUTH) == 0)
		return false;
	return ((s->uses | s->reach) & CODE_AUTH) != 0 || has_word(s->name) ||
	       (s->uses & (CODE_EQUAL | CODE_FOUND)) != 0;
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);
	size_t left = FUNCTIONS_MAX;

	for (uint32_t i = 0; h != NULL && i < h->p.start_count && left > 0;
	     i++) {
		const struct code_start *s = &h->p.starts[i];
		const struct code_function *f;

		if (!is_asked(s) || s->end - s->address > SIZE_MAX_ASKED ||
		    (f = code_function(&h->p, i)) == NULL)
			continue;
		left--;
		look_at(h, f);
	}
}

const struct fw_analyzer fw_analyzer_hidden_auth = {
	.name = "hidden_auth",
	.title = "Constants that skip the check of a login",
	.wants = hidden_wants,
	.inspect = inspect,
};
