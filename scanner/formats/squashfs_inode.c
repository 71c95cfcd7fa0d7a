/* squashfs_inode.c - inodes of SquashFS versions 1 to 4
 *
 * Versions 1 to 3 were written as C bit fields: the first field lies in the
 * low bits of a little-endian image and in the high bits of a big-endian one.
 *
 * Source: Linux fs/squashfs, squashfs-tools squashfs_fs.h, squashfs_compat.h
 */
#include "formats/squashfs.h"

enum {
	SQ_DIR = 1,
	SQ_REG,
	SQ_LINK,
	SQ_BLOCK,
	SQ_CHAR,
	SQ_FIFO,
	SQ_SOCKET,
	SQ_EXTENDED = 7, /* extended type = type + 7 */
	SQ_V1_TYPES = 5,
	SQ_MTIME_AFTER = 2, /* versions up to this keep it in the body */
	SQ_GID_AS_UID = 255,
	SQ_GID_AS_UID_V1 = 15
};

/* Two fields of one word: a is declared first and has a_bits of bits. */
static void split_bits(bool big_endian, uint64_t word, unsigned bits,
		       unsigned a_bits, uint32_t *a, uint32_t *b)
{
	unsigned b_bits = bits - a_bits;

	if (big_endian) {
		*a = (uint32_t)(word >> b_bits);
		*b = (uint32_t)(word & ((1ull << b_bits) - 1));
	} else {
		*a = (uint32_t)(word & ((1ull << a_bits) - 1));
		*b = (uint32_t)(word >> a_bits);
	}
}

static uint64_t read_40(struct fw_cursor *c)
{
	uint64_t first = fw_u8(c), rest;

	if (c->big_endian) {
		rest = fw_u32(c);
		return first << 32 | rest;
	}
	rest = fw_u32(c);
	return rest << 8 | first;
}

static struct fw_cursor body(struct sq_fs *fs, struct sq_inode *ino,
			     uint8_t *buf, size_t n)
{
	return sq_meta_cursor(fs, &ino->after, buf, n);
}

static enum fw_type type_of(unsigned kind)
{
	static const enum fw_type types[] = { FW_FILE,	   FW_DIR,
					      FW_FILE,	   FW_LINK,
					      FW_BLOCKDEV, FW_CHARDEV,
					      FW_FIFO,	   FW_SOCKET };

	return types[kind];
}

/* An owner of versions 1 to 3: an index in a table of u32. */
static uint32_t id_at(struct sq_fs *fs, uint64_t table, unsigned count,
		      unsigned i)
{
	struct fw_cursor c = fw_cursor_of(fs->image);

	c.big_endian = fs->s.big_endian;
	if (i >= count || table == UINT64_MAX)
		return 0;
	fw_seek(&c, table + 4 * (uint64_t)i);
	return fw_u32(&c);
}

static void owners_3(struct sq_fs *fs, struct sq_inode *ino, unsigned uid,
		     unsigned gid)
{
	unsigned same = fs->s.major == 1 ? SQ_GID_AS_UID_V1 : SQ_GID_AS_UID;

	ino->uid = id_at(fs, fs->s.uid_table, fs->s.uids, uid);
	ino->gid = gid == same ? ino->uid :
				 id_at(fs, fs->s.gid_table, fs->s.gids, gid);
}

/* Version 4: ids lie in metadata blocks. */
static uint32_t id_4(struct sq_fs *fs, unsigned i, struct fw_err *err)
{
	size_t at = (size_t)i * 4 / SQ_META_MAX;
	uint8_t buf[4];

	if (i >= fs->s.uids || at >= fs->id_indexes) {
		sq_note(err, FW_MALFORMED, "owner", 0, i);
		return 0;
	}
	struct sq_meta m = { .pos = fs->id_index[at],
			     .off = (size_t)i * 4 % SQ_META_MAX };
	struct fw_cursor c = sq_meta_cursor(fs, &m, buf, sizeof(buf));

	return fw_u32(&c);
}

static void device_16(struct sq_inode *ino, uint32_t rdev)
{
	ino->rdev_major = rdev >> 8;
	ino->rdev_minor = rdev & 0xff;
}

