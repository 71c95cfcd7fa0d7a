/* elf_cryptokey.c - keys that programs with ciphers carry
 *
 * A program that holds the tables of AES or DES, or calls their functions,
 * works with keys. Looked for are constants that look like one: texts of the
 * length of a key that look drawn at random, and data whose symbol is named key
 * or iv. What explains them away: libraries of ciphers test themselves; vectors
 * of the standards are public; many such texts are a table of something else.
 *
 * Source: FIPS 197 (AES: tables and example vectors), NIST SP 800-38A, FIPS
 * 46-3 (DES); names of functions by OpenSSL, mbedTLS, wolfSSL, nettle,
 * libgcrypt, Linux.
 */
#include "code/elfread.h"
#include "core/strings.h"

enum {
	SYMBOLS_MAX = 200000,
	FOUND_MAX = 8, /* more are a table and no keys */
	KEY_MAX = 64,  /* characters of a text */
	KEY_BYTES_MAX = 32,
};

static const struct fw_kind built_in = {
	.id = "weakness/built-in-key",
	.title = "programs that encrypt hold what looks like the key",
	.explanation =
		"These programs encrypt with AES or DES and hold constants "
		"that look like keys. Whoever has the firmware has such a key "
		"too, and reads or forges what is protected with it: saved "
		"settings, updates, messages.",
	.ask_vendor = "What are these values used for, and is what they "
		      "protect protected by anything else?",
	.false_alarm = "A number of a build, a name of a protocol, or a test "
		       "of the cipher with a public example.",
	.severity = FW_LOW,
	.confidence = FW_UNSURE,
	.per_image = true,
	.cwe = { 321, 798 },
};

static const struct fw_kind *const kinds[] = { &built_in, NULL };

/* --- whether there is a cipher --- */

/* The first bytes of the tables that every implementation has. */
static const struct table {
	const char *cipher;
	uint8_t bytes[16];
	size_t len;
} tables[] = {
	{ "AES",
	  { 0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67,
	    0x2b, 0xfe, 0xd7, 0xab, 0x76 },
	  16 },
	{ "AES", /* inverse */
	  { 0x52, 0x09, 0x6a, 0xd5, 0x30, 0x36, 0xa5, 0x38, 0xbf, 0x40, 0xa3,
	    0x9e, 0x81, 0xf3, 0xd7, 0xfb },
	  16 },
	{ "AES", /* Te0, big and little endian */
	  { 0xc6, 0x63, 0x63, 0xa5, 0xf8, 0x7c, 0x7c, 0x84, 0xee, 0x77, 0x77,
	    0x99 },
	  12 },
	{ "AES",
	  { 0xa5, 0x63, 0x63, 0xc6, 0x84, 0x7c, 0x7c, 0xf8, 0x99, 0x77, 0x77,
	    0xee },
	  12 },
	{ "DES", /* S1 */
	  { 14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7 },
	  16 },
	{ "DES", /* PC-1 */
	  { 57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34 },
	  12 },
	{ "DES", /* PC-1, counted from 0 */
	  { 56, 48, 40, 32, 24, 16, 8, 0, 57, 49, 41, 33 },
	  12 },
	{ "DES", /* S1 and P in one, big and little endian */
	  { 0x01, 0x01, 0x04, 0x00, 0, 0, 0, 0, 0, 0x01, 0, 0, 0x01, 0x01, 0x04,
	    0x04 },
	  16 },
	{ "DES",
	  { 0x00, 0x04, 0x01, 0x01, 0, 0, 0, 0, 0, 0, 0x01, 0, 0x04, 0x04, 0x01,
	    0x01 },
	  16 },
};

