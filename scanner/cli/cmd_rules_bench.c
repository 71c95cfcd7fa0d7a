/* cmd_rules_bench.c - assay rules bench: which rules cost how much */
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/cmd_rules.h"
#include "core/memory.h"
#include "rules/bench.h"

enum {
	MADE_BYTES = 256 << 10, /* of one generated object */
	MADE_OBJECTS = 16,	/* half text, half programs */
	ROUNDS = 3
};

static const uint64_t data_max = 1 << 30;

struct item {
	struct fw_object obj;
	struct fw_meta meta;
	unsigned targets;
	bool mapped;
};

struct data {
	struct fw_arena arena;
	struct item *items;
	size_t count, cap;
	uint64_t bytes;
};

struct cost {
	const struct fw_rule_info *rule;
	uint64_t looks;
	double ms; /* a MB, of its file alone, less the bare walk */
};

static void add_bytes(struct data *d, const char *path, struct fw_view v,
		      bool mapped)
{
	d->items = fw_grow(&d->arena, d->items, &d->cap, d->count + 1,
			   sizeof(*d->items));
	struct item *it = &d->items[d->count];

	*it = (struct item){ .mapped = mapped };
	it->obj.bytes = v;
	it->obj.path = fw_strdup(&d->arena, fw_view_str(path));
	it->targets = fw_rule_targets_of(&it->obj);
	d->count++;
	d->bytes += v.len;
}

static void add_file(struct data *d, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	void *p = MAP_FAILED;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    (uint64_t)st.st_size <= data_max - d->bytes)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
			 0);
	close(fd);
	if (p != MAP_FAILED)
		add_bytes(d, path, fw_view_of(p, (size_t)st.st_size), true);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool add_path(struct data *d, const char *path)
{
	char *roots[] = { fw_strdup(&d->arena, fw_view_str(path)), NULL };
	FTS *walk = fts_open(roots, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR,
			     by_name);
	size_t before = d->count;
	FTSENT *e;

	if (walk == NULL)
		return false;
	while ((e = fts_read(walk)) != NULL)
		if (e->fts_info == FTS_F)
			add_file(d, e->fts_path);
	fts_close(walk);
	if (d->count == before)
		fprintf(stderr, "assay: %s: no data to match against\n", path);
	return d->count > before;
}

/* The same bytes everywhere, so that counts can be compared. */
static uint32_t draw(uint32_t *state, uint32_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state % below;
}

/* Words that rules often begin with, more often than in any real file. */
static size_t put_word(uint8_t *to, size_t room, uint32_t *seed)
{
	static const char *const words[] = {
		"echo",	  "/etc/",    "/bin/sh",  "if [ -f",  "then",
		"wget",	  "http://",  "curl",	  "admin",    "root:",
		"passwd", "telnet",   "login",	  "mount",    "/dev/",
		"/tmp/",  "iptables", "option",	  "config",   "system",
		"printf", "%s: %d",   "socket",	  "/proc/",   "return",
		"exec",	  "export",   "password", "user",     "/var/run/",
		"insmod", "kill",     "version",  "string",   "include",
		"GET /",  "server",   "memory",	  "function", "local"
	};
	const char *w = words[draw(seed, sizeof(words) / sizeof(words[0]))];
	size_t n = strlen(w);

	n = n < room ? n : room;
	memcpy(to, w, n);
	return n;
}

static void make_object(struct data *d, bool text, uint32_t seed)
{
	uint8_t *p = fw_alloc(&d->arena, MADE_BYTES, 1);
	size_t n = 0;

	if (!text)
		memcpy(p, "\177ELF\1\1\1", n = 8);
	while (n < MADE_BYTES) {
		if (text || draw(&seed, 4) == 0) {
			n += put_word(p + n, MADE_BYTES - n, &seed);
		} else {
			for (size_t k = 0; k < 24 && n < MADE_BYTES; k++)
				p[n++] = (uint8_t)draw(&seed, 256);
		}
		if (n < MADE_BYTES && text)
			p[n++] = draw(&seed, 8) == 0 ? '\n' : ' ';
		else if (n < MADE_BYTES)
			p[n++] = 0;
	}
	add_bytes(d, text ? "/made.txt" : "/made", fw_view_of(p, MADE_BYTES),
		  false);
}

