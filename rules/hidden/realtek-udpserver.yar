/* UDP service that runs commands without login */
rule orf_command
{
	meta:
		title = "UDP service that runs commands without login"
		severity = "critical"
		confidence = "medium"
		target = "elf"
		explanation = "A diagnostic program of the chip maker listens on a UDP port and runs commands that begin with \"orf;\" for anybody."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 78
		reference = "CVE-2021-35394"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2021-35394"
	strings:
		$orf = "orf;"
		$name = "UDPServer"
	condition:
		all of them
}
