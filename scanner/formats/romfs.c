/* romfs.c - Linux romfs
 *
 * Big endian; every header starts at a multiple of 16 bytes:
 *
 *	0   romfs_super, volume name (NUL, padded to 16), then the root's headers
 *	    file: romfs_file, name (NUL, padded to 16), data
 *
 * The words of a header and its name sum up to 0, and so do those of the first
 * 512 bytes of the image.
 *
 * Source: Linux Documentation/filesystems/romfs.rst, fs/romfs/super.c
 */
#include <stdlib.h>

#include "core/format.h"

/* clang-format off */
#define ROMFS_SUPER(U, B)                                               \
	B(8,   magic, "\"-rom1fs-\"")                                   \
	U(u32, size,  "bytes, this header included")                    \
	U(u32, sum,   "makes the first 512 bytes sum up to 0")
FW_RECORD(romfs_super, ROMFS_SUPER)

#define ROMFS_FILE(U, B)                                                \
	U(u32, next,  "next header; bits 0-2 type, bit 3 executable")   \
	U(u32, spec,  "first header, link's target, or device")         \
	U(u32, size,  "bytes of data")                                  \
	U(u32, sum,   "makes header and name sum up to 0")
FW_RECORD(romfs_file, ROMFS_FILE)
/* clang-format on */

enum {
	ROMFS_SUMMED = 512,
	ROMFS_ALIGN = 16,
	ROMFS_EXECUTABLE = 8,
	ROMFS_NAME_MAX = 1024,
	ROMFS_PATH_MAX = 4096
};

enum romfs_type {
	ROMFS_HARDLINK,
	ROMFS_DIR,
	ROMFS_REG,
	ROMFS_LINK,
	ROMFS_BLOCK,
	ROMFS_CHAR,
	ROMFS_SOCKET,
	ROMFS_FIFO
};

struct romfs_named {
	uint32_t at; /* of the header; of a hard link: of its target */
	const char *path;
};

struct romfs_list {
	struct romfs_named *items;
	size_t count, cap;
};

struct romfs {
	struct fw_cursor *c;
	struct fw_out *out;
	uint8_t *walked;	   /* a bit a header */
	struct romfs_list folders; /* left to walk: first header, path */
	struct romfs_list named, links;
	struct fw_err err;
};

static uint32_t sum_words(struct fw_view v)
{
	struct fw_cursor c = fw_cursor_of(v);
	uint32_t sum = 0;

	while (fw_left(&c) >= 4)
		sum += fw_u32be(&c);
	return sum;
}

/* A NUL-terminated name at the position; moves behind its padding. */
static struct fw_view read_name(struct fw_cursor *c)
{
	struct fw_view rest = fw_view_sub(c->v, c->pos, ROMFS_NAME_MAX);
	const uint8_t *end =
		rest.len > 0 ? memchr(rest.data, 0, rest.len) : NULL;

	if (end == NULL) {
		fw_fail(c,
			rest.len < ROMFS_NAME_MAX ? FW_TRUNCATED : FW_MALFORMED,
			"name", rest.len);
		return (struct fw_view){ NULL, 0 };
	}
	rest.len = (size_t)(end - rest.data);
	fw_skip(c, rest.len + 1);
	fw_align(c, ROMFS_ALIGN);
	return rest;
}

static void read_super(struct fw_cursor *c, struct romfs_super *s,
		       struct fw_view *volume)
{
	c->big_endian = true;
	romfs_super_read(c, s);
	fw_require(c, !memcmp(s->magic, "-rom1fs-", sizeof(s->magic)), "magic",
		   0);
	fw_require(c, s->size >= romfs_super_SIZE + ROMFS_ALIGN, "size",
		   s->size);
	*volume = read_name(c);
}

static uint64_t romfs_probe(struct fw_cursor *c)
{
	struct romfs_super s;
	struct fw_view volume;

	read_super(c, &s, &volume);
	if (!fw_ok(c))
		return 0;

	size_t n = s.size < ROMFS_SUMMED ? s.size : ROMFS_SUMMED;
	uint32_t sum = sum_words(fw_slice(c, 0, n));

	fw_require(c, sum == 0, "checksum", sum);
	if (fw_ok(c) && s.size > c->v.len)
		fw_fail_at(c, FW_TRUNCATED, "size", c->v.len, s.size);
	return s.size;
}

