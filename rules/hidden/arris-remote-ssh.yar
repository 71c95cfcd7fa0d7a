/* Fixed account for remote SSH */
rule remotessh
{
	meta:
		title = "fixed account for remote SSH"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config"
		explanation = "Gateways of a large provider accept an SSH login from the internet with this fixed, public password."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2017-14115"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2017-14115"
	strings:
		$a = "5SaP9I26"
	condition:
		$a
}
