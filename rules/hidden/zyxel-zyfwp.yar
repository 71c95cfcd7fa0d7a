/* Hidden administrator account zyfwp */
rule zyfwp_account
{
	meta:
		title = "hidden administrator account zyfwp"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config, web"
		explanation = "The account zyfwp has administrator rights and a password that stands in the firmware in clear text. It does not appear in the user list."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2020-29583"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2020-29583"
	strings:
		$u = "zyfwp" fullword
		$p = "PrOw!aN_fXp"
	condition:
		any of them
}