static void add(struct romfs *r, struct romfs_list *l, uint32_t at,
		const char *path)
{
	l->items = fw_grow(fw_out_arena(r->out), l->items, &l->cap,
			   l->count + 1, sizeof(*l->items));
	l->items[l->count++] = (struct romfs_named){ at, path };
}

/* Whether the header was walked before. */
static bool walked(struct romfs *r, uint32_t at)
{
	uint32_t bit = at / ROMFS_ALIGN;
	uint8_t mask = (uint8_t)(1u << bit % 8);
	bool was = (r->walked[bit / 8] & mask) != 0;

	r->walked[bit / 8] |= mask;
	return was;
}

static const char *join(struct romfs *r, const char *dir, struct fw_view name,
			bool *altered)
{
	size_t n = strlen(dir);
	char *path = fw_alloc(fw_out_arena(r->out), n + name.len + 2, 1);

	if (n > 0) {
		memcpy(path, dir, n);
		path[n++] = '/';
	}
	for (size_t i = 0; i < name.len; i++) {
		bool slash = name.data[i] == '/';

		path[n + i] = slash ? '_' : (char)name.data[i];
		*altered |= slash;
	}
	return path;
}

static struct fw_meta meta_of(const struct romfs_file *f, const char *path)
{
	static const struct {
		enum fw_type type;
		uint16_t mode;
	} kinds[8] = {
		{ FW_HARDLINK, 0 },   { FW_DIR, 0644 },	    { FW_FILE, 0644 },
		{ FW_LINK, 0777 },    { FW_BLOCKDEV, 0600 }, { FW_CHARDEV, 0600 },
		{ FW_SOCKET, 0644 },  { FW_FIFO, 0644 },
	};
	unsigned type = f->next & 7;
	struct fw_meta m = FW_META(.name = path, .type = kinds[type].type);

	m.mode = kinds[type].mode;
	if (f->next & ROMFS_EXECUTABLE)
		m.mode |= 0111;
	m.uid = 0;
	m.gid = 0;
	if (type == ROMFS_BLOCK || type == ROMFS_CHAR) {
		m.rdev_major = f->spec >> 16;
		m.rdev_minor = f->spec & 0xffff;
	}
	return m;
}

static void emit(struct romfs *r, const struct romfs_file *f, uint32_t at,
		 const char *path, struct fw_err *err)
{
	struct fw_cursor c = fw_cursor_of(r->c->v);
	struct fw_meta m = meta_of(f, path);
	unsigned type = f->next & 7;
	struct fw_view part = { NULL, 0 };

	if (type == ROMFS_REG || type == ROMFS_LINK) {
		uint64_t data = r->c->pos;
		size_t there = c.v.len - (size_t)data;

		part = fw_slice(&c, data, f->size < there ? f->size : there);
		if (f->size > there)
			fw_fail_at(&c, FW_TRUNCATED, "size", data, f->size);
		if (err->code == FW_OK)
			*err = c.err;
	}
	if (type == ROMFS_LINK) {
		part = fw_view_sub(part, 0, ROMFS_PATH_MAX);
		m.link = fw_strdup(fw_out_arena(r->out), part);
		part = (struct fw_view){ NULL, 0 };
	}
	if (type == ROMFS_DIR && strlen(path) > ROMFS_PATH_MAX)
		*err = (struct fw_err){ FW_LIMIT, "path's length", at, 0 };
	else if (type == ROMFS_DIR)
		add(r, &r->folders, f->spec & ~(ROMFS_ALIGN - 1u), path);
	add(r, &r->named, at, path);
	fw_out_child(r->out, &m, part);
	fw_out_damaged(r->out, err);
}

