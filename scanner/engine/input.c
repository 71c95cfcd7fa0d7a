/* input.c - what the user handed in: files, folders, devices, standard input */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
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

struct folder {
	struct entry *entry;
	int fd;
	struct folder *next;
};

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static struct fw_meta meta_of(struct scan *s, const char *name,
			      const struct stat *st)
{
	struct fw_meta m = FW_META(
		.name = fw_strdup(&s->arena, fw_view_str(name)),
		.type = S_ISDIR(st->st_mode)   ? FW_DIR
			: S_ISLNK(st->st_mode) ? FW_LINK
					       : FW_FILE);
	return m;
}

static void folder_entry(struct scan *s, struct folder *f, const char *name,
			 struct folder **todo)
{
	char link[4096] = "";
	struct stat st;
	int fd;

	if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	struct fw_meta m = meta_of(s, name, &st);

	if (m.type == FW_LINK) {
		ssize_t n = readlinkat(f->fd, name, link, sizeof(link) - 1);

		m.link = fw_strdup(&s->arena,
				   fw_view_of(link, n > 0 ? (size_t)n : 0));
	}
	struct entry *e = fw_entry_new(s, NULL, f->entry, &m);

	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return; /* links and devices are named, not followed */
	fd = openat(f->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		unreadable(s, e, errno);
		return;
	}
	if (m.type == FW_DIR) {
		struct folder *sub = fw_alloc(&s->arena, 1, sizeof(*sub));

		*sub = (struct folder){ e, fd, *todo };
		*todo = sub;
	} else {
		with_bytes(s, e, fd, (uint64_t)st.st_size);
	}
}

static void walk_folder(struct scan *s, struct entry *root, int fd)
{
	struct folder first = { root, fd, NULL }, *todo = &first;

	while (todo != NULL) {
		struct folder *f = todo;
		struct dirent **names = NULL;
		int n = scandirat(f->fd, ".", &names, NULL, by_name);

		todo = f->next;
		if (n < 0)
			unreadable(s, f->entry, errno);
		for (int i = 0; i < n; i++) {
			if (strcmp(names[i]->d_name, ".") != 0 &&
			    strcmp(names[i]->d_name, "..") != 0)
				folder_entry(s, f, names[i]->d_name, &todo);
			free(names[i]);
		}
		free(names);
		close(f->fd);
	}
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
