/* hidden_secret.c - a value that looks like a secret, whatever it is good for
 *
 * What a hidden function does is not always a shell: it gives out keys, forgets
 * a lock, takes a file for granted. What is left to see is the trigger: a value
 * that somebody made up, that no text of the program explains, and behind which
 * something happens that happens nowhere else. Few programs have such values
 * and most of those are marks of file formats; so this alone is a hint, and
 * more together with what other searches say of the same place.
 */
#include <ctype.h>
#include <stdlib.h>

#include "analyzers/hidden/hidden.h"
#include "code/outcome.h"

#define BASE	 3.0f
#define BY_BYTE	 2.5f
#define PLAIN	 0.2f
#define DECODED	 1.0f
#define UNTOLD		0.8f
#define UNREAD		0.1f /* what is decoded cannot be told */
#define RIGHT	 0.9f /* of how sure it is */
#define RIGHT_BY_NUMBER 0.6f
#define CHECK	 2.0f /* it stands in for a check */
#define CHOSEN		1.5f
#define OWN		2.0f /* a word that stands nowhere else */
#define SIBLING		3.5f /* another word ends alike */
#define KNOWN		1.5f /* none but those that others use */
#define COMPUTED	0.8f
#define WRITTEN		2.0f /* the program writes it, too */
#define IDLE	 1.0f /* nothing seems to happen behind it */
#define STRIKING 1.5f /* so odd that it counts even so */
#define NUMBER	 0.6f /* how made up a number looks */
#define MARK		0.1f /* ... and the mark of a format */
enum {
	COMPARES_MAX = 512,
	MEDIUM = 30,
	LARGE = 80 /* blocks */
};
enum { WORDS = 3 };
enum { ENDING = 4, COUNTED = 4 /* letters */ };
enum { HINTED = 24 /* candidates */ };
enum { NAME_MIN = 4, NAME_MAX_LEN = 40 };

/* What runs only when the value is right. */
struct behind {
	bool acts;    /* calls something, or keeps a constant */
	bool secrets; /* names of secrets, and something that writes */
	bool check;   /* ... which else a check of two other things decides */
	bool verdict; /* the function returns what it else does not */
	bool marks;
	float right; /* how sure it is that it gives a right (hidden_right) */
	bool kept;   /* whether it is right is kept or returned */
};

static bool names_secret(struct fw_view t)
{
	static const char *const words[] = { "passw", "secret", "_key",
					     "key_",  "psk",	"shadow",
					     "token", "_hash",	"priv",
					     "creden" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (t.len < 64 &&
		    fw_view_find(t, fw_view_str(words[i]), 0) != SIZE_MAX)
			return true;
	return false;
}

static void look_behind(struct hidden_code *h, const struct code_function *f,
			uint32_t to, struct behind *b)
{
	bool secret = false, writes = false;

	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];

		if (!code_dominates(f, to, c->block))
			continue;
		b->acts |= !code_call_does(
			&h->p, c, CODE_READS | CODE_EQUAL | CODE_FOUND);
		writes |= code_call_does(&h->p, c, CODE_WRITE | CODE_FORMAT);
		for (unsigned a = 0; a < CODE_ARGS; a++)
			secret |= names_secret(c->text[a]);
	}
	for (size_t i = 0; i < f->mark_count; i++)
		b->marks |= f->marks[i].from == 0 &&
			    f->marks[i].of <= CODE_OF_GLOBAL &&
			    code_dominates(f, to, f->marks[i].block);
	b->secrets = secret && writes;
	b->acts |= b->marks;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The numbers that the program writes, in order; once for all questions. */
static void list_written(struct hidden_code *h)
{
	size_t n = 0;

	for (uint32_t i = 0; i < h->p.start_count; i++)
		n += h->p.starts[i].analysed == NULL
			     ? 0
			     : h->p.starts[i].analysed->mark_count;
	h->written = fw_alloc(&h->arena, n + 1, sizeof(*h->written));
	for (uint32_t i = 0; i < h->p.start_count; i++) {
		const struct code_function *f = h->p.starts[i].analysed;

		for (size_t k = 0;
		     f != NULL && k < f->mark_count && h->written_count < n;
		     k++)
			if (f->marks[k].from == 0 && f->marks[k].value > 0xffff)
				h->written[h->written_count++] =
					(uint32_t)f->marks[k].value;
	}
	qsort(h->written, h->written_count, sizeof(*h->written), by_number);
}

/* Whether the program writes a number itself, either way round: it marks its
 * structures and packets with it. */
static bool is_written(struct hidden_code *h, uint64_t n)
{
	uint32_t ways[2] = { (uint32_t)n, __builtin_bswap32((uint32_t)n) };

	if (n > UINT32_MAX)
		return false;
	if (h->written == NULL)
		list_written(h);
	for (int i = 0; i < 2; i++)
		if (bsearch(&ways[i], h->written, h->written_count,
			    sizeof(*h->written), by_number) != NULL)
			return true;
	return false;
}

