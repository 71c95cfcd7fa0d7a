/* test_jffs2.c - small logs: versions, deletions, holes, damage, cuts */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/memory.h"
#include "formats/formats.h"

enum { MAX = 1 << 20 };

static uint8_t image[MAX];
static size_t end;
static bool big;

static void put(size_t at, unsigned n, uint32_t v)
{
	for (unsigned i = 0; i < n; i++)
		image[at + i] = (uint8_t)(v >> 8 * (big ? n - 1 - i : i));
}

static void crc(size_t at, size_t from, size_t len)
{
	put(at, 4, ~fw_crc32(0xffffffff, fw_view_of(image + from, len)));
}

static size_t header(unsigned type, size_t len)
{
	size_t at = end;

	put(at, 2, 0x1985);
	put(at + 2, 2, type);
	put(at + 4, 4, (uint32_t)len);
	crc(at + 8, at, 8);
	end += (len + 3) & ~(size_t)3;
	return at;
}

static size_t dirent(uint32_t pino, uint32_t version, uint32_t ino,
		     unsigned kind, const char *name)
{
	size_t n = strlen(name), at = header(0xe001, 40 + n);

	put(at + 12, 4, pino);
	put(at + 16, 4, version);
	put(at + 20, 4, ino);
	put(at + 28, 1, (unsigned)n);
	put(at + 29, 1, kind);
	memcpy(image + at + 40, name, n);
	crc(at + 32, at, 32);
	crc(at + 36, at + 40, n);
	return at;
}

static size_t inode(uint32_t ino, uint32_t version, uint32_t mode,
		    uint32_t isize, uint32_t off, unsigned compr,
		    struct fw_view data, uint32_t dsize)
{
	size_t at = header(0xe002, 68 + data.len);

	put(at + 12, 4, ino);
	put(at + 16, 4, version);
	put(at + 20, 4, mode);
	put(at + 28, 4, isize);
	put(at + 36, 4, 77);
	put(at + 44, 4, off);
	put(at + 48, 4, (uint32_t)data.len);
	put(at + 52, 4, dsize);
	put(at + 56, 1, compr);
	if (data.len > 0)
		memcpy(image + at + 68, data.data, data.len);
	crc(at + 60, at + 68, data.len);
	crc(at + 64, at, 60);
	return at;
}

static void start(bool big_endian)
{
	memset(image, 0xff, sizeof(image));
	end = 0;
	big = big_endian;
	header(0x2003, 12);
}

static void build(bool big_endian)
{
	start(big_endian);
	dirent(1, 1, 2, 8, "file");
	inode(2, 1, 0100644, 10, 0, 0, FW_STR("0123456789"), 10);
	inode(2, 3, 0100600, 8, 6, 0, FW_STR("ab"), 2);
	inode(2, 2, 0100644, 10, 2, 2, FW_STR("x\4"), 5);
	dirent(1, 2, 3, 4, "dir");
	inode(3, 1, 0040755, 0, 0, 0, FW_STR(""), 0);
	dirent(3, 1, 4, 10, "link");
	inode(4, 1, 0120777, 3, 0, 0, FW_STR("abc"), 3);
	dirent(1, 3, 5, 8, "gone");
	inode(5, 1, 0100644, 5, 0, 0, FW_STR("hello"), 5);
	dirent(1, 4, 0, 0, "gone");
	dirent(3, 2, 2, 8, "same");
	dirent(1, 5, 6, 8, "sparse");
	inode(6, 1, 0100644, 9000, 0, 1, FW_STR(""), 8990);
	inode(6, 2, 0100644, 9000, 8990, 0, FW_STR("0123456789"), 10);
}

static uint64_t probe(size_t len)
{
	struct fw_cursor c = fw_cursor_of(fw_view_of(image, len));
	uint64_t n = fw_format_named("jffs2")->probe(&c);

	return fw_ok(&c) ? n : 0;
}

static struct fw_err unpack(struct fw_mem *m, size_t len)
{
	*m = (struct fw_mem){ 0 };
	return fw_mem_unpack(m, fw_format_named("jffs2"),
			     fw_view_of(image, len));
}

