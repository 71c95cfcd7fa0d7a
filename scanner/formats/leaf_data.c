/* leaf_data.c - data bases, tables and documents, named and not opened
 *
 *	sqlite      "SQLite format 3\0", u16 be size of a page (1: 65536), fixed
 *	            bytes 64 32 32 at 21; at 28 u32 be count of pages, which
 *	            holds if the counters at 24 and 92 are equal
 *	tzif        "TZif", version, 15 zeros, six u32 be counts, their tables;
 *	            version 2 and later: all again with 64 bits, line, rule, line
 *	gettext_mo  0x950412de, u16 minor, major, u32 count of texts, offsets
 *	            of two tables of u32 length and u32 offset
 *	pcap        0xa1b2c3d4 or 0xa1b23c4d, u16 2, u16 4, 16 bytes; packets:
 *	            8 bytes of time, u32 length stored, u32 length
 *	pdf         "%PDF-N.N" up to the last "%%EOF"
 *
 * Source: sqlite.org/fileformat2.html, RFC 8536, GNU gettext manual 10.3,
 * draft-ietf-opsawg-pcap, ISO 32000-1 7.5
 */
#include "core/format.h"

enum {
	SQLITE_FIXED_AT = 21,
	TZIF_ZEROS = 15,
	TZIF_MAX = 1 << 16, /* entries of a table */
	MO_TEXTS_MAX = 1 << 20,
	PCAP_PACKET_MAX = 1 << 18,
};

static uint64_t sqlite_probe(struct fw_cursor *c)
{
	uint32_t page, changes, pages, valid;

	c->big_endian = true;
	fw_require(c, fw_view_eq(fw_bytes(c, 16), FW_STR("SQLite format 3\0")),
		   "magic", 0);
	page = fw_u16(c);
	if (page == 1)
		page = 65536;
	fw_require(c, page >= 512 && (page & (page - 1)) == 0, "page", page);
	fw_require(c,
		   fw_view_eq(fw_slice(c, SQLITE_FIXED_AT, 3), FW_STR("@  ")),
		   "fixed bytes", 0);
	fw_seek(c, 24);
	changes = fw_u32(c);
	pages = fw_u32(c);
	fw_seek(c, 92);
	valid = fw_u32(c);
	if (!fw_ok(c))
		return 0;
	if (changes != valid || pages == 0)
		return c->v.len;
	fw_slice(c, 0, (uint64_t)page * pages);
	return (uint64_t)page * pages;
}

/* One block of header and tables; wide: times of 64 bits. */
static uint8_t tzif_block(struct fw_cursor *c, bool wide)
{
	uint32_t n[6];
	uint8_t version;
	uint64_t time = wide ? 8 : 4;

	fw_require(c, fw_view_eq(fw_bytes(c, 4), FW_STR("TZif")), "magic", 0);
	version = fw_u8(c);
	fw_require(c, version == 0 || (version >= '2' && version <= '4'),
		   "version", version);
	for (unsigned i = 0; i < TZIF_ZEROS; i++)
		fw_require(c, fw_u8(c) == 0, "reserved", i);
	for (unsigned i = 0; i < 6; i++) {
		n[i] = fw_u32(c);
		fw_require(c, n[i] <= TZIF_MAX, "count", n[i]);
	}
	fw_require(c, n[4] > 0 && n[5] > 0, "types", n[4]);
	/* local or universal, wall or standard, leaps, times, types, names */
	if (fw_ok(c))
		fw_skip(c, n[0] + n[1] + n[2] * (time + 4) + n[3] * (time + 1) +
				   n[4] * UINT64_C(6) + n[5]);
	return version;
}

static uint64_t tzif_probe(struct fw_cursor *c)
{
	size_t end;

	c->big_endian = true;
	if (tzif_block(c, false) == 0)
		return c->pos;
	tzif_block(c, true);
	fw_require(c, fw_u8(c) == '\n', "rule", 0);
	if (!fw_ok(c))
		return 0;
	end = fw_view_find(c->v, FW_STR("\n"), c->pos);
	fw_require(c, end != SIZE_MAX, "end of the rule", 0);
	return fw_ok(c) ? end + 1 : 0;
}

/* The end of the texts of a table at off. */
static uint64_t mo_table(struct fw_cursor *c, uint32_t count, uint32_t off)
{
	uint64_t end = off + 8 * (uint64_t)count;

	fw_seek(c, off);
	for (uint32_t i = 0; i < count && fw_ok(c); i++) {
		uint32_t len = fw_u32(c);
		uint32_t at = fw_u32(c);

		fw_slice(c, at, (uint64_t)len + 1);
		if ((uint64_t)at + len + 1 > end)
			end = (uint64_t)at + len + 1;
	}
	return end;
}