/* Functions that are given a key. */
static const struct {
	const char *cipher, *name;
} functions[] = {
	{ "AES", "AES_set_encrypt_key" },
	{ "AES", "AES_set_decrypt_key" },
	{ "AES", "private_AES_set_encrypt_key" },
	{ "AES", "mbedtls_aes_setkey_enc" },
	{ "AES", "mbedtls_aes_setkey_dec" },
	{ "AES", "aes_setkey_enc" },
	{ "AES", "aes_setkey_dec" },
	{ "AES", "aes_setkey" },
	{ "AES", "aes_set_key" },
	{ "AES", "AES_set_key" },
	{ "AES", "AES_init_ctx" },
	{ "AES", "rijndael_setup" },
	{ "DES", "des_setup" },
	{ "AES", "wc_AesSetKey" },
	{ "AES", "wc_AesSetKeyDirect" },
	{ "AES", "nettle_aes128_set_encrypt_key" },
	{ "AES", "nettle_aes256_set_encrypt_key" },
	{ "DES", "DES_set_key" },
	{ "DES", "DES_set_key_checked" },
	{ "DES", "DES_set_key_unchecked" },
	{ "DES", "DES_key_sched" },
	{ "DES", "des_set_key" },
	{ "DES", "mbedtls_des_setkey_enc" },
	{ "DES", "mbedtls_des3_set3key_enc" },
	{ "DES", "des_setkey_enc" },
	{ "DES", "wc_Des_SetKey" },
	{ "DES", "wc_Des3_SetKey" },
	{ "a cipher", "EVP_CipherInit" },
	{ "a cipher", "EVP_CipherInit_ex" },
	{ "a cipher", "EVP_EncryptInit" },
	{ "a cipher", "EVP_EncryptInit_ex" },
	{ "a cipher", "EVP_DecryptInit" },
	{ "a cipher", "EVP_DecryptInit_ex" },
	{ "a cipher", "mbedtls_cipher_setkey" },
	{ "a cipher", "gcry_cipher_setkey" },
	{ "a cipher", "gnutls_cipher_init" },
};

struct search {
	struct fw_out *out;
	struct fw_evidence v[FOUND_MAX];
	size_t n;
	const char *cipher; /* or NULL */
	bool library;	    /* offers ciphers to others */
	bool named;	    /* something found has the name of a key */
};

static const char *by_name(struct fw_view name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (fw_view_eq(name, fw_view_str(functions[i].name)))
			return functions[i].cipher;
	return NULL;
}

static void look_for_functions(struct search *s, const struct elf_symbols *t,
			       bool exported)
{
	struct elf_symbol sym;

	for (size_t i = 1; i < t->count && i < SYMBOLS_MAX; i++) {
		const char *cipher =
			elf_symbol_at(t, i, &sym) ? by_name(sym.name) : NULL;

		if (cipher == NULL)
			continue;
		s->cipher = s->cipher == NULL ? cipher : s->cipher;
		s->library = s->library || (exported && sym.defined);
	}
}

static void look_for_tables(struct search *s, struct fw_view bytes)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct fw_view t = fw_view_of(tables[i].bytes, tables[i].len);

		if (s->cipher != NULL)
			return;
		if (fw_view_find(bytes, t, 0) != SIZE_MAX)
			s->cipher = tables[i].cipher;
	}
}

/* --- what looks like a key --- */

static size_t distinct(struct fw_view v)
{
	bool seen[256] = { false };
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		n += !seen[v.data[i]];
		seen[v.data[i]] = true;
	}
	return n;
}

/* Neighbours that count up, down or repeat: alphabets, test patterns. */
static size_t steps(struct fw_view v)
{
	size_t n = 0;

	for (size_t i = 1; i < v.len; i++) {
		int d = v.data[i] - v.data[i - 1];

		n += d >= -1 && d <= 1;
	}
	return n;
}

enum sort { SORT_DIGIT, SORT_LOWER, SORT_UPPER, SORT_MARK, SORT_NONE };

static enum sort sort_of(uint8_t c)
{
	static const char marks[] = "!@#$%^&*+=-_~?/";

	if (c >= '0' && c <= '9')
		return SORT_DIGIT;
	if (c >= 'a' && c <= 'z')
		return SORT_LOWER;
	if (c >= 'A' && c <= 'Z')
		return SORT_UPPER;
	return c != 0 && memchr(marks, c, sizeof(marks) - 1) != NULL
		       ? SORT_MARK
		       : SORT_NONE;
}

