/* fuzz_code.c - the readers of machine code against hostile bytes
 *
 * An input that starts as an ELF file is taken for one. Of any other the first
 * byte says for which processor the rest is code, and whether there are section
 * headers. All searches for hidden functions look at it. Asked of them: they
 * stay in the bytes, they come back, and memory is bounded.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "code_build.h"
#include "core/memory.h"
#include "fuzz/fuzz_format.h"

extern const struct fw_analyzer fw_analyzer_hidden, fw_analyzer_hidden_auth,
	fw_analyzer_hidden_date, fw_analyzer_hidden_found,
	fw_analyzer_hidden_gate, fw_analyzer_hidden_guard,
	fw_analyzer_hidden_loop, fw_analyzer_hidden_module,
	fw_analyzer_hidden_received, fw_analyzer_hidden_secret,
	fw_analyzer_hidden_start, fw_analyzer_hidden_state,
	fw_analyzer_hidden_table;

static const struct fw_analyzer *const searches[] = {
	&fw_analyzer_hidden_guard,    &fw_analyzer_hidden_auth,
	&fw_analyzer_hidden_received, &fw_analyzer_hidden_gate,
	&fw_analyzer_hidden_date,     &fw_analyzer_hidden_state,
	&fw_analyzer_hidden_start,    &fw_analyzer_hidden_table,
	&fw_analyzer_hidden_secret,   &fw_analyzer_hidden_module,
	&fw_analyzer_hidden_loop,     &fw_analyzer_hidden_found,
};

static const struct fw_format code = { .name = "code" };
const struct fw_format *const fuzz_format = &code;

/* Seconds of CPU: far above what honest code takes, also instrumented. */
enum { SECONDS_MAX = 20 };
static const size_t ARENA_MAX = (size_t)256 << 20;

/* The first byte of code: a processor, and two bits above. */
enum { PROCESSORS = 16, SECTIONS = 16, LIBRARY = 32 };
static const struct code_plan plans[PROCESSORS] = {
	{ .machine = EM_X86_64 },
	{ .machine = EM_386 },
	{ .machine = EM_ARM },
	{ .machine = EM_ARM, .thumb = true },
	{ .machine = EM_AARCH64 },
	{ .machine = EM_MIPS, .big = true },
	{ .machine = EM_MIPS },
	{ .machine = EM_PPC, .big = true },
	{ .machine = EM_PPC },
	{ .machine = EM_ARM, .big = true },
	{ .machine = EM_AARCH64, .big = true },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What libraries hold when a limit ends the job goes with the process. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:allocator_may_return_null=1";
}

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "code: %s\n", what);
	abort();
}

static void full(void *ctx)
{
	longjmp(*(jmp_buf *)ctx, 1);
}

/* A block of exactly these bytes, so that one byte too far is seen. */
static struct fw_view exact(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(size > 0 ? size : 1);

	if (p == NULL)
		exit(2);
	if (size > 0)
		memcpy(p, data, size);
	return fw_view_of(p, size);
}

static struct fw_view wrap(const uint8_t *data, size_t size)
{
	struct fw_arena a = { .max = 0 };
	struct code_plan plan;

	if (size < 4 || memcmp(data, ELFMAG, SELFMAG) == 0)
		return exact(data, size);
	plan = plans[data[0] % PROCESSORS];
	plan.sections = (data[0] & SECTIONS) != 0;
	plan.library = (data[0] & LIBRARY) != 0;
	plan.text = fw_view_of(data + 1, size - 1);
	struct fw_view all = code_build(&plan, &a);
	struct fw_view v = exact(all.data, all.len);

	fw_arena_free(&a);
	return v;
}

/* The searches, then what is made of what they found. */
static void search(struct fw_mem *m, struct fw_mem *image, struct fw_view v)
{
	struct fw_object_cache cache = { 0 };
	struct fw_object obj = { .bytes = v, .format = "elf", .cache = &cache };
	struct fw_out *o = fw_mem_out(m, v);

	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++)
		if (searches[i]->wants(&obj))
			searches[i]->inspect(&obj, o);
	const struct fw_place places[] = {
		{ .path = "image", .parent = UINT32_MAX, .content = 0 },
		{ .path = "image/x",
		  .parent = 0,
		  .content = 1,
		  .facts = m->facts,
		  .fact_count = m->fact_count },
	};
	struct fw_tree tree = { .places = places, .count = 2 };

	fw_analyzer_hidden.correlate(&tree, fw_mem_out(image, FW_STR("")));
}

/* Apart, since what setjmp() sees must not be in registers. */
static __attribute__((noinline)) bool
comes_back(struct fw_mem *m, struct fw_mem *image, struct fw_view v)
{
	jmp_buf end;

	m->arena.max = ARENA_MAX;
	m->arena.on_full = full;
	m->arena.ctx = &end;
	if (setjmp(end) != 0)
		return false;
	search(m, image, v);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_mem m = { 0 }, image = { 0 };
	struct fw_view v = wrap(data, size);
	clock_t start = clock();

	demand(comes_back(&m, &image, v), "needs more memory than it may");
	demand((clock() - start) / CLOCKS_PER_SEC < SECONDS_MAX, "too slow");
	fw_mem_free(&m);
	fw_mem_free(&image);
	free((void *)(uintptr_t)v.data);
	return 0;
}
