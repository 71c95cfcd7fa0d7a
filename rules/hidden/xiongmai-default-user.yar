/* Account that the owner cannot see on recorders */
rule tluafed
{
	meta:
		title = "account that the owner cannot see on recorders"
		severity = "critical"
		confidence = "high"
		target = "elf, config, script"
		explanation = "Recorders and cameras let a user named default in with a fixed password. The list of users does not show it."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2018-17919"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2018-17919"
	strings:
		$p = "tluafed" fullword
		$h = "OxhlwSG8" fullword
		$h2 = "S2fGqNFs" fullword
	condition:
		any of them
}
