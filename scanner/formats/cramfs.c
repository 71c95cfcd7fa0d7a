/* cramfs.c - compressed ROM file system, either byte order
 *
 *	0   cramfs_super, which ends in the root's inode
 *	    folder: inodes, each with its name (padded to 4) behind it
 *	    file: u32 end of each block of 4096, then the zlib blocks
 *
 * Offsets count from the image's first byte, of which the superblock may be 512
 * behind (room for a boot loader). Flags say whether size and checksum hold.
 *
 * Source: Linux fs/cramfs, include/uapi/linux/cramfs_fs.h, util-linux mkfs.cramfs
 */
#include "core/format.h"
#include "codec/codec.h"

/* clang-format off */
#define CRAMFS_SUPER(U, B)                                              \
	U(u32, magic,   "0x28cd3d45")                                   \
	U(u32, size,    "bytes of the image, with FSID")                \
	U(u32, flags,   "see below")                                    \
	U(u32, future,  "0")                                            \
	B(16,  sign,    "\"Compressed ROMFS\"")                         \
	U(u32, crc,     "CRC-32 of the image, this field 0")            \
	U(u32, edition, "given by who made it")                         \
	U(u32, blocks,  "number of blocks")                             \
	U(u32, files,   "number of files")                              \
	B(16,  name,    "of the volume")
FW_RECORD(cramfs_super, CRAMFS_SUPER)
/* clang-format on */

enum {
	CRAMFS_MAGIC = 0x28cd3d45,
	CRAMFS_MAGIC_SWAPPED = 0x453dcd28,
	CRAMFS_FSID = 1,	     /* size and checksum are there */
	CRAMFS_EXT_POINTERS = 0x800, /* bits 30 and 31 of a block's end */
	CRAMFS_FLAGS = 0xfff,
	CRAMFS_SHIFT = 512,
	CRAMFS_CRC_AT = 32,
	CRAMFS_INODE = 12,
	CRAMFS_BLOCK = 4096,
	CRAMFS_ROOM = 2 * CRAMFS_BLOCK,
	CRAMFS_DIRECT = 1 << 30,
	CRAMFS_PATH_MAX = 4096
};

static const uint32_t cramfs_stored = 1u << 31;

struct cramfs_inode {
	uint32_t mode, uid, gid, size, offset, name_len;
};

struct cramfs_folder {
	uint32_t at, len;
	const char *path;
};

struct cramfs {
	struct fw_cursor *c;
	struct fw_out *out;
	struct cramfs_super s;
	uint8_t *walked; /* a bit a word: folders that were listed */
	uint64_t left;	 /* bytes of folders that the image can hold */
	struct cramfs_folder *folders;
	size_t count, cap;
	uint8_t *block;
	struct fw_err err;
};

static void note(struct fw_err *first, enum fw_code code, const char *what,
		 uint64_t at, uint64_t value)
{
	if (first->code == FW_OK)
		*first = (struct fw_err){ code, what, at, value };
}

static void read_inode(struct fw_cursor *c, struct cramfs_inode *i)
{
	uint32_t word;

	i->mode = fw_u16(c);
	i->uid = fw_u16(c);
	word = fw_u32(c);
	i->size = c->big_endian ? word >> 8 : word & 0xffffff;
	i->gid = c->big_endian ? word & 0xff : word >> 24;
	word = fw_u32(c);
	i->name_len = 4 * (c->big_endian ? word >> 26 : word & 0x3f);
	i->offset = 4 * (c->big_endian ? word & 0x3ffffff : word >> 6);
}

/* Leaves the position behind the root's inode, base at the superblock. */
static void read_super(struct fw_cursor *c, struct cramfs_super *s,
		       struct cramfs_inode *root, size_t *base)
{
	struct fw_cursor t = *c;
	uint32_t first = fw_u32le(&t);

