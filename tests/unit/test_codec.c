/* test_codec.c - round trips, cuts, and limits of every codec */
#include <bzlib.h>
#include <libdeflate.h>
#include <lz4.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "boot_build.h"
#include "codec/codec.h"
#include "core/memory.h"
#include "core/out_impl.h"

enum { LEN = 50000, ROOM = 2 * LEN };

static uint8_t plain[LEN], packed[ROOM], got[ROOM];

static size_t pack_deflate(enum fw_codec codec)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t n = codec == FW_DEFLATE ?
			   libdeflate_deflate_compress(c, plain, LEN, packed,
						       ROOM) :
		   codec == FW_ZLIB ?
			   libdeflate_zlib_compress(c, plain, LEN, packed,
						    ROOM) :
			   libdeflate_gzip_compress(c, plain, LEN, packed,
						    ROOM);

	libdeflate_free_compressor(c);
	return n;
}

static size_t pack_alone(void)
{
	lzma_options_lzma o;
	lzma_stream s = LZMA_STREAM_INIT;

	lzma_lzma_preset(&o, 1);
	assert_int_equal(lzma_alone_encoder(&s, &o), LZMA_OK);
	s.next_in = plain;
	s.avail_in = LEN;
	s.next_out = packed;
	s.avail_out = ROOM;
	assert_int_equal(lzma_code(&s, LZMA_FINISH), LZMA_STREAM_END);
	lzma_end(&s);
	return ROOM - s.avail_out;
}

static size_t pack_raw(void)
{
	lzma_options_lzma o;
	lzma_filter f[] = { { LZMA_FILTER_LZMA1, &o },
			    { LZMA_VLI_UNKNOWN, NULL } };
	size_t n = 0;

	lzma_lzma_preset(&o, 1);
	assert_int_equal(lzma_raw_buffer_encode(f, NULL, plain, LEN, packed, &n,
						ROOM),
			 LZMA_OK);
	return n;
}

static size_t pack(enum fw_codec codec)
{
	unsigned bz = ROOM;
	size_t n = 0;

	switch (codec) {
	case FW_STORED:
		memcpy(packed, plain, LEN);
		return LEN;
	case FW_LZMA_ALONE:
		return pack_alone();
	case FW_XZ:
		assert_int_equal(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32,
							 NULL, plain, LEN,
							 packed, &n, ROOM),
				 LZMA_OK);
		return n;
	case FW_BZIP2:
		assert_int_equal(BZ2_bzBuffToBuffCompress((char *)packed, &bz,
							  (char *)plain, LEN, 1,
							  0, 0),
				 BZ_OK);
		return bz;
	case FW_LZ4_BLOCK:
		return (size_t)LZ4_compress_default((char *)plain,
						    (char *)packed, LEN, ROOM);
	case FW_ZSTD:
		return ZSTD_compress(packed, ROOM, plain, LEN, 1);
	default:
		return pack_deflate(codec);
	}
}

static const enum fw_codec whole[] = { FW_STORED, FW_DEFLATE,	 FW_ZLIB,
				       FW_GZIP,	  FW_LZMA_ALONE, FW_XZ,
				       FW_BZIP2,  FW_LZ4_BLOCK,	 FW_ZSTD };
static const enum fw_codec streams[] = { FW_DEFLATE, FW_ZLIB,
					 FW_GZIP,    FW_LZMA_ALONE,
					 FW_XZ,	     FW_BZIP2,
					 FW_ZSTD };

enum {
	WHOLE = sizeof(whole) / sizeof(whole[0]),
	STREAMS = sizeof(streams) / sizeof(streams[0])
};

static void blocks_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < WHOLE; i++) {
		size_t n = pack(whole[i]), used = 0;
		struct fw_err err = { FW_IO, "stale", 0, 0 };

		/* exactly fitting, then with room to spare */
		for (size_t cap = LEN; cap <= ROOM; cap += LEN) {
			memset(got, 0, ROOM);
			assert_int_equal(fw_decode(whole[i],
						   fw_view_of(packed, n), got,
						   cap, &used, &err),
					 LEN);
			assert_int_equal(err.code, FW_OK);
			assert_int_equal(used, n);
			assert_memory_equal(got, plain, LEN);
		}
	}
}

