/* Master password made to look like a debug text */
rule master_password
{
	meta:
		title = "master password made to look like a debug text"
		severity = "critical"
		confidence = "high"
		target = "elf, any"
		explanation = "Somebody unauthorised added a password to this operating system that opens every account over SSH and telnet. It was written so that it looks like a line of program text."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2015-7755"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2015-7755"
	strings:
		$p = "<<< %s(un='%s') = %u"
	condition:
		$p
}
