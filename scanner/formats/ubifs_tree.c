/* ubifs_tree.c - folders and files from the newest UBIFS nodes */
#include <stdlib.h>

#include "codec/codec.h"
#include "formats/ubifs.h"

enum { BLOCK = 4096, ROOT = 1, PATH_MAX_BYTES = 4096, DATA_AT = 48 };

void ubifs_add(struct ubifs *u, struct ubifs_table *t,
	       const struct ubifs_key *k)
{
	t->keys = fw_grow(fw_out_arena(u->out), t->keys, &t->cap, t->count + 1,
			  sizeof(*t->keys));
	t->keys[t->count++] = *k;
}

static int cmp(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static bool same(const struct ubifs_key *a, const struct ubifs_key *b)
{
	return a->ino == b->ino && a->low == b->low &&
	       fw_view_eq(a->name, b->name);
}

static int key_order(const void *a, const void *b)
{
	const struct ubifs_key *x = a, *y = b;
	int d = cmp(x->ino, y->ino);

	if (d == 0)
		d = cmp(x->low, y->low);
	if (d == 0)
		d = cmp(x->name.len, y->name.len);
	if (d == 0 && x->name.len > 0)
		d = memcmp(x->name.data, y->name.data, x->name.len);
	if (d == 0)
		d = cmp(x->sqnum, y->sqnum);
	return d != 0 ? d : cmp(x->off, y->off);
}

/* Sorts; keeps the newest of each key. Truncations are all kept. */
static void table_sort(struct ubifs_table *t, bool all)
{
	size_t n = 0;

	if (t->count == 0)
		return;
	qsort(t->keys, t->count, sizeof(*t->keys), key_order);
	for (size_t i = 0; i < t->count; i++)
		if (all || i + 1 == t->count ||
		    !same(&t->keys[i], &t->keys[i + 1]))
			t->keys[n++] = t->keys[i];
	t->count = n;
}

/* The first key of an inode or folder. */
static size_t first_of(const struct ubifs_table *t, uint32_t ino)
{
	size_t lo = 0, hi = t->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->keys[mid].ino < ino)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_of(const struct ubifs_table *t, size_t i, uint32_t ino)
{
	return i < t->count && t->keys[i].ino == ino;
}

/* Each truncation learns the least size that it and later ones left. */
static void truncations_join(struct ubifs_table *t)
{
	for (size_t i = t->count; i > 1; i--) {
		struct ubifs_key *a = &t->keys[i - 2], *b = &t->keys[i - 1];

		if (a->ino == b->ino && b->size < a->size)
			a->size = b->size;
	}
}

/* Whether a truncation after the block was written took it away. */
static bool truncated(const struct ubifs *u, const struct ubifs_key *k)
{
	const struct ubifs_table *t = &u->truns;
	size_t lo = 0, hi = t->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct ubifs_key *x = &t->keys[mid];

		if (x->ino < k->ino ||
		    (x->ino == k->ino && x->sqnum <= k->sqnum))
			lo = mid + 1;
		else
			hi = mid;
	}
	return is_of(t, lo, k->ino) &&
	       t->keys[lo].size <= (uint64_t)k->low * BLOCK;
}

static size_t block_decode(const struct ubifs *u, const struct ubifs_key *k,
			   uint8_t *dst, struct fw_err *err)
{
	static const enum fw_codec codecs[] = { FW_STORED, FW_LZO1X, FW_DEFLATE,
						FW_ZSTD };
	struct ubifs_node n = { .off = 0 };
	struct fw_cursor c;
	uint32_t size;
	uint16_t compr;

	(void)ubifs_node_at(u->v, k->off, &n);
	c = fw_cursor_of(n.raw);
	fw_seek(&c, DATA_AT - 8);
	size = fw_u32le(&c);
	compr = fw_u16le(&c);
	struct fw_view in = fw_view_sub(n.raw, DATA_AT, n.raw.len);
	size_t got = 0;

	*err = (struct fw_err){ FW_OK, NULL, 0, 0 };
	if (compr >= sizeof(codecs) / sizeof(codecs[0])) {
		*err = (struct fw_err){ FW_UNSUPPORTED, "compression", k->off,
					compr };
		return 0;
	}
	if (size > BLOCK)
		size = BLOCK;
	if (compr == 0) {
		got = in.len < size ? in.len : size;
		if (got > 0)
			memcpy(dst, in.data, got);
	} else {
		got = fw_decode(codecs[compr], in, dst, size, NULL, err);
	}
	if (got < size && err->code == FW_OK)
		*err = (struct fw_err){ FW_MALFORMED, "block", k->off, size };
	err->at = k->off;
	return got;
}

static void file_emit(struct ubifs *u, const struct fw_meta *m, uint32_t ino,
		      uint64_t size)
{
	struct fw_err err, first = { FW_OK, NULL, 0, 0 };
	uint8_t page[BLOCK];
	uint64_t pos = 0;

	fw_out_open(u->out, m);
	for (size_t i = first_of(&u->data, ino);
	     is_of(&u->data, i, ino) && fw_out_ok(u->out); i++) {
		const struct ubifs_key *k = &u->data.keys[i];
		uint64_t at = (uint64_t)k->low * BLOCK;

		if (at >= size || truncated(u, k))
			continue;
		size_t len = block_decode(u, k, page, &err);

		if (len > size - at)
			len = (size_t)(size - at);
		fw_out_zeros(u->out, at - pos);
		fw_out_write(u->out, fw_view_of(page, len));
		pos = at + len;
		if (first.code == FW_OK)
			first = err;
	}
	fw_out_zeros(u->out, size - pos);
	fw_out_damaged(u->out, &first);
}

