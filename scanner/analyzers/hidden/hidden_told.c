/* hidden_told.c - which names a program explains
 *
 * A name that stands inside of another text is told of. Most names are one
 * word: all words of the file that stand in texts are looked up in one pass, as
 * bits by their hash. Few others are searched for.
 */
#include <ctype.h>

#include "analyzers/hidden/hidden.h"

enum { HEAD = 6 /* bytes */, HEADS = 1 << 14 };
#define ODD 1.5f /* so odd a word is worth a search */

enum { WORD_MIN = 3, WORD_MAX = 40, TRIES = 16, BITS_MIN = 1 << 16 };

static bool is_word(uint8_t c)
{
	return isalnum(c) || c == '_' || c == '-';
}

static bool is_text(uint8_t c)
{
	return c == 0 || c == '\n' || c == '\t' || (c >= 32 && c < 127);
}

/* Alone it is the name itself; inside of a word another one. */
static bool is_inside(uint8_t before, uint8_t behind)
{
	return (before != 0 || behind != 0) && !is_word(before) &&
	       !is_word(behind) && is_text(before) && is_text(behind);
}

static uint64_t hash_of(const uint8_t *s, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		h = (h ^ s[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

static void keep(struct hidden_told *t, uint64_t h)
{
	uint64_t a = h & t->mask, b = h >> 32 & t->mask;

	t->bits[a / 8] |= (uint8_t)(1U << a % 8);
	t->bits[b / 8] |= (uint8_t)(1U << b % 8);
}

static bool is_kept(const struct hidden_told *t, uint64_t h)
{
	uint64_t a = h & t->mask, b = h >> 32 & t->mask;

	return (t->bits[a / 8] >> a % 8 & 1) != 0 &&
	       (t->bits[b / 8] >> b % 8 & 1) != 0;
}

static void read_words(struct hidden_code *h)
{
	struct fw_view all = h->p.elf.bytes;
	struct hidden_told *t = &h->told;
	uint64_t bits = BITS_MIN;
	bool word[256];

	while (bits < all.len / 2 && bits < UINT32_MAX / 2)
		bits *= 2;
	t->mask = bits - 1;
	t->bits = fw_alloc(&h->arena, bits / 8, 1);
	for (size_t i = 0; i < 256; i++)
		word[i] = is_word((uint8_t)i);
	for (size_t i = 0, k; i < all.len; i = k + 1) {
		for (k = i; k < all.len && word[all.data[k]]; k++)
			;
		if (k - i >= WORD_MIN && k - i <= WORD_MAX && k < all.len &&
		    is_inside(i == 0 ? 0 : all.data[i - 1], all.data[k]))
			keep(t, hash_of(all.data + i, k - i));
	}
}

/* Whether letters stand close before a place, as they do in a sentence. */
static bool follows_word(struct fw_view all, size_t at)
{
	for (size_t i = 1; i <= 4 && i <= at; i++)
		if (isalpha(all.data[at - i]))
			return true;
	return false;
}

static bool is_one_word(struct fw_view name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_word(name.data[i]))
			return false;
	return name.len <= WORD_MAX;
}

bool hidden_is_told(struct hidden_code *h, struct fw_view name)
{
	struct fw_view all = h->p.elf.bytes;
	size_t at = 0;

	if (name.len < WORD_MIN)
		return true;
	if (is_one_word(name)) {
		if (h->told.bits == NULL)
			read_words(h);
		/* Where it counts, its own place is no proof: bytes of a table
		 * before it may look like text. */
		if (!is_kept(&h->told, hash_of(name.data, name.len)))
			return false;
		if (hidden_oddness(name) < ODD)
			return true;
	}
	for (int tries = 0; tries < TRIES; tries++, at++) {
		size_t from = at;

		at = fw_view_find(all, name, at);
		/* Silence where it cannot be paid for. */
		if (!code_spend(&h->p,
				((at == SIZE_MAX ? all.len : at) - from) / 4))
			return true;
		if (at == SIZE_MAX || at + name.len >= all.len)
			return false;
		if (all.data + at != name.data &&
		    (all.data[at + name.len] != 0 || follows_word(all, at)) &&
		    is_inside(at == 0 ? 0 : all.data[at - 1],
			      all.data[at + name.len]))
			return true;
	}
	return false;
}

static uint64_t head_of(const uint8_t *s)
{
	return hash_of(s, HEAD) & (HEADS - 1);
}

static void read_heads(struct hidden_code *h)
{
	struct fw_view all = h->p.elf.bytes;
	uint8_t *heads = fw_alloc(&h->arena, HEADS, 1);

	h->told.heads = heads;
	for (size_t i = 0; i + HEAD < all.len; i++) {
		const uint8_t *zero = memchr(all.data + i, 0, all.len - i);
		bool text = i > 0 || all.data[0] != 0;

		if (zero == NULL)
			return;
		for (size_t k = 0; text && k < HEAD; k++)
			text = is_text(all.data[i + k]) && all.data[i + k] != 0;
		if (text && heads[head_of(all.data + i)] < UINT8_MAX)
			heads[head_of(all.data + i)]++;
		i = (size_t)(zero - all.data);
	}
}

size_t hidden_kin(struct hidden_code *h, struct fw_view name)
{
	if (name.len < HEAD)
		return 0;
	if (h->told.heads == NULL)
		read_heads(h);
	uint8_t n = h->told.heads[head_of(name.data)];

	/* The name itself is one of them where it is a text. */
	return n > 0 ? n - 1U : 0;
}
