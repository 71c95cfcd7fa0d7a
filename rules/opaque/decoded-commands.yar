/* Commands are hidden by an encoding and then run */
rule base64_shell
{
	meta:
		title = "commands are hidden by an encoding and then run"
		severity = "high"
		confidence = "high"
		target = "script, config, elf"
		explanation = "The script decodes a text and runs it. Honest scripts have no reason to hide what they do."
		ask_vendor = "What do these commands do in clear text, and why are they hidden?"
		cwe = 506
	strings:
		$a = /\bbase64[ \t]+(-d|-D|--decode)[^\n\x00|]{0,40}\|[ \t]*(\/bin\/)?(busybox[ \t]+)?(a|ba)?sh\b/
	condition:
		$a
}
