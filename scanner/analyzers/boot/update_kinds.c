/* update_kinds.c - what scripts and programs that install updates share */
#include "analyzers/boot/update_kinds.h"

const struct fw_kind update_unpacked = {
	.id = "integrity/update-unpacked",
	.title = "update is unpacked over the system without a check",
	.explanation =
		"A program or script unpacks an archive over the whole "
		"system and checks no signature. Whoever can put such an "
		"archive there, or sends a fake update, replaces any "
		"program.",
	.ask_vendor = "How does the device make sure that only the vendor's "
		      "software is installed?",
	.false_alarm = "Another program checks the signature first.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.per_image = true,
	.cwe = { 494, 347 },
};
