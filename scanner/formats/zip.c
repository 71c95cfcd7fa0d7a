/* zip.c - ZIP archives
 *
 * Little endian:
 *
 *	members: zip_local, name, extra, data; a descriptor behind the data if
 *	    flag 3 says that the lengths were not known before
 *	zip_central with name, extra and comment for each
 *	zip64: "PK\6\6" u64 length of the rest, "PK\6\7" and 16 bytes
 *	zip_end, comment
 *
 * Source: PKWARE APPNOTE.TXT 6.3.10
 */
#include "formats/archive.h"

/* clang-format off */
#define ZIP_LOCAL(U, B)                                                 \
	B(4,   magic,     "\"PK\\3\\4\"")                               \
	U(u16, version,   "needed to read it")                          \
	U(u16, flags,     "bit 0 encrypted, 3 descriptor behind")       \
	U(u16, method,    "0 stored, 8 deflate, ...")                   \
	U(u32, time,      "of DOS")                                     \
	U(u32, crc,       "CRC-32 of the data")                         \
	U(u32, packed,    "bytes; ~0: 64 bits in the extra field")      \
	U(u32, size,      "bytes; the same")                            \
	U(u16, name_len,  "bytes")                                      \
	U(u16, extra_len, "bytes")
FW_RECORD(zip_local, ZIP_LOCAL)

#define ZIP_CENTRAL(U, B)                                               \
	B(4,   magic,       "\"PK\\1\\2\"")                             \
	B(24,  same,        "version, then as in zip_local from there") \
	U(u16, name_len,    "bytes")                                    \
	U(u16, extra_len,   "bytes")                                    \
	U(u16, comment_len, "bytes")                                    \
	B(12,  attributes,  "disk, attributes, local header's place")
FW_RECORD(zip_central, ZIP_CENTRAL)

#define ZIP_END(U, B)                                                   \
	B(4,   magic,       "\"PK\\5\\6\"")                             \
	U(u16, disk,        "this one's number")                        \
	U(u16, first_disk,  "where the directory begins")               \
	U(u16, here,        "members on this disk")                     \
	U(u16, count,       "members; ~0: see zip64")                   \
	U(u32, len,         "of the directory; ~0: see zip64")          \
	U(u32, at,          "of the directory; ~0: see zip64")          \
	U(u16, comment_len, "bytes")
FW_RECORD(zip_end, ZIP_END)
/* clang-format on */

enum {
	ZIP_DESCRIPTOR = 8,
	ZIP_EXTRA_64 = 1,
	ZIP_HUGE = 0xffffffff,
	ZIP_MANY = 0xffff,
	ZIP_SEARCH = 64 << 20 /* bytes that data of unknown length may take */
};

static bool zip_magic_at(const struct fw_cursor *c, size_t at,
			 struct fw_view magic)
{
	return fw_view_starts(fw_view_sub(c->v, at, 4), magic);
}

static bool zip_next(const struct fw_cursor *c, struct fw_view magic)
{
	return fw_ok(c) && zip_magic_at(c, c->pos, magic);
}

static uint32_t zip_u32_at(const struct fw_cursor *c, size_t at)
{
	struct fw_cursor s = fw_cursor_of(fw_view_sub(c->v, at, 4));

	return fw_u32le(&s);
}

/* The packed length from the extra field of a large member. */
static uint64_t zip_packed64(struct fw_cursor *c, struct fw_view extra)
{
	struct fw_cursor e = fw_cursor_of(extra);

	while (fw_left(&e) >= 4) {
		uint16_t id = fw_u16le(&e);
		uint16_t len = fw_u16le(&e);

		if (id != ZIP_EXTRA_64) {
			fw_skip(&e, len);
			continue;
		}
		fw_skip(&e, 8);
		uint64_t n = fw_u64le(&e);

		fw_require(c, fw_ok(&e), "large member", len);
		return n;
	}
	fw_require(c, false, "large member", 0);
	return 0;
}

/* Data of unknown length: up to a descriptor, with or without its magic, whose
 * length is the distance. */
