/* table.h - the parts of a partition table as children, and what lies between.
 * Private to formats/. */
#ifndef FW_FORMATS_TABLE_H
#define FW_FORMATS_TABLE_H

#include "core/format.h"

struct table_part {
	uint64_t off, len; /* bytes */
	const char *name;
};

/* Emits the parts in the order of their offsets, and as gaps what lies between
 * from and them, between each other and up to to, where it is more than one byte
 * repeated. Sorts parts in place. Overlaps are damage. */
void table_emit(struct fw_cursor *c, struct fw_out *out,
		struct table_part *parts, size_t n, uint64_t from,
		uint64_t to);

#endif
