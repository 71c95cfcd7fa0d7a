/* test_keys.c - private keys and certificates: found where they decode, weighed
 * by what they belong to and where they lie */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "analyzers/accounts/keyread.h"
#include "analyzers/accounts/keys.h"
#include "core/data.h"
#include "core/memory.h"

extern const struct fw_analyzer fw_analyzer_keys;

static struct {
	EVP_PKEY *key;
	X509 *issued, *own; /* by another name; by itself */
	char pem[4096], sealed[4096], cert[4096];
	uint8_t der[512];
	size_t der_len;
} made;

static X509 *certificate(const char *issuer)
{
	X509 *x = X509_new();
	X509_NAME *n = X509_NAME_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	ASN1_TIME_set(X509_getm_notBefore(x), 1300000000);
	ASN1_TIME_set(X509_getm_notAfter(x), 1400000000);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC,
				   (const uint8_t *)"device; 1", -1, -1, 0);
	X509_set_subject_name(x, n);
	X509_NAME_free(n);
	n = X509_NAME_new();
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC,
				   (const uint8_t *)issuer, -1, -1, 0);
	X509_set_issuer_name(x, n);
	X509_NAME_free(n);
	X509_set_pubkey(x, made.key);
	assert_true(X509_sign(x, made.key, EVP_sha1()) > 0);
	return x;
}

static void take(BIO *b, char *to, size_t size)
{
	int n = BIO_read(b, to, (int)size - 1);

	assert_true(n > 0);
	to[n] = '\0';
	BIO_free(b);
}

static int make(void **state)
{
	BIO *b = BIO_new(BIO_s_mem());
	uint8_t *p = made.der;

	(void)state;
	fw_hash_init();
	made.key = EVP_EC_gen("P-256");
	made.issued = certificate("Some Authority");
	made.own = certificate("device; 1");
	PEM_write_bio_PrivateKey(b, made.key, NULL, NULL, 0, NULL, NULL);
	take(b, made.pem, sizeof(made.pem));
	b = BIO_new(BIO_s_mem());
	PEM_write_bio_PKCS8PrivateKey(b, made.key, EVP_aes_128_cbc(), "x", 1,
				      NULL, NULL);
	take(b, made.sealed, sizeof(made.sealed));
	b = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(b, made.issued);
	take(b, made.cert, sizeof(made.cert));
	int n = i2d_PrivateKey(made.key, &p);

	made.der_len = n > 0 ? (size_t)n : 0;
	return n <= 0;
}

static int drop(void **state)
{
	(void)state;
	X509_free(made.issued);
	X509_free(made.own);
	EVP_PKEY_free(made.key);
	return 0;
}

static const char *inspected(struct fw_mem *m, struct fw_view v,
			     const char *key)
{
	struct fw_object o = { .bytes = v };

	*m = (struct fw_mem){ 0 };
	if (fw_analyzer_keys.wants(&o))
		fw_analyzer_keys.inspect(&o, fw_mem_out(m, v));
	return fw_mem_fact(m, key);
}

static void pem_is_found_in_text(void **state)
{
	char text[8192];
	struct fw_mem m;

	(void)state;
	snprintf(text, sizeof(text), "# one\n# two\n%s", made.pem);
	const char *fact = inspected(&m, fw_view_str(text), FACT_KEY);

	assert_non_null(fact);
	assert_non_null(strstr(fact, "algorithm=EC; bits=256; encoding=pem; "
				     "encrypted=no"));
	assert_non_null(strstr(fact, "offset=12; line=3"));
	fw_mem_free(&m);
	assert_non_null(
		strstr(inspected(&m, fw_view_str(made.sealed), FACT_KEY),
		       "encrypted=yes"));
	fw_mem_free(&m);
}

/* As a C compiler or a shell script keeps it: "\n" in two characters. */
static void folded_pem_is_found(void **state)
{
	char text[8192];
	size_t n = 0;
	struct fw_mem m;

	(void)state;
	for (const char *p = made.pem; *p != '\0'; p++) {
		if (*p == '\n')
			text[n++] = '\\';
		text[n++] = *p == '\n' ? 'n' : *p;
	}
	assert_non_null(inspected(&m, fw_view_of(text, n), FACT_KEY));
	fw_mem_free(&m);
}

