/* hidden_date.c - the clock decides what a program does
 *
 * From a date on, or in one minute of the week, a program does what it else
 * does not. Programs have few reasons to know a date: clocks that were never
 * set show an early and round one, and nightly work has its hour; neither makes
 * a right of it, or changes what is answered.
 */
#include <inttypes.h>
#include <time.h>

#include "analyzers/hidden/hidden.h"
#include "code/outcome.h"

#define OPENS	  2.0f /* of a gate's oddness, where something strong follows */
#define OPENS_TWO 2.5f
#define SECONDS	  5.3f /* a date, in order to the clock */
#define DAY	  4.8f /* ... written as people write days */
#define FIELDS	  2.2f /* parts of a date */
#define EQUAL	  0.6f /* each that has to be one number */
#define RANGE	  0.3f /* ... or lie between two */
#define UNEVEN	  0.6f /* no full hour, no quarter of it */
#define TOGETHER  1.2f /* parts are put together to one number */
#define VERDICT	  1.2f
#define CHECK	  1.5f
#define RIGHT	  0.9f
#define ACTS	  0.9f /* it does something, and gives nothing */
#define ROUND	  2.0f
#define QUIET	  1.0f /* nothing seems to follow from it */
enum { PARTS_MAX = 48, LOOKED_MAX = 256, DEPTH = 8 };
enum { MINUTE = 60, DAY_SECONDS = 86400 };

/* A compare with a part of a date. */
struct part {
	const struct code_compare *c;
	bool together; /* more than one, as a number */
};

/* 20270118: a day, as a number that people read. Compilers ask for at least n
 * as for more than n - 1. */
static bool is_day(uint64_t n)
{
	uint64_t month = n / 100 % 100, day = n % 100;

	return n > 20080000 && n < 20520000 && month > 0 && month <= 12 &&
	       day <= 31;
}

/* The beginning of a year, or a round number of seconds: what a clock that was
 * not set is told by. Compilers ask for less than n as for at most n - 1. */
static bool is_round(uint64_t n)
{
	for (uint64_t k = n; k <= n + 1; k++) {
		uint64_t days = k / DAY_SECONDS, years = days / 365;

		if (k % 100000 == 0 || (k % DAY_SECONDS == 0 &&
					days == years * 365 + (years + 1) / 4))
			return true;
	}
	return false;
}

/* Seconds since 1970 that lie between 2008 and 2052, and no flag. */
static bool is_seconds(uint64_t n)
{
	return n > 1200000000 && n < 2600000000 && (n & 0xfffff) != 0 &&
	       (n & 0xfffff) != 0xfffff &&
	       (n < INT32_MAX - 16 || n > (uint64_t)INT32_MAX + 16);
}

static bool is_from_clock(struct hidden_code *h, const struct code_function *f,
			  code_id id)
{
	bool outside;

	return hidden_is_from(hidden_origin(h, f, id, &outside), HIDDEN_TIME);
}

/* How many parts of a date a value is made of: words of a struct tm. */
static unsigned parts_of(struct hidden_code *h, const struct code_function *f,
			 code_id id, int depth)
{
	const struct code_value *v = code_value_at(&h->p.values, id);
	unsigned a, b;

	if (depth == 0 || !code_spend(&h->p, 1))
		return 0;
	switch ((enum code_value_kind)v->kind) {
	case CODE_ARG:
	case CODE_RESULT:
		/* Of seconds, days and hours are made. */
		return depth < DEPTH && is_from_clock(h, f, id) ? 1 : 0;
	case CODE_LOADED:
		return (v->size == 4 || depth < DEPTH) &&
				       is_from_clock(h, f, id)
			       ? 1
			       : 0;
	case CODE_SUM:
	case CODE_DIFFERENCE:
		a = parts_of(h, f, v->base, depth - 1);
		b = parts_of(h, f, (code_id)v->n, depth - 1);
		/* How long ago something was. */
		return v->kind == CODE_DIFFERENCE && (a == 0 || b == 0) ? 0
									: a + b;
	case CODE_OFFSET:
	case CODE_MASKED:
	case CODE_MIXED:
		return parts_of(h, f, v->base, depth - 1);
	default:
		return 0;
	}
}

/* What somebody notes of a gate, whatever it leads to. */
struct gate {
	const struct code_compare *c;
	float score;
	const char *trigger;
};

/* Notes what one edge of a gate leads to. */
static void note_edge(struct hidden_code *h, const struct code_function *f,
		      const struct gate *g, bool equal, bool two)
{
	struct code_compare c = *g->c;
	const struct code_call fake = { .at = c.at, .block = c.block };
	float right, score = g->score;
	bool verdict, check;

	if (!equal) {
		c.equal = g->c->other;
		c.other = g->c->equal;
	}
	if (c.equal == CODE_NO_BLOCK || f->blocks[c.equal].in == 0 ||
	    hidden_note_gate(h, f, &fake, c.equal, two ? OPENS_TWO : OPENS,
			     (struct fw_view){ NULL, 0 }, g->trigger))
		return;
	right = hidden_right(h, f, &c);
	verdict = code_has_verdict(&h->p, f, &c);
	check = verdict && code_has_check(&h->p, f, &c);
	if (right == 0 && !verdict)
		score -= code_guards(f, c.block, c.equal) &&
					 hidden_acts(h, f, c.equal)
				 ? ACTS
				 : QUIET;
	score += right * RIGHT + (check	    ? VERDICT + CHECK
				  : verdict ? VERDICT
					    : 0);
	hidden_note(h,
		    &(struct hidden_candidate){
			    .signal = "hidden_date",
			    .score = score,
			    .function = f->start,
			    .at = c.at,
			    .block = f->blocks[c.block].start,
			    .trigger = g->trigger,
			    .effect = hidden_effect(right, check, verdict) });
}

