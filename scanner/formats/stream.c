/* stream.c - see stream.h */
#include "formats/stream.h"
#include "core/text.h"

/* Enough for any part of a firmware, and seconds of work at most. */
static const uint64_t stream_max = 1ULL << 30;

uint64_t stream_extent(struct fw_cursor *c, enum fw_codec codec,
		       stream_next *next)
{
	size_t end = 0;

	for (size_t pos = next(c->v, 0); pos != SIZE_MAX;
	     pos = next(c->v, end)) {
		struct fw_err err;
		size_t n = fw_decode_extent(codec,
					    fw_view_sub(c->v, pos, SIZE_MAX),
					    stream_max, &err);

		if (n == 0 && end == 0)
			fw_fail_at(c, err.code, err.what, err.at, err.value);
		if (n == 0)
			break;
		end = pos + n;
	}
	fw_require(c, end > 0, "stream header", 0);
	return end;
}

void stream_unpack(struct fw_cursor *c, struct fw_out *out,
		   enum fw_codec codec, stream_next *next,
		   const struct fw_meta *meta)
{
	struct fw_err err = { 0 };
	size_t end = 0;

	if (next(c->v, 0) != SIZE_MAX)
		fw_out_open(out, meta);
	for (size_t pos = next(c->v, 0);
	     pos != SIZE_MAX && err.code == FW_OK && fw_out_ok(out);
	     pos = next(c->v, end)) {
		end = pos + fw_decode_to(codec,
					 fw_view_sub(c->v, pos, SIZE_MAX), out,
					 &err);
		err.at += pos;
		if (end == pos)
			break;
	}
	if (err.code != FW_OK) {
		fw_out_damaged(out, &err);
		fw_fail_at(c, err.code, err.what, err.at, err.value);
	}
	fw_require(c, end > 0, "stream header", 0);
}

const char *stream_name(struct fw_out *out, struct fw_view stored)
{
	const char *s = fw_basename(fw_strdup(fw_out_arena(out), stored));

	if (*s == '\0' || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return "data";
	return s;
}
