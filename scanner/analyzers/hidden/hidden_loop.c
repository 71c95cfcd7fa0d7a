/* hidden_loop.c - a text that a loop of the program's own reads
 *
 * Who compares in constant time, or ends of names, writes a loop of his own,
 * and compilers put it in place: no call and no compare names the text. What a
 * function with a loop has the address of, and gives to nobody, may be so
 * compared. That is a hint, where the text looks made up.
 */
#include <ctype.h>

#include "analyzers/hidden/hidden.h"

enum { LENGTH_MIN = 6, LENGTH_MAX = 48, PLACES_MAX = 256 };
#define BASE 1.1f
#define OWN  0.5f  /* a word that stands nowhere else */
#define ODD  0.15f /* of its oddness */
#define MOST 1.9f  /* no place to look at by itself */

static bool has_loop(const struct code_function *f)
{
	for (uint32_t i = 0; i < f->block_count; i++)
		if (f->blocks[i].loops)
			return true;
	return false;
}

static bool is_given(const struct code_function *f, struct fw_view t)
{
	for (size_t i = 0; i < f->call_count; i++)
		for (unsigned a = 0; a < CODE_ARGS; a++)
			if (f->calls[i].text[a].data == t.data)
				return true;
	return false;
}

static bool is_compared(struct hidden_code *h, const struct code_function *f,
			struct fw_view t)
{
	struct code_compare *c;
	size_t n = code_compares(&h->p, f, &c);

	for (size_t i = 0; i < n; i++)
		if (c[i].literal.len > 0 && (fw_view_eq(c[i].literal, t) ||
					     fw_view_starts(t, c[i].literal)))
			return true;
	return false;
}

static bool may_be_one(struct fw_view t)
{
	size_t letters = 0, slashes = 0;

	if (t.len < LENGTH_MIN || t.len > LENGTH_MAX || !hidden_is_text(t))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		letters += isalnum(t.data[i]) != 0;
		slashes += t.data[i] == '/';
		if (strchr(" %:;,<>\"\\", t.data[i]) != NULL)
			return false;
	}
	/* A file's name is somebody else's. */
	return slashes < 2 && letters * 10 > t.len * 7;
}

static void look_at(struct hidden_code *h, const struct code_function *f)
{
	size_t n =
		f->pointer_count < PLACES_MAX ? f->pointer_count : PLACES_MAX;

	for (size_t i = 0; i < n; i++) {
		struct fw_view t = code_text(&h->p, f->pointers[i]);
		enum hidden_wording w;
		float score;

		if (!may_be_one(t) || hidden_is_given_out(t) ||
		    hidden_is_ordinary(t) ||
		    !code_spend(&h->p, f->call_count) || is_given(f, t) ||
		    (w = hidden_wording(h, t)) == HIDDEN_KNOWN_WORDS ||
		    hidden_is_told(h, t) || is_compared(h, f, t))
			continue;
		score = BASE + hidden_oddness(t) * ODD +
			(w == HIDDEN_OWN_WORD ? OWN : 0);
		hidden_note(h,
			    &(struct hidden_candidate){
				    .signal = "hidden_loop",
				    .hint = true,
				    .score = score > MOST ? MOST : score,
				    .function = f->start,
				    .at = h->p.starts[f->start].address,
				    .block = h->p.starts[f->start].address,
				    .literal = t,
				    .trigger = "a loop meets",
				    .effect = "does something that cannot be "
					      "told" });
	}
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_code *h = hidden_code(obj, o);

	for (uint32_t i = 0; h != NULL && i < h->p.start_count; i++) {
		const struct code_function *f = h->p.starts[i].analysed;

		if (f != NULL && f->block_count > 0 && f->pointer_count > 0 &&
		    !hidden_is_library(h, i) && has_loop(f))
			look_at(h, f);
	}
}

const struct fw_analyzer fw_analyzer_hidden_loop = {
	.name = "hidden_loop",
	.title = "Texts that a loop of the program's own reads",
	.wants = hidden_wants,
	.inspect = inspect,
};
