/* extract.c - writes the tree of a finished scan to disk */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/arena.h"
#include "engine/extract.h"
#include "engine/extract_manifest.h"

enum {
	NAME_MAX_BYTES = 200, /* leaves room for what is put behind it */
	NAME_KEPT = 160,
	COPY_STEP = 1 << 20,
	PLAIN_TRIES = 9 /* NAME~2 to NAME~9, then NAME~ and its number */
};

/* Where children of a node go; without inside, nowhere. */
struct place {
	char *inside;	/* below the top, "" is the top itself */
	uint32_t level; /* folders between it and the top */
};

struct writer {
	const struct fw_result *r;
	struct fw_extract_report *rep;
	struct fw_arena arena;
	struct place *places; /* by node */
	FILE *manifest;
	int top;
	int folder; /* of the parent at hand, -1 for none */
	uint32_t folder_of;
	uint8_t *buf;
};

/* One object on its way to the disk. */
struct item {
	const struct fw_node *n;
	uint32_t index;
	const struct place *in;
	int at;		  /* its folder */
	const char *name; /* as written, with its suffix if it needed one */
	const char *why;  /* why it is not on disk, NULL if it is */
};

static int open_below(int at, const char *path, uint64_t flags, uint32_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW,
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, at, path, &how, sizeof(how));
}

static void failed(struct writer *w, const char *path, const char *why)
{
	if (w->rep->errors++ == 0)
		snprintf(w->rep->first, sizeof(w->rep->first), "%s: %s", path,
			 why);
}

/* strerror() in the arena: the text has to outlive the next error. */
static const char *reason(struct writer *w)
{
	return fw_strdup(&w->arena, fw_view_str(strerror(errno)));
}

