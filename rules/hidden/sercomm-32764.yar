/* Sercomm back door on TCP port 32764 */
rule scfgmgr
{
	meta:
		title = "Sercomm back door on TCP port 32764"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config"
		explanation = "A service meant for the factory answers on TCP port 32764. Without a password it gives out all settings and runs commands."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2014-0659"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2014-0659"
	strings:
		$name = "scfgmgr" fullword
	condition:
		$name
}
