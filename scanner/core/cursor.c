/* cursor.c - a reading position that cannot overrun */
#include "core/cursor.h"

struct fw_cursor fw_cursor_of(struct fw_view v)
{
	return (struct fw_cursor){ .v = v };
}

void fw_fail_at(struct fw_cursor *c, enum fw_code code, const char *what,
		uint64_t at, uint64_t value)
{
	if (fw_ok(c))
		c->err = (struct fw_err){ code, what, at, value };
}

void fw_fail(struct fw_cursor *c, enum fw_code code, const char *what,
	     uint64_t value)
{
	fw_fail_at(c, code, what, c->pos, value);
}

void fw_require(struct fw_cursor *c, bool ok, const char *what, uint64_t value)
{
	if (!ok)
		fw_fail(c, FW_MALFORMED, what, value);
}

struct fw_view fw_slice(struct fw_cursor *c, uint64_t off, uint64_t len)
{
	if (!fw_ok(c))
		return (struct fw_view){ NULL, 0 };
	if (off > c->v.len || len > c->v.len - off) {
		fw_fail_at(c, FW_TRUNCATED, "range past the end", off, len);
		return (struct fw_view){ NULL, 0 };
	}
	c->seen += len;
	return (struct fw_view){ c->v.data + off, (size_t)len };
}

struct fw_view fw_bytes(struct fw_cursor *c, uint64_t n)
{
	struct fw_view v = fw_slice(c, c->pos, n);

	if (fw_ok(c))
		c->pos += v.len;
	return v;
}

void fw_copy(struct fw_cursor *c, void *dst, size_t n)
{
	struct fw_view v = fw_bytes(c, n);

	if (v.len == n && n > 0)
		memcpy(dst, v.data, n);
	else
		memset(dst, 0, n);
}

void fw_skip(struct fw_cursor *c, uint64_t n)
{
	(void)fw_bytes(c, n);
}

void fw_seek(struct fw_cursor *c, uint64_t off)
{
	(void)fw_slice(c, off, 0);
	if (fw_ok(c))
		c->pos = (size_t)off;
}

void fw_align(struct fw_cursor *c, size_t align)
{
	size_t over = c->pos & (align - 1);

	if (over != 0)
		fw_skip(c, align - over);
}

struct fw_cursor fw_sub(struct fw_cursor *c, uint64_t off, uint64_t len)
{
	struct fw_cursor sub = { .v = fw_slice(c, off, len),
				 .big_endian = c->big_endian,
				 .err = c->err };

	return sub;
}

static uint64_t read_le(struct fw_cursor *c, unsigned n)
{
	struct fw_view b = fw_bytes(c, n);
	uint64_t x = 0;

	for (size_t i = b.len; i > 0; i--)
		x = x << 8 | b.data[i - 1];
	return x;
}

static uint64_t read_be(struct fw_cursor *c, unsigned n)
{
	struct fw_view b = fw_bytes(c, n);
	uint64_t x = 0;

	for (size_t i = 0; i < b.len; i++)
		x = x << 8 | b.data[i];
	return x;
}

static uint64_t read_uint(struct fw_cursor *c, unsigned n)
{
	return c->big_endian ? read_be(c, n) : read_le(c, n);
}

uint8_t fw_u8(struct fw_cursor *c)
{
	return (uint8_t)read_le(c, 1);
}

uint16_t fw_u16(struct fw_cursor *c)
{
	return (uint16_t)read_uint(c, 2);
}

uint32_t fw_u24(struct fw_cursor *c)
{
	return (uint32_t)read_uint(c, 3);
}

uint32_t fw_u32(struct fw_cursor *c)
{
	return (uint32_t)read_uint(c, 4);
}

uint64_t fw_u64(struct fw_cursor *c)
{
	return read_uint(c, 8);
}

uint16_t fw_u16le(struct fw_cursor *c)
{
	return (uint16_t)read_le(c, 2);
}

uint32_t fw_u32le(struct fw_cursor *c)
{
	return (uint32_t)read_le(c, 4);
}

uint64_t fw_u64le(struct fw_cursor *c)
{
	return read_le(c, 8);
}

uint16_t fw_u16be(struct fw_cursor *c)
{
	return (uint16_t)read_be(c, 2);
}

uint32_t fw_u32be(struct fw_cursor *c)
{
	return (uint32_t)read_be(c, 4);
}

uint64_t fw_u64be(struct fw_cursor *c)
{
	return read_be(c, 8);
}
