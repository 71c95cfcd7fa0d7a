/* test_romfs.c - romfs built byte by byte */
#include "boot_build.h"

extern const struct fw_format fw_format_romfs;
#define F (&fw_format_romfs)

enum { HELLO = 64, NODE = 96, SYMLINK = 128, FOLDER = 176, HARD = 208, IN = 240 };

static void sum_to_zero(struct build *w, size_t from, size_t to, size_t at)
{
	uint32_t sum = 0;

	AT(w, at, be32(w, 0));
	for (size_t i = from; i + 4 <= to; i += 4)
		sum += (uint32_t)w->b[i] << 24 | (uint32_t)w->b[i + 1] << 16 |
		       (uint32_t)w->b[i + 2] << 8 | w->b[i + 3];
	AT(w, at, be32(w, 0 - sum));
}

/* A header and its name, of up to 15 bytes. */
static void node(struct build *w, uint32_t next, uint32_t spec, uint32_t size,
		 const char *name)
{
	size_t at = w->n;

	be32(w, next);
	be32(w, spec);
	be32(w, size);
	be32(w, 0);
	put(w, name, strlen(name));
	fill(w, at + 32, 0);
	sum_to_zero(w, at, at + 32, at + 12);
}

static void seal(struct build *w)
{
	uint32_t size = (uint32_t)w->n;

	AT(w, 8, be32(w, size));
	sum_to_zero(w, 0, w->n, 12);
}

static void make(struct build *w)
{
	*w = (struct build){ 0 };
	put(w, "-rom1fs-\0\0\0\0\0\0\0\0vol", 19);
	fill(w, 32, 0);
	node(w, HELLO | 1 | 8, 32, 0, ".");
	node(w, NODE | 2, 0, 0, "empty");
	node(w, SYMLINK | 5, 4 << 16 | 64, 0, "ttyS0");
	node(w, FOLDER | 3, 0, 5, "link");
	put(w, "hello", 5);
	fill(w, FOLDER, 0);
	node(w, HARD | 1 | 8, IN, 0, "bin");
	node(w, 0, IN, 0, "again");
	node(w, 0 | 2 | 8, 0, 3, "sh");
	put(w, "#!\n", 3);
	fill(w, 288, 0);
	seal(w);
}

static void everything_is_listed(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };
	const struct fw_mem_child *at;

	(void)state;
	make(&w);
	assert_int_equal(probed(F, built(&w)), 288);
	fill(&w, 300, 0xff);
	assert_int_equal(probed(F, built(&w)), 288);
	w.n = 288;
	assert_int_equal(fw_mem_unpack(&m, F, built(&w)).code, FW_OK);
	assert_int_equal(m.child_count, 6);
	assert_fact(&m, "romfs.volume", "vol");
	assert_child(&m, "bin/sh", FW_STR("#!\n"));
	assert_child(&m, "empty", FW_STR(""));
	assert_int_equal(fw_mem_find(&m, "bin/sh")->meta.mode, 0755);
	assert_int_equal(fw_mem_find(&m, "empty")->meta.mode, 0644);
	at = fw_mem_find(&m, "ttyS0");
	assert_int_equal(at->meta.type, FW_CHARDEV);
	assert_int_equal(at->meta.rdev_major, 4);
	assert_int_equal(at->meta.rdev_minor, 64);
	assert_string_equal(fw_mem_find(&m, "link")->meta.link, "hello");
	at = fw_mem_find(&m, "again");
	assert_int_equal(at->meta.type, FW_HARDLINK);
	assert_string_equal(at->meta.link, "bin/sh");
	for (size_t i = 0; i < m.child_count; i++)
		assert_int_equal(m.children[i].err.code, FW_OK);
	fw_mem_free(&m);
}

static void cuts_are_told(void **state)
{
	static struct build w;

	(void)state;
	make(&w);
	cut_everywhere(F, built(&w));
	for (size_t n = 0; n < w.n; n++) {
		struct fw_mem m = { 0 };

		assert_int_equal(probed(F, fw_view_of(w.b, n)), 0);
		assert_int_equal(
			fw_mem_unpack(&m, F, fw_view_of(w.b, n)).code,
			FW_TRUNCATED);
		fw_mem_free(&m);
	}
}

static void every_bit_of_the_first_512_counts(void **state)
{
	static struct build w;

	(void)state;
	make(&w);
	for (size_t i = 0; i < w.n; i++) {
		w.b[i] ^= 4;
		assert_int_equal(probed(F, built(&w)), 0);
		w.b[i] ^= 4;
	}
}

/* The list of the folder leads back to the root's first header. */
static void loops_end(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	make(&w);
	w.n = IN;
	node(&w, HELLO | 2, 0, 3, "sh");
	w.n = 288;
	seal(&w);
	assert_int_equal(fw_mem_unpack(&m, F, built(&w)).code, FW_MALFORMED);
	assert_int_equal(m.child_count, 6);
	fw_mem_free(&m);
}

static void damage_stays_with_its_file(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	make(&w);
	w.b[IN + 16] = '/';
	AT(&w, HARD + 4, be32(&w, 16));
	seal(&w);
	assert_int_equal(fw_mem_unpack(&m, F, built(&w)).code, FW_OK);
	assert_int_equal(fw_mem_find(&m, "bin/_h")->err.code, FW_MALFORMED);
	assert_int_equal(fw_mem_find(&m, "again")->err.code, FW_MALFORMED);
	assert_int_equal(fw_mem_find(&m, "ttyS0")->err.code, FW_OK);
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_listed),
		cmocka_unit_test(cuts_are_told),
		cmocka_unit_test(every_bit_of_the_first_512_counts),
		cmocka_unit_test(loops_end),
		cmocka_unit_test(damage_stays_with_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
