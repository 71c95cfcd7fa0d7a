/* test_code_hostile.c - programs made to make the reading of code take long
 *
 * Each shape is made at two sizes. What is counted, not timed: instructions
 * decoded and other work (program.h), and the memory of the analysis. Both may
 * grow no faster than the program, and stop at a limit that is then told.
 * With ASSAY_TIMES set, time and memory of each shape are printed, for people.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../code_build.h"
#include "analyzers/hidden/hidden.h"
#include "core/memory.h"

extern const struct fw_analyzer fw_analyzer_hidden_auth,
	fw_analyzer_hidden_date, fw_analyzer_hidden_found,
	fw_analyzer_hidden_gate, fw_analyzer_hidden_guard,
	fw_analyzer_hidden_module, fw_analyzer_hidden_received,
	fw_analyzer_hidden_start, fw_analyzer_hidden_table;

enum { SMALL = 256 << 10, LARGE = 1 << 20, SHOWN = 4 << 20 };
/* For one program, beside its bytes. */
enum { MEMORY_MAX = 48 << 20 };

struct cost {
	uint64_t instructions, work, functions;
	size_t memory;
	bool gave_up;
};

static struct cost search(struct fw_view bytes)
{
	static const struct fw_analyzer *const all[] = {
		&fw_analyzer_hidden_guard,    &fw_analyzer_hidden_auth,
		&fw_analyzer_hidden_received, &fw_analyzer_hidden_gate,
		&fw_analyzer_hidden_date,     &fw_analyzer_hidden_start,
		&fw_analyzer_hidden_table,    &fw_analyzer_hidden_module,
	};
	struct fw_object_cache cache = { 0 };
	struct fw_object obj = { .bytes = bytes,
				 .format = "elf",
				 .cache = &cache };
	struct fw_mem m = { 0 };
	struct fw_out *o = fw_mem_out(&m, bytes);
	struct code_program fresh;
	struct fw_arena a = { 0 };
	struct cost c = { 0 };
	const char *why;

	assert_true(code_open(&fresh, bytes, &a, &why));
	code_close(&fresh);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		all[i]->inspect(&obj, o);
	if (cache.code != NULL && cache.code->usable) {
		c.instructions = fresh.budget - cache.code->p.budget;
		c.work = fresh.work - cache.code->p.work;
		c.memory = cache.code->arena.used;
		c.functions = cache.code->p.start_count;
		c.gave_up = cache.code->p.gave_up != NULL;
	}
	fw_analyzer_hidden_found.inspect(&obj, o);
	/* What was not read is said, as a fact and to who reads the report. */
	assert_int_equal(fw_mem_fact(&m, "code.gave-up") != NULL, c.gave_up);
	assert_int_equal(m.finding_count == 1 &&
				 strcmp(m.findings[0].kind->id,
					"scanner/code-not-read") == 0,
			 c.gave_up);
	fw_mem_free(&m);
	fw_arena_free(&a);
	return c;
}

/* Code that is put together. */
struct text {
	uint8_t *b;
	size_t n, max;
};

static void bytes(struct text *t, const void *p, size_t n)
{
	if (n > t->max - t->n)
		return;
	memcpy(t->b + t->n, p, n);
	t->n += n;
}

#define BYTES(t, literal) bytes(t, literal, sizeof(literal) - 1)

static void word(struct text *t, uint32_t n)
{
	const uint8_t b[4] = { (uint8_t)n, (uint8_t)(n >> 8),
			       (uint8_t)(n >> 16), (uint8_t)(n >> 24) };

	bytes(t, b, 4);
}

static bool room(const struct text *t, size_t n)
{
	return t->max - t->n >= n;
}

/* call or jump (op: 1 or 2 bytes) to an offset from the code's first byte. */
static void go(struct text *t, const char *op, size_t len, int64_t to)
{
	bytes(t, op, len);
	word(t, (uint32_t)(to - (int64_t)t->n - 4));
}

static void call(struct text *t, unsigned library)
{
	go(t, "\xe8", 1, (int64_t)library * 16 - 0x100);
}

enum {
	STRCMP,
	SYSTEM,
	RECV,
	GETENV,
	MEMCMP,
	SPRINTF,
	CRYPT = 10,
	ACCESS = 12,
	TIME
};

static void text_argument(struct text *t, const char *op, unsigned text)
{
	bytes(t, op, 1);
	word(t, CODE_TEXTS + text * 16);
}

