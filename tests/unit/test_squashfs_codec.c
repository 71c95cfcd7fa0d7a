/* test_squashfs_codec.c - vendors' framings of LZMA, and LZO, block by block */
#include <lzma.h>

#include "boot_build.h"
#include "codec/codec.h"
#include "formats/squashfs.h"

enum { LEN = 5000 };

static uint8_t plain[LEN], got[SQ_META_MAX];

/* Something that compresses, but not to nothing. */
static void make_plain(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < LEN; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = i % 5 == 0 ? (uint8_t)(x >> 28) : (uint8_t)(i / 100);
	}
}

static void lzma(struct build *w, unsigned lc, unsigned lp, unsigned pb)
{
	lzma_options_lzma o;
	static uint8_t buf[2 * LEN];
	size_t n = 0;

	lzma_lzma_preset(&o, 6);
	o.lc = lc;
	o.lp = lp;
	o.pb = pb;
	lzma_filter f[] = { { LZMA_FILTER_LZMA1, &o },
			    { LZMA_VLI_UNKNOWN, NULL } };
	assert_int_equal(lzma_raw_buffer_encode(f, NULL, plain, LEN, buf, &n,
						sizeof(buf)),
			 LZMA_OK);
	put(w, buf, n);
}

/* want 0: as metadata, whose length nobody tells. */
static void found(const struct build *w, size_t want, enum sq_framing framing)
{
	struct sq_super s = { .major = 3, .block_size = SQ_META_MAX };
	struct sq_codec k;
	struct fw_err err = { 0 };

	assert_true(sq_codec_find(&s, built(w), want, got, sizeof(got), &k));
	assert_int_equal(k.framing, framing);
	memset(got, 0xee, sizeof(got));
	size_t n = sq_codec_run(&k, built(w), want, got, sizeof(got), &err);

	assert_int_equal(err.code, FW_OK);
	assert_true(want == 0 ? n >= LEN : n == LEN);
	assert_memory_equal(got, plain, LEN);
}

static void properties_without_length(void **state)
{
	static const uint8_t header[] = { (2 * 5 + 2) * 9 + 1, 0, 0, 0, 1 };
	static struct build w;

	(void)state;
	w.n = 0;
	put(&w, header, sizeof(header));
	lzma(&w, 1, 2, 2);
	found(&w, LEN, SQ_LZMA_PROPS);
	found(&w, 0, SQ_LZMA_PROPS);
}

static void properties_in_bytes(void **state)
{
	static const uint8_t orders[][4] = { { 1, 2, 3, 0 },
					     { 3, 2, 1, 0x55 },
					     { 2, 1, 3, 0x55 } };
	static struct build w;

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		size_t skip = orders[i][3] == 0 ? 3 : 4;

		w.n = 0;
		put(&w, orders[i], skip);
		lzma(&w, orders[i][i == 1 ? 2 : i == 2 ? 1 : 0],
		     orders[i][i == 2 ? 0 : 1], orders[i][i == 1 ? 0 : 2]);
		found(&w, LEN, SQ_LZMA_PREFIX);
	}
}

static void no_properties(void **state)
{
	static const uint8_t rows[][3] = { { 3, 0, 2 }, { 0, 2, 2 },
					   { 1, 2, 0 }, { 4, 0, 4 } };
	static struct build w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w.n = 0;
		lzma(&w, rows[i][0], rows[i][1], rows[i][2]);
		found(&w, LEN, SQ_LZMA_FIXED);
		found(&w, 0, SQ_LZMA_FIXED);
	}
}

static void noise_is_nothing(void **state)
{
	struct sq_super s = { .major = 3, .block_size = SQ_META_MAX };
	struct sq_codec k;
	static struct build w;
	uint32_t x = 7;

	(void)state;
	for (w.n = 0; w.n < 1000;) {
		x = x * 1664525 + 1013904223;
		uint8_t b = (uint8_t)(x >> 24);

		if (w.n == 0)
			b = 0;
		put(&w, &b, 1);
	}
	assert_false(sq_codec_find(&s, built(&w), 8000, got, sizeof(got), &k));
}

static void lzo_reads_every_instruction(void **state)
{
	static const struct {
		struct fw_view in, want;
		enum fw_code code;
	} rows[] = {
		/* a run at the start; end mark */
		{ FW_STR("\x15" "abcd\x11\0\0"), FW_STR("abcd"), FW_OK },
		/* a match of 3..8 at a distance of up to 2048 */
		{ FW_STR("\x15" "abcd\x4c\0\x11\0\0"), FW_STR("abcdabc"),
		  FW_OK },
		/* then one literal, then a match of 2 */
		{ FW_STR("\x15" "abcd\x4d\0x\x04\0\x11\0\0"),
		  FW_STR("abcdabcxcx"), FW_OK },
		/* matches with a distance in two bytes, also a long one */
		{ FW_STR("\x15" "abcd\x21\0\0\x11\0\0"),
		  FW_STR("abcdddd"), FW_OK },
		{ FW_STR("\x15" "abcd\x20\x01\x0c\0\x11\0\0"),
		  FW_STR("abcdabcdabcdabcdabcdabcdabcdabcdabcdab"), FW_OK },
		/* a run in the midst */
		{ FW_STR("\x12" "a\x40\0\x01wxyz\x11\0\0"),
		  FW_STR("aaaawxyz"), FW_OK },
		{ FW_STR("\x15" "abcd\x6c\0\x11\0\0"), FW_STR("abcdabcd"),
		  FW_OK },
		{ FW_STR("\x15" "abcd"), FW_STR("abcd"), FW_TRUNCATED },
		{ FW_STR("\x15" "abcd\x50\x08"), FW_STR("abcd"),
		  FW_MALFORMED },
		{ FW_STR(""), FW_STR(""), FW_TRUNCATED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_err err = { 0 };
		size_t n = fw_decode(FW_LZO1X, rows[i].in, got, sizeof(got),
				     NULL, &err);

		assert_int_equal(err.code, rows[i].code);
		assert_true(fw_view_eq(fw_view_of(got, n), rows[i].want));
	}
}

static void lzo_stays_in_its_room(void **state)
{
	/* a run of 18 + 255 * 64 literals, of which few are there */
	static uint8_t in[200];
	struct fw_err err = { 0 };

	(void)state;
	in[66] = 1;
	fw_decode(FW_LZO1X, fw_view_of(in, sizeof(in)), got, 100, NULL, &err);
	assert_int_equal(err.code, FW_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(properties_without_length),
		cmocka_unit_test(properties_in_bytes),
		cmocka_unit_test(no_properties),
		cmocka_unit_test(noise_is_nothing),
		cmocka_unit_test(lzo_reads_every_instruction),
		cmocka_unit_test(lzo_stays_in_its_room),
	};

	make_plain();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
