/* Magic word opens the router to the internet */
rule magic_word
{
	meta:
		title = "magic word opens the router to the internet"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "A small server waits for secret words on the network. They open the firewall for the web pages or run further commands, without login."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 306
		reference = "CVE-2015-9550"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2015-9550"
	strings:
		$a = "hel,xasf"
		$b = "oki,xasf"
	condition:
		any of them
}
