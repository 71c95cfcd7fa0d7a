/* Fixed passwords of baby monitors */
rule camera_accounts
{
	meta:
		title = "fixed passwords of baby monitors"
		severity = "critical"
		confidence = "high"
		target = "elf, config, script"
		explanation = "The camera has a root password that is the same in every unit and public."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 798
		reference = "CVE-2015-2882"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2015-2882"
	strings:
		$a = "b120root" fullword
		$b = "M100-4674448"
	condition:
		any of them
}
