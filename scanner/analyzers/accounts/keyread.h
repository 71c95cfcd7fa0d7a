/* keyread.h - keys and certificates as OpenSSL reads them */
#ifndef FW_ANALYZERS_KEYREAD_H
#define FW_ANALYZERS_KEYREAD_H

#include "core/analyzer.h"

enum { KEY_NAME = 200, KEY_ID = 2 * FW_SHA256_SIZE + 1 };

/* A private key. id is the SHA-256 of its public half (SubjectPublicKeyInfo in
 * DER; for SSH and GPG keys of the public blob), so that a key and its
 * certificate have the same one; "" where an encrypted key hides it. */
struct key_info {
	char algorithm[32]; /* "RSA", "EC", "ED25519", "DSA", "GPG", "?" */
	unsigned bits;	    /* 0: not known */
	bool encrypted;
	const char
		*encoding;  /* "pem", "der", "pkcs12", "openssh", "dropbear" */
	const char *opened; /* password that opened it, or NULL */
	char id[KEY_ID];
};

struct cert_info {
	char subject[KEY_NAME], issuer[KEY_NAME];
	int64_t from, to; /* validity, seconds since 1970 */
	char algorithm[32];
	unsigned bits;
	char digest[32]; /* of the signature: "SHA256", "SHA1", "MD5" */
	bool authority, self_signed;
	char id[KEY_ID], fingerprint[KEY_ID];
};

/* One PEM block, BEGIN and END lines included. */
bool key_read_pem(struct fw_view block, struct key_info *k);
bool cert_read_pem(struct fw_view block, struct cert_info *c);

/* DER from the start of v; *used is what it takes. */
bool key_read_der(struct fw_view v, struct key_info *k, size_t *used);
bool cert_read_der(struct fw_view v, struct cert_info *c, size_t *used);

/* A whole PKCS#12 file: its key, where no password or a usual one opens it. */
bool key_read_pkcs12(struct fw_view v, struct key_info *k);

/* The body of an "OPENSSH PRIVATE KEY" block, decoded.
 * Source: OpenSSH PROTOCOL.key */
bool key_read_openssh(struct fw_view v, struct key_info *k);

/* A dropbear host key: the public blob and the private numbers in one.
 * Source: dropbear signkey.c, rsa.c, ecdsa.c */
bool key_read_dropbear(struct fw_view v, struct key_info *k);

#endif
