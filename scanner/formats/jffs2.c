/* jffs2.c - JFFS2: a log of nodes on raw flash, of either byte order
 *
 * Nodes start at multiples of 4 and carry a header with a checksum; between
 * them lie erased bytes (0xff), dirt of writes that were cut off, and erase
 * blocks that hold nothing. A file is all inode nodes of one number, a name all
 * directory entries of one folder and name: the highest version counts.
 *
 * Source: Linux include/uapi/linux/jffs2.h, fs/jffs2/{scan,readinode}.c,
 * OpenWrt's patch for LZMA
 */
#include "formats/jffs2.h"

enum {
	NODE_MAX = 1 << 20,
	ERASE_DEFAULT = 128 << 10,
	ERASE_MIN = 4 << 10,
	ERASE_MAX = 1 << 20,
};

static bool magic_good(uint16_t magic)
{
	return magic == 0x1985 || magic == 0x1984;
}

/* The header's checksum was made before a node was given up in place. */
static bool header_good(const struct jffs2_header *h, bool big_endian)
{
	uint16_t type = h->type | JFFS2_ACCURATE;
	uint8_t raw[8];

	for (unsigned i = 0; i < 2; i++) {
		unsigned at = big_endian ? 1 - i : i;

		raw[at] = (uint8_t)(h->magic >> 8 * i);
		raw[2 + at] = (uint8_t)(type >> 8 * i);
	}
	for (unsigned i = 0; i < 4; i++)
		raw[4 + (big_endian ? 3 - i : i)] = (uint8_t)(h->len >> 8 * i);
	return jffs2_crc(fw_view_of(raw, sizeof(raw))) == h->crc;
}

static bool dirent_read(struct fw_cursor *c, struct jffs2_node *n,
			struct fw_view node)
{
	jffs2_raw_dirent_read(c, &n->d);
	n->body = fw_bytes(c, n->d.nsize);
	return fw_ok(c) && jffs2_crc(fw_view_sub(node, 0, 32)) == n->d.crc &&
	       jffs2_crc(n->body) == n->d.ncrc;
}

static bool inode_read(struct fw_cursor *c, struct jffs2_node *n,
		       struct fw_view node)
{
	jffs2_raw_inode_read(c, &n->i);
	n->body = fw_bytes(c, n->i.csize);
	return fw_ok(c) && jffs2_crc(fw_view_sub(node, 0, 60)) == n->i.crc;
}

bool jffs2_node_at(struct fw_view v, uint64_t off, bool big_endian,
		   struct jffs2_node *n)
{
	struct fw_cursor c = fw_cursor_of(fw_view_sub(v, off, NODE_MAX));
	struct jffs2_header h;

	/* Nearly all offsets end here, and quickly. */
	if (c.v.len < jffs2_header_SIZE ||
	    c.v.data[big_endian ? 0 : 1] != 0x19 ||
	    (c.v.data[big_endian ? 1 : 0] & 0xfe) != 0x84)
		return false;
	c.big_endian = big_endian;
	jffs2_header_read(&c, &h);
	if (!fw_ok(&c) || !magic_good(h.magic) || h.len < jffs2_header_SIZE ||
	    h.len > NODE_MAX || !header_good(&h, big_endian))
		return false;
	*n = (struct jffs2_node){
		.off = off,
		.end = off + h.len,
		.type = h.type | JFFS2_ACCURATE,
		.obsolete = !(h.type & JFFS2_ACCURATE),
		.big_endian = big_endian,
	};
	if (h.len > v.len - off) {
		n->cut = true;
		n->end = v.len;
		return true;
	}
	if (v.len - off - h.len >= (-h.len & 3))
		n->end += -h.len & 3;

	c.v.len = h.len;
	if (n->type == JFFS2_DIRENT)
		return dirent_read(&c, n, c.v);
	if (n->type == JFFS2_INODE)
		return inode_read(&c, n, c.v);
	return true;
}

bool jffs2_next(struct fw_view v, uint64_t *off, bool big_endian,
		struct jffs2_node *n)
{
	for (; *off < v.len; *off += 4) {
		if (!jffs2_node_at(v, *off, big_endian, n))
			continue;
		*off = (n->end + 3) & ~(uint64_t)3;
		return true;
	}
	return false;
}

/* How many bytes of [from, to) are not erased; stops counting beyond max. */
static uint64_t dirt(struct fw_view v, uint64_t from, uint64_t to, uint64_t max)
{
	uint64_t n = 0;

	for (; from < to && n <= max; from++)
		n += v.data[from] != 0xff;
	return n;
}

/*
 * The first node at or after *off that is not parted from what came before by
 * more dirt than max: what lies behind other data is another image.
 */
