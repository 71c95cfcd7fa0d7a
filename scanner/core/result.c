/* result.c - names of what a scan ends with */
#include "core/result.h"

const char *fw_state_name(enum fw_state s)
{
	static const char *const names[] = { "pending",	  "done",
					     "malformed", "truncated",
					     "crashed",	  "timed_out",
					     "over_limit", "violated" };

	return (size_t)s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}

const char *fw_verdict_name(enum fw_verdict v)
{
	static const char *const names[] = { "pass", "review", "fail",
					     "incomplete" };

	return (size_t)v < sizeof(names) / sizeof(names[0]) ? names[v] : "?";
}
