/* hidden_kinds.h - the finding kinds of the searches in machine code */
#ifndef FW_ANALYZERS_HIDDEN_KINDS_H
#define FW_ANALYZERS_HIDDEN_KINDS_H

#include "core/view.h"

#include "core/object.h"

extern const struct fw_kind hidden_look; /* the ranked list */

/* All of them, NULL-ended. */
extern const struct fw_kind *const hidden_kinds[];

/* The kind of what a search found, by its name; of several joined by '+' the
 * first counts. */
const struct fw_kind *hidden_kind_of(struct fw_view signal);

#endif
