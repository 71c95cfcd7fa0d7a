/* text.h - what the parts of the text report share; private to it */
#ifndef FW_REPORT_TEXT_H
#define FW_REPORT_TEXT_H

#include "report/report.h"
#include "report/show.h"

struct text {
	FILE *to;
	const struct fw_result *r;
	const struct fw_report_options *opt;
	struct fw_arena arena;
	size_t width;
};

enum text_style { TEXT_PLAIN, TEXT_BOLD, TEXT_RED, TEXT_YELLOW, TEXT_GREEN };

/* One line, as it is. */
void text_line(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A heading in the left margin. */
void text_head(struct text *t, enum text_style style, const char *head);

/* s, broken at spaces, first on the line that `used` columns are taken of, then
 * below each other at `indent`; at most max lines (0: all), cut with "...". */
void text_wrap(struct text *t, size_t used, size_t indent, size_t max,
	       const char *s);

/* s in at most width columns; the middle gives way. */
const char *text_middle(struct text *t, const char *s, size_t width);

/* The path of a node below its image: "/@0x40.squashfs/etc/shadow". */
const char *text_below(struct text *t, uint32_t node);

size_t text_columns(const char *s);

/* The findings of one image, and what to ask about them. */
void text_findings(struct text *t, uint32_t image);
void text_questions(struct text *t, uint32_t image);

/* The coverage and the layers of one image; the tree, for -v. */
void text_coverage(struct text *t, uint32_t image);
void text_layers(struct text *t, uint32_t image);
void text_tree(struct text *t, uint32_t image);

#endif
