/* test_leaves.c - leaves: what they must not claim, their ends, hostile bytes
 */
#include "boot_build.h"
#include "formats/formats.h"

static const char *const leaves[] = {
	"png",		"gif",	      "jpeg",
	"bmp",		"ico",	      "webp",
	"wav",		"ogg",	      "mp3",
	"swf",		"java_class", "python_bytecode",
	"lua_bytecode", "sfnt",	      "woff",
	"sqlite",	"tzif",	      "gettext_mo",
	"pcap",		"pdf",	      "der_certificate",
	"der_key",	"pkcs12",     "dropbear_key",
	"gpg_key",
};

enum { LEAVES = sizeof(leaves) / sizeof(leaves[0]) };

static void claimed_by_none(struct fw_view v)
{
	for (size_t i = 0; i < LEAVES; i++) {
		const struct fw_format *f = fw_format_named(leaves[i]);

		assert_non_null(f);
		assert_int_equal(probed(f, v), 0);
	}
}

/* What files are full of, and what must stay what it is. */
static void other_bytes_are_no_leaves(void **state)
{
	static uint8_t bytes[4096];
	uint32_t seed = 1;

	(void)state;
	claimed_by_none(FW_STR(""));
	claimed_by_none(fw_view_of(bytes, sizeof(bytes)));
	memset(bytes, 0xff, sizeof(bytes));
	claimed_by_none(fw_view_of(bytes, sizeof(bytes)));
	for (unsigned round = 0; round < 64; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(seed >> 24);
		}
		claimed_by_none(fw_view_of(bytes, sizeof(bytes)));
	}
	claimed_by_none(
		FW_STR("BMW is a car. BM, a text that begins like it."));
	claimed_by_none(FW_STR("GIF89a is a format, says this text."));
	claimed_by_none(
		FW_STR("ID3 tags, and what they are good for: nothing"));
	claimed_by_none(FW_STR("RIFF and RAFF were two friends of WAVE"));
	claimed_by_none(FW_STR("\x7f"
			       "ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\x3e\0"));
	claimed_by_none(FW_STR("0123456789abcdef0123456789abcdef01234567"));
}

/* Whoever claims few bits must not be tried inside of something. */
static void only_pictures_are_carved(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEAVES; i++) {
		const struct fw_format *f = fw_format_named(leaves[i]);
		bool walked = !strcmp(f->name, "png") ||
			      !strcmp(f->name, "gif") ||
			      !strcmp(f->name, "jpeg");

		assert_int_equal(f->bits >= 32, walked);
		if (f->class == FW_LEAF)
			assert_null(f->unpack);
	}
}

/* A thumbnail inside of a picture does not end it. */
static void a_jpeg_in_a_jpeg(void **state)
{
	static const char inner[] = "\xff\xd8\xff\xc0\0\4\1\2\xff\xda\0\2\x11"
				    "\xff\xd9";
	static struct build w;
	size_t n = sizeof(inner) - 1;

	(void)state;
	put(&w, "\xff\xd8\xff\xe1\0", 5);
	put(&w, &(uint8_t){ (uint8_t)(n + 2) }, 1);
	put(&w, inner, n);
	put(&w, "\xff\xc0\0\4\1\2\xff\xda\0\2\x11\xff\0\x22\xff\xd9", 16);
	size_t end = w.n;

	put(&w, "behind", 6);
	assert_int_equal(probed(fw_format_named("jpeg"), built(&w)), end);
	cut_everywhere(fw_format_named("jpeg"), built(&w));
}

/* The carver finds a log by its first node, whatever was done to it: the bit
 * for "in use" is cleared in place. */
static void given_up_nodes_have_a_magic(void **state)
{
	static const uint8_t heads[][4] = {
		{ 0x85, 0x19, 0x03, 0x20 }, { 0x85, 0x19, 0x03, 0x00 },
		{ 0x85, 0x19, 0x02, 0xc0 }, { 0x19, 0x85, 0x00, 0x03 },
		{ 0x19, 0x85, 0xc0, 0x01 }, { 0x84, 0x19, 0x02, 0xe0 },
	};
	const struct fw_format *f = fw_format_named("jffs2");

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		bool hit = false;

		for (size_t k = 0; k < FW_MAGICS && f->magic[k].len > 0; k++)
			hit = hit || !memcmp(heads[i], f->magic[k].bytes,
					     f->magic[k].len);
		assert_true(hit);
	}
}

/* Bytes behind the last table or packet, counts without end. */
static void hostile_counts_end(void **state)
{
	static uint8_t ones[1 << 16];
	static const struct fw_view heads[] = {
		{ (const uint8_t *)"\xca\xfe\xba\xbe\0\0\0\x34\xff\xff", 10 },
		{ (const uint8_t *)"GIF89a\1\0\1\0\xff\0\0", 13 },
		{ (const uint8_t *)"\xff\xd8\xff", 3 },
		{ (const uint8_t *)"OggS\0", 5 },
		{ (const uint8_t *)"TZif2", 5 },
		{ (const uint8_t *)"\0\0\1\0\0\1", 6 },
		{ (const uint8_t *)"\0\1\0\0\0\x40", 6 },
		{ (const uint8_t *)"ID3\4\0\0\x7f\x7f\x7f\x7f", 10 },
		{ (const uint8_t *)"\xde\x12\x04\x95\0\0\0\0\xff\xff\x0f\0",
		  12 },
	};

	(void)state;
	for (unsigned b = 0; b < 256; b += 51)
		for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
			memset(ones, (int)b, sizeof(ones));
			memcpy(ones, heads[i].data, heads[i].len);
			for (size_t k = 0; k < LEAVES; k++)
				assert_true(probed(fw_format_named(leaves[k]),
						   fw_view_of(ones,
							      sizeof(ones))) <=
					    sizeof(ones));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_bytes_are_no_leaves),
		cmocka_unit_test(only_pictures_are_carved),
		cmocka_unit_test(a_jpeg_in_a_jpeg),
		cmocka_unit_test(given_up_nodes_have_a_magic),
		cmocka_unit_test(hostile_counts_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
