/* test_ubi.c - a small UBI, whole, cut and wrong in each field that counts */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/memory.h"
#include "formats/formats.h"

enum { PEB = 8192, VID = 64, DATA = 128, LEB = PEB - DATA, PEBS = 6 };
enum { SIZE = PEB * PEBS };

static uint8_t image[SIZE + 100];

static void put32(size_t at, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		image[at + i] = (uint8_t)(v >> (24 - 8 * i));
}

static void seal(size_t at, size_t len)
{
	put32(at + len, ~fw_crc32(0, fw_view_of(image + at, len)));
}

static void counter(unsigned peb)
{
	size_t at = (size_t)peb * PEB;

	memset(image + at, 0xff, PEB);
	memset(image + at, 0, 64);
	memcpy(image + at, "UBI#\x01", 5);
	put32(at + 16, VID);
	put32(at + 20, DATA);
	put32(at + 24, 99);
	seal(at, 60);
}

static void block(unsigned peb, uint32_t volume, uint32_t lnum, uint32_t sqnum,
		  char fill)
{
	size_t at = (size_t)peb * PEB + VID;

	counter(peb);
	memset(image + at, 0, 64);
	memcpy(image + at, "UBI!\x01\x01", 6);
	put32(at + 8, volume);
	put32(at + 12, lnum);
	put32(at + 44, sqnum);
	seal(at, 60);
	memset(image + peb * PEB + DATA, fill, LEB);
}

/* Two table blocks, block 0 in an old and a new copy, block 2, a free one. */
static void build(void)
{
	memset(image, 0, sizeof(image));
	for (unsigned peb = 0; peb < 2; peb++) {
		size_t at = peb * PEB + DATA;

		block(peb, 0x7fffefff, peb, 1, 0);
		put32(at, 3);
		put32(at + 4, 1);
		image[at + 12] = 1;
		image[at + 15] = 4;
		memcpy(image + at + 16, "a/b!", 4);
		seal(at, 168);
	}
	block(2, 0, 0, 9, 'n');
	block(3, 0, 0, 5, 'o');
	block(4, 0, 2, 6, 't');
	counter(5);
}

static uint64_t probe(size_t len)
{
	struct fw_cursor c = fw_cursor_of(fw_view_of(image, len));
	uint64_t n = fw_format_named("ubi")->probe(&c);

	return fw_ok(&c) ? n : 0;
}

static struct fw_err unpack(struct fw_mem *m, size_t len)
{
	return fw_mem_unpack(m, fw_format_named("ubi"),
			     fw_view_of(image, len));
}

static void newest_blocks_make_the_volume(void **state)
{
	struct fw_mem m = { 0 };
	const struct fw_mem_child *v;

	(void)state;
	build();
	assert_int_equal(probe(sizeof(image)), SIZE);
	assert_int_equal(unpack(&m, SIZE).code, FW_OK);
	assert_int_equal(m.child_count, 1);
	v = fw_mem_find(&m, "a_b!");
	assert_non_null(v);
	assert_int_equal(v->bytes.len, 3 * LEB);
	assert_int_equal(v->bytes.data[0], 'n');
	assert_int_equal(v->bytes.data[LEB], 0xff);
	assert_int_equal(v->bytes.data[2 * LEB], 't');
	fw_mem_free(&m);
}

static void the_second_table_serves(void **state)
{
	struct fw_mem m = { 0 };

	(void)state;
	build();
	image[DATA + 16] = 'X';
	assert_int_equal(unpack(&m, SIZE).code, FW_OK);
	assert_non_null(fw_mem_find(&m, "a_b!"));
	image[PEB + DATA + 16] = 'X';
	fw_mem_free(&m);
	m = (struct fw_mem){ 0 };
	assert_int_equal(unpack(&m, SIZE).code, FW_OK);
	assert_non_null(fw_mem_find(&m, "volume0"));
	assert_string_equal(fw_mem_fact(&m, "ubi.volume_table"), "damaged");
	fw_mem_free(&m);
}

static void cuts_are_said(void **state)
{
	(void)state;
	build();
	for (size_t len = 0; len < SIZE; len += 97) {
		struct fw_mem m = { 0 };
		struct fw_err e = unpack(&m, len);

		assert_int_equal(e.code,
				 len > PEB && len % PEB == 0 ? FW_OK
							     : FW_TRUNCATED);
		assert_true(probe(len) <= len);
		fw_mem_free(&m);
	}
	assert_int_equal(probe(3 * PEB + 100), 3 * PEB + 100);
}

static void wrong_fields_are_a_no(void **state)
{
	static const size_t at[] = { 0, 4, 8, 19, 23, 60 };

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		build();
		image[at[i]] ^= 1;
		assert_int_equal(probe(SIZE), 0);
	}
}

static void far_blocks_are_damage(void **state)
{
	struct fw_mem m = { 0 };

	(void)state;
	build();
	block(4, 0, 0x7fffffff, 6, 't');
	assert_int_equal(unpack(&m, SIZE).code, FW_OK);
	assert_int_equal(fw_mem_find(&m, "a_b!")->err.code, FW_MALFORMED);
	assert_int_equal(fw_mem_find(&m, "a_b!")->bytes.len, LEB);
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_blocks_make_the_volume),
		cmocka_unit_test(the_second_table_serves),
		cmocka_unit_test(cuts_are_said),
		cmocka_unit_test(wrong_fields_are_a_no),
		cmocka_unit_test(far_blocks_are_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
