/* stream.h - what the formats of one compressed child have in common */
#ifndef FW_FORMATS_STREAM_H
#define FW_FORMATS_STREAM_H

#include "codec/codec.h"

/*
 * Where the next stream begins that goes on with the same child: pos itself, or
 * behind padding; SIZE_MAX if there is none. Called with pos 0 first, where it
 * decides whether to decode at all.
 */
typedef size_t stream_next(struct fw_view v, size_t pos);

/* Length of all streams from c's origin on, found by decoding them. A damaged
 * first stream fails c; a later one only ends the image. */
uint64_t stream_extent(struct fw_cursor *c, enum fw_codec codec,
		       stream_next *next);

/* Emits the child with all that decodes. */
void stream_unpack(struct fw_cursor *c, struct fw_out *out,
		   enum fw_codec codec, stream_next *next,
		   const struct fw_meta *meta);

/* The last part of a stored path, or "data" where that is no name. */
const char *stream_name(struct fw_out *out, struct fw_view stored);

#endif
