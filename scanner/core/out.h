/* out.h - where a job puts its results
 *
 * Formats and analyzers write here and own nothing. In a job the results leave
 * over a pipe as they are written, so that what came before a failure is kept;
 * in tests and fuzz targets they gather in plain arrays (memory.h).
 * Errors stick as in fw_cursor: loops over input test fw_out_ok().
 */
#ifndef FW_CORE_OUT_H
#define FW_CORE_OUT_H

#include "core/arena.h"
#include "core/err.h"
#include "core/object.h"

struct fw_out;

/* A child whose bytes are a part of the input; nothing is copied. part must lie
 * inside the input; a NULL part is a child without bytes (folder, link, device). */
void fw_out_child(struct fw_out *o, const struct fw_meta *m,
		  struct fw_view part);

/* A child with decoded bytes: open, then write. It ends at the next child. */
void fw_out_open(struct fw_out *o, const struct fw_meta *m);
void fw_out_write(struct fw_out *o, struct fw_view bytes);
/* n zero bytes; holes cost no disk. */
void fw_out_zeros(struct fw_out *o, uint64_t n);

/* Marks the child emitted last as damaged or incomplete; the unpacking goes on. */
void fw_out_damaged(struct fw_out *o, const struct fw_err *err);

/* Bytes of the input that the format has understood but that are no child
 * (headers, tables, padding it defines) need no report. Bytes that it should
 * understand and does not: */
void fw_out_opaque(struct fw_out *o, struct fw_view part, const char *why);

/* A key and value about the object; key is a literal, value is copied and cut
 * at 4096 bytes. e.g. "uimage.name". Keys repeat: each is one more value. */
void fw_out_fact(struct fw_out *o, const char *key, const char *value);
void fw_out_factf(struct fw_out *o, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A finding with one place: at is an offset in the object. */
void fw_out_finding(struct fw_out *o, const struct fw_kind *k, uint64_t at,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void fw_out_claim(struct fw_out *o, const struct fw_claim *claim);

/* A component that this object holds; strings are copied. Rows of one product
 * and version are merged over the whole scan. */
void fw_out_software(struct fw_out *o, const struct fw_software *s);

/*
 * What a report may show of a secret that belongs to the device's owner: how it
 * begins and how long it is ("ab****** (8 characters)"), or all of it where the
 * user asked for that. Masked here, so that it never leaves the job. Passwords
 * that the vendor ships in every unit are no secret but the finding itself.
 */
const char *fw_out_secret(struct fw_out *o, struct fw_view secret);

/* False once a limit was reached or the host failed: stop. */
bool fw_out_ok(const struct fw_out *o);

/* Memory that lives until the job ends. */
struct fw_arena *fw_out_arena(struct fw_out *o);

/* printf into the job's arena. */
const char *fw_text(struct fw_out *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