/* One header; returns the next one's offset, 0 at the end. */
static uint32_t read_file(struct romfs *r, uint32_t at, const char *dir)
{
	struct romfs_file f;
	struct fw_err err = { 0 };
	bool altered = false;

	fw_seek(r->c, at);
	romfs_file_read(r->c, &f);

	struct fw_view name = read_name(r->c);

	if (!fw_ok(r->c))
		return 0;
	if (fw_view_eq(name, FW_STR(".")) || fw_view_eq(name, FW_STR("..")))
		return f.next & ~(ROMFS_ALIGN - 1u);

	const char *path = join(r, dir, name, &altered);
	uint32_t sum = sum_words(fw_slice(r->c, at, r->c->pos - at));

	if (sum != 0)
		err = (struct fw_err){ FW_MALFORMED, "header's checksum", at,
				       sum };
	else if (altered)
		err = (struct fw_err){ FW_MALFORMED, "name", at, 0 };
	if ((f.next & 7) == ROMFS_HARDLINK)
		add(r, &r->links, f.spec & ~(ROMFS_ALIGN - 1u), path);
	else
		emit(r, &f, at, path, &err);
	return f.next & ~(ROMFS_ALIGN - 1u);
}

static void walk_folder(struct romfs *r, uint32_t first, const char *path)
{
	uint32_t at = first;

	while (at != 0 && fw_ok(r->c) && fw_out_ok(r->out)) {
		if (at >= r->c->v.len) {
			fw_fail_at(r->c, FW_TRUNCATED, "file header", at, at);
			break;
		}
		if (walked(r, at)) {
			fw_fail_at(r->c, FW_MALFORMED, "header met twice", at,
				   at);
			break;
		}
		at = read_file(r, at, path);
	}
	/* The other folders may be whole. */
	if (r->err.code == FW_OK)
		r->err = r->c->err;
	r->c->err = (struct fw_err){ 0 };
}

static int by_place(const void *a, const void *b)
{
	const struct romfs_named *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static void emit_links(struct romfs *r)
{
	const struct fw_view none = { NULL, 0 };

	if (r->named.count > 0)
		qsort(r->named.items, r->named.count,
		      sizeof(*r->named.items), by_place);
	for (size_t i = 0; i < r->links.count && fw_out_ok(r->out); i++) {
		struct romfs_named *l = &r->links.items[i], *to = NULL;
		struct fw_meta m =
			FW_META(.name = l->path, .type = FW_HARDLINK);
		struct fw_err err = { FW_MALFORMED, "link's target", l->at, 0 };

		if (r->named.count > 0)
			to = bsearch(l, r->named.items, r->named.count,
				     sizeof(*l), by_place);
		if (to == NULL)
			m.type = FW_FILE;
		else
			m.link = to->path;
		fw_out_child(r->out, &m, none);
		if (to == NULL)
			fw_out_damaged(r->out, &err);
	}
}

static void romfs_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct romfs r = { .c = c, .out = out };
	struct romfs_super s;
	struct fw_view volume;

	read_super(c, &s, &volume);
	if (!fw_ok(c))
		return;
	if (volume.len > 0)
		fw_out_fact(out, "romfs.volume",
			    fw_strdup(fw_out_arena(out), volume));
	r.walked = fw_alloc(fw_out_arena(out),
			    c->v.len / ROMFS_ALIGN / 8 + 1, 1);
	add(&r, &r.folders, (uint32_t)c->pos, "");
	while (r.folders.count > 0 && fw_out_ok(out)) {
		struct romfs_named f = r.folders.items[--r.folders.count];

		walk_folder(&r, f.at, f.path);
	}
	emit_links(&r);
	if (s.size > c->v.len)
		fw_fail_at(c, FW_TRUNCATED, "size", c->v.len, s.size);
	else
		c->err = r.err;
}

const struct fw_format fw_format_romfs = {
	.name = "romfs",
	.title = "Linux romfs file system",
	.class = FW_FILESYSTEM,
	.bits = 64 + 32, /* magic and checksum */
	.magic = { { "-rom1fs-", 8, 0 } },
	.probe = romfs_probe,
	.unpack = romfs_unpack,
};
