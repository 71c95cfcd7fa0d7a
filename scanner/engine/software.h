/* software.h - what objects said of components, one row a product; engine only
 */
#ifndef FW_ENGINE_SOFTWARE_H
#define FW_ENGINE_SOFTWARE_H

#include "engine/tree.h"

/* What the analyzers and rules of a node said, facts of formats included;
 * *n rows in the scan's arena. Without what correlators said. */
const struct fw_software *fw_software_at(const struct tree *t, uint32_t node,
					 size_t *n);

/* Merges the rows of all nodes, and those of correlators, by name and version.
 * A row without a version is left out where another names one. Sorted. */
void fw_software_merge(const struct tree *t, struct fw_result *r);

#endif
