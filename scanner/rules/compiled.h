/* compiled.h - rules as they were when assay was built
 *
 * Compiling costs the same at every start and grows with the rules. The build
 * compiles the project's own once (assay rules compile) and the file is
 * installed next to them. It is used only if it was made from the very same
 * sources, by the very same libyara; otherwise the sources are compiled, so it
 * is never stale and may be missing.
 *
 * Compiled rules are a program that libyara runs without a check. The file is
 * therefore looked for only beside assay itself, never in a folder that the
 * user names, and must belong to root or the user and be writable by nobody
 * else.
 */
#ifndef FW_RULES_COMPILED_H
#define FW_RULES_COMPILED_H

#include "rules/private.h"

/* Fills the groups' rules from the file. False, and nothing is changed: there
 * is none, or it is of other rules. */
bool rules_compiled_read(struct fw_ruleset *rs, const char *path);

/* Writes it next to path, then renames. False with errno. */
bool rules_compiled_write(const struct fw_ruleset *rs, const char *path);

/* libyara's way to write to a FILE and to read from one. */
YR_STREAM rules_stream(FILE *f);

#endif
