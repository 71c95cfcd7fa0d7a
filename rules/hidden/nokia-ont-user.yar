/* Fixed root account of fibre boxes */
rule ont_user
{
	meta:
		title = "fixed root account of fibre boxes"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config"
		explanation = "The fibre box lets the account ONTUSER in with a password that is the same in every unit."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2019-3918"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2019-3918"
	strings:
		$a = "SUGAR2A041"
	condition:
		$a
}
