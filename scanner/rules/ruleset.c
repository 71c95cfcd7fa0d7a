/* ruleset.c - reads rule folders, compiles them, sorts them into groups */
#include <fcntl.h>
#include <fts.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/kinds.h"
#include "rules/compiled.h"
#include "rules/private.h"

enum {
	FILE_MAX = 16 << 20,
	MATCH_DATA_MAX = 160, /* bytes of a match that are kept as evidence */
	STRINGS_MAX = 10000
};

struct complaint {
	struct fw_rule_errors *errs;
	const char *file;
	bool warnings; /* say them: only when a file is compiled alone */
	bool any;
};

void rules_complain(struct fw_rule_errors *errs, const char *file, int line,
		    bool warning, const char *fmt, ...)
{
	va_list ap;

	errs->items = fw_grow(&errs->arena, errs->items, &errs->cap,
			      errs->count + 1, sizeof(*errs->items));
	va_start(ap, fmt);
	errs->items[errs->count++] = (struct fw_rule_error){
		.file = fw_strdup(&errs->arena, fw_view_str(file)),
		.line = line,
		.warning = warning,
		.text = fw_vsprintf(&errs->arena, fmt, ap),
	};
	va_end(ap);
}

void fw_rule_errors_free(struct fw_rule_errors *errs)
{
	fw_arena_free(&errs->arena);
	*errs = (struct fw_rule_errors){ 0 };
}

static void on_message(int level, const char *file, int line,
		       const YR_RULE *rule, const char *text, void *user)
{
	struct complaint *c = user;
	bool warning = level != YARA_ERROR_LEVEL_ERROR;

	(void)rule;
	if (!warning)
		c->any = true;
	if (!warning || c->warnings)
		rules_complain(c->errs, file != NULL ? file : c->file, line,
			       warning, "%s", text);
}

/* Names that a rule's condition can use; values are set before each scan. */
static bool define_externals(YR_COMPILER *c)
{
	static const char *const strings[] = { "filename",  "filepath",
					       "extension", "filetype",
					       "owner",	    "assay_format",
					       "assay_arch" };
	static const char *const integers[] = { "assay_mode", "assay_uid",
						"assay_size" };
	static const char *const booleans[] = { "assay_setuid",
						"assay_in_init" };
	bool ok = true;

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		ok = ok &&
		     yr_compiler_define_string_variable(c, strings[i], "") == 0;
	for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++)
		ok = ok && yr_compiler_define_integer_variable(c, integers[i],
							       0) == 0;
	for (size_t i = 0; i < sizeof(booleans) / sizeof(booleans[0]); i++)
		ok = ok && yr_compiler_define_boolean_variable(c, booleans[i],
							       0) == 0;
	return ok &&
	       yr_compiler_define_float_variable(c, "assay_entropy", 0.0) == 0;
}

static YR_COMPILER *new_compiler(struct complaint *c)
{
	YR_COMPILER *compiler = NULL;

	if (yr_compiler_create(&compiler) != ERROR_SUCCESS)
		return NULL;
	yr_compiler_set_callback(compiler, on_message, c);
	if (!define_externals(compiler)) {
		yr_compiler_destroy(compiler);
		return NULL;
	}
	return compiler;
}

/* Through a stream, so that messages and include lines know the file. */
static bool add_source(YR_COMPILER *compiler, const struct rule_file *f)
{
	FILE *in = fmemopen((void *)(uintptr_t)f->text.data, f->text.len, "r");

	if (in == NULL)
		return false;
	int errors = yr_compiler_add_file(compiler, in, f->namespace, f->path);

	fclose(in);
	return errors == 0;
}

static void compile_alone(struct rule_file *f, struct fw_rule_errors *errs)
{
	struct complaint c = { errs, f->path, true, false };
	YR_COMPILER *compiler = new_compiler(&c);
	YR_RULES *rules = NULL;

	f->bad = compiler == NULL || !add_source(compiler, f) ||
		 yr_compiler_get_rules(compiler, &rules) != ERROR_SUCCESS;
	if (f->bad && !c.any)
		rules_complain(errs, f->path, 0, false, "does not compile");
	if (rules != NULL)
		yr_rules_destroy(rules);
	if (compiler != NULL)
		yr_compiler_destroy(compiler);
}

/* A compiler leaves megabytes of room in its rules. Saved and loaded they take
 * what they need, in every process of the scan. */
static void compact(struct rule_group *g)
{
	char *data = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&data, &len);
	YR_RULES *small = NULL;

	if (f == NULL)
		return;
	YR_STREAM stream = rules_stream(f);
	bool ok = yr_rules_save_stream(g->rules, &stream) == ERROR_SUCCESS;

	fclose(f);
	f = ok && len > 0 ? fmemopen(data, len, "r") : NULL;
	if (f != NULL) {
		stream.user_data = f;
		if (yr_rules_load_stream(&stream, &small) == ERROR_SUCCESS) {
			yr_rules_destroy(g->rules);
			g->rules = small;
		}
		fclose(f);
	}
	free(data);
}

