/* cmd_train.c - assay train
 *
 * Unpacks as a scan does, without looking at anything, then reads the texts of
 * all programs. It is for those who make the project's table, with software
 * that they trust: bytes are read in this process, by one loop that only
 * compares.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/scan_args.h"
#include "cli/setup.h"
#include "core/format.h"
#include "core/literals.h"
#include "core/words.h"

enum { LEAST = 3, LEAST_OF_WORDS = 4, PROGRAM_BYTES_MAX = 256 << 20 };
enum { TEXT_MIN = 4 /* bytes, that words are looked for in */ };

/* What a C library holds stands in each program that is linked statically: its
 * texts are common, whatever the count. */
#define LIBRARY UINT32_MAX

static const char usage[] =
	"usage: assay train [OPTION]... IMAGE... -o FILE\n"
	"Counts in how many programs of the images, packages or folders each\n"
	"literal (5 to 40 characters, no blanks) stands, and writes a table "
	"of\n"
	"those that several hold. As rules/data/literals.bin it tells a scan\n"
	"which literals are no program's own. Those of a C library always\n"
	"are there.\n"
	"With --words it counts words (of letters, or of four and more "
	"digits)\n"
	"in all their texts: as rules/data/words.bin it tells a scan which\n"
	"names are made of words that others use.\n"
	"\n"
	"  -o, --output FILE       where to write\n"
	"      --words             words, not literals\n"
	"      --also FILE         an earlier table, all of which stays\n"
	"      --least N           programs that make a literal common (3) or\n"
	"                          a word (4; more for short ones)\n";

static const char example[] =
	"\nExample: assay train rootfs.squashfs -o rules/data/literals.bin\n"
	"Exit status: 0 written, 2 error, 3 written, but not all could be "
	"read\n";

struct train {
	struct scan_args a;
	const char *output, *also;
	uint32_t least; /* 0: not said */
	bool words;
	struct fw_arena arena;
	/* Upper half of a literal's hash, then the program; of a short word
	 * its length, too. */
	uint64_t *pairs;
	size_t n, cap;
	const struct fw_node **programs; /* by name */
	size_t program_count;
	uint32_t names, before; /* before: of the earlier table */
};

enum { ARG_LEAST = 1, ARG_ALSO, ARG_WORDS };
enum { LENGTH_SHIFT = 28 /* of a pair; programs are fewer */ };

static bool take(struct train *t, int c)
{
	bool bad = false;
	char *end;

	if (c == 'o') {
		t->output = optarg;
		return true;
	}
	if (c == ARG_ALSO) {
		t->also = optarg;
		return true;
	}
	if (c == ARG_WORDS) {
		t->words = true;
		return true;
	}
	if (c == ARG_LEAST) {
		unsigned long n = strtoul(optarg, &end, 10);

		t->least = (uint32_t)n;
		bad = *end != '\0' || n == 0 || n > UINT16_MAX;
		if (bad)
			fprintf(stderr, "assay: --least takes a number\n");
		return !bad;
	}
	return c != '?' && scan_args_take(&t->a, c, optarg, &bad) && !bad;
}

/* -1: go on; else the exit status. */
static int parse(struct train *t, int argc, char **argv)
{
	enum { OWN = 5 };
	static const struct option own[OWN] = {
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ "least", required_argument, NULL, ARG_LEAST },
		{ "also", required_argument, NULL, ARG_ALSO },
		{ "words", no_argument, NULL, ARG_WORDS },
	};
	struct option *all = calloc(scan_args_count + OWN + 1, sizeof(*all));
	int c, status = -1;

	if (all == NULL)
		return FW_EXIT_ERROR;
	memcpy(all, own, sizeof(own));
	memcpy(all + OWN, scan_args_options, scan_args_count * sizeof(*all));
	while (status < 0 &&
	       (c = getopt_long(argc, argv, "o:j:qh", all, NULL)) != -1) {
		if (c == 'h') {
			printf("%s%s%s", usage, scan_args_help, example);
			status = FW_EXIT_OK;
		} else if (!take(t, c)) {
			status = FW_EXIT_ERROR;
		}
	}
	free(all);
	if (status < 0 && (optind == argc || t->output == NULL)) {
		fprintf(stderr, "assay: train needs an image and -o FILE; "
				"see assay train --help\n");
		status = FW_EXIT_ERROR;
	}
	return status;
}

/* The name of a program in all its versions and builds: "libfoo" of
 * "libfoo-1.2.so.3", "perl" of "perl5.36". */
static struct fw_view program_name(const struct fw_node *n)
{
	struct fw_view v = fw_view_str(n->name);
	size_t len = 1;

