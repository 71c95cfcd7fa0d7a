/* replay.c - a main for fuzz_format.c where there is no libFuzzer
 *
 * usage: fuzz_NAME SEED...		(recipes, images, or folders of both)
 * Runs every seed, every cut of the small ones, and ASSAY_FUZZ_RUNS (2000)
 * mutations. Mutation k is the same in every run. ASSAY_FUZZ_SECONDS (120) is
 * how long one input may take. The work is done in a child,
 * so that an input that kills it can be written to crash-NAME.bin.
 */
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/fuzz_format.h"
#include "tools/recipe.h"

enum {
	SEEDS = 512,
	SEED_BYTES_MAX = 1 << 20,
	CUT_ALL_BELOW = 1024,
	HANG_SECONDS = 120
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct corpus {
	struct fw_arena arena;
	struct fw_view seeds[SEEDS];
	size_t count;
};

struct shared {
	uint64_t run; /* the one under way, 1 for the first */
	size_t len;
	uint8_t input[2 * SEED_BYTES_MAX];
};

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static uint64_t below(uint64_t *x, uint64_t n)
{
	return n == 0 ? 0 : (next(x) >> 16) % n;
}

static void add(struct corpus *s, struct fw_view v)
{
	if (s->count < SEEDS && v.len > 0)
		s->seeds[s->count++] = fw_view_sub(v, 0, SEED_BYTES_MAX);
}

static bool ends(const char *name, const char *suffix)
{
	return fw_view_ends(fw_view_str(name), fw_view_str(suffix));
}

static void add_file(struct corpus *s, const char *path)
{
	if (ends(path, ".fwmk"))
		add(s, recipe_load(&s->arena, path));
	else if (ends(path, ".bin") || ends(path, ".img") || ends(path, ".sh"))
		add(s, recipe_slurp(&s->arena, path));
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* Sorted, or mutation k would not be the same everywhere. */
static void add_path(struct corpus *s, const char *path)
{
	struct dirent **list;
	struct stat st;

	if (stat(path, &st) != 0)
		return; /* images that this machine could not make */
	if (!S_ISDIR(st.st_mode)) {
		add(s, recipe_slurp(&s->arena, path));
		return;
	}
	int n = scandir(path, &list, visible, alphasort);

	for (int i = 0; i < n; i++) {
		add_file(s,
			 fw_sprintf(&s->arena, "%s/%s", path, list[i]->d_name));
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

/* The bare magics with noise behind: for a format without seeds, too. */
static void add_magics(struct corpus *s)
{
	uint64_t x = 88172645463325252U;

	for (size_t i = 0; i < FW_MAGICS; i++) {
		const struct fw_magic *m = &fuzz_format->magic[i];
		size_t len = m->offset + 4096U;

		if (m->len == 0 || len > SEED_BYTES_MAX)
			continue;
		uint8_t *p = fw_alloc(&s->arena, len, 1);

		for (size_t k = 0; k < len; k++)
			p[k] = (uint8_t)next(&x);
		memcpy(p + m->offset, m->bytes, m->len);
		add(s, fw_view_of(p, len));
	}
	if (s->count == 0)
		add(s, fw_view_of(fw_alloc(&s->arena, 512, 1), 512));
}

static void inflate_field(struct shared *t, uint64_t *x)
{
	static const uint64_t values[] = { 0,	       1,	   0x7f,
					   0xff,       0x7fff,	   0xffff,
					   0x10000,    0x7fffffff, 0x80000000,
					   0xffffffff, UINT64_MAX };
	uint64_t v = values[below(x, sizeof(values) / sizeof(values[0]))];
	size_t width = (size_t)1 << below(x, 4);

	if (t->len < width)
		return;
	uint8_t *p = t->input + below(x, t->len - width + 1);
	bool big = below(x, 2);

	for (size_t i = 0; i < width; i++)
		p[i] = (uint8_t)(v >> 8 * (big ? width - 1 - i : i));
}

static void splice(struct shared *t, const struct corpus *s, uint64_t *x)
{
	struct fw_view from = s->seeds[below(x, s->count)];
	size_t off = below(x, from.len);
	size_t n = below(x, from.len - off < 4096 ? from.len - off : 4096);
	size_t to = below(x, t->len);

	if (n > sizeof(t->input) - to)
		n = sizeof(t->input) - to;
	memcpy(t->input + to, from.data + off, n);
	if (to + n > t->len)
		t->len = to + n;
}

static void change(struct shared *t, const struct corpus *s, uint64_t *x)
{
	/* Headers stand at the start: hit them more often. */
	size_t reach = below(x, 2) && t->len > 256 ? 256 : t->len;
	size_t i = below(x, reach), n;

	switch (below(x, 6)) {
	case 0:
		t->len = below(x, t->len) + 1;
		break;
	case 1:
		t->input[i] ^= (uint8_t)(1U << below(x, 8));
		break;
	case 2:
		t->input[i] = (uint8_t)next(x);
		break;
	case 3:
		splice(t, s, x);
		break;
	case 4:
		n = below(x, t->len - i) % 512;
		memmove(t->input + below(x, t->len - n), t->input + i, n);
		break;
	default:
		inflate_field(t, x);
		break;
	}
}

static void keep_magic(struct shared *t, uint64_t *x)
{
	const struct fw_magic *m = &fuzz_format->magic[0];

	if (m->len > 0 && t->len >= m->offset + (size_t)m->len &&
	    below(x, 4) == 0)
		memcpy(t->input + m->offset, m->bytes, m->len);
}

/* Mutation k into t: depends on k and the corpus, on nothing else. */
static void mutate(struct shared *t, const struct corpus *s, uint64_t k)
{
	uint64_t x = (k + 1) * UINT64_C(0x9e3779b97f4a7c15);
	struct fw_view seed = s->seeds[k % s->count];
	uint64_t n = 1 + below(&x, 8);

	memcpy(t->input, seed.data, seed.len);
	t->len = seed.len;
	while (n-- > 0)
		change(t, s, &x);
	keep_magic(t, &x);
}

static unsigned hang_seconds(void)
{
	const char *s = getenv("ASSAY_FUZZ_SECONDS");

	return s != NULL ? (unsigned)strtoul(s, NULL, 10) : HANG_SECONDS;
}

static void run(struct shared *t)
{
	t->run++;
	alarm(hang_seconds());
	LLVMFuzzerTestOneInput(t->input, t->len);
}

static void run_all(struct shared *t, const struct corpus *s, uint64_t runs)
{
	for (size_t i = 0; i < s->count; i++) {
		struct fw_view v = s->seeds[i];
		size_t step = v.len < CUT_ALL_BELOW ? 1 : v.len / 64;

		memcpy(t->input, v.data, v.len);
		for (size_t cut = 0; cut <= v.len; cut += step) {
			t->len = v.len - cut;
			run(t);
		}
	}
	for (uint64_t k = 0; k < runs; k++) {
		mutate(t, s, k);
		run(t);
	}
}

static int report(const struct shared *t, int status)
{
	char path[128];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		printf("%s: %" PRIu64 " inputs\n", fuzz_format->name, t->run);
		return 0;
	}
	snprintf(path, sizeof(path), "crash-%s.bin", fuzz_format->name);
	FILE *f = fopen(path, "wb");

	if (f != NULL) {
		fwrite(t->input, 1, t->len, f);
		fclose(f);
	}
	fprintf(stderr, "%s: input %" PRIu64 " %s, written to %s\n",
		fuzz_format->name, t->run,
		WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM
			? "does not come back"
			: "kills the reader",
		path);
	return 1;
}

int main(int argc, char **argv)
{
	const char *runs = getenv("ASSAY_FUZZ_RUNS");
	struct corpus *s = calloc(1, sizeof(*s));
	struct shared *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;

	if (s == NULL || t == MAP_FAILED)
		return 2;
	fw_hash_init();
	for (int i = 1; i < argc; i++)
		add_path(s, argv[i]);
	add_magics(s);
	fflush(NULL);
	pid_t pid = fork();

	if (pid == 0) {
		run_all(t, s, runs != NULL ? strtoull(runs, NULL, 10) : 2000);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 2;
	status = report(t, status);
	fw_arena_free(&s->arena);
	free(s);
	return status;
}
