/* kinds.c - the table of finding kinds */
#include <stdio.h>
#include <stdlib.h>

#include "core/kinds.h"

static const struct fw_kind **table;
static uint32_t used, room;

static bool add_one(const struct fw_kind *k)
{
	for (uint32_t i = 0; i < used; i++) {
		if (table[i] == k)
			return true;
		if (strcmp(table[i]->id, k->id) == 0)
			return false;
	}
	if (used == room) {
		room = room ? 2 * room : 256;
		table = realloc(table, room * sizeof(const struct fw_kind *));
		if (table == NULL)
			abort();
	}
	table[used++] = k;
	return true;
}

bool fw_kinds_add(const struct fw_kind *const *kinds)
{
	bool ok = true;

	for (; kinds != NULL && *kinds != NULL; kinds++)
		ok = add_one(*kinds) && ok;
	return ok;
}

uint32_t fw_kind_count(void)
{
	return used;
}

const struct fw_kind *fw_kind_at(uint32_t i)
{
	return i < used ? table[i] : NULL;
}

uint32_t fw_kind_index(const struct fw_kind *k)
{
	for (uint32_t i = 0; i < used; i++)
		if (table[i] == k)
			return i;
	fprintf(stderr, "assay: finding kind %s is not registered\n", k->id);
	abort();
}

const struct fw_kind *fw_kind_named(const char *id)
{
	for (uint32_t i = 0; i < used; i++)
		if (strcmp(table[i]->id, id) == 0)
			return table[i];
	return NULL;
}
