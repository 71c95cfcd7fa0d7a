/* hidden_found.c - what all searches noted in a program, joined and ranked
 *
 * Runs last. Candidates of one place in the code become one, of more weight
 * than each alone. The first few are facts; "_hidden" carries what the
 * correlator needs to make a finding of it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "analyzers/hidden/hidden.h"
#include "code/listing.h"

/* What further signals and conditions add; how many are told of. */
#define JOINED	0.3f
#define AND	0.3f
#define MADE_UP 5.0f
#define INNER	0.7f /* of another's score, to be told of in its place */
#define SIZE_STEP 0.25f
#define SIZE_MOST 1.0f
#define SIZED	  2.0f /* what is less is on no list of places to look at */
enum { INNER_MIN = 5, LITERALS_FEW = 8 };
enum { TOLD = 12, LINES = 10, LITERAL_MAX = 64, LISTING_MAX = 1200 };

static int by_place(const void *a, const void *b)
{
	const struct hidden_candidate *x = a, *y = b;

	if (x->function != y->function)
		return x->function < y->function ? -1 : 1;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->score < y->score) - (x->score > y->score);
}

static int by_score(const void *a, const void *b)
{
	const struct hidden_candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->at > y->at) - (x->at < y->at);
}

static int by_sink(const void *a, const void *b)
{
	const struct hidden_candidate *x = a, *y = b;

	if (x->function != y->function)
		return x->function < y->function ? -1 : 1;
	if (x->sink.call != y->sink.call)
		return x->sink.call < y->sink.call ? -1 : 1;
	return by_score(a, b);
}

static uint32_t block_at(const struct code_function *f, uint64_t start)
{
	for (uint32_t i = 0; i < f->block_count; i++)
		if (f->blocks[i].start == start)
			return i;
	return CODE_NO_BLOCK;
}

/* Of two conditions of one thing, whether c is what a reader wants to hear of
 * first: what somebody gives, rather than that a file is there; and the one
 * that is asked last, which is about nothing else. */
static bool tells_more(const struct hidden_code *h,
		       const struct hidden_candidate *c,
		       const struct hidden_candidate *other)
{
	const struct code_function *f = h->p.starts[c->function].analysed;
	uint32_t a, b;

	if (strncmp(c->signal, "hidden_guard", 12) != 0 ||
	    hidden_is_ordinary(c->literal))
		return false;
	if (strcmp(other->signal, "hidden_gate") == 0)
		return true;
	if (f == NULL || c->score < other->score * INNER ||
	    c->literal.len < INNER_MIN || other->literal.len == 0)
		return false;
	a = block_at(f, c->block);
	b = block_at(f, other->block);
	return a != CODE_NO_BLOCK && b != CODE_NO_BLOCK && a != b &&
	       code_dominates(f, b, a);
}

/* Several conditions before one strong thing ("user" and "password"): the
 * likeliest tells it. */
static size_t join_sinks(struct hidden_code *h, size_t count)
{
	size_t n = 0;

	qsort(h->found, count, sizeof(*h->found), by_sink);
	for (size_t i = 0; i < count; i++) {
		const struct hidden_candidate *c = &h->found[i];

		struct hidden_candidate *last = n > 0 ? &h->found[n - 1] : NULL;

		if (last != NULL && c->sink.weight > 0 &&
		    last->function == c->function &&
		    last->sink.call == c->sink.call) {
			float score = last->score + AND;

			if (tells_more(h, c, last))
				*last = *c;
			last->score = score;
			continue;
		}
		h->found[n++] = *c;
	}
	return n;
}

/* Those that are told of. A compare that a function of its own makes is told
 * once, where it weighs most, and not of each caller. */
static size_t once(struct hidden_candidate *c, size_t count)
{
	size_t n = 0, k;

	for (size_t i = 0; i < count && n < TOLD; i++) {
		for (k = 0; k < n && c[k].at != c[i].at; k++)
			;
		if (k == n)
			c[n++] = c[i];
	}
	return n;
}

