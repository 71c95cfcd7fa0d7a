/* boot_build.h - writing small images byte by byte, for tests of formats */
#ifndef BOOT_BUILD_H
#define BOOT_BUILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"

struct build {
	uint8_t b[1 << 16];
	size_t n;
};

static inline void put(struct build *w, const void *p, size_t n)
{
	assert_true(n <= sizeof(w->b) - w->n);
	memcpy(w->b + w->n, p, n);
	w->n += n;
}

static inline void be32(struct build *w, uint32_t v)
{
	uint8_t p[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
			 (uint8_t)(v >> 8), (uint8_t)v };

	put(w, p, 4);
}

static inline void le32(struct build *w, uint32_t v)
{
	uint8_t p[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
			 (uint8_t)(v >> 24) };

	put(w, p, 4);
}

static inline void le16(struct build *w, unsigned v)
{
	uint8_t p[2] = { (uint8_t)v, (uint8_t)(v >> 8) };

	put(w, p, 2);
}

static inline void le64(struct build *w, uint64_t v)
{
	le32(w, (uint32_t)v);
	le32(w, (uint32_t)(v >> 32));
}

/* Up to offset to. */
static inline void fill(struct build *w, size_t to, uint8_t byte)
{
	assert_true(to >= w->n && to <= sizeof(w->b));
	memset(w->b + w->n, byte, to - w->n);
	w->n = to;
}

/* Rewrites at an offset. */
#define AT(w, off, call)                                                       \
	do {                                                                   \
		size_t at_end = (w)->n;                                        \
		(w)->n = (off);                                                \
		call;                                                          \
		(w)->n = at_end;                                               \
	} while (0)

static inline struct fw_view built(const struct build *w)
{
	return fw_view_of(w->b, w->n);
}

/* What the probe says to the first n bytes; 0 for a no. */
static inline uint64_t probed(const struct fw_format *f, struct fw_view v)
{
	struct fw_cursor c = fw_cursor_of(v);
	uint64_t n = f->probe(&c);

	return fw_ok(&c) && n <= v.len ? n : 0;
}

/* Every cut: the probe says no, or fits; unpacking returns and says if it could
 * not. */
static inline void cut_everywhere(const struct fw_format *f, struct fw_view v)
{
	for (size_t n = 0; n < v.len; n++) {
		struct fw_mem m = { 0 };
		struct fw_view part = fw_view_of(v.data, n);

		assert_true(probed(f, part) <= n);
		fw_mem_unpack(&m, f, part);
		fw_mem_free(&m);
	}
}

#define assert_child(m, name, want)                                            \
	do {                                                                   \
		const struct fw_mem_child *ch = fw_mem_find((m), (name));      \
		assert_non_null(ch);                                           \
		assert_true(fw_view_eq(ch->bytes, (want)));                    \
	} while (0)

#define assert_fact(m, key, want)                                              \
	do {                                                                   \
		const char *fact = fw_mem_fact((m), (key));                    \
		assert_non_null(fact);                                         \
		assert_string_equal(fact, (want));                             \
	} while (0)

#endif
