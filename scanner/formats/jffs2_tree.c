/* jffs2_tree.c - names of a JFFS2: what is live, what was deleted */
#include <stdlib.h>

#include "formats/jffs2.h"

enum { PATH_MAX_BYTES = 4096, LINK_MAX = 4096 };

enum {
	IFMT = 0170000,
	IFSOCK = 0140000,
	IFLNK = 0120000,
	IFBLK = 0060000,
	IFDIR = 0040000,
	IFCHR = 0020000,
	IFIFO = 0010000,
};

static int cmp_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* By folder and name; of one name the entry that counts comes last. */
static int dirent_order(const void *a, const void *b)
{
	const struct jffs2_dirent *x = a, *y = b;
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int d = cmp_u64(x->pino, y->pino);

	if (d == 0 && n > 0)
		d = memcmp(x->name.data, y->name.data, n);
	if (d == 0)
		d = cmp_u64(x->name.len, y->name.len);
	if (d == 0)
		d = (int)y->obsolete - (int)x->obsolete;
	if (d == 0)
		d = cmp_u64(x->version, y->version);
	return d != 0 ? d : cmp_u64(x->off, y->off);
}

static int piece_order(const void *a, const void *b)
{
	const struct jffs2_piece *x = a, *y = b;
	int d = cmp_u64(x->ino, y->ino);

	if (d == 0)
		d = cmp_u64(x->version, y->version);
	return d != 0 ? d : cmp_u64(x->off, y->off);
}

static void inos_make(struct jffs2 *fs)
{
	size_t n = 0;

	if (fs->piece_count > 0)
		qsort(fs->pieces, fs->piece_count, sizeof(*fs->pieces),
		      piece_order);
	fs->inos = fw_alloc(fw_out_arena(fs->out), fs->piece_count + 1,
			    sizeof(*fs->inos));
	for (size_t i = 0; i < fs->piece_count; i++) {
		if (n == 0 || fs->inos[n - 1].ino != fs->pieces[i].ino)
			fs->inos[n++] = (struct jffs2_ino){
				.ino = fs->pieces[i].ino, .first = i
			};
		fs->inos[n - 1].count++;
	}
	fs->ino_count = n;
}

static struct jffs2_ino *ino_find(struct jffs2 *fs, uint32_t ino)
{
	size_t lo = 0, hi = fs->ino_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (fs->inos[mid].ino < ino)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < fs->ino_count && fs->inos[lo].ino == ino ? &fs->inos[lo]
							     : NULL;
}