/* A fixed command says nothing of what a value is good for: "rm /tmp/x" stands
 * behind many. */
static bool is_weak(const struct hidden_candidate *c)
{
	return c->sink_kind == CODE_SINK_CONSTANT ||
	       c->sink_kind == CODE_SINK_EXEC_CONSTANT ||
	       c->sink_kind == CODE_SINK_LISTEN ||
	       c->sink_kind == CODE_SINK_DELETE;
}

size_t hidden_join(struct hidden_code *h)
{
	size_t n = 0;

	if (h->found_count == 0)
		return 0;
	qsort(h->found, h->found_count, sizeof(*h->found), by_place);
	for (size_t i = 0; i < h->found_count; i++) {
		struct hidden_candidate *c = &h->found[i];
		struct hidden_candidate *last = n > 0 ? &h->found[n - 1] : NULL;

		if (last == NULL || last->function != c->function ||
		    last->at != c->at) {
			h->found[n++] = *c;
			continue;
		}
		if (strcmp(last->signal, "hidden_secret") == 0 &&
		    strcmp(c->signal, "hidden_secret") != 0 && !is_weak(c)) {
			/* The other one says more. */
			struct hidden_candidate swap = *last;

			*last = *c;
			last->score = swap.score + c->score * JOINED;
			last->signal = fw_sprintf(&h->arena, "%s+%s", c->signal,
						  swap.signal);
			continue;
		}
		/* The same once more, or a plain word, adds nothing. */
		if (strstr(last->signal, c->signal) != NULL ||
		    (strcmp(c->signal, "hidden_secret") == 0 &&
		     c->score < MADE_UP))
			continue;
		last->score += c->score * JOINED;
		last->signal =
			fw_sprintf(&h->arena, "%s+%s", last->signal, c->signal);
		if (last->literal.len == 0)
			last->literal = c->literal;
		if (last->sink.weight == 0 && c->sink.weight > 0 &&
		    !is_weak(c)) {
			last->sink = c->sink;
			last->sink_kind = c->sink_kind;
			last->effect = c->effect;
		}
	}
	n = join_sinks(h, n);
	qsort(h->found, n, sizeof(*h->found), by_score);
	return once(h->found, n);
}

/* Printable, on one line, without quotes and tabs. */
static const char *clean(struct hidden_code *h, struct fw_view t, size_t max)
{
	char *s = fw_strdup(&h->arena, fw_view_sub(t, 0, max));

	for (char *c = s; *c != '\0'; c++)
		if (*c < 32 || *c > 126 || *c == '"')
			*c = '.';
	return s;
}

static const char *trigger_of(struct hidden_code *h,
			      const struct hidden_candidate *c)
{
	if (c->literal.len > 0)
		return clean(h, c->literal, LITERAL_MAX);
	if (c->is_number)
		return fw_sprintf(&h->arena, "0x%" PRIx64, c->number);
	return "";
}

/* "check calls on at 0x4012f0; run does it at 0x401534": calls between the two
 * are not told. */
static const char *path_of(struct hidden_code *h,
			   const struct hidden_candidate *c)
{
	struct code_program *p = &h->p;

	if (c->sink.weight == 0)
		return "";
	if (c->sink.function == c->function)
		return fw_sprintf(&h->arena, "in %s at 0x%" PRIx64,
				  code_name(p, c->function), c->sink.call);
	return fw_sprintf(&h->arena,
			  "%s calls on at 0x%" PRIx64
			  "; %s does it at 0x%" PRIx64,
			  code_name(p, c->function), c->sink.at,
			  code_name(p, c->sink.function), c->sink.call);
}

static const char *listing_of(struct hidden_code *h,
			      const struct hidden_candidate *c)
{
	const struct code_function *f = h->p.starts[c->function].analysed;
	uint64_t end = 0;

	for (uint32_t i = 0; f != NULL && i < f->block_count; i++)
		if (f->blocks[i].start == c->block)
			end = f->blocks[i].end;
	return end == 0 ? "" : code_listing(&h->p, f, c->block, end, LINES);
}