#define RDI "\xbf"
#define RSI "\xbe"

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* One function: compares and branches to anywhere in it. */
static void branches(struct text *t)
{
	uint64_t x = 88172645463325252U;

	call(t, SYSTEM);
	while (room(t, 12)) {
		BYTES(t, "\x3d"); /* cmp eax, n */
		word(t, (uint32_t)next(&x));
		go(t, "\x0f\x84", 2, (int64_t)(next(&x) % t->max));
	}
}

/* Functions of 48 KB, each an if in an if in an if, and a shell in the last. */
static void nests(struct text *t)
{
	while (room(t, 49152)) {
		size_t end = t->n + 49152;

		while (t->n + 40 < end) {
			BYTES(t, "\x81\xff"); /* cmp edi, n */
			word(t, 0x12345678 + (uint32_t)t->n);
			go(t, "\x0f\x85", 2, (int64_t)end - 1);
		}
		text_argument(t, RDI, 0);
		call(t, SYSTEM);
		while (t->n < end)
			BYTES(t, "\xc3");
		go(t, "\xe8", 1, (int64_t)t->n + 4); /* who begins next */
	}
}

/* As before, and each if does something strong. */
static void strong_nests(struct text *t)
{
	while (room(t, 49152)) {
		size_t end = t->n + 49152;

		while (t->n + 60 < end) {
			text_argument(t, RSI, 2);
			call(t, STRCMP);
			BYTES(t, "\x85\xc0"); /* test eax, eax */
			go(t, "\x0f\x85", 2, (int64_t)end - 1);
			text_argument(t, RDI, 0);
			call(t, SYSTEM);
		}
		while (t->n < end)
			BYTES(t, "\xc3");
		go(t, "\xe8", 1, (int64_t)t->n + 4);
	}
}

/* Jumps that could go anywhere. */
static void jumps(struct text *t)
{
	while (room(t, 32768)) {
		size_t end = t->n + 32768;

		call(t, SYSTEM);
		while (t->n + 8 < end) {
			BYTES(t, "\x85\xc0\x74\x02"); /* test, je over it */
			BYTES(t, "\xff\xe0");	      /* jmp rax */
		}
		while (t->n < end)
			BYTES(t, "\xc3");
		go(t, "\xe8", 1, (int64_t)t->n + 4);
	}
}

/* Logins with as many checks as compares, each on a way of its own. */
static void logins(struct text *t)
{
	while (room(t, 8192)) {
		size_t end = t->n + 8100;

		while (t->n + 60 < end) {
			text_argument(t, RSI, 2);
			call(t, STRCMP);
			BYTES(t, "\x85\xc0"); /* test eax, eax */
			go(t, "\x0f\x84", 2, (int64_t)end - 1);
			BYTES(t, "\xff\xd3"); /* call rbx */
			BYTES(t, "\x85\xc0");
			go(t, "\x0f\x84", 2, (int64_t)end - 1);
			call(t, CRYPT);
		}
		while (t->n < end)
			BYTES(t, "\xc3");
		go(t, "\xe8", 1, (int64_t)t->n + 4);
	}
}

/* Commands from buffers, formatted before, in one function after the other. */
static void buffers(struct text *t)
{
	while (room(t, 49152)) {
		size_t end = t->n + 49152;

		while (t->n + 60 < end) {
			BYTES(t,
			      "\x48\x8d\x7c\x24\x20"); /* lea rdi, [rsp+32] */
			text_argument(t, RSI, 1);
			call(t, SPRINTF);
			BYTES(t, "\x48\x8d\xbc\x24"); /* lea rdi, [rsp+n] */
			word(t, (uint32_t)t->n % 4096 * 8);
			call(t, SYSTEM);
			text_argument(t, RDI, 4);
			call(t, ACCESS);
			BYTES(t, "\x85\xc0\x74\x00"); /* je the next */
			text_argument(t, RDI, 6);
			call(t, RECV);
		}
		while (t->n < end)
			BYTES(t, "\xc3");
		go(t, "\xe8", 1, (int64_t)t->n + 4);
	}
}

