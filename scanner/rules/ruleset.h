/* ruleset.h - YARA rules, compiled before the first fork, matched in the jobs
 *
 * A rule becomes a finding kind by its meta (rules/ADDING_A_RULE.md). All files
 * are compiled together; only when one has anything to be told is each compiled
 * alone first, so that a broken one is named and stops no other. Rules for
 * texts and rules for everything else are two sets, each once for the rules
 * that need to know the place of what they look at: an object is read by one
 * set. Scanning opens no file.
 */
#ifndef FW_RULES_RULESET_H
#define FW_RULES_RULESET_H

#include "core/analyzer.h"

/* What a rule's meta `target` can name, and what an object can be. */
enum fw_rule_target {
	FW_RULE_ELF = 1,
	FW_RULE_SCRIPT = 2,
	FW_RULE_CONFIG = 4,
	FW_RULE_WEB = 8,
	FW_RULE_KERNEL = 16,
	FW_RULE_UEFI = 32,
	FW_RULE_KEY = 64,
	FW_RULE_ANY = 128 /* every object that rules are run on at all */
};

/* One complaint. line 0: the file as a whole. */
struct fw_rule_error {
	char *file;
	int line;
	bool warning; /* the file is in use all the same */
	char *text;
};

/* Zeroed by the caller, freed with fw_rule_errors_free(). */
struct fw_rule_errors {
	struct fw_arena arena;
	struct fw_rule_error *items;
	size_t count, cap;
};

void fw_rule_errors_free(struct fw_rule_errors *errs);

struct rule_component;

/* One rule that can match, in order of files and lines. */
struct fw_rule_info {
	const struct fw_kind *kind;		/* NULL for a component rule */
	const struct rule_component *component; /* or NULL */
	const char *id;	  /* area/technique/rule, or rules/namespace/rule */
	const char *name; /* the identifier in the source */
	const char *stem; /* path below its folder, without the extension */
	const char *file; /* path of the source */
	int line;
	unsigned targets;   /* of enum fw_rule_target */
	bool placed;	    /* its file asks for path, owner or mode */
	bool secret;	    /* evidence shows no more than where it begins */
	const char *detail; /* or NULL */
	enum fw_severity severity;
	enum fw_confidence confidence;
	const char *missing; /* required meta it lacks, "a, b"; NULL: none */
};

/* Of a component rule: the product, and its n-th example (meta hit = "TEXT =>
 * VERSION" or miss = "TEXT"), NULL when there are no more. */
const char *fw_rule_component_name(const struct rule_component *c);
const char *fw_rule_example(const struct rule_component *c, bool hit, size_t n);

struct fw_ruleset;

/* Reads every .yar and .yara below the folders (or files). NULL only if libyara
 * does not start. compiled names a file of fw_ruleset_save(), or is NULL: it
 * spares the compiling if it is of these rules. Kinds of fw_kinds_add() that
 * rules name are looked up here: call it after they were added, and before any
 * fork. */
struct fw_ruleset *fw_ruleset_load(const char *const *dirs, size_t n,
				   const char *compiled,
				   struct fw_rule_errors *errs);
/* Writes the compiled rules. False with errno; EINVAL: a file is broken, or
 * includes others. */
bool fw_ruleset_save(const struct fw_ruleset *rs, const char *path);
/* Whether the file that compiled named was of these rules. */
bool fw_ruleset_precompiled(const struct fw_ruleset *rs);
void fw_ruleset_free(struct fw_ruleset *rs);

/* NULL-ended; the kinds that rules bring along, to be given to fw_kinds_add().
 */
const struct fw_kind *const *fw_ruleset_kinds(const struct fw_ruleset *rs,
					      size_t *count);
const struct fw_rule_info *fw_ruleset_rules(const struct fw_ruleset *rs,
					    size_t *count);
size_t fw_ruleset_count(const struct fw_ruleset *rs);
size_t fw_ruleset_files(const struct fw_ruleset *rs);
/* Over names and bytes of all files in use: 64 digits. */
const char *fw_ruleset_sha256(const struct fw_ruleset *rs);

/* What obj is, by format, first bytes and extension; 0: run no rules on it. */
unsigned fw_rule_targets_of(const struct fw_object *obj);

/*
 * Matches obj->bytes against the rules whose target is in targets and that do
 * (placed) or do not need to know where obj lies; emits one claim a rule. arch
 * may be NULL. False when a scan ran out of time or memory: not all is known.
 */
bool fw_ruleset_scan(struct fw_ruleset *rs, const struct fw_object *obj,
		     unsigned targets, const char *arch, bool placed,
		     struct fw_out *out);

#endif