static void zip_find_end(struct fw_cursor *c)
{
	size_t from = c->pos, at = from;
	struct fw_view v = fw_view_sub(c->v, 0, from + ZIP_SEARCH);

	while ((at = fw_view_find(v, FW_STR("PK"), at)) != SIZE_MAX &&
	       v.len - at >= 4) {
		struct fw_view sig = fw_view_sub(v, at, 4);
		uint64_t len = at - from;

		if (fw_view_eq(sig, FW_STR("PK\7\10")) && v.len - at >= 16 &&
		    zip_u32_at(c, at + 8) == (uint32_t)len) {
			/* 64-bit lengths where the next member fits so only. */
			bool large =
				zip_magic_at(c, at + 24, FW_STR("PK\3\4")) ||
				zip_magic_at(c, at + 24, FW_STR("PK\1\2"));

			fw_seek(c, at + (large ? 24 : 16));
			return;
		}
		if ((fw_view_eq(sig, FW_STR("PK\3\4")) ||
		     fw_view_eq(sig, FW_STR("PK\1\2"))) &&
		    ((len >= 12 && zip_u32_at(c, at - 8) == len - 12) ||
		     (len >= 20 && zip_u32_at(c, at - 16) == len - 20))) {
			fw_seek(c, at);
			return;
		}
		at++;
	}
	fw_fail(c, FW_TRUNCATED, "descriptor", from);
}

static void zip_skip_local(struct fw_cursor *c)
{
	struct zip_local h;

	zip_local_read(c, &h);
	fw_skip(c, h.name_len);
	struct fw_view extra = fw_bytes(c, h.extra_len);
	uint64_t packed = h.packed;

	if (packed == ZIP_HUGE)
		packed = zip_packed64(c, extra);
	if (!fw_ok(c))
		return;
	if ((h.flags & ZIP_DESCRIPTOR) != 0 && packed == 0) {
		zip_find_end(c);
		return;
	}
	fw_skip(c, packed);
	if ((h.flags & ZIP_DESCRIPTOR) != 0)
		fw_skip(c, zip_next(c, FW_STR("PK\7\10")) ? 16 : 12);
}

/* Signatures of Android packages lie before the directory. */
static void zip_skip_signing(struct fw_cursor *c)
{
	uint64_t start = c->pos;
	uint64_t len = fw_u64le(c);
	struct fw_view block = fw_bytes(c, len);

	fw_require(c,
		   fw_view_ends(block, FW_STR("APK Sig Block 42")) &&
			   zip_next(c, FW_STR("PK\1\2")),
		   "directory", start);
}

static uint64_t zip_probe(struct fw_cursor *c)
{
	uint64_t members = 0;
	struct zip_end e;

	fw_require(c, zip_next(c, FW_STR("PK\3\4")), "magic", 0);
	while (zip_next(c, FW_STR("PK\3\4")))
		zip_skip_local(c);
	if (fw_ok(c) && !zip_next(c, FW_STR("PK\1\2")))
		zip_skip_signing(c);

	uint64_t start = c->pos;

	for (; zip_next(c, FW_STR("PK\1\2")); members++) {
		struct zip_central d;

		zip_central_read(c, &d);
		fw_skip(c, (uint64_t)d.name_len + d.extra_len + d.comment_len);
	}
	uint64_t len = c->pos - start;

	if (zip_next(c, FW_STR("PK\6\6"))) {
		fw_skip(c, 4);
		fw_skip(c, fw_u64le(c));
	}
	if (zip_next(c, FW_STR("PK\6\7")))
		fw_skip(c, 20);
	zip_end_read(c, &e);
	fw_require(c, fw_view_eq(fw_view_of(e.magic, 4), FW_STR("PK\5\6")),
		   "end of directory", 0);
	fw_require(c, e.count == ZIP_MANY || e.count == (uint16_t)members,
		   "members", e.count);
	fw_require(c, e.len == ZIP_HUGE || e.len == len, "directory's length",
		   e.len);
	fw_skip(c, e.comment_len);
	return c->pos;
}

static void zip_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static int (*const enable[])(
		struct archive *) = { archive_read_support_filter_none,
				      archive_read_support_format_zip, NULL };
	static const struct fw_archive how = { .enable = enable };

	fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_zip = {
	.name = "zip",
	.title = "ZIP archive",
	.gaps = "archives in several parts; an encrypted directory",
	.class = FW_ARCHIVE,
	.bits = 32 + 32 + 48, /* first and last magic, length and count */
	.magic = { { "PK\3\4", 4, 0 } },
	.probe = zip_probe,
	.unpack = zip_unpack,
	.kinds = fw_archive_kinds,
};
