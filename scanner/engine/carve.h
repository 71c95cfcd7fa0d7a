/* carve.h - finding images inside bytes, every byte accounted for */
#ifndef FW_ENGINE_CARVE_H
#define FW_ENGINE_CARVE_H

#include "core/format.h"

/* One run of bytes; format NULL is a gap. */
struct fw_extent {
	uint64_t off, len;
	const struct fw_format *format;
};

/* An image whose header is right and that ends too early. */
struct fw_cut {
	const struct fw_format *format; /* NULL: none was seen */
	uint64_t off;
	struct fw_err err;
};

/*
 * Cuts v into extents that follow each other without overlap and cover all of
 * it; their number is returned, the array lies in the arena. A false hit costs
 * what its probe costs.
 *
 * At one offset the longest extent wins, then the one with more verified bits.
 *
 * *cut is the first image that v's end cuts short. A cut file system, archive or
 * stream behind everything else is an extent up to the end, so that what is left
 * of it can be read; a cut container is only when nothing whole is found in it.
 *
 * Time is linear: a magic whose probes have read the input many times over is
 * given up; *cut says so with FW_LIMIT, if nothing is cut short.
 *
 * An extent whose probe verified fewer than 64 bits gives way to one inside it
 * that is better verified and reaches beyond its end.
 */
size_t fw_carve(struct fw_view v, const struct fw_format *const *formats,
		size_t format_count, struct fw_arena *arena,
		struct fw_extent **extents, struct fw_cut *cut);

/* Builds the table of first bytes; once, before any fork. */
void fw_carve_init(const struct fw_format *const *formats,
		   size_t format_count);

#endif
