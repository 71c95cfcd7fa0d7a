/* leaf_code.c - byte code and fonts, named and not opened
 *
 *	java_class       0xcafebabe, u16 be minor, major, pool of constants
 *	python_bytecode  u16 le number of the version, "\r\n", times, marshalled
 *	                 code, which starts with 'c'
 *	lua_bytecode     "\x1bLua", version, 0, sizes of types; or "\x1bLJ"
 *	sfnt             version, u16 be count of tables; each: name, checksum,
 *	                 offset, length; "head" holds 0x5f0f3cf5
 *	woff             "wOFF" or "wOF2", flavour, u32 be length
 *
 * Source: JVMS 4.1 and 4.4, CPython importlib/_bootstrap_external.py, Lua
 * lundump.h, LuaJIT lj_bcdump.h, OpenType 1.9, W3C WOFF 1 and 2
 */
#include "core/format.h"

enum { SFNT_TABLES = 64, SFNT_ENTRY = 16, SFNT_MAGIC_AT = 12 };

static void java_constant(struct fw_cursor *c, uint16_t *index)
{
	/* bytes behind the tag; 0: no such tag */
	static const uint8_t size[] = { 0, 2, 0, 4, 4, 8, 8, 2, 2, 4, 4,
					4, 4, 0, 0, 3, 2, 4, 4, 2, 2 };
	uint8_t tag = fw_u8(c);

	fw_require(c, tag < sizeof(size) && size[tag] > 0, "constant", tag);
	if (!fw_ok(c))
		return;
	if (tag == 1)
		fw_skip(c, fw_u16(c));
	else
		fw_skip(c, size[tag]);
	if (tag == 5 || tag == 6) /* long and double take two places */
		++*index;
}

static uint64_t java_class_probe(struct fw_cursor *c)
{
	uint16_t major, count;

	c->big_endian = true;
	fw_require(c, fw_u32(c) == 0xcafebabe, "magic", 0);
	fw_skip(c, 2);
	major = fw_u16(c);
	count = fw_u16(c);
	fw_require(c, major >= 45 && major < 100, "version", major);
	fw_require(c, count > 1, "constants", count);
	for (uint16_t i = 1; i < count && fw_ok(c); i++)
		java_constant(c, &i);
	fw_skip(c, 8); /* access, this, super, count of interfaces */
	return c->v.len;
}

static bool python_version(uint16_t n)
{
	return (n >= 50823 && n <= 62211) || (n >= 3000 && n < 3700);
}

static uint64_t python_bytecode_probe(struct fw_cursor *c)
{
	uint16_t version = fw_u16le(c);
	uint16_t eol = fw_u16le(c);
	unsigned at = version > 20000  ? 8
		      : version < 3200 ? 8
		      : version < 3390 ? 12
				       : 16;
	uint8_t kind;

	fw_require(c, python_version(version), "version", version);
	fw_require(c, eol == 0x0a0d, "end of line", eol);
	fw_seek(c, at);
	kind = fw_u8(c);
	fw_require(c, (kind & 0x7f) == 'c', "code", kind);
	return c->v.len;
}

static uint64_t lua_bytecode_probe(struct fw_cursor *c)
{
	struct fw_view head = fw_bytes(c, 6);

	fw_require(c, head.len == 6, "length", c->v.len);
	if (!fw_ok(c))
		return 0;
	if (fw_view_starts(head, FW_STR("\x1bLJ"))) {
		fw_require(c, head.data[3] >= 1 && head.data[3] <= 2, "version",
			   head.data[3]);
		return c->v.len;
	}
	fw_require(c, fw_view_starts(head, FW_STR("\x1bLua")), "magic", 0);
	fw_require(c, head.data[4] >= 0x50 && head.data[4] <= 0x54, "version",
		   head.data[4]);
	fw_skip(c, 6); /* sizes, or a mark of damage by text transfers */
	return c->v.len;
}

static bool sfnt_version(struct fw_view v)
{
	return fw_view_eq(v, FW_STR("\0\1\0\0")) ||
	       fw_view_eq(v, FW_STR("OTTO")) || fw_view_eq(v, FW_STR("true"));
}

static uint64_t sfnt_probe(struct fw_cursor *c)
{
	uint64_t end = 0;
	uint16_t count;
	bool head = false;

	c->big_endian = true;
	fw_require(c, sfnt_version(fw_bytes(c, 4)), "version", 0);
	count = fw_u16(c);
	fw_require(c, count > 0 && count <= SFNT_TABLES, "tables", count);
	fw_skip(c, 6);
	for (unsigned i = 0; i < count && fw_ok(c); i++) {
		struct fw_view name = fw_bytes(c, 4);

		fw_skip(c, 4);
		uint32_t at = fw_u32(c);
		uint32_t len = fw_u32(c);
		struct fw_view table = fw_slice(c, at, len);

		head = head || (fw_view_eq(name, FW_STR("head")) &&
				fw_view_eq(fw_view_sub(table, SFNT_MAGIC_AT, 4),
					   FW_STR("\x5f\x0f\x3c\xf5")));
		if ((uint64_t)at + len > end)
			end = (uint64_t)at + len;
	}
	fw_require(c, head, "table head", 0);
	/* Tables are padded to 4 bytes, some writers leave the last one as is.
	 */
	while (end % 4 != 0 && end < c->v.len && c->v.data[end] == 0)
		end++;
	return end;
}

static uint64_t woff_probe(struct fw_cursor *c)
{
	struct fw_view magic = fw_bytes(c, 4);
	uint32_t len;
	uint16_t count, reserved;

	c->big_endian = true;
	fw_require(c,
		   fw_view_eq(magic, FW_STR("wOFF")) ||
			   fw_view_eq(magic, FW_STR("wOF2")),
		   "magic", 0);
	fw_require(c, sfnt_version(fw_bytes(c, 4)), "flavour", 0);
	len = fw_u32(c);
	count = fw_u16(c);
	reserved = fw_u16(c);
	fw_require(c, count > 0, "tables", count);
	fw_require(c, reserved == 0, "reserved", reserved);
	fw_require(c, len > 44, "length", len);
	fw_slice(c, 0, len);
	return len;
}

const struct fw_format fw_format_java_class = {
	.name = "java_class",
	.title = "Java class",
	.class = FW_LEAF,
	.bits = 31, /* no checksum: whole files only, as all in here */
	.magic = { { "\xca\xfe\xba\xbe", 4, 0 } },
	.probe = java_class_probe,
};

const struct fw_format fw_format_python_bytecode = {
	.name = "python_bytecode",
	.title = "Python byte code",
	.class = FW_LEAF,
	.bits = 31,
	.magic = { { "\r\n", 2, 2 } },
	.probe = python_bytecode_probe,
};

const struct fw_format fw_format_lua_bytecode = {
	.name = "lua_bytecode",
	.title = "Lua byte code",
	.class = FW_LEAF,
	.bits = 31,
	.magic = { { "\x1bLua", 4, 0 }, { "\x1bLJ", 3, 0 } },
	.probe = lua_bytecode_probe,
};

const struct fw_format fw_format_sfnt = {
	.name = "sfnt",
	.title = "TrueType or OpenType font",
	.gaps = "collections of fonts (ttcf)",
	.class = FW_LEAF,
	.bits = 31,
	.probe = sfnt_probe,
};

const struct fw_format fw_format_woff = {
	.name = "woff",
	.title = "web font (WOFF)",
	.class = FW_LEAF,
	.bits = 31,
	.magic = { { "wOFF", 4, 0 }, { "wOF2", 4, 0 } },
	.probe = woff_probe,
};
