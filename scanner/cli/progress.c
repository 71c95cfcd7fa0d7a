/* progress.c - one line on a terminal while a scan runs */
#include <stdio.h>

#include "cli/progress.h"
#include "core/text.h"

void fw_progress_show(void *ctx, const struct fw_progress *p)
{
	static const char bar[] = "####################";
	/* Done against what is known so far: it grows as containers open. */
	uint64_t all = p->objects ? p->objects : 1;
	uint64_t done = p->queued < all ? all - p->queued : 0;
	struct fw_arena a = { 0 };
	const char *name =
		p->current ? fw_escape(&a, fw_view_str(p->current)) : "";

	(void)ctx;
	fprintf(stderr, "\r\033[K[%-20.*s] %llu of %llu objects, %llu MB  %.30s",
		(int)(done * 20 / all), bar, (unsigned long long)done,
		(unsigned long long)p->objects,
		(unsigned long long)(p->bytes / 1000000), name);
	fflush(stderr);
	fw_arena_free(&a);
}

void fw_progress_clear(void)
{
	fputs("\r\033[K", stderr);
	fflush(stderr);
}
