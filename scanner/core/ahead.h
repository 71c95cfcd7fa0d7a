/* ahead.h - blocks that a second process decodes ahead of the first
 *
 * A large file system is one unpacking, and decompression is most of its work.
 * Its job can have a helper: a process forked next to it, in the same sandbox,
 * that unpacks the same image, says nothing and writes nothing but the blocks
 * that it decodes, into memory that both share. Both pass the same blocks in
 * the same order; every other one is the helper's, and more when it is far
 * ahead. The job takes what is there and decodes the rest itself: what it says
 * does not depend on the helper, which may be slow, dead or missing.
 *
 * The helper reads the same hostile bytes as the job and is trusted as little:
 * what it can spoil is the output of this one unpacking.
 */
#ifndef FW_CORE_AHEAD_H
#define FW_CORE_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/out.h"

struct fw_ahead;

/* For the broker, before it forks: memory for both. NULL: the host has none. */
struct fw_ahead *fw_ahead_new(void);
void fw_ahead_free(struct fw_ahead *a);

/* In the child, before the sandbox is closed: which of the two it is. Both keep
 * fw_ahead_fd() open, which tells the job of its helper's death. */
void fw_ahead_join(struct fw_ahead *a, bool helper);
int fw_ahead_fd(const struct fw_ahead *a);

/* For formats. NULL: nobody helps, as in tests. */
struct fw_ahead *fw_out_ahead(struct fw_out *o);

/* Room that the largest block takes; before the first block. */
void fw_ahead_open(struct fw_ahead *a, size_t block_bytes);

enum fw_turn {
	FW_TURN_DECODE, /* decode it, then fw_ahead_end() */
	FW_TURN_TAKEN,	/* dst holds the *n bytes of it */
	FW_TURN_SKIP	/* in the helper: the other does it, go on without */
};

/* The next block. key is what names it, such as its position: a helper that
 * took another way through the image is not listened to. */
enum fw_turn fw_ahead_begin(struct fw_ahead *a, uint64_t key, uint8_t *dst,
			    size_t cap, size_t *n);
/* ok: all n bytes are good. What failed is decoded again by the job, so that it
 * sees the failure. */
void fw_ahead_end(struct fw_ahead *a, const uint8_t *dst, size_t n, bool ok);

/* In the job: no more blocks from the helper. */
void fw_ahead_leave(struct fw_ahead *a);

#endif
