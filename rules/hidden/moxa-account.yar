/* Undocumented root account of industrial radios */
rule radio_account
{
	meta:
		title = "undocumented root account of industrial radios"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config"
		explanation = "The system has a root account that no manual mentions. Name and password are the same in every unit and public."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2016-8717"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2016-8717"
	strings:
		$a = "94jo3dkru4"
	condition:
		$a
}
