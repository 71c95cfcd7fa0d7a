/* setup.h - what every command needs before it starts */
#ifndef FW_CLI_SETUP_H
#define FW_CLI_SETUP_H

#include "engine/scan.h"
#include "rules/ruleset.h"

/* Registers the kinds of formats, analyzers and the scanner itself. */
void fw_setup_kinds(void);

/* The folder of the project's own rules: $ASSAY_RULES, the installed one, or the
 * one of the source tree; NULL if there is none. */
const char *fw_setup_rules_dir(void);

/* Loads own rules (unless own is false) and more[]; complaints go to standard
 * error by file and line. False when libyara does not start, or a folder named
 * by the user cannot be read. Fills m. */
bool fw_setup_rules(bool own, const char *const *more, size_t n,
		    struct fw_matcher *m);

/* Frees the rules; nothing that names their kinds may be used after it. */
void fw_setup_free(struct fw_matcher *m);

#endif
