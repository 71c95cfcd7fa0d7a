/* leaf_media.c - sound, films and animations, named and not opened
 *
 *	riff (webp, wav)  "RIFF", u32 le length of the rest, a kind of 4 bytes,
 *	                  then chunks: 4 letters, u32 le length, padded to 2
 *	ogg               pages: "OggS", 0, flags, 20 bytes, count of segments,
 *	                  their lengths, the segments
 *	mp3               a tag "ID3", frames, a tag "TAG" of 128 bytes
 *	swf               "FWS" or packed "CWS", "ZWS"; version; u32 le length
 *
 * Source: Microsoft RIFF MCI, RFC 3533, ISO 11172-3 2.4, id3.org, Adobe SWF 19
 */
#include "core/format.h"

enum {
	RIFF_HEAD = 8,
	OGG_SEGMENTS_AT = 26,
	MP3_FRAMES = 3, /* in a row, before a file is believed to be one */
	MP3_TAG = 128,
	SWF_BODY = 8,
};

static uint64_t riff_walk(struct fw_cursor *c, struct fw_view kind,
			  struct fw_view first)
{
	uint32_t len;
	uint64_t end;

	fw_require(c, fw_view_eq(fw_bytes(c, 4), FW_STR("RIFF")), "magic", 0);
	len = fw_u32(c);
	fw_require(c, fw_view_eq(fw_bytes(c, 4), kind), "kind", 0);
	fw_require(c, fw_view_starts(fw_slice(c, c->pos, 4), first),
		   "first chunk", 0);
	fw_require(c, len >= 4 + 8, "length", len);
	end = RIFF_HEAD + (uint64_t)len;
	while (fw_ok(c) && c->pos + 8 <= end) {
		fw_skip(c, 4);
		uint64_t n = fw_u32(c);

		fw_require(c, c->pos <= end && n <= end - c->pos, "chunk", n);
		fw_skip(c, n);
		if (n % 2 != 0 && c->pos < end)
			fw_skip(c, 1);
	}
	fw_slice(c, 0, end); /* a rest too short for a chunk counts too */
	/* The odd byte behind the last chunk may be there and not counted. */
	if (end % 2 != 0 && end < c->v.len && c->v.data[end] == 0)
		end++;
	return end;
}

static uint64_t webp_probe(struct fw_cursor *c)
{
	return riff_walk(c, FW_STR("WEBP"), FW_STR("VP8"));
}

static uint64_t wav_probe(struct fw_cursor *c)
{
	return riff_walk(c, FW_STR("WAVE"), FW_STR(""));
}

static uint64_t ogg_probe(struct fw_cursor *c)
{
	unsigned pages = 0;
	uint64_t end = 0;

	while (fw_ok(c) &&
	       fw_view_starts(fw_view_sub(c->v, c->pos, 5), FW_STR("OggS\0"))) {
		uint64_t len = 0;
		uint8_t n;

		fw_skip(c, OGG_SEGMENTS_AT);
		n = fw_u8(c);
		for (unsigned i = 0; i < n; i++)
			len += fw_u8(c);
		fw_skip(c, len);
		pages++;
		end = c->pos;
	}
	fw_require(c, pages > 0, "pages", pages);
	return end;
}

/* Bytes of the frame whose header this is, or 0. */
static uint32_t mp3_frame(uint32_t h)
{
	static const uint16_t kbit[5][15] = {
		{ 0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384,
		  416, 448 }, /* version 1, layer 1 */
		{ 0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
		  384 }, /* version 1, layer 2 */
		{ 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256,
		  320 }, /* version 1, layer 3 */
		{ 0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224,
		  256 }, /* versions 2 and 2.5, layer 1 */
		{ 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144,
		  160 }, /* versions 2 and 2.5, layers 2 and 3 */
	};
	static const uint16_t hertz[3] = { 44100, 48000, 32000 };
	unsigned version = h >> 19 & 3, layer = 4 - (h >> 17 & 3);
	unsigned rate = h >> 12 & 15, freq = h >> 10 & 3, pad = h >> 9 & 1;

	if (h >> 21 != 0x7ff || version == 1 || layer == 4 || rate == 0 ||
	    rate == 15 || freq == 3)
		return 0;
	bool one = version == 3;
	uint32_t hz = hertz[freq] >> (one ? 0 : version == 2 ? 1 : 2);
	uint32_t bits = 1000u * kbit[one	  ? layer - 1
				     : layer == 1 ? 3
						  : 4][rate];

	if (layer == 1)
		return (12 * bits / hz + pad) * 4;
	return (layer == 3 && !one ? 72 : 144) * bits / hz + pad;
}

