/* data.c - tables that analyzers need */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/data.h"

enum { TABLES_MAX = 64, TABLE_BYTES = 16 << 20 };

struct table {
	const char *name;
	struct fw_view bytes;
};

static struct {
	struct fw_arena arena;
	struct table v[TABLES_MAX];
	size_t n;
} tables;

static int is_table(const struct dirent *d)
{
	struct fw_view name = fw_view_str(d->d_name);

	return fw_view_ends(name, FW_STR(".tsv")) ||
	       fw_view_ends(name, FW_STR(".bin"));
}

static bool read_table(const char *path, struct fw_view *out)
{
	FILE *f = fopen(path, "re");
	size_t n = 0, cap = 0, got = 1;
	uint8_t *data = NULL;

	if (f == NULL)
		return false;
	while (got > 0 && n < TABLE_BYTES) {
		data = fw_grow(&tables.arena, data, &cap, n + 4096, 1);
		got = fread(data + n, 1, cap - n, f);
		n += got;
	}
	bool ok = !ferror(f);

	fclose(f);
	*out = fw_view_of(data, n);
	return ok;
}

static bool load_one(const char *dir, const char *file)
{
	char *path = fw_sprintf(&tables.arena, "%s/%s", dir, file);
	struct fw_view name = fw_view_str(file);
	struct table *t = &tables.v[tables.n];

	if (tables.n == TABLES_MAX)
		return true;
	name.len -= sizeof(".tsv") - 1; /* as ".bin" */
	t->name = fw_strdup(&tables.arena, name);
	if (fw_data(t->name).data != NULL)
		return true; /* the first folder's counts */
	if (!read_table(path, &t->bytes))
		return false;
	tables.n++;
	return true;
}

bool fw_data_load(const char *dir)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, is_table, alphasort);
	bool ok = true;

	for (int i = 0; i < n; i++) {
		ok = ok && load_one(dir, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return ok && (n >= 0 || errno == ENOENT);
}

void fw_data_free(void)
{
	fw_arena_free(&tables.arena);
	tables.n = 0;
}

bool fw_data_is_table(struct fw_view v)
{
	for (size_t i = 0; i < tables.n; i++)
		if (fw_view_eq(tables.v[i].bytes, v))
			return true;
	return false;
}

bool fw_data_sha256(uint8_t out[FW_SHA256_SIZE])
{
	uint8_t sums[TABLES_MAX][2 * FW_SHA256_SIZE];

	for (size_t i = 0; i < tables.n; i++) {
		fw_sha256(fw_view_str(tables.v[i].name), sums[i]);
		fw_sha256(tables.v[i].bytes, sums[i] + FW_SHA256_SIZE);
	}
	fw_sha256(fw_view_of(sums, tables.n * sizeof(sums[0])), out);
	return tables.n > 0;
}

struct fw_view fw_data(const char *name)
{
	for (size_t i = 0; i < tables.n; i++)
		if (strcmp(tables.v[i].name, name) == 0)
			return tables.v[i].bytes;
	return (struct fw_view){ NULL, 0 };
}

bool fw_data_row(struct fw_view *rest, struct fw_view fields[FW_DATA_FIELDS])
{
	struct fw_view line;

	while (fw_split(rest, '\n', &line)) {
		if (line.len > 0 && line.data[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0 || line.data[0] == '#')
			continue;
		for (size_t i = 0; i < FW_DATA_FIELDS; i++)
			if (!fw_split(&line, '\t', &fields[i]))
				fields[i] = fw_view_of("", 0);
		return true;
	}
	return false;
}
