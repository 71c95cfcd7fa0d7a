/* tplink.c - TP-Link headers of versions 1, 2 and 3
 *
 * Layout, big endian: a header of 512 bytes, then parts at the offsets and of
 * the lengths that it gives, counted from the header's first byte. An image
 * that also holds the boot loader is laid out for the flash: the boot loader's
 * offset counts from the header's END, and behind it, on a block of the flash,
 * stands a second header with the same fields, from which the other offsets
 * count.
 *
 * The MD5 is that of the whole image with a public constant in its place; an
 * image with a boot loader takes another constant than one without. Images of
 * which the padding at the end was stripped are shorter than the header says.
 *
 * Source: OpenWrt firmware-utils mktplinkfw.c, mktplinkfw2.c (tables of fields)
 */
#include "formats/integrity.h"

enum {
	TPLINK_HEADER = 0x200,
	TPLINK_KEYS = 2,
	TPLINK_BLOCK = 0x1000, /* of flash, the smallest that is in use */
	TPLINK_SAME = 28       /* version and vendor, the same in both headers */
};

/* Where the two layouts keep what they have in common. */
struct tplink_layout {
	unsigned version_at, version_len, hw_at, md5_at, load_at, fw_version_at;
	bool short_version;
	/* main, boot; inverted, so that rules for them do not match assay */
	uint8_t keys[TPLINK_KEYS][FW_MD5_SIZE];
};

static const struct tplink_layout tplink_one = {
	.version_at = 0x1c, .version_len = 36, .hw_at = 0x40, .md5_at = 0x4c,
	.load_at = 0x74, .fw_version_at = 0x98,
	.keys = { { 0x23, 0x28, 0xc5, 0x5a, 0x3c, 0x6a, 0x67, 0x04, 0x22, 0x06,
		    0x18, 0x0b, 0xf1, 0x51, 0xb8, 0xc7 },
		  { 0x73, 0x10, 0xcc, 0xa4, 0x2a, 0x3a, 0x31, 0x05, 0x58, 0x63,
		    0xd7, 0x25, 0x4d, 0x16, 0xf0, 0xbd } },
};

static const struct tplink_layout tplink_two = {
	.version_at = 4, .version_len = 48, .hw_at = 0x34, .md5_at = 0x40,
	.load_at = 0x68, .fw_version_at = 0x91, .short_version = true,
	.keys = { { 0x23, 0x28, 0xc5, 0x5a, 0x3c, 0x6a, 0x67, 0x04, 0x23, 0x06,
		    0x18, 0x0b, 0xf1, 0x51, 0xb8, 0xc8 },
		  { 0x73, 0x10, 0xcc, 0xa0, 0x2a, 0x3a, 0x31, 0x05, 0x53, 0x63,
		    0xd7, 0x25, 0x4d, 0x16, 0xf0, 0xbd } },
};

struct tplink_part {
	uint32_t off, len;
};

struct tplink {
	const struct tplink_layout *l;
	uint32_t load, entry, len;
	struct tplink_part kernel, rootfs, boot;
	uint64_t base; /* what offsets count from */
	uint64_t end;  /* of the last part */
};

static uint64_t tplink_part_end(const struct tplink *t,
				const struct tplink_part *p)
{
	return p->len == 0 ? 0 : t->base + p->off + p->len;
}

static bool tplink_is_text(struct fw_view v)
{
	for (size_t i = 0; i < v.len && v.data[i] != 0; i++)
		if (v.data[i] < 0x20 || v.data[i] > 0x7e)
			return false;
	return v.len > 0;
}

/* Reads the header and checks that its parts fit the length it gives. */
static void tplink_read(struct fw_cursor *c, const struct tplink_layout *l,
			struct tplink *t)
{
	struct fw_view text = fw_slice(c, l->version_at, l->version_len);
	uint64_t ends[2];

	*t = (struct tplink){ .l = l };
	fw_slice(c, 0, TPLINK_HEADER);
	fw_require(c, tplink_is_text(text), "version text", 0);
	c->big_endian = true;
	fw_seek(c, l->load_at);
	t->load = fw_u32(c);
	t->entry = fw_u32(c);
	t->len = fw_u32(c);
	t->kernel.off = fw_u32(c);
	t->kernel.len = fw_u32(c);
	t->rootfs.off = fw_u32(c);
	t->rootfs.len = fw_u32(c);
	t->boot.off = fw_u32(c);
	t->boot.len = fw_u32(c);
	t->base = t->boot.len > 0 ? TPLINK_HEADER : 0;
	ends[0] = tplink_part_end(t, &t->kernel);
	ends[1] = tplink_part_end(t, &t->rootfs);
	t->end = ends[0] > ends[1] ? ends[0] : ends[1];
	if (tplink_part_end(t, &t->boot) > t->end)
		t->end = tplink_part_end(t, &t->boot);
	fw_require(c, t->kernel.len > 0 || t->boot.len > 0, "parts", 0);
	fw_require(c, t->base > 0 || t->kernel.off >= TPLINK_HEADER,
		   "kernel offset", t->kernel.off);
	fw_require(c, t->len == 0 || t->end <= t->len, "parts' end", t->end);
}

