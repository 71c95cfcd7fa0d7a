/* Hidden remote help account of storage devices */
rule rescue_angel
{
	meta:
		title = "hidden remote help account of storage devices"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config, web"
		explanation = "A web request creates the account NsaRescueAngel with all rights and opens telnet. The owner is not asked."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2020-13364"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2020-13364"
	strings:
		$u = "NsaRescueAngel"
		$cgi = "remote_help-cgi"
	condition:
		any of them
}
