/* err.c - errors as text */
#include <inttypes.h>
#include <stdio.h>

#include "core/err.h"

const char *fw_code_name(enum fw_code code)
{
	static const char *const names[] = {
		[FW_OK] = "ok",		      [FW_TRUNCATED] = "truncated",
		[FW_MALFORMED] = "malformed", [FW_UNSUPPORTED] = "unsupported",
		[FW_LIMIT] = "over limit",    [FW_IO] = "input/output error",
	};

	if ((size_t)code >= sizeof(names) / sizeof(names[0]))
		return "unknown error";
	return names[code];
}

void fw_err_text(const struct fw_err *err, char *buf, size_t len)
{
	snprintf(buf, len, "+0x%" PRIx64 ": %s = %" PRIu64 " (%s)", err->at,
		 err->what ? err->what : "?", err->value,
		 fw_code_name(err->code));
}
