/* test_tplink.c - TP-Link headers and SafeLoader images */
#include "boot_build.h"

extern const struct fw_format fw_format_tplink_v1, fw_format_tplink_v2,
	fw_format_tplink_safeloader;

static const uint8_t key_main[] = "\xdc\xd7\x3a\xa5\xc3\x95\x98\xfb"
				  "\xdd\xf9\xe7\xf4\x0e\xae\x47\x38";
static const uint8_t key_boot[] = "\x8c\xef\x33\x5b\xd5\xc5\xce\xfa"
				  "\xa7\x9c\x28\xda\xb2\xe9\x0f\x42";
static const uint8_t key_two[] = "\xdc\xd7\x3a\xa5\xc3\x95\x98\xfb"
				 "\xdc\xf9\xe7\xf4\x0e\xae\x47\x37";

static void seal(uint8_t *image, size_t len, size_t at, const uint8_t *key)
{
	uint8_t sum[FW_MD5_SIZE];

	memcpy(image + at, key, FW_MD5_SIZE);
	fw_md5(fw_view_of(image, len), sum);
	memcpy(image + at, sum, sizeof(sum));
}

/* len, kernel, rootfs, boot; each an offset and a length */
static void lengths(struct build *w, size_t at, const uint32_t v[7])
{
	for (unsigned i = 0; i < 7; i++)
		AT(w, at + 4 * i, be32(w, v[i]));
}

static void v1_header(struct build *w, const uint32_t v[7])
{
	size_t from = w->n;

	be32(w, 0x01000000);
	put(w, "TP-LINK Technologies", 20);
	fill(w, from + 0x1c, 0);
	put(w, "ver. 1.0", 8);
	fill(w, from + 0x40, 0);
	be32(w, 0x07010002);
	be32(w, 1);
	fill(w, from + 0x200, 0);
	lengths(w, from + 0x7c, v);
}

/* An inner image of 0x500 bytes. */
static void inner(struct build *w)
{
	size_t from = w->n;

	v1_header(w, (const uint32_t[]){ 0x500, 0x200, 6, 0x300, 0x10, 0, 0 });
	put(w, "kernel", 6);
	fill(w, from + 0x300, 0xff);
	put(w, "root file system", 16);
	fill(w, from + 0x500, 0xff);
	seal(w->b + from, 0x500, 0x4c, key_main);
}

static void v1_parts_come_out(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	w.n = 0;
	inner(&w);
	assert_int_equal(probed(&fw_format_tplink_v1, built(&w)), 0x500);
	fw_mem_unpack(&m, &fw_format_tplink_v1, built(&w));
	assert_int_equal(m.child_count, 2);
	assert_child(&m, "kernel", FW_STR("kernel"));
	assert_child(&m, "rootfs", FW_STR("root file system"));
	assert_fact(&m, "checksum.md5", "ok");
	assert_fact(&m, "tplink.md5_variant", "main");
	assert_fact(&m, "tplink.hardware", "0x07010002");
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	cut_everywhere(&fw_format_tplink_v1, built(&w));
}

static void v1_changed_bytes_are_a_finding(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	w.n = 0;
	inner(&w);
	w.b[0x305] ^= 1;
	assert_int_equal(probed(&fw_format_tplink_v1, built(&w)), 0x500);
	fw_mem_unpack(&m, &fw_format_tplink_v1, built(&w));
	assert_non_null(fw_mem_find(&m, "rootfs"));
	assert_fact(&m, "checksum.md5", "wrong");
	assert_int_equal(m.finding_count, 1);
	assert_int_equal(m.findings[0].at, 0x4c);
	fw_mem_free(&m);
}

static void v1_full_flash_holds_a_second_header(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	w.n = 0;
	/* as shipped: the other offsets count from the second header */
	v1_header(&w,
		  (const uint32_t[]){ 0x1700, 0x200, 6, 0x300, 0x10, 0, 9 });
	put(&w, "boot code", 9);
	fill(&w, 0x1200, 0xff);
	inner(&w);
	seal(w.b, w.n, 0x4c, key_boot);
	assert_int_equal(probed(&fw_format_tplink_v1, built(&w)), 0x1700);
	fw_mem_unpack(&m, &fw_format_tplink_v1, built(&w));
	assert_int_equal(m.child_count, 2);
	assert_child(&m, "bootloader", FW_STR("boot code"));
	assert_child(&m, "firmware", fw_view_of(w.b + 0x1200, 0x500));
	assert_fact(&m, "tplink.md5_variant", "boot");
	fw_mem_free(&m);
}

