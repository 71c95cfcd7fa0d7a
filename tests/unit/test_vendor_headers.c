/* test_vendor_headers.c - CHK, SEAMA, BIN header, CVIMG, PackImg, U-Boot
 * environment */
#include "boot_build.h"

extern const struct fw_format fw_format_chk, fw_format_seama,
	fw_format_uboot_env, fw_format_packimg, fw_format_rtk,
	fw_format_binhdr;

static void chk(struct build *w)
{
	w->n = 0;
	put(w, "*#$^", 4);
	be32(w, 45);
	put(w, "\x01\x01\0\x0a\0\0\0\0", 8);
	/* sums worked out by hand: "ab" is 0x61+0x62 and 2*0x61+0x62 */
	be32(w, 0x012400c3);
	be32(w, 0x00630063);
	be32(w, 2);
	be32(w, 1);
	be32(w, 0x024a0126);
	be32(w, 0);
	put(w, "BOARD", 5);
	put(w, "abc", 3);
	uint32_t low = 0, high = 0;

	for (size_t i = 0; i < 45; i++) {
		low += w->b[i];
		high += low;
	}
	assert_true(low < 0x10000 && high < 0x10000);
	AT(w, 36, be32(w, high << 16 | low));
}

static void chk_parts_come_out(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	chk(&w);
	assert_int_equal(probed(&fw_format_chk, built(&w)), w.n);
	assert_int_equal(fw_mem_unpack(&m, &fw_format_chk, built(&w)).code,
			 FW_OK);
	assert_child(&m, "kernel", FW_STR("ab"));
	assert_child(&m, "rootfs", FW_STR("c"));
	assert_fact(&m, "chk.board", "BOARD");
	assert_fact(&m, "checksum.kernel", "ok");
	assert_fact(&m, "checksum.rootfs", "ok");
	assert_fact(&m, "checksum.image", "ok");
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	m = (struct fw_mem){ 0 };
	w.b[w.n - 1] ^= 1;
	fw_mem_unpack(&m, &fw_format_chk, built(&w));
	assert_int_equal(m.finding_count, 2);
	fw_mem_free(&m);
	cut_everywhere(&fw_format_chk, built(&w));
	for (size_t i = 0; i < 45; i++) {
		w.b[i] ^= 0x40;
		assert_int_equal(probed(&fw_format_chk, built(&w)), 0);
		w.b[i] ^= 0x40;
	}
	for (size_t n = 0; n < w.n; n++)
		assert_int_equal(probed(&fw_format_chk, fw_view_of(w.b, n)), 0);
}

static void seama(struct build *w, void (*u32)(struct build *, uint32_t))
{
	uint8_t sum[FW_MD5_SIZE];

	w->n = 0;
	u32(w, 0x5ea3a417);
	u32(w, 8);
	u32(w, 0);
	put(w, "dev=a\0\0", 8);
	fw_md5(FW_STR("image"), sum);
	u32(w, 0x5ea3a417);
	u32(w, 4);
	u32(w, 5);
	put(w, sum, sizeof(sum));
	put(w, "t=b", 4);
	put(w, "image", 5);
}

static void seama_images_come_out(void **state)
{
	static struct build w;

	(void)state;
	for (int little = 0; little < 2; little++) {
		struct fw_mem m = { 0 };

		seama(&w, little ? le32 : be32);
		assert_int_equal(probed(&fw_format_seama, built(&w)), w.n);
		assert_int_equal(
			fw_mem_unpack(&m, &fw_format_seama, built(&w)).code,
			FW_OK);
		assert_int_equal(m.child_count, 1);
		assert_child(&m, "image0", FW_STR("image"));
		assert_fact(&m, "seama.meta", "dev=a");
		assert_fact(&m, "checksum.md5", "ok");
		fw_mem_free(&m);
		cut_everywhere(&fw_format_seama, built(&w));
		for (size_t n = 32; n < w.n; n++)
			assert_int_equal(probed(&fw_format_seama,
						fw_view_of(w.b, n)),
					 0);
	}
	struct fw_mem m = { 0 };

	w.b[w.n - 1] ^= 1;
	fw_mem_unpack(&m, &fw_format_seama, built(&w));
	assert_fact(&m, "checksum.md5", "wrong");
	assert_int_equal(m.finding_count, 1);
	fw_mem_free(&m);
}

