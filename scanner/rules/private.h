/* private.h - what loading and scanning share */
#ifndef FW_RULES_PRIVATE_H
#define FW_RULES_PRIVATE_H

#include <yara.h>

#include "rules/ruleset.h"

/* What one scanner runs. An object is text or it is not, so it is read once: a
 * scan costs by the bytes it reads, hardly by the rules. A rule that looks at
 * both is in both. */
enum rule_class { RULE_TEXT, RULE_BINARY, RULE_CLASSES };

enum { RULE_GROUPS = 2 * RULE_CLASSES }; /* each: placed or not */

/* A source file. */
struct rule_file {
	char *path, *stem;
	char *namespace; /* unique */
	struct fw_view text;
	unsigned targets;
	bool own; /* lies in one of the project's areas */
	bool placed, entropy;
	bool includes; /* parts of other files */
	bool bad;
	struct fw_rule_info **info; /* of its rules, private ones left out */
	size_t info_count, info_cap;
};

struct rule_group {
	enum rule_class class;
	bool placed, entropy;
	YR_RULES *rules;
	YR_SCANNER *scanner;	    /* made by the first scan of a job */
	struct fw_rule_info **info; /* by index in rules->rules_table */
	bool *twin;		    /* likewise: the text class has it, too */
};

struct fw_ruleset {
	struct fw_arena arena;
	struct rule_file *files;
	size_t file_count, file_cap, used_files;
	struct fw_rule_info *rules;
	size_t rule_count, rule_cap;
	const struct fw_kind **kinds;
	size_t kind_count, kind_cap;
	struct rule_group groups[RULE_GROUPS];
	bool precompiled; /* read from a file of fw_ruleset_save() */
	char sha256[2 * FW_SHA256_SIZE + 1];
};

/* Adds a complaint; printf into it. */
void rules_complain(struct fw_rule_errors *errs, const char *file, int line,
		    bool warning, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Fills targets, own, placed, entropy of f from its source. Targets may be more
 * than its rules have, never less. */
void rules_classify(struct rule_file *f);

/* Whether an object or rules of these targets are of the class. */
bool rules_in_class(unsigned targets, enum rule_class c);

/* Fills info, and a new kind if none is declared, from a rule's meta. */
void rules_describe(struct fw_ruleset *rs, const struct rule_file *f,
		    YR_RULE *rule, struct fw_rule_info *info);

/* What a rule's meta says of a component; NULL: it is no component rule. *bad
 * is what its meta lacks, or NULL. Freed with the rule set. */
const struct rule_component *rules_component(struct fw_ruleset *rs,
					     YR_RULE *rule, const char **bad);
void rules_component_free(const struct rule_component *c);

/* Emits the versions at the matches of a component rule. */
void rules_component_match(const struct rule_component *c,
			   YR_SCAN_CONTEXT *context, YR_RULE *rule,
			   struct fw_view bytes, struct fw_out *out);

/* Only comments and include lines: its parts are read by themselves. */
bool rules_is_index(struct fw_view source);

#endif
