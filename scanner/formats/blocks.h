/* blocks.h - decompressing the blocks of read-only file systems
 *
 * The calls of codec.h that SquashFS and cramfs need, with the same contract,
 * for whole blocks in memory.
 */
#ifndef FW_FORMATS_BLOCKS_H
#define FW_FORMATS_BLOCKS_H

#include "codec/codec.h"

/* ZLIB, LZMA_ALONE, XZ, LZO1X, LZ4_BLOCK, ZSTD; others are UNSUPPORTED. */
size_t fw_block_decode(enum fw_codec codec, struct fw_view in, uint8_t *dst,
		       size_t cap, struct fw_err *err);

/* LZMA without a header. When cap is reached err is LIMIT, when the input ends
 * first TRUNCATED; *used is how much of it was taken. */
size_t fw_block_lzma_raw(struct fw_view in, unsigned lc, unsigned lp,
			 unsigned pb, uint32_t dict, uint8_t *dst, size_t cap,
			 size_t *used, struct fw_err *err);

/* LZO1X with its end mark. */
size_t fw_block_lzo(struct fw_view in, uint8_t *dst, size_t cap,
		    struct fw_err *err);

#endif
