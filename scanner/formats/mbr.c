/* mbr.c - the PC's partition table, primary and logical
 *
 * Layout, little endian, in sectors of 512 bytes:
 *
 *	446  4 x { u8 0x00 or 0x80, u24 CHS, u8 type, u24 CHS, u32 start, u32 len }
 *	510  0x55 0xaa
 *
 * Types 5, 0xf and 0x85 span a chain of tables: the first entry of each is a
 * partition from that table on, the second leads to the next table, from the
 * start of the span. A table with one entry of type 0xee belongs to GPT (gpt.c).
 *
 * Source: UEFI 2.10, 5.2.1; Linux block/partitions/msdos.c
 */
#include "formats/table.h"

enum {
	MBR_SECTOR = 512,
	MBR_TABLE = 446,
	MBR_PRIMARY = 4,
	MBR_PARTS = 64,
	MBR_PROTECTIVE = 0xee
};

struct mbr_entry {
	uint8_t flags, type;
	uint32_t start, len;
};

static bool mbr_is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static bool mbr_entry_read(struct fw_cursor *c, struct mbr_entry *e)
{
	e->flags = fw_u8(c);
	fw_skip(c, 3);
	e->type = fw_u8(c);
	fw_skip(c, 3);
	e->start = fw_u32(c);
	e->len = fw_u32(c);
	return e->type != 0;
}

/* The four entries of the table in the sector at off; returns those in use. */
static unsigned mbr_read(struct fw_cursor *c, uint64_t off,
			 struct mbr_entry e[MBR_PRIMARY])
{
	unsigned used = 0;

	memset(e, 0, MBR_PRIMARY * sizeof(*e));
	fw_slice(c, off, MBR_SECTOR);
	if (!fw_ok(c))
		return 0;
	fw_seek(c, off + MBR_TABLE);
	for (unsigned i = 0; i < MBR_PRIMARY; i++) {
		used += mbr_entry_read(c, &e[i]);
		fw_require(c, (e[i].flags & 0x7f) == 0, "flags", e[i].flags);
		if (e[i].type == 0)
			fw_require(c, e[i].start == 0 && e[i].len == 0,
				   "unused entry", e[i].start);
		else
			fw_require(c, e[i].start > 0 && e[i].len > 0, "entry",
				   e[i].start);
	}
	fw_require(c, fw_u16(c) == 0xaa55, "signature", 0);
	return fw_ok(c) ? used : 0;
}

static uint64_t mbr_probe(struct fw_cursor *c)
{
	struct mbr_entry e[MBR_PRIMARY];
	uint64_t end = 0;

	fw_require(c, mbr_read(c, 0, e) > 0, "entries", 0);
	for (unsigned i = 0; i < MBR_PRIMARY && fw_ok(c); i++) {
		uint64_t from = e[i].start, to = from + e[i].len;

		if (e[i].type == 0)
			continue;
		fw_require(c, e[i].type != MBR_PROTECTIVE, "type", e[i].type);
		for (unsigned k = 0; k < i; k++)
			fw_require(c,
				   e[k].type == 0 ||
					   to <= e[k].start ||
					   from >= (uint64_t)e[k].start +
							   e[k].len,
				   "overlap", from);
		end = to > end ? to : end;
	}
	fw_slice(c, 0, end * MBR_SECTOR);
	return end * MBR_SECTOR;
}

struct mbr {
	struct table_part part[MBR_PARTS];
	size_t parts;
};

static void mbr_add(struct mbr *m, unsigned number, uint64_t start,
		    const struct mbr_entry *e, struct fw_out *out)
{
	if (m->parts == MBR_PARTS)
		return;
	m->part[m->parts++] = (struct table_part){
		.off = start * MBR_SECTOR,
		.len = (uint64_t)e->len * MBR_SECTOR,
		.name = fw_text(out, "part%u", number),
	};
	fw_out_factf(out, "mbr.partition",
		     "%u type=0x%02x start=%llu sectors=%u%s", number, e->type,
		     (unsigned long long)start, e->len,
		     e->flags & 0x80 ? " active" : "");
}

/* Follows the chain of tables in a span; each must lie behind the last. */
static void mbr_logical(struct fw_cursor *c, struct mbr *m, uint32_t span,
			unsigned *number, struct fw_out *out)
{
	uint64_t table = span, next = span;

	do {
		struct mbr_entry e[MBR_PRIMARY];

		table = next;
		mbr_read(c, table * MBR_SECTOR, e);
		if (!fw_ok(c))
			return;
		if (e[0].type != 0 && !mbr_is_extended(e[0].type))
			mbr_add(m, (*number)++, table + e[0].start, &e[0], out);
		if (mbr_is_extended(e[1].type))
			next = (uint64_t)span + e[1].start;
	} while (next > table && m->parts < MBR_PARTS);
	fw_require(c, next == table, "chain of tables", next);
}

static void mbr_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct mbr_entry e[MBR_PRIMARY];
	struct mbr m = { .parts = 0 };
	unsigned logical = MBR_PRIMARY + 1;

	mbr_read(c, 0, e);
	if (!fw_ok(c))
		return;
	for (unsigned i = 0; i < MBR_PRIMARY; i++) {
		if (mbr_is_extended(e[i].type))
			mbr_logical(c, &m, e[i].start, &logical, out);
		else if (e[i].type != 0)
			mbr_add(&m, i + 1, e[i].start, &e[i], out);
	}
	table_emit(c, out, m.part, m.parts, MBR_SECTOR, c->v.len);
}

const struct fw_format fw_format_mbr = {
	.name = "mbr",
	.title = "MBR partition table",
	.gaps = "sectors of 512 bytes only",
	.class = FW_TABLE,
	.bits = 31, /* no checksum: at offset 0 only */
	.magic = { { "\x55\xaa", 2, 510 } },
	.probe = mbr_probe,
	.unpack = mbr_unpack,
};
