/* Program that gives root for a fixed word */
rule sync_agent
{
	meta:
		title = "program that gives root for a fixed word"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "A program on the phone starts a root shell when it is called with a fixed word."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2012-2949"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2012-2949"
	strings:
		$a = "ztex1609523"
	condition:
		$a
}
