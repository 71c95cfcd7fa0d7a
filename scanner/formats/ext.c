/* ext.c - ext2, ext3 and ext4, read by libext2fs from memory
 *
 * The superblock stands at 1024; copies of it stand in later block groups and
 * carry their group's number, so that none of them starts a file system.
 *
 * Source: Linux Documentation/filesystems/ext4, e2fsprogs lib/ext2fs
 */
#include "formats/ext.h"

enum {
	SB_AT = 1024,
	SB_SIZE = 1024,
	SB_SUM_AT = 1020,
	LOG_MAX = 6, /* blocks of 64 KiB */
	PATH_MAX_BYTES = 4096,
	RO_METADATA_CSUM = 0x400,
	RO_BIGALLOC = 0x200,
	INCOMPAT_RECOVER = 0x4,
	INCOMPAT_JOURNAL_DEV = 0x8,
	INCOMPAT_META_BG = 0x10,
	INCOMPAT_64BIT = 0x80,
};

/* The superblock's fields that say where things are. */
struct super {
	uint32_t inodes, first_block, log_block, blocks_per_group;
	uint32_t inodes_per_group, rev, compat, incompat, ro_compat;
	uint16_t inode_size, group, state, desc_size;
	uint64_t blocks, block_size, groups;
};

static uint32_t sb32(struct fw_cursor *c, uint32_t at)
{
	fw_seek(c, SB_AT + at);
	return fw_u32le(c);
}

static uint16_t sb16(struct fw_cursor *c, uint32_t at)
{
	fw_seek(c, SB_AT + at);
	return fw_u16le(c);
}

static void super_fields(struct fw_cursor *c, struct super *s)
{
	*s = (struct super){ .inodes = sb32(c, 0) };
	s->blocks = sb32(c, 4);
	s->first_block = sb32(c, 20);
	s->log_block = sb32(c, 24);
	s->blocks_per_group = sb32(c, 32);
	s->inodes_per_group = sb32(c, 40);
	s->state = sb16(c, 58);
	s->rev = sb32(c, 76);
	s->inode_size = s->rev > 0 ? sb16(c, 88) : 128;
	s->group = s->rev > 0 ? sb16(c, 90) : 0;
	s->compat = s->rev > 0 ? sb32(c, 92) : 0;
	s->incompat = s->rev > 0 ? sb32(c, 96) : 0;
	s->ro_compat = s->rev > 0 ? sb32(c, 100) : 0;
	s->desc_size = 32;
	if (s->incompat & INCOMPAT_64BIT) {
		s->desc_size = sb16(c, 254);
		s->blocks |= (uint64_t)sb32(c, 336) << 32;
	}
}

/* Reads the superblock; fails unless it is that of group 0 and agrees with
 * itself. */
static void super_read(struct fw_cursor *c, struct super *s)
{
	super_fields(c, s);
	fw_require(c, sb16(c, 56) == 0xef53, "magic", 0);
	fw_require(c, s->log_block <= LOG_MAX, "block size", s->log_block);
	fw_require(c, s->rev <= 1, "revision", s->rev);
	fw_require(c, s->group == 0, "copy of a superblock", s->group);
	fw_require(c, !(s->incompat & INCOMPAT_JOURNAL_DEV), "journal device",
		   s->incompat);
	fw_require(c, s->first_block == (s->log_block == 0) ||
			      (s->ro_compat & RO_BIGALLOC),
		   "first block", s->first_block);
	fw_require(c, s->blocks_per_group > 0 && s->inodes_per_group > 0,
		   "group size", s->blocks_per_group);
	fw_require(c, s->inode_size >= 128 &&
			      (s->inode_size & (s->inode_size - 1)) == 0,
		   "inode size", s->inode_size);
	fw_require(c, s->desc_size >= 32 && s->desc_size <= 1024,
		   "descriptor size", s->desc_size);
	fw_require(c, s->blocks > s->first_block && s->blocks < 1ULL << 44,
		   "block count", s->blocks);
	if (!fw_ok(c))
		return;
	s->block_size = 1024U << s->log_block;
	s->groups = (s->blocks - s->first_block + s->blocks_per_group - 1) /
		    s->blocks_per_group;
	fw_require(c, s->inode_size <= s->block_size, "inode size",
		   s->inode_size);
	fw_require(c, s->groups * s->inodes_per_group == s->inodes,
		   "inode count", s->inodes);
}

