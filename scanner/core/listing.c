/* listing.c - one finding of an image with many places */
#include <stdarg.h>

#include "core/listing.h"

void fw_list(struct fw_listing *l, struct fw_out *out, const char *fmt, ...)
{
	va_list ap;

	if (l->all++ >= FW_LISTED)
		return;
	va_start(ap, fmt);
	l->v[l->n++] = (struct fw_evidence){
		.offset = FW_NO_OFFSET,
		.text = fw_vsprintf(fw_out_arena(out), fmt, ap),
	};
	va_end(ap);
}

void fw_list_claim(const struct fw_listing *l, struct fw_out *out,
		   uint32_t place, const struct fw_kind *k,
		   enum fw_severity severity, const char *what)
{
	struct fw_claim c = FW_CLAIM(k);

	if (l->all == 0)
		return;
	c.severity = severity;
	c.detail =
		fw_text(out, "%zu %s%s", l->all, what, l->all == 1 ? "" : "s");
	c.key = k->id;
	c.evidence = l->v;
	c.evidence_count = l->n;
	fw_out_at(out, place);
	fw_out_claim(out, &c);
}

uint32_t fw_image_end(const struct fw_tree *t, uint32_t root)
{
	uint32_t end = root + 1;

	while (end < t->count && t->places[end].parent != UINT32_MAX)
		end++;
	return end;
}

uint32_t fw_content_end(const struct fw_tree *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->count; i++)
		if (t->places[i].content != UINT32_MAX &&
		    t->places[i].content >= n)
			n = t->places[i].content + 1;
	return n;
}
