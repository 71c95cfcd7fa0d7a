/* cover.c - which bytes of an image are explained
 *
 * Every byte is explained (a format or a good guess claims it), padding, or
 * opaque (nobody can vouch for it). Decoded children live in bytes that their
 * container explains; only parts that lie in it as they are, are looked into.
 */
#include "engine/cover.h"

static const char *guess_of(const struct fw_node *n)
{
	for (size_t i = 0; i < n->fact_count; i++)
		if (strcmp(n->facts[i].key, "content.guess") == 0)
			return n->facts[i].value;
	return NULL;
}

static bool is_part(const struct fw_node *n)
{
	return (n->meta->type == FW_REGION || n->meta->type == FW_GAP) &&
	       n->offset != UINT64_MAX;
}

/* A node without parts: all its bytes are of one sort. */
static void add_leaf(struct fw_coverage *c, const struct fw_node *n,
		     uint64_t len, uint64_t opaque)
{
	const char *guess = guess_of(n);

	if (opaque > len)
		opaque = len;
	if (n->format == NULL && guess != NULL &&
	    strcmp(guess, "padding") == 0)
		c->padding += len;
	else if (n->format != NULL ||
		 (guess != NULL && (strcmp(guess, "text") == 0 ||
				    strcmp(guess, "code") == 0))) {
		c->explained += len - opaque;
		c->opaque += opaque;
	} else
		c->opaque += len;
}

struct fw_coverage fw_cover(const struct tree *t, uint32_t root, uint32_t end)
{
	struct fw_coverage c = { .total = t->nodes[root].size };
	uint32_t skip = root; /* nodes before it lie in a decoded child */

	if (t->nodes[root].fd < 0) { /* a folder: the sum of its files */
		c.total = 0;
		for (uint32_t i = root + 1; i < end; i++) {
			const struct fw_node *n = &t->nodes[i];

			if (t->entries[i]->container != NULL || n->fd < 0)
				continue;
			uint32_t last = i + 1;

			while (last < end && t->nodes[last].depth > n->depth)
				last++;
			struct fw_coverage one = fw_cover(t, i, last);

			c.total += one.total;
			c.explained += one.explained;
			c.padding += one.padding;
			c.opaque += one.opaque;
		}
		return c;
	}
	for (uint32_t i = root; i < end; i++) {
		const struct fw_node *n = &t->nodes[i];
		uint64_t parts = 0, from = 0;

		if (i < skip)
			continue;
		if (i > root && !is_part(n)) {
			for (skip = i + 1;
			     skip < end && t->nodes[skip].depth > n->depth;)
				skip++;
			continue;
		}
		for (uint32_t k = i + 1;
		     k < end && t->nodes[k].depth > n->depth; k++) {
			const struct fw_node *p = &t->nodes[k];

			/* Parts that overlap count once. */
			if (p->parent != i || !is_part(p) || p->offset < from)
				continue;
			parts += p->size;
			from = p->offset + p->size;
		}
		const struct content *k = t->entries[i]->content;

		if (parts < n->size)
			add_leaf(&c, n, n->size - parts, k ? k->opaque : 0);
	}
	return c;
}
