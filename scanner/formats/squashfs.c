/* squashfs.c - SquashFS, versions 1 to 4, either byte order
 *
 *	0   superblock: 51 (version 1), 63 (2), 119 (3) or 96 (4) bytes
 *	    compressed file blocks and fragments
 *	    inode table, folder table	(metadata blocks)
 *	    fragment table, export table, owners
 *
 * The image ends at bytes_used; the padding to 4 KiB behind it is not part of
 * it. Vendors changed the magic; what tells the byte order is the version, at
 * 28 in all of them.
 *
 * Source: Linux fs/squashfs/squashfs_fs.h, squashfs-tools squashfs_compat.h
 */
#include "formats/squashfs.h"

enum {
	MAJOR_AT = 28,
	BLOCK_LOG_MIN = 12,
	BLOCK_LOG_MAX = 20,
	BLOCK_LOG_MIN_V1 = 9,
	FRAGMENT_CACHE = 8 << 20,
	/* No compressor in use makes more of a byte. */
	MAX_RATIO = 1032
};

/* clang-format off */
#define SQ_SUPER_4(U, B)                                                \
	U(u32, magic,          "hsqs, or a vendor's")                   \
	U(u32, inodes,         "number of inodes")                      \
	U(u32, mtime,          "of the image")                          \
	U(u32, block_size,     "bytes of a file block")                 \
	U(u32, fragments,      "number of fragment blocks")             \
	U(u16, compressor,     "1 gzip ... 6 zstd")                     \
	U(u16, block_log,      "log2 of block_size")                    \
	U(u16, flags,          "not needed to read")                    \
	U(u16, ids,            "number of owners")                      \
	U(u16, major,          "4")                                     \
	U(u16, minor,          "0")                                     \
	U(u64, root,           "inode reference")                       \
	U(u64, bytes_used,     "length of the image")                   \
	U(u64, id_table,       "index of the owners' blocks")           \
	U(u64, xattr_table,    "index of attributes")                   \
	U(u64, inode_table,    "first metadata block")                  \
	U(u64, dir_table,      "first metadata block")                  \
	U(u64, fragment_table, "index of the fragments' blocks")        \
	U(u64, export_table,   "index by inode number")
FW_RECORD(sq_super_4, SQ_SUPER_4)

/* Versions 1 to 3 grew one structure: each reads its own first part. */
#define SQ_SUPER_1(U, B)                                                \
	U(u32, magic,          "sqsh or hsqs, or a vendor's")           \
	U(u32, inodes,         "number of inodes")                      \
	U(u32, bytes_used,     "versions 1 and 2")                      \
	U(u32, uid_table,      "versions 1 and 2")                      \
	U(u32, gid_table,      "versions 1 and 2")                      \
	U(u32, inode_table,    "versions 1 and 2")                      \
	U(u32, dir_table,      "versions 1 and 2")                      \
	U(u16, major,          "1 to 3")                                \
	U(u16, minor,          "0 or 1")                                \
	U(u16, block_size,     "version 1")                             \
	U(u16, block_log,      "log2 of the block size")                \
	U(u8,  flags,          "bit 2: metadata has marker bytes")      \
	U(u8,  uids,           "number of users")                       \
	U(u8,  gids,           "number of groups")                      \
	U(u32, mtime,          "of the image")                          \
	U(u64, root,           "inode reference")
FW_RECORD(sq_super_1, SQ_SUPER_1)

#define SQ_SUPER_2(U, B)                                                \
	U(u32, block_size,     "bytes of a file block")                 \
	U(u32, fragments,      "number of fragment blocks")             \
	U(u32, fragment_table, "version 2")
FW_RECORD(sq_super_2, SQ_SUPER_2)

#define SQ_SUPER_3(U, B)                                                \
	U(u64, bytes_used,     "length of the image")                   \
	U(u64, uid_table,      "array of u32")                          \
	U(u64, gid_table,      "array of u32")                          \
	U(u64, inode_table,    "first metadata block")                  \
	U(u64, dir_table,      "first metadata block")                  \
	U(u64, fragment_table, "index of the fragments' blocks")        \
	U(u64, export_table,   "index by inode number")
FW_RECORD(sq_super_3, SQ_SUPER_3)
/* clang-format on */

