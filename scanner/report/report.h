/* report.h - what every report writer offers
 *
 * A writer walks a finished result; it never sees bytes of an image.
 */
#ifndef FW_REPORT_REPORT_H
#define FW_REPORT_REPORT_H

#include <stdio.h>

#include "core/result.h"

struct fw_report_options {
	bool verbose;	   /* everything, not one screen */
	bool reproducible; /* leave out times and paths of this machine */
	bool color;	   /* the stream is a terminal and NO_COLOR is not set */
	unsigned width;	   /* columns; 0: 80 */
};

struct fw_report_writer {
	const char *name, *suffix, *title;
	/* False when the stream failed; errno says why. */
	bool (*write)(const struct fw_result *r,
		      const struct fw_report_options *opt, FILE *to);
};

extern const struct fw_report_writer *const fw_report_writers[];
extern const size_t fw_report_writer_count;

/* The writer with this name, or NULL. */
const struct fw_report_writer *fw_report_named(const char *name);

#endif
