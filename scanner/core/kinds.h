/* kinds.h - every finding kind that this run can emit
 *
 * Filled once before the first fork, never changed after; an index is the same
 * in the broker and in its jobs.
 */
#ifndef FW_CORE_KINDS_H
#define FW_CORE_KINDS_H

#include "core/object.h"

/* Adds a NULL-ended list (or nothing for NULL). A kind that is there already is
 * not added twice. Kinds are borrowed for the life of the process. False when
 * another kind has the same id, which is a mistake in the program or a rule. */
bool fw_kinds_add(const struct fw_kind *const *kinds);

uint32_t fw_kind_count(void);
const struct fw_kind *fw_kind_at(uint32_t i);

/* Index of a registered kind; aborts for one that its plug-in did not list. */
uint32_t fw_kind_index(const struct fw_kind *k);

/* By id, or NULL. */
const struct fw_kind *fw_kind_named(const char *id);

#endif
