/* input.c - what the user handed in: files, folders, devices, standard input */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/model.h"

static bool give_up(char *err, size_t err_len, const char *path, int error)
{
	snprintf(err, err_len, "%s: %s", path, strerror(error));
	return false;
}

static void add_image(struct scan *s, struct entry *e)
{
	size_t cap = s->image_count;

	s->images = fw_grow(&s->arena, s->images, &cap, s->image_count + 1,
			    sizeof(struct entry *));
	s->images[s->image_count++] = e;
}

static const char *image_name(struct scan *s, const char *path)
{
	struct fw_view v = fw_view_str(path);

	while (v.len > 1 && v.data[v.len - 1] == '/')
		v.len--;
	const char *name = fw_basename(fw_strdup(&s->arena, v));

	return strcmp(path, "-") == 0 ? "stdin" : name;
}

static void with_bytes(struct scan *s, struct entry *e, int fd, uint64_t size)
{
	e->blob = fw_blob_add(s, fd, size);
	e->len = size;
	fw_backlog_add(s, &s->hash, e, NULL);
}

static void unreadable(struct scan *s, struct entry *e, int error)
{
	e->state = FW_STATE_OVER_LIMIT;
	e->note = fw_sprintf(&s->arena, "cannot be read: %s", strerror(error));
	fw_limit_note(s, "host", "files that cannot be read");
}

static uint64_t size_of(int fd, const struct stat *st)
{
	off_t end;

	if (S_ISREG(st->st_mode))
		return (uint64_t)st->st_size;
	end = lseek(fd, 0, SEEK_END);
	return end > 0 ? (uint64_t)end : 0;
}

/* Standard input, and pipes given by name: kept in a temporary file first. */
static bool spool_stream(struct scan *s, struct entry *e, int from,
			 const char *path, char *err, size_t err_len)
{
	char *buf = malloc(1 << 16);
	int fd = fw_blob_temp(s);
	uint64_t size = 0;
	ssize_t n = -1;

	if (fd < 0 || buf == NULL) {
		free(buf);
		return give_up(err, err_len, s->tmp_dir, errno);
	}
	while ((n = read(from, buf, 1 << 16)) > 0) {
		if (write(fd, buf, (size_t)n) != n) {
			free(buf);
			return give_up(err, err_len, s->tmp_dir, errno);
		}
		size += (uint64_t)n;
	}
	free(buf);
	if (n < 0)
		return give_up(err, err_len, path, errno);
	with_bytes(s, e, fd, size);
	return true;
}

/* --- a folder: the dumps of one device --- */

enum { HELD_MAX = 64, HELD_LARGE_MAX = 256, COPIED_BELOW = 4 << 20 };

/* Folders wait by name and are opened in turn: neither their number nor that of
 * the files in them is bounded by descriptors. */
struct folder {
	struct entry *entry;
	const char *path; /* below the image; "." is the image itself */
	struct folder *next;
};

struct walk {
	struct scan *s;
	int top;
	struct folder *todo;
	unsigned held; /* descriptors of files that are kept open */
};

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static struct fw_meta meta_of(struct scan *s, const char *name,
			      const struct stat *st)
{
	struct fw_meta m =
		FW_META(.name = fw_strdup(&s->arena, fw_view_str(name)),
			.type = S_ISDIR(st->st_mode)   ? FW_DIR
				: S_ISLNK(st->st_mode) ? FW_LINK
						       : FW_FILE);
	return m;
}

/* A few files, and some large ones, are read where they are. The others are
 * copied behind one another: a folder may have more files than a process may
 * have descriptors. */
static void folder_file(struct walk *w, struct entry *e, int fd, uint64_t size)
{
	unsigned most = size < COPIED_BELOW ? HELD_MAX : HELD_LARGE_MAX;

	if (w->held >= most &&
	    fw_blob_spool(w->s, fd, size, &e->blob, &e->at)) {
		e->len = size;
		fw_backlog_add(w->s, &w->s->hash, e, NULL);
		return;
	}
	w->held++;
	with_bytes(w->s, e, fd, size);
}

static void folder_later(struct walk *w, struct entry *e,
			 const struct folder *in, const char *name)
{
	struct folder *sub = fw_alloc(&w->s->arena, 1, sizeof(*sub));

	*sub = (struct folder){
		e, fw_sprintf(&w->s->arena, "%s/%s", in->path, name), w->todo
	};
	w->todo = sub;
}

static void folder_entry(struct walk *w, const struct folder *f, int at,
			 const char *name)
{
	char link[4096] = "";
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	struct fw_meta m = meta_of(w->s, name, &st);

	if (m.type == FW_LINK) {
		ssize_t n = readlinkat(at, name, link, sizeof(link) - 1);

		m.link = fw_strdup(&w->s->arena,
				   fw_view_of(link, n > 0 ? (size_t)n : 0));
	}
	struct entry *e = fw_entry_new(w->s, NULL, f->entry, &m);

	if (m.type == FW_DIR)
		folder_later(w, e, f, name);
	if (!S_ISREG(st.st_mode))
		return; /* links and devices are named, not followed */
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		unreadable(w->s, e, errno);
	else
		folder_file(w, e, fd, (uint64_t)st.st_size);
}

/* No link on the way: a folder may have become one since it was seen. */
static int open_folder(const struct walk *w, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, w->top, path, &how, sizeof(how));
}

static void walk_one(struct walk *w, const struct folder *f)
{
	struct dirent **names = NULL;
	int at = open_folder(w, f->path);
	int n = at < 0 ? -1 : scandirat(at, ".", &names, NULL, by_name);

	if (n < 0)
		unreadable(w->s, f->entry, errno);
	for (int i = 0; i < n; i++) {
		if (strcmp(names[i]->d_name, ".") != 0 &&
		    strcmp(names[i]->d_name, "..") != 0)
			folder_entry(w, f, at, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (at >= 0)
		close(at);
}

static void walk_folder(struct scan *s, struct entry *root, int fd)
{
	struct folder first = { root, ".", NULL };
	struct walk w = { .s = s, .top = fd, .todo = &first };

	while (w.todo != NULL) {
		const struct folder *f = w.todo;

		w.todo = f->next;
		walk_one(&w, f);
	}
	close(fd);
}

static bool open_image(struct scan *s, const char *path, char *err,
		       size_t err_len)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return give_up(err, err_len, path, errno);
	struct fw_meta m = meta_of(s, image_name(s, path), &st);
	struct entry *e = fw_entry_new(s, NULL, NULL, &m);

	add_image(s, e);
	if (S_ISDIR(st.st_mode)) {
		walk_folder(s, e, fd);
		return true;
	}
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) {
		with_bytes(s, e, fd, size_of(fd, &st));
		return true;
	}
	bool ok = spool_stream(s, e, fd, path, err, err_len);

	close(fd);
	return ok;
}

bool fw_input_open(struct scan *s, char *err, size_t err_len)
{
	for (size_t i = 0; i < s->opt.image_count; i++)
		if (!open_image(s, s->opt.images[i], err, err_len))
			return false;
	return true;
}
