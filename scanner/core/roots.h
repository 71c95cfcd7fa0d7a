/* roots.h - file systems of a finished tree, and paths inside them
 *
 * Correlators ask for "/etc/passwd of the file system that this program is in".
 */
#ifndef FW_CORE_ROOTS_H
#define FW_CORE_ROOTS_H

#include "core/analyzer.h"

struct fw_roots;

/* Calls look for each place of every image, identical bytes once an image, and
 * done behind the last of each with the image's place. For correlators that add
 * up what the places of an image say. */
struct fw_each {
	void (*look)(void *ctx, const struct fw_place *p, struct fw_out *out);
	void (*done)(void *ctx, uint32_t image, struct fw_out *out);
};
void fw_each_image(const struct fw_tree *t, struct fw_out *out,
		   const struct fw_each *each, void *ctx);

/* Looks at every place once; lives in a. */
struct fw_roots *fw_roots_of(const struct fw_tree *t, struct fw_arena *a);

/* The container that a place lies in: the file system, archive or image whose
 * files it is among. UINT32_MAX for an image. */
uint32_t fw_root_of(const struct fw_roots *r, uint32_t place);

/* "/etc/passwd": the path inside the container. Borrowed from the place. */
const char *fw_root_path(const struct fw_roots *r, uint32_t place);

/* Whether a container looks like the root of a system: it has at least three of
 * bin, sbin, etc, lib, usr, var, dev. */
bool fw_root_is_system(const struct fw_roots *r, uint32_t container);

/* The place at a path inside a container, or UINT32_MAX. Links are not
 * followed; "." and ".." are resolved, at most 64 parts. */
uint32_t fw_root_find(const struct fw_roots *r, uint32_t container,
		      const char *path);

/* The same, following up to 8 links, also in folders on the way. */
uint32_t fw_root_follow(const struct fw_roots *r, uint32_t container,
			const char *path);

/* The normal form of a link's target, seen from the folder of path: absolute
 * and without "." and ".."; *climbs when it leaves the root. NULL: too deep. */
const char *fw_root_target(struct fw_arena *a, const char *path,
			   const char *target, bool *climbs);

#endif
