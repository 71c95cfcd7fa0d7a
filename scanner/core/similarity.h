/* similarity.h - a digest that stays alike when bytes change a little */
#ifndef FW_CORE_SIMILARITY_H
#define FW_CORE_SIMILARITY_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>
#include <stddef.h>

enum { FW_TLSH_SIZE = 144 }; /* digits as the library was built, and NUL */

/* TLSH of n bytes as hexadecimal digits; the distance of two digests says how
 * unlike their inputs are. False: too few bytes, or too little variety in them.
 * Source: Oliver, Cheng, Chen: TLSH - A Locality Sensitive Hash (2013) */
bool fw_tlsh(const unsigned char *bytes, size_t n, char out[FW_TLSH_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
