/* sealed.h - one piece of work on hostile bytes, in a process of its own
 *
 * For commands that look at one object without a scan. The process enters the
 * sandbox of a job before it sees a byte; what it writes comes back over a pipe
 * and is escaped once more here, since who takes such a process over may write
 * what he likes.
 */
#ifndef FW_ENGINE_SEALED_H
#define FW_ENGINE_SEALED_H

#include <stdio.h>

#include "core/arena.h"

enum { FW_SEALED_NOTE = 512 };

/* How the work ended. */
enum fw_sealed_end {
	FW_SEALED_OK,
	FW_SEALED_PART,	  /* not all could be read; the note says why */
	FW_SEALED_REFUSED /* nothing was written; the note says why */
};

struct fw_sealed {
	int fd; /* where the bytes lie: at, and len of them */
	uint64_t at, len;
	bool no_sandbox;
	/* Runs in the process; to: text for a person. note: why it is not
	 * FW_SEALED_OK, cut at FW_SEALED_NOTE. The arena is the process's. */
	enum fw_sealed_end (*work)(void *ctx, struct fw_view bytes,
				   struct fw_arena *arena, FILE *to,
				   char note[FW_SEALED_NOTE]);
	void *ctx;
};

/*
 * What was written goes to `to` when the process has ended by itself, and only
 * then. A crash, a time-out or a limit is FW_SEALED_PART without text. note is
 * escaped text. The calling process must have one thread. False: the process
 * could not be started, and note says why.
 */
bool fw_sealed_run(const struct fw_sealed *s, FILE *to, enum fw_sealed_end *end,
		   char note[FW_SEALED_NOTE]);

#endif
