/* extract_manifest.c - what the disk cannot keep of the objects
 *
 * One line per object, written as the object is, so that memory does not grow
 * with the tree.
 */
#include <jansson.h>

#include "core/text.h"
#include "engine/extract_manifest.h"

void fw_manifest_begin(FILE *f)
{
	fputs("{\"objects\":[\n", f);
}

void fw_manifest_end(FILE *f)
{
	fputs("\n],\"schema\":\"assay.manifest/1\"}\n", f);
}

static json_t *number(uint64_t v, bool known)
{
	return known ? json_integer((json_int_t)v) : json_null();
}

/* Raw text of an image, escaped; null for none. */
static json_t *text(const char *s)
{
	struct fw_arena a = { 0 };
	json_t *v;

	if (s == NULL)
		return json_null();
	v = json_string(fw_escape(&a, fw_view_str(s)));
	fw_arena_free(&a);
	return v;
}

static json_t *digest(const struct fw_node *n)
{
	char hex[2 * FW_SHA256_SIZE + 1];

	if (!n->hashed)
		return json_null();
	fw_hex(n->sha256, FW_SHA256_SIZE, hex);
	return json_string(hex);
}

static json_t *device(const struct fw_meta *m)
{
	if (m->type != FW_CHARDEV && m->type != FW_BLOCKDEV)
		return json_null();
	return json_pack("{s:I,s:I}", "major", (json_int_t)m->rdev_major,
			 "minor", (json_int_t)m->rdev_minor);
}

void fw_manifest_add(FILE *f, const struct fw_node *n, const char *disk,
		     const char *why, bool first)
{
	const struct fw_meta *m = n->meta;
	json_t *o = json_object();

	json_object_set_new(o, "path", json_string(n->path));
	json_object_set_new(o, "disk", disk ? json_string(disk) : json_null());
	json_object_set_new(o, "left_out", why ? json_string(why) : json_null());
	json_object_set_new(o, "type", json_string(fw_type_name(m->type)));
	json_object_set_new(o, "mode", number(m->mode, m->mode != FW_NO_MODE));
	json_object_set_new(o, "uid", number(m->uid, m->uid != FW_NO_MODE));
	json_object_set_new(o, "gid", number(m->gid, m->gid != FW_NO_MODE));
	json_object_set_new(o, "mtime", m->mtime == 0 ? json_null()
						      : json_integer(m->mtime));
	json_object_set_new(o, "device", device(m));
	json_object_set_new(o, "target", text(m->link));
	json_object_set_new(o, "sha256", digest(n));
	json_object_set_new(o, "size", number(n->size, true));
	if (!first)
		fputs(",\n", f);
	json_dumpf(o, f, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(o);
}
