/* Fixed session opens the backup service */
rule fixed_session
{
	meta:
		title = "fixed session opens the backup service"
		severity = "critical"
		confidence = "high"
		target = "elf, script, web"
		explanation = "The backup program accepts a fixed word as a valid login. Ransomware has used it."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2021-28799"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2021-28799"
	strings:
		$a = "jisoosocoolhbsmgnt"
	condition:
		$a
}
