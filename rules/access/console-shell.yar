/* Root shell on the serial port without login */
rule inittab_shell
{
	meta:
		title = "root shell on the serial port without login"
		severity = "medium"
		confidence = "high"
		target = "config, script"
		explanation = "The table of start-up processes puts a root shell on the console. Whoever opens the case and connects a cable controls the device."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 306
	strings:
		$a = /(^|\n)[A-Za-z0-9]{0,12}:[^:\n]{0,12}:(respawn|askfirst):-?\/bin\/(a|ba)?sh\b/
	condition:
		$a
}
