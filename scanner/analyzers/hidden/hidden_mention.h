/* hidden_mention.h - what the rest of an image says of a trigger */
#ifndef FW_ANALYZERS_HIDDEN_MENTION_H
#define FW_ANALYZERS_HIDDEN_MENTION_H

#include "analyzers/hidden/wordset.h"

/* Who of an image leaves words; made once an image, for many questions. */
struct hidden_mentions {
	const struct fw_tree *tree;
	uint32_t *places; /* with words, one of each content */
	size_t n;
	struct hidden_words names; /* of files and folders */
};

/* Of the image at root; lives in a. seen has room for fw_content_end(), zeroed
 * before the first image: work over all images stays linear. */
struct hidden_mentions hidden_mentions_of(const struct fw_tree *tree,
					  uint32_t root, uint32_t *seen,
					  struct fw_arena *a);

/* Weighs a candidate's score by who else mentions its trigger: less where
 * others do, more where an image of many files has none that does and no file
 * is called so. Silence is a weak sign: from further below, it lifts nothing to
 * the score that alerts. *words says what was found, to go behind the trigger
 * in a sentence; else it is "". Copies of the program do not count, nor do
 * other versions under its name. */
float hidden_mention(const struct hidden_mentions *m, uint32_t place,
		     struct fw_view trigger, float score, float alert,
		     const char **words, struct fw_out *o);

#endif
