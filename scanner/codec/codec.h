/* codec.h - decompressing into memory or into a child
 *
 * For formats that hold compressed blocks (file systems, kernels). Whole streams
 * that stand for themselves are formats (formats/gzip.c ...).
 */
#ifndef FW_CODEC_CODEC_H
#define FW_CODEC_CODEC_H

#include "core/format.h"

enum fw_codec {
	FW_STORED,
	FW_DEFLATE,	/* raw */
	FW_ZLIB,	/* with its header and Adler-32 */
	FW_GZIP,
	FW_LZMA_ALONE,	/* 13-byte header */
	FW_XZ,
	FW_BZIP2,
	FW_LZ4_BLOCK,	/* raw block */
	FW_ZSTD,
	FW_LZO1X,	/* raw */
	FW_LZIP		/* one member */
};

/*
 * Decodes one whole block from in to at most cap bytes at dst. Returns the
 * number of bytes produced; *err says why fewer than the stream holds (OK,
 * TRUNCATED, MALFORMED, LIMIT when cap is too small), what was produced before
 * stays. *used, unless NULL, is how many bytes of in the stream took.
 */
size_t fw_decode(enum fw_codec codec, struct fw_view in, uint8_t *dst,
		 size_t cap, size_t *used, struct fw_err *err);

/* Raw LZMA without a header: lc, lp, pb and the dictionary are the caller's.
 * An end mark ends it as OK; without one *err is LIMIT where cap was reached
 * and TRUNCATED where the input ended first. */
size_t fw_decode_lzma_raw(struct fw_view in, unsigned lc, unsigned lp,
			  unsigned pb, uint32_t dict, uint8_t *dst, size_t cap,
			  size_t *used, struct fw_err *err);

/* What follows reads streams: all codecs but STORED, LZ4_BLOCK and LZO1X, which
 * are UNSUPPORTED there. One gzip, lzip or bzip2 member, xz stream or zstd
 * frame is one stream. Decoders take up to 256 MiB of memory. */

/*
 * Decodes a stream of unknown length into the open child, in pieces; memory
 * stays bounded. Returns the bytes of in that it took (0 if none could be read).
 * *err as above; on failure the child keeps what came before.
 */
size_t fw_decode_to(enum fw_codec codec, struct fw_view in, struct fw_out *out,
		    struct fw_err *err);

/* The exact length of the stream at the start of in, decoding and dropping at
 * most max_out bytes; 0 if it is damaged. For probes; allocates only inside the
 * library. Streams longer than max_out give 0 with LIMIT. */
size_t fw_decode_extent(enum fw_codec codec, struct fw_view in,
			uint64_t max_out, struct fw_err *err);

/*
 * A probe of a stream without a length decodes all of it, and so does the
 * unpacking. What the first fw_decode_extent() of the stream at keep->at decodes
 * is kept in keep->fd, at most max bytes, if all of it is right. NULL: no more.
 * One per process.
 */
struct fw_keep {
	const uint8_t *at;
	int fd;
	uint64_t max;
	/* filled: */
	bool done;
	enum fw_codec codec;
	uint64_t taken, len; /* bytes of the stream; decoded */
};

void fw_decode_keep(struct fw_keep *keep);

/* For fw_decode_to(): what the stream that begins here decodes to. */
struct fw_kept {
	const uint8_t *at;
	enum fw_codec codec;
	uint64_t taken;
	struct fw_view bytes;
};

#endif
