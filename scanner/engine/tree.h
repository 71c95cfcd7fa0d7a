/* tree.h - expansion of the graph; engine only */
#ifndef FW_ENGINE_TREE_H
#define FW_ENGINE_TREE_H

#include "engine/model.h"

struct frame;

struct tree {
	struct scan *s;
	struct fw_node *nodes;
	const struct entry **entries; /* of each node */
	size_t count, cap, entry_cap;
	uint32_t *roots; /* node of each image */
	uint32_t image;
	struct frame *stack;
	size_t depth, stack_cap;
	struct fw_fact *facts; /* of the node under construction */
	size_t fact_count, fact_cap;
};

/* Fills nodes, entries and roots (room for one per image). */
void fw_tree_expand(struct tree *t);

/* The same nodes as correlators see them. */
struct fw_place *fw_tree_places(const struct tree *t);

#endif
