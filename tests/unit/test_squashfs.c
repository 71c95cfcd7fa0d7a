/* test_squashfs.c - every version in both byte orders, built byte by byte
 *
 * Blocks are stored as they are: compressors are compared with mksquashfs in
 * tests/corpus/squashfs.
 */
#include "boot_build.h"

extern const struct fw_format fw_format_squashfs;
#define F (&fw_format_squashfs)

enum { BLOCK = 4096, NO_FRAGMENT = -1, DIR = 1, REG, LINK, BLK, CHR, FIFO };

struct img {
	struct build w;
	bool be;
	unsigned v;
	size_t inodes, dirs, table; /* offsets of tables in w */
	size_t root, sub, file, hole, dev, link; /* inodes in their block */
	size_t data, fragment;
	bool loop; /* sub lists the root */
};

static struct img im;

static void num(uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		unsigned shift = 8 * (im.be ? bytes - 1 - i : i);
		uint8_t b = (uint8_t)(v >> shift);

		put(&im.w, &b, 1);
	}
}

/* Two bit fields of one word, as C lays them out. */
static void bits(uint32_t a, unsigned a_bits, uint32_t b, unsigned bytes)
{
	unsigned all = 8 * bytes;

	num(im.be ? (uint64_t)a << (all - a_bits) | b :
		    a | (uint64_t)b << a_bits,
	    bytes);
}

static size_t inode(unsigned type, unsigned mode)
{
	size_t at = im.w.n - im.inodes - 2;

	if (im.v == 4) {
		num(type, 2);
		num(mode, 2);
		num(0, 4);
		num(1000000, 4);
		num(1, 4);
		return at;
	}
	bits(type, 4, mode, 2);
	if (im.v == 1) {
		bits(0, 4, 15, 1);
		return at;
	}
	num(0, 1);
	num(255, 1);
	if (im.v == 3) {
		num(1000000, 4);
		num(1, 4);
	}
	return at;
}

static size_t regular(size_t start, uint32_t size, int fragment, uint32_t entry)
{
	size_t at = inode(REG, 0644);

	if (im.v < 3)
		num(1000000, 4);
	num(start, im.v == 3 ? 8 : 4);
	if (im.v > 1) {
		num((uint32_t)fragment, 4);
		num(0, 4);
	}
	num(size, 4);
	num(entry, im.v == 1 ? 2 : 4);
	return at;
}

static size_t folder(size_t off, size_t listing)
{
	size_t at = inode(DIR, 0755);
	uint32_t size = (uint32_t)listing + (im.v >= 3 ? 3 : 0);

	if (im.v == 4) {
		num(0, 4);
		num(2, 4);
		num(size, 2);
		num(off, 2);
		num(1, 4);
		return at;
	}
	if (im.v == 3)
		num(2, 4);
	bits(size, 19, (uint32_t)off, 4);
	if (im.v < 3)
		num(1000000, 4);
	num(0, im.v == 3 ? 4 : 3);
	if (im.v == 3)
		num(1, 4);
	return at;
}

static size_t other(unsigned type, unsigned mode, uint32_t value)
{
	size_t at = inode(type, mode);

	if (im.v >= 3)
		num(1, 4);
	num(value, im.v == 4 ? 4 : 2);
	return at;
}

static void header(unsigned count)
{
	num(count - 1, im.v == 4 ? 4 : 1);
	num(0, im.v >= 3 ? 4 : 3);
	if (im.v >= 3)
		num(1, 4);
}

static void entry(size_t ref, unsigned type, const char *name)
{
	if (im.v == 4) {
		num(ref, 2);
		num(0, 2);
		num(type, 2);
		num(strlen(name) - 1, 2);
	} else {
		bits((uint32_t)ref, 13, type, 2);
		num(strlen(name) - 1, 1);
		if (im.v == 3)
			num(0, 2);
	}
	put(&im.w, name, strlen(name));
}

static void end_block(size_t head)
{
	size_t len = im.w.n - head - 2;

	AT(&im.w, head, num(0x8000 | len, 2));
}

static void make_data(void)
{
	im.data = im.w.n;
	for (unsigned i = 0; i < BLOCK; i++)
		num(i * 7 & 0xff, 1);
	im.fragment = im.w.n;
	put(&im.w, "tail\n", 5);
}

/* The listing of the root; where it ends depends on the version alone. */
static size_t listing_len(unsigned entries, size_t names)
{
	static const size_t heads[] = { 0, 4, 4, 9, 12 };
	static const size_t sizes[] = { 0, 3, 3, 5, 8 };

	return heads[im.v] + entries * sizes[im.v] + names;
}

