/* progress.h - one line on a terminal while a scan runs */
#ifndef FW_CLI_PROGRESS_H
#define FW_CLI_PROGRESS_H

#include "engine/scan.h"

void fw_progress_show(void *ctx, const struct fw_progress *p);
void fw_progress_clear(void);

#endif
