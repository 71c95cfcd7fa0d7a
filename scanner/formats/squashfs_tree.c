/* squashfs_tree.c - the folders of a SquashFS, walked without recursion
 *
 * A folder is a run of headers in the folder table, each with up to 256 entries
 * whose inodes lie in one metadata block. A folder is entered once, whatever
 * leads to it; further names of a file become hard links.
 */
#include "formats/squashfs.h"

enum { SQ_NAME_MAX = 256 };

/* A folder in the course of being read. */
struct frame {
	const char *path;
	struct sq_meta m;
	uint64_t left;	     /* bytes of the listing */
	uint32_t count;	     /* entries under the present header */
	uint64_t block;	     /* their inodes' metadata block */
};

struct walk {
	struct frame *frames;
	size_t depth, cap;
};

struct entry {
	uint64_t ref;
	size_t len;
	uint8_t name[SQ_NAME_MAX];
	bool altered; /* a byte that no name can hold was replaced */
};

/* The place of key in the table: its own, or a free one. */
static size_t seen_slot(const struct sq_seen *s, uint64_t key)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (s->cap - 1);

	while (s->keys[i] != 0 && s->keys[i] != key)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void seen_grow(struct sq_fs *fs)
{
	struct sq_seen old = fs->seen;
	struct sq_seen *s = &fs->seen;

	s->cap = old.cap == 0 ? 1024 : 2 * old.cap;
	s->keys = fw_alloc(fs->arena, s->cap, sizeof(*s->keys));
	s->paths = fw_alloc(fs->arena, s->cap, sizeof(*s->paths));
	for (size_t i = 0; i < old.cap; i++) {
		if (old.keys[i] == 0)
			continue;
		size_t to = seen_slot(s, old.keys[i]);

		s->keys[to] = old.keys[i];
		s->paths[to] = old.paths[i];
	}
}

/* The path that led to ref before; NULL, and path is kept, if none did. */
static const char *seen_before(struct sq_fs *fs, uint64_t ref, const char *path)
{
	struct sq_seen *s = &fs->seen;

	if (2 * s->used >= s->cap)
		seen_grow(fs);

	size_t i = seen_slot(s, ref + 1);

	if (s->keys[i] != 0)
		return s->paths[i];
	s->keys[i] = ref + 1;
	s->paths[i] = path;
	s->used++;
	return NULL;
}

static void push(struct sq_fs *fs, struct walk *w, const char *path,
		 const struct sq_inode *ino)
{
	unsigned empty = fs->s.major >= 3 ? 3 : 0; /* "." and ".." count so */

	if (ino->size <= empty)
		return;
	w->frames = fw_grow(fs->arena, w->frames, &w->cap, w->depth + 1,
			    sizeof(*w->frames));
	w->frames[w->depth++] = (struct frame){
		.path = path,
		.m = { .pos = fs->s.dir_table + ino->start,
		       .off = ino->offset },
		.left = ino->size - empty,
	};
}

static void read_header(struct sq_fs *fs, struct frame *f)
{
	static const size_t sizes[] = { 0, 4, 4, 9, 12 };
	size_t n = sizes[fs->s.major];
	uint8_t buf[12];

	if (f->left < n) {
		f->left = 0;
		return;
	}
	struct fw_cursor c = sq_meta_cursor(fs, &f->m, buf, n);

	f->left -= n;
	f->count = fs->s.major == 4 ? fw_u32(&c) : fw_u8(&c);
	f->block = fs->s.major >= 3 ? fw_u32(&c) : fw_u24(&c);
	if (f->count > 255)
		sq_note(&f->m.err, FW_MALFORMED, "entries in folder header",
			f->m.pos, f->count);
	f->count++;
}

static void read_name(struct sq_fs *fs, struct frame *f, struct entry *e)
{
	sq_meta_read(fs, &f->m, e->name, e->len);
	e->altered = false;
	for (size_t i = 0; i < e->len; i++) {
		if (e->name[i] == '/' || e->name[i] == 0) {
			e->name[i] = '_';
			e->altered = true;
		}
	}
}

/* Bytes taken off the listing; 0 when it is damaged. */
static bool read_entry(struct sq_fs *fs, struct frame *f, struct entry *e)
{
	static const size_t sizes[] = { 0, 3, 3, 5, 8 };
	size_t n = sizes[fs->s.major];
	uint8_t buf[8];
	uint32_t off;
	struct fw_cursor c = sq_meta_cursor(fs, &f->m, buf, n);

	if (fs->s.major == 4) {
		off = fw_u16(&c);
		fw_skip(&c, 2 + 2); /* inode number, type */
		e->len = (size_t)fw_u16(&c) + 1;
	} else {
		uint32_t word = fw_u16(&c);

		off = c.big_endian ? word >> 3 : word & 0x1fff;
		e->len = (size_t)fw_u8(&c) + 1;
	}
	if (e->len > SQ_NAME_MAX || f->left < n + e->len)
		sq_note(&f->m.err, FW_MALFORMED, "name's length", f->m.pos,
			e->len);
	e->ref = f->block << 16 | off;
	f->count--;
	if (f->m.err.code != FW_OK)
		return false;
	f->left -= n + e->len;
	read_name(fs, f, e);
	return f->m.err.code == FW_OK;
}

