/* arena.h - memory that is freed all at once */
#ifndef FW_CORE_ARENA_H
#define FW_CORE_ARENA_H

#include <stdarg.h>

#include "core/view.h"

struct fw_arena_block;

/* max: bytes that may be taken in all, 0 for no limit. on_full runs when the
 * limit or the host's memory is exhausted and must not return (a job leaves as
 * LIMIT); NULL aborts. */
struct fw_arena {
	struct fw_arena_block *blocks;
	size_t used, max;
	void (*on_full)(void *ctx);
	void *ctx;
};

/* n * size zeroed bytes, aligned to 16, freed with the arena. Never NULL. */
void *fw_alloc(struct fw_arena *a, size_t n, size_t size);

/* A copy of v with a NUL after it; NULs inside stay. */
char *fw_strdup(struct fw_arena *a, struct fw_view v);

/* printf into the arena. */
char *fw_sprintf(struct fw_arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *fw_vsprintf(struct fw_arena *a, const char *fmt, va_list ap);

/* Grows an array: returns items, or a larger copy, with room for want. *cap
 * counts elements. Starts from NULL and 0. */
void *fw_grow(struct fw_arena *a, void *items, size_t *cap, size_t want,
	      size_t size);

void fw_arena_free(struct fw_arena *a);

#endif
