/* Telnet accounts of fibre head ends */
rule debug_accounts
{
	meta:
		title = "telnet accounts of fibre head ends"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The program contains telnet accounts that are in no manual and give the rights of an administrator."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "https://pierrekim.github.io/blog/2020-07-07-cdata-olt-0day-vulnerabilities.html"
	strings:
		$a = "panger123" fullword
		$b = "suma123" fullword
		$c = "debug124" fullword
		$d = "root126" fullword
	condition:
		2 of them
}