static const char *join(struct sq_fs *fs, const char *dir,
			const struct entry *e)
{
	size_t n = strlen(dir);
	char *path = fw_alloc(fs->arena, n + e->len + 2, 1);

	if (n > 0) {
		memcpy(path, dir, n);
		path[n++] = '/';
	}
	memcpy(path + n, e->name, e->len);
	return path;
}

static const char *link_target(struct sq_fs *fs, struct sq_inode *ino,
			       struct fw_err *err)
{
	size_t n = ino->link_len;

	if (n > SQ_PATH_MAX) {
		sq_note(err, FW_MALFORMED, "link's length", ino->after.pos, n);
		n = SQ_PATH_MAX;
	}
	char *s = fw_alloc(fs->arena, n + 1, 1);

	if (!sq_meta_read(fs, &ino->after, s, n))
		sq_note(err, ino->after.err.code, ino->after.err.what,
			ino->after.err.at, ino->after.err.value);
	return s;
}

static void emit(struct sq_fs *fs, struct walk *w, const struct entry *e,
		 const char *path)
{
	struct sq_inode ino;
	struct fw_err err = { 0 };
	struct fw_meta meta = FW_META(.name = path);
	const char *before;
	const struct fw_view none = { NULL, 0 };

	if (!sq_inode_read(fs, e->ref, &ino, &err)) {
		fw_out_child(fs->out, &meta, none);
		fw_out_damaged(fs->out, &err);
		return;
	}
	meta.type = ino.type;
	meta.mode = ino.mode;
	meta.uid = ino.uid;
	meta.gid = ino.gid;
	meta.mtime = ino.mtime;
	meta.rdev_major = ino.rdev_major;
	meta.rdev_minor = ino.rdev_minor;
	if (e->altered)
		sq_note(&err, FW_MALFORMED, "name", 0, 0);
	before = seen_before(fs, e->ref, path);
	if (before != NULL && ino.type != FW_DIR) {
		meta.type = FW_HARDLINK;
		meta.link = before;
		fw_out_child(fs->out, &meta, none);
	} else if (ino.type == FW_FILE) {
		fw_out_open(fs->out, &meta);
		sq_file_write(fs, &ino, &err);
	} else {
		if (ino.type == FW_LINK)
			meta.link = link_target(fs, &ino, &err);
		fw_out_child(fs->out, &meta, none);
	}
	if (ino.type == FW_DIR && before != NULL)
		sq_note(&err, FW_MALFORMED, "folder listed twice", 0, e->ref);
	else if (ino.type == FW_DIR && strlen(path) > SQ_PATH_MAX)
		sq_note(&err, FW_LIMIT, "path's length", 0, strlen(path));
	else if (ino.type == FW_DIR)
		push(fs, w, path, &ino);
	fw_out_damaged(fs->out, &err);
}

static bool step(struct sq_fs *fs, struct walk *w)
{
	struct frame *f = &w->frames[w->depth - 1];
	struct entry e;

	if (f->count == 0)
		read_header(fs, f);
	if (f->left == 0 && f->count == 0) {
		w->depth--;
		return true;
	}
	if (fs->entry_left-- == 0) {
		sq_note(&fs->err, FW_LIMIT, "folders overlap", f->m.pos, 0);
		return false;
	}
	if (f->m.err.code != FW_OK || !read_entry(fs, f, &e)) {
		sq_note(&fs->err, f->m.err.code, f->m.err.what, f->m.err.at,
			f->m.err.value);
		w->depth--;
		return true;
	}
	emit(fs, w, &e, join(fs, f->path, &e));
	return true;
}

void sq_walk(struct sq_fs *fs)
{
	struct walk w = { 0 };
	struct sq_inode root;

	if (!sq_inode_read(fs, fs->s.root, &root, &fs->err))
		return;
	if (root.type != FW_DIR) {
		sq_note(&fs->err, FW_MALFORMED, "root's type", 0, root.type);
		return;
	}
	seen_before(fs, fs->s.root, "");
	push(fs, &w, "", &root);
	while (w.depth > 0 && fw_out_ok(fs->out) && step(fs, &w))
		;
}
