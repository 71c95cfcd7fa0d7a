/* formats.h - the registry of formats */
#ifndef FW_FORMATS_FORMATS_H
#define FW_FORMATS_FORMATS_H

#include "core/format.h"

extern const struct fw_format *const fw_formats[];
extern const size_t fw_format_count;

/* The format with this name, or NULL. */
const struct fw_format *fw_format_named(const char *name);

#endif
