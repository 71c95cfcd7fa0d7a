/* compiled.c - see compiled.h
 *
 *	0   "assayYR1"
 *	8   sha256 of all that decides: sources, libyara, layout
 *	40  sha256 of what follows
 *	72  for each group: u64 length in the machine's byte order, compiled
 *rules (none: 0)
 *
 * Source: libyara 4.2 yr_rules_save_stream(); ELF notes, elf(5)
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "rules/compiled.h"

enum {
	MAGIC = 8,
	HEADER = MAGIC + 2 * FW_SHA256_SIZE,
	FILE_MAX = 256 << 20,
	LAYOUT = 1 /* counts up when groups or external names change */
};

static const char magic[] = "assayYR1";

static size_t stream_read(void *ptr, size_t size, size_t count, void *file)
{
	return fread(ptr, size, count, file);
}

static size_t stream_write(const void *ptr, size_t size, size_t count,
			   void *file)
{
	return fwrite(ptr, size, count, file);
}

YR_STREAM rules_stream(FILE *f)
{
	return (YR_STREAM){ f, stream_read, stream_write };
}

/* --- what the file is valid for --- */

struct library {
	uintptr_t inside; /* an address in it */
	uint8_t sum[FW_SHA256_SIZE];
	bool found;
};

static bool holds(const struct dl_phdr_info *info, uintptr_t at)
{
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD &&
		    at - info->dlpi_addr - p->p_vaddr < p->p_memsz)
			return true;
	}
	return false;
}

/* The notes of a library name its build. */
static int sum_notes(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct library *l = ctx;

	(void)size;
	if (!holds(info, l->inside))
		return 0;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const char *at =
			(const char *)(uintptr_t)(info->dlpi_addr + p->p_vaddr);
		struct fw_view notes = fw_view_of(at, p->p_memsz);

		if (p->p_type == PT_NOTE &&
		    fw_view_find(notes, FW_STR("GNU"), 0) != SIZE_MAX &&
		    !l->found) {
			fw_sha256(notes, l->sum);
			l->found = true;
		}
	}
	return 1;
}

static bool make_key(const struct fw_ruleset *rs, uint8_t key[FW_SHA256_SIZE])
{
	struct library l = { .inside = (uintptr_t)&yr_initialize };
	struct fw_arena a = { 0 };
	char notes[2 * FW_SHA256_SIZE + 1];

	for (size_t i = 0; i < rs->file_count; i++)
		if (rs->files[i].includes || rs->files[i].bad)
			return false; /* more than these sources decides */
	dl_iterate_phdr(sum_notes, &l);
	if (!l.found)
		return false;
	fw_hex(l.sum, sizeof(l.sum), notes);
	const char *all = fw_sprintf(&a, "%d %s %s %s", (int)LAYOUT, YR_VERSION,
				     notes, rs->sha256);

	fw_sha256(fw_view_str(all), key);
	fw_arena_free(&a);
	return true;
}

/* --- reading --- */

static bool is_trusted(int fd, size_t *len)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 || st.st_size < HEADER ||
	    st.st_size > FILE_MAX)
		return false;
	*len = (size_t)st.st_size;
	return true;
}

static uint8_t *read_all(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t *data = NULL;
	size_t done = 0;

	if (fd < 0)
		return NULL;
	if (is_trusted(fd, len))
		data = malloc(*len);
	while (data != NULL && done < *len) {
		ssize_t n = read(fd, data + done, *len - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	close(fd);
	if (data != NULL && done < *len) {
		free(data);
		return NULL;
	}
	return data;
}

static YR_RULES *load(const uint8_t *data, size_t len)
{
	FILE *f = fmemopen((void *)(uintptr_t)data, len, "r");
	YR_RULES *rules = NULL;

	if (f == NULL)
		return NULL;
	YR_STREAM stream = rules_stream(f);

	if (yr_rules_load_stream(&stream, &rules) != ERROR_SUCCESS)
		rules = NULL;
	fclose(f);
	return rules;
}

static bool load_groups(struct fw_view v, YR_RULES **rules)
{
	for (size_t i = 0; i < RULE_GROUPS; i++) {
		uint64_t len;

		if (v.len < sizeof(len))
			return false;
		memcpy(&len, v.data, sizeof(len));
		v = fw_view_sub(v, sizeof(len), SIZE_MAX);
		if (len > v.len)
			return false;
		if (len > 0 && (rules[i] = load(v.data, len)) == NULL)
			return false;
		v = fw_view_sub(v, len, SIZE_MAX);
	}
	return v.len == 0;
}

static bool matches(const struct fw_ruleset *rs, const uint8_t *data,
		    size_t len)
{
	uint8_t key[FW_SHA256_SIZE], sum[FW_SHA256_SIZE];

	if (memcmp(data, magic, MAGIC) != 0 || !make_key(rs, key) ||
	    memcmp(data + MAGIC, key, sizeof(key)) != 0)
		return false;
	fw_sha256(fw_view_of(data + HEADER, len - HEADER), sum);
	return memcmp(data + MAGIC + sizeof(key), sum, sizeof(sum)) == 0;
}

bool rules_compiled_read(struct fw_ruleset *rs, const char *path)
{
	YR_RULES *rules[RULE_GROUPS] = { NULL };
	size_t len;
	uint8_t *data = read_all(path, &len);

	if (data == NULL)
		return false;
	bool ok = matches(rs, data, len) &&
		  load_groups(fw_view_of(data + HEADER, len - HEADER), rules);

	free(data);
	for (size_t i = 0; i < RULE_GROUPS; i++) {
		if (ok)
			rs->groups[i].rules = rules[i];
		else if (rules[i] != NULL)
			yr_rules_destroy(rules[i]);
	}
	return ok;
}

/* --- writing --- */

static bool save_group(FILE *to, const struct rule_group *g)
{
	char *data = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&data, &len);

	if (f == NULL)
		return false;
	YR_STREAM stream = rules_stream(f);
	bool ok = g->rules == NULL ||
		  yr_rules_save_stream(g->rules, &stream) == ERROR_SUCCESS;

	ok = fclose(f) == 0 && ok;
	uint64_t n = len;

	ok = ok && fwrite(&n, sizeof(n), 1, to) == 1 &&
	     fwrite(data, 1, len, to) == len;
	free(data);
	return ok;
}

static bool save(const struct fw_ruleset *rs, FILE *to)
{
	uint8_t head[HEADER];
	char *body = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&body, &len);
	bool ok = f != NULL;

	for (size_t i = 0; i < RULE_GROUPS && ok; i++)
		ok = save_group(f, &rs->groups[i]);
	ok = f != NULL && fclose(f) == 0 && ok;
	memcpy(head, magic, MAGIC);
	ok = ok && make_key(rs, head + MAGIC);
	if (ok) {
		fw_sha256(fw_view_of(body, len), head + MAGIC + FW_SHA256_SIZE);
		ok = fwrite(head, sizeof(head), 1, to) == 1 &&
		     fwrite(body, 1, len, to) == len;
	}
	free(body);
	return ok;
}

bool rules_compiled_write(const struct fw_ruleset *rs, const char *path)
{
	struct fw_arena a = { 0 };
	const char *temp = fw_sprintf(&a, "%s.%d", path, (int)getpid());
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool ok = f != NULL;

	if (ok) {
		errno = EINVAL;
		ok = save(rs, f);
		ok = fclose(f) == 0 && ok;
		ok = ok && rename(temp, path) == 0;
		if (!ok)
			unlink(temp);
	}
	fw_arena_free(&a);
	return ok;
}
