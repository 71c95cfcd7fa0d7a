/* fit.c - U-Boot flattened image tree (.itb)
 *
 * Layout: a device tree (devtree.c) with
 *
 *	/images/NAME            data, or data-offset (from the tree's end, rounded
 *	                        up to 4) or data-position (from its start) with
 *	                        data-size; type arch os compression load entry
 *	/images/NAME/hash...    algo, value over the data
 *	/.../signature...       algo, key-name-hint, value
 *	/configurations/NAME    which images go together
 *
 * Source: Flat Image Tree specification, U-Boot doc/usage/fit
 */
#include "formats/devtree.h"
#include "formats/integrity.h"

enum { FIT_HASHES = 8, FIT_IMAGE = 3, FIT_HASH = 4, FIT_HASHED_TIMES = 4 };

struct fit_hash {
	struct fw_view node, algo, value;
};

struct fit_image {
	struct fw_view data, type, arch, os, compression, description;
	uint64_t offset, position, size, load, entry;
	bool at_offset, at_position;
	struct fit_hash hash[FIT_HASHES];
	unsigned hashes;
};

struct fit {
	struct devtree t;
	struct fw_cursor *c;
	struct fit_image image;
	struct fit_hash signature;
	uint64_t budget; /* bytes that may still be hashed */
	uint64_t end;	 /* of tree and data outside of it */
	unsigned images;
};

/* A property's text without its NUL. */
static struct fw_view fit_text(struct fw_view v)
{
	while (v.len > 0 && v.data[v.len - 1] == 0)
		v.len--;
	return v;
}

static bool fit_in_image(const struct devtree_walk *w)
{
	return w->depth >= FIT_IMAGE &&
	       fw_view_eq(w->path[1], FW_STR("images"));
}

static void fit_image_property(struct fit_image *i, struct fw_view name,
			       struct fw_view value)
{
	const struct {
		struct fw_view name;
		struct fw_view *text;
		uint64_t *number;
	} rows[] = {
		{ FW_STR("type"), &i->type, NULL },
		{ FW_STR("arch"), &i->arch, NULL },
		{ FW_STR("os"), &i->os, NULL },
		{ FW_STR("compression"), &i->compression, NULL },
		{ FW_STR("description"), &i->description, NULL },
		{ FW_STR("data-size"), NULL, &i->size },
		{ FW_STR("data-offset"), NULL, &i->offset },
		{ FW_STR("data-position"), NULL, &i->position },
		{ FW_STR("load"), NULL, &i->load },
		{ FW_STR("entry"), NULL, &i->entry },
	};

	if (fw_view_eq(name, FW_STR("data")))
		i->data = value;
	i->at_offset |= fw_view_eq(name, FW_STR("data-offset"));
	i->at_position |= fw_view_eq(name, FW_STR("data-position"));
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		if (!fw_view_eq(name, rows[k].name))
			continue;
		if (rows[k].text != NULL)
			*rows[k].text = fit_text(value);
		else
			*rows[k].number = devtree_number(value);
	}
}

static void fit_hash_property(struct fit_hash *h, struct fw_view name,
			      struct fw_view value)
{
	if (fw_view_eq(name, FW_STR("algo")))
		h->algo = fit_text(value);
	else if (fw_view_eq(name, FW_STR("value")))
		h->value = value;
}

/* Finds data that stands outside of the tree. */
static void fit_locate(struct fit *f)
{
	struct fit_image *i = &f->image;
	uint64_t at = i->position;

	if (i->at_offset && !i->at_position) {
		at = ((uint64_t)f->t.len + 3) & ~(uint64_t)3;
		fw_require(f->c, i->offset <= UINT32_MAX, "data offset",
			   i->offset);
		at += i->offset;
	}
	if (!i->at_offset && !i->at_position)
		return;
	i->data = fw_slice(f->c, at, i->size);
	if (fw_ok(f->c) && at + i->size > f->end)
		f->end = at + i->size;
}

