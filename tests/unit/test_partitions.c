/* test_partitions.c - MBR and GPT */
#include "boot_build.h"

extern const struct fw_format fw_format_mbr, fw_format_gpt;

static void entry(struct build *w, size_t table, unsigned i, uint8_t type,
		  uint32_t start, uint32_t len)
{
	size_t at = table + 446 + 16 * i;

	AT(w, at + 4, put(w, &type, 1));
	AT(w, at + 8, le32(w, start));
	AT(w, at + 12, le32(w, len));
	AT(w, table + 510, le16(w, 0xaa55));
}

/* One primary partition, two logical ones, 16 sectors. */
static void mbr(struct build *w)
{
	w->n = 0;
	for (uint8_t s = 0; s < 16; s++)
		fill(w, 512 * (s + 1u), s);
	memset(w->b, 0, 512);
	memset(w->b + 512 * 4, 0, 512);
	memset(w->b + 512 * 8, 0, 512);
	entry(w, 0, 0, 0x83, 2, 2);
	entry(w, 0, 1, 0x05, 4, 12);
	entry(w, 512 * 4, 0, 0x83, 1, 3);
	entry(w, 512 * 4, 1, 0x05, 4, 8);
	entry(w, 512 * 8, 0, 0x07, 2, 6);
}

static void mbr_partitions_come_out(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	mbr(&w);
	assert_int_equal(probed(&fw_format_mbr, built(&w)), w.n);
	assert_int_equal(fw_mem_unpack(&m, &fw_format_mbr, built(&w)).code,
			 FW_OK);
	assert_child(&m, "part1", fw_view_of(w.b + 1024, 1024));
	assert_child(&m, "part5", fw_view_of(w.b + 512 * 5, 512 * 3));
	assert_child(&m, "part6", fw_view_of(w.b + 512 * 10, 512 * 6));
	assert_fact(&m, "mbr.partition", "1 type=0x83 start=2 sectors=2");
	fw_mem_free(&m);
	for (size_t n = 0; n < w.n; n += 64)
		assert_int_equal(probed(&fw_format_mbr, fw_view_of(w.b, n)), 0);
	cut_everywhere(&fw_format_mbr, built(&w));
}

static void mbr_chain_that_loops_ends(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	mbr(&w);
	entry(&w, 512 * 8, 1, 0x05, 0xfffffffc, 1);
	assert_int_not_equal(fw_mem_unpack(&m, &fw_format_mbr, built(&w)).code,
			     FW_OK);
	fw_mem_free(&m);
	m = (struct fw_mem){ 0 };
	entry(&w, 512 * 8, 1, 0x05, 1, 1);
	assert_int_equal(fw_mem_unpack(&m, &fw_format_mbr, built(&w)).code,
			 FW_MALFORMED);
	assert_non_null(fw_mem_find(&m, "part6"));
	fw_mem_free(&m);
}

static void mbr_contradictions_are_a_no(void **state)
{
	static const struct {
		unsigned at;
		uint8_t byte;
	} rows[] = {
		{ 510, 0 },	   /* signature */
		{ 446, 0x7f },	   /* flags */
		{ 450, 0xee },	   /* a table of GPT's */
		{ 454, 0 },	   /* start */
		{ 454, 5 },	   /* inside the other */
		{ 458, 0 },	   /* length */
		{ 461, 0xff },	   /* length beyond */
		{ 478 + 12, 1 },   /* unused, with a length */
	};
	static struct build w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mbr(&w);
		w.b[rows[i].at] = rows[i].byte;
		assert_int_equal(probed(&fw_format_mbr, built(&w)), 0);
	}
}

static void header(struct build *w, uint32_t here, uint32_t other,
		   uint32_t entries)
{
	size_t at = 512 * here;

	AT(w, at, put(w, "EFI PART\0\0\x01\0", 12));
	AT(w, at + 12, le32(w, 92));
	AT(w, at + 16, le32(w, 0));
	AT(w, at + 24, le64(w, here));
	AT(w, at + 32, le64(w, other));
	AT(w, at + 40, le64(w, 3));
	AT(w, at + 48, le64(w, 8));
	AT(w, at + 72, le64(w, entries));
	AT(w, at + 80, le32(w, 4));
	AT(w, at + 84, le32(w, 128));
	AT(w, at + 88,
	   le32(w, fw_crc32(0, fw_view_of(w->b + 512 * entries, 512))));
	AT(w, at + 16, le32(w, fw_crc32(0, fw_view_of(w->b + at, 92))));
}

