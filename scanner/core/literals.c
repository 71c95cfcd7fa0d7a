/* literals.c - texts that many programs hold
 *
 * Source: the form is the project's own, see literals.h.
 */
#include "core/literals.h"

#include "core/data.h"

enum {
	VERSION = 1,
	HEAD = 24,
	FIRSTS = 256,
	COUNTS_AT = HEAD + FIRSTS * 4,
	COUNTS = 65536,
	TAILS_AT = COUNTS_AT + COUNTS
};

static const char magic[4] = "ALIT";

uint64_t fw_literal_hash(struct fw_view v)
{
	uint64_t h = 14695981039346656037U;

	for (size_t i = 0; i < v.len; i++)
		h = (h ^ v.data[i]) * 1099511628211U;
	h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93U;
	return h ^ (h >> 32);
}

bool fw_literal_counts(struct fw_view v)
{
	if (v.len < FW_LITERAL_MIN || v.len > FW_LITERAL_MAX)
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] <= ' ' || v.data[i] >= 127 || v.data[i] == '%')
			return false;
	return true;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

static bool is_table(struct fw_view t)
{
	return t.len >= TAILS_AT && memcmp(t.data, magic, 4) == 0 &&
	       t.data[4] == VERSION && t.data[5] == 0 &&
	       t.len == TAILS_AT + 2 * (uint64_t)get32(t.data + 8);
}

bool fw_literals_hold(struct fw_view t, uint64_t hash)
{
	uint32_t key = (uint32_t)(hash >> 48), tail = hash >> 32 & 0xffff;

	if (!is_table(t))
		return false;
	const uint8_t *counts = t.data + COUNTS_AT;
	uint64_t at = get32(t.data + HEAD + (key >> 8) * 4);

	for (uint32_t i = key & ~0xffU; i < key; i++)
		at += counts[i];
	if (at + counts[key] > get32(t.data + 8))
		return false;
	for (uint32_t i = 0; i < counts[key]; i++) {
		const uint8_t *p = t.data + TAILS_AT + 2 * (at + i);

		if ((uint32_t)(p[0] | p[1] << 8) == tail)
			return true;
	}
	return false;
}

size_t fw_literals_unpack(struct fw_view t, uint32_t **hashes,
			  uint32_t *programs, struct fw_arena *a)
{
	size_t n = 0, all;

	if (!is_table(t))
		return 0;
	all = get32(t.data + 8);
	*programs = get32(t.data + 12);
	*hashes = fw_alloc(a, all, sizeof(**hashes));
	for (uint32_t key = 0; key < COUNTS; key++)
		for (uint8_t i = 0; i < t.data[COUNTS_AT + key] && n < all;
		     i++, n++) {
			const uint8_t *p = t.data + TAILS_AT + 2 * n;

			(*hashes)[n] = key << 16 | (uint32_t)(p[0] | p[1] << 8);
		}
	return n;
}

bool fw_literal_is_common(struct fw_view v)
{
	return fw_literal_counts(v) &&
	       fw_literals_hold(fw_data("literals"), fw_literal_hash(v));
}

struct fw_view fw_literals_pack(const uint32_t *hashes, size_t n,
				uint32_t programs, uint32_t least,
				struct fw_arena *a)
{
	uint8_t *t;
	uint32_t kept = 0;

	n = n < FW_LITERALS_MAX ? n : FW_LITERALS_MAX;
	t = fw_alloc(a, TAILS_AT + 2 * n, 1);
	for (size_t i = 0; i < n; i++) {
		uint8_t *count = t + COUNTS_AT + (hashes[i] >> 16);

		if (*count == 255)
			continue;
		++*count;
		put16(t + TAILS_AT + 2 * (size_t)kept++, hashes[i]);
	}
	memcpy(t, magic, 4);
	put16(t + 4, VERSION);
	put32(t + 8, kept);
	put32(t + 12, programs);
	put32(t + 16, least);
	for (uint32_t i = 0, sum = 0; i < COUNTS; i++) {
		if (i % FIRSTS == 0)
			put32(t + HEAD + i / FIRSTS * 4, sum);
		sum += t[COUNTS_AT + i];
	}
	return fw_view_of(t, TAILS_AT + 2 * (size_t)kept);
}
