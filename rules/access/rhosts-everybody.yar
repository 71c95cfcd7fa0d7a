/* Every computer is trusted */
rule plus_plus
{
	meta:
		title = "every computer is trusted"
		severity = "critical"
		confidence = "high"
		target = "script, elf"
		explanation = "A line of two plus signs in this file lets anybody on any computer log in without a password."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 306
	strings:
		$a = /echo[ \t]+["']?\+([ \t]+\+)?["']?[ \t]*>>?[ \t]*[^\n\x00;]{0,40}(\.rhosts|hosts\.equiv)/
	condition:
		$a
}