static uint64_t gettext_mo_probe(struct fw_cursor *c)
{
	uint32_t count, from, to;
	uint16_t minor, major;
	uint64_t a, b;

	c->big_endian = fw_u32le(c) == 0xde120495;
	fw_seek(c, 0);
	fw_require(c, fw_u32(c) == 0x950412de, "magic", 0);
	minor = fw_u16(c);
	major = fw_u16(c);
	fw_require(c, minor <= 1 && major <= 1, "revision", major);
	count = fw_u32(c);
	from = fw_u32(c);
	to = fw_u32(c);
	fw_require(c, count > 0 && count <= MO_TEXTS_MAX, "texts", count);
	a = mo_table(c, count, from);
	b = mo_table(c, count, to);
	return a > b ? a : b;
}

static uint64_t pcap_probe(struct fw_cursor *c)
{
	uint32_t magic;
	uint16_t major;

	magic = fw_u32le(c);
	c->big_endian = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
	fw_seek(c, 0);
	magic = fw_u32(c);
	fw_require(c, magic == 0xa1b2c3d4 || magic == 0xa1b23c4d, "magic",
		   magic);
	major = fw_u16(c);
	fw_require(c, major == 2, "version", major);
	fw_skip(c, 18);
	while (fw_left(c) >= 16) {
		size_t at = c->pos;

		fw_skip(c, 8);
		uint32_t stored = fw_u32(c);
		uint32_t len = fw_u32(c);

		if (stored > len || stored > PCAP_PACKET_MAX ||
		    stored > fw_left(c)) {
			c->pos = at; /* no packet any more */
			break;
		}
		fw_skip(c, stored);
	}
	return c->pos;
}

static bool pdf_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

static uint64_t pdf_probe(struct fw_cursor *c)
{
	struct fw_view head = fw_bytes(c, 8);
	size_t end = SIZE_MAX, at = 0;

	fw_require(c, fw_view_starts(head, FW_STR("%PDF-")), "magic", 0);
	if (!fw_ok(c))
		return 0;
	fw_require(c, pdf_digit(head.data[5]) && pdf_digit(head.data[7]),
		   "version", head.data[5]);
	while ((at = fw_view_find(c->v, FW_STR("%%EOF"), at)) != SIZE_MAX) {
		at += 5;
		end = at;
	}
	if (!fw_ok(c) || end == SIZE_MAX)
		return c->v.len; /* cut short, and still nothing else */
	while (end < c->v.len &&
	       (c->v.data[end] == '\r' || c->v.data[end] == '\n' ||
		c->v.data[end] == ' '))
		end++;
	return end;
}

const struct fw_format fw_format_sqlite = {
	.name = "sqlite",
	.title = "SQLite data base",
	.class = FW_LEAF,
	.bits = 31, /* no checksum: whole files only, as all in here */
	.magic = { { "SQLite format 3\0", 16, 0 } },
	.probe = sqlite_probe,
};

const struct fw_format fw_format_tzif = {
	.name = "tzif",
	.title = "time zone",
	.class = FW_LEAF,
	.bits = 31,
	.magic = { { "TZif", 4, 0 } },
	.probe = tzif_probe,
};

const struct fw_format fw_format_gettext_mo = {
	.name = "gettext_mo",
	.title = "translated texts (gettext)",
	.class = FW_LEAF,
	.bits = 31,
	.magic = { { "\xde\x12\x04\x95", 4, 0 }, { "\x95\x04\x12\xde", 4, 0 } },
	.probe = gettext_mo_probe,
};

const struct fw_format fw_format_pcap = {
	.name = "pcap",
	.title = "recorded network traffic",
	.gaps = "pcapng",
	.class = FW_LEAF,
	.bits = 31,
	.magic = { { "\xd4\xc3\xb2\xa1", 4, 0 },
		   { "\xa1\xb2\xc3\xd4", 4, 0 },
		   { "\x4d\x3c\xb2\xa1", 4, 0 },
		   { "\xa1\xb2\x3c\x4d", 4, 0 } },
	.probe = pcap_probe,
};

const struct fw_format fw_format_pdf = {
	.name = "pdf",
	.title = "PDF document",
	.class = FW_LEAF,
	.bits = 31,
	.magic = { { "%PDF-", 5, 0 } },
	.probe = pdf_probe,
};
