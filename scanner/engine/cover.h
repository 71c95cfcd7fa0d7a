/* cover.h - which bytes of an image are explained; engine only */
#ifndef FW_ENGINE_COVER_H
#define FW_ENGINE_COVER_H

#include "engine/tree.h"

/* Of the image at node root, whose nodes end before end. */
struct fw_coverage fw_cover(const struct tree *t, uint32_t root, uint32_t end);

#endif
