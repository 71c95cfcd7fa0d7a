/* analyzer.h - what the author of an analyzer includes
 *
 * One analyzer is one file that ends in one const descriptor, and one line in
 * analyzers/analyzers.def. ADDING_AN_ANALYZER.md walks through one.
 */
#ifndef FW_CORE_ANALYZER_H
#define FW_CORE_ANALYZER_H

#include "core/arena.h"
#include "core/cursor.h"
#include "core/hash.h"
#include "core/object.h"
#include "core/out.h"
#include "core/record.h"
#include "core/text.h"

/* What was found out about an object's bytes and is shared between analyzers.
 */
struct fw_object_cache {
	const struct fw_strings *strings; /* strings.h */
	struct hidden_code *code;	  /* analyzers/hidden/hidden.h */
};

/* What an analyzer of bytes sees. Content analyzers run once per distinct
 * content and see no path; placed ones (descriptor.placed) run once per place.
 */
struct fw_object {
	struct fw_view bytes;
	const char *format; /* fw_format.name, or NULL */
	bool leaf; /* the format names these bytes and opens nothing in them:
		      they are looked at as if it were NULL, or never */
	const char *path;	    /* "/etc/shadow" inside its container; NULL
				       for content analyzers */
	const struct fw_meta *meta; /* NULL for content analyzers */
	const char
		*within; /* format of its container ("squashfs"); NULL for
			    content analyzers and in a folder of the user's */
	struct fw_object_cache *cache; /* or NULL */
};

/* What a correlator sees: the finished tree in preorder. No bytes. */
/* A fact whose key begins with '_' is for correlators alone: it reaches no
 * report, so it may hold what an owner would not want there. */
struct fw_fact {
	const char *key, *value;
};

struct fw_place {
	const char *path; /* from the image's name on */
	uint32_t parent;  /* index; UINT32_MAX for an image */
	uint32_t content; /* equal numbers: identical bytes; UINT32_MAX: none */
	const struct fw_meta *meta;
	const char *format; /* or NULL */
	uint64_t size;
	const struct fw_fact *facts; /* in order of emission */
	size_t fact_count;
	const struct fw_software *software; /* what analyzers and rules named */
	size_t software_count;
};

/* What was found out about a tree and is shared between correlators. */
struct fw_tree_cache {
	const struct accounts_all *accounts; /* accounts/accounts_join.h */
	struct hidden_routes *routes;	     /* hidden/hidden_routes.h */
};

struct fw_tree {
	const struct fw_place *places;
	uint32_t count;
	struct fw_tree_cache *cache; /* or NULL */
};

/* The n-th (from 0) value of key at a place, or NULL. */
const char *fw_place_fact(const struct fw_place *p, const char *key, size_t n);

struct fw_analyzer {
	const char *name, *title;
	const struct fw_kind *const *kinds; /* all it may emit, NULL-ended */
	bool placed; /* wants() and inspect() see path and meta */
	/* By format, path, mode or first bytes; cheap. For placed analyzers
	 * bytes is empty here: decide by path, meta and format. */
	bool (*wants)(const struct fw_object *obj);
	void (*inspect)(const struct fw_object *obj, struct fw_out *out);
	/* Or: runs once per scan. Claims and facts go to a place. */
	void (*correlate)(const struct fw_tree *tree, struct fw_out *out);
};

/* In correlate(): what is emitted next belongs to this place. */
void fw_out_at(struct fw_out *o, uint32_t place);

#endif
