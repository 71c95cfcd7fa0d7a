/* test_ext.c - a small ext2, whole, cut and wrong in each field that counts */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/memory.h"
#include "formats/formats.h"

enum { BLOCK = 1024, BLOCKS = 32, SIZE = BLOCK * BLOCKS };
enum { SB = 1024, TABLE = 5 * BLOCK, ROOT = 9 * BLOCK, DATA = 10 * BLOCK };

static uint8_t image[SIZE];

static void put16(size_t at, unsigned v)
{
	image[at] = (uint8_t)v;
	image[at + 1] = (uint8_t)(v >> 8);
}

static void put32(size_t at, uint32_t v)
{
	put16(at, v & 0xffff);
	put16(at + 2, v >> 16);
}

static void inode(unsigned ino, unsigned mode, uint32_t size, uint32_t block)
{
	size_t at = TABLE + (ino - 1) * 128;

	put16(at, mode);
	put32(at + 4, size);
	put32(at + 16, 1000);
	put16(at + 26, 1);
	put32(at + 40, block);
}

static size_t entry(size_t at, uint32_t ino, unsigned len, const char *name)
{
	put32(at, ino);
	put16(at + 4, len);
	put16(at + 6, (unsigned)strlen(name));
	memcpy(image + at + 8, name, strlen(name));
	return at + len;
}

/* Root with a file, a link, a device, a second name and a folder that is root. */
static void build(void)
{
	size_t at = ROOT;

	memset(image, 0, sizeof(image));
	put32(SB, 32);
	put32(SB + 4, BLOCKS);
	put32(SB + 20, 1);
	put32(SB + 32, 8192);
	put32(SB + 36, 8192);
	put32(SB + 40, 32);
	put16(SB + 56, 0xef53);
	put16(SB + 58, 1);
	put32(2 * BLOCK, 3);
	put32(2 * BLOCK + 4, 4);
	put32(2 * BLOCK + 8, 5);
	inode(2, 0040755, BLOCK, ROOT / BLOCK);
	inode(11, 0100644, 5, DATA / BLOCK);
	inode(12, 0120777, 3, 0);
	memcpy(image + TABLE + 11 * 128 + 40, "abc", 3);
	inode(13, 0020600, 0, 5 << 8 | 1);
	memcpy(image + DATA, "hello", 5);
	at = entry(at, 2, 12, ".");
	at = entry(at, 2, 12, "..");
	at = entry(at, 11, 16, "file");
	at = entry(at, 12, 16, "link");
	at = entry(at, 13, 16, "dev");
	at = entry(at, 2, 16, "loop");
	entry(at, 11, (unsigned)(ROOT + BLOCK - at), "same");
}

static uint64_t probe(size_t len)
{
	struct fw_cursor c = fw_cursor_of(fw_view_of(image, len));
	uint64_t n = fw_format_named("ext")->probe(&c);

	return fw_ok(&c) ? n : 0;
}

static void tree_is_read(void **state)
{
	struct fw_mem m = { 0 };
	const struct fw_mem_child *f;
	struct fw_err e;

	(void)state;
	build();
	assert_int_equal(probe(SIZE), SIZE);
	e = fw_mem_unpack(&m, fw_format_named("ext"),
			  fw_view_of(image, SIZE));
	assert_int_equal(e.code, FW_OK);
	assert_int_equal(m.child_count, 5);
	f = fw_mem_find(&m, "file");
	assert_non_null(f);
	assert_true(fw_view_eq(f->bytes, FW_STR("hello")));
	assert_int_equal(f->meta.mode, 0644);
	assert_int_equal(f->meta.mtime, 1000);
	assert_string_equal(fw_mem_find(&m, "link")->meta.link, "abc");
	assert_int_equal(fw_mem_find(&m, "dev")->meta.rdev_major, 5);
	assert_int_equal(fw_mem_find(&m, "dev")->meta.rdev_minor, 1);
	assert_int_equal(fw_mem_find(&m, "same")->meta.type, FW_HARDLINK);
	assert_int_equal(fw_mem_find(&m, "loop")->err.code, FW_MALFORMED);
	fw_mem_free(&m);
}

static void cuts_are_said(void **state)
{
	(void)state;
	build();
	for (size_t len = 0; len < SIZE; len += 61) {
		struct fw_mem m = { 0 };
		struct fw_err e = fw_mem_unpack(&m, fw_format_named("ext"),
						fw_view_of(image, len));

		assert_int_equal(e.code, FW_TRUNCATED);
		assert_int_equal(probe(len), len < 2060 ? 0 : len);
		fw_mem_free(&m);
	}
}

static void wrong_fields_are_a_no(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
	} rows[] = {
		{ SB, 33 },	    { SB + 4, 1 },   { SB + 20, 0 },
		{ SB + 24, 7 },	    { SB + 32, 0 },  { SB + 40, 0 },
		{ SB + 56, 0 },	    { SB + 76, 2 },  { 2 * BLOCK, 1 },
		{ 2 * BLOCK + 8, BLOCKS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		build();
		put32(rows[i].at, rows[i].value);
		assert_int_equal(probe(SIZE), 0);
	}
	/* The copy in another group. */
	build();
	put32(SB + 76, 1);
	put16(SB + 88, 128);
	assert_int_equal(probe(SIZE), SIZE);
	put16(SB + 90, 1);
	assert_int_equal(probe(SIZE), 0);
}

static void what_follows_is_left(void **state)
{
	(void)state;
	build();
	put32(SB + 4, BLOCKS - 1);
	assert_int_equal(probe(SIZE), SIZE - BLOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_is_read),
		cmocka_unit_test(cuts_are_said),
		cmocka_unit_test(wrong_fields_are_a_no),
		cmocka_unit_test(what_follows_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