static void gpt_entry(struct build *w, size_t at, const char *name,
		      uint32_t first, uint32_t last)
{
	AT(w, at, be32(w, 0x01020304));
	AT(w, at + 32, le64(w, first));
	AT(w, at + 40, le64(w, last));
	for (size_t i = 0; name[i] != 0; i++)
		AT(w, at + 56 + 2 * i, le16(w, (uint8_t)name[i]));
}

/* 11 sectors: 0, header, entries, 6 for partitions, entries, header. */
static void gpt(struct build *w)
{
	w->n = 0;
	fill(w, 512 * 11, 0);
	memset(w->b + 512 * 3, 'a', 1024);
	memset(w->b + 512 * 5, 'b', 512);
	for (unsigned t = 2; t <= 9; t += 7) {
		gpt_entry(w, 512 * t, "boot", 3, 4);
		gpt_entry(w, 512 * t + 128, "boot", 5, 5);
		gpt_entry(w, 512 * t + 256, "a/b", 6, 8);
	}
	header(w, 1, 10, 2);
	header(w, 10, 1, 9);
}

static void gpt_partitions_come_out(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	gpt(&w);
	fill(&w, w.n + 512, 0xff);
	assert_int_equal(probed(&fw_format_gpt, built(&w)), w.n - 512);
	w.n -= 512;
	assert_int_equal(fw_mem_unpack(&m, &fw_format_gpt, built(&w)).code,
			 FW_OK);
	assert_child(&m, "boot", fw_view_of(w.b + 512 * 3, 1024));
	assert_child(&m, "part2", fw_view_of(w.b + 512 * 5, 512));
	assert_child(&m, "a?b", fw_view_of(w.b + 512 * 6, 512 * 3));
	assert_fact(&m, "gpt.copy", "same");
	assert_int_equal(m.child_count, 3);
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	cut_everywhere(&fw_format_gpt, built(&w));
	assert_int_equal(probed(&fw_format_gpt, fw_view_of(w.b, 512 * 9 - 1)),
			 0);
}

static void gpt_every_header_byte_counts(void **state)
{
	static struct build w;

	(void)state;
	gpt(&w);
	for (size_t i = 512; i < 512 + 92; i++) {
		w.b[i] ^= 0x40;
		assert_int_equal(probed(&fw_format_gpt, built(&w)), 0);
		w.b[i] ^= 0x40;
	}
	w.b[1024 + 300] ^= 1;
	assert_int_equal(probed(&fw_format_gpt, built(&w)), 0);
}

static void gpt_copies_are_compared(void **state)
{
	static struct build w;
	struct fw_mem m = { 0 };

	(void)state;
	gpt(&w);
	gpt_entry(&w, 512 * 9, "loot", 3, 4);
	header(&w, 10, 1, 9);
	fw_mem_unpack(&m, &fw_format_gpt, built(&w));
	assert_fact(&m, "gpt.copy", "differs");
	assert_int_equal(m.finding_count, 1);
	assert_string_equal(m.findings[0].kind->id,
			    "integrity/partition-table-copies");
	fw_mem_free(&m);
	m = (struct fw_mem){ 0 };
	w.b[512 * 10 + 20] ^= 1;
	fw_mem_unpack(&m, &fw_format_gpt, built(&w));
	assert_fact(&m, "gpt.copy", "damaged");
	fw_mem_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mbr_partitions_come_out),
		cmocka_unit_test(mbr_chain_that_loops_ends),
		cmocka_unit_test(mbr_contradictions_are_a_no),
		cmocka_unit_test(gpt_partitions_come_out),
		cmocka_unit_test(gpt_every_header_byte_counts),
		cmocka_unit_test(gpt_copies_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