/* The first entry of a folder. */
static size_t folder_first(const struct jffs2 *fs, uint32_t pino)
{
	size_t lo = 0, hi = fs->dirent_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (fs->dirents[mid].pino < pino)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void dirents_sort(struct jffs2 *fs)
{
	struct jffs2_dirent *d = fs->dirents;

	if (fs->dirent_count == 0)
		return;
	qsort(d, fs->dirent_count, sizeof(*d), dirent_order);
	for (size_t i = 0; i < fs->dirent_count; i++)
		d[i].winner = i + 1 == fs->dirent_count ||
			      d[i + 1].pino != d[i].pino ||
			      !fw_view_eq(d[i + 1].name, d[i].name);
}

static bool dirent_live(const struct jffs2_dirent *d)
{
	return d->winner && !d->obsolete && d->ino != 0;
}

/* The entry's path; NULL when it is too long. A name cannot hold '/' or NUL:
 * where one does, *odd is set and the byte replaced. */
static const char *path_of(struct jffs2 *fs, const char *folder,
			   struct fw_view name, bool *odd)
{
	size_t len = strlen(folder);
	char *path;

	if (len + name.len + 1 > PATH_MAX_BYTES)
		return NULL;
	path = fw_alloc(fw_out_arena(fs->out), len + name.len + 2, 1);
	memcpy(path, folder, len);
	if (len > 0)
		path[len++] = '/';
	*odd = name.len == 0;
	for (size_t i = 0; i < name.len; i++) {
		bool bad = name.data[i] == '/' || name.data[i] == 0;

		path[len++] = bad ? '_' : (char)name.data[i];
		*odd = *odd || bad;
	}
	return path;
}

static enum fw_type type_of(const struct jffs2_dirent *d,
			    const struct jffs2_content *c)
{
	uint32_t ifmt = c->any ? c->top.mode & IFMT : (uint32_t)d->kind << 12;

	switch (ifmt) {
	case IFSOCK:
		return FW_SOCKET;
	case IFLNK:
		return FW_LINK;
	case IFBLK:
		return FW_BLOCKDEV;
	case IFDIR:
		return FW_DIR;
	case IFCHR:
		return FW_CHARDEV;
	case IFIFO:
		return FW_FIFO;
	default:
		return FW_FILE;
	}
}

/* A device's number is its data: 2 bytes, or 4 in the wider coding. */
static void device_read(const struct jffs2 *fs, const struct jffs2_content *c,
			struct fw_meta *m)
{
	struct fw_cursor k = fw_cursor_of(
		fw_view_of(fs->buf, c->runs == 1 ? c->top.isize : 0));
	uint32_t dev;

	k.big_endian = fs->big_endian;
	if (c->top.isize == 2) {
		dev = fw_u16(&k);
		m->rdev_major = dev >> 8;
		m->rdev_minor = dev & 0xff;
	} else {
		dev = fw_u32(&k);
		m->rdev_major = dev >> 8 & 0xfff;
		m->rdev_minor = (dev & 0xff) | (dev >> 12 & 0xfff00);
	}
}

static const char *link_read(struct jffs2 *fs, const struct jffs2_content *c,
			     struct fw_err *err)
{
	size_t len = c->runs == 1 && c->top.isize <= LINK_MAX ? c->top.isize : 0;
	const char *link = fw_strdup(fw_out_arena(fs->out),
				     fw_view_of(fs->buf, len));

	if ((len != c->top.isize || strlen(link) != len || len == 0) &&
	    err->code == FW_OK)
		*err = (struct fw_err){ FW_MALFORMED, "link", 0, c->top.isize };
	return link;
}

/* Emits one entry. Returns its inode where it is a folder to be walked. */
static struct jffs2_ino *emit(struct jffs2 *fs, const struct jffs2_dirent *d,
			      const char *path, bool odd)
{
	struct jffs2_ino *ino = ino_find(fs, d->ino);
	struct jffs2_content c = { .any = false };
	struct fw_meta m = FW_META(.name = path);
	struct fw_err err = { FW_OK, NULL, 0, 0 };

	if (ino != NULL)
		jffs2_content(fs, ino, false, &c);
	m.type = type_of(d, &c);
	err = c.err;
	if (odd)
		err = (struct fw_err){ FW_MALFORMED, "name", d->off, d->ino };
	else if (!c.any)
		err = (struct fw_err){ FW_TRUNCATED, "no inode", d->off,
				       d->ino };
	if (c.any) {
		m.mode = c.top.mode & 07777;
		m.uid = c.top.uid;
		m.gid = c.top.gid;
		m.mtime = c.top.mtime;
	}
	if (m.type == FW_DIR) {
		fw_out_child(fs->out, &m, (struct fw_view){ NULL, 0 });
		fw_out_damaged(fs->out, &err);
		return ino;
	}
	if (ino != NULL && ino->path != NULL) {
		m.type = FW_HARDLINK;
		m.link = ino->path;
	} else if (m.type == FW_LINK) {
		m.link = link_read(fs, &c, &err);
	} else if (m.type == FW_CHARDEV || m.type == FW_BLOCKDEV) {
		device_read(fs, &c, &m);
	}
	if (ino != NULL && ino->path == NULL)
		ino->path = path;
	if (m.type == FW_FILE) {
		fw_out_open(fs->out, &m);
		jffs2_content_write(fs, &c);
	} else {
		fw_out_child(fs->out, &m, (struct fw_view){ NULL, 0 });
	}
	fw_out_damaged(fs->out, &err);
	return NULL;
}

struct folder {
	uint32_t ino;
	const char *path;
};

/* Says that a name is gone; i is the last entry of the name. */
static void say_deleted(struct jffs2 *fs, size_t i, const char *path)
{
	const struct jffs2_dirent *d = &fs->dirents[i];
	char hex[2 * FW_SHA256_SIZE + 1];
	uint8_t sum[FW_SHA256_SIZE];
	struct jffs2_content c;
	struct jffs2_ino *ino;

	fw_out_fact(fs->out, "jffs2.deleted", path);
	for (; d->ino == 0; d--)
		if (d == fs->dirents || d[-1].winner)
			return;
	ino = ino_find(fs, d->ino);
	if (ino == NULL || ino->path != NULL || ino->listed)
		return;
	jffs2_content(fs, ino, true, &c);
	if (!c.any || !c.whole || c.top.isize == 0 ||
	    type_of(d, &c) != FW_FILE)
		return;
	jffs2_content_sha256(fs, &c, sum);
	fw_hex(sum, sizeof(sum), hex);
	fw_out_factf(fs->out, "jffs2.deleted.sha256", "%s %s", hex, path);
}

/* Emits what lies in a folder and queues the folders in it. */
static void walk_folder(struct jffs2 *fs, const struct folder *f,
			struct folder *queue, size_t *queued)
{
	for (size_t i = folder_first(fs, f->ino);
	     i < fs->dirent_count && fs->dirents[i].pino == f->ino &&
	     fw_out_ok(fs->out);
	     i++) {
		const struct jffs2_dirent *d = &fs->dirents[i];
		bool odd;

		if (!dirent_live(d))
			continue;
		const char *path = path_of(fs, f->path, d->name, &odd);

		if (path == NULL)
			continue;
		struct jffs2_ino *ino = emit(fs, d, path, odd);

		if (ino == NULL || ino->listed || ino->ino == JFFS2_ROOT)
			continue;
		ino->listed = true;
		queue[(*queued)++] = (struct folder){ d->ino, path };
	}
}

void jffs2_tree(struct jffs2 *fs)
{
	struct folder *queue;
	size_t queued = 1;

	dirents_sort(fs);
	inos_make(fs);
	queue = fw_alloc(fw_out_arena(fs->out), fs->ino_count + 1,
			 sizeof(*queue));
	queue[0] = (struct folder){ JFFS2_ROOT, "" };
	for (size_t i = 0; i < queued && fw_out_ok(fs->out); i++)
		walk_folder(fs, &queue[i], queue, &queued);

	for (size_t k = 0; k < queued && fw_out_ok(fs->out); k++) {
		for (size_t i = folder_first(fs, queue[k].ino);
		     i < fs->dirent_count &&
		     fs->dirents[i].pino == queue[k].ino;
		     i++) {
			const struct jffs2_dirent *d = &fs->dirents[i];
			bool odd;
			const char *path;

			if (!d->winner || dirent_live(d))
				continue;
			path = path_of(fs, queue[k].path, d->name, &odd);
			if (path != NULL)
				say_deleted(fs, i, path);
		}
	}
}