static bool next_near(struct fw_view v, uint64_t *off, bool big_endian,
		      uint64_t max, struct jffs2_node *n)
{
	uint64_t dirty = 0;

	while (*off < v.len && dirty <= max) {
		uint64_t stop =
			v.len - *off > ERASE_MIN ? *off + ERASE_MIN : v.len;
		struct fw_view upto = { v.data, stop };
		uint64_t at = *off;

		for (; at < stop && !jffs2_node_at(v, at, big_endian, n);)
			at += 4;
		if (at < stop) {
			dirty += dirt(v, *off, at, max);
			*off = at;
			return dirty <= max;
		}
		dirty += dirt(upto, *off, stop, max);
		*off = stop;
	}
	return false;
}

/* What the walk over a log has seen. */
struct extent {
	uint64_t end;
	uint64_t marker; /* offset of the last clean marker */
	uint64_t erase;	 /* the least distance of two */
	unsigned nodes, files, markers;
};

static void extent_add(struct extent *e, const struct jffs2_node *n)
{
	uint64_t step = n->off - e->marker;

	e->end = n->end;
	e->nodes++;
	if (n->type == JFFS2_DIRENT || n->type == JFFS2_INODE)
		e->files += !n->cut;
	if (n->type != JFFS2_CLEANMARKER)
		return;
	if (e->markers++ > 0 && step >= ERASE_MIN && step < e->erase)
		e->erase = step;
	e->marker = n->off;
}

static uint64_t jffs2_probe(struct fw_cursor *c)
{
	struct extent e = { .erase = ERASE_DEFAULT };
	struct jffs2_node n;
	uint64_t off = 0;
	bool big;

	fw_require(c, c->v.len >= jffs2_header_SIZE, "length", c->v.len);
	if (!fw_ok(c))
		return 0;
	big = c->v.data[0] == 0x19;
	fw_require(c, jffs2_node_at(c->v, 0, big, &n), "first node", 0);
	if (!fw_ok(c))
		return 0;
	do {
		extent_add(&e, &n);
		off = (n.end + 3) & ~(uint64_t)3;
	} while (next_near(c->v, &off, big, 2 * e.erase, &n));
	fw_require(c, e.files > 0 || e.markers > 1, "nodes", e.nodes);
	return e.end;
}

static void dirent_add(struct jffs2 *fs, const struct jffs2_node *n)
{
	fs->dirents =
		fw_grow(fw_out_arena(fs->out), fs->dirents, &fs->dirent_cap,
			fs->dirent_count + 1, sizeof(*fs->dirents));
	fs->dirents[fs->dirent_count++] = (struct jffs2_dirent){
		.pino = n->d.pino,
		.version = n->d.version,
		.ino = n->d.ino,
		.kind = n->d.kind,
		.obsolete = n->obsolete,
		.off = n->off,
		.name = n->body,
	};
}

static void piece_add(struct jffs2 *fs, const struct jffs2_node *n)
{
	fs->pieces = fw_grow(fw_out_arena(fs->out), fs->pieces, &fs->piece_cap,
			     fs->piece_count + 1, sizeof(*fs->pieces));
	fs->pieces[fs->piece_count++] = (struct jffs2_piece){
		.ino = n->i.ino,
		.version = n->i.version,
		.obsolete = n->obsolete,
		.off = n->off,
	};
}

static void jffs2_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct jffs2 fs = { .v = c->v, .out = out };
	struct jffs2_node n;
	uint64_t off = 0;
	size_t stale = 0;

	if (c->v.len < jffs2_header_SIZE) {
		fw_fail(c, FW_TRUNCATED, "node", c->v.len);
		return;
	}
	fs.big_endian = c->v.data[0] == 0x19;
	fw_out_fact(out, "jffs2.endian", fs.big_endian ? "big" : "little");
	while (fw_out_ok(out) && jffs2_next(fs.v, &off, fs.big_endian, &n)) {
		if (n.cut)
			fw_fail_at(c, FW_TRUNCATED, "node", n.off, n.type);
		else if (n.type == JFFS2_DIRENT)
			dirent_add(&fs, &n);
		else if (n.type == JFFS2_INODE)
			piece_add(&fs, &n);
		stale += n.obsolete;
	}
	if (stale > 0)
		fw_out_factf(out, "jffs2.obsolete_nodes", "%zu", stale);
	jffs2_tree(&fs);
}

const struct fw_format fw_format_jffs2 = {
	.name = "jffs2",
	.title = "JFFS2 file system",
	.gaps = "Rubin compression, extended attributes",
	.class = FW_FILESYSTEM,
	.bits = 16 + 16 + 32, /* magic, type and the header's checksum */
	/* The type that follows is checked with the header's sum: its bit for
	 * "in use" is cleared in place, also in the first node of an image. */
	.magic = { { "\x85\x19", 2, 0 },
		   { "\x19\x85", 2, 0 },
		   { "\x84\x19", 2, 0 },
		   { "\x19\x84", 2, 0 } },
	.probe = jffs2_probe,
	.unpack = jffs2_unpack,
};
