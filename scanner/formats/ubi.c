/* ubi.c - UBI: volumes spread over the erase blocks of a raw flash
 *
 * Every physical erase block (PEB), big endian:
 *
 *	0            ubi_ec, counts erasures
 *	vid_offset   ubi_vid, which logical block (LEB) of which volume it holds;
 *		     none in a free block
 *	data_offset  data
 *
 * Of two PEBs with the same LEB the higher sequence number counts, a copy only
 * when its data is whole. Volume 0x7fffefff holds the volume table, twice.
 *
 * Source: Linux drivers/mtd/ubi/ubi-media.h, attach.c
 */
#include <stdlib.h>

#include "core/format.h"

/* clang-format off */
#define UBI_EC(U, B)                                                    \
	U(u32, magic,     "\"UBI#\"")                                   \
	U(u8,  version,   "1")                                          \
	B(3,   pad1,      "")                                           \
	U(u64, count,     "erasures")                                   \
	U(u32, vid_at,    "of the second header in the block")          \
	U(u32, data_at,   "of the data in the block")                   \
	U(u32, image_seq, "the same in all blocks, or 0")               \
	B(32,  pad2,      "")                                           \
	U(u32, crc,       "of the 60 bytes above")
FW_RECORD(ubi_ec, UBI_EC)

#define UBI_VID(U, B)                                                   \
	U(u32, magic,     "\"UBI!\"")                                   \
	U(u8,  version,   "1")                                          \
	U(u8,  type,      "1 dynamic, 2 static")                        \
	U(u8,  copy,      "1: made by wear levelling, data is summed")  \
	U(u8,  compat,    "")                                           \
	U(u32, volume,    "")                                           \
	U(u32, lnum,      "of the logical block in the volume")         \
	B(4,   pad1,      "")                                           \
	U(u32, data_size, "bytes, static volumes and copies")           \
	U(u32, used,      "blocks of a static volume")                  \
	U(u32, data_pad,  "bytes at the block's end left out")          \
	U(u32, data_crc,  "of data_size bytes")                         \
	B(4,   pad2,      "")                                           \
	U(u64, sqnum,     "the highest counts")                         \
	B(12,  pad3,      "")                                           \
	U(u32, crc,       "of the 60 bytes above")
FW_RECORD(ubi_vid, UBI_VID)

#define UBI_VOLUME(U, B)                                                \
	U(u32, reserved,  "blocks; 0: an unused slot")                  \
	U(u32, alignment, "")                                           \
	U(u32, data_pad,  "")                                           \
	U(u8,  type,      "1 dynamic, 2 static")                        \
	U(u8,  updating,  "1: an update was cut off")                   \
	U(u16, name_len,  "")                                           \
	B(128, name,      "")                                           \
	U(u8,  flags,     "")                                           \
	B(23,  pad,       "")                                           \
	U(u32, crc,       "of the 168 bytes above")
FW_RECORD(ubi_volume, UBI_VOLUME)
/* clang-format on */

enum {
	EC_MAGIC = 0x55424923,
	VID_MAGIC = 0x55424921,
	STATIC = 2,
	PEB_STEP = 512,
	PEB_MIN = 4096,
	PEB_MAX = 4 << 20,
	PEB_LOOKED_AT = 8,   /* distances that the block size is taken from */
	BAD_IN_A_ROW = 4,    /* blocks that may be damaged before it ends */
	VOLUMES = 128,
	TABLE_VOLUME = 0x7fffefff,
};

/* The checksum starts from all ones and is not inverted at the end. */
static uint32_t sum(struct fw_view v)
{
	return ~fw_crc32(0, v);
}

static bool ec_at(struct fw_view v, uint64_t off, struct ubi_ec *ec)
{
	struct fw_view raw = fw_view_sub(v, off, ubi_ec_SIZE);
	struct fw_cursor c = fw_cursor_of(raw);

	if (!fw_view_starts(raw, FW_STR("UBI#")))
		return false;
	c.big_endian = true;
	ubi_ec_read(&c, ec);
	return fw_ok(&c) && ec->version == 1 && ec->vid_at >= ubi_ec_SIZE &&
	       ec->vid_at <= PEB_MAX && ec->data_at <= PEB_MAX &&
	       ec->data_at >= ec->vid_at + ubi_vid_SIZE &&
	       sum(fw_view_sub(raw, 0, ubi_ec_SIZE - 4)) == ec->crc;
}