static size_t utf8_cut(const char *s, size_t n)
{
	while (n > 0 && ((uint8_t)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* A name that is one part of a path and leaves room for suffixes. */
static const char *disk_name(struct writer *w, const char *name)
{
	size_t len = strlen(name);
	uint8_t sum[FW_SHA256_SIZE];
	char hex[2 * FW_SHA256_SIZE + 1];
	char *copy;

	if (len == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return fw_sprintf(&w->arena, "_%s", name);
	if (len > NAME_MAX_BYTES) {
		fw_sha256(fw_view_str(name), sum);
		fw_hex(sum, 8, hex);
		copy = fw_sprintf(&w->arena, "%.*s~%s",
				  (int)utf8_cut(name, NAME_KEPT), name, hex);
	} else {
		copy = fw_strdup(&w->arena, fw_view_str(name));
	}
	for (char *p = copy; *p != '\0'; p++)
		if (*p == '/')
			*p = '_';
	return copy;
}

static const char *nth_name(struct writer *w, const struct item *it,
			    const char *name, unsigned attempt)
{
	if (attempt == 1)
		return name;
	if (attempt <= PLAIN_TRIES)
		return fw_sprintf(&w->arena, "%s~%u", name, attempt);
	return fw_sprintf(&w->arena, "%s~%u", name, it->index);
}

enum make { MAKE_FILE, MAKE_FOLDER, MAKE_LINK };

static int make_one(const struct item *it, enum make what, const char *name)
{
	switch (what) {
	case MAKE_FILE:
		return open_below(it->at, name, O_CREAT | O_EXCL | O_WRONLY,
				  0600);
	case MAKE_FOLDER:
		return mkdirat(it->at, name, 0700);
	case MAKE_LINK:
		return symlinkat(it->n->meta->link, it->at, name);
	}
	return -1;
}

/* Makes a new entry; a name that is taken gets a suffix. Gives the descriptor
 * of a file, else 0; -1 with it->why set. */
static int make(struct writer *w, struct item *it, enum make what,
		const char *name)
{
	for (unsigned i = 1; i <= PLAIN_TRIES + 1; i++) {
		int fd;

		it->name = nth_name(w, it, name, i);
		fd = make_one(it, what, it->name);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			break;
	}
	it->why = reason(w);
	return -1;
}

static bool write_all(int fd, const uint8_t *p, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t k = pwrite(fd, p, n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		at += (uint64_t)k;
		n -= (size_t)k;
	}
	return true;
}

/* Copies by hand; false with errno set, 0 for a source that ends early. */
static bool copy_slowly(struct writer *w, int from, uint64_t at, int to,
			uint64_t done, uint64_t size)
{
	while (done < size) {
		size_t want = size - done < COPY_STEP ? (size_t)(size - done)
						      : COPY_STEP;
		ssize_t k = pread(from, w->buf, want, (off_t)(at + done));

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			errno = k == 0 ? 0 : errno;
			return false;
		}
		if (!write_all(to, w->buf, (size_t)k, done))
			return false;
		done += (uint64_t)k;
	}
	return true;
}

static bool copy(struct writer *w, int from, uint64_t at, int to, uint64_t size)
{
	uint64_t done = 0;

	if (at > INT64_MAX || size > INT64_MAX - at) {
		errno = EOVERFLOW;
		return false;
	}
	while (done < size) {
		off_t in = (off_t)(at + done), out = (off_t)done;
		uint64_t left = size - done;
		ssize_t k = copy_file_range(from, &in, to, &out,
					    left < (1u << 30) ? left : 1u << 30,
					    0);

		if (k < 0 && (errno == ENOSPC || errno == EDQUOT ||
			      errno == EFBIG || errno == EIO))
			return false;
		if (k <= 0) /* not between these two files, or the end */
			return copy_slowly(w, from, at, to, done, size);
		done += (uint64_t)k;
	}
	return true;
}

static uint32_t file_mode(const struct fw_meta *m)
{
	return m->mode == FW_NO_MODE ? 0644 : (m->mode & 0777) | 0600;
}

static uint32_t folder_mode(const struct fw_meta *m)
{
	return m->mode == FW_NO_MODE ? 0755 : (m->mode & 0777) | 0700;
}

static void write_file(struct writer *w, struct item *it, const char *name)
{
	const struct fw_node *n = it->n;
	int fd = make(w, it, MAKE_FILE, name);

	if (fd < 0)
		return;
	if (!copy(w, n->fd, n->at, fd, n->size))
		it->why = errno == 0 ? "the bytes end early" : reason(w);
	else if (fchmod(fd, file_mode(n->meta)) != 0)
		it->why = reason(w);
	if (close(fd) != 0 && it->why == NULL)
		it->why = reason(w); /* network file systems are full late */
	if (it->why != NULL) {
		/* Half a file would pass for the whole one. */
		unlinkat(it->at, it->name, 0);
		return;
	}
	w->rep->files++;
	w->rep->bytes += n->size;
}

/* Path of a new entry, below the top. */
static char *below(struct writer *w, const struct item *it)
{
	return it->in->inside[0] == '\0'
		       ? fw_strdup(&w->arena, fw_view_str(it->name))
		       : fw_sprintf(&w->arena, "%s/%s", it->in->inside,
				    it->name);
}

static void write_folder(struct writer *w, struct item *it, const char *name,
			 uint32_t mode)
{
	int fd;

	if (make(w, it, MAKE_FOLDER, name) < 0)
		return;
	fd = open_below(it->at, it->name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0 || fchmod(fd, mode) != 0)
		it->why = reason(w);
	if (fd >= 0)
		close(fd);
	if (it->why != NULL)
		return;
	w->rep->folders++;
	w->places[it->index] = (struct place){ .inside = below(w, it),
					       .level = it->in->level + 1 };
}

bool fw_extract_link_ok(const char *target, uint32_t level)
{
	bool named = false;

	if (target[0] == '/' || target[0] == '\0')
		return false;
	while (*target != '\0') {
		size_t n = strcspn(target, "/");

		if (n == 2 && memcmp(target, "..", 2) == 0) {
			/* Behind a name it would climb from wherever a link of
			 * that name leads to. */
			if (named || level == 0)
				return false;
			level--;
		} else if (n > 0 && !(n == 1 && target[0] == '.')) {
			named = true;
		}
		target += n;
		target += *target == '/';
	}
	return true;
}

static void write_link(struct writer *w, struct item *it, const char *name)
{
	const char *target = it->n->meta->link;

	if (target == NULL || !fw_extract_link_ok(target, it->in->level)) {
		it->why = "a link that leads outside";
		w->rep->left_out++;
		return;
	}
	if (make(w, it, MAKE_LINK, name) == 0)
		w->rep->links++;
}

/* The folder that the object goes into, opened once for a run of siblings. */
static void enter(struct writer *w, struct item *it)
{
	uint32_t up = it->n->parent;

	if (w->folder >= 0 && w->folder_of == up) {
		it->at = w->folder;
		return;
	}
	if (w->folder >= 0)
		close(w->folder);
	w->folder = open_below(w->top,
			       it->in->inside[0] ? it->in->inside : ".",
			       O_PATH | O_DIRECTORY, 0);
	w->folder_of = up;
	it->at = w->folder;
	if (w->folder < 0)
		it->why = reason(w);
}

/* Types that never reach the disk, whatever else they carry. */
static const char *never(const struct fw_node *n)
{
	switch (n->meta->type) {
	case FW_CHARDEV:
	case FW_BLOCKDEV:
		return "a device";
	case FW_FIFO:
	case FW_SOCKET:
		return "a pipe or socket";
	default:
		return NULL;
	}
}

static void write_item(struct writer *w, struct item *it)
{
	const struct fw_node *n = it->n;
	const char *name = disk_name(w, n->name);
	struct item inner = *it;

	it->why = never(n);
	if (it->why != NULL) {
		w->rep->left_out++;
		return;
	}
	enter(w, it);
	if (it->why != NULL)
		return;
	if (n->meta->type == FW_LINK) {
		write_link(w, it, name);
		return;
	}
	if (n->size == 0 && (n->meta->type == FW_DIR || n->child_count > 0)) {
		write_folder(w, it, name, folder_mode(n->meta));
		return;
	}
	if (n->size > 0 && n->fd < 0)
		it->why = "its bytes are not at hand";
	else
		write_file(w, it, name);
	if (n->child_count == 0)
		return;
	inner.at = it->at;
	write_folder(w, &inner, fw_sprintf(&w->arena, "%s.extracted", name),
		     0755);
	if (inner.why != NULL)
		failed(w, fw_sprintf(&w->arena, "%s.extracted", n->path),
		       inner.why);
}

static void write_node(struct writer *w, uint32_t index)
{
	static const struct place top = { .inside = "", .level = 0 };
	const struct fw_node *n = &w->r->nodes[index];
	struct item it = { .n = n, .index = index, .in = &top };
	uint64_t left_out = w->rep->left_out;

	if (n->parent != FW_NO_NODE)
		it.in = &w->places[n->parent];
	if (it.in->inside == NULL)
		it.why = "its folder could not be made";
	else
		write_item(w, &it);
	if (it.why != NULL && w->rep->left_out == left_out)
		failed(w, n->path, it.why);
	fw_manifest_add(w->manifest, n,
			it.why == NULL ? below(w, &it) : NULL, it.why,
			index == 0);
}

static bool is_empty(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own < 0 ? NULL : fdopendir(own);
	const struct dirent *e;
	bool empty = d != NULL;

	if (d == NULL) {
		if (own >= 0)
			close(own);
		return false;
	}
	while (empty && (e = readdir(d)) != NULL)
		empty = strcmp(e->d_name, ".") == 0 ||
			strcmp(e->d_name, "..") == 0;
	closedir(d);
	return empty;
}

/* The folder, made or found empty; the manifest takes its name first. */
static bool open_top(struct writer *w, const char *dir)
{
	int fd;

	/* Passwords and keys of the image are nobody else's business. */
	if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
		failed(w, dir, strerror(errno));
		return false;
	}
	w->top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->top < 0) {
		failed(w, dir, strerror(errno));
		return false;
	}
	if (!is_empty(w->top)) {
		failed(w, dir, "the folder is not empty");
		return false;
	}
	fd = open_below(w->top, "manifest.json", O_CREAT | O_EXCL | O_WRONLY,
			0644);
	w->manifest = fd < 0 ? NULL : fdopen(fd, "w");
	if (w->manifest == NULL) {
		failed(w, "manifest.json", strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	return true;
}

static void close_all(struct writer *w)
{
	if (w->manifest != NULL) {
		bool bad = ferror(w->manifest) != 0;

		if (fclose(w->manifest) != 0 || bad)
			failed(w, "manifest.json", "could not be written");
	}
	if (w->folder >= 0)
		close(w->folder);
	if (w->top >= 0)
		close(w->top);
	fw_arena_free(&w->arena);
}

bool fw_extract(const struct fw_result *r, const char *dir,
		struct fw_extract_report *rep)
{
	struct writer w = { .r = r, .rep = rep, .top = -1, .folder = -1 };

	*rep = (struct fw_extract_report){ 0 };
	if (open_top(&w, dir)) {
		w.buf = fw_alloc(&w.arena, COPY_STEP, 1);
		w.places =
			fw_alloc(&w.arena, r->node_count, sizeof(*w.places));
		fw_manifest_begin(w.manifest);
		for (size_t i = 0; i < r->node_count; i++)
			write_node(&w, (uint32_t)i);
		fw_manifest_end(w.manifest);
	}
	close_all(&w);
	return rep->errors == 0;
}
