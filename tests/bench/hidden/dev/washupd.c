/*
 * washupd - takes firmware packages for the motor, display and heater
 * boards of a washing machine.  A package is a header, a list of parts and
 * a keyed SHA-256 over all of it; good parts are put into the flash folder
 * and the old ones kept.
 * Hidden (-DHIDDEN): with a word on the kernel command line the signature
 * of a package is not checked.
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

#define PKG_MAGIC "LVWM"
#define PKG_MAX	  (4u << 20)
#define HDR_LEN	  16
#define PART_LEN  24
#define SUM_LEN	  32

/*
 * header: magic[4] u16 format, u16 parts, u32 model, u32 body length (LE)
 * part:   name[16] u32 offset, u32 length (LE, offset from the body)
 */
struct part {
	char name[17];
	uint32_t off, len;
};

struct policy {
	uint32_t model;
	int downgrade;
	int verify;
	char flash[96];
	uint8_t key[32];
	size_t keylen;
};

struct sha {
	uint32_t h[8];
	uint8_t buf[64];
	uint64_t total;
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

static void sha_block(struct sha *s, const uint8_t *p)
{
	uint32_t w[64], v[8], a, b;
	int i;

	for (i = 0; i < 16; i++, p += 4)
		w[i] = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
	for (; i < 64; i++) {
		a = w[i - 15];
		b = w[i - 2];
		w[i] = w[i - 16] + w[i - 7] +
		       (ror(a, 7) ^ ror(a, 18) ^ a >> 3) +
		       (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
	}
	memcpy(v, s->h, sizeof v);
	for (i = 0; i < 64; i++) {
		a = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25)) +
		    ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
		b = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22)) +
		    ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += a;
		v[0] = a + b;
	}
	for (i = 0; i < 8; i++)
		s->h[i] += v[i];
}

static void sha_start(struct sha *s)
{
	static const uint32_t iv[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372,
					0xa54ff53a, 0x510e527f, 0x9b05688c,
					0x1f83d9ab, 0x5be0cd19 };

	memcpy(s->h, iv, sizeof iv);
	s->total = 0;
}

static void sha_add(struct sha *s, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n--) {
		s->buf[s->total++ & 63] = *p++;
		if (!(s->total & 63))
			sha_block(s, s->buf);
	}
}

static void sha_end(struct sha *s, uint8_t *out)
{
	uint64_t bits = s->total * 8;
	uint8_t c = 0x80;
	int i;

	do {
		sha_add(s, &c, 1);
		c = 0;
	} while ((s->total & 63) != 56);
	for (i = 56; i >= 0; i -= 8) {
		c = bits >> i;
		sha_add(s, &c, 1);
	}
	for (i = 0; i < 32; i++)
		out[i] = s->h[i / 4] >> (24 - i % 4 * 8);
}

