/* guess.h - what bytes are that no format explains */
#ifndef FW_ENGINE_GUESS_H
#define FW_ENGINE_GUESS_H

#include "core/view.h"

enum fw_guess {
	FW_GUESS_PADDING,    /* one byte repeated */
	FW_GUESS_TEXT,
	FW_GUESS_CODE,	     /* of the CPU that name tells */
	FW_GUESS_COMPRESSED, /* or encrypted: no order can be seen */
	FW_GUESS_ENCRYPTED,  /* indistinguishable from noise */
	FW_GUESS_DATA
};

/* entropy in bits per byte; *cpu, for code, is "mipsel" and the like. Linear in
 * v, with a small constant. */
enum fw_guess fw_guess(struct fw_view v, double *entropy, const char **cpu);

const char *fw_guess_name(enum fw_guess g);

#endif
