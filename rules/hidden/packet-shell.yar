/* Program reads raw packets and opens a shell */
rule raw_shell
{
	meta:
		title = "program reads raw packets and opens a shell"
		severity = "high"
		confidence = "medium"
		target = "elf"
		explanation = "The program reads packets past the usual ports, can start a shell, and tells that shell to remember nothing. A back door that waits like this has no open port and is not seen by a port scan."
		ask_vendor = "What is this program for, and why does it read raw packets?"
		cwe = 506
		cwe = 912
	strings:
		$recv = "recvfrom" fullword
		$sh = "/bin/sh" fullword
		$hist = "HISTFILE=/dev/null"
		$exec = /\x00execv(e|p)?\x00/
	condition:
		all of them
}
