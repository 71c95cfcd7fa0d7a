/* hidden_guard.c - a compare with a constant that guards something strong
 *
 * The strongest sign of a hidden function: one value that nobody documents, and
 * behind it a shell. What makes it weak again: a function that tells many words
 * apart and runs commands for most of them is an interpreter of commands.
 */
#include <ctype.h>

#include "analyzers/hidden/hidden.h"

#define REST   2.0f /* for a trigger that its command stands behind */
#define SILENT 1.5f /* for one that is not explained where others are */
#define OWN    2.5f /* a word that stands nowhere else */
#define MARK   1.5f /* a number as formats have */
#define KNOWN  1.0f /* none but those that others use */
enum { NEAR = 1024 /* bytes of one buffer */, OTHERS_MIN = 3, OTHERS_MAX = 64 };

/* A number's worth by where it comes from. Sixteen bits are chosen often; only
 * a shell behind them tells. */
static float number_score(const struct code_compare *c, float s, bool outside,
			  bool reached)
{
	if (c->size == 2 && c->literal.len == 0)
		return s >= 7 && c->number > 1024 ? s - 0.3f : s * 0.3f;
	if (s <= 3)
		return s;
	return outside ? s + 2 : reached ? s + 1.5f : s - 1;
}

/* "RESTART": a command of some protocol. */
static bool is_capitals(struct fw_view t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!isupper(t.data[i]))
			return false;
	return t.len > 0;
}

static float score_of(const struct code_guard *g, bool outside, bool reached)
{
	const struct code_compare *c = g->compare;
	float s = g->sink.weight;

	if (g->best == CODE_SINK_CONSTANT ||
	    g->best == CODE_SINK_EXEC_CONSTANT || g->best == CODE_SINK_LISTEN ||
	    g->best == CODE_SINK_DELETE)
		s *= 0.5f;
	/* A command interpreter has many of these. */
	s *= g->like == 0  ? 1.0f
	     : g->like < 3 ? 0.75f
	     : g->like < 6 ? 0.5f
			   : 0.3f;
	if (g->or_count > 0)
		s *= 0.8f;
	s += hidden_oddness(c->literal) * (s > 4 ? 1.0f : 0.5f);
	if (c->built || c->kind == CODE_COMPARE_DECODED)
		s += s > 4 ? 4.0f : 1.5f;
	if (reached && s > 4 && g->like == 0)
		s += 1;
	if (c->kind == CODE_COMPARE_NUMBER)
		s = number_score(c, s, outside, reached);
	else if (outside && s > 3)
		s += 1;
	if (hidden_is_ordinary(c->literal))
		s *= 0.5f;
	else if (is_capitals(c->literal))
		s *= 0.8f;
	/* The folder of a page. */
	if (c->literal.len > 2 && c->literal.data[0] == '/' &&
	    c->literal.data[c->literal.len - 1] == '/')
		s *= 0.7f;
	return s;
}

/* What a value is a part of: the buffer, the argument, the result. */
static const struct code_value *root_of(const struct hidden_code *h, code_id id)
{
	for (int depth = 0; depth < 6; depth++) {
		const struct code_value *v = code_value_at(&h->p.values, id);

		if (v->kind != CODE_LOADED && v->kind != CODE_OFFSET &&
		    v->kind != CODE_XORED && v->kind != CODE_MASKED &&
		    v->kind != CODE_MIXED)
			return v;
		id = v->base;
	}
	return code_value_at(&h->p.values, 0);
}

/* Whether the command that runs is of what was compared: "xyzzy reboot". */
static bool runs_the_rest(const struct hidden_code *h,
			  const struct code_function *f,
			  const struct code_guard *g)
{
	const struct code_value *v = root_of(h, g->compare->subject), *w;

	for (size_t i = 0; i < f->call_count && v->kind != CODE_UNKNOWN; i++) {
		const struct code_call *c = &f->calls[i];
		const struct code_known *k =
			c->at == g->sink.at ? code_call_known(&h->p, c) : NULL;

		if (k == NULL || (k->use & CODE_SHELL) == 0 ||
		    k->arg >= CODE_ARGS)
			continue;
		w = root_of(h, c->args[k->arg]);
		if (v == w)
			return v->kind != CODE_CONST;
		return v->kind == w->kind &&
		       (v->kind == CODE_STACK || v->kind == CODE_CONST) &&
		       w->n - v->n < NEAR;
	}
	return false;
}