static void make_tables(void)
{
	size_t root_len = listing_len(5, 1 + 1 + 3 + 1 + 3);

	im.inodes = im.w.n;
	num(0, 2);
	if (im.v == 1) {
		im.file = regular(im.data, BLOCK + 5, 0, 0x8000 | BLOCK);
		num(0x8000 | 5, 2);
	} else {
		im.file = regular(im.data, BLOCK + 5, 0, 1 << 24 | BLOCK);
	}
	im.hole = regular(im.data, BLOCK, NO_FRAGMENT, 0);
	im.dev = other(CHR, 0600, 4 << 8 | 64);
	im.link = other(LINK, 0777, 5);
	put(&im.w, "a/../", 5);
	im.sub = folder(root_len, listing_len(1, 4));
	im.root = folder(0, root_len);
	end_block(im.inodes);

	im.dirs = im.w.n;
	num(0, 2);
	header(5);
	entry(im.file, REG, "a");
	entry(im.file, REG, "b");
	entry(im.dev, CHR, "dev");
	entry(im.link, LINK, "l");
	entry(im.sub, DIR, "sub");
	header(1);
	entry(im.loop ? im.root : im.hole, im.loop ? DIR : REG, "hole");
	end_block(im.dirs);
}

/* Fragment table, then owners; fills the places of their indexes. */
static void make_rest(size_t *fragments, size_t *uids)
{
	size_t at = im.w.n;

	if (im.v > 1) {
		num(0, 2);
		num(im.fragment, im.v == 2 ? 4 : 8);
		num(1 << 24 | 5, 4);
		if (im.v > 2)
			num(0, 4);
		end_block(at);
	}
	*fragments = im.w.n;
	if (im.v > 1)
		num(at, im.v == 2 ? 4 : 8);
	*uids = at = im.w.n;
	if (im.v == 4)
		num(0x8004, 2);
	num(1000, 4);
	if (im.v == 4) {
		*uids = im.w.n;
		num(at, 8);
	}
}

static void super_4(size_t fragments, size_t uids, size_t end)
{
	num(BLOCK, 4);
	num(1, 4);
	num(1, 2);
	num(12, 2);
	num(0, 2);
	num(1, 2);
	num(4, 2);
	num(0, 2);
	num(im.root, 8);
	num(end, 8);
	num(uids, 8);
	num(UINT64_MAX, 8);
	num(im.inodes, 8);
	num(im.dirs, 8);
	num(fragments, 8);
	num(UINT64_MAX, 8);
}

static void super_old(size_t fragments, size_t uids, size_t end)
{
	bool old = im.v < 3;

	num(old ? end : 0, 4);
	num(old ? uids : 0, 4);
	num(0, 4);
	num(old ? im.inodes : 0, 4);
	num(old ? im.dirs : 0, 4);
	num(im.v, 2);
	num(0, 2);
	num(BLOCK, 2);
	num(12, 2);
	num(0, 1);
	num(1, 1);
	num(0, 1);
	num(1000000, 4);
	num(im.root, 8);
	if (im.v == 1)
		return;
	num(BLOCK, 4);
	num(1, 4);
	num(fragments, 4);
	if (im.v == 2)
		return;
	num(end, 8);
	num(uids, 8);
	num(UINT64_MAX, 8);
	num(im.inodes, 8);
	num(im.dirs, 8);
	num(fragments, 8);
	num(UINT64_MAX, 8);
}

static void make(unsigned version, bool big_endian, bool loop)
{
	static const size_t supers[] = { 0, 51, 63, 119, 96 };
	size_t fragments, uids, end;

	memset(&im, 0, sizeof(im));
	im.v = version;
	im.be = big_endian;
	im.loop = loop;
	fill(&im.w, supers[version], 0);
	make_data();
	make_tables();
	make_rest(&fragments, &uids);
	end = im.w.n;
	im.w.n = 0;
	num(0x73717368, 4);
	num(6, 4);
	if (version == 4) {
		num(1000000, 4);
		super_4(fragments, uids, end);
	} else {
		super_old(fragments, uids, end);
	}
	assert_int_equal(im.w.n, supers[version]);
	im.w.n = end;
}

static const struct {
	unsigned v;
	bool be;
} kinds[] = { { 1, false }, { 1, true }, { 2, false }, { 2, true },
	      { 3, false }, { 3, true }, { 4, false }, { 4, true } };
#define EACH(i) for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)

static void check_listing(struct fw_mem *m)
{
	const struct fw_mem_child *c = fw_mem_find(m, "a");

	assert_int_equal(m->child_count, 6);
	assert_int_equal(c->bytes.len, BLOCK + 5);
	assert_memory_equal(c->bytes.data, im.w.b + im.data, BLOCK + 5);
	assert_int_equal(c->meta.mode, 0644);
	assert_int_equal(c->meta.uid, 1000);
	assert_int_equal(c->meta.gid, 1000);
	assert_int_equal(c->meta.mtime, 1000000);
	c = fw_mem_find(m, "b");
	assert_int_equal(c->meta.type, FW_HARDLINK);
	assert_string_equal(c->meta.link, "a");
	c = fw_mem_find(m, "dev");
	assert_int_equal(c->meta.type, FW_CHARDEV);
	assert_int_equal(c->meta.rdev_major, 4);
	assert_int_equal(c->meta.rdev_minor, 64);
	assert_string_equal(fw_mem_find(m, "l")->meta.link, "a/../");
	assert_int_equal(fw_mem_find(m, "sub")->meta.type, FW_DIR);
	c = fw_mem_find(m, "sub/hole");
	assert_int_equal(c->bytes.len, BLOCK);
	for (size_t i = 0; i < BLOCK; i++)
		assert_int_equal(c->bytes.data[i], 0);
	for (size_t i = 0; i < m->child_count; i++)
		assert_int_equal(m->children[i].err.code, FW_OK);
}