static bool vid_at(struct fw_view v, uint64_t off, struct ubi_vid *vid)
{
	struct fw_view raw = fw_view_sub(v, off, ubi_vid_SIZE);
	struct fw_cursor c = fw_cursor_of(raw);

	c.big_endian = true;
	ubi_vid_read(&c, vid);
	return fw_ok(&c) && vid->magic == VID_MAGIC && vid->version == 1 &&
	       sum(fw_view_sub(raw, 0, ubi_vid_SIZE - 4)) == vid->crc;
}

/* The least distance between the first few headers, 0 if there is but one. */
static uint32_t peb_size(struct fw_view v)
{
	uint64_t last = 0, least = 0;
	struct ubi_ec ec;
	unsigned n = 0;

	for (uint64_t off = PEB_MIN; n < PEB_LOOKED_AT && off < v.len &&
				     off - last <= PEB_MAX;
	     off += PEB_STEP) {
		if (off - last < PEB_MIN || !ec_at(v, off, &ec))
			continue;
		if (least == 0 || off - last < least)
			least = off - last;
		last = off;
		n++;
	}
	return (uint32_t)least;
}

static bool erased(struct fw_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] != 0xff)
			return false;
	return true;
}

static uint64_t ubi_probe(struct fw_cursor *c)
{
	struct ubi_ec first, ec;
	uint64_t end = 0;
	unsigned bad = 0;
	uint32_t peb;

	fw_require(c, ec_at(c->v, 0, &first), "erase counter header", 0);
	peb = fw_ok(c) ? peb_size(c->v) : 0;
	fw_require(c, peb > first.data_at, "erase block size", peb);
	if (!fw_ok(c))
		return 0;
	for (uint64_t off = 0; off < c->v.len && bad <= BAD_IN_A_ROW;
	     off += peb) {
		if (ec_at(c->v, off, &ec) && ec.data_at == first.data_at &&
		    (ec.image_seq == first.image_seq || ec.image_seq == 0 ||
		     first.image_seq == 0)) {
			end = peb < c->v.len - off ? off + peb : c->v.len;
			bad = 0;
		} else if (!erased(fw_view_sub(c->v, off, peb))) {
			bad++;
		}
	}
	return end;
}

/* A PEB that holds data of a volume. */
struct block {
	struct ubi_vid vid;
	uint64_t off; /* of the PEB */
	bool good;    /* its data has the checksum it should have */
	bool cut;
};

struct ubi {
	struct fw_view v;
	struct fw_out *out;
	uint32_t peb, data_at;
	struct block *blocks;
	size_t block_count;
	uint64_t pebs;
	struct ubi_volume volumes[VOLUMES];
	bool have_table;
};

