/* rar.c - RAR archives, up to version 4 and from 5 on
 *
 * Little endian blocks behind a magic, the last of a type of its own:
 *
 *	RAR 4	u16 sum: lower half of the CRC-32 of the rest of the header
 *		u8 type, u16 flags, u16 header's length; with flag 8000 then a
 *		u32 of data behind the header, in files with flag 100 its upper
 *		half 32 bytes into the header
 *	RAR 5	u32 CRC-32 of the rest, length of the rest behind itself, type,
 *		flags, with flag 1 the length of an extra area, with flag 2 that
 *		of data; all but the sum in groups of 7 bits
 *
 * Source: RARLAB technote.txt (RAR 5), unrar headers.hpp (RAR 4)
 */
#include "formats/archive.h"

enum {
	RAR4_MAIN = 0x73,
	RAR4_FILE = 0x74,
	RAR4_SUB = 0x7a,
	RAR4_END = 0x7b,
	RAR4_HEADERS_LOCKED = 0x80, /* flag of the main header */
	RAR4_LARGE = 0x100,
	RAR4_HIGH = 32,
	RAR4_DATA = 0x8000,
	RAR5_LOCKED = 4,
	RAR5_END = 5,
	RAR5_EXTRA = 1,
	RAR5_DATA = 2,
	RAR5_HEADER_MAX = 2 << 20
};

struct rar_block {
	bool end, locked, file;
};

static struct rar_block rar4_block(struct fw_cursor *c)
{
	struct rar_block b = { 0 };
	uint64_t start = c->pos;
	uint16_t sum = fw_u16(c);
	uint8_t type = fw_u8(c);
	uint16_t flags = fw_u16(c);
	uint16_t len = fw_u16(c);
	bool has_data = (flags & RAR4_DATA) != 0 || type == RAR4_FILE;
	uint64_t data = has_data ? fw_u32(c) : 0;

	fw_require(c, type >= 0x72 && type <= RAR4_END, "type", type);
	fw_require(c, len >= (has_data ? 11 : 7), "header's length", len);
	struct fw_view summed = fw_slice(c, start + 2, (uint64_t)len - 2);

	if (!fw_ok(c))
		return b;
	fw_require(c, (fw_crc32(0, summed) & 0xffff) == sum, "checksum", sum);
	b.file = type == RAR4_FILE;
	b.end = type == RAR4_END;
	b.locked = type == RAR4_MAIN && (flags & RAR4_HEADERS_LOCKED) != 0;
	if ((type == RAR4_FILE || type == RAR4_SUB) &&
	    (flags & RAR4_LARGE) != 0 && len >= RAR4_HIGH + 4) {
		fw_seek(c, start + RAR4_HIGH);
		data |= (uint64_t)fw_u32(c) << 32;
	}
	fw_seek(c, start + len);
	fw_skip(c, data);
	return b;
}

static uint64_t rar5_number(struct fw_cursor *c)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint8_t byte = fw_u8(c);

		n |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return n;
	}
	fw_require(c, false, "number", n);
	return 0;
}

static struct rar_block rar5_block(struct fw_cursor *c)
{
	struct rar_block b = { 0 };
	uint32_t sum = fw_u32(c);
	uint64_t summed_from = c->pos;
	uint64_t len = rar5_number(c);
	uint64_t body = c->pos;

	fw_require(c, len > 0 && len <= RAR5_HEADER_MAX, "header's length",
		   len);
	struct fw_view summed =
		fw_slice(c, summed_from, body - summed_from + len);

	if (!fw_ok(c))
		return b;
	fw_require(c, fw_crc32(0, summed) == sum, "checksum", sum);
	uint64_t type = rar5_number(c);
	uint64_t flags = rar5_number(c);

	if ((flags & RAR5_EXTRA) != 0)
		(void)rar5_number(c);
	uint64_t data = (flags & RAR5_DATA) != 0 ? rar5_number(c) : 0;

	b.file = type == 2;
	b.end = type == RAR5_END;
	b.locked = type == RAR5_LOCKED;
	fw_seek(c, body + len);
	fw_skip(c, data);
	return b;
}

static uint64_t rar_walk(struct fw_cursor *c,
			 struct rar_block (*read)(struct fw_cursor *c))
{
	uint64_t end = 0;

	while (fw_left(c) > 0) {
		struct fw_err before = c->err;
		uint64_t start = c->pos;
		struct rar_block b = read(c);

		/* Old archives have no last block: what is none, follows. */
		if (!fw_ok(c) && end > 0 && c->err.code == FW_MALFORMED) {
			c->err = before;
			c->pos = start;
			return end;
		}
		if (b.locked) /* no length can be read any more */
			return c->v.len;
		if (b.file)
			end = c->pos;
		if (b.end)
			return c->pos;
	}
	fw_require(c, end > 0, "members", 0);
	return end;
}

static uint64_t rar_probe(struct fw_cursor *c)
{
	if (fw_view_starts(c->v, FW_STR("Rar!\x1a\7\1\0"))) {
		fw_skip(c, 8);
		return rar_walk(c, rar5_block);
	}
	fw_require(c, fw_view_eq(fw_bytes(c, 7), FW_STR("Rar!\x1a\7\0")),
		   "magic", 0);
	return rar_walk(c, rar4_block);
}

static void rar_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static int (*const enable[])(
		struct archive *) = { archive_read_support_filter_none,
				      archive_read_support_format_rar,
				      archive_read_support_format_rar5, NULL };
	static const struct fw_archive how = { .enable = enable };

	fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_rar = {
	.name = "rar",
	.title = "RAR archive",
	.gaps = "archives in several parts; programs for RAR's virtual machine",
	.class = FW_ARCHIVE,
	.bits = 56 + 16 + 16, /* magic, sums of two headers */
	.magic = { { "Rar!\x1a\7\0", 7, 0 }, { "Rar!\x1a\7\1\0", 8, 0 } },
	.probe = rar_probe,
	.unpack = rar_unpack,
	.kinds = fw_archive_kinds,
};
