/* services_chain.h - following what starts what, within one root
 *
 * Shared by services.c (where it begins), services_follow.c (commands and
 * scripts) and services_conds.c (conditions, and words that other files fill).
 */
#ifndef FW_ANALYZERS_SERVICES_CHAIN_H
#define FW_ANALYZERS_SERVICES_CHAIN_H

#include "analyzers/boot/services.h"

/* A script to be followed. */
struct item {
	uint32_t place;
	const char *arg;   /* $1, or NULL when it is not known */
	const char *entry; /* the function to run, or NULL: what is outside */
	const char *why, *trigger, *table, *user;
	const char *conds[BOOT_CONDS_MAX];
	uint32_t cond_count, depth;
};

struct chain {
	struct svc_tree s;
	struct svc_root *root;
	struct fw_out *out;
	struct fw_arena *arena;
	struct item *items;
	size_t item_count, item_cap, item_next;
	uint8_t *visits;      /* by place */
	const char **started; /* by place: why a program runs, or NULL */
	struct svc_service *services;
	size_t count, cap;
	uint32_t sourced[SVC_SOURCED]; /* by the script at hand */
	uint32_t sourced_count;
	unsigned nested;
};

/* A command at a place, with what leads to it. */
struct start {
	const struct item *it;
	uint32_t place, line;
	const char *conds[BOOT_CONDS_MAX];
	uint32_t cond_count;
	bool background, dead;
	bool loose;  /* no chain leads here */
	bool inside; /* a text of a program */
};

enum truth { FALSE, TRUE, OPEN };

static inline const struct fw_place *chain_place(const struct chain *c,
						 uint32_t i)
{
	return &c->s.t->places[i];
}

/* Whether a place has the facts of a script. */
bool chain_is_script(const struct chain *c, uint32_t i);

/* What the tree says about a condition, in a script called with arg. */
enum truth chain_decide(struct chain *c, const char *cond, const char *arg);

/* What the tree leaves open goes to list. False: the command does not run. */
bool chain_conditions(struct chain *c, const struct item *it,
		      const struct boot_record *r, const char **list,
		      uint32_t *count);

/* Places that a running system fills: what is not in the image says nothing. */
bool chain_filled_at_run(const struct chain *c, const char *path);

/* A word with its unknown parts filled in where the image says what they are.
 */
const char *chain_filled(struct chain *c, const char *word);

/* A script for later, unless it was seen often enough. */
void chain_push(struct chain *c, const struct item *it);

/* A command: a script is followed, a program noted. */
void chain_run(struct chain *c, const struct start *at, const char *const *argv,
	       uint32_t argc);

/* Notes the ways in that a script opens which no chain reaches. */
void chain_loose(struct chain *c, uint32_t script);

/* Notes what a program starts through the shell. */
void chain_inside(struct chain *c, uint32_t program);

/* Follows scripts until none is left. */
void chain_drain(struct chain *c);

#endif
