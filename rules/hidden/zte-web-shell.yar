/* Hidden page runs commands without login */
rule web_shell_cmd
{
	meta:
		title = "hidden page runs commands without login"
		severity = "critical"
		confidence = "high"
		target = "elf, web"
		explanation = "The page web_shell_cmd.gch gives whoever opens it a command line on the device; no login protects it."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 306
		reference = "CVE-2014-2321"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2014-2321"
	strings:
		$p = "web_shell_cmd.gch"
	condition:
		$p
}