static void v1_contradictions_are_a_no(void **state)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} rows[] = {
		{ 0x7c, 0x100 },      /* length before the parts */
		{ 0x80, 0x10 },	      /* kernel inside the header */
		{ 0x80, 0xfffffff0 }, /* kernel beyond */
		{ 0x8c, 0xffffffff }, /* root beyond */
		{ 0x1c, 0x01020304 }, /* no text */
	};
	static struct build w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w.n = 0;
		inner(&w);
		AT(&w, rows[i].at, be32(&w, rows[i].value));
		assert_int_equal(probed(&fw_format_tplink_v1, built(&w)), 0);
	}
}

static void v1_stripped_padding_is_whole(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	w.n = 0;
	inner(&w);
	w.n = 0x400;
	seal(w.b, w.n, 0x4c, key_main);
	assert_int_equal(probed(&fw_format_tplink_v1, built(&w)), 0x400);
	assert_int_equal(
		fw_mem_unpack(&m, &fw_format_tplink_v1, built(&w)).code, FW_OK);
	assert_fact(&m, "checksum.md5", "ok");
	fw_mem_free(&m);
}

static void v2_parts_come_out(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	w.n = 0;
	put(&w, "\x03\0\0\0ver. 2.0", 13);
	fill(&w, 0x200, 0);
	lengths(&w, 0x70,
		(const uint32_t[]){ 0x400, 0x200, 6, 0x300, 4, 0, 0 });
	put(&w, "kernel", 6);
	fill(&w, 0x300, 0xff);
	put(&w, "root", 4);
	fill(&w, 0x400, 0xff);
	seal(w.b, w.n, 0x40, key_two);
	assert_int_equal(probed(&fw_format_tplink_v2, built(&w)), 0x400);
	fw_mem_unpack(&m, &fw_format_tplink_v2, built(&w));
	assert_child(&m, "rootfs", FW_STR("root"));
	assert_fact(&m, "checksum.md5", "ok");
	assert_fact(&m, "tplink.header_version", "3");
	fw_mem_free(&m);
	cut_everywhere(&fw_format_tplink_v2, built(&w));
}

static void safeloader(struct build *w, const char *table)
{
	static const uint8_t key[] = "\x7a\x2b\x15\xed\x9b\x98\x59\x6d"
				     "\xe5\x04\xab\x44\xac\x2a\x9f\x4e";
	uint8_t salted[0x3000];

	*w = (struct build){ 0 };
	be32(w, 0x1014 + 0x810);
	fill(w, 0x14, 0);
	be32(w, 5);
	put(w, "vendo", 6);
	fill(w, 0x1014, 0xff);
	put(w, table, strlen(table) + 1);
	fill(w, 0x1814, 0xff);
	put(w, "os-image is here", 16);
	memcpy(salted, key, 16);
	memcpy(salted + 16, w->b + 0x14, w->n - 0x14);
	fw_md5(fw_view_of(salted, w->n - 4), w->b + 4);
}

static void safeloader_partitions_come_out(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	safeloader(&w, "fwup-ptn os-image base 0x00800 size 0x00008\t\r\n"
		       "fwup-ptn a/b base 0x00808 size 0x00008\t\r\n");
	assert_int_equal(probed(&fw_format_tplink_safeloader, built(&w)), w.n);
	fw_mem_unpack(&m, &fw_format_tplink_safeloader, built(&w));
	assert_child(&m, "os-image", FW_STR("os-image"));
	assert_child(&m, "a_b", FW_STR(" is here"));
	assert_fact(&m, "checksum.md5", "ok");
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	m = (struct fw_mem){ 0 };
	w.b[w.n - 1] ^= 1;
	fw_mem_unpack(&m, &fw_format_tplink_safeloader, built(&w));
	assert_fact(&m, "checksum.md5", "wrong");
	assert_int_equal(m.finding_count, 1);
	fw_mem_free(&m);
	for (size_t n = 0; n < w.n; n += 7)
		assert_int_equal(probed(&fw_format_tplink_safeloader,
					fw_view_of(w.b, n)),
				 0);
}

static void safeloader_contradictions_are_a_no(void **state)
{
	static const char *const rows[] = {
		"", "fwup-ptn os base 0x00800 size 0x00011\t\r\n",
		"fwup-ptn os base 0xffffffff size 0x1\t\r\n",
		"fwup-ptn os base 800 size 0x1\t\r\n",
		"fwup-ptn os base 0x800 size\t\r\n",
	};
	static struct build w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		safeloader(&w, rows[i]);
		assert_int_equal(probed(&fw_format_tplink_safeloader, built(&w)),
				 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v1_parts_come_out),
		cmocka_unit_test(v1_changed_bytes_are_a_finding),
		cmocka_unit_test(v1_full_flash_holds_a_second_header),
		cmocka_unit_test(v1_contradictions_are_a_no),
		cmocka_unit_test(v1_stripped_padding_is_whole),
		cmocka_unit_test(v2_parts_come_out),
		cmocka_unit_test(safeloader_partitions_come_out),
		cmocka_unit_test(safeloader_contradictions_are_a_no),
	};

	if (!fw_hash_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
