/* archive.c - members of an archive, read through libarchive
 *
 * A member that lies in the archive as it is becomes a part of the input, all
 * others are decoded piece by piece. Names stay what libarchive makes of them:
 * raw bytes, or UTF-8 where the format says in which character set they are.
 */
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "formats/archive.h"

enum { LATE_LINKS = 1024 };

/* A link whose data comes with a later member of the same number. */
struct late_link {
	struct fw_meta meta;
	int64_t ino;
	uint64_t dev;
	bool waiting;
};

struct walk {
	struct archive *a;
	struct fw_cursor *c;
	struct fw_out *out;
	const struct fw_archive *how;
	struct late_link *late; /* LATE_LINKS, or NULL */
	unsigned late_count;
};

static const struct fw_kind encrypted_member = {
	.id = "opaque/encrypted-member",
	.title = "Archive member is encrypted",
	.explanation = "Nobody without the password can say what this member "
		       "of an archive holds. An encrypted part of a firmware "
		       "image was not examined.",
	.ask_vendor = "What is in this member, and who knows its password?",
	.false_alarm = "Updates are sometimes encrypted as a whole; then the "
		       "decrypted update should be scanned instead.",
	.severity = FW_MEDIUM,
	.confidence = FW_SURE,
};
const struct fw_kind *const fw_archive_kinds[] = { &encrypted_member, NULL };

uint64_t fw_archive_padding(const struct fw_cursor *c, uint64_t off,
			    uint64_t align)
{
	uint64_t end = (off + align - 1) / align * align;

	if (off > c->v.len || end > c->v.len)
		return off;
	for (uint64_t i = off; i < end; i++)
		if (c->v.data[i] != 0)
			return off;
	return end;
}

bool fw_archive_number(struct fw_view field, unsigned base, uint64_t *n)
{
	size_t i = 0;

	*n = 0;
	while (i < field.len && field.data[i] == ' ')
		i++;
	for (; i < field.len; i++) {
		unsigned ch = field.data[i], d;

		if (ch >= '0' && ch <= '9')
			d = ch - '0';
		else if ((ch | 32) >= 'a' && (ch | 32) <= 'f')
			d = (ch | 32) - 'a' + 10;
		else
			break;
		if (d >= base || *n > (UINT64_MAX - d) / base)
			return false;
		*n = *n * base + d;
	}
	for (; i < field.len; i++)
		if (field.data[i] != ' ' && field.data[i] != 0)
			return false;
	return true;
}

/* What libarchive says in words only. */
static struct fw_err walk_err(const struct walk *w)
{
	const char *text = archive_error_string(w->a);
	struct fw_err err = { .code = FW_MALFORMED,
			      .what = "archive",
			      .at = (uint64_t)archive_filter_bytes(w->a, -1) };

	if (err.at > w->c->v.len)
		err.at = w->c->v.len;
	if (text == NULL && err.at < w->c->v.len)
		return err;
	if (text == NULL || strstr(text, "runcated") != NULL ||
	    strstr(text, "nd of file") != NULL ||
	    strstr(text, "nd-of-file") != NULL) {
		err.code = FW_TRUNCATED;
		err.what = "archive ends early";
	} else if (strstr(text, "nsupported") != NULL ||
		   strstr(text, "not supported") != NULL) {
		err.code = FW_UNSUPPORTED;
		err.what = "method of compression";
	}
	return err;
}

/* A copy without "/" and "./" in front and "/" behind. */
static const char *member_path(struct fw_out *out, const char *raw)
{
	size_t len;

	while (raw[0] == '/' || (raw[0] == '.' && raw[1] == '/'))
		raw += raw[0] == '/' ? 1 : 2;
	len = strlen(raw);
	while (len > 0 && raw[len - 1] == '/')
		len--;
	return fw_strdup(fw_out_arena(out), fw_view_of(raw, len));
}

static enum fw_type member_type(struct archive_entry *e)
{
	switch (archive_entry_filetype(e)) {
	case AE_IFDIR:
		return FW_DIR;
	case AE_IFLNK:
		return FW_LINK;
	case AE_IFCHR:
		return FW_CHARDEV;
	case AE_IFBLK:
		return FW_BLOCKDEV;
	case AE_IFIFO:
		return FW_FIFO;
	case AE_IFSOCK:
		return FW_SOCKET;
	default:
		return FW_FILE;
	}
}

