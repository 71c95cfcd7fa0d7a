/* hidden_words.c - what words a text, or the texts of a program, hold
 *
 * For hidden_mention.c, which asks whether anything in the image mentions what
 * a program waits for.
 */
#include "analyzers/hidden/wordset.h"
#include "code/elfread.h"
#include "core/strings.h"

/* Longer texts are logs and lists. */
enum { TEXT_MAX = 1 << 20 };

static bool wants(const struct fw_object *obj)
{
	if (elf_is(obj))
		return true;
	return (obj->format == NULL || obj->leaf) &&
	       obj->bytes.len >= HIDDEN_WORD_MIN &&
	       obj->bytes.len <= TEXT_MAX && fw_is_text(obj->bytes);
}

static void inspect(const struct fw_object *obj, struct fw_out *o)
{
	struct hidden_words w = { .max = HIDDEN_WORDS_MAX };

	if (!elf_is(obj)) {
		hidden_words_add(&w, obj->bytes, fw_out_arena(o));
		hidden_words_tell(&w, o);
		return;
	}
	const struct fw_strings *s = fw_object_strings(obj, o);

	/* What no zero ends is code that looks like text. */
	for (size_t i = 0; i < s->n && !w.full; i++)
		if (s->v[i].ended && s->v[i].len >= HIDDEN_WORD_MIN)
			hidden_words_add(&w, fw_string_view(obj, &s->v[i]),
					 fw_out_arena(o));
	hidden_words_tell(&w, o);
}

const struct fw_analyzer fw_analyzer_hidden_words = {
	.name = "hidden_words",
	.title = "Words of texts and programs, to look triggers up in",
	.wants = wants,
	.inspect = inspect,
};