	*base = first == CRAMFS_MAGIC || first == CRAMFS_MAGIC_SWAPPED ?
			0 :
			CRAMFS_SHIFT;
	fw_seek(c, *base);
	t = *c;
	c->big_endian = fw_u32le(&t) == CRAMFS_MAGIC_SWAPPED;
	cramfs_super_read(c, s);
	fw_require(c, s->magic == CRAMFS_MAGIC, "magic", s->magic);
	fw_require(c, !memcmp(s->sign, "Compressed ROMFS", sizeof(s->sign)),
		   "signature", 0);
	fw_require(c, (s->flags & ~(uint32_t)CRAMFS_FLAGS) == 0, "flags",
		   s->flags);
	read_inode(c, root);
	fw_require(c, (root->mode & 0170000) == 0040000, "root's mode",
		   root->mode);
}

/* Without FSID nobody says how long it is; its own bytes end with the last
 * block, which only a walk can find. Such images are taken whole. */
static uint64_t cramfs_probe(struct fw_cursor *c)
{
	static const uint8_t zero[4];
	struct cramfs_super s;
	struct cramfs_inode root;
	size_t base;

	read_super(c, &s, &root, &base);
	if (!fw_ok(c))
		return 0;
	if (!(s.flags & CRAMFS_FSID))
		return c->v.len;
	fw_require(c, s.size >= c->pos, "size", s.size);
	if (fw_ok(c) && s.size > c->v.len)
		fw_fail_at(c, FW_TRUNCATED, "size", c->v.len, s.size);
	if (!fw_ok(c))
		return 0;

	size_t at = base + CRAMFS_CRC_AT;
	uint32_t crc = fw_crc32(0, fw_slice(c, base, CRAMFS_CRC_AT));

	crc = fw_crc32(crc, fw_view_of(zero, sizeof(zero)));
	crc = fw_crc32(crc, fw_slice(c, at + 4, s.size - at - 4));
	fw_require(c, crc == s.crc, "checksum", crc);
	return s.size;
}

static uint32_t word_at(struct cramfs *f, uint64_t at, struct fw_err *err)
{
	struct fw_cursor c = fw_sub(f->c, at, 4);
	uint32_t word = fw_u32(&c);

	if (!fw_ok(&c))
		note(err, FW_TRUNCATED, "block pointer", at, at);
	f->c->err = (struct fw_err){ 0 };
	return word;
}

static uint32_t half_at(struct cramfs *f, uint64_t at, struct fw_err *err)
{
	struct fw_cursor c = fw_sub(f->c, at, 2);
	uint32_t half = fw_u16(&c);

	if (!fw_ok(&c))
		note(err, FW_TRUNCATED, "block length", at, at);
	f->c->err = (struct fw_err){ 0 };
	return half;
}

/* Where a block ends that the pointer stands for, as the next one's start. */
static uint64_t end_of(struct cramfs *f, uint32_t ptr, struct fw_err *err)
{
	uint64_t start = (uint64_t)(ptr & (CRAMFS_DIRECT - 1)) << 2;

	if (!(f->s.flags & CRAMFS_EXT_POINTERS))
		return ptr;
	if (!(ptr & CRAMFS_DIRECT))
		return ptr & (CRAMFS_DIRECT - 1);
	if (ptr & cramfs_stored)
		return start + CRAMFS_BLOCK;
	return start + 2 + half_at(f, start, err);
}

/* The block's bytes in the image; *start is where it begins unless the pointer
 * says otherwise, and becomes the next one's. */
static struct fw_view block_bytes(struct cramfs *f, uint32_t ptr, size_t want,
				  uint64_t *start, bool *stored,
				  struct fw_err *err)
{
	uint64_t end = end_of(f, ptr, err), from = *start;
	struct fw_view part = { NULL, 0 };

	*stored = false;
	if (f->s.flags & CRAMFS_EXT_POINTERS) {
		*stored = (ptr & cramfs_stored) != 0;
		if (ptr & CRAMFS_DIRECT) {
			from = (uint64_t)(ptr & (CRAMFS_DIRECT - 1)) << 2;
			if (*stored)
				end = from + want;
			else
				from += 2;
		}
	}
	*start = end;
	if (end < from || end - from > CRAMFS_ROOM)
		note(err, FW_MALFORMED, "block's length", from, end);
	else if (end > f->c->v.len)
		note(err, FW_TRUNCATED, "block", from, end);
	else
		part = fw_view_sub(f->c->v, (size_t)from, (size_t)(end - from));
	return part;
}