static void data_free(struct data *d)
{
	for (size_t i = 0; i < d->count; i++) {
		struct fw_view v = d->items[i].obj.bytes;

		if (d->items[i].mapped)
			munmap((void *)(uintptr_t)v.data, v.len);
	}
	fw_arena_free(&d->arena);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double scan_once(struct fw_ruleset *rs, const struct data *d)
{
	double begin = now_ms();

	for (size_t i = 0; i < d->count; i++) {
		const struct item *it = &d->items[i];
		struct fw_mem m = { 0 };
		struct fw_out *out = fw_mem_out(&m, it->obj.bytes);

		fw_ruleset_scan(rs, &it->obj, it->targets, NULL, false, out);
		fw_ruleset_scan(rs, &it->obj, it->targets, NULL, true, out);
		fw_mem_free(&m);
	}
	return now_ms() - begin;
}

/* The best of some rounds, in ms a MB: others use the machine, too. */
static double scan_ms(struct fw_ruleset *rs, const struct data *d)
{
	double best = scan_once(rs, d);

	for (int i = 1; i < ROUNDS; i++) {
		double ms = scan_once(rs, d);

		best = ms < best ? ms : best;
	}
	return best / ((double)d->bytes / 1e6);
}

/* What the file of a rule costs alone, with the walk over the bytes. */
static double file_ms(const char *file, const struct data *d)
{
	struct fw_rule_errors errs = { 0 };
	struct fw_ruleset *rs = fw_ruleset_load(&file, 1, NULL, &errs);
	double ms = rs != NULL ? scan_ms(rs, d) : 0;

	fw_rule_errors_free(&errs);
	fw_ruleset_free(rs);
	return ms;
}

static int by_looks(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;

	if (x->looks != y->looks)
		return x->looks < y->looks ? 1 : -1;
	return strcmp(x->rule->id, y->rule->id);
}

static void print_costs(struct cost *costs, size_t count, uint64_t all,
			const struct data *d)
{
	double mb = (double)d->bytes / 1e6;
	double least = 0;

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		costs[i].ms = file_ms(costs[i].rule->file, d);
		least = i == 0 || costs[i].ms < least ? costs[i].ms : least;
	}
	printf("\n%-48s %8s %7s %9s\n", "rule", "ms/MB", "share", "looks/MB");
	for (size_t i = 0; i < count; i++)
		printf("%-48s %8.3f %6.1f%% %9.1f\n", costs[i].rule->id,
		       costs[i].ms - least,
		       all > 0 ? 100.0 * (double)costs[i].looks / (double)all
			       : 0,
		       (double)costs[i].looks / mb);
	printf("\nms/MB: a rule's file alone, less the cheapest of those "
	       "listed.\nA look: a few bytes of a string were there, and the "
	       "rest had to be compared.\n");
}

static bool run(struct fw_ruleset *rs, const struct data *d,
		const struct fw_bench_args *args)
{
	struct fw_rule_bench *b = fw_rule_bench_new(rs);
	size_t count;
	const struct fw_rule_info *rules = fw_ruleset_rules(rs, &count);
	struct cost *costs = calloc(count + 1, sizeof(*costs));
	double mb = (double)d->bytes / 1e6;
	bool ok = b != NULL && costs != NULL;

	for (size_t i = 0; ok && i < d->count; i++)
		fw_rule_bench_add(b, d->items[i].obj.bytes,
				  d->items[i].targets);
	for (size_t i = 0; ok && i < count; i++)
		costs[i] =
			(struct cost){ &rules[i],
				       fw_rule_bench_looks(b, &rules[i]), 0 };
	if (ok) {
		uint64_t all = fw_rule_bench_looks(b, NULL);
		double ms = scan_ms(rs, d), looks = (double)all / mb;

		qsort(costs, count, sizeof(*costs), by_looks);
		printf("%.1f MB in %zu objects; %zu rules in %zu files\n"
		       "all rules: %.1f MB/s, %.2f ms/MB, %.0f looks/MB\n",
		       mb, d->count, count, fw_ruleset_files(rs), 1e3 / ms, ms,
		       looks);
		print_costs(costs, args->top < count ? args->top : count, all,
			    d);
		if (args->max_looks > 0 && looks > (double)args->max_looks) {
			fprintf(stderr, "assay: more than %zu looks/MB\n",
				args->max_looks);
			ok = false;
		}
	}
	free(costs);
	fw_rule_bench_free(b);
	return ok;
}

int fw_rules_bench(struct fw_ruleset *rs, const struct fw_bench_args *args)
{
	struct data d = { 0 };
	bool ok = true;

	for (size_t i = 0; i < args->data_count; i++)
		ok = add_path(&d, args->data[i]) && ok;
	for (uint32_t i = 0; args->data_count == 0 && i < MADE_OBJECTS; i++)
		make_object(&d, i % 2 == 0, i + 1);
	int status = !ok ? 2 : run(rs, &d, args) ? 0 : 1;

	data_free(&d);
	return status;
}
