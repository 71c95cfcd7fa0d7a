/* packages_rpm.c - the packages in a database of rpm
 *
 * A database keeps the header of each package as one run of bytes, big endian:
 *
 *	0	u32 entries, u32 bytes of data
 *	8	entries of u32 tag, type, offset in the data, count
 *	...	data
 *
 * ndb, little endian: "RpmP", and on multiples of 16 bytes "BlbS", u32 number,
 * u32 time, u32 length, header. SQLite: the second column of the only table
 *with such rows, as cells of table leaves with chains of overflow pages. Pages
 *on the list of free ones hold packages that are gone.
 *
 * Source: rpm docs/manual/format_header.md, lib/rpmtag.h,
 * lib/backend/ndb/rpmpkg.c, lib/backend/sqlite.c; sqlite.org/fileformat2.html
 */
#include "analyzers/software/packages_rpm.h"

enum {
	TAG_NAME = 1000,
	TAG_VERSION = 1001,
	TAG_RELEASE = 1002,
	TAG_LICENSE = 1014,
	TAG_ARCH = 1022,
	TYPE_STRING = 6,
	TYPE_I18N = 9,
	ENTRY = 16,
	ENTRIES_MAX = 65536,
	HEADER_MAX = 16 << 20,
	TEXT_MAX = 256,
	BLOCK = 16, /* of ndb */
	LEAF = 13,  /* a page of a table's rows */
};

struct reader {
	struct fw_view db;
	struct fw_arena *arena;
	rpm_package_fn *fn;
	void *ctx;
	uint64_t left; /* bytes that may still be put together */
	/* SQLite: */
	uint32_t page, usable, pages;
	uint8_t *gone; /* by page: on the list of free ones */
};

/* --- one header --- */

static struct fw_view text_at(struct fw_view data, uint32_t at)
{
	struct fw_view v = fw_view_sub(data, at, TEXT_MAX);
	const uint8_t *end = v.len > 0 ? memchr(v.data, 0, v.len) : NULL;

	return end == NULL ? (struct fw_view){ NULL, 0 }
			   : fw_view_sub(v, 0, (size_t)(end - v.data));
}

static void take_entry(struct rpm_package *p, struct fw_view data, uint32_t tag,
		       uint32_t at)
{
	struct fw_view *field = tag == TAG_NAME	     ? &p->name
				: tag == TAG_VERSION ? &p->version
				: tag == TAG_RELEASE ? &p->release
				: tag == TAG_LICENSE ? &p->license
				: tag == TAG_ARCH    ? &p->arch
						     : NULL;

	if (field != NULL && field->data == NULL)
		*field = text_at(data, at);
}

static void read_header(struct reader *r, struct fw_view header)
{
	struct fw_cursor c = { .v = header, .big_endian = true };
	uint32_t entries = fw_u32(&c), bytes = fw_u32(&c);
	struct rpm_package p = { 0 };

	if (!fw_ok(&c) || entries == 0 || entries > ENTRIES_MAX ||
	    header.len < 8 + (uint64_t)entries * ENTRY + bytes)
		return;
	struct fw_view data =
		fw_view_sub(header, 8 + (size_t)entries * ENTRY, bytes);

	for (uint32_t i = 0; i < entries && fw_ok(&c); i++) {
		uint32_t tag = fw_u32(&c), type = fw_u32(&c), at = fw_u32(&c);

		(void)fw_u32(&c);
		if ((type == TYPE_STRING || type == TYPE_I18N) && at < data.len)
			take_entry(&p, data, tag, at);
	}
	/* Keys of vendors are kept like packages. */
	if (p.name.len > 0 && p.version.len > 0 &&
	    !fw_view_eq(p.name, FW_STR("gpg-pubkey")))
		r->fn(r->ctx, &p);
}

/* --- ndb --- */

static void read_ndb(struct reader *r)
{
	struct fw_view db = r->db;

	for (size_t at = 0; at + BLOCK <= db.len;) {
		struct fw_cursor c = { .v = fw_view_sub(db, at, SIZE_MAX) };

		at += BLOCK;
		if (memcmp(c.v.data, "BlbS", 4) != 0)
			continue;
		c.pos = 12;
		uint32_t len = fw_u32(&c);

		if (!fw_ok(&c) || len > HEADER_MAX || len > db.len - at)
			continue;
		read_header(r, fw_view_sub(db, at, len));
		at += ((size_t)len + BLOCK - 1) / BLOCK * BLOCK;
	}
}

/* --- SQLite --- */

/* A number of one to nine bytes; moves *v behind it. */
static uint64_t varint(struct fw_view *v)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < v->len && i < 9) {
		uint8_t b = v->data[i++];

		if (i == 9) {
			n = n << 8 | b;
			break;
		}
		n = n << 7 | (b & 0x7f);
		if (b < 0x80)
			break;
	}
	*v = fw_view_sub(*v, i, SIZE_MAX);
	return n;
}

