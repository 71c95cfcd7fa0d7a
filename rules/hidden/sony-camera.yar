/* Secret request that opens telnet on network cameras */
rule himitunokagi
{
	meta:
		title = "secret request that opens telnet on network cameras"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "A request with secret words starts a remote command line on the camera."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2016-7834"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2016-7834"
	strings:
		$p = "himitunokagi"
	condition:
		$p
}
