/* Terminal gives a shell without login */
rule getty_shell
{
	meta:
		title = "terminal gives a shell without login"
		severity = "medium"
		confidence = "high"
		target = "elf"
		kind = "access/getty-without-login/getty_shell"
		explanation = "The program that serves a terminal, mostly the serial port, is told to start a shell instead of asking for a name and password. Whoever gets at that terminal, mostly by opening the case, controls the device."
		ask_vendor = "Can this terminal be reached on shipped devices, and why does it ask for no password?"
		cwe = 306
	strings:
		$a = /\bgetty\b[^\n\x00]{0,60}[ \t]-[a-zA-Z]{0,4}n[a-zA-Z]{0,4}\b[^\n\x00]{0,40}-l[ \t]*\/bin\/(a|ba)?sh\b/
		$b = /\ba?getty\b[^\n\x00]{0,60}(--autologin|[ \t]-a)[ \t]+root\b/
	condition:
		any of them
}