/* The group table follows the superblock's block. */
static uint64_t table_at(const struct super *s)
{
	return s->block_size == 1024 ? 2048 : s->block_size;
}

static uint64_t ext_probe(struct fw_cursor *c)
{
	struct super s;
	uint64_t len;

	super_read(c, &s);
	if (!fw_ok(c))
		return 0;
	if (s.ro_compat & RO_METADATA_CSUM) {
		struct fw_view sb = fw_slice(c, SB_AT, SB_SIZE);
		uint32_t sum = sb.data == NULL
				       ? 0
				       : ext2fs_crc32c_le(~0U, sb.data,
							  SB_SUM_AT);

		fw_require(c, sum == sb32(c, SB_SUM_AT), "checksum", sum);
	}
	/* Its first group's tables lie where a file system can have them. */
	fw_seek(c, table_at(&s));
	for (unsigned i = 0; i < 3; i++) {
		uint32_t block = fw_u32le(c);

		fw_require(c, block > s.first_block && block < s.blocks,
			   "group table", block);
	}
	len = s.blocks * s.block_size;
	return len < c->v.len ? len : c->v.len;
}

static struct ext_seen *seen_slot(struct ext_seen *t, size_t cap,
				  ext2_ino_t ino)
{
	size_t i = ino * 2654435761U;

	for (i &= cap - 1; t[i].ino != 0 && t[i].ino != ino;)
		i = (i + 1) & (cap - 1);
	return &t[i];
}

/* The record of an inode, made when there is none. */
static struct ext_seen *seen_get(struct ext *e, ext2_ino_t ino)
{
	if (2 * e->seen_count >= e->seen_cap) {
		size_t cap = e->seen_cap == 0 ? 1024 : 2 * e->seen_cap;
		struct ext_seen *t = fw_alloc(fw_out_arena(e->out), cap,
					      sizeof(*t));

		for (size_t i = 0; i < e->seen_cap; i++)
			if (e->seen[i].ino != 0)
				*seen_slot(t, cap, e->seen[i].ino) = e->seen[i];
		e->seen = t;
		e->seen_cap = cap;
	}
	struct ext_seen *s = seen_slot(e->seen, e->seen_cap, ino);

	if (s->ino == 0) {
		s->ino = ino;
		e->seen_count++;
	}
	return s;
}

struct folder {
	struct folder *next;
	ext2_ino_t ino;
	const char *path;
};

struct entry {
	struct entry *next;
	ext2_ino_t ino;
	const char *path;
	bool odd;
};

/* A folder being read: its entries are emitted when the library is done. */
struct listing {
	struct ext *e;
	const struct folder *folder;
	struct entry *first, **last;
	bool stopped;
};

