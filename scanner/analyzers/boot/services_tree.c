/* services_tree.c - root file systems, and programs in them */
#include <stdio.h>

#include "analyzers/boot/services.h"

enum {
	LINKS_MAX = 12,
	PATH_MAX_BYTES = 1024,
	PARTS_MAX = 64,
	ROOTS_MAX = 64,
	ELSEWHERE_MAX = 64,
	ROOT_SIGNS = 3,
	INNER_SIGNS = 6 /* of a folder in a root */
};

static uint32_t hash_path(const char *s)
{
	uint32_t h = 2166136261U;

	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 16777619U;
	return h;
}

void svc_tree_init(struct svc_tree *s, const struct fw_tree *t,
		   struct fw_arena *a)
{
	uint32_t size = 16;

	while (size / 2 < t->count)
		size *= 2;
	*s = (struct svc_tree){ t, a, fw_alloc(a, size, sizeof(*s->slots)),
				size - 1 };
	for (uint32_t i = 0; i < t->count; i++) {
		uint32_t at = hash_path(t->places[i].path) & s->mask;

		/* Places of equal paths follow one another: the first counts.
		 */
		while (s->slots[at] != 0 &&
		       strcmp(t->places[s->slots[at] - 1].path,
			      t->places[i].path) != 0)
			at = (at + 1) & s->mask;
		if (s->slots[at] == 0)
			s->slots[at] = i + 1;
	}
}

static uint32_t at_path(const struct svc_tree *s, const char *path)
{
	uint32_t at = hash_path(path) & s->mask;

	for (; s->slots[at] != 0; at = (at + 1) & s->mask)
		if (strcmp(s->t->places[s->slots[at] - 1].path, path) == 0)
			return s->slots[at] - 1;
	return SVC_NONE;
}

static bool is_sign(const char *name)
{
	static const char *const signs[] = { "bin",  "dev",    "etc", "lib",
					     "proc", "sbin",   "sys", "usr",
					     "var",  "system", "tmp" };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strcmp(name, signs[i]) == 0)
			return true;
	return false;
}

struct svc_root *svc_roots(struct svc_tree *s, uint32_t *count)
{
	uint8_t *signs = fw_alloc(s->arena, s->t->count + 1U, 1), want;
	struct svc_root *r = fw_alloc(s->arena, ROOTS_MAX, sizeof(*r));
	uint32_t image = 0, n = 0;

	for (uint32_t i = 0; i < s->t->count; i++) {
		const struct fw_place *p = &s->t->places[i];

		if (p->parent != SVC_NONE && p->parent < i &&
		    signs[p->parent] < INNER_SIGNS &&
		    is_sign(fw_basename(p->path)))
			signs[p->parent]++;
	}
	for (uint32_t i = 0; i < s->t->count && n < ROOTS_MAX; i++) {
		const struct fw_place *p = &s->t->places[i];

		if (p->parent == SVC_NONE)
			image = i;
		/* /usr has bin, sbin and lib as well; it is no root. */
		want = p->format == NULL && n > 0 && i < r[n - 1].end
			       ? INNER_SIGNS
			       : ROOT_SIGNS;
		if (signs[i] < want)
			continue;
		uint32_t end = i + 1;
		size_t len = strlen(p->path);

		while (end < s->t->count &&
		       strncmp(s->t->places[end].path, p->path, len) == 0 &&
		       s->t->places[end].path[len] == '/')
			end++;
		r[n++] = (struct svc_root){ .place = i,
					    .end = end,
					    .image = image };
	}
	*count = n;
	return r;
}

/* A path being walked: what is done is below the root and has no links. */
struct walk {
	char done[PATH_MAX_BYTES], todo[PATH_MAX_BYTES];
	size_t root_len;
	unsigned links, parts;
};

static bool take_part(struct walk *w, char *part, size_t size)
{
	char *p = w->todo;

	while (*p == '/')
		p++;
	size_t n = strcspn(p, "/");

	if (n == 0 || n >= size)
		return false;
	memcpy(part, p, n);
	part[n] = '\0';
	memmove(w->todo, p + n, strlen(p + n) + 1);
	return true;
}

/* Puts a link's target in front of what is left. */
static bool follow(struct walk *w, const char *target)
{
	char rest[PATH_MAX_BYTES];

	if (++w->links > LINKS_MAX)
		return false;
	memcpy(rest, w->todo, sizeof(rest));
	if (target[0] == '/')
		w->done[w->root_len] = '\0';
	int n = snprintf(w->todo, sizeof(w->todo), "%s%s", target, rest);

	return n > 0 && (size_t)n < sizeof(w->todo);
}

