/* Magic word changes passwords without login */
rule vpn_magic
{
	meta:
		title = "magic word changes passwords without login"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "Whoever sends this word to the VPN login page can set a new password for any VPN user."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2018-13382"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2018-13382"
	strings:
		$a = "4tinet2095866"
	condition:
		$a
}