static void tell(struct hidden_code *h, const struct hidden_candidate *c,
		 struct fw_out *o)
{
	const char *trigger = trigger_of(h, c);
	const char *text = clean(h, c->sink.text, LITERAL_MAX);
	uint64_t function = h->p.starts[c->function].address;

	fw_out_factf(o, "hidden.candidate",
		     "%.1f at=0x%" PRIx64 " function=0x%" PRIx64
		     " signal=%s trigger=\"%s\" reaches=\"%s%s%s\"",
		     (double)c->score, c->at, function, c->signal, trigger,
		     c->effect, *text == '\0' ? "" : ": ", text);
	if (c->hint)
		return;
	fw_out_factf(o, "_hidden",
		     "%.2f\t%s\t%" PRIx64 "\t%s\t%s\t%s\t%s\t%s\t%s\t%.*s",
		     (double)c->score, c->signal, c->at,
		     code_name(&h->p, c->function), trigger, c->trigger,
		     c->effect, text, path_of(h, c), LISTING_MAX,
		     listing_of(h, c));
}

static const struct fw_kind not_read = {
	.id = "scanner/code-not-read",
	.title = "machine code that was not, or not all, looked into",
	.explanation =
		"Programs are searched for hidden functions by reading their "
		"machine code. The code of these was read in part or not at "
		"all. That nothing was found in them means less than it does "
		"elsewhere.",
	.ask_vendor = "Nothing: it is a limit of this scan. Where a program "
		      "matters, have an analyst look at it.",
	.false_alarm = "None: it says what was not done.",
	.severity = FW_INFO,
	.confidence = FW_SURE,
	.per_image = true,
};

static const struct fw_kind *const kinds[] = { &not_read, NULL };

/* What was not looked into is said: silence would be taken for innocence. */
static void tell_of_limit(const char *why, struct fw_out *o)
{
	struct fw_evidence e = { .offset = FW_NO_OFFSET, .text = why };
	struct fw_claim c = FW_CLAIM(&not_read);

	fw_out_fact(o, "code.gave-up", why);
	c.detail = why;
	c.key = "";
	c.evidence = &e;
	c.evidence_count = 1;
	fw_out_claim(o, &c);
}

/* The more a program compares, the odder is, by chance, the oddest of it: a
 * quarter for each doubling of the number of literals. */
static void weigh_by_size(struct hidden_code *h, size_t n)
{
	float more = SIZE_MOST;

	for (size_t k = LITERALS_FEW; k < h->literals && more > -SIZE_MOST;
	     k *= 2)
		more -= SIZE_STEP;
	for (size_t i = 0; i < n; i++) {
		struct hidden_candidate *c = &h->found[i];

		if (c->hint || c->score < SIZED)
			continue;
		c->score += more;
		if (c->score < SIZED)
			c->score = SIZED;
	}
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);
	size_t n;

	if (h == NULL && obj->cache != NULL && obj->cache->code != NULL &&
	    obj->cache->code->not_read != NULL)
		tell_of_limit(obj->cache->code->not_read, o);
	if (h == NULL)
		return;
	n = hidden_join(h);
	weigh_by_size(h, n);
	for (size_t i = 0; i < n && h->found[i].score >= HIDDEN_LEAST; i++)
		tell(h, &h->found[i], o);
	if (h->p.gave_up != NULL)
		tell_of_limit(h->p.gave_up, o);
	code_close(&h->p);
	fw_arena_free(&h->arena);
	h->usable = false;
}

const struct fw_analyzer fw_analyzer_hidden_found = {
	.name = "hidden_found",
	.title = "Hidden functions in machine code, ranked",
	.kinds = kinds,
	.wants = hidden_wants,
	.inspect = inspect,
};
