/* test_carve.c - leaves inside of other bytes: what is cut out, and at what
 * cost */
#include "boot_build.h"
#include "engine/carve.h"
#include "formats/formats.h"

enum { SOWN = 1 << 20, STEP = 16 };

static size_t walks;

/* A leaf whose walk is long and fails at last. */
static uint64_t tease_probe(struct fw_cursor *c)
{
	walks++;
	fw_seek(c, c->v.len);
	fw_require(c, false, "end", 0);
	return 0;
}

static const struct fw_format tease = {
	.name = "tease",
	.class = FW_LEAF,
	.bits = 64,
	.magic = { { "HEAD", 4, 0 } },
	.probe = tease_probe,
};

/* An image of fair certainty that spans all, as a tar does; and one of more
 * certainty that a chance hit in it calls cut short. */
static uint64_t whole_probe(struct fw_cursor *c)
{
	return c->v.len;
}

static uint64_t short_probe(struct fw_cursor *c)
{
	fw_fail(c, FW_TRUNCATED, "range past the end", 0);
	return 0;
}

static const struct fw_format whole = {
	.name = "whole",
	.class = FW_ARCHIVE,
	.bits = 52,
	.magic = { { "WHOLE!", 6, 0 } },
	.probe = whole_probe,
};

static const struct fw_format shorter = {
	.name = "shorter",
	.class = FW_ARCHIVE,
	.bits = 112,
	.magic = { { "SHRT", 4, 0 } },
	.probe = short_probe,
};

static const struct fw_format *formats[5];

static const struct fw_format *last_cut;

static size_t carve(struct fw_view v, struct fw_arena *a, struct fw_extent **x)
{
	struct fw_cut cut;

	formats[0] = &tease;
	formats[1] = fw_format_named("gif");
	formats[2] = fw_format_named("bmp");
	formats[3] = &whole;
	formats[4] = &shorter;
	fw_carve_init(formats, 5);
	size_t n = fw_carve(v, formats, 5, a, x, &cut);

	last_cut = cut.format;
	return n;
}

static void gif(struct build *w)
{
	put(w, "GIF89a\1\0\1\0\0\0\0\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0\x3b",
	    29);
}

static void bmp(struct build *w)
{
	put(w,
	    "BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0"
	    "\1\0\x18\0",
	    30);
	fill(w, w->n + 28, 0);
}

static void what_is_behind_a_picture_is_a_part(void **state)
{
	static struct build w;
	struct fw_arena a = { 0 };
	struct fw_extent *x;

	(void)state;
	gif(&w);
	put(&w, "behind", 6);
	assert_int_equal(carve(built(&w), &a, &x), 2);
	assert_ptr_equal(x[0].format, fw_format_named("gif"));
	assert_int_equal(x[0].len, 29);
	assert_null(x[1].format);
	assert_int_equal(x[1].len, 6);
	fw_arena_free(&a);
}

/* What is not walked to its end counts as a whole file only. */
static void few_bits_count_at_the_start(void **state)
{
	static struct build w;
	struct fw_arena a = { 0 };
	struct fw_extent *x;

	(void)state;
	bmp(&w);
	assert_int_equal(carve(built(&w), &a, &x), 1);
	assert_ptr_equal(x[0].format, fw_format_named("bmp"));
	w.n = 0;
	put(&w, "data", 4);
	bmp(&w);
	gif(&w);
	assert_int_equal(carve(built(&w), &a, &x), 2);
	assert_null(x[0].format);
	assert_int_equal(x[0].len, 62);
	assert_ptr_equal(x[1].format, fw_format_named("gif"));
	fw_arena_free(&a);
}

static void sown_heads_cost_no_square(void **state)
{
	static uint8_t sown[SOWN];
	struct fw_arena a = { 0 };
	struct fw_extent *x;

	(void)state;
	for (size_t i = 0; i < SOWN; i += STEP)
		memcpy(sown + i, "HEAD", 4);
	walks = 0;
	assert_int_equal(carve(fw_view_of(sown, SOWN), &a, &x), 1);
	assert_null(x[0].format);
	assert_in_range(walks, 1, 64); /* of 65536 heads */
	fw_arena_free(&a);
}

/* A chance hit in the content of a whole image makes it no cut one; the same
 * bytes outside of it do. */
static void content_is_not_cut_short(void **state)
{
	uint8_t bytes[256] = "WHOLE!";
	struct fw_arena a = { 0 };
	struct fw_extent *x;

	(void)state;
	memcpy(bytes + 64, "SHRT", 4);
	assert_int_equal(carve(fw_view_of(bytes, sizeof(bytes)), &a, &x), 1);
	assert_ptr_equal(x[0].format, &whole);
	assert_null(last_cut);
	memcpy(bytes, "nothin", 6);
	carve(fw_view_of(bytes, sizeof(bytes)), &a, &x);
	assert_ptr_equal(last_cut, &shorter);
	fw_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_behind_a_picture_is_a_part),
		cmocka_unit_test(few_bits_count_at_the_start),
		cmocka_unit_test(sown_heads_cost_no_square),
		cmocka_unit_test(content_is_not_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