static uint32_t id_of(int64_t id)
{
	return id >= 0 && id <= UINT32_MAX ? (uint32_t)id : FW_NO_MODE;
}

static struct fw_meta member_meta(struct walk *w, struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	const char *link = archive_entry_hardlink(e);
	struct fw_meta m = FW_META(.type = member_type(e));

	m.name = member_path(w->out, name != NULL ? name : "unnamed");
	m.mode = archive_entry_mode(e) & 07777;
	m.uid = id_of(archive_entry_uid(e));
	m.gid = id_of(archive_entry_gid(e));
	if (archive_entry_mtime_is_set(e))
		m.mtime = archive_entry_mtime(e);
	if (m.type == FW_CHARDEV || m.type == FW_BLOCKDEV) {
		m.rdev_major = (uint32_t)archive_entry_rdevmajor(e);
		m.rdev_minor = (uint32_t)archive_entry_rdevminor(e);
	}
	if (m.type == FW_LINK) {
		const char *to = archive_entry_symlink(e);

		m.link = fw_strdup(fw_out_arena(w->out),
				   fw_view_str(to != NULL ? to : ""));
	} else if (link != NULL && archive_entry_size(e) == 0) {
		m.type = FW_HARDLINK;
		m.link = member_path(w->out, link);
	}
	return m;
}

/* Decoded pieces from the one in hand on. at: end of what was written. */
static int write_pieces(struct walk *w, int r, struct fw_view piece, int64_t to,
			int64_t size)
{
	int64_t at = 0;

	while (r == ARCHIVE_OK || r == ARCHIVE_WARN) {
		const void *data = NULL;
		size_t len = 0;

		if (to > at)
			fw_out_zeros(w->out, (uint64_t)(to - at));
		if (piece.len > 0)
			fw_out_write(w->out, piece);
		at = (to > at ? to : at) + (int64_t)piece.len;
		if (r == ARCHIVE_WARN || !fw_out_ok(w->out))
			return r;
		r = archive_read_data_block(w->a, &data, &len, &to);
		piece = fw_view_of(data, len);
	}
	if (to > size) /* not every reader of libarchive sets it at the end */
		to = size;
	if (r == ARCHIVE_EOF && to > at) { /* a hole at the end */
		fw_out_zeros(w->out, (uint64_t)(to - at));
		at = to;
	}
	if (r == ARCHIVE_EOF && at < size) {
		struct fw_err err = { .code = FW_TRUNCATED,
				      .what = "member",
				      .at = w->c->v.len,
				      .value = (uint64_t)size };

		fw_out_damaged(w->out, &err);
	}
	return r;
}

/* Emits a regular file; what libarchive said at its end. */
static int emit_data(struct walk *w, const struct fw_meta *m, int64_t size)
{
	const void *data = NULL;
	size_t len = 0;
	int64_t at = 0;
	int r = archive_read_data_block(w->a, &data, &len, &at);
	struct fw_view piece = fw_view_of(data, len);
	bool whole = r == ARCHIVE_OK && at == 0 && size > 0 &&
		     len == (uint64_t)size && fw_view_inside(w->c->v, piece);

	if (!whole) {
		fw_out_open(w->out, m);
		return write_pieces(w, r, piece, at, size);
	}
	fw_out_child(w->out, m, piece);
	if (w->how->packages)
		fw_package_facts(w->out, m->name, piece);
	do
		r = archive_read_data_block(w->a, &data, &len, &at);
	while (r == ARCHIVE_OK && fw_out_ok(w->out));
	return r;
}

static void emit_late(struct walk *w, const struct fw_meta *m)
{
	fw_out_child(w->out, m,
		     m->type == FW_FILE ? fw_view_of(w->c->v.data, 0)
					: (struct fw_view){ NULL, 0 });
}

/* Remembers a link without data; the oldest gives way as an empty file. */
static void add_late(struct walk *w, struct archive_entry *e, struct fw_meta m)
{
	unsigned slot = w->late_count++ % LATE_LINKS;

	if (w->late == NULL)
		w->late = fw_alloc(fw_out_arena(w->out), LATE_LINKS,
				   sizeof(*w->late));
	if (w->late[slot].waiting)
		emit_late(w, &w->late[slot].meta);
	m.type = FW_FILE;
	m.link = NULL;
	w->late[slot] =
		(struct late_link){ m, archive_entry_ino64(e),
				    (uint64_t)archive_entry_dev(e), true };
}

