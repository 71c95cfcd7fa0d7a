/* kinds.c - finding kinds about the scan itself */
#include "engine/kinds.h"

static const struct fw_kind damaged = {
	.id = "scanner/damaged-object",
	.title = "an object is damaged or cut short",
	.explanation = "Part of this object could not be read, so nobody can "
		       "say what the missing part holds. What could be read "
		       "was inspected.",
	.ask_vendor = "Please send the complete image, or its checksum, so "
		      "that we can tell a bad download from a bad build.",
	.false_alarm = "A partition dump often ends in the middle of old, "
		       "deleted data; that part was never meant to be read.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
};

static const struct fw_kind limit = {
	.id = "scanner/limit-reached",
	.title = "an object was not read to its end because of a limit",
	.explanation = "The scan stops before it uses too much time, memory "
		       "or disk. This object reached such a limit; the rest "
		       "of it was not inspected.",
	.ask_vendor = "Why does this part of the image expand to so much "
		      "data, or take so long to read?",
	.false_alarm = "A large but ordinary image; scan again with the limit "
		       "raised that the report names.",
	.severity = FW_LOW,
	.confidence = FW_SURE,
	.cwe = { 409 },
};

static const struct fw_kind crash = {
	.id = "scanner/parser-crash",
	.title = "a reader crashed on this object",
	.explanation = "The sandboxed process that read this object died. The "
		       "scan is unharmed, but this object was not inspected; "
		       "a file can be built to do that on purpose.",
	.ask_vendor = "What is this object, and what wrote it?",
	.false_alarm = "A mistake in assay or in a library it uses: please "
		       "report it with the object.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
};

static const struct fw_kind violation = {
	.id = "scanner/sandbox-violation",
	.title = "a reader tried to leave its sandbox",
	.explanation = "While this object was read, the process made a system "
		       "call that no reader makes, or answered in a way that "
		       "no reader answers. That is what an exploit aimed at "
		       "the scanner looks like. It was stopped.",
	.ask_vendor = "Why does this object attack software that inspects it?",
	.false_alarm = "A library update that needs a system call which the "
		       "sandbox does not know yet.",
	.severity = FW_CRITICAL,
	.confidence = FW_LIKELY,
	.cwe = { 506 },
};

const struct fw_kind *const fw_scanner_kinds[] = { &damaged, &limit, &crash,
						   &violation, NULL };

const struct fw_kind *fw_scanner_kind(enum fw_state state)
{
	switch (state) {
	case FW_STATE_MALFORMED:
	case FW_STATE_TRUNCATED:
		return &damaged;
	case FW_STATE_OVER_LIMIT:
	case FW_STATE_TIMED_OUT:
		return &limit;
	case FW_STATE_CRASHED:
		return &crash;
	case FW_STATE_VIOLATED:
		return &violation;
	default:
		return NULL;
	}
}