/* How much a value looks made up; 0: not enough to look at. */
static float made_up(const struct code_compare *c)
{
	float odd = hidden_how_odd(c);

	/* Bytes that are no text: a value of some algorithm. */
	if (c->literal.len > 0 && !hidden_is_text(c->literal))
		return 0;
	if (c->kind == CODE_COMPARE_DECODED || c->built)
		return c->literal.len == 0	       ? UNREAD
		       : c->literal.len >= HIDDEN_LONG ? odd + DECODED
						       : 0;
	/* A number of 32 bits may be a mark, a hash, or a size of its own. */
	if (c->kind == CODE_COMPARE_NUMBER && c->literal.len == 0)
		return c->size < 4		   ? 0
		       : hidden_is_mark(c->number) ? MARK
						   : NUMBER;
	if (c->literal.len < HIDDEN_LONG || hidden_is_ordinary(c->literal))
		return 0;
	if (hidden_is_by_byte(c) && odd < 1)
		return 1;
	/* A plain word may be one, too. */
	return odd < PLAIN ? PLAIN : odd;
}

/* What a word that stands nowhere else is worth: nothing in what is given out
 * for all, and nothing among other words of some language. */
static float own_of(struct fw_view t, size_t others)
{
	return hidden_is_given_out(t) || others >= WORDS ? 0 : OWN;
}

/* Whether what is compared with a number is no word of a format, but was made
 * of several: the sum of a text that nobody is to read. */
static bool is_computed(const struct hidden_code *h,
			const struct code_compare *c)
{
	switch ((enum code_value_kind)code_value_at(&h->p.values, c->subject)
			->kind) {
	case CODE_UNKNOWN:
	case CODE_SITE:
	case CODE_SUM:
	case CODE_MIXED:
	case CODE_XORED:
		return c->number > 0xfffff;
	default:
		return false;
	}
}

/* Measured on programs with and without hidden functions: what is done behind
 * it tells little, what it is, where it comes from and how much else the
 * function does tell much. */
static float score_of(struct hidden_code *h, const struct code_function *f,
		      const struct code_compare *c, const struct behind *b,
		      float odd, size_t peers, size_t others, const char *from,
		      bool outside)
{
	const struct code_start *st = &h->p.starts[f->start];
	size_t kin = hidden_kin(h, c->literal);
	bool number = c->kind == CODE_COMPARE_NUMBER && c->literal.len == 0;
	float words =
		hidden_by_wording(h, c, own_of(c->literal, others), KNOWN);
	/* Known words may be written as they like. */
	float most = words <= -KNOWN ? 2 : 4;
	float s = BASE + (odd > most ? most : odd) * 0.8f +
		  hidden_looks(c, odd) + words;

	if (number && is_computed(h, c))
		s += COMPUTED;
	if (number && (hidden_is_mark(c->number) || is_written(h, c->number)))
		s -= WRITTEN;
	/* What is compared there cannot be told: it may be anything. */
	if ((c->built || c->kind == CODE_COMPARE_DECODED) &&
	    c->literal.len == 0)
		s -= UNTOLD;
	if (hidden_is_by_byte(c))
		s += BY_BYTE;
	else if (c->kind == CODE_COMPARE_INLINE)
		s += 0.8f;
	else if (c->kind == CODE_COMPARE_SEARCH)
		s += 0.7f;
	/* What a function that only a pointer leads to gets is likely so. */
	s += (!outside				     ? 0
	      : hidden_is_from(from, HIDDEN_BROUGHT) ? 0.8f
						     : 1.2f) +
	     (((st->uses | st->reach) & CODE_AUTH) != 0 ? 1.5f : 0) +
	     (b->secrets ? 1.5f : 0) + (b->check ? CHECK : 0) +
	     b->right * (number ? RIGHT_BY_NUMBER : RIGHT) -
	     (b->kept && b->right == 0 ? others >= WORDS ? 1.7f : 0.7f : 0);
	if (hidden_is_from(from, HIDDEN_HOST) ||
	    hidden_is_from(from, HIDDEN_TIME))
		s += 1.2f;
	/* Hardly a program chooses functions of its own when it is loaded. */
	s += st->chosen ? CHOSEN : 0;
	/* What a file holds has its writer. */
	if (hidden_is_from(from, HIDDEN_OF_FILE))
		s -= 0.6f;
	/* Who does much asks much. */
	s -= f->block_count > LARGE ? 2.0f : f->block_count > MEDIUM ? 1.0f : 0;
	/* What begins as other texts of the program do is a word of some
	 * language. */
	s += kin == 0 ? (number ? 0 : 0.5f) : kin < 3 ? 0 : -1.0f;
	/* Nobody outside gives it, or the C library of a static program asks.
	 */
	if (!hidden_is_reached(h) ||
	    (h->p.import_count < 2 && h->p.library == 0 && !outside))
		s -= 1.0f;
	return s + (peers == 0	? 0.8f
		    : peers < 3 ? 0
		    : peers < 6 ? -0.3f
				: -1.5f);
}

