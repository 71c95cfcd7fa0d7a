/* tree_build.h - small trees for tests of correlators */
#ifndef TREE_BUILD_H
#define TREE_BUILD_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"

enum { TREE_PLACES = 256, TREE_FACTS = 16 };

struct built {
	struct fw_place places[TREE_PLACES];
	struct fw_meta meta[TREE_PLACES];
	struct fw_fact facts[TREE_PLACES][TREE_FACTS];
	struct fw_arena arena;
	struct fw_tree tree;
};

/* A place below parent (UINT32_MAX: an image); its number. Modes are 0755. */
static inline uint32_t built_add(struct built *b, uint32_t parent,
				 const char *name, enum fw_type type)
{
	uint32_t i = b->tree.count++;
	struct fw_place *p = &b->places[i];

	assert(i < TREE_PLACES);
	const char *path = parent == UINT32_MAX
				   ? name
				   : fw_sprintf(&b->arena, "%s/%s",
						b->places[parent].path, name);

	b->meta[i] = (struct fw_meta){ .name = name, .type = type };
	b->meta[i].mode = 0755;
	*p = (struct fw_place){ .path = path,
				.parent = parent,
				.content = i,
				.meta = &b->meta[i],
				.facts = b->facts[i],
				.size = 100 };
	b->tree.places = b->places;
	return i;
}

static inline void built_free(struct built *b)
{
	fw_arena_free(&b->arena);
	free(b);
}

static inline void built_fact(struct built *b, uint32_t i, const char *key,
			      const char *value)
{
	assert(b->places[i].fact_count < TREE_FACTS);
	b->facts[i][b->places[i].fact_count++] = (struct fw_fact){ key, value };
}

/* Folders as a system has them, so that the container counts as one. */
static inline uint32_t built_system(struct built *b, uint32_t *bin,
				    uint32_t *etc)
{
	uint32_t image = built_add(b, UINT32_MAX, "img", FW_FILE);

	*bin = built_add(b, image, "bin", FW_DIR);
	*etc = built_add(b, image, "etc", FW_DIR);
	built_add(b, image, "lib", FW_DIR);
	return image;
}

static inline const struct fw_mem_finding *built_found(const struct fw_mem *m,
						       const char *kind)
{
	for (size_t i = 0; i < m->finding_count; i++)
		if (strcmp(m->findings[i].kind->id, kind) == 0)
			return &m->findings[i];
	return NULL;
}

static inline void built_run(struct built *b, const struct fw_analyzer *a,
			     struct fw_mem *m)
{
	*m = (struct fw_mem){ 0 };
	a->correlate(&b->tree, fw_mem_out(m, fw_view_of("", 0)));
}

#endif