/* Vectors of the standards, as numbers and as bytes; by their beginning. */
static bool is_public_vector(struct fw_view v)
{
	static const char *const hex[] = {
		"2b7e1516", "603deb10", "8e73b0f7", "6bc1bee2", "f0f1f2f3",
		"feffe992", "01234567", "13345779", "00112233", "3243f6a8",
		"d41d8cd9", "da39a3ee", "e3b0c442", "fffefdfc",
		/* curves P-192, P-256 */
		"64210519", "188da80e", "5ac635d8", "6b17d1f2", "4fe342e2", NULL
	};
	char text[9] = "";

	for (unsigned i = 0; i < 4 && i < v.len; i++) {
		text[2 * i] = "0123456789abcdef"[v.data[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[v.data[i] & 15];
	}
	for (size_t i = 0; hex[i] != NULL; i++) {
		bool same = v.len >= 8;

		for (size_t k = 0; k < 8 && same; k++)
			same = (v.data[k] | 0x20) == hex[i][k];
		if (same || strcmp(text, hex[i]) == 0)
			return true;
	}
	return false;
}

/* Texts of the shape that are no secret: RFC 4462 names Kerberos by a sum. */
static bool is_public_text(struct fw_view v)
{
	return fw_view_eq(v, FW_STR("toWM5Slw5Ew8Mqkay+al2g=="));
}

/* "i2d_X509_CRL": a name. */
static bool is_identifier(struct fw_view v)
{
	bool joint = false;

	for (size_t i = 0; i < v.len; i++) {
		joint = joint || v.data[i] == '_';
		if (sort_of(v.data[i]) >= SORT_MARK && v.data[i] != '_')
			return false;
	}
	return joint;
}

static int nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Most bytes are different, and they do not count. */
static bool is_random(struct fw_view v)
{
	return distinct(v) * 4 >= v.len * 3 && steps(v) <= v.len / 4;
}

/* 16, 24 or 32 bytes as hexadecimal digits, all letters of one case. */
static bool is_hex_key(struct fw_view v)
{
	uint8_t bytes[KEY_BYTES_MAX];
	bool digit = false, lower = false, upper = false;

	if (v.len != 32 && v.len != 48 && v.len != 64)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		int n = nibble(v.data[i]);

		if (n < 0)
			return false;
		digit = digit || n < 10;
		lower = lower || sort_of(v.data[i]) == SORT_LOWER;
		upper = upper || sort_of(v.data[i]) == SORT_UPPER;
		bytes[i / 2] = (uint8_t)(i % 2 ? bytes[i / 2] << 4 | n : n);
	}
	return digit && lower != upper &&
	       is_random(fw_view_of(bytes, v.len / 2));
}

/* 16, 24 or 32 characters of three sorts in no order: names of variables change
 * seldom between sorts and have their digits together. */
static bool is_text_key(struct fw_view v)
{
	size_t counts[SORT_NONE] = { 0 }, changes = 0, digits = 0;
	enum sort last = SORT_NONE;

	if (v.len != 16 && v.len != 24 && v.len != 32)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		enum sort is = sort_of(v.data[i]);

		if (is == SORT_NONE)
			return false;
		counts[is]++;
		changes += i > 0 && is != last;
		digits += is == SORT_DIGIT && is != last;
		last = is;
	}
	return !is_identifier(v) && !is_public_text(v) &&
	       counts[SORT_DIGIT] > 0 && counts[SORT_LOWER] > 0 &&
	       counts[SORT_UPPER] > 0 && counts[SORT_MARK] <= v.len / 4 &&
	       digits >= 2 && changes * 2 >= v.len - 1 &&
	       distinct(v) * 10 >= v.len * 6 && steps(v) <= v.len / 5;
}

/* Keys as bytes: most of them different, and not a text. */
static bool is_byte_key(struct fw_view v)
{
	bool printable = true;

	if (v.len != 8 && v.len != 16 && v.len != 24 && v.len != 32)
		return false;
	for (size_t i = 0; i < v.len; i++)
		printable = printable && sort_of(v.data[i]) != SORT_NONE;
	return is_random(v) && (!printable || is_text_key(v) || v.len == 8);
}

static void note(struct search *s, uint64_t at, const char *text)
{
	if (s->n < FOUND_MAX)
		s->v[s->n] = (struct fw_evidence){ .offset = at, .text = text };
	s->n++;
}

static bool in_names(const struct elf_file *f, uint64_t at)
{
	for (size_t i = 0; i < f->section_count; i++) {
		const struct elf_section *x = &f->sections[i];

		if (x->h.sh_type == SHT_STRTAB && at >= x->h.sh_offset &&
		    at - x->h.sh_offset < x->bytes.len)
			return true;
	}
	return fw_view_inside(f->bytes, f->dynstr) && f->dynstr.len > 0 &&
	       at >= fw_view_at(f->bytes, f->dynstr) &&
	       at - fw_view_at(f->bytes, f->dynstr) < f->dynstr.len;
}

