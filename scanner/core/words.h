/* words.h - words that many programs use, from rules/data/words.bin
 *
 * "assay train --words" counts in how many programs each word stands, in texts,
 * names and messages. What is named by a technical term or an abbreviation that
 * others use as well has its name from a standard or a habit; a word that none
 * of them uses was somebody's own choice. The file has the form of literals.h.
 */
#ifndef FW_CORE_WORDS_H
#define FW_CORE_WORDS_H

#include "core/view.h"

enum {
	FW_WORD_MAX = 32,    /* longer ones are none */
	FW_WORD_MIN = 2,     /* letters that are counted */
	FW_WORD_DIGITS = 4,  /* digits that are a word: "8859" */
	FW_WORD_LETTERS = 4, /* what is told from chance alone */
};

/* A word in lower case: letters, or digits. */
struct fw_word {
	char text[FW_WORD_MAX];
	size_t len;
};

/* Takes the next word off *rest: of "getHTTPStatus_2" it is "get", "http",
 * "status", "2". Longer ones than FW_WORD_MAX are passed over. False at the
 * end. */
bool fw_next_word(struct fw_view *rest, struct fw_word *word);

bool fw_word_is_digits(const struct fw_word *word);

/* Upper half of the hash that a table holds. */
uint32_t fw_word_hash(const char *text, size_t len);

/* How many of so many programs must use a word before it is known, by its
 * length: short ones come about by chance. least: for those of four letters. */
uint32_t fw_word_least(size_t len, uint32_t least, uint32_t programs);

/* Whether the table that was loaded (data.h) has a word, or a few that it is
 * put together from: "dnsclient", "firstfrag". Without a table there is none.
 */
bool fw_word_is_known(const struct fw_word *word);

/* Whether the table has just this word. */
bool fw_word_is_listed(const struct fw_word *word);

/* Whether there is a table. */
bool fw_words_are_loaded(void);

#endif