static const char *effect_of(const struct behind *b)
{
	return b->right > 0 || b->check
		       ? hidden_effect(b->right, b->check, true)
	       : b->kept    ? "keeps whether it was so"
	       : b->secrets ? "gives out what is secret"
	       : b->marks   ? "changes a state that nothing else explains"
			    : hidden_effect(0, false, !b->acts);
}

/* Other values of this kind in the function: a parser has many. */
static size_t count_peers(const struct code_guard *g, size_t n, size_t at)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += code_is_trigger(g[i].compare) &&
			 made_up(g[i].compare) > PLAIN && i != at &&
			 (g[i].compare->is_number ||
			  !fw_view_eq(g[i].compare->literal,
				      g[at].compare->literal));
	return count;
}

/* Other words that the same thing is compared with: answers of a protocol. */
static size_t count_others(const struct code_guard *g, size_t n, size_t at)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += i != at && g[i].compare->literal.len > 2 &&
			 g[i].compare->subject == g[at].compare->subject;
	return count;
}

/* Whether other words that the function compares end alike: "insctrl", "lsctrl"
 * and "rmctrl" are of one language. */
static bool has_siblings(const struct code_guard *g, size_t n, size_t at)
{
	struct fw_view t = g[at].compare->literal;

	if (t.len <= ENDING)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct fw_view o = g[i].compare->literal;

		/* What is compared in place is a compare of its end, too. */
		if (o.len > ENDING && !fw_view_ends(o, t) &&
		    !fw_view_ends(t, o) && !g[i].compare->linked &&
		    isalpha(t.data[t.len - ENDING]) &&
		    fw_view_ends(o, fw_view_sub(t, t.len - ENDING, ENDING)))
			return true;
	}
	return false;
}

/* A number that nobody needs to choose, but somebody may. */
static bool is_chosen(const struct code_compare *c)
{
	return c->kind == CODE_COMPARE_NUMBER && !c->linked &&
	       c->literal.len == 0 && c->number > 0xff &&
	       c->number < 0xfffff000;
}

/* Whether all bits of a mask are set: flags, that belong together. */
static bool is_mask(const struct hidden_code *h, const struct code_compare *c)
{
	const struct code_value *v = code_value_at(&h->p.values, c->subject);

	return v->kind == CODE_MASKED && v->n == c->number;
}

/* Below what is worth a place on the list of places to look at. */
static float as_hint(float score)
{
	score = 0.8f + score * 0.25f;
	return score > 1.9f	      ? 1.9f
	       : score < HIDDEN_LEAST ? HIDDEN_LEAST
				      : score;
}

/* What is likely nothing is a hint, too, rather than not told at all. */
static float at_least_hint(float score)
{
	float hint = as_hint(score);

	return score > hint ? score : hint;
}

/* How far a compare is from what is worth a finding: it is explained, short, or
 * nothing seems to happen behind it. 0: it is worth one. */
static float lacks(struct hidden_code *h, const struct code_function *f,
		   const struct code_guard *g, bool hints, struct behind *b)
{
	const struct code_compare *c = g->compare;
	float less = 0;

	if (made_up(c) == 0 || !code_is_trigger(c))
		less += 1.5f;
	if (c->literal.len > 0 && hidden_is_told(h, c->literal))
		less += 1.5f;
	if (c->kept)
		b->kept = made_up(c) > PLAIN;
	else if (c->equal == CODE_NO_BLOCK || c->other == CODE_NO_BLOCK ||
		 f->blocks[c->equal].in == 0)
		less += 1;
	else if (g->guards)
		look_behind(h, f, c->equal, b);
	/* For a hint that takes too long. */
	if (!hints && (less > IDLE || (less > 0 && made_up(c) < STRIKING)))
		return less;
	/* ... and to run the function again, where nothing hangs on it. */
	b->verdict = !hints &&
		     ((!b->acts && !b->kept) || code_compares_two(&h->p, f)) &&
		     code_has_verdict(&h->p, f, c);
	if (!b->acts && !b->verdict && !b->kept)
		less += IDLE;
	return less;
}