static enum fw_type type_of(uint32_t mode)
{
	static const enum fw_type types[16] = {
		[1] = FW_FIFO, [2] = FW_CHARDEV, [4] = FW_DIR,
		[6] = FW_BLOCKDEV, [8] = FW_FILE, [10] = FW_LINK,
		[12] = FW_SOCKET,
	};

	return types[mode >> 12 & 15];
}

static void device_read(struct fw_view data, struct fw_meta *m)
{
	struct fw_cursor c = fw_cursor_of(data);
	uint32_t dev = fw_u32le(&c);

	m->rdev_major = dev >> 8 & 0xfff;
	m->rdev_minor = (dev & 0xff) | (dev >> 12 & 0xfff00);
}

/* Emits one name. Returns its inode where that is a folder to be walked. */
static struct ubifs_key *emit(struct ubifs *u, const struct ubifs_key *d,
			      const char *path, bool odd)
{
	size_t i = first_of(&u->inos, d->target);
	struct ubifs_key *k = is_of(&u->inos, i, d->target) ? &u->inos.keys[i]
							    : NULL;
	struct fw_meta m = FW_META(.name = path);
	struct fw_err err = { FW_MALFORMED, "name", d->off, d->target };
	struct ubifs_node n = { .off = 0 };
	struct ubifs_inode in = { .size = 0 };

	if (k != NULL && ubifs_node_at(u->v, k->off, &n)) {
		struct fw_cursor c = fw_cursor_of(n.raw);

		fw_skip(&c, ubifs_header_SIZE);
		ubifs_inode_read(&c, &in);
		struct fw_view data = fw_bytes(&c, in.data_len);

		m.type = type_of(in.mode);
		m.mode = in.mode & 07777;
		m.uid = in.uid;
		m.gid = in.gid;
		m.mtime = (int64_t)in.mtime;
		if (m.type == FW_LINK)
			m.link = fw_strdup(fw_out_arena(u->out), data);
		else if (m.type == FW_CHARDEV || m.type == FW_BLOCKDEV)
			device_read(data, &m);
	} else {
		err = (struct fw_err){ FW_TRUNCATED, "no inode", d->off,
				       d->target };
		odd = true;
	}
	if (k != NULL && k->path != NULL && m.type != FW_DIR) {
		m.type = FW_HARDLINK;
		m.link = k->path;
	} else if (k != NULL) {
		k->path = path;
	}
	if (m.type == FW_FILE)
		file_emit(u, &m, d->target, in.size);
	else
		fw_out_child(u->out, &m, (struct fw_view){ NULL, 0 });
	if (odd)
		fw_out_damaged(u->out, &err);
	return m.type == FW_DIR && k != NULL ? k : NULL;
}

/* NULL when too long; bytes that no name can hold are replaced. */
static const char *path_of(struct ubifs *u, const char *folder,
			   struct fw_view name, bool *odd)
{
	size_t len = strlen(folder);
	char *path;

	*odd = name.len == 0;
	if (len + name.len + 1 > PATH_MAX_BYTES)
		return NULL;
	path = fw_alloc(fw_out_arena(u->out), len + name.len + 2, 1);
	memcpy(path, folder, len);
	if (len > 0)
		path[len++] = '/';
	for (size_t i = 0; i < name.len; i++) {
		bool bad = name.data[i] == '/' || name.data[i] == 0;

		path[len++] = bad ? '_' : (char)name.data[i];
		*odd = *odd || bad;
	}
	return path;
}

struct folder {
	uint32_t ino;
	const char *path;
};

void ubifs_tree(struct ubifs *u)
{
	struct folder *queue;
	size_t queued = 1;

	table_sort(&u->inos, false);
	table_sort(&u->dents, false);
	table_sort(&u->data, false);
	table_sort(&u->truns, true);
	truncations_join(&u->truns);
	queue = fw_alloc(fw_out_arena(u->out), u->inos.count + 1,
			 sizeof(*queue));
	queue[0] = (struct folder){ ROOT, "" };
	for (size_t q = 0; q < queued && fw_out_ok(u->out); q++) {
		for (size_t i = first_of(&u->dents, queue[q].ino);
		     is_of(&u->dents, i, queue[q].ino) && fw_out_ok(u->out);
		     i++) {
			const struct ubifs_key *d = &u->dents.keys[i];
			bool odd;
			const char *path = path_of(u, queue[q].path, d->name,
						   &odd);

			if (path == NULL)
				continue;
			if (d->target == 0) {
				fw_out_fact(u->out, "ubifs.deleted", path);
				continue;
			}
			struct ubifs_key *k = emit(u, d, path, odd);

			if (k == NULL || k->listed || k->ino == ROOT)
				continue;
			k->listed = true;
			queue[queued++] = (struct folder){ k->ino, path };
		}
	}
}
