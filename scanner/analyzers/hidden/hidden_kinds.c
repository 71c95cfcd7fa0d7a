/* hidden_kinds.c - the finding kinds of the searches in machine code */
#include "analyzers/hidden/hidden_kinds.h"

#include <stddef.h>

static const struct fw_kind guarded = {
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

static const struct fw_kind login = {
	.id = "hidden/login-bypass",
	.title = "one value passes the login without its check",
	.explanation = "A login compares what it is given with a value that is "
		       "fixed in the program, and lets it in past the check "
		       "that all others must pass. Whoever knows the value has "
		       "the device, whatever password its owner sets.",
	.ask_vendor = "Why does this value pass, in which devices, and how is "
		      "it taken out?",
	.false_alarm = "A word that is no password: the name of a method, an "
		       "account that may do nothing.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 798, 287, 0 },
};

static const struct fw_kind received = {
	.id = "hidden/received-command",
	.title = "what comes over the network is run",
	.explanation = "The program takes something from a connection and "
		       "gives it to a shell, or gives a connection a shell. "
		       "Nothing on the way asks who is there.",
	.ask_vendor = "Who may connect to this, how is that checked, and what "
		      "is it for?",
	.false_alarm = "A service whose work this is, behind a login that "
		       "another program does.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 78, 306, 0 },
};

static const struct fw_kind gate = {
	.id = "hidden/flag-opens",
	.title = "a file, a setting or a date opens the device",
	.explanation =
		"That a file is there, that a variable is set, or what time it "
		"is decides whether the program starts a shell or a login "
		"service. Whoever can bring that about gets in.",
	.ask_vendor = "What is this switch for, who can set it on a shipped "
		      "device, and where is it documented?",
	.false_alarm = "A documented service mode that needs the owner's "
		       "password to turn on.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 489, 0 },
};

static const struct fw_kind date = {
	.id = "hidden/date-decides",
	.title = "a date or a time of day decides what a program does",
	.explanation =
		"A date or a time of day that is fixed in the program decides "
		"what it does, or what it answers. Tests before that date do "
		"not show it, and nobody has to send anything for it to "
		"happen.",
	.ask_vendor = "What is this date for, what changes then, and how can "
		      "the owner see and set it?",
	.false_alarm =
		"A clock that was never set is told by its date; nightly "
		"work has its hour.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 511, 0 },
};

static const struct fw_kind start = {
	.id = "hidden/runs-at-load",
	.title = "code runs as soon as a program or library is loaded",
	.explanation = "Something that is done before the program's own work "
		       "begins opens connections, runs programs, or changes "
		       "code. Nobody who uses the program asks for that.",
	.ask_vendor = "What does this start-up code do, and why there?",
	.false_alarm = "A library that sets up a helper program of its own.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 506, 0 },
};

static const struct fw_kind table = {
	.id = "hidden/unlisted-command",
	.title = "one command of many that is explained nowhere",
	.explanation =
		"In a table of commands this one runs what it is given or "
		"starts a shell, while the others do nothing of the kind, or "
		"are explained in a help text that leaves it out.",
	.ask_vendor = "What is this command for, and why is it in no help and "
		      "no manual?",
	.false_alarm = "A documented maintenance command of a console that "
		       "asks for a password.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 489, 0 },
};

static const struct fw_kind state = {
	.id = "hidden/unlock",
	.title = "one value unlocks what the program else refuses",
	.explanation = "A value that is fixed in the program sets a state, and "
		       "only in that state another part of the program gives "
		       "control over the device.",
	.ask_vendor = "What is this unlocking for, who knows the value, and "
		      "where is it documented?",
	.false_alarm = "The parsing of a file or protocol, where a word "
		       "selects a mode.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 798, 0 },
};

static const struct fw_kind secret = {
	.id = "hidden/secret-value",
	.title = "a value that looks like a secret is waited for",
	.explanation = "The program compares something with a value that "
		       "somebody made up and that no text of it explains, and "
		       "does something only when they are equal. Whoever knows "
		       "the value can bring that about.",
	.ask_vendor = "What is this value for, who knows it, and what does the "
		      "device do then?",
	.false_alarm = "The mark of a file format or a protocol, the name of "
		       "another program.",
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

const struct fw_kind *const hidden_kinds[] = { &guarded,     &login, &received,
					       &gate,	     &date,  &start,
					       &table,	     &state, &secret,
					       &hidden_look, NULL };

static const struct {
	const char *signal;
	const struct fw_kind *kind;
} signals[] = {
	{ "hidden_auth", &login },    { "hidden_received", &received },
	{ "hidden_gate", &gate },     { "hidden_date", &date },
	{ "hidden_start", &start },   { "hidden_table", &table },
	{ "hidden_state", &state },   { "hidden_guard", &guarded },
	{ "hidden_secret", &secret },
};

const struct fw_kind *hidden_kind_of(struct fw_view signal)
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (fw_view_starts(signal, fw_view_str(signals[i].signal)))
			return signals[i].kind;
	return &guarded;
}