static void markers_alone_are_no_key(void **state)
{
	const struct fw_view silent[] = {
		FW_STR("-----BEGIN RSA PRIVATE KEY-----\0\0\0\0\0\0\0\0"
		       "-----END RSA PRIVATE KEY-----\0\0\0\0\0\0\0\0"),
		FW_STR("-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAno"
		       "\n-----END RSA PRIVATE KEY-----\n"),
		FW_STR("-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE"
		       "-----\n-----END CERTIFICATE-----\n"),
		FW_STR("-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZ"
		       "-----END PUBLIC KEY-----\n"),
	};
	struct fw_mem m;

	(void)state;
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		assert_true(silent[i].len >= 64);
		assert_null(inspected(&m, silent[i], FACT_KEY));
		assert_null(fw_mem_fact(&m, FACT_CERT));
		fw_mem_free(&m);
	}
}

static void der_is_found_in_programs(void **state)
{
	uint8_t program[2048] = { 0x7f, 'E', 'L', 'F', 1, 0, 0xff };
	struct fw_mem m;

	(void)state;
	memcpy(program + 777, made.der, made.der_len);
	const char *fact =
		inspected(&m, fw_view_of(program, sizeof(program)), FACT_KEY);

	assert_non_null(fact);
	assert_non_null(strstr(fact, "encoding=der"));
	assert_non_null(strstr(fact, "offset=777"));
	fw_mem_free(&m);
}

static void put_string(uint8_t *p, size_t *n, const void *s, size_t len)
{
	p[(*n)++] = 0;
	p[(*n)++] = 0;
	p[(*n)++] = (uint8_t)(len >> 8);
	p[(*n)++] = (uint8_t)len;
	memcpy(p + *n, s, len);
	*n += len;
}

static void dropbear_keys_are_told_from_public_ones(void **state)
{
	static const uint8_t zeros[257];
	uint8_t p[2048];
	size_t n = 0;
	struct key_info k;

	(void)state;
	put_string(p, &n, "ssh-rsa", 7);
	put_string(p, &n, "\1\0\1", 3);
	put_string(p, &n, zeros, 257);
	assert_false(key_read_dropbear(fw_view_of(p, n), &k));
	for (int i = 0; i < 3; i++)
		put_string(p, &n, zeros, 128);
	assert_true(key_read_dropbear(fw_view_of(p, n), &k));
	assert_int_equal(k.bits, 2048);
	assert_false(key_read_dropbear(fw_view_of(p, n - 1), &k));
}

static void openssh_keys_say_whether_they_are_locked(void **state)
{
	uint8_t p[512] = "openssh-key-v1";
	uint8_t blob[64];
	size_t n = 15, b = 0;
	struct key_info k;

	(void)state;
	put_string(blob, &b, "ssh-ed25519", 11);
	put_string(blob, &b, "0123456789abcdef0123456789abcdef", 32);
	put_string(p, &n, "none", 4);
	put_string(p, &n, "none", 4);
	put_string(p, &n, "", 0);
	memcpy(p + n, "\0\0\0\1", 4);
	n += 4;
	put_string(p, &n, blob, b);
	assert_true(key_read_openssh(fw_view_of(p, n), &k));
	assert_string_equal(k.algorithm, "ED25519");
	assert_false(k.encrypted);
	for (size_t cut = 0; cut < n; cut++)
		assert_false(key_read_openssh(fw_view_of(p, cut), &k));
}

static void pkcs12_opens_with_usual_passwords(void **state)
{
	static const char *const passwords[] = { "", "changeit", "8hJ2!x" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		PKCS12 *box = PKCS12_create(passwords[i], "n", made.key,
					    made.own, NULL, 0, 0, 0, 0, 0);
		uint8_t *der = NULL;
		int n = i2d_PKCS12(box, &der);
		struct key_info k;

		assert_true(n > 0);
		assert_true(key_read_pkcs12(fw_view_of(der, (size_t)n), &k));
		assert_int_equal(k.encrypted, i == 2);
		OPENSSL_free(der);
		PKCS12_free(box);
	}
}

/* --- the correlator --- */

struct forest {
	struct fw_meta meta[4];
	struct fw_fact facts[4];
	struct fw_place places[4];
	struct fw_tree tree;
};

/* An image, a key and a certificate. */
static void grow(struct forest *f, const char *key_path, const char *key,
		 const char *cert)
{
	const char *paths[] = { "img", key_path, "img/etc/x.crt" };
	const char *facts[] = { NULL, key, cert };

	*f = (struct forest){ .tree = { f->places, 3 } };
	for (uint32_t i = 0; i < 3; i++) {
		f->meta[i] = FW_META(.name = "x", .mtime = 1500000000);
		f->facts[i] = (struct fw_fact){ i == 1 ? FACT_KEY : FACT_CERT,
						facts[i] };
		f->places[i] = (struct fw_place){
			.path = paths[i],
			.parent = i == 0 ? UINT32_MAX : 0,
			.content = i,
			.meta = &f->meta[i],
			.facts = &f->facts[i],
			.fact_count = facts[i] != NULL,
		};
	}
}

