/* analyzers.h - the registry of analyzers */
#ifndef FW_ANALYZERS_ANALYZERS_H
#define FW_ANALYZERS_ANALYZERS_H

#include "core/analyzer.h"

extern const struct fw_analyzer *const fw_analyzers[];
extern const size_t fw_analyzer_count;

/* The analyzer with this name, or NULL. */
const struct fw_analyzer *fw_analyzer_named(const char *name);

#endif
