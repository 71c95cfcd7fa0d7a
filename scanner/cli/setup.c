/* setup.c - kinds and rules, before the first fork */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzers/analyzers.h"
#include "cli/setup.h"
#include "core/data.h"
#include "core/kinds.h"
#include "engine/kinds.h"
#include "formats/formats.h"

enum { PATH_SIZE = 4096 };

void fw_setup_kinds(void)
{
	for (size_t i = 0; i < fw_format_count; i++)
		fw_kinds_add(fw_formats[i]->kinds);
	for (size_t i = 0; i < fw_analyzer_count; i++)
		fw_kinds_add(fw_analyzers[i]->kinds);
	fw_kinds_add(fw_scanner_kinds);
}

/* <prefix>/share/assay/NAME for a program in <prefix>/bin, so that a package
 * can be installed anywhere. */
static const char *beside_program(const char *name, char path[static PATH_SIZE])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_SIZE - 64);
	char *slash;

	for (int i = 0; i < 2; i++) {
		path[n > 0 ? n : 0] = '\0';
		slash = strrchr(path, '/');
		if (slash == NULL)
			return NULL;
		n = slash - path;
	}
	snprintf(slash, 64, "/share/assay/%s", name);
	return path;
}

const char *fw_setup_rules_dir(void)
{
	static char path[PATH_SIZE];
	const char *dirs[] = { getenv("ASSAY_RULES"),
			       beside_program("rules", path),
			       ASSAY_SOURCE_RULES };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (dirs[i] != NULL && access(dirs[i], R_OK) == 0)
			return dirs[i];
	return NULL;
}

/* Never where the user says: see rules/compiled.h. */
static const char *compiled_rules(void)
{
	static char path[PATH_SIZE];
	const char *file = beside_program("rules.compiled", path);

	if (file != NULL && access(file, R_OK) == 0)
		return file;
	return ASSAY_BUILT_RULES;
}

static void match(void *ctx, const struct fw_object *obj, bool placed,
		  struct fw_out *out)
{
	unsigned targets = fw_rule_targets_of(obj);

	if (targets != 0)
		fw_ruleset_scan(ctx, obj, targets, NULL, placed, out);
}

/* Rules that ask for a place look at the bytes as well, which are not at hand
 * here; only files can match. */
static bool wants_place(void *ctx, const struct fw_object *obj)
{
	size_t n;
	const struct fw_rule_info *r = fw_ruleset_rules(ctx, &n);

	if (obj->meta->type != FW_FILE && obj->meta->type != FW_HARDLINK)
		return false;
	for (size_t i = 0; i < n; i++)
		if (r[i].placed)
			return true;
	return false;
}

static void complain(const struct fw_rule_errors *errs)
{
	for (size_t i = 0; i < errs->count; i++) {
		const struct fw_rule_error *e = &errs->items[i];

		if (!e->warning)
			fprintf(stderr, "assay: %s:%d: %s\n", e->file, e->line,
				e->text);
	}
}

static void unhex(const char *hex, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char two[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
}

void fw_setup_free(struct fw_matcher *m)
{
	fw_ruleset_free(m->ctx);
	fw_data_free();
	*m = (struct fw_matcher){ 0 };
}

/* Tables of analyzers lie beside the rules; they are part of what decides, so
 * they are part of the rules' digest. */
static bool load_data(void)
{
	const char *dir = fw_setup_rules_dir();
	char path[4096];

	if (dir == NULL)
		return true;
	snprintf(path, sizeof(path), "%s/data", dir);
	if (fw_data_load(path))
		return true;
	perror(path);
	return false;
}

static void add_data_digest(uint8_t sha256[FW_SHA256_SIZE])
{
	uint8_t both[2 * FW_SHA256_SIZE];

	memcpy(both, sha256, FW_SHA256_SIZE);
	if (fw_data_sha256(both + FW_SHA256_SIZE))
		fw_sha256(fw_view_of(both, sizeof(both)), sha256);
}

bool fw_setup_rules(bool own, const char *const *more, size_t n,
		    struct fw_matcher *m)
{
	const char **dirs = calloc(n + 1, sizeof(*dirs));
	struct fw_rule_errors errs = { 0 };
	size_t count = 0;

	*m = (struct fw_matcher){ 0 };
	if (dirs == NULL)
		return false;
	if (!load_data()) {
		free(dirs);
		return false;
	}
	if (own && fw_setup_rules_dir() != NULL)
		dirs[count++] = fw_setup_rules_dir();
	else if (own)
		fprintf(stderr, "assay: no rules found; see ASSAY_RULES\n");
	for (size_t i = 0; i < n; i++)
		dirs[count++] = more[i];
	for (size_t i = 0; i < n; i++) {
		if (access(more[i], R_OK) != 0) {
			perror(more[i]);
			free(dirs);
			return false;
		}
	}
	struct fw_ruleset *rs =
		fw_ruleset_load(dirs, count, compiled_rules(), &errs);

	free(dirs);
	complain(&errs);
	fw_rule_errors_free(&errs);
	if (rs == NULL)
		return false;
	fw_kinds_add(fw_ruleset_kinds(rs, NULL));
	m->ctx = rs;
	m->scan = match;
	m->wants_place = wants_place;
	m->count = fw_ruleset_count(rs);
	unhex(fw_ruleset_sha256(rs), m->sha256, FW_SHA256_SIZE);
	add_data_digest(m->sha256);
	return true;
}