static void dir_4(struct sq_fs *fs, struct sq_inode *ino, bool extended)
{
	uint8_t buf[24];
	struct fw_cursor c = body(fs, ino, buf, extended ? 24 : 16);

	if (!extended) {
		ino->start = fw_u32(&c);
		ino->nlink = fw_u32(&c);
		ino->size = fw_u16(&c);
		ino->offset = fw_u16(&c);
		return;
	}
	ino->nlink = fw_u32(&c);
	ino->size = fw_u32(&c);
	ino->start = fw_u32(&c);
	fw_skip(&c, 4 + 2); /* parent, index count */
	ino->offset = fw_u16(&c);
}

static void reg_4(struct sq_fs *fs, struct sq_inode *ino, bool extended)
{
	uint8_t buf[40];
	struct fw_cursor c = body(fs, ino, buf, extended ? 40 : 16);

	if (!extended) {
		ino->start = fw_u32(&c);
		ino->fragment = fw_u32(&c);
		ino->offset = fw_u32(&c);
		ino->size = fw_u32(&c);
		return;
	}
	ino->start = fw_u64(&c);
	ino->size = fw_u64(&c);
	fw_skip(&c, 8); /* bytes in holes */
	ino->nlink = fw_u32(&c);
	ino->fragment = fw_u32(&c);
	ino->offset = fw_u32(&c);
}

static void other_4(struct sq_fs *fs, struct sq_inode *ino, unsigned kind)
{
	uint8_t buf[8];
	bool two = kind == SQ_LINK || kind == SQ_BLOCK || kind == SQ_CHAR;
	struct fw_cursor c = body(fs, ino, buf, two ? 8 : 4);

	ino->nlink = fw_u32(&c);
	if (kind == SQ_LINK) {
		ino->link_len = fw_u32(&c);
	} else if (two) {
		uint32_t rdev = fw_u32(&c);

		ino->rdev_major = rdev >> 8 & 0xfff;
		ino->rdev_minor = (rdev & 0xff) | (rdev >> 12 & 0xfff00);
	}
}

static void read_4(struct sq_fs *fs, struct sq_inode *ino, struct fw_err *err)
{
	uint8_t buf[16];
	struct fw_cursor c = body(fs, ino, buf, sizeof(buf));
	unsigned kind = fw_u16(&c);

	ino->mode = fw_u16(&c) & 07777u;
	unsigned uid = fw_u16(&c), gid;

	gid = fw_u16(&c);
	ino->mtime = fw_u32(&c);

	bool extended = kind > SQ_EXTENDED;

	if (extended)
		kind -= SQ_EXTENDED;
	if (fw_ok(&c) && (kind < SQ_DIR || kind > SQ_SOCKET))
		sq_note(err, FW_MALFORMED, "inode type", ino->after.pos, kind);
	if (!fw_ok(&c) || err->code != FW_OK)
		return;
	ino->uid = id_4(fs, uid, err);
	ino->gid = id_4(fs, gid, err);
	err->code = FW_OK; /* an owner that is wrong does not hide the file */
	ino->type = type_of(kind);
	if (kind == SQ_DIR)
		dir_4(fs, ino, extended);
	else if (kind == SQ_REG)
		reg_4(fs, ino, extended);
	else
		other_4(fs, ino, kind);
}

static void dir_3(struct sq_fs *fs, struct sq_inode *ino, bool extended)
{
	bool v3 = fs->s.major == 3;
	uint8_t buf[24];
	uint32_t size, offset;
	size_t n = extended ? (v3 ? 19 : 14) : (v3 ? 16 : 11);
	struct fw_cursor c = body(fs, ino, buf, n);

	if (v3)
		ino->nlink = fw_u32(&c);
	if (extended) {
		uint64_t word = read_40(&c);

		split_bits(c.big_endian, word, 40, 27, &size, &offset);
	} else {
		uint32_t word = fw_u32(&c);

		split_bits(c.big_endian, word, 32, 19, &size, &offset);
	}
	if (!v3)
		ino->mtime = fw_u32(&c);
	ino->start = v3 ? fw_u32(&c) : fw_u24(&c);
	ino->size = size;
	ino->offset = offset;
}

