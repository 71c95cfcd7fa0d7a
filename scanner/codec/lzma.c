/* lzma.c - LZMA without a header */
#include <lzma.h>

#include "codec/codec.h"

size_t fw_decode_lzma_raw(struct fw_view in, unsigned lc, unsigned lp,
			  unsigned pb, uint32_t dict, uint8_t *dst, size_t cap,
			  size_t *used, struct fw_err *err)
{
	/* Nothing reaches back behind the first byte: a dictionary larger than
	 * the output would only cost memory. */
	lzma_options_lzma o = { .dict_size = cap < dict ? (uint32_t)cap : dict,
				.lc = lc,
				.lp = lp,
				.pb = pb };
	lzma_filter filters[] = { { LZMA_FILTER_LZMA1, &o },
				  { LZMA_VLI_UNKNOWN, NULL } };
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret ret = LZMA_OK;

	*err = (struct fw_err){ 0 };
	if (used != NULL)
		*used = 0;
	if (o.dict_size < LZMA_DICT_SIZE_MIN)
		o.dict_size = LZMA_DICT_SIZE_MIN;
	if (lzma_raw_decoder(&s, filters) != LZMA_OK) {
		err->code = FW_UNSUPPORTED;
		err->what = "LZMA properties";
		return 0;
	}
	s.next_in = in.data;
	s.avail_in = in.len;
	s.next_out = dst;
	s.avail_out = cap;
	while (ret == LZMA_OK && s.avail_out > 0)
		ret = lzma_code(&s, LZMA_FINISH);

	size_t taken = in.len - s.avail_in;

	lzma_end(&s);
	if (used != NULL)
		*used = taken;
	if (ret == LZMA_OK)
		*err = (struct fw_err){ FW_LIMIT, "decoded length", taken,
					cap };
	else if (ret == LZMA_BUF_ERROR)
		*err = (struct fw_err){ FW_TRUNCATED, "LZMA data", taken, 0 };
	else if (ret != LZMA_STREAM_END)
		*err = (struct fw_err){ FW_MALFORMED, "LZMA data", taken, 0 };
	return cap - s.avail_out;
}