static void short_room_is_a_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < WHOLE; i++) {
		size_t n = pack(whole[i]);
		struct fw_err err;
		size_t k;

		if (whole[i] == FW_LZ4_BLOCK)
			continue; /* all or nothing */
		k = fw_decode(whole[i], fw_view_of(packed, n), got, LEN - 1,
			      NULL, &err);
		assert_int_equal(k, LEN - 1);
		assert_int_equal(err.code, FW_LIMIT);
		assert_memory_equal(got, plain, k);
	}
}

static void cut_blocks_keep_their_start(void **state)
{
	(void)state;
	for (size_t i = 1; i < WHOLE; i++) {
		size_t n = pack(whole[i]);

		if (whole[i] == FW_LZ4_BLOCK)
			continue;
		for (size_t cut = 0; cut < n; cut += 1 + n / 23) {
			/* exact size: a read past it is seen by sanitizers */
			uint8_t *in = malloc(cut + 1);
			struct fw_err err;

			memcpy(in, packed, cut);
			size_t k = fw_decode(whole[i], fw_view_of(in, cut), got,
					     ROOM, NULL, &err);

			free(in);
			assert_int_equal(err.code, FW_TRUNCATED);
			assert_true(k <= LEN);
			assert_memory_equal(got, plain, k);
			/* those two give nothing of a cut inner block */
			if (cut > n - n / 8 && whole[i] != FW_BZIP2 &&
			    whole[i] != FW_ZSTD)
				assert_true(k > 0);
		}
	}
}

static void streams_tell_their_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < STREAMS; i++) {
		size_t n = pack(streams[i]);
		struct fw_err err;

		memset(packed + n, 0x5a, 1000);
		struct fw_view in = fw_view_of(packed, n + 1000);
		struct fw_mem m = { 0 };
		struct fw_out *out = fw_mem_out(&m, in);
		struct fw_meta meta = FW_META(.name = "data");

		assert_int_equal(fw_decode_extent(streams[i], in, LEN, &err),
				 n);
		assert_int_equal(err.code, FW_OK);
		assert_int_equal(fw_decode_extent(streams[i], in, LEN - 1,
						  &err),
				 0);
		assert_int_equal(err.code, FW_LIMIT);
		fw_out_open(out, &meta);
		assert_int_equal(fw_decode_to(streams[i], in, out, &err), n);
		assert_int_equal(err.code, FW_OK);
		assert_true(fw_view_eq(m.children[0].bytes,
				       fw_view_of(plain, LEN)));
		fw_mem_free(&m);
	}
}

/* Decodes to a child; the bytes taken. */
static size_t decode_child(enum fw_codec codec, struct fw_view in,
			   const struct fw_kept *kept, bool *right)
{
	struct fw_mem m = { 0 };
	struct fw_out *out = fw_mem_out(&m, in);
	struct fw_meta meta = FW_META(.name = "data");
	struct fw_err err;

	out->kept = kept;
	fw_out_open(out, &meta);
	size_t n = fw_decode_to(codec, in, out, &err);

	*right = err.code == FW_OK &&
		 fw_view_eq(m.children[0].bytes, fw_view_of(plain, LEN));
	fw_mem_free(&m);
	return n;
}

