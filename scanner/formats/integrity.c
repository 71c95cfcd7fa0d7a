/* integrity.c - a checksum that was computed and compared */
#include "formats/integrity.h"

const struct fw_kind integrity_mismatch = {
	.id = "integrity/checksum-mismatch",
	.title = "the checksum in the image does not match its content",
	.explanation =
		"The image carries a checksum of its own content, and the "
		"content gives another one. It was changed after it was made, "
		"or it was damaged on the way.",
	.ask_vendor = "Is this the file that you published, and what is its "
		      "SHA-256?",
	.false_alarm = "A dump of flash memory may hold data that the device "
		       "has written since; some vendors leave the field "
		       "unused.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 354 },
};

const struct fw_kind *const integrity_kinds[] = { &integrity_mismatch, NULL };

void integrity_emit(struct fw_out *out, const char *key, const char *of,
		    bool ok, uint64_t at)
{
	fw_out_fact(out, key, ok ? "ok" : "wrong");
	if (!ok)
		fw_out_finding(out, &integrity_mismatch, at,
			       "stored checksum of the %s is wrong", of);
}

void integrity_text_fact(struct fw_out *out, const char *key,
			 const uint8_t *field, size_t len)
{
	size_t n = strnlen((const char *)field, len);

	if (n > 0)
		fw_out_factf(out, key, "%.*s", (int)n, (const char *)field);
}
