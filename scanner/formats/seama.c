/* seama.c - SEAMA and DLOB, containers of Alpha Networks for D-Link and others
 *
 * Layout, big or little endian, a chain of
 *
 *	0   u32 0x5ea3a417
 *	4   u16 0, u16 length of the texts (little endian devices: swapped)
 *	8   u32 length of the image; 0: texts about the whole chain
 *	12  MD5 of the image, where there is one
 *	    texts "key=value", each ended by NUL; then the image
 *
 * Source: OpenWrt firmware-utils oseama.c (layout)
 */
#include "formats/integrity.h"

enum { SEAMA_PARTS = 32, SEAMA_HEADER = 12, SEAMA_MD5_AT = 12 };

struct seama_part {
	struct fw_view md5, texts, image;
	uint64_t at;
};

/* The part at c's position; false at the end of the chain. */
static bool seama_next(struct fw_cursor *c, struct seama_part *p)
{
	uint32_t meta, len;
	struct fw_view magic = fw_view_sub(c->v, c->pos, 4);

	*p = (struct seama_part){ .at = c->pos };
	c->big_endian = fw_view_eq(magic, FW_STR("\x5e\xa3\xa4\x17"));
	if (!fw_ok(c) || fw_left(c) < SEAMA_HEADER ||
	    (!c->big_endian && !fw_view_eq(magic, FW_STR("\x17\xa4\xa3\x5e"))))
		return false;
	fw_skip(c, 4);
	meta = fw_u32(c);
	if (meta > 0xffff && (meta & 0xffff) == 0)
		meta >>= 16;
	fw_require(c, meta <= 0xffff, "length of the texts", meta);
	len = fw_u32(c);
	if (len > 0)
		p->md5 = fw_bytes(c, FW_MD5_SIZE);
	p->texts = fw_bytes(c, meta);
	p->image = fw_bytes(c, len);
	return fw_ok(c);
}

static uint64_t seama_probe(struct fw_cursor *c)
{
	struct seama_part p;
	unsigned images = 0;

	for (unsigned n = 0; n < SEAMA_PARTS && seama_next(c, &p); n++)
		images += p.image.len > 0;
	fw_require(c, images > 0, "image count", images);
	return c->pos;
}

static void seama_texts(struct fw_view v, struct fw_out *out)
{
	struct fw_view text;

	while (fw_split(&v, 0, &text) && fw_out_ok(out))
		if (text.len > 0)
			fw_out_factf(out, "seama.meta", "%.*s", FW_FMT(text));
}

static void seama_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct seama_part p;
	unsigned images = 0;

	for (unsigned n = 0;
	     n < SEAMA_PARTS && fw_out_ok(out) && seama_next(c, &p); n++) {
		struct fw_meta meta = FW_META(.name = fw_text(out, "image%u",
							      images),
					      .type = FW_REGION);
		uint8_t sum[FW_MD5_SIZE];

		seama_texts(p.texts, out);
		if (p.image.len == 0)
			continue;
		images++;
		fw_out_child(out, &meta, p.image);
		fw_md5(p.image, sum);
		integrity_emit(out, "checksum.md5", meta.name,
			       fw_view_eq(p.md5, fw_view_of(sum, sizeof(sum))),
			       p.at + SEAMA_MD5_AT);
	}
	fw_require(c, images > 0, "image count", images);
}

const struct fw_format fw_format_seama = {
	.name = "seama",
	.title = "SEAMA or DLOB firmware image",
	.class = FW_CONTAINER,
	.bits = 32 + 16,
	.magic = { { "\x5e\xa3\xa4\x17\0\0", 6, 0 },
		   { "\x17\xa4\xa3\x5e", 4, 0 } },
	.probe = seama_probe,
	.unpack = seama_unpack,
	.kinds = integrity_kinds,
};