static int block_order(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	if (x->vid.volume != y->vid.volume)
		return x->vid.volume < y->vid.volume ? -1 : 1;
	if (x->vid.lnum != y->vid.lnum)
		return x->vid.lnum < y->vid.lnum ? -1 : 1;
	if (x->good != y->good)
		return x->good ? -1 : 1;
	if (x->vid.sqnum != y->vid.sqnum)
		return x->vid.sqnum > y->vid.sqnum ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

static struct fw_view block_data(const struct ubi *u, const struct block *b)
{
	uint32_t len = u->peb - u->data_at;

	len -= b->vid.data_pad < len ? b->vid.data_pad : len;
	if ((b->vid.type == STATIC || b->vid.volume == TABLE_VOLUME) &&
	    b->vid.data_size < len && b->vid.data_size > 0)
		len = b->vid.data_size;
	return fw_view_sub(u->v, b->off + u->data_at, len);
}

static void block_check(const struct ubi *u, struct block *b)
{
	struct fw_view data = fw_view_sub(u->v, b->off + u->data_at,
					  u->peb - u->data_at);

	b->cut = u->peb > u->v.len - b->off;
	b->good = true;
	if (b->vid.copy || b->vid.type == STATIC)
		b->good = b->vid.data_size <= data.len &&
			  sum(fw_view_sub(data, 0, b->vid.data_size)) ==
				  b->vid.data_crc;
}

static void blocks_read(struct ubi *u)
{
	uint64_t damaged = 0;
	struct ubi_ec ec;

	u->pebs = u->v.len / u->peb + 1;
	u->blocks = fw_alloc(fw_out_arena(u->out), u->pebs,
			     sizeof(*u->blocks));
	for (uint64_t off = 0; off < u->v.len; off += u->peb) {
		struct block *b = &u->blocks[u->block_count];
		struct fw_view peb = fw_view_sub(u->v, off, u->peb);
		bool has_ec = ec_at(u->v, off, &ec);
		uint32_t at = has_ec ? ec.vid_at : u->data_at - ubi_vid_SIZE;

		*b = (struct block){ .off = off };
		if (vid_at(u->v, off + at, &b->vid)) {
			block_check(u, b);
			u->block_count++;
		} else if (!erased(fw_view_sub(peb, at, ubi_vid_SIZE))) {
			damaged++;
			fw_out_opaque(u->out, peb, "damaged erase block");
		} else if (!has_ec && !erased(peb)) {
			damaged++;
			fw_out_opaque(u->out, peb, "damaged erase block");
		}
	}
	if (damaged > 0)
		fw_out_factf(u->out, "ubi.damaged_blocks", "%llu",
			     (unsigned long long)damaged);
	qsort(u->blocks, u->block_count, sizeof(*u->blocks), block_order);
}

/* Takes each record from the first copy in which it is whole. */
static void table_read(struct ubi *u)
{
	struct ubi_volume vol;
	bool have[VOLUMES] = { false };

	for (size_t i = 0; i < u->block_count; i++) {
		if (u->blocks[i].vid.volume != TABLE_VOLUME)
			continue;
		struct fw_cursor c =
			fw_cursor_of(block_data(u, &u->blocks[i]));

		c.big_endian = true;
		for (unsigned k = 0; k < VOLUMES; k++) {
			struct fw_view raw = fw_view_sub(c.v, c.pos,
							 ubi_volume_SIZE - 4);

			ubi_volume_read(&c, &vol);
			if (!fw_ok(&c) || sum(raw) != vol.crc || have[k] ||
			    vol.name_len > sizeof(vol.name))
				continue;
			have[k] = true;
			u->have_table = true;
			u->volumes[k] = vol;
		}
	}
	if (!u->have_table)
		fw_out_fact(u->out, "ubi.volume_table", "damaged");
}

static const char *volume_name(struct ubi *u, uint32_t id)
{
	char *name;

	if (id >= VOLUMES || u->volumes[id].name_len == 0)
		return fw_text(u->out, "volume%u", id);
	name = fw_strdup(fw_out_arena(u->out),
			 fw_view_of(u->volumes[id].name,
				    u->volumes[id].name_len));
	for (unsigned i = 0; i < u->volumes[id].name_len; i++)
		if (name[i] == '/' || name[i] == 0)
			name[i] = '_';
	return name;
}

/* An erased logical block reads as 0xff. */
static void write_erased(struct ubi *u, uint64_t n)
{
	static const uint8_t ones[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					0xff, 0xff, 0xff, 0xff };
	uint8_t page[4096];

	for (size_t i = 0; i < sizeof(page); i += sizeof(ones))
		memcpy(page + i, ones, sizeof(ones));
	for (; n > 0 && fw_out_ok(u->out);) {
		size_t len = n < sizeof(page) ? n : sizeof(page);

		fw_out_write(u->out, fw_view_of(page, len));
		n -= len;
	}
}

static void say_volume(struct ubi *u, const struct block *b, const char *name)
{
	uint32_t id = b->vid.volume;
	struct ubi_volume none = { .alignment = 0 };
	const struct ubi_volume *vol = id < VOLUMES ? &u->volumes[id] : &none;

	fw_out_factf(u->out, "ubi.volume",
		     "id=%u type=%s alignment=%u blocks=%u%s name=%s", id,
		     b->vid.type == STATIC ? "static" : "dynamic",
		     vol->alignment, vol->reserved,
		     vol->updating ? " update=unfinished" : "", name);
}

/* Emits the volume of the blocks [from, to). */
static void volume_emit(struct ubi *u, size_t from, size_t to)
{
	const struct block *b = &u->blocks[from];
	struct fw_meta m = FW_META(.name = volume_name(u, b->vid.volume),
				   .type = FW_REGION);
	uint32_t leb = u->peb - u->data_at;
	struct fw_err err = { FW_OK, NULL, 0, 0 };
	uint64_t lnum = 0;

	leb -= b->vid.data_pad < leb ? b->vid.data_pad : leb;
	say_volume(u, b, m.name);
	fw_out_open(u->out, &m);
	for (size_t i = from; i < to && fw_out_ok(u->out); i++) {
		b = &u->blocks[i];
		if (b->vid.lnum < lnum)
			continue; /* an older copy */
		if (b->vid.lnum - lnum > 4 * u->pebs) {
			err = (struct fw_err){ FW_MALFORMED, "block number",
					       b->off, b->vid.lnum };
			break;
		}
		if (b->vid.type == STATIC && b->vid.lnum > lnum)
			err = (struct fw_err){ FW_TRUNCATED, "missing block",
					       b->off, lnum };
		if (!b->good)
			err = (struct fw_err){ FW_MALFORMED, "data checksum",
					       b->off, b->vid.lnum };
		if (b->cut)
			err = (struct fw_err){ FW_TRUNCATED, "erase block",
					       b->off, b->vid.lnum };
		write_erased(u, (b->vid.lnum - lnum) * leb);
		fw_out_write(u->out, block_data(u, b));
		lnum = (uint64_t)b->vid.lnum + 1;
	}
	if (b->vid.type == STATIC && lnum < b->vid.used)
		err = (struct fw_err){ FW_TRUNCATED, "missing block", b->off,
				       b->vid.used };
	fw_out_damaged(u->out, &err);
}

static void ubi_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct ubi u = { .v = c->v, .out = out };
	struct ubi_ec ec;
	size_t to;

	if (c->v.len < ubi_ec_SIZE)
		fw_fail(c, FW_TRUNCATED, "erase counter header", c->v.len);
	fw_require(c, ec_at(c->v, 0, &ec), "erase counter header", 0);
	u.peb = fw_ok(c) ? peb_size(c->v) : 0;
	if (fw_ok(c) && u.peb == 0)
		fw_fail(c, FW_TRUNCATED, "erase block", c->v.len);
	fw_require(c, u.peb > ec.data_at, "erase block size", u.peb);
	if (!fw_ok(c))
		return;
	u.data_at = ec.data_at;
	fw_out_factf(out, "ubi.block_size", "%u", u.peb);
	fw_out_factf(out, "ubi.image_seq", "%u", ec.image_seq);
	blocks_read(&u);
	table_read(&u);
	for (size_t i = 0; i < u.block_count && fw_out_ok(out); i = to) {
		uint32_t id = u.blocks[i].vid.volume;

		for (to = i; to < u.block_count &&
			     u.blocks[to].vid.volume == id;)
			to++;
		if (id < TABLE_VOLUME)
			volume_emit(&u, i, to);
	}
	if (c->v.len % u.peb != 0)
		fw_fail_at(c, FW_TRUNCATED, "erase block",
			   c->v.len - c->v.len % u.peb, u.peb);
}

const struct fw_format fw_format_ubi = {
	.name = "ubi",
	.title = "UBI volumes on raw flash",
	.gaps = "the fastmap is not used",
	.class = FW_TABLE,
	.bits = 32 + 32, /* magic and the header's checksum */
	.magic = { { "UBI#\x01", 5, 0 } },
	.probe = ubi_probe,
	.unpack = ubi_unpack,
};
