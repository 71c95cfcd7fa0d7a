/* warc.c - web archives
 *
 * Records: "WARC/1.0\r\n", lines "Field: value\r\n", an empty line, as many
 * bytes as the field Content-Length says, two empty lines.
 *
 * Source: ISO 28500:2017 (WARC 1.1)
 */
#include <strings.h>

#include "formats/archive.h"

enum { WARC_HEADER_MAX = 64 << 10 };

/* Moves behind the header; the length of what follows. */
static uint64_t warc_header(struct fw_cursor *c)
{
	static const char field[] = "Content-Length:";
	struct fw_view rest = fw_view_sub(c->v, c->pos, WARC_HEADER_MAX);
	size_t end = fw_view_find(rest, FW_STR("\r\n\r\n"), 0);
	struct fw_view line;
	uint64_t len = 0;
	bool known = false;

	if (end == SIZE_MAX) {
		fw_fail(c,
			rest.len < WARC_HEADER_MAX ? FW_TRUNCATED
						   : FW_MALFORMED,
			"end of header", rest.len);
		return 0;
	}
	rest.len = end;
	fw_skip(c, end + 4);
	while (fw_split(&rest, '\n', &line)) {
		size_t n = sizeof(field) - 1;

		if (line.len > n &&
		    strncasecmp((const char *)line.data, field, n) == 0)
			known = fw_archive_number(
				fw_trim(fw_view_sub(line, n, SIZE_MAX)), 10,
				&len);
	}
	fw_require(c, known, "length", len);
	return len;
}

static uint64_t warc_probe(struct fw_cursor *c)
{
	do {
		uint64_t len = warc_header(c);

		fw_skip(c, len);
		fw_require(c, fw_view_eq(fw_bytes(c, 4), FW_STR("\r\n\r\n")),
			   "end of record", c->pos);
	} while (fw_ok(c) && fw_view_starts(fw_view_sub(c->v, c->pos, 7),
					    FW_STR("WARC/1.")));
	return c->pos;
}

static void warc_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static int (*const enable[])(
		struct archive *) = { archive_read_support_filter_none,
				      archive_read_support_format_warc, NULL };
	static const struct fw_archive how = { .enable = enable };

	fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_warc = {
	.name = "warc",
	.title = "web archive",
	.gaps = "records other than responses and resources",
	.class = FW_ARCHIVE,
	.bits = 56 + 32, /* magic, end of a record */
	.magic = { { "WARC/1.", 7, 0 } },
	.probe = warc_probe,
	.unpack = warc_unpack,
	.kinds = fw_archive_kinds,
};
