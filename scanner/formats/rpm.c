/* rpm.c - RPM packages
 *
 * Big endian: a lead of 96 bytes; the signature, padded to 8; the header; then
 * a packed cpio archive. Signature and header alike:
 *
 *	0   8e ad e8 01, 4 zeros, u32 entries, u32 bytes of store
 *	16  entries: u32 tag, type, offset in the store, count
 *	    the store
 *
 * The signature's tag 1000 (u32) or 270 (u64) is the length of what follows it.
 *
 * Source: rpm docs/manual/format_v4.md, lib/rpmtag.h
 */
#include "formats/archive.h"

enum {
	RPM_LEAD = 96,
	RPM_ENTRY = 16,
	RPM_ENTRIES_MAX = 65536,
	RPM_STORE_MAX = 256 << 20,
	RPM_INT32 = 4,
	RPM_INT64 = 5,
	RPM_STRING = 6,
	RPM_STRING_MAX = 256,
	RPM_SIG_LONG_SIZE = 270,
	RPM_SIG_SIZE = 1000,
	RPM_NAME = 1000,
	RPM_VERSION = 1001,
	RPM_RELEASE = 1002,
	RPM_ARCH = 1022
};

struct rpm_header {
	struct fw_cursor entries;
	struct fw_view store;
};

/* Reads a header and moves behind it. */
static struct rpm_header rpm_header(struct fw_cursor *c)
{
	struct rpm_header h = { 0 };

	fw_require(c,
		   fw_view_eq(fw_bytes(c, 8), FW_STR("\x8e\xad\xe8\1\0\0\0\0")),
		   "header's magic", 0);
	uint32_t entries = fw_u32be(c);
	uint32_t len = fw_u32be(c);

	fw_require(c, entries > 0 && entries <= RPM_ENTRIES_MAX, "entries",
		   entries);
	fw_require(c, len <= RPM_STORE_MAX, "store", len);
	h.entries = fw_sub(c, c->pos, (uint64_t)entries * RPM_ENTRY);
	fw_skip(c, (uint64_t)entries * RPM_ENTRY);
	h.store = fw_bytes(c, len);
	return h;
}

/* The store from a tag's value on, or no bytes. */
static struct fw_view rpm_value(const struct rpm_header *h, uint32_t tag,
				uint32_t type)
{
	struct fw_cursor e = h->entries;

	while (fw_left(&e) >= RPM_ENTRY) {
		uint32_t t = fw_u32be(&e);
		uint32_t kind = fw_u32be(&e);
		uint32_t at = fw_u32be(&e);

		fw_skip(&e, 4);
		if (t == tag && kind == type)
			return fw_view_sub(h->store, at, SIZE_MAX);
	}
	return (struct fw_view){ NULL, 0 };
}

/* Up to its NUL, which may be missing. */
static struct fw_view rpm_string(const struct rpm_header *h, uint32_t tag)
{
	struct fw_view v =
		fw_view_sub(rpm_value(h, tag, RPM_STRING), 0, RPM_STRING_MAX);
	size_t n = fw_view_find(v, FW_STR("\0"), 0);

	return n == SIZE_MAX ? v : fw_view_sub(v, 0, n);
}

static struct rpm_header rpm_signature(struct fw_cursor *c)
{
	fw_require(c,
		   fw_view_starts(fw_bytes(c, RPM_LEAD),
				  FW_STR("\xed\xab\xee\xdb")),
		   "magic", 0);
	struct rpm_header h = rpm_header(c);

	fw_align(c, 8);
	return h;
}

static uint64_t rpm_probe(struct fw_cursor *c)
{
	struct rpm_header sig = rpm_signature(c);
	uint64_t start = c->pos, len = 0;

	(void)rpm_header(c);
	if (!fw_ok(c))
		return 0;
	struct fw_cursor size =
		fw_cursor_of(rpm_value(&sig, RPM_SIG_SIZE, RPM_INT32));

	if (size.v.len >= 4)
		len = fw_u32be(&size);
	size = fw_cursor_of(rpm_value(&sig, RPM_SIG_LONG_SIZE, RPM_INT64));
	if (size.v.len >= 8)
		len = fw_u64be(&size);
	if (len == 0) /* not said: nothing else marks the end */
		return c->v.len;
	fw_require(c, len >= c->pos - start, "length", len);
	(void)fw_slice(c, start, len);
	return start + len;
}

static void rpm_facts(struct fw_cursor *c, struct fw_out *out)
{
	struct rpm_header h;

	(void)rpm_signature(c);
	h = rpm_header(c);
	if (!fw_ok(c))
		return;
	struct fw_view name = rpm_string(&h, RPM_NAME);
	struct fw_view version = rpm_string(&h, RPM_VERSION);
	struct fw_view release = rpm_string(&h, RPM_RELEASE);
	struct fw_view arch = rpm_string(&h, RPM_ARCH);

	if (name.len > 0)
		fw_out_factf(out, "package.name", "%.*s", FW_FMT(name));
	if (version.len > 0)
		fw_out_factf(out, "package.version", "%.*s%s%.*s",
			     FW_FMT(version), release.len > 0 ? "-" : "",
			     FW_FMT(release));
	if (arch.len > 0)
		fw_out_factf(out, "package.arch", "%.*s", FW_FMT(arch));
}

static void rpm_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static int (*const enable[])(
		struct archive *) = { archive_read_support_filter_rpm,
				      archive_read_support_filter_gzip,
				      archive_read_support_filter_bzip2,
				      archive_read_support_filter_lzma,
				      archive_read_support_filter_xz,
				      archive_read_support_filter_zstd,
				      archive_read_support_format_cpio,
				      NULL };
	static const struct fw_archive how = { .enable = enable,
					       .late_links = true };

	rpm_facts(c, out);
	if (fw_ok(c))
		fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_rpm = {
	.name = "rpm",
	.title = "RPM package",
	.gaps = "digests and signatures are not checked; payloads without "
		"names "
		"of files (rpm 4.12 for files above 4 GiB)",
	.class = FW_ARCHIVE,
	.bits = 32 + 64 + 64, /* magics of lead and headers */
	.magic = { { "\xed\xab\xee\xdb", 4, 0 } },
	.probe = rpm_probe,
	.unpack = rpm_unpack,
	.kinds = fw_archive_kinds,
};
