/* model.c - blobs, contents, entries and their paths */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "engine/model.h"

enum { SPOOL_BELOW = 4 << 20, FIRST_BUCKETS = 4096 };

int64_t fw_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- blobs --- */

struct blob *fw_blob_add(struct scan *s, int fd, uint64_t size)
{
	struct blob *b = fw_alloc(&s->arena, 1, sizeof(*b));

	*b = (struct blob){ fd, size, s->blobs };
	s->blobs = b;
	return b;
}

int fw_blob_temp(struct scan *s)
{
	return open(s->tmp_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* Between file systems the kernel may not copy by itself. */
static ssize_t copy_some(int from, off_t src, int to, off_t dst, size_t len)
{
	static char buf[1 << 16];
	ssize_t n =
		pread(from, buf, len < sizeof(buf) ? len : sizeof(buf), src);

	return n > 0 ? pwrite(to, buf, (size_t)n, dst) : n;
}

static bool append(int from, int to, uint64_t len, uint64_t at)
{
	off_t src = 0, dst = (off_t)at;
	bool plain = false;

	while (len > 0) {
		ssize_t n;

		if (plain) {
			n = copy_some(from, src, to, dst, len);
			src += n > 0 ? n : 0;
			dst += n > 0 ? n : 0;
		} else {
			n = copy_file_range(from, &src, to, &dst, len, 0);
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 && !plain) {
			plain = true;
			continue;
		}
		if (n <= 0)
			return false;
		len -= (uint64_t)n;
	}
	return true;
}

bool fw_blob_spool(struct scan *s, int fd, uint64_t len, struct blob **b,
		   uint64_t *at)
{
	if (s->spool == NULL) {
		int spool = fw_blob_temp(s);

		if (spool < 0)
			return false;
		s->spool = fw_blob_add(s, spool, 0);
	}
	/* Slices start on a page so that jobs can map them alone. */
	uint64_t start = (s->spool->size + 4095) & ~UINT64_C(4095);

	if (!append(fd, s->spool->fd, len, start))
		return false;
	close(fd);
	s->spool->size = start + len;
	*b = s->spool;
	*at = start;
	return true;
}

struct blob *fw_blob_keep(struct scan *s, int fd, uint64_t len, uint64_t *at)
{
	struct blob *b;

	*at = 0;
	if (len < SPOOL_BELOW && fw_blob_spool(s, fd, len, &b, at))
		return b;
	return fw_blob_add(s, fd, len);
}

/* --- contents --- */

static size_t bucket_of(const struct scan *s, const uint8_t *sha256)
{
	uint64_t h;

	memcpy(&h, sha256, sizeof(h));
	return h & (s->bucket_count - 1);
}

static void rehash(struct scan *s)
{
	size_t old_count = s->bucket_count;
	struct content **old = s->buckets;

	s->bucket_count = old_count ? 4 * old_count : FIRST_BUCKETS;
	s->buckets = fw_alloc(&s->arena, s->bucket_count, sizeof(*s->buckets));
	for (size_t i = 0; i < old_count; i++) {
		while (old[i] != NULL) {
			struct content *c = old[i];
			size_t b = bucket_of(s, c->sha256);

			old[i] = c->next_in_bucket;
			c->next_in_bucket = s->buckets[b];
			s->buckets[b] = c;
		}
	}
}

struct content *fw_content_of(struct scan *s, const struct entry *e,
			      const uint8_t sha256[FW_SHA256_SIZE])
{
	struct content *c;

	if (s->content_count >= s->bucket_count)
		rehash(s);
	size_t b = bucket_of(s, sha256);

	for (c = s->buckets[b]; c != NULL; c = c->next_in_bucket)
		if (c->len == e->len && !memcmp(c->sha256, sha256, 32))
			return c;
	c = fw_alloc(&s->arena, 1, sizeof(*c));
	*c = (struct content){ .next_in_bucket = s->buckets[b],
			       .id = (uint32_t)s->content_count++,
			       .depth = e->depth,
			       .len = e->len,
			       .blob = e->blob,
			       .at = e->at,
			       .some_name = e->meta.name };
	memcpy(c->sha256, sha256, FW_SHA256_SIZE);
	s->buckets[b] = c;
	return c;
}

/* --- entries --- */

struct entry *fw_entry_new(struct scan *s, struct content *container,
			   struct entry *parent, const struct fw_meta *m)
{
	struct entry *e = fw_alloc(&s->arena, 1, sizeof(*e));
	struct entry **first = parent ? &parent->first : NULL;
	struct entry **last = parent ? &parent->last : NULL;

	*e = (struct entry){ .parent = parent,
			     .container = container,
			     .meta = *m,
			     .offset = UINT64_MAX };
	if (parent == NULL && container != NULL) {
		first = &container->first;
		last = &container->last;
	}
	if (first != NULL) {
		if (*last == NULL)
			*first = e;
		else
			(*last)->next = e;
		*last = e;
	}
	e->depth = container ? container->depth + 1 : 0;
	s->objects++;
	return e;
}

void fw_fact_add(struct scan *s, struct fact_list *l, const char *key,
		 const char *value)
{
	l->v = fw_grow(&s->arena, l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct fw_fact){ key, value };
}

uint64_t fw_item_len(const struct job_item *it)
{
	return it->entry ? it->entry->len : it->content->len;
}

void fw_backlog_add(struct scan *s, struct backlog *b, struct entry *e,
		    struct content *c)
{
	b->v = fw_grow(&s->arena, b->v, &b->cap, b->n + 1, sizeof(*b->v));
	b->v[b->n++] = (struct job_item){ .entry = e, .content = c };
	b->bytes += fw_item_len(&b->v[b->n - 1]);
}

/* --- paths of one unpacking: (folder, part of a name) -> entry --- */

struct path_slot {
	struct entry *folder, *entry;
};

struct path_map {
	struct path_slot *slots;
	size_t count, used;
};

static uint64_t path_hash(const struct entry *folder, struct fw_view name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uintptr_t)folder;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ name.data[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

static struct path_slot *path_find(struct path_map *m, struct entry *folder,
				   struct fw_view name)
{
	size_t i = path_hash(folder, name) & (m->count - 1);

	while (m->slots[i].entry != NULL &&
	       (m->slots[i].folder != folder ||
		!fw_view_eq(fw_view_str(m->slots[i].entry->meta.name), name)))
		i = (i + 1) & (m->count - 1);
	return &m->slots[i];
}

static void path_grow(struct path_map *m)
{
	struct path_map old = *m;

	m->count = old.count ? 2 * old.count : 256;
	m->slots = calloc(m->count, sizeof(*m->slots));
	if (m->slots == NULL)
		abort();
	for (size_t i = 0; i < old.count; i++)
		if (old.slots[i].entry != NULL)
			*path_find(m, old.slots[i].folder,
				   fw_view_str(old.slots[i].entry->meta.name)) =
				old.slots[i];
	free(old.slots);
}

void fw_path_map_free(struct path_map *m)
{
	if (m != NULL)
		free(m->slots);
	free(m);
}

static struct path_slot *path_slot(struct job *j, struct entry *folder,
				   struct fw_view name)
{
	if (j->map == NULL) {
		j->map = calloc(1, sizeof(*j->map));
		if (j->map == NULL)
			abort();
	}
	if (2 * (j->map->used + 1) > j->map->count)
		path_grow(j->map);
	return path_find(j->map, folder, name);
}

static void merge_folder(struct entry *e, const struct fw_meta *m)
{
	const char *name = e->meta.name;

	e->meta = *m;
	e->meta.name = name;
}

/* Finds or makes the folder that the parts before the last name. */
static struct entry *path_folder(struct scan *s, struct job *j,
				 struct content *container,
				 struct fw_view *rest)
{
	struct entry *folder = NULL;
	struct fw_view part;
	size_t slash;

	for (;;) {
		while (rest->len > 0 && rest->data[0] == '/')
			*rest = fw_view_sub(*rest, 1, SIZE_MAX);
		while (rest->len > 0 && rest->data[rest->len - 1] == '/')
			rest->len--;
		slash = fw_view_find(*rest, FW_STR("/"), 0);
		if (slash == SIZE_MAX)
			return folder;
		part = fw_view_sub(*rest, 0, slash);
		*rest = fw_view_sub(*rest, slash + 1, SIZE_MAX);
		if (fw_view_eq(part, FW_STR(".")))
			continue;
		struct path_slot *slot = path_slot(j, folder, part);

		if (slot->entry == NULL) {
			struct fw_meta m = FW_META(.type = FW_DIR);

			m.name = fw_strdup(&s->arena, part);
			struct entry *e =
				fw_entry_new(s, container, folder, &m);

			slot->folder = folder;
			slot->entry = e;
			j->map->used++;
		}
		folder = slot->entry;
	}
}

struct entry *fw_path_entry(struct scan *s, struct job *j,
			    struct content *container, struct fw_meta *m)
{
	struct fw_view rest = fw_view_str(m->name);
	struct entry *folder = path_folder(s, j, container, &rest);

	m->name = fw_strdup(&s->arena, rest);
	struct path_slot *slot = path_slot(j, folder, rest);

	if (slot->entry != NULL) {
		/* A folder said twice is one folder; anything else said twice
		 * is two objects, and the later one is what paths lead to. */
		if (m->type == FW_DIR && slot->entry->meta.type == FW_DIR) {
			merge_folder(slot->entry, m);
			return slot->entry;
		}
		slot->entry = fw_entry_new(s, container, folder, m);
		return slot->entry;
	}
	slot->folder = folder;
	slot->entry = fw_entry_new(s, container, folder, m);
	j->map->used++;
	return slot->entry;
}

/* Once to measure, once to write: folders can be thousands deep. */
const char *fw_entry_path(struct fw_arena *a, const struct entry *e)
{
	size_t len = 0;

	for (const struct entry *up = e; up != NULL; up = up->parent)
		len += 1 + strlen(up->meta.name);
	char *path = fw_alloc(a, len + 1, 1), *end = path + len;

	for (const struct entry *up = e; up != NULL; up = up->parent) {
		size_t n = strlen(up->meta.name);

		end -= n;
		memcpy(end, up->meta.name, n);
		*--end = '/';
	}
	return path;
}

struct entry *fw_path_lookup(struct job *j, const char *path)
{
	struct fw_view rest = fw_view_str(path), part;
	struct entry *folder = NULL;

	if (j->map == NULL || j->map->count == 0)
		return NULL;
	while (fw_split(&rest, '/', &part)) {
		if (part.len == 0 || fw_view_eq(part, FW_STR(".")))
			continue;
		struct path_slot *slot = path_find(j->map, folder, part);

		if (slot->entry == NULL)
			return NULL;
		folder = slot->entry;
	}
	return folder;
}
