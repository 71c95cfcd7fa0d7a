/* lzo.h - LZO1X, for codec.c alone */
#ifndef FW_CODEC_LZO_H
#define FW_CODEC_LZO_H

#include "codec/codec.h"

/* As fw_decode(); the block ends with its end mark. */
size_t fw_decode_lzo1x(struct fw_view in, uint8_t *dst, size_t cap,
		       size_t *used, struct fw_err *err);

#endif