static void look_for_texts(struct search *s, const struct elf_file *f,
			   const struct fw_object *obj)
{
	const struct fw_strings *all = fw_object_strings(obj, s->out);

	for (size_t i = 0; i < all->n; i++) {
		struct fw_view v = fw_string_view(obj, &all->v[i]);

		if (v.len > KEY_MAX || !all->v[i].ended || all->v[i].off == 0 ||
		    obj->bytes.data[all->v[i].off - 1] != 0 ||
		    !(is_hex_key(v) || is_text_key(v)) || is_public_vector(v) ||
		    in_names(f, all->v[i].off))
			continue;
		note(s, all->v[i].off, fw_text(s->out, "\"%.*s\"", FW_FMT(v)));
	}
}

static bool has_word(struct fw_view name, struct fw_view word)
{
	size_t at = 0;

	while ((at = fw_view_find(name, word, at)) != SIZE_MAX) {
		uint8_t before = at > 0 ? name.data[at - 1] : '_';
		uint8_t after = at + word.len < name.len
					? name.data[at + word.len]
					: '_';

		/* aesKey, AES_KEY, key1, _iv_ */
		if ((sort_of(before) != SORT_LOWER ||
		     sort_of(word.data[0]) == SORT_UPPER) &&
		    sort_of(after) != SORT_LOWER)
			return true;
		at++;
	}
	return false;
}

static bool names_key(struct fw_view name)
{
	static const char *const words[] = { "key", "Key", "KEY",
					     "iv",  "Iv",  "IV" };
	static const char *const others[] = { "test",	"Test",	   "TEST",
					      "sample", "example", "vector" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (fw_view_find(name, fw_view_str(others[i]), 0) != SIZE_MAX)
			return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has_word(name, fw_view_str(words[i])))
			return true;
	return false;
}

static void look_at_symbol(struct search *s, const struct elf_file *f,
			   const struct elf_symbol *sym)
{
	char hex[2 * KEY_BYTES_MAX + 1];

	if (!sym->defined || sym->type != STT_OBJECT ||
	    sym->size > KEY_BYTES_MAX || !names_key(sym->name))
		return;
	struct fw_view v = fw_view_sub(elf_at_address(f, sym->value), 0,
				       (size_t)sym->size);

	if (v.len != sym->size || !is_byte_key(v) || is_public_vector(v))
		return;
	fw_hex(v.data, v.len, hex);
	s->named = true;
	note(s, fw_view_at(f->bytes, v),
	     fw_text(s->out, "%.*s: %s", FW_FMT(sym->name), hex));
}

static void look_for_symbols(struct search *s, const struct elf_file *f,
			     const struct elf_symbols *t)
{
	struct elf_symbol sym;

	for (size_t i = 1; i < t->count && i < SYMBOLS_MAX; i++)
		if (elf_symbol_at(t, i, &sym))
			look_at_symbol(s, f, &sym);
}

static void judge(struct search *s)
{
	struct fw_claim c = FW_CLAIM(&built_in);

	if (s->n == 0 || s->n > FOUND_MAX)
		return;
	if (s->named) {
		c.severity = FW_MEDIUM;
		c.confidence = FW_LIKELY;
	}
	c.detail = fw_text(s->out, "%s, beside %s", s->v[0].text, s->cipher);
	c.key = s->v[0].text;
	c.evidence = s->v;
	c.evidence_count = s->n;
	fw_out_claim(s->out, &c);
}

static void inspect(const struct fw_object *obj, struct fw_out *out)
{
	struct fw_arena *a = fw_out_arena(out);
	struct search *s = fw_alloc(a, 1, sizeof(*s));
	struct elf_file f;

	s->out = out;
	if (!elf_open(&f, obj->bytes, a))
		return;
	/* Modules of a kernel get their keys from outside, and test ciphers. */
	if (f.h.e_type == ET_EXEC || f.h.e_type == ET_DYN) {
		look_for_functions(s, &f.dynsym, true);
		look_for_functions(s, &f.symtab, false);
		look_for_tables(s, obj->bytes);
	}
	if (s->cipher != NULL && !s->library) {
		fw_out_fact(out, "cipher.uses", s->cipher);
		look_for_symbols(s, &f,
				 f.symtab.count > 0 ? &f.symtab : &f.dynsym);
		look_for_texts(s, &f, obj);
		judge(s);
	}
	elf_close(&f);
}

const struct fw_analyzer fw_analyzer_elf_cryptokey = {
	.name = "elf_cryptokey",
	.title = "keys that programs with ciphers carry",
	.kinds = kinds,
	.wants = elf_is,
	.inspect = inspect,
};
