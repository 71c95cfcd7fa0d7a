/* load.h - a saved result, read back */
#ifndef FW_REPORT_LOAD_H
#define FW_REPORT_LOAD_H

#include <stdio.h>

#include "core/format.h"
#include "core/result.h"

struct fw_load_options {
	/* Names to descriptors; NULL, or NULL returned: a plain one is made. */
	const struct fw_format *(*format)(const char *name);
	const struct fw_kind *(*kind)(const char *id);
};

/*
 * Reads an assay.scan/1 document. All of the result lies in the arena; there are
 * no bytes (fd is -1 everywhere). The document may be anybody's: what does not
 * hold together is refused. NULL: err says what and where
 * ("objects[7].parent: not an earlier object").
 */
const struct fw_result *fw_result_load(FILE *in, struct fw_arena *a,
				       const struct fw_load_options *opt,
				       char *err, size_t err_len);

#endif
