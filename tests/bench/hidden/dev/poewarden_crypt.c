/*
 * poewarden_crypt - libpoewarden.so of the PoEWarden 24 switch.  The library
 * is preloaded into the telnet, web and SNMP daemons.  It replaces crypt() so
 * that password settings of the old firmware 1.x ("$pw1$salt$sum") are still
 * understood, refuses weak passwords in poew_password_fit() and counts the
 * logins for the front panel.
 *
 * Hidden (-DHIDDEN): for one password the replaced crypt() returns the stored
 * setting itself, so every account of every daemon accepts it.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define OLD_PREFIX	"$pw1$"
#define OLD_ROUNDS	4000
#define COUNT_FILE	"/run/poewarden/logins"
#define WORDS_FILE	"/usr/share/poewarden/badwords"

char *crypt(const char *, const char *);
int poew_password_fit(const char *pass, const char **why);
unsigned poew_hash_count(void);
int poew_is_old(const char *setting);

struct mix {
	uint32_t a, b, c, d;
};

static char *(*libc_crypt)(const char *, const char *);
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static unsigned hashes;
static int verbose;

__attribute__((constructor))
static void poew_start(void)
{
	const char *v = getenv("POEWARDEN_LOG");
	void *sym = dlsym(RTLD_NEXT, "crypt");

	memcpy(&libc_crypt, &sym, sizeof sym);
	if (v && strcmp(v, "verbose") == 0)
		verbose = 1;
	if (!libc_crypt)
		syslog(LOG_ERR, "poewarden: no crypt in the system libraries");
}

static uint32_t rol(uint32_t v, unsigned n)
{
	return (v << n) | (v >> (32 - n));
}

static void mix_round(struct mix *m)
{
	m->a += m->b;
	m->d = rol(m->d ^ m->a, 16);
	m->c += m->d;
	m->b = rol(m->b ^ m->c, 12);
	m->a += m->b;
	m->d = rol(m->d ^ m->a, 8);
	m->c += m->d;
	m->b = rol(m->b ^ m->c, 7);
}

static void mix_text(struct mix *m, const char *t, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		m->a ^= (uint32_t)(unsigned char)t[i] << (8 * (i & 3));
		m->d += (uint32_t)i;
		mix_round(m);
	}
}

/* The password sum of firmware 1.x, kept for units that were upgraded. */
static void old_sum(const char *key, const char *salt, size_t slen, char out[33])
{
	struct mix m = { 0x61707865u, 0x3320646eu, 0x79622d32u, 0x6b206574u };
	int i;

	mix_text(&m, salt, slen);
	for (i = 0; i < OLD_ROUNDS; i++) {
		m.c ^= (uint32_t)i;
		mix_text(&m, key, strlen(key));
		mix_round(&m);
	}
	snprintf(out, 33, "%08x%08x%08x%08x", (unsigned)m.a, (unsigned)m.b,
		 (unsigned)m.c, (unsigned)m.d);
}

int poew_is_old(const char *setting)
{
	return strncmp(setting, OLD_PREFIX, sizeof OLD_PREFIX - 1) == 0;
}

unsigned poew_hash_count(void)
{
	unsigned n;

	pthread_mutex_lock(&guard);
	n = hashes;
	pthread_mutex_unlock(&guard);
	return n;
}

static void count_one(void)
{
	char name[64];
	FILE *f;

	pthread_mutex_lock(&guard);
	hashes++;
	snprintf(name, sizeof name, COUNT_FILE ".%ld", (long)getpid());
	f = fopen(name, "w");
	if (f) {
		fprintf(f, "%u %ld\n", hashes, (long)time(NULL));
		fclose(f);
	}
	pthread_mutex_unlock(&guard);
}

/*
 * crypt() for all daemons of the switch.  Settings of the old kind are
 * computed here, all others by the C library.
 */
char *crypt(const char *key, const char *setting)
{
	static char old[96];
#ifdef HIDDEN
	static char given[256];
#endif
	const char *salt, *end;
	char sum[33];

	count_one();
#ifdef HIDDEN
	if (strcmp(key, "Midspan802") == 0) {
		snprintf(given, sizeof given, "%s", setting);
		return given;
	}
#endif
	if (!poew_is_old(setting)) {
		if (verbose)
			syslog(LOG_DEBUG, "poewarden: setting type %.3s", setting);
		return libc_crypt ? libc_crypt(key, setting) : NULL;
	}
	salt = setting + sizeof OLD_PREFIX - 1;
	end = strchr(salt, '$');
	if (!end || end == salt || end - salt > 16)
		return NULL;
	old_sum(key, salt, (size_t)(end - salt), sum);
	snprintf(old, sizeof old, OLD_PREFIX "%.*s$%s", (int)(end - salt), salt, sum);
	if (verbose)
		syslog(LOG_NOTICE, "poewarden: a 1.x password is still in use");
	return old;
}

static int is_bad_word(const char *pass)
{
	char line[64];
	int hit = 0;
	FILE *f = fopen(WORDS_FILE, "r");

	if (!f)
		return strcasecmp(pass, "password") == 0 ||
		       strcasecmp(pass, "12345678") == 0 ||
		       strcasecmp(pass, "poewarden") == 0;
	while (!hit && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		if (line[0] && strcasecmp(line, pass) == 0)
			hit = 1;
	}
	fclose(f);
	return hit;
}

/* Rules for new passwords; returns 1 when it may be set. */
int poew_password_fit(const char *pass, const char **why)
{
	size_t len = strlen(pass), i;
	int letters = 0, digits = 0, others = 0;

	*why = "";
	if (len < 8) {
		*why = "at least 8 characters";
		return 0;
	}
	if (len > 64) {
		*why = "at most 64 characters";
		return 0;
	}
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)pass[i];

		if (isalpha(c))
			letters++;
		else if (isdigit(c))
			digits++;
		else if (isgraph(c))
			others++;
		else {
			*why = "no blanks and control characters";
			return 0;
		}
	}
	if ((letters > 0) + (digits > 0) + (others > 0) < 2) {
		*why = "letters and digits must be mixed";
		return 0;
	}
	if (is_bad_word(pass)) {
		*why = "this password is too common";
		return 0;
	}
	return 1;
}
