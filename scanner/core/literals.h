/* literals.h - texts that many programs hold, from rules/data/literals.bin
 *
 * "assay train" counts in how many programs each literal stands and keeps a
 *part of the hash of those that are common. What a program compares with and
 *many others hold as well is no secret of its own. One literal in 15,000 that
 *nobody knows is taken for a common one.
 *
 * The file, numbers little endian:
 *	0	4	"ALIT"
 *	4	2	version, 1
 *	6	2	0
 *	8	4	n: literals
 *	12	4	programs that were counted over
 *	16	4	in how many of them a literal stands at least
 *	20	4	0
 *	24	1024	256 numbers: literals whose hash's first byte is smaller
 *	1048	65536	for each value of the hash's first 16 bits (the upper
 *			ones), how many literals have it, at most 255
 *	66584	2 n	the next 16 bits of each, ascending
 */
#ifndef FW_CORE_LITERALS_H
#define FW_CORE_LITERALS_H

#include "core/arena.h"

enum {
	FW_LITERAL_MIN = 5,
	FW_LITERAL_MAX = 40,
	/* What keeps a table below 600 KiB. */
	FW_LITERALS_MAX = 270000,
	/* ... and is never more than this. */
	FW_LITERALS_BYTES = 24 + 1024 + 65536 + 2 * FW_LITERALS_MAX
};

/* FNV-1a of 64 bits, mixed once more; the table holds its upper half. */
uint64_t fw_literal_hash(struct fw_view literal);

/* Whether a table holds a literal. Any bytes will do as a table: what is none
 * holds nothing. */
bool fw_literals_hold(struct fw_view table, uint64_t hash);

/* The upper halves of the hashes that a table holds, ascending, and over how
 * many programs it was counted; 0: it is no table. */
size_t fw_literals_unpack(struct fw_view table, uint32_t **hashes,
			  uint32_t *programs, struct fw_arena *a);

/* The same for the table that was loaded (data.h); false without one. */
bool fw_literal_is_common(struct fw_view literal);

/* What a literal must be to be counted: a word without blanks and formats, as
 * programs compare them. */
bool fw_literal_counts(struct fw_view literal);

/* Writes a table of n upper halves of hashes, ascending and distinct. */
struct fw_view fw_literals_pack(const uint32_t *hashes, size_t n,
				uint32_t programs, uint32_t least,
				struct fw_arena *a);

#endif
