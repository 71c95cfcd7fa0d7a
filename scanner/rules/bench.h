/* bench.h - how much work each rule makes, in counts that do not vary
 *
 * The matcher walks bytes with an automaton of all rules at once. Where a few
 * bytes fit a string it looks closer; that, and not the number of rules, is
 * what a rule costs. Such looks are counted here, by walking the automaton
 * alone.
 */
#ifndef FW_RULES_BENCH_H
#define FW_RULES_BENCH_H

#include "rules/ruleset.h"

struct fw_rule_bench;

/* For one thread; freed with fw_rule_bench_free(), before rs. NULL: no memory.
 */
struct fw_rule_bench *fw_rule_bench_new(const struct fw_ruleset *rs);
void fw_rule_bench_free(struct fw_rule_bench *b);

/* Counts what a scan of bytes with these targets would look closer at. */
void fw_rule_bench_add(struct fw_rule_bench *b, struct fw_view bytes,
		       unsigned targets);

/* Looks for one rule of fw_ruleset_rules(), so far; all of them if NULL. */
uint64_t fw_rule_bench_looks(const struct fw_rule_bench *b,
			     const struct fw_rule_info *rule);

#endif
