/* cpio.c - cpio archives: newc, crc, odc, and the old binary one
 *
 * Members, the last of them named "TRAILER!!!". Header, name with its NUL,
 *data:
 *
 *	newc, crc	13 numbers of 8 hexadecimal digits behind the magic;
 *			name and data are padded to 4
 *	odc		octal digits, no padding
 *	bin		u16 of either byte order, a u32 is two with the upper
 *			first; name and data are padded to 2
 *
 * Source: cpio(5) of FreeBSD, Linux Documentation/driver-api/early-userspace/
 * buffer-format.rst
 */
#include "formats/archive.h"

enum {
	NEWC_HEADER = 110,
	ODC_HEADER = 76,
	BIN_HEADER = 26,
	CPIO_NAME_MAX = 4096,
	CPIO_RECORD = 512
};

struct cpio_member {
	uint64_t name_len, size;
	unsigned align;
};

static uint64_t digits(struct fw_cursor *c, struct fw_view h, size_t at,
		       size_t len, unsigned base)
{
	uint64_t n = 0;

	fw_require(c, fw_archive_number(fw_view_sub(h, at, len), base, &n),
		   "digits", at);
	return n;
}

static struct cpio_member read_text(struct fw_cursor *c)
{
	struct cpio_member m = { .align = 4 };
	struct fw_view magic = fw_slice(c, c->pos, 6), h;

	if (fw_view_eq(magic, FW_STR("070707"))) {
		m.align = 1;
		h = fw_bytes(c, ODC_HEADER);
		for (size_t at = 6; fw_ok(c) && at < 48; at += 6)
			(void)digits(c, h, at, 6, 8);
		m.name_len = digits(c, h, 59, 6, 8);
		m.size = digits(c, h, 65, 11, 8);
		return m;
	}
	fw_require(c,
		   fw_view_eq(magic, FW_STR("070701")) ||
			   fw_view_eq(magic, FW_STR("070702")),
		   "magic", 0);
	h = fw_bytes(c, NEWC_HEADER);
	for (size_t at = 6; fw_ok(c) && at < NEWC_HEADER; at += 8)
		(void)digits(c, h, at, 8, 16);
	m.name_len = digits(c, h, 94, 8, 16);
	m.size = digits(c, h, 54, 8, 16);
	return m;
}

static struct cpio_member read_bin(struct fw_cursor *c)
{
	struct cpio_member m = { .align = 2 };
	struct fw_view h = fw_slice(c, c->pos, BIN_HEADER);

	c->big_endian = h.data != NULL && h.data[0] == 0x71;
	uint16_t magic = fw_u16(c);

	fw_require(c, magic == 070707, "magic", magic);
	fw_skip(c, 18); /* dev to mtime */
	m.name_len = fw_u16(c);
	uint32_t upper = fw_u16(c);

	m.size = upper << 16 | fw_u16(c);
	return m;
}

static uint64_t walk(struct fw_cursor *c,
		     struct cpio_member (*read)(struct fw_cursor *c))
{
	while (fw_ok(c)) {
		struct cpio_member m = read(c);

		fw_require(c, m.name_len > 0 && m.name_len <= CPIO_NAME_MAX,
			   "name's length", m.name_len);
		struct fw_view name = fw_bytes(c, m.name_len);

		fw_require(c, name.data != NULL && name.data[name.len - 1] == 0,
			   "end of name", m.name_len);
		if (!fw_ok(c))
			return 0;
		bool last =
			m.size == 0 && fw_view_eq(name, FW_STR("TRAILER!!!\0"));

		/* The padding of the very last member may be cut off. */
		if (last)
			return fw_archive_padding(
				c, fw_archive_padding(c, c->pos, m.align),
				CPIO_RECORD);
		fw_align(c, m.align);
		fw_skip(c, m.size);
		fw_align(c, m.align);
	}
	return 0;
}

static uint64_t cpio_probe(struct fw_cursor *c)
{
	return walk(c, read_text);
}

static uint64_t cpio_bin_probe(struct fw_cursor *c)
{
	return walk(c, read_bin);
}

static void cpio_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static int (*const enable[])(
		struct archive *) = { archive_read_support_filter_none,
				      archive_read_support_format_cpio, NULL };
	static const struct fw_archive how = { .enable = enable,
					       .late_links = true };

	fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_cpio = {
	.name = "cpio",
	.title = "cpio archive (newc, crc, odc)",
	.gaps = "sums of the crc variant are not checked",
	.class = FW_ARCHIVE,
	.bits = 48 + 64, /* magic and digits */
	.magic = { { "070701", 6, 0 }, { "070702", 6, 0 }, { "070707", 6, 0 } },
	.probe = cpio_probe,
	.unpack = cpio_unpack,
	.kinds = fw_archive_kinds,
};

const struct fw_format fw_format_cpio_bin = {
	.name = "cpio_bin",
	.title = "cpio archive (old binary)",
	.class = FW_ARCHIVE,
	.bits = 16 + 12, /* magic, length and end of a name */
	.magic = { { "\xc7\x71", 2, 0 }, { "\x71\xc7", 2, 0 } },
	.probe = cpio_bin_probe,
	.unpack = cpio_unpack,
	.kinds = fw_archive_kinds,
};