/* Keeps what a property says; true where it belongs to an image. */
static void fit_property(struct fit *f, const struct devtree_walk *w)
{
	struct fw_view node = w->path[w->depth - 1];

	if (fw_view_starts(node, FW_STR("signature"))) {
		fit_hash_property(&f->signature, w->name, w->value);
		if (fw_view_eq(w->name, FW_STR("key-name-hint")))
			f->signature.node = fit_text(w->value);
	}
	if (!fit_in_image(w))
		return;
	if (w->depth == FIT_IMAGE)
		fit_image_property(&f->image, w->name, w->value);
	else if (w->depth == FIT_HASH && f->image.hashes > 0 &&
		 fw_view_starts(node, FW_STR("hash")))
		fit_hash_property(&f->image.hash[f->image.hashes - 1], w->name,
				  w->value);
}

static void fit_enter(struct fit *f, const struct devtree_walk *w)
{
	struct fw_view node = w->path[w->depth - 1];

	if (fw_view_starts(node, FW_STR("signature")))
		f->signature = (struct fit_hash){ 0 };
	if (!fit_in_image(w))
		return;
	if (w->depth == FIT_IMAGE)
		f->image = (struct fit_image){ 0 };
	else if (w->depth == FIT_HASH && f->image.hashes < FIT_HASHES &&
		 fw_view_starts(node, FW_STR("hash")))
		f->image.hash[f->image.hashes++].node = node;
}

static bool fit_open(struct fw_cursor *c, struct fit *f)
{
	*f = (struct fit){ .c = c, .budget = FIT_HASHED_TIMES * c->v.len };
	devtree_open(c, &f->t);
	f->end = f->t.len;
	return fw_ok(c);
}

static uint64_t fit_probe(struct fw_cursor *c)
{
	struct fit f;
	struct devtree_walk w;
	enum devtree_event e;

	if (!fit_open(c, &f))
		return 0;
	w = devtree_begin(&f.t);
	while (fw_ok(c) && (e = devtree_next(&w)) != DEVTREE_END) {
		if (e == DEVTREE_NODE)
			fit_enter(&f, &w);
		else if (e == DEVTREE_PROP)
			fit_property(&f, &w);
		if (e == DEVTREE_LEAVE && fit_in_image(&w) &&
		    w.depth == FIT_IMAGE) {
			f.images++;
			fit_locate(&f);
		}
	}
	fw_require(c, fw_ok(&w.c) && f.images > 0, "images", f.images);
	return f.end;
}

/* 1 right, 0 wrong, -1 cannot be told. */
static int fit_verify(const struct fit_hash *h, struct fw_view data)
{
	uint8_t sum[FW_SHA256_SIZE];
	size_t len = 0;

	if (fw_view_eq(h->algo, FW_STR("crc32"))) {
		uint32_t crc = fw_crc32(0, data);

		len = 4;
		for (size_t i = 0; i < len; i++)
			sum[i] = (uint8_t)(crc >> (24 - 8 * i));
	} else if (fw_view_eq(h->algo, FW_STR("md5"))) {
		len = FW_MD5_SIZE;
		fw_md5(data, sum);
	} else if (fw_view_eq(h->algo, FW_STR("sha1"))) {
		len = FW_SHA1_SIZE;
		fw_sha1(data, sum);
	} else if (fw_view_eq(h->algo, FW_STR("sha256"))) {
		len = FW_SHA256_SIZE;
		fw_sha256(data, sum);
	} else {
		return -1;
	}
	return fw_view_eq(h->value, fw_view_of(sum, len));
}

static void fit_check(struct fit *f, const char *name, struct fw_out *out)
{
	for (unsigned i = 0; i < f->image.hashes; i++) {
		const struct fit_hash *h = &f->image.hash[i];
		int ok = -1;

		if (f->image.data.len <= f->budget) {
			f->budget -= f->image.data.len;
			ok = fit_verify(h, f->image.data);
		}
		fw_out_factf(out, "fit.hash", "%s %.*s %s", name,
			     FW_FMT(h->algo),
			     ok < 0 ? "unchecked" : ok ? "ok" : "wrong");
		if (ok == 0)
			fw_out_finding(out, &integrity_mismatch,
				       h->value.data != NULL ?
					       fw_view_at(f->c->v, h->value) :
					       0,
				       "stored %.*s of image %s is wrong",
				       FW_FMT(h->algo), name);
	}
}

