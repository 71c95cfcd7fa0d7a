/* test_kernel.c - Linux kernels: plain, zImage, bzImage, arm64 */
#include <zlib.h>

#include "boot_build.h"

extern const struct fw_format fw_format_linux_kernel, fw_format_arm64_image,
	fw_format_zimage, fw_format_bzimage;

#define BANNER                                                                 \
	"Linux version 3.10.14 (root@builder) (gcc version 4.7.2 (Vendor "     \
	"2015.02) ) #5 PREEMPT Thu Sep 22 09:11:41 CST 2016\n"

/* Bytes that no compressor makes small. */
static void noise(struct build *w, size_t to)
{
	uint32_t x = 1;

	while (w->n < to) {
		x = x * 1664525 + 1013904223;
		w->b[w->n++] = (uint8_t)(x >> 24 | 1) & 0x7f;
	}
}

static void gz(struct build *w, struct fw_view v)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)v.data,
		       .avail_in = (uInt)v.len,
		       .next_out = w->b + w->n,
		       .avail_out = (uInt)(sizeof(w->b) - w->n) };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	w->n += z.total_out;
	deflateEnd(&z);
}

static void code(struct build *w)
{
	noise(w, 0x7000);
	put(w, BANNER, sizeof(BANNER));
	put(w, "%s version %s (root@builder)", 28);
	put(w, "IKCFG_ST", 8);
	gz(w, FW_STR("CONFIG_MIPS=y\n"));
	put(w, "IKCFG_ED", 8);
	put(w, "070701", 6);
	for (int i = 0; i < 13; i++)
		put(w, "00000000", 8);
	put(w, "TRAILER!!!\0\0\0", 14);
	fill(w, 0x9000, 0);
}

static void a_plain_kernel_is_read(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };
	const struct fw_mem_child *config;

	(void)state;
	w.n = 0;
	code(&w);
	assert_int_equal(probed(&fw_format_linux_kernel, built(&w)), w.n);
	fw_mem_unpack(&m, &fw_format_linux_kernel, built(&w));
	assert_fact(&m, "kernel.version", "3.10.14");
	assert_fact(&m, "kernel.build_user", "root");
	assert_fact(&m, "kernel.build_host", "builder");
	assert_fact(&m, "kernel.compiler", "gcc version 4.7.2 (Vendor 2015.02)");
	assert_fact(&m, "kernel.date", "Thu Sep 22 09:11:41 CST 2016");
	config = fw_mem_find(&m, "config");
	assert_non_null(config);
	assert_memory_equal(config->bytes.data, "\x1f\x8b\x08", 3);
	assert_non_null(fw_mem_find(&m, "initramfs"));
	assert_int_equal(fw_mem_find(&m, "initramfs")->bytes.len, 124);
	fw_mem_free(&m);
}

static void what_only_mentions_linux_is_not_claimed(void **state)
{
	static struct build w;

	(void)state;
	w.n = 0;
	noise(&w, 0x8000);
	put(&w, "Linux version unknown, see (this) #1\n", 38);
	put(&w, "%s version %s (", 15);
	noise(&w, 0xa000);
	assert_int_equal(probed(&fw_format_linux_kernel, built(&w)), 0);
	w.n = 0; /* a dump with a kernel at its front */
	noise(&w, 0x1000);
	put(&w, BANNER "%s version %s (", sizeof(BANNER) + 14);
	noise(&w, 0xa000);
	assert_int_equal(probed(&fw_format_linux_kernel, built(&w)), 0);
}

static void an_arm64_image_is_read(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	w.n = 0;
	code(&w);
	memset(w.b, 0, 64);
	AT(&w, 16, le64(&w, 0x10000));
	AT(&w, 56, put(&w, "ARM\x64", 4));
	assert_int_equal(probed(&fw_format_arm64_image, built(&w)), w.n);
	fw_mem_unpack(&m, &fw_format_arm64_image, built(&w));
	assert_fact(&m, "kernel.version", "3.10.14");
	fw_mem_free(&m);
	w.b[40] = 1;
	assert_int_equal(probed(&fw_format_arm64_image, built(&w)), 0);
}

static void a_zimage_gives_its_kernel(void **state)
{
	static struct build w, inside;
	struct fw_mem m = { 0 };

	(void)state;
	inside.n = w.n = 0;
	noise(&inside, 0x4000);
	noise(&w, 0x1000);
	gz(&w, built(&inside));
	fill(&w, w.n + 4, 0);
	AT(&w, 0x24, le32(&w, 0x016f2818));
	AT(&w, 0x28, le32(&w, 0));
	AT(&w, 0x2c, le32(&w, (uint32_t)at_end));
	assert_int_equal(probed(&fw_format_zimage, built(&w)), w.n);
	assert_int_equal(fw_mem_unpack(&m, &fw_format_zimage, built(&w)).code,
			 FW_OK);
	assert_child(&m, "kernel", fw_view_of(w.b + 0x1000, w.n - 0x1000));
	assert_fact(&m, "kernel.arch", "arm");
	fw_mem_free(&m);
	assert_int_equal(probed(&fw_format_zimage, fw_view_of(w.b, w.n - 1)), 0);
	AT(&w, 0x28, le32(&w, 0x7fffffff));
	assert_int_equal(probed(&fw_format_zimage, built(&w)), 0);
}

static void bz(struct build *w)
{
	w->n = 0;
	fill(w, 0x600, 0);
	put(w, "compressed bytes", 16);
	fill(w, 0x640, 0);
	AT(w, 0x1f1, put(w, "\x01", 1));
	AT(w, 0x1f4, le32(w, 0x24));
	AT(w, 0x1fe, le16(w, 0xaa55));
	AT(w, 0x202, put(w, "HdrS", 4));
	AT(w, 0x206, le16(w, 0x20c));
	AT(w, 0x20e, le16(w, 0x100));
	AT(w, 0x248, le32(w, 0x200));
	AT(w, 0x24c, le32(w, 16));
	AT(w, 0x300, put(w, "5.10.0 (root@x) #1", 18));
}

static void a_bzimage_gives_its_kernel(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	bz(&w);
	assert_int_equal(probed(&fw_format_bzimage, built(&w)), w.n);
	assert_int_equal(fw_mem_unpack(&m, &fw_format_bzimage, built(&w)).code,
			 FW_OK);
	assert_child(&m, "kernel", FW_STR("compressed bytes"));
	assert_fact(&m, "kernel.banner", "5.10.0 (root@x) #1");
	fw_mem_free(&m);
	cut_everywhere(&fw_format_bzimage, built(&w));
	for (size_t n = 0; n < w.n; n++)
		assert_int_equal(probed(&fw_format_bzimage, fw_view_of(w.b, n)),
				 0);
}

static void bzimage_contradictions_are_a_no(void **state)
{
	static const unsigned rows[] = { 0x1f6, 0x1fe, 0x202, 0x207,
					 0x24a, 0x24e };
	static struct build w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bz(&w);
		w.b[rows[i]] ^= 0x81;
		assert_int_equal(probed(&fw_format_bzimage, built(&w)), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_kernel_is_read),
		cmocka_unit_test(what_only_mentions_linux_is_not_claimed),
		cmocka_unit_test(an_arm64_image_is_read),
		cmocka_unit_test(a_zimage_gives_its_kernel),
		cmocka_unit_test(a_bzimage_gives_its_kernel),
		cmocka_unit_test(bzimage_contradictions_are_a_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