static uint32_t be32(struct fw_view v, size_t at)
{
	struct fw_cursor c = { .v = v, .pos = at, .big_endian = true };

	return at < v.len ? fw_u32(&c) : 0;
}

/* Page n from 1 on; empty where there is none. */
static struct fw_view page_at(const struct reader *r, uint32_t n)
{
	if (n == 0 || n > r->pages)
		return fw_view_of("", 0);
	return fw_view_sub(r->db, (size_t)(n - 1) * r->page, r->usable);
}

/* The list of free pages: trunks that name leaves. */
static void mark_free(struct reader *r)
{
	uint32_t trunk = be32(r->db, 32);

	for (uint32_t n = 0; n < r->pages && trunk != 0; n++) {
		struct fw_view p = page_at(r, trunk);
		uint32_t count = be32(p, 4);

		if (p.len < 8 || r->gone[trunk - 1])
			return;
		r->gone[trunk - 1] = 1;
		for (uint32_t i = 0; i < count && 12 + 4 * i <= p.len; i++) {
			uint32_t leaf = be32(p, 8 + 4 * (size_t)i);

			if (leaf > 0 && leaf <= r->pages)
				r->gone[leaf - 1] = 1;
		}
		trunk = be32(p, 0);
	}
}

/* A row's len bytes: local ones in the cell, the rest in a chain of pages. */
static struct fw_view whole_row(struct reader *r, struct fw_view cell,
				uint64_t len)
{
	uint64_t u = r->usable, most = u - 35, least = (u - 12) * 32 / 255 - 23;
	uint64_t local = least + (len - least) % (u - 4);

	if (len <= most)
		return fw_view_sub(cell, 0, (size_t)len);
	if (local > most)
		local = least;
	if (len > HEADER_MAX || len > r->left || cell.len < local + 4)
		return fw_view_of("", 0);
	r->left -= len;
	uint8_t *to = fw_alloc(r->arena, (size_t)len, 1);
	uint32_t next = be32(cell, (size_t)local);
	size_t have = (size_t)local;

	memcpy(to, cell.data, have);
	while (have < len) {
		struct fw_view p = page_at(r, next);
		struct fw_view part = fw_view_sub(p, 4, (size_t)len - have);

		if (part.len == 0)
			return fw_view_of("", 0);
		memcpy(to + have, part.data, part.len);
		have += part.len;
		next = be32(p, 0);
	}
	return fw_view_of(to, (size_t)len);
}

/* A row of two columns: the number, kept elsewhere, and bytes. */
static void read_row(struct reader *r, struct fw_view row)
{
	struct fw_view head = row;
	uint64_t len = varint(&head), number = varint(&head);
	uint64_t type = varint(&head);

	if (number != 0 || type < 12 || type % 2 != 0 || len > row.len ||
	    fw_view_at(row, head) != len)
		return;
	read_header(r, fw_view_sub(row, (size_t)len, (size_t)(type - 12) / 2));
}

static void read_leaf(struct reader *r, struct fw_view p, size_t head)
{
	struct fw_cursor c = { .v = p, .pos = head + 3, .big_endian = true };
	uint16_t cells = fw_u16(&c);

	c.pos = head + 8;
	for (uint16_t i = 0; i < cells && fw_ok(&c); i++) {
		struct fw_view cell = fw_view_sub(p, fw_u16(&c), SIZE_MAX);

		if (!fw_ok(&c) || cell.len == 0)
			continue;
		uint64_t len = varint(&cell);

		(void)varint(&cell); /* its number */
		read_row(r, whole_row(r, cell, len));
	}
}

static void read_sqlite(struct reader *r)
{
	struct fw_cursor c = { .v = r->db, .pos = 16, .big_endian = true };
	uint32_t page = fw_u16(&c);

	page = page == 1 ? 65536 : page;
	if (r->db.len < 100 || page < 512 || (page & (page - 1)) != 0 ||
	    r->db.data[20] > page - 480)
		return;
	r->page = page;
	r->usable = page - r->db.data[20];
	r->pages = (uint32_t)(r->db.len / page);
	r->gone = fw_alloc(r->arena, r->pages + 1, 1);
	mark_free(r);
	for (uint32_t n = 1; n <= r->pages; n++) {
		struct fw_view p = page_at(r, n);
		size_t head = n == 1 ? 100 : 0;

		if (!r->gone[n - 1] && p.data[head] == LEAF)
			read_leaf(r, p, head);
	}
}

void rpm_each_package(struct fw_view db, struct fw_arena *a, rpm_package_fn *fn,
		      void *ctx)
{
	struct reader r = {
		.db = db, .arena = a, .fn = fn, .ctx = ctx, .left = db.len
	};

	if (db.len > UINT32_MAX)
		return;
	if (fw_view_starts(db, FW_STR("SQLite format 3")))
		read_sqlite(&r);
	else if (fw_view_starts(db, FW_STR("RpmP")))
		read_ndb(&r);
}
