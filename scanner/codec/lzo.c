/* lzo.c - LZO1X blocks
 *
 * A stream of instructions; each ends in up to three literals, whose number
 * decides how the next byte below 16 is read. Ends with 11 00 00.
 *
 * Source: Linux Documentation/staging/lzo.rst
 */
#include "codec/lzo.h"

enum {
	LZO_AFTER_RUN = 4, /* state: a run of four or more literals */
	LZO_FIRST = 17,
	LZO_M1_FAR = 2048,
	LZO_M4_BASE = 0x4000
};

struct lzo {
	struct fw_cursor c;
	uint8_t *dst;
	size_t n, cap;
	unsigned state;
	bool ended;
};

static bool room(struct lzo *z, size_t len)
{
	if (fw_ok(&z->c) && len > z->cap - z->n)
		fw_fail(&z->c, FW_LIMIT, "block's length", len);
	return fw_ok(&z->c);
}

static void literals(struct lzo *z, size_t len)
{
	if (!room(z, len))
		return;
	fw_copy(&z->c, z->dst + z->n, len);
	if (fw_ok(&z->c))
		z->n += len;
}

static void match(struct lzo *z, size_t dist, size_t len)
{
	fw_require(&z->c, dist <= z->n, "distance", dist);
	if (!room(z, len))
		return;
	for (size_t i = 0; i < len; i++, z->n++)
		z->dst[z->n] = z->dst[z->n - dist];
}

/* A length in the instruction's low bits; 0 there goes on in further bytes. */
static size_t length(struct lzo *z, unsigned op, unsigned mask)
{
	size_t len = op & mask;

	if (len != 0)
		return len;
	for (len = mask; fw_ok(&z->c); len += 255) {
		uint8_t more = fw_u8(&z->c);

		if (more != 0)
			return len + more;
	}
	return 0;
}

static void near_match(struct lzo *z, unsigned op)
{
	size_t dist = (op >> 2) + ((size_t)fw_u8(&z->c) << 2) + 1;
	bool far = z->state == LZO_AFTER_RUN;

	match(z, far ? dist + LZO_M1_FAR : dist, far ? 3 : 2);
	z->state = op & 3;
	literals(z, z->state);
}

static void long_match(struct lzo *z, unsigned op)
{
	size_t len = length(z, op, op >= 32 ? 31 : 7) + 2;
	unsigned word = fw_u16le(&z->c);
	size_t dist = word >> 2;

	if (op >= 32) {
		dist++;
	} else {
		dist += (size_t)(op & 8) << 11;
		if (dist == 0) {
			z->ended = fw_ok(&z->c);
			fw_require(&z->c, len == 3, "end mark", len);
			return;
		}
		dist += LZO_M4_BASE;
	}
	match(z, dist, len);
	z->state = word & 3;
	literals(z, z->state);
}

static void step(struct lzo *z)
{
	unsigned op = fw_u8(&z->c);

	if (!fw_ok(&z->c))
		return;
	if (op >= 64) {
		size_t dist = (op >> 2 & 7) + ((size_t)fw_u8(&z->c) << 3) + 1;

		match(z, dist, (op >> 5) + 1);
		z->state = op & 3;
		literals(z, z->state);
	} else if (op >= 16) {
		long_match(z, op);
	} else if (z->state == 0) {
		literals(z, length(z, op, 15) + 3);
		z->state = LZO_AFTER_RUN;
	} else {
		near_match(z, op);
	}
}

size_t fw_decode_lzo1x(struct fw_view in, uint8_t *dst, size_t cap,
		       size_t *used, struct fw_err *err)
{
	struct lzo z = { .c = fw_cursor_of(in), .dst = dst, .cap = cap };

	if (in.len > 0 && in.data[0] > LZO_FIRST) {
		size_t len = (size_t)fw_u8(&z.c) - LZO_FIRST;

		literals(&z, len);
		z.state = len < LZO_AFTER_RUN ? (unsigned)len : LZO_AFTER_RUN;
	}
	while (!z.ended && fw_ok(&z.c))
		step(&z);
	*err = z.c.err;
	*used = z.c.pos;
	return z.n;
}
