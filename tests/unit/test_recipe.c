/* test_recipe.c - the language of the fixtures */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "core/hash.h"
#include "tools/recipe.h"

static struct fw_arena arena;
static char path[] = "/tmp/recipe-XXXXXX";

static struct fw_view make(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return recipe_load(&arena, path);
}

static void items_give_their_bytes(void **state)
{
	static const struct {
		const char *text;
		struct fw_view want;
	} rows[] = {
		{ "\"a\\n\\x41\\\"\" # \"b\"", FW_STR("a\nA\"") },
		{ "x:00ff u8:7", FW_STR("\0\xff\x07") },
		{ "u16le:0x1234 u16be:0x1234", FW_STR("\x34\x12\x12\x34") },
		{ "u24be:1 u32le:2", FW_STR("\0\0\x01\x02\0\0\0") },
		{ "u64be:~0", FW_STR("\xff\xff\xff\xff\xff\xff\xff\xff") },
		{ "u8:2+3*4", FW_STR("\x14") }, /* left to right */
		{ "u8:2+(3*4)", FW_STR("\x0e") },
		{ "fill(2, 0x61) align(4, 98) align(4)", FW_STR("aabb") },
		{ "repeat(3) { \"}\" u8:1 }", FW_STR("}\1}\1}\1") },
		{ "repeat(0) { \"a\" } \"b\"", FW_STR("b") },
		{ "\"abcdef\" patch(1) { \"XY\" } cut(4)", FW_STR("aXYd") },
		{ "u8:@end \"abc\" @end", FW_STR("\x04"
						 "abc") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_view got = make(rows[i].text);

		assert_int_equal(got.len, rows[i].want.len);
		assert_memory_equal(got.data, rows[i].want.data, got.len);
	}
}

static void sums_come_to_rest(void **state)
{
	struct fw_view v =
		make("u32be:crc32(0, @end, 0, 4) u32le:crc32(8, @end) "
		     "\"123456789\" @end");

	(void)state;
	/* The check value of CRC-32. */
	assert_memory_equal(v.data + 4, "\x26\x39\xf4\xcb", 4);
	uint8_t copy[17];
	uint32_t sum;

	memcpy(copy, v.data, sizeof(copy));
	memset(copy, 0, 4);
	sum = fw_crc32(0, fw_view_of(copy, sizeof(copy)));
	for (int i = 0; i < 4; i++)
		assert_int_equal(v.data[i], sum >> (24 - 8 * i) & 0xff);
}

static void digests_and_blocks_stand_alone(void **state)
{
	struct fw_view v = make("\"xx\" md5 { \"abc\" } gzip { u8:@b @b }");
	uint8_t out[8];
	z_stream z = { 0 };

	(void)state;
	assert_memory_equal(v.data + 2, "\x90\x01\x50\x98\x3c\xd2", 6);
	assert_int_equal(inflateInit2(&z, 31), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)(v.data + 18);
	z.avail_in = (uInt)(v.len - 18);
	z.next_out = out;
	z.avail_out = sizeof(out);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	assert_int_equal(z.total_out, 1);
	assert_int_equal(out[0], 1);
}

static void mistakes_end_it(void **state)
{
	static const char *const rows[] = {
		"nothing:1",
		"u8:@nowhere",
		"\"open",
		"repeat(2) { u8:1",
		"u8:1 }",
		"cut(5)",
		"patch(0) { u8:1 }",
		"x:0",
		"u32le:crc32(0, 4) ",
		"u8:",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status;

		fflush(NULL);
		pid_t pid = fork();

		if (pid == 0) {
			assert_non_null(freopen("/dev/null", "w", stderr));
			make(rows[i]);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) != 2)
			fail_msg("accepted: %s", rows[i]);
	}
}

static int set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	fw_hash_init();
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	fw_arena_free(&arena);
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_give_their_bytes),
		cmocka_unit_test(sums_come_to_rest),
		cmocka_unit_test(digests_and_blocks_stand_alone),
		cmocka_unit_test(mistakes_end_it),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
