/* object.c - names of the shared words */
#include "core/object.h"

#define NAME_OF(table, i)                                                      \
	((size_t)(i) < sizeof(table) / sizeof((table)[0]) ? (table)[i] : "?")

const char *fw_severity_name(enum fw_severity s)
{
	static const char *const names[] = { "info", "low", "medium", "high",
					     "critical" };

	return NAME_OF(names, s);
}

const char *fw_confidence_name(enum fw_confidence c)
{
	static const char *const names[] = { "low", "medium", "high" };

	return NAME_OF(names, c);
}

const char *fw_type_name(enum fw_type t)
{
	static const char *const names[] = { "file",	  "folder", "link",
					     "hardlink",  "chardev", "blockdev",
					     "fifo",	  "socket", "region",
					     "gap" };

	return NAME_OF(names, t);
}
