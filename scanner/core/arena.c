/* arena.c - memory that is freed all at once */
#include <stdio.h>
#include <stdlib.h>

#include "core/arena.h"

enum { BLOCK_BYTES = 64 * 1024, ALIGN = 16 };

struct fw_arena_block {
	struct fw_arena_block *next;
	size_t used, size;
	_Alignas(16) unsigned char data[];
};

static void arena_full(struct fw_arena *a)
{
	if (a->on_full != NULL)
		a->on_full(a->ctx);
	fputs("assay: out of memory\n", stderr);
	abort();
}

static struct fw_arena_block *arena_block(struct fw_arena *a, size_t size)
{
	struct fw_arena_block *b =
		calloc(1, sizeof(*b) + size); /* large ones come as fresh pages
						 and cost nothing to zero */
	if (b == NULL)
		arena_full(a);
	b->size = size;
	return b;
}

void *fw_alloc(struct fw_arena *a, size_t n, size_t size)
{
	size_t bytes;
	struct fw_arena_block *b = a->blocks;

	if (__builtin_mul_overflow(n, size, &bytes) ||
	    bytes > SIZE_MAX / 2 - sizeof(*b) - ALIGN)
		arena_full(a);
	bytes = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (a->max != 0 && bytes > a->max - a->used)
		arena_full(a);
	a->used += bytes;
	if (b == NULL || bytes > b->size - b->used) {
		struct fw_arena_block *fresh = arena_block(
			a, bytes > BLOCK_BYTES / 4 ? bytes : BLOCK_BYTES);

		if (b != NULL && fresh->size != BLOCK_BYTES) {
			/* keep filling the block that has room */
			fresh->next = b->next;
			b->next = fresh;
		} else {
			fresh->next = b;
			a->blocks = fresh;
		}
		b = fresh;
	}
	void *p = b->data + b->used;

	b->used += bytes;
	return p;
}

char *fw_strdup(struct fw_arena *a, struct fw_view v)
{
	char *s = fw_alloc(a, v.len + 1, 1);

	if (v.len > 0)
		memcpy(s, v.data, v.len);
	return s;
}

char *fw_vsprintf(struct fw_arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *s = fw_alloc(a, (size_t)(n > 0 ? n : 0) + 1, 1);

	if (n > 0)
		vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

char *fw_sprintf(struct fw_arena *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *s = fw_vsprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void *fw_grow(struct fw_arena *a, void *items, size_t *cap, size_t want,
	      size_t size)
{
	if (want <= *cap)
		return items;

	size_t more = *cap < 8 ? 8 : *cap * 2;

	while (more < want) {
		if (more > SIZE_MAX / 2)
			arena_full(a);
		more *= 2;
	}
	void *grown = fw_alloc(a, more, size);

	if (*cap > 0)
		memcpy(grown, items, *cap * size);
	*cap = more;
	return grown;
}

void fw_arena_free(struct fw_arena *a)
{
	while (a->blocks != NULL) {
		struct fw_arena_block *next = a->blocks->next;

		free(a->blocks);
		a->blocks = next;
	}
	a->used = 0;
}
