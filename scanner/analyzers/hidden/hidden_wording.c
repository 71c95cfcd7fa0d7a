/* hidden_wording.c - whether a literal has a word of its own
 *
 * What protocols, settings and formats compare with is made of words that many
 * programs use, or that the program says elsewhere, in a help text or a
 * message. Who leaves something behind chooses a word that nobody would guess:
 * the name of a place, of a bird, of a person. Measured on triggers and on what
 * Debian's programs compare with, no other trait tells the two apart as well.
 */
#include "analyzers/hidden/hidden.h"
#include "core/words.h"

enum {
	WORD_MIN = 4,
	CUT_MIN = 5,
	TEXT_MIN = 4,
	COUNTS_MIN = 1 << 14,
	TAG_MAX = 5
};

static uint64_t mixed(uint32_t hash)
{
	return hash * UINT64_C(0x9e3779b97f4a7c15);
}

static void count(struct hidden_told *t, uint32_t hash)
{
	uint8_t *a = &t->uses[mixed(hash) & t->use_mask];
	uint8_t *b = &t->uses[mixed(hash) >> 32 & t->use_mask];

	if (*a < UINT8_MAX)
		++*a;
	if (a != b && *b < UINT8_MAX)
		++*b;
}

static bool is_text(uint8_t c)
{
	return (c >= 32 && c < 127) || c == '\n' || c == '\t';
}

/* How often each word stands in the program's texts, in one pass. */
static void read_uses(struct hidden_code *h)
{
	struct fw_view all = h->p.elf.bytes;
	struct hidden_told *t = &h->told;
	uint64_t n = COUNTS_MIN;

	while (n < all.len / 8 && n < UINT32_MAX / 2)
		n *= 2;
	t->use_mask = n - 1;
	t->uses = fw_alloc(&h->arena, n, 1);
	for (size_t i = 0, k; i < all.len; i = k + 1) {
		struct fw_view rest;
		struct fw_word w;

		for (k = i; k < all.len && is_text(all.data[k]); k++)
			;
		if (k - i < TEXT_MIN)
			continue;
		rest = fw_view_sub(all, i, k - i);
		while (fw_next_word(&rest, &w))
			if (w.len >= WORD_MIN)
				count(t, fw_word_hash(w.text, w.len));
	}
}

/* Whether the program uses a word elsewhere, too. */
static bool is_used(struct hidden_code *h, const struct fw_word *w)
{
	struct hidden_told *t = &h->told;
	uint64_t m = mixed(fw_word_hash(w->text, w->len));

	if (t->uses == NULL)
		read_uses(h);
	return t->uses[m & t->use_mask] > 1 &&
	       t->uses[m >> 32 & t->use_mask] > 1;
}

static bool is_known(struct hidden_code *h, const struct fw_word *w)
{
	return fw_word_is_known(w) || is_used(h, w);
}

/* Whether a letter is missing before a word, or behind it: "laybackPosition",
 * "allow-quer". */
static bool is_cut(const struct fw_word *word)
{
	struct fw_word w = *word;

	if (fw_word_is_digits(word) || word->len >= FW_WORD_MAX)
		return false;
	for (char c = 'a'; c <= 'z'; c++) {
		w.len = word->len + 1;
		memcpy(w.text + 1, word->text, word->len);
		w.text[0] = c;
		if (fw_word_is_listed(&w))
			return true;
		memcpy(w.text, word->text, word->len);
		w.text[word->len] = c;
		if (fw_word_is_listed(&w))
			return true;
	}
	return false;
}

/* "VPST": what a format marks its parts with. */
static bool is_tag(struct fw_view t)
{
	size_t letters = 0;

	for (size_t i = 0; i < t.len; i++)
		letters += t.data[i] >= 'A' && t.data[i] <= 'Z';
	return t.len <= TAG_MAX && letters + 1 >= t.len;
}

/* *letters: how many are in words that are known. */
static enum hidden_wording wording(struct hidden_code *h, struct fw_view t,
				   bool part, size_t *letters)
{
	struct fw_view rest = t;
	struct fw_word w;

	*letters = 0;

	if (!fw_words_are_loaded() || is_tag(t))
		return HIDDEN_WORDLESS;
	while (fw_next_word(&rest, &w)) {
		bool at_edge = rest.len == 0 || rest.data - w.len == t.data;

		if (w.len < WORD_MIN)
			continue;
		bool known = is_known(h, &w) || (part && at_edge && is_cut(&w));

		/* Four letters come about by chance, and so do five that
		 * another word may end with. */
		if (!known && (w.len > (part && at_edge ? CUT_MIN : WORD_MIN) ||
			       fw_word_is_digits(&w)))
			return HIDDEN_OWN_WORD;
		*letters += known ? w.len : 0;
	}
	return *letters > 0 ? HIDDEN_KNOWN_WORDS : HIDDEN_WORDLESS;
}

enum hidden_wording hidden_wording(struct hidden_code *h, struct fw_view t)
{
	size_t letters;

	return wording(h, t, false, &letters);
}

float hidden_by_wording(struct hidden_code *h, const struct code_compare *c,
			float own, float known)
{
	size_t letters, len = c->literal.len;
	enum hidden_wording w = wording(
		h, c->literal, c->kind == CODE_COMPARE_INLINE || c->links > 0,
		&letters);

	if (w != HIDDEN_KNOWN_WORDS)
		return w == HIDDEN_OWN_WORD ? own : 0;
	/* "b7-Marlin-x2" has one, and much else. */
	return letters * 10 > len * 5 ? -known : -known / 2;
}
