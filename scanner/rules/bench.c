/* bench.c - counts how often rules make the matcher look closer
 *
 * Source: libyara 4.2, yr_scanner_scan_mem_blocks() in scanner.c and
 * ahocorasick.h
 */
#include <stdlib.h>

#include <yara/ahocorasick.h>

#include "rules/bench.h"
#include "rules/private.h"

struct fw_rule_bench {
	const struct fw_ruleset *rs;
	uint64_t *looks[RULE_GROUPS]; /* by index in rules_table */
};

struct fw_rule_bench *fw_rule_bench_new(const struct fw_ruleset *rs)
{
	struct fw_rule_bench *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->rs = rs;
	for (size_t i = 0; i < RULE_GROUPS; i++) {
		const YR_RULES *rules = rs->groups[i].rules;

		if (rules == NULL)
			continue;
		b->looks[i] = calloc(rules->num_rules + 1, sizeof(uint64_t));
		if (b->looks[i] == NULL) {
			fw_rule_bench_free(b);
			return NULL;
		}
	}
	return b;
}

void fw_rule_bench_free(struct fw_rule_bench *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < RULE_GROUPS; i++)
		free(b->looks[i]);
	free(b);
}

/* The strings that end in a state; they need at bytes before the cursor. */
static void count_state(const YR_RULES *rules, uint32_t state, size_t at,
			uint64_t *looks)
{
	uint32_t first = rules->ac_match_table[state];

	if (first == 0)
		return;
	for (const YR_AC_MATCH *m = &rules->ac_match_pool[first - 1]; m != NULL;
	     m = m->next)
		if (m->backtrack <= at)
			looks[m->string->rule_idx]++;
}

static uint32_t next_state(const YR_RULES *rules, uint32_t state, uint8_t byte)
{
	const YR_AC_TRANSITION *table = rules->ac_transition_table;
	uint32_t code = (uint32_t)byte + 1;
	YR_AC_TRANSITION t = table[state + code];

	while (YR_AC_INVALID_TRANSITION(t, code)) {
		if (state == YR_AC_ROOT_STATE)
			return YR_AC_ROOT_STATE;
		state = YR_AC_NEXT_STATE(table[state]);
		t = table[state + code];
	}
	return YR_AC_NEXT_STATE(t);
}

static void walk(const YR_RULES *rules, struct fw_view v, uint64_t *looks)
{
	uint32_t state = YR_AC_ROOT_STATE;

	for (size_t i = 0; i < v.len; i++) {
		count_state(rules, state, i, looks);
		state = next_state(rules, state, v.data[i]);
	}
	count_state(rules, state, v.len, looks);
}

void fw_rule_bench_add(struct fw_rule_bench *b, struct fw_view bytes,
		       unsigned targets)
{
	const unsigned vague = FW_RULE_KEY | FW_RULE_ANY;

	for (size_t i = 0; i < RULE_GROUPS; i++) {
		const struct rule_group *g = &b->rs->groups[i];

		if (g->rules != NULL &&
		    rules_in_class(targets & ~vague, g->class))
			walk(g->rules, bytes, b->looks[i]);
	}
}

uint64_t fw_rule_bench_looks(const struct fw_rule_bench *b,
			     const struct fw_rule_info *rule)
{
	uint64_t n = 0;

	for (size_t i = 0; i < RULE_GROUPS; i++) {
		const struct rule_group *g = &b->rs->groups[i];

		for (size_t k = 0; g->rules != NULL && k < g->rules->num_rules;
		     k++)
			if (rule == NULL ||
			    (g->info[k] != NULL &&
			     strcmp(g->info[k]->id, rule->id) == 0))
				n += b->looks[i][k];
	}
	return n;
}
