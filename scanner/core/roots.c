/* roots.c - file systems of a finished tree, and paths inside them */
#include "core/roots.h"
#include "core/listing.h"

enum { PARTS_MAX = 64, LINKS_MAX = 8 };

struct fw_roots {
	const struct fw_tree *tree;
	struct fw_arena *arena;
	uint32_t *root;	   /* of each place */
	uint8_t *folders;  /* of each container: bits of the usual ones */
	uint32_t *buckets; /* place + 1, by container and path */
	size_t mask;
};

static const char *const usual[] = { "bin", "sbin", "etc", "lib",
				     "usr", "var",  "dev", NULL };

static bool is_folder(const struct fw_place *p)
{
	return p->meta->type == FW_DIR;
}

static uint64_t hash(uint32_t container, const char *path, size_t len)
{
	uint64_t h = 14695981039346656037U ^ container;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)path[i]) * 1099511628211U;
	return h ^ (h >> 29);
}

const char *fw_root_path(const struct fw_roots *r, uint32_t place)
{
	const struct fw_place *p = &r->tree->places[place];
	uint32_t root = r->root[place];

	return root == UINT32_MAX
		       ? "/"
		       : p->path + strlen(r->tree->places[root].path);
}

uint32_t fw_root_of(const struct fw_roots *r, uint32_t place)
{
	return r->root[place];
}

static void note_folder(struct fw_roots *r, uint32_t place)
{
	const char *path = fw_root_path(r, place);

	for (unsigned i = 0; usual[i] != NULL; i++)
		if (*path == '/' && strcmp(path + 1, usual[i]) == 0)
			r->folders[r->root[place]] |= (uint8_t)(1U << i);
}

static void add(struct fw_roots *r, uint32_t place)
{
	const char *path = fw_root_path(r, place);
	size_t at = hash(r->root[place], path, strlen(path)) & r->mask;

	while (r->buckets[at] != 0)
		at = (at + 1) & r->mask;
	r->buckets[at] = place + 1;
}

struct fw_roots *fw_roots_of(const struct fw_tree *t, struct fw_arena *a)
{
	struct fw_roots *r = fw_alloc(a, 1, sizeof(*r));
	size_t size = 16;

	while (size < 2 * (size_t)t->count)
		size *= 2;
	*r = (struct fw_roots){ .tree = t, .arena = a, .mask = size - 1 };
	r->root = fw_alloc(a, t->count + 1, sizeof(*r->root));
	r->folders = fw_alloc(a, t->count + 1, 1);
	r->buckets = fw_alloc(a, size, sizeof(*r->buckets));
	for (uint32_t i = 0; i < t->count; i++) {
		uint32_t up = t->places[i].parent;

		if (up == UINT32_MAX)
			r->root[i] = UINT32_MAX;
		else
			r->root[i] = is_folder(&t->places[up]) &&
						     r->root[up] != UINT32_MAX
					     ? r->root[up]
					     : up;
		if (up == UINT32_MAX)
			continue;
		add(r, i);
		if (is_folder(&t->places[i]) ||
		    t->places[i].meta->type == FW_LINK)
			note_folder(r, i);
	}
	return r;
}

bool fw_root_is_system(const struct fw_roots *r, uint32_t container)
{
	unsigned n = 0;

	if (container == UINT32_MAX)
		return false;
	for (unsigned bits = r->folders[container]; bits != 0; bits >>= 1)
		n += bits & 1;
	return n >= 3;
}

/* Appends the parts of path to a stack of parts; false: too many. */
static bool push_parts(struct fw_view path, struct fw_view *parts, size_t *n,
		       bool *climbs)
{
	struct fw_view part;

	while (fw_split(&path, '/', &part)) {
		if (part.len == 0 || fw_view_eq(part, FW_STR(".")))
			continue;
		if (fw_view_eq(part, FW_STR(".."))) {
			*climbs = *climbs || *n == 0;
			*n -= *n > 0;
			continue;
		}
		if (*n == PARTS_MAX)
			return false;
		parts[(*n)++] = part;
	}
	return true;
}