/* Tiny functions that call each other, the last ones a shell. */
static void tiny(struct text *t)
{
	uint64_t x = 88172645463325252U;

	while (room(t, 40)) {
		for (int i = 0; i < 4; i++)
			go(t, "\xe8", 1,
			   (int64_t)(next(&x) % (t->max / 40) * 40));
		text_argument(t, RSI, 3);
		call(t, next(&x) % 64 == 0 ? SYSTEM : STRCMP);
		BYTES(t, "\x85\xc0\x74\x01\xc3\xc3\xc3\xc3\xc3\xc3");
	}
}

/* Each calls the next, and the last the first. */
static void ring(struct text *t)
{
	while (room(t, 16)) {
		go(t, "\xe8", 1, room(t, 32) ? (int64_t)t->n + 16 : 0);
		call(t, SYSTEM);
		BYTES(t, "\xc3\x90\x90\x90\x90\x90");
	}
}

static void noise(struct text *t)
{
	uint64_t x = 88172645463325252U;

	while (t->n < t->max) {
		uint64_t n = next(&x) >> 16;

		bytes(t, &n, 1);
	}
}

/* As before, and now and then a call that matters. */
static void strong_noise(struct text *t)
{
	uint64_t x = 88172645463325252U;

	while (room(t, 64)) {
		for (int i = 0; i < 48; i++) {
			uint64_t n = next(&x) >> 16;

			bytes(t, &n, 1);
		}
		call(t, next(&x) % 16);
		if (next(&x) % 16 == 0)
			go(t, "\xe8", 1, (int64_t)(next(&x) % t->n));
	}
}

/* Few functions, most of which do something strong. */
static void handlers(struct text *t)
{
	for (int i = 0; i < 64; i++) {
		if (i == 0) {
			text_argument(t, RDI, 0);
			call(t, SYSTEM);
			BYTES(t, "\xc3\x90\x90\x90\x90\x90");
		} else
			BYTES(t, "\x31\xc0\xc3\x90\x90\x90\x90\x90"
				 "\x90\x90\x90\x90\x90\x90\x90\x90");
	}
}

/* Rows of a name and a function. */
static void rows(struct text *t)
{
	for (uint32_t i = 0; room(t, 16); i++) {
		word(t, CODE_TEXTS + i % 8 * 16);
		word(t, 0);
		word(t, CODE_TEXT + i % 64 * 16);
		word(t, 0);
	}
}

/* Rows whose names are ever new ways into one endless text. */
static void same_letter(struct text *t)
{
	size_t table = 16 * 1024 * 64, text = 64;

	if (t->max < 2 * table)
		table = t->max / 2;
	text += table;
	for (uint32_t i = 0; t->n < table; i++) {
		word(t,
		     CODE_DATA + (uint32_t)(text + i * 41 % (t->max - text)));
		word(t, 0);
		word(t, CODE_TEXT + i % 64 * 16);
		word(t, 0);
	}
	while (t->n < t->max)
		bytes(t, t->n % 41 == 40 ? "" : "A", 1);
}

struct shape {
	const char *name;
	void (*text)(struct text *t);
	void (*data)(struct text *t);
	uint16_t machine;
	bool big;
};

static const struct shape shapes[] = {
	{ "branches", branches, NULL, EM_X86_64, false },
	{ "nests", nests, NULL, EM_X86_64, false },
	{ "strong nests", strong_nests, NULL, EM_X86_64, false },
	{ "jumps", jumps, NULL, EM_X86_64, false },
	{ "logins", logins, NULL, EM_X86_64, false },
	{ "buffers", buffers, NULL, EM_X86_64, false },
	{ "tiny functions", tiny, NULL, EM_X86_64, false },
	{ "ring of calls", ring, NULL, EM_X86_64, false },
	{ "rows", handlers, rows, EM_X86_64, false },
	{ "one letter", handlers, same_letter, EM_X86_64, false },
	{ "noise x86-64", noise, NULL, EM_X86_64, false },
	{ "strong noise", strong_noise, NULL, EM_X86_64, false },
	{ "strong i386", strong_noise, NULL, EM_386, false },
	{ "noise i386", noise, NULL, EM_386, false },
	{ "noise ARM", noise, NULL, EM_ARM, false },
	{ "noise AArch64", noise, NULL, EM_AARCH64, false },
	{ "noise MIPS", noise, NULL, EM_MIPS, true },
	{ "noise PowerPC", noise, NULL, EM_PPC, true },
};

static struct cost measure(const struct shape *s, size_t size)
{
	struct fw_arena a = { 0 };
	struct text t = { .max = s->data == NULL ? size : 4096 };
	struct text d = { .max = size };

