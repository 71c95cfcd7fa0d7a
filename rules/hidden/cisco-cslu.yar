/* Fixed administrator password of a licence service */
rule static_credential
{
	meta:
		title = "fixed administrator password of a licence service"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config, web"
		explanation = "A licence service takes a fixed, public password and then gives administrator rights over the network."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2024-20439"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2024-20439"
	strings:
		$p = "Library4C$LU"
	condition:
		$p
}
