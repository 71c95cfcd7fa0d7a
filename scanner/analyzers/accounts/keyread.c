/* keyread.c - keys and certificates as OpenSSL reads them
 *
 * Everything that is read was written by somebody else: errors are dropped, not
 * reported, since most candidates are no keys.
 */
#include <stdio.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "analyzers/accounts/keyread.h"

enum { DER_MAX = 1 << 20 };

static void digest_text(const uint8_t *p, size_t n, char out[KEY_ID])
{
	uint8_t sum[FW_SHA256_SIZE];

	fw_sha256(fw_view_of(p, n), sum);
	fw_hex(sum, sizeof(sum), out);
}

static void public_id(EVP_PKEY *pkey, char out[KEY_ID])
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(pkey, &der);

	out[0] = '\0';
	if (n > 0)
		digest_text(der, (size_t)n, out);
	OPENSSL_free(der);
}

static void describe_key(EVP_PKEY *pkey, struct key_info *k)
{
	const char *name = EVP_PKEY_get0_type_name(pkey);
	int bits = EVP_PKEY_get_bits(pkey);

	snprintf(k->algorithm, sizeof(k->algorithm), "%s",
		 name != NULL ? name : "?");
	k->bits = bits > 0 ? (unsigned)bits : 0;
	public_id(pkey, k->id);
}

/* Nobody types a passphrase here. */
static int no_password(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static bool is_locked(struct fw_view block)
{
	return fw_view_find(block, FW_STR("ENCRYPTED"), 0) != SIZE_MAX;
}

bool key_read_pem(struct fw_view block, struct key_info *k)
{
	BIO *in = BIO_new_mem_buf(block.data, (int)block.len);
	EVP_PKEY *pkey = NULL;

	*k = (struct key_info){ .algorithm = "?", .encoding = "pem" };
	if (in != NULL)
		pkey = PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);
	if (pkey != NULL)
		describe_key(pkey, k);
	k->encrypted = pkey == NULL && is_locked(block);
	EVP_PKEY_free(pkey);
	BIO_free(in);
	ERR_clear_error();
	return pkey != NULL || k->encrypted;
}

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm = { 0 };

	return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 ? timegm(&tm) : 0;
}

static void name_text(const X509_NAME *name, char out[KEY_NAME])
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;

	out[0] = '\0';
	if (bio == NULL)
		return;
	X509_NAME_print_ex(bio, name, 0,
			   XN_FLAG_RFC2253 &
				   ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	n = BIO_get_mem_data(bio, &text);
	if (n > 0)
		snprintf(out, KEY_NAME, "%.*s", (int)n, text);
	BIO_free(bio);
}

static void describe_cert(X509 *x, struct cert_info *c)
{
	EVP_PKEY *pkey = X509_get0_pubkey(x);
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int digest = NID_undef;

	name_text(X509_get_subject_name(x), c->subject);
	name_text(X509_get_issuer_name(x), c->issuer);
	c->from = seconds_of(X509_get0_notBefore(x));
	c->to = seconds_of(X509_get0_notAfter(x));
	c->self_signed = X509_NAME_cmp(X509_get_subject_name(x),
				       X509_get_issuer_name(x)) == 0;
	c->authority = X509_check_ca(x) != 0;
	if (pkey != NULL) {
		struct key_info k = { 0 };

		describe_key(pkey, &k);
		snprintf(c->algorithm, sizeof(c->algorithm), "%s", k.algorithm);
		c->bits = k.bits;
		memcpy(c->id, k.id, sizeof(c->id));
	}
	if (X509_get_signature_info(x, &digest, NULL, NULL, NULL) == 1 &&
	    digest != NID_undef)
		snprintf(c->digest, sizeof(c->digest), "%s",
			 OBJ_nid2sn(digest));
	if (X509_digest(x, EVP_sha256(), sum, &n) == 1)
		fw_hex(sum, n, c->fingerprint);
}

bool cert_read_pem(struct fw_view block, struct cert_info *c)
{
	BIO *in = BIO_new_mem_buf(block.data, (int)block.len);
	X509 *x = NULL;

	*c = (struct cert_info){ 0 };
	if (in != NULL)
		x = PEM_read_bio_X509(in, NULL, no_password, NULL);
	if (x != NULL)
		describe_cert(x, c);
	X509_free(x);
	BIO_free(in);
	ERR_clear_error();
	return x != NULL;
}

bool key_read_der(struct fw_view v, struct key_info *k, size_t *used)
{
	const unsigned char *p = v.data;
	EVP_PKEY *pkey;

	*k = (struct key_info){ .algorithm = "?", .encoding = "der" };
	pkey = d2i_AutoPrivateKey(NULL, &p,
				  (long)(v.len < DER_MAX ? v.len : DER_MAX));
	if (pkey != NULL)
		describe_key(pkey, k);
	*used = pkey != NULL ? (size_t)(p - v.data) : 0;
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return pkey != NULL;
}

