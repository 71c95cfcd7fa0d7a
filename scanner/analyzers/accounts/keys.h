/* keys.h - what keys.c says and keys_judge.c decides on */
#ifndef FW_ANALYZERS_KEYS_H
#define FW_ANALYZERS_KEYS_H

#include "core/analyzer.h"

/* "algorithm=RSA; bits=2048; encoding=pem; encrypted=no; opened=-; public=HEX;
 * offset=0; line=1", fields in this order, parted by "; ". */
#define FACT_KEY "key.private"
/* "subject=..; issuer=..; from=2011-01-31; to=..; algorithm=..; bits=..;
 * digest=SHA256; authority=yes; self=no; public=..; sha256=..; offset=..;
 * line=.." */
#define FACT_CERT "certificate"

extern const struct fw_kind *const key_kinds[];

void keys_correlate(const struct fw_tree *tree, struct fw_out *out);

#endif