static int one_entry(ext2_ino_t dir, int kind, struct ext2_dir_entry *d,
		     int offset, int blocksize, char *buf, void *priv)
{
	struct listing *l = priv;
	size_t n = (size_t)ext2fs_dirent_name_len(d);
	size_t at = strlen(l->folder->path);
	struct entry *x;
	char *path;

	(void)dir;
	(void)kind;
	(void)offset;
	(void)blocksize;
	(void)buf;
	if (l->e->entries_left == 0) {
		l->stopped = true;
		return DIRENT_ABORT;
	}
	l->e->entries_left--;
	/* Folders kept in the inode are said to begin with "..": go by names. */
	if (d->inode == 0 || at + n + 1 > PATH_MAX_BYTES ||
	    (n == 1 && d->name[0] == '.') ||
	    (n == 2 && d->name[0] == '.' && d->name[1] == '.'))
		return 0;
	x = fw_alloc(fw_out_arena(l->e->out), 1, sizeof(*x));
	path = fw_alloc(fw_out_arena(l->e->out), at + n + 2, 1);
	memcpy(path, l->folder->path, at);
	if (at > 0)
		path[at++] = '/';
	x->odd = n == 0;
	for (size_t i = 0; i < n; i++) {
		bool bad = d->name[i] == '/' || d->name[i] == 0;

		path[at++] = bad ? '_' : d->name[i];
		x->odd = x->odd || bad;
	}
	x->path = path;
	x->ino = d->inode;
	*l->last = x;
	l->last = &x->next;
	return 0;
}

static enum fw_type type_of(uint16_t mode)
{
	if (LINUX_S_ISDIR(mode))
		return FW_DIR;
	if (LINUX_S_ISLNK(mode))
		return FW_LINK;
	if (LINUX_S_ISCHR(mode))
		return FW_CHARDEV;
	if (LINUX_S_ISBLK(mode))
		return FW_BLOCKDEV;
	if (LINUX_S_ISFIFO(mode))
		return FW_FIFO;
	if (LINUX_S_ISSOCK(mode))
		return FW_SOCKET;
	return FW_FILE;
}

static void meta_fill(const struct ext2_inode_large *n, struct fw_meta *m)
{
	uint32_t wide = n->i_block[1];

	m->type = type_of(n->i_mode);
	m->mode = n->i_mode & 07777;
	m->uid = inode_uid(*n);
	m->gid = inode_gid(*n);
	m->mtime = (int32_t)n->i_mtime;
	if (n->i_extra_isize >= 8)
		m->mtime += (int64_t)(n->i_mtime_extra & 3) << 32;
	if (m->type != FW_CHARDEV && m->type != FW_BLOCKDEV)
		return;
	if (n->i_block[0] != 0) {
		m->rdev_major = n->i_block[0] >> 8 & 0xff;
		m->rdev_minor = n->i_block[0] & 0xff;
	} else {
		m->rdev_major = wide >> 8 & 0xfff;
		m->rdev_minor = (wide & 0xff) | (wide >> 12 & 0xfff00);
	}
}

/* Emits one entry; true when it is a folder that was not seen before. */
static bool emit(struct ext *e, const struct entry *x)
{
	struct fw_err err = { FW_OK, NULL, 0, 0 };
	struct fw_meta m = FW_META(.name = x->path);
	struct ext2_inode_large n = { 0 };
	struct ext2_inode *inode = (struct ext2_inode *)&n;
	struct fw_view none = { NULL, 0 };
	struct ext_seen *seen = seen_get(e, x->ino);
	bool again = seen->path != NULL;
	errcode_t r = ext2fs_read_inode_full(e->fs, x->ino, inode, sizeof(n));

	if (r != 0 || n.i_mode == 0) {
		err = (struct fw_err){ r == EXT2_ET_SHORT_READ ? FW_TRUNCATED
							       : FW_MALFORMED,
				       "inode", 0, x->ino };
		fw_out_child(e->out, &m, none);
		fw_out_damaged(e->out, &err);
		return false;
	}
	meta_fill(&n, &m);
	if (again && m.type != FW_DIR) {
		m.type = FW_HARDLINK;
		m.link = seen->path;
	} else if (!again) {
		seen->path = x->path;
	}
	if (m.type == FW_LINK)
		m.link = ext_link(e, x->ino, inode, &err);
	if (x->odd)
		err = (struct fw_err){ FW_MALFORMED, "name", 0, x->ino };
	if (m.type == FW_DIR && again)
		err = (struct fw_err){ FW_MALFORMED, "folder in two places", 0,
				       x->ino };
	if (m.type == FW_FILE)
		ext_file(e, x->ino, inode, &m);
	else
		fw_out_child(e->out, &m, none);
	fw_out_damaged(e->out, &err);
	return m.type == FW_DIR && !again;
}

