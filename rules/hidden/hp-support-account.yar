/* Hidden support account of storage systems */
rule support_account
{
	meta:
		title = "hidden support account of storage systems"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The storage system lets a support account in over SSH with a fixed, public password."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2013-2342"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2013-2342"
	strings:
		$a = "badg3r5" fullword
	condition:
		$a
}
