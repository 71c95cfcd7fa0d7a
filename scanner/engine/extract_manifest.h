/* extract_manifest.h - manifest.json; for extract.c only */
#ifndef FW_ENGINE_EXTRACT_MANIFEST_H
#define FW_ENGINE_EXTRACT_MANIFEST_H

#include <stdio.h>

#include "core/result.h"

/* Starts, adds one object, ends; errors stick to the stream. disk: where it was
 * written, NULL if it was not, and then why says the reason. */
void fw_manifest_begin(FILE *f);
void fw_manifest_add(FILE *f, const struct fw_node *n, const char *disk,
		     const char *why, bool first);
void fw_manifest_end(FILE *f);

#endif
