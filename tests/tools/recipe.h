/* recipe.h - bytes from a text that a reviewer can read
 *
 * A recipe is a list of items, separated by white space; # starts a comment.
 *
 *	"text"              its bytes; escapes \n \r \t \0 \\ \" \xHH
 *	x:0a1bff            bytes in hexadecimal
 *	u8:E u16le:E ...    an integer: u8, u16, u24, u32, u64 with le or be
 *	@name               marks this offset; @end may be used before it stands
 *	fill(N, E)          N bytes of value E
 *	align(N) align(N,E) up to the next multiple of N, with zeros or E
 *	repeat(N) { ... }   the items N times; labels in it are the last round's
 *	noise(N, SEED)      N bytes that do not compress, always the same
 *	md5(A, B) sha1(A, B) sha256(A, B)   the digest of bytes [A, B)
 *	md5 { ... }         the digest of other items; sha1 and sha256 likewise
 *	patch(OFF) { ... }  overwrites from OFF what stands there already
 *	cut(N)              drops everything from offset N
 *	include "file"      the bytes of another recipe beside this one
 *	file "name"         the bytes of a file as they are
 *	gzip { ... }        the items, compressed: also zlib, deflate, xz, lzma
 *
 * include, digests and compressors read what is inside as a recipe of its own:
 * labels and offsets count from its first byte.
 *
 * E is a number (10, 0x1f), @label, crc32(A, B), adler32(A, B), sum8(A, B),
 * sum32le(A, B), sum32be(A, B), a sum or product of such (+ - * / & | ^, left to
 * right, no precedence), ~E or (E). Digests and sums take two more arguments
 * (FROM, TO): bytes of the range that count as zero, for a sum that lies inside
 * what it sums. All is evaluated again and again until nothing changes.
 */
#ifndef FW_TESTS_RECIPE_H
#define FW_TESTS_RECIPE_H

#include "core/arena.h"

/* The bytes of the recipe in a file. On an error prints file, line and cause to
 * standard error and ends the program with status 2. */
struct fw_view recipe_load(struct fw_arena *a, const char *path);

/* The bytes of a file as they are; the same on errors. */
struct fw_view recipe_slurp(struct fw_arena *a, const char *path);

#endif
