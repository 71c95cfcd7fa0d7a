/* fuzz_format.h - between the fuzz target and its replay */
#ifndef FW_TESTS_FUZZ_FORMAT_H
#define FW_TESTS_FUZZ_FORMAT_H

#include "core/format.h"

extern const struct fw_format *const fuzz_format;

#endif