/* The links that waited for the data of the member m, or for any: m NULL. */
static void end_late(struct walk *w, struct archive_entry *e,
		     const struct fw_meta *m)
{
	for (unsigned i = 0; w->late != NULL && i < LATE_LINKS; i++) {
		struct late_link *l = &w->late[i];

		if (!l->waiting ||
		    (m != NULL && (l->ino != archive_entry_ino64(e) ||
				   l->dev != (uint64_t)archive_entry_dev(e))))
			continue;
		if (m != NULL) {
			l->meta.type = FW_HARDLINK;
			l->meta.link = m->name;
		}
		emit_late(w, &l->meta);
		l->waiting = false;
	}
}

static void emit_encrypted(struct walk *w, const struct fw_meta *m)
{
	struct fw_err err = { .code = FW_UNSUPPORTED, .what = "encryption" };
	uint64_t at = (uint64_t)archive_filter_bytes(w->a, -1);

	err.at = at > w->c->v.len ? w->c->v.len : at;
	fw_out_child(w->out, m, (struct fw_view){ NULL, 0 });
	fw_out_damaged(w->out, &err);
	fw_out_finding(w->out, &encrypted_member, err.at, "%s", m->name);
}

static int emit_member(struct walk *w, struct archive_entry *e)
{
	struct fw_meta m = member_meta(w, e);
	bool shared = w->how->late_links && archive_entry_nlink(e) > 1;
	int r = ARCHIVE_OK;

	if (m.name[0] == 0 || (m.name[0] == '.' && m.name[1] == 0))
		return r; /* the folder that was packed */
	if (archive_entry_is_encrypted(e)) {
		emit_encrypted(w, &m);
		return r;
	}
	if (m.type != FW_FILE && !(shared && m.type == FW_HARDLINK)) {
		fw_out_child(w->out, &m, (struct fw_view){ NULL, 0 });
		return r;
	}
	if (shared && archive_entry_size(e) == 0) {
		add_late(w, e, m);
		return r;
	}
	r = emit_data(w, &m, archive_entry_size(e));
	if (r != ARCHIVE_EOF && fw_out_ok(w->out)) {
		struct fw_err err = walk_err(w);

		fw_out_damaged(w->out, &err);
	}
	if (shared)
		end_late(w, e, &m);
	return r;
}

/* Whether the walk ended because of a password: names may be hidden by it. */
static bool is_locked(const struct walk *w)
{
	const char *text = archive_error_string(w->a);

	return archive_read_has_encrypted_entries(w->a) == 1 ||
	       (text != NULL && strstr(text, "ncrypt") != NULL);
}

static void walk_all(struct walk *w)
{
	int r = ARCHIVE_OK;

	while (fw_out_ok(w->out)) {
		struct archive_entry *e = NULL;

		r = archive_read_next_header(w->a, &e);
		if (r == ARCHIVE_RETRY)
			continue;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			break;
		if (archive_format(w->a) == ARCHIVE_FORMAT_EMPTY)
			break;
		r = emit_member(w, e);
		if (r == ARCHIVE_FATAL)
			break;
	}
	end_late(w, NULL, NULL);
	if (fw_out_ok(w->out) && r != ARCHIVE_EOF) {
		struct fw_err err = walk_err(w);

		if (is_locked(w)) {
			err.code = FW_UNSUPPORTED;
			err.what = "encryption";
			fw_out_finding(w->out, &encrypted_member, err.at,
				       "What follows in the archive");
		}
		fw_fail_at(w->c, err.code, err.what, err.at, 0);
	}
}

void fw_archive_unpack(struct fw_cursor *c, struct fw_out *out,
		       const struct fw_archive *how)
{
	struct walk w = { .c = c, .out = out, .how = how };

	w.a = archive_read_new();
	if (w.a == NULL) {
		fw_fail(c, FW_IO, "memory", 0);
		return;
	}
	for (size_t i = 0; how->enable[i] != NULL; i++)
		how->enable[i](w.a);
	if (archive_read_open_memory(w.a, c->v.data, c->v.len) == ARCHIVE_OK) {
		walk_all(&w);
	} else {
		struct fw_err err = walk_err(&w);

		fw_fail_at(c, err.code, err.what, err.at, 0);
	}
	archive_read_free(w.a);
}
