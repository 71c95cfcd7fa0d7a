/* test_streams.c - one compressed child: extents, cuts, damage, noise */
#include <bzlib.h>
#include <libdeflate.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "boot_build.h"
#include "core/memory.h"

enum { LEN = 20000, ROOM = 3 * LEN, TAIL = 64 };

static uint8_t plain[LEN];

struct packed {
	uint8_t bytes[ROOM];
	size_t n;
};

static struct packed one;

extern const struct fw_format fw_format_gzip, fw_format_zlib, fw_format_lzma,
	fw_format_xz, fw_format_lzip, fw_format_bzip2, fw_format_zstd,
	fw_format_lz4, fw_format_lzop;

static void pack_gzip(struct packed *p)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);

	p->n = libdeflate_gzip_compress(c, plain, LEN, p->bytes, ROOM);
	libdeflate_free_compressor(c);
}

static void pack_zlib(struct packed *p)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);

	p->n = libdeflate_zlib_compress(c, plain, LEN, p->bytes, ROOM);
	libdeflate_free_compressor(c);
}

static void pack_lzma(struct packed *p)
{
	lzma_options_lzma o;
	lzma_stream s = LZMA_STREAM_INIT;

	lzma_lzma_preset(&o, 0);
	assert_int_equal(lzma_alone_encoder(&s, &o), LZMA_OK);
	s.next_in = plain;
	s.avail_in = LEN;
	s.next_out = p->bytes;
	s.avail_out = ROOM;
	assert_int_equal(lzma_code(&s, LZMA_FINISH), LZMA_STREAM_END);
	lzma_end(&s);
	p->n = ROOM - s.avail_out;
}

static void put_le(struct packed *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p->bytes[p->n++] = (uint8_t)(v >> (8 * i));
}

static void pack_lzip(struct packed *p)
{
	lzma_options_lzma o;
	lzma_filter f[] = { { LZMA_FILTER_LZMA1, &o },
			    { LZMA_VLI_UNKNOWN, NULL } };

	lzma_lzma_preset(&o, 0);
	o.dict_size = 1 << 16;
	memcpy(p->bytes, "LZIP\1\x10", 6);
	p->n = 6;
	assert_int_equal(lzma_raw_buffer_encode(f, NULL, plain, LEN, p->bytes,
						&p->n, ROOM),
			 LZMA_OK);
	put_le(p, fw_crc32(0, fw_view_of(plain, LEN)), 4);
	put_le(p, LEN, 8);
	put_le(p, p->n + 8, 8);
}

static void pack_xz(struct packed *p)
{
	p->n = 0;
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL,
						 plain, LEN, p->bytes, &p->n,
						 ROOM),
			 LZMA_OK);
}

static void pack_bzip2(struct packed *p)
{
	unsigned n = ROOM;

	assert_int_equal(BZ2_bzBuffToBuffCompress((char *)p->bytes, &n,
						  (char *)plain, LEN, 1, 0, 0),
			 BZ_OK);
	p->n = n;
}

static void pack_zstd(struct packed *p)
{
	p->n = ZSTD_compress(p->bytes, ROOM, plain, LEN, 1);
}

static void pack_lz4(struct packed *p)
{
	LZ4F_preferences_t how = { 0 };

	how.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
	p->n = LZ4F_compressFrame(p->bytes, ROOM, plain, LEN, &how);
	assert_false(LZ4F_isError(p->n));
}

static void pack_lz4_legacy(struct packed *p)
{
	int n = LZ4_compress_default((char *)plain, (char *)p->bytes + 8, LEN,
				     ROOM - 8);

	p->n = 0;
	put_le(p, 0x184c2102, 4);
	put_le(p, (uint64_t)n, 4);
	p->n += (size_t)n;
}

static void put_be(struct packed *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = bytes; i-- > 0;)
		p->bytes[p->n++] = (uint8_t)(v >> (8 * i));
}

/* Blocks that are stored; LZO data is in the corpus. */
static void pack_lzop(struct packed *p)
{
	memcpy(p->bytes, "\x89LZO\0\r\n\x1a\n", 9);
	p->n = 9;
	put_be(p, 0x1040, 2);
	put_be(p, 0x20a0, 2);
	put_be(p, 0x0940, 2);
	put_be(p, 0x0105, 2);
	put_be(p, 1, 4);
	put_be(p, 0100644, 4);
	put_be(p, 0, 8); /* time */
	put_be(p, 0, 1); /* no name */
	put_be(p, adler32_z(1, p->bytes + 9, p->n - 9), 4);
	for (size_t i = 0; i < LEN; i += LEN / 2) {
		put_be(p, LEN / 2, 4);
		put_be(p, LEN / 2, 4);
		put_be(p, adler32_z(1, plain + i, LEN / 2), 4);
		memcpy(p->bytes + p->n, plain + i, LEN / 2);
		p->n += LEN / 2;
	}
	put_be(p, 0, 4);
}