static void environment_is_read(void **state)
{
	static struct build w;

	(void)state;
	for (size_t from = 4; from <= 5; from++) {
		struct fw_mem m = { 0 };

		w.n = 0;
		fill(&w, from, 0);
		put(&w, "bootargs=console=ttyS1\0bootcmd=sf probe\0", 41);
		fill(&w, 0x1000, 0xff);
		AT(&w, 0,
		   le32(&w, fw_crc32(0, fw_view_of(w.b + from, 0x1000 - from))));
		fill(&w, 0x1800, 0x55);
		assert_int_equal(probed(&fw_format_uboot_env, built(&w)),
				 0x1000);
		w.n = 0x1000;
		assert_int_equal(
			fw_mem_unpack(&m, &fw_format_uboot_env, built(&w)).code,
			FW_OK);
		assert_int_equal(m.fact_count, 3);
		assert_fact(&m, "uboot.env", "bootargs=console=ttyS1");
		fw_mem_free(&m);
		assert_int_equal(probed(&fw_format_uboot_env,
					fw_view_of(w.b, 0xfff)),
				 0);
		w.b[0x800] ^= 1;
		assert_int_equal(probed(&fw_format_uboot_env, built(&w)), 0);
	}
}

/* A header and its data: right, cut anywhere, magic damaged. */
static void check(const struct fw_format *f, struct build *w, const char *name,
		  struct fw_view want)
{
	struct fw_mem m = { 0 };

	assert_int_equal(probed(f, built(w)), w->n);
	assert_int_equal(fw_mem_unpack(&m, f, built(w)).code, FW_OK);
	assert_child(&m, name, want);
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	cut_everywhere(f, built(w));
	for (size_t n = 0; n < w->n; n++)
		assert_int_equal(probed(f, fw_view_of(w->b, n)), 0);
}

static void packimg_data_comes_out(void **state)
{
	static struct build w;

	(void)state;
	w.n = 0;
	put(&w, "--PaCkImGs--\0\0\0\0\x04\0\0\0", 20);
	fill(&w, 32, 0);
	put(&w, "root", 4);
	check(&fw_format_packimg, &w, "rootfs", FW_STR("root"));
	AT(&w, 16, be32(&w, 4));
	check(&fw_format_packimg, &w, "rootfs", FW_STR("root"));
	AT(&w, 16, be32(&w, 0));
	assert_int_equal(probed(&fw_format_packimg, built(&w)), 0);
}

static void rtk_sum_is_checked(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	w.n = 0;
	put(&w, "cs6c", 4);
	be32(&w, 0x80500000);
	be32(&w, 0x30000);
	be32(&w, 6);
	put(&w, "\x12\x34\x00\x01\xed\xcb", 6);
	check(&fw_format_rtk, &w, "kernel", fw_view_of(w.b + 16, 6));
	w.b[17] ^= 1;
	fw_mem_unpack(&m, &fw_format_rtk, built(&w));
	assert_fact(&m, "checksum.sum", "wrong");
	assert_int_equal(m.finding_count, 1);
	fw_mem_free(&m);
	w.b[8] = 0xff;
	assert_int_equal(probed(&fw_format_rtk, built(&w)), 0);
}

static void binhdr_holds_a_trx(void **state)
{
	static struct build w;

	(void)state;
	w.n = 0;
	put(&w, "W54G\0\0\0\0\x05\x03\x11\x04\x14\x06U2ND", 18);
	fill(&w, 32, 0);
	put(&w, "HDR0\x20\0\0\0", 8);
	fill(&w, 60, 0);
	put(&w, "data", 4);
	check(&fw_format_binhdr, &w, "firmware", fw_view_of(w.b + 32, 32));
	w.b[4] = 1;
	assert_int_equal(probed(&fw_format_binhdr, built(&w)), 0);
	w.b[4] = 0;
	w.b[36] = 27; /* no room for the header of a TRX */
	assert_int_equal(probed(&fw_format_binhdr, built(&w)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chk_parts_come_out),
		cmocka_unit_test(seama_images_come_out),
		cmocka_unit_test(environment_is_read),
		cmocka_unit_test(packimg_data_comes_out),
		cmocka_unit_test(rtk_sum_is_checked),
		cmocka_unit_test(binhdr_holds_a_trx),
	};

	if (!fw_hash_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
