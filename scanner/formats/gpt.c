/* gpt.c - GUID partition table
 *
 * Layout, little endian; sectors of 512 or 4096 bytes:
 *
 *	sector 1       gpt_header
 *	its entries    { GUID type, GUID own, u64 first, u64 last, u64 flags,
 *	               UTF-16 name[36] }
 *	last sector    a copy of the header, with entries of its own
 *
 * Source: UEFI 2.10, 5.3
 */
#include "formats/integrity.h"
#include "formats/table.h"

/* clang-format off */
#define GPT_HEADER(U, B)                                                \
	B(8, magic,          "\"EFI PART\"")                            \
	U(u32, revision,     "0x00010000")                              \
	U(u32, size,         "bytes of the header")                     \
	U(u32, crc,          "CRC-32 of it, this field taken as 0")     \
	U(u32, reserved,     "0")                                       \
	U(u64, here,         "sector of this header")                   \
	U(u64, other,        "sector of the other copy")                \
	U(u64, first,        "sector that a partition may use")         \
	U(u64, last,         "sector that a partition may use")         \
	B(16, disk,          "GUID")                                    \
	U(u64, entries,      "sector of the entries")                   \
	U(u32, count,        "entries")                                 \
	U(u32, entry_size,   "bytes")                                   \
	U(u32, entries_crc,  "CRC-32 of the entries")
FW_RECORD(gpt_header, GPT_HEADER)
/* clang-format on */

enum { GPT_COUNT = 256, GPT_ENTRY = 128, GPT_NAME = 36, GPT_CRC_AT = 16 };

static const struct fw_kind gpt_copies = {
	.id = "integrity/partition-table-copies",
	.title = "the two copies of the partition table differ",
	.explanation = "A GPT disk has its partition table twice. Here the "
		       "copies disagree, so that two readers see different "
		       "partitions.",
	.ask_vendor = "Which of the two partition tables is the right one?",
	.false_alarm = "An image that was made smaller or larger after it was "
		       "partitioned has a stale copy at its end.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 354 },
};

/* Reads the header in a sector and checks its sum and its entries' place. */
static struct fw_view gpt_read(struct fw_cursor *c, uint64_t sector,
			       uint64_t at, struct gpt_header *h)
{
	static const uint8_t zeros[4];
	struct fw_view raw;
	uint32_t crc;

	*h = (struct gpt_header){ 0 };
	fw_require(c, at <= UINT64_MAX / 8192, "sector", at);
	fw_seek(c, at * sector);
	gpt_header_read(c, h);
	fw_require(c, memcmp(h->magic, "EFI PART", 8) == 0, "magic", 0);
	fw_require(c, h->size >= gpt_header_SIZE && h->size <= sector, "size",
		   h->size);
	fw_require(c, h->here == at, "own sector", h->here);
	fw_require(c, h->count > 0 && h->count <= GPT_COUNT, "count", h->count);
	fw_require(c, h->entry_size >= GPT_ENTRY && h->entry_size <= 4096,
		   "entry size", h->entry_size);
	fw_require(c, h->entries <= UINT64_MAX / 8192, "entries", h->entries);
	if (!fw_ok(c))
		return (struct fw_view){ NULL, 0 };
	raw = fw_slice(c, at * sector, h->size);
	crc = fw_crc32(0, fw_view_sub(raw, 0, GPT_CRC_AT));
	crc = fw_crc32(crc, fw_view_of(zeros, sizeof(zeros)));
	crc = fw_crc32(crc, fw_view_sub(raw, GPT_CRC_AT + 4, SIZE_MAX));
	fw_require(c, crc == h->crc, "header checksum", crc);
	return fw_slice(c, h->entries * sector,
			(uint64_t)h->count * h->entry_size);
}

static uint64_t gpt_sector(struct fw_cursor *c)
{
	return fw_view_eq(fw_view_sub(c->v, 512, 8), FW_STR("EFI PART")) ? 512 :
									    4096;
}

/* First and last byte + 1 of an entry; false where it is not used or is wrong. */
static bool gpt_range(struct fw_view entry, uint64_t sector, uint64_t *off,
		      uint64_t *end)
{
	static const uint8_t unused[16];
	struct fw_cursor c = fw_cursor_of(entry);
	uint64_t first, last;

	fw_seek(&c, 32);
	first = fw_u64(&c);
	last = fw_u64(&c);
	if (!fw_ok(&c) || memcmp(entry.data, unused, sizeof(unused)) == 0 ||
	    first > last || last >= UINT64_MAX / 8192)
		return false;
	*off = first * sector;
	*end = (last + 1) * sector;
	return true;
}

static uint64_t gpt_probe(struct fw_cursor *c)
{
	struct gpt_header h;
	uint64_t sector = gpt_sector(c), end = 0, from, to;
	struct fw_view entries = gpt_read(c, sector, 1, &h);

	if (!fw_ok(c))
		return 0;
	fw_require(c, fw_crc32(0, entries) == h.entries_crc,
		   "entries' checksum", h.entries_crc);
	if (h.other < c->v.len / sector)
		return (h.other + 1) * sector;
	/* The end with the copy was cut off: the partitions must do. */
	for (uint32_t i = 0; i < h.count; i++)
		if (gpt_range(fw_view_sub(entries, (size_t)i * h.entry_size,
					  h.entry_size),
			      sector, &from, &to) &&
		    to > end)
			end = to;
	fw_slice(c, 0, end);
	return end;
}

