/* Fixed database password of control systems */
rule wincc_password
{
	meta:
		title = "fixed database password of control systems"
		severity = "high"
		confidence = "high"
		target = "elf, uefi"
		explanation = "The control software logs in to its database with a password that is the same everywhere. The Stuxnet worm used it."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 798
		reference = "CVE-2010-2772"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2010-2772"
	strings:
		$a = "2WSXcder" fullword ascii wide
	condition:
		$a
}
