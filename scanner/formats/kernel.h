/* kernel.h - what the readers of Linux kernels share. Private to formats/. */
#ifndef FW_FORMATS_KERNEL_H
#define FW_FORMATS_KERNEL_H

#include "core/format.h"

/* Offset of "Linux version 2...", with what a banner has behind it; or SIZE_MAX. */
size_t kernel_banner(struct fw_view v);

/* Facts kernel.* and the children "config" and "initramfs" of code that is not
 * compressed. */
void kernel_emit(struct fw_view v, struct fw_out *out);

/* Offset of the first head of a compressed stream at or after from, or
 * SIZE_MAX. */
size_t kernel_stream(struct fw_view v, size_t from);

#endif