static void judge(struct hidden_code *h, const struct code_function *f,
		  const struct code_guard *g, size_t n, size_t at, bool hints)
{
	const struct code_compare *c = g[at].compare;
	struct behind b = { .acts = false };
	float less, odd = made_up(c);
	bool outside, hint;
	bool number = c->kind == CODE_COMPARE_NUMBER && c->literal.len == 0;

	if (number && is_mask(h, c))
		return;
	if (hints ? !code_is_trigger(c) && !is_chosen(c)
		  : odd == 0 || !code_is_trigger(c))
		return;
	less = lacks(h, f, &g[at], hints, &b);
	hint = less > 0 && (less > IDLE || odd < STRIKING);
	if (hints != hint)
		return;
	b.check = b.verdict && code_has_check(&h->p, f, c);
	const char *from = hidden_origin(h, f, c->subject, &outside);

	b.right = hints ? 0 : hidden_right(h, f, c);
	float score = score_of(h, f, c, &b, odd, count_peers(g, n, at),
			       count_others(g, n, at), from, outside) -
		      (has_siblings(g, n, at) ? SIBLING : 0);

	hidden_note(h, &(struct hidden_candidate){
			       .signal = "hidden_secret",
			       .hint = hints,
			       .score = hints ? as_hint(score - less)
					      : at_least_hint(score - less),
			       .function = f->start,
			       .at = c->at,
			       .block = f->blocks[c->block].start,
			       .literal = c->literal,
			       .is_number = number,
			       .number = c->number,
			       .trigger = hidden_trigger(h, c, from),
			       .effect = effect_of(&b) });
}

static size_t count_literals(const struct code_compare *c, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += c[i].literal.len >= COUNTED && !c[i].linked;
	return count;
}

static void look_at(struct hidden_code *h, const struct code_function *f,
		    bool hints)
{
	struct code_compare *c;
	size_t n = code_compares(&h->p, f, &c), some = 0;
	struct code_guard *g;

	if (!hints && !hidden_is_library(h, f->start))
		h->literals += count_literals(c, n);
	for (size_t i = 0; i < n && n < COMPARES_MAX; i++)
		some += hints ? code_is_trigger(&c[i]) || is_chosen(&c[i])
			      : code_is_trigger(&c[i]) && made_up(&c[i]) > 0;
	if (some == 0)
		return;
	n = code_guards_of(&h->p, f, &g);
	for (size_t i = 0; i < n; i++)
		judge(h, f, g, n, i, hints);
}

/* Whether a text may be the name of something that is asked for. */
static bool is_asked(struct fw_view t)
{
	if (t.len < NAME_MIN || t.len > NAME_MAX_LEN || !hidden_is_text(t) ||
	    t.data[0] == '/')
		return false;
	return memchr(t.data, ' ', t.len) == NULL &&
	       memchr(t.data, '%', t.len) == NULL;
}

/* A function of the program's own is asked for something by a name, and what it
 * answers decides: a parameter of a request, a setting. */
static void look_at_calls(struct hidden_code *h, const struct code_function *f)
{
	uint32_t block, zero, other;

	for (size_t i = 0; i < f->call_count; i++) {
		const struct code_call *c = &f->calls[i];
		struct fw_view t = { NULL, 0 };

		if (c->function == CODE_NO_FUNCTION ||
		    code_call_known(&h->p, c) != NULL ||
		    h->p.starts[c->function].predicate != NULL)
			continue;
		for (unsigned a = 0; a < 3 && t.len == 0; a++)
			if (is_asked(c->text[a]))
				t = c->text[a];
		if (t.len == 0 ||
		    !code_result_edges(&h->p, f, c, &block, &zero, &other))
			continue;
		hidden_note(h,
			    &(struct hidden_candidate){
				    .signal = "hidden_secret",
				    .hint = true,
				    .score = HIDDEN_LEAST +
					     hidden_oddness(t) * 0.2f +
					     (hidden_is_told(h, t) ? 0 : 0.2f),
				    .function = f->start,
				    .at = c->at,
				    .block = f->blocks[c->block].start,
				    .literal = t,
				    .trigger = "there is something called",
				    .effect = "does something that happens "
					      "only then" });
	}
}

static void look_at_all(struct hidden_code *h, bool hints)
{
	for (uint32_t i = 0; i < h->p.start_count; i++) {
		const struct code_function *f = h->p.starts[i].analysed;

		if (f == NULL || f->block_count == 0)
			continue;
		look_at(h, f, hints);
		if (hints)
			look_at_calls(h, f);
	}
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);

	if (h == NULL)
		return;
	look_at_all(h, false);
	/* Where little stands out, an analyst has room for what hardly does. */
	if (h->found_count < HINTED)
		look_at_all(h, true);
}

const struct fw_analyzer fw_analyzer_hidden_secret = {
	.name = "hidden_secret",
	.title = "Compares with a value that somebody made up",
	.wants = hidden_wants,
	.inspect = inspect,
};
