/* test_uimage.c - U-Boot legacy images, single and multi */
#include "boot_build.h"

extern const struct fw_format fw_format_uimage;
#define F (&fw_format_uimage)

static void make(struct build *w, uint8_t type, struct fw_view data)
{
	uint8_t kind[4] = { 5, 5, type, 1 };

	*w = (struct build){ 0 };
	be32(w, 0x27051956);
	be32(w, 0);
	be32(w, 1474506702);
	be32(w, (uint32_t)data.len);
	be32(w, 0x80010000);
	be32(w, 0x8039a050);
	be32(w, fw_crc32(0, data));
	put(w, kind, 4);
	put(w, "Linux-3.10.14", 13);
	fill(w, 64, 0);
	AT(w, 4, be32(w, fw_crc32(0, fw_view_of(w->b, 64))));
	put(w, data.data, data.len);
}

static void a_kernel_comes_out(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	make(&w, 2, FW_STR("kernel bytes"));
	assert_int_equal(probed(F, built(&w)), w.n);
	fill(&w, w.n + 9, 0xff);
	assert_int_equal(probed(F, built(&w)), w.n - 9);
	w.n -= 9;
	assert_int_equal(fw_mem_unpack(&m, F, built(&w)).code, FW_OK);
	assert_child(&m, "kernel", FW_STR("kernel bytes"));
	assert_fact(&m, "uimage.name", "Linux-3.10.14");
	assert_fact(&m, "uimage.arch", "mips");
	assert_fact(&m, "uimage.os", "linux");
	assert_fact(&m, "uimage.comp", "gzip");
	assert_fact(&m, "uimage.load", "0x80010000");
	assert_fact(&m, "checksum.data", "ok");
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	cut_everywhere(F, built(&w));
	for (size_t n = 0; n < w.n; n++)
		assert_int_equal(probed(F, fw_view_of(w.b, n)), 0);
}

static void every_header_bit_counts(void **state)
{
	static struct build w;

	(void)state;
	make(&w, 2, FW_STR("kernel bytes"));
	for (size_t i = 0; i < 64; i++) {
		w.b[i] ^= 0x10;
		assert_int_equal(probed(F, built(&w)), 0);
		w.b[i] ^= 0x10;
	}
}

static void changed_data_is_a_finding(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	make(&w, 2, FW_STR("kernel bytes"));
	w.b[70] ^= 1;
	assert_int_equal(probed(F, built(&w)), w.n);
	assert_int_equal(fw_mem_unpack(&m, F, built(&w)).code, FW_OK);
	assert_non_null(fw_mem_find(&m, "kernel"));
	assert_fact(&m, "checksum.data", "wrong");
	assert_int_equal(m.finding_count, 1);
	assert_string_equal(m.findings[0].kind->id,
			    "integrity/checksum-mismatch");
	assert_int_equal(m.findings[0].at, 24);
	fw_mem_free(&m);
}

static void images_of_a_multi_file_come_out(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	make(&w, 4, FW_STR("\0\0\0\x05\0\0\0\x03\0\0\0\0abcde\0\0\0xyz"));
	assert_int_equal(fw_mem_unpack(&m, F, built(&w)).code, FW_OK);
	assert_int_equal(m.child_count, 2);
	assert_child(&m, "image0", FW_STR("abcde"));
	assert_child(&m, "image1", FW_STR("xyz"));
	fw_mem_free(&m);
	cut_everywhere(F, built(&w));
}

static void a_multi_file_that_claims_too_much_fails(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	make(&w, 4, FW_STR("\0\0\0\x02\xff\xff\xff\xff\0\0\0\0ab"));
	assert_int_equal(fw_mem_unpack(&m, F, built(&w)).code, FW_TRUNCATED);
	assert_child(&m, "image0", FW_STR("ab"));
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_comes_out),
		cmocka_unit_test(every_header_bit_counts),
		cmocka_unit_test(changed_data_is_a_finding),
		cmocka_unit_test(images_of_a_multi_file_come_out),
		cmocka_unit_test(a_multi_file_that_claims_too_much_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
