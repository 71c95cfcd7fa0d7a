/* dtb.c - flattened device tree: what the board is, in words of the kernel
 *
 * Layout: see devtree.c. A tree that has a node /images is a FIT (fit.c).
 *
 * Source: Devicetree Specification 0.4
 */
#include "formats/devtree.h"

static uint64_t dtb_probe(struct fw_cursor *c)
{
	struct devtree t;
	struct devtree_walk w;
	enum devtree_event e;
	unsigned nodes = 0;

	devtree_open(c, &t);
	if (!fw_ok(c))
		return 0;
	w = devtree_begin(&t);
	while ((e = devtree_next(&w)) != DEVTREE_END) {
		nodes += e == DEVTREE_NODE;
		fw_require(c,
			   e != DEVTREE_NODE ||
				   !devtree_at(&w, 2, 1, FW_STR("images")),
			   "node of a FIT", nodes);
	}
	fw_require(c, fw_ok(&w.c) && nodes > 0, "structure", w.c.pos);
	return t.len;
}

/* Each of the NUL-ended texts of a property. */
static void dtb_texts(struct fw_out *out, const char *key, struct fw_view v)
{
	struct fw_view text;

	while (fw_split(&v, 0, &text) && fw_out_ok(out))
		if (text.len > 0)
			fw_out_factf(out, key, "%.*s", FW_FMT(text));
}

static void dtb_property(const struct devtree_walk *w, struct fw_out *out)
{
	bool chosen = devtree_at(w, 2, 1, FW_STR("chosen"));

	if (w->depth == 1 && fw_view_eq(w->name, FW_STR("model")))
		dtb_texts(out, "dtb.model", w->value);
	else if (w->depth == 1 && fw_view_eq(w->name, FW_STR("compatible")))
		dtb_texts(out, "dtb.compatible", w->value);
	else if (chosen && fw_view_eq(w->name, FW_STR("bootargs")))
		dtb_texts(out, "dtb.bootargs", w->value);
	else if (chosen && fw_view_eq(w->name, FW_STR("stdout-path")))
		dtb_texts(out, "dtb.console", w->value);
}

static void dtb_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct devtree t;
	struct devtree_walk w;
	enum devtree_event e;

	devtree_open(c, &t);
	if (!fw_ok(c))
		return;
	w = devtree_begin(&t);
	while (fw_out_ok(out) && (e = devtree_next(&w)) != DEVTREE_END)
		if (e == DEVTREE_PROP)
			dtb_property(&w, out);
	if (!fw_ok(&w.c))
		fw_fail_at(c, w.c.err.code, w.c.err.what,
			   fw_view_at(c->v, t.structure) + w.c.err.at,
			   w.c.err.value);
}

const struct fw_format fw_format_dtb = {
	.name = "dtb",
	.title = "flattened device tree",
	.class = FW_BOOT,
	.bits = 64, /* magic, header, every token */
	.magic = { { "\xd0\x0d\xfe\xed", 4, 0 } },
	.probe = dtb_probe,
	.unpack = dtb_unpack,
};
