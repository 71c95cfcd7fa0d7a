/* memory.h - results gathered in arrays: for unit tests, goldens and fuzzing
 *
 * The in-process twin of a sandboxed job; the only seam between the two.
 */
#ifndef FW_CORE_MEMORY_H
#define FW_CORE_MEMORY_H

#include "core/analyzer.h"
#include "core/format.h"

struct fw_mem_child {
	struct fw_meta meta;	/* name and link copied */
	struct fw_view bytes;	/* of the input, or decoded */
	bool decoded;
	struct fw_err err;	/* of fw_out_damaged() */
};

struct fw_mem_finding {
	const struct fw_kind *kind;
	uint64_t at;
	const char *detail;
	const char *text; /* of the first evidence, or NULL */
	uint32_t place; /* of fw_out_at() */
	enum fw_severity severity;
};

struct fw_mem {
	struct fw_arena arena;
	struct fw_mem_child *children;
	size_t child_count, child_cap;
	struct fw_mem_finding *findings;
	size_t finding_count, finding_cap;
	struct fw_fact *facts;
	size_t fact_count, fact_cap;
	struct fw_software *software;
	size_t software_count, software_cap;
	uint64_t opaque_bytes;
	uint64_t written, max_written; /* decoded bytes so far; the limit */
	uint8_t *open_data;
	size_t open_cap;
};

/* A sink over m (zeroed by the caller) for an input; max_written 0 means 1 GiB.
 * Freed with fw_mem_free(). */
struct fw_out *fw_mem_out(struct fw_mem *m, struct fw_view input);
void fw_mem_free(struct fw_mem *m);

/* Runs a format over all of input; returns the cursor's error. */
struct fw_err fw_mem_unpack(struct fw_mem *m, const struct fw_format *f,
			    struct fw_view input);

/* The child with this name, or NULL. */
const struct fw_mem_child *fw_mem_find(const struct fw_mem *m,
				       const char *name);
/* The first value of a fact, or NULL. */
const char *fw_mem_fact(const struct fw_mem *m, const char *key);

#endif
