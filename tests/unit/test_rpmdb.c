/* test_rpmdb.c - packages in databases of rpm: SQLite and ndb, whole and broken
 *
 * The databases are built here, byte by byte; those of rpm 4.18 itself gave the
 * same when the reader was written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyzers/software/packages_rpm.h"
#include "core/memory.h"

extern const struct fw_analyzer fw_analyzer_packages;

enum { ROOM = 16 * 512, PAGE = 512 };

struct bytes {
	uint8_t b[ROOM];
	size_t n;
};

static void be(struct bytes *w, unsigned width, uint64_t v)
{
	assert_true(w->n + width <= sizeof(w->b));
	for (unsigned i = 0; i < width; i++)
		w->b[w->n++] = (uint8_t)(v >> 8 * (width - 1 - i));
}

static void le(struct bytes *w, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		be(w, 1, v >> 8 * i);
}

static void raw(struct bytes *w, const void *p, size_t n)
{
	assert_true(w->n + n <= sizeof(w->b));
	memcpy(w->b + w->n, p, n);
	w->n += n;
}

/* A header whose data has pad bytes in front. */
static struct bytes header(const char *name, size_t pad)
{
	static const uint32_t tags[] = { 1000, 1001, 1002, 1014, 1022 };
	const char *const values[] = { name, "2.1", "3.fc38", "MIT", "mips" };
	struct bytes w = { .n = 0 }, data = { .n = pad };

	be(&w, 4, 5);
	be(&w, 4, 0);
	for (size_t i = 0; i < 5; i++) {
		be(&w, 4, tags[i]);
		be(&w, 4, 6);
		be(&w, 4, data.n);
		be(&w, 4, 1);
		raw(&data, values[i], strlen(values[i]) + 1);
	}
	w.b[6] = (uint8_t)(data.n >> 8);
	w.b[7] = (uint8_t)data.n;
	raw(&w, data.b, data.n);
	return w;
}

static void ndb_blob(struct bytes *w, const char *name)
{
	struct bytes h = header(name, 0);

	raw(w, "BlbS", 4);
	le(w, 1);
	le(w, 1);
	le(w, (uint32_t)h.n);
	raw(w, h.b, h.n);
	raw(w, "\0\0\0\0\0\0\0\0BlbE", 12);
	w->n = (w->n + 15) / 16 * 16;
}

static struct bytes ndb(void)
{
	struct bytes w = { .n = 0 };

	raw(&w, "RpmP", 4);
	w.n = 32;
	raw(&w, "Slot", 4);
	w.n = 64;
	ndb_blob(&w, "zlib");
	ndb_blob(&w, "gpg-pubkey");
	ndb_blob(&w, "busybox");
	return w;
}

/* A leaf page with one row, whose end is in overflow pages from next on. */
static void leaf(struct bytes *w, uint32_t page, const struct bytes *h,
		 uint32_t next)
{
	struct bytes row = { .n = 0 }, cell = { .n = 0 };
	uint64_t type = h->n * 2 + 12;
	size_t local, least = (PAGE - 12) * 32 / 255 - 23;

	be(&row, 1, 4); /* bytes of the row's head */
	be(&row, 1, 0);
	be(&row, 1, 0x80 | (type >> 7 & 0x7f));
	be(&row, 1, type & 0x7f);
	raw(&row, h->b, h->n);
	be(&cell, 1, 0x80 | (row.n >> 7 & 0x7f));
	be(&cell, 1, row.n & 0x7f);
	be(&cell, 1, 1);
	local = least + (row.n - least) % (PAGE - 4);
	local = row.n <= PAGE - 35 ? row.n : local > PAGE - 35 ? least : local;
	raw(&cell, row.b, local);
	if (local < row.n)
		be(&cell, 4, next);
	w->n = (page - 1) * PAGE + (page == 1 ? 100 : 0);
	be(w, 1, 13);
	be(w, 2, 0);
	be(w, 2, 1);
	be(w, 2, 0);
	be(w, 1, 0);
	be(w, 2, PAGE - cell.n);
	w->n = page * PAGE - cell.n;
	raw(w, cell.b, cell.n);
	for (size_t at = local; at < row.n; at += PAGE - 4, next++) {
		size_t part = row.n - at < PAGE - 4 ? row.n - at : PAGE - 4;

		w->n = (next - 1) * PAGE;
		be(w, 4, at + part < row.n ? next + 1 : 0);
		raw(w, row.b + at, part);
	}
}

