/* ubifs.c - UBIFS: a file system of nodes on a UBI volume
 *
 * Every node, little endian, starts at a multiple of 8 with ubifs_header. All
 * nodes are read and of each key the highest sequence number counts: that
 * replays the journal as well and needs no index, so damaged images read too.
 *
 * Source: Linux fs/ubifs/ubifs-media.h, replay.c
 */
#include "formats/ubifs.h"

enum {
	MAGIC = 0x06101831,
	TYPE_INO = 0,
	TYPE_DATA = 1,
	TYPE_DENT = 2,
	TYPE_TRUN = 4,
	TYPE_SUPER = 6,
	KEY_SHIFT = 29,
	KEY_DENT = 2,
	NODE_MAX = 16 * 1024, /* also bounds the work on false headers */
	LEB_MIN = 15 * 1024,
	LEB_MAX = 4 << 20,
};

bool ubifs_node_at(struct fw_view v, uint64_t off, struct ubifs_node *n)
{
	struct fw_view rest = fw_view_sub(v, off, SIZE_MAX);
	struct fw_cursor c = fw_cursor_of(rest);

	if (!fw_view_starts(rest, FW_STR("\x31\x18\x10\x06")))
		return false;
	ubifs_header_read(&c, &n->h);
	n->off = off;
	n->raw = fw_slice(&c, 0, n->h.len);
	if (!fw_ok(&c) || n->h.len < ubifs_header_SIZE || n->h.len > NODE_MAX)
		return false;
	return ~fw_crc32(0, fw_view_sub(n->raw, 8, n->raw.len)) == n->h.crc;
}

static uint64_t ubifs_probe(struct fw_cursor *c)
{
	struct ubifs_node n;
	uint32_t leb, count;

	fw_require(c, ubifs_node_at(c->v, 0, &n) && n.h.type == TYPE_SUPER,
		   "superblock", 0);
	fw_seek(c, 36);
	leb = fw_u32le(c);
	count = fw_u32le(c);
	fw_require(c, leb >= LEB_MIN && leb <= LEB_MAX && leb % 8 == 0,
		   "block size", leb);
	fw_require(c, count > 0, "block count", count);
	return (uint64_t)leb * count < c->v.len ? (uint64_t)leb * count
						: c->v.len;
}

/* One node into the table of its kind. */
static void node_add(struct ubifs *u, const struct ubifs_node *n)
{
	struct fw_cursor c = fw_cursor_of(n->raw);
	struct ubifs_key k = { .sqnum = n->h.sqnum, .off = n->off };
	uint32_t low;

	fw_seek(&c, ubifs_header_SIZE);
	k.ino = fw_u32le(&c);
	low = fw_u32le(&c);
	k.low = low & ((1U << KEY_SHIFT) - 1);
	if (n->h.type == TYPE_DENT && low >> KEY_SHIFT == KEY_DENT) {
		fw_seek(&c, 40);
		k.target = (uint32_t)fw_u64le(&c);
		fw_skip(&c, 1);
		k.kind = fw_u8(&c);
		uint16_t len = fw_u16le(&c);

		fw_skip(&c, 4);
		k.name = fw_bytes(&c, len);
		if (fw_ok(&c))
			ubifs_add(u, &u->dents, &k);
	} else if (n->h.type == TYPE_INO && fw_ok(&c)) {
		k.low = 0;
		ubifs_add(u, &u->inos, &k);
	} else if (n->h.type == TYPE_DATA && fw_ok(&c)) {
		ubifs_add(u, &u->data, &k);
	} else if (n->h.type == TYPE_TRUN) {
		fw_seek(&c, 48);
		k.size = fw_u64le(&c);
		k.low = 0;
		if (fw_ok(&c))
			ubifs_add(u, &u->truns, &k);
	}
}

static void ubifs_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct ubifs u = { .v = c->v, .out = out };
	struct ubifs_node n;
	uint64_t whole;
	uint32_t leb, count;

	fw_seek(c, 36);
	leb = fw_u32le(c);
	count = fw_u32le(c);
	whole = (uint64_t)leb * count;
	if (!fw_ok(c))
		return;
	fw_out_factf(out, "ubifs.block_size", "%u", leb);
	for (uint64_t off = 0; off < u.v.len && fw_out_ok(out);) {
		if (ubifs_node_at(u.v, off, &n)) {
			node_add(&u, &n);
			off += (n.h.len + 7ULL) & ~7ULL;
		} else {
			off += 8;
		}
	}
	ubifs_tree(&u);
	if (whole > c->v.len)
		fw_fail(c, FW_TRUNCATED, "file system", whole);
}

const struct fw_format fw_format_ubifs = {
	.name = "ubifs",
	.title = "UBIFS file system",
	.gaps = "encrypted files, extended attributes; the index is not used",
	.class = FW_FILESYSTEM,
	.bits = 32 + 32, /* magic and checksum */
	.magic = { { "\x31\x18\x10\x06", 4, 0 } },
	.probe = ubifs_probe,
	.unpack = ubifs_unpack,
};
