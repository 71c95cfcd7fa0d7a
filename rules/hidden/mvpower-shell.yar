/* Recorder whose web server runs commands */
rule jaws_server
{
	meta:
		title = "recorder whose web server runs commands"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The web server named JAWS/1.0 runs any command that is appended to the address /shell, without login."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 78
		reference = "CVE-2016-20016"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2016-20016"
	strings:
		$s = "JAWS/1.0"
		$u = "/shell"
	condition:
		all of them
}
