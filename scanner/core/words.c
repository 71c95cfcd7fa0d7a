/* words.c - words that many programs use */
#include "core/words.h"

#include <ctype.h>
#include <string.h>

#include "core/data.h"
#include "core/literals.h"

enum {
	PART_MAX = 16, /* letters of a part of a word */
	/* What a short part costs, and what a word may: two letters, or three
	 * twice, fit nearly everywhere. */
	COST_OF_TWO = 2,
	COST_OF_THREE = 1,
	COST_MAX = 2,
	NEVER = 100,
	/* Short words are known once so many times as many programs use them,
	 * or a part of all. */
	TIMES_THREE = 3,
	PART_OF_ALL = 8,
	STEM_MIN = 5 /* letters before an ending */
};

bool fw_word_is_digits(const struct fw_word *w)
{
	return w->len > 0 && isdigit((unsigned char)w->text[0]);
}

/* Where the word that begins at p ends. */
static size_t word_len(struct fw_view v)
{
	size_t n = 1;

	if (isdigit(v.data[0])) {
		while (n < v.len && isdigit(v.data[n]))
			n++;
		return n;
	}
	if (isupper(v.data[0]))
		while (n < v.len && isupper(v.data[n]))
			n++;
	/* The last capital of several begins the next word, as in "HTTPStatus",
	 * but where it is a version's letter that follows: "TLSv1". */
	if (n > 1 && n < v.len && islower(v.data[n]))
		return n + 1 < v.len && v.data[n] == 'v' &&
				       isdigit(v.data[n + 1])
			       ? n
			       : n - 1;
	while (n < v.len && islower(v.data[n]))
		n++;
	return n;
}

bool fw_next_word(struct fw_view *rest, struct fw_word *w)
{
	struct fw_view v = *rest;

	while (v.len > 0) {
		size_t n;

		if (!isalnum(v.data[0])) {
			v = fw_view_sub(v, 1, v.len);
			continue;
		}
		n = word_len(v);
		if (n <= FW_WORD_MAX) {
			for (size_t i = 0; i < n; i++)
				w->text[i] = (char)tolower(v.data[i]);
			/* "OCFSV2": a version. */
			w->len = n > 1 && n < v.len && w->text[n - 1] == 'v' &&
						 isdigit(v.data[n])
					 ? n - 1
					 : n;
			*rest = fw_view_sub(v, n, v.len);
			return true;
		}
		v = fw_view_sub(v, n, v.len);
	}
	*rest = v;
	return false;
}

uint32_t fw_word_hash(const char *text, size_t len)
{
	return (uint32_t)(fw_literal_hash(fw_view_of(text, len)) >> 32);
}

uint32_t fw_word_least(size_t len, uint32_t least, uint32_t programs)
{
	if (len >= FW_WORD_LETTERS)
		return least;
	if (len == FW_WORD_LETTERS - 1)
		return least * TIMES_THREE;
	return programs / PART_OF_ALL > least ? programs / PART_OF_ALL : least;
}

bool fw_words_are_loaded(void)
{
	return fw_data("words").len > 0;
}

static bool is_in_table(struct fw_view table, const char *text, size_t len)
{
	return fw_literals_hold(table, (uint64_t)fw_word_hash(text, len) << 32);
}

/* Whether letters are known, or put together from what is. */
static bool is_put_together(struct fw_view table, const char *text, size_t len)
{
	unsigned cost[FW_WORD_MAX + 1] = { 0 };

	for (size_t end = 1; end <= len; end++) {
		cost[end] = NEVER;
		for (size_t n = FW_WORD_MIN; n <= end && n <= PART_MAX; n++) {
			unsigned more = n == 2	 ? COST_OF_TWO
					: n == 3 ? COST_OF_THREE
						 : 0;

			if (cost[end - n] + more < cost[end] &&
			    cost[end - n] + more <= COST_MAX &&
			    is_in_table(table, text + end - n, n))
				cost[end] = cost[end - n] + more;
		}
	}
	return cost[len] <= COST_MAX;
}

/* The same, or with an ending: "snmptrapd", "aliases", "crossts". */
static bool has_known_stem(struct fw_view table, const char *text, size_t n)
{
	if (is_put_together(table, text, n))
		return true;
	return (n > STEM_MIN && (text[n - 1] == 'd' || text[n - 1] == 's') &&
		is_put_together(table, text, n - 1)) ||
	       (n > STEM_MIN + 1 && is_in_table(table, text, n - 2));
}

bool fw_word_is_listed(const struct fw_word *w)
{
	return w->len <= FW_WORD_MAX &&
	       is_in_table(fw_data("words"), w->text, w->len);
}

bool fw_word_is_known(const struct fw_word *w)
{
	struct fw_view table = fw_data("words");
	size_t n = w->len;

	if (n == 0 || n > FW_WORD_MAX)
		return false;
	if (fw_word_is_digits(w))
		return is_in_table(table, w->text, n);
	return has_known_stem(table, w->text, n) ||
	       (n >= STEM_MIN + 2 && memcmp(w->text, "no", 2) == 0 &&
		has_known_stem(table, w->text + 2, n - 2));
}