static const char *join(struct fw_arena *a, const struct fw_view *parts,
			size_t n)
{
	size_t len = 1;
	char *out, *p;

	for (size_t i = 0; i < n; i++)
		len += parts[i].len + 1;
	p = out = fw_alloc(a, len + 1, 1);
	for (size_t i = 0; i < n; i++) {
		*p++ = '/';
		memcpy(p, parts[i].data, parts[i].len);
		p += parts[i].len;
	}
	if (n == 0)
		*p++ = '/';
	return out;
}

const char *fw_root_target(struct fw_arena *a, const char *path,
			   const char *target, bool *climbs)
{
	struct fw_view parts[PARTS_MAX];
	bool none = false;
	size_t n = 0;

	*climbs = false;
	if (*target != '/') {
		if (!push_parts(fw_view_str(path), parts, &n, &none))
			return NULL;
		n -= n > 0; /* the link itself */
	}
	if (!push_parts(fw_view_str(target), parts, &n, climbs))
		return NULL;
	return join(a, parts, n);
}

static uint32_t lookup(const struct fw_roots *r, uint32_t container,
		       const char *path, size_t len)
{
	size_t at = hash(container, path, len) & r->mask;

	for (; r->buckets[at] != 0; at = (at + 1) & r->mask) {
		uint32_t place = r->buckets[at] - 1;
		const char *own = fw_root_path(r, place);

		if (r->root[place] == container && strlen(own) == len &&
		    memcmp(own, path, len) == 0)
			return place;
	}
	return UINT32_MAX;
}

uint32_t fw_root_find(const struct fw_roots *r, uint32_t container,
		      const char *path)
{
	bool climbs;
	const char *normal = fw_root_target(r->arena, "/", path, &climbs);

	return normal == NULL || container == UINT32_MAX
		       ? UINT32_MAX
		       : lookup(r, container, normal, strlen(normal));
}

/* The path with its first link replaced by what that points to; NULL: it has
 * none, and *at is its place if it is there. */
static const char *resolve_one(const struct fw_roots *r, uint32_t container,
			       const char *path, uint32_t *at)
{
	size_t len = strlen(path);

	*at = UINT32_MAX;
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && i != len)
			continue;
		*at = lookup(r, container, path, i);
		const struct fw_meta *m =
			*at == UINT32_MAX ? NULL : r->tree->places[*at].meta;

		if (m == NULL || m->type != FW_LINK || m->link == NULL)
			continue;
		bool climbs;
		const char *to = fw_root_target(r->arena, fw_root_path(r, *at),
						m->link, &climbs);

		return to == NULL ? NULL
				  : fw_sprintf(r->arena, "%s%s", to, path + i);
	}
	return NULL;
}

uint32_t fw_root_follow(const struct fw_roots *r, uint32_t container,
			const char *path)
{
	uint32_t at = UINT32_MAX;
	bool climbs;

	if (container == UINT32_MAX)
		return UINT32_MAX;
	path = fw_root_target(r->arena, "/", path, &climbs);
	for (unsigned i = 0; i < LINKS_MAX && path != NULL; i++) {
		const char *next = resolve_one(r, container, path, &at);

		if (next == NULL)
			break;
		path = fw_root_target(r->arena, "/", next, &climbs);
	}
	return at != UINT32_MAX && r->tree->places[at].meta->type != FW_LINK
		       ? at
		       : UINT32_MAX;
}

void fw_each_image(const struct fw_tree *t, struct fw_out *out,
		   const struct fw_each *each, void *ctx)
{
	uint32_t *seen =
		fw_alloc(fw_out_arena(out), fw_content_end(t), sizeof(*seen));
	uint32_t image = 0;

	for (uint32_t i = 0; i < t->count && fw_out_ok(out); i++) {
		const struct fw_place *p = &t->places[i];

		if (p->parent == UINT32_MAX && i > 0) {
			each->done(ctx, image, out);
			image = i;
		}
		if (p->content != UINT32_MAX) {
			if (seen[p->content] == image + 1)
				continue;
			seen[p->content] = image + 1;
		}
		each->look(ctx, p, out);
	}
	if (t->count > 0)
		each->done(ctx, image, out);
}
