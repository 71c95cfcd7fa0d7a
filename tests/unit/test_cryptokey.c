/* test_cryptokey.c - keys in programs with ciphers: found, and silent */
#include <stdio.h>
#include <stdlib.h>

#include "elf_build.h"

#include "core/analyzer.h"

extern const struct fw_analyzer fw_analyzer_elf_cryptokey;

#define SBOX "\x63\x7c\x77\x7b\xf2\x6b\x6f\xc5\x30\x01\x67\x2b\xfe\xd7\xab\x76"
#define DES_S1                                                                 \
	"\x0e\x04\x0d\x01\x02\x0f\x0b\x08\x03\x0a\x06\x0c\x05\x09\x00\x07"
#define TE0_BE "\xc6\x63\x63\xa5\xf8\x7c\x7c\x84\xee\x77\x77\x99"
#define TE0_LE "\xa5\x63\x63\xc6\x84\x7c\x7c\xf8\x99\x77\x77\xee"
#define AES    "AES_set_encrypt_key"

#define TEXT(t) t, sizeof(t)

struct row {
	const char *import, *text;
	size_t len;
	const char *detail; /* NULL: silent */
	const char *object, *bytes;
};

static const struct row rows[] = {
	/* Texts like keys, beside each sign of a cipher. */
	{ AES, TEXT("\0q7Rz2LmX9vKp4TdW\0"), "\"q7Rz2LmX9vKp4TdW\", beside AES",
	  NULL, NULL },
	{ NULL, TEXT("\0" SBOX "\0\0q7Rz2LmX9vKp4TdW\0"), "beside AES", NULL,
	  NULL },
	{ NULL, TEXT("\0" TE0_BE "\0\0q7Rz2LmX9vKp4TdW\0"), "beside AES", NULL,
	  NULL },
	{ NULL, TEXT("\0" TE0_LE "\0\0q7Rz2LmX9vKp4TdW\0"), "beside AES", NULL,
	  NULL },
	{ NULL, TEXT("\0" DES_S1 "\0\0q7Rz2LmX9vKp4TdW\0"), "beside DES", NULL,
	  NULL },
	{ "EVP_DecryptInit_ex", TEXT("\0m3f!Kd82Lq0@xZ5w\0"), "m3f!Kd82Lq0@",
	  NULL, NULL },
	{ AES,
	  TEXT("\0"
	       "9f4c02d7ab61e83350fd7c19be24a68d\0"),
	  "9f4c02d7", NULL, NULL },
	/* Data by its name. */
	{ AES, TEXT("\0"), "aes_key: 9f4c02d7ab61e83350fd7c19be24a68d",
	  "aes_key",
	  "\x9f\x4c\x02\xd7\xab\x61\xe8\x33\x50\xfd\x7c\x19\xbe\x24\xa6\x8d" },
	{ AES, TEXT("\0"), "gConfigIV: 9f4c", "gConfigIV",
	  "\x9f\x4c\x02\xd7\xab\x61\xe8\x33\x50\xfd\x7c\x19\xbe\x24\xa6\x8d" },
	/* No cipher. */
	{ "puts", TEXT("\0q7Rz2LmX9vKp4TdW\0"), NULL, NULL, NULL },
	{ "puts", TEXT("\0"), NULL, "aes_key",
	  "\x9f\x4c\x02\xd7\xab\x61\xe8\x33\x50\xfd\x7c\x19\xbe\x24\xa6\x8d" },
	/* Names, alphabets, messages, formats, other lengths, parts of texts.
	 */
	{ AES,
	  TEXT("\0RussiaTimeZone10\0Video720pOsdInit\0i2d_X509_CRL_bio\0"
	       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	       "+/\0"
	       "0123456789abcdef\0"
	       "0123456789ABCDEFabcdef0123456789\0"
	       "cannot open %s: 3\0/usr/lib/lib1.so\0q7Rz2LmX9vKp4Td\0"
	       "N6webrtc14HighPassFilterE\0"
	       "1109162014219182\0"
	       "x q7Rz2LmX9vKp4TdW\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1\0"
	       "toWM5Slw5Ew8Mqkay+al2g==\0"),
	  NULL, NULL, NULL },
	/* Vectors of the standards. */
	{ AES,
	  TEXT("\0"
	       "2b7e151628aed2a6abf7158809cf4f3c\0"
	       "2B7E151628AED2A6ABF7158809CF4F3C\0"
	       "000102030405060708090a0b0c0d0e0f\0"
	       "00112233445566778899aabbccddeeff\0"
	       "d41d8cd98f00b204e9800998ecf8427e\0"),
	  NULL, NULL, NULL },
	{ AES, TEXT("\0"), NULL, "aes_key",
	  "\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c" },
	{ AES, TEXT("\0"), NULL, "aes_key",
	  "\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f" },
	{ AES, TEXT("\0"), NULL, "aes_key", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" },
	/* Data of other names; a test. */
	{ AES, TEXT("\0"), NULL, "keyboard_map",
	  "\x9f\x4c\x02\xd7\xab\x61\xe8\x33\x50\xfd\x7c\x19\xbe\x24\xa6\x8d" },
	{ AES, TEXT("\0"), NULL, "test_key",
	  "\x9f\x4c\x02\xd7\xab\x61\xe8\x33\x50\xfd\x7c\x19\xbe\x24\xa6\x8d" },
	{ AES, TEXT("\0"), NULL, "monkey",
	  "\x9f\x4c\x02\xd7\xab\x61\xe8\x33\x50\xfd\x7c\x19\xbe\x24\xa6\x8d" },
	/* A library of ciphers, by what it offers. */
	{ NULL, TEXT("\0" SBOX "\0\0q7Rz2LmX9vKp4TdW\0"), NULL, AES,
	  "\x9f\x4c\x02\xd7\xab\x61\xe8\x33\x50\xfd\x7c\x19\xbe\x24\xa6\x8d" },
	/* Too many: a table. */
	{ AES,
	  TEXT("\0q7Rz2LmX9vKp4Td0\0q7Rz2LmX9vKp4Td1\0q7Rz2LmX9vKp4Td2\0"
	       "q7Rz2LmX9vKp4Td3\0q7Rz2LmX9vKp4Td5\0q7Rz2LmX9vKp4Td6\0"
	       "q7Rz2LmX9vKp4Td7\0q7Rz2LmX9vKp4Td8\0q7Rz2LmX9vKp4Td9\0"),
	  NULL, NULL, NULL },
};

static void plan_of(const struct row *r, bool big, struct elf_plan *p)
{
	*p = (struct elf_plan){ .type = ET_EXEC,
				.machine = EM_MIPS,
				.big = big,
				.wide = !big,
				.stack = 6,
				.imports = { r->import },
				.object = r->object,
				.object_bytes = r->bytes,
				.modinfo = r->text,
				.modinfo_len = r->len };
}

static void look(struct fw_mem *m, struct fw_view bytes)
{
	struct fw_object o = { .bytes = bytes, .format = "elf" };

	*m = (struct fw_mem){ 0 };
	if (fw_analyzer_elf_cryptokey.wants(&o))
		fw_analyzer_elf_cryptokey.inspect(&o, fw_mem_out(m, bytes));
}

static void keys_and_others(void **state)
{
	static struct elf_bytes w;
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i / 2];
		struct elf_plan p;
		struct fw_mem m;

		plan_of(r, i % 2 == 0, &p);
		elf_build(&w, &p);
		look(&m, elf_view(&w));
		bool right = m.finding_count == (r->detail != NULL);

		if (right && r->detail != NULL)
			right = strstr(m.findings[0].detail, r->detail) != NULL;
		if (!right)
			print_error("row %zu: %s\n", i / 2,
				    m.finding_count ? m.findings[0].detail
						    : "silent");
		bad += !right;
		fw_mem_free(&m);
	}
	assert_int_equal(bad, 0);
}

static void every_length(void **state)
{
	static struct elf_bytes w;
	struct elf_plan p;

	(void)state;
	plan_of(&rows[7], true, &p);
	elf_build(&w, &p);
	for (size_t n = 0; n < w.n; n++) {
		uint8_t *exact = malloc(n + 1);
		struct fw_mem m;

		assert_non_null(exact);
		memcpy(exact, w.b, n);
		look(&m, fw_view_of(exact, n));
		fw_mem_free(&m);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_others),
		cmocka_unit_test(every_length),
	};

	fw_hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