static const char *fit_name(struct fw_view node, struct fw_out *out)
{
	char *name = fw_strdup(fw_out_arena(out), node);

	for (size_t i = 0; i < node.len; i++)
		if (name[i] == '/')
			name[i] = '_';
	return name;
}

static void fit_emit(struct fit *f, struct fw_view node, struct fw_out *out)
{
	struct fit_image *i = &f->image;
	struct fw_meta meta = FW_META(.name = fit_name(node, out),
				      .type = FW_REGION);

	fit_locate(f);
	if (!fw_ok(f->c))
		return;
	fw_out_factf(out, "fit.image",
		     "%s: type=%.*s arch=%.*s os=%.*s compression=%.*s "
		     "load=0x%llx entry=0x%llx",
		     meta.name, FW_FMT(i->type), FW_FMT(i->arch), FW_FMT(i->os),
		     FW_FMT(i->compression), (unsigned long long)i->load,
		     (unsigned long long)i->entry);
	if (i->data.data == NULL)
		return;
	fw_out_child(out, &meta, i->data);
	fit_check(f, meta.name, out);
}

static void fit_leave(struct fit *f, const struct devtree_walk *w,
		      struct fw_out *out)
{
	struct fw_view node = w->path[w->depth - 1];

	if (fw_view_starts(node, FW_STR("signature")) && w->depth > 2)
		fw_out_factf(out, "fit.signature", "%.*s/%.*s %.*s key %.*s",
			     FW_FMT(w->path[w->depth - 2]), FW_FMT(node),
			     FW_FMT(f->signature.algo),
			     FW_FMT(f->signature.node));
	if (fit_in_image(w) && w->depth == FIT_IMAGE)
		fit_emit(f, node, out);
	else if (devtree_at(w, 3, 1, FW_STR("configurations")))
		fw_out_factf(out, "fit.configuration", "%.*s", FW_FMT(node));
}

static void fit_facts(const struct devtree_walk *w, struct fw_out *out)
{
	struct fw_view text = fit_text(w->value);

	if (w->depth == 1 && fw_view_eq(w->name, FW_STR("description")))
		fw_out_factf(out, "fit.description", "%.*s", FW_FMT(text));
	if (devtree_at(w, 2, 1, FW_STR("configurations")) &&
	    fw_view_eq(w->name, FW_STR("default")))
		fw_out_factf(out, "fit.default", "%.*s", FW_FMT(text));
}

static void fit_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fit f;
	struct devtree_walk w;
	enum devtree_event e;

	if (!fit_open(c, &f))
		return;
	w = devtree_begin(&f.t);
	while (fw_ok(c) && fw_out_ok(out) &&
	       (e = devtree_next(&w)) != DEVTREE_END) {
		if (e == DEVTREE_NODE) {
			fit_enter(&f, &w);
		} else if (e == DEVTREE_LEAVE) {
			fit_leave(&f, &w, out);
		} else {
			fit_property(&f, &w);
			fit_facts(&w, out);
		}
	}
	if (!fw_ok(&w.c))
		fw_fail(c, w.c.err.code, w.c.err.what, w.c.err.value);
}

const struct fw_format fw_format_fit = {
	.name = "fit",
	.title = "U-Boot flattened image tree (FIT)",
	.gaps = "SHA-384 and SHA-512 are named and not checked; signatures are "
		"named",
	.class = FW_CONTAINER,
	.bits = 96, /* magic, header, every token, images */
	.magic = { { "\xd0\x0d\xfe\xed", 4, 0 } },
	.probe = fit_probe,
	.unpack = fit_unpack,
	.kinds = integrity_kinds,
};
