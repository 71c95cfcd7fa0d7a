/* trx.c - Broadcom TRX: up to four flash partitions behind one header
 *
 * Layout, little endian; offsets count from the header's first byte:
 *
 *	0   trx_header
 *	16  u32 offset[3], or [4] in version 2; 0 marks an unused slot
 *	    partitions in ascending order, each up to the next, the last to len
 *
 * Source: Linux drivers/mtd/parsers/parser_trx.c, OpenWrt firmware-utils trx.c
 */
#include "core/format.h"

/* clang-format off */
#define TRX_HEADER(U, B)                                                \
	U(u32, magic,   "\"HDR0\"")                                     \
	U(u32, len,     "bytes, header included")                       \
	U(u32, crc,     "CRC-32 of [12, len), last inversion left out") \
	U(u16, flags,   "unused")                                       \
	U(u16, version, "1 or 2")
FW_RECORD(trx_header, TRX_HEADER)
/* clang-format on */

enum { TRX_SUMMED_FROM = 12, TRX_SLOTS = 4 };

struct trx {
	struct trx_header h;
	unsigned parts;		       /* slots in use */
	uint32_t start[TRX_SLOTS + 1]; /* start[parts] == h.len */
};

/* Reads and checks all but the checksum. On failure t->parts is 0. */
static void trx_read(struct fw_cursor *c, struct trx *t)
{
	*t = (struct trx){ 0 };
	trx_header_read(c, &t->h);
	fw_require(c, t->h.version == 1 || t->h.version == 2, "version",
		   t->h.version);

	unsigned slots = t->h.version == 1 ? 3 : 4;
	uint32_t floor = trx_header_SIZE + 4 * slots;
	unsigned n = 0;

	for (unsigned i = 0; i < slots; i++) {
		uint32_t off = fw_u32(c);

		if (off == 0)
			continue;
		fw_require(c, off >= floor && off < t->h.len, "partition", off);
		t->start[n++] = off;
		floor = off + 1;
	}
	t->start[n] = t->h.len;
	fw_require(c, n > 0, "partition count", 0);
	if (fw_ok(c))
		t->parts = n;
}

static uint64_t trx_probe(struct fw_cursor *c)
{
	struct trx t;

	trx_read(c, &t);
	if (!fw_ok(c))
		return 0;

	struct fw_view summed =
		fw_slice(c, TRX_SUMMED_FROM, t.h.len - TRX_SUMMED_FROM);
	uint32_t crc = ~fw_crc32(0, summed);

	fw_require(c, crc == t.h.crc, "checksum", crc);
	return t.h.len;
}

static void trx_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct trx t;

	trx_read(c, &t);
	for (unsigned i = 0; i < t.parts; i++) {
		struct fw_meta meta = FW_META(.name = fw_text(out, "part%u", i),
					      .type = FW_REGION);
		uint32_t len = t.start[i + 1] - t.start[i];

		/* What a cut image still holds of a part is worth showing. */
		if (t.start[i] < c->v.len)
			fw_out_child(out, &meta,
				     fw_view_sub(c->v, t.start[i], len));
		fw_slice(c, t.start[i], len);
	}
}

const struct fw_format fw_format_trx = {
	.name = "trx",
	.title = "Broadcom TRX firmware image",
	.class = FW_CONTAINER,
	.bits = 32 + 32, /* magic and CRC */
	.magic = { { "HDR0", 4, 0 } },
	.probe = trx_probe,
	.unpack = trx_unpack,
};