/* Decodes a file to write(), or to dst when it is a link's target. */
static void read_data(struct cramfs *f, const struct cramfs_inode *i,
		      uint8_t *dst, struct fw_err *err)
{
	uint64_t blocks =
		((uint64_t)i->size + CRAMFS_BLOCK - 1) / CRAMFS_BLOCK;
	uint64_t start = i->offset + 4 * blocks;

	for (uint64_t b = 0; b < blocks && fw_out_ok(f->out); b++) {
		size_t want = i->size - b * CRAMFS_BLOCK, n = 0;
		struct fw_err bad = { 0 };
		bool stored;

		if (want > CRAMFS_BLOCK)
			want = CRAMFS_BLOCK;
		uint32_t ptr = word_at(f, i->offset + 4 * b, &bad);

		if (bad.code != FW_OK) {
			note(err, bad.code, bad.what, bad.at, bad.value);
			return;
		}
		struct fw_view in =
			block_bytes(f, ptr, want, &start, &stored, &bad);

		memset(f->block, 0, want);
		if (stored && in.len > 0) {
			n = in.len < want ? in.len : want;
			memcpy(f->block, in.data, n);
		} else if (in.len > 0) {
			n = fw_decode(FW_ZLIB, in, f->block, CRAMFS_BLOCK,
				      NULL, &bad);
		}
		if (in.len > 0 && n < want)
			note(&bad, FW_MALFORMED, "block's decoded length",
			     start, n);
		note(err, bad.code, bad.what, bad.at, bad.value);
		if (dst != NULL)
			memcpy(dst + b * CRAMFS_BLOCK, f->block, want);
		else if (in.len == 0)
			fw_out_zeros(f->out, want);
		else
			fw_out_write(f->out, fw_view_of(f->block, want));
	}
}

static const char *link_target(struct cramfs *f, struct cramfs_inode *i,
			       struct fw_err *err)
{
	if (i->size > CRAMFS_PATH_MAX) {
		note(err, FW_MALFORMED, "link's length", i->offset, i->size);
		i->size = CRAMFS_PATH_MAX;
	}
	char *s = fw_alloc(fw_out_arena(f->out), (size_t)i->size + 1, 1);

	read_data(f, i, (uint8_t *)s, err);
	return s;
}

static enum fw_type type_of(uint32_t mode, struct fw_err *err)
{
	switch (mode & 0170000) {
	case 0100000:
		return FW_FILE;
	case 0040000:
		return FW_DIR;
	case 0120000:
		return FW_LINK;
	case 0020000:
		return FW_CHARDEV;
	case 0060000:
		return FW_BLOCKDEV;
	case 0010000:
		return FW_FIFO;
	case 0140000:
		return FW_SOCKET;
	default:
		note(err, FW_MALFORMED, "mode", 0, mode);
		return FW_SOCKET; /* at least no bytes */
	}
}

static void push(struct cramfs *f, const struct cramfs_inode *i,
		 const char *path, struct fw_err *err)
{
	size_t word = i->offset / 4;
	uint8_t mask = (uint8_t)(1u << word % 8);

	if (i->size == 0)
		return;
	if (i->offset >= f->c->v.len) {
		note(err, FW_TRUNCATED, "folder", i->offset, i->offset);
		return;
	}
	if (f->walked[word / 8] & mask) {
		note(err, FW_MALFORMED, "folder listed twice", i->offset, 0);
		return;
	}
	if (i->size > f->left || strlen(path) > CRAMFS_PATH_MAX) {
		note(err, FW_LIMIT, "folders overlap", i->offset, i->size);
		return;
	}
	f->walked[word / 8] |= mask;
	f->left -= i->size;
	f->folders = fw_grow(fw_out_arena(f->out), f->folders, &f->cap,
			     f->count + 1, sizeof(*f->folders));
	f->folders[f->count++] =
		(struct cramfs_folder){ i->offset, i->size, path };
}

static void emit(struct cramfs *f, struct cramfs_inode *i, const char *path,
		 struct fw_err *err)
{
	struct fw_meta m = FW_META(.name = path);
	const struct fw_view none = { NULL, 0 };