static void what_a_probe_decoded_is_kept(void **state)
{
	FILE *f = tmpfile();
	bool right;

	(void)state;
	assert_non_null(f);
	for (size_t i = 0; i < STREAMS; i++) {
		size_t n = pack(streams[i]);
		struct fw_view in = fw_view_of(packed, n);
		struct fw_err err;
		struct fw_keep keep = { .at = packed,
					.fd = fileno(f),
					.max = LEN - 1 };

		fw_decode_keep(&keep);
		fw_decode_extent(streams[i], in, LEN, &err);
		assert_false(keep.done); /* too long to be kept */
		keep.max = LEN;
		fw_decode_extent(streams[i], fw_view_of(packed, n - 9), LEN,
				 &err);
		assert_false(keep.done); /* cut */
		fw_decode_extent(streams[i], in, LEN, &err);
		fw_decode_keep(NULL);
		assert_true(keep.done);
		assert_int_equal(keep.taken, n);
		assert_int_equal(keep.len, LEN);
		assert_int_equal(pread(fileno(f), got, LEN, 0), LEN);
		assert_memory_equal(got, plain, LEN);

		struct fw_kept kept = { packed, streams[i], n,
					fw_view_of(got, LEN) };

		memset(packed, 0, n); /* shows that it is not read again */
		assert_int_equal(decode_child(streams[i], in, &kept, &right),
				 n);
		assert_true(right);
		kept.at++;
		decode_child(streams[i], in, &kept, &right);
		assert_false(right);
		kept.at--;
		kept.taken = n + 1;
		decode_child(streams[i], in, &kept, &right);
		assert_false(right);
	}
	fclose(f);
}

static void cut_streams_have_no_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < STREAMS; i++) {
		size_t n = pack(streams[i]);

		for (size_t cut = 0; cut < n; cut += 1 + n / 23) {
			struct fw_err err;

			assert_int_equal(fw_decode_extent(
						 streams[i],
						 fw_view_of(packed, cut),
						 UINT64_MAX, &err),
					 0);
			assert_int_equal(err.code, FW_TRUNCATED);
		}
	}
}

static void blocks_are_no_streams(void **state)
{
	static const enum fw_codec none[] = { FW_STORED, FW_LZ4_BLOCK,
					      FW_LZO1X };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fw_err err;

		assert_int_equal(fw_decode_extent(none[i], FW_STR("\x11\0\0"),
						  100, &err),
				 0);
		assert_int_equal(err.code, FW_UNSUPPORTED);
	}
}

static void raw_lzma_ends_by_room_or_mark(void **state)
{
	size_t n = pack_raw(), used;
	struct fw_err err;
	struct fw_view in = fw_view_of(packed, n);

	(void)state;
	assert_int_equal(fw_decode_lzma_raw(in, 3, 0, 2, 1u << 20, got, ROOM,
					    &used, &err),
			 LEN);
	assert_int_equal(err.code, FW_OK);
	assert_int_equal(used, n);
	assert_int_equal(fw_decode_lzma_raw(in, 3, 0, 2, 1u << 20, got, LEN - 1,
					    &used, &err),
			 LEN - 1);
	assert_int_equal(err.code, FW_LIMIT);
	assert_memory_equal(got, plain, LEN);
	in.len /= 2;
	n = fw_decode_lzma_raw(in, 3, 0, 2, 1u << 20, got, LEN, &used, &err);
	assert_int_equal(err.code, FW_TRUNCATED);
	assert_true(n > 0 && n < LEN);
	assert_memory_equal(got, plain, n);
	assert_int_equal(fw_decode_lzma_raw(in, 9, 0, 2, 4096, got, LEN, &used,
					    &err),
			 0);
	assert_int_equal(err.code, FW_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_come_back),
		cmocka_unit_test(short_room_is_a_limit),
		cmocka_unit_test(cut_blocks_keep_their_start),
		cmocka_unit_test(streams_tell_their_end),
		cmocka_unit_test(what_a_probe_decoded_is_kept),
		cmocka_unit_test(cut_streams_have_no_end),
		cmocka_unit_test(blocks_are_no_streams),
		cmocka_unit_test(raw_lzma_ends_by_room_or_mark),
	};
	uint32_t x = 1;

	for (size_t i = 0; i < LEN; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = i % 5 == 0 ? (uint8_t)(x >> 28) : (uint8_t)(i / 999);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