	t.b = fw_alloc(&a, t.max, 1);
	d.b = fw_alloc(&a, s->data == NULL ? 1 : d.max, 1);
	s->text(&t);
	if (s->data != NULL)
		s->data(&d);
	struct code_plan plan = { .machine = s->machine,
				  .big = s->big,
				  .text = fw_view_of(t.b, t.n),
				  .data = fw_view_of(d.b, d.n) };
	struct fw_view all = code_build(&plan, &a);
	struct cost c = search(all);

	fw_arena_free(&a);
	return c;
}

static struct cost measure_file(size_t i, size_t size);

/* Of a shape, or, where that is NULL, of a file by number. */
static void show(const struct shape *s, size_t file, const char *name,
		 size_t size)
{
	struct rusage r;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct cost c =
			s != NULL ? measure(s, size) : measure_file(file, size);

		getrusage(RUSAGE_SELF, &r);
		printf("%-16s %5zu KB  %5.2f s  %6ld KB rss  %7llu instructions"
		       "  %8llu work  %6llu functions  %6zu KB%s\n",
		       name, size >> 10,
		       (double)r.ru_utime.tv_sec +
			       (double)r.ru_utime.tv_usec / 1e6,
		       r.ru_maxrss, (unsigned long long)c.instructions,
		       (unsigned long long)c.work,
		       (unsigned long long)c.functions, c.memory >> 10,
		       c.gave_up ? ", gave up" : "");
		fflush(NULL);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* No faster than the bytes, but for what every program costs. */
static void assert_linear(const char *name, uint64_t small, uint64_t large,
			  uint64_t free)
{
	if (large <= small * 2 * (LARGE / SMALL) + free)
		return;
	print_error("%s: %llu, then %llu\n", name, (unsigned long long)small,
		    (unsigned long long)large);
	fail();
}

static void bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct shape *s = &shapes[i];

		if (getenv("ASSAY_TIMES") != NULL) {
			show(s, 0, s->name, SMALL);
			show(s, 0, s->name, SHOWN);
			continue;
		}
		struct cost a = measure(s, SMALL), b = measure(s, LARGE);

		assert_linear(s->name, a.instructions, b.instructions,
			      LARGE / 8);
		assert_linear(s->name, a.memory, b.memory, 4 << 20);
		assert_true(b.instructions < LARGE);
		assert_true(b.memory < MEMORY_MAX);
		if (!b.gave_up)
			assert_linear(s->name, a.work, b.work, 1 << 20);
	}
}

/* A program whose tables are put behind it: room for n bytes more. */
static struct code_bytes roomy(struct fw_arena *a, size_t n, bool strong)
{
	struct text t = { .max = 4096 };

	t.b = fw_alloc(a, t.max, 1);
	handlers(&t);
	struct code_plan plan = { .machine = EM_X86_64,
				  .text = fw_view_of(t.b, t.n) };
	struct fw_view v = code_build(&plan, a);
	struct code_bytes w = { .wide = true, .n = v.len };

	w.b = fw_alloc(a, v.len + n, 1);
	memcpy(w.b, v.data, v.len);
	if (!strong)
		memset(w.b + CODE_NAMES - CODE_BASE, 'x', 0x100);
	return w;
}

static void patch(struct code_bytes *w, size_t at, size_t width, uint64_t v)
{
	size_t end = w->n;

	w->n = at;
	code_put(w, width, v);
	w->n = end;
}

/* 65,535 segments, each of which maps all of the file. */
static struct fw_view segments(struct fw_arena *a, size_t size)
{
	size_t n = size / 56 < 0xffff ? size / 56 : 0xffff;
	struct code_bytes w = roomy(a, n * 56, true);
	size_t all = w.n + n * 56;

	patch(&w, 32, 8, w.n);
	patch(&w, 56, 2, n);
	code_segment(&w, PT_DYNAMIC, PF_R, CODE_DYNAMIC - CODE_BASE,
		     CODE_DYNAMIC, 96);
	for (size_t i = 1; i < n; i++)
		code_segment(&w, PT_LOAD, PF_R | PF_W | (i & 1 ? PF_X : 0), 0,
			     CODE_BASE + i / 2 % 4 * 0x100000, all);
	return fw_view_of(w.b, w.n);
}