bool cert_read_der(struct fw_view v, struct cert_info *c, size_t *used)
{
	const unsigned char *p = v.data;
	X509 *x;

	*c = (struct cert_info){ 0 };
	x = d2i_X509(NULL, &p, (long)(v.len < DER_MAX ? v.len : DER_MAX));
	if (x != NULL)
		describe_cert(x, c);
	*used = x != NULL ? (size_t)(p - v.data) : 0;
	X509_free(x);
	ERR_clear_error();
	return x != NULL;
}

bool key_read_pkcs12(struct fw_view v, struct key_info *k)
{
	static const char *const usual[] = { NULL,	 "",	   "password",
					     "changeit", "123456", "1234",
					     "admin" };
	const unsigned char *p = v.data;
	PKCS12 *box = NULL;

	*k = (struct key_info){ .algorithm = "?",
				.encoding = "pkcs12",
				.encrypted = true };
	if (v.len < DER_MAX)
		box = d2i_PKCS12(NULL, &p, (long)v.len);
	for (size_t i = 0; box != NULL && k->encrypted &&
			   i < sizeof(usual) / sizeof(usual[0]);
	     i++) {
		EVP_PKEY *pkey = NULL;
		X509 *x = NULL;

		if (PKCS12_parse(box, usual[i], &pkey, &x, NULL) != 1)
			continue;
		k->encrypted = false;
		k->opened = usual[i] != NULL ? usual[i] : "";
		if (pkey != NULL)
			describe_key(pkey, k);
		EVP_PKEY_free(pkey);
		X509_free(x);
	}
	PKCS12_free(box);
	ERR_clear_error();
	/* A store of certificates alone is no private key. */
	return box != NULL && (k->encrypted || k->id[0] != '\0');
}

/* --- SSH --- */

/* u32 length, big endian, and bytes. */
static struct fw_view ssh_string(struct fw_cursor *c)
{
	return fw_bytes(c, fw_u32be(c));
}

static void ssh_algorithm(struct fw_view type, struct key_info *k)
{
	static const struct {
		const char *type, *name;
		unsigned bits;
	} known[] = {
		{ "ssh-rsa", "RSA", 0 },
		{ "ssh-dss", "DSA", 1024 },
		{ "ssh-ed25519", "ED25519", 256 },
		{ "ecdsa-sha2-nistp256", "EC", 256 },
		{ "ecdsa-sha2-nistp384", "EC", 384 },
		{ "ecdsa-sha2-nistp521", "EC", 521 },
	};

	k->algorithm[0] = '\0';
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!fw_view_eq(type, fw_view_str(known[i].type)))
			continue;
		snprintf(k->algorithm, sizeof(k->algorithm), "%s",
			 known[i].name);
		k->bits = known[i].bits;
	}
}

bool key_read_openssh(struct fw_view v, struct key_info *k)
{
	struct fw_cursor c = fw_cursor_of(v);

	*k = (struct key_info){ .encoding = "openssh" };
	if (!fw_view_eq(fw_bytes(&c, 15), FW_STR("openssh-key-v1\0")))
		return false;
	k->encrypted = !fw_view_eq(ssh_string(&c), FW_STR("none"));
	ssh_string(&c); /* how the key is derived */
	ssh_string(&c); /* and its options */
	fw_require(&c, fw_u32be(&c) == 1, "keys", 0);
	struct fw_view blob = ssh_string(&c);

	if (!fw_ok(&c))
		return false;
	struct fw_cursor pub = fw_cursor_of(blob);

	ssh_algorithm(ssh_string(&pub), k);
	digest_text(blob.data, blob.len, k->id);
	return fw_ok(&pub) && k->algorithm[0] != '\0';
}

bool key_read_dropbear(struct fw_view v, struct key_info *k)
{
	struct fw_cursor c = fw_cursor_of(v);
	struct fw_view type = ssh_string(&c), part = { NULL, 0 };
	unsigned parts = 0;

	*k = (struct key_info){ .encoding = "dropbear" };
	if (!fw_ok(&c) || v.len > 16 * 1024)
		return false;
	ssh_algorithm(type, k);
	for (; parts < 8 && fw_left(&c) > 0; parts++) {
		part = ssh_string(&c);
		if (parts == 1 && k->bits == 0)
			k->bits = (unsigned)part.len / 8 * 64;
	}
	/* A public blob ends earlier: RSA has e and n, EC its curve and point.
	 */
	unsigned least = strcmp(k->algorithm, "RSA") == 0   ? 3
			 : strcmp(k->algorithm, "DSA") == 0 ? 5
			 : strcmp(k->algorithm, "EC") == 0  ? 3
							    : 1;

	digest_text(v.data, v.len, k->id);
	return fw_ok(&c) && k->algorithm[0] != '\0' && parts >= least &&
	       (strcmp(k->algorithm, "ED25519") != 0 || part.len == 64);
}