/* Pages: 1 empty, 2 a short row, 3 a long one with 4 and 5, 6 the list of free
 * pages, 7 a row that is gone. */
static struct bytes sqlite(void)
{
	struct bytes w = { .n = 0 }, small = header("zlib", 0),
		     large = header("busybox", 900), old = header("gone", 0);

	raw(&w, "SQLite format 3", 16);
	be(&w, 2, PAGE);
	w.n = 32;
	be(&w, 4, 6);
	be(&w, 4, 2);
	leaf(&w, 2, &small, 0);
	leaf(&w, 3, &large, 4);
	leaf(&w, 7, &old, 0);
	w.n = 5 * PAGE;
	be(&w, 4, 0);
	be(&w, 4, 1);
	be(&w, 4, 7);
	w.n = 7 * PAGE;
	return w;
}

static void look(struct fw_mem *m, const char *path, struct fw_view bytes)
{
	const struct fw_meta meta = FW_META(.name = path);
	struct fw_object o = { .path = path, .meta = &meta };

	*m = (struct fw_mem){ 0 };
	assert_true(fw_analyzer_packages.wants(&o));
	o.bytes = bytes;
	fw_analyzer_packages.inspect(&o, fw_mem_out(m, bytes));
}

static void both_give_the_same(void **state)
{
	static const char *const paths[] = {
		"/usr/lib/sysimage/rpm/Packages.db", "/var/lib/rpm/rpmdb.sqlite"
	};
	const struct bytes w[2] = { ndb(), sqlite() };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fw_mem m;

		look(&m, paths[i], fw_view_of(w[i].b, w[i].n));
		assert_int_equal(m.software_count, 2);
		assert_string_equal(m.software[0].name, "zlib");
		assert_string_equal(m.software[0].version, "2.1");
		assert_string_equal(m.software[0].license, "MIT");
		assert_string_equal(m.software[1].purl,
				    "pkg:rpm/busybox@2.1-3.fc38?arch=mips");
		fw_mem_free(&m);
	}
}

static void count(void *ctx, const struct rpm_package *p)
{
	(void)p;
	++*(size_t *)ctx;
}

static size_t packages(const uint8_t *b, size_t n)
{
	struct fw_arena a = { 0 };
	uint8_t *exact = malloc(n + 1);
	size_t found = 0;

	assert_non_null(exact);
	memcpy(exact, b, n);
	rpm_each_package(fw_view_of(exact, n), &a, count, &found);
	fw_arena_free(&a);
	free(exact);
	return found;
}

/* Cut anywhere, and with each byte set to values that are large or small. */
static void broken(void **state)
{
	static const uint8_t values[] = { 0, 1, 7, 13, 0x7f, 0x80, 0xff };
	const struct bytes both[2] = { ndb(), sqlite() };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct bytes w = both[k];

		for (size_t n = 0; n <= w.n; n++)
			assert_in_range(packages(w.b, n), 0, 2);
		for (size_t i = 0; i < w.n; i++)
			for (size_t v = 0; v < sizeof(values); v++) {
				w.b[i] = values[v];
				assert_in_range(packages(w.b, w.n), 0, 20);
				w.b[i] = both[k].b[i];
			}
	}
}

/* Overflow pages that follow one another in a ring. */
static void ring(void **state)
{
	struct bytes w = sqlite();

	(void)state;
	w.b[4 * PAGE + 3] = 4;
	w.b[3 * PAGE + 3] = 4;
	assert_in_range(packages(w.b, w.n), 1, 2);
	w.b[5 * PAGE + 3] = 6; /* and free ones */
	assert_in_range(packages(w.b, w.n), 1, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_give_the_same),
		cmocka_unit_test(broken),
		cmocka_unit_test(ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
