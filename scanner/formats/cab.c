/* cab.c - Microsoft cabinets
 *
 * Little endian: cab_header, folders of 8 bytes, files at files_at, data
 * blocks.
 *
 * Source: Microsoft [MS-CAB] 2.1
 */
#include "formats/archive.h"

/* clang-format off */
#define CAB_HEADER(U, B)                                                \
	B(4,   magic,     "\"MSCF\"")                                   \
	U(u32, zero1,     "0")                                          \
	U(u32, len,       "bytes of the cabinet")                       \
	U(u32, zero2,     "0")                                          \
	U(u32, files_at,  "of the first file's entry")                  \
	U(u32, zero3,     "0")                                          \
	U(u16, version,   "1.3, minor in the lower byte")               \
	U(u16, folders,   "runs of data packed together")               \
	U(u16, files,     "entries")                                    \
	U(u16, flags,     "1, 2: other cabinets belong to it; 4: more") \
	U(u16, set,       "any")                                        \
	U(u16, number,    "in the set")
FW_RECORD(cab_header, CAB_HEADER)
/* clang-format on */

enum { CAB_VERSION = 0x103, CAB_FLAGS = 7, CAB_FOLDER = 8, CAB_FILE = 17 };

static uint64_t cab_probe(struct fw_cursor *c)
{
	struct cab_header h;

	cab_header_read(c, &h);
	fw_require(c, h.zero1 == 0 && h.zero2 == 0 && h.zero3 == 0, "zero", 1);
	fw_require(c, h.version == CAB_VERSION, "version", h.version);
	fw_require(c, h.folders > 0 && h.files > 0, "files", h.files);
	fw_require(c, h.flags <= CAB_FLAGS, "flags", h.flags);
	fw_require(c,
		   h.files_at >= cab_header_SIZE +
					   (uint32_t)CAB_FOLDER * h.folders &&
			   h.files_at < h.len &&
			   (uint32_t)CAB_FILE * h.files <= h.len - h.files_at,
		   "place of files", h.files_at);
	(void)fw_slice(c, 0, h.len);
	return h.len;
}

static void cab_unpack(struct fw_cursor *c, struct fw_out *out)
{
	static int (*const enable[])(
		struct archive *) = { archive_read_support_filter_none,
				      archive_read_support_format_cab, NULL };
	static const struct fw_archive how = { .enable = enable };

	fw_archive_unpack(c, out, &how);
}

const struct fw_format fw_format_cab = {
	.name = "cab",
	.title = "Microsoft cabinet",
	.gaps = "sets of several cabinets; Quantum compression",
	.class = FW_ARCHIVE,
	.bits = 32 + 96 + 16, /* magic, zeros, version */
	.magic = { { "MSCF\0\0\0\0", 8, 0 } },
	.probe = cab_probe,
	.unpack = cab_unpack,
	.kinds = fw_archive_kinds,
};