/* The name in UTF-8; a surrogate becomes '?'. */
static const char *gpt_name(struct fw_view entry, struct fw_out *out)
{
	struct fw_cursor c = fw_cursor_of(entry);
	char *text = fw_alloc(fw_out_arena(out), GPT_NAME * 3 + 1, 1), *p = text;

	fw_seek(&c, 56);
	for (unsigned i = 0; i < GPT_NAME; i++) {
		unsigned u = fw_u16(&c);

		if (u == 0)
			break;
		if (u == '/' || (u >= 0xd800 && u < 0xe000))
			u = '?';
		if (u < 0x80) {
			*p++ = (char)u;
		} else if (u < 0x800) {
			*p++ = (char)(0xc0 | u >> 6);
			*p++ = (char)(0x80 | (u & 0x3f));
		} else {
			*p++ = (char)(0xe0 | u >> 12);
			*p++ = (char)(0x80 | (u >> 6 & 0x3f));
			*p++ = (char)(0x80 | (u & 0x3f));
		}
	}
	return text;
}

static const char *gpt_guid(const uint8_t *g, struct fw_out *out)
{
	return fw_text(out,
		       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		       "%02x%02x%02x%02x%02x%02x",
		       g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8],
		       g[9], g[10], g[11], g[12], g[13], g[14], g[15]);
}

static void gpt_compare(struct fw_cursor *c, uint64_t sector,
			const struct gpt_header *h, struct fw_view entries,
			struct fw_out *out)
{
	struct fw_cursor again = fw_cursor_of(c->v);
	struct gpt_header copy;
	struct fw_view theirs;

	if (h->other >= c->v.len / sector) {
		fw_out_fact(out, "gpt.copy", "missing");
		return;
	}
	theirs = gpt_read(&again, sector, h->other, &copy);
	if (!fw_ok(&again)) {
		fw_out_fact(out, "gpt.copy", "damaged");
		fw_out_finding(out, &gpt_copies, h->other * sector,
			       "the copy is damaged: %s", again.err.what);
	} else if (!fw_view_eq(theirs, entries) ||
		   memcmp(copy.disk, h->disk, sizeof(copy.disk)) != 0) {
		fw_out_fact(out, "gpt.copy", "differs");
		fw_out_finding(out, &gpt_copies, h->other * sector,
			       "the copy names other partitions");
	} else {
		fw_out_fact(out, "gpt.copy", "same");
	}
}

static void gpt_add(struct table_part *parts, size_t *n, uint32_t number,
		    struct fw_view entry, uint64_t sector, struct fw_out *out)
{
	uint64_t from, to;
	const char *name;

	if (!gpt_range(entry, sector, &from, &to))
		return;
	name = gpt_name(entry, out);
	fw_out_factf(out, "gpt.partition", "%u %s type=%s start=0x%llx len=0x%llx",
		     number, name, gpt_guid(entry.data, out),
		     (unsigned long long)from, (unsigned long long)(to - from));
	for (size_t i = 0; i < *n; i++)
		if (strcmp(parts[i].name, name) == 0)
			name = "";
	if (name[0] == 0)
		name = fw_text(out, "part%u", number);
	parts[(*n)++] = (struct table_part){ from, to - from, name };
}

static void gpt_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct gpt_header h;
	uint64_t sector = gpt_sector(c);
	struct fw_view entries = gpt_read(c, sector, 1, &h);
	struct table_part *parts;
	size_t n = 0;

	if (!fw_ok(c))
		return;
	fw_out_factf(out, "gpt.disk", "%s", gpt_guid(h.disk, out));
	integrity_emit(out, "checksum.entries", "partition entries",
		       fw_crc32(0, entries) == h.entries_crc, sector + 88);
	parts = fw_alloc(fw_out_arena(out), h.count, sizeof(*parts));
	for (uint32_t i = 0; i < h.count && fw_out_ok(out); i++)
		gpt_add(parts, &n, i + 1,
			fw_view_sub(entries, (size_t)i * h.entry_size,
				    h.entry_size),
			sector, out);
	gpt_compare(c, sector, &h, entries, out);
	/* Behind the last usable sector stands the copy. */
	if (h.first <= h.last && h.last < c->v.len / sector)
		table_emit(c, out, parts, n, h.first * sector,
			   (h.last + 1) * sector);
	else
		table_emit(c, out, parts, n, 0, 0);
}

const struct fw_format fw_format_gpt = {
	.name = "gpt",
	.title = "GUID partition table",
	.gaps = "a disk whose first copy is damaged",
	.class = FW_TABLE,
	.bits = 64 + 32 + 32, /* magic, both checksums */
	.magic = { { "EFI PART", 8, 512 }, { "EFI PART", 8, 4096 } },
	.probe = gpt_probe,
	.unpack = gpt_unpack,
	.kinds = (const struct fw_kind *const[]){ &integrity_mismatch,
						  &gpt_copies, NULL },
};
