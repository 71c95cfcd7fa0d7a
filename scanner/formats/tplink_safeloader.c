/* tplink_safeloader.c - TP-Link images for the SafeLoader boot loader
 *
 * Layout:
 *
 *	0       u32 be: bytes of the whole image
 *	4       MD5 of a public constant followed by [0x14, length)
 *	0x14    u32 be: bytes of text for the vendor's tools, the text, filled up
 *	        with 0xff
 *	0x1014  lines "fwup-ptn NAME base 0xN size 0xN\t\r\n", ended by NUL;
 *	        bases count from 0x1014
 *
 * Source: OpenWrt firmware-utils tplink-safeloader.c (layout)
 */
#include "formats/integrity.h"

enum {
	SAFELOADER_TABLE = 0x1014,
	SAFELOADER_TABLE_LEN = 0x800,
	SAFELOADER_SUMMED = 0x14,
	SAFELOADER_PARTS = 64
};

static const uint8_t safeloader_key[FW_MD5_SIZE] = {
	0x7a, 0x2b, 0x15, 0xed, 0x9b, 0x98, 0x59, 0x6d,
	0xe5, 0x04, 0xab, 0x44, 0xac, 0x2a, 0x9f, 0x4e,
};

struct safeloader_part {
	struct fw_view name;
	uint64_t base, size;
};

/* Takes " WORD 0xHEX" off *line. */
static bool safeloader_number(struct fw_view *line, struct fw_view word,
			      uint64_t *value)
{
	struct fw_view field;

	*value = 0;
	if (!fw_split(line, ' ', &field) || !fw_view_eq(field, word) ||
	    !fw_split(line, ' ', &field))
		return false;
	field = fw_trim(field);
	if (field.len < 3 || field.len > 10 ||
	    !fw_view_starts(field, FW_STR("0x")))
		return false;
	for (size_t i = 2; i < field.len; i++) {
		uint8_t b = field.data[i];
		uint8_t lower = b | 0x20;

		if (b >= '0' && b <= '9')
			*value = *value << 4 | (uint64_t)(b - '0');
		else if (lower >= 'a' && lower <= 'f')
			*value = *value << 4 | (uint64_t)(lower - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* The next line's part; false at the end of the table or at no such line. */
static bool safeloader_next(struct fw_view *table, struct safeloader_part *p)
{
	struct fw_view line, field;

	return fw_split(table, '\n', &line) && fw_split(&line, ' ', &field) &&
	       fw_view_eq(field, FW_STR("fwup-ptn")) &&
	       fw_split(&line, ' ', &p->name) && p->name.len > 0 &&
	       safeloader_number(&line, FW_STR("base"), &p->base) &&
	       safeloader_number(&line, FW_STR("size"), &p->size);
}

static uint32_t safeloader_read(struct fw_cursor *c, struct fw_view *table)
{
	uint32_t len = fw_u32be(c);
	struct fw_view all = fw_slice(c, 0, len);

	fw_require(c, len >= SAFELOADER_TABLE + SAFELOADER_TABLE_LEN, "length",
		   len);
	*table = fw_view_sub(all, SAFELOADER_TABLE, SAFELOADER_TABLE_LEN);
	return len;
}

static uint64_t safeloader_probe(struct fw_cursor *c)
{
	struct safeloader_part p;
	struct fw_view table;
	uint32_t len = safeloader_read(c, &table);
	unsigned n = 0;

	if (!fw_ok(c))
		return 0;
	for (; n < SAFELOADER_PARTS && safeloader_next(&table, &p); n++)
		fw_require(c,
			   p.base <= len - SAFELOADER_TABLE &&
				   p.size <= len - SAFELOADER_TABLE - p.base,
			   "partition", p.base);
	fw_require(c, n > 0, "partition count", n);
	return len;
}

static void safeloader_check(struct fw_cursor *c, uint32_t len,
			     struct fw_out *out)
{
	struct fw_view all = fw_slice(c, 0, len);
	struct fw_view parts[2] = {
		fw_view_of(safeloader_key, sizeof(safeloader_key)),
		fw_view_sub(all, SAFELOADER_SUMMED, SIZE_MAX),
	};
	uint8_t sum[FW_MD5_SIZE];

	fw_md5_parts(parts, 2, sum);
	integrity_emit(out, "checksum.md5", "whole image",
		       memcmp(sum, all.data + 4, sizeof(sum)) == 0, 4);
}

static void safeloader_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct safeloader_part p;
	struct fw_view table;
	uint32_t len = safeloader_read(c, &table);

	if (!fw_ok(c))
		return;
	fw_seek(c, SAFELOADER_SUMMED);
	uint32_t text = fw_u32be(c);

	integrity_text_fact(out, "safeloader.vendor", c->v.data + c->pos,
			    text < 256 ? text : 256);
	safeloader_check(c, len, out);
	for (unsigned n = 0; n < SAFELOADER_PARTS && fw_ok(c) &&
			     fw_out_ok(out) && safeloader_next(&table, &p);
	     n++) {
		struct fw_meta meta = FW_META(.type = FW_REGION);
		char *name = fw_strdup(fw_out_arena(out), p.name);
		struct fw_view part =
			fw_slice(c, SAFELOADER_TABLE + p.base, p.size);

		for (size_t i = 0; i < p.name.len; i++)
			if (name[i] == '/' || name[i] == 0)
				name[i] = '_';
		meta.name = name;
		if (fw_ok(c))
			fw_out_child(out, &meta, part);
	}
}

const struct fw_format fw_format_tplink_safeloader = {
	.name = "tplink_safeloader",
	.title = "TP-Link SafeLoader firmware image",
	.gaps = "images with RSA signatures: the checksum's place differs",
	.class = FW_CONTAINER,
	.bits = 72 + 32, /* word of the table, length */
	.magic = { { "fwup-ptn ", 9, SAFELOADER_TABLE } },
	.probe = safeloader_probe,
	.unpack = safeloader_unpack,
	.kinds = integrity_kinds,
};
