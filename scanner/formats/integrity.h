/* integrity.h - a checksum that was computed and compared
 *
 * For formats that carry checksums of their content. Private to formats/.
 */
#ifndef FW_FORMATS_INTEGRITY_H
#define FW_FORMATS_INTEGRITY_H

#include "core/format.h"

extern const struct fw_kind integrity_mismatch;

/* Just that kind, for a descriptor's .kinds. */
extern const struct fw_kind *const integrity_kinds[];

/* Emits key ("checksum.md5", a literal) as "ok" or "wrong"; when wrong also a
 * finding at the offset where the stored sum stands. of says what was summed. */
void integrity_emit(struct fw_out *out, const char *key, const char *of,
		    bool ok, uint64_t at);

/* A fixed field's text up to its first NUL, copied, as a fact; an empty text is
 * no fact. */
void integrity_text_fact(struct fw_out *out, const char *key,
			 const uint8_t *field, size_t len);

#endif