/* Hundreds of small files: without stdio, half the system calls. */
static bool read_file(struct fw_ruleset *rs, const char *path,
		      struct fw_view *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t done = 0;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) != 0 || st.st_size < 0 || st.st_size > FILE_MAX) {
		close(fd);
		return false;
	}
	size_t len = (size_t)st.st_size;
	uint8_t *data = fw_alloc(&rs->arena, len + 1, 1);

	while (done < len) {
		ssize_t n = read(fd, data + done, len - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	close(fd);
	*text = fw_view_of(data, len);
	return done == len;
}

static bool is_rule_file(const char *path)
{
	struct fw_view v = fw_view_str(path);

	return fw_view_ends(v, FW_STR(".yar")) ||
	       fw_view_ends(v, FW_STR(".yara"));
}

/* Two folders can hold files of one name: the later gets its number. */
static char *unique_namespace(struct fw_ruleset *rs, char *stem)
{
	char *name = stem;

	for (size_t i = 0, n = 2; i < rs->file_count; i++) {
		if (strcmp(rs->files[i].namespace, name) != 0)
			continue;
		name = fw_sprintf(&rs->arena, "%s~%zu", stem, n++);
		i = (size_t)-1;
	}
	return name;
}

static void add_file(struct fw_ruleset *rs, const char *path, size_t root_len,
		     struct fw_rule_errors *errs)
{
	struct rule_file f = { 0 };

	if (!read_file(rs, path, &f.text)) {
		rules_complain(errs, path, 0, false,
			       "cannot be read, or is larger than 16 MiB");
		return;
	}
	if (f.text.len == 0 || rules_is_index(f.text))
		return;
	const char *rel = path + root_len;

	while (*rel == '/')
		rel++;
	if (*rel == '\0') /* the argument is the file itself */
		rel = fw_basename(path);
	f.path = fw_strdup(&rs->arena, fw_view_str(path));
	f.stem = fw_strdup(&rs->arena,
			   fw_view_of(rel, (size_t)(strrchr(rel, '.') - rel)));
	f.namespace = unique_namespace(rs, f.stem);
	rs->files = fw_grow(&rs->arena, rs->files, &rs->file_cap,
			    rs->file_count + 1, sizeof(*rs->files));
	rs->files[rs->file_count++] = f;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void add_folder(struct fw_ruleset *rs, const char *dir,
		       struct fw_rule_errors *errs)
{
	char *roots[] = { fw_strdup(&rs->arena, fw_view_str(dir)), NULL };
	FTS *walk = fts_open(roots, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR,
			     by_name);
	size_t before = rs->file_count;
	FTSENT *e;

	if (walk == NULL) {
		rules_complain(errs, dir, 0, false, "cannot be read");
		return;
	}
	while ((e = fts_read(walk)) != NULL) {
		if (e->fts_info == FTS_F && is_rule_file(e->fts_path))
			add_file(rs, e->fts_path, strlen(dir), errs);
		else if (e->fts_info == FTS_DNR || e->fts_info == FTS_NS ||
			 e->fts_info == FTS_ERR)
			rules_complain(errs, e->fts_path, 0, false, "%s",
				       strerror(e->fts_errno));
	}
	fts_close(walk);
	if (rs->file_count == before && errs->count == 0)
		rules_complain(errs, dir, 0, true, "holds no rules");
}

static bool in_group(const struct rule_file *f, const struct rule_group *g)
{
	return !f->bad && f->placed == g->placed &&
	       rules_in_class(f->targets, g->class);
}

/* Rules stand in a group in the order of their files. */
static struct rule_file *file_of(const struct fw_ruleset *rs, size_t from,
				 const YR_RULE *rule)
{
	for (size_t n = 0; n < rs->file_count; n++) {
		struct rule_file *f = &rs->files[(from + n) % rs->file_count];

		if (strcmp(f->namespace, rule->ns->name) == 0)
			return f;
	}
	return NULL;
}

static struct fw_rule_info *info_of(const struct rule_file *f,
				    const YR_RULE *rule)
{
	for (size_t i = 0; i < f->info_count; i++)
		if (strcmp(f->info[i]->name, rule->identifier) == 0)
			return f->info[i];
	return NULL;
}

static struct fw_rule_info *new_info(struct fw_ruleset *rs, struct rule_file *f,
				     YR_RULE *rule)
{
	struct fw_rule_info *info = fw_alloc(&rs->arena, 1, sizeof(*info));

	rules_describe(rs, f, rule, info);
	f->info = fw_grow(&rs->arena, f->info, &f->info_cap, f->info_count + 1,
			  sizeof(struct fw_rule_info *));
	f->info[f->info_count++] = info;
	rs->rules = fw_grow(&rs->arena, rs->rules, &rs->rule_cap,
			    rs->rule_count + 1, sizeof(*rs->rules));
	rs->rules[rs->rule_count++] = *info;
	return info;
}

/* One info a rule that can be reported; private ones stay NULL. */
static void describe_group(struct fw_ruleset *rs, struct rule_group *g)
{
	struct rule_file *f = NULL;
	size_t n = 0;
	YR_RULE *rule;

	g->info = fw_alloc(&rs->arena, g->rules->num_rules + 1,
			   sizeof(struct fw_rule_info *));
	g->twin = fw_alloc(&rs->arena, g->rules->num_rules + 1, sizeof(bool));
	yr_rules_foreach(g->rules, rule)
	{
		size_t i = n++;

		if (f == NULL || strcmp(f->namespace, rule->ns->name) != 0)
			f = file_of(rs, f ? (size_t)(f - rs->files) : 0, rule);
		if (f == NULL || RULE_IS_PRIVATE(rule))
			continue;
		g->info[i] = info_of(f, rule);
		g->twin[i] = g->info[i] != NULL;
		if (g->info[i] == NULL)
			g->info[i] = new_info(rs, f, rule);
	}
}

/* A first scan of nothing: what libraries set up lazily is there in the jobs.
 */
static void warm_up(struct rule_group *g)
{
	YR_SCANNER *s = NULL;

	if (yr_scanner_create(g->rules, &s) != ERROR_SUCCESS)
		return;
	yr_scanner_set_flags(s, SCAN_FLAGS_NO_TRYCATCH);
	yr_scanner_scan_mem(s, (const uint8_t *)"", 1);
	yr_scanner_destroy(s);
}

/* Compiles what is in the group; g->rules stays NULL where that is nothing. */
static bool compile_group(struct fw_ruleset *rs, struct rule_group *g,
			  struct complaint *c)
{
	YR_COMPILER *compiler = NULL;
	bool ok = true;

	for (size_t i = 0; i < rs->file_count && ok; i++) {
		const struct rule_file *f = &rs->files[i];

		if (!in_group(f, g))
			continue;
		if (compiler == NULL)
			compiler = new_compiler(c);
		ok = compiler != NULL && add_source(compiler, f);
	}
	if (compiler == NULL)
		return ok;
	ok = ok && yr_compiler_get_rules(compiler, &g->rules) == ERROR_SUCCESS;
	yr_compiler_destroy(compiler);
	if (!ok)
		g->rules = NULL;
	return ok;
}

static void drop_groups(struct fw_ruleset *rs)
{
	for (size_t i = 0; i < RULE_GROUPS; i++) {
		struct rule_group *g = &rs->groups[i];

		if (g->rules != NULL)
			yr_rules_destroy(g->rules);
		*g = (struct rule_group){ .class = i / 2, .placed = i % 2 };
	}
}

/* The usual case, and much faster: no file has anything to be told. */
static bool compile_clean(struct fw_ruleset *rs)
{
	struct fw_rule_errors ignored = { 0 };
	struct complaint c = { &ignored, "rules", true, false };
	bool ok = true;

	drop_groups(rs);
	for (size_t i = 0; i < RULE_GROUPS && ok; i++)
		ok = compile_group(rs, &rs->groups[i], &c) &&
		     ignored.count == 0;
	fw_rule_errors_free(&ignored);
	return ok;
}

/* Every file by itself, so that each gets its own complaints; then those that
 * can be used together. */
static void compile_patiently(struct fw_ruleset *rs,
			      struct fw_rule_errors *errs)
{
	struct complaint c = { errs, "rules", false, false };

	drop_groups(rs);
	for (size_t i = 0; i < rs->file_count; i++)
		compile_alone(&rs->files[i], errs);
	for (size_t i = 0; i < RULE_GROUPS; i++)
		if (!compile_group(rs, &rs->groups[i], &c))
			rules_complain(errs, "rules", 0, false,
				       "a group of files does not compile "
				       "together");
}

static void hash_files(struct fw_ruleset *rs)
{
	struct fw_arena a = { 0 };
	uint8_t sum[FW_SHA256_SIZE];
	char *all = NULL;
	size_t used = 0, cap = 0;

	for (size_t i = 0; i < rs->file_count; i++) {
		const struct rule_file *f = &rs->files[i];
		size_t len = strlen(f->namespace) + 1;

		if (f->bad)
			continue;
		all = fw_grow(&a, all, &cap, used + len + sizeof(sum), 1);
		memcpy(all + used, f->namespace, len);
		fw_sha256(f->text, sum);
		memcpy(all + used + len, sum, sizeof(sum));
		used += len + sizeof(sum);
	}
	fw_sha256(fw_view_of(all == NULL ? "" : all, used), sum);
	fw_hex(sum, sizeof(sum), rs->sha256);
	fw_arena_free(&a);
}

static int by_place(const void *a, const void *b)
{
	const struct fw_rule_info *x = a, *y = b;
	int order = strcmp(x->stem, y->stem);

	return order != 0 ? order : strcmp(x->id, y->id);
}

static bool start_yara(void)
{
	uint32_t data = MATCH_DATA_MAX, strings = STRINGS_MAX;

	return yr_initialize() == ERROR_SUCCESS &&
	       yr_set_configuration(YR_CONFIG_MAX_MATCH_DATA, &data) ==
		       ERROR_SUCCESS &&
	       yr_set_configuration(YR_CONFIG_MAX_STRINGS_PER_RULE, &strings) ==
		       ERROR_SUCCESS;
}

static void compile(struct fw_ruleset *rs, struct fw_rule_errors *errs)
{
	if (!compile_clean(rs))
		compile_patiently(rs, errs);
	for (size_t i = 0; i < RULE_GROUPS; i++)
		if (rs->groups[i].rules != NULL)
			compact(&rs->groups[i]);
}

static void finish_group(struct fw_ruleset *rs, struct rule_group *g)
{
	if (g->rules == NULL)
		return;
	for (size_t i = 0; i < rs->file_count; i++)
		g->entropy = g->entropy || (rs->files[i].entropy &&
					    in_group(&rs->files[i], g));
	describe_group(rs, g);
	warm_up(g);
}

struct fw_ruleset *fw_ruleset_load(const char *const *dirs, size_t n,
				   const char *compiled,
				   struct fw_rule_errors *errs)
{
	struct fw_ruleset *rs = calloc(1, sizeof(*rs));

	if (rs == NULL || !start_yara()) {
		free(rs);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		add_folder(rs, dirs[i], errs);
	for (size_t i = 0; i < rs->file_count; i++)
		rules_classify(&rs->files[i]);
	drop_groups(rs);
	hash_files(rs);
	rs->precompiled = compiled != NULL && errs->count == 0 &&
			  rules_compiled_read(rs, compiled);
	if (!rs->precompiled) {
		compile(rs, errs);
		hash_files(rs); /* without the bad ones */
	}
	for (size_t i = 0; i < rs->file_count; i++)
		rs->used_files += !rs->files[i].bad;
	for (size_t i = 0; i < RULE_GROUPS; i++)
		finish_group(rs, &rs->groups[i]);
	if (rs->rule_count > 0)
		qsort(rs->rules, rs->rule_count, sizeof(*rs->rules), by_place);
	malloc_trim(0);
	rs->kinds = fw_grow(&rs->arena, rs->kinds, &rs->kind_cap,
			    rs->kind_count + 1, sizeof(*rs->kinds));
	rs->kinds[rs->kind_count] = NULL;
	return rs;
}

void fw_ruleset_free(struct fw_ruleset *rs)
{
	if (rs == NULL)
		return;
	for (size_t i = 0; i < RULE_GROUPS; i++) {
		if (rs->groups[i].scanner != NULL)
			yr_scanner_destroy(rs->groups[i].scanner);
		if (rs->groups[i].rules != NULL)
			yr_rules_destroy(rs->groups[i].rules);
	}
	for (size_t i = 0; i < rs->rule_count; i++)
		rules_component_free(rs->rules[i].component);
	fw_arena_free(&rs->arena);
	free(rs);
	yr_finalize();
}

const struct fw_kind *const *fw_ruleset_kinds(const struct fw_ruleset *rs,
					      size_t *count)
{
	if (count != NULL)
		*count = rs->kind_count;
	return rs->kinds;
}

const struct fw_rule_info *fw_ruleset_rules(const struct fw_ruleset *rs,
					    size_t *count)
{
	*count = rs->rule_count;
	return rs->rules;
}

size_t fw_ruleset_count(const struct fw_ruleset *rs)
{
	return rs->rule_count;
}

size_t fw_ruleset_files(const struct fw_ruleset *rs)
{
	return rs->used_files;
}

bool fw_ruleset_precompiled(const struct fw_ruleset *rs)
{
	return rs->precompiled;
}

bool fw_ruleset_save(const struct fw_ruleset *rs, const char *path)
{
	return rules_compiled_write(rs, path);
}

const char *fw_ruleset_sha256(const struct fw_ruleset *rs)
{
	return rs->sha256;
}
