/* table.c - the parts of a partition table as children */
#include "formats/table.h"

#include <stdlib.h>

static int table_order(const void *a, const void *b)
{
	const struct table_part *x = a, *y = b;

	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	return (x->len > y->len) - (x->len < y->len);
}

static void table_gap(struct fw_view all, uint64_t from, uint64_t to,
		      struct fw_out *out)
{
	struct fw_view v = fw_view_sub(all, from, to - from);
	struct fw_meta meta = FW_META(.name = fw_text(out, "@0x%llx",
						      (unsigned long long)from),
				      .type = FW_GAP);

	/* One byte repeated: the bytes equal themselves moved by one. */
	if (v.len > 1 && memcmp(v.data, v.data + 1, v.len - 1) != 0)
		fw_out_child(out, &meta, v);
}

void table_emit(struct fw_cursor *c, struct fw_out *out,
		struct table_part *parts, size_t n, uint64_t from,
		uint64_t to)
{
	if (n > 0)
		qsort(parts, n, sizeof(*parts), table_order);
	for (size_t i = 0; i < n && fw_out_ok(out); i++) {
		struct table_part *p = &parts[i];
		struct fw_meta meta = FW_META(.name = p->name,
					      .type = FW_REGION);
		struct fw_view v = fw_view_sub(c->v, p->off, p->len);
		struct fw_err err = { FW_TRUNCATED, "partition", p->off, p->len };

		if (p->off > from)
			table_gap(c->v, from, p->off, out);
		fw_out_child(out, &meta, v);
		if (p->off < from)
			err = (struct fw_err){ FW_MALFORMED, "overlap", p->off,
					       from };
		if (p->off < from || v.len < p->len)
			fw_out_damaged(out, &err);
		if (p->off <= c->v.len && p->off + v.len > from)
			from = p->off + v.len;
	}
	if (from < to)
		table_gap(c->v, from, to, out);
}