/* Whether most other words that a function knows are told of: one that is not
 * is left out on purpose. */
static bool others_are_told(struct hidden_code *h, const struct code_guard *g,
			    size_t n, size_t at)
{
	size_t told = 0, others = 0;

	for (size_t i = 0; i < n && others < OTHERS_MAX; i++) {
		const struct code_compare *c = g[i].compare;

		if (c->literal.len < 3 || c->is_number ||
		    fw_view_eq(c->literal, g[at].compare->literal))
			continue;
		others++;
		told += hidden_is_told(h, c->literal);
	}
	return others >= OTHERS_MIN && told * 10 >= others * 6;
}

/* A plain word among others: commands that a protocol has. */
static bool is_command(const struct code_guard *g, size_t n, size_t at)
{
	size_t others = 0;

	for (size_t i = 0; i < n; i++)
		others += g[i].compare->literal.len > 1 &&
			  !g[i].compare->is_number &&
			  g[i].compare->subject == g[at].compare->subject &&
			  !fw_view_eq(g[i].compare->literal,
				      g[at].compare->literal);
	return others >= OTHERS_MIN &&
	       hidden_oddness(g[at].compare->literal) < 0.5f;
}

static void look_at(struct hidden_code *h, const struct code_function *f)
{
	struct code_guard *g;
	size_t n = code_guards_of(&h->p, f, &g);

	for (size_t i = 0; i < n; i++) {
		const struct code_compare *c = g[i].compare;
		bool outside = false;

		if (g[i].best == CODE_SINK_NONE || !code_is_trigger(c))
			continue;
		const char *from = hidden_origin(h, f, c->subject, &outside);
		float score = score_of(&g[i], outside, hidden_is_reached(h));

		/* The head of a longer text: a parser's work, but where all
		 * of the rest is a command. */
		const struct code_known *k =
			c->call == NULL ? NULL
					: code_call_known(&h->p, c->call);

		if (score > 4 && runs_the_rest(h, f, &g[i]))
			score += REST;
		else if (k != NULL && hidden_is_head(h, c, k) &&
			 hidden_oddness(c->literal) < 0.8f &&
			 !fw_view_starts(c->literal, FW_STR("/")))
			score *= 0.85f;
		/* A help text names it. */
		if (score > 4 && c->literal.len > 2) {
			if (hidden_is_told(h, c->literal) ||
			    (g[i].best == CODE_SINK_VARIABLE &&
			     is_command(g, n, i)))
				score *= 0.8f;
			else if (!hidden_is_ordinary(c->literal) &&
				 others_are_told(h, g, n, i))
				score += SILENT;
		}
		score += hidden_by_wording(h, c, OWN, KNOWN);
		if (c->is_number && hidden_is_mark(c->number))
			score -= MARK;

		hidden_note(h, &(struct hidden_candidate){
				       .signal = "hidden_guard",
				       .score = score,
				       .function = f->start,
				       .at = c->at,
				       .block = f->blocks[c->block].start,
				       .literal = c->literal,
				       .is_number = c->is_number,
				       .number = c->number,
				       .trigger = hidden_trigger(h, c, from),
				       .effect = code_sink_words(g[i].best),
				       .sink = g[i].sink,
				       .sink_kind = g[i].best });
	}
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);

	if (h == NULL)
		return;
	uint32_t ask = CODE_STRONG | CODE_LISTEN;

	if (h->files)
		ask |= CODE_FILE;
	for (uint32_t i = 0; i < h->p.start_count; i++) {
		const struct code_start *s = &h->p.starts[i];
		const struct code_function *f;

		/* Whatever its name: a name is no proof of what it does. */
		if ((s->reach & ask) == 0)
			continue;
		f = code_function(&h->p, i);
		if (f != NULL)
			look_at(h, f);
	}
}

const struct fw_analyzer fw_analyzer_hidden_guard = {
	.name = "hidden_guard",
	.title = "Compares with a constant that guard a shell",
	.wants = hidden_wants,
	.inspect = inspect,
};
