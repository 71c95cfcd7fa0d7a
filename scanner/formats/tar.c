/* tar.c - tape archives: ustar, pax, GNU
 *
 * Members of 512-byte blocks: a header, then the data, padded. Two blocks of
 * zeros end it, and more fill a record of 10240 bytes. Header, all text:
 *
 *	0    name[100], mode, uid, gid
 *	124  size[12]: octal digits, or bit 7 and a big-endian number
 *	136  mtime[12]
 *	148  sum[8]: of the header's bytes, these taken as blanks
 *	156  type
 *	257  "ustar"
 *	482  GNU, type S: 1 if a block with more of the map of holes follows,
 *	     504 in such a block
 *
 * Source: POSIX.1-2017 pax, GNU tar manual "Basic Tar Format"
 */
#include "formats/archive.h"

enum {
	TAR_BLOCK = 512,
	TAR_RECORD = 10240,
	TAR_SIZE = 124,
	TAR_SUM = 148,
	TAR_TYPE = 156,
	TAR_EXTENDED = 482,
	TAR_EXTENDED_MORE = 504
};

static bool tar_zeros(struct fw_view block)
{
	for (size_t i = 0; i < block.len; i++)
		if (block.data[i] != 0)
			return false;
	return true;
}

/* Some old writers summed signed characters. */
static bool tar_sum_right(struct fw_view h)
{
	uint64_t want;
	int64_t plain = 8 * ' ', with_sign = 8 * ' ';

	if (!fw_archive_number(fw_view_sub(h, TAR_SUM, 8), 8, &want))
		return false;
	for (size_t i = 0; i < h.len; i++) {
		if (i >= TAR_SUM && i < TAR_SUM + 8)
			continue;
		plain += h.data[i];
		with_sign += (int8_t)h.data[i];
	}
	return want <= INT32_MAX &&
	       ((int64_t)want == plain || (int64_t)want == with_sign);
}

static uint64_t tar_size(struct fw_cursor *c, struct fw_view h)
{
	uint64_t n = 0;

	if (h.data[TAR_SIZE] & 0x80) {
		for (unsigned i = 0; i < 3; i++)
			fw_require(c, (h.data[TAR_SIZE + 1 + i] & 0xff) == 0,
				   "size", h.data[TAR_SIZE + 1 + i]);
		for (unsigned i = 4; i < 12; i++)
			n = n << 8 | h.data[TAR_SIZE + i];
	} else {
		fw_require(
			c,
			fw_archive_number(fw_view_sub(h, TAR_SIZE, 12), 8, &n),
			"size", h.data[TAR_SIZE]);
	}
	return n;
}

/* Moves behind the data of the member whose header was just read. */
static void tar_skip(struct fw_cursor *c, struct fw_view h)
{
	uint64_t size = tar_size(c, h);
	uint8_t type = h.data[TAR_TYPE], more = h.data[TAR_EXTENDED];

	if (!fw_ok(c) || (type >= '2' && type <= '6'))
		return;
	while (type == 'S' && more != 0 && fw_ok(c)) {
		struct fw_view b = fw_bytes(c, TAR_BLOCK);

		more = fw_ok(c) ? b.data[TAR_EXTENDED_MORE] : 0;
	}
	/* A hard link may give the size of its target, and have no data. */
	if (type == '1' && fw_left(c) >= TAR_BLOCK &&
	    tar_sum_right(fw_slice(c, c->pos, TAR_BLOCK)))
		return;
	fw_skip(c, size);
	fw_align(c, TAR_BLOCK);
}

static uint64_t tar_probe(struct fw_cursor *c)
{
	uint64_t members = 0;

	while (fw_left(c) > 0) {
		struct fw_view h = fw_bytes(c, TAR_BLOCK);

		if (!fw_ok(c))
			return 0;
		if (tar_zeros(h)) {
			uint64_t end = c->pos;

			fw_require(c, members > 0, "members", 0);
			if (fw_left(c) >= TAR_BLOCK &&
			    tar_zeros(fw_slice(c, end, TAR_BLOCK)))
				end += TAR_BLOCK;
			return fw_archive_padding(c, end, TAR_RECORD);
		}
		fw_require(c, tar_sum_right(h), "header sum", members);
		if (fw_ok(c))
			tar_skip(c, h);
		members++;
	}
	return c->pos;
}

static void tar_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static int (*const enable[])(struct archive *) = {
		archive_read_support_filter_none,
		archive_read_support_format_tar,
		archive_read_support_format_gnutar, NULL
	};
	static const struct fw_archive how = { .enable = enable,
					       .packages = true };

	fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_tar = {
	.name = "tar",
	.title = "tar archive",
	.gaps = "archives older than POSIX (without \"ustar\")",
	.class = FW_ARCHIVE,
	.bits = 40 + 12, /* magic and the sums */
	.magic = { { "ustar", 5, 257 } },
	.probe = tar_probe,
	.unpack = tar_unpack,
	.kinds = fw_archive_kinds,
};
