/* ar.c - Unix ar archives, and Debian packages, which are such
 *
 *	0   "!<arch>\n"
 *	8   members: header of 60 bytes, data, '\n' if its length is odd
 *	    0   name[16], mtime[12], uid[6], gid[6], mode[8], blanks behind
 *	    48  size[10]: decimal digits
 *	    58  "`\n"
 *
 * A package: members debian-binary, control.tar.*, data.tar.* in this order.
 *
 * Source: ar(5) of FreeBSD, deb(5)
 */
#include "formats/archive.h"

enum { AR_HEADER = 60, AR_SIZE = 48, AR_END = 58 };

static uint64_t ar_walk(struct fw_cursor *c)
{
	uint64_t end = 0;

	fw_require(c, fw_view_eq(fw_bytes(c, 8), FW_STR("!<arch>\n")), "magic",
		   0);
	while (fw_left(c) >= AR_HEADER) {
		struct fw_view h = fw_slice(c, c->pos, AR_HEADER);
		uint64_t size;

		if (h.data[AR_END] != '`' || h.data[AR_END + 1] != '\n' ||
		    !fw_archive_number(fw_view_sub(h, AR_SIZE, 10), 10, &size))
			break;
		fw_skip(c, AR_HEADER);
		fw_skip(c, size);
		if (size % 2 != 0 && fw_left(c) > 0 &&
		    c->v.data[c->pos] == '\n')
			fw_skip(c, 1);
		end = c->pos;
	}
	fw_require(c, end > 0, "members", 0);
	return end;
}

static bool ar_is_deb(struct fw_cursor *c)
{
	return fw_view_starts(fw_view_sub(c->v, 8, 16),
			      FW_STR("debian-binary"));
}

static uint64_t ar_probe(struct fw_cursor *c)
{
	fw_require(c, !ar_is_deb(c), "first member", 0);
	return ar_walk(c);
}

static uint64_t deb_probe(struct fw_cursor *c)
{
	fw_require(c, ar_is_deb(c), "first member", 0);
	return ar_walk(c);
}

static int (*const ar_enable[])(struct archive *) = {
	archive_read_support_filter_none, archive_read_support_format_ar, NULL
};

static void ar_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static const struct fw_archive how = { .enable = ar_enable };

	fw_archive_unpack(c, out, &how);
}

static void deb_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static const struct fw_archive how = { .enable = ar_enable,
					       .packages = true };

	fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_ar = {
	.name = "ar",
	.title = "ar archive",
	.class = FW_ARCHIVE,
	.bits = 64 + 16, /* magic, end of a header */
	.magic = { { "!<arch>\n", 8, 0 } },
	.probe = ar_probe,
	.unpack = ar_unpack,
	.kinds = fw_archive_kinds,
};

const struct fw_format fw_format_deb = {
	.name = "deb",
	.title = "Debian or opkg package",
	.gaps = "signatures of packages are not checked",
	.class = FW_ARCHIVE,
	.bits = 64 + 16 + 104, /* as ar, and the first member's name */
	.magic = { { "!<arch>\n", 8, 0 } },
	.probe = deb_probe,
	.unpack = deb_unpack,
	.kinds = fw_archive_kinds,
};