	m.type = type_of(i->mode, err);
	m.mode = i->mode & 07777;
	m.uid = i->uid;
	m.gid = i->gid;
	if (m.type == FW_CHARDEV || m.type == FW_BLOCKDEV) {
		m.rdev_major = i->size >> 8 & 0xff;
		m.rdev_minor = i->size & 0xff;
	}
	if (m.type == FW_LINK)
		m.link = link_target(f, i, err);
	if (m.type == FW_DIR)
		push(f, i, path, err);
	if (m.type == FW_FILE) {
		fw_out_open(f->out, &m);
		read_data(f, i, NULL, err);
	} else {
		fw_out_child(f->out, &m, none);
	}
	fw_out_damaged(f->out, err);
}

/* Names are padded with NULs to 4 bytes. */
static const char *join(struct cramfs *f, const char *dir, struct fw_view name,
			struct fw_err *err)
{
	while (name.len > 0 && name.data[name.len - 1] == 0)
		name.len--;

	size_t n = strlen(dir);
	char *path = fw_alloc(fw_out_arena(f->out), n + name.len + 2, 1);

	if (n > 0) {
		memcpy(path, dir, n);
		path[n++] = '/';
	}
	for (size_t i = 0; i < name.len; i++) {
		bool odd = name.data[i] == '/' || name.data[i] == 0;

		path[n + i] = odd ? '_' : (char)name.data[i];
		if (odd)
			note(err, FW_MALFORMED, "name", 0, name.data[i]);
	}
	return path;
}

static void list_folder(struct cramfs *f, const struct cramfs_folder *d)
{
	struct fw_view v = fw_view_sub(f->c->v, d->at, d->len);
	struct fw_cursor c = fw_cursor_of(v);

	c.big_endian = f->c->big_endian;
	if (v.len < d->len)
		note(&f->err, FW_TRUNCATED, "folder", d->at, d->len);
	while (fw_left(&c) > 0 && fw_out_ok(f->out)) {
		struct cramfs_inode i;
		struct fw_err err = { 0 };

		read_inode(&c, &i);
		struct fw_view name = fw_bytes(&c, i.name_len);

		fw_require(&c, i.name_len > 0, "name's length", 0);
		if (!fw_ok(&c))
			break;
		emit(f, &i, join(f, d->path, name, &err), &err);
	}
	note(&f->err, c.err.code, c.err.what, d->at + c.err.at, c.err.value);
}

static void cramfs_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct cramfs f = { .c = c, .out = out, .left = c->v.len };
	struct cramfs_inode root;
	size_t base;

	read_super(c, &f.s, &root, &base);
	if (!fw_ok(c))
		return;
	fw_out_fact(out, "cramfs.byte_order",
		    c->big_endian ? "big endian" : "little endian");
	if (f.s.name[0] != 0)
		fw_out_fact(out, "cramfs.volume",
			    fw_strdup(fw_out_arena(out),
				      fw_view_of(f.s.name, sizeof(f.s.name))));
	f.walked = fw_alloc(fw_out_arena(out), c->v.len / 32 + 1, 1);
	f.block = fw_alloc(fw_out_arena(out), CRAMFS_BLOCK, 1);
	push(&f, &root, "", &f.err);
	while (f.count > 0 && fw_out_ok(out)) {
		struct cramfs_folder d = f.folders[--f.count];

		list_folder(&f, &d);
	}
	if (f.s.flags & CRAMFS_FSID && f.s.size > c->v.len)
		fw_fail_at(c, FW_TRUNCATED, "size", c->v.len, f.s.size);
	else
		c->err = f.err;
}

const struct fw_format fw_format_cramfs = {
	.name = "cramfs",
	.title = "cramfs file system",
	.gaps = "blocks of other than 4096 bytes",
	.class = FW_FILESYSTEM,
	.bits = 32 + 128, /* magic, signature; mostly a CRC too */
	.magic = { { "\x45\x3d\xcd\x28", 4, 0 },
		   { "\x28\xcd\x3d\x45", 4, 0 },
		   { "\x45\x3d\xcd\x28", 4, CRAMFS_SHIFT },
		   { "\x28\xcd\x3d\x45", 4, CRAMFS_SHIFT } },
	.probe = cramfs_probe,
	.unpack = cramfs_unpack,
};
