/* listing.h - one finding of an image with many places
 *
 * Correlators gather what shares a cause and say it once.
 */
#ifndef FW_CORE_LISTING_H
#define FW_CORE_LISTING_H

#include "core/analyzer.h"

enum { FW_LISTED = 128 };

/* Zeroed by the caller. Places past FW_LISTED are counted, not shown. */
struct fw_listing {
	struct fw_evidence v[FW_LISTED];
	size_t n, all;
};

/* printf; text lives in out's arena. */
void fw_list(struct fw_listing *l, struct fw_out *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The finding at a place, detail "12 files" with %zu for the count, or nothing
 * when nothing was listed. */
void fw_list_claim(const struct fw_listing *l, struct fw_out *out,
		   uint32_t place, const struct fw_kind *k,
		   enum fw_severity severity, const char *what);

/* One more than the largest number of a content in the tree. */
uint32_t fw_content_end(const struct fw_tree *t);

/* One past the last place below the image at root. */
uint32_t fw_image_end(const struct fw_tree *t, uint32_t root);

#endif
