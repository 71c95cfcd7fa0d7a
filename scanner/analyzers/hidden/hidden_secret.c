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

#include "analyzers/hidden/hidden.h"
#include "code/outcome.h"
#include "core/literals.h"

#define BASE	 3.0f
#define BY_BYTE	 2.5f
#define PLAIN	 0.2f
#define DECODED	 1.0f
#define UNREAD		0.1f /* what is decoded cannot be told */
#define RIGHT	 0.9f /* of how sure it is */
#define RIGHT_BY_NUMBER 0.6f
#define CHECK	 2.0f /* it stands in for a check */
#define CHOSEN	 1.5f
#define COMMON	 1.0f
#define OWN		2.0f /* a word that stands nowhere else */
#define SIBLING		3.5f /* another word ends alike */
#define KNOWN		1.5f /* none but those that others use */
#define IDLE	 1.0f /* nothing seems to happen behind it */
#define STRIKING 1.5f /* so odd that it counts even so */
#define NUMBER	 0.6f /* how made up a number looks */
#define MARK		0.1f /* ... and the mark of a format */
enum { COMPARES_MAX = 512, LONG = 5, MEDIUM = 30, LARGE = 80 /* blocks */ };
enum { WORDS = 3, RUN = 5 /* of one letter, or of the alphabet's */ };
enum { ENDING = 4 /* letters */ };
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

/* Nobody writes out byte by byte what he would not hide. */
static bool is_by_byte(const struct code_compare *c)
{
	return c->literal.len >= LONG && c->links + 1U >= c->literal.len;
}

/* "msg\2": three letters of four, and a version. */
static bool is_mark(uint64_t n)
{
	size_t letters = 0, small = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t c = (uint8_t)(n >> 8 * i);

		letters += isalpha(c) != 0;
		small += c < ' ';
	}
	return letters == 3 && small == 1;
}

/* How much a value looks made up; 0: not enough to look at. */
static float made_up(const struct code_compare *c)
{
	float odd = hidden_how_odd(c);

	/* Bytes that are no text: a value of some algorithm. */
	if (c->literal.len > 0 && !hidden_is_text(c->literal))
		return 0;
	if (c->kind == CODE_COMPARE_DECODED || c->built)
		return c->literal.len == 0	? UNREAD
		       : c->literal.len >= LONG ? odd + DECODED
						: 0;
	/* A number of 32 bits may be a mark, a hash, or a size of its own. */
	if (c->kind == CODE_COMPARE_NUMBER && c->literal.len == 0)
		return c->size < 4 ? 0 : is_mark(c->number) ? MARK : NUMBER;
	if (c->literal.len < LONG || hidden_is_ordinary(c->literal))
		return 0;
	if (is_by_byte(c) && odd < 1)
		return 1;
	/* A plain word may be one, too. */
	return odd < PLAIN ? PLAIN : odd;
}

/* "00:00:00:00:00:00", "ff-ff-ff": what stands for no address, or for all. */
static bool is_blank(struct fw_view t)
{
	uint8_t digit = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (strchr(":-. x", t.data[i]) != NULL)
			continue;
		if (digit == 0)
			digit = t.data[i];
		if (t.data[i] != digit)
			return false;
	}
	return t.len > 0;
}

/* What others gave out as a name for everybody: "http://", a UUID, names with
 * dots in them ("org.bluez.Agent1", "eow@openssh.com"), "dh_rfc5114",
 * mkstemp()'s "XXXXXX".
 */
static bool is_public(struct fw_view t)
{
	size_t dots = 0, dashes = 0;

	for (size_t i = 0; i < t.len; i++) {
		dots += t.data[i] == '.' || t.data[i] == '@';
		dashes += t.data[i] == '-';
	}
	/* The kernel's names for things, too. */
	return is_blank(t) || dots > 1 || fw_view_starts(t, FW_STR("/sys/")) ||
	       fw_view_starts(t, FW_STR("/proc/")) ||
	       fw_view_starts(t, FW_STR("/dev/")) ||
	       fw_view_find(t, FW_STR("://"), 0) != SIZE_MAX ||
	       (t.len == 36 && dashes == 4) ||
	       fw_view_find(t, FW_STR("rfc"), 0) != SIZE_MAX ||
	       fw_view_find(t, FW_STR("XXXXXX"), 0) != SIZE_MAX;
}

/* "WB21BWDWWDDDDDDDzzzD": a format, whose letters are a few codes. And
 * "abcxxxxxxxjkl": a pattern. */
static bool is_monotonous(struct fw_view t)
{
	size_t kinds = 0, run = 0;

	for (size_t i = 0; i < t.len; i++) {
		kinds += memchr(t.data, t.data[i], i) == NULL;
		run = i > 0 && t.data[i] == t.data[i - 1] ? run + 1 : 0;
		if (run + 1 == RUN)
			return true;
	}
	return t.len >= 8 && kinds * 21 < t.len * 10;
}

