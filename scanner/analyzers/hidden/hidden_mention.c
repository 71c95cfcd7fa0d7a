/* hidden_mention.c - what the rest of an image says of a trigger
 *
 * A command that a page sends, a script calls or a document explains is meant
 * to be used. One that a program waits for and nothing else knows is not.
 */
#include "analyzers/hidden/hidden_mention.h"

#include "core/listing.h"

enum { OTHERS_MIN = 20 /* fewer prove nothing by their silence */ };
#define MENTIONED 0.7f
#define UNHEARD	  1.0f
#define NEAR	  0.5f /* to what alerts */
#define BELOW	  0.05f

struct hidden_mentions hidden_mentions_of(const struct fw_tree *tree,
					  uint32_t root, uint32_t *seen,
					  struct fw_arena *a)
{
	struct hidden_mentions m = { .tree = tree,
				     .names = { .max = SIZE_MAX } };
	uint32_t end = fw_image_end(tree, root);
	size_t cap = 0;

	for (uint32_t i = root; i < end; i++) {
		uint32_t c = tree->places[i].content;
		const char *name = fw_basename(tree->places[i].path);

		hidden_words_add(&m.names, fw_view_str(name), a);
		if (c == UINT32_MAX || seen[c] == root + 1)
			continue;
		seen[c] = root + 1;
		if (fw_place_fact(&tree->places[i], "_words", 0) == NULL)
			continue;
		m.places =
			fw_grow(a, m.places, &cap, m.n + 1, sizeof(*m.places));
		m.places[m.n++] = i;
	}
	return m;
}

/* The word by which a trigger would be mentioned; empty: there is none, or it
 * is a number. *whole: it is all of the trigger but for a mark. */
static struct fw_view word_of(struct fw_view trigger, bool *whole)
{
	struct fw_view best = { NULL, 0 }, word, rest = trigger;

	if (fw_view_starts(trigger, FW_STR("0x")))
		return best;
	while (hidden_next_word(&rest, &word))
		if (word.len > best.len && !hidden_is_common(word))
			best = word;
	*whole = best.len + 1 >= trigger.len;
	return best;
}

/* Other contents with words, and how many of them have this one. */
static size_t count(const struct hidden_mentions *m, uint32_t place,
		    struct fw_view word, size_t *others)
{
	const struct fw_place *self = &m->tree->places[place];
	const char *name = fw_basename(self->path);
	size_t n = 0;

	*others = 0;
	for (size_t i = 0; i < m->n; i++) {
		const struct fw_place *p = &m->tree->places[m->places[i]];

		if (p->content == self->content ||
		    strcmp(fw_basename(p->path), name) == 0)
			continue;
		++*others;
		n += hidden_words_hold(p, word);
	}
	return n;
}

static float unheard(float score, float alert)
{
	float more = score + UNHEARD;

	if (score < alert - NEAR && more >= alert)
		return alert - BELOW;
	return more;
}

float hidden_mention(const struct hidden_mentions *m, uint32_t place,
		     struct fw_view trigger, float score, float alert,
		     const char **words, struct fw_out *o)
{
	bool whole = false;
	struct fw_view word = word_of(trigger, &whole);
	size_t others, n;

	*words = "";
	if (word.len == 0)
		return score;
	n = count(m, place, word, &others);
	if (n > 0 && whole) {
		*words = fw_text(
			o, ", which %zu other file%s of the image mention%s", n,
			n == 1 ? "" : "s", n == 1 ? "s" : "");
		return score * MENTIONED;
	}
	if (n > 0 || others < OTHERS_MIN || hidden_words_have(&m->names, word))
		return score;
	*words = "; nothing else in the image mentions it";
	return unheard(score, alert);
}
