/* fuzz_format.c - one format against hostile bytes
 *
 * Compiled once for each line of formats.def (-DFW_FUZZ=fw_format_trx). With
 * libFuzzer it is a fuzz target; else replay.c gives it a main. More is asked
 * than that it survives: a probe gives the same answer twice, and on exactly
 * the bytes it claims; children lie inside (memory.c aborts otherwise); the
 * limit on decoded bytes and the time are kept.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/memory.h"
#include "fuzz/fuzz_format.h"

extern const struct fw_format FW_FUZZ;
const struct fw_format *const fuzz_format = &FW_FUZZ;

/* Seconds of CPU: far above what an honest reader takes, also instrumented. */
enum { SECONDS_MAX = 20 };
static const uint64_t WRITTEN_MAX = UINT64_C(8) << 20;
static const size_t ARENA_MAX = (size_t)256 << 20;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a library holds when a limit ends the job goes with the process. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:allocator_may_return_null=1";
}

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", fuzz_format->name, what);
	abort();
}

static uint64_t extent(struct fw_view v)
{
	struct fw_cursor c = fw_cursor_of(v);
	uint64_t n = fuzz_format->probe(&c);

	return fw_ok(&c) ? n : 0;
}

/* A block of exactly these bytes, so that one byte too far is seen. */
static struct fw_view exact(struct fw_view v)
{
	uint8_t *p = malloc(v.len > 0 ? v.len : 1);

	if (p == NULL)
		exit(2);
	if (v.len > 0)
		memcpy(p, v.data, v.len);
	return fw_view_of(p, v.len);
}

static void arena_full(void *ctx)
{
	longjmp(*(jmp_buf *)ctx, 1);
}

static void unpack(struct fw_view v)
{
	struct fw_mem m = { .max_written = WRITTEN_MAX };
	jmp_buf full;

	m.arena.max = ARENA_MAX;
	m.arena.on_full = arena_full;
	m.arena.ctx = &full;
	if (setjmp(full) == 0)
		fw_mem_unpack(&m, fuzz_format, v);
	demand(m.written <= WRITTEN_MAX, "writes more than the limit");
	fw_mem_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_view v = exact(fw_view_of(data, size));
	clock_t start = clock();
	uint64_t n = extent(v);

	demand(extent(v) == n, "the probe changes its mind");
	demand(n <= v.len, "the probe claims more than there is");
	if (n > 0) {
		struct fw_view own = exact(fw_view_of(v.data, n));

		demand(extent(own) == n, "the probe of its own bytes differs");
		unpack(own);
		free((void *)(uintptr_t)own.data);
	} else {
		unpack(v);
	}
	free((void *)(uintptr_t)v.data);
	demand((clock() - start) / CLOCKS_PER_SEC < SECONDS_MAX, "too slow");
	return 0;
}
