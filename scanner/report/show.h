/* show.h - values of a result, as people read them
 *
 * What comes out of here holds no control character.
 */
#ifndef FW_REPORT_SHOW_H
#define FW_REPORT_SHOW_H

#include "core/result.h"

/* Raw text of an image, escaped; NULL stays NULL. */
const char *fw_show_raw(struct fw_arena *a, const char *s);

/* Text that is escaped already (paths of nodes): made safe again without
 * doubling its backslashes, should somebody have handed in something else. */
const char *fw_show_path(struct fw_arena *a, const char *s);

/* The reverse of fw_escape(). A NUL cannot come back and stays escaped. */
const char *fw_unescape(struct fw_arena *a, const char *s);

/* "3.9 MiB", "512 bytes" */
const char *fw_show_size(struct fw_arena *a, uint64_t bytes);

/* "71.4%"; never rounded up to 100 or down to 0. */
const char *fw_show_share(struct fw_arena *a, uint64_t part, uint64_t whole);

const char *fw_show_hex(struct fw_arena *a, const uint8_t *p, size_t n);

/* The first value of a fact, or NULL; raw. */
const char *fw_node_fact(const struct fw_node *n, const char *key);

/* The node's first byte in its image; false where bytes between the two were
 * decoded, or where it has none. */
bool fw_node_place(const struct fw_result *r, uint32_t node, uint64_t *at);

/* Whether something was lost here: any state worse than done. */
bool fw_state_is_damage(enum fw_state s);

#endif