static void reg_3(struct sq_fs *fs, struct sq_inode *ino, bool extended)
{
	bool v3 = fs->s.major == 3;
	uint8_t buf[32];
	size_t n = fs->s.major == 1 ? 12 : !v3 ? 20 : extended ? 28 : 20;
	struct fw_cursor c = body(fs, ino, buf, n);

	ino->fragment = (uint32_t)SQ_NO_FRAGMENT;
	if (!v3)
		ino->mtime = fw_u32(&c);
	else if (extended)
		ino->nlink = fw_u32(&c);
	ino->start = v3 ? fw_u64(&c) : fw_u32(&c);
	if (fs->s.major > 1) {
		ino->fragment = fw_u32(&c);
		ino->offset = fw_u32(&c);
	}
	ino->size = extended && v3 ? fw_u64(&c) : fw_u32(&c);
}

static void other_3(struct sq_fs *fs, struct sq_inode *ino, unsigned kind)
{
	bool v3 = fs->s.major == 3;
	bool two = kind == SQ_LINK || kind == SQ_BLOCK || kind == SQ_CHAR;
	uint8_t buf[8];
	struct fw_cursor c = body(fs, ino, buf, (v3 ? 4u : 0) + (two ? 2u : 0));

	if (v3)
		ino->nlink = fw_u32(&c);
	if (kind == SQ_LINK)
		ino->link_len = fw_u16(&c);
	else if (two)
		device_16(ino, fw_u16(&c));
}

/* Version 1 folds the owner's high bits into the type. */
static void head_1(struct sq_fs *fs, struct sq_inode *ino, struct fw_cursor *c,
		   unsigned *kind)
{
	uint32_t uid, gid, bank = 0;
	uint32_t ids = fw_u8(c);

	split_bits(c->big_endian, ids, 8, 4, &uid, &gid);
	if (*kind == 0) {
		uint8_t more;
		uint32_t type;

		sq_meta_read(fs, &ino->after, &more, 1);
		split_bits(c->big_endian, more, 8, 4, &type, &bank);
		*kind = type;
	} else {
		bank = (*kind - 1) / SQ_V1_TYPES;
		*kind = (*kind - 1) % SQ_V1_TYPES + 1;
	}
	owners_3(fs, ino, bank * 16 + uid, gid);
}

static void read_3(struct sq_fs *fs, struct sq_inode *ino, struct fw_err *err)
{
	static const size_t heads[] = { 0, 3, 4, 12 };
	uint8_t buf[12];
	struct fw_cursor c = body(fs, ino, buf, heads[fs->s.major]);
	uint32_t word = fw_u16(&c), kind_bits;
	unsigned kind;

	split_bits(c.big_endian, word, 16, 4, &kind_bits, &ino->mode);
	kind = kind_bits;
	if (fs->s.major == 1) {
		head_1(fs, ino, &c, &kind);
	} else {
		unsigned uid = fw_u8(&c), gid = fw_u8(&c);

		owners_3(fs, ino, uid, gid);
	}
	if (fs->s.major == 3)
		ino->mtime = fw_u32(&c);

	bool extended = kind > SQ_EXTENDED;

	if (extended)
		kind -= SQ_EXTENDED;
	if (fw_ok(&c) && (kind < SQ_DIR || kind > SQ_SOCKET ||
			  (extended && kind > SQ_REG)))
		sq_note(err, FW_MALFORMED, "inode type", ino->after.pos, kind);
	if (!fw_ok(&c) || err->code != FW_OK)
		return;
	ino->type = type_of(kind);
	if (kind == SQ_DIR)
		dir_3(fs, ino, extended);
	else if (kind == SQ_REG)
		reg_3(fs, ino, extended);
	else
		other_3(fs, ino, kind);
}

bool sq_inode_read(struct sq_fs *fs, uint64_t ref, struct sq_inode *ino,
		   struct fw_err *err)
{
	*ino = (struct sq_inode){ .fragment = (uint32_t)SQ_NO_FRAGMENT };
	/* A u48 offset cannot overflow: the table's start is below 2^63. */
	ino->after.pos = fs->s.inode_table + (ref >> 16 & 0xffffffffffffu);
	ino->after.off = ref & 0xffff;
	if (ino->after.pos >= fs->s.dir_table) {
		sq_note(err, FW_MALFORMED, "inode reference", 0, ref);
		return false;
	}
	if (fs->s.major == 4)
		read_4(fs, ino, err);
	else
		read_3(fs, ino, err);
	if (ino->after.err.code != FW_OK)
		sq_note(err, ino->after.err.code, ino->after.err.what,
			ino->after.err.at, ino->after.err.value);
	return err->code == FW_OK;
}