	while (len < v.len && v.data[len] != '.' &&
	       !(v.data[len] == '-' && len + 1 < v.len &&
		 v.data[len + 1] >= '0' && v.data[len + 1] <= '9'))
		len++;
	while (len > 1 && v.data[len - 1] >= '0' && v.data[len - 1] <= '9')
		len--;
	return fw_view_sub(v, 0, len);
}

static bool is_c_library(const struct fw_node *n)
{
	static const char *const names[] = { "libc.",	  "libc-2", "ld-musl-",
					     "libuClibc", "libm.",  "libcrypt.",
					     "libgcc_s." };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(n->name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	const struct fw_node *const *x = a, *const *y = b;
	struct fw_view v = program_name(*x), w = program_name(*y);
	int c = memcmp(v.data, w.data, v.len < w.len ? v.len : w.len);

	if (c != 0)
		return c;
	return v.len != w.len ? (v.len > w.len) - (v.len < w.len)
			      : (*x > *y) - (*x < *y);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static size_t distinct(uint64_t *v, size_t n)
{
	size_t k = 0;

	if (n > 1)
		qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || v[i] != v[k - 1])
			v[k++] = v[i];
	return k;
}

static void add(struct train *t, uint32_t hash, uint32_t program)
{
	t->pairs = fw_grow(&t->arena, t->pairs, &t->cap, t->n + 1,
			   sizeof(*t->pairs));
	t->pairs[t->n++] = (uint64_t)hash << 32 | program;
}

/* Texts between two zeros. */
static void count_texts(struct train *t, struct fw_view v, uint32_t program)
{
	size_t first = t->n;

	for (size_t i = 0; i < v.len;) {
		const uint8_t *zero = memchr(v.data + i, 0, v.len - i);
		struct fw_view text =
			zero == NULL ? (struct fw_view){ NULL, 0 }
				     : fw_view_of(v.data + i,
						  (size_t)(zero - v.data) - i);

		i = zero == NULL ? v.len : i + text.len + 1;
		/* Names that compilers make of C++ are compared by nobody. */
		if (!fw_literal_counts(text) ||
		    fw_view_starts(text, FW_STR("_Z")))
			continue;
		add(t, (uint32_t)(fw_literal_hash(text) >> 32), program);
	}
	t->n = first + distinct(t->pairs + first, t->n - first);
}

/* What stands for a word of one program: short words keep their length, by
 * which it is judged how many programs they need. */
static uint32_t of_word(size_t len, uint32_t program)
{
	return (len < FW_WORD_LETTERS ? (uint32_t)len << LENGTH_SHIFT : 0) |
	       program;
}

/* Whether text ends at a byte; elsewhere code looks like text for a moment. */
static bool ends_text(uint8_t c)
{
	return c == 0 || c == '\n' || c == '\t' || c == '\r';
}

/* Words of each run of letters, digits and marks. */
static void count_words(struct train *t, struct fw_view v, uint32_t program)
{
	size_t first = t->n;

	for (size_t i = 0, k; i < v.len; i = k + 1) {
		struct fw_word w;

		for (k = i; k < v.len && v.data[k] >= ' ' && v.data[k] < 127;
		     k++)
			;
		if (k - i < TEXT_MIN || k == v.len || !ends_text(v.data[k]))
			continue;
		struct fw_view rest = fw_view_sub(v, i, k - i);

		while (fw_next_word(&rest, &w))
			if (w.len >= (fw_word_is_digits(&w) ? FW_WORD_DIGITS
							    : FW_WORD_MIN))
				add(t, fw_word_hash(w.text, w.len),
				    of_word(w.len, program));
	}
	t->n = first + distinct(t->pairs + first, t->n - first);
}

/* False, and says why, where it is no table. */
static bool read_table(struct train *t)
{
	uint32_t *hashes = NULL, programs = 0;
	struct fw_view v = { NULL, 0 };
	FILE *f = fopen(t->also, "rb");
	uint8_t *data = fw_alloc(&t->arena, FW_LITERALS_BYTES, 1);

	if (f != NULL) {
		v = fw_view_of(data, fread(data, 1, FW_LITERALS_BYTES, f));
		fclose(f);
	}
	size_t n = fw_literals_unpack(v, &hashes, &programs, &t->arena);

	if (n == 0) {
		fprintf(stderr, "assay: %s: no table of literals\n", t->also);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		add(t, hashes[i], LIBRARY);
	t->before = programs;
	return true;
}

static bool read_program(struct train *t, const struct fw_node *n,
			 uint32_t program)
{
	uint8_t *data = malloc(n->size);
	size_t got = 0;
	ssize_t k = 1;

	while (data != NULL && k > 0 && got < n->size) {
		k = pread(n->fd, data + got, n->size - got,
			  (off_t)(n->at + got));
		got += k > 0 ? (size_t)k : 0;
	}
	if (got == n->size && t->words)
		count_words(t, fw_view_of(data, n->size), program);
	else if (got == n->size)
		count_texts(t, fw_view_of(data, n->size), program);
	free(data);
	return got == n->size;
}

static bool is_program(const struct fw_node *n)
{
	return n->format != NULL && strcmp(n->format->name, "elf") == 0 &&
	       n->fd >= 0 && n->size > 0 && n->size <= PROGRAM_BYTES_MAX;
}

static bool count(struct train *t, const struct fw_result *r)
{
	bool ok = true;

	t->programs =
		fw_alloc(&t->arena, r->node_count + 1, sizeof(*t->programs));
	for (size_t i = 0; i < r->node_count; i++)
		if (is_program(&r->nodes[i]))
			t->programs[t->program_count++] = &r->nodes[i];
	if (t->program_count > 1)
		qsort(t->programs, t->program_count, sizeof(*t->programs),
		      by_name);
	for (size_t i = 0; i < t->program_count; i++) {
		if (i == 0 || !fw_view_eq(program_name(t->programs[i]),
					  program_name(t->programs[i - 1])))
			t->names++;
		/* Of words a C library has no more than others. */
		bool library = !t->words && is_c_library(t->programs[i]);

		ok = read_program(t, t->programs[i],
				  library ? LIBRARY : t->names) &&
		     ok;
	}
	t->n = distinct(t->pairs, t->n);
	return ok;
}

/* How many programs make common what a pair stands for. */
static uint32_t least_of(const struct train *t, uint64_t pair, uint32_t least)
{
	uint32_t len = (uint32_t)pair >> LENGTH_SHIFT;

	return t->words && len > 0 ? fw_word_least(len, least, t->names)
				   : least;
}

/* The literals that so many programs hold; out may be NULL. */
static size_t common(const struct train *t, uint32_t least, uint32_t *out)
{
	size_t n = 0;

	for (size_t i = 0, k; i < t->n; i = k) {
		for (k = i + 1;
		     k < t->n && t->pairs[k] >> 32 == t->pairs[i] >> 32; k++)
			;
		/* LIBRARY is the last of them. */
		if (k - i < least_of(t, t->pairs[i], least) &&
		    (uint32_t)t->pairs[k - 1] != LIBRARY)
			continue;
		if (out != NULL)
			out[n] = (uint32_t)(t->pairs[i] >> 32);
		n++;
	}
	return n;
}

static bool write_table(struct train *t)
{
	size_t n = common(t, t->least, NULL);

	while (n > FW_LITERALS_MAX)
		n = common(t, ++t->least, NULL);
	uint32_t *hashes = fw_alloc(&t->arena, n + 1, sizeof(*hashes));

	/* The same programs may be among both. */
	t->names = t->names > t->before ? t->names : t->before;

	common(t, t->least, hashes);
	struct fw_view v =
		fw_literals_pack(hashes, n, t->names, t->least, &t->arena);
	FILE *f = strcmp(t->output, "-") == 0 ? stdout : fopen(t->output, "wb");

	if (f == NULL || fwrite(v.data, 1, v.len, f) != v.len ||
	    (f == stdout ? fflush(f) : fclose(f)) != 0) {
		fprintf(stderr, "assay: %s: %s\n", t->output, strerror(errno));
		return false;
	}
	if (!t->a.quiet)
		fprintf(stderr,
			"%s: %zu %s that at least %" PRIu32
			" of %zu programs hold, %zu bytes\n",
			t->output, n, t->words ? "words" : "literals", t->least,
			(size_t)t->names, v.len);
	return true;
}

int fw_cmd_train(int argc, char **argv)
{
	struct train t = { .a = { .no_rules = true } };
	int status = parse(&t, argc, argv);

	if (status >= 0)
		return status;
	if (t.least == 0)
		t.least = t.words ? LEAST_OF_WORDS : LEAST;
	if (t.also != NULL && !read_table(&t)) {
		fw_arena_free(&t.arena);
		return FW_EXIT_ERROR;
	}
	signal(SIGXFSZ, SIG_IGN);
	t.a.opt.images = (const char *const *)argv + optind;
	t.a.opt.image_count = (size_t)(argc - optind);
	t.a.opt.fail_on = FW_HIGH;
	t.a.opt.unpack_only = true;
	struct fw_result *r = scan_args_run(&t.a);

	if (r == NULL) {
		fw_setup_free(&t.a.matcher);
		return FW_EXIT_ERROR;
	}
	bool whole = count(&t, r) && !r->incomplete;

	status = !write_table(&t) ? FW_EXIT_ERROR
		 : whole	  ? FW_EXIT_OK
				  : FW_EXIT_INCOMPLETE;
	fw_arena_free(&t.arena);
	fw_scan_free(r);
	fw_setup_free(&t.a.matcher);
	return status;
}