static void read_super_4(struct fw_cursor *c, struct sq_super *s)
{
	struct sq_super_4 r;

	sq_super_4_read(c, &r);
	*s = (struct sq_super){
		.major = r.major,
		.minor = r.minor,
		.inodes = r.inodes,
		.mtime = r.mtime,
		.block_size = r.block_size,
		.fragments = r.fragments,
		.block_log = r.block_log,
		.compressor = r.compressor,
		.flags = r.flags,
		.uids = r.ids,
		.root = r.root,
		.bytes_used = r.bytes_used,
		.uid_table = r.id_table,
		.gid_table = UINT64_MAX,
		.inode_table = r.inode_table,
		.dir_table = r.dir_table,
		.fragment_table = r.fragment_table,
	};
}

static void read_super_2(struct fw_cursor *c, struct sq_super *s)
{
	struct sq_super_2 r;

	sq_super_2_read(c, &r);
	s->block_size = r.block_size;
	s->fragments = r.fragments;
	s->fragment_table = r.fragment_table;
}

static void read_super_3(struct fw_cursor *c, struct sq_super *s)
{
	struct sq_super_3 r;

	sq_super_3_read(c, &r);
	s->bytes_used = r.bytes_used;
	s->uid_table = r.uid_table;
	s->gid_table = r.gid_table;
	s->inode_table = r.inode_table;
	s->dir_table = r.dir_table;
	s->fragment_table = r.fragment_table;
}

static void read_super_1(struct fw_cursor *c, struct sq_super *s)
{
	struct sq_super_1 r;

	sq_super_1_read(c, &r);
	*s = (struct sq_super){
		.major = r.major,
		.minor = r.minor,
		.inodes = r.inodes,
		.mtime = r.mtime,
		.block_size = r.block_size,
		.block_log = r.block_log,
		.flags = r.flags,
		.uids = r.uids,
		.gids = r.gids,
		.root = r.root,
		.bytes_used = r.bytes_used,
		.uid_table = r.uid_table,
		.gid_table = r.gid_table,
		.inode_table = r.inode_table,
		.dir_table = r.dir_table,
		.fragment_table = UINT64_MAX,
	};
	if (r.major >= 2)
		read_super_2(c, s);
	if (r.major >= 3)
		read_super_3(c, s);
}

static void check_super(struct fw_cursor *c, const struct sq_super *s)
{
	unsigned log_min = s->major == 1 ? BLOCK_LOG_MIN_V1 : BLOCK_LOG_MIN;

	fw_require(c, s->minor <= (s->major == 4 ? 0u : 1u), "minor version",
		   s->minor);
	fw_require(c, s->block_log >= log_min && s->block_log <= BLOCK_LOG_MAX,
		   "block size", s->block_log);
	if (!fw_ok(c))
		return;
	fw_require(c, s->block_size == 1u << s->block_log, "block size",
		   s->block_size);
	fw_require(c, s->inodes > 0, "number of inodes", s->inodes);
	fw_require(c, s->bytes_used < 1ull << 62, "length", s->bytes_used);
	fw_require(c, s->inode_table >= c->pos, "inode table", s->inode_table);
	fw_require(c, s->inode_table < s->dir_table, "folder table",
		   s->dir_table);
	fw_require(c, s->dir_table < s->bytes_used, "folder table",
		   s->dir_table);
	fw_require(c, s->root >> 16 < s->dir_table - s->inode_table &&
			      (s->root & 0xffff) < SQ_META_MAX,
		   "root", s->root);
	fw_require(c, s->fragments == 0 || s->major == 1 ||
			      s->fragment_table < s->bytes_used,
		   "fragment table", s->fragment_table);
	fw_require(c, s->major < 4 || (s->uids > 0 &&
				       s->uid_table < s->bytes_used),
		   "table of owners", s->uid_table);
}

static void read_super(struct fw_cursor *c, struct sq_super *s)
{
	*s = (struct sq_super){ 0 };
	c->big_endian = false;

	struct fw_cursor v = fw_sub(c, MAJOR_AT, 4);
	unsigned le = fw_u16le(&v);

	fw_seek(&v, 0);
	unsigned be = fw_u16be(&v);

	c->big_endian = le < 1 || le > 4;
	if (!c->big_endian ? le == 4 : be == 4)
		read_super_4(c, s);
	else if (!c->big_endian || (be >= 1 && be <= 3))
		read_super_1(c, s);
	else
		fw_fail_at(c, FW_MALFORMED, "major version", MAJOR_AT, be);
	s->big_endian = c->big_endian;
	if (fw_ok(c))
		check_super(c, s);
}

