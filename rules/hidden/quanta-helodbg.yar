/* One network packet starts telnet without login */
rule helodbg
{
	meta:
		title = "one network packet starts telnet without login"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "A program of mobile routers waits on UDP port 39889 for the word HELODBG and then starts a remote command line without a password."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 306
		reference = "CVE-2016-10178"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2016-10178"
	strings:
		$a = "HELODBG"
		$t = "telnetd"
	condition:
		all of them
}
