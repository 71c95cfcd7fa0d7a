/* cursor.h - reading bytes that cannot be trusted
 *
 * The FIRST failure sticks: from then on reads yield 0 or an empty view, do not
 * move, and keep err. So read straight through, then test fw_ok() once - but
 * always before a value read sizes a loop or an allocation, divides or shifts.
 * Offsets are bytes from the start of the view. u16..u64 follow big_endian;
 * fw_u32le() and friends do not. One read per expression: C leaves the order of
 * arguments and of initialisers open.
 */
#ifndef FW_CORE_CURSOR_H
#define FW_CORE_CURSOR_H

#include "core/err.h"
#include "core/view.h"

struct fw_cursor {
	struct fw_view v;
	size_t pos;
	bool big_endian;
	struct fw_err err;
	uint64_t seen; /* bytes handed out, however often: what a probe cost */
};

/* A cursor at the start of v, little endian. */
struct fw_cursor fw_cursor_of(struct fw_view v);

static inline bool fw_ok(const struct fw_cursor *c)
{
	return c->err.code == FW_OK;
}

/* Bytes from the position to the end; 0 after a failure. */
static inline size_t fw_left(const struct fw_cursor *c)
{
	return fw_ok(c) ? c->v.len - c->pos : 0;
}

uint8_t fw_u8(struct fw_cursor *c);
uint16_t fw_u16(struct fw_cursor *c);
uint32_t fw_u24(struct fw_cursor *c);
uint32_t fw_u32(struct fw_cursor *c);
uint64_t fw_u64(struct fw_cursor *c);
uint16_t fw_u16le(struct fw_cursor *c);
uint32_t fw_u32le(struct fw_cursor *c);
uint64_t fw_u64le(struct fw_cursor *c);
uint16_t fw_u16be(struct fw_cursor *c);
uint32_t fw_u32be(struct fw_cursor *c);
uint64_t fw_u64be(struct fw_cursor *c);

/* Next n bytes, borrowed; an empty view with data == NULL on failure. */
struct fw_view fw_bytes(struct fw_cursor *c, uint64_t n);

/* Bytes at an absolute offset; the position stays. */
struct fw_view fw_slice(struct fw_cursor *c, uint64_t off, uint64_t len);

/* Copies the next n bytes to dst, which is zeroed on failure. */
void fw_copy(struct fw_cursor *c, void *dst, size_t n);

void fw_skip(struct fw_cursor *c, uint64_t n);
void fw_seek(struct fw_cursor *c, uint64_t off);

/* Moves forward to the next multiple of align (a power of two). */
void fw_align(struct fw_cursor *c, size_t align);

/* A fresh cursor over len bytes at off, of the same byte order. Its offsets
 * count from off. Where the range does not fit, c fails and so does the new. */
struct fw_cursor fw_sub(struct fw_cursor *c, uint64_t off, uint64_t len);

/* Unless ok, fails as MALFORMED at the present position. */
void fw_require(struct fw_cursor *c, bool ok, const char *what, uint64_t value);

/* Fails with code at the present position, if nothing has failed before. */
void fw_fail(struct fw_cursor *c, enum fw_code code, const char *what,
	     uint64_t value);

/* The same, at a position of the caller's. */
void fw_fail_at(struct fw_cursor *c, enum fw_code code, const char *what,
		uint64_t at, uint64_t value);

#endif