static const char *in_words(struct hidden_code *h, uint64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return "a date has come";
	return fw_sprintf(&h->arena,
			  "the clock is past %04d-%02d-%02d %02d:%02d UTC",
			  tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			  tm.tm_hour, tm.tm_min);
}

/* The clock, or a day, in order to a constant. */
static void by_order(struct hidden_code *h, const struct code_function *f,
		     const struct code_compare *c)
{
	bool day = is_day(c->number);
	struct gate g = { .c = c };

	if (!day && !is_seconds(c->number))
		return;
	if (day)
		g.score = code_value_is(&h->p.values, c->subject, CODE_LOADED)
				  ? HIDDEN_LEAST
				  : DAY;
	else if (is_from_clock(h, f, c->subject))
		g.score = SECONDS;
	else
		return;
	if (is_round(c->number))
		g.score -= ROUND;
	g.trigger = day ? fw_sprintf(&h->arena, "the day %" PRIu64 " has come",
				     c->number)
			: in_words(h, c->number);
	note_edge(h, f, &g, true, false);
	note_edge(h, f, &g, false, false);
}

/* "month > 11": whether it is one at all. */
static bool is_limit(const struct code_compare *c)
{
	static const uint8_t limits[] = { 1,  6,  7,  11, 12, 13, 23, 24,
					  28, 29, 30, 31, 32, 59, 60, 61 };

	return c->kind == CODE_COMPARE_ORDER &&
	       (c->number > 99 ||
		memchr(limits, (int)c->number, sizeof(limits)) != NULL);
}

static size_t list_parts(struct hidden_code *h, const struct code_function *f,
			 struct part *list)
{
	struct code_compare *c;
	size_t count = 0, n = code_compares(&h->p, f, &c);

	for (size_t i = 0; i < n && i < LOOKED_MAX && count < PARTS_MAX; i++) {
		unsigned parts;

		if (!c[i].is_number || (int32_t)c[i].number < 0 ||
		    (c[i].kind != CODE_COMPARE_NUMBER &&
		     c[i].kind != CODE_COMPARE_ORDER) ||
		    code_value_is(&h->p.values, c[i].subject, CODE_MASKED))
			continue;
		parts = parts_of(h, f, c[i].subject, DEPTH);
		if (parts > 1 || (parts == 1 && !is_limit(&c[i])))
			list[count++] = (struct part){ .c = &c[i],
						       .together = parts > 1 };
	}
	return count;
}

/* The first minute of an hour is nothing to wait for. */
static bool is_equal(const struct code_compare *c)
{
	return c->kind == CODE_COMPARE_NUMBER && c->number != 0;
}

/* Whether an edge of a has to be taken to come to b; *equal: it is the one of
 * equality. */
static bool leads_to(const struct code_function *f,
		     const struct code_compare *a, const struct code_compare *b,
		     bool *equal)
{
	uint32_t to[2] = { a->equal, a->other };

	for (int i = 0; i < 2; i++) {
		*equal = i == 0 && is_equal(a);
		if (to[i] != CODE_NO_BLOCK && code_guards(f, a->block, to[i]) &&
		    code_dominates(f, to[i], b->block))
			return true;
	}
	return false;
}

/* What the parts up to the last one weigh. */
static void by_parts(struct hidden_code *h, const struct code_function *f,
		     const struct part *list, size_t n, size_t last)
{
	const struct code_compare *c = list[last].c;
	bool exact = c->kind == CODE_COMPARE_NUMBER, equal, two;
	struct gate g = { .c = c };
	unsigned equals = is_equal(c), ranges = !is_equal(c);
	bool together = list[last].together, uneven;

	uneven = c->number % 15 != 0 && c->number % 100 != 0;
	for (size_t i = 0; i < n; i++) {
		if (i == last || list[i].c->subject == c->subject ||
		    !leads_to(f, list[i].c, c, &equal))
			continue;
		equals += equal;
		ranges += !equal;
		together |= list[i].together;
	}
	two = equals + ranges > 1 && equals > 0;
	if (!two && (!exact || !together || c->number < MINUTE))
		return;
	g.score = FIELDS + (float)(equals > 3 ? 3 : equals) * EQUAL +
		  (float)(ranges > 2 ? 2 : ranges) * RANGE +
		  (together ? TOGETHER : 0) + (uneven ? UNEVEN : 0);
	g.trigger =
		!exact ? "the date and time lie within its limits"
		       : fw_sprintf(&h->arena,
				    "%s the date and time is %" PRIu64,
				    together ? "a number made of" : "a part of",
				    c->number);
	note_edge(h, f, &g, true, two);
	if (!exact)
		note_edge(h, f, &g, false, two);
}

static void look_at(struct hidden_code *h, const struct code_function *f)
{
	struct part list[PARTS_MAX];
	struct code_compare *c;
	size_t n = code_compares(&h->p, f, &c);

	for (size_t i = 0; i < n; i++)
		if (c[i].is_number && c[i].kind == CODE_COMPARE_ORDER)
			by_order(h, f, &c[i]);
	n = list_parts(h, f, list);
	for (size_t i = 0; i < n; i++)
		by_parts(h, f, list, n, i);
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);

	for (uint32_t i = 0; h != NULL && i < h->p.start_count; i++) {
		const struct code_start *s = &h->p.starts[i];
		const struct code_function *f;

		f = (s->reach & CODE_STRONG) != 0 ? code_function(&h->p, i)
						  : s->analysed;
		if (f != NULL && f->block_count > 0)
			look_at(h, f);
	}
}

const struct fw_analyzer fw_analyzer_hidden_date = {
	.name = "hidden_date",
	.title = "Dates and times that decide what a program does",
	.wants = hidden_wants,
	.inspect = inspect,
};