static void mp3_id3(struct fw_cursor *c)
{
	uint64_t len = 0;

	if (!fw_view_starts(c->v, FW_STR("ID3")))
		return;
	fw_skip(c, 6);
	for (unsigned i = 0; i < 4; i++) {
		uint8_t b = fw_u8(c);

		fw_require(c, b < 128, "length of the tag", b);
		len = len << 7 | b;
	}
	fw_skip(c, len);
	/* Room that its writer left, for a longer tag. */
	while (fw_left(c) > 0 && c->v.data[c->pos] == 0)
		fw_skip(c, 1);
}

static uint64_t mp3_probe(struct fw_cursor *c)
{
	unsigned frames = 0;

	c->big_endian = true;
	mp3_id3(c);
	while (fw_left(c) >= 4) {
		uint32_t n = mp3_frame(fw_u32(c));

		c->pos -= 4;
		if (n < 4)
			break;
		frames++;
		if (n > fw_left(c)) /* the last one may be short */
			n = (uint32_t)fw_left(c);
		fw_skip(c, n);
	}
	fw_require(c, frames >= MP3_FRAMES, "frames", frames);
	if (fw_view_starts(fw_view_sub(c->v, c->pos, MP3_TAG), FW_STR("TAG")))
		fw_skip(c, MP3_TAG);
	return c->pos;
}

static uint64_t swf_probe(struct fw_cursor *c)
{
	struct fw_view magic = fw_bytes(c, 3);
	bool plain = fw_view_eq(magic, FW_STR("FWS"));
	uint8_t version = fw_u8(c);
	uint32_t len = fw_u32(c);

	fw_require(c,
		   plain || fw_view_eq(magic, FW_STR("CWS")) ||
			   fw_view_eq(magic, FW_STR("ZWS")),
		   "magic", 0);
	fw_require(c, version > 0 && version < 64, "version", version);
	fw_require(c, len > SWF_BODY, "length", len);
	if (plain)
		fw_slice(c, 0, len);
	return plain ? len : c->v.len;
}

/* What is packed is looked into: it holds scripts. */
static void swf_unpack(struct fw_cursor *c, struct fw_out *out)
{
	struct fw_meta meta = FW_META(.name = "body", .type = FW_REGION);
	struct fw_view body = fw_view_sub(c->v, SWF_BODY, SIZE_MAX);

	swf_probe(c);
	if (fw_ok(c) && body.len > 0)
		fw_out_child(out, &meta, body);
}

const struct fw_format fw_format_webp = {
	.name = "webp",
	.title = "WebP picture",
	.class = FW_LEAF,
	.bits = 31, /* no checksum: whole files only, as all in here */
	.magic = { { "RIFF", 4, 0 } },
	.probe = webp_probe,
};

const struct fw_format fw_format_wav = {
	.name = "wav",
	.title = "WAV sound",
	.class = FW_LEAF,
	.bits = 31,
	.magic = { { "RIFF", 4, 0 } },
	.probe = wav_probe,
};

const struct fw_format fw_format_ogg = {
	.name = "ogg",
	.title = "Ogg sound or film",
	.class = FW_LEAF,
	.bits = 31,
	.magic = { { "OggS\0", 5, 0 } },
	.probe = ogg_probe,
};

const struct fw_format fw_format_mp3 = {
	.name = "mp3",
	.title = "MPEG sound",
	.class = FW_LEAF,
	.bits = 31,
	.probe = mp3_probe,
};

const struct fw_format fw_format_swf = {
	.name = "swf",
	.title = "Flash animation",
	.class = FW_CONTAINER,
	.bits = 31,
	.magic = { { "FWS", 3, 0 }, { "CWS", 3, 0 }, { "ZWS", 3, 0 } },
	.probe = swf_probe,
	.unpack = swf_unpack,
};
