/* hidden_kinds.c - the finding kinds of the searches in machine code */
#include "analyzers/hidden/hidden_kinds.h"

#include <stddef.h>

const struct fw_kind hidden_guarded = {
	.id = "hidden/guarded-command",
	.title = "one value that nobody documents opens the device",
	.explanation = "The program compares something with a value that is "
		       "fixed in its code, and only when they are equal it "
		       "does what gives control over the device. Whoever knows "
		       "the value can use it; the owner does not.",
	.ask_vendor = "What is this value for, who knows it, and where is it "
		      "documented?",
	.false_alarm = "A documented command or a value that only the device's "
		       "own programs send.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 798, 0 },
};

const struct fw_kind hidden_look = {
	.id = "hidden/worth-a-look",
	.title = "code that is worth a look",
	.explanation = "These places in programs have some of the signs of a "
		       "hidden function, most of them innocent. The list is "
		       "ranked; an analyst starts at its top.",
	.ask_vendor = "Nothing yet: look at the places first.",
	.false_alarm = "Most of these are ordinary code.",
	.severity = FW_INFO,
	.confidence = FW_UNSURE,
	.cwe = { 912, 0 },
};

const struct fw_kind *const hidden_kinds[] = { &hidden_guarded, &hidden_look,
					       NULL };