/* Which key (0 main, 1 boot) gives the MD5 of v, or TPLINK_KEYS. */
static unsigned tplink_key(const struct tplink_layout *l, struct fw_view v)
{
	uint8_t sum[FW_MD5_SIZE];

	for (unsigned k = 0; k < TPLINK_KEYS; k++) {
		uint8_t key[FW_MD5_SIZE];

		for (size_t i = 0; i < sizeof(key); i++)
			key[i] = (uint8_t)~l->keys[k][i];
		struct fw_view parts[3] = {
			fw_view_sub(v, 0, l->md5_at),
			fw_view_of(key, FW_MD5_SIZE),
			fw_view_sub(v, l->md5_at + FW_MD5_SIZE, SIZE_MAX),
		};

		fw_md5_parts(parts, 3, sum);
		if (memcmp(sum, v.data + l->md5_at, sizeof(sum)) == 0)
			return k;
	}
	return TPLINK_KEYS;
}

static uint64_t tplink_extent(struct fw_cursor *c,
			      const struct tplink_layout *l)
{
	struct tplink t;

	tplink_read(c, l, &t);
	if (!fw_ok(c))
		return 0;
	if (t.len != 0 && t.len <= c->v.len)
		return t.len;
	if (t.len != 0 && tplink_key(l, c->v) != TPLINK_KEYS)
		return c->v.len; /* stripped of padding */
	fw_slice(c, 0, t.end);
	return t.end;
}

static void tplink_child(struct fw_cursor *c, const struct tplink *t,
			 const struct tplink_part *p, const char *name,
			 struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = name, .type = FW_REGION);
	uint64_t off = t->base + p->off;

	if (p->len == 0)
		return;
	/* What a cut image still holds of a part is worth showing. */
	if (off < c->v.len)
		fw_out_child(out, &meta, fw_view_sub(c->v, off, p->len));
	fw_slice(c, off, p->len);
}

static void tplink_facts(struct fw_cursor *c, const struct tplink *t,
			 struct fw_out *out)
{
	const struct tplink_layout *l = t->l;
	const uint8_t *d = c->v.data, *v = d + l->fw_version_at;

	if (l == &tplink_one)
		integrity_text_fact(out, "tplink.vendor", d + 4, 24);
	integrity_text_fact(out, "tplink.image_version", d + l->version_at,
			    l->version_len);
	if (l->short_version)
		fw_out_factf(out, "tplink.firmware_version", "%u.%u.%u", v[0],
			     v[1], v[2]);
	else
		fw_out_factf(out, "tplink.firmware_version", "%u.%u.%u",
			     v[0] << 8 | v[1], v[2] << 8 | v[3],
			     v[4] << 8 | v[5]);
	fw_seek(c, l->hw_at);
	fw_out_factf(out, "tplink.hardware", "0x%08x", fw_u32(c));
	fw_out_factf(out, "tplink.hardware_revision", "%u", fw_u32(c));
	fw_out_factf(out, "tplink.load", "0x%08x", t->load);
	fw_out_factf(out, "tplink.entry", "0x%08x", t->entry);
}

static void tplink_check_md5(struct fw_cursor *c, const struct tplink *t,
			     struct fw_out *out)
{
	static const uint8_t zeros[FW_MD5_SIZE];
	static const char *const variant[] = { "main", "boot" };
	unsigned key;

	/* Combined images of other makers leave the field empty. */
	if (memcmp(c->v.data + t->l->md5_at, zeros, sizeof(zeros)) == 0)
		return;
	key = tplink_key(t->l, c->v);
	if (key < TPLINK_KEYS)
		fw_out_fact(out, "tplink.md5_variant", variant[key]);
	integrity_emit(out, "checksum.md5", "whole image", key < TPLINK_KEYS,
		       t->l->md5_at);
	if (key == TPLINK_KEYS && t->len > c->v.len)
		fw_fail(c, FW_TRUNCATED, "length", t->len);
}

