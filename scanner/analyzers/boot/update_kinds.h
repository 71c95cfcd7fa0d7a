/* update_kinds.h - what scripts and programs that install updates share */
#ifndef FW_ANALYZERS_UPDATE_KINDS_H
#define FW_ANALYZERS_UPDATE_KINDS_H

#include "core/object.h"

/* Merged per image: a script and the program that calls it are one cause. */
extern const struct fw_kind update_unpacked;

#endif
