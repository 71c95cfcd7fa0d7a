/* Magic packet runs commands on Tenda routers */
rule w302r_mfg
{
	meta:
		title = "magic packet runs commands on Tenda routers"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The web server also listens for a packet that begins with a secret word and runs whatever follows as a command."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
	strings:
		$w = "w302r_mfg"
	condition:
		$w
}
