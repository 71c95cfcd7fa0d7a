/* similarity.cc - TLSH, whose library speaks C++ only */
#include "core/similarity.h"

#include <cstring>
#include <new>

#include <tlsh.h>

static const size_t PIECE = 1U << 30; /* the library counts in 32 bits */

extern "C" bool fw_tlsh(const unsigned char *bytes, size_t n,
			char out[FW_TLSH_SIZE])
{
	out[0] = '\0';
	if (n > 3 * PIECE)
		return false;
	try {
		Tlsh digest;

		for (size_t at = 0; at < n; at += PIECE)
			digest.update(bytes + at,
				      static_cast<unsigned>(
					      n - at < PIECE ? n - at : PIECE));
		digest.final();
		const char *text = digest.getHash();

		if (text == nullptr || strlen(text) >= FW_TLSH_SIZE)
			return false;
		strcpy(out, text); // NOLINT: the length was checked
		return text[0] != '\0';
	} catch (const std::bad_alloc &) {
		return false;
	}
}