static void every_version_reads_the_same(void **state)
{
	(void)state;
	EACH (i) {
		struct fw_mem m = { 0 };
		size_t end;

		make(kinds[i].v, kinds[i].be, false);
		end = im.w.n;
		fill(&im.w, end + 100, 0xff);
		assert_int_equal(probed(F, built(&im.w)), end);
		im.w.n = end;
		assert_int_equal(probed(F, built(&im.w)), end);
		assert_int_equal(fw_mem_unpack(&m, F, built(&im.w)).code,
				 FW_OK);
		check_listing(&m);
		assert_fact(&m, "squashfs.byte_order",
			    kinds[i].be ? "big endian" : "little endian");
		fw_mem_free(&m);
	}
}

static void cuts_are_told(void **state)
{
	(void)state;
	EACH (i) {
		make(kinds[i].v, kinds[i].be, false);
		for (size_t n = 0; n < im.w.n; n += n < BLOCK ? 61 : 1) {
			struct fw_view part = fw_view_of(im.w.b, n);
			struct fw_mem m = { 0 };

			assert_int_equal(probed(F, part), 0);
			assert_int_equal(fw_mem_unpack(&m, F, part).code,
					 FW_TRUNCATED);
			fw_mem_free(&m);
		}
	}
}

static void loops_end(void **state)
{
	(void)state;
	EACH (i) {
		struct fw_mem m = { 0 };

		make(kinds[i].v, kinds[i].be, true);
		fw_mem_unpack(&m, F, built(&im.w));
		assert_int_equal(m.child_count, 6);
		assert_int_equal(fw_mem_find(&m, "sub/hole")->err.code,
				 FW_MALFORMED);
		fw_mem_free(&m);
	}
}

/* No byte of the tables, set to anything odd, may hang or crash. */
static void damage_ends(void **state)
{
	static const uint8_t values[] = { 0, 0x7f, 0xff };

	(void)state;
	EACH (i) {
		make(kinds[i].v, kinds[i].be, false);
		for (size_t at = 4; at < im.w.n; at++) {
			uint8_t was = im.w.b[at];

			if (at == im.data)
				at = im.fragment;
			was = im.w.b[at];
			for (size_t k = 0; k < sizeof(values); k++) {
				struct fw_mem m = { .max_written = 1 << 16 };

				im.w.b[at] = values[k];
				fw_mem_unpack(&m, F, built(&im.w));
				assert_true(m.child_count < 300);
				fw_mem_free(&m);
			}
			im.w.b[at] = was;
		}
	}
}

static void the_superblock_is_checked(void **state)
{
	static const struct {
		size_t at, bytes;
		uint64_t value;
	} rows[] = {
		{ 28, 2, 5 },		{ 28, 2, 0 },
		{ 30, 2, 2 },		{ 12, 4, BLOCK + 1 },
		{ 22, 2, 11 },		{ 22, 2, 13 },
		{ 4, 4, 0 },		{ 40, 8, 1ull << 63 },
		{ 64, 8, 95 },		{ 64, 8, UINT64_MAX },
		{ 72, 8, 0 },		{ 72, 8, 1 << 20 },
		{ 32, 8, 1ull << 32 },	{ 32, 8, 0xffff },
		{ 80, 8, 1 << 20 },	{ 48, 8, 1 << 20 },
		{ 26, 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make(4, false, false);
		AT(&im.w, rows[i].at,
		   num(rows[i].value, (unsigned)rows[i].bytes));
		assert_int_equal(probed(F, built(&im.w)), 0);
	}
}

static void names_cannot_leave_their_folder(void **state)
{
	struct fw_mem m = { 0 };

	(void)state;
	make(4, false, false);
	for (size_t i = im.dirs; i + 3 < im.w.n; i++)
		if (memcmp(im.w.b + i, "dev", 3) == 0)
			im.w.b[i + 1] = '/';
	assert_int_equal(fw_mem_unpack(&m, F, built(&im.w)).code, FW_OK);
	assert_int_equal(fw_mem_find(&m, "d_v")->err.code, FW_MALFORMED);
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_version_reads_the_same),
		cmocka_unit_test(cuts_are_told),
		cmocka_unit_test(loops_end),
		cmocka_unit_test(damage_ends),
		cmocka_unit_test(the_superblock_is_checked),
		cmocka_unit_test(names_cannot_leave_their_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
