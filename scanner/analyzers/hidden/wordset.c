/* wordset.c - the words of a content, as small as correlators can carry them */
#include "analyzers/hidden/wordset.h"

#include "core/literals.h"

enum {
	BITS = 24, /* a word */
	HASHES = 16,
	CHAR_BITS = 6,
	CHARS_MAX = 4000, /* of a fact: just below what one may hold */
	CHARS_MIN = 16,
	WORDS_OF_ONE = CHARS_MAX * CHAR_BITS / BITS,
	FIRST_SLOTS = 256,
	USED_MAX = 1 << 20 /* words, common ones too */
};

static bool is_word(uint8_t c)
{
	static const uint64_t set[4] = {
		1ULL << '!' | 1ULL << '#' | 1ULL << '$' | 1ULL << '-' |
			1ULL << '.' | 0x3ffULL << '0',
		1ULL << ('@' - 64) | 0x3ffffffULL << ('A' - 64) |
			1ULL << ('_' - 64) | 0x3ffffffULL << ('a' - 64),
		0, 0
	};

	return set[c >> 6] >> (c & 63) & 1;
}

static bool is_mark(uint8_t c)
{
	return c == '.' || c == '!' || c == '-';
}

bool hidden_next_word(struct fw_view *rest, struct fw_view *word)
{
	const uint8_t *p = rest->data, *end = p + rest->len;

	while (p < end) {
		while (p < end && !is_word(*p))
			p++;
		const uint8_t *from = p, *to;

		while (p < end && is_word(*p))
			p++;
		to = p;
		while (from < to && (*from == '-' || *from == '!'))
			from++;
		while (from < to && is_mark(to[-1]))
			to--;
		if (to - from < HIDDEN_WORD_MIN || to - from > HIDDEN_WORD_MAX)
			continue;
		*word = fw_view_of(from, (size_t)(to - from));
		*rest = fw_view_of(p, (size_t)(end - p));
		return true;
	}
	*rest = fw_view_of(p, 0);
	return false;
}

/* Digits with dots: a number, a version, an address. */
static bool is_number(struct fw_view w)
{
	for (size_t i = 0; i < w.len; i++)
		if ((w.data[i] < '0' || w.data[i] > '9') && w.data[i] != '.')
			return false;
	return true;
}

bool hidden_is_common(struct fw_view w)
{
	static const char *const words[] = {
		"function",  "return", "document", "window", "width",
		"height",    "border", "table",	   "class",  "style",
		"script",    "value",  "input",	   "hidden", "select",
		"option",    "which",  "there",	   "their",  "about",
		"would",     "string", "align",	   "center", "color",
		"false",     "error",  "write",	   "length", "language",
		"javascript"
	};

	if (w.data[0] >= '0' && w.data[0] <= '9')
		return is_number(w);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i][0] == (char)w.data[0] &&
		    fw_view_eq(w, fw_view_str(words[i])))
			return true;
	return fw_literal_is_common(w);
}

/* Even, and never 0. */
static uint64_t hash_of(struct fw_view w)
{
	uint64_t h = fw_literal_hash(w) & ~1ULL;

	return h == 0 ? 2 : h;
}

/* The slot of a hash, or the free one where it goes. */
static uint64_t *slot_of(uint64_t *slots, size_t size, uint64_t h)
{
	size_t at = h >> 1 & (size - 1);

	while (slots[at] != 0 && (slots[at] & ~1ULL) != h)
		at = (at + 1) & (size - 1);
	return &slots[at];
}

static void grow(struct hidden_words *w, struct fw_arena *a)
{
	size_t size = w->size == 0 ? FIRST_SLOTS : w->size * 2;
	uint64_t *slots = fw_alloc(a, size, sizeof(*slots));

	for (size_t i = 0; i < w->size; i++)
		if (w->slots[i] != 0)
			*slot_of(slots, size, w->slots[i] & ~1ULL) =
				w->slots[i];
	w->slots = slots;
	w->size = size;
}

void hidden_words_add(struct hidden_words *w, struct fw_view text,
		      struct fw_arena *a)
{
	struct fw_view word;

	while (!w->full && hidden_next_word(&text, &word)) {
		if (w->used * 2 >= w->size)
			grow(w, a);
		uint64_t h = hash_of(word);
		uint64_t *slot = slot_of(w->slots, w->size, h);

		if (*slot != 0)
			continue;
		bool common = hidden_is_common(word);

		*slot = h | common;
		w->used++;
		w->n += !common;
		w->full = w->n > w->max || w->used > USED_MAX;
	}
}

bool hidden_words_have(const struct hidden_words *w, struct fw_view word)
{
	return w->size > 0 && *slot_of(w->slots, w->size, hash_of(word)) != 0;
}

/* Which of several filters a word is in, and its bits there. */
static size_t part_of(uint64_t h, size_t parts)
{
	return (h >> 56) % parts;
}

/* Bits are drawn from the hash by a linear congruential generator: the usual
 * two hashes and their sums err too often in small filters. */
static size_t next_bit(uint64_t *h, size_t bits)
{
	*h = *h * 6364136223846793005U + 1442695040888963407U;
	return (size_t)((*h >> 32) * bits >> 32);
}

static void tell_part(const struct hidden_words *w, size_t part, size_t parts,
		      struct fw_out *o)
{
	size_t chars = w->n * BITS / CHAR_BITS / parts;

	chars = chars < CHARS_MIN ? CHARS_MIN : chars;
	chars = chars > CHARS_MAX ? CHARS_MAX : chars;
	char *text = fw_alloc(fw_out_arena(o), chars + 1, 1);

	for (size_t i = 0; i < w->size; i++) {
		uint64_t h = w->slots[i];

		if (h == 0 || (h & 1) != 0 || part_of(h, parts) != part)
			continue;
		for (unsigned k = 0; k < HASHES; k++) {
			size_t bit = next_bit(&h, chars * CHAR_BITS);

			text[bit / CHAR_BITS] = (char)(text[bit / CHAR_BITS] |
						       1 << bit % CHAR_BITS);
		}
	}
	for (size_t i = 0; i < chars; i++)
		text[i] = (char)(text[i] + '0');
	fw_out_fact(o, "_words", text);
}

void hidden_words_tell(const struct hidden_words *w, struct fw_out *o)
{
	size_t parts = (w->n + WORDS_OF_ONE - 1) / WORDS_OF_ONE;

	if (w->full)
		return;
	for (size_t i = 0; i < parts; i++)
		tell_part(w, i, parts, o);
}

/* The facts "_words" of a place stand together. */
bool hidden_words_hold(const struct fw_place *p, struct fw_view word)
{
	uint64_t h = hash_of(word);
	size_t from = 0, parts = 0;

	while (from < p->fact_count &&
	       strcmp(p->facts[from].key, "_words") != 0)
		from++;
	while (from + parts < p->fact_count &&
	       strcmp(p->facts[from + parts].key, "_words") == 0)
		parts++;
	if (parts == 0)
		return false;
	const char *text = p->facts[from + part_of(h, parts)].value;
	size_t bits = strlen(text) * CHAR_BITS;

	for (unsigned k = 0; k < HASHES; k++) {
		size_t bit = next_bit(&h, bits);

		if ((((unsigned char)text[bit / CHAR_BITS] - '0') >>
			     bit % CHAR_BITS &
		     1) == 0)
			return false;
	}
	return bits > 0;
}