/* Sections of code or relocations, each over all of the file. */
static struct fw_view overlapping(struct fw_arena *a, size_t size,
				  uint32_t type, uint64_t flags)
{
	size_t n = size / 64 < 0xff00 ? size / 64 : 0xff00;
	struct code_bytes w = roomy(a, n * 64, true);
	size_t all = w.n + n * 64;

	patch(&w, 40, 8, w.n);
	patch(&w, 60, 2, n);
	patch(&w, 62, 2, 0);
	for (size_t i = 0; i < n; i++)
		code_section(&w, 0, i == 0 ? SHT_NULL : type, flags,
			     CODE_BASE + (i & 15), i & 15, all - 16);
	return fw_view_of(w.b, w.n);
}

static struct fw_view texts(struct fw_arena *a, size_t size)
{
	return overlapping(a, size, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR);
}

/* No dynamic section: the tables of a static program. */
static struct fw_view static_tables(struct fw_arena *a, size_t size)
{
	struct fw_view v = overlapping(a, size, SHT_RELA, SHF_ALLOC);

	((uint8_t *)(uintptr_t)v.data)[0x40 + 2 * 56] = 0;
	return v;
}

/* All three kinds of relocation tables are the same bytes. */
static struct fw_view relocations(struct fw_arena *a, size_t size)
{
	const uint64_t tags[][2] = {
		{ DT_RELA, CODE_DATA },	  { DT_RELASZ, size },
		{ DT_REL, CODE_DATA },	  { DT_RELSZ, size },
		{ DT_JMPREL, CODE_DATA }, { DT_PLTRELSZ, size },
		{ DT_PLTREL, DT_REL },
	};
	struct code_bytes w = roomy(a, size, true);
	size_t n = w.n, data = n - 256;

	patch(&w, 0x40 + 56 + 32, 8, size);
	patch(&w, 0x40 + 56 + 40, 8, size);
	w.n = CODE_DYNAMIC - CODE_BASE + 5 * 16;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		code_word(&w, tags[i][0]);
		code_word(&w, tags[i][1]);
	}
	patch(&w, 0x40 + 2 * 56 + 32, 8, 12 * 16);
	for (w.n = data; w.n + 24 <= n + size - 256;) {
		code_word(&w, CODE_DATA + w.n * 5 % 0x1000000);
		code_word(&w, w.n % 7 << 32 | 7);
		code_word(&w, CODE_TEXT + w.n % 1024);
	}
	return fw_view_of(w.b, n + size - 256);
}

/* Dynamic symbols to the end of the file, all with one endless name. */
static struct fw_view symbols(struct fw_arena *a, size_t size)
{
	struct code_bytes w = roomy(a, size, true);
	size_t at = w.n;

	patch(&w, CODE_HASH - CODE_BASE + 4, 4, UINT32_MAX);
	patch(&w, CODE_DYNAMIC - CODE_BASE + 24, 8, CODE_BASE + at);
	patch(&w, CODE_DYNAMIC - CODE_BASE + 56, 8, at + size);
	patch(&w, 0x40 + 32, 8, at + size);
	patch(&w, 0x40 + 40, 8, at + size);
	for (size_t i = 0; w.n + 24 <= at + size; i++) {
		code_put(&w, 4, i % 0x100);
		code_put(&w, 1, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC));
		code_put(&w, 1, 0);
		code_put(&w, 2, i & 1 ? 3 : 0);
		code_put(&w, 8, CODE_TEXT + i % 1024);
		code_put(&w, 8, 16);
	}
	return fw_view_of(w.b, w.n);
}

static const struct {
	const char *name;
	struct fw_view (*make)(struct fw_arena *a, size_t size);
} files[] = {
	{ "segments", segments },
	{ "sections of code", texts },
	{ "static tables", static_tables },
	{ "relocations", relocations },
	{ "symbols", symbols },
};

static struct cost measure_file(size_t i, size_t size)
{
	struct fw_arena a = { 0 };
	struct cost c = search(files[i].make(&a, size));

	fw_arena_free(&a);
	return c;
}

static void tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (getenv("ASSAY_TIMES") != NULL) {
			show(NULL, i, files[i].name, SMALL);
			show(NULL, i, files[i].name, SHOWN);
			continue;
		}
		struct cost c = measure_file(i, LARGE);

		assert_true(c.instructions < LARGE);
		assert_true(c.memory < MEMORY_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounded),
		cmocka_unit_test(tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
