/* Update is unpacked over the system without a check */
rule unpack_to_root
{
	meta:
		title = "update is unpacked over the system without a check"
		severity = "high"
		confidence = "medium"
		target = "script"
		explanation = "A file from the temporary folder is unpacked over the whole system. Whoever can put a file there, or sends a fake update, replaces any program."
		ask_vendor = "How does the device make sure that only the vendor's software is installed?"
		cwe = 494
	strings:
		$zip = /\bunzip[ \t]+(-[a-z]+[ \t]+){0,3}\/tmp\/[^\s\x00]{1,80}[ \t]+-d[ \t]+\/($|\s|\x00|;|")/
		$tar = /\btar[ \t]+-?[a-zA-Z]{0,6}x[a-zA-Z]{0,6}[ \t]+\/tmp\/[^\s\x00]{1,80}[ \t]+-C[ \t]+\/($|\s|\x00|;|")/
	condition:
		any of them
}
