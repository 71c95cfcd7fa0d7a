/* Fixed root password of recorders */
rule recorder_root
{
	meta:
		title = "fixed root password of recorders"
		severity = "critical"
		confidence = "high"
		target = "elf, config"
		explanation = "Recorders of many brands have the same root password; it is public."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 798
		cwe = 912
		reference = "CVE-2015-8286"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2015-8286"
	strings:
		$a = "519070" fullword
		$r = "raysharp" nocase
	condition:
		all of them
}
