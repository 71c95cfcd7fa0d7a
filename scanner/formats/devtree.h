/* devtree.h - walking a flattened device tree in one pass
 *
 * libfdt wants the tree at an aligned address and searches strings without a
 * bound; an image holds trees anywhere, and hostile ones. This walk takes time
 * linear in the tree's bytes. Private to formats/.
 */
#ifndef FW_FORMATS_DEVTREE_H
#define FW_FORMATS_DEVTREE_H

#include "core/format.h"

enum { DEVTREE_DEPTH = 32, DEVTREE_NAME = 256 };

struct devtree {
	uint32_t len; /* bytes of the tree, from its first one */
	struct fw_view structure, strings;
};

/* Reads the header at c's origin. */
void devtree_open(struct fw_cursor *c, struct devtree *t);

enum devtree_event { DEVTREE_END = 0, DEVTREE_NODE, DEVTREE_LEAVE, DEVTREE_PROP };

struct devtree_walk {
	struct fw_cursor c; /* over the structure block; has the error */
	const struct devtree *t;
	unsigned depth; /* open nodes: 1 inside the root */
	struct fw_view path[DEVTREE_DEPTH]; /* names of the open nodes */
	struct fw_view name, value;	    /* of a property */
	bool done;
};

struct devtree_walk devtree_begin(const struct devtree *t);

/* The next event. DEVTREE_END at the end and at the first error. At
 * DEVTREE_LEAVE, depth still counts the node that ends. */
enum devtree_event devtree_next(struct devtree_walk *w);

/* Whether the walk is at depth and its n-th name (the root is the 0th) is so. */
bool devtree_at(const struct devtree_walk *w, unsigned depth, unsigned n,
		struct fw_view name);

/* A property's number: 4 or 8 bytes, big endian; 0 otherwise. */
uint64_t devtree_number(struct fw_view value);

#endif
