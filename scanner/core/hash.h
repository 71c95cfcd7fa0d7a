/* hash.h - checksums and digests */
#ifndef FW_CORE_HASH_H
#define FW_CORE_HASH_H

#include "core/view.h"

enum { FW_SHA256_SIZE = 32, FW_SHA1_SIZE = 20, FW_MD5_SIZE = 16 };

/* CRC-32 of IEEE 802.3, as zlib's crc32(): pass 0, or the last result. */
uint32_t fw_crc32(uint32_t crc, struct fw_view v);

void fw_sha256(struct fw_view v, uint8_t out[FW_SHA256_SIZE]);
void fw_sha1(struct fw_view v, uint8_t out[FW_SHA1_SIZE]);
void fw_md5(struct fw_view v, uint8_t out[FW_MD5_SIZE]);

/* The same over parts laid end to end, for checksums with a hole. */
void fw_md5_parts(const struct fw_view *parts, size_t n,
		  uint8_t out[FW_MD5_SIZE]);

/* Lower-case hexadecimal of n bytes; out holds 2 * n + 1. */
void fw_hex(const uint8_t *bytes, size_t n, char *out);

/* Fetches the digests once, before any fork; false if libcrypto has none. */
bool fw_hash_init(void);

#endif