/* "mov,mp4,m4a". */
static bool is_list(struct fw_view t)
{
	size_t commas = 0;

	for (size_t i = 0; i < t.len; i++)
		commas += t.data[i] == ',';
	return commas > 1;
}

/* "$apr1$": the mark of a way to keep passwords. */
static bool is_scheme(struct fw_view t)
{
	return t.len > 2 && t.data[0] == '$' && t.data[t.len - 1] == '$';
}

/* "ghijklm": a part of the alphabet. */
static bool is_alphabet(struct fw_view t)
{
	size_t run = 1;

	for (size_t i = 1; i < t.len; i++) {
		run = t.data[i] == t.data[i - 1] + 1 ? run + 1 : 1;
		if (run == RUN)
			return true;
	}
	return false;
}

/* "ecdh_kdf_md", "LowMemoryWarning": how programmers name things. */
static bool is_identifier(struct fw_view t)
{
	bool upper = false, lower = false;
	size_t under = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (!isalnum(t.data[i]) && t.data[i] != '_')
			return false;
		upper |= isupper(t.data[i]) != 0;
		lower |= islower(t.data[i]) != 0;
		under += t.data[i] == '_';
	}
	return hidden_is_joined(t) || (under > 0 && lower && !upper) ||
	       under > 1 || fw_view_find(t, FW_STR("__"), 0) != SIZE_MAX;
}

/* How a text looks that somebody types, sends or presses, and how one that a
 * format or a protocol has. */
static float looks(const struct code_compare *c, float odd)
{
	struct fw_view t = c->literal;
	/* One long word, or several, is what parts of a format are called. */
	float s = odd < 0.5f ? -1.0f : odd < 0.8f ? -0.5f : 0;

	if (t.len == 0)
		return 0;
	s += t.len >= 10 ? 0.6f : t.len <= LONG ? -1.2f : 0;
	if (!hidden_has_lower(t) && !is_by_byte(c))
		s -= 1.2f;
	if (memchr(t.data, ' ', t.len) != NULL)
		s -= 1.5f;
	if (hidden_is_header(t))
		s -= 1.5f;
	if (hidden_is_open(t) || memchr(",[<{;", t.data[0], 5) != NULL)
		s -= strchr("=:[", t.data[t.len - 1]) != NULL ? 1.2f : 0.7f;
	/* A page's address. */
	if (t.data[0] == '/')
		s -= 0.5f;
	if (is_public(t))
		s -= 2.0f;
	if (is_identifier(t))
		s -= 1.0f;
	/* "$share", "!root": a mark before a name. */
	if (ispunct(t.data[0]) && t.data[0] != '/' && t.data[0] != '.')
		s -= 0.5f;
	if (is_monotonous(t) || is_alphabet(t) || is_list(t) || is_scheme(t))
		s -= 2.0f;
	/* What programmers keep for themselves. */
	if (fw_view_starts(t, FW_STR("__")))
		s -= 1.0f;
	/* Other programs have it, too. */
	if (fw_literal_is_common(t))
		s -= COMMON;
	return s;
}

/* "stowsid=": what follows is the value, and this its name. */
static bool is_name(struct fw_view t)
{
	return t.len > 0 && strchr("=:[", t.data[t.len - 1]) != NULL;
}

/* What a word that stands nowhere else is worth: nothing in what is given out
 * for all, and nothing among other words of some language. */
static float own_of(struct fw_view t, size_t others)
{
	return is_name(t) || is_public(t) || is_alphabet(t) || others >= WORDS
		       ? 0
		       : OWN;
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
	float s =
		BASE + (odd > most ? most : odd) * 0.8f + looks(c, odd) + words;

	if (is_by_byte(c))
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
	if (!hidden_is_reached(h) || (h->p.import_count < 2 && !outside))
		s -= 1.0f;
	return s + (peers == 0	? 0.8f
		    : peers < 3 ? 0
		    : peers < 6 ? -0.3f
				: -1.5f);
}

static const char *effect_of(const struct behind *b)
{
	return b->right > 0 ? "gives a right that others have to prove"
	       : b->check   ? "says yes where else two things have to be equal"
	       : b->kept    ? "keeps whether it was so"
	       : b->secrets ? "gives out what is secret"
	       : b->marks   ? "changes a state that nothing else explains"
	       : b->acts    ? "does something that happens only then"
			    : "gives an answer that nothing else gives";
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

static void look_at(struct hidden_code *h, const struct code_function *f,
		    bool hints)
{
	struct code_compare *c;
	size_t n = code_compares(&h->p, f, &c), some = 0;
	struct code_guard *g;

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