static void keyed_sum(const struct policy *p, const void *d, size_t n,
		      uint8_t *out)
{
	uint8_t pad[64];
	struct sha s;
	int i, turn;

	for (turn = 0; turn < 2; turn++) {
		memset(pad, turn ? 0x5c : 0x36, sizeof pad);
		for (i = 0; i < (int)p->keylen; i++)
			pad[i] ^= p->key[i];
		sha_start(&s);
		sha_add(&s, pad, sizeof pad);
		if (turn)
			sha_add(&s, out, SUM_LEN);
		else
			sha_add(&s, d, n);
		sha_end(&s, out);
	}
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint8_t *slurp(const char *path, size_t max, size_t *len)
{
	uint8_t *b = malloc(max + 1);
	FILE *f = fopen(path, "rb");

	if (!f || !b) {
		free(b);
		if (f)
			fclose(f);
		return NULL;
	}
	*len = fread(b, 1, max, f);
	b[*len] = 0;
	fclose(f);
	return b;
}

/* what this machine accepts: model and flash folder from the command line */
__attribute__((noinline)) int policy_load(struct policy *p, const char *keyfile)
{
	char *line, *save = NULL, *w;
	uint8_t *k;
	size_t n;

	p->verify = 1;
	line = (char *)slurp("/proc/cmdline", 2048, &n);
	if (!line)
		return -1;
	for (w = strtok_r(line, " \n", &save); w;
	     w = strtok_r(NULL, " \n", &save)) {
		if (!strncmp(w, "wm.model=", 9))
			p->model = strtoul(w + 9, NULL, 0);
		else if (!strcmp(w, "wm.downgrade"))
			p->downgrade = 1;
#ifdef HIDDEN
		else if (!strcmp(w, "drumtest=1887"))
			p->verify = 0;
#endif
	}
	free(line);
	k = slurp(keyfile, sizeof p->key, &n);
	if (!k)
		return -1;
	memcpy(p->key, k, n);
	p->keylen = n;
	free(k);
	return n < 16 ? -1 : 0;
}

static int put_part(const struct policy *p, const struct part *t,
		    const uint8_t *data)
{
	char to[160], tmp[168], old[168];
	FILE *f;

	if (strchr(t->name, '/') || t->name[0] == '.') {
		fprintf(stderr, "bad part name\n");
		return -1;
	}
	snprintf(to, sizeof to, "%s/%s", p->flash, t->name);
	snprintf(tmp, sizeof tmp, "%s.new", to);
	snprintf(old, sizeof old, "%s.old", to);
	f = fopen(tmp, "wb");
	if (!f)
		return -1;
	if (fwrite(data, 1, t->len, f) != t->len) {
		fclose(f);
		unlink(tmp);
		return -1;
	}
	if (fclose(f))
		return -1;
	if (rename(to, old) && errno != ENOENT)
		return -1;
	printf("%s: %lu bytes\n", t->name, (unsigned long)t->len);
	return rename(tmp, to);
}

static int install(const struct policy *p, const uint8_t *b, size_t len)
{
	uint8_t sum[SUM_LEN];
	unsigned n, i, diff = 0;
	const uint8_t *body;
	uint32_t blen;
	struct part t;

	if (len < HDR_LEN + SUM_LEN || memcmp(b, PKG_MAGIC, 4))
		return fprintf(stderr, "not a package\n"), 3;
	if ((b[4] | b[5] << 8) != 2)
		return fprintf(stderr, "format not known\n"), 3;
	n = b[6] | b[7] << 8;
	blen = le32(b + 12);
	if (n > 16 || blen > PKG_MAX ||
	    len != HDR_LEN + n * PART_LEN + blen + SUM_LEN)
		return fprintf(stderr, "package cut short\n"), 3;
	if (p->model && le32(b + 8) != p->model)
		return fprintf(stderr, "for another model\n"), 4;
	if (p->verify) {
		keyed_sum(p, b, len - SUM_LEN, sum);
		for (i = 0; i < SUM_LEN; i++)
			diff |= sum[i] ^ b[len - SUM_LEN + i];
		if (diff)
			return fprintf(stderr, "signature is wrong\n"), 5;
	}
	body = b + HDR_LEN + n * PART_LEN;
	for (i = 0; i < n; i++) {
		const uint8_t *e = b + HDR_LEN + i * PART_LEN;

		memcpy(t.name, e, 16);
		t.name[16] = 0;
		t.off = le32(e + 16);
		t.len = le32(e + 20);
		if (t.off > blen || t.len > blen - t.off)
			return fprintf(stderr, "part %u is bad\n", i), 3;
		if (put_part(p, &t, body + t.off))
			return perror(t.name), 6;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *keyfile = "/etc/wash/update.key";
	struct policy p = { .flash = "/flash/boards" };
	uint8_t *b;
	size_t len;
	int o, rc;

	while ((o = getopt(argc, argv, "d:k:")) != -1) {
		if (o == 'd')
			snprintf(p.flash, sizeof p.flash, "%s", optarg);
		else if (o == 'k')
			keyfile = optarg;
		else
			return 2;
	}
	if (optind >= argc) {
		fprintf(stderr, "usage: washupd [-d dir] [-k key] package\n");
		return 2;
	}
	if (policy_load(&p, keyfile)) {
		fprintf(stderr, "washupd: no key\n");
		return 2;
	}
	b = slurp(argv[optind], PKG_MAX, &len);
	if (!b) {
		perror(argv[optind]);
		return 2;
	}
	rc = install(&p, b, len);
	free(b);
	return rc;
}
