/* text.h - text from images, made safe to show, and path patterns */
#ifndef FW_CORE_TEXT_H
#define FW_CORE_TEXT_H

#include "core/arena.h"
#include "core/view.h"

/*
 * The one escaping printer: valid UTF-8 passes; control characters, bidirectional
 * overrides, invalid bytes and the backslash become \n, \xNN or \u{NNNN}. A
 * terminal, a web page or a log line cannot be steered by what comes out.
 * Returns a NUL-terminated copy in the arena.
 */
char *fw_escape(struct fw_arena *a, struct fw_view raw);

/* The same for one part of a path: '/' is escaped too, and so are whole parts
 * that are empty, "." or "..". */
char *fw_escape_name(struct fw_arena *a, struct fw_view raw);

/* Whether path matches a shell pattern ('*' also matches '/'); case counts. */
bool fw_path_matches(const char *path, const char *pattern);

/* Seconds since 1970 as "2016-09-22", UTC. */
const char *fw_date(struct fw_arena *a, int64_t when);

/* The part after the last '/'. */
const char *fw_basename(const char *path);

/* Whether the first 4 KiB look like text (UTF-8, ASCII or Latin with few
 * control characters). */
bool fw_is_text(struct fw_view v);

/* Shannon entropy in bits per byte, 0..8. */
double fw_entropy(struct fw_view v);

#endif
