/* wire.h - the records that a job sends to the broker
 *
 * u8 type, u32 payload length (little endian), payload. Strings are u32 length
 * and bytes. The broker decodes them with fw_cursor as hostile input.
 */
#ifndef FW_ENGINE_WIRE_H
#define FW_ENGINE_WIRE_H

#include "core/cursor.h"
#include "core/object.h"
#include "core/out_impl.h"

enum wire_type {
	WIRE_ITEM = 1,	/* u32 index: what follows belongs to this item */
	WIRE_ITEM_DONE, /* nothing */
	WIRE_HASH,	/* sha256 */
	WIRE_FORMAT,	/* u32 format: the item is one image of it */
	WIRE_REGION,	/* u64 offset, length; u32 format + 1, or 0 for a gap;
			   string: what a gap is called */
	WIRE_CHILD,	/* u8 decoded, u64 offset, u64 length, meta */
	WIRE_SIZE,	/* u64: bytes of the decoded child that is open */
	WIRE_DAMAGED,	/* err: of the child emitted last */
	WIRE_OPAQUE,	/* u64 offset, u64 length, string */
	WIRE_FACT,	/* string key, string value */
	WIRE_CLAIM,	/* see fw_wire_claim() */
	WIRE_SOFTWARE,	/* see fw_wire_software() */
	WIRE_AT,	/* u32 place */
	WIRE_ERR,	/* err: of the item */
	WIRE_MATCHED,	/* u64 bytes that rules were matched against */
	WIRE_KEPT,	/* u32 codec, u64 bytes of the stream, u64 decoded: what
			   the first item decodes to is in the job's output */
	WIRE_DONE	/* nothing; the last record of a job that ended well */
};

enum {
	WIRE_HEADER = 5,
	WIRE_MAX = 256 * 1024,
	WIRE_TEXT_MAX = 4096,
	WIRE_NAME_MAX = 16 * 1024,
	WIRE_EVIDENCE_MAX = 256,
	WIRE_SOFTWARE_TEXT = 512
};

/* A sending end: records gather in buf until flushed to fd. */
struct wire {
	int fd;
	size_t len;
	bool failed;
	uint8_t buf[64 * 1024];
};

void fw_wire_begin(struct wire *w, enum wire_type type);
void fw_wire_u8(struct wire *w, uint8_t x);
void fw_wire_u32(struct wire *w, uint32_t x);
void fw_wire_u64(struct wire *w, uint64_t x);
void fw_wire_bytes(struct wire *w, const void *p, size_t n);
/* At most max bytes of s; NULL is told from "". */
void fw_wire_str(struct wire *w, const char *s, size_t max);
void fw_wire_meta(struct wire *w, const struct fw_meta *m);
void fw_wire_err(struct wire *w, const struct fw_err *e);
void fw_wire_claim(struct wire *w, const struct fw_claim *c);
void fw_wire_software(struct wire *w, const struct fw_software *s);
void fw_wire_end(struct wire *w);
void fw_wire_flush(struct wire *w);

/* Decoding: c is a cursor over one payload; strings are copied to the arena. */
const char *fw_unwire_str(struct fw_cursor *c, struct fw_arena *a, size_t max);
void fw_unwire_meta(struct fw_cursor *c, struct fw_arena *a,
		    struct fw_meta *m);
void fw_unwire_err(struct fw_cursor *c, struct fw_arena *a, struct fw_err *e);
void fw_unwire_claim(struct fw_cursor *c, struct fw_arena *a,
		     struct fw_claim *claim);
void fw_unwire_software(struct fw_cursor *c, struct fw_arena *a,
			struct fw_software *s);

/* A fw_out whose results leave over w. input is what zero-copy children must lie
 * in; out_fd takes decoded bytes, at most out_max (-1: none). */
#define FW_OUT_LIMIT "bytes out of one job"
#define FW_MEMORY_LIMIT "memory of one job"

struct wire_out {
	struct fw_out out;
	struct wire *w;
	struct fw_view input;
	int out_fd;
	uint64_t out_max, out_pos, child_start;
	bool child_open, lost; /* lost: bytes did not reach out_fd */
	size_t pending;
	uint8_t pend[64 * 1024];
};

void fw_wire_out_init(struct wire_out *o, struct wire *w,
		      struct fw_arena *arena);
/* Sends the size of an open child and what is still buffered. */
void fw_wire_out_close(struct wire_out *o);

#endif
