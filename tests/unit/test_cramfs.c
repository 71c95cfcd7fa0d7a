/* test_cramfs.c - cramfs in both byte orders, built byte by byte */
#include <zlib.h>

#include "boot_build.h"

extern const struct fw_format fw_format_cramfs;
#define F (&fw_format_cramfs)

enum {
	SIZE = 4096 + 10,
	ROOT = 76,	 /* four inodes with names of up to 4 */
	SUB = ROOT + 64, /* one, with a name of 7 */
	END = SUB + 20
};

static struct build w;
static bool be;
static uint8_t text[SIZE];

static void u32(uint32_t v)
{
	if (be)
		be32(&w, v);
	else
		le32(&w, v);
}

static void node(uint32_t mode, uint32_t size, uint32_t off, const char *name)
{
	uint32_t words = (uint32_t)(strlen(name) + 3) / 4;
	size_t at = w.n;

	u32(be ? mode << 16 | 100 : mode | 100 << 16);
	u32(be ? size << 8 | 50 : size | 50u << 24);
	u32(be ? words << 26 | off / 4 : words | off / 4 << 6);
	put(&w, name, strlen(name));
	fill(&w, at + 12 + 4 * words, 0);
}

static void deflated(const uint8_t *p, size_t n)
{
	uint8_t buf[8192];
	uLongf len = sizeof(buf);

	assert_int_equal(compress2(buf, &len, p, n, 9), Z_OK);
	put(&w, buf, len);
}

static void seal(size_t base)
{
	uint32_t size = (uint32_t)w.n;

	AT(&w, base + 4, u32(size));
	AT(&w, base + 32, u32(0));
	uint32_t crc = fw_crc32(0, fw_view_of(w.b + base, w.n - base));

	AT(&w, base + 32, u32(crc));
}

/* base: 0, or 512 with room for a boot loader. ext: a stored second block. */
static void make(bool big_endian, uint32_t base, bool ext)
{
	be = big_endian;
	w = (struct build){ 0 };
	for (size_t i = 0; i < SIZE; i++)
		text[i] = (uint8_t)(i * 11 >> 3);
	fill(&w, base, 0);
	u32(0x28cd3d45);
	u32(0);
	u32(3 | (ext ? 0x800 : 0) | (base ? 0x400 : 0));
	u32(0);
	put(&w, "Compressed ROMFS", 16);
	u32(0);
	u32(0);
	u32(5);
	u32(6);
	put(&w, "volume\0\0\0\0\0\0\0\0\0\0", 16);
	w.n = base + 64;
	node(0040755, SUB - ROOT, base + ROOT, "");
	node(0020600, 4 << 8 | 64, 0, "dev");
	node(0100644, 4096, base + END, "hole");
	node(0040700, END - SUB, base + SUB, "sub");
	node(0120777, 4, base + END + 4, "l");
	assert_int_equal(w.n, base + SUB);
	node(0104755, SIZE, base + END + 32, "program");
	assert_int_equal(w.n, base + END);
	u32(base + END + 4); /* ends where it starts: a hole */
	size_t at = w.n;

	u32(0);
	deflated((const uint8_t *)"a/..", 4);
	uint32_t end = (uint32_t)w.n;

	AT(&w, at, u32(end));
	fill(&w, base + END + 32, 0);
	at = w.n;
	u32(0);
	u32(0);
	deflated(text, 4096);
	end = (uint32_t)w.n;
	AT(&w, at, u32(end));
	if (ext)
		put(&w, text + 4096, 10);
	else
		deflated(text + 4096, 10);
	end = (uint32_t)w.n;
	AT(&w, at + 4, u32(end | (ext ? 1u << 31 : 0)));
	seal(base);
}

static void check(void)
{
	struct fw_mem m = { 0 };
	const struct fw_mem_child *c;

	assert_int_equal(probed(F, built(&w)), w.n);
	assert_int_equal(fw_mem_unpack(&m, F, built(&w)).code, FW_OK);
	assert_int_equal(m.child_count, 5);
	assert_fact(&m, "cramfs.volume", "volume");
	assert_child(&m, "sub/program", fw_view_of(text, SIZE));
	c = fw_mem_find(&m, "sub/program");
	assert_int_equal(c->meta.mode, 04755);
	assert_int_equal(c->meta.uid, 100);
	assert_int_equal(c->meta.gid, 50);
	assert_string_equal(fw_mem_find(&m, "l")->meta.link, "a/..");
	c = fw_mem_find(&m, "dev");
	assert_int_equal(c->meta.type, FW_CHARDEV);
	assert_int_equal(c->meta.rdev_major, 4);
	assert_int_equal(c->meta.rdev_minor, 64);
	c = fw_mem_find(&m, "hole");
	assert_int_equal(c->bytes.len, 4096);
	for (size_t i = 0; i < 4096; i++)
		assert_int_equal(c->bytes.data[i], 0);
	for (size_t i = 0; i < m.child_count; i++)
		assert_int_equal(m.children[i].err.code, FW_OK);
	fw_mem_free(&m);
}

static void everything_is_listed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		make(i & 1, i & 2 ? 512 : 0, i & 4);
		check();
	}
}

static void the_end_is_exact(void **state)
{
	size_t n;

	(void)state;
	make(false, 0, false);
	n = w.n;
	fill(&w, n + 50, 0xff);
	assert_int_equal(probed(F, built(&w)), n);
}

static void every_bit_counts(void **state)
{
	(void)state;
	make(true, 0, false);
	for (size_t i = 0; i < w.n; i++) {
		/* Without its flag there is no checksum to hold. */
		uint8_t mask = i == 11 ? 2 : 1;

		w.b[i] ^= mask;
		assert_int_equal(probed(F, built(&w)), 0);
		w.b[i] ^= mask;
	}
}

static void cuts_are_told(void **state)
{
	(void)state;
	make(false, 0, false);
	cut_everywhere(F, built(&w));
	for (size_t n = 0; n < w.n; n++) {
		struct fw_view part = fw_view_of(w.b, n);
		struct fw_mem m = { 0 };

		assert_int_equal(probed(F, part), 0);
		assert_int_equal(fw_mem_unpack(&m, F, part).code,
				 FW_TRUNCATED);
		fw_mem_free(&m);
	}
}

static void loops_end(void **state)
{
	struct fw_mem m = { 0 };

	(void)state;
	make(false, 0, false);
	w.n = SUB;
	node(0040755, SUB - ROOT, ROOT, "program");
	fw_mem_unpack(&m, F, built(&w));
	assert_int_equal(fw_mem_find(&m, "sub/program")->err.code,
			 FW_MALFORMED);
	assert_int_equal(m.child_count, 5);
	fw_mem_free(&m);
}

static void damage_stays_with_its_file(void **state)
{
	struct fw_mem m = { 0 };

	(void)state;
	make(false, 0, false);
	w.b[END + 32 + 8 + 20] ^= 0x55;
	w.b[ROOT + 12 + 1] = '/';
	fw_mem_unpack(&m, F, built(&w));
	assert_int_not_equal(fw_mem_find(&m, "sub/program")->err.code, FW_OK);
	assert_int_equal(fw_mem_find(&m, "sub/program")->bytes.len, SIZE);
	assert_int_equal(fw_mem_find(&m, "d_v")->err.code, FW_MALFORMED);
	assert_int_equal(fw_mem_find(&m, "l")->err.code, FW_OK);
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_listed),
		cmocka_unit_test(the_end_is_exact),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(cuts_are_told),
		cmocka_unit_test(loops_end),
		cmocka_unit_test(damage_stays_with_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
