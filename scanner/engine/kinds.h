/* kinds.h - finding kinds about the scan itself */
#ifndef FW_ENGINE_KINDS_H
#define FW_ENGINE_KINDS_H

#include "core/result.h"

extern const struct fw_kind *const fw_scanner_kinds[]; /* NULL-ended */

/* The kind that says an object ended in this state; NULL for done. */
const struct fw_kind *fw_scanner_kind(enum fw_state state);

#endif
