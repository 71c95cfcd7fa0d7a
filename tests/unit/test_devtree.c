/* test_devtree.c - device trees and flattened image trees */
#include "boot_build.h"

extern const struct fw_format fw_format_dtb, fw_format_fit;

static struct build names; /* strings of the tree being built */

static void node(struct build *w, const char *name)
{
	be32(w, 1);
	put(w, name, strlen(name) + 1);
	fill(w, (w->n + 3) & ~(size_t)3, 0);
}

static void leave(struct build *w)
{
	be32(w, 2);
}

static void prop(struct build *w, const char *name, const void *v, size_t n)
{
	be32(w, 3);
	be32(w, (uint32_t)n);
	be32(w, (uint32_t)names.n);
	put(&names, name, strlen(name) + 1);
	put(w, v, n);
	fill(w, (w->n + 3) & ~(size_t)3, 0);
}

static void text(struct build *w, const char *name, const char *v)
{
	prop(w, name, v, strlen(v) + 1);
}

static void start(struct build *w)
{
	*w = (struct build){ 0 };
	names.n = 0;
	fill(w, 56, 0);
	node(w, "");
}

static void finish(struct build *w)
{
	size_t structs_len, strings_at;

	leave(w);
	be32(w, 9);
	structs_len = w->n - 56;
	strings_at = w->n;
	put(w, names.b, names.n);
	const uint32_t h[] = { 0xd00dfeed, (uint32_t)w->n, 56,
			       (uint32_t)strings_at, 40, 17, 16, 0,
			       (uint32_t)names.n, (uint32_t)structs_len };

	for (unsigned i = 0; i < 10; i++)
		AT(w, 4 * i, be32(w, h[i]));
}

static void board(struct build *w)
{
	start(w);
	text(w, "model", "Test Board");
	prop(w, "compatible", "a,b\0c,d", 8);
	node(w, "chosen");
	text(w, "bootargs", "console=ttyS0");
	leave(w);
	finish(w);
}

static void a_board_is_named(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	board(&w);
	assert_int_equal(probed(&fw_format_dtb, built(&w)), w.n);
	assert_int_equal(probed(&fw_format_fit, built(&w)), 0);
	assert_int_equal(fw_mem_unpack(&m, &fw_format_dtb, built(&w)).code,
			 FW_OK);
	assert_fact(&m, "dtb.model", "Test Board");
	assert_fact(&m, "dtb.compatible", "a,b");
	assert_fact(&m, "dtb.bootargs", "console=ttyS0");
	assert_int_equal(m.child_count, 0);
	fw_mem_free(&m);
	cut_everywhere(&fw_format_dtb, built(&w));
	for (size_t n = 0; n < w.n; n++)
		assert_int_equal(probed(&fw_format_dtb, fw_view_of(w.b, n)), 0);
}

static void wrong_headers_are_a_no(void **state)
{
	static const struct {
		unsigned at;
		uint32_t v;
	} rows[] = { { 0, 0xd00dfeee }, { 4, 39 },	 { 4, 0xffffffff },
		     { 8, 57 },		{ 8, 0xfffffffc }, { 12, 0xffffffff },
		     { 20, 3 },		{ 24, 18 },	 { 32, 0xffffffff },
		     { 32, 3 },		{ 36, 0xffffffff }, { 36, 8 },
		     { 56, 7 } };
	static struct build w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		board(&w);
		AT(&w, rows[i].at, be32(&w, rows[i].v));
		assert_int_equal(probed(&fw_format_dtb, built(&w)), 0);
	}
}

static void depth_is_bounded(void **state)
{
	static struct build w;

	(void)state;
	start(&w);
	for (int i = 0; i < 40; i++)
		node(&w, "n");
	for (int i = 0; i < 40; i++)
		leave(&w);
	finish(&w);
	assert_int_equal(probed(&fw_format_dtb, built(&w)), 0);
}

/* One image inside the tree and one behind it. */
static void images(struct build *w)
{
	uint8_t sum[FW_SHA256_SIZE];

	start(w);
	text(w, "description", "two images");
	node(w, "images");
	node(w, "kernel-1");
	text(w, "type", "kernel");
	text(w, "arch", "arm64");
	prop(w, "data", "Image", 5);
	node(w, "hash-1");
	fw_sha256(FW_STR("Image"), sum);
	text(w, "algo", "sha256");
	prop(w, "value", sum, sizeof(sum));
	leave(w);
	leave(w);
	node(w, "fdt-1");
	prop(w, "data-offset", "\0\0\0\x04", 4);
	prop(w, "data-size", "\0\0\0\x06", 4);
	leave(w);
	leave(w);
	node(w, "configurations");
	text(w, "default", "conf-1");
	node(w, "conf-1");
	node(w, "signature-1");
	text(w, "algo", "sha256,rsa2048");
	text(w, "key-name-hint", "dev");
	leave(w);
	leave(w);
	leave(w);
	finish(w);
	fill(w, ((w->n + 3) & ~(size_t)3) + 4, 0);
	put(w, "behind", 6);
}

static void images_come_out(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	images(&w);
	fill(&w, w.n + 5, 0xff);
	assert_int_equal(probed(&fw_format_fit, built(&w)), w.n - 5);
	w.n -= 5;
	assert_int_equal(probed(&fw_format_fit, built(&w)), w.n);
	assert_int_equal(probed(&fw_format_dtb, built(&w)), 0);
	assert_int_equal(fw_mem_unpack(&m, &fw_format_fit, built(&w)).code,
			 FW_OK);
	assert_int_equal(m.child_count, 2);
	assert_child(&m, "kernel-1", FW_STR("Image"));
	assert_child(&m, "fdt-1", FW_STR("behind"));
	assert_fact(&m, "fit.description", "two images");
	assert_fact(&m, "fit.hash", "kernel-1 sha256 ok");
	assert_fact(&m, "fit.default", "conf-1");
	assert_fact(&m, "fit.signature",
		    "conf-1/signature-1 sha256,rsa2048 key dev");
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	cut_everywhere(&fw_format_fit, built(&w));
}

static void a_changed_image_is_a_finding(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };
	size_t at;

	(void)state;
	images(&w);
	at = fw_view_find(built(&w), FW_STR("Image"), 0);
	w.b[at] ^= 1;
	assert_int_equal(fw_mem_unpack(&m, &fw_format_fit, built(&w)).code,
			 FW_OK);
	assert_int_equal(m.child_count, 2);
	assert_fact(&m, "fit.hash", "kernel-1 sha256 wrong");
	assert_int_equal(m.finding_count, 1);
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_board_is_named),
		cmocka_unit_test(wrong_headers_are_a_no),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(images_come_out),
		cmocka_unit_test(a_changed_image_is_a_finding),
	};

	if (!fw_hash_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
