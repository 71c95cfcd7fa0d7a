/* err.h - why something failed, and where */
#ifndef FW_CORE_ERR_H
#define FW_CORE_ERR_H

#include <stddef.h>
#include <stdint.h>

enum fw_code {
	FW_OK = 0,
	FW_TRUNCATED,	/* ends too early: a cut image is news */
	FW_MALFORMED,	/* contradicts its format; a false magic hit looks so */
	FW_UNSUPPORTED, /* well formed, but a variant that no reader knows */
	FW_LIMIT,	/* a limit of the scan was reached */
	FW_IO		/* the host failed: disk full, file unreadable */
};

/* Plain data, no allocation: text is produced only if it is reported. */
struct fw_err {
	enum fw_code code;
	const char *what; /* literal: the field or rule that failed */
	uint64_t at;	  /* byte offset in the object */
	uint64_t value;	  /* the offending value */
};

/* "malformed", "truncated", ...; never NULL. */
const char *fw_code_name(enum fw_code code);

/* Writes "+0xe: version = 7 (malformed)" to buf, always terminated. */
void fw_err_text(const struct fw_err *err, char *buf, size_t len);

#endif