/* Bytes between parts that are more than padding. */
static void tplink_hole(struct fw_cursor *c, uint64_t from, uint64_t to,
			struct fw_out *out)
{
	struct fw_view v = fw_view_sub(c->v, from, to - from);
	struct fw_meta meta = FW_META(.name = fw_text(out, "@0x%llx",
						      (unsigned long long)from),
				      .type = FW_GAP);

	for (size_t i = 1; i < v.len; i++) {
		if (v.data[i] == v.data[0])
			continue;
		fw_out_child(out, &meta, v);
		return;
	}
}

/* Where the image that follows the boot loader begins: its header opens with the
 * same version and vendor, on a flash block after the boot loader's end. 0: none. */
static uint64_t tplink_inner(const struct fw_cursor *c, const struct tplink *t)
{
	uint64_t at = tplink_part_end(t, &t->boot) - t->base;

	at = (at + TPLINK_BLOCK - 1) / TPLINK_BLOCK * TPLINK_BLOCK + t->base;
	for (; at < c->v.len && c->v.len - at > TPLINK_HEADER;
	     at += TPLINK_BLOCK)
		if (!memcmp(c->v.data + at, c->v.data, TPLINK_SAME))
			return at;
	return 0;
}

static void tplink_parts(struct fw_cursor *c, const struct tplink *t,
			 struct fw_out *out)
{
	uint64_t inner = t->base ? tplink_inner(c, t) : 0;
	struct fw_view rest = fw_view_sub(c->v, inner, SIZE_MAX);
	uint64_t boot_end = tplink_part_end(t, &t->boot);

	if (t->base == 0) {
		uint64_t end = tplink_part_end(t, &t->kernel);

		tplink_child(c, t, &t->kernel, "kernel", out);
		if (t->rootfs.len > 0 && end < t->rootfs.off)
			tplink_hole(c, end, t->rootfs.off, out);
		tplink_child(c, t, &t->rootfs, "rootfs", out);
		if (t->end < c->v.len)
			tplink_hole(c, t->end, c->v.len, out);
		return;
	}
	tplink_child(c, t, &t->boot, "bootloader", out);
	if (inner > 0) {
		struct fw_meta meta = FW_META(.name = "firmware",
					      .type = FW_REGION);

		tplink_hole(c, boot_end, inner, out);
		fw_out_child(out, &meta, rest);
	} else if (boot_end < c->v.len) {
		tplink_hole(c, boot_end, c->v.len, out);
	}
}

static void tplink_open(struct fw_cursor *c, const struct tplink_layout *l,
			struct fw_out *out)
{
	struct tplink t;

	tplink_read(c, l, &t);
	if (!fw_ok(c))
		return;
	tplink_facts(c, &t, out);
	tplink_parts(c, &t, out);
	tplink_check_md5(c, &t, out);
}

static uint64_t tplink_v1_probe(struct fw_cursor *c)
{
	return tplink_extent(c, &tplink_one);
}

static void tplink_v1_unpack(struct fw_cursor *c, struct fw_out *out)
{
	tplink_open(c, &tplink_one, out);
}

static uint64_t tplink_v2_probe(struct fw_cursor *c)
{
	return tplink_extent(c, &tplink_two);
}

static void tplink_v2_unpack(struct fw_cursor *c, struct fw_out *out)
{
	if (c->v.len > 0)
		fw_out_factf(out, "tplink.header_version", "%u", c->v.data[0]);
	tplink_open(c, &tplink_two, out);
}

const struct fw_format fw_format_tplink_v1 = {
	.name = "tplink_v1",
	.title = "TP-Link firmware image, header version 1",
	.class = FW_CONTAINER,
	.bits = 96,
	.magic = { { "\x01\0\0\0TP-LINK Tech", 16, 0 },
		   { "\x02\0\0\0TP-LINK Tech", 16, 0 },
		   { "\x01\0\0\0OpenWrt\0", 12, 0 },
		   { "\x02\0\0\0OpenWrt\0", 12, 0 } },
	.probe = tplink_v1_probe,
	.unpack = tplink_v1_unpack,
	.kinds = integrity_kinds,
};

const struct fw_format fw_format_tplink_v2 = {
	.name = "tplink_v2",
	.title = "TP-Link firmware image, header versions 2 and 3",
	.class = FW_CONTAINER,
	.bits = 64,
	.magic = { { "\x02\0\0\0ver. ", 9, 0 }, { "\x03\0\0\0ver. ", 9, 0 } },
	.probe = tplink_v2_probe,
	.unpack = tplink_v2_unpack,
	.kinds = integrity_kinds,
};
