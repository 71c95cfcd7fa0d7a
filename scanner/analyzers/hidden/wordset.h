/* wordset.h - the words of a content, as small as correlators can carry them
 *
 * Correlators see no bytes, but want to know whether anything in the image
 * mentions a word. Each content leaves its words as Bloom filters, one a fact
 * "_words": six bits a character, '0' to 'o'. A word belongs to one of them by
 * its hash. Filters hold 24 bits a word and set 16 of them, so that one in
 * 100,000 words is taken for one that is there: over a thousand files one
 * answer in a hundred is wrong.
 */
#ifndef FW_ANALYZERS_HIDDEN_WORDSET_H
#define FW_ANALYZERS_HIDDEN_WORDSET_H

#include "core/analyzer.h"

enum {
	HIDDEN_WORD_MIN = 5, /* shorter ones are everywhere */
	HIDDEN_WORD_MAX = 40,
	HIDDEN_WORDS_MAX = 4096 /* that a content tells of; more are too many */
};

/* Takes the next word off *rest: a run of letters, digits and _.#@!$- without
 * the marks that end or open a sentence. Runs of another length are passed.
 * False at the end. Linear. */
bool hidden_next_word(struct fw_view *rest, struct fw_view *word);

/* Words that say nothing by being mentioned: numbers, what many texts have, and
 * what many programs hold (literals.h). They are in no set. */
bool hidden_is_common(struct fw_view word);

/* Distinct words that are gathered; zeroed at first but for max. */
struct hidden_words {
	uint64_t *slots;   /* hashes; 0: free; odd: a common word */
	size_t n;	   /* words that are not common */
	size_t used, size; /* slots; size: a power of two */
	size_t max;	   /* words */
	bool full;	   /* there were more */
};

/* Adds all words of a text. */
void hidden_words_add(struct hidden_words *w, struct fw_view text,
		      struct fw_arena *a);

bool hidden_words_have(const struct hidden_words *w, struct fw_view word);

/* Leaves them as facts "_words"; nothing when there are none, or too many. */
void hidden_words_tell(const struct hidden_words *w, struct fw_out *o);

/* Whether the words of a place hold this one; false too where it left none. */
bool hidden_words_hold(const struct fw_place *p, struct fw_view word);

#endif