static uint64_t squashfs_probe(struct fw_cursor *c)
{
	struct sq_super s;

	read_super(c, &s);
	if (fw_ok(c) && s.bytes_used > c->v.len)
		fw_fail_at(c, FW_TRUNCATED, "length", c->v.len, s.bytes_used);
	return s.bytes_used;
}

/* Positions of the metadata blocks that hold n entries of size bytes. */
static uint64_t *read_index(struct sq_fs *fs, uint64_t table, uint64_t n,
			    unsigned size, size_t *count)
{
	struct fw_cursor c = fw_cursor_of(fs->image);
	unsigned width = fs->s.major == 2 ? 4 : 8;
	uint64_t blocks = (n * size + SQ_META_MAX - 1) / SQ_META_MAX;

	*count = 0;
	if (n == 0 || table == UINT64_MAX)
		return NULL;
	c.big_endian = fs->s.big_endian;
	fw_seek(&c, table);
	if (blocks > fw_left(&c) / width)
		blocks = fw_left(&c) / width;

	uint64_t *index = fw_alloc(fs->arena, blocks + 1, sizeof(*index));

	for (uint64_t i = 0; i < blocks; i++)
		index[i] = width == 4 ? fw_u32(&c) : fw_u64(&c);
	*count = (size_t)blocks;
	return index;
}

static void open_fs(struct sq_fs *fs)
{
	const struct sq_super *s = &fs->s;
	uint32_t slots = FRAGMENT_CACHE / s->block_size;

	fs->fragment_slots = slots > SQ_FRAGMENT_SLOTS ? SQ_FRAGMENT_SLOTS :
							 slots;
	fs->meta = fw_alloc(fs->arena, SQ_META_SLOTS, sizeof(*fs->meta));
	fs->fragments = fw_alloc(fs->arena, fs->fragment_slots,
				 sizeof(*fs->fragments));
	fs->block = fw_alloc(fs->arena, s->block_size, 1);
	if (s->major > 1)
		fs->fragment_index = read_index(fs, s->fragment_table,
						s->fragments,
						s->major == 2 ? 8 : 16,
						&fs->fragment_indexes);
	if (s->major == 4)
		fs->id_index = read_index(fs, s->uid_table, s->uids, 4,
					  &fs->id_indexes);
	/* What the tables can hold at most, however often names share it. */
	fs->list_left = (s->dir_table - s->inode_table) * MAX_RATIO / 2;
	fs->entry_left = (s->bytes_used - s->dir_table) * MAX_RATIO / 4;
}

static void emit_facts(const struct sq_fs *fs)
{
	fw_out_factf(fs->out, "squashfs.version", "%u.%u", fs->s.major,
		     fs->s.minor);
	fw_out_fact(fs->out, "squashfs.byte_order",
		    fs->s.big_endian ? "big endian" : "little endian");
	fw_out_fact(fs->out, "squashfs.compression", sq_codec_name(fs));
	fw_out_factf(fs->out, "squashfs.block_size", "%u", fs->s.block_size);
	fw_out_factf(fs->out, "squashfs.created", "%u", fs->s.mtime);
}

static void squashfs_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct sq_fs fs = { .image = c->v,
			    .out = out,
			    .arena = fw_out_arena(out) };

	read_super(c, &fs.s);
	if (!fw_ok(c))
		return;
	open_fs(&fs);
	if (fw_out_ahead(out) != NULL)
		fw_ahead_open(fw_out_ahead(out), fs.s.block_size);
	sq_walk(&fs);
	emit_facts(&fs);
	if (fs.s.bytes_used > c->v.len)
		fw_fail_at(c, FW_TRUNCATED, "length", c->v.len,
			   fs.s.bytes_used);
	else if (fs.err.code != FW_OK)
		c->err = fs.err;
}

const struct fw_format fw_format_squashfs = {
	.name = "squashfs",
	.title = "SquashFS file system",
	.gaps = "extended attributes are not listed",
	.class = FW_FILESYSTEM,
	.bits = 32 + 40, /* magic; version, block size twice, order of tables */
	.magic = { { "hsqs", 4, 0 },
		   { "sqsh", 4, 0 },
		   { "shsq", 4, 0 },
		   { "qshs", 4, 0 },
		   { "tqsh", 4, 0 },
		   { "hsqt", 4, 0 },
		   { "sqlz", 4, 0 },
		   { "zlqs", 4, 0 } },
	.probe = squashfs_probe,
	.unpack = squashfs_unpack,
	.ahead = true,
};