static void newest_versions_count(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct fw_mem m;
		const struct fw_mem_child *f;

		build(i == 1);
		assert_int_equal(probe(MAX), end);
		assert_int_equal(probe(end), end);
		assert_int_equal(unpack(&m, end).code, FW_OK);
		assert_int_equal(m.child_count, 5);
		f = fw_mem_find(&m, "file");
		assert_true(fw_view_eq(f->bytes, FW_STR("01xxxxab")));
		assert_int_equal(f->meta.mode, 0600);
		assert_int_equal(f->meta.mtime, 77);
		assert_string_equal(fw_mem_find(&m, "dir/link")->meta.link,
				    "abc");
		assert_string_equal(fw_mem_find(&m, "dir/same")->meta.link,
				    "file");
		assert_int_equal(fw_mem_find(&m, "sparse")->bytes.len, 9000);
		assert_string_equal(fw_mem_fact(&m, "jffs2.deleted"), "gone");
		assert_string_equal(
			fw_mem_fact(&m, "jffs2.deleted.sha256"),
			"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e7304"
			"3362938b9824 gone");
		fw_mem_free(&m);
	}
}

static void holes_are_crossed_and_others_are_not(void **state)
{
	size_t before;

	(void)state;
	build(false);
	before = end;
	end = 500000; /* erased up to there */
	dirent(1, 9, 7, 8, "late");
	assert_int_equal(probe(MAX), end);
	memset(image + before, 0x5a, 20000); /* an unfinished write */
	assert_int_equal(probe(MAX), end);
	memset(image + before, 0x5a, 400000); /* something else */
	assert_int_equal(probe(MAX), before);
	build(false);
	big = true; /* a file system of the other byte order */
	before = end;
	dirent(1, 9, 7, 8, "late");
	assert_int_equal(probe(MAX), before);
}

static void wrong_sums_hide_nodes(void **state)
{
	struct fw_mem m;
	size_t at;

	(void)state;
	start(false);
	dirent(1, 1, 2, 8, "f");
	inode(2, 1, 0100644, 3, 0, 0, FW_STR("old"), 3);
	at = inode(2, 2, 0100644, 3, 0, 0, FW_STR("new"), 3);
	image[at + 68] ^= 1; /* data */
	unpack(&m, end);
	assert_true(fw_view_eq(fw_mem_find(&m, "f")->bytes, FW_STR("old")));
	assert_int_equal(fw_mem_find(&m, "f")->err.code, FW_MALFORMED);
	fw_mem_free(&m);
	image[at + 20] ^= 1; /* attributes: the node does not exist */
	unpack(&m, end);
	assert_int_equal(fw_mem_find(&m, "f")->err.code, FW_OK);
	fw_mem_free(&m);
	for (size_t i = 0; i < 12; i++) { /* the first node's header */
		image[i] ^= 0x10;
		assert_int_equal(probe(end), 0);
		image[i] ^= 0x10;
	}
}

static void cuts_do_no_harm(void **state)
{
	(void)state;
	build(false);
	for (size_t len = 0; len <= end; len++) {
		struct fw_mem m;

		unpack(&m, len);
		assert_true(probe(len) <= len);
		fw_mem_free(&m);
	}
	assert_int_equal(probe(end - 4), end - 4);
	struct fw_mem m;

	assert_int_equal(unpack(&m, end - 4).code, FW_TRUNCATED);
	fw_mem_free(&m);
}

static void loops_and_odd_names_end(void **state)
{
	struct fw_mem m;

	(void)state;
	start(false);
	dirent(1, 1, 2, 4, "a");
	inode(2, 1, 0040755, 0, 0, 0, FW_STR(""), 0);
	dirent(2, 1, 2, 4, "self");
	dirent(2, 2, 1, 4, "root");
	dirent(2, 3, 3, 8, "x/y");
	inode(3, 1, 0100644, 70000, 60000, 6, FW_STR("z"), 1 << 19);
	assert_int_equal(unpack(&m, end).code, FW_OK);
	assert_int_equal(m.child_count, 4);
	assert_int_equal(fw_mem_find(&m, "a/x_y")->err.code, FW_MALFORMED);
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_versions_count),
		cmocka_unit_test(holes_are_crossed_and_others_are_not),
		cmocka_unit_test(wrong_sums_hide_nodes),
		cmocka_unit_test(cuts_do_no_harm),
		cmocka_unit_test(loops_and_odd_names_end),
	};

	fw_hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