static void walk(struct fw_cursor *c, struct ext *e, bool cut)
{
	struct folder root = { .ino = EXT2_ROOT_INO, .path = "" };
	struct folder *tail = &root;

	seen_get(e, EXT2_ROOT_INO)->path = "";
	for (struct folder *f = &root; f != NULL && fw_out_ok(e->out);
	     f = f->next) {
		struct listing l = { .e = e, .folder = f, .last = &l.first };
		errcode_t r = ext2fs_dir_iterate2(e->fs, f->ino,
						  DIRENT_FLAG_INCLUDE_EMPTY,
						  NULL, one_entry, &l);

		if (r != 0 || l.stopped)
			fw_fail_at(c, cut ? FW_TRUNCATED : FW_MALFORMED,
				   "folder", 0, f->ino);
		for (struct entry *x = l.first; x != NULL && fw_out_ok(e->out);
		     x = x->next) {
			if (!emit(e, x))
				continue;
			tail->next = fw_alloc(fw_out_arena(e->out), 1,
					      sizeof(*tail));
			tail = tail->next;
			tail->ino = x->ino;
			tail->path = x->path;
		}
	}
}

static void say_facts(struct fw_cursor *c, const struct super *s,
		      struct fw_out *out)
{
	struct fw_view label = fw_slice(c, SB_AT + 120, 16);
	const char *text = fw_strdup(fw_out_arena(out), label);

	if (text[0] != 0)
		fw_out_fact(out, "ext.label", text);
	fw_out_factf(out, "ext.block_size", "%llu",
		     (unsigned long long)s->block_size);
	if (s->compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL)
		fw_out_fact(out, "ext.journal",
			    s->incompat & INCOMPAT_RECOVER ? "not replayed"
							   : "clean");
}

static void ext_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct ext e = { .v = c->v, .out = out };
	struct super s;
	void *kept;
	errcode_t r;
	bool cut;

	super_read(c, &s);
	if (!fw_ok(c))
		return;
	cut = s.blocks > c->v.len / s.block_size;
	say_facts(c, &s, out);
	/* The library takes memory for the table before it reads it. */
	if (!(s.incompat & INCOMPAT_META_BG))
		(void)fw_slice(c, table_at(&s), s.groups * s.desc_size);
	fw_require(c, s.groups <= c->v.len, "group count", s.groups);
	if (!fw_ok(c))
		return;
	e.blocks_left = 2 * (c->v.len / s.block_size) + c->v.len / 12 + 16;
	e.entries_left = c->v.len / 8 + 16;
	r = ext_open(c->v, &e.fs);
	if (r != 0) {
		enum fw_code code = FW_MALFORMED;

		if (r == EXT2_ET_UNSUPP_FEATURE ||
		    r == EXT2_ET_RO_UNSUPP_FEATURE)
			code = FW_UNSUPPORTED;
		else if (cut)
			code = FW_TRUNCATED;
		fw_fail(c, code, "superblock or group table", s.incompat);
		return;
	}
	walk(c, &e, cut);
	kept = e.fs->priv_data;
	ext2fs_free(e.fs);
	ext2fs_free_mem(&kept);
	if (cut)
		fw_fail(c, FW_TRUNCATED, "file system", s.blocks);
}

const struct fw_format fw_format_ext = {
	.name = "ext",
	.title = "ext2, ext3 or ext4 file system",
	.gaps = "the journal is not replayed; encrypted files",
	.class = FW_FILESYSTEM,
	.bits = 16 + 32, /* magic; counts that agree with each other */
	.magic = { { "\x53\xef", 2, SB_AT + 56 } },
	.probe = ext_probe,
	.unpack = ext_unpack,
};
