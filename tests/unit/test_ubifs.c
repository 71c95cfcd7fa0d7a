/* test_ubifs.c - a few nodes: the newest count, deletions, cuts, damage */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/memory.h"
#include "formats/formats.h"

enum { LEB = 16384, SIZE = 2 * LEB };

static uint8_t image[SIZE];
static size_t end;
static uint64_t sqnum;

static void put(size_t at, unsigned n, uint64_t v)
{
	for (unsigned i = 0; i < n; i++)
		image[at + i] = (uint8_t)(v >> 8 * i);
}

static void seal(size_t at, size_t len)
{
	put(at + 4, 4, ~fw_crc32(0, fw_view_of(image + at + 8, len - 8)));
}

static size_t node(unsigned type, size_t len, uint32_t ino, uint32_t low)
{
	size_t at = end;

	put(at, 4, 0x06101831);
	put(at + 8, 8, ++sqnum);
	put(at + 16, 4, len);
	put(at + 20, 1, type);
	put(at + 24, 4, ino);
	put(at + 28, 4, low);
	end += (len + 7) & ~(size_t)7;
	return at;
}

static void inode(uint32_t ino, uint32_t mode, uint64_t size)
{
	size_t at = node(0, 160, ino, 0);

	put(at + 48, 8, size);
	put(at + 72, 8, 77);
	put(at + 92, 4, 1);
	put(at + 104, 4, mode);
	seal(at, 160);
}

static void dent(uint32_t folder, uint32_t hash, uint32_t ino, const char *name)
{
	size_t n = strlen(name), at = node(2, 57 + n, folder, 2U << 29 | hash);

	put(at + 40, 8, ino);
	put(at + 50, 2, n);
	memcpy(image + at + 56, name, n);
	seal(at, 57 + n);
}

static void data(uint32_t ino, uint32_t block, const char *text)
{
	size_t n = strlen(text), at = node(1, 48 + n, ino, 1U << 29 | block);

	put(at + 40, 4, n);
	memcpy(image + at + 48, text, n);
	seal(at, 48 + n);
}

static void build(void)
{
	size_t at;

	memset(image, 0, sizeof(image));
	end = 0;
	sqnum = 0;
	at = node(6, 4096, 0, 0);
	put(at + 36, 4, LEB);
	put(at + 40, 4, 2);
	seal(at, 4096);
	inode(1, 0040755, 0);
	dent(1, 5, 2, "file");
	inode(2, 0100644, 4099);
	data(2, 0, "old");
	data(2, 1, "cut off");
	at = node(4, 56, 2, 0); /* truncated to nothing, written again */
	seal(at, 56);
	data(2, 1, "new");
	dent(1, 6, 3, "dir");
	inode(3, 0040700, 0);
	dent(3, 1, 1, "root");
	dent(3, 2, 3, "self");
	dent(1, 7, 4, "gone");
	dent(1, 7, 0, "gone");
}

static uint64_t probe(size_t len)
{
	struct fw_cursor c = fw_cursor_of(fw_view_of(image, len));
	uint64_t n = fw_format_named("ubifs")->probe(&c);

	return fw_ok(&c) ? n : 0;
}

static void newest_nodes_count(void **state)
{
	struct fw_mem m = { 0 };
	const struct fw_mem_child *f;

	(void)state;
	build();
	assert_int_equal(probe(SIZE), SIZE);
	assert_int_equal(fw_mem_unpack(&m, fw_format_named("ubifs"),
				       fw_view_of(image, SIZE))
				 .code,
			 FW_OK);
	assert_int_equal(m.child_count, 4);
	f = fw_mem_find(&m, "file");
	assert_int_equal(f->bytes.len, 4099);
	assert_int_equal(f->bytes.data[0], 0);
	assert_memory_equal(f->bytes.data + 4096, "new", 3);
	assert_int_equal(f->meta.mtime, 77);
	assert_string_equal(fw_mem_fact(&m, "ubifs.deleted"), "gone");
	fw_mem_free(&m);
}

static void cuts_are_said(void **state)
{
	(void)state;
	build();
	for (size_t len = 0; len < SIZE; len += 53) {
		struct fw_mem m = { 0 };
		struct fw_err e = fw_mem_unpack(&m, fw_format_named("ubifs"),
						fw_view_of(image, len));

		assert_int_equal(e.code, FW_TRUNCATED);
		assert_int_equal(probe(len), len < 4096 ? 0 : len);
		fw_mem_free(&m);
	}
}

static void wrong_fields_are_a_no(void **state)
{
	static const size_t at[] = { 0, 4, 8, 16, 20, 36, 40 };

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		build();
		image[at[i]] ^= 1;
		assert_int_equal(probe(SIZE), 0);
	}
	build();
	put(36, 4, 100);
	seal(0, 4096);
	assert_int_equal(probe(SIZE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_nodes_count),
		cmocka_unit_test(cuts_are_said),
		cmocka_unit_test(wrong_fields_are_a_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
