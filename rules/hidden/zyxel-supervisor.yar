/* Maintenance password of DSL modems */
rule zyad_password
{
	meta:
		title = "maintenance password of DSL modems"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config"
		explanation = "With this password anybody who has any login becomes the all-powerful user. It is the same in every unit, and bot networks use it."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2016-10401"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2016-10401"
	strings:
		$p = "zyad5001"
	condition:
		$p
}