#define KEY(enc, id)                                                           \
	"algorithm=RSA; bits=2048; encoding=pem; encrypted=" enc               \
	"; opened=-; public=" id "; offset=9; line=2"
#define CERT(self, digest, to, id)                                             \
	"subject=CN=device; issuer=CN=Big CA; from=2011-01-01; to=" to         \
	"; algorithm=RSA; bits=2048; digest=" digest                           \
	"; authority=no; self=" self "; public=" id                            \
	"; sha256=77; offset=0; line=1"

static const struct {
	const char *path, *key, *cert, *kind;
	enum fw_severity severity;
	const char *also; /* a finding about the certificate, or NULL */
} trees[] = {
	{ "img/etc/k.pem", KEY("no", "aa"), NULL, "access/private-key", FW_HIGH,
	  NULL },
	{ "img/etc/k.pem", KEY("no", "aa"),
	  CERT("no", "SHA256", "2037-01-01", "aa"), "access/private-key",
	  FW_CRITICAL, NULL },
	{ "img/etc/k.pem", KEY("no", "aa"),
	  CERT("no", "SHA256", "2037-01-01", "ab"), "access/private-key",
	  FW_HIGH, NULL },
	{ "img/etc/k.pem", KEY("no", "aa"),
	  CERT("yes", "SHA1", "2037-01-01", "aa"), "access/private-key",
	  FW_HIGH, "weakness/weak-certificate" },
	{ "img/etc/k.pem", KEY("yes", ""),
	  CERT("no", "SHA256", "2012-01-01", "aa"), "access/private-key",
	  FW_LOW, "weakness/expired-certificate" },
	{ "img/usr/share/doc/x/k.pem", KEY("no", "aa"), NULL,
	  "access/private-key", FW_LOW, NULL },
};

static void keys_are_weighed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		struct fw_mem m = { 0 };
		struct forest f;

		grow(&f, trees[i].path, trees[i].key, trees[i].cert);
		fw_analyzer_keys.correlate(&f.tree,
					   fw_mem_out(&m, fw_view_of("", 0)));
		assert_int_equal(m.finding_count, 1 + (trees[i].also != NULL));
		assert_string_equal(m.findings[0].kind->id, trees[i].kind);
		assert_int_equal(m.findings[0].severity, trees[i].severity);
		assert_int_equal(m.findings[0].place, 1);
		if (trees[i].also != NULL)
			assert_string_equal(m.findings[1].kind->id,
					    trees[i].also);
		fw_mem_free(&m);
	}
}

static void published_keys_are_known(void **state)
{
	struct fw_view rest, row[FW_DATA_FIELDS];
	struct fw_mem m = { 0 };
	struct forest f;
	char key[512];

	(void)state;
	assert_true(fw_data_load(ASSAY_SOURCE_DIR "/rules/data"));
	rest = fw_data("public-keys");
	assert_true(fw_data_row(&rest, row));
	snprintf(key, sizeof(key), KEY("no", "%.*s"), FW_FMT(row[0]));
	grow(&f, "img/etc/k.pem", key, NULL);
	fw_analyzer_keys.correlate(&f.tree, fw_mem_out(&m, fw_view_of("", 0)));
	assert_int_equal(m.finding_count, 1);
	assert_string_equal(m.findings[0].kind->id, "access/published-key");
	assert_true(m.findings[0].severity > FW_INFO);
	fw_mem_free(&m);
	/* The vectors that a kernel tests its own RSA with. */
	m = (struct fw_mem){ 0 };
	grow(&f, "img/kernel",
	     KEY("no", "b6362349fb07b79f2f91889f6afac92b"
		       "637787e246221087169ff7dbcd65dc98"),
	     NULL);
	f.places[1].format = "linux_kernel";
	fw_analyzer_keys.correlate(&f.tree, fw_mem_out(&m, fw_view_of("", 0)));
	assert_int_equal(m.finding_count, 1);
	assert_int_equal(m.findings[0].severity, FW_INFO);
	fw_mem_free(&m);
	fw_data_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pem_is_found_in_text),
		cmocka_unit_test(folded_pem_is_found),
		cmocka_unit_test(markers_alone_are_no_key),
		cmocka_unit_test(der_is_found_in_programs),
		cmocka_unit_test(dropbear_keys_are_told_from_public_ones),
		cmocka_unit_test(openssh_keys_say_whether_they_are_locked),
		cmocka_unit_test(pkcs12_opens_with_usual_passwords),
		cmocka_unit_test(keys_are_weighed),
		cmocka_unit_test(published_keys_are_known),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
