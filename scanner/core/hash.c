/* hash.c - checksums by libdeflate, digests by libcrypto */
#include <libdeflate.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "core/hash.h"

static EVP_MD *md_sha256, *md_sha1, *md_md5;

bool fw_hash_init(void)
{
	if (md_sha256 == NULL) {
		md_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
		md_sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
		md_md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	}
	return md_sha256 != NULL && md_sha1 != NULL && md_md5 != NULL;
}

static void digest(EVP_MD *const *md, const struct fw_view *parts, size_t n,
		   uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = fw_hash_init() && ctx != NULL &&
		 EVP_DigestInit_ex2(ctx, *md, NULL);

	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].data, parts[i].len);
	/* A wrong identity is worse than none: never return half a digest. */
	if (!ok || !EVP_DigestFinal_ex(ctx, out, NULL))
		abort();
	EVP_MD_CTX_free(ctx);
}

uint32_t fw_crc32(uint32_t crc, struct fw_view v)
{
	return libdeflate_crc32(crc, v.data, v.len);
}

void fw_sha256(struct fw_view v, uint8_t out[FW_SHA256_SIZE])
{
	digest(&md_sha256, &v, 1, out);
}

void fw_sha1(struct fw_view v, uint8_t out[FW_SHA1_SIZE])
{
	digest(&md_sha1, &v, 1, out);
}

void fw_md5(struct fw_view v, uint8_t out[FW_MD5_SIZE])
{
	digest(&md_md5, &v, 1, out);
}

void fw_md5_parts(const struct fw_view *parts, size_t n,
		  uint8_t out[FW_MD5_SIZE])
{
	digest(&md_md5, parts, n, out);
}

void fw_hex(const uint8_t *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}