static const struct row {
	const struct fw_format *format;
	void (*pack)(struct packed *p);
	bool several; /* a second stream goes on with the child */
	bool summed;  /* every bit of the data is under a checksum */
} rows[] = {
	{ &fw_format_gzip, pack_gzip, true, true },
	{ &fw_format_zlib, pack_zlib, false, true },
	{ &fw_format_lzma, pack_lzma, false, false },
	{ &fw_format_lzip, pack_lzip, true, true },
	{ &fw_format_xz, pack_xz, true, true },
	{ &fw_format_bzip2, pack_bzip2, true, true },
	{ &fw_format_zstd, pack_zstd, true, false },
	{ &fw_format_lz4, pack_lz4, true, true },
	{ &fw_format_lz4, pack_lz4_legacy, true, false },
	{ &fw_format_lzop, pack_lzop, false, true },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static uint64_t probe(const struct fw_format *f, struct fw_view v)
{
	struct fw_cursor c = fw_cursor_of(v);
	uint64_t n = f->probe(&c);

	return fw_ok(&c) ? n : 0;
}

static void holds(const struct row *r, struct fw_view v, unsigned copies)
{
	struct fw_mem m = { 0 };
	struct fw_err err = fw_mem_unpack(&m, r->format, v);

	assert_int_equal(err.code, FW_OK);
	assert_int_equal(m.child_count, 1);
	assert_string_equal(m.children[0].meta.name, "data");
	assert_int_equal(m.children[0].bytes.len, copies * LEN);
	for (unsigned i = 0; i < copies; i++)
		assert_memory_equal(m.children[0].bytes.data + i * LEN, plain,
				    LEN);
	fw_mem_free(&m);
}

static void whole_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		rows[i].pack(&one);
		size_t n = one.n;

		memset(one.bytes + n, 0x5a, TAIL);
		assert_int_equal(probe(rows[i].format,
				       fw_view_of(one.bytes, n)),
				 n);
		assert_int_equal(probe(rows[i].format,
				       fw_view_of(one.bytes, n + TAIL)),
				 n);
		holds(&rows[i], fw_view_of(one.bytes, n), 1);
	}
}

static void streams_in_a_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		rows[i].pack(&one);
		size_t n = one.n;

		memcpy(one.bytes + n, one.bytes, n);
		if (!rows[i].several) {
			assert_int_equal(probe(rows[i].format,
					       fw_view_of(one.bytes, 2 * n)),
					 n);
			continue;
		}
		assert_int_equal(probe(rows[i].format,
				       fw_view_of(one.bytes, 2 * n)),
				 2 * n);
		holds(&rows[i], fw_view_of(one.bytes, 2 * n), 2);
		/* a second one that is cut does not belong */
		assert_int_equal(probe(rows[i].format,
				       fw_view_of(one.bytes, 2 * n - 1)),
				 n);
	}
}

static void cut_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		rows[i].pack(&one);
		for (size_t n = 0; n < one.n; n += n < 40 ? 1 : one.n / 19) {
			uint8_t *exact = malloc(n + 1);
			struct fw_mem m = { 0 };

			memcpy(exact, one.bytes, n);
			struct fw_view v = fw_view_of(exact, n);

			assert_int_equal(probe(rows[i].format, v), 0);
			struct fw_err err =
				fw_mem_unpack(&m, rows[i].format, v);

			assert_int_not_equal(err.code, FW_OK);
			if (n >= 40)
				assert_int_equal(err.code, FW_TRUNCATED);
			assert_true(m.child_count == 1 || n < 40);
			if (m.child_count > 0) {
				struct fw_view got = m.children[0].bytes;

				assert_true(got.len <= LEN);
				assert_memory_equal(got.data, plain, got.len);
			}
			fw_mem_free(&m);
			free(exact);
		}
	}
}

static void damaged_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		rows[i].pack(&one);
		for (size_t at = 100; rows[i].summed && at < one.n - 30;
		     at += one.n / 13) {
			one.bytes[at] ^= 0x10;
			assert_int_equal(probe(rows[i].format,
					       fw_view_of(one.bytes, one.n)),
					 0);
			one.bytes[at] ^= 0x10;
		}
	}
}

/* Noise behind each magic, as a carver meets it. */
static void noise_is_nothing(void **state)
{
	uint32_t x = 99;

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		const struct fw_magic *m = rows[i].format->magic;

		for (unsigned k = 0; k < 100; k++) {
			const struct fw_magic *use = &m[k % FW_MAGICS];

			if (use->len == 0)
				use = m;
			for (size_t b = 0; b < 3000; b++) {
				x = x * 1664525 + 1013904223;
				one.bytes[b] = (uint8_t)(x >> 24);
			}
			memcpy(one.bytes + use->offset, use->bytes, use->len);
			assert_int_equal(probe(rows[i].format,
					       fw_view_of(one.bytes, 3000)),
					 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_streams),
		cmocka_unit_test(streams_in_a_row),
		cmocka_unit_test(cut_streams),
		cmocka_unit_test(damaged_streams),
		cmocka_unit_test(noise_is_nothing),
	};
	uint32_t x = 1;

	for (size_t i = 0; i < LEN; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = i % 5 == 0 ? (uint8_t)(x >> 28) : (uint8_t)(i / 999);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