static bool one_part(struct svc_tree *s, struct walk *w, const char *part)
{
	size_t n = strlen(w->done), add = strlen(part);

	if (strcmp(part, ".") == 0)
		return true;
	if (strcmp(part, "..") == 0) {
		char *slash = strrchr(w->done + w->root_len, '/');

		if (slash != NULL)
			*slash = '\0';
		return true;
	}
	if (n + add + 2 > sizeof(w->done))
		return false;
	w->done[n] = '/';
	memcpy(w->done + n + 1, part, add + 1);
	uint32_t i = at_path(s, w->done);

	if (i == SVC_NONE)
		return false;
	const struct fw_meta *m = s->t->places[i].meta;

	if (m == NULL || m->type != FW_LINK || m->link == NULL)
		return true;
	w->done[n] = '\0';
	return follow(w, m->link);
}

uint32_t svc_find(struct svc_tree *s, const struct svc_root *r,
		  const char *path)
{
	const char *base = s->t->places[r->place].path;
	struct walk w = { .root_len = strlen(base) };
	char part[256];

	if (w.root_len + 1 >= sizeof(w.done) || strlen(path) >= sizeof(w.todo))
		return SVC_NONE;
	memcpy(w.done, base, w.root_len + 1);
	memcpy(w.todo, path, strlen(path) + 1);
	while (w.parts++ < PARTS_MAX && take_part(&w, part, sizeof(part)))
		if (!one_part(s, &w, part))
			return SVC_NONE;
	return w.todo[strspn(w.todo, "/")] == '\0' ? at_path(s, w.done)
						   : SVC_NONE;
}

/* Folders that no partition of its own is mounted at. */
static bool is_system(const char *path)
{
	static const char *const heads[] = { "/bin/",	  "/sbin/",
					     "/usr/bin/", "/usr/sbin/",
					     "/lib/",	  "/etc/" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (strncmp(path, heads[i], strlen(heads[i])) == 0)
			return true;
	return false;
}

/* /system/bin/x, where /system is mounted from another partition: looked for
 * as bin/x in what else the images hold. */
static uint32_t other_partition(struct svc_tree *s, const struct svc_root *r,
				const char *path)
{
	const char *rest = strchr(path + 1, '/');
	char full[PATH_MAX_BYTES];
	unsigned tries = 0;

	if (path[0] != '/' || rest == NULL || is_system(path))
		return SVC_NONE;
	for (uint32_t i = 0; i < s->t->count && tries < ELSEWHERE_MAX; i++) {
		const struct fw_place *p = &s->t->places[i];

		if (p->format == NULL || i == r->place ||
		    i + 1 >= s->t->count || s->t->places[i + 1].parent != i)
			continue;
		tries++;
		if (snprintf(full, sizeof(full), "%s%s", p->path, rest) <
		    (int)sizeof(full)) {
			uint32_t at = at_path(s, full);

			if (at != SVC_NONE)
				return at;
		}
	}
	return SVC_NONE;
}

uint32_t svc_program(struct svc_tree *s, const struct svc_root *r,
		     const char *name, bool *elsewhere)
{
	static const char *const folders[] = {
		"/sbin",	   "/bin",
		"/usr/sbin",	   "/usr/bin",
		"/usr/local/sbin", "/usr/local/bin",
		"/system/bin",	   "/system/xbin"
	};
	char path[PATH_MAX_BYTES];

	*elsewhere = false;
	if (strchr(name, '/') != NULL) {
		uint32_t i = svc_find(s, r, name);

		if (i == SVC_NONE) {
			i = other_partition(s, r, name);
			*elsewhere = i != SVC_NONE;
		}
		return i;
	}
	for (size_t k = 0; k < sizeof(folders) / sizeof(folders[0]); k++) {
		snprintf(path, sizeof(path), "%s/%.200s", folders[k], name);
		uint32_t i = svc_find(s, r, path);

		if (i != SVC_NONE)
			return i;
	}
	return SVC_NONE;
}

const char *svc_path(const struct svc_tree *s, const struct svc_root *r,
		     uint32_t place)
{
	const char *path = s->t->places[place].path;
	size_t n = strlen(s->t->places[r->place].path);

	if (place > r->place && place < r->end)
		return path + n + 1;
	const char *slash = strchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}
