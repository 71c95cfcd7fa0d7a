/* listing.h - disassembly for people */
#ifndef FW_CODE_LISTING_H
#define FW_CODE_LISTING_H

#include "code/function.h"

/* The instructions of [from, to), one a line as "0x401200  call 0x401030  ;
 * strcmp", the last max of them. Calls carry the name of whom they call, and
 * addresses of text that text. In the program's arena. */
const char *code_listing(struct code_program *p, const struct code_function *f,
			 uint64_t from, uint64_t to, size_t max);

/* "check_login", or "0x401200" for a function without a name. */
const char *code_name(struct code_program *p, uint32_t start);

#endif
